"""The formats that a generation is written in, which its manifest notes."""

from __future__ import annotations

from trialweave.store import index

__all__ = ["FORMATS"]

FORMATS = {"index": index.FORMAT, "records": "parts 1"}
"""A generation that notes others has to be rebuilt from the received documents."""
