"""What an article's abbreviations stand for, by its own words.

"visual analogue scale (VAS)", "VAS (visual analogue scale)" and, below a table, "VAS, visual
analogue scale; CI confidence interval". A definition counts where the letters of the short form
occur in the long one in their order and the first begins its first word (A. S. Schwartz and M. A.
Hearst, Pacific Symposium on Biocomputing 2003, 451-462).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

__all__ = ["COMMON", "abbreviations_in", "contracted", "expanded", "long_form"]

_BEHIND = re.compile(r"\(\s?(?P<short>[^\W_][\w/&+.-]{1,11})\s?(?:[;,:][^()]{0,60})?\)")
_INSIDE = re.compile(
    r"(?<![\w-])(?P<short>[A-Z][\w/&+-]{1,9})\s\(\s?(?P<long>[A-Za-z][^()=]{5,70})\)"
)
_LISTED = re.compile(
    r"(?<![\w-])(?P<short>[A-Z\d][\w/&+.-]{0,9}?)\s?(?:[,:=–]\s?|\s)"
    r"(?P<long>[A-Za-z][^;,:=.()]{3,70})"
)
_PARTS = re.compile(r"[\s/-]+")
_MOST = 400  # definitions
_LONGEST = 300_000  # characters of a text
_LONGEST_LONG = 70
_NO_ABBREVIATION = frozenset({"fig", "table", "ref", "eg", "ie", "see", "n", "p", "and", "or"})


def long_form(short: str, before: str) -> str:
    """The words at the end of a text that a short form stands for; "" where none fit.

    The letters and digits of the short form are looked for from the end backwards; the first has to
    begin a word. The words are no more than its characters and five, or than twice as many.
    """
    signs = [sign for sign in short.lower() if sign.isalnum()]
    words = before[-200:].split()
    most = min(len(signs) + 5, 2 * len(signs))
    text = " ".join(words[-most:])
    low = text.lower()
    at = len(low)
    for place in range(len(signs) - 1, -1, -1):
        at = low.rfind(signs[place], 0, at)
        while place == 0 and at > 0 and low[at - 1].isalnum():
            at = low.rfind(signs[place], 0, at)
        if at < 0:
            return ""
    found = text[at:].strip(" ,;:")
    return found if len(found) > len(short) and len(found) <= _LONGEST_LONG else ""


def abbreviations_in(texts: Iterable[str], notes: Iterable[str] = ()) -> dict[str, str]:
    """Short forms and what they stand for, the first definition of each.

    `texts` define them in brackets, `notes` (below tables) list them.
    """
    found: dict[str, str] = {}
    for whole in texts:
        text = whole[:_LONGEST]
        for match in _BEHIND.finditer(text):
            short = match["short"].strip(".")
            if _may_be(short) and short not in found:
                long = long_form(short, text[max(0, match.start() - 200) : match.start()])
                _add(found, short, long)
        for match in _INSIDE.finditer(text):
            if _may_be(match["short"]):
                _add(found, match["short"], _whole(match["short"], match["long"]))
    for note in notes:
        for match in _LISTED.finditer(note[:4_000]):
            short = match["short"].strip(".")
            if short.lower() not in _NO_ABBREVIATION and any(c.isupper() for c in short):
                _add(found, short, _whole(short, match["long"]))
    return found


def _may_be(short: str) -> bool:
    """Whether a bracket can hold a short form: two characters or more, one of them a capital."""
    return (
        len(short) >= 2
        and any(sign.isupper() for sign in short)
        and short.lower() not in _NO_ABBREVIATION
    )


def _whole(short: str, long: str) -> str:
    """The long form where it is what the short one abbreviates from its first word on."""
    long = " ".join(long.split())
    return long if long_form(short, long) == long else ""


def _add(found: dict[str, str], short: str, long: str) -> None:
    if long and short not in found and len(found) < _MOST:
        found[short] = long


COMMON: Mapping[str, str] = {
    "HR": "heart rate", "BP": "blood pressure", "SBP": "systolic blood pressure",
    "DBP": "diastolic blood pressure", "MAP": "mean arterial pressure", "BMI": "body mass index",
    "LDL": "low density lipoprotein", "HDL": "high density lipoprotein", "TG": "triglycerides",
    "TC": "total cholesterol", "FBG": "fasting blood glucose", "FPG": "fasting plasma glucose",
    "CRP": "C reactive protein", "WBC": "white blood cells", "RBC": "red blood cells",
    "Hb": "haemoglobin", "QOL": "quality of life", "QoL": "quality of life",
    "LVEF": "left ventricular ejection fraction", "FVC": "forced vital capacity",
    "LOS": "length of stay", "ALT": "alanine aminotransferase", "BUN": "blood urea nitrogen",
    "AST": "aspartate aminotransferase", "CK": "creatine kinase", "WHR": "waist hip ratio",
    "GFR": "glomerular filtration rate", "ESR": "erythrocyte sedimentation rate",
    "LDH": "lactate dehydrogenase", "TSH": "thyroid stimulating hormone",
    "VAS": "visual analogue scale", "BMD": "bone mineral density", "ROM": "range of motion",
    "ICU": "intensive care unit", "AE": "adverse events", "SAE": "serious adverse events",
    "AEs": "adverse events", "SAEs": "serious adverse events", "MI": "myocardial infarction",
    "6MWT": "six minute walk test", "6MWD": "six minute walk distance", 
    "NRS": "numeric rating scale",
}  # fmt: skip
"""Short forms that medicine uses without a definition; an article's own goes before."""


def expanded(text: str, known: Mapping[str, str]) -> str:
    """The text with its short forms written out."""
    return re.sub(
        r"[^\W_][\w/&+-]*", lambda found: known.get(found.group(), found.group()), text[:600]
    )


def contracted(text: str, known: Mapping[str, str]) -> str:
    """The text with what the record abbreviates written short."""
    low = " ".join(_PARTS.split(text[:600].lower()))
    for short, long in known.items():
        plain = " ".join(_PARTS.split(long.lower()))
        if len(short) > 1 and plain in low:
            low = re.sub(rf"(?<!\w){re.escape(plain)}s?(?!\w)", short, low)
    return low
