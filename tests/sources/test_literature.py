"""Articles from PubMed, full text, reference managers and literature services."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialweave.model import (
    Draft,
    Missingness,
    PartialDate,
    Passage,
    Publication,
    Received,
    Record,
    Value,
)
from trialweave.model.identifiers import normalise
from trialweave.records.passages import locate
from trialweave.sources._source import Source
from trialweave.sources.literature import SOURCES, pubmed

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "literature"
KINDS = {
    "pubmed.xml": "pubmed",
    "jats.xml": "jats",
    "medline.nbib": "medline",
    "ovid.ris": "ris",
    "zotero.ris": "ris",
    "cochrane.txt": "ris",
    "references.bib": "bibtex",
    "crossref.json": "crossref",
    "europepmc.json": "europepmc",
    "openalex.json": "openalex",
}


def received(name: str) -> Received:
    return Received(name, (FIXTURES / name).read_bytes())


def source(document: Received) -> Source:
    found = [each for each in SOURCES if each.recognise(document)]
    assert len(found) == 1, [each.name for each in found]
    return found[0]


def drafts(name: str) -> list[Draft]:
    document = received(name)
    reader = source(document).read_each
    assert reader is not None
    return [each for each in reader(document) if isinstance(each, Draft)]


def publications(name: str) -> dict[str, Publication]:
    found = {}
    for draft in drafts(name):
        assert isinstance(draft.body, Publication)
        found[draft.identifier] = draft.body
    return found


def content(value: Value[tuple[Value[Any], ...]]) -> list[Any]:
    return [each.content for each in value.content or ()]


def numbers(body: Publication) -> set[tuple[str, str]]:
    return {(n.value.content or "", n.kind) for n in body.registrations.content or ()}


def related(body: Publication) -> list[tuple[str, str | None, str | None]]:
    return [(r.kind, r.doi.content, r.pmid.content) for r in body.relations.content or ()]


def parts(body: Publication) -> list[tuple[str, str | None]]:
    return [(s.label, s.text.content) for s in body.sections.content or ()]


@pytest.mark.parametrize("name", KINDS)
def test_each_document_is_of_one_source(name: str) -> None:
    assert source(received(name)).name == KINDS[name]
    assert all(draft.source == KINDS[name] for draft in drafts(name))


@pytest.mark.parametrize("name", KINDS)
def test_values_stand_where_they_say(
    name: str, walk_values: Callable[[Any], list[tuple[str, Value[Any]]]]
) -> None:
    document = received(name)
    count = 0
    for draft in drafts(name):
        record = as_record(draft, document)
        for address, value in walk_values(draft.body):
            passage = value.passage
            if passage is None or isinstance(value.content, tuple):
                continue
            assert value.rule.startswith(draft.source + "."), address
            place = locate(document, record, passage)
            count += 1
            if passage.path and passage.start < 0:
                continue
            assert place.match == place.match.strip(), address
            if value.raw is not None:
                assert place.match == value.raw, address
            elif ".sections" not in address or len(place.match) == len(str(value.content)):
                assert place.match == value.content, address
        for number in record.publication.registrations.content or () if record.publication else ():
            assert number.value.passage is not None
            words = locate(document, record, number.value.passage).match
            known = normalise(words)
            assert number.value.passage.path.endswith("index") or (
                known is not None and known.value == number.value.content
            )
    assert count >= 10


def as_record(draft: Draft, document: Received) -> Record:
    assert isinstance(draft.body, Publication)
    return Record(
        record_id=f"{draft.source}:{draft.identifier}",
        version=1,
        source=draft.source,
        identifier=draft.identifier,
        kind="publication",
        digest="",
        sha256=document.sha256,
        start=draft.start,
        end=draft.end,
        name=document.name,
        received_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
        publication=draft.body,
    )


def test_pubmed() -> None:
    found = publications("pubmed.xml")
    assert list(found) == ["10.5555/jit.2031.0101", "pmid:90000002"]
    body = found["10.5555/jit.2031.0101"]
    assert body.title.content == "Effect of Herba ficta on CD4+ counts: 10^6 cells & more."
    assert body.pmid.content == "90000001"
    assert body.kind.content == "Randomized Controlled Trial; Retracted Publication"
    assert content(body.authors) == ["Änne B Müster", "FICTA Study Group"]
    assert body.published.content == PartialDate(2031, 1, 9)
    assert numbers(body) == {
        ("NCT99000001", "DataBankList"),
        ("NCT99000001", "abstract"),
        ("ISRCTN99000002", "abstract"),
    }
    assert related(body) == [
        ("RetractionIn", "10.5555/jit.2031.0300", "90000009"),
        ("ErratumIn", None, None),
    ]
    assert [label for label, _ in parts(body)] == ["BACKGROUND", "RESULTS", "TRIAL REGISTRATION"]
    assert content(body.trial.keywords) == ["imaginary herbs"]
    assert "example.org" not in repr(body)  # addresses of people stay in the archive
    assert drafts("pubmed.xml")[0].stated == PartialDate(2031, 5, 3)
    other = found["pmid:90000002"]
    assert other.title.content == "Imagined wine against imagined gout"
    assert other.journal.content == "Zeitschrift für Erfundenes"
    assert other.published.content == PartialDate(2030)
    assert other.doi.missingness is Missingness.NOT_REPORTED


def test_pubmed_records_are_bytes_of_their_own() -> None:
    document = received("pubmed.xml")
    for draft in drafts("pubmed.xml"):
        piece = document.data[draft.start : draft.end]
        assert piece.startswith(b"<PubmedArticle>")
        assert piece.endswith(b"</PubmedArticle>")
        assert piece.count(b"<PubmedArticle>") == 1


def test_full_text() -> None:
    ((known, body),) = publications("jats.xml").items()
    assert known == "10.5555/im.2032.11"
    assert body.title.content == "Vapour of Herba ficta in severe sneezing fits: a randomised trial"
    assert body.pmid.content == "90000011"
    assert body.kind.content == "research article"
    assert content(body.authors) == ["Zoë Né", "VAPOUR investigators"]
    assert body.published.content == PartialDate(2032, 3, 7)
    assert related(body) == [("corrected-article", "10.5555/im.2032.99", None)]
    assert [(s.part, s.label, s.heading) for s in body.sections.content or ()] == [
        ("abstract", "Background", ""),
        ("abstract", "Results", ""),
        ("abstract", "Results", ""),
        ("abstract", "Trial registration", ""),
        ("body", "Introduction", ""),
        ("body", "2. Methods", "Patients"),
        ("body", "3. Results", ""),
        ("body", "4. Discussion", ""),
    ]
    texts = dict(parts(body))
    assert texts["Introduction"] == "An earlier trial (ISRCTN99000012) found nothing[1]."
    assert texts["2. Methods"] == "Adults received 10^6 drops per m^2. Registered as here."
    assert texts["3. Results"] == "Twenty patients were in each group."


def test_full_text_says_where_each_number_stands() -> None:
    (body,) = publications("jats.xml").values()
    assert numbers(body) == {
        ("NCT99000011", "registry object"),
        ("NCT99000016", "custom metadata"),
        ("NCT99000011", "abstract"),
        ("ISRCTN99000012", "introduction"),
        ("ChiCTR2000099013", "methods"),
        ("NCT99000014", "discussion"),
        ("NCT99000015", "reference list"),
    }


def test_full_text_keeps_tables_apart_from_prose() -> None:
    (body,) = publications("jats.xml").values()
    other = {each.label: each.value for each in body.other}
    assert other["Table 1"].content == "Who sneezed\nGroup | Sneezed\nVapour | 8/20"
    assert other["Table 2 (a picture)"].missingness is Missingness.UNREADABLE
    assert other["Abstract (teaser)"].content == "Read how vapour stops sneezing."


def test_paragraphs_without_markup_are_exact_and_others_never_pretend() -> None:
    document = received("jats.xml")
    (body,) = publications("jats.xml").values()
    exact = 0
    for section in body.sections.content or ():
        passage = section.text.passage
        assert passage is not None
        words = document.text[passage.start : passage.end]
        if "<" in words or "&" in words:
            assert section.text.raw is None
            assert len(section.text.content or "") < len(words)
        else:
            assert words == section.text.content
            exact += 1
    assert exact == 3


def test_places_hold_whatever_ends_the_lines(
    walk_values: Callable[[Any], list[tuple[str, Value[Any]]]],
) -> None:
    plain = received("pubmed.xml")
    other = Received("crlf.xml", b"\xef\xbb\xbf" + plain.data.replace(b"\n", b"\r\n"))
    for one, two in zip(pubmed.SOURCE.read(plain), pubmed.SOURCE.read(other), strict=True):
        assert other.data[two.start : two.end] == plain.data[one.start : one.end].replace(
            b"\n", b"\r\n"
        )
        pairs = zip(walk_values(one.body), walk_values(two.body), strict=True)
        for (address, left), (_, right) in pairs:
            if left.passage is None or right.passage is None:
                assert left == right, address
                continue
            if not isinstance(left.content, tuple):
                assert left.content == right.content, address
            words = other.text[right.passage.start : right.passage.end]
            expected = plain.text[left.passage.start : left.passage.end]
            assert words.replace("\r\n", "\n") == expected, address


def test_medline() -> None:
    found = publications("medline.nbib")
    assert list(found) == ["10.5555/tea.2031.21", "pmid:90000022"]
    body = found["10.5555/tea.2031.21"]
    assert (body.title.content or "").endswith("with a title that runs over two lines.")
    assert content(body.authors) == ["Tee, Ann"]
    assert body.kind.content == "Randomized Controlled Trial"
    assert body.published.content == PartialDate(2031, 1, 9)
    assert numbers(body) == {
        ("NCT99000021", "DataBankList"),
        ("ACTRN99620000000021", "abstract"),
    }
    assert related(body) == [("RetractionIn", "10.5555/tea.2031.99", "90000029")]
    assert [label for label, _ in parts(body)] == ["BACKGROUND", "RESULTS", "TRIAL REGISTRATION"]
    assert found["pmid:90000022"].kind.content == "Letter"
    assert found["pmid:90000022"].published.content == PartialDate(2030)


def test_a_number_that_a_line_breaks_is_found_whole() -> None:
    data = b"PMID- 7\nTI  - T\nAB  - Registered as ISRCTN\n      99000023 in time.\n"
    document = Received("wrapped", data)
    (draft,) = source(document).read(document)
    assert isinstance(draft.body, Publication)
    assert numbers(draft.body) == {("ISRCTN99000023", "abstract")}
    ((number,),) = [draft.body.registrations.content or ()]
    assert number.value.raw == "ISRCTN\n      99000023"


def test_ris_of_search_platforms() -> None:
    found = publications("ovid.ris")
    assert list(found) == ["10.5555/soup.31", "pmid:90000032"]
    body = found["10.5555/soup.31"]
    assert body.title.content == "Ovid-like record of imagined soup"
    assert content(body.authors) == ["Suppe, A.", "Suppe, B."]
    assert body.journal.content == "Annals of Soup"
    assert body.published.content == PartialDate(2029)
    assert body.pmid.missingness is Missingness.NOT_REPORTED  # Embase's number is no PubMed number
    assert [label for label, _ in parts(body)] == ["OBJECTIVE", "RESULTS"]
    assert numbers(body) == {("NCT99000031", "abstract")}
    assert found["pmid:90000032"].kind.content == "Article"


def test_ris_of_reference_managers() -> None:
    found = publications("zotero.ris")
    assert list(found)[:2] == ["10.5555/spoon.41", "CN-09000042"]
    (_, _, unnumbered) = found  # known by a digest of its title, as a row of a list would be
    assert unnumbered.startswith("title:")
    body = found["10.5555/spoon.41"]
    assert body.title.content == "Zotero-like record of 10^6 spoons"
    assert body.pmid.content == "90000041"
    assert body.published.content == PartialDate(2027, 11, 5)
    assert content(body.trial.keywords) == ["spoons", "Forks"]
    assert parts(body) == [("", "Spoons <5 cm were used.")]
    assert numbers(found["CN-09000042"]) == {("DRKS99000042", "note")}


def test_cochrane_text() -> None:
    found = publications("cochrane.txt")
    assert list(found) == ["10.5555/fork.51", "CN-09000052"]
    assert found["10.5555/fork.51"].pmid.content == "90000051"
    assert numbers(found["CN-09000052"]) == {("NCT99000052", "SO field")}
    assert found["CN-09000052"].kind.content == "Trial registry record"


def test_bibtex() -> None:
    document = received("references.bib")
    found = publications("references.bib")
    known, unnumbered = found
    assert known == "10.5555/honey_61"
    assert unnumbered.startswith("title:")
    body = found["10.5555/honey_61"]
    assert body.title.content == "Imagined honey: 10^6 bees, Über Mél"
    assert content(body.authors) == ["Müller, Ann", "The HONEY Group"]
    assert body.journal.content == "Bee Medicine"
    assert body.published.content == PartialDate(2031, 3)
    assert body.pmid.content == "90000061"
    assert parts(body) == [("", "Honey helped 5 of 8 patients (62.5%). NCT99000061.")]
    reader = source(document).read_each
    assert reader is not None
    refused = [str(each) for each in reader(document) if not isinstance(each, Draft)]
    assert len(refused) == 1
    assert "does not end" in refused[0]


def test_crossref() -> None:
    ((known, body),) = publications("crossref.json").items()
    assert known == "10.5555/cr.71"
    assert body.title.content == "Salt of nothing & of 2"
    assert content(body.authors) == ["Änne Salz", "SALT Group"]
    assert body.published.content == PartialDate(2031, 6)
    assert body.kind.content == "journal article"
    assert numbers(body) == {
        ("NCT99000071", "clinical-trial-number (results)"),
        ("ISRCTN99000072", "abstract"),
    }
    assert related(body) == [
        ("retraction of", "10.5555/cr.70", None),
        ("has-preprint", "10.5555/pre.71", None),
    ]
    assert parts(body) == [("Results", "Salt helped 4 of 9. Registered: ISRCTN99000072.")]
    assert drafts("crossref.json")[0].stated == PartialDate(2031, 6, 7)


def test_europepmc() -> None:
    found = publications("europepmc.json")
    assert list(found) == ["10.5555/epmc.81", "PPR:PPR990082"]
    body = found["10.5555/epmc.81"]
    assert body.title.content == "Imagined moss."
    assert content(body.authors) == ["Ann Moos"]
    assert body.published.content == PartialDate(2030, 4, 5)
    assert body.kind.content == "Randomized Controlled Trial"
    assert parts(body) == [
        ("Background", "Moss is green."),
        ("Results", "Moss helped 3 of 7 (NCT99000081)."),
    ]
    assert related(body) == [("Erratum in", None, "90000089")]
    assert numbers(body) == {("NCT99000081", "abstract")}


def test_openalex() -> None:
    ((known, body),) = publications("openalex.json").items()
    assert known == "10.5555/oa.91"
    assert body.pmid.content == "90000091"
    assert body.kind.content == "article; retracted"
    assert related(body) == [("retracted", None, None)]
    assert parts(body) == [("", "Fern helped two of five (NCT99000091).")]
    assert numbers(body) == {("NCT99000091", "abstract")}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty page of Crossref", b'{"message-type":"work-list","message":{"items":[]}}'),
        ("empty page of Europe PMC", b'{"hitCount":0,"resultList":{"result":[]}}'),
        ("empty page of OpenAlex", b'{"meta":{"count":0,"per_page":25},"results":[]}'),
    ],
)
def test_empty_pages_hold_nothing(name: str, data: bytes) -> None:
    document = Received(name, data)
    reader = source(document).read_each
    assert reader is not None
    assert list(reader(document)) == []


@pytest.mark.parametrize(
    "data",
    [
        b'{"items":[]}',
        b'{"results":[{"id":1}]}',
        b'{"id":"1","source":"x","title":"y"}',
        b"<article><title>DocBook</title></article>",
        b"<html><body>TY  - nothing</body></html>",
        b"@someone wrote to us",
        b"A letter.\nDear all,\n",
    ],
)
def test_other_documents_are_left_alone(data: bytes) -> None:
    assert not [each.name for each in SOURCES if each.recognise(Received("x", data))]


def test_lines_of_works_are_read_one_by_one() -> None:
    work = b'{"id":"https://openalex.org/W1","doi":"10.5555/%d","display_name":"T","publication_year":2020}'
    document = Received("works", b"\n".join([work % 1, b"{broken", work % 2]))
    reader = source(document).read_each
    assert reader is not None
    found = list(reader(document))
    known = [each.identifier if isinstance(each, Draft) else "refused" for each in found]
    assert known == ["10.5555/1", "refused", "10.5555/2"]


def test_a_number_in_json_names_its_characters() -> None:
    (body,) = publications("crossref.json").values()
    (number,) = [n for n in body.registrations.content or () if n.kind == "abstract"]
    assert number.value.passage is not None
    assert number.value.passage != Passage(path="abstract")
    document = received("crossref.json")
    (draft,) = drafts("crossref.json")
    place = locate(document, as_record(draft, document), number.value.passage)
    assert place.match == "ISRCTN99000072"


@pytest.mark.shared
def test_real_full_texts(shared: Path) -> None:
    """All real articles are read, each with what identifies it and its text."""
    files = sorted((shared / "data/results/jats_articles").glob("*.nxml"))
    assert len(files) > 100
    for file in files[::6]:
        document = Received(file.name, file.read_bytes())
        (draft,) = source(document).read(document)
        body = draft.body
        assert isinstance(body, Publication)
        assert body.title
        assert body.doi or body.pmid
        assert body.published
        assert body.sections
        assert draft.identifier
