"""Words of titles, products and conditions, so that spellings of one thing meet.

`words` turns a text into plain words: lower case, without accents and plurals, American spelling
as British, common abbreviations of cell products and of COVID-19 written out. What is left out
says nothing of which trial it is, or is weighed elsewhere (phase, masking).
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from typing import Final

from trialweave.studies._cognates import in_english

__all__ = ["background", "product_words", "severities", "words"]


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TOKEN: Final = re.compile(r"[^\W_]+")

# Phrases that are one thing under several names. Longest first; each is bounded by words.
_CELLS: Final = "mesenchymal stem cell"
_PHRASES: Final = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"\bcorona ?virus(?:es)?(?: disease| infection| pneumonia)?(?: ?20?19)?\b", "covid"),
        (r"\b(?:covid(?: ?19)?|2019 ?ncov|n ?cov(?: ?2019)?|sars ?co?v ?2)\b", "covid"),
        (r"\bacute respiratory distress syndrome\b", "ards"),
        (r"\bgraft (?:versus|vs) host disease\b", "gvhd"),
        (r"\bextra ?cellular vesicles?\b|\bevs\b", "exosome"),
        (r"\bcondition(?:ed|al) (?:medium|media)\b", "secretome"),
        (r"\b(?:h|hu)?uc ?(?:d ?)?mscs?\b", f"umbilical cord {_CELLS}"),
        (r"\b(?:h|hu)?wj ?mscs?\b", f"umbilical cord wharton jelly {_CELLS}"),
        (r"\b(?:h|hu)?bm ?(?:d ?)?mscs?\b", f"bone marrow {_CELLS}"),
        (r"\b(?:h|hu)?ad ?(?:d ?)?mscs?\b|\ba(?:d)?scs\b", f"adipose {_CELLS}"),
        (r"\b(?:h|hu)?menscs?\b", f"menstrual blood {_CELLS}"),
        (r"\b(?:h|hu)?mscs?\b", _CELLS),
        (r"\bmulti ?potent stromal\b", "mesenchymal stem"),
        # "madre" alone is a mother, and "souche" a strain
        (r"\bcelulas? (?:madre|tronco|troncal(?:es)?)\b|\bcellules? souches?\b", "stem cell"),
    )
)
_SPELLINGS: Final = (
    (re.compile(r"iz(?=e$|ed$|es$|er$|ing$|ation$)"), "is"),
    (re.compile(r"^haem"), "hem"),
    (re.compile(r"^oedem"), "edem"),
    (re.compile(r"^oesoph"), "esoph"),
    (re.compile(r"^tumou?r.*"), "tumour"),
    (re.compile(r"^paediatric"), "pediatric"),
    (re.compile(r"^stroma(?:l)?$"), "stem"),  # mesenchymal stromal and stem cells: one product
    (re.compile(r"^placental$"), "placenta"),
    (re.compile(r"^exosomal$"), "exosome"),
)
_FUNCTION: Final = _listed(
    "a an and as at by for from in into is its it of on or s t the their these this those to "
    "under using use used versus vs via was were which with within without who whom will be been "
    "among between during after before per than that not no et al"
)
# What every title may say; phase, allocation and masking are weighed as fields of their own.
_DESIGN: Final = _listed(
    "phase i ii iii iv ia ib iia iib 1 2 3 4 1a 1b 2a 2b randomised randomly random nonrandomised "
    "blind blinded double single triple quadruple masked open label labelled placebo controlled "
    "control trial study clinical prospective retrospective multicenter multicentre multi center "
    "centre single parallel group arm interventional observational pilot"
)
# Comparators, routes and what every arm says: never the product under test.
_NOT_PRODUCT: Final = _listed(
    "placebo saline standard care control routine treatment conventional usual normal best "
    "supportive soc injection infusion intravenous intravenously iv intramuscular oral dose dosing "
    "group arm drug biological other procedure device behavioral behavioural dietary supplement "
    "combination product solution sodium chloride sham vehicle day week month ml mg kg x 0 5 6 7 "
    "8 9 10 million human administration intervention comparator therapy experimental daily time "
    "twice once every regimen medical patient cell nacl ringer albumin"
)
_RARE: Final = 1 / 200
_FREQUENT: Final = 1 / 5
# How often a word stands in what trials in general say of themselves, rounded by hand; the corpus
# corrects it as it grows. Words that stand in neither list are taken as rare.
_BACKGROUND: Final[dict[str, float]] = dict.fromkeys(
    _listed(
        "patient treatment safety efficacy effect evaluation evaluate therapy disease treat "
        "effectiveness assess compare human adult"
    ),
    _FREQUENT,
) | dict.fromkeys(
    _listed(
        "acute chronic severe moderate mild cell stem injection infusion intravenous oral dose "
        "standard care infection pneumonia cancer syndrome blood hospital hospitalised early "
        "advanced use based combination comparison investigate tolerability outcome new novel "
        "subject covid disorder children women health participant autologous allogeneic derived "
        "management intervention program quality life high low risk drug system versus response "
        "prevention surgery pain respiratory lung saline plus biological tablet conventional "
        "induced follow positive virus people symptom failure critical critically ill"
    ),
    1 / 20,
)


def background(word: str) -> float:
    """The assumed frequency of a word before any record is seen."""
    return _BACKGROUND.get(word, _RARE)


def _plain(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(mark for mark in text if not unicodedata.combining(mark))
    return " ".join(_TOKEN.findall(text.casefold()))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@functools.lru_cache(maxsize=1 << 16)
def _telling(word: str, english: bool) -> str:
    """A word in one spelling; "" where it tells nothing."""
    if word in _FUNCTION or word in _DESIGN:
        return ""
    word = in_english(word, _singular(word)) if english else _singular(word)
    for pattern, written in _SPELLINGS:
        word = pattern.sub(written, word)
    return "" if word in _FUNCTION or word in _DESIGN else word


def words(text: str, *, limit: int = 4000, english: bool = True) -> tuple[str, ...]:
    """The telling words of a text in order; of a longer text only the first `limit` characters.

    Without `english`, words of other languages stay as they are, as names do.
    """
    plain = _plain(text[:limit])
    for pattern, written in _PHRASES:
        plain = pattern.sub(written, plain)
    return tuple(filter(None, map(_telling, plain.split(), itertools.repeat(english))))


def product_words(text: str) -> tuple[str, ...]:
    """The words of an intervention's name that tell which product it is."""
    return tuple(
        word for word in words(text, limit=500) if word not in _NOT_PRODUCT and not word.isdigit()
    )


_SEVERITIES: Final = (
    ("critical", re.compile(r"\bcritical(?:ly)?\b|\bintubated\b|\bmechanically ventilated\b")),
    ("severe", re.compile(r"\bsevere(?:ly)?\b")),
    ("moderate", re.compile(r"\bmoderate(?:ly)?\b")),
    ("mild", re.compile(r"\bmild(?:ly)?\b")),
)


def severities(text: str) -> frozenset[str]:
    """Degrees of the condition that a title or condition names; "severe acute" is a virus."""
    plain = re.sub(r"\bsevere acute respiratory\b|\bnon severe\b", " ", _plain(text[:2000]))
    return frozenset(name for name, pattern in _SEVERITIES if pattern.search(plain))
