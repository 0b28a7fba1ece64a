"""The registers of Europe, on invented records in the registers' own forms."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.errors import InputError, NoIdentifier, Unreadable
from trialweave.model import Draft, Missingness, PartialDate, Received, Trial, Value
from trialweave.records.passages import locate
from trialweave.records.versions import admit
from trialweave.sources.europe import SOURCES, ctis, euctr, isrctn

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "europe"
STATED, OPEN = Missingness.STATED, Missingness.NOT_REPORTED
COMPUTED = ("authorizedPartsII", "trialInformation", "results.")  # passages of several figures


def load(name: str) -> Received:
    return Received(name, (FIXTURES / name).read_bytes())


def leaves(item: Any, address: str = "") -> Iterator[tuple[str, Value[Any]]]:
    if isinstance(item, Value):
        yield address, item
        yield from leaves(item.content, address)
    elif isinstance(item, tuple):
        for index, part in enumerate(item):
            yield from leaves(part, f"{address}[{index}]")
    elif isinstance(item, msgspec.Struct) and not isinstance(item, PartialDate):
        for name in item.__struct_fields__:
            yield from leaves(getattr(item, name), f"{address}.{name}")


def hold(received: Received, draft: Draft) -> int:
    """Every value stands where it says, in the words that it says; returns how many do."""
    (record,) = admit([draft], {}, received, dt.datetime(2033, 1, 1, tzinfo=dt.UTC))
    count = 0
    for address, value in leaves(draft.body):
        if value.missingness is Missingness.NO_FIELD:
            assert value == Value(), address
            continue
        assert value.rule.startswith(f"{draft.source}."), address
        if value.passage is None:
            assert value.missingness in (OPEN, Missingness.WITHHELD), address
            continue
        words = locate(received, record, value.passage).match
        count += 1
        inside = value.passage.path.rpartition("authorizedApplication.")[2]
        if isinstance(value.content, tuple) and value.raw is None:
            continue
        if value.rule == "euctr.results/1":  # rows of tables, and titles of ours
            continue
        if value.missingness is Missingness.WITHHELD or inside.startswith(COMPUTED[:2]):
            continue
        if value.passage.path and '"' not in words:
            words = json.loads(f'"{words}"', strict=False)
        expected = value.content if value.raw is None else value.raw
        if '"' not in str(expected):
            assert words == expected, address
    return count


def read(name: str) -> list[Trial]:
    received = load(name)
    assert [source.name for source in SOURCES if source.recognise(received)] == [
        name.partition(".")[0].partition("_")[0]
    ]
    (source,) = [source for source in SOURCES if source.recognise(received)]
    trials = []
    for draft in source.read(received):
        assert hold(received, draft) >= 10
        assert isinstance(draft.body, Trial)
        trials.append(draft.body)
    return trials


def contents(value: Value[Any]) -> list[Any]:
    return [part.content for part in value.content or ()]


def labels(trial: Trial) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for item in trial.other:
        found.setdefault(item.label, []).append(item.value.content)
    return found


def test_euctr_download() -> None:
    received = load("euctr.txt")
    drafts = euctr.SOURCE.read(received)
    assert [draft.identifier for draft in drafts] == ["2031-012345-67-DE", "2031-012345-67-GB"]
    for draft in drafts:
        own = received.data[draft.start : draft.end]
        assert own.startswith(b"Summary\n")
        assert own.count(b"EudraCT Number:") == 1
    german, british = read("euctr.txt")
    assert german.primary_id.content == british.primary_id.content == "2031-012345-67"
    assert german.registration_date.content == PartialDate(2031, 1, 5)
    numbers = german.secondary_ids.content or ()
    assert [(n.value.content, n.scheme) for n in numbers] == [
        ("LUMEN-01", ""),
        ("ISRCTN12345674", "isrctn"),
        ("NCT99990001", "nct"),
    ]
    assert german.scientific_title.content == (
        "A randomised, masked trial of Lumenocel\nin adults with severe invented fever"
    )
    assert german.acronym.content == "LUMEN"
    assert german.primary_sponsor.content == "Invented University"
    assert german.sponsor_class.content == "non-commercial"
    assert contents(german.secondary_sponsors) == ["Invented Cells Ltd"]
    assert contents(german.funding) == ["Invented Fund"]
    assert german.contacts.missingness is Missingness.WITHHELD
    assert contents(german.countries) == ["Germany", "Utopia", "New Erewhon"]
    assert contents(german.conditions) == ["Invented fever"]
    assert contents(german.condition_codes) == ["10099901", "10099902"]
    assert contents(german.condition_terms) == ["Fever, invented", "Chill"]
    assert german.allocation.content == "randomised"
    assert german.masking.content == "double"
    assert german.intervention_model.content == "parallel"
    assert german.primary_purpose.content == "treatment"
    assert german.phase.content == ("1", "2")
    assert german.sex.content == "male"
    assert german.healthy_volunteers.content is False
    assert german.ethics_review.content == "Favourable"
    assert german.overall_status.content == "terminated"
    assert german.completion_date.content == PartialDate(2033, 6, 1)
    assert german.completion_date_type.content == "actual"


def test_euctr_lists() -> None:
    german = read("euctr.txt")[0]
    given = german.interventions.content or ()
    assert [(i.name.content, i.type.content, i.description.content) for i in given] == [
        ("Lumenocel", "somatic cell therapy", "Test"),
        ("Feverol", "drug", "Comparator"),
        ("placebo", None, "Saline for infusion"),
    ]
    assert given[0].other_names.content == ("LMC-1",)
    assert contents(german.inclusion_criteria) == [
        "Adults with invented fever;",
        "E. coli excluded: by culture",
        "A.1 ward or a like one",
    ]
    assert contents(german.exclusion_criteria) == ["Pregnancy"]
    (outcome,) = german.primary_outcomes.content or ()
    assert (outcome.measure.content, outcome.time_frame.content) == (
        "Death from any cause",
        "28 days",
    )
    assert labels(german)["age band"] == ["adults (18-64 years)", "elderly (65 years and over)"]
    assert labels(german)["product 1, route of administration"] == ["Intravenous use"]
    for lacking in (german.minimum_age, german.start_date, german.has_results):
        assert lacking.missingness is Missingness.NO_FIELD


def test_euctr_sample_size_is_the_whole_trials() -> None:
    german, british = read("euctr.txt")
    assert (german.enrollment.content, german.enrollment_type.content) == (24, "estimated")
    assert labels(german)["sample size in this country"] == ["9"]
    assert british.enrollment.content == 30  # no other country takes part
    text = load("euctr.txt").data.replace(
        b"E.8.5 The trial involves multiple Member States: No", b""
    )
    partial = euctr.SOURCE.read(Received("x", text))[1].body
    assert isinstance(partial, Trial)
    assert partial.enrollment.missingness is OPEN


def test_euctr_says_what_is_missing_or_unreadable() -> None:
    british = read("euctr.txt")[1]
    assert british.scientific_title.missingness is OPEN
    assert british.scientific_title.raw == "Information not present in EudraCT"
    assert british.allocation.missingness is Missingness.UNREADABLE
    assert british.sex.content == "all"
    assert british.overall_status.content == "other"
    assert british.overall_status.raw == "Ongoing"
    assert british.phase.missingness is OPEN


def test_euctr_line_ends_and_order_mark_change_nothing() -> None:
    data = load("euctr.txt").data
    plain = [draft.body for draft in euctr.SOURCE.read(Received("x", data))]
    for changed in (data.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + data[data.index(b"Summary") :]):
        received = Received("x", changed)
        assert euctr.recognise(received)
        drafts = euctr.SOURCE.read(received)
        for draft, other in zip(drafts, plain, strict=True):
            assert hold(received, draft)
            assert changed[draft.start : draft.end].startswith(b"Summary")
            assert isinstance(draft.body, Trial)
            assert isinstance(other, Trial)
            assert draft.body.phase.content == other.phase.content
            assert contents(draft.body.countries) == contents(other.countries)


def test_euctr_json() -> None:
    received = load("euctr.json")
    (draft,) = euctr.SOURCE.read(received)
    assert draft.identifier == "2031-012345-67-FR"
    (trial,) = read("euctr.json")
    assert trial.scientific_title.content == "A randomised masked trial of Lumenocel"
    assert trial.phase.content == ("2", "3")
    assert trial.allocation.content == "non-randomised"
    assert trial.masking.content == "none"
    assert trial.enrollment.content == 24
    assert contents(trial.countries) == ["France"]
    assert contents(trial.condition_codes) == ["10099901"]
    (given,) = trial.interventions.content or ()
    assert (given.name.content, given.type.content) == ("Lumenocel", "biological")
    assert given.other_names.content == ("lumenocel",)
    assert trial.start_date.content == PartialDate(2031, 2, 1)
    assert trial.has_results.content is True
    assert [n.value.content for n in trial.secondary_ids.content or ()] == ["NCT99990001"]
    assert labels(trial)["age band"] == ["adults (18-64 years)"]
    assert trial.contacts.missingness is Missingness.WITHHELD


def test_ctis_since_june_2024() -> None:
    (draft,) = ctis.SOURCE.read(load("ctis_new.json"))
    assert (draft.identifier, draft.stated) == ("2031-512345-67", PartialDate(2032, 9, 15))
    (trial,) = read("ctis_new.json")
    numbers = trial.secondary_ids.content or ()
    assert [(n.value.content, n.scheme) for n in numbers] == [
        ("2019-099999-63", "eudract"),
        ("NCT99990004", "nct"),
        ("U1111-9999-0001", "utn"),
        ("jRCT9999990001", "jrct"),
    ]
    assert trial.phase.content == ("2", "3")
    assert (trial.overall_status.content, trial.overall_status.raw) == ("active, closed", "5")
    assert (trial.enrollment.content, trial.enrollment.raw) == (31, "7 + 4 + 20")
    assert trial.start_date.content == PartialDate(2031, 1, 29)
    assert trial.start_date_type.content == "actual"
    assert trial.completion_date.content == PartialDate(2034, 1, 31)
    assert trial.completion_date_type.content == "estimated"
    assert trial.sex.content == "female"
    assert trial.healthy_volunteers.content is False
    assert trial.allocation.content == "randomised"
    assert trial.masking.missingness is Missingness.UNREADABLE
    assert contents(trial.who_masked) == ["Subject"]
    assert [arm.label.content for arm in trial.arms.content or ()] == ["Lumenocel", "Saline"]
    assert [i.name.content for i in trial.interventions.content or ()] == ["Lumenocel", "Placebo"]
    assert contents(trial.countries) == ["Spain", "Italy", "Utopia"]
    assert trial.primary_sponsor.content == "Invented University"
    assert contents(trial.secondary_sponsors) == ["Invented Cells Ltd"]
    assert trial.contacts.missingness is Missingness.WITHHELD
    assert contents(trial.inclusion_criteria)[0] == 'Adults with "invented" fever'
    assert trial.has_results.content is False
    (site,) = trial.sites.content or ()
    assert (site.city.content, site.country.content) == ("Avila", "Spain")
    assert labels(trial)["start of recruitment, Spain"] == ["2031-02-01"]
    for lacking in (trial.registration_date, trial.minimum_age, trial.study_type):
        assert lacking.missingness is Missingness.NO_FIELD


def test_ctis_before_june_2024() -> None:
    (trial,) = read("ctis_old.json")
    assert trial.primary_id.content == "2030-512345-60"
    assert trial.overall_status.content == "planned"
    assert trial.phase.content == ("2",)
    assert trial.enrollment.content == 150
    assert contents(trial.conditions) == ["Invented fever"]
    assert trial.start_date_type.content == "estimated"
    assert trial.primary_sponsor.content == "Invented University"


@pytest.mark.parametrize(
    ("code", "phases"),
    [
        *(("1", ("1",)), ("3", ("1",)), ("4", ("2",)), ("5", ("3",)), ("6", ("4",))),
        *(("7", ("1", "2")), ("9", ("1", "2")), ("10", ("2", "3")), ("11", ("3", "4"))),
        ("12", None),
    ],
)
def test_ctis_phase_codes(code: str, phases: tuple[str, ...] | None) -> None:
    data = load("ctis_new.json").data.replace(
        b'"trialPhase": "10"', f'"trialPhase": {code}'.encode()
    )
    trial = ctis.SOURCE.read(Received("x", data))[0].body
    assert isinstance(trial, Trial)
    assert trial.phase.content == phases


def test_ctis_status_of_an_application_is_not_the_trials() -> None:
    data = load("ctis_new.json").data.replace(b'"ctPublicStatusCode": 5,', b"")
    trial = ctis.SOURCE.read(Received("x", data))[0].body
    assert isinstance(trial, Trial)
    assert trial.overall_status.missingness is OPEN


def test_isrctn_json() -> None:
    (trial,) = read("isrctn.json")
    assert trial.primary_id.content == "ISRCTN12345674"
    assert [n.value.content for n in trial.secondary_ids.content or ()] == [
        "2031-012345-67",
        "LUMEN-01",
    ]
    assert trial.primary_sponsor.missingness is Missingness.UNREADABLE
    assert trial.brief_summary.missingness is OPEN
    assert trial.allocation.content == "randomised"
    assert trial.masking.content == "double"
    assert trial.primary_purpose.content == "treatment"
    assert trial.phase.content == ("2", "3")
    assert (trial.enrollment.content, trial.enrollment_type.content) == (30, "estimated")
    assert trial.overall_status.content == "suspended"
    assert (trial.minimum_age.content, trial.maximum_age.missingness) == (18, OPEN)
    assert contents(trial.countries) == ["Utopia", "Erewhon"]
    assert contents(trial.inclusion_criteria) == [
        "Adults with invented fever",
        "Ratio below 300",
        "Consent",
    ]
    assert trial.has_results.content is True
    first, second = trial.references.content or ()
    assert (first.pmid.content, first.kind.content) == ("99000001", "result")
    assert (second.doi.content, second.kind.content) == ("10.5555/lumen.2032", None)
    assert trial.start_date.content == PartialDate(2031, 2, 1)
    assert trial.start_date_type == Value()


def test_isrctn_xml() -> None:
    received = load("isrctn.xml")
    first, second = isrctn.read_each(received)
    assert isinstance(first, Draft)
    assert isinstance(second, NoIdentifier)
    assert first.stated == PartialDate(2033, 5, 26)
    assert received.data[first.start : first.end].startswith(b"<fullTrial>")
    (trial,) = read("isrctn.xml")
    assert trial.registration_date.content == PartialDate(2031, 1, 7)
    assert trial.public_title.content == "Cells against fever & chill"
    assert trial.public_title.raw == "Cells against fever &amp; chill"
    assert trial.primary_sponsor.content == "Invented University"
    assert trial.sponsor_class.content == "non-commercial"
    assert contents(trial.secondary_sponsors) == ["Invented Cells Ltd"]
    assert contents(trial.funding) == ["Invented Fund"]
    assert trial.contacts.missingness is Missingness.WITHHELD
    assert trial.allocation.content == "randomised"
    assert trial.masking.content == "none"
    assert trial.intervention_model.content == "parallel"
    assert trial.primary_purpose.missingness is OPEN
    assert labels(trial)["purpose"] == ["Treatment", "Supportive care"]
    assert (trial.enrollment.content, trial.enrollment_type.content) == (28, "actual")
    assert trial.overall_status.missingness is OPEN
    assert (trial.minimum_age.content, trial.maximum_age.content) == (18, 75)
    assert contents(trial.inclusion_criteria)[1] == "Ratio < 300"
    (outcome,) = trial.primary_outcomes.content or ()
    assert (outcome.time_frame.content, outcome.method.content) == ("28 days", "Registers")
    (reference,) = trial.references.content or ()
    assert (reference.doi.content, reference.kind.content) == ("10.5555/lumen.2033", "result")
    assert trial.has_results.content is True


def test_no_name_of_a_person_leaves_the_record() -> None:
    for name in ("euctr.txt", "ctis_new.json", "isrctn.xml"):
        for trial in read(name):
            assert b"obody" not in msgspec.json.encode(trial)


@pytest.mark.parametrize("name", ["euctr.json", "ctis_new.json", "isrctn.json"])
def test_lists_and_lines_of_records(name: str) -> None:
    record = json.loads(load(name).data)
    one = json.dumps(record).encode()
    for data in (b"[" + one + b", " + one + b"]", one + b"\n" + one + b"\n"):
        received = Received("x", data)
        (source,) = [source for source in SOURCES if source.recognise(received)]
        drafts = list(source.read(received))
        assert [data[draft.start : draft.end] for draft in drafts] == [one, one]
        assert hold(received, drafts[1])


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"Summary\nEudraCT Number: none\nA.2 EudraCT number: none\n", NoIdentifier),
        (b'{"a2_eudract_number": "x"}', NoIdentifier),
        (b'{"ctNumber": 7, "authorizedPartI": {}}', NoIdentifier),
        (b'{"isrctn": "1", "trialDescription": {}}', NoIdentifier),
        (b'{"isrctn": "12345674", "trialDescription": ', Unreadable),
        (
            b'<allTrials xmlns="http://www.67bricks.com/isrctn" totalCount="0"></allTrials>',
            Unreadable,
        ),
        (b'<allTrials xmlns="http://www.67bricks.com/isrctn"><fullTrial><trial>', Unreadable),
    ],
)
def test_what_cannot_be_taken_says_so(data: bytes, error: type[InputError]) -> None:
    received = Received("given", data)
    (source,) = [source for source in SOURCES if source.recognise(received)]
    with pytest.raises(error, match="given"):
        source.read(received)


@pytest.mark.shared
def test_real_records(shared: Path) -> None:
    """Every record but one of invalid JSON is read, and stands where it says."""
    taken: dict[str, int] = {}
    refused = 0
    for source in SOURCES:
        for path in sorted((shared / "data" / "registries" / source.name).iterdir()):
            received = Received(path.name, path.read_bytes())
            assert [other for other in SOURCES if other.recognise(received)] == [source]
            for each in source.read_each(received):
                if isinstance(each, Draft):
                    taken[source.name] = taken.get(source.name, 0) + 1
                    assert hold(received, each) > 40
                    assert isinstance(each.body, Trial)
                    assert each.body.scientific_title
                    assert each.body.phase
                    assert each.body.enrollment or path.suffix == ".txt"
                else:
                    refused += 1
    assert taken == {"euctr": 12, "ctis": 2, "isrctn": 5}
    assert refused == 1


@pytest.mark.shared
def test_real_country_records_disagree_and_keep_their_numbers(shared: Path) -> None:
    path = shared / "data" / "registries" / "euctr" / "euctr_full_text_10_records.txt"
    drafts = euctr.SOURCE.read(Received(path.name, path.read_bytes()))
    assert len({draft.identifier[:14] for draft in drafts}) == 2
    bodies = [draft.body for draft in drafts if isinstance(draft.body, Trial)]
    assert len({body.enrollment.content for body in bodies}) > 1
    for body in bodies:
        assert body.enrollment or body.enrollment.missingness is OPEN
        assert len(body.inclusion_criteria.content or ()) > 1
