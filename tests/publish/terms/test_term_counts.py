"""A generation's mentions as arrays, and what is known of its studies without reading them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import WorkspaceError
from trialweave.model import Annotation, Study
from trialweave.model.annotation import ROLES
from trialweave.publish.terms.counted import ASSERTIONS, mentioned, mentions_table
from trialweave.publish.terms.described import described
from trialweave.store.mentions import rows_of
from trialweave.store.tables import SCHEMAS


class Told:
    """As much of a state as is read: two records a study, and one record of none."""

    def __init__(
        self, found: Iterable[Annotation] = (), trials: Iterable[dict[str, Any]] = ()
    ) -> None:
        self.studies = tuple(
            Study(f"S{n}", f"Study {n}", (f"x:{n}a", f"x:{n}b"), (f"S{n}",)) for n in range(3)
        )
        self.mentions = rows_of(list(found))
        tables = {
            "trials": pa.Table.from_pylist(list(trials), SCHEMAS["trials"]),
            "findings": pa.Table.from_pylist(
                [{"study_id": "S1"}, {"study_id": "S1"}, {"study_id": None}], SCHEMAS["findings"]
            ),
        }
        self.generation = SimpleNamespace(table=lambda name, columns: tables[name].select(columns))


RECORDS = [f"x:{n}{side}" for n in range(3) for side in "ab"] + ["x:stray"]
annotations = st.builds(
    Annotation,
    record_id=st.sampled_from(RECORDS),
    field=st.sampled_from(["title", "conditions[0]"]),
    role=st.sampled_from(ROLES),
    start=st.just(0),
    end=st.just(1),
    matched=st.just("a"),
    vocabulary=st.sampled_from(["V", "W"]),
    term=st.sampled_from(["1", "2", "3"]),
    name=st.sampled_from(["one", "two"]),
    rule=st.just("as written"),
    assertion=st.sampled_from(ASSERTIONS),
    stands=st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(annotations, max_size=30),
    st.none() | st.sets(st.sampled_from(ROLES)),
    st.none() | st.sets(st.sampled_from(ASSERTIONS)),
)
def test_counts_are_those_of_the_rows(
    found: list[Annotation], roles: set[Any] | None, assertions: set[Any] | None
) -> None:
    told = mentioned(Told(found))  # type: ignore[arg-type]
    standing = [
        (each.record_id[2], (each.vocabulary, each.term), each)
        for each in found
        if each.stands and each.record_id != "x:stray"
    ]
    assert set(told.terms) == {key for _, key, _ in standing}
    assert list(told.terms) == sorted(told.terms)
    for place, key in enumerate(told.terms):
        its = [(study, each) for study, term, each in standing if term == key]
        assert told.index[key] == place
        assert told.studies_of_term[place] == len({study for study, _ in its})
        assert told.mentions_of_term[place] == len(its) == len(told.of_terms([place]))
        names = Counter(each.name for _, each in its)
        assert names[told.names[place]] == max(names.values())
    fitting = {
        (int(study), told.index[key])
        for study, key, each in standing
        if (roles is None or each.role in roles)
        and (assertions is None or each.assertion in assertions)
    }
    incidence = told.incidence(roles, assertions)
    assert incidence.shape == (3, len(told.terms))
    assert set(zip(*map(np.ndarray.tolist, incidence.nonzero()), strict=True)) == fitting
    assert set(incidence.data.tolist()) <= {1}
    for row in range(len(told.rows)):
        said = found[told.rows[row]]
        assert told.terms[told.term_of_row[row]] == (said.vocabulary, said.term)
        assert told.studies[told.study_of_row[row]] == f"S{said.record_id[2]}"
        assert ROLES[told.roles[row]] == said.role
        assert ASSERTIONS[told.assertions[row]] == said.assertion
    order = told.study_of_row.astype(int) * 10 + told.term_of_row
    assert (np.diff(order) >= 0).all()


def test_no_mention_at_all() -> None:
    told = mentioned(Told())  # type: ignore[arg-type]
    assert (told.terms, len(told.rows), told.incidence().shape) == ((), 0, (3, 0))
    assert told.of_terms([]).tolist() == []


def test_a_word_of_another_version_is_of_no_known_role() -> None:
    one = Annotation("x:0a", "title", "moral", 0, 1, "a", "V", "1", "one", "as written")  # type: ignore[arg-type]
    told = mentioned(Told([one]))  # type: ignore[arg-type]
    assert told.roles.tolist() == [-1]
    assert told.incidence(ROLES).nnz == 0
    with pytest.raises(ValueError, match="'moral' is no role"):
        told.incidence(["moral"])


def test_of_several_records_the_first_that_states_something_is_believed() -> None:
    rows = [
        {"record_id": "x:0b", "kind": "trial", "status": "recruiting", "enrollment": 7,
         "start_date": "2020-03", "start_date_earliest": dt.date(2020, 3, 1),
         "countries": ["Iran, Islamic Republic of", "France"]},
        {"record_id": "x:0a", "kind": "publication", "enrollment": 5, "phase": ["1", "2"],
         "countries": ["Iran"]},
        {"record_id": "x:1a", "kind": "publication", "countries": []},
        {"record_id": "x:stray", "kind": "trial", "countries": ["Spain"]},
    ]  # fmt: skip
    told = described(Told(trials=rows))  # type: ignore[arg-type]
    assert (told.status[0], told.enrollment[0], told.phase[0]) == ("recruiting", "5", "1; 2")
    assert (told.start, told.months.tolist()) == (("2020-03", "", ""), [2020 * 12 + 2, -1, -1])
    assert told.years.tolist() == [2020, -1, -1]
    assert np.isnat(told.started).tolist() == [False, True, True]
    assert told.countries_of(0) == ("France", "Iran")  # in whichever spelling
    assert (told.countries_of(1), told.countries_of(2)) == ((), ())
    assert told.country_names == ("France", "Iran")
    assert told.country_counts(np.array([0, 1])).tolist() == [1, 1]
    assert told.country_counts(np.array([], np.int64)).tolist() == [0, 0]
    assert (told.trial.tolist(), told.records.tolist()) == ([True, False, False], [2, 1, 0])
    assert (told.publications.tolist(), told.findings.tolist()) == ([1, 1, 0], [0, 2, 0])


@pytest.mark.parametrize(("has", "says"), [(False, "trialweave rebuild"), (True, "damaged")])
def test_a_generation_without_mentions_says_what_to_do(
    tmp_path: Path, has: bool, says: str
) -> None:
    class Old:
        generation = SimpleNamespace(has=lambda name: has, path=tmp_path)

        @property
        def mentions(self) -> pa.Table:
            raise WorkspaceError("the table is damaged.")

    with pytest.raises(WorkspaceError, match=says):
        mentions_table(Old())  # type: ignore[arg-type]
