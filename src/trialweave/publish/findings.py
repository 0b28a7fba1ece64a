"""The findings of a study as one table: a row each, every cell with where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from trialweave.errors import NotFound
from trialweave.model import Edit, Finding, Passage, Study
from trialweave.publish.csv_table import csv_text
from trialweave.publish.state import State
from trialweave.publish.xlsx import workbook
from trialweave.results.cells import ARM_CELLS, FINDING_CELLS, cells_of, letters, passage_of
from trialweave.store.corrections import read_settled
from trialweave.studies.corrected import RULE, Settled, Standing

__all__ = [
    "FORMS",
    "ArmRow",
    "FindingCell",
    "FindingRow",
    "FindingsView",
    "exported",
    "finding_row",
    "findings_view",
    "rejected_of",
    "settled_in",
]

FORMS = (".csv", ".jsonl", ".xlsx")
"""The endings of files that the table can be written to."""

Origin = Literal["stated", "recovered", "classified", "by hand"]
_CLASSIFIED = ("family", "role", "change")


class FindingCell(msgspec.Struct, frozen=True):
    """One cell: its name, its text, how it is known, and the smallest passage known to hold it.

    "recovered" is what the printed numbers determine, "classified" what a rule makes of the
    record's words, "by hand" what a person says; `read` is
    then what was read, "" where nothing was. `disputed` is true where people differ.
    """

    name: str  # see `results.cells`
    text: str
    origin: Origin = "stated"
    start: int = -1
    end: int = -1
    path: str = ""
    read: str | None = None
    disputed: bool = False


class ArmRow(msgspec.Struct, frozen=True):
    """One group of a finding; `letter` is how its cells begin."""

    letter: str
    label: str
    role: str
    cells: tuple[FindingCell, ...]
    recovery: str = ""  # how what is recovered follows


class FindingRow(msgspec.Struct, frozen=True):
    """One finding. `address` asks `why` for its sentence; `cells` are those that are not of a
    group."""

    finding_id: str
    study_id: str
    record_id: str
    source_title: str
    version: int
    state: Literal["as read", "corrected", "entered", "rejected"]
    kind: str
    outcome: str
    family: str
    time: str
    population: str
    cells: tuple[FindingCell, ...]
    arms: tuple[ArmRow, ...]
    p: str
    effect: str
    rule: str
    source: str
    note: str
    address: str
    start: int
    end: int
    path: str
    edits: tuple[Edit, ...] = ()
    because: str = ""  # of a rejected one: why


class MisfitRow(msgspec.Struct, frozen=True):
    """A correction that does not fit any more, and is not applied."""

    number: int
    record_id: str
    why: str


class FindingsView(msgspec.Struct, frozen=True):
    """The findings of a study, also those that people rejected, and corrections that do not fit."""

    study: Study
    family: str  # that was asked for, "" for all
    families: dict[str, int]  # how many findings each has, of all
    findings: tuple[FindingRow, ...]
    misfits: tuple[MisfitRow, ...]
    generation: int
    written: str = ""


def settled_in(state: State) -> dict[str, Settled]:
    """What followed from corrections, by record."""
    found = read_settled(state.generation.path, Settled)
    return {each.record_id: each for each in found}


def rejected_of(state: State, study: Study) -> tuple[Finding, ...]:
    """The findings of a study that people rejected, as they would stand."""
    settled = settled_in(state)
    return tuple(
        finding
        for name in study.record_ids
        if name in settled
        for finding in settled[name].rejected
    )


def findings_view(
    state: State,
    study: Study,
    reasons: Mapping[int, str],
    *,
    family: str = "",
    written: str = "",
) -> FindingsView:
    """The findings of `study`; `reasons` are those of corrections, by number.

    Raises NotFound where none is of the `family` asked for.
    """
    settled = settled_in(state)
    mine = [settled[name] for name in study.record_ids if name in settled]
    every = [*state.findings_of(study), *rejected_of(state, study)]
    order = {name: at for at, name in enumerate(study.record_ids)}
    every.sort(key=lambda finding: order[finding.record_id])
    families: dict[str, int] = {}
    for finding in every:
        name = finding.family or "none"
        families[name] = families.get(name, 0) + 1
    asked = family.strip()
    if asked and asked.casefold() not in {name.casefold() for name in families}:
        raise NotFound(
            f"no finding of this study is of the family {asked!r}.",
            where=study.study_id,
            next_step=f"Its families: {', '.join(families)}."
            if families
            else "No record of it states a result that could be read.",
        )
    standings: dict[str, list[Standing]] = {}
    for each in mine:
        for standing in each.standings:
            standings.setdefault(standing.finding_id, []).append(standing)
    titles = {row.record_id: row for row in map(state.row, state.members(study))}
    rows = tuple(
        finding_row(
            finding,
            study_id=study.study_id,
            source_title=titles[finding.record_id].source_title,
            version=titles[finding.record_id].version,
            standings=standings.get(finding.finding_id, ()),
            reasons=reasons,
        )
        for finding in every
        if not asked or (finding.family or "none").casefold() == asked.casefold()
    )
    misfits = tuple(
        MisfitRow(misfit.number, each.record_id, misfit.why)
        for each in mine
        for misfit in each.misfits
    )
    return FindingsView(study, asked, families, rows, misfits, state.generation.number, written)


def finding_row(
    finding: Finding,
    *,
    study_id: str = "",
    source_title: str = "",
    version: int = 1,
    standings: Sequence[Standing] = (),
    reasons: Mapping[int, str] | None = None,
) -> FindingRow:
    """One finding as a row."""
    edited = {edit.cell: edit for edit in finding.edits}
    disputed = {each.cell for each in standings if each.outcome == "in dispute"}
    out = next((each for each in standings if each.outcome == "rejected"), None)
    texts = cells_of(finding)
    recovered = {
        f"{letter}.{name}"
        for letter, arm in zip(letters(len(finding.arms)), finding.arms, strict=True)
        for name, origin in (("events", arm.events_origin), ("n", arm.n_origin))
        if origin == "recovered"
    }

    def cell(name: str) -> FindingCell:
        where = passage_of(finding, name) or Passage()
        origin: Origin = "recovered" if name in recovered else "stated"
        if finding.rule == RULE or (name in edited and edited[name].counted):
            origin = "by hand"
        elif name.rpartition(".")[2] in _CLASSIFIED:
            origin = "classified"
        return FindingCell(
            name,
            texts.get(name, ""),
            origin,
            where.start,
            where.end,
            where.path,
            edited[name].read if name in edited else None,
            name in disputed,
        )

    shown = [*texts, *(name for name in (*edited, *sorted(disputed)) if name and name not in texts)]
    where = finding.passage or Passage()
    effect = finding.effect
    state: Literal["as read", "corrected", "entered", "rejected"] = "as read"
    if out is not None:
        state = "rejected"
    elif finding.rule == RULE:
        state = "entered"
    elif finding.edits:
        state = "corrected"
    return FindingRow(
        finding_id=finding.finding_id,
        study_id=study_id,
        record_id=finding.record_id,
        source_title=source_title,
        version=version,
        state=state,
        kind=finding.kind,
        outcome=finding.outcome,
        family=finding.family,
        time=finding.time,
        population=finding.population,
        cells=tuple(cell(name) for name in shown if name in FINDING_CELLS),
        arms=tuple(
            ArmRow(
                letter,
                arm.label,
                arm.role,
                tuple(cell(name) for name in shown if name.startswith(f"{letter}.")),
                arm.recovery,
            )
            for letter, arm in zip(letters(len(finding.arms)), finding.arms, strict=True)
        ),
        p=texts.get("p", ""),
        effect=""
        if effect is None
        else f"{effect.measure} {effect.estimate}"
        + (f" ({effect.lower} to {effect.upper})" if effect.lower and effect.upper else ""),
        rule=finding.rule,
        source=finding.source,
        note=finding.note,
        address=finding.finding_id,
        start=where.start,
        end=where.end,
        path=where.path,
        edits=finding.edits,
        because=""
        if out is None
        else "; ".join((reasons or {}).get(number, "") for number in out.counted),
    )


def exported(view: FindingsView, kind: str) -> bytes:
    """The table as a file: ``.csv`` and ``.xlsx`` a row a finding, ``.jsonl`` the rows whole.

    Numbers are numbers where they are counts, else text as printed; nothing in it is run by a
    spreadsheet.
    """
    if kind == ".jsonl":
        return b"".join(msgspec.json.encode(row) + b"\n" for row in view.findings)
    header, rows = _flat(view.findings)
    if kind == ".xlsx":
        return workbook("findings", header, rows)
    return csv_text(header, rows).encode("utf-8")


_COUNTS = ("events", "n")
_FLAT_ARM = tuple(ARM_CELLS)


def _flat(findings: Sequence[FindingRow]) -> tuple[list[str], list[list[str | int | None]]]:
    named = letters(max((len(row.arms) for row in findings), default=0))
    header = [
        *("finding_id", "study_id", "record_id", "source", "version", "state", "kind"),
        *FINDING_CELLS,
        "where",
    ]
    for letter in named:
        header += [f"{letter}.{name}" for name in _FLAT_ARM]
        header += [f"{letter}.recovered", f"{letter}.where"]
    header += ["p.where", "effect.where", "rule", "taken_from", "note", "corrected", "because"]
    rows: list[list[str | int | None]] = []
    for row in findings:
        own = {cell.name: cell for cell in row.cells}
        told: list[str | int | None] = [
            *(row.finding_id, row.study_id, row.record_id, row.source_title),
            *(row.version, row.state, row.kind),
            *(own[name].text if name in own else "" for name in FINDING_CELLS),
            _where(row),
        ]
        for at in range(len(named)):
            told += _flat_arm(row.arms[at]) if at < len(row.arms) else [""] * (len(_FLAT_ARM) + 2)
        effect = next((own[name] for name in own if name.startswith("effect.")), None)
        told += [_where(own["p"]) if "p" in own else "", _where(effect) if effect else ""]
        told += [row.rule, row.source, row.note]
        told += ["; ".join(f"{e.cell}: {e.says or 'empty'}, read {e.read or 'nothing'}"
                           for e in row.edits)]  # fmt: skip
        reasons = dict.fromkeys(e.because for e in row.edits)
        told += [row.because or "; ".join(reasons)]
        rows.append(told)
    return header, rows


def _flat_arm(arm: ArmRow) -> list[str | int | None]:
    cells = {cell.name.partition(".")[2]: cell for cell in arm.cells}
    told: list[str | int | None] = []
    for name in _FLAT_ARM:
        text = cells[name].text if name in cells else ""
        told.append(int(text) if text and name in _COUNTS else text)
    recovered = [name for name, cell in cells.items() if cell.origin == "recovered"]
    where = next((_where(cells[name]) for name in ("events", "n", "mean", "median", "percent",
                                                   "label") if name in cells), "")  # fmt: skip
    return [*told, ", ".join(recovered), where]


def _where(place: FindingCell | FindingRow) -> str:
    """``120-134``, a path, or a path and characters in it; "" where it is not known."""
    span = f"{place.start}-{place.end}" if place.start >= 0 else ""
    return f"{place.path} {span}".strip()
