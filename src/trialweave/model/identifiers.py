"""Registry numbers, DOIs and PubMed numbers: one table of patterns, and nothing scattered.

Each `Scheme` has the pattern as found in running text, and a canonical form. Numbers that differ
only by case, blanks or a redundant prefix normalise to the same text.
Patterns were tried on 11,258 distinct numbers of the WHO's platform (see docs/reference).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["SCHEMES", "Identifier", "Mention", "Scheme", "addressed", "find", "normalise"]


@dataclass(frozen=True, slots=True)
class Identifier:
    """A normalised number: `scheme` is a key of `SCHEMES`."""

    scheme: str
    value: str

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Mention:
    """An identifier as it stands in a text, at characters `start` to `end`."""

    identifier: Identifier
    start: int
    end: int


@dataclass(frozen=True)
class Scheme:
    """One family of numbers. `registry` is "" for numbers of articles and of the WHO's UTN."""

    name: str
    registry: str
    pattern: str
    canonical: Callable[[str], str]
    example: str
    cues: tuple[str, ...]  # small letters; every number of the scheme contains one of them
    lone: bool = True  # may be recognised in running text without a word before it
    running: str = ""  # the pattern in running text, where a lone number must be longer


def _upper(text: str) -> str:
    return re.sub(r"\s+", "", text).upper()


def _prefixed(prefix: str) -> Callable[[str], str]:
    """Put the prefix before numbers that are also written without it."""

    def canonical(text: str) -> str:
        bare = _upper(text)
        return bare if bare.startswith(prefix) else prefix + bare

    return canonical


def _eudract(text: str) -> str:
    """The trial, not the country's record of it: the country suffix is cut off."""
    match = re.search(r"20\d{2}-\d{6}-\d{2}", text)
    assert match is not None  # the pattern matched before
    return match.group()


def _ctis(text: str) -> str:
    """The trial, not the resubmission: the last pair is cut off."""
    match = re.search(r"20\d{2}-5\d{5}-\d{2}", text)
    assert match is not None
    return match.group()


def _chictr(text: str) -> str:
    """``ChiCTR`` with the register's own capitals; the study-type infix stays (``-TRC-``)."""
    rest = re.sub(r"\s+", "", text)[6:].upper()
    if rest.startswith("-") and rest[1:].isdigit():
        rest = rest[1:]
    return "ChiCTR" + rest


def _jrct(text: str) -> str:
    """``jRCT`` plus an optional small letter and digits, without the WHO's ``JPRN-``."""
    tail = re.sub(r"(?i)^(JPRN-)?jRCT", "", re.sub(r"\s+", "", text))
    return "jRCT" + tail.lower()


_RESOLVER = re.compile(r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:?\s*)", re.IGNORECASE)
# What publishers put behind a DOI in an address: a query, the kind of page, a preprint's version
_PAGE = re.compile(
    r"[?#].*|/(?:full|abstract|pdf|epdf|html|fulltext|meta|summary)$"
    r"|(?<=[0-9])v[0-9]{1,2}(?:\.full.*)?$",
    re.DOTALL,
)
_PREPRINTS = "10.1101/"
_AFTER_DOI = ".,;:'\"”’*"


def _doi(text: str) -> str:
    """Lower case (DOIs are case-insensitive), without resolver, page and punctuation around it."""
    text = text.strip().lower()
    if resolver := _RESOLVER.match(text):
        text = text[resolver.end() :]
    before = ""
    while text != before:
        before = text
        text = text.rstrip(_AFTER_DOI)
        for left, right in (("(", ")"), ("[", "]")):
            if text.endswith(right) and text.count(left) < text.count(right):
                text = text[:-1]
        paged = "v" in text or "?" in text or "#" in text or text.count("/") > 1
        page = _PAGE.search(text) if paged else None
        if page and (not page.group().startswith("v") or text.startswith(_PREPRINTS)):
            text = text[: page.start()]
    return text


def _pmid(text: str) -> str:
    return str(int(re.sub(r"\D", "", text)))


def _rbr(text: str) -> str:
    return "RBR-" + re.sub(r"\s+", "", text)[4:].lower()


def _japan(prefix: str) -> Callable[[str], str]:
    """Japanese numbers without the WHO's ``JPRN-``, in the register's own capitals."""

    def canonical(text: str) -> str:
        bare = re.sub(r"(?i)^JPRN-", "", re.sub(r"\s+", "", text))
        return prefix + bare[len(prefix) :]

    return canonical


_YMD = r"20\d{2}[01]\d[0-3]\d"

SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("nct", "ClinicalTrials.gov", r"NCT\s?\d{8}", _upper, "NCT00000102", cues=("nct",)),
        Scheme(
            "ctis",
            "EU CTIS",
            r"(?:(?:EUCT|CTIS)\s?(?:number)?:?\s?)?20\d{2}-5\d{5}-\d{2}(?:-\d{2})?",
            _ctis,
            "2023-503452-28-00",
            cues=("-5",),
        ),
        Scheme(
            "eudract",
            "EU Clinical Trials Register",
            r"(?:(?:EUCTR|EudraCT)\s?(?:number|no\.?)?:?\s?)?20\d{2}-0\d{5}-\d{2}"
            r"(?:-(?:[A-Z]{2}|3rd|Outside-EU/EEA)(?![A-Za-z]))?",
            _eudract,
            "2020-001364-29",
            cues=("-0",),
        ),
        Scheme("isrctn", "ISRCTN", r"ISRCTN\s?\d{8}", _upper, "ISRCTN83971151", cues=("isrctn",)),
        Scheme(
            "irct",
            "IRCT",
            rf"IRCT\s?(?:{_YMD}\d{{6}}|{_YMD}\d{{3,5}}|1[34]\d{{2}}\d{{4,9}})N\d{{1,3}}",
            _upper,
            "IRCT20100101012345N1",
            cues=("irct",),
        ),
        Scheme(
            "itmctr", "ITMCTR", r"ITMCTR\s?\d{10}", _upper, "ITMCTR2023000012", cues=("itmctr",)
        ),
        Scheme(
            "chictr",
            "ChiCTR",
            r"ChiCTR(?:-[A-Z]{2,6})?-?\s?\d{8,10}",
            _chictr,
            "ChiCTR2000029990",
            cues=("chictr",),
        ),
        Scheme("drks", "DRKS", r"DRKS\s?\d{8}", _upper, "DRKS00021238", cues=("drks",)),
        Scheme(
            "umin",
            "UMIN-CTR",
            r"(?:JPRN-)?UMIN\d{9}",
            _japan("UMIN"),
            "UMIN000040211",
            cues=("umin",),
        ),
        Scheme(
            "jrct",
            "jRCT",
            r"(?:JPRN-)?jRCT[sbac]?\d{9,10}",
            _jrct,
            "jRCT2031200252",
            cues=("jrct",),
        ),
        Scheme(
            "japiccti",
            "JapicCTI",
            r"(?:JPRN-)?JapicCTI-\d{6}",
            _japan("JapicCTI"),
            "JapicCTI-205314",
            cues=("japiccti",),
        ),
        Scheme(
            "jma",
            "JMACCT",
            r"(?:JPRN-)?JMA-IIA\d{5}",
            _japan("JMA-IIA"),
            "JMA-IIA00412",
            cues=("jma-iia",),
        ),
        Scheme(
            "ctri",
            "CTRI",
            r"CTRI/20\d{2}/\d{2,3}/\d{6}",
            _upper,
            "CTRI/2020/04/024773",
            cues=("ctri/",),
        ),
        Scheme(
            "actrn",
            "ANZCTR",
            r"ACTRN\s?\d{14}p?",
            lambda text: "ACTRN" + re.sub(r"\s+", "", text)[5:].lower(),
            "ACTRN12620000443965",
            cues=("actrn",),
        ),
        Scheme("kct", "CRIS", r"KCT\d{7}", _upper, "KCT0005105", cues=("kct",)),
        Scheme("tctr", "TCTR", r"TCTR\d{11}", _upper, "TCTR20200402001", cues=("tctr",)),
        Scheme("rebec", "ReBec", r"RBR-[0-9a-z]{5,8}", _rbr, "RBR-3cbs3w", cues=("rbr-",)),
        Scheme(
            "pactr", "PACTR", r"PACTR\d{15,16}", _upper, "PACTR202004893013257", cues=("pactr",)
        ),
        Scheme(
            "ntr",
            "NTR",
            r"NTR\s?\d{1,5}",
            _upper,
            "NTR8041",
            cues=("ntr",),
            running=r"NTR\s?\d{3,5}",
        ),
        Scheme("nlomon", "LTR", r"NL-OMON\d{1,6}", _upper, "NL-OMON54412", cues=("nl-omon",)),
        Scheme("nl", "LTR", r"NL\d{4,5}", _upper, "NL8491", cues=("nl",), lone=False),
        Scheme("rpcec", "RPCEC", r"RPCEC\d{8}", _upper, "RPCEC00000306", cues=("rpcec",)),
        Scheme("repec", "REPEC", r"PER-\d{3}-\d{2}", _upper, "PER-010-20", cues=("per-",)),
        Scheme("slctr", "SLCTR", r"SLCTR/\d{4}/\d{3}", _upper, "SLCTR/2020/010", cues=("slctr/",)),
        Scheme(
            "lbctr", "LBCTR", r"LBC?TR\d{10}", _upper, "LBCTR2020043495", cues=("lbctr", "lbtr")
        ),
        Scheme("utn", "", r"U1111-\d{4}-\d{4}", _upper, "U1111-1250-4455", cues=("u1111-",)),
        Scheme(
            "doi",
            "",
            r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:?\s?)?10\.[0-9]{4,9}/"
            r"[^\s\"<>|，。；、：）】«»،؛]{1,200}",
            _doi,
            "10.1000/182",
            cues=("10.",),
        ),
        Scheme(
            "pmid",
            "",
            r"(?:PMID|PubMed(?:\s?ID)?):?\s?\d{5,8}",
            _pmid,
            "12345678",
            cues=("pmid", "pubmed"),
        ),
    )
}

_ALL = tuple(SCHEMES)
# A DOI may hold a registry number, so it comes first.
_ORDER = ("doi", *(name for name, scheme in SCHEMES.items() if scheme.lone and name != "doi"))


def _strict(name: str, pattern: str) -> str:
    """The pattern for ASCII letters and digits only; a blank may be one that does not break."""
    return pattern if name == "doi" else rf"(?a:{pattern})".replace(r"\s?", r"[\s\xa0]?")


@functools.lru_cache(512)
def _finder(names: tuple[str, ...]) -> re.Pattern[str]:
    """One pass over a text for some schemes."""
    return re.compile(
        "(?<![0-9A-Za-z])(?:"
        + "|".join(
            f"(?P<{name}>{_strict(name, SCHEMES[name].running or SCHEMES[name].pattern)})"
            for name in names
        )
        + ")(?![0-9])",
        re.IGNORECASE,
    )


_FULL = {
    name: re.compile(_strict(name, scheme.pattern), re.IGNORECASE)
    for name, scheme in SCHEMES.items()
}


_AT_ONCE = 1 << 16  # characters
_REACH = 64  # characters; no pattern has more before its cue


@functools.lru_cache(64)
def _cues(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((cue, name) for name in names for cue in SCHEMES[name].cues)


def _possible(small: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The schemes of which a number can be in a text at all: far quicker than to look for it."""
    found = [name for cue, name in _cues(names) if cue in small]
    return tuple(dict.fromkeys(found)) if found else ()


def _small(text: str) -> str:
    """In small letters, a part at a time: all at once takes twelve bytes for each character."""
    parts = range(0, len(text), _AT_ONCE)
    return "".join([text[at : at + _AT_ONCE].lower() for at in parts])


def find(text: str, schemes: tuple[str, ...] = _ORDER) -> Iterator[Mention]:
    """Yield the identifiers in a running text, in order, none overlapping another.

    With `schemes`, keys of `SCHEMES`, only numbers of those are looked for. Linear in the length
    of the text.
    """
    small = _small(text)
    names = _possible(small, schemes)
    if not names:
        return
    begin = 0
    if len(small) == len(text):  # a few letters are two in small
        cues = [small.find(cue) for cue, _ in _cues(names) if cue in small]
        begin = max(0, min(cues) - _REACH)
    for match in _finder(names).finditer(text, begin):
        name = match.lastgroup
        assert name is not None
        value = SCHEMES[name].canonical(match.group())
        start, end = match.span()
        if name == "doi":  # what the canonical form cut off at the end is not part of the mention
            if not _FULL[name].fullmatch(value):
                continue
            end = start + match.group().lower().index(value) + len(value)
        yield Mention(Identifier(name, value), start, end)


_MARKS = ".,;:()[] \t\r\n"


def normalise(text: str, scheme: str = "") -> Identifier | None:
    """Normalise one number; None where it is of no known form.

    With `scheme`, a key of `SCHEMES`, only that form is tried; a bare PubMed number needs
    ``scheme="pmid"``, and bare digits of ISRCTN ``scheme="isrctn"``.
    """
    text = text.strip()
    if scheme in ("pmid", "isrctn") and text.isascii() and text.isdigit():
        if scheme == "pmid" and len(text) <= 8 and int(text):
            return Identifier("pmid", str(int(text)))
        if scheme == "isrctn" and len(text) == 8:
            return Identifier("isrctn", "ISRCTN" + text)
    for name in (scheme,) if scheme else _possible(text.lower(), _ALL):
        if _FULL[name].fullmatch(text if name == "doi" else text.strip(_MARKS)):
            value = SCHEMES[name].canonical(text if name == "doi" else text.strip(_MARKS))
            # what looks like a DOI may be no more than its prefix
            return (
                Identifier(name, value) if _FULL[name].fullmatch(value) or name == "pmid" else None
            )
    return None


_ADDRESS = re.compile(r"(?:https?://|www\.)", re.IGNORECASE)
_PUBMED = re.compile(
    r"(?://pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed"
    r"|europepmc\.org/(?:abstract|article)/med)/(?a:\d{1,8})(?!\d)",
    re.IGNORECASE,
)
_ISRCTN_DOI = "10.1186/isrctn"


def addressed(text: str) -> tuple[Identifier, ...]:
    """What the web address of one record names: on a register, at PubMed, at a publisher.

    Nothing where the text is no address, or where it names two records or more. A DOI that the
    ISRCTN gave is also the number in it.
    """
    if not _ADDRESS.match(text):
        return ()
    plain = unquote(text)
    if match := _PUBMED.search(plain):
        return (Identifier("pmid", _pmid(match.group().rpartition("/")[2])),)
    found = tuple(dict.fromkeys(mention.identifier for mention in find(plain)))
    if len(found) != 1:
        return ()
    if found[0].value.startswith(_ISRCTN_DOI):
        number = normalise(found[0].value.partition("/")[2], "isrctn")
        return (*found, number) if number else found
    return found
