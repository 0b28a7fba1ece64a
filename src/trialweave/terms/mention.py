"""One place in a text where a term of a vocabulary is named, and what is said of it there."""

from __future__ import annotations

from typing import Literal

import msgspec

from trialweave.model.annotation import Assertion

__all__ = ["Assertion", "Mention", "Rule"]

Rule = Literal["as written", "folded", "inflected", "reworded", "shared word", "abbreviation"]
"""Why a passage counts as a name. `as written`: letter by letter. `folded`: but for case, spelling
(oedema), Greek letters and punctuation. `inflected`: but for the endings of its words.
`reworded`: the same words in another order or form ("hypoplasia of the nails" for "hypoplastic
nails"). `shared word`: a word belongs to two names ("renal and hepatic failure").
`abbreviation`: the text itself introduced this short form for a name that was found in it.
"""


class Mention(msgspec.Struct, frozen=True):
    """`start` and `end` count characters of the text as given: text[start:end] is the passage."""

    start: int
    end: int
    term: str
    vocabulary: str
    version: str
    name: str  # as the vocabulary writes it
    rule: Rule
    assertion: Assertion = "present"
    field: str = ""
