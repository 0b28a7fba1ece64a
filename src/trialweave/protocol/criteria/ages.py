"""Ages that nothing but their place or unit tells from other stretches of time."""

from __future__ import annotations

import re
from typing import Final

from trialweave.protocol.criteria.concepts import Mention
from trialweave.protocol.criteria.quantities import Quantity

__all__ = ["stands_as_age", "thing_of_age", "time_around", "young"]

_AGE_OF: Final = re.compile(
    r"\s+of\s+(?:the\s+|an?\s+)?(?!patients?|subjects?|participants?|child|infants?|women|men"
    r"|individual|volunteer|mother|enrol|at|between|from|over|under|more|less|older|greater"
    r"|above|below|consent|majority|or\b|legal|least|eligib|adult|up|years|one|two|three|four"
    r"|five|six|\w{0,8}teen|twenty|thirty|forty|fifty|sixty)[a-z]"
)
_SUBJECTS: Final = re.compile(
    r"[\s\W\d]*(?:\b(?:patients?|subjects?|adults?|participants?|males?|females?|men|man|women"
    r"|woman|children|child|volunteers?|healthy|persons?|people|individuals?|boys?|girls?"
    r"|infants?|adolescents?|who|are|is|must|be|of|the|with|and|or|both|all|any|either|sex"
    r"|sexes|gender|genders|in|at|to|between|from|hospitali[sz]ed|elderly|older|pediatric"
    r"|outpatients?|inpatients?|have|has|whose|over|under|above|below|aged?|ambulatory|adult"
    r"|non-?pregnant|years|range|ranging|not|being|for|on|the|day|inclusive|a|an|postmenopausal"
    r"|premenopausal|caucasian|chinese|japanese|eligible|male/female|nonpregnant|young"
    r"|recipients?|donors?|living|diagnosed|symptomatic|consenting|lactating|sexually|active"
    r"|mothers?|parents?|previously|community|dwelling|diabetic|obese|nulliparous|singleton"
    r"|informed|consent|human|smokers?|non-?smokers?|race|ethnicity|pregnant)\b[\s\W]*){0,14}\Z"
)
_AGE_TAIL: Final = re.compile(
    r"\s*(?:\(?\s*(?:inclusive|old|of\s+age|and\s+older|and\s+above|or\s+older)|[,;.)]|\Z|\("
    r"|and\b|or\b|at\b|on\b|with\b|who\b|in\b|of\s+either|male|female|men\b|women\b|both"
    r"|patients|subjects|adults|children|to\b|inclusively|when|undergoing|diagnosed|having"
    r"|scheduled|\w+\s+(?:patients|subjects|men|women|males|females|adults|children"
    r"|volunteers))"
)
_AFTER_TIME: Final = re.compile(
    r"\W{0,3}(?:immediately\s+)?(?:prior|before|preceding|ago|after|following|post|from"
    r"|since)\b|\W{0,3}of\s+(?:screen|enrol|random|study|baseline|treatment|first|start"
    r"|inclusion)"
)
_OLD: Final = re.compile(r"\W{0,3}(?:old|of\s+age)")
_ASIDE: Final = re.compile(r"[,;(]\s*(?:and\s+|or\s+)?\Z")
_YOUNG: Final = re.compile(r"\W{0,3}(?:old|of\s+age|[,;)]|\Z|and\b|or\b|to\b)")
_LASTS: Final = re.compile(
    r"\W{0,3}(?:of\s+(?!age)|history|experience|since|post|duration|apart|follow|education|survival"
    r"|remission|disease|treatment|therapy|use|diagnos|on\b|into\b|smok)"
)
_END: Final = re.compile(r"\s*(?:[,;.)]|\Z|and\b|or\b|with\b|who\b)")
_GROWN: Final = (16, 90)  # years in which a bare number is an age more often than a duration


def thing_of_age(plain_text: str, mention: Mention) -> bool:
    """Whether it is the age of a lesion or a graft, and nobody's."""
    return mention.concept.name == "age" and _AGE_OF.match(plain_text, mention.end) is not None


def time_around(plain_text: str, one: Quantity) -> bool:
    """Whether what follows makes a stretch of time of a quantity: "3 months before surgery"."""
    return _AFTER_TIME.match(plain_text, one.end) is not None


def young(plain_text: str, one: Quantity) -> bool:
    """Whether months, weeks or days can be an age by what follows them."""
    return _YOUNG.match(plain_text, one.end) is not None


def stands_as_age(plain_text: str, one: Quantity) -> bool:
    """Whether a quantity is an age by its place: behind the people alone, or behind a comma."""
    if one.unit not in ("a", "mo", "wk", "d", "") or one.word or not one.sign or one.low > 120:
        return False
    if time_around(plain_text, one):
        return False
    if not _AGE_TAIL.match(plain_text, one.end):
        people = _SUBJECTS.match(plain_text[max(0, one.first - 60) : one.first])
        lasts = _LASTS.match(plain_text, one.end)
        return one.unit == "a" and one.first > 5 and people is not None and lasts is None
    if not one.unit:
        people = _SUBJECTS.match(plain_text[max(0, one.first - 60) : one.first])
        grown = _GROWN[0] <= one.low <= _GROWN[1] and one.first > 2
        return people is not None and grown and _END.match(plain_text, one.end) is not None
    if one.unit != "a" and not _OLD.match(plain_text, one.end):
        return False
    head = plain_text[max(0, one.first - 121) : one.first]
    if len(head) <= 120 and _SUBJECTS.match(head):
        return True
    grown = one.unit == "a" and _GROWN[0] <= one.low <= _GROWN[1] and one.sign not in ("<=", "=")
    return grown and _ASIDE.search(head[-12:]) is not None
