"""The four CSV files of RevMan's study-centric import, from an answer.

Study information (a row a study), study arms (a row an arm, with the intervention that it maps
to), study results (a row an arm; an effect reported as such is a row of its own), risk of bias (a
row a result). Files and what a row of each is: documentation.cochrane.org/revman-kb, data
extraction templates for study-centric data. The names of interventions and of the outcome must be
those of the review in RevMan: they are "Treatment", "Control" and the question's outcome here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from trialweave.publish.csv_table import Cell, csv_text
from trialweave.publish.text import fold
from trialweave.synthesis.answer import Row, Synthesis
from trialweave.synthesis.choose import Chosen
from trialweave.synthesis.groups import Group

__all__ = ["FILES", "revman_files"]

FILES: Final = (
    "Study information.csv", "Study arms.csv", "Study results.csv", "Risk of bias.csv",
)  # fmt: skip

_INFORMATION: Final = (
    "Study", "Year", "Char: Methods", "Char: Participants", "Char: Interventions",
    "Char: Outcomes", "Char: Notes", "Cov: Subgroup",
)  # fmt: skip
_ARMS: Final = ("Study", "Arm", "Intervention")
_RESULTS: Final = (
    "Study", "Outcome", "Time point", "Intervention", "Arm", "Comparator", "Data type", "Events",
    "Total", "Mean", "SD", "Effect measure", "Effect estimate", "CI start", "CI end", "CI level",
)  # fmt: skip
_TREATMENT, _CONTROL = "Treatment", "Control"


def revman_files(answer: Synthesis) -> dict[str, str]:
    """The content of each of `FILES`, for the studies in the answer.

    A study's name is its label; where two share one, its number stands behind it. Every number is
    as it was used, worked out or printed: the notes say which.
    """
    chosen = {one.study_id: one for one in answer.selection.chosen}
    names = _names(answer.rows)
    rows = [(names[row.study_id], row, chosen[row.study_id]) for row in answer.rows]
    domains = list(dict.fromkeys(light.domain for row in answer.rows for light in row.lights))
    judged = ("Study", "Outcome", *(f"{domain}: judgement" for domain in domains))
    return {
        FILES[0]: csv_text(_INFORMATION, (_information(*each) for each in rows)),
        FILES[1]: csv_text(_ARMS, (line for each in rows for line in _arms(*each))),
        FILES[2]: csv_text(_RESULTS, (line for each in rows for line in _results(answer, *each))),
        FILES[3]: csv_text(judged, (_judged(answer, domains, *each[:2]) for each in rows)),
    }


def _names(rows: Sequence[Row]) -> dict[str, str]:
    labels = Counter(fold(row.label) for row in rows)
    return {
        row.study_id: label if labels[label] == 1 else f"{label} ({row.study_id})"
        for row in rows
        for label in (fold(row.label),)
    }


def _information(name: str, row: Row, one: Chosen) -> tuple[Cell, ...]:
    notes = [one.why, row.note, *(f"worked out: {text}" for text in one.recovered)]
    notes += [f"{len(row.flags)} flags"] if row.flags else []
    notes += [f"notices: {', '.join(row.notices)}"] if row.notices else []
    groups = f"{fold(one.treatment.label)} against {fold(one.control.label)}"
    outcome = fold(one.outcome) + (f", {fold(one.time)}" if one.time else "")
    people = _people(one.treatment, one.control)
    about = "; ".join(fold(note) for note in notes if note)
    method = one.allocation or "allocation not told"
    return (name, one.year, method, people, groups, outcome, f"{row.study_id}. {about}", row.group)


def _people(treatment: Group, control: Group) -> str:
    sizes = [str(group.n) for group in (treatment, control) if group.n is not None]
    return f"{' and '.join(sizes)} participants" if sizes else ""


def _arms(name: str, row: Row, one: Chosen) -> Iterator[tuple[Cell, ...]]:
    yield name, fold(one.treatment.label) or _TREATMENT, _TREATMENT
    yield name, fold(one.control.label) or _CONTROL, _CONTROL


def _results(answer: Synthesis, name: str, row: Row, one: Chosen) -> Iterator[tuple[Cell, ...]]:
    outcome, time = fold(answer.question.outcome), fold(one.time)
    if row.stated is not None:
        said = row.stated
        yield (
            *(name, outcome, time, _TREATMENT, fold(one.treatment.label) or _TREATMENT),
            *(fold(one.control.label) or _CONTROL, "Contrast level", None, None, None, None),
            *(said.measure, said.estimate, said.low, said.high, f"{100 * said.level:g}%"),
        )
        return
    kind = "Dichotomous" if one.treatment.events is not None else "Continuous"
    for group, intervention in ((one.treatment, _TREATMENT), (one.control, _CONTROL)):
        yield (
            *(name, outcome, time, intervention, fold(group.label) or intervention, "", kind),
            *(group.events, group.n, group.mean, group.sd, "", None, None, None, ""),
        )


def _judged(answer: Synthesis, domains: Sequence[str], name: str, row: Row) -> tuple[Cell, ...]:
    found = {light.domain: light.judgement for light in row.lights}
    return (name, fold(answer.question.outcome), *(found.get(domain, "") for domain in domains))
