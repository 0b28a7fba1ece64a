"""The five saved pages as they came, beside those of the embedded corpus about the same trials."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from trialweave import corpus
from trialweave.model import Draft, Missingness, Publication, Received, Trial
from trialweave.records.enrich import suggestions
from trialweave.records.versions import harmonised
from trialweave.sources.pages import SOURCES
from trialweave.sources.pages._marks import kind_of

AT = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
CORPUS = Path(corpus.__file__).parent / "pages"
Read = Callable[[Received], tuple[Draft, ...]]


def load(path: Path) -> Received:
    return Received(path.name, path.read_bytes())


@pytest.fixture(scope="module")
def seeds(shared: Path) -> dict[str, Received]:
    """The saved pages by their kind."""
    pages = [load(path) for path in sorted((shared / "seeds").glob("*.txt"))]
    return {kind_of(page) or "": page for page in pages}


def facts(received: Received, read_page: Read) -> dict[str, object]:
    """What a page states of its trial or article, without texts of its own wording."""
    (draft,) = read_page(received)
    (record,) = harmonised([draft], received, AT)
    about = record.about
    found: dict[str, object] = {"identifier": draft.identifier}
    for name in (
        *("public_title", "primary_sponsor", "overall_status", "enrollment", "sex", "allocation"),
        *("masking", "phase", "minimum_age", "maximum_age", "healthy_volunteers", "site_count"),
        *("severity", "follow_up_days", "study_type", "study_design", "brief_summary"),
    ):
        value = getattr(about, name)
        worded = name in {"study_design", "brief_summary"} and value
        found[name] = (value.missingness, None if worded else value.content)
    for name in ("conditions", "condition_codes", "condition_terms"):
        found[name] = [value.content for value in getattr(about, name).content or ()]
    found["interventions"] = [i.name.content for i in about.interventions.content or ()]
    found["terms"] = [
        (t.identifier.content, t.correlation.content) for t in about.correlated_terms.content or ()
    ]
    for name in ("primary_outcomes", "secondary_outcomes", "arms"):
        found[name] = len(getattr(about, name).content or ())
    found["repairs"] = sorted((s.concept, s.rule) for s in suggestions(record, received))
    body = record.publication
    if body is not None:
        for name in ("title", "doi", "journal", "volume", "published", "page_date", "publisher"):
            found[name] = getattr(body, name).content
        found["authors"] = [author.content for author in body.authors.content or ()]
        found["sections"] = [part.label for part in body.sections.content or ()]
    return found


@pytest.mark.shared
@pytest.mark.parametrize("source", SOURCES[:5], ids=lambda source: source.name)
def test_corpus_pages_state_the_facts_of_the_saved_ones(
    seeds: dict[str, Received], read_page: Read, source: object
) -> None:
    name = source.name  # type: ignore[attr-defined]
    ours = {kind_of(load(path)): load(path) for path in CORPUS.glob("*.txt")}
    assert facts(ours[name], read_page) == facts(seeds[name], read_page)


@pytest.mark.shared
def test_corpus_pages_have_words_of_their_own(seeds: dict[str, Received], read_page: Read) -> None:
    """No eight words in a row are a saved page's, but in titles, names and references."""
    for path in CORPUS.glob("*.txt"):
        ours = load(path)
        theirs = " ".join(seeds[kind_of(ours) or ""].text.split())
        (draft,) = read_page(ours)
        body = draft.body
        titles = (body.title if isinstance(body, Publication) else body.public_title).content or ""
        for line in ours.text.splitlines():
            words = line.split()
            named = ("drug", "NCT", "Biological: ", "Covid", "Clinical Trial ", "This summary ")
            form = " participants in " in line or " : " in line  # the site words it for all
            if form or titles in line or "http" in line or line.strip().startswith(named):
                continue
            for i in range(len(words) - 7):
                assert " ".join(words[i : i + 8]) not in theirs, line


@pytest.mark.shared
def test_repairs_of_the_saved_pages(seeds: dict[str, Received], read_page: Read) -> None:
    (draft,) = read_page(seeds["medpath"])
    assert isinstance(draft.body, Trial)
    assert len(draft.body.inclusion_criteria.content or ()) == 1
    (record,) = harmonised([draft], seeds["medpath"], AT)
    found = {s.rule: s for s in suggestions(record, seeds["medpath"])}
    assert set(found) == {"lost-operator/1", "run-on-criteria/1", "phase-conflict/1"}
    assert "≤" in found["lost-operator/1"].suggested
    assert len(draft.body.secondary_outcomes.content or ()) == 4
    assert draft.body.study_design.missingness is Missingness.NOT_REPORTED
