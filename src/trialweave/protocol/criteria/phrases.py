"""Diagnoses, drugs, procedures and states that stand alone, without a time: "HIV infection".

Only short noun phrases with a word that tells what they are of are read. Words that change what a
phrase asks ("unless", "suspected", "adequate", "other") leave it as text.
"""

from __future__ import annotations

import re
from typing import Final

from trialweave.protocol.criteria.concepts import mentions
from trialweave.protocol.criteria.events import coordinated
from trialweave.protocol.criteria.tree import All, Any, Event, InSet, Node

__all__ = ["condition_ahead", "named_states"]

_LONGEST: Final = 240
_WORDS: Final = 12  # of one phrase
_MOST: Final = 12  # phrases of one list
_CHANGES: Final = re.compile(
    r"[<>≥≤=%;:\n?]|\b(?:unless|except\w*|excluding|willing\w*|opinion|judg\w+|discretion|un?able|able"
    r"|inability|ability|may|might|could|would|should|must|can|cannot|will|shall|if|when|whether"
    r"|where|who|whom|whose|which|that|this|these|those|is|are|was|were|be|been|being|has|have|had"
    r"|do|does|did|other|others|another\s+(?!trial|study|clinical|investigat|intervention)\w+|such"
    r"|including|e\.?g|i\.?e|etc|as\s+defined|consent\w*|agree\w*|compl(?:y|iance|iant)|adher\w+"
    r"|within|during|after|before|since|until|prior\s+to|recent\w*|last|past|next|least|more|less"
    r"|than|expect\w*|plan\w*|schedul\w*|anticipat\w*|intend\w*|candidate\w*|eligib\w+|indicat\w+"
    r"|contra-?indicat\w+|requir\w+|need\w*|suspect\w*|suspicio\w*|possib\w+|probab\w+|likel\w+"
    r"|risk\w*|family|famil\w+|relative|elevated|increased|decreased|reduced|raised|abnormal\w*"
    r"|adequate|inadequate|normal|sufficient|insufficient|low|high|levels?|impair\w+|significan\w+"
    r"|serious|uncontrolled|untreated|unstable|refractory|resistant|interfer\w+|preclud\w+|affect\w*"
    r"|not|never|nor|neither|none|only|both|either|any\s+condition|investigators?|physicians?"
    r"|following|above|below|criteria|reason\w*|years?|months?|weeks?|days?|hours?|due|because"
    r"|caus\w+|concomitant|concurrent|volunteers?|healthy|languages?|availab\w+|first|second|third"
    r"|times?|lines?|doses?|count|score)\b"
)
_NUMBER: Final = re.compile(
    r"(?<![\w-])(?<!type )(?<!grade )(?<!stage )(?<!class )(?<!sars-cov-)\d+(?!\w)"
)
_LEAD: Final = re.compile(
    r"[\s\W]*(?:(?:patients?|subjects?|participants?|individuals?|persons?|people|adults?|those)\s+"
    r"(?:with|on|having|receiving|suffering\s+from|diagnosed\s+with)\s+|(?:diagnos(?:is|ed)"
    r"|presence|evidence)\s+(?:of|with)\s+|(?:laboratory|pcr|clinically|histologically"
    r"|cytologically|radiologically)[\s-]+(?:confirmed|proven|diagnosed)\s+|(?:confirmed|documented"
    r"|proven|established|having|with|on|an?|the|any|all)\s+){0,4}"
)
_ABSENT: Final = re.compile(
    r"[\s\W]*(?:(?:patients?|subjects?|participants?)\s+)?(?:no|without|absence\s+of|free\s+(?:of"
    r"|from))\s+(?:an?\s+|any\s+|the\s+)?"
)
_SHOWN: Final = re.compile(
    r"[\s,(]+(?:as\s+)?(?:(?:laboratory|histologically|clinically)[\s-]+)?(?:confirmed|diagnosed"
    r"|documented|proven|verified|established)\)?\s*\Z"
)
_TESTED: Final = re.compile(
    r"\b(?:confirmed|diagnosed|documented|proven|verified|established|detected)\s+(?:by|with|on|via"
    r"|using|through|in)\b|\b(?:positive|negative)\b|\btest(?:s|ed|ing)?\b"
)
"""A test decides here, and no list of diagnoses, so that the words stay text."""
_SHORT: Final = re.compile(r"\s*\(\s*[\w-]{2,10}\s*\)\s*\Z")
_SHARED: Final = re.compile(r".{0,60}?\b(?:to|of|with)\s+(?:an?\s+|the\s+)?")
_INNER: Final = re.compile(r"\b(?:or|no|without|absence|free)\b|[,/]")
_COMMITMENT: Final = re.compile(r"\b(?:participation|participating|enrol\w+)\b")
_PROCEDURE: Final = re.compile(
    r"\w(?:ectomy|plasty|ostomy|otomy|scopy|graphy)\b|\b(?:surger(?:y|ies)|transplant\w*|dialysis"
    r"|h(?:a)?emodialysis|ventilation|ecmo|extracorporeal|resection|intubation|stent\w*|bypass"
    r"|radiotherapy|radiation|irradiation|pacemaker|defibrillator|implant\w*|catheter\w*|amputation"
    r"|transfusions?|apheresis|procedures?|oxygen)\b"
)
_DRUG: Final = re.compile(
    r"\w(?:mab|nib|statin|cillin|mycin|parin|sartan|azole|vir|platin|taxel|rubicin|olol|prazole"
    r"|cycline|floxacin|lisib|ciclib|gliptin|gliflozin|tide)s?\b|\b(?:treatment|therapy|treated"
    r"|use|receipt|drugs?|medications?|medicines?|steroids?|\w*corticoids?|\w*corticosteroids?"
    r"|\w*coagulants?|chemotherapy|immunotherapy|immunosuppress\w+|antibiotics?|antivirals?"
    r"|vaccin\w+|insulin|metformin|aspirin|opioids?|inhibitors?|antagonists?|agonists?|blockers?)\b"
)
_CONDITION: Final = re.compile(
    r"\w(?:itis|oma|omas|osis|oses|emia|pathy|pathies|penia|plegia|algia|uria|trophy|lepsy|sclerosis"
    r"|philia|cytosis|thyroidism|tension)\b|\b(?:disease|syndrome|disorder|infection|failure"
    r"|insufficiency|stroke|infarction|diabetes|diabetic|seizures?|metastas[ei]s|malignanc(?:y|ies)"
    r"|tumou?rs?|cancer|hiv|aids|tuberculosis|covid|sars|influenza|malaria|asthma|copd|sepsis|shock"
    r"|allerg\w+|hypersensitivity|intolerance|anaphyla\w+|dementia|depression|schizo\w+|psychosis"
    r"|autism|abuse|addiction|dependence|alcoholism|injury|fractures?|trauma|bleeding|h(?:a)?emorrh\w+"
    r"|embolism|fibrillation|arrhythmias?|angina|arrest|ulcers?|psoriasis|lupus|migraine|obesity"
    r"|smok(?:er|ers|ing)|hernia|glaucoma|cataract|deficiency|cirrhosis|an?(?:a)?emia|toxicity"
    r"|ards|distress|edema|ascites|encephalopathy|effusion|coma|hypoxi?a?emia|immunodeficiency"
    r"|history|known)s?\b"
)
_AHEAD: Final = re.compile(
    r"\s*(?:if|for|in)\s+(?:the\s+)?(?:(?:patients?|subjects?|participants?|those)\s+(?:with"
    r"|who\s+are)\s+)?(?P<of>[a-z][\w\s-]{2,80}?)\s*[,:]\s*(?:a\s+)?\Z"
)
_BEARING: Final = re.compile(
    r"(?:all\s+|any\s+)?(?P<sex>women|females?)(?:\s+(?:patients|subjects|participants))?\s+"
    r"(?P<of>(?:of|with)\s+(?:child[\s-]?bearing|reproductive)\s+(?:potential|age|capacity))"
)


def named_states(plain_text: str, received: str) -> Node | None:
    """A criterion that only names what somebody has, takes or had done; None for all others.

    A list with "or" is any of its phrases, after "no" all of them absent. The leaves cover the
    text; `concept` is the words as written, with the head of a list before each ("allergy to").
    """
    if len(plain_text) > _LONGEST or not plain_text.strip():
        return None
    stop = len(plain_text.rstrip(" .,\t\r\n"))
    if _TESTED.search(plain_text, 0, stop):
        return None
    if _CHANGES.search(plain_text, 0, stop) or _NUMBER.search(plain_text, 0, stop):
        return None
    if _kind(plain_text) == "" or any(
        each.concept.kind in ("lab", "vital", "score") for each in mentions(plain_text, received)
    ):
        return None
    absent = _ABSENT.match(plain_text, 0, stop)
    start = absent.end() if absent else 0
    if lead := _LEAD.match(plain_text, start, stop):
        start = lead.end()
    end = stop
    for tail in (_SHOWN, _SHORT):
        found = tail.search(plain_text, start, end)
        end = found.start() if found and found.start() > start else end
    if start >= end:
        return None
    parts = coordinated(plain_text, start, end)
    shared = _SHARED.match(plain_text, *parts[0]) if parts else None
    head = received[parts[0][0] : shared.end()] if shared else ""
    events = []
    for i, (a, b) in enumerate(parts):
        if _INNER.search(plain_text, a, b) or not 1 <= len(plain_text[a:b].split()) <= _WORDS:
            return None
        own = i == 0 or _SHARED.match(plain_text, a, b) is not None
        words = received[a:b].strip() if own else head + received[a:b].strip()
        kind = _kind(words.lower())
        if not kind or "(" in words or ")" in words:
            return None
        first, last = 0 if i == 0 else a, parts[i + 1][0] if i + 1 < len(parts) else len(received)
        events.append(Event(words, absent is None, first, last, kind=kind))
    if not 1 <= len(events) <= _MOST:
        return None
    if len(events) == 1:
        return events[0]
    return All(tuple(events)) if absent else Any(tuple(events))


def _kind(words: str) -> str:
    """What a phrase is of by its words; "" where none of them tells."""
    if _COMMITMENT.search(words):
        return "commitment" if re.search(r"\b(?:trial|study|studies|trials)\b", words) else ""
    if re.search(r"\b(?:allerg|hypersens|intoleran)", words):
        return "condition"
    for kind, cue in (("procedure", _PROCEDURE), ("drug", _DRUG), ("condition", _CONDITION)):
        if cue.search(words):
            return kind
    return ""


def condition_ahead(plain_text: str, received: str, start: int, end: int) -> Node | None:
    """The condition of "If diabetic, …" and "For women of childbearing potential: …"."""
    found = _AHEAD.match(plain_text[:end], start)
    if found is None:
        return None
    a, b = found.span("of")
    if bearing := _BEARING.fullmatch(plain_text, a, b):
        c = bearing.start("of")
        return All(
            (
                InSet("sex", ("female",), start, c),
                Event(received[c + 3 : b].strip(), True, c, end, kind="reproductive"),
            )
        )
    if _INNER.search(plain_text, a, b) or _CHANGES.search(plain_text, a, b):
        return None
    if _NUMBER.search(plain_text, a, b) or not (kind := _kind(plain_text[a:b])):
        return None
    return Event(received[a:b], True, start, end, kind=kind)
