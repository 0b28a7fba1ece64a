"""What would change a link: facts that would make it certain, and facts that would undo it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from trialweave.model import Link, Signal
from trialweave.studies import weave
from trialweave.studies.outlook import would_change

TRIAL: dict[str, Any] = {
    "public_title": "Thyme honey secretome in severe frostbite",
    "interventions": ["Amber thyme honey secretome"],
    "conditions": ["Frostbite"],
    "allocation": "randomised",
    "enrollment": 31,
}


def a_link(kind: str, *signals: Signal, relation: str = "same trial") -> Link:
    return Link("r:a", "r:b", kind, relation, 0.5, signals, "test/1")  # type: ignore[arg-type]


def test_what_one_fact_can_do_is_what_it_does(make: SimpleNamespace) -> None:
    """A candidate is told that an equal number would do; with it, it is probable."""
    numbers = ("NCT01000001", "ISRCTN10000002")

    def woven(*sizes: int) -> Link:
        pairs = zip(numbers, sizes, strict=True)
        records = [make.registration(each, **{**TRIAL, "enrollment": n}) for each, n in pairs]
        (found,) = weave(records, {}).links
        return found

    candidate = woven(31, 33)
    assert candidate.kind == "candidate"
    told = " ".join(would_change(candidate))
    assert "registry number that both state" in told
    assert "an equal number of participants" in told
    assert woven(31, 31).kind == "probable"


def test_a_probable_link_says_what_would_undo_it() -> None:
    sure = a_link("probable", Signal("prior", -13.0, ""), Signal("enrolment", 9.0, ""),
                  Signal("title", 12.0, ""))  # fmt: skip
    number, undoing = would_change(sure)
    assert "certain" in number
    assert "3.8 bits above" in undoing  # 8 bits, and 4.25 are needed
    assert "another number of participants (−14.0)" in undoing
    assert "another country (−5.0)" in undoing
    assert "another sponsor" not in undoing  # 2 bits would not
    safe = a_link("probable", Signal("title", 40.0, ""))
    assert "no single fact" in would_change(safe)[1]


_SETTLED = ("enrolment", "country", "sponsor", "start", "phase", "allocation", "ages", "masking",
            "completion", "other number", "investigator", "site", "dose", "arms")  # fmt: skip


@pytest.mark.parametrize(
    ("title", "prior", "expected"),
    [
        (14.0, -9.5, "short name (up to +1.5)"),  # topic 12.5: 3.0 bits, 1.25 are lacking
        (14.0, -10.0, "no single fact but a number"),  # 1.75 are lacking
        (4.0, -3.0, "short name (up to +5.0)"),
    ],
)
def test_beside_a_full_topic_a_short_name_adds_little(
    title: float, prior: float, expected: str
) -> None:
    """With all else agreeing as well as it can; topic and name are bounded together."""
    settled = [Signal(name, 50.0, "") for name in _SETTLED]
    rest = Signal("prior", prior - 50.0 * len(settled), "")
    over = Signal("shared topic", min(12.5 - title, 0.0), "")
    link = a_link("candidate", rest, Signal("title", title, ""), over, *settled)
    assert expected in " ".join(would_change(link))


@pytest.mark.parametrize(("prior", "undone"), [(-8.0, False), (-9.0, True)])
def test_without_its_short_name_the_topic_stays_full(prior: float, undone: bool) -> None:
    """Title 14 and name 4 weigh 14.0 together; the title alone 12.5."""
    settled = [Signal(name, -50.0, "") for name in _SETTLED]
    rest = Signal("prior", prior + 50.0 * len(settled), "")
    named = (
        Signal("title", 14.0, ""),
        Signal("acronym", 4.0, ""),
        Signal("shared topic", -4.0, ""),
    )
    undoing = would_change(a_link("probable", rest, *named, *settled))[1]
    assert ("another short name (−1.5)" in undoing) is undone


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("investigator", "a common investigator (up to +4.0)"),
        ("site", "a common site (up to +4.0)"),
        ("dose", "a common dose (up to +2.0)"),
        ("arms", "as many arms of one ratio of sizes (up to +2.0)"),
    ],
)
def test_who_conducts_it_where_and_how_can_lift_a_candidate(name: str, fact: str) -> None:
    team = {"sponsor", "investigator", "site"}
    rest = {*_SETTLED} - ({name} | team if name in team else {name})
    topic = [Signal("title", 40.0, ""), Signal("acronym", 5.0, ""), Signal("shared topic", -31, "")]
    prior = Signal("prior", 4.25 - 1.5 - 14.0 - 50.0 * len(rest), "")  # 1.5 bits are lacking
    settled = [Signal(each, 50.0, "") for each in sorted(rest)]
    assert fact in " ".join(would_change(a_link("candidate", prior, *topic, *settled)))


def test_a_candidate_far_below_needs_a_number() -> None:
    weak = a_link("candidate", *(Signal(name, 0.1, "") for name in ("country", "start")),
                  Signal("prior", -30.0, ""))  # fmt: skip
    assert "no single fact but a number" in would_change(weak)[1]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (a_link("asserted", Signal("registry number", 20.0, "")), "the registry number"),
        (a_link("candidate", Signal("registry number", 20.0, ""),
                Signal("umbrella number", -20.0, "")), "whole programme"),
        (a_link("rejected", Signal("title", 9.0, ""),
                Signal("contradiction", -20.0, "N1 and N2 are two")), "N1 and N2 are two"),
        (a_link("candidate", Signal("title", 9.0, ""), Signal("held back", 0.0, "a and c differ")),
         "a and c differ"),
        (a_link("candidate", Signal("title", 2.0, ""), Signal("rival", -5.2, "")), "5.2 bits"),
        (a_link("candidate", Signal("title", 2.0, ""), Signal("programme", 5.0, "")),
         "parts of one programme"),
        (a_link("rejected", Signal("decision", -20.0, "")), "a further decision"),
        (a_link("rejected"), "decision of a person"),
    ],
)  # fmt: skip
def test_each_kind_of_link(link: Link, expected: str) -> None:
    assert expected in " ".join(would_change(link))
