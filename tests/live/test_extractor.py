"""The extractor that asks a model: whatever it answers, only what the text prints is taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from live_stub import Said

from trialweave.errors import FetchFailed
from trialweave.faces import cli
from trialweave.live.extractor import KEY, Model, model_at
from trialweave.live.pace import Pace
from trialweave.workspace import check_text

TEXT = """Invented cells for an invented fever

Methods: We randomised 1,040 patients.
Results: At day 28, 3 of 20 patients in the cell group died versus 9 of 20 in the placebo group \
(P = 0.04). CRP fell by 12·5 (SD 3.1) mg/L. The odds ratio was 0.33 (0.09 to 1.18).
"""
QUOTE = "3 of 20 patients in the cell group died versus 9 of 20 in the placebo group (P = 0.04)"
DEATHS = {
    "quote": QUOTE,
    "outcome": "died",
    "time": "At day 28",
    "arms": [
        {"label": "cell group", "role": "treatment", "events": "3", "n": "20"},
        {"label": "placebo group", "role": "control", "events": 9, "n": "20"},
    ],
    "p": "= 0.04",
}


def answering(*findings: Any) -> Said:
    content = "```json\n" + json.dumps({"findings": list(findings)}) + "\n```"
    return Said(json={"choices": [{"message": {"content": content}}]})


@pytest.fixture
def ask(stub: Any, time: Any) -> Callable[..., Any]:
    """Asks the stub, which answers with the findings given, about `TEXT`."""

    def asked(*findings: Any, text: str = TEXT) -> Any:
        stub.on("/v1/chat/completions", answering(*findings))
        model = Model(f"{stub.base}/v1", "tiny", "secret", Pace(time.clock))
        (record,) = check_text(text, model=model).records
        return record.model

    return asked


def test_what_stands_in_the_text_is_taken_with_its_spans(ask: Any, stub: Any) -> None:
    answer = ask(DEATHS)
    assert (answer.refused, answer.rule, answer.requests) == ((), "model:tiny", 1)
    (finding,) = answer.findings
    assert finding.rule == "model:tiny"
    assert (finding.family, finding.time_days, finding.kind) == ("mortality", 28, "count")
    assert [(arm.events, arm.n, arm.role) for arm in finding.arms] == [
        (3, 20, "treatment"),
        (9, 20, "control"),
    ]
    spans = [TEXT[arm.passage.start : arm.passage.end] for arm in finding.arms]
    assert spans == ["3 of 20", "9 of 20"]
    assert TEXT[finding.p.passage.start : finding.p.passage.end] == "0.04"
    assert TEXT[finding.passage.start : finding.passage.end] == QUOTE
    assert any(check.rule == "p-value" for check in answer.checks)
    (asked,) = stub.asked
    assert (asked.json["model"], asked.json["temperature"]) == ("tiny", 0)
    assert asked.headers["authorization"] == "Bearer secret"
    sent = asked.json["messages"][1]["content"]
    assert "3 of 20 patients" in sent
    assert "randomised" not in sent  # methods stay here


def test_it_is_never_mixed_with_what_rules_found(ask: Any, stub: Any) -> None:
    ask(DEATHS)
    plain = check_text(TEXT)
    with_model = check_text(TEXT, model=Model(f"{stub.base}/v1", "tiny"))
    assert plain.findings
    assert with_model.findings == plain.findings
    assert with_model.checks == plain.checks
    assert not any(f.rule.startswith("model:") for f in with_model.findings)
    assert plain.records[0].model is None


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"quote": QUOTE.replace("3 of", "4 of")}, "these words do not stand in the text"),
        ({"quote": ""}, "these words do not stand in the text"),
        ({"outcome": "intubated"}, "the outcome 'intubated' is not in the text"),
        ({"p": "< 0.001"}, "P '< 0.001' does not stand in the quote"),
        ({"p": "0.4"}, "P '0.4' does not stand in the quote"),
        ({"time": "day 60"}, "the time 'day 60' is not in the text"),
        ({"arms": [{"label": "cells", "events": "2", "n": "20"}]}, "a.events '2' does not stand"),
        ({"arms": [{"events": "3", "n": "1,040"}]}, "a.n '1,040' does not stand in the quote"),
        ({"arms": [{"events": "3", "role": "nurse"}]}, "a.role is none of those asked for"),
        ({"arms": [{"events": "3", "label": "nobody"}]}, "the group 'nobody' is not in the text"),
    ],
)
def test_what_does_not_stand_there_is_refused(
    ask: Any, change: dict[str, Any], refused: str
) -> None:
    answer = ask(DEATHS | change)
    assert any(refused in said for said in answer.refused)
    figures = json.dumps([str(finding) for finding in answer.findings])
    for wrong in ("4 of", "60.0", "n=1040", "nurse", "nobody", "0.001", "events=2,"):
        assert wrong not in figures


def test_a_figure_is_no_part_of_a_longer_one(ask: Any) -> None:
    about = {"quote": "CRP fell by 12·5 (SD 3.1) mg/L", "outcome": "CRP"}
    answer = ask(about | {"arms": [{"mean": "12", "sd": "1"}]})
    assert answer.findings == ()
    assert len(answer.refused) == 3  # each figure, and then the finding
    (finding,) = ask(about | {"arms": [{"mean": "12·5", "sd": "3.1"}]}).findings
    assert (finding.kind, finding.arms[0].mean, finding.arms[0].mean_printed) == (
        "continuous",
        12.5,
        "12.5",
    )


def test_a_comma_that_may_part_thousands_is_no_decimal_sign(ask: Any) -> None:
    text = "Results: The mean cost was 1,234 crowns in the cell group of 1,040 patients who died."
    about = {"quote": text.partition(": ")[2], "outcome": "cost"}
    answer = ask(about | {"arms": [{"mean": "1,234", "n": "1,040"}]}, text=text)
    assert [(arm.mean, arm.n) for finding in answer.findings for arm in finding.arms] == [
        (None, 1040)
    ]
    assert "a.mean cannot be '1,234'" in answer.refused[0]


def test_a_figure_keeps_its_minus(ask: Any) -> None:
    text = "Results: CRP changed by −12.5 (SD 3.1) mg/L, IL-6 by 10–20 pg/mL, in the cell group."
    about = {"quote": text.partition(": ")[2], "outcome": "CRP"}
    (finding,) = ask(about | {"arms": [{"mean": "12.5", "sd": "3.1"}]}, text=text).findings
    assert (finding.arms[0].mean, finding.arms[0].sd) == (None, 3.1)
    (finding,) = ask(about | {"arms": [{"mean": "−12.5"}]}, text=text).findings
    assert finding.arms[0].mean == -12.5
    assert ask(about | {"arms": [{"mean": "-20"}]}, text=text).findings == ()
    assert ask(about | {"arms": [{"mean": "6"}]}, text=text).findings == ()
    (finding,) = ask(about | {"arms": [{"lower": "10", "upper": "20"}]}, text=text).findings
    assert (finding.arms[0].lower, finding.arms[0].upper) == (10, 20)


def test_an_effect(ask: Any) -> None:
    effect = {"measure": "OR", "estimate": "0.33", "lower": 0.09, "upper": "1.81"}
    answer = ask(
        {
            "quote": "The odds ratio was 0.33 (0.09 to 1.18)",
            "outcome": "odds ratio",
            "effect": effect,
        }
    )
    (finding,) = answer.findings
    told = finding.effect
    assert (told.measure, told.estimate, told.lower, told.upper) == ("OR", "0.33", "0.09", "")
    assert "upper '1.81'" in answer.refused[0]


@pytest.mark.parametrize("content", ["", "no JSON", "[" * 100_000, '{"findings": 3}', "{}"])
def test_answers_that_are_none(stub: Any, time: Any, content: str) -> None:
    said = Said(json={"choices": [{"message": {"content": content}}]})
    stub.on("/v1/chat/completions", said)
    model = Model(f"{stub.base}/v1", "tiny", pace=Pace(time.clock))
    (record,) = check_text(TEXT, model=model).records
    assert record.model.findings == ()


def test_findings_of_another_form(ask: Any) -> None:
    answer = ask({"quote": 3}, "x", None, DEATHS, *[{"quote": "x"}] * 120)
    assert len(answer.findings) == 1
    assert sum("form asked for" in said for said in answer.refused) == 3
    assert "24 findings beyond the first 100" in answer.refused


def test_an_answer_that_is_no_completion(stub: Any, time: Any) -> None:
    model = Model(f"{stub.base}/v1", "tiny", pace=Pace(time.clock))
    stub.on("/v1/chat/completions", Said(json={"hello": 1}))
    with pytest.raises(FetchFailed, match="no chat completion"):
        check_text(TEXT, model=model)
    stub.on("/v1/chat/completions", Said(status=401, body="no key"))
    with pytest.raises(FetchFailed, match="401"):
        check_text(TEXT, model=model)


def test_which_addresses_are_asked() -> None:
    assert model_at(" http://127.0.0.1:1/v1/ ", "m", {KEY: " k "}) == Model(
        "http://127.0.0.1:1/v1", "m", "k"
    )
    assert model_at("http://models.example/v1", "m", {}).key == ""
    for url, environ in (
        ("http://models.example/v1", {KEY: "k"}),
        ("ftp://models.example", {}),
        ("https://k@models.example", {}),
        ("nothing", {}),
        ("https://models.example:99999", {}),
    ):
        with pytest.raises(FetchFailed) as caught:
            model_at(url, "m", environ)
        assert "'k'" not in str(caught.value)
    with pytest.raises(FetchFailed):
        model_at("https://models.example", " ", {})


def test_the_command(stub: Any, tmp_path: Any, capfd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "secret")
    monkeypatch.setenv("COLUMNS", "300")
    path = tmp_path / "abstract.txt"
    path.write_text(TEXT)
    stub.on("/v1/chat/completions", answering(DEATHS | {"p": "0.5"}))
    model = ["--with-model", f"{stub.base}/v1", "--model", "tiny"]
    assert cli.run(["check", str(path), *model]) == 0
    out = capfd.readouterr().out
    assert "Apart from that, by model:tiny (1 request)" in out
    assert "P '0.5' does not stand in the quote" in out
    assert "secret" not in out
    assert cli.run(["check", str(path), "--model", "tiny"]) == 2
    assert cli.run(["check", "NCT00000000", *model]) == 2
    assert len(stub.asked) == 1
