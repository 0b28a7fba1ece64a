"""Pages that retell articles: lists around the text, sections, references."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trialweave.errors import NoIdentifier
from trialweave.model import Draft, Missingness, Publication, Received

Page = Callable[[str], Received]
Read = Callable[[Received], tuple[Draft, ...]]


@pytest.fixture
def article(page: Page, read_page: Read) -> Callable[[str], Publication]:
    def one(name: str) -> Publication:
        (draft,) = read_page(page(name))
        assert isinstance(draft.body, Publication)
        assert draft.body.retold
        assert draft.body.doi.content == draft.identifier
        return draft.body

    return one


def sections(body: Publication) -> list[tuple[str, str]]:
    return [(part.label, part.text.content or "") for part in body.sections.content or ()]


def labelled(body: Publication) -> dict[str, str | None]:
    return {label.label: label.value.content for label in body.other}


def test_news_lists(article: Callable[[str], Publication]) -> None:
    it = article("news_registered")
    assert it.title.content == "Fooprazole | or rest in marsh cough: a randomised trial"
    assert it.publisher.content == "Fen Research Centre"
    assert it.doi.content == "10.9999/fen.2032(1).7"
    assert it.pmid.missingness is Missingness.NOT_REPORTED
    assert it.journal.content == "Annals of Fens"
    assert (str(it.published.content), str(it.page_date.content)) == ("2032-01-12", "2032-02-01")
    assert [author.content for author in it.authors.content or ()] == ["A. Bee", "C. Dee", "E. Eff"]
    said = labelled(it)
    assert said["views"] == "2075"  # its label is a picture on the page
    assert said["محل"] == "تهران"
    assert (said["News Code"], said["Comments for this article"]) == ("41", "3")


def test_news_sections_that_run_on(article: Callable[[str], Publication]) -> None:
    it = article("news_registered")
    assert [label for label, _ in sections(it)] == [
        "Objective",
        "Methods",
        "Results",
        "Conclusion",
        "Trial registration",
    ]
    assert sections(it)[2][1] == "Cough stopped in 20 patients (62.5%)."
    assert [(n.scheme, n.value.content) for n in it.registrations.content or ()] == [
        ("nct", "NCT99000033"),
        ("irct", "IRCT20990101012345N7"),
    ]


def test_news_without_labels(article: Callable[[str], Publication]) -> None:
    it = article("news_plain")
    assert it.title.content == "Short walks after hip repair"
    assert it.doi.content == "10.9999/walk.1"  # the one article that the text names
    assert it.authors.missingness is Missingness.NOT_REPORTED
    assert len(sections(it)) == 1
    assert sections(it)[0][0] == ""
    assert sections(it)[0][1].endswith("than before.")
    assert labelled(it)["News Code"] == "42"


def test_news_of_no_article(page: Page, read_page: Read) -> None:
    plain = page("news_plain")
    with pytest.raises(NoIdentifier):
        read_page(Received(plain.name, plain.data.replace(b"10.9999", b"x")))


def test_summary_reference(article: Callable[[str], Publication]) -> None:
    it = article("summary_vancouver")
    assert [author.content for author in it.authors.content or ()] == ["Bee A", "Dee CD", "Eff E"]
    assert (it.journal.content, it.volume.content) == ("Ann Fens", "7")
    assert (str(it.published.content), str(it.page_date.content)) == ("2031", "2031-03-04")
    assert it.kind.content == "original article"
    assert (it.url.content or "").endswith("/full")
    assert not it.registrations  # a number under "Related Posts" is not this article's
    assert labelled(it)["Source"] == "Annals of Fens"


def test_summary_parts(article: Callable[[str], Publication]) -> None:
    parts = dict(sections(article("summary_vancouver")))
    assert list(parts) == [
        "",
        "Study Objective",
        "Methods",
        "Who Paid",
        "Key Results",
        "Conclusion",
    ]
    assert parts["Key Results"] == "Outcome Observed Effect\nDeaths Two of 29"


@pytest.mark.parametrize(
    ("reference", "authors"),
    [
        (
            "Bee, A., Dee, C. D., & Eff, E. (2031). T. J, 7. doi:10.9999/a",
            ["Bee, A.", "Dee, C. D.", "Eff, E."],
        ),
        ("Bee, A. (2031). T. J, 7. doi:10.9999/a", ["Bee, A."]),
        ("The Fen Group (2031). T. J, 7. doi:10.9999/a", ["The Fen Group"]),
        ("O'Fen-Bee, A.-M., et al. (2031). T. J, 7. doi:10.9999/a", ["O'Fen-Bee, A.-M."]),
    ],
)
def test_authors_of_a_reference(
    page: Page, read_page: Read, reference: str, authors: list[str]
) -> None:
    plain = page("summary_vancouver")
    start = plain.text.index("Bee A, Dee")
    text = plain.text[:start] + reference + plain.text[plain.text.index("\n", start) :]
    (draft,) = read_page(Received(plain.name, text.encode()))
    assert isinstance(draft.body, Publication)
    assert [author.content for author in draft.body.authors.content or ()] == authors
    assert str(draft.body.published.content) == "2031"
