"""Real exports of the WHO's portal, and fields that people have standardised by hand."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trialweave.model import Draft, Missingness, PartialDate, Received, Trial
from trialweave.sources import who
from trialweave.sources.ctgov import forms as ctgov
from trialweave.sources.words import age_years, phase_set
from trialweave.sources.words.design import allocation_of, masking_of

pytestmark = pytest.mark.shared

PORTAL = who.SOURCES[1]
OPEN, NONE = Missingness.NOT_REPORTED, Missingness.NOT_APPLICABLE
RAW = "COVID19-927-trials_7Apr2020.csv"
DAMAGED = "ICTRP_COVID19-web_7Jul2020_excel-damaged.csv"
XML = "ICTRP-Results_18Mar2020.xml"


@pytest.fixture(scope="module")
def exports(shared: Path) -> dict[str, tuple[Received, list[Draft]]]:
    found = {}
    for path in sorted((shared / "data" / "registries" / "ictrp").iterdir()):
        received = Received(path.name, path.read_bytes())
        assert PORTAL.recognise(received)
        found[path.name] = received, list(PORTAL.read(received))
    return found


def rows(shared: Path, name: str) -> list[dict[str, str]]:
    path = shared / "data" / "registries" / "harmonisation_truth" / name
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def trial_of(draft: Draft) -> Trial:
    assert isinstance(draft.body, Trial)
    return draft.body


def test_no_record_is_lost(exports: dict[str, tuple[Received, list[Draft]]]) -> None:
    for received, drafts in exports.values():
        marks = received.text.count("<TrialID>")
        if not marks:
            reader = csv.reader(received.text.replace("\r", "\n").splitlines(keepends=True))
            marks = sum(1 for row in reader if row and row[0].strip()) - 1
        assert len(drafts) == marks
        assert len({draft.identifier for draft in drafts}) == len(drafts)


def test_nearly_all_numbers_are_known(exports: dict[str, tuple[Received, list[Draft]]]) -> None:
    from trialweave.model.identifiers import normalise

    numbers = {d.identifier for _, drafts in exports.values() for d in drafts}
    unknown = [number for number in numbers if normalise(number) is None]
    assert len(unknown) <= 0.001 * len(numbers), unknown


def parts(item: Any) -> Iterator[Any]:
    if isinstance(item, tuple):
        for part in item:
            yield from parts(part)
    elif hasattr(item, "__struct_fields__") and not isinstance(item, PartialDate):
        if hasattr(item, "missingness"):
            yield item
        for name in item.__struct_fields__:
            yield from parts(getattr(item, name))


def test_every_value_stands_in_its_own_record(
    exports: dict[str, tuple[Received, list[Draft]]],
) -> None:
    for received, drafts in exports.values():
        for draft in drafts[::7]:
            own = received.data[draft.start : draft.end].decode()
            for value in parts(draft.body):
                if value.passage is None:
                    assert value.content is None
                    continue
                words = received.text[value.passage.start : value.passage.end]
                assert words in own
                if not isinstance(value.content, tuple) or value.raw is not None:
                    assert words == (value.content if value.raw is None else value.raw)


def test_damage_of_spreadsheets_is_told(exports: dict[str, tuple[Received, list[Draft]]]) -> None:
    raw = {d.identifier: d for d in exports[RAW][1]}
    compared = 0
    for draft in exports[DAMAGED][1]:
        trial = trial_of(draft)
        same = raw.get(draft.identifier)
        before = trial_of(same) if same is not None and same.stated == draft.stated else None
        told = {s.concept: s.suggested for s in trial.suggestions}
        if trial.phase.missingness is Missingness.UNREADABLE:
            assert "phase" in told
            if before is not None and before.phase.content:
                compared += 1
                assert phase_set(told["phase"]) == before.phase.content
        if before is not None and "start_date" in told and before.start_date.raw:
            compared += 1
            assert told["start_date"] == str(before.start_date.content)
    assert compared >= 5


SAME = ("registration_date", "primary_sponsor", "sex", "study_type", "allocation", "masking")


def test_damaged_and_raw_tables_agree(exports: dict[str, tuple[Received, list[Draft]]]) -> None:
    """Records that were not refreshed between the two exports say the same."""
    raw = {d.identifier: d for d in exports[RAW][1]}
    pairs = [
        (trial_of(raw[d.identifier]), trial_of(d))
        for d in exports[DAMAGED][1]
        if d.identifier in raw and raw[d.identifier].stated == d.stated
    ]
    assert len(pairs) > 300
    for name in SAME:
        agree = sum(getattr(a, name).content == getattr(b, name).content for a, b in pairs)
        assert agree >= 0.99 * len(pairs), name


def test_portal_and_register_agree(
    shared: Path, exports: dict[str, tuple[Received, list[Draft]]]
) -> None:
    """What never changes of a record is the same in the register's own form."""
    own: dict[str, Trial] = {}
    for path in sorted((shared / "data" / "registries" / "ctgov_v2").glob("*.json")):
        received = Received(path.name, path.read_bytes())
        if ctgov.recognise(received):
            each = ctgov.read_each(received)
            own |= {d.identifier: trial_of(d) for d in each if isinstance(d, Draft)}
    for path in sorted((shared / "data" / "registries" / "ctgov_msc_studyfields").glob("*.jsonl")):
        received = Received(path.name, path.read_bytes())
        own |= {d.identifier: trial_of(d) for d in ctgov.SOURCE.read(received)}
    pairs = [(own[d.identifier], trial_of(d)) for d in exports[DAMAGED][1] if d.identifier in own]
    assert len(pairs) >= 20
    for name in ("registration_date", "sex", "study_type", "allocation", "masking"):
        both = [(getattr(a, name), getattr(b, name)) for a, b in pairs]
        agree = sum(a.content == b.content for a, b in both if a and b)
        assert agree >= 0.9 * sum(1 for a, b in both if a and b) > 0, name


HAND_PHASE = {
    "PHASE I TRIAL": ("1",),
    "PHASE II TRIAL": ("2",),
    "PHASE III TRIAL": ("3",),
    "PHASE IV TRIAL": ("4",),
    "PHASE I/II TRIAL": ("1", "2"),
    "PHASE II/III TRIAL": ("2", "3"),
    "NOT APPLICABLE": ("not applicable",),
    "NA": OPEN,
}
HAND_LEVEL = {
    "OPEN LABEL": "none",
    "MASKING: BLINDED|SINGLE": "single",
    "MASKING: BLINDED|DOUBLE": "double",
    "MASKING: BLINDED|TRIPLE": "triple",
    "MASKING: BLINDED|QUADRUPLE": "quadruple",
    "MASKING: BLINDED|UNSPECIFIED": OPEN,
    "NA": OPEN,
}
HAND_ALLOCATION = {
    "RANDOMIZED": "randomised",
    "NON-RANDOMIZED": "non-randomised",
    "NOT APPLICABLE": "not applicable",
    "NA": OPEN,
}


def stood(text: str) -> str:
    """In these tables "NA" is an empty cell, and "N/A" is one that says so."""
    return "" if text == "NA" else text


def test_phases_as_by_hand(shared: Path) -> None:
    table = rows(shared, "ntd_ictrp.csv")
    agree = [phase_set(stood(row["Phase_Original"])) == HAND_PHASE[row["PHASE"]] for row in table]
    assert sum(agree) >= 0.99 * len(table)


def test_masking_and_allocation_as_by_hand(shared: Path) -> None:
    table = rows(shared, "ntd_ictrp.csv")
    masking = [masking_of(stood(r["MASKING"])).level == HAND_LEVEL[r["MASKING"]] for r in table]
    allocation = [
        allocation_of(stood(r["RANDOMIZATION"])) == HAND_ALLOCATION[r["RANDOMIZATION"]]
        for r in table
    ]
    assert sum(masking) >= 0.97 * len(table)
    assert sum(allocation) >= 0.97 * len(table)


def hand_age(text: str) -> float | Missingness:
    if text in ("NO LIMIT", "N/A", "NOT APPLICABLE"):
        return NONE
    match = re.fullmatch(r"[<>]?(\d+)([YMD])", text)
    if match is None:
        return OPEN
    return round(int(match[1]) * {"Y": 1, "M": 1 / 12, "D": 1 / 365.2425}[match[2]], 6)


def test_ages_as_by_hand(shared: Path) -> None:
    """Where the hand took the age from the field; where it overruled it, see the docs."""
    agree: Counter[bool] = Counter()
    for row in rows(shared, "ntd_ages.csv"):
        if row["INCLUSION_AGEMIN"] == row["INCLUSION_AGEMAX"] == "0":  # a form left open
            continue
        for field, maximum in (("INCLUSION_AGEMIN", False), ("INCLUSION_AGEMAX", True)):
            if row[field]:
                read = age_years(row[field], maximum=maximum)
                agree[read == hand_age(row[f"{field}_Aug2024"].upper())] += 1
    assert agree.total() > 250
    assert agree[True] >= 0.99 * agree.total()
