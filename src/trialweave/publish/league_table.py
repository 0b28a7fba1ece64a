"""The league table of a network meta-analysis: every comparison in one square."""

from __future__ import annotations

import html

from trialweave.publish.csv_table import csv_text
from trialweave.publish.numbers import number_text
from trialweave.publish.text import fold
from trialweave.synthesis.network_answer import LeagueEntry, NetworkAnswer
from trialweave.synthesis.network_words import measure_name

__all__ = ["as_csv", "as_html", "cell_text", "square"]


def cell_text(cell: LeagueEntry | None) -> str:
    """``0.63 (0.35 to 1.12)``; "–" where nothing is estimated."""
    if cell is None or cell.estimate is None:
        return "–"
    ends = f"{number_text(cell.low)} to {number_text(cell.high)}"
    return f"{number_text(cell.estimate)} ({ends})"


def square(answer: NetworkAnswer) -> list[list[str]]:
    """Rows of texts, with the treatments' names on the diagonal; none without estimates."""
    if answer.league is None:
        return []
    return [
        [
            fold(answer.league.treatments[i]) if i == j else cell_text(cell)
            for j, cell in enumerate(row)
        ]
        for i, row in enumerate(answer.league.rows)
    ]


def _how_to_read(answer: NetworkAnswer) -> str:
    return (
        f"{measure_name(answer.measure)} with {100 * answer.level:.4g}% intervals, {answer.model} "
        "effects. Below the diagonal: all evidence, column against row. Above it: direct evidence "
        "alone, row against column."
    )


def as_csv(answer: NetworkAnswer) -> str:
    """The square as it is read, names in the first row and column; how to read it in the corner."""
    names = [row[i] for i, row in enumerate(square(answer))]
    rows = [[name, *row] for name, row in zip(names, square(answer), strict=True)]
    return csv_text([_how_to_read(answer), *map(_plain, names)], rows)


def _plain(name: str) -> str:
    """A name for the first row, which is written as it is."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name


def as_html(answer: NetworkAnswer) -> str:
    """A page of its own, without scripts; it prints as it is."""
    body = []
    for i, row in enumerate(square(answer)):
        cells = [
            f'<th dir="auto">{html.escape(text)}</th>'
            if i == j
            else f"<td>{html.escape(text)}</td>"
            for j, text in enumerate(row)
        ]
        body.append(f"<tr>{''.join(cells)}</tr>")
    title = html.escape(f"League table: {fold(answer.table)}, {answer.measure}")
    order = "from best to worst" if answer.small_is_good is not None else "by name"
    said = f"{_how_to_read(answer)} Treatments stand {order}. {answer.method}"
    notes = "".join(
        f"<li>{html.escape(fold(' '.join((note.text, ', '.join(note.about)))))}</li>"
        for note in answer.notes
    )
    style = (
        "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color-scheme:light dark}"
        "table{border-collapse:collapse}th,td{border:1px solid;padding:.4rem .6rem;"
        "text-align:center;white-space:nowrap}div{overflow-x:auto}"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style}</style></head><body><main><h1>{title}</h1>"
        f"<p>{html.escape(said)}</p><div><table><tbody>{''.join(body)}</tbody></table></div>"
        f"<ul>{notes}</ul></main></body></html>\n"
    )
