"""Words, groups and addresses that all faces share."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.faces import layout
from trialweave.faces.question_form import question_of
from trialweave.model import ArmResult, Check, Effect, Finding, Missingness, Passage, PValue
from trialweave.publish.views import Cell, RecordRow


def _cell(address: str, text: str = "x") -> Cell:
    return Cell("r:1", "R", address, text, Missingness.STATED, None, "r/1", None, False)


def test_cells_of_a_list_become_entries_with_parts() -> None:
    cells = [
        _cell("primary_outcomes[0].measure", "Death"),
        _cell("primary_outcomes[0].time_frame", "28 days"),
        _cell("primary_outcomes[1].measure", "Stay"),
    ]
    entries = layout.items(cells)
    assert [sorted(entry.parts) for entry in entries] == [["measure", "time_frame"], ["measure"]]
    assert [entry.number for entry in layout.items([_cell("phase")])] == [-1]
    assert list(layout.items([_cell("conditions[3]")])[0].parts) == [""]


def test_a_late_version_may_be_the_only_one_of_an_earlier_day() -> None:
    at = dt.datetime(2031, 5, 6, tzinfo=dt.UTC)
    row = RecordRow("r:1", "r", "R", "trial", "1", "", 2, 3, "", "", at, "")
    assert layout.version_of(row) == "2 of 3"
    assert layout.version_of(msgspec.structs.replace(row, versions=1)) == "2, of 1 by then"


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        (ArmResult(events=7, n=14, percent="50"), "7 of 14 (50%)"),
        (ArmResult(percent="28", n=15), "28% of 15"),
        (ArmResult(events=7), "7"),
        (ArmResult(mean=5.5, sd=1.25, n=20), "mean 5.5 (SD 1.25) n = 20"),
        (ArmResult(median=9, lower=4, upper=12), "median 9 [4 to 12]"),
        (ArmResult(), "no number"),
    ],
)
def test_numbers_of_a_group(arm: ArmResult, said: str) -> None:
    assert layout.arm_numbers(arm) == said


def test_a_finding_as_a_sentence_has_the_treatment_first_and_says_what_was_recovered() -> None:
    finding = Finding(
        "r:1#1",
        "r:1",
        "Intubation",
        time="day 28",
        arms=(
            ArmResult("placebo", "control", 12, 15, "80"),
            ArmResult("drug", "treatment", 7, 14, "50", n_origin="recovered"),
        ),
        p=PValue("<", "0.05", "log-rank"),
        effect=Effect("RR", "0.63", "0.35", "1.12"),
    )
    assert layout.finding_text(finding) == (
        "Intubation, day 28: drug: 7 of 14 (50%) [size recovered] against placebo: 12 of 15 (80%); "
        "RR 0.63 (95% interval 0.35 to 1.12); P < 0.05 (log-rank)"
    )


def test_flagged_findings_come_first_and_checks_of_records_last() -> None:
    findings = [Finding(f"r:1#{number}", "r:1", "o") for number in (1, 2)]

    def check(finding_id: str, verdict: str) -> Check:
        return Check("c", "rule", "s", "r:1", finding_id, verdict, "said")  # type: ignore[arg-type]

    pairs = layout.with_checks(
        findings, [check("", "note"), check("r:1#2", "consistent"), check("r:1#2", "flag")]
    )
    assert [pair.finding and pair.finding.finding_id for pair in pairs] == ["r:1#2", "r:1#1", None]
    assert [check.verdict for check in pairs[0].checks] == ["flag", "consistent"]


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_path_carries_any_identifier(identifier: str) -> None:
    path = layout.path_of("study", identifier)
    assert path.isascii()
    assert unquote(path.removeprefix("/study/")) == identifier
    inside = path.removeprefix("/study/").split("/")
    if len(inside) > 1:  # nothing that a browser would take out or climb over
        assert not {"", ".", ".."} & {unquote(segment) for segment in inside}


def test_registry_numbers_with_slashes_stay_readable() -> None:
    assert layout.path_of("study", "CTRI/2031/01/000001") == "/study/CTRI/2031/01/000001"
    assert layout.path_of("study", "10.1/a b?c#d%") == "/study/10.1/a%20b%3Fc%23d%25"


@given(st.lists(st.tuples(st.sampled_from(["q", "filter"]), st.text(st.characters(codec="utf-8")))))
def test_a_query_carries_any_text(pairs: list[tuple[str, str]]) -> None:
    asked = parse_qs(urlsplit("http://x/" + layout.query_of(pairs)).query, keep_blank_values=True)
    for key in ("q", "filter"):
        assert asked.get(key, []) == [value for name, value in pairs if name == key and value]


def test_filters_are_fields_and_values() -> None:
    assert layout.parse_filters(["phases=2", " phases = 3", "sources=a=b"]) == {
        "phases": ["2", "3"],
        "sources": ["a=b"],
    }
    for wrong in ("phases", "=2", "phases=", ""):
        with pytest.raises(ValueError, match="field=value"):
            layout.parse_filters([wrong])


def test_a_question_from_options() -> None:
    asked = question_of(
        {"outcome": " mortality ", "measure": "OR", "without": ["a", "a", " "], "figure": "x"}
    )
    assert (asked.outcome, asked.measure, asked.exclude) == ("mortality", "OR", ("a",))
    with pytest.raises(ValueError, match="measure"):
        question_of({"outcome": "mortality", "measure": "XX"})


def test_passages_open_by_span_or_by_path() -> None:
    assert layout.span_query(Passage(3, 9)) == "?start=3&end=9"
    assert layout.span_query(Passage(path="a.b[0]")) == "?path=a.b%5B0%5D"
    assert layout.span_query(None) == ""


def test_numbers_of_a_synthesis() -> None:
    assert layout.interval(0.625, 0.35, 1.12) == "0.63 (0.35 to 1.12)"
    assert layout.interval(None, None, None) == "not estimable"
    assert layout.spread(0.1, None) == "not defined"
    assert layout.small(0.00042) == "0.00042"
    assert layout.decimals(None, 0) == "–"
    assert layout.plural(1, "study", "studies") == "1 study"
    assert layout.plural(12345, "record") == "12 345 records"
