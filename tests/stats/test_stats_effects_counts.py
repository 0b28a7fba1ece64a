"""Zero cells of 2x2 tables, rates, proportions and correlations; numbers of R's metafor 3.8-1."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.stats.effects import (
    correlation,
    effect,
    proportion,
    rate,
    rate_effect,
    single_mean,
)

NAN = math.nan
CELLS = ([4, 0, 0, 30], [100, 50, 30, 30], [7, 3, 0, 28], [110, 40, 35, 31])


def same(got, yi, vi) -> None:
    np.testing.assert_allclose(got.yi, yi, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(got.vi, vi, rtol=1e-13, atol=1e-18)


def test_peto_and_arcsine_are_corrected_only_where_asked() -> None:
    same(
        effect("PETO", *CELLS, every_measure=True),
        [-0.4739150296939242, -1.7971718620929527, 0.1500896057347670, 1.5432997881355937],
        [0.3827775239835541, 1.0464545019781750, 4.0224014336917566, 1.0511122881355934],
    )
    same(
        effect("AS", *CELLS, every_measure=True),
        [-0.053659730969070757, -0.197322351180290040, 0.009218374142296787, 0.209721226198976041],
        [0.004772727272727272, 0.010999521759923482, 0.015008960573476702, 0.015877016129032258],
    )
    plain = effect("PETO", *CELLS)
    assert plain.yi[1] == pytest.approx(-2.30172413793103470, rel=1e-14)
    assert math.isnan(plain.yi[2])
    assert effect("AS", 0, 30, 0, 35).yi == 0.0


def test_arms_share_a_correction_by_size() -> None:
    a, n1, c, n2 = 0, 60, 2, 20
    first, second = 0.75, 0.25  # of Sweeting's total of 1
    yi = math.log(first * (18 + second) / ((60 + first) * (2 + second)))
    vi = 1 / first + 1 / (60 + first) + 1 / (2 + second) + 1 / (18 + second)
    same(effect("OR", a, n1, c, n2, share="arm size"), yi, vi)
    for add in (0.5, 0.1):
        for measure in ("OR", "RR", "RD"):
            nothing = effect(measure, 0, 60, 0, 20, share="arm size", add=add)
            assert float(nothing.yi) == pytest.approx(0.0, abs=1e-15)
            assert nothing.vi > 0
    half = effect("RR", 0, 60, 2, 20, share="arm size", add=0.25)
    same(half, math.log(0.375 / 60.75 / (2.125 / 20.25)),
         1 / 0.375 - 1 / 60.75 + 1 / 2.125 - 1 / 20.25)  # fmt: skip
    same(effect("OR", 3, 20, 2, 20, share="arm size"), *effect("OR", 3, 20, 2, 20))
    same(effect("OR", 0, 30, 2, 30, share="arm size"), *effect("OR", 0, 30, 2, 30))


def test_conventions_differ_in_what_is_corrected() -> None:
    table = (0, 50, 3, 40)
    corrected = effect("RD", *table)
    same(corrected, *effect("RD", 0.5, 51, 3.5, 41))
    for convention in ("meta", "RevMan 5"):
        same(effect("RD", *table, convention=convention), -3 / 40, corrected.vi)
        same(effect("OR", *table, convention=convention), *effect("OR", *table))
    same(effect("RR", *table, convention="RevMan 5"), *effect("RR", *table))
    same(
        effect("RR", *table, convention="meta"),
        math.log(0.5 / 50.5 / (3.5 / 40.5)),
        1 / 0.5 - 1 / 50.5 + 1 / 3.5 - 1 / 40.5,
    )
    # an arm with events only, and both
    same(
        effect("RR", 28, 30, 30, 30, convention="meta"),
        math.log(28.5 / 30.5),
        1 / 28.5 - 1 / 30.5 + 1 / 30.5 - 1 / 30.5,
    )
    full = effect("RR", 30, 30, 31, 31, convention="meta", drop00=True)
    same(full, 0.0, 1 / 30 - 1 / 30.5 + 1 / 31 - 1 / 31.5)
    kept = effect("RR", 30, 30, 31, 31, convention="RevMan 5", drop00=True)
    same(kept, math.log(30.5 / 31 / (31.5 / 32)), 1 / 30.5 - 1 / 31 + 1 / 31.5 - 1 / 32)
    for measure, convention in (("RR", "metafor"), ("OR", "meta"), ("OR", "RevMan 5")):
        assert math.isnan(effect(measure, 9, 9, 7, 7, convention=convention, drop00=True).yi)
    for convention in ("metafor", "meta", "RevMan 5"):
        assert math.isnan(effect("RR", 0, 9, 0, 7, convention=convention, drop00=True).yi)


def test_unknown_choices_are_refused() -> None:
    for bad in ({"share": "half"}, {"convention": "RevMan"}, {"to": "some"}):
        with pytest.raises(ValueError, match="no "):
            effect("OR", 1, 2, 1, 2, **bad)
    with pytest.raises(ValueError, match="no measure"):
        rate_effect("OR", 1, 2, 1, 2)
    with pytest.raises(ValueError, match="no measure"):
        rate("IRR", 1, 2)
    with pytest.raises(ValueError, match="no measure"):
        proportion("RR", 1, 2)
    with pytest.raises(ValueError, match="no convention"):
        proportion("PR", 1, 2, convention="RevMan 5")
    with pytest.raises(ValueError, match="no measure"):
        single_mean("MD", 1, 2, 3)
    with pytest.raises(ValueError, match="no measure"):
        correlation("R", 0.1, 9)


COUNTS = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None, max_examples=40)
@given(COUNTS, COUNTS, st.sampled_from(["OR", "RR", "RD"]), st.sampled_from(["equal", "arm size"]))
def test_swapping_the_arms_turns_the_sign(one, two, measure, share) -> None:
    for convention in ("metafor", "meta", "RevMan 5"):
        there = effect(measure, *one, *two, share=share, convention=convention)
        back = effect(measure, *two, *one, share=share, convention=convention)
        assert float(there.yi) == pytest.approx(-float(back.yi), rel=1e-12, abs=1e-13)
        assert float(there.vi) == pytest.approx(float(back.vi), rel=1e-12)


RATES = ([4, 0, 0], [100, 50, 30], [7, 3, 0], [110, 40, 35])


def test_rates_of_two_groups() -> None:
    same(
        rate_effect("IRR", *RATES),
        [-0.46430560813109745, -2.16905370036952272, 0.15415067982725894],
        [0.39285714285714285, 2.28571428571428559, 4.0],
    )
    same(
        rate_effect("IRD", *RATES),
        [-0.0236363636363636290, -0.0774999999999999994, 0.0023809523809523812],
        [0.00097851239669421476, 0.00238749999999999987, 0.00096371882086167802],
    )
    same(
        rate_effect("IRSD", *RATES),
        [-0.052262489554756486, -0.273861278752583037, 0.0],
        [0.0047727272727272722, 0.0112499999999999996, 0.0154761904761904767],
    )
    every = rate_effect("IRSD", *RATES, every_measure=True)
    assert every.yi[2] == pytest.approx(0.0095765839401411867, rel=1e-13)
    dropped = rate_effect("IRSD", *RATES, drop00=True)
    assert np.isnan(dropped.yi).tolist() == np.isnan(dropped.vi).tolist() == [False, False, True]
    for measure, undefined in (("IRR", [False, True, True]), ("IRD", [False, False, True])):
        plain = rate_effect(measure, *RATES, to="none")
        assert np.isnan(plain.yi).tolist() == undefined
    assert rate_effect("IRR", 4, 10, 7, 10, to="all").yi == pytest.approx(math.log(4.5 / 7.5))
    assert np.isnan(rate_effect("IRD", [1, 1], [0, 5], 1, [5, 0]).yi).all()
    for bad in ((-1, 1, 1, 1), (1, -1, 1, 1), (1, 1, math.inf, 1), (1, 1, 1, math.inf)):
        with pytest.raises(ValueError, match="finite and not negative"):
            rate_effect("IRR", *bad)


def test_rates_of_one_group() -> None:
    x, t = [4, 0], [100, 50]
    same(rate("IR", x, t), [0.04, 0.01], [0.0004, 0.0002])
    same(rate("IRLN", x, t), [-3.2188758248682006, -4.6051701859880909], [0.25, 2.0])
    same(rate("IRS", x, t), [0.2, 0.0], [0.0025, 0.005])
    same(rate("IRS", x, t, every_measure=True), [0.2, 0.1], [0.0025, 0.005])
    same(rate("IRLN", x, t, to="if0all"), [math.log(0.045), math.log(0.01)], [1 / 4.5, 2.0])
    assert np.isnan(rate("IR", x, t, to="none").yi).tolist() == [False, True]
    assert np.isnan(rate("IRLN", x, t, to="none").vi).tolist() == [False, True]
    assert math.isnan(rate("IRS", 0, 0).yi)


X, N = [4, 0, 50, 7], [100, 50, 50, 9]


def test_proportions() -> None:
    want = {
        "PR": (
            [0.04, 0.009803921568627451, 0.990196078431372584, 7 / 9],
            [0.000384, 0.0001903491115785030, 0.0001903491115785023, 0.0192043895747599433],
        ),
        "PLN": (
            [-3.218875824868200564, -4.624972813284270678, -0.009852296443011594,
             -0.251314428280906055],
            [0.24, 1.9803921568627451677, 0.0001941370607649005, 0.0317460317460317443],
        ),
        "PLO": (
            [-3.178053830347945, -4.615120516841260, 4.615120516841263, 1.252762968495368],
            [0.2604166666666667, 2.0198019801980198, 2.0198019801980198, 0.6428571428571428],
        ),
        "PAS": (
            [0.2013579207903308, 0.0, 1.5707963267948966, 1.0799136485055854],
            [0.0025, 0.005, 0.005, 1 / 36],
        ),
        "PFT": (
            [0.21236000184303558, 0.07024485087676018, 1.50055147591813620, 1.04915265211264130],
            [0.002487562189054726, 0.004950495049504951, 0.004950495049504951, 1 / 38],
        ),
    }  # fmt: skip
    for measure, (yi, vi) in want.items():
        same(proportion(measure, X, N), yi, vi)
    same(
        proportion("PAS", X, N, every_measure=True),
        [0.20135792079033080, 0.09917726107940236, 1.47161906571549395, 1.07991364850558536],
        [0.0025, 0.004901960784313725, 0.004901960784313725, 1 / 36],
    )
    same(
        proportion("PFT", X, N, every_measure=True),
        [0.2123600018430356, 0.1344423909383163, 1.4363539358565802, 1.0491526521126413],
        [0.002487562189054726, 0.004854368932038835, 0.004854368932038835, 1 / 38],
    )
    for measure in ("PR", "PLN", "PLO"):
        plain = proportion(measure, X, N, to="none")
        assert np.isnan(plain.yi).tolist() == [False, True, True, False]
        assert np.isnan(plain.vi).tolist() == [False, True, True, False]
        assert math.isnan(proportion(measure, 0, 0).yi)
        assert np.isnan(proportion(measure, [0, 1], [0, 5], to="all").yi).tolist() == [True, False]
    same(
        proportion("PLO", [4, 0], [100, 50], to="all"),
        [-3.065465611568666, -4.615120516841260],
        [0.2325849165227404, 2.0198019801980198],
    )
    for bad in ((-1, 5), (6, 5), (1, -5), (1, math.inf)):
        with pytest.raises(ValueError, match="events"):
            proportion("PR", *bad)


def test_proportions_as_in_meta() -> None:
    # what R's meta documents of events only: log 1, variance 1/10 - 1/10.5
    same(
        proportion("PLN", [10, 0, 3], [10, 12, 9], convention="meta"),
        [0.0, math.log(0.5 / 12.5), math.log(1 / 3)],
        [1 / 10 - 1 / 10.5, 1 / 0.5 - 1 / 12.5, 1 / 3 - 1 / 9],
    )
    plain = proportion("PR", [10, 0], [10, 12])
    same(proportion("PR", [10, 0], [10, 12], convention="meta"), [1.0, 0.0], plain.vi)
    for measure in ("PLO", "PAS", "PFT"):
        same(proportion(measure, X, N, convention="meta"), *proportion(measure, X, N))


def test_means_and_correlations_of_one_group() -> None:
    same(single_mean("MN", 5.1, 1.3, 20), 5.1, 0.0845)
    same(single_mean("MNLN", 5.1, 1.3, 20), 1.62924053973028, 0.0032487504805843912)
    assert np.isnan(single_mean("MNLN", [0, -1], 1, 5).yi).all()
    assert np.isnan(single_mean("MN", 1, 1, [0, NAN]).vi).all()
    for bad in ((1, -1, 5), (1, 1, -5)):
        with pytest.raises(ValueError, match="must not be negative"):
            single_mean("MN", *bad)
    r, n = [0.4, -0.2, 1.0], [20, 5, 10]
    same(correlation("COR", r, n), r, [0.037136842105263156, 0.2304, 0.0])
    z = correlation("ZCOR", r, n)
    same(z, [0.42364893019360184, -0.20273255405408214, NAN], [1 / 17, 0.5, NAN])
    assert np.isnan(correlation("COR", 0.4, [2, 3]).vi).tolist() == [True, False]
    assert np.isnan(correlation("ZCOR", 0.4, [3, 4]).vi).tolist() == [True, False]
    assert np.isnan(correlation("UCOR", [0.4, 0.0, 0.4], [4, 4, 5]).yi).tolist() == [
        True, True, False,
    ]  # fmt: skip
    for bad in ((1.1, 9), (-1.1, 9), (0.5, -1)):
        with pytest.raises(ValueError, match="between -1 and 1"):
            correlation("COR", *bad)


def test_the_unbiased_correlation() -> None:
    # for n = 5 Gauss's function is F(1/2, 1/2; 3/2; 1 - r²) = arcsin(√(1-r²))/√(1-r²)
    r = 0.6
    yi = r * math.asin(0.8) / 0.8
    same(correlation("UCOR", r, 5), yi, (1 - yi**2) ** 2 / 4)
    assert correlation("UCOR", [-r, 0.0, 1.0], 5).yi.tolist() == pytest.approx([-yi, 0.0, 1.0])
    n = 1e6  # r(1 + (1 - r²)/(2(n - 4))) for large n (Olkin & Pratt 1958)
    assert float(correlation("UCOR", r, n).yi) == pytest.approx(
        r * (1 + (1 - r * r) / (2 * (n - 4))), rel=1e-11
    )
