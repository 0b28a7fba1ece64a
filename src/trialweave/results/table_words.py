"""What the headings and row labels of an article's table say: statistics, sizes, times, groups.

A heading is taken apart: "Placebo (n = 30), mean ± SD" is the label "Placebo", the size 30 and the
statistics "mean" and "sd". What remains and is no time, total, test or effect may name a group or
an outcome; which of them, the table as a whole decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from trialweave.results.families import time_days

__all__ = [
    "Part",
    "effect_in",
    "key_of",
    "read_part",
    "statistics_in",
    "without_marks",
]

Kind = Literal["label", "statistic", "time", "total", "p", "test", "effect", "empty"]


@dataclass(frozen=True, slots=True)
class Part:
    """A heading taken apart; `label` is what is left of it beside size and statistics.

    `start` is true where it speaks of the time before treatment, `change` where figures are of
    changes; `measure` names the effect of an "effect" heading; `adjusted` says so of effect or P.
    """

    kind: Kind
    text: str
    label: str = ""
    n: int | None = None
    said: frozenset[str] = frozenset()  # statistics: "n", "%", "mean", "sd", "se", "median" …
    start: bool = False
    change: bool = False
    measure: str = ""
    adjusted: bool = False
    unit: str = ""


_SIZE = re.compile(
    r"[\s,;:(\[]{0,3}\b[nN]\s?=\s?(\d{1,3}(?:,\d{3})+|\d{1,6})(?:\s?(?:patients|participants|"
    r"subjects))?"
    r"\s?[)\]]?"
)
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_RAISED = re.compile(r"\^\s?[a-z*†‡§¶#][a-z*†‡§¶#,]{0,4}(?![\w])")
_RAISED_DIGITS = re.compile(r"(?<=[^\W\d]{3})\^\d{1,2}\Z")
_MARKS = re.compile(r"(?:\s?\^\w{1,4}+|\s?\[[a-z*†‡§¶#]\]|\s?[*†‡§¶#ǁ‖¤])++$")

# Statistics, each by the words that name it; letters are as printed where case tells
_SAID: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "n",
            r"(?i:(?:^|[\s(,;/])(?:n|nos?\.?|nr\.?|numbers?|frequenc(?:y|ies)|counts?)"
            r"(?=$|[\s),;:(%/&]))(?!\s?=)",
        ),
        (
            "%",
            r"%(?!\s?(?:CI|C\.I|(?i:confidence|change|of baseline|predicted|reduction)))"
            r"|(?i:\bper\s?cent(?:age)?s?\b(?!\s(?:change|reduction|predicted)))",
        ),
        (
            "mean",
            r"(?i:\bmeans?\b|\baverages?\b)|(?:^|[,;]\s?)M\s?(?=[(±,]|$)|^[χx]̅?$|[x̄]̄|\bm\s\((?=SD)",
        ),
        (
            "sd",
            r"\bSDs?\b|\bS\.D\.?|(?i:\bs\.d\.|\bstandard[- ]deviations?\b|\bstd\.?\s?dev)|\bsd\b"
            r"|\bStd\b",
        ),
        ("se", r"\bSEM?s?\b|\bS\.E\.(?:M\.)?|(?i:\bstandard[- ]errors?\b|\bs\.e\.m?\b)|\bsem\b"),
        ("median", r"(?i:\bmedians?\b)|\bMdn\b|\bMed\b"),
        (
            "iqr",
            r"(?i:\biqrs?\b|\binter-?\s?quartile|\bquartiles?\b|\b25(?:th)?\s?(?:%\s?)?"
            r"(?:[-–—,;/]|"
            r"and|to|percentile)|\bQ1\b|\bP25\b)|\bIR\b",
        ),
        (
            "range",
            r"(?i:(?<!interquartile )(?<!quartile )(?<!inter-quartile )(?<!normal )"
            r"(?<!reference )(?<!score )\brange\b|\bmin(?:imum)?\s?[-–,/;]\s?max)",
        ),
        ("ci", r"\bC\.?I\.?s?\b|(?i:\bconfidence[- ](?:intervals?|limits))"),
        ("geometric", r"(?i:\bgeometric|\bcoefficients? of variation|\bgmt?s?\b)"),
        ("n/N", r"\bn\s?/\s?N\b|(?i:\bn/total)"),
    )
)
_STATISTICS = (
    r"(?:(?:(?i:means?|medians?|averages?|m|n|nos?\.?|nr\.?|numbers?|sds?|s\.d\.|ses?|s\.e\.m?\.?|"
    r"sems?|iqrs?|inter-?\s?quartile(?:\s?ranges?)?|range|quartiles?|standard[- ](?:deviations?|"
    r"errors?)(?: of the means?)?|std\.?(?:\s?dev(?:iation)?\.?)?|\d\d(?:th)?(?:\spercentiles?)?|"
    r"c\.?i\.?s?|confidence intervals?|per\s?cent(?:age)?s?|min(?:imum)?|max(?:imum)?|q[13]|"
    r"patients|participants|subjects|values?|data)(?![\w-])|%|±|\+/?[-−–]|χ|"
    r"(?:of|and|or|with|in|are)(?![\w-])|[\s()\[\],;:/&=–−-]){1,24})"
)
_ALL_STATISTICS = re.compile(rf"{_STATISTICS}\Z")
_ENDING = re.compile(rf"(?:[\s,;:(\[–-]{_STATISTICS})\Z")
_BEGINNING = re.compile(rf"\A{_STATISTICS}(?<=[\s,;:)\]])(?=\S)")
_OF_ITSELF = re.compile(r"(?i:\A(?:standard deviations?|sds?|standard errors?|coefficients?) of\b)")

_SHARE_BEHIND = re.compile(r"\s*[(\[][^()\[\]]{0,30}%[^()\[\]]{0,10}[)\]]\Z")

_P = re.compile(
    r"(?i:(?:(?:two|one|2|1)[- ](?:sided|tailed)|adjusted|unadjusted|corrected|crude|overall|"
    r"between[- ]groups?|inter-?group)?[\s,]*(?:p|probability|sig(?:nificance|\.)?)"
    r"(?:[\s-]?values?[a-z]?|[\s-]?level)?[\s,]*(?:for (?:the )?(?:group )?(?:comparison|"
    r"differences?)|"
    r"\(?between[- ](?:the )?(?:\w+ )?groups?\)?|\((?:two|2)[- ](?:sided|tailed)\)|"
    r"\((?:[\w²^' -]{1,30} )?tests?\)|\(?(?:anova|ancova|fisher|mann-whitney)\)?)?(?:\s[a-z\d])?)"
)
_P_OTHER = re.compile(
    r"(?i:^p(?=$|[\s(,:<=])|\bp[- ]?values?\b|\bsignifican|\btrend\b|\binteraction\b|"
    r"\bwithin[- ]group)"
)
_NAMED_TEST = (
    r"(?:(?:student|fisher|welch|mcnemar|pearson|spearman|wald|cochran)(?:['’]?s)?(?:\sexact)?|"
    r"(?:un)?paired|independent|(?:one|two)[- ](?:way|samples?|tailed|sided)|anova|ancova|wilcoxon|"
    r"mann[- ]whitney|log[- ]?rank|kruskal[- ]wallis|friedman|statistical|significance|exact|sign|"
    r"(?:signed[- ])?rank|likelihood[- ]ratio|groups?|time|interaction|between|within|main|"
    r"chi[- ]?squared?|for|of|the)"
)
# a name alone makes no statistic: "Walking test", "Vitamin D", "Birth weight" are outcomes
_TEST = re.compile(
    rf"(?i:(?:{_NAMED_TEST}[\s-]){{0,4}}(?:(?<!\d)(?<!\d\s)(?:t|f|z|u|w|h|r|d|g)|tests?|power|β|beta|"
    r"slope|units?|comments?|references?|cutoff)(?:[\s/-](?:values?|tests?|t|z|f|p|df|statistics?))?"
    r"|(?:[\w'’ -]{0,20}\s)?(?:df|x\^?2|[χΧ]\s?[2²^]{1,2}(?:\s?\(\w+\))?|chi[- ]?squared?|"
    r"statistics?|test statistic|(?:effect sizes?|es)\d?|cohen['’]?s d|η\^?2?|nnt|nnh|"
    r"coefficients?|estimates?|icc|reference (?:range|values?)|"
    r"normal (?:range|values?)|possible (?:score )?range|score range|"
    r"correlation)(?:[\s/-](?:values?|tests?|t|z|f|p|df|statistics?))?)"
)
_EFFECTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("HR", r"(?i:\bhazards?[- ]ratios?)|\ba?HRs?\b"),
        ("IRR", r"(?i:\b(?:incidence[- ])?rate[- ]ratios?)|\bIRR\b"),
        ("OR", r"(?i:\bodds[- ]ratios?)|\b[ac]?ORs?\b"),
        ("RR", r"(?i:\brisk[- ]ratios?|\brelative[- ]risks?|\bprevalence ratio)|\b[ac]?RRs?\b"),
        ("SMD", r"(?i:\bstandardi[sz]ed (?:mean )?differences?)|\bSMD\b"),
        (
            "RD",
            r"(?i:\b(?:absolute )?risk[- ](?:differences?|reduction)|"
            r"difference in (?:risk|rates?|"
            r"proportions?|percent\w*))|\bARR\b",
        ),
        (
            "MD",
            r"(?i:\bmean (?:\w+ )?differences?|\bdifferences? (?:in|of|between) (?:the )?"
            r"(?:\w+ )?"
            r"(?:means?|groups|treatments|arms)|\b(?:treatment|between[- ]group|group|net|"
            r"inter-?group) (?:\w+ )?(?:differences?|effects?)|^(?:adjusted |unadjusted |"
            r"crude )?"
            r"differences?(?:$|[\s,(\[:;]+(?!from|to|pre|post|at)))|^MD\b",
        ),
        ("", r"(?i:\brelative risk reduction|\bratio of\b|\bgeometric mean ratio)"),
    )
)
_TOTAL = re.compile(
    r"(?i:(?:the )?(?:grand )?(?:total|overall|all|whole|entire|combined|both|pooled|everyone)\b"
    r"(?:\s(?:patients|participants|subjects|groups?|arms|sample|population|cohort|cases|study|"
    r"women|men|children|number|randomi[sz]ed))*|(?:both|all)\s(?:\w+\s){0,2}(?:groups|arms))"
)
_CHANGE = re.compile(
    r"(?i:\bchanges?\b(?! to\b)|\bΔ|^delta\b|\bdifferences? (?:from|to|with) (?:baseline|"
    r"the start)|"
    r"\bimprovement from\b|\b(?:decrease|increase|reduction) (?:from|since) (?:baseline|start)|"
    r"\bpost\s?[-–−]\s?pre\b|\bbaseline\s?(?:to|[-–])\s|\bweight (?:gain|loss)\b|"
    r"^(?:(?:mean|absolute|total) )?(?:reductions?|decreases?|increases?|improvements?|declines?)"
    r"(?: in\b|\Z))"
)
_ADJUSTED = re.compile(r"(?i:(?<!un)adjusted|multivaria)|\ba(?:OR|RR|HR)\b")
_UNIT_OF_TIME = (
    r"(?:h|hrs?|hours?|d|days?|wks?|weeks?|mos?|mths?|months?|yrs?|years?|min(?:ute)?s?)"
)
_COURSE = (
    r"(?:treatments?|intervention|therapy|training|study|trial|surgery|operation|infusion|dose|"
    r"randomi[sz]ation|baseline|birth|delivery|programme?|follow[- ]?up)"
)
_WHEN = (
    rf"(?:(?:(?:before|after|end of|during|start of|completion of|of|since|"
    rf"onset of)\s(?:the\s)?{_COURSE}|"
    rf"(?:post|pre)[- ]?(?:tests?|op(?:erative(?:ly)?)?|partum|{_COURSE})?|"
    r"at|after|by|within|on|in|the|of|to|up|until|from|during|and|end|follow(?:ed)?[- ]?ups?|fu|"
    r"f/u|visits?|before|baseline|initial|final|entry|admission|discharge|enrol?lment|"
    r"randomi[sz]ation|start|inclusion|outset|beginning|onset|completion|last|first|second|third|fourth|assessment|period|"
    r"phase|"
    r"measurement|time|point|timepoint|immediately|long[- ]term|short[- ]term|"
    rf"{_UNIT_OF_TIME}|\d{{1,3}}\s?[mwyd]|[tTwWdDmMvV]\s?\d{{1,3}}|\d{{1,4}}(?:\.\d)?(?:st|nd|rd|"
    rf"th)?|"
    rf"one|two|three|four|five|six|eight|nine|ten|twelve|next|later|{_COURSE}(?=[\s-]end))"
    rf"(?![\w])|[-\s.,:()/–+]){{1,16}}"
)
_TIME = re.compile(_WHEN, re.IGNORECASE)
_AROUND = re.compile(
    rf"(?i:(?:\d{{1,3}}\s?{_UNIT_OF_TIME}\s)?(?:immediately )?(?:after|before|following|prior to|"
    rf"during)"
    r"\s(?:the\s)?[^\W\d]{3,20}(?:\s[^\W\d]{3,20})?|basal(?: values?)?|basic values?|"
    r"baseline values?)"
)
_TELLS_TIME = re.compile(
    rf"(?i:\d\s?-?(?:{_UNIT_OF_TIME}|[mwyd])\b|\b{_UNIT_OF_TIME}\s?\d|\b[twdmv]\s?\d|baseline|"
    rf"before|after|pre|post|"
    rf"follow|fu\b|visit|admission|discharge|entry|initial|final|start|end|last|randomi[sz]ation|"
    rf"inclusion|outset|beginning|"
    rf"(?:one|two|three|four|six|twelve|first|second|third) {_UNIT_OF_TIME}|enrol?lment|"
    rf"\d(?:st|nd|rd|th) {_UNIT_OF_TIME}|completion|assessment|immediately|birth|delivery)"
)
_START = re.compile(
    r"(?i:\bbase-?line\b|\bbasal\b|\bbasic\b|\bprior to\b|\bbefore\b|\bpre\b|"
    r"\bpre[- ]?(?:treatment|tests?|intervention|op\w*|surgery|"
    r"dose|therapy|training)\b|\b(?:at|on) (?:entry|admission|enrol?lment|inclusion|"
    r"randomi[sz]ation|start)\b|\binitial\b|\boutset\b|\bbeginning\b|"
    r"^(?:admission|entry|enrol?lment|inclusion|start|"
    r"randomi[sz]ation)$|"
    r"^t\s?0$|^(?:day|week|month|year|visit|hour|d|w|m)\s?0$|^0\s?-?(?:days?|weeks?|months?|h|"
    r"hours?|"
    r"min\w*)$|\bstart of\b)"
)
_UNIT = re.compile(
    r"(?:[\[(]\s?(?P<in>[^()\[\]=±]{1,24})\s?[\])]|,\s(?P<behind>[^\s,()][^,()=±]{0,14}))\s*\Z"
)
_IS_UNIT = re.compile(
    r"(?i:(?:[µμ]?[gl]|mm|cm|m|km|kg|mg|ng|pg|mcg|ml|dl|fl|[mµμnp]?mol|[mkµμ]?iu|u|mm\s?hg|"
    r"cm\s?h2o|"
    r"k?pa|bpm|beats|min(?:ute)?s?|h|hr|hrs|hours?|d|days?|wks?|weeks?|mo|months?|y|yr|yrs|"
    r"years?|s|sec|"
    r"seconds?|ms|points?|scores?|%|°\s?c|k?cal|k?j|watts?|w|cells|copies|log\w*|steps|times|"
    r"meq|[mµμ]?eq|mol|units?|breaths|degrees?|cd4|kcals?|db|hz|vas|scale|m\^?[23]|l\^?-?1)"
    r"(?:(?:\s?[/·.×x*^]\s?|\s?per\s?|\s)(?:-?\d[\d^,.]*|[\wµμ°²³\^−-]{1,9}))*)"
)


_IS_TIME = re.compile(rf"(?i:{_UNIT_OF_TIME}\s?\d{{1,3}}|\d{{1,3}}\s?{_UNIT_OF_TIME})")


def without_marks(text: str) -> str:
    """A label without the signs of footnotes behind it."""
    return _MARKS.sub("", text.strip())


def statistics_in(text: str) -> frozenset[str]:
    """The statistics that a text names."""
    text = text[:600]
    found = {name for name, pattern in _SAID if pattern.search(text)}
    if "iqr" in found and re.search(r"(?i:inter-?\s?quartile\s?range|\bIQR\b)", text):
        rest = re.sub(r"(?i:inter-?\s?quartile\s?ranges?)", "", text)
        if not re.search(r"(?i:\brange\b)", rest):
            found.discard("range")
    return frozenset(found)


_SHARED = frozenset(("the", "group", "groups", "arm", "arms", "patients", "in"))


def key_of(label: str) -> str:
    """A group's label as it is compared: without case, signs and words that all groups share."""
    low = _RAISED_DIGITS.sub("", without_marks(label)).lower()
    words = re.findall(r"[^\W_]+", low)
    kept = [word for word in words if word not in _SHARED]
    return " ".join(kept or words)


def effect_in(text: str) -> frozenset[str]:
    """The measures of effect that a text names."""
    return frozenset(measure for measure, pattern in _EFFECTS if pattern.search(text[:4000]))


def _unit(label: str) -> tuple[str, str]:
    """The label without the unit behind it, and the unit."""
    found = _UNIT.search(label[-40:])
    if found is None:
        return label, ""
    unit = (found["in"] or found["behind"]).strip()
    if not _IS_UNIT.fullmatch(unit) or _IS_TIME.fullmatch(unit):
        return label, ""
    return label[: len(label) - len(found.group())].rstrip(" ,"), unit


@lru_cache(maxsize=4096)
def read_part(text: str) -> Part:
    """A heading or row label taken apart."""
    text = _RAISED.sub("", _UNSEEN.sub("", text[:300])).strip()
    raised = _RAISED_DIGITS.search(text)  # a note's number, or a part of the name: "VAS^5"
    text = without_marks(text)
    low = text.lower()
    if not any(sign.isalnum() or sign in "%±" for sign in text):
        return Part("empty", text)
    adjusted = bool(_ADJUSTED.search(text))
    if _P.fullmatch(text):
        return Part("p", text, adjusted=adjusted)
    if _P_OTHER.search(text) and len(text) < 60:
        return Part("test", text)
    if _TEST.fullmatch(text):
        return Part("test", text)
    size = _SIZE.search(text)
    n = int(size[1].replace(",", "")) if size else None
    rest = (text[: size.start()] + " " + text[size.end() :]).strip() if size else text
    change = bool(_CHANGE.search(rest))
    if n is None:
        for measure, pattern in _EFFECTS:
            if pattern.search(rest) and not change and len(rest) < 120:
                return Part("effect", text, said=statistics_in(rest), measure=measure or "?",
                            adjusted=adjusted)  # fmt: skip
    said = statistics_in(rest)
    bare, unit = _unit(rest)
    label = bare if unit else rest
    if said:
        label = _SHARE_BEHIND.sub("", label)
        if _ALL_STATISTICS.match(label):
            label = ""
        else:
            ending = _ENDING.search(label)
            if ending and statistics_in(ending.group()):
                label = label[: ending.start()]
            first = _BEGINNING.match(label)
            if first and re.search(r"[±%()\[\]:,]", first.group()):
                label = label[first.end() :]  # "Mean (SD) age", and not "Mean age"
            if _OF_ITSELF.match(label):
                said = said - {"sd", "se"}  # what is measured is a spread
    if unit == "%" and "n" in said:
        unit = ""
    label = without_marks(label.strip(" ,;:-–—/"))
    if label.count("(") > label.count(")"):
        label += ")"
    if not label:
        return Part("statistic", text, n=n, said=said, unit=unit)
    if _TOTAL.fullmatch(label):
        return Part("total", text, label, n, said)
    bare_time = _BEHIND_TIME.sub("", label)
    if bare_time != label and _TIME.fullmatch(bare_time) and time_days(bare_time):
        label = bare_time  # "33 weeks (after the birth)"
    told_time = _TIME.fullmatch(label) and (_TELLS_TIME.search(label) or time_days(label))
    if told_time or _AROUND.fullmatch(label):
        start = bool(_START.search(label)) and not change and not _later(label)
        return Part("time", text, label, n, said, start=start, change=change, unit=unit)
    if change and re.fullmatch(r"(?i:(?:mean |the )?(?:changes?|Δ|delta))", label):
        return Part("statistic", text, n=n, said=said, change=True, unit=unit)
    start = bool(re.search(r"\bbase-?line\b", low)) and not change
    start = start or bool(_AT_ZERO.search(label)) or (_at_start(label) and not change)
    if raised:
        label += raised.group()
    return Part("label", text, label, n, said, start=start, change=change, unit=unit)


_BEHIND_TIME = re.compile(r"\s?[(\[][^()\[\]]{1,60}[)\]]\Z")
_AT_ZERO = re.compile(r"[^\W\d]\s0\Z")  # "Cholesterol 0" beside "Cholesterol 12"


_AT_START = re.compile(
    r"(?i:\b(?:at|on)\s(?:study\s)?(?:entry|admission|enrol?lment|inclusion|randomi[sz]ation)|"
    r"\b(?:before|prior\sto)\s(?:the\s)?(?:treatment|therapy|intervention|surgery|operation|"
    r"training|randomi[sz]ation))[)\]]?\Z"
)


def _at_start(label: str) -> bool:
    """Whether a label ends with a time before treatment: "LDL, at entry", "Pain (preoperative)"."""
    if _AT_START.search(label):
        return True
    last = re.split(r"[,;:(\[]\s?|\s[–-]\s?", label)
    behind = last[-1].strip(" )]")
    if len(last) < 2 or not _TIME.fullmatch(behind):
        return False
    return bool(_START.search(behind)) and not _later(behind)


def _later(label: str) -> bool:
    """Whether a time speaks of something behind the start as well: "baseline to 12 weeks"."""
    return bool(re.search(r"(?i:\b(?:post|after|follow|end)\b|\bto\b|[1-9])", label)) and not bool(
        re.search(r"(?i:\b(?:before|pre)\b)", label)
    )
