"""Records of one article are one report; what was retracted marks all that lean on it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import Publication, Record, Related, Report, Value, stated
from trialweave.studies import weave
from trialweave.studies.identities import identity
from trialweave.studies.notices import notices
from trialweave.studies.relations import is_preprint, marked, notice_kind, relations, untitled
from trialweave.studies.reports import reports

DOI, NOTICE, PREPRINT = "10.5555/lamp.1", "10.5555/lamp.2", "10.1101/2031.01.02.99999"
TITLE = "Lamp oil against night fever in imaginary adults: a randomised trial"


def say(content: Any) -> Value[Any]:
    return stated(content, "test/1")


def related(record: Record, *found: tuple[str, str]) -> Record:
    """The record with relations: kind, and a DOI or PubMed number ("" where none is stated)."""
    assert record.publication is not None
    made = tuple(
        Related(
            kind,
            doi=say(number) if number.startswith("10.") else Value(),
            pmid=say(number) if number.isdigit() else Value(),
        )
        for kind, number in found
    )
    body = msgspec.structs.replace(record.publication, relations=say(made))
    return msgspec.structs.replace(record, publication=body)


def signed(record: Record, *names: str) -> Record:
    assert record.publication is not None
    body = msgspec.structs.replace(
        record.publication, authors=say(tuple(say(name) for name in names))
    )
    return msgspec.structs.replace(record, publication=body)


def told(found: tuple[Report, ...]) -> list[tuple[str, dict[str, str]]]:
    return [(one.kind, {part.record_id: part.role for part in one.parts}) for one in found]


def noticed(*records: Record) -> list[tuple[str, str, str]]:
    found = notices(map(identity, records), {record.record_id: "study" for record in records})
    return [(one.record_id, one.kind, one.number) for one in found]


@pytest.mark.parametrize(
    ("kind", "standing", "what"),
    [
        ("RetractionIn", "subject", "retraction"),
        ("Retraction of", "notice", "retraction"),
        ("retraction in", "subject", "retraction"),
        ("retracted-article", "notice", "retraction"),
        ("retraction-forward", "subject", "retraction"),
        ("retracted", "subject", "retraction"),
        ("PartialRetractionIn", "subject", "partial retraction"),
        ("expression_of_concern of", "notice", "expression of concern"),
        ("object-of-concern", "notice", "expression of concern"),
        ("ErratumIn", "subject", "correction"),
        ("ErratumFor", "notice", "correction"),
        ("corrected-article", "notice", "correction"),
        ("withdrawal in", "subject", "withdrawal"),
        ("RetractedandRepublishedIn", "replaced", "retraction"),
        ("CorrectedandRepublishedFrom", "replaces", "correction"),
        ("is-preprint-of", "version", ""),
        ("UpdateOf", "version", ""),
        ("CommentIn", None, None),
        ("DatasetUseReportedIn", None, None),
        ("RepublishedIn", None, None),
    ],
)
def test_relations_in_the_words_of_each_source(
    kind: str, standing: str | None, what: str | None, make: SimpleNamespace
) -> None:
    body = related(make.article("a:1", DOI), (kind, NOTICE)).publication
    assert body is not None
    found = [(each.standing, each.what) for each in relations(body)]
    assert found == ([] if standing is None else [(standing, what)])


@pytest.mark.parametrize(
    ("title", "notice", "mark", "bare"),
    [
        ("RETRACTED: Lamps at night", "", "retraction", "Lamps at night"),
        ("Retracted Article: Lamps", "", "retraction", "Lamps"),
        ("WITHDRAWN: Lamps", "", "withdrawal", "Lamps"),
        ("Retraction Note: Lamps at night", "retraction", "", "Lamps at night"),
        ("Correction to: Lamps at night", "correction", "", "Lamps at night"),
        ("Erratum: Lamps", "correction", "", "Lamps"),
        ("Editorial expression of concern: Lamps", "expression of concern", "", "Lamps"),
        # These are articles: the words are their subject.
        ("Correction of anaemia with lamp oil", "", "", "Correction of anaemia with lamp oil"),
        ("Withdrawal of lamp oil in adults", "", "", "Withdrawal of lamp oil in adults"),
        ("Retraction for better exposure", "", "", "Retraction for better exposure"),
    ],
)
def test_titles_of_notices_and_of_articles_about_corrections(
    title: str, notice: str, mark: str, bare: str
) -> None:
    body = Publication(title=say(title))
    assert (notice_kind(body), marked(body)[0], untitled(title)) == (notice, mark, bare)


def test_a_cold_spring_harbor_journal_is_no_preprint(make: SimpleNamespace) -> None:
    dois = {
        "10.1101/2031.01.02.99999": True,
        "10.1101/gr.999999.131": False,
        "10.21203/rs.3.rs-9": True,
    }
    for doi, expected in dois.items():
        assert is_preprint(make.article("a:1", doi).publication) is expected


def study(make: SimpleNamespace) -> list[Record]:
    """A registration with a copy, an article in three records, its preprint, a page, a notice."""
    article = {"title": TITLE}
    return [
        make.registration("NCT99000001", "ctgov"),
        make.registration("NCT99000001", "ictrp"),
        related(
            make.article("pubmed:1", DOI, pmid="90000001", **article), ("RetractionIn", NOTICE)
        ),
        make.article(f"crossref:{DOI}", DOI, **article),
        make.article("medline:1", pmid="90000001", **article),
        make.article("news:1", DOI, title="Oil helps", retold=True),
        related(make.article("crossref:p", PREPRINT, **article), ("is-preprint-of", DOI)),
        make.article(f"crossref:{NOTICE}", NOTICE, title=f"Retraction Note: {TITLE}"),
        make.article("ris:2", "10.5555/other.9", title="Lamp oil after one year"),
    ]


EXPECTED = [
    ("registration", {"ctgov:NCT99000001": "registration", "ictrp:NCT99000001": "registry copy"}),
    (
        "article",
        {
            "pubmed:1": "article",
            "medline:1": "article",
            f"crossref:{DOI}": "article",
            "crossref:p": "preprint",
            f"crossref:{NOTICE}": "retraction",
            "news:1": "page",
        },
    ),
    ("article", {"ris:2": "article"}),
]


@given(st.permutations(range(9)))
def test_reports_do_not_depend_on_the_order(make: SimpleNamespace, order: list[int]) -> None:
    records = study(make)
    found = told(reports([records[at] for at in order]))
    assert sorted(found, key=str) == sorted(EXPECTED, key=str)


def test_an_article_and_its_preprint_by_title_and_author(make: SimpleNamespace) -> None:
    article = signed(make.article("pubmed:1", DOI, title=TITLE), "Doe, Ann")
    preprint = signed(make.article("ris:1", PREPRINT, title=TITLE.upper()), "Ann B. Doe")
    (one,) = reports([preprint, article])
    assert one.report_id == DOI
    assert "title" in one.reasons[0]
    stranger = signed(make.article("ris:1", PREPRINT, title=TITLE), "Roe, Bob")
    assert len(reports([stranger, article])) == 2
    # Two articles with numbers of their own stay two, and what fits both joins neither.
    second = signed(make.article("pubmed:2", "10.5555/lamp.7", title=TITLE), "Doe, Ann")
    assert len(reports([article, second, preprint])) == 3


def test_a_retraction_marks_every_record_of_the_article_and_no_other(
    make: SimpleNamespace,
) -> None:
    assert noticed(*study(make)) == [
        (f"crossref:{DOI}", "retraction", NOTICE),
        ("medline:1", "retraction", NOTICE),
        ("news:1", "retraction", NOTICE),
        ("pubmed:1", "retraction", NOTICE),
    ]


def test_a_notice_is_enough_and_the_article_may_be_silent(make: SimpleNamespace) -> None:
    article = make.article("ris:1", DOI, title=TITLE)
    notice = related(make.article("pubmed:9", NOTICE, title="Notice"), ("ErratumFor", DOI))
    assert noticed(article, notice) == [("ris:1", "correction", NOTICE)]
    (found,) = notices(map(identity, (article, notice)), {"ris:1": "S", "pubmed:9": "S"})
    assert (found.notice_id, found.stated_by) == ("pubmed:9", "pubmed:9")
    flagged = related(make.article("openalex:1", DOI), ("retracted", ""))
    assert noticed(flagged) == [("openalex:1", "retraction", "")]


def test_what_is_said_twice_is_told_once(make: SimpleNamespace) -> None:
    article = related(
        make.article("pubmed:1", DOI), ("ErratumIn", NOTICE), ("ErratumIn", "90000009")
    )
    again = related(
        make.article("crossref:1", DOI), ("correction in", NOTICE), ("correction in", "")
    )
    found = [one for one in noticed(article, again) if one[0] == "pubmed:1"]
    assert found == [("pubmed:1", "correction", NOTICE), ("pubmed:1", "correction", "90000009")]


def test_relations_weave_preprint_article_and_notice_into_one_study(
    make: SimpleNamespace,
) -> None:
    records = [
        make.article("pubmed:1", DOI, title="Lamp oil"),
        related(
            make.article("crossref:p", PREPRINT, title="Oil of lamps"), ("is-preprint-of", DOI)
        ),
        related(make.article("pubmed:9", NOTICE, title="A notice"), ("RetractionOf", DOI)),
        related(make.article("pubmed:3", "10.5555/c.1", title="We comment"), ("CommentOn", DOI)),
    ]
    woven = weave(records, {})
    assert sorted(map(len, (study.record_ids for study in woven.studies))) == [1, 3]
    relations_ = {link.relation for link in woven.links if link.kind == "asserted"}
    assert relations_ == {"another version of the article", "retracts the article"}


def test_a_notice_about_two_articles_joins_neither_and_marks_both(make: SimpleNamespace) -> None:
    one, other = make.article("a:1", DOI), make.article("a:2", "10.5555/lamp.8")
    notice = related(
        make.article("a:9", NOTICE), ("RetractionOf", DOI), ("RetractionOf", "10.5555/lamp.8")
    )
    assert len(weave([one, other, notice], {}).studies) == 3
    assert [found[0] for found in noticed(one, other, notice)] == ["a:1", "a:2"]


def test_cyclic_and_absurd_relations_end(make: SimpleNamespace) -> None:
    a = related(make.article("a:1", DOI), ("RetractionOf", DOI), ("RetractionIn", NOTICE))
    b = related(make.article("a:2", NOTICE), ("RetractionOf", DOI), ("RetractionIn", DOI))
    many = related(make.article("a:3", PREPRINT), *[("UpdateOf", DOI)] * 500)
    assert sum(len(one.parts) for one in reports([a, b, many])) == 3
    assert weave([a, b, many], {}).studies
    assert noticed(a, b, many) == [("a:1", "retraction", NOTICE)]
