"""The summary-of-findings table of one or more answers: rows, and its HTML, DOCX and CSV."""

from __future__ import annotations

import html
import statistics
from collections.abc import Sequence
from typing import Final

import msgspec

from trialweave.publish.csv_table import csv_text
from trialweave.publish.docx import Paragraph, Table, document
from trialweave.publish.figures.forest import MEASURES
from trialweave.publish.numbers import number_text, rounded
from trialweave.publish.text import fold
from trialweave.stats.absolute import absolute_effect
from trialweave.synthesis.answer import Synthesis
from trialweave.synthesis.certainty import Certainty

__all__ = ["FORMS", "PerThousand", "SummaryRow", "as_csv", "as_docx", "as_html", "summary_row"]

FORMS: Final = (".html", ".docx", ".csv")

_SIGNS: Final = {"high": "⊕⊕⊕⊕", "moderate": "⊕⊕⊕⊖", "low": "⊕⊕⊖⊖", "very low": "⊕⊖⊖⊖"}
_HEAD: Final = (
    "Outcome", "Participants (studies)", "Relative effect", "Risk without treatment",
    "Risk with treatment", "Difference", "Certainty (draft)",
)  # fmt: skip


class PerThousand(msgspec.Struct, frozen=True):
    """Events per 1,000 people: without treatment, with it, and the difference with its interval."""

    control: float
    treated: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """More (or, negative, fewer) events per 1,000."""
        return self.treated - self.control


class SummaryRow(msgspec.Struct, frozen=True):
    """One outcome. `reasons` are the notes below the table, in order.

    `absolute` is None where the measure has none (means) or no control group tells its events.
    """

    outcome: str
    follow_up: str
    participants: int
    studies: int
    measure: str
    effect: str
    absolute: PerThousand | None
    certainty: str
    open: tuple[str, ...]
    reasons: tuple[str, ...]


def summary_row(
    answer: Synthesis,
    draft: Certainty,
    *,
    control_risk: float | None = None,
    decided: Sequence[str] = (),
    level: str = "",
) -> SummaryRow:
    """The row of an answer with the draft of its certainty.

    The risk without treatment is `control_risk`, else the median of the pooled studies' control
    groups (Handbook 14.1.5.2). `level` and `decided` replace the draft where reviewers decided.
    Raises ValueError for a risk outside 0 to 1.
    """
    pooled = answer.pooled
    shown = "not pooled" if pooled is None else (
        f"{MEASURES[pooled.measure]} {number_text(pooled.estimate)} "
        f"({number_text(pooled.low)} to {number_text(pooled.high)})"
    )  # fmt: skip
    reasons = [
        f"{rating.domain}: {rating.concern}. {rating.reason}"
        for rating in draft.ratings
        if rating.concern != "not serious"
    ]
    times = {fold(one.time) for one in answer.selection.chosen if one.time}
    return SummaryRow(
        outcome=answer.question.title or answer.question.outcome,
        follow_up="; ".join(sorted(times)[:3]) + (" …" if len(times) > 3 else ""),
        participants=answer.treated + answer.controls,
        studies=answer.k,
        measure=answer.question.measure,
        effect=shown,
        absolute=_absolute(answer, control_risk),
        certainty=level or draft.level,
        open=draft.open,
        reasons=tuple(decided) or tuple(reasons),
    )


def _absolute(answer: Synthesis, control_risk: float | None) -> PerThousand | None:
    pooled = answer.pooled
    measure = answer.question.measure
    if pooled is None or pooled.low is None or pooled.high is None:
        return None
    risk = _median_risk(answer) if control_risk is None else control_risk
    if risk is None or measure not in ("RR", "OR", "RD", "HR"):
        return None
    found = absolute_effect(measure, risk, [pooled.estimate, pooled.low, pooled.high])
    treated, low, high = (1000.0 * float(x) for x in found.risk)
    return PerThousand(1000.0 * risk, treated, low, high)


def _median_risk(answer: Synthesis) -> float | None:
    risks = [
        row.control.events / row.control.n
        for row in answer.rows
        if row.estimate is not None and row.control.events is not None and row.control.n
    ]
    return statistics.median(risks) if risks else None


def _cells(row: SummaryRow, first_note: int) -> tuple[str, ...]:
    marks = ", ".join(str(first_note + i) for i in range(len(row.reasons)))
    sign = _SIGNS.get(row.certainty, "")
    certainty = f"{sign} {row.certainty}" + (f" [{marks}]" if marks else "")
    name = row.outcome + (f" ({row.follow_up})" if row.follow_up else "")
    risks = ("not defined",) * 3
    if row.absolute is not None:
        one = row.absolute
        more = "more" if one.difference >= 0 else "fewer"
        low, high = one.low - one.control, one.high - one.control
        risks = (
            f"{rounded(one.control, 0)} per 1,000",
            f"{rounded(one.treated, 0)} per 1,000",
            f"{rounded(abs(one.difference), 0)} {more} per 1,000 "
            f"({_more_or_fewer(low)} to {_more_or_fewer(high)})",
        )
    people = f"{row.participants:,} ({row.studies})"
    return (fold(name), people, row.effect, *risks, certainty)


def _more_or_fewer(difference: float) -> str:
    return f"{rounded(abs(difference), 0)} {'more' if difference >= 0 else 'fewer'}"


def _notes(rows: Sequence[SummaryRow]) -> list[str]:
    """Every reason once numbered, then what waits for reviewers."""
    notes = [f"{i}. {fold(text)}" for i, text in enumerate(
        (reason for row in rows for reason in row.reasons), 1
    )]  # fmt: skip
    waiting = sorted({domain for row in rows for domain in row.open})
    if waiting:
        notes.append(f"Waiting for the reviewers' judgement: {', '.join(waiting)}.")
    notes.append(
        "The certainty is a draft that follows from the numbers; reviewers decide. The risk with "
        "treatment takes the risk without it as known."
    )
    return notes


def _table(rows: Sequence[SummaryRow]) -> list[tuple[str, ...]]:
    made, note = [], 1
    for row in rows:
        made.append(_cells(row, note))
        note += len(row.reasons)
    return made


def as_csv(rows: Sequence[SummaryRow]) -> str:
    """The table with numbers as numbers, one line an outcome."""
    head = (
        *("outcome", "follow_up", "participants", "studies", "measure", "effect"),
        *("control_per_1000", "treated_per_1000", "treated_low", "treated_high"),
        *("certainty", "waiting_for", "reasons"),
    )
    lines = []
    for row in rows:
        one = row.absolute
        risks = (one.control, one.treated, one.low, one.high) if one else (None,) * 4
        lines.append(
            (row.outcome, row.follow_up, row.participants, row.studies, row.measure, row.effect,
             *risks, row.certainty, ", ".join(row.open), " ".join(row.reasons))
        )  # fmt: skip
    return csv_text(head, lines)


def as_html(rows: Sequence[SummaryRow], title: str = "Summary of findings") -> str:
    """A page of its own, without scripts; it prints as it is."""
    head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in _HEAD)
    body = "".join(
        "<tr>"
        + f'<th scope="row" dir="auto">{html.escape(cells[0])}</th>'
        + "".join(f"<td>{html.escape(text)}</td>" for text in cells[1:])
        + "</tr>"
        for cells in _table(rows)
    )
    notes = "".join(f"<li>{html.escape(text)}</li>" for text in _notes(rows))
    style = (
        "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color-scheme:light dark}"
        "table{border-collapse:collapse}th,td{border:1px solid;padding:.4rem .6rem;text-align:left;"
        "vertical-align:top}ul{list-style:none;padding:0}div{overflow-x:auto}"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(fold(title))}</title><style>{style}</style></head><body><main>"
        f"<h1>{html.escape(fold(title))}</h1><div><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div><ul>{notes}</ul></main></body></html>\n"
    )


def as_docx(rows: Sequence[SummaryRow], title: str = "Summary of findings") -> bytes:
    """A document with the table and its notes; the same table gives the same bytes."""
    return document(
        Paragraph(fold(title), heading=True),
        Table(_HEAD, tuple(_table(rows))),
        *(Paragraph(text) for text in _notes(rows)),
    )
