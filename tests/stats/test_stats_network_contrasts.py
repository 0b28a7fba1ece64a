"""Contrasts from pairs and from arms: covariances, zero cells, and what is left out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trialweave.stats.effects import effect, mean_difference, smd
from trialweave.stats.network import (
    ContrastError,
    Contrasts,
    NoNetwork,
    arm_contrasts,
    network,
    pair_contrasts,
)

NAN = math.nan


def three_arms(te: tuple[float, float, float], se: tuple[float, float, float]) -> Contrasts:
    """Pairs ab, ac, bc of one study."""
    return pair_contrasts(["s"] * 3, ["a", "a", "b"], ["b", "c", "c"], te, se)


def codes(contrasts: Contrasts) -> dict[str, tuple[str, ...]]:
    return {note.code: note.about for note in contrasts.notes}


def test_pairs_carry_the_covariance_of_a_study() -> None:
    # arm variances 0.01, 0.04, 0.09 give pairs of 0.05, 0.10, 0.13
    se = (math.sqrt(0.05), math.sqrt(0.10), math.sqrt(0.13))
    (one,) = three_arms((0.5, 0.7, 0.2), se).studies
    assert one.treatments == ("a", "b", "c")
    np.testing.assert_allclose(one.effects, [-0.5, -0.7], atol=1e-15)
    np.testing.assert_allclose(one.covariance, [[0.05, 0.01], [0.01, 0.10]], atol=1e-15)
    assert np.isnan(one.sizes).all()


def test_small_discrepancies_are_evened_out_whatever_the_order() -> None:
    se = (0.2, 0.3, 0.3)
    (one,) = three_arms((0.5, 0.7009, 0.2), se).studies
    swapped = pair_contrasts(["s"] * 3, ["c", "c", "b"], ["a", "b", "a"], (-0.7009, -0.2, -0.5),
                             (0.3, 0.3, 0.2))  # fmt: skip
    (other,) = swapped.studies
    assert other.treatments == ("c", "a", "b")
    assert one.effects[1] == pytest.approx(-0.7006)  # ac: twice itself and once ab + bc, over 3
    assert other.effects[0] == pytest.approx(0.7006)
    assert other.effects[1] - other.effects[0] == pytest.approx(one.effects[0])
    with pytest.raises(ContrastError, match="'s': its effects do not add up"):
        three_arms((0.5, 0.75, 0.2), se)
    pairs = ["s"] * 3, ["a", "a", "b"], ["b", "c", "c"], (0.5, 0.75, 0.2), se
    assert pair_contrasts(*pairs, tolerance=0.1).studies


def test_pairs_that_contradict_each_other_name_the_study() -> None:
    for rows, said in (
        ([("a", "b"), ("a", "c")], "has 2 comparisons of 3 treatments, not 3"),
        ([("a", "b"), ("b", "a")], "compares 'b' and 'a' twice"),
        ([("a", "a")], "compares 'a' with itself"),
    ):
        first, second = zip(*rows, strict=True)
        size = len(rows)
        with pytest.raises(ContrastError, match=said) as raised:
            pair_contrasts(["Lee 2001"] * size, first, second, [0.1] * size, [0.2] * size)
        assert raised.value.study == "Lee 2001"
        assert isinstance(raised.value, ValueError)
    with pytest.raises(ContrastError, match="no covariance"):
        three_arms((0.0, 0.0, 0.0), (0.1, 0.1, 0.9))
    with pytest.raises(ValueError, match="one length"):
        pair_contrasts(["s"], ["a"], ["b"], [0.1, 0.2], [0.1])
    with pytest.raises(ValueError, match="one length"):
        pair_contrasts(["s"], ["a"], ["b"], [0.1], [0.1], n1=[1, 2])


def test_pairs_without_numbers_are_left_out_with_a_note() -> None:
    found = pair_contrasts(
        ["1", "2", "3", "4", "5", "6"], ["a"] * 6, ["b"] * 6,
        [0.1, None, math.inf, 0.2, 0.3, 0.4], [0.2, 0.2, 0.2, 0.0, NAN, math.inf],
        n1=[10, 1, 1, 1, 1, 1], n2=[None] * 6, measure="OR",
    )  # fmt: skip
    assert [one.study for one in found.studies] == ["1"]
    assert found.studies[0].sizes[0] == 10
    assert math.isnan(found.studies[0].sizes[1])
    assert codes(found) == {"no effect": ("2", "3", "4", "5", "6")}
    assert found.measure == "OR"
    assert pair_contrasts(["1"], ["a"], ["b"], [0.1], [0.2]).notes == ()


TWO = (["s", "s"], ["old", "new"])


@pytest.mark.parametrize("measure", ["OR", "RR", "RD", "AS"])
def test_two_arms_are_the_effect_of_two_groups(measure: str) -> None:
    found = arm_contrasts(measure, *TWO, events=[12, 7], n=[50, 60])  # type: ignore[arg-type]
    yi, vi = effect(measure, 7, 60, 12, 50)  # type: ignore[arg-type]
    (one,) = found.studies
    assert one.treatments == ("old", "new")
    assert one.effects == pytest.approx([float(yi)], rel=1e-13)
    assert one.covariance.ravel() == pytest.approx([float(vi)], rel=1e-13)
    assert one.sizes.tolist() == [50, 60]
    assert found.notes == ()
    assert found.measure == measure


def test_means_of_two_arms_are_the_effect_of_two_groups() -> None:
    numbers = {"mean": [5.0, 7.5], "sd": [2.0, 2.5], "n": [20, 24]}
    for measure, want in (
        ("MD", mean_difference(7.5, 2.5, 24, 5.0, 2.0, 20)),
        ("SMD", smd(7.5, 2.5, 24, 5.0, 2.0, 20)),
    ):
        (one,) = arm_contrasts(measure, *TWO, **numbers).studies  # type: ignore[arg-type]
        assert one.effects == pytest.approx([float(want.yi)], rel=1e-12)
        assert one.covariance.ravel() == pytest.approx([float(want.vi)], rel=1e-12)
    (one,) = arm_contrasts("ROM", *TWO, **numbers).studies  # type: ignore[arg-type]
    assert one.effects[0] == pytest.approx(math.log(1.5))
    assert one.covariance[0, 0] == pytest.approx(4 / 20 / 25 + 6.25 / 24 / 56.25)
    (one,) = arm_contrasts("IRR", *TWO, events=[4, 9], time=[100.0, 150.0], n=[30, 31]).studies
    assert one.effects[0] == pytest.approx(math.log(9 / 150 * 100 / 4))
    assert one.covariance[0, 0] == pytest.approx(1 / 4 + 1 / 9)
    assert one.sizes.tolist() == [30, 31]


def test_contrasts_of_one_study_share_the_variance_of_its_first_arm() -> None:
    (one,) = arm_contrasts(
        "MD", ["s"] * 3, "abc", mean=[1, 2, 4], sd=[1, 2, 3], n=[10, 16, 36]
    ).studies
    assert one.effects.tolist() == [1, 3]
    np.testing.assert_allclose(one.covariance, [[0.35, 0.1], [0.1, 0.35]])


def test_standardised_differences_share_one_standard_deviation() -> None:
    n, mean, sd = np.array([10, 16, 30]), np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0])
    (one,) = arm_contrasts("SMD", ["s"] * 3, "abc", mean=mean, sd=sd, n=n).studies
    freedom = 53
    pooled = math.sqrt(((n - 1) * sd**2).sum() / freedom)
    j = math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2)) / math.sqrt(freedom / 2)
    g = j * (mean[1:] - mean[0]) / pooled
    np.testing.assert_allclose(one.effects, g, rtol=1e-12)
    want = 1 / 10 + np.outer(g, g) / (2 * 56) + np.diag([1 / 16, 1 / 30])
    np.testing.assert_allclose(one.covariance, want, rtol=1e-12)


def test_a_zero_cell_corrects_all_arms_of_its_study() -> None:
    found = arm_contrasts(
        "OR", ["s"] * 3 + ["t"] * 2, "abcab", events=[0, 4, 6, 3, 5], n=[20, 22, 24, 30, 31]
    )
    first, second = found.studies
    odds = np.log([0.5 / 20.5, 4.5 / 18.5, 6.5 / 18.5])
    np.testing.assert_allclose(first.effects, odds[1:] - odds[0])
    v = [1 / 0.5 + 1 / 20.5, 1 / 4.5 + 1 / 18.5, 1 / 6.5 + 1 / 18.5]
    np.testing.assert_allclose(first.covariance, [[v[0] + v[1], v[0]], [v[0], v[0] + v[2]]])
    assert second.effects[0] == pytest.approx(float(effect("OR", 5, 31, 3, 30).yi))
    assert codes(found) == {"corrected": ("s",)}
    events_only = arm_contrasts("OR", *TWO, events=[9, 10], n=[10, 10])
    assert events_only.studies[0].effects[0] == pytest.approx(math.log(10.5 / 0.5 / (9.5 / 1.5)))
    more = arm_contrasts("OR", *TWO, events=[0, 4], n=[20, 22], add=1.0)
    assert more.studies[0].effects[0] == pytest.approx(math.log(5 / 19 / (1 / 21)))
    assert more.studies[0].sizes.tolist() == [20, 22]


def test_a_zero_cell_of_a_risk_ratio_adds_to_events_and_size() -> None:
    (one,) = arm_contrasts("RR", *TWO, events=[0, 4], n=[20, 22]).studies
    assert one.effects[0] == pytest.approx(math.log(4.5 / 22.5 / (0.5 / 20.5)))
    assert one.covariance[0, 0] == pytest.approx(1 / 4.5 - 1 / 22.5 + 1 / 0.5 - 1 / 20.5)
    # R's metabin: 28 of 30 against 30 of 30, and 30 of 30 against 31 of 31
    (one,) = arm_contrasts("RR", *TWO, events=[30, 28], n=[30, 30]).studies
    assert one.effects[0] == pytest.approx(-0.06782259633876106)
    assert math.sqrt(one.covariance[0, 0]) == pytest.approx(0.047967010041735675)
    (one,) = arm_contrasts("RR", *TWO, events=[31, 30], n=[31, 30]).studies
    assert one.effects[0] == 0.0
    assert math.sqrt(one.covariance[0, 0]) == pytest.approx(0.03253430278227857)


def test_a_risk_difference_keeps_its_estimate() -> None:
    found = arm_contrasts("RD", *TWO, events=[0, 4], n=[20, 22])
    (one,) = found.studies
    assert one.effects[0] == pytest.approx(4 / 22)
    p, q = 4.5 / 23, 0.5 / 21
    assert one.covariance[0, 0] == pytest.approx(p * (1 - p) / 23 + q * (1 - q) / 21)
    assert codes(found) == {"corrected": ("s",)}
    assert len(arm_contrasts("RD", *TWO, events=[0, 0], n=[20, 22]).studies) == 1
    assert arm_contrasts("AS", *TWO, events=[0, 0], n=[20, 22]).notes == ()


def test_rates_are_corrected_where_an_arm_has_no_event() -> None:
    found = arm_contrasts("IRR", *TWO, events=[0, 4], time=[20, 22])
    assert found.studies[0].effects[0] == pytest.approx(math.log(4.5 / 22 / (0.5 / 20)))
    assert codes(found) == {"corrected": ("s",)}
    assert math.isnan(found.studies[0].sizes[0])
    plain = arm_contrasts("IRR", *TWO, events=[20, 4], time=[20, 22], n=[5, 6])
    assert plain.notes == ()  # as many events as years, and more than patients: no zero cell


def test_what_holds_no_information_is_left_out_with_a_note() -> None:
    study = ["1", "1", "2", "2", "3", "3", "4", "5", "5", "6", "6", "6", "7", "7"]
    arms = ["a", "b", "a", "c", "a", "d", "a", "a", "b", "a", "b", "e", "a", "b"]
    events = [1, 2, 0, 0, 9, 8, 4, 3, NAN, 0, 0, 5, 3, 4]
    n = [10, 10, 9, 9, 9, 8, 10, 10, 10, 10, 10, 10, 10, 0]
    for measure in ("OR", "RR"):
        found = arm_contrasts(measure, study, arms, events=np.minimum(events, n), n=n)
        notes = codes(found)
        assert notes["no events"] == ("2",)
        assert notes["one arm"] == ("4", "5", "7")
        assert notes["arm without data"] == ("5", "7")
        assert notes["pair without events"] == ("6",)
        if measure == "OR":
            assert [one.study for one in found.studies] == ["1", "6"]
            assert notes["events only"] == ("3",)
            assert notes["treatment left out"] == ("c", "d")
            assert notes["corrected"] == ("6",)
        else:
            assert [one.study for one in found.studies] == ["1", "3", "6"]
            assert notes["treatment left out"] == ("c",)
            assert notes["corrected"] == ("3", "6")
    assert [note.code for note in found.notes][:2] == ["arm without data", "one arm"]
    none = arm_contrasts("IRR", *TWO, events=[0, 0], time=[5, 5])
    assert codes(none) == {"no events": ("s",), "treatment left out": ("old", "new")}
    assert isinstance(network(none), NoNetwork)
    assert [note.code for note in network(none).notes][-1] == "no studies"


def test_several_arms_with_events_only() -> None:
    columns = {"events": [9, 10, 5], "n": [9, 10, 10]}
    odds = arm_contrasts("OR", ["s"] * 3, "abc", **columns)  # type: ignore[arg-type]
    assert codes(odds) == {"corrected": ("s",), "pair without events": ("s",)}
    assert odds.studies[0].effects[1] == pytest.approx(-math.log(9.5 / 0.5))
    ratio = arm_contrasts("RR", ["s"] * 3, "abc", **columns)  # type: ignore[arg-type]
    assert codes(ratio)["no variance"] == ("s",)  # a and b have 1/n - 1/n each


def test_studies_without_variance_are_left_out() -> None:
    flat = arm_contrasts("MD", *TWO, mean=[1, 2], sd=[0, 0], n=[10, 10])
    assert codes(flat)["no variance"] == ("s",)
    for sd, n in (([0, 0], [10, 10]), ([1, 1], [1, 2])):
        assert codes(arm_contrasts("SMD", *TWO, mean=[1, 2], sd=sd, n=n))["no variance"] == ("s",)
    assert arm_contrasts("SMD", *TWO, mean=[1, 2], sd=[1, 1], n=[2, 2]).notes == ()
    zero = arm_contrasts("ROM", *TWO, mean=[1, 0], sd=[1, 1], n=[10, 10])
    assert codes(zero)["mean not positive"] == ("s",)
    uncorrected = arm_contrasts("OR", *TWO, events=[0, 4], n=[10, 10], add=0.0)
    assert codes(uncorrected)["no variance"] == ("s",)
    assert uncorrected.studies == ()


def test_misuse_of_arms_is_refused() -> None:
    good = {"events": [1, 2], "n": [10, 10]}
    for measure, columns, said in (
        ("PETO", good, "no measure is called 'PETO'"),
        ("OR", {"events": [1, 2]}, "OR needs the column 'n'"),
        ("MD", {"mean": [1, 2], "n": [5, 5]}, "MD needs the column 'sd'"),
        ("OR", {"events": [1, 2, 3], "n": [10, 10]}, "one length; 'events'"),
        ("OR", {"events": [-1, 2], "n": [10, 10]}, "negative or infinite number in the column 'ev"),
        ("OR", {"events": [1, 2], "n": [10, math.inf]}, "in the column 'n'"),
        ("MD", {"mean": [1, math.inf], "sd": [1, 1], "n": [5, 5]}, "in the column 'mean'"),
        ("OR", {"events": [1, 11], "n": [10, 10]}, "more events than patients"),
        ("OR", good | {"add": -1.0}, "correction must be"),
        ("OR", good | {"add": math.inf}, "correction must be"),
    ):
        with pytest.raises(ValueError, match=said):
            arm_contrasts(measure, *TWO, **columns)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one length"):
        arm_contrasts("OR", ["s", "s"], ["a"], **good)  # type: ignore[arg-type]
    with pytest.raises(ContrastError, match="'s': has 'a' twice; combine") as raised:
        arm_contrasts("OR", ["s", "s"], ["a", "a"], **good)  # type: ignore[arg-type]
    assert raised.value.study == "s"
    negative = arm_contrasts("MD", *TWO, mean=[-1, -2], sd=[1, 1], n=[5, 5])
    assert negative.studies[0].effects.tolist() == [-1]
