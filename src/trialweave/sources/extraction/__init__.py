"""A reviewer's extraction sheet: JSON lines, one report or registry record on each.

A line says what a person took out of an article or a register, number by number, with where it
stands (``docs/reference/extraction-format.md``). What a line leaves out was not seen by the
reviewer: it is "not reported", never 0 and never "". Numbers that the reviewer worked out
(``derived``) carry the rule ``extraction.derived/1``, all others ``extraction.<concept>/1``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from trialweave.errors import Hostile, InputError, NoIdentifier, TooLarge, Unreadable
from trialweave.model import (
    Arm,
    Draft,
    Intervention,
    Labelled,
    Missingness,
    PartialDate,
    Passage,
    Publication,
    Received,
    RegistryNumber,
    ReportedAnalysis,
    ReportedArm,
    ReportedOutcome,
    Role,
    Trial,
    Value,
    stated,
)
from trialweave.model.identifiers import normalise
from trialweave.sources._source import Source
from trialweave.sources.extraction.sheet import (
    SheetCell,
    SheetLine,
    SheetResult,
    SheetVersion,
)
from trialweave.sources.extraction.words import allocation_of, masking_of, phases_of

__all__ = ["FORMAT", "SOURCE", "read_each", "recognise"]

FORMAT = "trialweave.report/1"
MAX_LINE = 4 * 1024 * 1024  # bytes; a line is one report, so more is no report

T = TypeVar("T")
_VERSION = msgspec.json.Decoder(SheetVersion)
_DECODER = msgspec.json.Decoder(SheetLine)
_HEAD = re.compile(rb'"format"\s{0,20}:\s{0,20}"trialweave\.report/(\d{1,4})"')


def recognise(received: Received) -> bool:
    """True where the first line with anything on it opens an object of this format."""
    head = received.data[: 64 * 1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    line = head.split(b"\n", 1)[0]
    return line.startswith(b"{") and _HEAD.search(line) is not None


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """Yield each line as a draft, or as the error for which it cannot be taken.

    Raises WrongEncoding where the document is not UTF-8, before any line is taken.
    """
    seen: set[str] = set()
    number = 0
    _ = received.text
    for number, start, end in _lines(received.data):
        where = f"{received.name}, line {number}"
        try:
            draft = _draft(received.data, start, end, where)
        except InputError as error:
            yield error
            continue
        if draft.identifier in seen:
            yield Unreadable(f"the key {draft.identifier!r} stands on two lines.", where=where)
            continue
        seen.add(draft.identifier)
        yield draft
    if not number:
        yield Unreadable("it holds no line with a report.", where=received.name)


def _lines(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Number (from 1), start and end byte of each line that is not blank."""
    position = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    number = 0
    while position < len(data):
        number += 1
        newline = data.find(b"\n", position)
        after = len(data) if newline < 0 else newline + 1
        end = len(data) if newline < 0 else newline
        if end > position and data[end - 1 : end] == b"\r":
            end -= 1
        if data[position:end].strip():
            yield number, position, end
        position = after


def _draft(data: bytes, start: int, end: int, where: str) -> Draft:
    if end - start > MAX_LINE:
        raise TooLarge(f"one report takes more than {MAX_LINE} bytes.", where=where)
    try:
        version = _VERSION.decode(data[start:end]).format
        if version != FORMAT:
            raise Unreadable(f"is of format {version!r}; {FORMAT!r} is understood.", where=where)
        line = _DECODER.decode(data[start:end])
    except RecursionError:
        raise Hostile("nested too deeply.", where=where) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{error}.", where=where) from None
    if not line.key.strip():
        raise NoIdentifier("the key is empty.", where=where)
    if line.kind == "registration" and not line.registrations:
        raise NoIdentifier("a registration needs its number in `registrations`.", where=where)
    body = _trial(line) if line.kind == "registration" else _publication(line)
    return Draft("extraction", line.key, body, start, end)


def _value(content: T | None, concept: str, path: str = "", raw: str | None = None) -> Value[T]:
    """A stated value, or "not reported" where the line leaves the field out or blank."""
    if content is None or content == () or (isinstance(content, str) and not content.strip()):
        return Value(missingness=Missingness.NOT_REPORTED)
    return stated(content, f"extraction.{concept}/1", path=path or concept, raw=raw)


def _read_as(content: T | None, raw: str | None, concept: str) -> Value[T]:
    """A normalised value beside its text; "unreadable" where the text has no known meaning."""
    if not raw:
        return Value(missingness=Missingness.NOT_REPORTED)
    rule = f"extraction.{concept}/1"
    if content is None:
        return Value(
            missingness=Missingness.UNREADABLE, passage=Passage(path=concept), rule=rule, raw=raw
        )
    return stated(content, rule, path=concept, raw=raw)


def _texts(items: Iterable[str], concept: str) -> Value[tuple[Value[str], ...]]:
    values = tuple(_value(text, concept, f"{concept}[{i}]") for i, text in enumerate(items))
    return _value(values, concept)


def _registrations(line: SheetLine) -> tuple[RegistryNumber, ...]:
    numbers = []
    for i, text in enumerate(line.registrations):
        known = normalise(text)
        value = _value(known.value if known else text, "registrations", f"registrations[{i}]", text)
        numbers.append(RegistryNumber(value, scheme=known.scheme if known else ""))
    return tuple(numbers)


def _publication(line: SheetLine) -> Publication:
    doi = normalise(line.doi, "doi") if line.doi else None
    pmid = normalise(line.pmid, "pmid") if line.pmid else None
    return Publication(
        title=_value(line.title, "title"),
        doi=_read_as(doi.value if doi else None, line.doi, "doi"),
        pmid=_read_as(pmid.value if pmid else None, line.pmid, "pmid"),
        kind=_value(line.kind, "kind"),
        published=_value(PartialDate(line.year) if line.year else None, "year"),
        citation=_value(line.label, "label"),
        registrations=_value(_registrations(line), "registrations"),
        report_of=_value(line.report_of, "report_of"),
        trial=_facts(line),
        other=_origins(line),
    )


def _trial(line: SheetLine) -> Trial:
    first, *others = _registrations(line)
    return msgspec.structs.replace(
        _facts(line),
        primary_id=first.value,
        secondary_ids=_value(tuple(others), "registrations"),
        public_title=_value(line.title, "title"),
        other=_treatment(line) + _origins(line),
    )


def _facts(line: SheetLine) -> Trial:
    """What the line says of the trial's design, its arms and its results."""
    enrolment = line.enrolment
    countries = (line.country,) if isinstance(line.country, str) else line.country or ()
    return Trial(
        countries=_texts(countries, "country"),
        conditions=_texts((line.condition,) if line.condition else (), "condition"),
        severity=_value(line.severity, "severity"),
        study_design=_value(line.design, "design"),
        allocation=_read_as(allocation_of(line.design or ""), line.design, "design"),
        masking=_read_as(masking_of(line.masking or ""), line.masking, "masking"),
        who_masked=_texts(line.masked, "masked"),
        phase=_read_as(phases_of(line.phase or ""), line.phase, "phase"),
        enrollment=_value(enrolment.n if enrolment else None, "enrolment", "enrolment.n"),
        enrollment_type=_value(
            enrolment.type if enrolment else None, "enrolment", "enrolment.type"
        ),
        interventions=_interventions(line),
        arms=_arms(line),
        follow_up_days=_value(line.follow_up_days, "follow_up_days"),
        results=_value(
            tuple(_outcome(result, f"results[{i}]", line) for i, result in enumerate(line.results)),
            "results",
        ),
        other=_treatment(line),
    )


def _interventions(line: SheetLine) -> Value[tuple[Intervention, ...]]:
    labels = {
        role: tuple(arm.label for arm in line.arms if arm.role == role)
        for role in ("treatment", "control")
    }
    found = []
    if line.product:
        found.append(
            Intervention(
                name=_value(line.product, "product"),
                description=_value(line.cell_source, "cell_source"),
                arm_labels=_value(labels["treatment"], "arms"),
            )
        )
    if line.control:
        found.append(
            Intervention(
                name=_value(line.control, "control"), arm_labels=_value(labels["control"], "arms")
            )
        )
    return _value(tuple(found), "product")


def _arms(line: SheetLine) -> Value[tuple[Arm, ...]]:
    return _value(
        tuple(
            Arm(
                label=_value(arm.label, "arms", f"arms[{i}].label"),
                type=_value(arm.role, "arms", f"arms[{i}].role"),
                size=_value(arm.size, "arms", f"arms[{i}].size"),
            )
            for i, arm in enumerate(line.arms)
        ),
        "arms",
    )


def _treatment(line: SheetLine) -> tuple[Labelled, ...]:
    """What describes the product and has no item of its own in the WHO's data set."""
    fields: dict[str, Any] = {
        "cell_source": line.cell_source,
        "dose": line.dose,
        "infusions": line.infusions,
        "schedule": line.schedule,
        "route": line.route,
    }
    return tuple(
        Labelled(name.replace("_", " "), _value(text, name)) for name, text in fields.items()
    )


def _origins(line: SheetLine) -> tuple[Labelled, ...]:
    return tuple(
        Labelled(label, _value(text, label + "s", f"{label}s[{i}]"))
        for label, texts in (("source", line.sources), ("note", line.notes))
        for i, text in enumerate(texts)
    )


def _outcome(result: SheetResult, path: str, line: SheetLine) -> ReportedOutcome:
    def at(content: T | None, field: str, raw: str | None = None) -> Value[T]:
        return _value(content, field, f"{path}.{field}", raw)

    single = result.control is None and line.design == "single-arm"
    cells: list[tuple[Role, str, SheetCell]] = []
    if result.treatment is not None:
        cells.append(("single" if single else "treatment", "treatment", result.treatment))
    if result.control is not None:
        cells.append(("control", "control", result.control))
    arms = tuple(_arm(cell, role, f"{path}.{field}", line) for role, field, cell in cells)
    if result.days is not None:
        time = at(f"{result.days:g} days", "days", raw=f"{result.days:g}")
    else:
        time = at(result.time, "time")
    notes = ([f"Derived: {result.derived}."] if result.derived else []) + [result.note or ""]
    analyses: tuple[ReportedAnalysis, ...] = ()
    if result.p or result.effect:
        effect = result.effect
        analyses = (
            ReportedAnalysis(
                groups=tuple(arm.label for arm in arms),
                method=at(result.test, "test"),
                p_value=at(result.p, "p"),
                parameter=at(effect.measure if effect else None, "effect.measure"),
                estimate=at(effect.estimate if effect else None, "effect.estimate"),
                lower=at(effect.lower if effect else None, "effect.lower"),
                upper=at(effect.upper if effect else None, "effect.upper"),
                level=at((effect.level or "95") if effect else None, "effect.level"),
            ),
        )
    return ReportedOutcome(
        title=at(result.outcome, "outcome"),
        time_frame=time,
        population=at(result.population, "population"),
        unit=at(result.unit, "unit"),
        arms=arms,
        analyses=analyses,
        source=result.source or "",
        note=" ".join(filter(None, notes)),
    )


def _arm(cell: SheetCell, role: Role, path: str, line: SheetLine) -> ReportedArm:
    def at(content: T | None, field: str) -> Value[T]:
        concept = "derived" if field in cell.derived else field
        return _value(content, concept, f"{path}.{field}")

    side = "control" if role == "control" else "treatment"
    registered = [arm.label for arm in line.arms if arm.role == side]
    label = cell.label or (registered[0] if len(registered) == 1 else side)
    return ReportedArm(
        label=label,
        role=role,
        n=at(cell.n, "n"),
        events=at(cell.events, "events"),
        percent=at(cell.percent, "percent"),
        number=at(cell.number, "number"),
        mean=at(cell.mean, "mean"),
        median=at(cell.median, "median"),
        dispersion=at(cell.sd, "sd"),
        dispersion_type="SD" if cell.sd is not None else "IQR" if cell.lower is not None else "",
        lower=at(cell.lower, "lower"),
        upper=at(cell.upper, "upper"),
    )


SOURCE = Source(
    name="extraction",
    title="Extraction sheet",
    kind="extraction",
    recognise=recognise,
    read_each=read_each,
)
