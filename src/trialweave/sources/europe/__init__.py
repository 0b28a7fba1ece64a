"""Registers of Europe: the EU's old register and its new one, and ISRCTN."""

from __future__ import annotations

from trialweave.sources._source import Source
from trialweave.sources.europe import ctis, euctr, isrctn

__all__ = ["SOURCES"]

SOURCES: tuple[Source, ...] = (euctr.SOURCE, ctis.SOURCE, isrctn.SOURCE)
