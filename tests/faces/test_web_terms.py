"""The pages of terms: what leads where, what is marked, what is asked of the workspace."""

from __future__ import annotations

import datetime as dt
import html
import re
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.errors import WorkspaceError
from trialweave.faces.server import create_app
from trialweave.faces.study_terms import study_terms
from trialweave.faces.term_words import (
    bars,
    day_asked,
    mark_of,
    menu_asked,
    q_text,
    term_url,
    why_address,
)
from trialweave.publish.terms.views import Count, TermRef

from .conftest import Client, FakeWorkspace
from .fake_terms import CELLS, DOTTED, FEVER, HOSTILE, KNOWN, LONG, ODD, RELATED, mention
from .test_web import Strict

STUDY = "NCT09999999"
PAGE = "/term/HPO/HP:0099001"
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    """One invented workspace for all tests, as making an application takes most of their time."""
    return FakeWorkspace(tmp_path_factory.mktemp("held") / "woven")


@pytest.fixture(scope="module")
def client(held: FakeWorkspace) -> Client:
    """The application over it."""
    return Client(create_app(held))  # type: ignore[arg-type]


@pytest.fixture
def workspace(held: FakeWorkspace) -> FakeWorkspace:
    """It, with nothing asked yet."""
    held.asked.clear()
    return held


def _links(text: str) -> dict[str, str]:
    """The words of each link with where it leads; the last where words are the same."""
    found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', text, re.DOTALL)
    return {
        html.unescape(re.sub(r"<[^>]*>", "", words)).strip(): html.unescape(address)
        for address, words in found
    }


def _asked(workspace: Any, operation: str) -> Any:
    return [told for name, told in workspace.asked if name == operation][-1]


def test_every_term_has_a_page_under_its_own_address(client: Any) -> None:
    for ref in KNOWN:
        answer = client.get(term_url(ref))
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert not STEERING.search(answer.text)
        page = Strict(answer.text)
        assert page.problems == []
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


class _Recorder:
    """A workspace that only takes down which term it was asked for."""

    day = None

    def as_of(self, day: dt.date) -> _Recorder:
        return self

    def term(self, asked: str, *, vocabulary: str = "", **_: Any) -> Any:
        self.told = asked, vocabulary
        raise WorkspaceError("enough")


IDS = (
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
    | st.lists(st.sampled_from(["", ".", "..", "a", "%2F", "?", "#", "\\", "\u202e"]))
    .map("/".join)
    .filter(bool)
    | st.just("تب / \" ' < & " * 30)
)


def test_any_id_survives_its_address(client_of: Any) -> None:
    recorder = _Recorder()
    client = client_of(recorder)

    @settings(max_examples=40, deadline=None)
    @given(IDS, st.sampled_from(["HPO", "As registered", "own/words", "..", "a?b#c", "%2e"]))
    def survives(identifier: str, vocabulary: str) -> None:
        answer = client.get(term_url(TermRef(vocabulary, identifier, "x")))
        assert answer.status_code == 503
        assert recorder.told == (identifier, vocabulary)

    survives()


def test_a_page_asks_for_what_its_address_says(client: Any, workspace: Any) -> None:
    client.get(
        f"{PAGE}?own=true&role=outcome&role=text&assertion=excluded&limit=7&offset=3&related=mesh"
        "&condition=fever&since=2020-01-01&until=2021-01-01&support=3&all_pairs=true"
    )
    assert _asked(workspace, "term") == (
        "HP:0099001", "HPO", False, ("outcome", "text"), ("excluded",), 7, 3,
    )  # fmt: skip
    assert _asked(workspace, "related_terms") == (
        "HP:0099001", "HPO", "MeSH", ("outcome", "text"), ("excluded",), "fever",
        dt.date(2020, 1, 1), dt.date(2021, 1, 1), 3, True, 200,
    )  # fmt: skip
    client.get(PAGE)
    assert _asked(workspace, "term") == ("HP:0099001", "HPO", True, (), (), 20, 0)
    assert _asked(workspace, "related_terms")[-3:] == (5, False, 10)


def test_a_mention_stands_out_and_leads_to_its_passage(client: Any) -> None:
    text = client.get(PAGE).text
    assert "<mark>Invented fever</mark>" in text
    assert "<mark>Night fever</mark>" in text
    assert "<strong>excluded</strong>" in text
    assert 'read as <a href="/term/HPO/HP:0099002">' in text
    assert _links(text)["Where this stands"] == (
        f"/why/{STUDY}?address=primary_outcomes%5B0%5D.measure"
    )
    assert "3 further mentions in this study." in text


def test_roles_are_chosen_and_taken_back_by_links(client: Any) -> None:
    links = _links(client.get(f"{PAGE}?related=MeSH&offset=5").text)
    chosen = links["outcome"]
    assert parse_qs(urlsplit(chosen).query) == {"related": ["MeSH"], "role": ["outcome"]}
    page = client.get(chosen).text
    assert 'aria-current="true">outcome' in page
    (back,) = (to for words, to in _links(page).items() if words.startswith("outcome"))
    assert parse_qs(urlsplit(back).query) == {"related": ["MeSH"]}
    assert links["Only this term itself"] == f"{PAGE}?related=MeSH&own=true"
    assert _links(client.get(f"{PAGE}?own=true").text)["Narrower terms too"] == PAGE


def test_studies_are_turned_over_like_pages(client: Any) -> None:
    links = _links(client.get(f"{PAGE}?limit=2&offset=2").text)
    assert links["Next →"] == f"{PAGE}?limit=2&offset=4#studies"
    assert links["← Previous"] == f"{PAGE}?limit=2#studies"


def test_the_number_of_a_row_leads_to_exactly_its_studies(client: Any) -> None:
    text = client.get(f"{PAGE}?condition=fever").text
    (row,) = (
        row for row in re.findall(r"<tr>.*?</tr>", text, re.DOTALL)
        if "Invented cells" in row and "<details>" not in row
    )  # fmt: skip
    (address,) = re.findall(r'<td class="n"><a href="([^"]*)">7<', row)
    asked = parse_qs(urlsplit(html.unescape(address)).query)
    assert asked == {"condition": ["fever"], "with": [CELLS.id], "with_in": [CELLS.vocabulary]}
    shared = client.get(html.unescape(address)).text
    listed = re.search(r'<ol class="terms">(.*?)</ol>', shared, re.DOTALL)
    assert listed is not None
    studies = re.findall(r'href="/study/([^"]*)"', listed[1])
    assert studies == list(RELATED[0].studies)
    assert "Not counted" in shared
    assert RELATED[0].repeats[0] in shared.partition("Not counted")[2]
    assert "2028 2, 2031 7" in shared
    assert shared.count('<tr><th scope="row"><time>') == 3


def test_a_pair_below_the_support_is_looked_for_as_well(client: Any, workspace: Any) -> None:
    shared = client.get(f"{PAGE}?with=FVR1&with_in=HGNC")
    assert shared.status_code == 200
    assert [told[-2:] for name, told in workspace.asked if name == "related_terms"] == [
        (False, 1000)
    ]
    workspace.asked.clear()
    text = client.get(f"{PAGE}?with=HP%3A0099000").text
    assert "No study here names both terms" in text
    assert [told[-2:] for name, told in workspace.asked if name == "related_terms"] == [
        (False, 1000), (True, 1000),
    ]  # fmt: skip


def test_what_goes_together_by_definition_stands_apart(client: Any) -> None:
    text = client.get(PAGE).text
    apart = re.search(r"<summary>1 goes together with it by definition</summary>(.*?)</details>",
                      text, re.DOTALL)  # fmt: skip
    assert apart is not None
    assert "Night fever" in apart[1]
    assert "narrower" in apart[1]
    assert "Invented cells" not in apart[1]


def test_where_nothing_is_ranked_it_says_why(client: Any) -> None:
    few = client.get("/term/HPO/HP:0099000").text
    assert "1 study names this term here: fewer than 5 studies in common" in few
    assert 'all_pairs=true#related">Show pairs of fewer' in few
    none = client.get(f"{PAGE}?related=Protein").text
    assert "No Protein term stands in 5 or more studies together with this one." in none
    assert "Show pairs" not in client.get("/term/HPO/HP:0099000?all_pairs=true").text
    rare = client.get(f"{PAGE}?all_pairs=true").text
    assert "fewer than 5 studies in common" in rare


def test_the_columns_are_explained(client: Any) -> None:
    text = client.get(PAGE).text
    head = re.search(r'<table class="related">.*?</thead>', text, re.DOTALL)
    assert head is not None
    for name in ("Both", "Expected", "IC", "q", "Cosine, φ", "Mark"):
        assert f"<dt>{name}</dt>" in text
        assert name in head[0]
    assert "κ corrects" in text


def test_the_chart_and_its_table_say_the_same(client: Any) -> None:
    text = client.get(PAGE).text
    svg = re.search(r"<svg class=\"bars\".*?</svg>", text, re.DOTALL)
    assert svg is not None
    assert "2027 1, 2029 12" in svg[0]
    assert svg[0].count("<rect") == 3  # a year between without studies, too
    for label, studies in (("2027", 1), ("2029", 12), ("not stated", 1)):
        assert re.search(rf">{label}</bdi></th><td class=\"n\">{studies}<", text)


def test_the_chain_from_a_phenotype_to_changes_of_its_genes(client: Any) -> None:
    links = _links(client.get(PAGE).text)
    assert links["FVR1"] == "/term/HGNC/HGNC:99901"
    assert links["rs99900001"] == "/term/Variant/rs99900001"
    assert links["p.Val99Met"] == "/term/Variant/p.Val99Met"
    text = client.get(PAGE).text
    assert "and 9 more" in text
    assert "11 further genes are left out" in text
    back = _links(client.get("/term/HGNC/HGNC:99901").text)
    assert back["Invented fever"] == PAGE


def test_forms_keep_what_was_asked(client: Any) -> None:
    text = client.get(f"{PAGE}?role=outcome&support=2&related=HPO").text
    form = re.search(r'<form class="narrowing" action="/term/HPO/HP:0099001#related".*?</form>',
                     text, re.DOTALL)  # fmt: skip
    assert form is not None
    kept = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0])
    assert kept == [("role", "outcome"), ("related", "HPO")]
    assert 'name="support" type="number" min="1" max="100000" value="2"' in form[0]
    odd = client.get(term_url(DOTTED)).text
    form = re.search(r'<form class="narrowing" action="/term#related".*?</form>', odd, re.DOTALL)
    assert form is not None
    assert re.findall(r'name="(q|vocabulary)" value="([^"]*)"', form[0]) == [
        ("q", ".."), ("vocabulary", "own/words"),
    ]  # fmt: skip


def test_the_menu_of_kinds_is_complete(client: Any) -> None:
    links = _links(client.get("/terms").text)
    menu = ("MeSH", "HPO", "Drug", "Gene", "SNP", "Protein", "Mutation", "Disease", "Cell",
            "Adverse event", "As registered")  # fmt: skip
    named = {words.rpartition(" ")[0]: to for words, to in links.items()}
    for name in menu:
        assert unquote(named[name]) == f"/terms?menu={name}".replace(" ", "+")
    assert links["Clinical Trial"] == "/search"
    assert "Studies here name no term of this kind." in client.get("/terms?q=&menu=Protein").text
    assert "No such term is named" in client.get("/terms?q=nothing").text


def test_a_list_is_turned_over_with_its_query(client: Any, workspace: Any) -> None:
    text = client.get("/terms?menu=hpo&q=fev&limit=3&offset=3").text
    assert _asked(workspace, "terms") == ("HPO", "fev", 3, 3)
    links = _links(text)
    assert links["Next →"] == "/terms?menu=HPO&q=fev&limit=3&offset=6"
    assert links["← Previous"] == "/terms?menu=HPO&q=fev&limit=3"


def test_finding_a_term(client: Any) -> None:
    answer = client.get("/terms/find?q=+night+fever+&as_of=2029-06-01")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/term/HPO/HP:0099002?as_of=2029-06-01"
    several = client.get("/terms/find?q=Invented+fever").text
    assert "stands for several terms" in several
    assert {PAGE, term_url(ODD)} <= set(_links(several).values())
    near = client.get("/terms/find?q=fevers").text
    assert "No term is called" in near
    assert _links(near)["Night fever"] == "/term/HPO/HP:0099002"
    none = client.get("/terms/find?q=%3Cb%3Ezz").text
    assert "No name is like it." in none
    assert "<b>zz" not in none
    assert "Find a term" in client.get("/terms/find?q=+").text


def test_what_rose_and_what_is_new(client: Any, workspace: Any) -> None:
    form = client.get("/terms/report").text
    assert not [told for told in workspace.asked if told[0] == "terms_report"]
    assert "<table" not in form
    text = client.get("/terms/report?since=2026-01-01&until=&country=Ruritania&menu=&limit=9").text
    asked = (dt.date(2026, 1, 1), None, "Ruritania", "", 9)
    assert _asked(workspace, "terms_report") == asked
    assert "12 studies began since <time>2026-01-01</time>, 30 before; 4 state no day" in text
    assert "4.20 (1.10 to 15.30)" in text
    assert text.count(">new</span>") == 1
    assert 'name="since" type="date" value="2026-01-01"' in text
    assert "No term rose or is new." in client.get("/terms/report?since=2026-01-01&menu=cell").text


def test_the_terms_of_a_study_stand_on_its_page(client: Any, workspace: Any) -> None:
    text = client.get(f"/study/{STUDY}").text
    section = re.search(r'<section aria-labelledby="terms">.*?</section>', text, re.DOTALL)
    assert section is not None
    assert '<a href="#terms">Terms</a>' in text
    links = _links(section[0])
    assert links["Invented fever"] == PAGE
    assert links["2 mentions of Invented fever, where the first stands"].startswith("/why/")
    assert "<em>negated</em>" in section[0]
    assert html.escape(HOSTILE[:25]) in section[0]
    assert [role for role, _, _ in study_terms(workspace, STUDY).rows] == ["condition", "outcome"]


def test_a_study_page_does_without_terms_where_none_were_looked_for(
    client: Any, workspace: Any, monkeypatch: Any
) -> None:
    def none(identifier: str) -> Any:
        raise WorkspaceError("no terms were looked for in these records yet.")

    monkeypatch.setattr(workspace, "mentions", none)
    answer = client.get(f"/study/{STUDY}")
    assert answer.status_code == 200
    assert 'id="terms"' not in answer.text


def test_only_the_first_terms_of_a_role_are_shown(workspace: Any, monkeypatch: Any) -> None:
    found = [mention("text", term=TermRef("HPO", f"HP:{n}", f"Fever {n}")) for n in range(40)]
    monkeypatch.setattr(workspace, "mentions", lambda identifier: tuple(found))
    ((role, entries, left),) = study_terms(workspace, STUDY).rows
    assert (role, len(entries), left) == ("other text", 30, 10)


def test_long_right_to_left_names_keep_their_direction(client: Any) -> None:
    text = client.get(term_url(LONG)).text
    heading = re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)
    assert heading is not None
    assert heading[1].startswith('<bdi dir="auto">تب')
    assert len(heading[1]) < 330


@pytest.mark.parametrize(
    ("counts", "drawn"),
    [
        ((), []),
        ((Count("not stated", 3),), []),
        ((Count("2020", 0),), [("2020", 0, 0.0)]),
        ((Count("2020", 4), Count("2022", 1)),
         [("2020", 4, 1.0), ("2021", 0, 0.0), ("2022", 1, 0.25)]),
        ((Count("1900", 1), Count("2022", 2)), [("1900", 1, 0.5), ("2022", 2, 1.0)]),
    ],
)  # fmt: skip
def test_bars(counts: Any, drawn: Any) -> None:
    assert [tuple(bar) for bar in bars(counts)] == drawn


def test_a_chart_has_at_most_sixty_bars() -> None:
    assert len(bars(tuple(Count(str(year), 1) for year in range(1000, 3000)))) == 60


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("conditions[3]", "conditions[3]"),
        ("arms[2].interventions[0]", "arms[2].interventions"),
        ("primary_outcomes[0].measure", "primary_outcomes[0].measure"),
    ],
)
def test_a_list_within_a_list_is_one_value_to_why(address: str, found: str) -> None:
    assert why_address(msgspec.structs.replace(mention("text"), address=address)) == found


def test_words() -> None:
    assert (q_text(0.04), q_text(0.00001)) == ("0.04", "< 0.0001")
    assert mark_of(RELATED[2]) == "fewer than 5 studies in common"
    assert mark_of(RELATED[1]) == "narrower"
    assert mark_of(RELATED[0]) == ""
    chance = msgspec.structs.replace(RELATED[0], q=0.051)
    assert mark_of(chance) == "not told from chance"
    assert (menu_asked("adverse EVENT "), menu_asked(None)) == ("Adverse event", "")
    assert (day_asked(""), day_asked("2024-02-29")) == (None, dt.date(2024, 2, 29))
    for wrong in ("2023-02-29", "2024-W01-1", "20240101", "2024-01-01T00:00", 7):
        with pytest.raises(ValueError, match="not a day"):
            day_asked(wrong)
    with pytest.raises(ValueError, match="not one of MeSH"):
        menu_asked("x")
    assert term_url(FEVER, ("role", "text"), ("x", "")) == f"{PAGE}?role=text"
