"""Test statistics in text: read as printed, and compared with their P."""

from __future__ import annotations

import datetime as dt
import json
import math
import time
from pathlib import Path
from typing import Any

import pytest

from trialweave.appraisal import appraise
from trialweave.model import Check, Passage, Publication, Record, Section, Study, Value, stated
from trialweave.model.value import Missingness
from trialweave.results.test_statistics import read_test_statistics
from trialweave.stats.printed import printed
from trialweave.stats.recompute import Box, Range, p_range_of_statistic


def check(text: str, *, exact: bool = False) -> list[Check]:
    value = stated(text, "test/1")
    if exact:
        value = Value(text, Missingness.STATED, Passage(100, 100 + len(text)), "test/1")
    sections = (Section("Results", value),)
    record = Record(
        record_id="page:one", version=1, source="page", identifier="one", kind="publication",
        digest="", sha256="", start=0, end=0, name="x",
        received_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
        publication=Publication(sections=stated(sections, "test/1")),
    )  # fmt: skip
    study = Study("S1", "invented", ("page:one",), ())
    return list(appraise(study, {"page:one": record}, (), only=["test-statistic"]))


def _range(text: str) -> Range:
    (one,) = read_test_statistics(text)
    number = printed(one.value)
    nan = math.nan
    df1, df2 = (nan if df is None else df for df in (one.df1, one.df2))
    return p_range_of_statistic(one.kind, Box(number.low, number.high), df1, df2)


def cases(shared: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (shared / "data/stats/statcheck_cases.json").read_text()
    )["cases"]
    assert len(found) > 40
    return found


@pytest.mark.shared
def test_statements_are_read_as_the_reference_reads_them(shared: Path) -> None:
    """It reads no z and no blank before a bracket; these are the only ones read beyond it."""
    for case in cases(shared):
        found = read_test_statistics(case["text"])
        expected = case["result"]
        if not case["detected"]:
            assert not found or found[0].kind == "z" or "t (28)" in case["text"]
            continue
        (one,) = found
        kind = {"Chi2": "chi2", "Qb": "Q", "Qw": "Q"}.get(
            expected["test_type"], expected["test_type"]
        )
        df1, df2 = expected["df1"], expected["df2"]
        if kind in ("t", "r"):
            df1, df2 = df2, None
        assert (one.kind, one.df1, one.df2) == (kind, df1, df2)
        assert float(one.value) == expected["test_value"]
        if expected["p_comp"] != "ns":
            assert one.p.operator == expected["p_comp"]
            assert float(one.p.text) == expected["reported_p"]


@pytest.mark.shared
def test_every_reference_statement_gets_its_verdict(shared: Path) -> None:
    """Its errors are not consistent, its decision errors are flags; its P is ours.

    It takes the printed statistic as exact to tell on which side of 5% P lies; here it is an
    interval.
    """
    straddling = 0
    for case in cases(shared):
        expected = case["result"]
        if not case["detected"]:
            continue
        (found,) = check(case["text"])
        shown = found.attempts[0].result.removeprefix("P = ")
        ends = [float(end) for end in shown.split(" to ")]
        p = expected["computed_p"]
        assert min(ends) * 0.94 - 5e-4 * (p > 1e-3) <= p <= max(ends) * 1.06 + 5e-4 * (p > 1e-3)
        assert (found.verdict != "consistent") == expected["error"], case["text"]
        if expected["decision_error"] and found.verdict != "flag":
            straddling += 1  # what is printed of the statistic leaves open on which side P is
            assert _range(case["text"]).low < 0.05 < _range(case["text"]).high
        else:
            assert (found.verdict == "flag") == expected["decision_error"], case["text"]
    assert straddling <= 2


@pytest.mark.parametrize(
    ("text", "kind", "value", "df", "p"),
    [
        ("(t = 2.20, df = 28, P = 0.036)", "t", "2.20", (28, None), ("=", "0.036")),
        ("F (2,54) = 3.21; P=·048", "F", "3.21", (2, 54), ("=", "0.048")),
        ("F = 3.21, df = 2, 54, p < 0.05", "F", "3.21", (2, 54), ("<", "0.05")),
        ("χ² (1) = 3.90, p value ≤ 0.05", "chi2", "3.90", (1, None), ("<=", "0.05")),
        ("chi-square(1, N = 80) = 3.90, p > .04", "chi2", "3.90", (1, None), (">", "0.04")),
        ("z = −2.05, P = 0.04", "z", "-2.05", (None, None), ("=", "0.04")),
        ("r(30) = .41, p = 2.1e-2", "r", ".41", (30, None), ("=", "2.1e-2")),
        ("Qw(3) = 1.2, ns", "Q", "1.2", (3, None), (">", "0.05")),
    ],
)
def test_forms_of_statements(
    text: str, kind: str, value: str, df: tuple[Any, Any], p: tuple[str, str]
) -> None:
    found = read_test_statistics(f"The groups differed {text}.")
    (one,) = found
    assert (one.kind, one.value, (one.df1, one.df2)) == (kind, value, df)
    assert (one.p.operator, one.p.text) == p
    assert text.strip("()").startswith(f"The groups differed {text}."[one.start : one.end][:3])


@pytest.mark.parametrize(
    "text",
    ["weight(30) = 2.2, p = .03", "t(1,234) = 2.00, p = .05", "t = 2.2, P = 0.03",
     "χ2 = 5.43, P = 0.02", "t(28) = 2.20", "t(28) = 2.20 and later p = .03", "z-score = 2"],
)  # fmt: skip
def test_what_is_not_stated_is_not_read(text: str) -> None:
    assert read_test_statistics(text) == ()


@pytest.mark.parametrize(
    ("text", "verdict", "words"),
    [
        ("t(28) = 2.20, p = .036", "consistent", "goes with t(28) = 2.20"),
        ("t(28) = 2.20, p = .018", "note", "only one-sided"),
        ("t(28) = 2.20, p = .030", "note", "does not go with"),
        ("t(28) = 2.20, p = .035", "note", "only by cutting off or rounding up"),
        ("Tests were one-tailed. t(28) = 1.80, p = .041", "note", "only one-sided"),
        ("One-tailed tests. t(28) = 1.80, p = .041", "note", "only one-sided"),
        ("t(28) = 1.80, p = .041", "flag", "only one-sided"),
        ("t(28) = 1.20, p = .030", "flag", "which gives P = 0.2"),
        ("t(28) = 3.20, p > .05", "flag", "does not go with"),
        ("F(1, 30) = 3.20, p = .042", "flag", "does not go with"),
        ("t(28) = 2.20, p = .2, Bonferroni corrected", "note", "does not go with"),
        ("A one-sided test. t(28) = -1.20, p = .88", "note", "does not go with"),
        ("t(9) = 10.1, p = .000", "note", "a P is never 0"),
        ("r(28) = 1.70, p = .01", "cannot check", "was not checked"),
    ],
)
def test_verdicts(text: str, verdict: str, words: str) -> None:
    (found,) = check(text)
    assert found.verdict == verdict
    assert words in found.statement
    assert bool(found.innocent) == (verdict == "flag" or "not go" in words or "one-sided" in words)


def test_the_passage_is_that_of_the_statement() -> None:
    text = "They differed, t(28) = 2.20, p = .036, and F(1, 9) = 0.10, p = .76."
    one, two = check(text, exact=True)
    spans = [(p.start - 100, p.end - 100) for c in (one, two) for p in c.passages]
    assert [text[a:b] for a, b in spans] == ["t(28) = 2.20, p = .036", "F(1, 9) = 0.10, p = .76"]
    assert one.check_id != two.check_id


@pytest.mark.parametrize(
    "piece",
    ["t(", "t(1) = ", "t(28) = 2.2, p ", "χ2(1, N = ", "F(1,", "z = 1.", "t" + " " * 50, "1"],
)
def test_the_time_grows_with_the_length(piece: str) -> None:
    start = time.process_time()
    assert read_test_statistics(piece * (100_000 // len(piece))) == ()
    assert time.process_time() - start < 1.0
