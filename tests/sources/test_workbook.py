"""Workbooks: what a cell says, what was damaged in it, and what no sheet should be able to do."""

from __future__ import annotations

import csv
import datetime as dt
import io
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialweave.errors import Hostile, InputError, TooLarge, UnknownKind, Unreadable
from trialweave.model import Draft, Missingness, PartialDate, Passage, Received, Record, Trial
from trialweave.publish.privacy import blotted
from trialweave.records.addresses import BLOT
from trialweave.records.concepts import leaves
from trialweave.records.passages import Locator
from trialweave.records.versions import admit
from trialweave.sources import SOURCES, read_all
from trialweave.sources.sheets import workbook_parts
from trialweave.sources.sheets.workbook import RawCell, Workbook, place_of, read_place
from trialweave.workspace import Workspace

WHO = Path(__file__).resolve().parents[1] / "fixtures" / "who"
AT = dt.datetime(2021, 5, 6, tzinfo=dt.UTC)
HEADER = ["TrialID", "Public title", "Primary sponsor", "Source Register", "Phase"]


def cells(data: bytes) -> dict[int, RawCell]:
    book = Workbook(Received("t.xlsx", data))
    return {cell.column: cell for row in book.rows(book.sheets[0]) for cell in row.cells}


def trials(data: bytes) -> dict[str, Trial]:
    drafts = read_all(Received("t.xlsx", data)).drafts
    return {d.identifier: d.body for d in drafts if isinstance(d.body, Trial)}


def portal(name: str) -> list[list[str]]:
    with (WHO / name).open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


# --- Cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xml", "text", "broken"),
    [
        ("<c r='{at}'><v>0.28999999999999998</v></c>", "0.29", False),
        ("<c r='{at}'><v>12620000123456</v></c>", "12620000123456", False),
        ("<c r='{at}'><v>2.0200217046526E+17</v></c>", "2.0200217046526E+17", False),
        ("<c r='{at}' s='6'><v>12345</v></c>", "00012345", False),
        ("<c r='{at}' s='1'><v>43983</v></c>", "2020-06-01 00:00:00", False),
        ("<c r='{at}' s='1'><v>43983.5</v></c>", "2020-06-01 12:00:00", False),
        ("<c r='{at}' s='2'><v>43892</v></c>", "2-Mar", False),
        ("<c r='{at}' s='3'><v>43983</v></c>", "2020-06", False),
        ("<c r='{at}' s='5'><v>43983</v></c>", "2020-06", False),
        ("<c r='{at}' s='4'><v>43983</v></c>", "43983", False),
        ("<c r='{at}' s='77'><v>43983</v></c>", "43983", False),
        ("<c r='{at}' t='b'><v>1</v></c>", "TRUE", False),
        ("<c r='{at}' t='inlineStr'><is><r><t>a</t></r><r><t>b</t></r></is></c>", "ab", False),
        ("<c r='{at}' t='inlineStr'><is><t>a</t><rPh><t>?</t></rPh></is></c>", "a", False),
        ("<c r='{at}' t='str'><f>T(1)</f><v>x_x000D_y</v></c>", "x\ry", False),
        ("<c r='{at}'><f>1+1</f><v>2</v></c>", "2", False),
        ("<c r='{at}'><f>HYPERLINK(1)</f></c>", "=HYPERLINK(1)", True),
        ("<c r='{at}'><f>A1</f><v></v></c>", "=A1", True),
        ("<c r='{at}' t='e'><v>#N/A</v></c>", "#N/A", True),
        ("<c r='{at}' t='s'><v>99</v></c>", "", True),
        ("<c><v>1</v></c>", "1", False),
    ],
)
def test_what_a_cell_says(books: ModuleType, xml: str, text: str, broken: bool) -> None:
    cell = cells(books.workbook({"S": [[books.Raw(xml)]]}))[0]
    assert (cell.text, cell.broken) == (text, broken)


def test_years_that_begin_in_1904(books: ModuleType) -> None:
    data = books.workbook({"S": [[books.Dated(43983 - 1462, 1)]]}, since_1904=True)
    assert cells(data)[0].text == "2020-06-01 00:00:00"


@pytest.mark.parametrize("sheet", ["Sheet1", "My list", "it's", "2020", "a!b", "Ünï"])
def test_places_are_read_as_written(sheet: str) -> None:
    assert read_place(place_of(sheet, 702, 7)) == (sheet, 702, 7)
    assert read_place("Sheet1!C7") == ("Sheet1", 2, 7)
    assert read_place("phases[0]") is None


def test_an_independent_reader_agrees(books: ModuleType) -> None:
    rows = [*portal("portal_damaged.csv"), [1, 2.5, None, "  blank ends "], [None, "only"]]
    data = books.workbook({"One": rows, "Two": rows[:3]})
    book = Workbook(Received("t.xlsx", data))
    other = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    for sheet in book.sheets:
        theirs = other.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
        ours = {
            (row.number, cell.column): cell.text for row in book.rows(sheet) for cell in row.cells
        }
        assert ours == {
            (number, column): f"{cell:g}" if isinstance(cell, float) else cell
            for number, row in enumerate(theirs, start=1)
            for column, cell in enumerate(row)
            if cell not in ("", None) and str(cell).strip()
        }


# --- The portal's export -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["portal.csv", "portal_damaged.csv"])
def test_the_same_table_says_the_same_in_both_forms(books: ModuleType, name: str) -> None:
    ours = trials(books.workbook({"Sheet1": portal(name)}))
    theirs = {
        d.identifier: d.body for d in read_all(Received(name, (WHO / name).read_bytes())).drafts
    }
    assert ours.keys() == theirs.keys()
    for identifier, trial in ours.items():
        for concept in trial.__struct_fields__:
            left, right = getattr(trial, concept), getattr(theirs[identifier], concept)
            assert said(left) == said(right), (identifier, concept)


def said(item: Any) -> Any:
    """What is stated, without where and as received."""
    if hasattr(item, "missingness"):
        return item.missingness, said(item.content), item.rule
    if isinstance(item, tuple):
        return tuple(said(part) for part in item)
    if isinstance(item, str):
        return " ".join(item.split())
    if hasattr(item, "__struct_fields__") and not isinstance(item, PartialDate):
        return tuple(
            said(getattr(item, name))
            for name in item.__struct_fields__
            if name not in ("passage", "received")
        )
    return item


def test_titles_above_and_other_sheets_are_passed_over(books: ModuleType) -> None:
    row = ["NCT09999903", "T", "S", "R", "2"]
    data = books.workbook(
        {
            "Read me": [["How to read this"], ["Column", "Meaning"]],
            "Export": [["Result of a search"], [], ["on 3 May"], HEADER, row],
            "More": [HEADER, ["NCT09999904", *row[1:]], [None] * 5],
        }
    )
    result = read_all(Received("t.xlsx", data))
    assert [draft.identifier for draft in result.drafts] == ["NCT09999903", "NCT09999904"]
    assert not result.problems
    body = result.drafts[0].body
    assert isinstance(body, Trial)
    assert body.phase.passage == Passage(0, 1, "Export!E5")


def test_damage_is_told_and_not_repaired(books: ModuleType) -> None:
    header = [*HEADER, "Date enrollement", "web address", "Target size"]
    dated, raw = books.Dated, books.Raw
    first = ["NCT09999903", "T", "S", "R", dated(43892, 2), dated(43983, 3), "", 120]
    second = [
        "NCT09999904",
        "T",
        "S",
        "R",
        dated(43862, 1),
        dated(43983, 1),
        "",
        raw("<c><f>1</f></c>"),
    ]
    third = [
        raw("<c><v>1.26E+20</v></c>"),
        "T",
        "S",
        "R",
        "2",
        "",
        "https://x.org/ACTRN12620000000001",
    ]
    result = read_all(Received("t.xlsx", books.workbook({"S": [header, first, second, third]})))
    one, two = (d.body for d in result.drafts if isinstance(d.body, Trial))
    assert (one.phase.missingness, one.phase.raw) == (Missingness.UNREADABLE, "2-Mar")
    assert one.start_date.content == PartialDate(2020, 6)  # no day was ever shown
    assert one.enrollment.content == 120
    assert {s.concept: s.suggested for s in one.suggestions} == {"phase": "2-3"}
    assert two.start_date.content == PartialDate(2020, 6, 1)
    told = {s.concept: s.suggested for s in two.suggestions}
    assert told == {"phase": "1-2", "start_date": "2020-06"}
    assert two.enrollment.missingness is Missingness.UNREADABLE  # and not 0, not "not reported"
    (problem,) = result.problems
    assert "1.26E+20" in str(problem)
    assert "ACTRN12620000000001" in str(problem)


# --- Versions, passages, privacy -----------------------------------------------------------------


def taken(data: bytes) -> tuple[Received, tuple[Record, ...]]:
    received = Received("t.xlsx", data)
    return received, admit(read_all(received).drafts, {}, received, AT)


def test_a_neighbour_makes_no_new_version(books: ModuleType) -> None:
    row, other = ["NCT09999903", "T", "S", "R", "2"], ["NCT09999904", "U", "S", "R", "3"]
    _, (before, _) = taken(books.workbook({"S": [HEADER, row, other]}))
    backwards = [list(reversed(line)) for line in (HEADER, [*other[:4], "4"], row)]
    _, (changed, after) = taken(books.workbook({"Other": [["Title"], *backwards]}))
    assert (after.record_id, after.digest) == (before.record_id, before.digest)
    assert changed.digest != before.digest


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_every_value_is_shown_in_its_row(books: ModuleType, form: str) -> None:
    data = (WHO / "portal.csv").read_bytes()
    if form == "xlsx":
        data = books.workbook({"My sheet": portal("portal.csv")})
    received, records = taken(data)
    assert len(records) == 3
    for record in records:
        places = Locator(received, record)
        whole = places.whole().text
        assert whole.startswith("TrialID: ")
        assert whole.count(record.identifier.removesuffix("-ES")) == 1
        shown = 0
        for leaf in leaves(record):
            if leaf.value.passage is None:
                continue
            located = places.locate(leaf.value.passage)
            assert located.text == whole
            words = leaf.value.raw if leaf.value.raw is not None else leaf.value.content
            if isinstance(words, str):
                assert located.match == words.replace('""', '"')
                shown += 1
        assert shown > 15


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_contacts_stay_blotted(books: ModuleType, form: str) -> None:
    data = (WHO / "portal.csv").read_bytes()
    assert b"Inventedname" in data
    if form == "xlsx":
        data = books.workbook({"S": portal("portal.csv")})
    received, records = taken(data)
    places = Locator(received, records[0])
    for by_path in (True, False):
        text = blotted(places.whole().text, places, by_path=by_path)
        assert "Inventedname" not in text
        assert "nobody" not in text
        assert f"Contact Lastname: {BLOT}" in text
        assert "Recruitment Status: Recruiting" in text


def test_a_date_is_shown_with_the_number_it_is_kept_as(books: ModuleType) -> None:
    row = ["NCT09999903", "T", "S", "R", books.Dated(43892, 2)]
    received, (record,) = taken(books.workbook({"S": [HEADER, row]}))
    assert (
        "Phase: 2-Mar [the number 43892, shown as d-mmm]" in Locator(received, record).whole().text
    )


def test_a_workspace_takes_a_workbook(books: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "export.xlsx"
    file.write_bytes(books.workbook({"My sheet": portal("portal.csv")}))
    workspace = Workspace(tmp_path / "w")
    assert workspace.add([file]).new == 3
    document = workspace.document("ictrp:NCT09999902")
    assert 'Public title: Cells, "young" ones' in document.text
    assert "Inventedname" not in document.text
    (entry,) = workspace.why("NCT09999902", "overall_status").entries
    assert (entry.path, entry.match) == ("'My sheet'!L2", "Recruiting")
    assert "Recruitment Status: " in entry.before
    marked = workspace.document("ictrp:NCT09999902", path=entry.path)
    assert marked.text[marked.start : marked.end] == "Recruiting"


# --- Hostile -------------------------------------------------------------------------------------


def test_two_cells_are_two_cells(books: ModuleType) -> None:
    sheet = (
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )
    book = Workbook(Received("t.xlsx", books.workbook({"S": sheet})))
    first, last = book.rows(book.sheets[0])
    assert (first.cells[0].text, last.cells, last.wide) == ("1", (), True)


def bombs(books: ModuleType) -> Iterator[tuple[str, dict[str, Any], type[InputError]]]:
    sheet = "xl/worksheets/sheet1.xml"
    strings = "xl/sharedStrings.xml"
    row = '<row><c t="s"><v>0</v></c></row>'
    open_, shut = "<worksheet><sheetData>", "</sheetData></worksheet>"
    yield "zeros", {sheet: open_ + "0" * 40_000_000 + shut}, Hostile
    names = "".join(f"<c t='inlineStr'><is><t>{name}</t></is></c>" for name in HEADER)
    text = "<sst><si><t>" + "ab" * 16_000 + "</t></si></sst>"
    many = f"{open_}<row>{names}</row>{row * 30_000}{shut}"
    yield "one text, many cells", {strings: text, sheet: many}, Hostile
    yield "depth", {sheet: "<a>" * 100 + "</a>" * 100}, Hostile
    entity = '<!DOCTYPE a [<!ENTITY b "bb">]><sst><si><t>&b;</t></si></sst>'
    yield "entities", {strings: entity, sheet: open_ + row + shut}, Hostile
    yield "cut XML", {sheet: "<worksheet><sheetData><row"}, Unreadable
    yield "no XML", {sheet: b"\0\1\2"}, Unreadable
    yield "row", {sheet: open_ + "<row r='99999999'><c><v>1</v></c></row>" + shut}, Unreadable
    yield "column", {sheet: open_ + "<row><c r='ZZZ1'><v>1</v></c></row>" + shut}, Unreadable
    yield "styles", {"xl/styles.xml": "<styleSheet><cellXfs><xf numFmtId='x'/>"}, Unreadable


def test_bombs_are_refused_before_they_go_off(
    books: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for what, parts, error in bombs(books):
        data = books.packed(books.parts_of({"S": [["a"]]}) | parts)
        started = time.process_time()
        with pytest.raises(error):
            raise read_all(Received(f"{what}.xlsx", data)).problems[-1]
        assert time.process_time() - started < 5, what
    monkeypatch.setattr(workbook_parts, "_LARGEST", 1000)
    with pytest.raises(TooLarge, match="CSV"):
        read_all(Received("large.xlsx", books.workbook({"S": [["a"] * 100]})))


def test_links_and_macros_are_left_alone(books: ModuleType) -> None:
    parts = books.parts_of({"S": [HEADER, ["NCT09999903", "T", "S", "R", "2"]]})
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        '<Relationship Id="rId7" Target="file:///etc/passwd" TargetMode="External"/>'
        '<Relationship Id="rId8" Target="../../../../etc/passwd"/></Relationships>',
    )
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        "</sheets>", '<sheet name="X" r:id="rId7"/><sheet name="Y" r:id="rId8"/></sheets>'
    )
    data = books.packed(parts | {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})
    assert list(trials(data)) == ["NCT09999903"]


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"\xd0\xcf\x11\xe0\xa1\xb1", ".xlsx"), (b"PK\x03\x04nothing", ".xlsx")],
)
def test_other_spreadsheets_are_refused_with_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(UnknownKind, match="save it as") as caught:
        read_all(Received("old.xls", data))
    assert says in str(caught.value)


def test_a_workbook_of_nothing_known(books: ModuleType) -> None:
    data = books.workbook({"S": [["a", "b"], [1, 2]]})
    with pytest.raises(UnknownKind, match="without a sheet of a known kind"):
        read_all(Received("t.xlsx", data))
    assert not [source.name for source in SOURCES if source.recognise(Received("t.xlsx", data))]


def test_a_sheet_of_another_kind_is_told(books: ModuleType) -> None:
    papers = [["Title", "Authors", "Year"], ["A trial", "Doe A", 2021]]
    row = ["NCT09999903", "T", "S", "R", "2"]
    result = read_all(Received("t.xlsx", books.workbook({"P": papers, "T": [HEADER, row]})))
    assert [draft.source for draft in result.drafts] == ["ictrp"]
    assert ["List of references" in str(problem) for problem in result.problems] == [True]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(books: ModuleType, data: st.DataObject) -> None:
    sound = books.workbook({"S": [HEADER, ["NCT09999903", "T", "S", "R", "2"]]})
    at = data.draw(st.integers(0, len(sound)))
    length = data.draw(st.integers(0, 40))
    put = data.draw(st.binary(max_size=30))
    try:
        result = read_all(Received("t.xlsx", sound[:at] + put + sound[at + length :]))
    except InputError:
        return
    assert all(isinstance(draft, Draft) for draft in result.drafts)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_sheets_are_read_or_refused(books: ModuleType, data: st.DataObject) -> None:
    parts = books.parts_of({"S": [HEADER, ["NCT09999903", "T", "S", "R", books.Dated(4.5, 3)]]})
    name = data.draw(st.sampled_from(sorted(name for name in parts if name.startswith("xl/"))))
    text = parts[name]
    at = data.draw(st.integers(0, len(text)))
    put = data.draw(st.text("<>/=\"' &;rcsvt0123456789-.AZ\ud7ff", max_size=20))
    length = data.draw(st.integers(0, 30))
    parts[name] = text[:at] + put + text[at + length :]
    try:
        result = read_all(Received("t.xlsx", books.packed(parts)))
    except InputError:
        return
    assert result.drafts or result.problems


@pytest.mark.shared
def test_the_real_damaged_table_as_a_workbook(books: ModuleType, shared: Path) -> None:
    path = shared / "data" / "registries" / "ictrp" / "ICTRP_COVID19-web_7Jul2020_excel-damaged.csv"
    text = path.read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text, newline="")))[:301]
    same = io.StringIO(newline="")
    csv.writer(same).writerows(rows)
    ours = trials(books.workbook({"Web": rows}))
    drafts = read_all(Received("t.csv", same.getvalue().encode())).drafts
    theirs = {d.identifier: d.body for d in drafts if isinstance(d.body, Trial)}
    assert len(ours) > 290
    for concept in ("phase", "start_date", "registration_date", "enrollment", "suggestions"):
        assert {i: said(getattr(t, concept)) for i, t in ours.items()} == {
            i: said(getattr(t, concept)) for i, t in theirs.items()
        }
