"""The hand-made list of pairs against the WHO's table: recall and precision do not fall."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from trialweave.studies import profile, weave_profiles

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def linkage() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "validation" / "linkage.py"
    spec = importlib.util.spec_from_file_location("linkage", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["linkage"] = module
    spec.loader.exec_module(module)
    return module


def test_pairs_of_the_table(linkage: ModuleType, shared: Path) -> None:
    records = linkage.read_table(shared / "data" / linkage.TABLE)
    woven = weave_profiles([profile(records[key]) for key in sorted(records)])
    found = linkage.pairs_of(woven, lambda name: linkage.number(name.partition(":")[2]))
    listed = linkage.read_pairs(shared / "data/linkage/pairs_dev.csv")
    verdicts = linkage.read_verdicts(linkage.VERDICTS)
    assert len(listed) == 107
    pairs = {each.pair for each in listed if not each.platform}
    joined, candidates = set(found["joined"]), set(found["candidate"])
    assert len(pairs & joined) / len(pairs) >= 0.8
    assert len(pairs & (joined | candidates)) / len(pairs) >= 0.9
    true = {pair for pair in joined if verdicts.get(pair) == "one"}
    true |= joined & {each.pair for each in listed}
    # What nobody has read counts as wrong.
    assert len(true) / len(joined) >= 0.99
    assert len(candidates) < len(joined) / 2
    assert max(len(each.record_ids) for each in woven.studies) < 10
