"""Search finds what a reader means, counts facets rightly, and no text can break it."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trialweave.errors import NotFound, WorkspaceError
from trialweave.store._query import Term, fold, parse
from trialweave.store.index import FACETS, Hit, StudyDocument, build, search

STUDIES = (
    StudyDocument(
        "NCT90000001",
        "Secretome for severe pneumonia",
        ("NCT90000001", "10.5555/Pneumo.1", "35000001"),
        "Conditioned medium was infused; PaO2/FiO2 was the outcome. Naïve patients, n = 29.",
        ("ctgov", "page"),
        ("1", "2"),
        ("completed",),
        ("Ruritania",),
        (2020, 2021),
        True,
    ),
    StudyDocument(
        "CTRI/2020/04/099999",
        "Vesicles in mild pneumonia",
        ("CTRI/2020/04/099999",),
        "Nebulised vesicles. Not a secretome of any kind; patients were severely ill before.",
        ("ictrp",),
        ("2",),
        ("recruiting",),
        ("Ruritania", "Syldavia"),
        (2021,),
    ),
    StudyDocument(
        "IRCT20200101099999N1",
        "اثر سلول‌های بنیادی مزانشیمی بر كرونا",
        ("IRCT20200101099999N1",),
        "کارآزمایی بالینی با ۲۹ بیمار در ایران. " + "متن " * 200 + "سلول‌های بنیادی در پایان",
        ("irct",),
        ("3",),
        ("completed",),
        ("Iran",),
        (2020,),
    ),
    StudyDocument("MARKUP", "<script>alert(1)</script>", (), "a <b>bold</b> claim & more"),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("generation") / "index"
    assert build(path, iter(STUDIES)) == len(STUDIES)
    return path


def ids(index: Path, query: str, **options: object) -> list[str]:
    return [hit.study_id for hit in search(index, query, **options).hits]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("secretome severe", ["NCT90000001", "CTRI/2020/04/099999"]),  # stemmed: severely
        ("secretome infused", ["NCT90000001"]),
        ("infusion pneumonias", ["NCT90000001"]),
        ("SECRETOME", ["NCT90000001", "CTRI/2020/04/099999"]),  # in the title first
        ("nobody", []),
        ("naive", ["NCT90000001"]),
        ("PaO2/FiO2", ["NCT90000001"]),
        ("FiO2/PaO2", []),  # parts of one word stand in this order
        ('"severe pneumonia"', ["NCT90000001"]),
        ('"pneumonia severe"', []),
        ("secretome -nebulised", ["NCT90000001"]),
        ("pneumonia NOT vesicles", ["NCT90000001"]),
        ("pneumonia AND vesicles", ["CTRI/2020/04/099999"]),
        ("infused OR nebulised", ["NCT90000001", "CTRI/2020/04/099999"]),
        ("-pneumonia -bold", ["IRCT20200101099999N1"]),
        ("nebul*", ["CTRI/2020/04/099999"]),
        ("NCT90000001", ["NCT90000001"]),
        ("nct90000001", ["NCT90000001"]),
        ("NCT 90000001", ["NCT90000001"]),
        ("ctri/2020/04/099999", ["CTRI/2020/04/099999"]),
        ("https://doi.org/10.5555/PNEUMO.1", ["NCT90000001"]),
        ("doi: 10.5555/pneumo.1.", ["NCT90000001"]),
        ("PMID: 35000001", ["NCT90000001"]),
        ("35000001", ["NCT90000001"]),
        ("irct20200101099999n1", ["IRCT20200101099999N1"]),
        ("مزانشیمی", ["IRCT20200101099999N1"]),
        ("سلول‌های بنیادی", ["IRCT20200101099999N1"]),
        ("کرونا", ["IRCT20200101099999N1"]),  # written with the Arabic kaf there
        ("كارآزمايي", ["IRCT20200101099999N1"]),  # and with Arabic letters here
        ("29 بیمار", ["IRCT20200101099999N1"]),  # Persian digits there
        ("≥ & — ?", []),
        ("bold", ["MARKUP"]),
    ],
)
def test_a_query_finds(index: Path, query: str, found: list[str]) -> None:
    assert sorted(ids(index, query)) == sorted(found)
    assert ids(index, query)[:1] == found[:1]


@pytest.mark.parametrize("query", ["", "   ", "\n"])
def test_an_empty_query_finds_all_in_the_order_built(index: Path, query: str) -> None:
    result = search(index, query)
    assert [hit.study_id for hit in result.hits] == [study.study_id for study in STUDIES]
    assert result.total == len(STUDIES)


def test_pages_of_hits_follow_each_other(index: Path) -> None:
    whole = ids(index, "")
    assert ids(index, "", limit=2) + ids(index, "", limit=2, offset=2) == whole
    for limit, offset in ((0, 0), (-1, 0), (5, 4), (5, 10**18), (5, 10**30)):
        result = search(index, "", limit=limit, offset=offset)
        assert (result.hits, result.total) == ((), 4)
    assert ids(index, "", limit=10**30, offset=-7) == whole


def expected(name: str, found: list[str]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for study in STUDIES:
        if study.study_id in found:
            value = getattr(study, name)
            counts.update(
                ["yes" if value else "no"] if name == "has_flags" else [str(v) for v in value]
            )
    return dict(counts)


@pytest.mark.parametrize("query", ["", "pneumonia", "nobody"])
def test_facets_count_the_query(index: Path, query: str) -> None:
    result = search(index, query, limit=1)
    found = ids(index, query)
    assert result.facets == {name: expected(name, found) for name in FACETS}
    for counts in result.facets.values():
        assert list(counts.items()) == sorted(counts.items(), key=lambda c: (-c[1], c[0]))


def test_filters_narrow_and_facets_tell_what_else_there_is(index: Path) -> None:
    assert ids(index, "", filters={"phases": ["2"]}) == ["NCT90000001", "CTRI/2020/04/099999"]
    assert len(ids(index, "", filters={"phases": ["2", "3"]})) == 3
    both = {"phases": ["2", "3"], "countries": ["Ruritania"], "years": ["2020"]}
    assert ids(index, "", filters=both) == ["NCT90000001"]
    assert ids(index, "", filters={"has_flags": ["yes"]}) == ["NCT90000001"]
    assert ids(index, "", filters={"phases": []}) == ids(index, "")
    assert ids(index, "", filters={"phases": ["9", 'a" OR "b', ""]}) == []
    result = search(index, "", filters={"phases": ["3"]})
    assert result.facets["phases"] == {"2": 2, "1": 1, "3": 1}  # other choices of the same facet
    assert result.facets["countries"] == {"Iran": 1}
    with pytest.raises(NotFound, match="no filter 'secret'"):
        search(index, "", filters={"secret": ["x"]})


def test_filters_do_not_change_the_score(index: Path) -> None:
    plain = search(index, "secretome").hits[0]
    narrowed = search(index, "secretome", filters={"phases": ["1"]}).hits[0]
    assert narrowed.study_id == plain.study_id
    assert narrowed.score == pytest.approx(plain.score)


def matched(hit: Hit) -> list[str]:
    return [hit.snippet[start:end] for start, end in hit.matches]


def test_a_snippet_is_received_text_with_the_places_that_match(index: Path) -> None:
    hit = search(index, "outcomes").hits[0]
    assert matched(hit) == ["outcome"]
    assert hit.snippet in STUDIES[0].text
    persian = search(index, "پایان").hits[0]  # at the very end of a long text
    assert matched(persian) == ["پایان"]
    assert persian.snippet in STUDIES[2].text
    digits = search(index, "29 بیمار").hits[0]
    assert "۲۹" in matched(digits)
    title_only = search(index, "vesicles mild").hits[0]
    assert title_only.snippet
    markup = search(index, "bold").hits[0]  # text, not markup: showing it safely is the page's part
    assert markup.title == "<script>alert(1)</script>"
    assert markup.snippet == "a <b>bold</b> claim & more"
    assert matched(markup) == ["bold"]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from('"-*()[]{}:~^/\\+<>=! ANDORT'), st.characters())))
@example("((((" * 3000)
@example("(a " * 5000)
@example("a " * 5000)
@example('"' * 999)
@example("-" * 999)
@example("*" * 10)
@example("a" * 100_000)
@example("title:x")
@example("a^-1")
@example("[a TO b]")
@example("NCT" * 300)
@example("\ud800 \x00")
@example("OR OR NOT AND OR -")
@example("pneumonia OR")
def test_no_query_raises(index: Path, query: str) -> None:
    result = search(index, query, limit=2, filters={"phases": [query[:50]]})
    assert result.total <= len(STUDIES)
    assert search(index, query, limit=2).total <= len(STUDIES)


def test_a_query_is_taken_apart() -> None:
    assert parse('one "two three" -four') == (
        (Term("one"),),
        (Term("two three"),),
        (Term("four", exclude=True),),
    )
    assert parse("a OR b OR c d") == ((Term("a"), Term("b"), Term("c")), (Term("d"),))
    assert parse("NOT a begin*") == ((Term("a", exclude=True),), (Term("begin", prefix=True),))
    assert parse("PMID 35000001") == ((Term("PMID35000001", identifier="35000001"),),)
    assert parse("or and not") == ((Term("or"),), (Term("and"),), (Term("not"),))
    assert parse("") == parse("  ") == parse("AND") == ()
    assert len(parse("word " * 10_000)) == 50


@given(st.text())
def test_folding_keeps_every_position(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_threads_search_at_once(index: Path) -> None:
    queries = ["secretome", "pneumonia", "مزانشیمی", ""] * 25
    alone = [ids(index, query) for query in queries]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda query: ids(index, query), queries)) == alone


def test_an_index_is_committed_and_moved_like_any_file(index: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.staging" / "index"
    build(path, STUDIES)
    assert len(ids(path, "pneumonia")) == 2
    path.parent.rename(tmp_path / "a")
    assert len(ids(tmp_path / "a" / "index", "pneumonia")) == 2
    empty = tmp_path / "b"
    assert build(empty, ()) == 0
    assert search(empty, "").total == search(empty, "pneumonia").total == 0
    assert search(empty, "").facets == {name: {} for name in FACETS}


def test_an_index_that_may_only_be_read_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "index"
    build(path, STUDIES)
    for lock in path.glob("*.lock"):
        lock.unlink()
    before = sorted(path.iterdir())
    assert len({file.stat().st_mode for file in before}) == 1  # whoever may read one may read all
    monkeypatch.setattr(os, "access", lambda *_: False)  # as it is for who may not write there
    assert len(ids(path, "pneumonia")) == 2
    assert sorted(path.iterdir()) == before


@pytest.mark.parametrize("damage", ["absent", "no meta", "bad meta", "no segment", "cut"])
def test_a_damaged_index_is_told(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "index"
    build(path, STUDIES)
    if damage == "absent":
        path.rename(tmp_path / "elsewhere")
    elif damage == "no meta":
        (path / "meta.json").unlink()
    elif damage == "bad meta":
        (path / "meta.json").write_text("{}")
    for file in path.glob("*.term"):
        if damage == "no segment":
            file.unlink()
        elif damage == "cut":
            file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(WorkspaceError):
        search(path, "pneumonia")


def test_building_over_something_is_refused(index: Path) -> None:
    with pytest.raises(WorkspaceError, match="File exists"):
        build(index, STUDIES)
