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
