"""Links by identifiers: which places count, and which do not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from trialweave.model import Link, Record
from trialweave.studies import Weave, weave


def link(woven: Weave, a: str, b: str) -> Link | None:
    pair = tuple(sorted((a, b)))
    return next((each for each in woven.links if (each.record_a, each.record_b) == pair), None)


def together(woven: Weave, *ids: str) -> bool:
    return any(set(ids) <= set(study.record_ids) for study in woven.studies)


def test_two_records_of_one_number(make: SimpleNamespace) -> None:
    entry = make.registration("NCT01000001", public_title="Drops for dry eyes")
    page = make.registration("NCT01000001", source="portal", public_title="Eye drops")
    woven = weave([page, entry], {})
    (study,) = woven.studies
    assert study.study_id == "NCT01000001"
    found = link(woven, entry.record_id, page.record_id)
    assert found is not None
    assert (found.kind, found.relation, found.probability) == ("asserted", "same registration", 1.0)
    assert "NCT01000001" in found.signals[0].evidence


def test_cross_registration_by_secondary_number(make: SimpleNamespace) -> None:
    a = make.registration("NCT01000001")
    b = make.registration("ISRCTN10000002", secondary_ids=["nct 01000001", "local-77"])
    woven = weave([a, b], {})
    found = link(woven, a.record_id, b.record_id)
    assert found is not None
    assert (found.kind, found.relation) == ("asserted", "cross-registered")
    assert woven.studies[0].study_id == "NCT01000001"  # of two registrations, the order decides
    assert woven.studies[0].identifiers[:2] == ("NCT01000001", "ISRCTN10000002")


def test_a_number_of_the_same_register_names_another_trial(make: SimpleNamespace) -> None:
    parent = make.registration("NCT01000001", public_title="Drops")
    extension = make.registration(
        "NCT01000002", public_title="Drops, follow-up", secondary_ids=["NCT01000001"]
    )
    woven = weave([parent, extension], {})
    assert len(woven.studies) == 2


def test_an_alias_of_the_same_register_is_the_same_registration(make: SimpleNamespace) -> None:
    old = make.registration("NCT01000001")
    alias = make.number("NCT01000001", kind="obsolete number")
    new = make.registration("NCT01000002", secondary_ids=[alias])
    assert together(weave([old, new], {}), old.record_id, new.record_id)


@pytest.mark.parametrize("ids", [("IRCT20990101000001N1", "IRCT20990101000001N2")])
def test_sibling_numbers_stay_apart(make: SimpleNamespace, ids: tuple[str, str]) -> None:
    same = {
        "public_title": "Honey for burns, phase 2",
        "interventions": ["Thyme honey"],
        "conditions": ["Burns"],
        "countries": ["Iran"],
        "enrollment": 37,
        "primary_sponsor": "Invented Burns Institute",
    }
    first, second = (make.registration(each, **same) for each in ids)
    woven = weave([first, second], {})
    assert len(woven.studies) == 2
    found = link(woven, first.record_id, second.record_id)
    assert found is not None
    assert found.kind == "rejected"
    assert found.probability < 0.05
    assert "two registrations of one register" in found.signals[-1].evidence


def test_article_that_states_its_registration(make: SimpleNamespace) -> None:
    trial = make.registration("NCT01000001")
    paper = make.article("journal:a", "10.5555/a", ["NCT01000001"], title="Drops tried")
    woven = weave([trial, paper], {})
    found = link(woven, trial.record_id, paper.record_id)
    assert found is not None
    assert (found.kind, found.relation) == ("asserted", "reports the trial")
    assert woven.studies[0].record_ids == (trial.record_id, paper.record_id)
    assert "10.5555/a" in woven.studies[0].identifiers


@pytest.mark.parametrize(
    ("label", "text", "counts"),
    [
        ("Methods", "We tried drops (NCT01000001).", True),
        ("Trial registration", "NCT01000001", True),
        ("Introduction", "An earlier trial (NCT01000001) tried drops.", False),
        ("Background", "This trial was registered as NCT01000001.", True),
        ("Discussion", "A further trial goes on (NCT01000001).", False),
        ("References", "This trial is registered: NCT01000001.", False),
    ],
)
def test_where_an_article_names_a_number(
    make: SimpleNamespace, label: str, text: str, counts: bool
) -> None:
    at = text.index("NCT01000001")
    named = make.number("NCT01000001", start=at)
    paper = make.article("journal:a", registrations=[named], sections=[(label, text)])
    woven = weave([make.registration("NCT01000001"), paper], {})
    assert together(woven, "register:NCT01000001", "journal:a") is counts


def test_a_review_names_the_trials_of_others(make: SimpleNamespace) -> None:
    title = "Drops for dry eyes: a systematic review"
    review = make.article("journal:r", registrations=["NCT01000001"], title=title)
    woven = weave([make.registration("NCT01000001", public_title="Drops"), review], {})
    assert len(woven.studies) == 2


@pytest.mark.parametrize(
    ("kind", "asserted"), [("result", True), ("derived", False), ("background", False), ("", False)]
)
def test_kinds_of_references(make: SimpleNamespace, kind: str, asserted: bool) -> None:
    trial = make.registration("NCT01000001", references=[("10.5555/A", kind)])
    paper = make.article("journal:a", "https://doi.org/10.5555/a", title="Of other things")
    woven = weave([trial, paper], {})
    found = link(woven, trial.record_id, paper.record_id)
    assert (found is not None and found.kind == "asserted") is asserted
    assert together(woven, trial.record_id, paper.record_id) is asserted


def test_pages_that_retell_one_article(make: SimpleNamespace) -> None:
    paper = make.article("journal:a", "10.5555/a", title="Drops tried")
    page = make.article("news:a", "10.5555/a", title="Drops in the news", retold=True)
    woven = weave([paper, page], {})
    found = link(woven, paper.record_id, page.record_id)
    assert found is not None
    assert (found.kind, found.relation) == ("asserted", "retells the article")
    (study,) = woven.studies
    assert study.study_id == "10.5555/a"


def test_secondary_reports_of_a_sheet(make: SimpleNamespace) -> None:
    main = make.article("sheet:main2020", "10.5555/m")
    later = make.article("sheet:later2021", "10.5555/l", report_of="main2020")
    elsewhere = make.article("other:main2020", "10.5555/o")
    woven = weave([main, later, elsewhere], {})
    found = link(woven, main.record_id, later.record_id)
    assert found is not None
    assert (found.kind, found.relation) == ("asserted", "secondary report")
    assert not together(woven, later.record_id, elsewhere.record_id)


def test_an_article_of_two_trials_joins_neither(make: SimpleNamespace) -> None:
    trials = [make.registration(each) for each in ("NCT01000001", "NCT01000002")]
    paper = make.article("journal:a", "10.5555/a", ["NCT01000001", "NCT01000002"])
    woven = weave([*trials, paper], {})
    assert len(woven.studies) == 3
    kinds = {link(woven, each.record_id, paper.record_id).kind for each in trials}  # type: ignore[union-attr]
    assert kinds == {"candidate"}
    by_id = {study.study_id: study for study in woven.studies}
    assert set(by_id) == {"NCT01000001", "NCT01000002", "10.5555/a"}
    # Who asks for the first trial gets the trial, not the article of both.
    assert "NCT01000001" not in by_id["10.5555/a"].identifiers


def test_an_article_of_two_trials_does_not_disturb_others(make: SimpleNamespace) -> None:
    trials = [make.registration(each) for each in ("NCT01000001", "NCT01000002")]
    both = make.article("journal:a", "10.5555/a", ["NCT01000001", "NCT01000002"])
    one = make.article("journal:b", "10.5555/b", ["NCT01000001"])
    woven = weave([*trials, both, one], {})
    assert together(woven, trials[0].record_id, one.record_id)
    assert len(woven.studies) == 3


def test_a_chain_never_joins_two_registrations(make: SimpleNamespace) -> None:
    records = [
        make.registration("NCT01000001"),
        make.registration("NCT01000002"),
        make.article("journal:a", "10.5555/a", ["NCT01000001"]),
        make.article("news:a", "10.5555/a", ["NCT01000002"], retold=True),
        make.registration("ISRCTN10000002", secondary_ids=["NCT01000001", "NCT01000002"]),
    ]
    woven = weave(records, {})
    for study in woven.studies:
        assert len({each for each in study.record_ids if each.startswith("register:NCT")}) < 2


def test_an_umbrella_number_joins_nothing(make: SimpleNamespace) -> None:
    hub = make.registration("ISRCTN10000002")
    many = [
        make.registration(f"NCT{n:08d}", secondary_ids=["ISRCTN10000002"]) for n in range(1, 501)
    ]
    woven = weave([hub, *many], {})
    assert max(len(study.record_ids) for study in woven.studies) == 1
    named = [each for each in woven.links if each.rule == "identifier/1"]
    assert len(named) == 500  # a star: nothing is lost, nothing is quadratic
    assert {each.kind for each in named} == {"candidate"}
    assert any(signal.name == "umbrella number" for signal in named[0].signals)


def test_number_in_the_wrong_field_and_ten_thousand_numbers(make: SimpleNamespace) -> None:
    numbers = ["", "nonsense", "see NCT01000001 (ClinicalTrials.gov)"]
    numbers += [f"grant {n}" for n in range(10_000)]
    a = make.registration("ISRCTN10000002", secondary_ids=numbers)
    woven = weave([a, make.registration("NCT01000001")], {})
    assert together(woven, a.record_id, "register:NCT01000001")


def test_versions_of_one_record(make: SimpleNamespace) -> None:
    old = make.record("register:x", make.facts(primary_id="NCT01000001"), version=1)
    new = make.record("register:x", make.facts(primary_id="NCT01000002"), version=2)
    for given in ([old, new], [new, old]):
        assert [study.study_id for study in weave(given, {}).studies] == ["NCT01000002"]


def test_nothing_and_empty_records(make: SimpleNamespace) -> None:
    nothing = weave([], {})
    assert (nothing.studies, nothing.links) == ((), ())
    empty: list[Record] = [make.record(f"s:{n}", make.facts()) for n in range(50)]
    woven = weave(empty, {})
    assert len(woven.studies) == 50
    assert woven.links == ()
