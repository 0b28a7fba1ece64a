"""Vocabularies that are cut, damaged, hostile or odd: a typed error, or a note on what was left."""

from __future__ import annotations

import gzip
import io
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import (
    Hostile,
    InputError,
    TooLarge,
    UnknownKind,
    Unreadable,
    WrongEncoding,
)
from trialweave.terms import reading
from trialweave.terms.drafting import LONGEST_DEFINITION, LONGEST_NAME, tidy
from trialweave.terms.reading import read_files, read_vocabulary
from trialweave.terms.tables import Table

OBO = "format-version: 1.2\nontology: cl\n\n[Term]\nid: CL:1\nname: glow cell\n"
OBO += 'def: "It glows." [X:1]\nsynonym: "shiner" EXACT []\n\n'
OBO += '[Term]\nid: CL:2\nname: blue cell\nsynonym: "blue shiner" EXACT [X:1]\nis_a: CL:1 ! glow\n'
GRAPH = '{"graphs": [{"id": "cl.json", "nodes": [{"id": "a/CL_1", "lbl": "glow cell"}]}]}'
XML = "<DescriptorRecordSet><DescriptorRecord><DescriptorUI>D1</DescriptorUI><DescriptorName>"
XML += "<String>Glow</String></DescriptorName></DescriptorRecord></DescriptorRecordSet>"
ASCII = "*NEWRECORD\nMH = Glow\nENTRY = Shine|T1|NON|EQV|abcd\nUI = D1\n\n"
ASCII += "*NEWRECORD\nMH = Blue\nENTRY = Azure|T1|NON|EQV|abcd\nUI = D2\n"
HGNC = "hgnc_id\tsymbol\tname\nHGNC:1\tGLOW1\tglow\nHGNC:2\tGLOW2\tglow 2\n"
RRF = "1|ENG||||||||||RXNORM|IN|1|glowine||N|4096|\n2|ENG||||||||||RXNORM|IN|2|x-glow||N|4096|\n"
MEDDRA = "99000001$Blue glow$$99000009$$$$$$$$\n99000002$Glow$$99000009$$$$$$$$\n"
CSV = 'id,name\n1,"glow, blue"\n2,shine\n'
ALL = {
    "obo": OBO,
    "obographs": GRAPH,
    "mesh-xml": XML,
    "mesh-ascii": ASCII,
    "hgnc": HGNC,
    "rrf": RRF,
    "meddra": MEDDRA,
    "table": CSV,
}


@pytest.mark.parametrize("form", ALL)
def test_cut_anywhere_gives_an_error_for_users_or_whole_terms(form: str) -> None:
    data = ALL[form].encode()
    whole = {term.id: term for term in read_vocabulary(data).terms}
    assert whole
    for end in range(len(data)):
        try:
            release = read_vocabulary(data[:end], form)
        except InputError:
            continue
        if end < len(data) - 1:
            last = release.terms[-1].id
            kept = {one.id: one for one in release.terms if one.id != last}
            assert kept.items() <= whole.items()


@pytest.mark.parametrize(
    ("form", "cut", "said"),
    [
        ("obo", OBO.index("blue shiner") + 4, "cut in its last term CL:2"),
        ("obo", OBO.index("[Term]\nid: CL:2") + 6, "cut in its last term"),
        ("obo", OBO.index("name: blue"), "cut in its last term CL:2"),
        ("obographs", len(GRAPH) - 1, "the JSON is cut"),
        ("mesh-xml", XML.index("</DescriptorRecord>"), "cut in the middle of a record"),
        ("mesh-xml", XML.index("</DescriptorRecordSet>"), "it has no </DescriptorRecordSet>"),
        ("mesh-ascii", ASCII.index("UI = D2"), "cut in its last record"),
        ("hgnc", HGNC.index("\tglow 2"), "cut in its last line: 2 of 3 fields"),
        ("rrf", len(RRF) - 2, "cut in its last line: 18 of 19 fields"),
        ("table", CSV.index(", blue"), "line 2 cannot be read"),
    ],
)
def test_where_a_file_is_cut(form: str, cut: int, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read_vocabulary(ALL[form][:cut].encode(), form)


def test_no_end_of_the_last_line_is_noted() -> None:
    release = read_vocabulary(HGNC[:-3].encode())
    assert release.terms[-1].names[1].text == "glow"
    assert release.notes == ("1 × files without an end of the last line, which may be cut.",)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(ALL)), st.data())
def test_damage_gives_a_release_or_an_error_for_users(form: str, data: st.DataObject) -> None:
    content = bytearray(ALL[form].encode())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        if not content:
            return
    try:
        release = read_vocabulary(bytes(content), data.draw(st.sampled_from(["", form])))
    except InputError:
        return
    ids = [term.id for term in release.terms]
    assert len(ids) == len(set(ids))
    assert all(name.text == tidy(name.text) for term in release.terms for name in term.names)


def test_nothing_and_no_vocabulary() -> None:
    with pytest.raises(Unreadable, match="empty"):
        read_vocabulary(b" \n")
    with pytest.raises(UnknownKind, match="no form"):
        read_vocabulary(b"Dear all,\n")
    with pytest.raises(UnknownKind, match="none of its files"):
        read_files([("a", b"Dear all,\n"), ("b", b"hello\n")])
    with pytest.raises(Unreadable, match="cannot be read"):
        read_vocabulary("/nonexistent/hp.obo")
    with pytest.raises(ValueError, match="called 'xls'"):
        read_vocabulary(OBO.encode(), "xls")
    with pytest.raises(Unreadable, match="no terms"):
        read_vocabulary(b"id,name\n")
    with pytest.raises(Unreadable, match="no table of variants"):
        read_vocabulary(b"nothing", "humsavar")
    with pytest.raises(Unreadable, match="empty"):
        read_vocabulary(b'{"graphs": []}')


def test_other_versions_name_what_they_lack() -> None:
    text = "#tax_id\tGeneID\tSymbol\n9606\t1\tA\n"
    with pytest.raises(Unreadable, match="no column 'Synonyms'; its columns are tax_id, GeneID"):
        read_vocabulary(text.encode())


def test_files_of_two_vocabularies() -> None:
    with pytest.raises(Unreadable, match="several vocabularies: CL, HGNC"):
        read_files([("a", OBO.encode()), ("b", HGNC.encode())])


def test_a_plain_table_beside_another_form_is_passed_over() -> None:
    release = read_files([("readme.csv", CSV.encode()), ("x", OBO.encode()), ("y", b"Dear all\n")])
    assert release.vocabulary == "CL"


def test_encodings() -> None:
    with pytest.raises(WrongEncoding, match="UTF-16"):
        read_vocabulary(HGNC.encode("utf-16"))
    with pytest.raises(WrongEncoding, match="byte 52 is not valid UTF-8") as caught:
        read_files([("old.txt", HGNC.replace("glow 2", "Ménière").encode("latin-1"))])
    assert caught.value.where == "old.txt"
    assert caught.value.next_step == "Save the file as UTF-8."


def test_archives_and_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        book.writestr("cl.obo", OBO)
    with pytest.raises(UnknownKind, match="a ZIP file"):
        read_vocabulary(packed.getvalue())
    with zipfile.ZipFile(packed, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(UnknownKind, match="spreadsheet"):
        read_vocabulary(packed.getvalue())
    whole = gzip.compress(OBO.encode())
    with pytest.raises(Unreadable, match="gzip stream is cut"):
        read_vocabulary(whole[:-9])
    with pytest.raises(Unreadable, match="gzip stream is damaged"):
        read_vocabulary(whole[:12] + b"\xff" * 20 + whole[32:])
    monkeypatch.setattr(reading, "_FLOOR", 3 * reading._PIECE)
    bomb = gzip.compress(bytes(6 * reading._PIECE), 9)
    assert read_vocabulary(gzip.compress(OBO.encode() + b" " * 2 * reading._PIECE, 9)).terms
    with pytest.raises(Hostile, match="200 times"):
        read_vocabulary(bomb)
    monkeypatch.setattr(reading, "LARGEST", 100)
    with pytest.raises(TooLarge, match="unpacks to over"):
        read_vocabulary(whole)
    with pytest.raises(TooLarge, match="no vocabulary is"):
        read_vocabulary(OBO.encode())


def test_xml_with_entities_of_its_own() -> None:
    bomb = '<!DOCTYPE DescriptorRecordSet [<!ENTITY a "glow">]>' + XML.replace("Glow", "&a;")
    with pytest.raises(Hostile, match="entities"):
        read_vocabulary(bomb.encode())
    with pytest.raises(Unreadable, match="not well-formed"):
        read_vocabulary(XML.replace("Glow", "&a;").encode())
    with pytest.raises(Unreadable, match="not well-formed"):
        read_vocabulary(XML.replace("<String>", "<Text>").encode())


def test_graphs_of_another_shape() -> None:
    for text in (
        '{"graphs": 1}',
        '{"graphs": [{"nodes": [{"lbl": "x"}]}]}',
        '{"graphs"' + "[" * 9999,
    ):
        with pytest.raises(Unreadable, match="no OBO graph"):
            read_vocabulary(text.encode())


def test_ids_that_stand_twice_and_odd_names() -> None:
    text = "id,name,synonyms\n1,glow,x|shine|shine|glow|a+b (c)|<i>&amp;</i>\n1,other,\n,bare,\n"
    text += "2,T,U\n"
    release = read_vocabulary(text.encode(), name="own")
    first, bare, symbol = release.terms
    assert [name.text for name in first.names] == ["glow", "shine", "a+b (c)", "<i>&amp;</i>"]
    assert (bare.id, symbol.name) == ("bare", "T")
    assert release.notes == (
        "2 × names of one character were left out: x (1), U (2).",
        "1 × ids stand twice; the first was taken: 1.",
    )


def test_many_notes_of_one_kind_are_one() -> None:
    rows = "".join("1,glow\n" for _ in range(6))
    release = read_vocabulary(f"id,name\n{rows}".encode())
    assert release.notes == ("5 × ids stand twice; the first was taken: 1, 1, 1, ….",)


def test_long_names_and_definitions_are_bounded() -> None:
    fits, over = "x" * LONGEST_NAME, "y" * (LONGEST_NAME + 1)
    obo = f'[Term]\nid: X:1\nname: glow\nsynonym: "{fits}" EXACT []\nsynonym: "{over}" EXACT []\n'
    obo += f'def: "{"z" * 10_000_000}" []\n'
    begun = time.perf_counter()
    release = read_vocabulary(obo.encode())
    assert time.perf_counter() - begun < 2
    (term,) = release.terms
    assert [len(name.text) for name in term.names] == [4, LONGEST_NAME]
    assert len(term.definition) == LONGEST_DEFINITION
    assert release.notes == (
        "1 × names over 1,000 characters were left out: X:1.",
        "1 × definitions were cut at 20,000 characters: X:1.",
    )
    with pytest.raises(Unreadable, match="field larger than"):
        read_vocabulary(f"id,name\n1,{'x' * 200_000}\n".encode())


def test_quotation_marks_left_open_take_no_longer() -> None:
    obo = '[Term]\nid: X:1\nname: glow\ndef: "' + '\\"' * 200_000 + "\nsynonym: x\n\n"
    obo += "[Term]\nid: X:2\nname: y\n"
    begun = time.perf_counter()
    release = read_vocabulary(obo.encode())
    assert time.perf_counter() - begun < 2
    assert "1 × synonyms without quotation marks were left out: X:1." in release.notes


def test_control_characters_and_spaces_in_names() -> None:
    release = read_vocabulary('id,name\n1,"a\x00 \u202e b\t\n c"\n2,می\u200cروم\n'.encode())
    assert [term.name for term in release.terms] == ["a b c", "می\u200cروم"]


def test_ragged_lines() -> None:
    few = HGNC + "HGNC:3\tX\n" + "HGNC:4\tY\ty\tz\n" + "HGNC:5\tZ\tzz\n"
    release = read_vocabulary(few.encode())
    assert [term.id for term in release.terms] == ["HGNC:1", "HGNC:2", "HGNC:5"]
    assert release.notes == ("2 × lines without exactly 3 fields were left out: HGNC:3, HGNC:4.",)
    many = HGNC + "HGNC:3\tX\n" * 21 + "HGNC:5\tZ\tz\n"
    with pytest.raises(Unreadable, match="21 of its first 23 lines have not the 3 fields"):
        read_vocabulary(many.encode())
    table = read_vocabulary(b"id,name\n1,a\n2,b,c\n3\n4,d,\n", table=Table(kind="x"))
    assert [term.id for term in table.terms] == ["1", "4"]
    assert table.notes == (
        "1 × lines with more fields than columns were left out: 2.",
        "1 × terms without a name were left out: 3.",
    )


def test_the_tree_is_checked() -> None:
    text = "id,name,parents\n1,a,2\n2,b,3\n3,c,1\n4,d,1|9\n5,e,5\n"
    release = read_vocabulary(text.encode())
    assert release.terms[4].parents == ()
    assert release.notes == (
        "1 × broader terms are not in the release: 9 (of 4).",
        "1 × cycles in the tree: 1 < 2 < 3.",
    )
