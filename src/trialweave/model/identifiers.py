"""Registry numbers, DOIs and PubMed numbers: one table of patterns, and nothing scattered.

Each `Scheme` has the pattern as found in running text, and a canonical form. Numbers that differ
only by case, blanks or a redundant prefix normalise to the same text.
Patterns were tried on 11,258 distinct numbers of the WHO's platform (see docs/reference).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["SCHEMES", "Identifier", "Mention", "Scheme", "find", "normalise"]


@dataclass(frozen=True)
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
    lone: bool = True  # may be recognised in running text without a word before it


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


def _doi(text: str) -> str:
    """Lower case (DOIs are case-insensitive), without resolver and trailing punctuation."""
    text = re.sub(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", text.strip())
    text = text.rstrip(".,;:'\"”’>")
    while text.endswith((")", "]")) and text.count("(") + text.count("[") < text.count(
        ")"
    ) + text.count("]"):
        text = text[:-1].rstrip(".,;:")
    return text.lower()


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
        Scheme("nct", "ClinicalTrials.gov", r"NCT\s?\d{8}", _upper, "NCT05019287"),
        Scheme(
            "ctis",
            "EU CTIS",
            r"(?:(?:EUCT|CTIS)\s?(?:number)?:?\s?)?20\d{2}-5\d{5}-\d{2}(?:-\d{2})?",
            _ctis,
            "2023-503452-28-00",
        ),
        Scheme(
            "eudract",
            "EU Clinical Trials Register",
            r"(?:(?:EUCTR|EudraCT)\s?(?:number|no\.?)?:?\s?)?20\d{2}-0\d{5}-\d{2}"
            r"(?:-(?:[A-Z]{2}|3rd|Outside-EU/EEA)(?![A-Za-z]))?",
            _eudract,
            "2020-001364-29",
        ),
        Scheme("isrctn", "ISRCTN", r"ISRCTN\s?\d{8}", _upper, "ISRCTN83971151"),
        Scheme(
            "irct",
            "IRCT",
            rf"IRCT\s?(?:{_YMD}\d{{6}}|{_YMD}\d{{3,5}}|1[34]\d{{2}}\d{{4,9}})N\d{{1,3}}",
            _upper,
            "IRCT20200413047063N2",
        ),
        Scheme("itmctr", "ITMCTR", r"ITMCTR\s?\d{10}", _upper, "ITMCTR2023000012"),
        Scheme(
            "chictr",
            "ChiCTR",
            r"ChiCTR(?:-[A-Z]{2,6})?-?\s?\d{8,10}",
            _chictr,
            "ChiCTR2000029990",
        ),
        Scheme("drks", "DRKS", r"DRKS\s?\d{8}", _upper, "DRKS00021238"),
        Scheme("umin", "UMIN-CTR", r"(?:JPRN-)?UMIN\d{9}", _japan("UMIN"), "UMIN000040211"),
        Scheme("jrct", "jRCT", r"(?:JPRN-)?jRCT[sbac]?\d{9,10}", _jrct, "jRCT2031200252"),
        Scheme(
            "japiccti",
            "JapicCTI",
            r"(?:JPRN-)?JapicCTI-\d{6}",
            _japan("JapicCTI"),
            "JapicCTI-205314",
        ),
        Scheme("jma", "JMACCT", r"(?:JPRN-)?JMA-IIA\d{5}", _japan("JMA-IIA"), "JMA-IIA00412"),
        Scheme("ctri", "CTRI", r"CTRI/20\d{2}/\d{2,3}/\d{6}", _upper, "CTRI/2020/04/024773"),
        Scheme(
            "actrn",
            "ANZCTR",
            r"ACTRN\s?\d{14}p?",
            lambda text: "ACTRN" + re.sub(r"\s+", "", text)[5:].lower(),
            "ACTRN12620000443965",
        ),
        Scheme("kct", "CRIS", r"KCT\d{7}", _upper, "KCT0005105"),
        Scheme("tctr", "TCTR", r"TCTR\d{11}", _upper, "TCTR20200402001"),
        Scheme("rebec", "ReBec", r"RBR-[0-9a-z]{5,8}", _rbr, "RBR-3cbs3w"),
        Scheme("pactr", "PACTR", r"PACTR\d{15,16}", _upper, "PACTR202004893013257"),
        Scheme("ntr", "NTR", r"NTR\s?\d{1,5}", _upper, "NTR8041"),
        Scheme("nlomon", "LTR", r"NL-OMON\d{1,6}", _upper, "NL-OMON54412"),
        Scheme("nl", "LTR", r"NL\d{4,5}", _upper, "NL8491", lone=False),
        Scheme("rpcec", "RPCEC", r"RPCEC\d{8}", _upper, "RPCEC00000306"),
        Scheme("repec", "REPEC", r"PER-\d{3}-\d{2}", _upper, "PER-010-20"),
        Scheme("slctr", "SLCTR", r"SLCTR/\d{4}/\d{3}", _upper, "SLCTR/2020/010"),
        Scheme("lbctr", "LBCTR", r"LBC?TR\d{10}", _upper, "LBCTR2020043495"),
        Scheme(
            "utn",
            "",
            r"U1111-\d{4}-\d{4}",
            _upper,
            "U1111-1250-4455",
        ),
        Scheme(
            "doi",
            "",
            r"(?:https?://(?:dx\.)?doi\.org/|doi:\s?)?10\.\d{4,9}/[^\s\"<>|]{1,200}",
            _doi,
            "10.1186/s13287-022-02771-w",
        ),
        Scheme(
            "pmid",
            "",
            r"(?:PMID|PubMed(?:\s?ID)?):?\s?\d{5,8}",
            lambda text: re.sub(r"\D", "", text),
            "34180719",
        ),
    )
}

# One pass over a text for all schemes. A DOI may hold a registry number, so it comes first.
_ORDER = ("doi", *(name for name, scheme in SCHEMES.items() if scheme.lone and name != "doi"))
_FIND = re.compile(
    "|".join(f"(?P<{name}>(?<![0-9A-Za-z]){SCHEMES[name].pattern}(?![0-9]))" for name in _ORDER),
    re.IGNORECASE,
)
_FULL = {name: re.compile(scheme.pattern, re.IGNORECASE) for name, scheme in SCHEMES.items()}


def find(text: str) -> Iterator[Mention]:
    """Yield the identifiers in a running text, in order, none overlapping another."""
    for match in _FIND.finditer(text):
        name = match.lastgroup
        assert name is not None
        value = SCHEMES[name].canonical(match.group())
        start, end = match.span()
        if name == "doi":  # what the canonical form cut off at the end is not part of the mention
            tail = len(match.group()) - match.group().lower().rfind(value) - len(value)
            end -= max(tail, 0)
        yield Mention(Identifier(name, value), start, end)


def normalise(text: str, scheme: str = "") -> Identifier | None:
    """Normalise one number; None where it is of no known form.

    With `scheme`, only that form is tried; a bare PubMed number needs ``scheme="pmid"``, and bare
    digits of ISRCTN ``scheme="isrctn"``.
    """
    text = text.strip()
    if scheme == "pmid" and text.isascii() and text.isdigit() and 1 <= len(text) <= 8:
        return Identifier("pmid", str(int(text)))
    if scheme == "isrctn" and text.isascii() and text.isdigit() and len(text) == 8:
        return Identifier("isrctn", "ISRCTN" + text)
    for name in (scheme,) if scheme else SCHEMES:
        if _FULL[name].fullmatch(text):
            return Identifier(name, SCHEMES[name].canonical(text))
    return None
