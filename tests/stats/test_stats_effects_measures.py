"""The registry of measures, and numbers as they are printed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.stats.effects import (
    MEASURES,
    back_transform,
    double_arcsine_proportion,
    harmonic_mean,
    is_ratio,
    measure_named,
    proportion,
)

RATIOS = ["OR", "RR", "PETO", "IRR", "HR", "ROM", "GENLN"]
SINGLE = ["PR", "PLN", "PLO", "PAS", "PFT", "IR", "IRLN", "IRS", "MN", "MNLN"]


def test_the_registry_says_of_every_measure_what_it_is() -> None:
    assert [name for name in MEASURES if is_ratio(name)] == RATIOS
    assert [name for name, one in MEASURES.items() if one.null is None] == SINGLE
    assert [name for name, one in MEASURES.items() if one.log and not one.ratio] == [
        "PLN", "IRLN", "MNLN",
    ]  # fmt: skip
    kinds: dict[str, list[str]] = {}
    for name, one in MEASURES.items():
        assert name == one.name
        assert one.title
        assert one.title[0].isupper()
        assert one.undefined.endswith(".")
        assert not one.ratio or one.log
        kinds.setdefault(one.data, []).append(name)
    assert kinds == {
        "counts": ["OR", "RR", "RD", "PETO", "AS"],
        "rates": ["IRR", "IRD", "IRSD"],
        "reported": ["HR"],
        "means": ["MD", "SMD", "SMDH", "SMD1", "ROM"],
        "paired means": ["MC", "SMCC", "SMCR"],
        "proportion": ["PR", "PLN", "PLO", "PAS", "PFT"],
        "rate": ["IR", "IRLN", "IRS"],
        "mean": ["MN", "MNLN"],
        "correlation": ["COR", "UCOR", "ZCOR"],
        "generic": ["GEN", "GENLN"],
    }
    scales = {name: one.scale for name, one in MEASURES.items() if not one.log}
    assert {name: scale for name, scale in scales.items() if scale != "natural"} == {
        "PLO": "logit",
        "PAS": "arcsine",
        "PFT": "double arcsine",
        "IRS": "square root",
        "ZCOR": "Fisher z",
    }


@pytest.mark.parametrize("name", ["or", "", "log OR"])
def test_unknown_measures_are_refused(name: str) -> None:
    for function in (measure_named, is_ratio, lambda n: back_transform(n, 1.0)):
        with pytest.raises(ValueError, match="no measure is called"):
            function(name)


def test_every_scale_is_turned_back() -> None:
    turned = {
        "HR": (math.log(0.5), 0.5),
        "MD": (-0.25, -0.25),
        "PLO": (math.log(3.0), 0.75),
        "PAS": (math.asin(math.sqrt(0.3)), 0.3),
        "IRS": (0.2, 0.04),
        "ZCOR": (math.atanh(-0.4), -0.4),
        "MNLN": (math.log(7.0), 7.0),
    }
    for name, (held, printed) in turned.items():
        assert float(back_transform(name, held)) == pytest.approx(printed, rel=1e-14)
        assert math.isnan(back_transform(name, math.nan))
    # beyond the ends of a scale, the end
    assert back_transform("PAS", [-0.1, 1.6]).tolist() == [0.0, 1.0]
    assert back_transform("IRS", [-0.1, -9.0]).tolist() == [0.0, 0.0]
    assert back_transform("PLO", [-900.0, 900.0]).tolist() == [0.0, 1.0]


def test_the_double_arcsine_is_turned_back_as_by_miller() -> None:
    # transf.ipft of R's metafor 3.8-1, n = 12
    want = [
        0.001440975771164699, 0.057111212833433622, 0.515769504329351980, 0.896823073419363404,
        0.999574423236239351,
    ]  # fmt: skip
    got = back_transform("PFT", [0.16, 0.3, 0.8, 1.2, 1.42], 12)
    np.testing.assert_allclose(got, want, rtol=1e-11)
    lowest = 0.5 * math.asin(math.sqrt(1 / 13))
    assert back_transform("PFT", [lowest, math.pi / 2 - lowest, 0.0, 9.0], 12).tolist() == [
        0.0, 1.0, 0.0, 1.0,
    ]  # fmt: skip
    assert np.isnan(back_transform("PFT", [np.nan, 0.5], [12, np.nan])).all()
    with pytest.raises(ValueError, match="number of patients n"):
        back_transform("PFT", 0.3)
    with pytest.raises(ValueError, match="above 0"):
        back_transform("PFT", 0.3, [5, 0])


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_back_transformation_undoes_a_single_study(counts: tuple[int, int]) -> None:
    x, n = counts
    yi, vi = proportion("PFT", x, n)
    assert float(vi) == pytest.approx(1 / (4 * n + 2))
    assert float(back_transform("PFT", yi, n)) == pytest.approx(x / n, rel=1e-9, abs=2e-8)
    yi = proportion("PAS", x, n).yi
    assert float(back_transform("PAS", yi)) == pytest.approx(x / n, rel=1e-9, abs=1e-12)


def test_harmonic_means_leave_out_what_is_missing() -> None:
    sizes = [[10, 40, np.nan], [2, 2, 2], [np.nan] * 3]
    np.testing.assert_allclose(harmonic_mean(sizes), [16.0, 2.0, np.nan])
    for bad in ([0, 1], [-1, 1]):
        with pytest.raises(ValueError, match="above 0"):
            harmonic_mean(bad)


def test_a_pooled_proportion_outside_all_studies_is_said_so() -> None:
    # one small study without events and huge ones: the harmonic mean is far from all sizes
    x, n = [2, 600, 900], [10, 60_000, 80_000]
    pooled = float(np.average(proportion("PFT", x, n).yi, weights=np.array(n) + 0.5))
    found = double_arcsine_proportion([pooled, 0.32], x, n)
    assert found.outside.tolist() == [True, False]
    assert found.values[0] < 600 / 60_000
    assert found.values[1] == float(back_transform("PFT", 0.32, harmonic_mean(n)))
    assert len(found.notes) == 1
    assert "Schwarzer" in found.notes[0]
    # exactly at the end of the range is inside
    for events in (0, 5):
        yi = proportion("PFT", events, 5).yi
        assert double_arcsine_proportion(yi, [events], [5]).notes == ()
    beyond = double_arcsine_proportion(0.9, [1, np.nan], [5, np.nan])
    assert beyond.outside
    assert math.isnan(double_arcsine_proportion(0.9, [np.nan], [3.0]).values)
    for bad in (([-1], [5]), ([6], [5])):
        with pytest.raises(ValueError, match="events"):
            double_arcsine_proportion(0.5, *bad)
