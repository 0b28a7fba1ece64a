"""The summary-of-findings table: its numbers by hand, and its forms with hostile text."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from lxml import etree

from trialweave.publish.docx import Paragraph, Table, document
from trialweave.publish.findings_table import as_csv, as_docx, as_html, summary_row
from trialweave.synthesis import Chosen, Group, Question, Selection, Synthesis, pool
from trialweave.synthesis.certainty import certainty

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def answer(title: str = "", **question: Any) -> Synthesis:
    tables = [(10, 100, 20, 100), (12, 100, 24, 80), (9, 90, 9, 90)]
    some = tuple(
        Chosen(
            f"id-{i}", f"Study {i}", 2030, "f", ("f",), "o", f"{28 + i} days", None,
            Group("t", n1, a), Group("c", n2, c), "randomised", "", False, (), (), (), "",
        )
        for i, (a, n1, c, n2) in enumerate(tables)
    )  # fmt: skip
    return pool(Question("mortality", title=title, **question), Selection(some, ()))


def row(view: Synthesis, **more: Any) -> Any:
    return summary_row(view, certainty(view), **more)


def test_numbers_per_thousand() -> None:
    view = answer()
    assert view.pooled is not None
    found = row(view)
    assert found.absolute.control == pytest.approx(200.0)  # the median of 0.2, 0.3, 0.1
    assert found.absolute.treated == pytest.approx(200.0 * view.pooled.estimate)
    assert found.absolute.low == pytest.approx(200.0 * view.pooled.low)
    assert found.absolute.difference == pytest.approx(200.0 * (view.pooled.estimate - 1))
    assert (found.participants, found.studies, found.measure) == (560, 3, "RR")
    assert found.follow_up == "28 days; 29 days; 30 days"
    other = row(view, control_risk=0.05)
    assert other.absolute.control == pytest.approx(50.0)
    with pytest.raises(ValueError, match="risk"):
        row(view, control_risk=1.5)


def test_what_reviewers_decided_stands_before_the_draft() -> None:
    view = answer()
    assert row(view).certainty == certainty(view).level
    found = row(view, level="very low", decided=("imprecision: very serious. Few events.",))
    assert found.certainty == "very low"
    assert found.reasons == ("imprecision: very serious. Few events.",)
    assert "⊕⊖⊖⊖ very low [1]" in as_html([found])


def test_one_study_is_not_pooled_and_has_no_absolute_effect() -> None:
    view = answer()
    alone = pool(Question("mortality"), Selection(view.selection.chosen[:1], ()))
    found = row(alone)
    assert found.effect == "not pooled"
    assert found.absolute is None
    assert "not defined" in as_html([found])
    assert next(csv.DictReader(io.StringIO(as_csv([found]))))["control_per_1000"] == ""


def test_notes_are_numbered_through() -> None:
    found = row(answer())
    page = as_html([found, found])
    count = len(found.reasons)
    assert f"[{', '.join(str(i) for i in range(1, count + 1))}]" in page
    assert f"[{', '.join(str(i) for i in range(count + 1, 2 * count + 1))}]" in page
    assert f"<li>{2 * count}. " in page
    assert "Waiting for the reviewers" in page
    assert "fewer per 1,000" in page


HOSTILE = '</td><script>alert("x")</script>\x00\x1b[31m=cmd|&\u202e'


def test_hostile_text_is_text() -> None:
    found = row(answer(title=HOSTILE))
    page = as_html([found], HOSTILE)
    assert "<script>" not in page
    assert "\x1b" not in page
    file = as_docx([found], HOSTILE)
    assert file == as_docx([found], HOSTILE)
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        assert parts.testzip() is None
        root = etree.fromstring(parts.read("word/document.xml"))
        for name in parts.namelist():
            etree.fromstring(parts.read(name))
    cells = ["".join(cell.itertext()) for cell in root.iter(f"{WORD}tc")]
    assert len(cells) == 14
    assert cells[7].startswith('</td><script>alert("x")</script>')
    assert "200 per 1,000" in cells
    assert next(csv.reader(io.StringIO(as_csv([row(answer(title="=1+1"))]).splitlines()[1])))[
        0
    ].startswith("'=")


def test_a_document_of_paragraphs_and_tables() -> None:
    file = document(Paragraph("A", heading=True), Table(("x", "y"), (("1", "2"),)), Paragraph("B"))
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        root = etree.fromstring(parts.read("word/document.xml"))
    assert len(list(root.iter(f"{WORD}tr"))) == 2
    assert len(list(root.iter(f"{WORD}tblHeader"))) == 1
    assert len(list(root.iter(f"{WORD}gridCol"))) == 2
    bold = [
        "".join(run.itertext())
        for run in root.iter(f"{WORD}r")
        if run.find(f".//{WORD}b") is not None
    ]
    assert bold == ["A", "x", "y"]
