"""Effects from printed estimates, intervals, P values and log-rank tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from trialweave.stats.effects import (
    REPORTED_FLAGS,
    Reported,
    from_interval,
    from_o_minus_e,
    from_p,
    from_printed_interval,
)

NAN, INF = math.nan, math.inf
Z = 1.959963984540054


def flagged(found: Reported, index: tuple[int, ...] = ()) -> set[str]:
    assert found.flags.keys() == REPORTED_FLAGS.keys()
    return {name for name, values in found.flags.items() if np.asarray(values)[index]}


def test_a_hazard_ratio_with_its_interval() -> None:
    found = from_interval("HR", 0.8, 0.5, 1.28)
    assert float(found.yi) == pytest.approx(math.log(0.8))
    assert float(found.se) == pytest.approx(math.log(1.28 / 0.5) / 2 / Z)
    assert float(found.vi) == pytest.approx(float(found.se) ** 2)
    assert found.se_low == found.se == found.se_high
    assert found.symmetric  # 0.8² = 0.5·1.28
    assert float(found.off_centre) == pytest.approx(0.0, abs=1e-12)
    assert found.notes == ()
    assert found.measure == "HR"
    other = from_interval("HR", 0.8, 0.5, 1.28, level=0.9)
    assert float(other.se) == pytest.approx(math.log(1.28 / 0.5) / 2 / stats.norm.ppf(0.95))


def test_a_difference_with_an_interval_of_t() -> None:
    found = from_interval("MD", [1.5, 1.5], 1.0, 2.0, df=[9, INF])
    assert found.se[0] == pytest.approx(0.5 / stats.t.ppf(0.975, 9), rel=1e-9)
    assert found.se[1] == pytest.approx(0.5 / Z)
    assert found.yi.tolist() == [1.5, 1.5]


def test_printed_digits_leave_a_range_of_standard_errors() -> None:
    found = from_printed_interval("HR", "0.80", "0.50", "1.28")
    q = 2 * Z
    assert float(found.se_low) == pytest.approx(math.log(1.275 / 0.505) / q)
    assert float(found.se_high) == pytest.approx(math.log(1.285 / 0.495) / q)
    coarse = from_printed_interval("HR", "0.8", "0.0", "1.3")
    assert math.isnan(coarse.se)
    assert flagged(coarse) == {"not positive"}
    coarse = from_printed_interval("HR", "0.4", "0.04", "1.3")
    assert math.isfinite(coarse.se_high)
    # a limit that rounding may have lifted from 0 bounds nothing
    found = from_interval("HR", 0.4, 0.1, 1.6, half_units=(0.05, 0.1, 0.05))
    assert float(found.se_high) == INF
    narrow = from_printed_interval("MD", "1.0", "1.0", "1.1")
    assert float(narrow.se_low) == 0.0
    assert float(narrow.se_high) == pytest.approx(0.2 / q)
    assert narrow.symmetric


def test_an_interval_that_cannot_be_symmetric_is_flagged() -> None:
    # the middle of log 0.58 and log 1.19 is 0.831; printed digits allow 0.83, not 0.90
    assert from_printed_interval("OR", "0.83", "0.58", "1.19").symmetric
    odd = from_printed_interval("OR", "0.90", "0.58", "1.19")
    assert not odd.symmetric
    assert flagged(odd) == {"asymmetric"}
    middle, se = math.log(0.58 * 1.19) / 2, math.log(1.19 / 0.58) / (2 * Z)
    assert float(odd.off_centre) == pytest.approx((middle - math.log(0.9)) / se)
    assert "profile likelihood" in odd.notes[0]
    # where the boxes just meet
    for estimate, yes in ((1.5, True), (1.45, True), (1.44, False), (1.55, True), (1.56, False)):
        found = from_interval("MD", estimate, 1.0, 2.0, half_units=(0.03, 0.02, 0.02))
        assert bool(found.symmetric) is yes
        assert flagged(found) == (set() if yes else {"asymmetric"})
    # a computer's digits
    assert from_interval("OR", math.exp(0.1), math.exp(-0.2), math.exp(0.4)).symmetric


def test_what_cannot_be_read_is_said() -> None:
    estimate = [NAN, 2, 0.5, 1, 5, 1, 1, INF, -1, 1]
    low = [0.5, 3, -1, 1, 1, NAN, 0.5, 0.5, 0.5, 0.5]
    high = [2, 1, 1, 1, 2, 2, INF, 2, 2, 0]
    found = from_interval("RR", estimate, low, high)
    assert [flagged(found, (i,)) for i in range(10)] == [
        {"no estimate"},
        {"reversed"},
        {"not positive"},
        {"no width"},
        {"outside", "asymmetric"},
        {"missing"},
        {"missing"},
        {"missing", "outside"},
        {"not positive", "outside"},
        {"reversed", "not positive"},
    ]
    bad = [False, True, True, True, False, True, True, True, True, True]
    for values in (found.yi, found.vi, found.se, found.se_low, found.se_high):
        assert np.isnan(values).tolist() == bad
    assert found.yi[0] == pytest.approx(0.0, abs=1e-15)
    assert math.isnan(found.off_centre[0])
    assert not found.symmetric.any()
    assert len(found.notes) == 7
    # a difference may well be below 0
    assert flagged(from_interval("MD", -1, -2, 0)) == set()


def test_misuse_of_intervals_is_refused() -> None:
    for options, text in (
        ({"level": 95}, "between 0 and 1"),
        ({"df": 0}, "degrees of freedom"),
        ({"half_units": (-0.1, 0, 0)}, "half units"),
        ({"half_units": (0, -0.1, 0)}, "half units"),
        ({"half_units": (0, 0, -0.1)}, "half units"),
    ):
        with pytest.raises(ValueError, match=text):
            from_interval("OR", 1, 0.5, 2, **options)
    with pytest.raises(ValueError, match="held as Fisher z"):
        from_interval("ZCOR", 0.1, 0.0, 0.2)
    with pytest.raises(ValueError, match="no measure"):
        from_o_minus_e(1, 2, measure="X")
    with pytest.raises(ValueError, match="not a number"):
        from_printed_interval("OR", "one", "0.5", "2")
    none = from_printed_interval("OR", None, "0.5", "2", df=9)
    assert flagged(none) == {"no estimate"}
    assert float(none.se) == pytest.approx(math.log(4) / 2 / stats.t.ppf(0.975, 9), rel=1e-9)


def test_the_handbook_example_of_a_p_value() -> None:
    # Cochrane Handbook, section 6.3.2: a risk difference of 0.03 with P = 0.008 has Z = 2.652
    found = from_p("RD", 0.03, 0.008)
    assert round(0.03 / float(found.se), 3) == 2.652
    assert round(float(found.se), 3) == 0.011
    # section 6.5.2.3: a mean difference of 3.8, P = 0.008 on 45 degrees of freedom, t = 2.78
    found = from_p("MD", 3.8, 0.008, df=45)
    assert round(3.8 / float(found.se), 2) == 2.78
    assert found.se_low == found.se == found.se_high
    assert float(found.vi) == pytest.approx(float(found.se) ** 2)
    assert not found.symmetric
    assert math.isnan(found.off_centre)


def test_rounded_p_values_leave_a_range() -> None:
    found = from_p("OR", 0.5, 0.01, half_units=(0.05, 0.005))
    q = stats.norm.isf
    assert float(found.se) == pytest.approx(math.log(2) / q(0.005))
    assert float(found.se_low) == pytest.approx(-math.log(0.55) / q(0.0025))
    assert float(found.se_high) == pytest.approx(-math.log(0.45) / q(0.0075))
    wide = from_p("MD", [0.1, -0.1, 3], [0.9, 0.9, 0.004], half_units=(0.2, [0.2, 0.2, 0.005]))
    assert wide.se_low.tolist() == [0.0, 0.0, 0.0]
    assert wide.se_high.tolist()[:2] == [INF, INF]
    assert wide.se_high[2] == pytest.approx(3.2 / q(0.0045))


def test_p_values_that_say_nothing() -> None:
    found = from_p("OR", [1, 2, 2, -2, NAN, 2, INF], [0.5, 1, 0, 0.5, 0.5, NAN, 0.5])
    assert [flagged(found, (i,)) for i in range(7)] == [
        {"no effect"},
        {"no effect"},
        {"no P"},
        {"not positive"},
        {"missing"},
        {"missing"},
        {"missing"},
    ]
    for values in (found.se, found.vi, found.se_low, found.se_high):
        assert np.isnan(values).all()
    assert found.yi[:3].tolist() == [0.0, math.log(2), math.log(2)]
    assert np.isnan(found.yi[3:]).all()
    for p in (-0.1, 1.1):
        with pytest.raises(ValueError, match="P lies between"):
            from_p("MD", 1, p)
    for half in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="half units"):
            from_p("MD", 1, 0.5, half_units=half)


def test_log_rank_tests() -> None:
    found = from_o_minus_e([-3.0, 1.0, 1.0, INF, NAN], [12.0, 0.0, -1.0, 2.0, 2.0])
    assert found.yi[0] == -0.25
    assert found.vi[0] == 1 / 12
    assert found.se[0] == found.se_low[0] == found.se_high[0] == math.sqrt(1 / 12)
    assert [flagged(found, (i,)) for i in range(5)] == [
        set(), {"no information"}, {"no information"}, {"missing"}, {"missing"},
    ]  # fmt: skip
    assert np.isnan(found.yi[1:]).all()
    assert np.isnan(found.vi[1:]).all()
    assert not found.symmetric.any()
    assert found.measure == "HR"
    assert from_o_minus_e(1, 2, measure="PETO").measure == "PETO"


@settings(deadline=None, max_examples=40)
@given(st.floats(-2, 2), st.floats(0.05, 2), st.sampled_from([1, 2, 3]))
def test_the_true_standard_error_lies_in_the_range(yi: float, se: float, digits: int) -> None:
    numbers = [f"{math.exp(yi + k * Z * se):.{digits}f}" for k in (0, -1, 1)]
    assume(float(numbers[1]) > 0 and numbers[1] != numbers[2])
    found = from_printed_interval("HR", *numbers)
    assert found.se_low <= se * (1 + 1e-9)
    assert se <= found.se_high * (1 + 1e-9)
    assert found.symmetric
    assert found.se_low <= found.se <= found.se_high
