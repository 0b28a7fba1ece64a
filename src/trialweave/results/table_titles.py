"""What captions, rows and labels of an article's tables are about, where no outcome of a group."""

from __future__ import annotations

import re

__all__ = [
    "is_about_start",
    "is_no_result",
    "is_no_trial",
    "is_not_an_outcome",
    "names_a_part",
    "names_no_group",
    "outcome_of_caption",
]

_AFTER = re.compile(
    r"(?i:\b(?:after|post|follow|weeks?|months?|days?|years?|end|final)\b|\bpost-?\w|change)"
)
_START_TABLE = re.compile(
    r"(?i:\bbase-?line\b|\bdemographic|\bcharacteristics? of (?:the )?(?:\w+[- ]){0,3}(?:patients|"
    r"participants|subjects|sample|population|women|men|children|infants|groups?|study|cohort|"
    r"mothers|"
    r"cases|individuals|trial)|\b(?:patients?|participants?|subjects?|study|clinical|sample|"
    r"population|"
    r"general|maternal|background)['’s]{0,2} (?:\w+ )?characteristics?|"
    r"\b(?:at|on) (?:the )?(?:study )?(?:entry|enrol?lment|inclusion|admission|randomi[sz]ation)\b|"
    r"\bcomposition of\b|\binclusion (?:and|/) exclusion|\bpre-?operative (?:data|variables)|"
    r"\bprognostic factors\b)"
)
_NOT_RESULTS = re.compile(
    r"(?i:\bdefinitions?\b|\bschedule\b|\binclusion criteria|\bexclusion criteria|\bprimers?\b|"
    r"\bcontent of\b|\bsearch strateg|\bliterature\b|\bprevious (?:studies|trials)|\bpredictors?\b|"
    r"\bcorrelations?\b|\bregression\b|\bassociat(?:ion|ed)\b|\bsensitivity and specificity|"
    r"\breasons? for\b|\bconcomitant\b|\bco-?medications?|\btreatments? received|\badherence\b|"
    r"\bcompliance\b|"
    r"\battendance\b|\bprotocol (?:deviations?|violations?)|\bpower calculation|"
    r"\bsample size calculation|\bregimens?\b|\bcosts?\b)"
)
_TRAITS = re.compile(
    r"(?i:^(?:mean |median )?(?:age|sex|gender|males?|females?|men|women|boys|girls|race|ethnic\w*|"
    r"white|black|asian|caucasian|hispanic|height|education\w*|marital|married|single|"
    r"bmi at baseline|"
    r"smok\w+|current smoker|employ\w+|religion|parity|gravidity|m[:/]f|male[:/]female)\b)"
)
_PARTS = re.compile(
    r"(?i:[<>≤≥]\s?=?\s?\d|\bsub-?groups?\b|\bsubsets?\b|\bstratif|\b(?:patients|participants|"
    r"subjects|women|men|children|"
    r"those) (?:with|without|who|aged)\b|\b(?:fe)?males?\b|\bmen\b|\bwomen\b|\bboys\b|\bgirls\b|"
    r"\baged?\b|"
    r"\b(?:young|old)er\b|\bcompleters?\b|\bper[- ]protocol\b|\bpp\b|\bintention|\bitt\b|\bmitt\b|"
    r"\bchildren\b|\badolescents\b|\badults\b|\bsurvivors\b|\b(?:non-?)?responders\b|\bsmokers\b|"
    r"\bpopulation\b|\banalysis set\b)"
)
_NO_GROUP = re.compile(
    r"(?i:\bmen\b|\bwomen\b|\b(?:fe)?males?\b|\bboys?\b|\bgirls?\b|\b(?:non-?)?survivors?\b|"
    r"\b(?:non-?)?responders?\b|\bcompleters?\b|\bdrop-?outs?\b|\b(?:non-?)?participants?$|"
    r"\bpositive\b|\bnegative\b|\bhealthy\b|\byes\b|"
    r"\bno\b(?! (?:treatment|intervention|drug|therapy|stent|supplement\w*|"
    r"prophylaxis|exercise|infusion))|\bpresent\b|\babsent\b|\bright\b|\bleft\b|"
    r"\bexcluded\b|\bnot randomi[sz]ed|\brefus|\bage[ds]?\b|\byears?\b|\beligible\b|\bdecliner|"
    r"[<>≤≥]|\bbmi\b|\bbase-?line\b|\bfollow(?:ed)?[- ]?ups?\b|\bvisits?\b|\bbefore\b|\bafter\b|"
    r"\bpre-|\bpost-?|\bsmokers?\b|\blost to\b|\b(?:mild|moderate|severe)$|\binvited\b|"
    r"\brecruited\b)"
)


_CAPTION_START = re.compile(
    r"(?i:(?:table \d+[.:]?\s)?(?:(?:comparisons?|changes?|differences?|summary|distribution|"
    r"results?|values?|means?|average|overview|effects? of .{3,80}? on|analysis|evaluation)\s"
    r"(?:±\s\w+\s)?(?:(?:of|in|for)\s)?(?:the\s)?)?)"
)
_CAPTION_END = re.compile(
    r"(?i:,?\s(?:at|in|between|among|amongst|before|after|by|for|during|according|from|over|across|"
    r"of\s(?:the\s)?(?:both|all|two|three|study|patients|participants|subjects|groups?))\s.*|\s\([^()]*\)\s*$)"
)


_LATER = re.compile(
    r"(?i:\boutcomes?\b|\bresults?\b|\bafter\b|\bfollow(?:ing|[- ]?ups?)\b|"
    r"\bpost-?(?:test|inter|treat))"
)


def outcome_of_caption(caption: str) -> str:
    """What a caption says is measured: "Heart rate" of "Heart rate at baseline in both groups"."""
    short = _CAPTION_END.sub("", _CAPTION_START.sub("", caption[:400], count=1), count=1)
    short = re.sub(r"\s\([^()]*\)\Z", "", short).strip(" ,;:.")
    return short if len(short) > 2 else caption


def is_about_start(text: str) -> bool:
    """Whether a caption is of a table of characteristics at the start, and of nothing later."""
    text = text[:400]
    if re.match(r"(?i:(?:[\w’'-]+\s){0,4}characteristics\b)", text):
        return not _LATER.search(text)
    return bool(_START_TABLE.search(text)) and not _AFTER.search(text)


def is_not_an_outcome(label: str) -> bool:
    """Whether a row is of a trait that the participants came with."""
    return bool(_TRAITS.search(label[:60]))


_OTHER_KINDS = re.compile(
    r"\b(?:review|protocol|meta-?analys[ie]s|correction|erratum|retraction|editorial|letter|"
    r"comment)",
    re.IGNORECASE,
)
_TOLD_OTHERWISE = re.compile(
    r"\b(?:systematic|literature|scoping|narrative|umbrella|cochrane|critical|mini-?|a|the)\s?reviews?\b|"
    r"\breviews?\s(?:of|and)\b|:\s(?:an?\s)?(?:\w+\s)?review\b|\b(?:study|trial|research|design)\s"
    r"(?:and\s)?protocols?\b|\bprotocols?\s(?:for|of)\b|[:;–-]\s(?:\w+\s)?protocol\b|"
    r"\bmeta-?analys[ie]s|^(?:correction|erratum|retraction|editorial|letter|comment(?:ary)?)\b",
    re.IGNORECASE,
)
_TRIAL = re.compile(r"\btrial\b|\brandomi[sz]ed\b", re.IGNORECASE)


def is_no_trial(kind: str, title: str) -> bool:
    """Whether an article's tables show what others found or nobody yet: reviews, protocols.

    A title that speaks of a trial may well be of a trial of letters or of a treatment protocol.
    """
    pattern = _TOLD_OTHERWISE if _TRIAL.search(title[:500]) else _OTHER_KINDS
    return bool(_OTHER_KINDS.search(kind[:200]) or pattern.search(title[:500]))


def is_no_result(caption: str) -> bool:
    """Whether a caption is of a table that states no results by group."""
    return bool(_NOT_RESULTS.search(caption[:300]))


def names_a_part(text: str) -> bool:
    """Whether a heading speaks of a part of the participants."""
    return bool(_PARTS.search(text[:200]))


def names_no_group(label: str) -> bool:
    """Whether a label is of persons that no allocation made a group."""
    return bool(_NO_GROUP.search(label[:120]))
