"""What a title says that its article is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from trialweave.studies import weave
from trialweave.studies.identities import Header
from trialweave.studies.tellings import relation_of, telling


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("Lamp oil against night fever: study protocol for a randomised trial", "protocol"),
        ("Rationale and design of the LAMP trial", "protocol"),
        ("Lamp oil against night fever: an interim analysis", "interim report"),
        ("Preliminary results of lamp oil against night fever", "interim report"),
        ("Lamp oil against night fever: five-year follow-up", "longer follow-up"),
        ("Long-term safety of lamp oil", "longer follow-up"),
        ("Night fever: follow-up at 2 years of the LAMP trial", "longer follow-up"),
        ("Sleep in the LAMP trial: a post hoc analysis", "secondary analysis"),
        ("Lamp oil against night fever: a randomised trial", ""),
        ("The five years of the lamp", ""),
        ("Lamp oil: protocol of a pragmatic, cluster-randomised trial", "protocol"),
        ("A dimming protocol for the night watch: a randomised trial", ""),
        ("Effect of a protocol of lamp oil on sleep", ""),
        ("Long-term lamp oil against night fever: a randomised trial", ""),
        ("Lamp oil in a subgroup of sailors: a randomised trial", ""),
        ("Lamp oil and sleep: a sub-study of the LAMP trial", "secondary analysis"),
        ("Protocols and design", ""),
        ("", ""),
        ("first " * 100_000, ""),
    ],
)
def test_titles(title: str, told: str) -> None:
    assert telling(title) == told


def _header(kind: str, title: str) -> Header:
    return Header(f"x:{title}", "x", title, kind, title)  # type: ignore[arg-type]


def test_of_two_records() -> None:
    registered = _header("trial", "Long-term lamp oil")
    first = _header("publication", "Lamp oil")
    later = _header("publication", "Lamp oil: long-term results")
    interim = _header("publication", "Lamp oil: interim results")
    assert relation_of(registered, registered) == "same trial"
    assert relation_of(registered, first) == "reports the trial"
    assert relation_of(later, registered) == "longer follow-up of the trial"
    assert relation_of(first, first) == "reports on the same trial"
    assert relation_of(first, later) == "longer follow-up of the same trial"
    assert relation_of(later, interim) == "interim report and longer follow-up of the same trial"
    assert relation_of(later, later) == "reports on the same trial"


def test_links_say_it(make: SimpleNamespace) -> None:
    registered = make.registration("NCT01000001")
    later = make.article(
        "pubmed:b", "10.5555/b", ["NCT01000001"], title="Lamp oil: long-term follow-up"
    )
    (link,) = weave([registered, later], {}).links
    assert (link.kind, link.relation) == ("asserted", "longer follow-up of the trial")
