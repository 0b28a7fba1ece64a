"""What each amount of a text is: a dose, a maximum, a total, or a volume to dilute in."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from trialweave.protocol.interventions.amounts import Amount, amounts_in
from trialweave.protocol.interventions.naming import is_generic, name_at
from trialweave.protocol.interventions.products import kind_of

__all__ = ["Role", "roles_in"]

_NEEDLE: Final = re.compile(
    r"\s?(?:\([^()]{0,20}\)\s?|\()?(?:[\w.]+\s){0,4}?(?:needle|gauge|diameter|catheter)",
    re.IGNORECASE,
)
_LISTED: Final = re.compile(r"\s?(?:,|;|/|,?\s?\b(?:and|or)\b)\s?", re.IGNORECASE)
_MOST: Final = 200  # amounts of one part of a text
_BAGS: Final = 10  # units of plasma; the volume is their dose
_PLASMA: Final = re.compile(r"plasma|\bblood\b|platelets", re.IGNORECASE)
_COUNTED: Final = re.compile(r"cells?\b|SCs?\b|exosome|vesicle|particle|lymphocyte|cytes\b", re.I)
_MAX: Final = re.compile(
    r"(?:\bmax(?:imum|imal|\.)?(?:\s(?:dose|total|daily|single|cell|of|a))*\s?(?:of|:|-|is|=)?"
    r"|\bnot\s(?:to\s)?exceed(?:ing)?|\bno(?:t)?\smore\sthan|\bcapped\sat|\bexceed(?:ing)?"
    r"|\blimit(?:ed)?\s(?:to|of))"
    r"\s*[:(-]?\s*(?:a\s)?(?:total\s(?:of\s)?)?\Z",
    re.IGNORECASE,
)
_UP_TO: Final = re.compile(r"\bup\s?to\s(?:a\s)?(?:total\s(?:of\s)?)?\Z", re.IGNORECASE)
_TOTAL: Final = re.compile(
    r"\b(?:total|cumulative|overall)(?:\s(?:dose|amount|number|cell|daily))*\s?(?:of|:|=|is"
    r"|was)?\s?\(?\Z",
    re.IGNORECASE,
)
_TOTAL_AFTER: Final = re.compile(r"\s*\(?(?:in\stotal|total(?:ly)?\b|altogether)", re.IGNORECASE)
_DILUTED: Final = re.compile(
    r"(?:\b(?:in|into|with|to|volume(?:\sof)?|volume\s?:|by)|\(|[a-z]/)\s*(?:a\s|an\s|the\s"
    r"|about\s)?(?:total\s|final\s"
    r"|infusion\s)*(?:volume\s(?:of\s)?)?\Z",
    re.IGNORECASE,
)
_DILUENT: Final = re.compile(
    r"\s*(?:\)\s?)?(?:of\s)?(?:(?:[0-9.,]+\s?%\s?)?(?:sterile|normal|physiologic(?:al)?|isotonic"
    r"|the|a|buffered"
    r"|injectable|compound|human|serum)\s)*(?:[0-9.,]+\s?%\s?)?(?:saline|nacl|sodium|dextrose"
    r"|glucose|ringer"
    r"|plasma-?lyte|water|albumin|diluent|buffer|PBS|solution|suspension|vehicle|total volume"
    r"|volume)",
    re.IGNORECASE,
)
_RESTATED: Final = re.compile(
    r"(?:\bequivalent\sto|\bequal\sto|\bi\.?e\.?,?|\bcorresponding\sto|\bapproximately|=|≈"
    r"|\()\s*(?:a\s|about\s)?(?:[0-9]{1,2}\s?[x×*]\s?)?\Z",
    re.IGNORECASE,
)
_SAMPLED: Final = re.compile(
    r"\b(?:collect\w*|drawn?|draw(?:ing)?|aspirat\w+|harvest\w*|obtain\w*|sampl\w+|withdraw\w*"
    r"|weighing|weighs?|weight\s(?:of|is)"
    r"|if|when|level|titer|titre|concentration|viability|density)\b[^.;]{0,30}\Z",
    re.IGNORECASE,
)
_STRENGTH: Final = re.compile(
    r"\s?(?:film[- ]coated\s|oral\s)*(?:tablets?|tabs?|capsules?|caps?|vials?"
    r"|ampou?les?)\s?[:;,.-]+\s?"
    r"(?:dose\s?:\s?|loading dose (?:of\s)?)?",
    re.IGNORECASE,
)
_SAMPLED_AFTER: Final = re.compile(
    r"\s(?:of\s)?(?:[\w-]+\s){0,3}?(?:will\sbe\s|is\s|are\s|was\s|were\s)?(?:collected|drawn|taken"
    r"|aspirated|harvested|obtained|withdrawn)\b",
    re.IGNORECASE,
)
_OPERATOR: Final = re.compile(
    r"(?P<ge>≥|>\s?=|\bat\sleast|\bminimum\s(?:of|dose\sof)|\bnot\sless\sthan)\s*\Z|(?P<gt>>"
    r"|\b(?:more|over|greater)"
    r"\sthan)\s*\Z|(?P<le>≤|<\s?=|\bup\s?to(?:\sa)?|\bat\smost)\s*\Z|(?P<lt><|\bless\sthan)\s*\Z"
    r"|(?P<about>~|≈|\b(?:about|approximately|approx\.?|around|circa|ca\.))\s*\Z",
    re.IGNORECASE,
)
_OPERATORS: Final = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "about": "~"}


class Role(NamedTuple):
    amount: Amount
    role: str  # dose, maximum, total, volume
    operator: str


def roles_in(plain: str, start: int, end: int) -> tuple[list[Role], bool]:
    """The amounts of a part of the text with what each is, and whether there were more.

    Rates of flow, concentrations, and what is sampled are left out; of more than 200 amounts the
    first are read.
    """
    found: list[Role] = []
    doses: list[Role] = []
    counted = bool(_COUNTED.search(plain, start, end))
    bagged = bool(_PLASMA.search(plain, start, end))
    told = [_moved(amount, start) for amount in amounts_in(plain[start:end])]
    for amount in _one_unit(plain, told[:_MOST]):
        before = plain[max(start, amount.start - 60) : amount.start]
        assumed = "unit assumed" in amount.flags and not counted
        bags = bagged and amount.unit == "U" and amount.low <= _BAGS
        if assumed or bags or _is_none(plain, amount, before):
            continue
        role = _role(plain, amount, before, doses, found)
        if role:
            found.append(Role(amount, role, _operator(before)))
        if role == "dose":
            doses.append(found[-1])
    return _settled(plain, start, end, found), len(told) > _MOST


def _is_none(plain: str, amount: Amount, before: str) -> bool:
    """Whether an amount is a rate of flow, a concentration, a needle's width or a sample."""
    flows = amount.unit == "mL" and {"minute", "hour"} & set(amount.bases)
    needle = amount.unit == "g" and _NEEDLE.match(plain, amount.end)
    sampled = _SAMPLED.search(before)
    if amount.unit == "mL":
        sampled = sampled or _SAMPLED_AFTER.match(plain, amount.end)
    return bool(flows or "mL" in amount.bases or needle or sampled)


def _role(plain: str, amount: Amount, before: str, doses: list[Role], found: list[Role]) -> str:
    """What an amount is; "" where it only says another one again."""
    weighed = amount.unit == "mL"
    diluted = _DILUTED.search(before) or _DILUENT.match(plain, amount.end)
    beside = doses and doses[0].amount.unit != "mL" and _TOTAL.search(before)
    if _MAX.search(before) or (doses and _UP_TO.search(before)):
        return "maximum"
    if weighed and (diluted or beside):
        return "volume"
    if doses and (_TOTAL.search(before) or _TOTAL_AFTER.match(plain, amount.end)):
        return "total"
    if _restated(plain, found, amount):
        return "volume" if weighed else ""
    return "dose"


def _one_unit(plain: str, amounts: list[Amount]) -> list[Amount]:
    """Amounts of a list that names its unit once, at the end: "1e6, 3e6 and 5e6 cells/kg"."""
    told = list(amounts)
    for at in range(len(told) - 2, -1, -1):
        one, after = told[at], told[at + 1]
        if "unit assumed" not in one.flags or one.bases or "unit assumed" in after.flags:
            continue
        if _LISTED.fullmatch(plain[one.end : after.start]):
            flags = tuple(flag for flag in one.flags if flag != "unit assumed")
            told[at] = one._replace(unit=after.unit, bases=after.bases, flags=flags)
    return told


def _moved(amount: Amount, by: int) -> Amount:
    product = amount.product
    if product is not None:
        product = (product[0] + by, product[1] + by)
    return amount._replace(start=amount.start + by, end=amount.end + by, product=product)


def _operator(before: str) -> str:
    match = _OPERATOR.search(before)
    return _OPERATORS[str(match.lastgroup)] if match is not None else "="


def _restated(plain: str, found: list[Role], amount: Amount) -> bool:
    """Whether an amount only says another one again: "180 mg (3 mg/kg)"."""
    if not found or amount.start - found[-1].amount.end > 24:
        return False
    between = plain[found[-1].amount.end : amount.start]
    return bool(_RESTATED.search(between)) and not re.search(r"[A-Za-z]{4}.*\(", between)


def _settled(plain: str, start: int, end: int, found: list[Role]) -> list[Role]:
    """Volumes beside cells or weights are what these are kept in; a volume alone is the dose."""
    counted = any(one.role == "dose" and one.amount.unit != "mL" for one in found)
    settled: list[Role] = []
    for at, one in enumerate(found):
        if one.role == "dose" and _is_strength(plain, one, found[at + 1 :]):
            continue
        if one.role == "dose" and one.amount.unit == "mL" and counted:
            named = name_at(plain, one.amount, start, end)
            own = named is not None and not is_generic(named.text) and kind_of(named.text) is None
            if "kg" not in one.amount.bases and not own:
                one = one._replace(role="volume")
        settled.append(one)
    if not any(one.role == "dose" for one in settled):
        for at, one in enumerate(settled):
            if one.role in ("volume", "total", "maximum"):
                settled[at] = one._replace(role="dose")
                break
    return settled


def _is_strength(plain: str, one: Role, after: list[Role]) -> bool:
    """Whether it is what a tablet holds and the dose follows: "200 mg tablets: 800 mg"."""
    doses = [other for other in after if other.role == "dose"]
    if not doses or doses[0].amount.unit != one.amount.unit:
        return False
    return bool(_STRENGTH.fullmatch(plain[one.amount.end : doses[0].amount.start]))
