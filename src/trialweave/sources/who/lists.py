"""The lists in a WHO-format record, which registers run together in one text each.

Splitting is by signs that a register itself puts between items. Where none is certain the text
stays whole: a wrong cut would make an outcome of half a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trialweave.model import (
    Arm,
    Intervention,
    Labelled,
    Missingness,
    Outcome,
    Reference,
    RegistryNumber,
    Value,
)
from trialweave.model.identifiers import find, normalise
from trialweave.sources.who.text import Cell
from trialweave.sources.who.values import (
    GROUPS,
    IDENTIFIER,
    LIST,
    Row,
    items,
    listed,
    missing,
    text,
    without,
)
from trialweave.sources.words import MOST, group_sizes, plain

__all__ = [
    "arms",
    "asides",
    "conditions",
    "countries",
    "enrolment",
    "interventions",
    "outcomes",
    "references",
    "secondary_ids",
]

Texts = Value[tuple[Value[str], ...]]

_SEMICOLON = re.compile(r"[;\n；]")
_BETWEEN = re.compile(r"[;\n；]|,\s(?=[A-Z])")
_CODED = re.compile(
    r"-?(?P<code>[A-Z]\d{2}(?:\.?[\dA-Z]{1,4}+){0,8}+(?:-[A-Z]\d{2})?|[A-Z]{2}\d{2}(?:\.[\dA-Z]{1,3})?"
    r"|\d{8})(?:\s?[-–:]\s?(?P<name>\S[^;\n]*))?",
)
_MEDDRA = re.compile(
    r"(?:MedDRA version|Level|System Organ Class)\s?:[^\n]*|Therapeutic area\s?:[^;\n]*"
)
_CLASSIFIED = re.compile(r"Classification code\s{1,3}(?P<code>\d{4,10})(?:\s{1,3}Term:.*)?")
_NUMBERED = re.compile(r"(?:Health )?Condition \d{1,2}:\s*", re.IGNORECASE)
_TYPED = re.compile(
    r"(?:^|;)\s*(?P<type>Drug|Device|Biological|Procedure|Radiation|Behaviou?ral|Genetic|Other"
    r"|Dietary Supplement|Combination Product|Diagnostic Test)\s?:\s?"
)
_INTERVENTION_MARK = re.compile(r"(?:^|[\s;.])Intervention\s?\d{1,2}\s?:\s?", re.IGNORECASE)
_PRODUCT_MARK = re.compile(r"(?:Trade|Product) Name\s?:", re.IGNORECASE)
_PART = re.compile(
    r"(?P<time>Time\s?points?(?:\(s\) of evaluation of this end ?point)?|Time\s?frame)\s?:\s?"
    r"|(?P<method>Method of measurements?)\s?:\s?"
    r"|(?P<none>Main Objective|Secondary Objectives?)\s?:\s?"
    r"|(?P<measure>(?:Primary|Secondary) end ?points?(?:\(s\))?)\s?:\s?",
    re.IGNORECASE,
)
_FRAME = re.compile(r"\[\s?Time\s?frame\s?:?(?P<time>[^\[\]]{1,300})\]", re.IGNORECASE)
_MOST_GROUPS = 200
_MOST_NUMBERS = 500
_PAPERS = ("doi", "pmid")


def countries(row: Row) -> Texts:
    """Countries as written, each once."""
    return listed(items(row.all("countries"), _SEMICOLON), row.missing("countries", LIST))


def conditions(row: Row) -> tuple[Texts, Texts]:
    """Conditions in words, and the codes that stand among them or in fields of their own."""
    words: list[Cell] = []
    codes: list[Cell] = list(row.all("hc_code"))
    for part in items(row.all("conditions"), _SEMICOLON):
        flat = part.flat()
        numbered = _NUMBERED.match(flat)
        if numbered:
            part = part.part(numbered.end(), len(flat))
            flat = part.flat()
        if classified := _CLASSIFIED.search(flat):
            codes.append(part.part(*classified.span("code")))
        elif coded := _CODED.fullmatch(flat):
            codes.append(part.part(*coded.span("code")))
            if coded["name"]:
                words.append(part.part(*coded.span("name")))
        elif not flat.startswith("Term:") and not _MEDDRA.fullmatch(flat):
            words.append(part)
    return (
        listed(items(words), row.missing("conditions", LIST)),
        listed(items(codes), row.missing("hc_code", LIST)),
    )


def enrolment(cell: Cell) -> Value[int]:
    """A sample size; where groups are given, their sum, and the text beside it."""
    stands = cell.read()
    bare = stands.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+", stands) else stands
    if re.fullmatch(r"\d{1,10}(?:\.0)?", bare):
        return _count(int(bare.removesuffix(".0")), cell, "who.count/1")
    groups = group_sizes(cell.flat())
    if groups is None:
        return Value(None, Missingness.UNREADABLE, cell.passage(), "who.count/1", cell.raw)
    return _count(sum(group.size for group in groups), cell, GROUPS)


def _count(number: int, cell: Cell, rule: str) -> Value[int]:
    if number > MOST:
        return Value(None, Missingness.UNREADABLE, cell.passage(), rule, cell.raw)
    return Value(number, Missingness.STATED, cell.passage(), rule, cell.raw)


def arms(row: Row) -> Value[tuple[Arm, ...]]:
    """The groups that a sample size names, with their sizes."""
    size = row.one("target_size")
    groups = group_sizes(size.flat()) if size is not None else None
    if size is None or not groups or not all(group.label for group in groups):
        return Value() if "i_freetext" not in row.known else missing(LIST)
    made = []
    for group in groups:
        whole = size.part(group.start, group.end)
        label = size.part(group.start, group.start + _label_length(whole))
        counted = whole.part(len(whole.raw.rstrip("0123456789")), len(whole.raw))
        made.append(
            Arm(
                label=text(label),
                size=Value(group.size, Missingness.STATED, counted.passage(), GROUPS, counted.raw),
            )
        )
    return Value(tuple(made), Missingness.STATED, size.passage(), GROUPS)


def _label_length(whole: Cell) -> int:
    return len(whole.raw.rstrip("0123456789").rstrip(" :：\t"))


def interventions(row: Row) -> Value[tuple[Intervention, ...]]:
    """Interventions, one an item where the register marks items."""
    made: list[Intervention] = []
    given = row.one("i_freetext")
    if given is not None and plain(given.read()) in ("na", "none", "nil", "notapplicable", "no"):
        return Value(None, Missingness.NOT_APPLICABLE, given.passage(), LIST, given.raw)
    labels = [arm.label.content or "" for arm in arms(row).content or ()]
    for cell in row.all("i_freetext"):
        made += _given(cell, labels)
    if not made:
        return row.missing("i_freetext", LIST)
    return Value(tuple(made), Missingness.STATED, row.all("i_freetext")[0].passage(), LIST)


def _given(cell: Cell, labels: list[str]) -> Iterator[Intervention]:
    flat = cell.flat()
    typed = list(_TYPED.finditer(flat))
    if typed and typed[0].start() == 0:
        for match, end in zip(typed, _ends(typed, flat), strict=True):
            kind = cell.part(*match.span("type"))
            yield Intervention(name=text(cell.part(match.end(), end)), type=_small(kind))
        return
    grouped = _grouped(flat, labels)
    if grouped:
        for (start, after), (end, _) in zip(grouped, [*grouped[1:], (len(flat), 0)], strict=True):
            label = cell.part(start, after - 1)
            given = cell.part(after, len(flat[:end].rstrip(" ;\n")))
            if given.raw:
                name = label.read()
                yield Intervention(
                    name=text(given),
                    arm_labels=Value((name,), Missingness.STATED, label.passage(), LIST, label.raw),
                )
        return
    marks = list(_INTERVENTION_MARK.finditer(flat)) or list(_PRODUCT_MARK.finditer(flat))
    if len(marks) > 1 and not flat[: marks[0].start()].strip():
        by_product = flat[marks[0].start() : marks[0].end()].strip().endswith("Name:")
        for match, end in zip(marks, _ends(marks, flat), strict=True):
            yield Intervention(
                name=text(cell.part(match.start() if by_product else match.end(), end))
            )
        return
    yield Intervention(name=text(cell))


def _ends(matches: list[re.Match[str]], flat: str) -> list[int]:
    return [*(match.start() for match in matches[1:]), len(flat)] if matches else []


def _small(cell: Cell) -> Value[str]:
    return Value(cell.raw.lower(), Missingness.STATED, cell.passage(), LIST, cell.raw)


def _grouped(flat: str, labels: list[str]) -> list[tuple[int, int]]:
    """Where each group's label stands before a colon; nothing unless the text begins with one."""
    found: list[tuple[int, int]] = []
    at = 0
    small = flat.lower()
    if len(small) != len(flat) or len(labels) > _MOST_GROUPS:
        return []
    for label in labels:
        if not label:
            return []
        position = small.find(label.lower(), at)
        while position >= 0:
            after = position + len(label)
            rest = flat[after : after + 4]
            before = flat[:position].rstrip()
            if rest.lstrip()[:1] in (":", "：") and (not before or before[-1] in ";；\n"):
                found.append((position, after + rest.index(rest.lstrip()[0]) + 1))
                at = after
                break
            position = small.find(label.lower(), after)
        else:
            return []
    return found if found and not flat[: found[0][0]].strip() else []


def outcomes(row: Row, name: str) -> Value[tuple[Outcome, ...]]:
    """Registered outcomes with their time points, where the register labels them."""
    made: list[Outcome] = []
    for cell in row.all(name):
        for part in _separate(cell):
            outcome = _outcome(part)
            if outcome is not None:
                made.append(outcome)
    if not made:
        return row.missing(name, LIST)
    return Value(tuple(made), Missingness.STATED, row.all(name)[0].passage(), LIST)


_REACH = 2000  # characters in which the next semicolon is looked for
_BRACKET_OR_END = re.compile(r"[()\[\];；]")
_TIME = re.compile(r"Time\s?(?:points?|frame)\s?:", re.IGNORECASE)


def _separate(cell: Cell) -> Iterator[Cell]:
    """The outcomes of one text: at semicolons, but never leaving a labelled part alone."""
    flat = cell.flat()
    if _PART.search(flat) and re.search(r"objective|end ?point", flat, re.IGNORECASE):
        yield cell
        return
    labelled = _TIME.search(flat) is not None
    start = before = 0
    has_time = False
    for end in _cuts(flat):
        # what has no time point of its own is the rest of what has one
        has_time = has_time or _TIME.search(flat, before, end) is not None
        before = end
        if labelled and not (has_time and _TIME.search(_next(flat, end))):
            continue
        has_time = False
        if flat[start:end].strip():
            yield cell.trimmed(flat, start, end)
        start = end + 1
    if flat[start:].strip(" ;；\n"):
        yield cell.trimmed(flat, start, len(flat))


def _cuts(flat: str) -> Iterator[int]:
    """Where semicolons stand that are not inside brackets."""
    depth = 0
    for match in _BRACKET_OR_END.finditer(flat):
        sign = match.group()
        if sign in ";；":
            if not depth:
                yield match.start()
        else:
            depth = max(0, depth + (1 if sign in "([" else -1))


def _next(flat: str, end: int) -> str:
    """What stands between a semicolon and the next one."""
    after = flat.find(";", end + 1, end + _REACH)
    return flat[end + 1 : after if after >= 0 else end + _REACH]


def _outcome(cell: Cell) -> Outcome | None:
    flat = cell.flat()
    parts = list(_PART.finditer(flat))
    measure = cell.part(0, parts[0].start() if parts else len(flat))
    found: dict[str, Value[str]] = {}
    for match, end in zip(parts, _ends(parts, flat), strict=True):
        kind = match.lastgroup or ""
        content = text(cell.part(match.end(), len(flat[:end].rstrip(" ;\n"))))
        if content:
            found.setdefault(kind, content)
    if not parts and (frame := _FRAME.search(flat)):
        found["time"] = text(cell.part(*frame.span("time")))
        measure = cell.part(0, frame.start())
    stated = text(without(measure, " ;.；\n"))
    stated = found.get("measure", stated)
    if not stated:
        return None
    nothing: Value[Any] = missing(LIST)
    return Outcome(
        measure=stated, time_frame=found.get("time", nothing), method=found.get("method", Value())
    )


def secondary_ids(row: Row) -> Value[tuple[RegistryNumber, ...]]:
    """Other numbers, with the authority that gave them; the WHO's universal number among them."""
    numbers = [
        _number(cell, kind)
        for cell, kind in (
            *((cell, "universal trial number") for cell in row.all("utrn")),
            *((part, _authority(row, part)) for part in items(row.all("sec_id"), _BETWEEN)),
        )
    ]
    stated = tuple(number for number in numbers if number is not None)
    if not stated:
        return row.missing("sec_id", LIST)
    passage = stated[0].value.passage
    return Value(stated, Missingness.STATED, passage, LIST)


_NO_NUMBER = re.compile(r"(?:nil|none|no|n/?a|not applicable|nil known|[-–. ]*)", re.IGNORECASE)


def _number(cell: Cell, kind: str) -> RegistryNumber | None:
    stands = cell.read()
    if _NO_NUMBER.fullmatch(stands) or len(stands) > 200:
        return None
    known = normalise(stands)
    if known is not None and (known.scheme in _PAPERS or (known.scheme == "nl" and not kind)):
        known = None
    content = known.value if known else stands
    raw = None if content == cell.raw else cell.raw
    value = Value(content, Missingness.STATED, cell.passage(), IDENTIFIER, raw)
    return RegistryNumber(value, known.scheme if known else "", kind)


def _authority(row: Row, number: Cell) -> str:
    """The authority that stands behind a number and before the next."""
    if number.start < 0 or len(row.all("sec_id")) > _MOST_NUMBERS:
        return ""
    following = [c.start for c in row.all("sec_id") if c.start > number.start]
    for cell in row.all("issuing_authority"):
        if number.start < cell.start < min(following, default=cell.start + 1):
            return cell.read()[:120]
    return ""


def references(row: Row) -> Value[tuple[Reference, ...]]:
    """Publications among the links to results and to the protocol."""
    made = []
    for name, kind in (("results_url_link", "result"), ("results_url_protocol", "")):
        for cell in row.all(name):
            for mention in find(cell.raw, _PAPERS):
                part = cell.part(mention.start, mention.end)
                number = Value(
                    mention.identifier.value,
                    Missingness.STATED,
                    part.passage(),
                    IDENTIFIER,
                    None if part.raw == mention.identifier.value else part.raw,
                )
                why: Value[str] = (
                    Value(kind, Missingness.STATED, cell.passage(), LIST, cell.raw)
                    if kind
                    else Value()
                )
                made.append(
                    Reference(**{mention.identifier.scheme: number}, kind=why, citation=text(cell))
                )
    if not made:
        return row.missing("results_url_link", LIST)
    return Value(tuple(made), Missingness.STATED, made[0].citation.passage, LIST)


def asides(row: Row) -> list[Labelled]:
    """What stands in the fields for outcomes and is none: objectives."""
    found = []
    for name in ("primary_outcome", "secondary_outcome"):
        for cell in row.all(name):
            flat = cell.flat()
            parts = list(_PART.finditer(flat))
            for match, end in zip(parts, _ends(parts, flat), strict=True):
                content = text(cell.part(match.end(), len(flat[:end].rstrip(" ;\n"))))
                if match["none"] and content:
                    found.append(Labelled(match["none"].lower(), content))
    return found
