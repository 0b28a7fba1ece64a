"""Judgements of an instrument as a table: traffic lights as text, CSV, workbook and SVG.

Colour is never alone: each judgement has its own sign, and the picture its text alternative.
"""

from __future__ import annotations

import html
import zlib
from collections.abc import Sequence
from typing import Final

from trialweave.appraisal.instruments import INSTRUMENTS
from trialweave.errors import NotADecision
from trialweave.model.assessment import Instrument
from trialweave.publish.assessment_views import AssessmentsView, JudgedRow
from trialweave.publish.csv_table import csv_text
from trialweave.publish.text import cut, fold
from trialweave.publish.xlsx import workbook
from trialweave.store.assessments import Log, whole

__all__ = ["ANSWER_FORMS", "JUDGEMENT_FORMS", "answers_as", "judgements_as", "signs", "svg"]

ANSWER_FORMS: Final = (".csv", ".jsonl", ".xlsx")
JUDGEMENT_FORMS: Final = (".csv", ".xlsx", ".svg", ".txt")

_SIGNS: Final = ("+", "−", "×")  # from the best judgement to the worst
_OPEN: Final = ("?", "not judged")
_FILLS: Final = ("#1a7f37", "#f2c037", "#c62828", "#5f6670")  # the last where nothing is judged
_INKS: Final = ("#ffffff", "#1b1b1b", "#ffffff", "#ffffff")
_FONT: Final = "font-family='system-ui, sans-serif' font-size='13'"
_ROW: Final = 30
_COLUMN: Final = 58
_LABEL: Final = 46  # characters of a study's label in the picture
_CHAR: Final = 7.2  # px, a generous mean width of a character at that size


def signs(instrument: Instrument) -> tuple[tuple[str, str], ...]:
    """Each judgement's sign and words, from the best to the worst; last where there is none."""
    return (*zip(_SIGNS, instrument.judgements, strict=True), _OPEN)


def answers_as(view: AssessmentsView, log: Log, form: str) -> bytes:
    """Every answer as a file of one of `ANSWER_FORMS`; ``.jsonl`` is the whole list with its
    chain of digests."""
    if form == ".jsonl":
        return whole(log)
    head = (
        *("number", "at", "who", "role", "instrument", "study", "outcome", "item", "answer"),
        *("because", "previous", "digest"),
    )
    rows = [
        (
            *(each.number, each.at.isoformat(), each.who, each.role, each.instrument, each.study),
            *(each.outcome, each.item, each.answer, each.because, each.previous, each.digest),
        )
        for each in view.entries
    ]
    return workbook("Answers", head, rows) if form == ".xlsx" else csv_text(head, rows).encode()


def judgements_as(view: AssessmentsView, form: str) -> bytes:
    """The judgements of one instrument as a file of one of `JUDGEMENT_FORMS`.

    The columns of tables are the study, its domains and the overall judgement, then its outcome,
    title and reviewers. Raises NotADecision where the view is of several instruments or of none.
    """
    instrument = _one(view.rows)
    if form == ".svg":
        return svg(instrument, view.rows).encode()
    codes = [domain.code for domain in instrument.domains]
    if form == ".txt":
        return _text(instrument, view.rows).encode()
    head = ("Study", *codes, "Overall", "Outcome", "Title", "Reviewers")
    rows = [
        (
            *(row.study, *(_word(judged) for _, judged in row.domains), _word(row.overall)),
            *(row.outcome, row.title, "; ".join(row.reviewers)),
        )
        for row in view.rows
    ]
    return workbook("Judgements", head, rows) if form == ".xlsx" else csv_text(head, rows).encode()


def _one(rows: Sequence[JudgedRow]) -> Instrument:
    keys = {row.instrument for row in rows}
    if len(keys) == 1:
        (key,) = keys
        return next(each for each in INSTRUMENTS.values() if each.key == key)
    what = "answers with several instruments are here." if keys else "nothing is assessed yet."
    step = f"Name one of: {', '.join(INSTRUMENTS)}." if keys else "Answer something first."
    raise NotADecision(what, next_step=step)


def _word(judgement: str) -> str:
    """``Some concerns``, as tables of judgements write it; "" where nothing is judged."""
    return judgement[:1].upper() + judgement[1:]


def _label(row: JudgedRow) -> str:
    return f"{fold(row.study)}, {fold(row.outcome)}" if row.outcome else fold(row.study)


def _judged(row: JudgedRow) -> list[tuple[str, str]]:
    return [*row.domains, ("Overall", row.overall)]


def _text(instrument: Instrument, rows: Sequence[JudgedRow]) -> str:
    """The table for a fixed-width font, and what its signs and columns are."""
    sign = {judgement: mark for mark, judgement in signs(instrument)}
    labels = [cut(_label(row), 60) for row in rows]
    width = max(map(len, labels))
    codes = [domain.code for domain in instrument.domains]
    lines = [f"{instrument.title}: {instrument.about}", ""]
    lines.append(" " * width + "".join(f"  {name:>2}" for name in codes) + "  Overall")
    for label, row in zip(labels, rows, strict=True):
        cells = "".join(f"  {sign.get(judged, _OPEN[0]):>2}" for _, judged in row.domains)
        overall = row.overall or _OPEN[1]
        lines.append(f"{label:<{width}}{cells}  {sign.get(row.overall, _OPEN[0])} {overall}")
    lines += ["", "; ".join(f"{mark} {words}" for mark, words in signs(instrument))]
    lines += [f"{domain.code}  {domain.name}" for domain in instrument.domains]
    return "\n".join((*lines, instrument.citation)) + "\n"


def svg(instrument: Instrument, rows: Sequence[JudgedRow]) -> str:
    """The table as a picture: a circle with a sign for each judgement, a row for each subject."""
    codes = [*(domain.code for domain in instrument.domains), "Overall"]
    labels = [cut(_label(row), _LABEL) for row in rows]
    left = 24 + max(map(len, labels)) * _CHAR
    legend = [f"{domain.code}: {domain.name}" for domain in instrument.domains]
    width = max(left + _COLUMN * len(codes) + 12, 24 + max(map(len, legend)) * _CHAR, 360)
    top = 34
    under = top + _ROW * len(rows) + 18
    height = under + 18 * (len(legend) + 1) + 16
    title = f"{instrument.title}: judgements of {len(rows)} assessments"
    said = " ".join(
        f"{_label(row)}: {', '.join(f'{c} {judged or _OPEN[1]}' for c, judged in _judged(row))}."
        for row in rows
    )
    name = f"lights-{zlib.crc32(said.encode()):08x}"  # several may stand on one page
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width:.0f}' height='{height}' "
        f"viewBox='0 0 {width:.0f} {height}' role='img' "
        f"aria-labelledby='{name}-title {name}-desc'>",
        f"<title id='{name}-title'>{_safe(title)}</title>",
        f"<desc id='{name}-desc'>{_safe(said)}</desc>",
        f"<rect width='{width:.0f}' height='{height}' fill='#ffffff'/>",
    ]
    for at, code in enumerate(codes):
        parts.append(_words(left + _COLUMN * (at + 0.5), 20, code, "middle", bold=True))
    for number, (label, row) in enumerate(zip(labels, rows, strict=True)):
        y = top + _ROW * (number + 0.5)
        parts.append(_words(12, y + 4, label))
        for at, (_, judged) in enumerate(_judged(row)):
            parts.append(_light(left + _COLUMN * (at + 0.5), y, instrument, judged))
    x = 20.0
    for mark, words in signs(instrument):
        judged = "" if mark == _OPEN[0] else words
        parts.append(_light(x, under, instrument, judged, radius=8))
        parts.append(_words(x + 12, under + 4, words))
        x += 30 + len(words) * _CHAR
    for number, line in enumerate(legend):
        parts.append(_words(12, under + 24 + 18 * number, line))
    return "".join((*parts, "</svg>\n"))


def _light(x: float, y: float, instrument: Instrument, judged: str, radius: float = 11) -> str:
    at = instrument.judgements.index(judged) if judged in instrument.judgements else -1
    mark = _SIGNS[at] if at >= 0 else _OPEN[0]
    return (
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius}' fill='{_FILLS[at]}'/>"
        f"<text x='{x:.1f}' y='{y + 4.5:.1f}' text-anchor='middle' fill='{_INKS[at]}' "
        f"font-weight='bold' {_FONT}>{mark}</text>"
    )


def _words(x: float, y: float, text: str, anchor: str = "start", *, bold: bool = False) -> str:
    weight = " font-weight='bold'" if bold else ""
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='#1b1b1b'{weight} {_FONT}>"
        f"{_safe(text)}</text>"
    )


def _safe(text: str) -> str:
    return html.escape(fold(text))
