"""The gold set: what was measured may not fall below the goals."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = [
    pytest.mark.shared,
    # the gold set's scorer leaves the files that it reads open
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def validation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("protocol", ROOT / "validation/protocol.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def gold(shared: Path) -> Path:
    return shared / "data/eligibility/gold"


def test_interventions(validation: ModuleType, gold: Path) -> None:
    items = validation.taken(gold / "shared/interventions.json", "")
    read = {
        one["iid"]: [validation.component(c) for c in validation.read_intervention(one["text"])]
        for one in items
    }
    found = validation.scored(gold, "inter", "iid", items, read)
    whole, of = map(int, found["whole_record_exact"].split("/"))
    assert found["micro"]["F1"] >= 0.92
    assert whole / of >= 0.60


def test_outcomes(validation: ModuleType, gold: Path) -> None:
    items = validation.taken(gold / "shared/outcomes.json", "")
    read = {one["oid"]: validation.outcome(one["text"]) for one in items}
    found = validation.scored(gold, "out", "oid", items, read)
    assert found["timepoints"]["F1"] >= 0.95
    assert found["windows"]["F1"] >= 0.90


def test_most_time_frames_are_read_whole(validation: ModuleType, shared: Path) -> None:
    told: set[str] = set()
    with (shared / "data/registries/ctgov_msc_studyfields/msc.jsonl").open(
        encoding="utf-8"
    ) as lines:
        for line in lines:
            record = json.loads(line)
            told.update(
                text for text in record.get("PrimaryOutcomeTimeFrame") or () if text.strip()
            )
    read = [validation.read_times(text) for text in told]
    assert len(told) > 500
    assert sum(bool(times) and not times.unread for times in read) / len(read) >= 0.93
