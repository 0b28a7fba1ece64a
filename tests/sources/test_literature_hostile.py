"""Damaged and hostile articles: refused with a typed error, or read; never anything else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from trialweave.errors import Hostile, InputError, NoIdentifier, Unreadable, WrongEncoding
from trialweave.model import Draft, Received
from trialweave.sources.literature import SOURCES, jats, pubmed
from trialweave.sources.literature._document import clean

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "literature"
DOCUMENTS = {file.name: file.read_bytes() for file in sorted(FIXTURES.iterdir())}


def everything(document: Received) -> list[Draft | InputError]:
    """What all sources that claim a document make of it."""
    found: list[Draft | InputError] = []
    for source in SOURCES:
        if source.recognise(document):
            try:
                found.extend(source.read_each(document))
            except InputError as error:
                found.append(error)
    return found


SCRAPS = (
    *(b"", b"<", b">", b"&", b"&x;", b"{", b"}", b"[", b'"', b"\\", b"\xff", b"\r", b"\n", b"0"),
    *(b"</p>", b"<p>", b"]]>", b"ER  - ", b"TY  - ", b"null", b"1e999", "é".encode()),
    *(b"PMID- 7", b"<Year>99999</Year>", b"10.1/", b"\xe2\x80\xa8"),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(sorted(DOCUMENTS)),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 60), st.sampled_from(SCRAPS)),
        max_size=4,
    ),
)
def test_mutated_documents_raise_nothing_untyped(
    name: str, changes: list[tuple[float, int, bytes]]
) -> None:
    data = DOCUMENTS[name]
    for place, cut, put in changes:
        at = int(place * len(data))
        data = data[:at] + put + data[at + cut :]
    document = Received(name, data)
    for each in everything(document):
        if isinstance(each, Draft):
            assert 0 <= each.start < each.end <= len(data)
            assert each.identifier


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(DOCUMENTS)), st.floats(0, 1))
def test_cut_documents_raise_nothing_untyped(name: str, share: float) -> None:
    data = DOCUMENTS[name][: int(share * len(DOCUMENTS[name]))]
    for each in everything(Received(name, data)):
        assert isinstance(each, Draft | InputError)
        if isinstance(each, Draft):
            assert each.end <= len(data)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
@example("<" * 100)
@example("&lt;sup&gt;")
def test_cleaning_never_lengthens(text: str) -> None:
    assert len(clean(text)) <= len(text)


def test_truncated_xml_is_unreadable() -> None:
    data = DOCUMENTS["jats.xml"]
    with pytest.raises(Unreadable, match=r"cut\.xml"):
        list(jats.SOURCE.read(Received("cut.xml", data[: len(data) // 2])))


def test_what_came_before_the_damage_is_kept() -> None:
    data = DOCUMENTS["pubmed.xml"]
    found = everything(Received("cut", data[: data.rindex(b"</PubmedArticle>")]))
    assert [type(each).__name__ for each in found] == ["Draft", "Unreadable"]


def test_entities_of_a_documents_own_are_hostile() -> None:
    bomb = (
        b'<!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
        b"<PubmedArticleSet><PubmedArticle>&b;</PubmedArticle></PubmedArticleSet>"
    )
    with pytest.raises(Hostile):
        list(pubmed.SOURCE.read(Received("bomb", bomb)))


def test_outside_entities_are_not_fetched() -> None:
    document = DOCUMENTS["pubmed.xml"].replace(
        b'"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd"', b'"file:///etc/passwd"'
    )
    assert [type(each).__name__ for each in everything(Received("x", document))] == ["Draft"] * 2


def test_absurd_depth_is_hostile() -> None:
    deep = b"<article><front><article-meta>" + b"<sec>" * 5000
    with pytest.raises(Hostile):
        list(jats.SOURCE.read(Received("deep", deep)))
    nested = b'{"DOI":"10.5555/1","type":"x","prefix":"10.5555","a":' + b"[" * 100_000
    assert all(isinstance(each, InputError) for each in everything(Received("deep.json", nested)))


def test_another_encoding_is_said() -> None:
    data = DOCUMENTS["pubmed.xml"].replace("ü".encode(), b"\xfc")
    with pytest.raises(WrongEncoding):
        list(pubmed.SOURCE.read(Received("latin", data)))


def test_an_article_without_numbers_is_refused() -> None:
    with pytest.raises(NoIdentifier, match="x"):
        list(jats.SOURCE.read(Received("x", b"<article><front><article-meta/></front></article>")))


def test_undeclared_entities_are_read_as_html_reads_them() -> None:
    data = (
        b"<PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>a&nbsp;&alpha;"
        b"&nothing;&#x2264;</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
    )
    (draft,) = pubmed.SOURCE.read(Received("x", data))
    assert draft.body.title.content == "a α&nothing;≤"  # type: ignore[union-attr]


TITLED = (
    "<PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>",
    "</ArticleTitle></Article></MedlineCitation></PubmedArticle>",
)
RIS = ("TY  - JOUR\nDO  - 10.5555/1\nAB  - ", "\nER  - \n")
BIB = ("@article{a, doi={10.5555/1}, ", "x}}")


@pytest.mark.parametrize(
    ("name", "head", "unit", "tail"),
    [
        ("blanks", BIB[0] + "title={", " ", BIB[1]),
        ("braces", BIB[0] + "title={", "{", BIB[1]),
        ("joints", BIB[0] + "author={", "a and  ", BIB[1]),
        ("accents", BIB[0] + "title={", "{\\", BIB[1]),
        ("open entries", "", "@article{a,\n", BIB[1]),
        ("one word", RIS[0], "A", RIS[1]),
        ("blanks in RIS", RIS[0], " ", RIS[1]),
        ("lines", RIS[0], "A\n", RIS[1]),
        ("open tags", RIS[0], "<a ", RIS[1]),
        ("labels", "PMID- 1\nAB  - ", "ABC: x. ", "\n"),
        ("elements", TITLED[0], "<i>a</i> ", TITLED[1]),
        ("entities", TITLED[0], "&lt; ", TITLED[1]),
        ("comments", "", "<!-- -", "--><PubmedArticle/>"),
    ],
)
def test_time_grows_with_length(name: str, head: str, unit: str, tail: str) -> None:
    """Eight times the length may take some twenty times as long, not sixty-four."""

    def seconds(count: int) -> float:
        document = Received(name, (head + unit * count + tail).encode())
        best = 9.0
        for _ in range(2):
            begin = time.perf_counter()
            everything(document)
            best = min(best, time.perf_counter() - begin)
        return best

    assert seconds(16_000) < 20 * seconds(2_000) + 0.15
