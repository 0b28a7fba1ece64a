"""From what a user names to received documents.

In come paths, folders and patterns, and out of the files they mean come documents: a plain file
is one, an archive gives its members, and a long file of JSON lines its parts. All is read in
streams, so that memory is bounded by the largest document and not by the file. An archive is
judged before anything of it is given, and nothing is ever written under a name that it states.
Nothing here knows what the documents say; what cannot be taken is an error that names it.
"""

from __future__ import annotations

from trialweave.intake._documents import documents
from trialweave.intake._limits import LARGEST_DOCUMENT, LIMITS, PART, Limits
from trialweave.intake._paths import expand, refusal

__all__ = [
    "LARGEST_DOCUMENT",
    "LIMITS",
    "PART",
    "Limits",
    "documents",
    "expand",
    "refusal",
]
