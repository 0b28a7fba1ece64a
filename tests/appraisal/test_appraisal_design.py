"""What a record says of its design decides which tests can be meant."""

from __future__ import annotations

import datetime as dt

import pytest

from trialweave.appraisal import appraise
from trialweave.model import (
    ArmResult,
    Check,
    Effect,
    Finding,
    Publication,
    PValue,
    Record,
    Section,
    Study,
    stated,
)

from .conftest import group, result


def check(rule: str, text: str, *findings: Finding, label: str = "Methods") -> list[Check]:
    sections = (Section(label, stated(text, "test/1")),)
    record = Record(
        record_id="page:one", version=1, source="page", identifier="one", kind="publication",
        digest="", sha256="", start=0, end=0, name="x",
        received_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
        publication=Publication(sections=stated(sections, "test/1")),
    )  # fmt: skip
    study = Study("S1", "invented", ("page:one",), ())
    return list(appraise(study, {"page:one": record}, findings, only=[rule]))


COUNTS = result(
    group("treatment", 9, 40), group("control", 12, 40), p=PValue("=", "0.0001"),
    effect=Effect("RR", "0.20", "0.10", "0.40"),
)  # fmt: skip
MEANS = result(
    *(
        ArmResult(role=role, mean=mean, mean_printed=f"{mean}", sd=2.0, sd_printed="2.0", n=20)  # type: ignore[arg-type]
        for role, mean in (("treatment", 9.0), ("control", 5.0))
    ),
    kind="continuous", p=PValue("=", "0.9", test="t test"), effect=Effect("MD", "40", "39", "41"),
)  # fmt: skip

PLAIN = "Patients were randomised one to one."
DEPENDENT = [
    "This cluster-randomised trial was done in twelve villages.",
    "Twelve villages; we randomised by village. The intra-cluster correlation was small.",
    "A randomised, double-blind, placebo-controlled crossover trial.",
    "Patients served as their own controls.",
]


@pytest.mark.parametrize(
    ("rule", "finding", "otherwise"),
    [
        ("p-value", COUNTS, "cannot check"), ("effect", COUNTS, "cannot check"),
        ("p-value-means", MEANS, "cannot check"), ("mean-difference", MEANS, "note"),
    ],
)  # fmt: skip
def test_dependent_patients_are_never_flagged(rule: str, finding: Finding, otherwise: str) -> None:
    (plain,) = check(rule, PLAIN, finding)
    assert plain.verdict == "flag"
    for text in DEPENDENT:
        (found,) = check(rule, text, finding)
        assert found.verdict == otherwise, text


def test_only_methods_and_titles_tell_of_the_design() -> None:
    """An introduction tells of other trials."""
    (found,) = check("p-value", DEPENDENT[0], COUNTS, label="Introduction")
    assert found.verdict == "flag"
    (found,) = check("p-value", "The group randomised patients who were fit.", COUNTS)
    assert found.verdict == "flag"


def test_percentages_above_their_shares_may_be_estimates() -> None:
    one = result(group("treatment", 20, 100, "23.1"))
    (plain,) = check("percent-attainable", PLAIN, one)
    assert plain.verdict == "flag"
    (found,) = check("percent-attainable", "Rates are Kaplan-Meier estimates.", one)
    assert found.verdict == "note"
    assert "20 of 100 is printed as 23.1%" in found.statement
    below = result(group("treatment", 20, 100, "17.1"))
    (found,) = check("percent-attainable", "Rates are Kaplan-Meier estimates.", below)
    assert found.verdict == "flag"
    # who left counts among those not surviving in the share: there the estimate lies below it
    for printed, verdict in (("17.1", "flag"), ("23.1", "note")):
        arm = group("treatment", 20, 100, printed)
        of_deaths = result(arm, outcome="death", family="mortality")
        (found,) = check("percent-attainable", "Rates are Kaplan-Meier estimates.", of_deaths)
        assert found.verdict == verdict


def test_an_estimate_of_survival_lies_on_the_other_side() -> None:
    for printed, verdict in (("77.1", "note"), ("83.1", "flag")):
        arm = group("treatment", 80, 100, printed)
        survivors = result(arm, outcome="survivors", family="survival")
        (found,) = check("percent-attainable", "Rates are Kaplan-Meier estimates.", survivors)
        assert found.verdict == verdict


def test_percentages_that_all_differ_alike_have_other_denominators() -> None:
    many = [
        result(group("treatment", events, 100, f"{events / 0.9:.1f}"), ordinal=number)
        for number, events in enumerate((11, 20, 31, 40, 51), start=1)
    ]
    assert {c.verdict for c in check("percent-attainable", PLAIN, *many)} == {"note"}
    assert {c.verdict for c in check("percent-attainable", PLAIN, *many[:4])} == {"flag"}
    mixed = [*many, result(group("treatment", 20, 100, "17.1"), ordinal=9)]
    assert {c.verdict for c in check("percent-attainable", PLAIN, *mixed)} == {"flag"}


def test_a_margin_is_another_question() -> None:
    one = result(kind="effect", p=PValue("<", "0.001"), effect=Effect("HR", "1.02", "0.80", "1.30"))
    (plain,) = check("p-interval", PLAIN, one)
    assert plain.verdict == "flag"
    (found,) = check("p-interval", "The margin for non-inferiority was 1.5.", one)
    assert found.verdict == "note"
