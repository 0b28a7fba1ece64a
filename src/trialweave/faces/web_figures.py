"""The figures and files of an answer: each figure's page with table and words, and downloads."""

from __future__ import annotations

import io
import zipfile
from typing import Any, Final, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from trialweave.faces.as_of import asked_day_of_page
from trialweave.faces.asked import Asked, workspace_of
from trialweave.faces.policies import ALONE, SANDBOXED, alone
from trialweave.faces.question_fields import query, query_pairs
from trialweave.faces.web import page
from trialweave.faces.web_exploration import Share
from trialweave.faces.web_synthesis import COLUMN_NAMES, FIGURE_NAMES, Hidden, shown_columns
from trialweave.publish.figures.forest import COLUMNS
from trialweave.synthesis import Question

__all__ = ["router"]

Name = Literal["forest", "funnel", "baujat", "cumulative", "leave-one-out", "gosh", "flow"]
FileForm = Literal["svg", "png", "pdf", "html", "json", "csv"]
FileName = Literal[
    "question.toml", "metafor.R", "revman.zip", "summary.html", "summary.docx", "summary.csv"
]
_KINDS: Final = {
    "svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf",
    "json": "application/json", "csv": "text/csv; charset=utf-8",
    "toml": "application/toml", "R": "text/plain; charset=utf-8", "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip
_SEEN: Final = ("svg", "png", "pdf")  # a browser shows these; the others it keeps as files
_ROWS = 500  # of a table twin on its page; its CSV has all
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # so that the same answer gives the same bytes
router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)


@router.get("/synthesis/figure/{name}")
def figure(
    request: Request,
    name: Name,
    question: Asked,
    hide: Hidden = [],  # noqa: B006  FastAPI copies defaults
) -> Response:
    """One figure with its words, its table twin and its files."""
    drawing = workspace_of(request).drawing(name, question, columns=shown_columns(hide))
    hidden = [("hide", each) for each in COLUMNS if each in hide] if name == "forest" else []
    return page(
        request,
        "figure.html",
        name=name,
        figure=drawing,
        question=question,
        query=query(question),
        with_columns=query(question, *hidden),
        kept=query_pairs(question),
        columns=[(each, COLUMN_NAMES[each], each in hide) for each in COLUMNS],
        names=FIGURE_NAMES,
        shown=drawing.rows[:_ROWS],
        left_out=max(len(drawing.rows) - _ROWS, 0),
    )


@router.get("/synthesis/{name}.{form}")
def figure_file(
    request: Request,
    name: Name,
    form: FileForm,
    question: Asked,
    hide: Hidden = [],  # noqa: B006  FastAPI copies defaults
) -> Response:
    """A figure as a file: SVG, PNG, PDF, its table as CSV, its specification as JSON, or as a page
    that answers to the pointer."""
    drawing = workspace_of(request).drawing(name, question, columns=shown_columns(hide))
    data = drawing.as_form(form)
    return alone(data, SANDBOXED) if form == "html" else _file(f"{name}.{form}", data)


@router.get("/synthesis/files/{name}")
def file(request: Request, name: FileName, question: Asked, control_risk: Share = None) -> Response:
    """An answer for other programs, or for a report; the risk is that of a summary of findings."""
    data = _content(request, name, question, control_risk)
    return alone(data, ALONE) if name == "summary.html" else _file(name, data)


def _content(
    request: Request, name: FileName, question: Question, control_risk: float | None
) -> bytes:
    from trialweave.publish import findings_table
    from trialweave.publish.metafor_script import metafor_script
    from trialweave.publish.revman import revman_files
    from trialweave.synthesis.saved import template

    workspace = workspace_of(request)
    if name == "question.toml":
        return template(question).encode()
    answer = workspace.pool(question)
    if name == "metafor.R":
        return metafor_script(answer).encode()
    if name == "revman.zip":
        return _zipped(revman_files(answer))
    rows = workspace.summary_of_findings(answer, control_risk=control_risk)
    if name == "summary.html":
        return findings_table.as_html(rows).encode()
    if name == "summary.docx":
        return findings_table.as_docx(rows)
    return findings_table.as_csv(rows).encode()


def _zipped(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), text)
    return packed.getvalue()


def _file(name: str, data: bytes) -> Response:
    form = name.rpartition(".")[2]
    headers: dict[str, Any] = {}
    if form not in _SEEN:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    return Response(data, media_type=_KINDS[form], headers=headers)
