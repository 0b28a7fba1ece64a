"""The wordings of schedules: one pattern for each thing that is said of time in a treatment."""

from __future__ import annotations

import re
from typing import Final

from trialweave.protocol.durations import NUMBER_WORD, ORDINAL_WORD

__all__ = [
    "BACK",
    "COURSES",
    "DAYS",
    "DAYS_PER_COURSE",
    "DURATION",
    "EVERY",
    "FIRST_DAY",
    "FOLLOWS",
    "FROM",
    "GIVING",
    "HOURLY",
    "INFUSED",
    "LY",
    "MINUTES",
    "NO_TREATMENT",
    "OFTEN",
    "OF_ILLNESS",
    "ORDINAL_RANGE",
    "PERIODS",
    "PER_COURSE",
    "PER_DAY",
    "TOTAL",
    "UNTIL",
    "VISIT_AFTER",
    "WATCHING",
]

_N: Final = rf"(?:[0-9]{{1,3}}(?:\.[0-9])?|{NUMBER_WORD})"
_TO: Final = r"\s?(?:-{1,2}|~|to|or|‚Äî|‚Äì)\s?"
_RANGE: Final = rf"(?P<n>{_N})(?:{_TO}(?P<m>{_N}))?"
_UNITS: Final = (
    r"(?P<u>minutes?|mins?|hours?|hrs?|h|days?|d|weeks?|wks?|w|months?|mos?|years?|yrs?)\b"
)
_GIVEN: Final = (
    r"(?:doses?|infusions?|injections?|administrations?|times|occasions?|transfusions?"
    r"|applications?"
    r"|transplantations?|implantations?|treatments?|sessions?|nebuli[sz]ations?|inhalations?"
    r"|sprays?|units?(?= of (?:plasma|convalescent)))"
)
_FEW: Final = (
    r"(?:(?!(?:and|or|of|mg|ml|cells?|days?|hours?|weeks?|months?|per|every|a|each|with|million"
    r"|billion"
    r"|different|by|via|in|on|at|is|was|are|x|to|from|tablets?|capsules?|vials?|one|two|three"
    r"|patients?|subjects?|participants?)\b)"
    r"[A-Za-z-]+\s){0,3}?"
)
_LIST: Final = (
    r"(?P<list>-?[0-9]{1,3}(?:st|nd|rd|th)?(?:(?:\s?(?:,|;|/|&|\band\b|\bor\b)\s?){1,2}(?:and\s)?"
    r"(?:on\s)?(?:the\s)?(?:days?\s?|d)?-?[0-9]{1,3}(?:st|nd|rd|th)?(?![0-9]|\.[0-9]|\s?(?:mg|ml|x"
    r"|×"
    r"|[*]))"
    r"|\s(?=[0-9]{1,3}\b(?!\s?(?:mg|ml|x|×|[*]|million|days|weeks|hours|min|times|infusions"
    r"|doses)))"
    r"[0-9]{1,3}|\s?-\s?[0-9]{1,3}(?=\s?-\s?[0-9]|(?<=[0-9]-[0-9])(?!x)))*)"
)
DAYS: Final = (
    re.compile(
        r"(?P<range>\b(?:study\s)?(?:days?|D)\s?#?(?P<a>-?[0-9]{1,3})\s?(?:-|~|to|through|until"
        r"|till)"
        r"\s?(?:days?\s?|D)?(?P<b>-?[0-9]{1,3})\b(?!\s?(?:-|,\s?[0-9]))(?!\s?(?:mg|ml)))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?P<unit>days?|weeks?|months?|D)\s?(?:\(s\)\s?)?[:#=(]?\s?{_LIST}(?![0-9]|\.[0-9]"
        rf"|\s?(?:mg|x\s?10))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?P<ordinals>(?:(?:{ORDINAL_WORD}|[0-9]{{1,2}}(?:st|nd|rd|th))(?:\sday)?"
        r"(?:\s?,\s?(?:and\s)?|\s(?:and|&)\s)(?:the\s)?){0,9}"
        rf"(?:{ORDINAL_WORD}|[0-9]{{1,2}}(?:st|nd|rd|th))\s(?P<ounit>days?"
        rf"|weeks?))\b(?!\sof\s(?:life|age))",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![\w.,])(?P<plain>[0-9]{1,3}(?:(?:\s?,\s?(?:and\s)?|\s(?:and"
        r"|&)\s)[0-9]{1,3}){1,12})\s?-?"
        r"(?P<punit>days?|weeks?|months?)\b(?!\s(?:apart|interval|or|after|later|follow|post))",
        re.IGNORECASE,
    ),
)
ORDINAL_RANGE: Final = re.compile(
    rf"\b(?P<a>{ORDINAL_WORD}|[0-9]{{1,2}}(?:st|nd|rd|th))(?:\sday)?\s?(?:to|through|until|till"
    rf"|-)\s?(?:the\s)?"
    rf"(?P<b>{ORDINAL_WORD}|[0-9]{{1,2}}(?:st|nd|rd|th))\sdays?\b",
    re.IGNORECASE,
)
UNTIL: Final = re.compile(
    rf"\b(?:until|till|up to|through|by)\s(?:the\s)?(?:end of\s)?(?:(?:day|week|month)\s?"
    rf"[0-9]{{1,3}}|(?:{ORDINAL_WORD}|[0-9]{{1,2}}(?:st|nd|rd|th))\sday)\b",
    re.IGNORECASE,
)
PER_DAY: Final = (
    (
        re.compile(
            rf"\b(?P<t>once|twice|thrice|{_N}\s?(?:times?|x|doses?|×))\s?(?:a|per|/|each|every|in a"
            rf"|in one"
            r"|in the|\s)?\s?(?:-\s?)?(?P<p>day|daily|d\b|night|week|weekly|month|monthly"
            r"|24\s?h(?:ours?)?)\b",
            re.IGNORECASE,
        ),
        "",
    ),
    (re.compile(r"\b(?:b\.?\s?i\.?\s?d\b\.?|b\.?d\b\.?|twice daily|1-0-1)", re.IGNORECASE), "2"),
    (re.compile(r"\b(?:t\.?\s?i\.?\s?d\b\.?|t\.?d\.?s\b\.?|tds)\b", re.IGNORECASE), "3"),
    (re.compile(r"\b(?:q\.?\s?i\.?\s?d\b\.?|q\.?d\.?s\b\.?)", re.IGNORECASE), "4"),
    (re.compile(r"\b(?:q\.?\s?d\b\.?|o\.?\s?d\b\.?|q\.?\s?h\.?s\.?\b|\bqn\b|nocte)", re.I), "1"),
    (re.compile(r"\bq\s?(?P<q>4|6|8|12|24)\s?h(?:rs?|ours?)?\b", re.IGNORECASE), "q"),
)
HOURLY: Final = re.compile(
    rf"\b(?:(?:every|each|per|q)\s?(?P<n>{_N})\s?-?\s?(?:hours?|hrs?|h)\b|(?P<m>{_N})[\s-]?hourly\b"
    rf"|/\s?(?P<k>[0-9]{{1,2}})\s?h(?:ours?)?\b|interval of (?P<i>{_N}) hours)",
    re.IGNORECASE,
)
EVERY: Final = re.compile(
    rf"\b(?:(?:once\s)?(?:every|each|per|q)\s?(?P<other>other\s|second\s"
    rf"|alternate\s)?(?:{_RANGE}\s?-?\s?)?"
    r"(?P<u>days?|d|weeks?|wks?|w|months?|years?)\b"
    r"|(?P<alt>alternate days?|alternating days|q\.?o\.?d\b)"
    rf"|(?:an?\s)?intervals?(?:\s\w+){{0,4}}?\s(?:of|is|was"
    rf"|:)\s(?:the\s)?(?:about\s)?(?P<n2>{_N})(?:{_TO}"
    rf"(?P<m2>{_N}))?[\s-]?(?P<u2>days?|weeks?|months?|hours?)\b"
    rf"|(?P<n3>{_N})(?:{_TO}(?P<m3>{_N}))?[\s-]?(?P<u3>days?|weeks?|months?)[\s-](?:intervals?"
    rf"|apart|interval)\b"
    rf"|with\s(?P<n4>{_N})[\s-]?(?P<u4>days?|weeks?|months?)\s(?:between|in between)\b)",
    re.IGNORECASE,
)
LY: Final = re.compile(
    r"\b(?:(?P<times>once|twice|three times|two times|1 time|2 times|3 times|one time)\s)?"
    r"(?P<ly>daily|weekly|fortnightly|biweekly|monthly|everyday|nightly|every night)\b",
    re.IGNORECASE,
)
DURATION: Final = re.compile(
    rf"(?P<lead>\b(?:for|during|over|up ?to|within|lasting|continue[sd]? for|x|course of"
    rf"|duration(?: of)?"
    rf"|period of|total of|last(?:s|ing)?)\s?:?\s?(?:up to\s)?(?:a\s|an\s"
    rf"|the\s)?(?:total\s(?:of\s)?|maximum\s"
    rf"(?:of\s)?|max\s|period\sof\s|duration\sof\s|course\sof\s|further\s|additional\s|next\s"
    rf"|first\s|following\s"
    rf"|at\sleast\s|about\s|approximately\s|total\sduration\sof\s)*)?{_RANGE}[\s-]?(?:consecutive\s"
    rf"|more\s"
    rf"|successive\s|continuous\s|full\s)?{_UNITS.replace('minutes?|mins?|hours?|hrs?|h|', '')}"
    r"(?P<after>\s?(?:/\s?|per\s|of\sa\s)?(?:course|in total|in a row|consecutively|treatment"
    r"|duration|regimen"
    r"|of (?:treatment|therapy|administration|medication)|continuous\w*|period|period of))?",
    re.IGNORECASE,
)
FIRST_DAY: Final = re.compile(r"\b(?:for|during|in)\s(?:the\s)?(?:first|1st)\sday\b", re.IGNORECASE)
FROM: Final = re.compile(r"\b(?:from|starting(?:\son)?|beginning\son)\s(?:the\s)?\Z", re.IGNORECASE)
NO_TREATMENT: Final = re.compile(
    r"\b(?:follow(?:ed)?[\s-]?up|observ\w+|monitor\w*|evaluat\w+|assess\w*|measur\w+|symptoms?"
    r"|onset"
    r"|within|(?:after|before)(?!\s(?:each\s|every\s|the\s)?(?:meals?|food|breakfast|lunch|dinner"
    r"|bed))|prior|previous|discharge\w*|hospitali[sz]\w+|aged?|survey"
    r"|until|checked|visits?|washout|isolat\w+|cultur\w+|quarantin\w+)\s(?:[\w-]+\s){0,4}\Z",
    re.IGNORECASE,
)
TOTAL: Final = (
    re.compile(
        rf"\b(?:total(?:ly)?(?: of)?|in total|altogether)\s?:?\s?{_RANGE}\s{_FEW}{_GIVEN}\b"
        rf"|\b{_RANGE.replace('<n>', '<n2>').replace('<m>', '<m2>')}\s(?:times"
        rf"|{_GIVEN})\s(?:in\stotal|totally)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?<![.,-])(?<!phase )(?P<n>[0-9]{{1,2}}|{NUMBER_WORD}|single|both)"
        rf"(?:{_TO}(?P<m>{_N}))?\s?-?\s?(?:\([0-9]\)\s)?{_FEW}{_GIVEN}\b(?!\s?(?:a|per|/|each|every"
        rf"|daily|in\s(?:a"
        rf"|one))\s?"
        r"(?:day|week|month|daily|d\b|24))(?!\s(?:daily|weekly|higher|lower|more|less|the\s|levels?"
        r"|groups?|arms?|cohorts?|regimens?|escalat|strength))",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?P<rows2>twice|thrice)\b(?!\s?(?:/|(?:a|an|per|each|daily|weekly|monthly|the|in|as"
        r"|or)\b)|\severy\s(?:day|week"
        r"|month))|\b(?P<one>single|one[\s-]time|one\sshot|(?:only|just)\sonce|once\sonly"
        r"|at\sone\stime|one-off"
        r"|for\sone\soccasion|a\sone\stime)\b(?!\sdaily)(?![\s-](?:use|cent|arm|group|blind|mask"
        r"|daily|day))"
        r"|\b(?P<rows>twice|three times)\s(?:in\sa\srow)|\b(?P<once>once)\b(?!\s?(?:/|(?:a|per"
        r"|every|each|daily"
        r"|weekly|monthly|in|the|they|he|after|that|at\s(?:night|bed)|or|every)\b))",
        re.IGNORECASE,
    ),
)
COURSES: Final = re.compile(
    rf"\b(?:total\sof\s)?(?P<n>{_N})\s(?:courses?|cycles?)\b(?:\sin\stotal)?"
    rf"|\bcourses?\s?[:x]\s?(?P<m>{_N})",
    re.IGNORECASE,
)
PER_COURSE: Final = re.compile(
    rf"\b(?P<n>twice|thrice|once|{_N}\s?(?:times?|doses?|infusions?))\s?(?:/|per|a"
    rf"|each)\s?(?:course|cycle)\b",
    re.IGNORECASE,
)
DAYS_PER_COURSE: Final = re.compile(
    rf"\b(?P<n>{_N})\s?(?P<u>days?|weeks?)\s?(?:/|per|a|each)\s?(?:course|cycle)\b", re.IGNORECASE
)
MINUTES: Final = re.compile(
    rf"(?P<lead>\b(?:over|in|within|during|course\sof|(?:infusion|drip|injection"
    rf"|perfusion)\s(?:time|duration"
    rf"|period)(?:\s(?:of|is|was))?|lasting|for|at\sleast"
    rf"|not\sless\sthan|no\sless\sthan|up\sto|(?:time|duration)\s?(?:of|:|is|was)|infused\s(?:in"
    rf"|over))\s?:?\s?"
    rf"(?:a\speriod\sof\s|an?\s|about\s|approximately\s|at\sleast\s|>\s?)*)(?:{_RANGE}\s?-?)?\s?"
    r"(?P<u>minutes?|mins?|hours?|hrs?|h)\b(?!\s?(?:after|before|prior|apart|post|following|from"
    r"|interval))"
    rf"|(?P<n2>{_N})(?:{_TO}(?P<m2>{_N}))?[\s-]?(?P<u2>minutes?|mins?|hours?)"
    r"(?:\s(?:intravenous\s|IV\s)?infusion|\s?(?:/|per|each|for\seach)\s?(?:infusion|time|dose"
    r"|session))\b"
    rf"|(?<=[,(])\s?(?P<n3>{_N})(?:{_TO}(?P<m3>{_N}))?[\s-]?(?P<u3>minutes?|mins?"
    rf"|hours?)\s?(?=[,.;)])",
    re.IGNORECASE,
)
INFUSED: Final = re.compile(
    r"\b(?:infus\w+|drip\w*|intravenous\w*|i\.?v\.?|perfus\w+|transfus\w+|inject\w+|nebuli\w+"
    r"|inhal\w+"
    r"|administ\w+|given|give|slow\w*)\b",
    re.IGNORECASE,
)
PERIODS: Final = {"weekly": 7.0, "fortnightly": 14.0, "biweekly": 14.0, "monthly": 30.0}
OF_ILLNESS: Final = re.compile(
    r"\s(?:of|after|from|since)\s(?:the\s)?(?:symptoms?|illness|disease|onset|hospital\w*|life"
    r"|age)\b",
    re.IGNORECASE,
)
# "twice daily 5 days": a duration without a word before it
OFTEN: Final = re.compile(
    r"(?:daily|\bb\.?i?\.?d\.?|\bt\.?i?\.?d\.?s?\.?|\b[qo]\.?d\.?|\bqid|hours?|hourly|\bday"
    r"|\bnight)\s?,?\s*\Z",
    re.IGNORECASE,
)
FOLLOWS: Final = re.compile(
    r"\s?(?:after|before|prior|post|following|of follow|apart|interval|follow-?up|later|of age"
    r"|old\b)",
    re.IGNORECASE,
)
WATCHING: Final = re.compile(
    r"\b(?:follow-?\s?ups?|followed(?!\sby)|visits?|evaluat\w+|assess\w*|measur\w+|monitor\w*"
    r"|questionnaires?|samples?|sampling"
    r"|laborator\w+|imaging|mri|ct|data|endpoints?|outcomes?|observ\w+|biops\w+|collect\w*"
    r"|aspirat\w+|harvest\w*"
    r"|survey|tests?|tested|examin\w+|record\w*|compar\w+|survival|discharged?|symptoms?|cultured?"
    r"|expand\w*)\b",
    re.IGNORECASE,
)
GIVING: Final = re.compile(
    r"\b(?:infus\w*|inject\w*|administ\w*|giv(?:en|e|ing)|receiv\w*|dos(?:es?|ed|ing|age)|treat\w*"
    r"|appl(?:y|ied|ication)"
    r"|take|taken|implant\w*|transplant\w*|transfus\w*|oral(?:ly)?|intravenous(?:ly)?|cells?|mscs?"
    r"|mg|ml|tablets?|inhal\w*"
    r"|therapy|nebuli\w*)\b",
    re.IGNORECASE,
)
VISIT_AFTER: Final = re.compile(
    r"\s?(?:study\s)?(?:follow-?\s?up|visits?|assessments?|post-?\s?(?:treat|infus|inject)\w*"
    r"|after\s(?:the\s)?(?:last|final)"
    r"|evaluations?)\b",
    re.IGNORECASE,
)
BACK: Final = 240  # characters of a sentence that are looked at
