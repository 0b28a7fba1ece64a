"""Surveys of articles' records; the known fields stand in `_known_tables`, the tags here."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from trialweave.errors import InputError
from trialweave.model import Received
from trialweave.sources._source import FieldNote
from trialweave.sources.known.json import Tree, tree
from trialweave.sources.known.json import survey as survey_json
from trialweave.sources.known.xml import survey, survey_names
from trialweave.sources.literature._known_tables import CROSSREF, EUROPEPMC, JATS, OPENALEX, PUBMED
from trialweave.sources.literature._works import Form, pieces_of

__all__ = [
    "MEDLINE",
    "RIS",
    "crossref",
    "europepmc",
    "jats",
    "openalex",
    "pubmed",
    "survey_jats",
    "survey_pubmed",
    "survey_tags",
    "survey_works",
]

# Markup of running text, and formulas
_INLINE = frozenset("b i u sup sub math DispFormula sec title p".split())  # noqa: SIM905

MEDLINE = frozenset(
    """
    AB AD AID AU AUID BTI CDAT CI CIN CN COI COIS CON CP CRDT CRF CRI CTDT CTI DA DCOM DDIN DEP
    DP DRDT DRIN ECF ECI EDAT EFR EIN EN ED FED FIR FAU FPS GN GR GS IP IR IRAD IS ISBN JID JT LA
    LID LR MH MHDA MID OAB OABL OCI OID ORI OT OTO OWN PB PG PHST PL PMC PMCR PMID PRIN PROF PS
    PST PT PUBM RF RIN RN ROF RPF RPI RRF RRI SB SFM SI SO SPIN STAT TA TI TT UIN UOF USIN VI VTI
    """.split()  # noqa: SIM905
)
"""Tags of MEDLINE text."""

RIS = frozenset(
    """
    TY ER A1 A2 A3 A4 AB AD AN AU AV BT C1 C2 C3 C4 C5 C6 C7 C8 CA CC CN CP CT CY DA DB DI DO DP
    ED EP ET FD ID IP IS J1 J2 JA JF JO KW KY L1 L2 L3 L4 LA LB LK LL LP LV M1 M2 M3 N1 N2 NO NV
    OL OP PA PB PG PM PP PT PY RD RI RL RN RP RT SE SF SL SN SO SP SR ST SV T1 T2 T3 TA TI TO TT
    U1 U2 U3 U4 U5 UL UR US VL VO VR WP WT WV XR Y1 Y2 YR
    """.split()  # noqa: SIM905
)
"""Tags of RIS in the dialects of Ovid, Embase, Cochrane, EndNote, Zotero and others."""

_ALWAYS_MEDLINE = frozenset({"PMID", "OWN", "STAT", "TI", "DP", "PT", "TA", "JT"})


@functools.cache
def pubmed() -> Tree:
    """``<PubmedArticle>``."""
    return tree(PUBMED, loose=True)


@functools.cache
def europepmc() -> Tree:
    """A result of Europe PMC, in the core or the lite form."""
    return tree(EUROPEPMC, loose=True)


@functools.cache
def crossref() -> Tree:
    """A work of Crossref."""
    return tree(CROSSREF)


@functools.cache
def openalex() -> Tree:
    """A work of OpenAlex."""
    return tree(OPENALEX)


@functools.cache
def jats() -> Tree:
    """An article in JATS: what stands directly in its head; text, people and lists are left."""
    return tree(JATS, loose=True)


def survey_jats(received: Received) -> tuple[FieldNote, ...]:
    """What of the elements of an article's head is not as it was known."""
    return survey("jats", received, {"article": jats()}, _INLINE)


def survey_pubmed(received: Received) -> tuple[FieldNote, ...]:
    """What of the elements of PubMed's XML is not as it was known."""
    return survey("pubmed", received, {"PubmedArticle": pubmed()}, _INLINE)


def survey_works(source: str, known: Tree, received: Received, form: Form) -> tuple[FieldNote, ...]:
    """What of the fields of a service's JSON is not as it was known."""
    try:
        pieces = list(pieces_of(received.data, form))
    except InputError:
        return ()
    return survey_json(source, known, received.data, pieces)


def survey_tags(
    source: str, text: str, records: Iterable[Iterable[str]], tag: re.Pattern[str]
) -> tuple[FieldNote, ...]:
    """What of the tags of a document is not as it was known.

    `tag` finds the tags of the whole text at once; the `records` are only asked for where one of
    them is not known, or one that all records have is in none.
    """
    known = MEDLINE if source == "medline" else RIS
    always = _ALWAYS_MEDLINE if source == "medline" else frozenset[str]()
    has = {match[1].upper() for match in tag.finditer(text)}
    if has <= known and always <= has:
        return ()
    return survey_names(source, records, known, always)
