"""Generations made up of studies and mentions alone, with two small vocabularies on the shelf."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from trialweave.model import Annotation, PartialDate, Record, Study, Trial
from trialweave.model.value import Missingness, Value
from trialweave.store._flat import flat_trials
from trialweave.store.mentions import rows_of
from trialweave.terms import shelf, shipped
from trialweave.terms.term import Name, Release, Term


class Said(NamedTuple):
    """A mention: its vocabulary and term, and where; without a start it stands by itself."""

    term: str  # "Tides:T1"
    role: str = "text"
    assertion: str = "present"
    start: int = -1
    end: int = -1
    field: str = "brief_summary"
    name: str = ""
    stands: bool = True


class Made(NamedTuple):
    """A study of one record."""

    name: str
    said: Sequence[Said | str]
    start: str = ""
    registered: str = ""
    sponsor: str = ""
    countries: Sequence[str] = ()


class InventedState:
    """As much of `publish.state.State` as is asked about terms."""

    def __init__(self, folder: Path, made: Iterable[Made]) -> None:
        made = tuple(made)
        self.studies = tuple(
            Study(each.name, f"Trial {each.name}", (f"known:{each.name}",), (each.name,))
            for each in made
        )
        self.mentions = rows_of([one for each in made for one in _annotations(each)])
        tables = {
            "trials": flat_trials([_record(each) for each in made]),
            "findings": pa.table({"study_id": pa.array([], pa.string())}),
        }
        self.generation = SimpleNamespace(
            number=7, path=folder, table=lambda name, columns: tables[name].select(columns)
        )


def _annotations(made: Made) -> Iterable[Annotation]:
    for place, one in enumerate(made.said):
        said = Said(one) if isinstance(one, str) else one
        vocabulary, _, term = said.term.partition(":")
        start = said.start if said.start >= 0 else 1_000 + 20 * place
        yield Annotation(
            f"known:{made.name}",
            said.field,
            said.role,  # type: ignore[arg-type]
            start,
            said.end if said.end >= 0 else start + 10,
            "as written",
            vocabulary,
            term,
            said.name or f"{vocabulary} {term}",
            "as written",
            said.assertion,  # type: ignore[arg-type]
            said.stands,
        )


def _value(content: Any) -> Value[Any]:
    return Value(content, Missingness.STATED) if content else Value()


def _day(text: str) -> PartialDate | None:
    return PartialDate(*map(int, text.split("-"))) if text else None


def _record(made: Made) -> Record:
    trial = Trial(
        start_date=_value(_day(made.start)),
        registration_date=_value(_day(made.registered)),
        primary_sponsor=_value(made.sponsor),
        countries=_value(tuple(_value(each) for each in made.countries)),
    )
    return Record(
        record_id=f"known:{made.name}",
        version=1,
        source="known",
        identifier=made.name,
        kind="trial",
        digest="0",
        sha256="0",
        start=0,
        end=1,
        name="made.json",
        received_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        trial=trial,
    )


TIDES = {
    "T0": ("water that moves", ()),
    "T1": ("spring tide", ("T0",)),
    "T2": ("neap tide", ("T0",)),
    "T3": ("spring tide at night", ("T1",)),
}
WINDS = {
    "W1": ("tide, spring", (), ()),
    "W2": ("breeze", (), ("Tides:T2",)),
    "W3": ("land breeze", ("W2",), ()),
    "W4": ("gale", (), ()),
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with the vocabularies Tides and Winds, and none that ship."""
    empty = tmp_path / "none"
    empty.mkdir()
    monkeypatch.setattr(shipped, "FOLDER", empty)
    monkeypatch.setattr(shelf.shipped, "FOLDER", empty)
    tides = [Term(i, (Name(n),), parents=p, kind="disease") for i, (n, p) in TIDES.items()]
    winds = [Term(i, (Name(n),), parents=p, alike=a, kind="drug") for i, (n, p, a) in WINDS.items()]
    for name, terms in (("Tides", tides), ("Winds", winds)):
        release = Release(name, "1", "", "", tuple(terms))
        shelf.add(tmp_path, release, [("made.obo", name.encode())])
    return tmp_path


@pytest.fixture
def invented(tmp_path: Path) -> Callable[[Iterable[Made]], Any]:
    """Make a state of studies."""
    return lambda made: InventedState(tmp_path, made)


@pytest.fixture
def study() -> type[Made]:
    """What a study is made of."""
    return Made


@pytest.fixture
def said() -> type[Said]:
    """What a mention is made of."""
    return Said
