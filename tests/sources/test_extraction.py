"""Extraction sheets: every number with its path, what is missing as missing, bad lines refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.errors import Hostile, InputError, NoIdentifier, TooLarge, Unreadable, WrongEncoding
from trialweave.model import Draft, Missingness, PartialDate, Publication, Received, Trial
from trialweave.sources import extraction

LINE: dict[str, Any] = {
    "format": "trialweave.report/1",
    "key": "okafor2031",
    "kind": "report",
    "label": "Okafor 2031",
    "registrations": ["nct 09990001", "2030-009999-11"],
    "doi": "https://doi.org/10.5555/Example.1",
    "pmid": "99000001",
    "year": 2031,
    "country": ["Ghana", "Togo"],
    "condition": "severe pneumonia",
    "severity": "severe",
    "design": "RCT",
    "masking": "double-blind",
    "phase": "1/2a",
    "product": "invented cells",
    "cell_source": "invented tissue",
    "dose": "1e6 cells/kg",
    "infusions": "2",
    "arms": [
        {"label": "cells", "role": "treatment", "size": 40},
        {"label": "saline", "role": "control", "size": 41},
    ],
    "control": "saline",
    "enrolment": {"n": 81, "type": "actual"},
    "follow_up_days": 90,
    "results": [
        {
            "outcome": "28-day mortality",
            "days": 28,
            "treatment": {"events": 0, "n": 40, "percent": "0.0"},
            "control": {"events": 3, "n": 41, "percent": "7.30", "derived": ["n"]},
            "p": "0.24",
            "effect": {"measure": "RR", "estimate": "0.15", "lower": "0.01", "upper": "2.8"},
            "derived": "3 is 7.3% of 41",
            "source": "https://example.org/table/2",
        },
        {
            "outcome": "hospital stay",
            "unit": "days",
            "treatment": {"n": 40, "median": 9, "lower": 6, "upper": 14},
            "control": {"n": 41, "mean": 12.5, "sd": 4.25},
        },
    ],
    "sources": ["https://example.org/article"],
    "notes": ["an invented trial"],
}


def sheet(*lines: dict[str, Any]) -> Received:
    return Received("sheet.jsonl", "".join(json.dumps(line) + "\n" for line in lines).encode())


def only(**changes: Any) -> Publication:
    draft = extraction.SOURCE.read(sheet({**LINE, **changes}))[0]
    assert isinstance(draft.body, Publication)
    return draft.body


def test_a_report_keeps_every_fact_with_its_path() -> None:
    draft = extraction.SOURCE.read(sheet(LINE))[0]
    assert (draft.source, draft.identifier) == ("extraction", "okafor2031")
    report = draft.body
    assert isinstance(report, Publication)
    assert not report.retold
    assert report.doi.content == "10.5555/example.1"
    assert report.doi.raw == "https://doi.org/10.5555/Example.1"
    assert report.pmid.content == "99000001"
    assert report.citation.content == "Okafor 2031"
    assert report.published.content == PartialDate(2031)
    numbers = report.registrations.content
    assert numbers is not None
    assert [(n.scheme, n.value.content) for n in numbers] == [
        ("nct", "NCT09990001"),
        ("eudract", "2030-009999-11"),
    ]
    about = report.trial
    assert about.allocation.content == "randomised"
    assert about.masking.content == "double"
    assert about.phase.content == ("1", "2")
    assert about.enrollment.content == 81
    assert about.enrollment.passage is not None
    assert about.enrollment.passage.path == "enrolment.n"
    assert [c.content for c in about.countries.content or ()] == ["Ghana", "Togo"]
    assert [a.size.content for a in about.arms.content or ()] == [40, 41]
    treatment = (about.interventions.content or ())[0]
    assert treatment.name.content == "invented cells"
    assert treatment.description.content == "invented tissue"
    assert treatment.arm_labels.content == ("cells",)
    assert {item.label: item.value.content for item in about.other}["dose"] == "1e6 cells/kg"


def test_results_keep_printed_figures_and_zero_apart_from_missing() -> None:
    first, second = only().trial.results.content or ()
    treated, control = first.arms
    assert treated.events.content == 0
    assert treated.events.missingness is Missingness.STATED
    assert treated.events.passage is not None
    assert treated.events.passage.path == "results[0].treatment.events"
    assert control.percent.content == "7.30"
    assert control.n.rule == "extraction.derived/1"
    assert control.events.rule == "extraction.events/1"
    assert (treated.label, treated.role, control.label, control.role) == (
        "cells",
        "treatment",
        "saline",
        "control",
    )
    assert first.time_frame.content == "28 days"
    assert first.note == "Derived: 3 is 7.3% of 41."
    assert first.source == "https://example.org/table/2"
    analysis = first.analyses[0]
    assert analysis.p_value.content == "0.24"
    assert (analysis.parameter.content, analysis.lower.content) == ("RR", "0.01")
    assert analysis.level.content == "95"

    stay, other = second.arms
    assert stay.events.missingness is Missingness.NOT_REPORTED
    assert stay.events.content is None
    assert (stay.median.content, stay.dispersion_type, stay.lower.content) == (9, "IQR", 6)
    assert (other.mean.content, other.dispersion.content, other.dispersion_type) == (
        12.5,
        4.25,
        "SD",
    )
    assert second.analyses == ()
    assert second.time_frame.missingness is Missingness.NOT_REPORTED


def test_a_number_of_events_is_not_a_number_of_patients() -> None:
    results = [{"outcome": "events", "unit": "events", "treatment": {"number": 6, "n": 30}}]
    arm = (only(results=results).trial.results.content or ())[0].arms[0]
    assert arm.number.content == 6
    assert arm.events.missingness is Missingness.NOT_REPORTED


def test_one_group_of_a_single_arm_study_is_single() -> None:
    results = [{"outcome": "mortality", "treatment": {"events": 1, "n": 9}}]
    single = only(design="single-arm", results=results).trial
    assert single.allocation.content == "not applicable"
    assert [arm.role for arm in (single.results.content or ())[0].arms] == ["single"]
    randomised = only(results=results).trial
    assert [arm.role for arm in (randomised.results.content or ())[0].arms] == ["treatment"]


@pytest.mark.parametrize(
    ("field", "text", "content"),
    [
        ("masking", "open-label", "none"),
        ("masking", "triple (participant; care provider)", "triple"),
        ("masking", "double-blind (paper); single (registry)", None),
        ("masking", "sham-controlled", None),
        ("phase", "2b", ("2",)),
        ("phase", "Phase II/III", ("2", "3")),
        ("phase", "early 1", ("early1",)),
        ("phase", "N/A", ("not applicable",)),
        ("phase", "0", None),
        ("phase", "early 2", None),
        ("design", "nRCT", "non-randomised"),
        ("design", "cross-over", None),
    ],
)
def test_words_are_normalised_or_called_unreadable(field: str, text: str, content: object) -> None:
    about = only(**{field: text}).trial
    value = about.allocation if field == "design" else getattr(about, field)
    assert value.content == content
    assert value.raw == text
    assert value.missingness is (Missingness.STATED if content else Missingness.UNREADABLE)


def test_a_registration_becomes_a_trial_under_its_number() -> None:
    line = {key: LINE[key] for key in ("format", "registrations", "design", "sources")}
    draft = extraction.SOURCE.read(sheet({**line, "key": "reg1", "kind": "registration"}))[0]
    assert isinstance(draft.body, Trial)
    assert draft.body.primary_id.content == "NCT09990001"
    assert [n.value.content for n in draft.body.secondary_ids.content or ()] == ["2030-009999-11"]
    assert draft.body.results.missingness is Missingness.NOT_REPORTED
    assert draft.body.enrollment.missingness is Missingness.NOT_REPORTED


def test_offsets_are_those_of_the_lines() -> None:
    first, second = json.dumps(LINE), json.dumps({**LINE, "key": "b"}, ensure_ascii=False)
    data = b"\xef\xbb\xbf" + first.encode() + b"\r\n\n" + second.encode()
    drafts = extraction.SOURCE.read(Received("s", data))
    assert [data[d.start : d.end].decode() for d in drafts] == [first, second]


def test_recognised_by_content_alone() -> None:
    assert extraction.recognise(sheet(LINE))
    assert extraction.recognise(Received("x.txt", b"\xef\xbb\xbf\n" + sheet(LINE).data))
    assert extraction.recognise(Received("x", b'{"key": "a", "format" : "trialweave.report/7"}'))
    quoted = json.dumps({"text": json.dumps(LINE)}).encode()
    for other in (b"", b"{}", b'{"format": "other/1"}', quoted, b"x" + sheet(LINE).data):
        assert not extraction.recognise(Received("x.jsonl", other))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"format": "trialweave.report/2"}, Unreadable, "trialweave.report/1"),
        ({"key": ""}, NoIdentifier, "key"),
        ({"key": "a b"}, Unreadable, "key"),
        ({"kind": "registration", "registrations": []}, NoIdentifier, "registrations"),
        ({"pecent": "7"}, Unreadable, "pecent"),
        ({"results": [{"outcome": "x", "treatment": {"events": -1}}]}, Unreadable, "events"),
        ({"results": [{"outcome": "x", "treatment": {"percent": 7.3}}]}, Unreadable, "percent"),
        ({"year": 0}, Unreadable, "year"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(
    change: dict[str, Any], error: type[InputError], words: str
) -> None:
    good, bad = sheet({**LINE, "key": "good"}), sheet({**LINE, **change})
    each = list(extraction.read_each(Received("sheet.jsonl", good.data + bad.data)))
    assert isinstance(each[0], Draft)
    assert type(each[1]) is error
    assert each[1].where == "sheet.jsonl, line 2"
    assert words in str(each[1])
    assert len(extraction.SOURCE.read(Received("sheet.jsonl", good.data + bad.data))) == 1
    with pytest.raises(error):
        extraction.SOURCE.read(bad)


def test_one_key_on_two_lines_is_refused() -> None:
    each = list(extraction.read_each(sheet(LINE, LINE)))
    assert [type(item) for item in each] == [Draft, Unreadable]


def test_hostile_documents() -> None:
    start = sheet(LINE).data.rstrip()[:-1]
    nested = start + b', "notes": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    with pytest.raises((Hostile, Unreadable)):
        extraction.SOURCE.read(Received("deep", nested))
    with pytest.raises(WrongEncoding):
        extraction.SOURCE.read(Received("latin", start + b', "notes": ["\xe9"]}'))
    long = start + b', "notes": ["' + b"x" * extraction.MAX_LINE + b'"]}'
    with pytest.raises(TooLarge):
        extraction.SOURCE.read(Received("long", long))
    for empty in (b"", b"\n \n"):
        with pytest.raises(Unreadable):
            extraction.SOURCE.read(Received("empty", empty))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


@given(field=st.sampled_from(sorted(LINE)), value=JSON)
def test_any_value_in_any_field_gives_a_draft_or_a_typed_error(field: str, value: Any) -> None:
    for each in extraction.read_each(sheet({**LINE, field: value})):
        assert isinstance(each, Draft | InputError)
