"""Repairs that are proposed beside what was received: damaged signs, run-on lists, contradictions.

Exports turn "≤" and "≥" into "=" or "?", flatten superscripts, and run criteria together. Which
sign was lost follows from the quantity and from the list it stands in; where it does not, both are
proposed. Nothing is changed in the record itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from trialweave.model import Passage, Suggestion, Trial, Value
from trialweave.records._criteria import split
from trialweave.sources.pages.phases import phases

__all__ = ["suggest", "superscripts"]

# Quantities on a continuous scale, and the side on which an inclusion and an exclusion threshold
# lies: impaired oxygenation and fast breathing let in, sound organs let in, failing ones keep out.
# None: trials use both sides, so the text alone cannot tell.
_LE, _GE = "≤", "≥"
_QUANTITIES: tuple[tuple[str, str, str | None, str | None], ...] = (
    (
        "the ratio of PaO2 to FiO2",
        r"PaO2\s?/\s?(?:[a-z0-9 ]{0,60}\(?\s?)?FiO2\)?|PaO\(2\)\s?/\s?FiO\(2\)|P\s?/\s?F(?: ratio)?"
        r"|oxygenation index|arterial (?:oxygen )?partial pressure of oxygen[^=?.;]{0,60}"
        r"|arterial oxygen partial pressure[^=?.;]{0,60}",
        _LE,
        None,
    ),
    (
        "oxygen saturation",
        r"SpO\s?2|SaO\s?2|(?:peripheral |resting |blood )?(?:oxygen|O2) saturation"
        r"|oxygen sat\w{0,8}",
        _LE,
        None,
    ),
    ("respiratory rate", r"respiratory (?:rate|frequency)|breathing rate|\bRR\b", _GE, None),
    ("platelets", r"platelets?(?: counts?)?|\bPLT\b|thrombocytes?", _GE, _LE),
    ("neutrophils", r"(?:absolute )?neutrophils?(?: counts?)?|\bANC\b", _GE, _LE),
    ("haemoglobin", r"ha?emoglobin|\bHgb\b|\bHb\b", _GE, _LE),
    (
        "glomerular filtration or creatinine clearance",
        r"e?GFR\)?|glomerular filtration(?: rate)?|creatinine clearance|\bCrCl\b|\bCCr\b",
        _GE,
        _LE,
    ),
    ("creatinine", r"(?:serum )?creatinine(?! clearance)", _LE, _GE),
    ("bilirubin", r"(?:total |serum )?bilirubin", _LE, _GE),
    (
        "aminotransferases",
        r"\bALT\b|\bAST\b|alanine (?:amino)?transferase|aspartate (?:amino)?transferase"
        r"|transaminases?|aminotransferases?",
        _LE,
        _GE,
    ),
    ("prothrombin time ratio", r"\bINR\b|international normali[sz]ed ratio", _LE, _GE),
    ("QT interval", r"QTc?F?(?: interval)?", _LE, _GE),
    ("ejection fraction", r"(?:left ventricular )?ejection fraction|\bLVEF\b", None, _LE),
    ("life expectancy", r"life expectancy|expected survival", _GE, _LE),
    ("C-reactive protein", r"C-reactive protein|\bCRP\b", None, None),
    ("ferritin", r"ferritin", None, None),
    ("D-dimer", r"D-?dimer", None, None),
    ("lymphocytes", r"lymphocytes?(?: counts?)?", None, None),
    ("body mass index", r"body mass index|\bBMI\b", None, None),
    ("blood pressure", r"(?:systolic |diastolic )?blood pressure|\b[SD]BP\b", None, None),
    ("HbA1c", r"HbA1c|glycated ha?emoglobin", None, None),
    ("age", r"\bage(?:d)?\b", None, None),
)
_SIGN = (
    r"(?:\s?(?:level|count|value|ratio|score|of|is|was|at rest|on room air|\([^()]{0,40}\))){0,3}"
    r"\s{0,3}(?P<sign>(?<![<>≤≥=!])=(?![=<>≤≥])|(?<=\s)\?)\s{0,3}(?P<number>\d{1,6}(?:[.,]\d{1,3})?)"
    r"(?!\d|[.,]\d)"
    r"(?!\s?(?:-|–|to\b|~)\s?\d)"
    r"(?P<unit>\s?(?:%|mm\s?hg|kpa|years?(?: old)?|times|breaths|bpm|µ?g|mg|ml|g|×|x\s?10|/"
    r"|U/L|IU/L)[^\s,;.)]{0,12})?"
)
_LOST = tuple(
    (name, re.compile(rf"(?P<name>{pattern}){_SIGN}", re.IGNORECASE), low, high)
    for name, pattern, low, high in _QUANTITIES
)
_SIDES = {_LE: "at most", _GE: "at least"}

_SUPER = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOST_SUPERSCRIPT = re.compile(
    r"(?<![\w.,])(?P<head>(?:\d{1,4}(?:\.\d{1,3})?\s?(?:-|–|to)\s?)?\d{1,4}(?:\.\d{1,3})?\s?[×xX*]\s?10"
    r"|(?<!\d\s)10)(?P<gap>\s?)(?P<power>[3-9]|1[0-4])(?=\s?(?:/\s?(?:L|l|kg|m?L|µL|μL|ml)\b"
    r"|\w{0,12}\s?(?:stem |stromal |mesenchymal |viable |T )?cells?\b|cells?\b"
    r"|(?:MSC|UC-MSC|hUC-MSC)s?\b|exosomes?\b|particles?\b|vesicles?\b|platelets\b|copies\b|PFU\b|CFU\b|IU\b|vp\b|vg\b"
    r"|per (?:L|kg|m?L|litre|kilogram)\b))"
)
_CELLS_PER = re.compile(r"\s?(?:\w{1,12}\s)?cells?\s?(?:/|per\b)", re.IGNORECASE)


_PROSE = (
    *("public_title", "scientific_title", "brief_summary", "detailed_description"),
    *("interventions", "arms", "intervention_model", "study_design"),
    *("inclusion_criteria", "exclusion_criteria", "eligibility_text"),
    *("primary_outcomes", "secondary_outcomes", "other_outcomes"),
)
"""Where doses, counts and thresholds stand; sites, references and terms are not read for them."""


class _Text(NamedTuple):
    """A stated text as received, the concept it belongs to, and where it stands."""

    concept: str
    words: str
    passage: Passage | None


def suggest(trial: Trial, text: str = "") -> tuple[Suggestion, ...]:
    """Repairs for one trial, in the order of its concepts.

    `text` is the received text that spans count in; without it passages are paths into a record,
    and a suggestion carries the path of the value it is about.
    """
    texts = {concept: tuple(_texts(concept, getattr(trial, concept), text)) for concept in _PROSE}
    found: list[Suggestion] = []
    for concept, inclusion in (("inclusion_criteria", True), ("exclusion_criteria", False)):
        for item in texts[concept]:
            found += _operators(item, inclusion)
        found += _run_on(concept, getattr(trial, concept), texts[concept])
    if not (texts["inclusion_criteria"] and texts["exclusion_criteria"]):  # else said above
        for item in texts["eligibility_text"]:
            found += _eligibility(item)
    found += _phase(trial)
    found += _counts(trial)
    for items in texts.values():
        for item in items:
            found += superscripts(item.concept, item.words, item.passage)
    return tuple(dict.fromkeys(found))


def _texts(concept: str, item: Any, text: str) -> Iterator[_Text]:
    """The innermost stated texts of a concept."""
    if isinstance(item, Value):
        if isinstance(item.content, str) and item:
            words = item.raw if item.raw is not None else item.content
            yield _Text(concept, words, item.passage)
        elif isinstance(item.content, tuple):
            for part in item.content:
                yield from _texts(concept, part, text)
    elif isinstance(item, tuple):
        for part in item:
            yield from _texts(concept, part, text)
    elif isinstance(item, msgspec.Struct) and not isinstance(item, Passage):
        for name in item.__struct_fields__:
            yield from _texts(concept, getattr(item, name), text)


def _passage(passage: Passage | None, start: int, end: int) -> Passage | None:
    """A part of a passage; the whole of it where it is a path."""
    if passage is None or passage.start < 0:
        return passage
    return Passage(passage.start + start, passage.start + end, passage.path)


def _operators(item: _Text, inclusion: bool | None) -> Iterator[Suggestion]:
    """Equality with a threshold of a continuous quantity, which no one can be asked to meet."""
    if "=" not in item.words and "?" not in item.words:
        return  # most criteria: nothing to look at closely
    taken: list[tuple[int, int]] = []
    for name, pattern, low, high in _LOST:
        for match in pattern.finditer(item.words):
            start, end = match.span()
            if any(a < end and start < b for a, b in taken):
                continue
            taken.append((start, end))
            sign = low if inclusion else high
            if name == "age":
                sign = _age_sign(match["number"], inclusion)
            if inclusion is None:
                sign = None
            yield _operator(item, match, name, sign, inclusion)


def _age_sign(number: str, inclusion: bool | None) -> str | None:
    """Adults begin at 16 to 21 and limits of old age lie from 55 on; between, either may be."""
    years = float(number.replace(",", "."))
    if years <= 21:
        return _GE if inclusion else _LE
    if years >= 55:
        return _LE if inclusion else _GE
    return None


def _operator(
    item: _Text, match: re.Match[str], name: str, sign: str | None, inclusion: bool | None
) -> Suggestion:
    received = match.group()
    at = match.start("sign") - match.start()
    before, after = received[:at], received[at + 1 :]
    lists = {True: "an inclusion criterion", False: "an exclusion criterion"}
    where = (
        lists.get(inclusion, "an eligibility criterion")
        if inclusion is not None
        else ("an eligibility criterion")
    )
    lost = "equality with an exact value" if match["sign"] == "=" else "a question mark"
    reason = (
        f"{lost} is implausible for {name} in {where}; exports are known to turn ≤ and ≥ into "
        f'"{match["sign"]}". '
    )
    if sign is None:
        suggested = f"{before}{_LE}{after} or {before}{_GE}{after}"
        reason += "The text alone does not tell which of the two was meant."
    else:
        suggested = f"{before}{sign}{after}"
        reason += f"Such a criterion usually asks for {_SIDES[sign]} the number."
    return Suggestion(
        concept=item.concept,
        received=received,
        suggested=suggested,
        reason=reason,
        rule="lost-operator/1",
        passage=_passage(item.passage, match.start(), match.end()),
    )


_EXCLUSION = re.compile(r"\bexclusion criteria\b|\bexclud(?:ed|e)\s?(?:if|:)", re.IGNORECASE)
_INCLUSION = re.compile(r"\binclusion criteria\b", re.IGNORECASE)


def _eligibility(item: _Text) -> Iterator[Suggestion]:
    """Lost operators in a text that holds both lists, each judged by the heading above it."""
    marks = sorted(
        [(m.start(), True) for m in _INCLUSION.finditer(item.words)]
        + [(m.start(), False) for m in _EXCLUSION.finditer(item.words)]
    )
    edges = [(0, None), *marks] if not marks or marks[0][0] else marks
    for place, (start, inclusion) in enumerate(edges):
        end = edges[place + 1][0] if place + 1 < len(edges) else len(item.words)
        part = _Text(item.concept, item.words[start:end], _passage(item.passage, start, end))
        yield from _operators(part, inclusion)


def _run_on(concept: str, value: Value[Any], items: Sequence[_Text]) -> Iterator[Suggestion]:
    """One block that holds several criteria."""
    if not value or len(items) != 1:
        return
    item = items[0]
    parted = split(item.words)
    if parted is None:
        return
    pieces = [" ".join(item.words[start:end].split()) for start, end in parted.spans]
    yield Suggestion(
        concept=concept,
        received=item.words,
        suggested="\n".join(pieces),
        reason=f"one block holds {len(pieces)} criteria: {parted.reason}.",
        rule="run-on-criteria/1",
        passage=item.passage,
    )


def _phase(trial: Trial) -> Iterator[Suggestion]:
    """A title that names other phases than the field does."""
    field = trial.phase
    if not field or not field.content:
        return
    for title, name in (
        (trial.public_title, "public title"),
        (trial.scientific_title, "scientific title"),
    ):
        said = phases(title.content or "")
        if said and said != field.content:
            yield Suggestion(
                concept="phase",
                received=" ".join((field.raw or ", ".join(field.content)).split()),
                suggested="Phase " + "/Phase ".join(said),
                reason=f"the {name} says phase {' and '.join(said)}, the field says "
                f"{' and '.join(field.content)}.",
                rule="phase-conflict/1",
                passage=field.passage,
            )
            return


def _counts(trial: Trial) -> Iterator[Suggestion]:
    """A second count on the same record that differs from the field's."""
    arms = len(trial.arms.content or ()) if trial.arms else None
    for concept, field, words, said in (
        ("enrollment", trial.enrollment, "participants", trial.enrollment.content),
        ("arms", trial.arms, "patient groups", arms),
    ):
        for label in trial.other:
            plain = (label.value.content or "").replace(",", "")
            if not label.label.endswith(": " + words) or not plain.isdecimal() or said is None:
                continue
            if len(plain) < 10 and int(plain) != said:
                yield Suggestion(
                    concept=concept,
                    received=str(said),
                    suggested=str(int(plain)),
                    reason=f"the record states {said} in one place and {int(plain)} {words} in "
                    "another.",
                    rule="count-conflict/1",
                    passage=label.value.passage or field.passage,
                )


def superscripts(concept: str, words: str, passage: Passage | None) -> Iterator[Suggestion]:
    """Powers of ten whose exponent was flattened: "10⁷ cells" written "107 cells"."""
    if "10" not in words:
        return
    for match in _LOST_SUPERSCRIPT.finditer(words):
        head, power = match["head"], match["power"]
        factor = re.search(r"\s?[×xX*]\s?10\Z", head)
        suggested = head[: factor.start()] + " × 10" if factor else head
        if not factor and not _CELLS_PER.match(words, match.end()):
            continue  # a hundred and some cells may have been counted
        yield Suggestion(
            concept=concept,
            received=match.group(),
            suggested=suggested + power.translate(_SUPER),
            reason=f"10{power} stands before a unit that is counted in powers of ten: the exponent "
            "has probably lost its raised position.",
            rule="lost-superscript/1",
            passage=_passage(passage, match.start(), match.end()),
        )
