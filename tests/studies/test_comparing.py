"""Going on from what was compared: the same as comparing all by the same counts."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from trialweave.model import Record
from trialweave.studies import Packed, Weave, comparing, pack, profile, unpack, weave_profiles

_TOPICS = ("frostbite", "asthma", "gout", "migraine", "psoriasis", "sciatica", "scurvy")
_PRODUCTS = ("lumazepam", "zortinib", "cavolactin", "perindrone", "ostrivab")


@pytest.fixture
def records(make: SimpleNamespace) -> list[Record]:
    """Sixty registrations of one register, and as many of another of which ten are twins."""

    def one(number: str, n: int, title: str) -> Record:
        made: Record = make.registration(
            number,
            public_title=title,
            conditions=[_TOPICS[n % 7]],
            countries=[("Iceland", "Chile", "Ghana")[n % 3]],
            enrollment=23 + 7 * n,
        )
        return made

    def title(n: int) -> str:
        return f"{_PRODUCTS[n % 5]} against {_TOPICS[n % 7]} of sailors aboard vessel {n * n}"

    found = [one(f"NCT{n:08d}", n, title(n)) for n in range(1, 61)]
    found += [one(f"ISRCTN{n:08d}", n, title(n)) for n in range(1, 11)]
    found += [one(f"ISRCTN{n:08d}", n, f"Walking {n} miles") for n in range(100, 150)]
    return found


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "FEW", 10)


def _packed(records: list[Record]) -> Packed:
    return Packed.of(profile(each) for each in records)


def _same(a: Weave, b: Weave) -> bool:
    return (a.studies, a.links) == (b.studies, b.links)


def test_a_few_more_are_compared_with_all(records: list[Record]) -> None:
    more, rest = records[60:66], records[:60] + records[66:]  # six of the ten twins come later
    first = weave_profiles(_packed(rest))
    second = weave_profiles(_packed(records), known=first.compared)
    assert second.compared.since == 6
    several = [study.record_ids for study in second.studies if len(study.record_ids) > 1]
    joined = {name for record_ids in several for name in record_ids}
    new = {each.record_id for each in more}
    assert len(new & joined) >= 5
    # New pairs are judged as all anew would be, old ones as they were
    anew = weave_profiles(_packed(records)).compared
    judged = second.compared.judgements
    touched = {pair for pair in judged if new & {*pair}}
    assert len(touched) >= 5
    assert touched == {pair for pair in anew.judgements if new & {*pair}}
    assert all(judged[pair] == anew.judgements[pair] for pair in touched)
    old = {pair: judged[pair] for pair in judged.keys() - touched}
    assert old == first.compared.judgements


def test_what_is_common_among_new_records_is_no_evidence(make: SimpleNamespace) -> None:
    """A word that nobody had used: rare among all until then, and now that of every tenth."""

    def some(first: int, title: str, count: int) -> list[Record]:
        return [
            make.registration(
                f"{('NCT', 'ISRCTN')[n % 2]}{n:08d}",
                public_title=f"{title} {_PRODUCTS[n % 5]}",
                enrollment=20 + 3 * n,
            )
            for n in range(first, first + count)
        ]

    held = [
        make.registration(f"NCT{n:08d}", public_title=f"Gout of sailors {n}") for n in range(300)
    ]
    woven = weave_profiles(_packed(held))
    every = [*held, *some(1000, "Xylocarditis", 30)]
    later = weave_profiles(_packed(every), known=woven.compared)
    assert later.compared.since == 30
    assert later.compared.judgements == weave_profiles(_packed(every)).compared.judgements


def test_many_more_are_counted_anew(records: list[Record]) -> None:
    first = weave_profiles(_packed(records[:60]))
    second = weave_profiles(_packed(records), known=first.compared)
    assert second.compared.since == 0
    assert _same(second, weave_profiles(_packed(records)))


def test_many_little_by_little_are_counted_anew(records: list[Record]) -> None:
    woven = weave_profiles(_packed(records[:100]))
    since = []
    for count in (104, 108, 112, 116):
        woven = weave_profiles(_packed(records[:count]), known=woven.compared)
        since.append(woven.compared.since)
    assert since == [4, 8, 0, 4]


def test_few_are_always_counted_anew(
    records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "FEW", 1000)
    first = weave_profiles(_packed(records[:119]))
    assert weave_profiles(_packed(records), known=first.compared).compared.since == 0


def test_what_changed_or_went_is_forgotten(make: SimpleNamespace, records: list[Record]) -> None:
    first = weave_profiles(_packed(records))
    twin = records[60]
    other = make.registration(twin.identifier, public_title="Humming in the dark", enrollment=9)
    changed = [other if each is twin else each for each in records]
    second = weave_profiles(_packed(changed), known=first.compared)
    assert second.compared.since == 1
    assert not [each for each in second.links if twin.record_id in (each.record_a, each.record_b)]
    third = weave_profiles(_packed(records[:60] + records[61:]), known=first.compared)
    assert {k.record_a for k in third.links} | {k.record_b for k in third.links} <= {
        each.record_id for each in records if each is not twin
    }
    # And back again: nothing is lost
    assert _same(weave_profiles(_packed(records), known=third.compared), first)


def test_packed_and_unpacked(records: list[Record]) -> None:
    compared = weave_profiles(_packed(records)).compared
    again = unpack(pack(compared))
    assert again is not None
    for field in dataclasses.fields(comparing.Compared):
        one, other = getattr(compared, field.name), getattr(again, field.name)
        if field.name == "keys":
            assert all(
                np.array_equal(getattr(one, name), getattr(other, name))
                for name in ("records", "keys", "says")
            )
        elif field.name == "digests":
            assert np.array_equal(one, other)
        else:
            assert one == other


@pytest.mark.parametrize("damage", ["cut", "missing", "mark", "rule", "short"])
def test_what_cannot_be_used_is_not(
    records: list[Record], damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = pack(weave_profiles(_packed(records[:20])).compared)
    if damage == "cut":
        arrays["rest"] = arrays["rest"][:-5]
    elif damage == "missing":
        del arrays["rest"]
    elif damage in ("mark", "rule"):
        monkeypatch.setattr(comparing, damage.upper(), type(getattr(comparing, damage.upper()))())
    else:
        arrays["digests"] = arrays["digests"][1:]
    assert unpack(arrays) is None
