"""Every number that R's metafor and meta computed and this package can compute, compared."""

from __future__ import annotations

import collections
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from trialweave.stats.effects import effect, wald_interval
from trialweave.stats.pooling import pool
from trialweave.stats.survival import logrank_most_favourable
from trialweave.stats.tables import chi_square, fisher

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def agreement(monkeypatch_module: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch_module.syspath_prepend(ROOT / "validation")
    return importlib.import_module("agreement.report")


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def compared(agreement: ModuleType, shared: Path) -> tuple:
    return agreement.compare(shared / "data" / "stats")


def test_no_number_deviates_without_a_reason(compared: tuple) -> None:
    assert [item for item in compared.deviations if item.wrong] == []


def test_every_result_of_r_is_compared_or_named(compared: tuple) -> None:
    missing = collections.Counter(block.name for block in compared.uncovered)
    assert dict(missing) == {}
    assert len(compared.deviations) > 90_000


def test_a_set_alone_is_pooled_as_in_the_padded_array(agreement: ModuleType, shared: Path) -> None:
    univariate = sys.modules["agreement.univariate"]
    fits = univariate.fits_of(shared / "data" / "stats")
    blocks = sys.modules["agreement.frame"].blocks(shared / "data" / "stats")
    sets = {block.within: block for block in blocks if block.name == "rma_uni"}
    assert len(sets) > 200
    for one in list(sets.values())[::5]:
        y, v = (np.array(one.content[name], float) for name in ("yi", "vi"))
        alone, together = pool(y, v), fits(one, "REML")
        for name in ("estimate", "se", "tau2", "tau2_high", "pi_low", "q_p"):
            got, want = float(getattr(alone, name)), float(getattr(together, name))
            assert got == pytest.approx(want, rel=1e-8, abs=1e-12, nan_ok=True), one.place


def test_the_most_favourable_logrank_and_tests_of_single_tables(shared: Path) -> None:
    text = (shared / "data" / "stats" / "seed000.json").read_text()
    claims = {claim["text"]: claim for claim in json.loads(text)["claims"]}
    found = 0
    for claim in claims.values():
        for key, want in claim.get("recomputed", {}).items():
            a, n1, c, n2 = (int(part) for part in key.replace(" v ", "/").split("/"))
            assert float(fisher(a, n1, c, n2)) == pytest.approx(want["fisher"], rel=1e-10)
            # the last of these is stored with eight decimals only
            assert float(chi_square(a, n1, c, n2)) == pytest.approx(want["chi2"], rel=1e-5)
            if "logrank_best_case" in want:
                bound = logrank_most_favourable(n1 - a, n1, n2 - c, n2)
                assert float(bound.p) == pytest.approx(want["logrank_best_case"], rel=1e-10)
            found += 1
        if "rr_ci" in claim:
            counts = claim["text"].split(",")[0].split()[1:]
            a, n1, c, n2 = (int(part) for part in "/".join(counts).replace("v/", "").split("/"))
            yi, vi = effect("RR", a, n1, c, n2)
            limits = [float(limit) for limit in wald_interval(yi, vi)]
            assert [pytest.approx(x) for x in claim["rr_ci"]] == [
                2.718281828459045**limit for limit in limits
            ]
            found += 1
    assert found == 4
