"""The columns of reference lists, as the tools that export them name them.

Names are compared by letters and digits. EndNote, Zotero, Covidence, Rayyan, Scopus, Web of
Science (with words, and with its two-letter tags), Embase, PubMed and Europe PMC are covered; a
list that somebody made by hand is read where its columns have such names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trialweave.sources.ctgov import table as ctgov_csv
from trialweave.sources.who import ictrp
from trialweave.sources.words import plain

__all__ = ["EVERY", "LEFT", "NUMBERED", "Kinds", "is_header", "kinds_of", "personal_column"]

Kinds = tuple[str, ...]
"""What each column holds; "" where it is none of those that are read."""

_COLUMNS: dict[str, str] = {
    **dict.fromkeys(
        ("title", "articletitle", "documenttitle", "primarytitle", "titleprimary"), "title"
    ),
    **dict.fromkeys(
        ("authors", "author", "authornames", "authorstring", "authorlist", "authorsprimary"),
        "authors",
    ),
    "authorfullnames": "names",
    **dict.fromkeys(
        (
            *("journal", "journaltitle", "journalname", "journalbook", "sourcetitle"),
            *("publicationtitle", "publicationname", "secondarytitle", "titlesecondary"),
            *("containertitle", "periodical", "journalfullname"),
        ),
        "journal",
    ),
    **dict.fromkeys(
        ("year", "publicationyear", "publishedyear", "pubyear", "yearpublished"), "year"
    ),
    **dict.fromkeys(
        (
            *("date", "publicationdate", "publisheddate", "datepublished", "pubdate"),
            *("firstpublicationdate", "electronicpublicationdate", "dateofpublication"),
        ),
        "date",
    ),
    **dict.fromkeys(("doi", "doinumber", "articledoi"), "doi"),
    **dict.fromkeys(
        ("pmid", "pubmedid", "medlinepmid", "pubmednumber", "pubmedidentifier"), "pmid"
    ),
    **dict.fromkeys(("pmcid", "pmc", "pmcnumber"), "pmcid"),
    **dict.fromkeys(("abstract", "abstractnote", "abstracttext"), "abstract"),
    **dict.fromkeys(
        ("keywords", "authorkeywords", "indexkeywords", "keywordsplus", "manualtags"), "keywords"
    ),
    **dict.fromkeys(
        (
            *("documenttype", "itemtype", "publicationtype", "referencetype", "pubtype"),
            *("typeofreference", "publicationtypes"),
        ),
        "kind",
    ),
    **dict.fromkeys(("volume", "vol"), "volume"),
    **dict.fromkeys(("url", "urls", "link", "links", "fulltextlink", "doilink"), "url"),
    **dict.fromkeys(("citation", "fullcitation", "reference"), "citation"),
    **dict.fromkeys(("accessionnumber", "embaseaccessionid", "ut", "uniquewosid", "eid"), "number"),
}
EVERY = frozenset(_COLUMNS.values())
"""All that a column can hold."""

# Web of Science's tags, which stand together or not at all
_TAGS = {
    "au": "authors",
    "af": "names",
    "ti": "title",
    "so": "journal",
    "py": "year",
    "di": "doi",
    "pm": "pmid",
    "ab": "abstract",
    "de": "keywords",
    "id": "keywords",
    "dt": "kind",
    "vl": "volume",
    "ut": "number",
}
_TAGGED = frozenset({"pt", "ti", "so"})
_TELLING = frozenset({"authors", "names", "journal", "year", "doi", "pmid"})
# What a sheet of extraction has, and no list of references
_EXTRACTION = frozenset({"reviewername", "reviewer", "consensus", "format"})
# Other works, and what search tools count: left in the archive
LEFT = re.compile(
    r"references|citedreferences|affiliations|authorswithaffiliations|authorsid|authorids"
    r"|researcherids|orcids|timescited.{0,40}|citedby.{0,20}|usagecount.{0,20}|dateadded"
    r"|datemodified|accessdate|fileattachments|linkattachments|.{0,20}usagecount|cr|c1|c3|ri|oi|nr"
    r"|tc|z9|u1|u2|da"
)
_PERSONAL = re.compile(r"e?mail|correspond|reprint|phone|(?:^|[^b])address|^em$|^rp$")
# Columns in which a registry number may stand, besides all that nobody knows
NUMBERED = frozenset({"title", "abstract", "keywords", "url", "citation", "number"})


def _named(names: Sequence[str]) -> Kinds:
    small = [plain(name) for name in names]
    if set(small) >= _TAGGED:
        return tuple(_TAGS.get(name, "") for name in small)
    return tuple(_COLUMNS.get(name, "") for name in small)


def is_header(names: Sequence[str]) -> bool:
    """Whether the names are those of a reference list's columns, and of no other known table."""
    kinds = set(_named(names))
    if "title" not in kinds or not kinds & _TELLING:
        return False
    if any(plain(name) in _EXTRACTION for name in names):
        return False
    return not (ictrp.is_header(names) or ctgov_csv.is_header(names))


def kinds_of(names: Sequence[str]) -> Kinds:
    """What each column of a recognised list holds."""
    return _named(names)


def personal_column(label: str) -> bool:
    """Whether a column holds how to reach people; its content is never read out."""
    return _PERSONAL.search(plain(label)) is not None and plain(label) not in _COLUMNS
