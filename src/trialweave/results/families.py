"""What an outcome's wording is about, and when it was measured: two plain tables of patterns.

A family is the name under which outcomes may be compared and pooled. A wording that mixes several
("death or intubation"), narrows one ("cardiovascular death") or says none gets another name, or "":
a missing family costs a comparison, a wrong one spoils a pooled result.
"""

from __future__ import annotations

import re

__all__ = [
    "DEATH_COMPLEMENT",
    "FAMILIES",
    "SAFETY",
    "counts_events",
    "family_of",
    "is_estimate",
    "names_outcome",
    "time_days",
]

# One row a family, first match wins at one place of the text; narrower wordings stand before the
# wider ones they contain. Patterns are tried on lower-case text.
FAMILIES: tuple[tuple[str, str], ...] = (
    ("", r"\bnumber of "
     r"(?:(?!participants|patients|subjects|persons|people|individuals|with)\w+ ){0,3}"
     r"events?\b|\bevents,? not (?:patients|persons)\b|\bepisodes of\b"),
    ("", r"\bother \(not including serious\) adverse events"),
    ("", r"\bsurviv\w+ (?:without|free (?:of|from))|\balive (?:without|and)\b"),
    ("", r"(?:progression|event|disease|relapse|recurrence|ventilator|ventilation|hospital|icu|"
     r"symptom|failure|metastasis)[- ]free(?: survival| days?)?"),
    ("", r"survivin\b|(?:graft|implant|flap|cell|allograft|renal|technique) survival"),
    ("cause-specific mortality",
     r"(?:cardiovascular|cv|cardiac|cancer|covid-19|disease|respiratory|sepsis|vascular|"
     r"malaria|aids|liver|stroke)[- ](?:related |specific )?(?:death|mortalit)\w*"
     r"|(?:deaths?|mortality|died) (?:due to|from|attribut\w+ to|caused by|related to)(?! any)"),
    ("mortality after a landmark", r"(?:deaths?|mortality|died) after day"),
    ("mortality",
     r"(?:did not|didn't|failed to) survive|non-?survivors?\b|\bmortalit(?:y|ies)\b|\bdeaths?\b"
     r"|\bdied\b|\bdead\b|\bexpired\b|\bfatalit(?:y|ies)\b|\bdeceased\b"),
    ("survival", r"\bsurviv(?:al|ed|e|ing)\b|\balive\b"
     r"|(?:^|\d |\bthe |\bmore |\bfewer |\bof )survivors?\b"),
    ("", r"\b(?:fatal|lethal|mild|moderate|minor|major|local|systemic|cardiac|cardiovascular|"
     r"gastrointestinal|respiratory|hepatic|renal|infectious|ha?ematological|non-ha?ematological|"
     r"unexpected|new|other|common|immune-related|prespecified|\S{1,30}-associated|non-?serious|"
     r"grade \S{1,8}) "
     r"(?:adverse (?:events?|effects?|reactions?)|side[- ]effects?|aes?|toxicit(?:y|ies))\b"),
    ("", r"\b(?:adverse (?:events?|effects?|reactions?)|s?aes?) after day\b"),
    ("", r"\btime (?:from \w+ )?to (?:\w+ ){0,3}(?:remission|recovery|improvement|resolution|"
     r"discharge|death|event|extubation|clearance|progression|relapse|response|negativ\w+)\b"),
    ("related adverse events",
     r"(?:treatment|drug|infusion|injection|product|cell|study|therapy|procedure)[- ]related"
     r" (?:serious |severe )?(?:adverse|side|toxic)[- ]?(?:events?|effects?|reactions?|ities|ity)?"
     r"|(?:adverse|side)[- ](?:events?|effects?|reactions?)(?: were| was)?"
     r" (?:attribut\w+|related|due) "
     r"|infusion reactions?"),
    ("severe adverse events",
     r"\bsevere (?:adverse|side)[- ](?:events?|effects?|reactions?)\b"),
    ("serious adverse events",
     r"\bserious (?:treatment[- ]emergent )?(?:adverse|side|unwanted)[- ]"
     r"(?:drug )?(?:events?|effects?|reactions?)\b|\bt?e?saes?\b|serious adverse\b"),
    ("adverse events",
     r"\badverse[- ](?:drug )?(?:events?|effects?|reactions?)\b|\bside[- ]effects?\b"
     r"|\bt?e?aes?\b|\btreatment-emergent\b|\btoxicit(?:y|ies)\b"),
    ("extubation", r"\bextubat\w+|weaned (?:from|off) (?:\w+ ){0,2}ventilat\w+"),
    ("non-invasive ventilation", r"\bnon-?invasive (?:mechanical )?ventilat\w+"),
    ("ventilation duration", r"(?:duration|days|time|length) (?:of|on) (?:invasive |mechanical )*"
     r"ventilat\w+"),
    ("invasive ventilation",
     r"\bintubat(?:ed|ion)\b|\b(?:invasive|mechanical)(?:ly)?[- ](?:mechanical )?ventilat\w+"
     r"|\bimv\b"),
    ("ecmo", r"\becmo\b|extracorporeal membrane"),
    ("icu admission", r"(?:admi(?:ssion|tted)|transfer\w*) (?:to )?(?:the |an )?"
     r"(?:icu|intensive care)|(?:icu|intensive care unit) admissions?"),
    ("icu stay", r"(?:icu|intensive care)(?: unit)? (?:length of )?stay"),
    ("hospital stay",
     r"\b(?:length|duration) of (?:hospital )?(?:stay|hospitali[sz]ation)|\bhospital(?:i[sz]ation)?"
     r" (?:stay|duration)|\blos\b"),
    ("readmission", r"\bre-?(?:admission|admitted|hospitali[sz]\w+)"),
    ("hospital discharge", r"\bdischarged?\b"),
    ("hospital admission",
     r"\bhospitali[sz](?:ation|ed)|\bhospital admissions?|admitted to hospital"),
    ("symptom remission", r"\bsymptom(?:atic|s)? (?:remission|resolution|relief)"),
    ("clinical improvement", r"\bclinical(?:ly)?[- ](?:significant )?improve\w*"
     r"|improve\w* (?:in|of) (?:the )?clinical"),
    ("clinical cure", r"\bclinical (?:cure|success)"),
    ("recovery", r"\brecover(?:ed|y)\b"),
    ("disease progression", r"\bprogress(?:ed|ion) (?:to|from)|\bdisease progression"
     r"|clinical deterioration|clinical worsening"),
    ("viral clearance", r"(?:viral|virus|virologic\w*) (?:clearance|negativ\w+|conversion)"
     r"|(?:pcr|rna)[- ]negativ\w+|negative conversion"),
    ("oxygenation",
     r"\boxygenation\b|\boxygen (?:saturation|levels?)|\bo2 (?:saturation|sat)\b|\bspo2\b|\bsao2\b"
     r"|\bpao2|\bp/f ratio|\bhypoxi?aemia|\bhypoxemia"),
    ("oxygen support", r"\b(?:supplemental|oxygen) (?:oxygen|support|therapy|requirement)"),
    ("CRP", r"\bc[- ]reactive protein|(?<![\w-])(?:hs-?)?crp\b"),
    ("interleukin-6", r"\binterleukin[- ]6\b|\bil-?6\b"),
    ("D-dimer", r"\bd-?\s?dimer"),
    ("ferritin", r"\bferritin"),
    ("lymphocyte count", r"\blymphocytes?\b|\blymphop(?:enia|aenia)"),
    ("lactate dehydrogenase", r"\blactate dehydrogenase|\bldh\b"),
    ("lung imaging",
     r"(?:chest|lung|pulmonary|thoracic) (?:ct|x-?ray|radiograph\w*|imaging|lesions?|involvement)"
     r"|\bct (?:score|images?|scans?)|severity score on ct"),
    ("lung function", r"\bfev1\b|\bfvc\b|\bdlco\b|(?:lung|pulmonary) function"),
    ("quality of life", r"\bquality of life\b|\bsgrq\b|\bsf-36\b|\beq-5d\b"),
    ("infection", r"\b(?:secondary|nosocomial|hospital-acquired|bacterial|wound|site)"
     r" (?:\w+ )?infections?"),
    ("thromboembolism", r"\bthrombo\w*embol\w+|\bvenous thrombo\w+|\bpulmonary embol\w+"),
    ("bleeding", r"\bbleeding\b|\bhaemorrhag\w+|\bhemorrhag\w+"),
    ("myocardial infarction", r"\bmyocardial infarctions?\b"),
    ("stroke", r"\bstrokes?\b"),
    ("fracture", r"\bfractures?\b"),
    ("treatment response",
     r"\bresponse rates?\b|(?<!non)(?<!non-)\bresponders?\b"
     r"|\b(?:complete|partial|overall) response"),
    ("remission", r"\bremission\b"),
    ("relapse", r"\brelaps(?:e|es|ed|ing)\b|\brecurrences?\b"),
    ("withdrawal", r"\bwithdr(?:ew|awals?|awn)\b|\bdiscontinu\w+|\bdrop(?:ped)?[- ]?outs?\b"),
)  # fmt: skip

DEATH_COMPLEMENT = {"survival": "mortality"}
"""Families whose events are the others of another family's: survivors and deaths add up to n."""

SAFETY = frozenset(
    {
        "serious adverse events",
        "severe adverse events",
        "adverse events",
        "related adverse events",
    }
)
"""Families of harms, for which "none" is a result."""

_TABLE = tuple((name, re.compile(pattern)) for name, pattern in FAMILIES)
_JOINED = re.compile(
    r"\bor\b|\band/or\b|/|\bcomposite\b|\bcombined (?:end|outcome)|,|\band\b|\+|\bplus\b"
)
_OUTCOME_OR = re.compile(r"\b(?:or|and/or)\b|[/,]")
_POPULATION = re.compile(
    r"\s*(?:rates?\s|events?\s)?(?:in|among|of|for|with|between|by|at|from|on|after|during|within)\b"
)
_NEGATED = re.compile(
    r"\b(?:no|did not|didn't|not|without|free (?:of|from)|no need for|never|avoided|avoidance of|"
    r"free)\s+(?:(?:be|being|been|require|requiring|need|needing|the need for|have|had|any|"
    r"develop|experience|receive|undergo)\s+){0,3}$"
)
_MAX_TEXT = 2_000


def family_of(text: str) -> str:
    """The family that a wording names; "" where it names none, several at once, or a negation.

    >>> family_of("all-cause mortality at longest follow-up")
    'mortality'
    >>> family_of("death or invasive ventilation")
    ''
    """
    text = _plain(text)
    hits = _hits(text)
    if not hits:
        return ""
    start, end, name = hits[0]
    if _NEGATED.search(text[max(0, start - 60) : start]):
        return ""
    for next_start, next_end, other in hits[1:]:
        between = text[end:next_start]
        if other != name:
            if _JOINED.search(between):
                return ""
            if not _POPULATION.match(between):
                return ""
            break  # "mortality in ventilated patients": the second names the population
        end = next_end
    if name in ("mortality", "survival") and _composite(text, start, end):
        return ""
    return name


_ESTIMATED = re.compile(
    r"\bkaplan|\bkm\b|\bcumulative (?:incidence|probability)|\bactuarial|\blife[- ]table|"
    r"\bprobability of|\bestimated (?:\w+ )?(?:survival|rate|incidence|probability)|"
    r"\b(?:\d{1,2}|one|two|three|four|five|ten)[- ]year (?:\w+[- ]){0,3}survival|"
    r"\b(?:event|progression|disease|relapse|recurrence|metastasis|failure)[- ]free\b",
    re.IGNORECASE,
)


def is_estimate(text: str) -> bool:
    """Whether a wording says that a percentage is estimated from times to event, not counted."""
    return bool(_ESTIMATED.search(text[:_MAX_TEXT]))


_EVENTS_COUNTED = re.compile(
    r"\bnumber of (?:(?!participants|patients|subjects|persons|people|individuals|with)\w+ ){0,3}"
    r"(?:events|episodes)\b|\bevents,? (?:and )?not (?:patients|persons)\b"
    r"|\b(?:number of )?episodes of\b|\bevents per\b",
    re.IGNORECASE,
)


def counts_events(text: str) -> bool:
    """Whether a wording says that events were counted, of which one person may have several."""
    return bool(_EVENTS_COUNTED.search(text[:_MAX_TEXT]))


def names_outcome(text: str) -> bool:
    """Whether any pattern of the table occurs, also where `family_of` gives "" (composites)."""
    return bool(_hits(_plain(text)))


def _plain(text: str) -> str:
    return " ".join(text[:_MAX_TEXT].lower().replace("‐", "-").replace("‑", "-").split())


def _hits(text: str) -> list[tuple[int, int, str]]:
    """Start, end and family of every wording in the text, in order; narrower rows win."""
    hits: list[tuple[int, int, str]] = []
    for name, pattern in _TABLE:
        for match in pattern.finditer(text):
            start, end = match.span()
            if all(end <= s or start >= e for s, e, _ in hits):
                hits.append((start, end, name))
    hits.sort()
    return hits


def _composite(text: str, start: int, end: int) -> bool:
    """Whether "or", a slash or a list joins the word to another outcome beside it."""
    after = re.match(r"\s*(?:\([^()]{0,40}\)\s*)?(,|/|or\b|and/or\b)\s*(\S*)", text[end : end + 60])
    if after and not (after[1] == "," and not _OUTCOME_OR.search(text[end + 1 :])):
        return True
    return bool(
        re.search(r"(?:\bor|\band/or|/)\s*(?:\w+[- ]){0,2}$", text[max(0, start - 40) : start])
    )


_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "m": 365 / 12, "y": 365.0}
_NUMBER_WORDS = {
    "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0,
    "eight": 8.0, "nine": 9.0, "ten": 10.0, "twelve": 12.0, "a": 1.0,
}  # fmt: skip
_AMOUNT = r"(\d{1,4}(?:\.\d{1,2})?|" + "|".join(word for word in _NUMBER_WORDS if word != "a") + ")"
_UNIT = r"(h|hrs?|hours?|d|days?|wks?|weeks?|mo|mos|months?|y|yrs?|years?)\b"
_LAST = r"(?:\d{1,4}(?:\.\d)?\s?(?:-|–|—|to)\s?)?"
_AFTER_NUMBER = re.compile(
    rf"(?<![\w./,-]){_LAST}{_AMOUNT}[\s-]?{_UNIT}"
    r"(?![\s-]?(?:of age|old\b|(?:or|and) (?:older|younger|over|above)\b|/\s?[dwmy]))"
)
_BEFORE_NUMBER = re.compile(r"\b(day|week|month|year|d)s?\s?0?(\d{1,4})\b")
_TO = re.compile(r"\s?(?:-|–|—|to|through)\s?(?:0?\d{1,4}\b(?!\s?(?:h|d|w|m|y)))?")
_SEVERAL = re.compile(r"\b(?:days?|weeks?|months?|years?)\s?\d+(?:\s?,\s?\d+)+|\d+(?:\s?,\s?\d+)+"
                      r"(?:\s?,?\s?and\s\d+)?\s(?:days?|weeks?|months?|years?)"
                      r"|\b(?:days?|weeks?|months?|years?)\s\d+\s(?:and|or)\s\d+"
                      r"|\b\d+\s(?:and|or)\s\d+\s(?:hour|day|week|month|year)s?\b")  # fmt: skip
_CUE = re.compile(r"\b(?:within|at|by|to|through|until|over|after)\s(?:the\s|a\s|first\s|day\s)*$")
_SINCE = re.compile(r"\b(?:after|since|before|beyond)\s(?:the\s)?$")
_AGE = re.compile(
    r"\b(?:(?:older|younger) than|aged|age(?: of)?)\s(?:over |under |above |below )?$"
)
_INTERVAL = re.compile(r"\b(?:every|per|each|for)\s(?:the\s)?$")


def time_days(text: str) -> float | None:
    """The one time point that a wording names, in days; None where none or several are named.

    A range counts as its end ("Day 1 to Day 30" is 30). A month is 365/12 days and a year 365, so
    that twelve months are one year. Of several times the one after "within", "at", "by" or "up to"
    is taken if it is the only such; "every 2 days" and ages are not time points.

    >>> time_days("Within 28 days"), time_days("72 h"), time_days("at 1 year")
    (28.0, 3.0, 365.0)
    """
    text = text[:_MAX_TEXT].lower()
    if _SEVERAL.search(text):
        return None
    named: list[tuple[int, int, float, bool]] = []
    for match in _BEFORE_NUMBER.finditer(text):
        start, end = match.span()
        number, unit = match[2], _DAYS[match[1][0]]
        if (to := _TO.match(text, end)) and (last := to[0].lstrip(" -–—tohrug")):
            number, end = last, to.end()  # "day 1 to 30"
        if not _SINCE.search(text[max(0, start - 16) : start]):
            named.append((start, end, float(number) * unit, True))
    for match in _AFTER_NUMBER.finditer(text):
        start, end = match.start(1), match.end()
        before = text[max(0, match.start() - 24) : match.start()]
        skipped = _INTERVAL.search(before) or _AGE.search(before)
        if skipped or any(start < e and end > s for s, e, *_ in named):
            continue
        number = _NUMBER_WORDS.get(match[1]) or float(match[1])
        cue = bool(_CUE.search(before)) or text[match.end(1)] == "-"
        named.append((start, end, number * _DAYS[match[2][0]], cue))
    named.sort()
    points: list[tuple[float, bool]] = []
    last_end = -1
    for start, end, days, cue in named:
        if points and _TO.fullmatch(text[last_end:start]):
            points.pop()  # "day 1 to day 30": the end of the range
        points.append((days, cue))
        last_end = end
    for wanted in (points, [point for point in points if point[1]]):
        distinct = {round(days, 6) for days, _ in wanted}
        if len(distinct) == 1:
            return distinct.pop()
    return None
