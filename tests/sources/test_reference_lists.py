"""Lists of references: each tool's own columns, every value at its place, and nobody's address."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import InputError, NoIdentifier, WrongEncoding
from trialweave.model import Draft, Missingness, PartialDate, Passage, Publication, Received
from trialweave.publish.privacy import blotted
from trialweave.records.passages import Locator
from trialweave.records.versions import admit
from trialweave.sources import SOURCES, read_all, recognise
from trialweave.sources.literature import lists
from trialweave.workspace import Workspace

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TITLE = "Cells for pneumonia: an invented trial"
ABSTRACT = "Background: why. Methods: as registered (NCT09990001). Results: 3 of 40 died."

TOOLS: dict[str, tuple[str, tuple[str, ...]]] = {
    "PubMed": (
        "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,"
        "NIHMS ID,DOI\n"
        f'99000001,"{TITLE}","Doe A, van der Roe BC.","J Inv. 2021 Mar;7(2):1-9. '
        'doi: 10.5555/inv.1.",Doe A,J Inv,2021,2021/03/04,PMC9900001,,10.5555/inv.1\n',
        ("Doe A", "van der Roe BC."),
    ),
    "Zotero": (
        '"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Url",'
        '"Abstract Note","Date","Volume","Manual Tags","Extra"\n'
        f'"K1","journalArticle","2021","Doe, Ann; Roe, Bob","{TITLE}","J Inv",'
        f'"10.5555/INV.1","https://x.org/1","{ABSTRACT}","2021-03-04","7","cells; lungs",'
        '"PMID: 99000001"\n',
        ("Doe, Ann", "Roe, Bob"),
    ),
    "Covidence": (
        "Title,Authors,Abstract,Published Year,Published Month,Journal,Volume,Issue,Pages,"
        "Accession Number,DOI,Ref,Covidence #,Study,Notes,Tags\n"
        f'"{TITLE}","Doe, A.; Roe, B.","{ABSTRACT}",2021,March,J Inv,7,2,1-9,,10.5555/inv.1,,#7,'
        "Doe 2021,,\n",
        ("Doe, A.", "Roe, B."),
    ),
    "Rayyan": (
        "key,title,authors,issn,volume,issue,pages,year,publisher,url,abstract,notes,doi,keywords\n"
        f'rayyan-1,"{TITLE}","Doe, Ann and Roe, Bob",,7,2,1-9,2021,,,"{ABSTRACT}",,'
        "https://doi.org/10.5555/inv.1,\n",
        ("Doe, Ann", "Roe, Bob"),
    ),
    "Scopus": (
        "Authors,Author full names,Author(s) ID,Title,Year,Source title,Volume,DOI,Link,Abstract,"
        "Author Keywords,References,Correspondence Address,PubMed ID,Document Type,EID\n"
        f'Doe A.; Roe B.,"Doe, Ann (1); Roe, Bob (2)",1; 2,"{TITLE}",2021,J Inv,7,10.5555/inv.1,'
        f'https://x.org/1,"{ABSTRACT}",cells; lungs,"Poe C. (2011) NCT09990099",'
        '"A. Doe; nobody@example.org",99000001,Article,2-s2.0-1\n',
        ("Doe A.", "Roe B."),
    ),
    "Web of Science": (
        "Publication Type\tAuthors\tArticle Title\tSource Title\tAbstract\tReprint Addresses\t"
        "Email Addresses\tVolume\tPublication Date\tPublication Year\tDOI\tPubmed Id\tUT\n"
        f"J\tDoe, A; Roe, B\t{TITLE}\tJ INV\t{ABSTRACT}\tDoe, A, Town\tnobody@example.org\t7\t"
        "MAR 2021\t2021\t10.5555/inv.1\t99000001\tWOS:1\n",
        ("Doe, A", "Roe, B"),
    ),
    "Web of Science, tags": (
        "PT\tAU\tTI\tSO\tAB\tEM\tPY\tVL\tDI\tPM\tUT\n"
        f"J\tDoe, A; Roe, B\t{TITLE}\tJ INV\t{ABSTRACT}\tnobody@example.org\t2021\t7\t"
        "10.5555/inv.1\t99000001\tWOS:1\n",
        ("Doe, A", "Roe, B"),
    ),
    "Embase": (
        '"Title","Author Names","Source title","Publication Year","Volume","Abstract",'
        '"Clinical Trial Numbers","Author Addresses","Medline PMID","DOI","Embase Accession ID"\n'
        f'"{TITLE}","Doe A.-B., Roe B.","J Inv","2021","7","{ABSTRACT}","ClinicalTrials.gov '
        '(NCT09990001)","A. Doe, Town","99000001","10.5555/inv.1","L900"\n',
        ("Doe A.-B.", "Roe B."),
    ),
    "EndNote": (
        f'Author;Year;Title;Journal;DOI\n"Doe, A.\rRoe, B.";2021;"{TITLE}";J Inv;10.5555/inv.1\n',
        ("Doe, A.", "Roe, B."),
    ),
    "Europe PMC": (
        "SOURCE,ID,TITLE,AUTHORS,JOURNAL_TITLE,PUBLICATION_YEAR,DOI,PMCID,ABSTRACT\n"
        f'MED,99000001,"{TITLE}","Doe A, Roe B.",J Inv,2021,10.5555/inv.1,PMC9900001,'
        f'"{ABSTRACT}"\n',
        ("Doe A", "Roe B."),
    ),
}


def only(received: Received) -> tuple[Draft, Publication]:
    (draft,) = read_all(received).drafts
    assert isinstance(draft.body, Publication)
    return draft, draft.body


def texts(value: Any) -> tuple[str, ...]:
    return tuple(item.content for item in value.content or ())


def as_book(books: ModuleType, text: str) -> bytes:
    separator = max(",;\t", key=text.partition("\n")[0].count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    data: bytes = books.workbook({"References": [["Exported on 3 May"], *rows]})
    return data


@pytest.mark.parametrize("form", ["text", "workbook"])
@pytest.mark.parametrize("tool", TOOLS)
def test_each_tools_columns(books: ModuleType, tool: str, form: str) -> None:
    text, authors = TOOLS[tool]
    data = as_book(books, text) if form == "workbook" else text.encode()
    received = Received("t", data)
    assert [source.name for source in SOURCES if source.recognise(received)] == ["list"]
    draft, body = only(received)
    assert draft.identifier == body.doi.content == "10.5555/inv.1"
    assert body.title.content == TITLE
    assert texts(body.authors) == authors
    assert body.published.content in (
        PartialDate(2021),
        PartialDate(2021, 3),
        PartialDate(2021, 3, 4),
    )
    assert (body.journal.content or "J Inv").lower() == "j inv"
    assert bool(body.journal) is (tool != "Rayyan")
    if "PMID" in text.upper() or "PubMed ID" in text or "\tPM\t" in text:
        assert body.pmid.content in ("99000001", None)
    if ABSTRACT in text:
        sections = body.sections.content or ()
        assert [section.label for section in sections] == ["Background", "Methods", "Results"]
        assert "NCT09990001" in texts_of_numbers(body)
    assert "NCT09990099" not in texts_of_numbers(body)  # of a work that is cited
    assert "example.org" not in repr(body)
    assert "Town" not in repr(body)


def texts_of_numbers(body: Publication) -> set[str | None]:
    return {number.value.content for number in body.registrations.content or ()}


@pytest.mark.parametrize("form", ["text", "workbook"])
@pytest.mark.parametrize("tool", TOOLS)
def test_everything_is_found_again(books: ModuleType, tool: str, form: str) -> None:
    text = TOOLS[tool][0]
    received = Received("t", as_book(books, text) if form == "workbook" else text.encode())
    (record,) = admit(
        read_all(received).drafts, {}, received, dt.datetime(2021, 5, 6, tzinfo=dt.UTC)
    )
    places = Locator(received, record)
    assert record.publication is not None
    found = list(values(record.publication))
    assert len(found) > 6
    for value in found:
        located = places.locate(value.passage)
        words = value.raw if value.raw is not None else value.content
        if isinstance(words, str):
            assert located.match == words
    assert places.whole().text.count(TITLE) == 1


def values(item: Any) -> Any:
    if isinstance(item, tuple):
        for part in item:
            yield from values(part)
    elif isinstance(item, Passage):
        return
    elif hasattr(item, "missingness"):
        if item.missingness is Missingness.STATED and item.passage is not None:
            yield item
        yield from values(item.content)
    elif hasattr(item, "__struct_fields__"):
        for name in item.__struct_fields__:
            yield from values(getattr(item, name))


BLOCKS = (
    f'"TITLE","{TITLE}"\n"AUTHOR NAMES","Doe A.","Roe B."\n"SOURCE TITLE","J Inv"\n'
    f'"PUBLICATION YEAR","2021"\n"ABSTRACT","{ABSTRACT}"\n"AUTHOR ADDRESSES","A. Doe, Town"\n'
    '"MEDLINE PMID","99000001","http://www.ncbi.nlm.nih.gov/pubmed/99000001"\n'
    '"DOI","10.5555/inv.1"\n"PUI","L900"\n\n'
    '"TITLE","Another"\n"AUTHOR NAMES","Poe C."\n"DOI","10.5555/inv.2"\n'
)


def test_a_line_for_each_field() -> None:
    received = Received("t.csv", BLOCKS.encode())
    assert [source.name for source in SOURCES if source.recognise(received)] == ["list"]
    one, two = read_all(received).drafts
    assert isinstance(one.body, Publication)
    assert (one.identifier, two.identifier) == ("10.5555/inv.1", "10.5555/inv.2")
    assert texts(one.body.authors) == ("Doe A.", "Roe B.")
    assert (one.body.pmid.content, one.body.journal.content) == ("99000001", "J Inv")
    assert texts_of_numbers(one.body) == {"NCT09990001"}
    assert "Town" not in repr(one.body)
    for value in values(one.body):
        words = value.raw if value.raw is not None else value.content
        if isinstance(words, str):
            assert received.text[value.passage.start : value.passage.end] == words
    assert received.data[two.start : two.end].startswith(b'"TITLE","Another"')
    (record, _) = admit([one, two], {}, received, dt.datetime(2021, 5, 6, tzinfo=dt.UTC))
    places = Locator(received, record)
    shown = blotted(places.whole().text, places, by_path=True)
    assert f"TITLE: {TITLE}\nAUTHOR NAMES: Doe A.\nAUTHOR NAMES: Roe B." in shown
    assert "Town" not in shown


def test_names_where_there_is_no_doi() -> None:
    text = (
        "Title;Authors;Year;PMID\n"
        "A;Doe A;2021;99000002\n"
        "Without a number;Roe B;2021;\n"
        "without a NUMBER.;Roe, B;2021;\n"
        "Without a number;Roe B;2022;\n"
        ";Roe B;2021;\n"
    )
    result = read_all(Received("t.csv", text.encode()))
    names = [draft.identifier for draft in result.drafts]
    assert names[0] == "pmid:99000002"
    assert names[1] == names[2] != names[3]
    assert names[1].startswith("title:")
    assert [type(problem) for problem in result.problems] == [NoIdentifier]


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ("Garcia Lopez, Ana Maria", ("Garcia Lopez, Ana Maria",)),
        ("Doe, Ann", ("Doe, Ann",)),
        ("The Health and Safety Group", ("The Health and Safety Group",)),
        ("Doe A, Roe BC", ("Doe A", "Roe BC")),
        ("Doe A|Roe B", ("Doe A", "Roe B")),
    ],
)
def test_authors_are_parted_only_where_it_is_certain(
    authors: str, expected: tuple[str, ...]
) -> None:
    _, body = only(Received("t", f'Title,Authors,DOI\nT,"{authors}",10.5555/x\n'.encode()))
    assert texts(body.authors) == expected


def test_what_spreadsheets_do(books: ModuleType) -> None:
    header = ["Title", "Year", "Publication Date", "PMID", "DOI", "Abstract"]
    formula, dated = books.Raw("<c r='{at}'><f>A1</f></c>"), books.Dated(44259, 1)
    rows = [["T", 2021, dated, 99000001, None, formula], ["U", 2020, dated, 99000002, "none", None]]
    drafts = read_all(Received("t", books.workbook({"S": [header, *rows]}))).drafts
    one, two = (draft.body for draft in drafts if isinstance(draft.body, Publication))
    assert one.published.content == PartialDate(2021, 3, 4)
    assert one.sections.missingness is Missingness.UNREADABLE
    assert one.doi.missingness is Missingness.NOT_REPORTED
    assert two.published.content == PartialDate(2020)  # the date says another year
    assert (two.doi.missingness, two.doi.raw) == (Missingness.UNREADABLE, "none")
    assert one.journal.missingness is Missingness.NO_FIELD


def test_an_article_of_a_list_tells_of_its_trial(tmp_path: Path) -> None:
    file = tmp_path / "zotero.csv"
    file.write_text(TOOLS["Scopus"][0], encoding="utf-8")
    workspace = Workspace(tmp_path / "w")
    assert workspace.add([file]).new == 1
    document = workspace.document("list:10.5555/inv.1")
    assert "nobody" not in document.text
    assert f"Title: {TITLE}" in document.text


@pytest.mark.parametrize(
    "text",
    [
        "Title,Notes\na,b\n",
        "Covidence #,Study ID,Title,Reviewer Name,Year of publication,Year\n1,2,3,4,5,6\n",
        "NCT Number,Title,Status,URL,Year\na,b,c,d,e\n",
        "TrialID,Title,Public title,Primary sponsor,Source Register,Year\na,b,c,d,e,f\n",
        "Some words, a title, and authors.\nMore words in a page of text, in 2021.\n",
        '{"title": "a", "authors": "b", "year": 1}',
    ],
)
def test_other_tables_are_no_lists(text: str) -> None:
    assert not lists.recognise(Received("t", text.encode()))


@pytest.mark.parametrize(
    "path",
    sorted(
        p
        for p in FIXTURES.glob("*/*")
        if p.is_file() and p.parent.name not in ("tables", "definitions")
    ),
    ids=lambda path: path.name,
)
def test_no_other_document_is_a_list(path: Path) -> None:
    assert recognise(Received("x", path.read_bytes())).name != "list"


def test_utf_16_is_refused() -> None:
    with pytest.raises(WrongEncoding, match="UTF-8"):
        read_all(Received("t", TOOLS["PubMed"][0].encode("utf-16")))


def test_a_byte_order_mark_is_no_part_of_a_name() -> None:
    draft, _ = only(Received("t", b"\xef\xbb\xbf" + TOOLS["PubMed"][0].encode()))
    assert draft.identifier == "10.5555/inv.1"


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([TOOLS["Zotero"][0].encode(), BLOCKS.encode()]),
    st.integers(0, len(BLOCKS)),
    st.integers(0, 60),
    st.text('",;\n\r\t|() aé<>&-', max_size=30).map(str.encode),
)
def test_damage_is_told(sound: bytes, at: int, length: int, put: bytes) -> None:
    received = Received("t", sound[:at] + put + sound[at + length :])
    try:
        result = read_all(received)
    except InputError:
        return
    assert result.drafts or result.problems
