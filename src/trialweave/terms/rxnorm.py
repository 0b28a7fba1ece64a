"""Drugs by RxNorm, and concepts of the UMLS: RXNCONSO.RRF, RXNREL.RRF, MRCONSO.RRF.

Format: Rich Release Format, 18 fields with "|" behind each and no header (RxNorm Technical
Documentation, section 12; UMLS Reference Manual, chapter 3). English names that are not suppressed
are read; of RxNorm those of its own source. The prescribable subset is free; the full RxNorm and
the UMLS are read from the user's own files.
"""

from __future__ import annotations

from typing import Final

from trialweave.errors import Unreadable
from trialweave.terms.delimited import rows
from trialweave.terms.drafting import Drafts
from trialweave.terms.term import Scope

__all__ = ["FIELDS", "REL_FIELDS", "read", "read_relations"]

FIELDS: Final = 19  # the last is empty: a bar ends each line
REL_FIELDS: Final = 17
_ID, _LANGUAGE, _STATUS, _PREFERRED, _SOURCE, _TYPE, _NAME, _SUPPRESS = 0, 1, 2, 6, 11, 12, 14, 16
_LEADING: Final = ("IN", "PIN", "MIN", "BN", "SCDC", "SCDF", "SCD", "SBD", "GPCK", "BPCK", "PSN")
"""Types of RxNorm's own names, those that stand for a concept first."""


def read(text: str, drafts: Drafts) -> None:
    """Read names. Raises Unreadable where a line has not its 18 fields."""
    umls = text.startswith("C") and text[1:8].isdigit()
    drafts.vocabulary = drafts.vocabulary or ("UMLS" if umls else "RxNorm")
    concepts: dict[str, list[tuple[int, str, Scope]]] = {}
    for row in rows(text, drafts, separator="|", fields=FIELDS, header=False):
        if row[_LANGUAGE] not in ("ENG", "") or (not umls and row[_SOURCE] != "RXNORM"):
            continue
        if row[_SUPPRESS] not in ("N", ""):
            drafts.note("suppressed names were left out", row[_NAME])
            continue
        kind = row[_TYPE]
        if umls:
            rank = 0 if (row[_STATUS], row[_PREFERRED]) == ("P", "Y") else 1
        else:
            rank = _LEADING.index(kind) if kind in _LEADING else len(_LEADING)
        scope: Scope = "abbreviation" if kind in ("AB", "ACR") else "exact"
        concepts.setdefault(row[_ID], []).append((rank, row[_NAME], scope))
    prefix = "UMLS" if umls else "RxNorm"
    for identifier, found in concepts.items():
        found.sort(key=lambda one: one[0])
        names: list[tuple[str, Scope]] = [(name, scope) for _, name, scope in found]
        names[0] = (names[0][0], "preferred")
        drafts.take(f"{prefix}:{identifier}", names, kind="" if umls else "chemical")


def read_relations(text: str, drafts: Drafts) -> None:
    """Read which RxNorm concepts are broader: of a brand its ingredients, and "isa".

    In a line RXCUI1, REL, RXCUI2, RELA the second stands in the relation to the first.
    """
    drafts.vocabulary = drafts.vocabulary or "RxNorm"
    broader: dict[str, list[str]] = {}
    for row in rows(text, drafts, separator="|", fields=REL_FIELDS, header=False):
        first, second, relation = row[0], row[4], row[7]
        if not first or not second:
            continue  # between single names, not concepts
        if relation in ("isa", "tradename_of", "has_ingredient"):
            broader.setdefault(second, []).append(first)
    if not broader:
        raise Unreadable("it relates no concepts.")
    for identifier, parents in broader.items():
        drafts.take(f"RxNorm:{identifier}", (), parents=[f"RxNorm:{one}" for one in parents])
