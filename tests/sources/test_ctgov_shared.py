"""ClinicalTrials.gov records as they really are. They stay outside the repository."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trialweave.errors import NoIdentifier
from trialweave.model import Draft, Missingness, Received, Trial, Value
from trialweave.sources import ReadResult, read_all
from trialweave.sources.ctgov import forms as ctgov

pytestmark = pytest.mark.shared

FOLDERS = ("ctgov_v2", "ctgov_classic_fullstudies", "ctgov_msc_studyfields")


def documents(shared: Path, *folders: str) -> Iterator[tuple[Received, ReadResult]]:
    for folder in folders:
        for path in sorted((shared / "data" / "registries" / folder).iterdir()):
            received = Received("unnamed", path.read_bytes())
            assert ctgov.recognise(received), path.name
            yield received, read_all(received)


def walk(item: Any) -> Iterator[Value[Any]]:
    if isinstance(item, Value):
        yield item
        yield from walk(item.content)
    elif isinstance(item, tuple):
        for part in item:
            yield from walk(part)
    elif hasattr(item, "__struct_fields__") and not hasattr(item, "precision"):
        for name in item.__struct_fields__:
            yield from walk(getattr(item, name))


def flatten(record: Any, out: dict[str, list[str]]) -> dict[str, list[str]]:
    """A classic record as its flat form would list it."""
    if isinstance(record, dict):
        for key, part in record.items():
            if isinstance(part, str):
                out.setdefault(key, []).append(part)
            elif isinstance(part, list) and part and isinstance(part[0], str):
                out.setdefault(key, []).extend(part)
            else:
                flatten(part, out)
    elif isinstance(record, list):
        for part in record:
            flatten(part, out)
    return out


def test_every_record_with_a_number_is_read(shared: Path) -> None:
    counts: Counter[str] = Counter()
    for _, result in documents(shared, *FOLDERS):
        for problem in result.problems:
            assert isinstance(problem, NoIdentifier)
        counts["problems"] += len(result.problems)
        counts["records"] += len(result.drafts)
    assert counts["records"] > 1_150
    assert counts["problems"] < 10


def test_nothing_but_uncertain_lists_and_texts_without_headings_is_unreadable(
    shared: Path,
) -> None:
    for _, result in documents(shared, "ctgov_v2", "ctgov_classic_fullstudies"):
        for draft in result.drafts:
            for value in walk(draft.body):
                if value.missingness is Missingness.UNREADABLE:
                    assert value.rule == "ctgov.criteria/2"


def certain(item: Any) -> Any:
    """Contents alone; what is uncertain in the flat form as None."""
    if isinstance(item, Value):
        return certain(item.content)
    if isinstance(item, tuple):
        return tuple(certain(part) for part in item)
    if hasattr(item, "__struct_fields__") and not hasattr(item, "precision"):
        return {name: certain(getattr(item, name)) for name in item.__struct_fields__}
    return item


def agrees(flat: Any, classic: Any) -> bool:
    """Whether the flat form says the same, or leaves open what it cannot be certain of."""
    if flat is None:
        return True
    if isinstance(flat, dict):
        return all(agrees(flat[name], classic[name]) for name in flat)
    if isinstance(flat, tuple) and isinstance(classic, tuple):
        return len(flat) == len(classic) and all(map(agrees, flat, classic))
    return bool(flat == classic)


def test_putting_flat_lists_together_gives_what_was_taken_apart(shared: Path) -> None:
    put_together = 0
    arms = 0
    for received, result in documents(shared, "ctgov_classic_fullstudies"):
        for draft in result.drafts:
            record = json.loads(received.data[draft.start : draft.end])
            again = read_all(Received("x", json.dumps(flatten(record, {})).encode()))
            body, flat = draft.body, again.drafts[0].body
            assert isinstance(body, Trial)
            assert isinstance(flat, Trial)
            for name in Trial.__struct_fields__:
                if name in ("results", "other", "references", "secondary_ids"):
                    continue  # the flat form has less of them
                if name == "has_results":
                    assert flat.has_results.content in (body.has_results.content, None)
                    continue
                assert agrees(certain(getattr(flat, name)), certain(getattr(body, name))), (
                    draft.identifier,
                    name,
                )
            for arm in flat.arms.content or ():
                arms += 1
                put_together += arm.interventions.missingness is not Missingness.UNREADABLE
    assert arms > 300
    assert put_together / arms > 0.9


def test_one_trial_in_two_forms(shared: Path) -> None:
    """The flat and the classic documents have a trial in common, of different dates."""
    by_form: list[dict[str, Draft]] = [
        {
            draft.identifier: draft
            for _, result in documents(shared, folder)
            for draft in result.drafts
        }
        for folder in FOLDERS[1:]
    ]
    common = by_form[0].keys() & by_form[1].keys()
    assert common
    for number in common:
        classic, flat = by_form[0][number].body, by_form[1][number].body
        for name in ("public_title", "primary_sponsor", "registration_date", "study_type", "phase"):
            assert certain(getattr(classic, name)) == certain(getattr(flat, name))
