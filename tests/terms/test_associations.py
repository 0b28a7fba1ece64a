"""Terms that occur together: by hand, against an independent count, and by properties."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma, poisson

from trialweave.terms import associations
from trialweave.terms.associations import (
    ancestor_pairs,
    associate,
    history,
    incidence,
    length_correction,
    once,
    shared_documents,
)

# Ten documents; terms 0 and 1 share six, 2 is everywhere, 3 stands alone, 4 is nowhere.
ROWS = {0: (0, 1, 2, 3, 4, 5, 6), 1: (0, 1, 2, 3, 4, 5, 7), 2: tuple(range(10)), 3: (9,), 4: ()}


def small():
    entries = [(row, term) for term, rows in ROWS.items() for row in rows]
    return incidence(*zip(*entries, strict=True), (10, 5))


def drawn(seed: int, documents: int = 60, terms: int = 12):
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(rng.random((documents, terms)) < rng.random(terms) * 0.6)
    return incidence(rows, columns, (documents, terms))


def by_hand(found, support: int) -> dict[tuple[int, int], int]:
    """Shared documents of each pair, by sets."""
    dense = found.toarray()
    sets = [set(np.flatnonzero(column).tolist()) for column in dense.T]
    pairs = {(a, b): len(sets[a] & sets[b]) for b in range(len(sets)) for a in range(b)}
    return {pair: count for pair, count in pairs.items() if count >= support}


def test_numbers_of_one_pair_by_hand() -> None:
    result = associate(small())
    assert result.documents == 10
    assert result.possible == 6  # of four terms that occur
    assert result.counts.tolist() == [7, 7, 10, 1, 0]
    lengths = [3] * 6 + [2] * 2 + [1, 2]
    kappa = 10 * sum(n * n for n in lengths) / sum(lengths) ** 2
    assert result.kappa == pytest.approx(kappa, rel=1e-14)
    at = list(zip(result.a.tolist(), result.b.tolist(), strict=True)).index((0, 1))
    expected = kappa * 49 / 10
    assert result.together[at] == 6
    assert result.expected()[at] == pytest.approx(expected, rel=1e-14)
    assert result.cosine()[at] == pytest.approx(6 / 7, rel=1e-14)
    assert result.phi()[at] == pytest.approx((60 - 49) / 21, rel=1e-14)
    centre = math.log2(6.5 / (expected + 0.5))
    assert result.component()[at] == pytest.approx(centre, rel=1e-14)
    lower, upper = (limit[at] for limit in result.limits())
    assert lower == pytest.approx(math.log2(gamma.ppf(0.025, 6.5) / (expected + 0.5)), rel=1e-12)
    assert upper == pytest.approx(math.log2(gamma.ppf(0.975, 6.5) / (expected + 0.5)), rel=1e-12)
    assert result.p[at] == pytest.approx(poisson.sf(5, expected), rel=1e-12)


def test_a_term_in_every_document_has_no_phi_and_its_expectation_is_capped() -> None:
    result = associate(small(), support=1)
    with_all = (result.a == 2) | (result.b == 2)
    assert np.isnan(result.phi()[with_all]).all()
    assert not np.isnan(result.phi()[~with_all]).any()
    rarer = np.minimum(result.counts[result.a], result.counts[result.b])
    assert (result.expected() <= rarer).all()
    assert (result.expected()[with_all] == rarer[with_all]).all()  # κ·n_a alone would exceed n_a


def test_one_shared_document_is_shown_only_when_asked_for() -> None:
    pairs = {
        (int(a), int(b)) for a, b in zip(associate(small()).a, associate(small()).b, strict=True)
    }
    assert pairs == {(0, 1), (0, 2), (1, 2)}
    asked = associate(small(), support=1)
    assert (2, 3) in set(zip(asked.a.tolist(), asked.b.tolist(), strict=True))
    assert len(associate(small(), support=8)) == 0
    five = [(row, term) for row in range(5) for term in (0, 1)]
    assert len(associate(incidence(*zip(*five, strict=True), (9, 2)))) == 1
    assert len(associate(incidence(*zip(*five[:-1], strict=True), (9, 2)))) == 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("work", [1, 90, 10**9])
def test_pairs_agree_with_sets_in_blocks_of_any_size(monkeypatch, seed: int, work: int) -> None:
    monkeypatch.setattr(associations, "_WORK", work)
    found = drawn(seed)
    result = associate(found, support=4)
    got = dict(
        zip(zip(result.a.tolist(), result.b.tolist(), strict=True), result.together, strict=True)
    )
    assert got == by_hand(found, 4)
    assert got


def test_order_is_by_the_lower_limit_then_by_term() -> None:
    result = associate(drawn(1), support=1)
    lower = result.limits()[0]
    keys = list(zip(-lower, result.a, result.b, strict=True))
    assert keys == sorted(keys)
    assert (result.a < result.b).all()


def test_false_discovery_rates_count_every_possible_pair() -> None:
    rng = np.random.default_rng(2)
    dense = rng.random((400, 12)) < 0.2
    for term in range(0, 8, 2):  # from strong to weak
        dense[:, term + 1] |= dense[:, term] & (rng.random(400) < 0.6 - 0.07 * term)
    result = associate(incidence(*np.nonzero(dense), dense.shape), support=3)
    assert np.count_nonzero(result.q < 1) > 3
    order = np.argsort(result.p, kind="stable")
    ranked = result.p[order] * result.possible / np.arange(1, len(result) + 1)
    least = [min(1.0, ranked[at:].min()) for at in range(len(ranked))]
    assert result.q[order] == pytest.approx(least, rel=1e-13)
    assert (result.q >= result.p).all()


@given(st.integers(0, 10_000), st.permutations(range(12)))
def test_order_of_documents_and_names_of_terms_do_not_matter(seed: int, names: list[int]) -> None:
    found = drawn(seed, 40)
    rng = np.random.default_rng(seed)
    entries = found.tocoo()
    moved = incidence(rng.permutation(40)[entries.row], np.array(names)[entries.col], found.shape)
    one, other = associate(found, support=2), associate(moved, support=2)

    def rows(result, name=lambda term: term):
        numbers = zip(result.a, result.b, result.together, result.p, result.q, strict=True)
        return sorted(
            (*sorted((int(name(a)), int(name(b)))), int(n), float(p), float(q))
            for a, b, n, p, q in numbers
        )

    got, want = rows(other), rows(one, lambda term: names[term])
    assert [each[:3] for each in got] == [each[:3] for each in want]
    assert [each[3:] for each in got] == [pytest.approx(each[3:], rel=1e-12) for each in want]


def test_a_filter_is_the_same_as_fewer_documents() -> None:
    found = drawn(3)
    mask = np.arange(60) % 3 > 0
    whole, part = associate(found, documents=mask, support=2), associate(found[mask], support=2)
    for name in ("a", "b", "together", "p", "q", "counts"):
        assert np.array_equal(getattr(whole, name), getattr(part, name))
    assert (whole.documents, whole.kappa) == (40, part.kappa)


def test_a_mask_of_terms_is_as_if_the_others_were_not_there() -> None:
    found = drawn(3)
    mask = np.arange(12) < 7
    part = associate(found, terms=mask, support=2)
    kept = associate(found[:, :7], support=2)
    for name in ("a", "b", "together", "p", "q"):
        assert np.array_equal(getattr(part, name), getattr(kept, name))
    assert part.possible == 21
    assert part.counts[7:].tolist() == [0] * 5


def test_shared_documents_are_exactly_those_counted() -> None:
    found = drawn(5)
    mask = np.arange(60) < 41
    result = associate(found, documents=mask, support=1)
    dense = found.toarray()
    for a, b, together in zip(result.a, result.b, result.together, strict=True):
        rows = shared_documents(found, int(a), int(b), mask)
        assert len(rows) == together
        assert (rows < 41).all()
        assert dense[rows][:, [a, b]].all()
    assert shared_documents(small(), 0, 1).tolist() == [0, 1, 2, 3, 4, 5]
    assert shared_documents(small(), 0, 4).tolist() == []


def test_related_pairs_are_marked_in_either_order() -> None:
    result = associate(small(), related=[(1, 0), (3, 4)])
    marked = {(int(a), int(b)) for a, b in zip(result.a, result.b, strict=True)}
    assert result.related.sum() == 1
    assert result.related[
        [(int(a), int(b)) for a, b in zip(result.a, result.b, strict=True)].index((0, 1))
    ]
    assert len(marked) == 3
    assert not associate(small()).related.any()


def test_pairs_of_one_term_in_the_same_order() -> None:
    result = associate(drawn(6), support=1)
    part = result.of(4)
    assert ((part.a == 4) | (part.b == 4)).all()
    assert len(part) == np.count_nonzero((result.a == 4) | (result.b == 4))
    assert (np.diff(part.limits()[0]) <= 0).all()


def test_kappa() -> None:
    equal = incidence([0, 0, 1, 1], [0, 1, 1, 2], (2, 3))
    assert length_correction(equal) == 1.0
    uneven = incidence([0, 0, 0, 1], [0, 1, 2, 2], (2, 3))
    assert length_correction(uneven) == pytest.approx(2 * (9 + 1) / 16)
    assert math.isnan(length_correction(incidence([], [], (3, 2))))
    assert associate(small(), corrected=False).kappa == 1.0


def test_the_limits_enclose_the_component_near_the_approximation_in_use() -> None:
    result = associate(drawn(7, 400, 20), support=10)
    lower, upper = result.limits()
    count, centre = result.together + 0.5, result.component()
    assert ((lower < centre) & (centre < upper)).all()
    assert lower == pytest.approx(centre - 3.3 * count**-0.5 - 2 * count**-1.5, abs=0.06)
    assert upper == pytest.approx(centre + 2.4 * count**-0.5 - 0.5 * count**-1.5, abs=0.06)


def test_near_identical_protocols_count_once() -> None:
    found = incidence([0, 0, 1, 1, 2, 3], [0, 1, 0, 2, 1, 2], (4, 3))
    merged = once(found, [7, 7, 9, 8])
    assert merged.toarray().tolist() == [[1, 1, 1], [0, 0, 1], [0, 1, 0]]  # groups 7, 8, 9
    with pytest.raises(ValueError, match="groups"):
        once(found, [1, 2])


def test_history_at_the_last_date_is_the_whole_and_before_it_a_filter() -> None:
    found = drawn(8)
    dates = np.datetime64("2020-01-01") + (np.arange(60) * 7 % 20).astype("timedelta64[D]")
    dates[[3, 9]] = np.datetime64("NaT")
    pairs = [(0, 1), (5, 2), (3, 3)]
    past = history(found, dates, pairs)
    assert past.undated == 2
    assert past.dates.tolist() == sorted(set(dates[~np.isnat(dates)].tolist()))
    for at, date in enumerate(past.dates):
        mask = ~np.isnat(dates) & (dates <= date)
        dense = found.toarray()[mask]
        assert past.documents[at] == mask.sum()
        assert past.kappa[at] == pytest.approx(length_correction(found[mask]), rel=1e-12)
        for pair, (a, b) in enumerate(pairs):
            assert past.first[pair, at] == dense[:, a].sum()
            assert past.second[pair, at] == dense[:, b].sum()
            assert past.together[pair, at] == (dense[:, a] & dense[:, b]).sum()
    whole = associate(found, documents=~np.isnat(dates), support=1)
    at = [(int(a), int(b)) for a, b in zip(whole.a, whole.b, strict=True)].index((0, 1))
    assert past.component()[0, -1] == pytest.approx(whole.component()[at], rel=1e-12)
    assert past.limits()[0][0, -1] == pytest.approx(whole.limits()[0][at], rel=1e-12)


def test_history_without_dates_is_empty() -> None:
    past = history(small(), np.full(10, np.datetime64("NaT")), [(0, 1)])
    assert (past.together.shape, past.undated) == ((1, 0), 10)


def test_ancestors_are_all_above_and_never_the_term_itself() -> None:
    parents = [[], [0], [1], [1, 0], [5], [4]]
    assert ancestor_pairs(parents).tolist() == [
        [1, 0], [2, 0], [2, 1], [3, 0], [3, 1], [4, 5], [5, 4]
    ]  # fmt: skip
    assert ancestor_pairs([]).shape == (0, 2)


def test_a_term_counts_once_in_a_document() -> None:
    assert incidence([0, 0, 0], [1, 1, 1], (1, 2)).toarray().tolist() == [[0, 1]]


@pytest.mark.parametrize("shape", [(0, 0), (4, 0), (0, 3), (4, 3)])
def test_nothing_in_gives_nothing_out(shape: tuple[int, int]) -> None:
    result = associate(incidence([], [], shape))
    assert (len(result), result.possible, len(result.q)) == (0, 0, 0)
    assert len(result.phi()) == len(result.component()) == 0


def test_misuse() -> None:
    found = small()
    with pytest.raises(ValueError, match="support"):
        associate(found, support=0)
    with pytest.raises(ValueError, match="documents must be a mask"):
        associate(found, documents=np.ones(9, bool))
    with pytest.raises(ValueError, match="terms must be a mask"):
        associate(found, terms=np.ones(5, int))
    with pytest.raises(ValueError, match="one length"):
        incidence([0, 1], [0], (2, 2))
    with pytest.raises(ValueError, match="document lies outside"):
        incidence([2], [0], (2, 2))
    with pytest.raises(ValueError, match="term lies outside"):
        incidence([0], [-1], (2, 2))
    with pytest.raises(ValueError, match="no term 5"):
        shared_documents(found, 0, 5)
    with pytest.raises(ValueError, match="one date"):
        history(found, ["2020-01-01"], [(0, 1)])


def test_independent_terms_in_records_of_uneven_length_are_found_only_without_kappa() -> None:
    rng = np.random.default_rng(11)
    share = np.minimum(rng.lognormal(0, 1.0, 4000)[:, None] * rng.uniform(0.02, 0.08, 60), 0.9)
    found = incidence(*np.nonzero(rng.random(share.shape) < share), share.shape)
    with_kappa, without = associate(found), associate(found, corrected=False)
    assert np.count_nonzero(without.q < 0.05) > 500
    assert np.count_nonzero(with_kappa.q < 0.05) <= 10


def test_a_true_association_is_found() -> None:
    rng = np.random.default_rng(12)
    dense = rng.random((2000, 30)) < 0.05
    dense[:, 1] |= dense[:, 0] & (rng.random(2000) < 0.5)
    result = associate(incidence(*np.nonzero(dense), dense.shape))
    assert (result.a[0], result.b[0]) == (0, 1)
    assert result.q[0] < 1e-6
    assert np.count_nonzero(result.q < 0.05) == 1
