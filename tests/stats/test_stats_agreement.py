"""Every number that R's metafor and meta computed and this package can compute, compared."""

from __future__ import annotations

import collections
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from trialweave.stats.effects import effect, wald_interval
from trialweave.stats.pooling import pool
from trialweave.stats.survival import logrank_most_favourable
from trialweave.stats.tables import chi_square, fisher

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def agreement() -> ModuleType:
    path = ROOT / "validation" / "agreement.py"
    spec = importlib.util.spec_from_file_location("agreement", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["agreement"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def compared(agreement: ModuleType, shared: Path) -> list:
    return agreement.compare(shared / "data" / "stats")


def test_no_number_deviates_without_a_reason(compared: list) -> None:
    assert [item for item in compared if item.wrong] == []


def test_known_divergences_are_few_and_named(compared: list, agreement: ModuleType) -> None:
    found = [item.known for item in compared if item.known]
    reasons = {agreement.CAPPED, agreement.NO_VARIANCE, agreement.IDENTICAL}
    assert set(found) <= reasons | {agreement.UNCORRECTED}
    assert len(found) < 0.004 * len(compared)


def test_every_fit_of_a_supported_method_is_compared(
    compared: list, agreement: ModuleType, shared: Path
) -> None:
    # Counted anew, from the files themselves.
    supported = {method for methods in agreement.METHODS.values() for method in methods}
    available: collections.Counter = collections.Counter()

    def count(node: object) -> None:
        if isinstance(node, dict):
            for fit in node.get("rma_uni", ()):
                if "error" not in fit and fit["method"] in supported:
                    available[fit["method"]] += 1
            for child in node.values():
                count(child)
        elif isinstance(node, list):
            for child in node:
                count(child)

    for path in (shared / "data" / "stats").glob("*.json"):
        content = json.loads(path.read_text())
        if content.get("schema") == "clinical-evidence/meta-reference/1":
            count(content)
    kinds = collections.Counter(item.kind for item in compared)
    done = {
        method: kinds[f"{kind} {method} estimate"]
        for kind, methods in agreement.METHODS.items()
        for method in methods
    }
    assert done == dict(available)
    assert sum(done.values()) >= 5433


def test_the_grid_does_not_shrink(compared: list) -> None:
    kinds = collections.Counter(item.kind for item in compared)
    at_least = {
        "effect OR": 1044,
        "effect RR": 1044,
        "effect RD": 1044,
        "effect SMD": 58,
        "effect MD": 58,
        "Q-profile low": 798,
        "Q-profile high": 798,
        "closed prediction k-1 (metafor)": 1216,
        "iterative prediction k-2 (metafor)": 1960,
        "iterative prediction HK (metafor)": 1990,
        "prediction k-1 (meta V)": 884,
        "weight REML": 1057,
        "MH OR estimate": 21,
        "MH RR se": 21,
        "MH RD se": 21,
        "Peto estimate": 21,
        "table fisher_p": 322,
        "table chi2_p": 322,
    }
    assert {kind: kinds[kind] for kind in at_least if kinds[kind] < at_least[kind]} == {}


def test_a_set_alone_is_pooled_as_in_the_padded_array(agreement: ModuleType, shared: Path) -> None:
    sets = list(agreement.analyses(shared / "data" / "stats"))
    fits = agreement.Fits(sets)
    for one in sets[::5]:
        y, v = (agreement.numbers(one.content[name]) for name in ("yi", "vi"))
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
