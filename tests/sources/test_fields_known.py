"""A field that a source adds, renames or retypes is told on the run that meets it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import InputError
from trialweave.model import Draft, Missingness, Publication, Received, Value
from trialweave.sources import SOURCES, FieldNote, merge, read_all, read_each, survey
from trialweave.sources.ctgov.names import read_paths
from trialweave.sources.known import MOST, Found, printable
from trialweave.sources.known.ctgov import classic, flat, legacy, v2
from trialweave.sources.known.json import tree

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
WITHOUT = {"references.bib"}  # BibTeX has no list of fields
FILES = [
    path
    for folder in ("ctgov", "ctgov_xml", "europe", "literature", "who")
    for path in sorted((FIXTURES / folder).iterdir())
    if path.name not in WITHOUT
]


def notes_of(data: bytes | str) -> list[FieldNote]:
    data = data.encode() if isinstance(data, str) else data
    return list(read_all(Received("a document", data)).notes)


def told(data: bytes | str) -> list[tuple[str, str, str]]:
    return sorted((note.kind, note.path, note.near) for note in notes_of(data))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_known_gives_no_note(path: Path) -> None:
    found = told(path.read_bytes())
    # the WHO fixture has an element of its own, which is kept under its name
    assert found == ([("new", "novel_block", "")] if path.name == "irct.xml" else [])


def test_each_structured_source_has_a_survey() -> None:
    kinds = {source.name: source.survey is not None for source in SOURCES}
    structured = {
        *("ctgov", "euctr", "ctis", "isrctn", "who", "ictrp", "pubmed", "jats", "medline", "ris"),
        *("crossref", "europepmc", "openalex"),
    }
    assert all(kinds[name] for name in structured)


# What real documents have beside the form of their source, and why that is no change of it
EXPLAINED: dict[str, str] = {}


@pytest.mark.shared
@pytest.mark.parametrize(
    "folder",
    [
        *("ctgov_v2", "ctgov_classic_fullstudies", "ctgov_msc_studyfields", "ctgov_xml"),
        *("ictrp", "euctr", "ctis", "isrctn", "../results/jats_articles"),
    ],
)
def test_real_documents_give_no_note(folder: str, shared: Path) -> None:
    seen = 0
    for path in sorted((shared / "data" / "registries" / folder).iterdir()):
        received = Received(path.name, path.read_bytes())
        try:
            count = sum(isinstance(each, Draft) for each in read_each(received))
        except InputError:
            continue
        seen += count
        assert survey(received) == (), path.name
    assert seen > 1


# ---- JSON: a key added, renamed, and a value of another type


def _place(record: Any, path: str) -> tuple[Any, Any]:
    """What holds the field at a path, and its key there; 0 stands for the first of a list."""
    *above, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in above:
        record = record[step]
    return record, last


JSON = {
    # file: the records' place, a text field, the name it gets, the concept it gives
    "ctgov/v2.json": ("", "protocolSection.identificationModule.briefTitle", "public_title"),
    "ctgov/classic.json": (
        "FullStudiesResponse.FullStudies.0.Study",
        "ProtocolSection.IdentificationModule.BriefTitle",
        "public_title",
    ),
    "europe/ctis_new.json": (
        "",
        "authorizedApplication.authorizedPartI.trialDetails.clinicalTrialIdentifiers.publicTitle",
        "public_title",
    ),
    "europe/ctis_old.json": ("", "title", "scientific_title"),
    "europe/isrctn.json": ("", "trialDescription.scientificTitle", "scientific_title"),
    "europe/euctr.json": (
        "",
        "e11_medical_conditions_being_investigated",
        "conditions",
    ),
    "literature/crossref.json": ("message", "publisher", "publisher"),
    "literature/europepmc.json": ("resultList.result.0", "title", "title"),
    "literature/openalex.json": ("results.0", "biblio.volume", "volume"),
}


def _load(name: str) -> tuple[Any, Any]:
    """A fixture and its first record, which is part of it."""
    document = record = json.loads((FIXTURES / name).read_text())
    for step in filter(None, JSON[name][0].split(".")):
        record = record[int(step) if step.isdigit() else step]
    return document, record


def _value(name: str, document: Any) -> Value[Any]:
    draft = read_all(Received(name, json.dumps(document).encode())).drafts[0]
    concept = JSON[name][2]
    body: Any = draft.body
    if isinstance(body, Publication) and not hasattr(body, concept):
        body = body.trial
    value: Value[Any] = getattr(body, concept)
    return value


@pytest.mark.parametrize("name", JSON)
def test_a_key_that_is_added(name: str) -> None:
    document, record = _load(name)
    holder, key = _place(record, JSON[name][1])
    path = JSON[name][1].rpartition(".")[0]
    holder["q9_wholly_unheard_of"] = {"deep": ["content"]}
    assert _value(name, document)
    (note,) = notes_of(json.dumps(document))
    assert note.kind == "new"
    assert note.path == (f"{path}.q9_wholly_unheard_of" if path else "q9_wholly_unheard_of")
    assert (note.count, note.example) == (1, '{"deep":["content"]}')
    assert key in holder


@pytest.mark.parametrize("name", [name for name in JSON if "euctr" not in name])
def test_a_key_that_is_renamed(name: str) -> None:
    document, record = _load(name)
    path = JSON[name][1]
    holder, key = _place(record, path)
    holder[f"{key}Ex"] = holder.pop(key)
    assert told(json.dumps(document)) == [("new", f"{path}Ex", key)]


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("wrap", [lambda v: [[v]], lambda v: {"q": v}, lambda v: [{"q": v}]])
def test_a_value_of_another_type_is_unreadable_and_told(
    name: str, wrap: Callable[[Any], Any]
) -> None:
    document, record = _load(name)
    path = JSON[name][1]
    holder, key = _place(record, path)
    holder[key] = wrap(holder[key])
    if "euctr" in name:
        holder.pop(f"{key}_fr", None)
    value = _value(name, document)
    assert value.missingness is Missingness.UNREADABLE
    assert value.passage is not None
    assert value.passage.path
    assert value.raw
    found = notes_of(json.dumps(document))
    assert {note.kind for note in found} == {"retyped"}
    assert {note.path.removesuffix("[]") for note in found} == {path}


def test_a_list_where_one_text_stood_in_version_2() -> None:
    record = json.loads((FIXTURES / "ctgov" / "v2.json").read_text())
    status = record["protocolSection"]["statusModule"]
    status["startDateStruct"]["date"] = ["2030-01-01", "2030-02-01"]
    record["protocolSection"]["conditionsModule"]["conditions"] = "not a list any more"
    record["protocolSection"]["designModule"]["enrollmentInfo"] = 40
    result = read_all(Received("x", json.dumps(record).encode()))
    trial: Any = result.drafts[0].body
    for concept in ("start_date", "conditions", "enrollment", "enrollment_type"):
        value = getattr(trial, concept)
        assert value.missingness is Missingness.UNREADABLE, concept
        assert value.passage.path.startswith("protocolSection."), concept
    assert [(note.kind, note.path) for note in result.notes] == [
        ("retyped", "protocolSection.statusModule.startDateStruct.date"),
        ("retyped", "protocolSection.conditionsModule.conditions"),
        ("retyped", "protocolSection.designModule.enrollmentInfo"),
    ]
    assert trial.public_title  # all else is read


def test_a_number_where_a_text_was_is_read_and_told() -> None:
    record = json.loads((FIXTURES / "ctgov" / "v2.json").read_text())
    record["protocolSection"]["identificationModule"]["acronym"] = 17
    result = read_all(Received("x", json.dumps(record).encode()))
    trial: Any = result.drafts[0].body
    assert trial.acronym.content == "17"
    assert [note.kind for note in result.notes] == ["retyped"]


def test_the_flat_form() -> None:
    lines = (FIXTURES / "ctgov" / "flat.jsonl").read_text().splitlines()
    record = json.loads(lines[0])
    record["BriefTitle"] = "no list"
    record["BriefTitel"] = ["a list"]
    result = read_all(Received("x", json.dumps(record).encode()))
    trial: Any = result.drafts[0].body
    assert trial.public_title.missingness is Missingness.UNREADABLE
    assert trial.public_title.passage.path == "BriefTitle"
    assert told(json.dumps(record)) == [("new", "BriefTitel", ""), ("retyped", "BriefTitle", "")]


# ---- XML, tables, tags, the EU register's text


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("ctgov_xml/legacy.xml", "<acronym>", "<nickname>x</nickname><acronym>",
         [("new", "nickname", "")]),
        ("ctgov_xml/legacy.xml", "brief_title>", "brief_titles>",
         [("new", "brief_titles", "brief_title")]),
        ("ctgov_xml/legacy.xml", '<enrollment type="', '<enrollment kind="x" type="',
         [("new", "enrollment.@kind", "")]),
        ("ctgov_xml/legacy.xml", "<overall_status>", "<overall_status><code>1</code>",
         [("retyped", "overall_status", "")]),
        ("europe/isrctn.xml", "scientificTitle>", "scientificTitles>",
         [("new", "trial.trialDescription.scientificTitles", "scientificTitle")]),
        ("who/registers.xml", "recruitment_status>", "recruit_status>",
         [("new", "main.recruit_status", "recruitment_status")]),
        ("who/portal.xml", "<Phase>", "<Phase_of_moon>x</Phase_of_moon><Phase>",
         [("new", "Phase_of_moon", "")]),
        ("literature/pubmed.xml", "ArticleTitle>", "ArticleTitles>",
         [("new", "MedlineCitation.Article.ArticleTitles", "ArticleTitle")]),
        ("literature/jats.xml", "<article-meta>", "<article-meta><article-mood>x</article-mood>",
         [("new", "front.article-meta.article-mood", "")]),
        ("europe/euctr.txt", "E.1.1.2 Th", "E.1.1.7 Mood of the condition: x\nE.1.1.2 Th",
         [("new", "E.1.1.7 Mood of the condition", "")]),
        ("literature/zotero.ris", "TY  - JOUR", "TY  - JOUR\nQ9  - x", [("new", "Q9", "")]),
    ],
)  # fmt: skip
def test_elements_tags_and_lines(
    name: str, old: str, new: str, expected: list[tuple[str, str, str]]
) -> None:
    text = (FIXTURES / name).read_text()
    assert old in text
    before = read_all(Received("x", text.encode()))
    after = read_all(Received("x", text.replace(old, new).encode()))
    found = {(note.kind, note.path) for note in after.notes}
    assert found == {(kind, path) for kind, path, _ in expected}
    near = {note.near for note in after.notes if note.near}
    assert near == {near for _, _, near in expected if near}
    assert [draft.identifier for draft in after.drafts] == [
        draft.identifier for draft in before.drafts
    ]


def test_columns_of_the_portal() -> None:
    text = (FIXTURES / "who" / "portal.csv").read_text()
    header, rest = text.split("\n", 1)
    renamed = header.replace("Scientific title", "Scientific titles")
    assert renamed != header
    assert told(f"{renamed}\n{rest}") == [("new", "Scientific titles", "scientific_title")]
    personal = header.replace("Scientific title", "Contact mobile phone")
    assert told(f"{personal}\n{rest}") == []


def test_columns_of_clinicaltrials_gov() -> None:
    table = "NCT Number,Study Title,Study Status,{},Conditions\nNCT99990001,a,COMPLETED,x,y\n"
    assert told(table.format("Sponsor")) == []
    assert told(table.format("Sponsor Mood Today")) == [("new", "Sponsor Mood Today", "")]
    assert told(table.format("Start Dates")) == [("new", "Start Dates", "start")]


def test_free_text_of_the_eu_register_is_no_field() -> None:
    text = (FIXTURES / "europe" / "euctr.txt").read_text()
    criteria = re.search(r"^E\.3 [^\n]*\n", text, re.MULTILINE)
    assert criteria is not None
    said = "E. coli: grown\nA.1 Patients: all\nB.2 others?\nE. 3 of them: no\nNote: x\n"
    assert told(text[: criteria.end()] + said + text[criteria.end() :]) == []


def test_medline_tags() -> None:
    text = (FIXTURES / "literature" / "medline.nbib").read_text()
    assert told(text.replace("JT  - ", "ZZ  - ", 1)) == [("new", "ZZ", "")]


# ---- fields that are gone


def _many(change: Callable[[dict[str, Any], int], None], count: int) -> bytes:
    record = json.loads((FIXTURES / "ctgov" / "v2.json").read_text())
    lines = []
    for i in range(count):
        one = copy.deepcopy(record)
        one["protocolSection"]["identificationModule"]["nctId"] = f"NCT{99000000 + i}"
        change(one, i)
        lines.append(json.dumps(one))
    return "\n".join(lines).encode()


def test_a_field_that_none_of_many_records_has() -> None:
    def without(record: dict[str, Any], _: int) -> None:
        del record["protocolSection"]["descriptionModule"]["briefSummary"]

    gone = FieldNote("ctgov", "protocolSection.descriptionModule.briefSummary", "gone", 25)
    assert notes_of(_many(without, 25)) == [gone]
    assert notes_of(_many(without, 19)) == []

    def but_for_one(record: dict[str, Any], i: int) -> None:
        if i != 20:
            without(record, i)

    assert notes_of(_many(but_for_one, 25)) == []

    def renamed(record: dict[str, Any], _: int) -> None:
        module = record["protocolSection"]["descriptionModule"]
        module["shortSummary"] = module.pop("briefSummary")

    (note,) = notes_of(_many(renamed, 25))
    assert (note.kind, note.count, note.near) == ("new", 25, "briefSummary")


def test_an_extract_has_lost_nothing() -> None:
    def extract(record: dict[str, Any], _: int) -> None:
        kept = record["protocolSection"]["identificationModule"]
        record.clear()
        record["protocolSection"] = {"identificationModule": kept}

    assert notes_of(_many(extract, 60)) == []


# ---- what is hostile, and what is about people


def test_a_hundred_thousand_keys_give_a_bounded_number_of_notes() -> None:
    record = json.loads((FIXTURES / "ctgov" / "v2.json").read_text())
    record["protocolSection"]["statusModule"] |= {f"k{i}": i for i in range(100_000)}
    found = notes_of(json.dumps(record))
    assert len(found) == MOST + 1
    assert found[-1].path == f"… and {100_000 - MOST} more"
    summed = merge(found + found)
    assert len(summed) == MOST + 1
    assert summed[-1].path == f"… and {2 * (100_000 - MOST)} more"


def test_nothing_that_a_terminal_obeys_and_nobody_s_data() -> None:
    record = json.loads((FIXTURES / "ctgov" / "v2.json").read_text())
    module = record["protocolSection"]["contactsLocationsModule"]
    module["\x1b[31mred\n"] = "\x1b[2Jcleared\u202e"
    module["siteContacts"] = [{"name": "Invented Person", "phone": "+00 000 000"}]
    module["note"] = "write to nobody@example.org"
    module["line"] = "+00 1234 567890"
    found = {note.path: note.example for note in notes_of(json.dumps(record))}
    assert set(found) == {
        f"protocolSection.contactsLocationsModule.{name}"
        for name in (" [31mred", "siteContacts", "note", "line")
    }
    assert all(example == "" for example in found.values())
    assert all(text.isprintable() for text in found)
    assert printable("a\x1b[31m\u0000b" * 50, 20).isprintable()


def test_notes_of_documents_are_summed() -> None:
    one = FieldNote("ctgov", "a.b", "new", 2, "", "c")
    two = FieldNote("ctgov", "a.b", "new", 3, "x", "c")
    other = FieldNote("ctis", "a.b", "new", 1)
    assert merge([one, other, two]) == (FieldNote("ctgov", "a.b", "new", 5, "x", "c"), other)
    assert merge([]) == ()
    many = [FieldNote("ctgov", f"k{i}", "new", 1) for i in range(70)]
    assert len(merge(many)) == MOST + 1


def test_a_field_counts_once_in_a_record() -> None:
    found = Found("x")
    for _ in range(3):
        found.record()
        found.new("list[].odd", "y", ["old"])
        found.new("list[].odd", "y", ["old", "older"])
    assert found.notes() == (FieldNote("x", "list[].odd", "new", 3, "y", "old"),)


# ---- the tables themselves


def test_all_that_is_read_of_clinicaltrials_gov_is_known() -> None:
    for form, known in (("v2", v2()), ("classic", classic())):
        have = {path.replace("[]", "") for path in known.paths(read=True)}
        assert read_paths(form) <= have  # type: ignore[arg-type]
    assert {"NCTId", "LocationGeoPoint", "Gender"} <= set(flat().root.inside)
    assert "id_info.nct_id" in set(legacy().paths(read=True))


@pytest.mark.parametrize("text", ["a a", "  a", "a\n  b", "a b\n c", "a!?#", "a &none"])
def test_a_table_that_is_none_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        tree(text)


def test_a_table_is_read_as_it_is_written() -> None:
    known = tree("&shape\n x! y#\na+ b[][]#!\nc[]\n d\ne| &shape\n").root.inside
    assert list(known) == ["a", "b", "c", "e"]
    assert (known["b"].kind, known["b"].lists, known["b"].read) == ("number", 2, True)
    assert (known["c"].kind, known["c"].lists, list(known["c"].inside)) == ("object", 1, ["d"])
    assert (known["e"].or_text, list(known["e"].inside)) == (True, ["x", "y"])
    assert known["a"].always


# ---- whatever stands in a record, the survey neither fails nor loses the document

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


def _all_paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += _all_paths(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            found += _all_paths(inner, (*path, i))
    return found


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(JSON)), st.data())
def test_any_value_in_any_place(name: str, data: st.DataObject) -> None:
    document, record = _load(name)
    *above, last = data.draw(st.sampled_from(_all_paths(record)))
    holder = record
    for step in above:
        holder = holder[step]
    holder[last] = data.draw(ANYTHING)
    received = Received("x", json.dumps(document).encode())
    try:
        result = read_all(received)
    except InputError:
        return
    assert all(isinstance(note, FieldNote) for note in result.notes)
    assert all(note.path.isprintable() and note.example.isprintable() for note in result.notes)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(FILES), st.data())
def test_any_byte_in_any_place(path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=6))
    assert all(isinstance(note, FieldNote) for note in survey(Received("x", bytes(content))))
