"""Names of vocabularies laid out once, and what a corpus needs of them in a moment."""

from __future__ import annotations

from trialweave.terms.laying import lay_out
from trialweave.terms.names import Laid, NamedTerm
from trialweave.terms.recognise import recogniser

__all__ = ["Laid", "NamedTerm", "lay_out", "recogniser"]
