"""A table of one's own, pooled like a question: one row a study, columns by name.

Columns are read by the names below or by those of metafor (``ai``, ``n1i``, ``m1i``, ``yi``); what
else stands in the table is passed over. A cell that is empty, NA or a dot is missing: its study is
shown and not pooled, with the reason. A cell that cannot be meant is refused with its line and
column; a formula is text, and no number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from trialweave.errors import Unreadable
from trialweave.synthesis.answer import Synthesis
from trialweave.synthesis.choose import Chosen, Selection
from trialweave.synthesis.effects import COUNT_MEASURES, MEAN_MEASURES
from trialweave.synthesis.groups import Group
from trialweave.synthesis.method import how_pooled
from trialweave.synthesis.pool import pool
from trialweave.synthesis.question import Question
from trialweave.synthesis.table_file import Table, rows_of
from trialweave.synthesis.table_rows import KINDS, Kind, Reader, named_columns

__all__ = ["pool_table"]

_MOST: Final = 2000  # studies; the table of sensitivity grows with their square


def pool_table(
    table: str | Path | Iterable[Mapping[str, Any]],
    *,
    measure: str = "",
    outcome: str = "",
    **choices: Any,
) -> Synthesis:
    """Pool a table: a CSV file (comma, semicolon or tab; UTF-8), or rows as mappings.

    Columns: ``study``; ``a, n1, c, n2`` (events and sizes; ``b``, ``d`` those without the event in
    place of the sizes), or ``m1, sd1, n1, m2, sd2, n2``, or ``yi`` with ``vi`` or ``sei`` on the
    model's scale (logarithms of ratios), or ``estimate, low, high`` (95% interval, ratios as
    ratios); optionally ``group`` for subgroups. `measure` defaults to RR for counts and MD for
    means; for effects it has to be named. `choices` are fields of `Question` that concern the
    model. Raises NotFound, TooLarge, WrongEncoding, Unreadable naming line and column,
    NothingToPool, and ValueError for a choice that does not exist.
    """
    held = rows_of(table, most=_MOST, what="studies")
    columns = named_columns(held.columns, held.name)
    kind = _kind(columns, measure, held)
    question = Question(
        outcome=outcome or Path(held.name).stem,
        measure=measure or ("MD" if kind.name == "means" else "RR"),  # type: ignore[arg-type]
        **choices,
    )
    reader = Reader(held.name, columns, question.measure)
    chosen = [_chosen(reader, kind, line, cells, question) for line, cells in held.rows]
    grouped = "group" if "group" in columns else ""
    answer = pool(question, Selection(tuple(_unique(chosen)), ()), data=held.data, by=grouped)
    kept = tuple(row for row in answer.sensitivity if row.group != "studies")
    return msgspec.structs.replace(answer, sensitivity=kept, method=how_pooled(question))


def _kind(columns: Mapping[str, str], measure: str, held: Table) -> Kind:
    """Which columns to compute from: those that the measure needs first."""
    whole = [kind for kind in KINDS if any(set(way) <= set(columns) for way in kind.ways)]
    wanted = "counts" if measure in COUNT_MEASURES else "means" if measure in MEAN_MEASURES else ""
    own = [kind for kind in whole if kind.name == wanted]
    effects = [kind for kind in whole if kind.name in ("effects", "intervals")]
    found = own or (effects if measure else whole)
    if not found and whole:
        raise Unreadable(
            f"its columns are {whole[0].name}, which give no {measure}.",
            where=held.name,
            next_step=f"Ask for {', '.join(whole[0].measures)}.",
        )
    if not held.columns:
        raise Unreadable("it has no rows.", where=held.name)
    if not found:
        needs = " or ".join(", ".join(kind.ways[0]) for kind in KINDS)
        raise Unreadable(
            f"no columns to pool among {', '.join(held.columns[:20])[:200]}.",
            where=held.name,
            next_step=f"Name the columns study and {needs}.",
        )
    if not measure and found[0].name in ("effects", "intervals"):
        raise ValueError("a table of effects does not say of what they are: name the measure")
    return found[0]


def _chosen(
    reader: Reader, kind: Kind, line: int, cells: Mapping[str, str], question: Question
) -> Chosen:
    treatment, control, stated = reader.numbers(kind, line, cells)
    label = reader.text("study", cells) or f"line {line}"
    return Chosen(
        study_id=label,
        label=label,
        year=None,
        finding_id=f"line {line}",
        finding_ids=(f"line {line}",),
        outcome=question.outcome,
        time="",
        time_days=None,
        treatment=treatment or Group(),
        control=control or Group(),
        allocation="",
        allocation_from="",
        turned=False,
        recovered=(),
        flags=(),
        own_flags=(),
        why=f"line {line} of {reader.name}",
        kind="effect" if stated is not None else "continuous" if kind.name == "means" else "count",
        stated=stated,
        group=reader.text("group", cells),
    )


def _unique(chosen: Sequence[Chosen]) -> Iterator[Chosen]:
    """Rows of one name told apart by their lines."""
    labels = [one.label for one in chosen]
    for one in chosen:
        if labels.count(one.label) > 1:
            name = f"{one.label} ({one.finding_id})"
            yield msgspec.structs.replace(one, study_id=name, label=name)
        else:
            yield one
