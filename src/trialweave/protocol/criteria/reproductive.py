"""Pregnancy, nursing and sex in criteria."""

from __future__ import annotations

import re
from typing import Final

from trialweave.protocol.criteria.tree import Event, InSet

__all__ = ["CONTRACEPTION", "REPRODUCTIVE", "reproductive", "sexes"]

REPRODUCTIVE: Final = re.compile(
    r"\b(?P<not>non-?\s?|not\s+(?:be\s+|currently\s+)?(?:known\s+to\s+be\s+)?)?"
    r"(?P<word>pregnan(?:t|cy|cies)|gravid(?:ity|a)?|lactat(?:ing|ion)"
    r"|breast[\s-]?fe(?:ed(?:ing)?s?|d)|nursing)\b"
)
_NURSES: Final = re.compile(
    r"\s+(?:home|care|staff|facilit\w+|professional|personnel|assist\w+|school|degree|student"
    r"|unit|service|intervention)"
)
_INTENT: Final = re.compile(
    r"(?:\b(?:plan\w{0,4}|intend\w{0,3}|intent\w{0,3}|wish\w{0,3}|desir\w{0,3}|want\w{0,3}"
    r"|try\w{0,3}|attempt\w{0,3}|seek\w{0,3}|hop(?:e|ing)|expect\w{0,3}|consider\w{0,3}"
    r"|contemplat\w{0,3})\b[\s\w/,-]{0,25}?\b(?:to\s+)?(?:be(?:come|coming|com)?|get(?:ting)?"
    r"|of|for|a|conceive|on)?\s*|\b(?:become|becoming|get(?:ting)?)\s+)\Z"
)
_UNMEANT: Final = re.compile(r"\b(?:not|no|without|never)\b[\s\w]{0,12}\Z")
_OTHER_BEFORE: Final = re.compile(
    r"\b(?:ectopic|tubal|molar|heterotopic|cervical|extra-?uterine|intra-?uterine|abdominal"
    r"|cornual|interstitial|failed|non-?viable|viable|scar|prevent\w{0,3}"
    r"|avoid\w{0,3}|avoidance\s+of|trimester\s+of|against|risk\s+of|capable\s+of|potential(?:\s+for|\s+of)?"
    r"|possib\w{0,6}\s+of|ability|able\s+to\s+(?:become|get)|history\s+of|previous|prior|past"
    r"|during|after|end\s+of|last|outcomes?\s+of|complicat\w{0,4}|termination\s+of"
    r"|in\s+case\s+of|exclude|rule\s+out|likelihood\s+of|number\s+of|toxemia\s+of|since"
    r"|not\s+(?:to\s+)?(?:become|get)(?:ing)?|ectopic|molar|test\s+for|consequences\s+of|first"
    r"|second|third|weeks?\s+of|current|chance\s+of|diagnos\w+\s+of)\s+(?:the\s+|a\s+|an\s+"
    r"|becoming\s+|getting\s+|be\s+)?\Z"
)
_CURRENT: Final = re.compile(r"\b(?:current|exclude|rule\s+out|in\s+case\s+of)\s+\Z")
_TEST: Final = re.compile(r"\s+(?:tests?|testing|screen\w{0,3})\b")
_RESULT: Final = re.compile(
    r"(?:\ba\s+)?\b(?:negative|positive)\s+(?:(?:serum|urine|blood|urinary|hcg|or|and)\s+){0,3}\Z"
)
_NEGATIVE: Final = re.compile(r"\b(?:negative|non-?reactive)\b[^.;]{0,75}\Z")
_NEGATIVE_AFTER: Final = re.compile(
    r"[^.;]{0,160}\b(?:negative|is\s+not\s+pregnant|excluded|ruled\s+out)\b"
)
_POSITIVE: Final = re.compile(r"\bpositive\b[^.;]{0,45}\Z")
_POSITIVE_AFTER: Final = re.compile(r"[^.;]{0,40}\bpositive\b")
_NO: Final = re.compile(
    r"\b(?:no|not|neither|nor|without|absence\s+of|never|exclusion\s+of|cannot\s+be"
    r"|must\s+not\s+be|may\s+not\s+be|should\s+not\s+be|aren't|isn't|are\s+not"
    r"|is\s+not)\b(?:\s+(?:currently|be|been|known|to|a|pregnant|lactating|or|and"
    r"|breast-?feeding|nursing|either|evidence|of)\b){0,5}\s*(?:/|or|nor|and|,)?\s*\Z"
)
_COMPOUND: Final = re.compile(
    r"[\s-]+(?:potential|plan\w*|prevention|loss|rate|outcome|complication|related|associated"
    r"|induced|period|wish|desire|intent\w*|hormone|registry|failure)\b"
)

_MALE: Final = r"(?:males?|m[ae]n|boys?)"
_FEMALE: Final = r"(?:females?|wom[ae]n|girls?)"
_SEX: Final = re.compile(
    rf"\b(?:(?P<both>{_MALE}[\s(/,]*(?:or|and|and/or|/|&|,"
    rf"|-)?[\s)/]*(?:non-?\s?pregnant\s*,?\s*)?(?:non-?\s?lactating\s+)?{_FEMALE}"
    rf"|{_FEMALE}[\s(/,]*(?:or|and|and/or|/|&|,|-)?[\s)/]*{_MALE}"
    r"|(?:both|either|any|all|of\s+any)\s+(?:sex|sexes|gender|genders)|(?:either|any)\s+(?:sex"
    r"|gender)|m/f|regardless\s+of\s+(?:sex|gender)|(?:sex|gender)\s*:\s*(?:both|all))"
    rf"|(?P<male>{_MALE})|(?P<female>{_FEMALE}))\b"
)
_POTENTIAL: Final = re.compile(
    r"child|contracep|reproductive|fertil|menopaus|birth\s+control|steril|partner|conceiv"
    r"|hysterectom|wocbp|menses|menstrua|\bif\b|sperm|condom"
)
_ONLY: Final = re.compile(
    rf"[\s\W]*(?:(?:all|any|patients?|subjects?|who|are|is|of|the|sex|gender|being|participants?)"
    rf"[\s:,-]+)*(?:{_MALE}|{_FEMALE})(?:[\s-]+(?:patients?|subjects?|sex|gender|participants?))?\W*"
)
_CARRIED: Final = re.compile(
    r"\W{0,3}(?:(?:who|that|is|are|must|not|be|currently|or|and|may)\W+){0,4}(?:pregnan|lactat|nursing|breast|postpartum)"
)
_CARRYING: Final = re.compile(
    r"(?<!non)(?<!non-)(?<!non\s)(?:pregnant|lactating|nursing|feeding|gravid"
    r"|puerperal)\s+(?:\w+\s+){0,2}\Z"
)

CONTRACEPTION: Final = re.compile(
    r"contracep|birth\s+control|condom|partner|reproductive|childbearing|child-bearing"
    r"|barrier\s+method|sexual(?:ly)?\s+(?:active|inter)|donat\w{1,3}\s+(?:sperm|eggs|ova)"
    r"|abstinen"
)


def reproductive(plain_text: str) -> list[Event]:
    """Pregnancy, its intent, and nursing; "absent" where the text says not."""
    found: list[Event] = []
    for match in REPRODUCTIVE.finditer(plain_text):
        word = match["word"]
        before = plain_text[max(0, match.start() - 90) : match.start()]
        start, end = match.span()
        if word.startswith(("pregnan", "gravid")):
            event = _pregnancy(plain_text, before, match)
        else:
            event = _nursing(plain_text, before, match)
        if event is None:
            continue
        name, present = event
        if name == "pregnancy" and (test := _TEST.match(plain_text, end)):
            end = test.end()
            result = _RESULT.search(before)
            start -= len(result[0]) if result else 0
        if not any(one.concept == name and one.present == present for one in found):
            found.append(Event(name, present, start, end, kind="reproductive"))
    return found


def _pregnancy(plain_text: str, before: str, match: re.Match[str]) -> tuple[str, bool] | None:
    end = match.end()
    if _TEST.match(plain_text, end):
        if _NEGATIVE.search(before) or _NEGATIVE_AFTER.match(plain_text, end):
            return "pregnancy", False
        if _POSITIVE.search(before) or _POSITIVE_AFTER.match(plain_text, end):
            return "pregnancy", True
        return None
    if _COMPOUND.match(plain_text, end) and match["word"] == "pregnancy":
        return None
    if _OTHER_BEFORE.search(before) and not _CURRENT.search(before):
        return None
    if match["word"] != "pregnancies" and (meant := _INTENT.search(before)):
        return "pregnancy_intent", _UNMEANT.search(before[: meant.start()]) is None
    if match["word"] in ("gravidity", "gravida", "pregnancies"):
        return None
    return "pregnancy", not (match["not"] or _NO.search(before))


def _nursing(plain_text: str, before: str, match: re.Match[str]) -> tuple[str, bool] | None:
    if match["word"] == "nursing" and _NURSES.match(plain_text, match.end()):
        return None
    if re.search(r"\b(?:prevent\w*|exclusively|history\s+of|acidosis)\s+\Z", before):
        return None
    if re.match(r"\s*(?:acid|dehydrog)", plain_text[match.end() : match.end() + 14]):
        return None
    if re.search(r"\b(?:plan\w{0,4}|intend\w{0,3}|wish\w{0,3})\s+(?:to|on|for)\s*\Z", before):
        return "lactation_intent", True
    return "lactation", not (match["not"] or _NO.search(before))


def sexes(plain_text: str, section: str) -> InSet | None:
    """The sex that a criterion asks for; None where it speaks of some women only, or of none."""
    match = _SEX.search(plain_text)
    if match is None or match.start() > 90:
        return None
    if match["both"] and CONTRACEPTION.search(plain_text):
        return None
    if match["both"]:
        return InSet("sex", ("female", "male"), match.start(), match.end())
    if _POTENTIAL.search(plain_text) or _CARRYING.search(plain_text[: match.start()]):
        return None
    if section == "exclusion" and _ONLY.fullmatch(plain_text) is None:
        return None
    if _CARRIED.match(plain_text, match.end()):
        return None
    both = {("male" if m["male"] else "female") for m in _SEX.finditer(plain_text) if not m["both"]}
    if len(both) == 2:
        return None
    if match.start() > 25 and not re.search(
        r"(?:sex|gender|aged?|years|old|adult|healthy)", plain_text[: match.start()]
    ):
        return None
    return InSet("sex", ("male" if match["male"] else "female",), match.start(), match.end())
