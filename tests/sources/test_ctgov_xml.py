"""ClinicalTrials.gov's legacy XML: the same trial as in the JSON forms, and where it stands."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.errors import NoIdentifier, Unreadable
from trialweave.model import Draft, Missingness, PartialDate, Passage, Received, Trial, Value
from trialweave.sources.ctgov import forms as ctgov
from trialweave.sources.ctgov import xml as ctgov_xml

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
# What the XML cannot tell (see the module's docstring), or tells besides
DIFFERENT = {"secondary_ids", "references", "eligibility_text", "other"}


def load(name: str) -> Received:
    return Received(name, (FIXTURES / "ctgov_xml" / name).read_bytes())


def read(received: Received) -> Trial:
    assert ctgov_xml.recognise(received)
    assert not ctgov.recognise(received)
    (draft,) = ctgov_xml.SOURCE.read(received)
    assert draft.source == "ctgov"
    assert isinstance(draft.body, Trial)
    assert hold(received.text, draft.body) >= 10
    return draft.body


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


def hold(text: str, trial: Trial) -> int:
    """Every value stands where it says; returns how many do."""
    count = 0
    for address, value in leaves(trial):
        if value.passage is None:
            assert value.missingness is not Missingness.WITHHELD, address
            assert value.missingness is not Missingness.STATED or value.content is False, address
            continue
        passage = value.passage
        assert passage.path == "", address
        assert 0 <= passage.start < passage.end <= len(text), address
        words = text[passage.start : passage.end]
        assert words == words.strip(), address
        if isinstance(value.content, tuple) or value.missingness is Missingness.WITHHELD:
            continue
        if words.startswith("<") and value.raw is None:  # told by an element, not by a text
            continue
        if value.missingness is Missingness.STATED:
            assert words == (value.content if value.raw is None else value.raw), address
        count += 1
    return count


def meaning(item: Any) -> Any:
    """A part of a trial without passages, rules, words as received and runs of blanks."""
    if isinstance(item, Value):
        return item.missingness.value, meaning(item.content)
    if isinstance(item, tuple):
        return [meaning(part) for part in item]
    if isinstance(item, msgspec.Struct) and not isinstance(item, (PartialDate, Passage)):
        return {name: meaning(getattr(item, name)) for name in item.__struct_fields__}
    return " ".join(item.split()) if isinstance(item, str) else item


@pytest.mark.parametrize("form", ["v2.json", "classic.json"])
def test_equal_to_the_json_forms(form: str) -> None:
    trial = read(load("legacy.xml"))
    (draft,) = ctgov.SOURCE.read(Received(form, (FIXTURES / "ctgov" / form).read_bytes()))
    for name in Trial.__struct_fields__:
        if name not in DIFFERENT:
            assert meaning(getattr(trial, name)) == meaning(getattr(draft.body, name)), name
    other = {item.label: item.value.content for item in trial.other}
    theirs = {item.label: item.value.content for item in draft.body.other}
    for label in ("last known status", "first posted", "data monitoring committee"):
        assert other[label] == theirs[label]
    assert other["country removed"] == theirs["country removed"]


def test_documented_differences() -> None:
    trial = read(load("legacy.xml"))
    numbers = trial.secondary_ids.content or ()
    assert [(n.value.content, n.scheme, n.kind) for n in numbers] == [
        ("LUMEN-01", "", "organisation's own number"),
        ("2031-012345-67", "eudract", ""),
        ("IRCT20310102012345N1", "irct", ""),
        ("GRANT/77", "", ""),
        ("NCT99990009", "nct", "former number"),
    ]
    first, second = trial.references.content or ()
    assert (first.pmid.content, first.kind.missingness) == ("99000002", Missingness.NOT_REPORTED)
    assert (second.doi.content, second.kind.content) == ("10.5555/lumen.2033.1", "result")
    assert (trial.eligibility_text.content or "").startswith(
        "Inclusion Criteria:\n\n- Adults with invented fever\n\n"
    )


def test_passages() -> None:
    received = load("legacy.xml")
    trial = read(received)
    criterion = (trial.inclusion_criteria.content or ())[0]
    assert criterion.content == "Adults with invented fever"
    assert criterion.raw == "Adults with\n             invented fever"
    escaped = (trial.inclusion_criteria.content or ())[1]
    assert html.unescape(escaped.raw or "") == escaped.content == "Ratio <= 300 mmHg"
    assert trial.enrollment_type.raw == "Actual"
    assert trial.enrollment_type.passage is not None
    start = trial.enrollment_type.passage.start
    assert received.text[:start].endswith('<enrollment type="')
    who = trial.who_masked.content or ()
    assert [person.raw for person in who] == ["Participant", "Outcomes Assessor"]
    cell = (trial.results.content or ())[1].arms[1]
    assert (cell.dispersion.content, cell.dispersion.raw) == (1000.5, "1,000.5")


def test_the_older_generation() -> None:
    received = load("older.xml")
    trial = read(received)
    assert trial.public_title.content == "Fever & Sleep"
    assert trial.primary_sponsor.content == "Sleep <Lab>"
    assert trial.primary_sponsor.raw == "<![CDATA[Sleep <Lab>]]>"
    assert trial.allocation.content == "randomised"
    assert trial.intervention_model.content == "crossover"
    assert (trial.masking.content, trial.masking.raw) == ("double", "Double Blind")
    assert [who.content for who in trial.who_masked.content or ()] == [
        "participant",
        "care provider",
    ]
    assert trial.primary_purpose.content == "basic science"
    assert trial.primary_purpose.raw == "Basic Science"
    assert trial.enrollment_type.content == "estimated"
    assert trial.minimum_age.content == 0.5
    assert trial.registration_date.content == PartialDate(1999, 11, 1)
    assert trial.has_results.content is False
    assert ctgov_xml.SOURCE.read(received)[0].stated == PartialDate(2013, 7, 9)


def test_no_name_of_a_person_leaves_the_record() -> None:
    trial = read(load("legacy.xml"))
    assert trial.contacts.missingness is Missingness.WITHHELD
    assert b"Nobody Here" not in msgspec.json.encode(trial)
    assert b"Nobody Else" not in msgspec.json.encode(trial)


def test_one_bad_record_does_not_sink_its_neighbours() -> None:
    record = load("older.xml").data.partition(b"?>")[2]
    bad = record.replace(b"NCT99990002", b"NCT9")
    received = Received("x", b"<studies>" + record + bad + record + b"</studies>")
    assert ctgov_xml.recognise(received)
    first, second, third = ctgov_xml.read_each(received)
    assert isinstance(first, Draft)
    assert isinstance(second, NoIdentifier)
    assert isinstance(third, Draft)
    assert received.data[third.start : third.end].startswith(b"<clinical_study")
    assert isinstance(third.body, Trial)
    assert hold(received.text, third.body)


def test_damage_is_told() -> None:
    data = load("legacy.xml").data
    with pytest.raises(Unreadable, match="cut"):
        ctgov_xml.SOURCE.read(Received("cut", data[: len(data) // 2]))
    empty = b"<clinical_study><brief_title>No number</brief_title></clinical_study>"
    with pytest.raises(NoIdentifier):
        ctgov_xml.SOURCE.read(Received("x", empty))
    assert not ctgov_xml.recognise(Received("x", b"<rss><channel>NCT99990001</channel></rss>"))


def registers(shared: Path, folder: str) -> dict[str, Received]:
    found = sorted((shared / "data" / "registries" / folder).iterdir())
    return {path.name: Received(path.name, path.read_bytes()) for path in found}


@pytest.mark.shared
def test_real_records(shared: Path) -> None:
    taken = 0
    for received in registers(shared, "ctgov_xml").values():
        if ctgov_xml.recognise(received):
            read(received)
            taken += 1
    assert taken >= 30


# What the register itself changed between its two states of the one trial that both folders have:
# a kind of sponsor and a term; and what the forms cannot tell, or write otherwise
CHANGED = {"sponsor_class", "intervention_terms", "limitations"}
WRITTEN = {"minimum_age", "maximum_age", "detailed_description", "interventions", "baseline"}


@pytest.mark.shared
def test_real_record_in_two_forms(shared: Path) -> None:
    xml = registers(shared, "ctgov_xml")
    both = 0
    for name, received in registers(shared, "ctgov_classic_fullstudies").items():
        twin = xml.get(f"{Path(name).stem}.xml")
        if twin is None:
            continue
        both += 1
        mine, theirs = read(twin), ctgov.SOURCE.read(received)[0].body
        for field in Trial.__struct_fields__:
            if field not in DIFFERENT | CHANGED | WRITTEN:
                assert meaning(getattr(mine, field)) == meaning(getattr(theirs, field)), field
        # the XML says "N/A" where JSON leaves a limit of age out; marks of lists are no words
        assert mine.minimum_age.missingness is Missingness.NOT_APPLICABLE
        for field in ("detailed_description", "eligibility_text"):
            ours, others = (meaning(getattr(side, field))[1] for side in (mine, theirs))
            assert ours.replace(" - ", " ") == others, field
        # the same arms of an intervention, in another order
        assert isinstance(theirs, Trial)
        given = (mine.interventions.content or (), theirs.interventions.content or ())
        for a, b in zip(*given, strict=True):
            assert a.name.content == b.name.content
            assert sorted(a.arm_labels.content or ()) == sorted(b.arm_labels.content or ())
    assert both
