"""Pages of any portal or register, saved as HTML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialweave.errors import NoIdentifier, UnknownKind
from trialweave.model import Draft, Missingness, Received, Trial, Value
from trialweave.sources import SOURCES, read_all, recognise
from trialweave.sources.pages import reading_of

PAGES = Path(__file__).resolve().parents[1] / "fixtures" / "pages" / "html"


@pytest.fixture
def portal(assert_spans: Callable[[str, Any], int]) -> Callable[[str], tuple[Draft, Trial]]:
    """The one record of a page, all passages checked, by the name of its file or its markup."""

    def one(page: str) -> tuple[Draft, Trial]:
        data = page.encode() if page.startswith("<") else (PAGES / page).read_bytes()
        received = Received("page.html", data)
        (draft,) = read_all(received).drafts
        assert draft.source == "page"
        assert isinstance(draft.body, Trial)
        reading = reading_of(received)
        assert reading is not None
        assert assert_spans(reading.text, reading.inward(draft.body)) > 0
        return draft, draft.body

    return one


Portal = Callable[[str], tuple[Draft, Trial]]


def texts(value: Value[Any]) -> list[Any]:
    return [part.content for part in value.content or ()]


def labelled(trial: Trial) -> dict[str, Any]:
    return {each.label: each.value.content for each in trial.other}


def test_a_register_of_terms_and_descriptions(portal: Portal) -> None:
    draft, it = portal("register_terms.html")
    assert draft.identifier == "en.irct.ir/IRCT20990101012345N7"
    assert it.primary_id.content == "IRCT20990101012345N7"
    assert it.public_title.content == "Fooprazole for marsh cough"
    assert it.scientific_title.content == "Fooprazole ≥ 20 mg against placebo in marsh cough"
    assert (it.phase.content, it.masking.content) == (("2", "3"), "double")
    assert (it.allocation.content, it.intervention_model.content) == ("randomised", "parallel")
    assert it.overall_status.content == "active, closed"
    # What happened comes before what was planned, and both calendars say the same day
    assert (str(it.start_date.content), it.start_date_type.content) == ("2020-05-20", "actual")
    assert labelled(it)["Expected recruitment start date"] == "2020-05-01, 1399/02/12"
    assert str(draft.stated) == "2020-06-01"
    assert it.completion_date.missingness is Missingness.NOT_REPORTED
    assert (it.enrollment.content, it.enrollment_type.content) == (80, "estimated")
    assert (it.minimum_age.content, it.maximum_age.content) == (18.0, 65.0)
    assert texts(it.conditions) == ["Marsh cough"]
    assert [n.value.content for n in it.secondary_ids.content or ()] == ["NCT99000033"]


def test_a_register_of_nested_tables(portal: Portal) -> None:
    draft, it = portal("register_nested.html")
    assert draft.identifier == "CTRI/2099/05/012345"
    assert it.primary_sponsor.content == "Lake Hospital"
    assert texts(it.countries) == ["India", "Nepal"]
    assert texts(it.conditions) == ["Fracture of neck of femur"]
    assert [i.name.content for i in it.interventions.content or ()] == [
        "Walking group",
        "Usual care",
    ]
    assert (it.minimum_age.content, it.maximum_age.content, it.sex.content) == (60.0, 90.0, "all")
    assert texts(it.inclusion_criteria) == ["1. Hip repaired"]
    assert it.enrollment.content == 120
    assert it.phase.content == ("not applicable",)
    assert it.overall_status.content == "planned"
    assert it.study_type.content == "interventional"
    assert labelled(it)["Type of Study"] == "Drug"
    assert (it.allocation.content, it.masking.content) == ("randomised", "none")
    assert str(it.start_date.content) == "2099-06-01"  # the register's own page: day first
    assert it.completion_date.missingness is Missingness.UNREADABLE


@pytest.mark.parametrize(
    "name", ["register_terms.html", "register_nested.html", "portal_data.html"]
)
def test_what_is_about_people_is_kept_back(portal: Portal, name: str) -> None:
    _, it = portal(name)
    if name != "portal_data.html":
        assert it.contacts.missingness is Missingness.WITHHELD
    stated = repr(it)
    for words in ("Nobody", "0000 000", "0000000000", "nowhere.example", "Shore Road"):
        assert words not in stated
    withheld = [each for each in it.other if each.value.missingness is Missingness.WITHHELD]
    assert withheld
    assert all(each.value.passage is not None for each in withheld)


def test_the_description_for_machines_comes_first(portal: Portal) -> None:
    draft, it = portal("portal_data.html")
    assert draft.identifier == "trials.example.org/NCT99000042"
    assert it.public_title.content == 'Salt water — or "rest"'
    assert (it.overall_status.content, it.phase.content) == ("active, closed", ("2",))
    assert it.masking.content == "double"
    assert texts(it.conditions) == ["Lake Fever", "Cough"]
    assert texts(it.countries) == ["Denmark"]
    assert str(it.start_date.content) == "2031-02"
    beside = labelled(it)
    assert beside["Status"] == "Recruiting"
    assert beside["Heading"] == "Salt water or rest in lake fever"
    assert beside["Start date"] == "04/05/2031"
    assert beside["Mentioned number"] == "NCT99000041"
    assert it.enrollment.content == 64


def test_labels_above_their_contents(portal: Portal) -> None:
    _, it = portal("portal_headings.html")
    assert it.brief_summary.content == "Inhaled testamycin is compared with placebo."
    assert (str(it.start_date.content), it.start_date_type.content) == ("2031-02-03", "actual")
    assert (it.enrollment.content, it.enrollment_type.content) == (1240, "estimated")
    assert it.phase.content == ("2", "3")  # not what a menu shows under "Phase"
    assert it.minimum_age.content == 18.0
    assert it.maximum_age.missingness is Missingness.NOT_APPLICABLE
    assert texts(it.conditions) == ["Lake Fever", "Marsh Cough"]
    assert texts(it.secondary_sponsors) == ["Harbour University"]  # and not the footer
    assert it.healthy_volunteers.content is False


ROW = "<tr><th>{}<td>{}"
FACTS = "".join(
    ROW.format(*pair) for pair in (("Status", "Recruiting"), ("Phase", "1"), ("Sex", "All"))
)


def table(*pairs: tuple[str, str], head: str = "") -> str:
    rows = "".join(ROW.format(*pair) for pair in pairs)
    return (
        f"<!DOCTYPE html>{head}<table>{ROW.format('Trial ID', 'DRKS00099001')}{rows}{FACTS}</table>"
    )


@pytest.mark.parametrize(
    ("label", "words", "concept", "content"),
    [
        ("Sample size", "experimental group:100;control group:100;", "enrollment", 200),
        ("Sample size", "100 in all, 50 in each group", "enrollment", None),
        ("Sample size", "1,200 participants", "enrollment", 1200),
        ("Start date", "04/05/2031", "start_date", None),  # the 4th of May, or the 5th of April
        ("Start date", "14/05/2031", "start_date", "2031-05-14"),
        ("Start date", "4 May 2031 (Actual)", "start_date", "2031-05-04"),
        ("Start date", "2031-05-04 to 2032-01-01", "start_date", None),
        ("Masking", "Open (masking not used)", "masking", "none"),
        ("Randomisation", "No", "allocation", "non-randomised"),
        ("Type of study", "Drug", "study_type", None),
        ("Acronym", "[---]*", "acronym", None),
        ("Country", "Korea, Republic of", "countries", ["Korea, Republic of"]),
        (
            "Countries",
            "Iran, Islamic Republic of, Peru",
            "countries",
            ["Iran, Islamic Republic of", "Peru"],
        ),
        (
            "Countries",
            "Congo, The Democratic Republic of the, Peru, Chad",
            "countries",
            ["Congo, The Democratic Republic of the", "Peru", "Chad"],
        ),
        ("Sex", "Women of any age", "sex", "female"),
        ("Sex", "Male: no, female: yes", "sex", "female"),
        (
            "Accepts healthy volunteers",
            "Healthy people are not accepted",
            "healthy_volunteers",
            None,
        ),
        ("Minimum age", "6 Months", "minimum_age", 0.5),
        ("Maximum age", "no maximum age", "maximum_age", None),
    ],
)
def test_contents_of_fields(
    portal: Portal, label: str, words: str, concept: str, content: Any
) -> None:
    _, it = portal(table((label, words)))
    value: Value[Any] = getattr(it, concept)
    found = texts(value) if concept == "countries" else value.content
    assert (str(found) if concept == "start_date" and found else found) == content
    if label == "Start date" and content is None:
        assert value.missingness is Missingness.UNREADABLE


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Start date (Actual)", "actual"),
        ("Anticipated start date", "estimated"),
        ("Start date (anticipated or actual)", None),
    ],
)
def test_what_a_label_says_of_a_date(portal: Portal, label: str, said: str | None) -> None:
    _, it = portal(table((label, "4 May 2031")))
    assert str(it.start_date.content) == "2031-05-04"
    assert it.start_date_type.content == said


NUMBER = "NCT99000011"
OTHER = "NCT99000022"
SITE = "https://a.example"


@pytest.mark.parametrize(
    ("markup", "own"),
    [
        (f"<h1>A trial, {NUMBER}</h1><p>It follows {OTHER}.", NUMBER),
        (f"<title>{NUMBER} - Portal</title><h1>A trial</h1><h2>Like {OTHER}</h2>", NUMBER),
        (f"<title>{OTHER}</title><link rel=canonical href={SITE}/{NUMBER}>", NUMBER),
        (f"<!-- saved from url=(0040){SITE}/t?id={NUMBER} --><h1>A</h1>", NUMBER),
        (f"<h1>{NUMBER}</h1><meta property=og:url content='{SITE}/?q={OTHER}'>", NUMBER),
        (f"<link rel=canonical href={SITE}/CTRI%2F2031%2F05%2F098765>", "CTRI/2031/05/098765"),
        (f"<title>{OTHER}</title>" + table().replace("DRKS00099001", NUMBER), OTHER),
    ],
)  # fmt: skip
def test_which_number_is_the_pages_own(portal: Portal, markup: str, own: str) -> None:
    if "Trial ID" in markup:  # a field for the number says more than a title
        own = NUMBER
    _, it = portal(f"<html><head>{markup}")
    assert it.primary_id.content == own
    assert OTHER not in [n.value.content for n in it.secondary_ids.content or ()]


def test_a_country_s_page_is_no_version_of_another_s(portal: Portal) -> None:
    def page(address: str) -> str:
        return portal(f"<html><link rel=canonical href={SITE}/{address}><h1>A")[0].identifier

    assert page("trial/2031-012345-67/DE") == "a.example/2031-012345-67/DE"
    assert page("trial/2031-012345-67/GB/") == "a.example/2031-012345-67/GB"
    assert page(f"show/{NUMBER}?term=fever") == page(f"{NUMBER}/#top") == f"a.example/{NUMBER}"


LD = '<script type="application/ld+json">{}</script>'


@pytest.mark.parametrize(
    "markup",
    [
        "<h1>No number at all</h1>",
        f"<p>An article. Trial registration: {NUMBER}.",
        f"<table>{ROW.format('Registration number', NUMBER)}</table>",  # nothing else is known
        f'<meta name="citation_doi" content="10.9999/x"><h1>{NUMBER}: an article</h1>',
        LD.format('{"@type":"NewsArticle"}') + f"<h1>Fooprazole fails in {NUMBER}</h1>",
        LD.format('{"@type":"ScholarlyArticle","name":"NCT99000011"}') + f"<h1>{NUMBER}</h1>",
        LD.format('{"@type":"MedicalTrial","name":') + "<h1>Broken</h1>",
    ],
)
def test_what_is_no_page_of_a_trial(markup: str) -> None:
    with pytest.raises(UnknownKind, match="HTML of no known form"):
        recognise(Received("page.html", f"<!DOCTYPE html>{markup}".encode()))


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?><article><front><article-meta/></front>NCT99000011</article>',
        b'<?xml version="1.0"?><records><title>NCT99000011</title></records>',
        b'{"title": "<html><h1>NCT99000011</h1>"}',
        b"NCT99000011 in a text <html><h1>NCT99000011</h1>",
    ],
)
def test_other_documents_are_not_taken_for_pages(data: bytes) -> None:
    received = Received("x", data)
    assert reading_of(received) is None
    assert not any(source.recognise(received) for source in SOURCES if source.kind == "page")


def test_a_list_of_trials_is_refused_with_what_to_save() -> None:
    received = Received("list.html", (PAGES / "list.html").read_bytes())
    with pytest.raises(
        NoIdentifier, match=r"list\.html.*several trials.*NCT99000041.*its own page"
    ):
        read_all(received)


def test_several_descriptions_and_one_address(portal: Portal) -> None:
    nodes = "".join(
        LD.format(f'{{"@type":"MedicalTrial","name":"{name}","identifier":"{number}"}}')
        for name, number in (("One", NUMBER), ("Two", OTHER))
    )
    head = f"<link rel=canonical href=https://a.example/{OTHER}>"
    _, it = portal(f"<!DOCTYPE html>{nodes}{head}<h1>x")
    assert (it.primary_id.content, it.public_title.content) == (OTHER, "Two")
    with pytest.raises(NoIdentifier, match="several trials"):
        read_all(Received("x.html", f"<!DOCTYPE html>{nodes}<h1>x".encode()))


def test_a_description_without_a_number_is_known_by_its_address(portal: Portal) -> None:
    node = LD.format('{"@type":"MedicalTrial","name":"One"}')
    draft, it = portal(f"<html>{node}<link rel=canonical href=https://www.a.example/t/7#top>")
    assert draft.identifier == "a.example/t/7"
    assert not it.primary_id
    with pytest.raises(NoIdentifier, match="neither its registry number"):
        read_all(Received("x.html", f"<html>{node}<h1>One".encode()))
