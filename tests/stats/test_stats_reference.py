"""The repository's own grid: tables with results of metafor, made in validation/reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialweave.stats.effects import effect, mean_difference, smd
from trialweave.stats.exploring import (
    baujat,
    cumulative,
    gosh,
    influence,
    leave_one_out,
    shrunken,
)
from trialweave.stats.pooling import mantel_haenszel, peto, pool

PLACE = Path(__file__).resolve().parents[2] / "validation" / "reference"
TABLES = json.loads((PLACE / "tables.json").read_text())
RESULTS = json.loads((PLACE / "reference.json").read_text())["results"]
TESTS = {"z": "Wald", "knha": "HK", "adhoc": "HK-adhoc"}
CLOSED = {"EE", "DL", "HE", "HS", "SJ"}

Case = tuple[str, np.ndarray, np.ndarray, dict[str, Any]]


def sets() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, measures in RESULTS.items():
        for measure, want in measures.items():
            if measure != "peto":
                yield name, measure, want


def numbers(values: Any) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


@pytest.fixture(params=[f"{name}: {measure}" for name, measure, _ in sets()])
def case(request: pytest.FixtureRequest) -> Case:
    name, measure = request.param.rsplit(": ", 1)
    want = RESULTS[name][measure]
    return request.param, numbers(want["yi"]), numbers(want["vi"]), want


def close(got: Any, want: Any, unit: Any, limit: float = 1e-6) -> None:
    g, w = np.asarray(got, float), numbers(np.atleast_1d(want))
    assert np.array_equal(np.isnan(np.atleast_1d(g)), np.isnan(w))
    assert np.nanmax(np.abs(g - w) / unit, initial=0.0) < limit


def table_of(case: Case) -> dict[str, Any]:
    return TABLES[case[0].rsplit(": ", 1)[0]]


def test_effects(case: Case) -> None:
    place, yi, vi, _ = case
    table, measure = table_of(case), place.rsplit(": ", 1)[1]
    if "a" in table:
        found = effect(measure, *(table[name] for name in ("a", "n1", "c", "n2")))  # type: ignore[arg-type]
    elif measure in ("MD", "SMD"):
        names = ("m1", "sd1", "n1", "m2", "sd2", "n2")
        found = {"MD": mean_difference, "SMD": smd}[measure](*(table[name] for name in names))
    else:
        return
    close(found.yi, yi, np.sqrt(vi), 1e-12)
    close(found.vi, vi, vi, 1e-12)


def test_pooled(case: Case) -> None:
    _, yi, vi, want = case
    done = 0
    for fit in want["fits"]:
        if "error" in fit:
            continue
        found = pool(yi, vi, tau2=fit["method"], interval=TESTS[fit["test"]])  # type: ignore[arg-type]
        limit = 1e-10 if fit["method"] in CLOSED else 1e-6
        unit = fit["se"] or 1.0
        for name in ("estimate", "se", "low", "high"):
            size = unit if name == "estimate" or limit == 1e-6 else max(unit, abs(fit[name]))
            close(getattr(found, name), fit[name], size, limit)
        close(found.q, fit["q"], max(1.0, fit["q"]), 1e-10)
        close(found.tau2, fit["tau2"], unit**2 * fit["k"], limit)
        close(found.p, fit["p"], max(1e-3, fit["p"]), 1e-6)
        done += 1
    assert done > 20


def test_q_profile(case: Case) -> None:
    _, yi, vi, want = case
    found = pool(yi, vi)
    _, low, high = want["q_profile"]
    if high < 1e4:  # where metafor stops to look
        close(found.tau2_high, high, max(high, float(vi.min())))
    close(found.tau2_low, low, max(low, float(vi.min())))


def test_exploring(case: Case) -> None:
    _, yi, vi, want = case
    found = shrunken(yi, vi)
    unit = want["blup"]["se"]
    close(found.estimate, want["blup"]["pred"], unit)
    close(found.se, want["blup"]["se"], unit)
    if "leave_one_out" not in want:
        return
    for got, name in (
        (leave_one_out(yi, vi, tau2_interval=False, interval="Wald"), "leave_one_out"),
        (cumulative(yi, vi, table_of(case)["order"], interval="Wald"), "cumulative"),
    ):
        close(got.estimate, want[name]["estimate"], numbers(want[name]["se"]))
        close(got.se, want[name]["se"], numbers(want[name]["se"]))
    spread = baujat(yi, vi)
    close(spread.heterogeneity, want["baujat"]["x"], np.maximum(1.0, spread.heterogeneity), 1e-9)
    close(spread.influence, want["baujat"]["y"], np.maximum(1.0, spread.influence), 1e-9)
    told = influence(yi, vi)
    for name, key in (
        ("residual", "rstudent"), ("dffits", "dffits"), ("cook", "cook.d"), ("hat", "hat"),
        ("covariance_ratio", "cov.r"), ("dfbetas", "dfbs"), ("q", "QE.del"),
    ):  # fmt: skip
        close(getattr(told, name), want["influence"][key], 1.0)
    assert told.influential.tolist() == want["influence"]["is.infl"]
    if "gosh" in want and "error" not in want["gosh"]:
        every = gosh(yi, vi)
        assert every.complete
        assert len(every.estimate) == want["gosh"]["subsets"]
        assert np.sum(every.estimate) == pytest.approx(want["gosh"]["sum_estimate"], rel=1e-9)
        assert np.nansum(every.i2) == pytest.approx(want["gosh"]["sum_i2"], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", [name for name in TABLES if "a" in TABLES[name]])
def test_mantel_haenszel_and_peto(name: str) -> None:
    cells = [TABLES[name][column] for column in ("a", "n1", "c", "n2")]
    want = RESULTS[name]["peto"]
    if "error" in want:
        pytest.skip(f"metafor: {want['error']}")
    found = peto(*cells)
    close(found.estimate, want["estimate"], want["se"], 1e-10)
    for measure in ("OR", "RR", "RD"):
        want = RESULTS[name][measure]["mh"]
        found = mantel_haenszel(measure, *cells, drop00=measure != "RD")  # type: ignore[arg-type]
        close(found.estimate, want["estimate"], want["se"], 1e-10)
        close(found.se, want["se"], want["se"], 1e-10)
