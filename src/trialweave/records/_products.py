"""What was given to whom, as titles and sentences of articles name it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from trialweave.model import Intervention, Labelled, Value
from trialweave.records._sentences import NUMBER, Sentence, value

__all__ = ["condition_in_text", "conditions_in_title", "interventions", "treatment_details"]

_FOR = (
    r"(?:to treat|(?:for|in) (?:the )?(?:treatment|management|therapy) of"
    r"|as (?:an? )?(?:\w{1,20} )?(?:treatment|therapy) (?:for|of|in)|for treating|for|in|on|among)"
)
_ASSESSED = (
    r"(?:safety|efficacy|effects?|effectiveness|feasibility|impact|evaluation|assessment|use"
    r"|infusions?|administration|transplantation|injections?|application|trial|study)"
)
# Titles: "… safety and efficacy of X in Y", "… therapy utilising X for Y", "X as treatment for Y",
# "treatment of Y with X".
_TITLES = (
    re.compile(
        rf"\b{_ASSESSED}\s+(?:study\s+)?of\s+(?P<x>[^:;.]{{3,160}}?)\s+{_FOR}\s+"
        r"(?P<y>[^:;.]{3,160})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:utili[sz]ing|using|with)\s+(?P<x>[^:;.]{{3,160}}?)\s+{_FOR}\s+(?P<y>[^:;.]{{3,160}})",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:treatment|management|therapy)\s+of\s+(?P<y>[^:;.]{3,160}?)\s+(?:with|using|by)\s+"
        r"(?P<x>[^:;.]{3,160})",
        re.IGNORECASE,
    ),
    re.compile(
        r"\A(?P<x>[^:;.]{3,160}?)\s+(?:to treat|for (?:the )?treatment of|for"
        r"|in (?:the )?treatment of|as (?:an? )?(?:\w{1,20} )?(?:treatment|therapy) (?:for|of|in))"
        r"\s+(?P<y>[^:;.]{3,160})",
        re.IGNORECASE,
    ),
)
_NO_PRODUCT = re.compile(
    r"\b(?:patients?|participants?|trial|study|studies|versus|disease|effects?|efficacy|safety"
    r"|management|treatment|review|analysis)\b",
    re.IGNORECASE,
)
_Y_ENDS = re.compile(
    r"\s*[,(–—]|\s+(?:a|an|the)?\s*(?:phase|randomi[sz]ed|double|multi-?cent|single-?cent|open-label"
    r"|pilot|prospective|clinical trial|case series|case report)\b|\s+-\s",
    re.IGNORECASE,
)
_SEVERITY = (
    r"(?:mild to moderate|moderate to severe|moderate-to-severe|severe(?:ly ill)?"
    r"|severe(?:ly)? (?:or|and) critical(?:ly)?(?: ill)?|critical(?:ly[\s-]ill)?|moderate|mild)"
)
_GRADED = re.compile(rf"\A({_SEVERITY})\s+", re.IGNORECASE)
_PATIENTS_WITH = re.compile(
    rf"\A(?:(?:hospitali[sz]ed|adult|elderly)\s+)*(?:(?P<severity>{_SEVERITY})\s+)?"
    r"(?:patients?|participants?|subjects?|adults?|individuals?)\s+"
    r"(?:with|suffering from|having)\s+",
    re.IGNORECASE,
)
_PATIENTS_AFTER = re.compile(r"\s+(?:patients?|participants?|subjects?|cases)\Z", re.IGNORECASE)
_IN_TEXT = re.compile(
    rf"\b(?:(?P<before>{_SEVERITY})\s+)?(?:patients?|participants?|subjects?)\s+with\s+"
    rf"(?:(?P<severity>{_SEVERITY})\s+)?(?P<name>[A-Za-z][\w-]*(?:\s+[\w-]+){{0,5}})",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"(?<!\s)\s+(?:who|that|which|were|was|are|is|and|or|in|by|from|to|at|on|for|of|as|with|after|before"
    r"|during|under|unresponsive|receiving|admitted|treated|hospitali[sz]ed|aged|requiring|had|has"
    r"|have|will|may|using|via|compared)\b.*",
    re.IGNORECASE,
)

_GIVEN = r"(?:infusions?|injections?|doses?|administrations?|inhalations?|transfusions?)"
_AMOUNT = re.compile(
    r"(?<![\w.])(?<!\d,)\d{1,6}(?:[.,]\d{1,3})*\s?(?:[×xX*]\s?10\s?(?:\^\s?\d{1,2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}|\d{1,2})?\s?)?"
    r"(?:million\s|billion\s)?"
    r"(?:(?:[A-Za-z-]{1,20}\s)?(?:cells?|particles|exosomes|vesicles)|mL|ml|mg|µg|μg|g|IU|units?)\b"
    r"(?:\s?(?:/|per)\s?(?:kg|dose|infusion|injection|patient|day|body weight|kilogram)"
    r"(?:\s(?:of\s)?body\s?weight)?)?",
)
_TIMES = re.compile(rf"\b({NUMBER})\s+(?:[\w-]+\s+){{0,2}}?{_GIVEN}\b", re.IGNORECASE)
_ROUTE = re.compile(
    r"\b(?:intravenous(?:ly)?|intratracheal(?:ly)?|inhaled|by inhalation|nebuli[sz]ed"
    r"|aerosoli[sz]ed|intramuscular(?:ly)?|subcutaneous(?:ly)?|intra-?arterial|intraperitoneal|intrathecal"
    r"|intra-?articular|intra-?coronary|intranasal(?:ly)?|oral(?:ly)?|topical(?:ly)?)\b",
    re.IGNORECASE,
)
_SCHEDULE = re.compile(
    rf"\b(?:every\s+(?:other\s+)?(?:{NUMBER}\s+)?(?:hours?|days?|weeks?|months?)"
    rf"|(?:for|on)\s+{NUMBER}\s+(?:consecutive\s+)?(?:days|weeks)"
    r"|on days?\s+\d{1,3}(?:(?:,\s?and\s|,\s?|\s?and\s)\d{1,3}){0,9}"
    rf"|{NUMBER}\s+(?:days|weeks)\s+apart|once daily|twice daily|daily|once weekly|weekly)\b",
    re.IGNORECASE,
)
_WATCHED = re.compile(r"\b(?:monitor|follow|observ)\w{0,6}\b[^,;]{0,80}\Z", re.IGNORECASE)
_RECEIVED = re.compile(
    rf"\b(?:received?|given|administered|administration|treated with|infused|injected|dosage|dosing"
    rf"|{_GIVEN})\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\A[A-Z][\w ]{0,30}:\s*")
_NAMED = re.compile(
    rf"\b{_GIVEN}\s+of\s+(?:(?:\d[\d.,]*\s?(?:mL|ml|mg|g|µg)|{NUMBER}\s+{_GIVEN})\s+(?:of\s+)?)?"
    r"(?P<name>[A-Za-z][\w-]*(?:\s(?!(?:or|and|at|for|in|on|with|to|per|every|versus|by|from|via|was"
    r"|were|into|as|the)\b)[\w-]+){0,5})",
    re.IGNORECASE,
)
_GENERIC = re.compile(
    rf"(?:{NUMBER}|the|a|an|each|same|study|drug|treatment|placebo|{_GIVEN})", re.IGNORECASE
)


class _Span(NamedTuple):
    start: int
    end: int


def _title_parts(own: Sequence[Sentence]) -> tuple[Sentence, _Span, _Span] | None:
    """The title's product and what it was given for."""
    for sentence in own:
        if sentence.label != "title":
            continue
        for pattern in _TITLES:
            match = pattern.search(sentence.text)
            if match and not _NO_PRODUCT.search(match["x"]):
                x, y = _Span(*match.span("x")), _Span(*match.span("y"))
                return sentence, _trimmed(sentence.text, x), _trimmed(sentence.text, y)
    return None


def _trimmed(text: str, span: _Span) -> _Span:
    """Up to where something else begins: a bracket, the kind of trial."""
    if match := _Y_ENDS.search(text, span.start, span.end):
        span = _Span(span.start, max(match.start(), span.start))
    piece = text[span.start : span.end]
    return _Span(span.start, span.start + len(piece.rstrip(" ,.-")))


def conditions_in_title(own: Sequence[Sentence]) -> dict[str, Value[Any]]:
    """The condition a title names, and its severity."""
    parts = _title_parts(own)
    if parts is None:
        return {}
    sentence, _, (start, end) = parts
    found: dict[str, Value[Any]] = {}
    text = sentence.text
    if match := _PATIENTS_WITH.match(text[start:end]):
        if match["severity"]:
            at = start + match.start("severity"), start + match.end("severity")
            found["severity"] = value(match["severity"].lower(), "severity", sentence, *at)
        start += match.end()
    if match := _PATIENTS_AFTER.search(text[start:end]):
        end = start + match.start()
    return found | _graded(sentence, start, end, found)


def _graded(
    sentence: Sentence, start: int, end: int, found: dict[str, Value[Any]]
) -> dict[str, Value[Any]]:
    """A condition without the word before it that grades it, which is its severity."""
    values: dict[str, Value[Any]] = {}
    if (match := _GRADED.match(sentence.text[start:end])) and "severity" not in found:
        at = start + match.start(1), start + match.end(1)
        values["severity"] = value(match[1].lower(), "severity", sentence, *at)
        start += match.end()
    if end - start < 3:
        return {}
    name = value(sentence.text[start:end], "conditions", sentence, start, end)
    return values | {"conditions": value((name,), "conditions", sentence, start, end)}


def condition_in_text(own: Sequence[Sentence]) -> dict[str, Value[Any]]:
    """The condition of the "patients with …" that comes first."""
    for sentence in own:
        if not (match := _IN_TEXT.search(sentence.text)):
            continue
        start, end = match.span("name")
        end = start + len(_STOP.sub("", sentence.text[start:end]))
        name = value(sentence.text[start:end], "conditions", sentence, start, end)
        found: dict[str, Value[Any]] = {
            "conditions": value((name,), "conditions", sentence, start, end)
        }
        group = "severity" if match["severity"] else "before"
        if match[group]:
            found["severity"] = value(
                match[group].lower(), "severity", sentence, *match.span(group)
            )
        return found
    return {}


def _dose_sentences(own: Sequence[Sentence]) -> list[Sentence]:
    """Sentences that say how much of something was given, or how often."""
    found = []
    for sentence in own:
        if sentence.label == "title" or not _RECEIVED.search(sentence.text):
            continue
        amount = _AMOUNT.search(sentence.text)
        times = _TIMES.search(sentence.text)
        if amount or (times and _ROUTE.search(sentence.text)):
            found.append(sentence)
    return sorted(found, key=lambda sentence: _AMOUNT.search(sentence.text) is None)


def interventions(own: Sequence[Sentence]) -> Value[tuple[Intervention, ...]]:
    """The product, named by the title or by the sentence that gives its dose; and a placebo."""
    found: list[Intervention] = []
    parts = _title_parts(own)
    doses = _dose_sentences(own)
    name: Value[str] = Value()
    if parts:
        sentence, (start, end), _ = parts
        name = value(sentence.text[start:end], "interventions", sentence, start, end)
    elif (
        doses and (match := _NAMED.search(doses[0].text)) and not _GENERIC.fullmatch(match["name"])
    ):
        name = value(match["name"], "interventions", doses[0], *match.span("name"))
    if name:
        description: Value[str] = Value()
        if doses:
            label = _LABEL.match(doses[0].text)
            begin = label.end() if label else 0
            text = doses[0].text[begin:]
            content = " ".join(text.split())
            description = value(content, "interventions", doses[0], begin, begin + len(text))
        found.append(Intervention(name=name, description=description))
    for sentence in own:
        if sentence.label != "title" and (
            match := re.search(r"\bplacebo\b(?![\s-]controlled)", sentence.text, re.IGNORECASE)
        ):
            found.append(
                Intervention(name=value(match.group(), "interventions", sentence, *match.span()))
            )
            break
    if not found:
        return Value()
    name = min((item.name for item in found), key=_start)
    raw = name.raw if name.raw is not None else name.content
    return Value(tuple(found), name.missingness, name.passage, "prose.interventions/1", raw)


def _start(item: Value[str]) -> int:
    return item.passage.start if item.passage else 0


def treatment_details(own: Sequence[Sentence]) -> list[Labelled]:
    """Route, amount, number of doses and schedule as the first sentence on doses words them."""
    details: list[Labelled] = []
    for sentence in _dose_sentences(own)[:1]:
        for label, pattern, group in (
            ("route", _ROUTE, 0),
            ("dose", _AMOUNT, 0),
            ("number of doses", _TIMES, 1),
            ("schedule", _SCHEDULE, 0),
        ):
            match = next(
                (
                    m
                    for m in pattern.finditer(sentence.text)
                    if pattern is not _SCHEDULE or not _WATCHED.search(sentence.text[: m.start()])
                ),
                None,
            )
            if match:
                item = value(match.group(group), "treatment", sentence, *match.span(group))
                details.append(Labelled(label, item))
    return details
