"""Which of several stated values of a concept is preferred, and why.

The order is documented rule by rule (docs/how-to/conflicts.md), holds for every study alike, and
hides nothing: all values are kept and shown. A preferred value is not a truer one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from trialweave.model import Record, Side, Value
from trialweave.sources import SOURCES

__all__ = ["RULES", "Preferred", "Rule", "preferred", "rule_of", "side_of"]

_KIND_OF: Final = {source.name: source.kind for source in SOURCES}
_COPIES: Final = frozenset(("ictrp",))  # what they say was taken over from the registers


def side_of(record: Record) -> Side:
    """Who speaks in a record: a register, a page that shows a registration, an article (or a page
    that retells one), a reviewer's sheet."""
    kind = _KIND_OF.get(record.source, "")
    if kind == "extraction":
        return "sheet"
    if record.kind == "publication":
        return "article"
    return "page" if kind == "page" else "registry"


def is_copy(record: Record) -> bool:
    """Whether a record shows another register's entry."""
    return record.source in _COPIES or side_of(record) == "page"


class Rule(NamedTuple):
    """One order of preference: its name with version, the sentence that tells it, and its key."""

    name: str
    why: str
    key: Callable[[Record, Sequence[Value[Any]]], tuple[float, ...]]


class Preferred(NamedTuple):
    """The record whose value is preferred; the reason is "" where no other states one."""

    record_id: str
    reason: str
    rule: str


def _newest(record: Record) -> float:
    """The later the last change that the record states, the smaller."""
    stated = record.stated or record.about.last_update.content
    return -float(stated.earliest.toordinal()) if stated is not None else 0.0


def _place(record: Record) -> float:
    """The register's own entry, copies of one, articles, sheets."""
    order = {"registry": 0.0, "page": 2.0, "article": 3.0, "sheet": 4.0}
    return 1.0 if record.source in _COPIES else order[side_of(record)]


def _status(record: Record, values: Sequence[Value[Any]]) -> tuple[float, ...]:
    return _place(record), _newest(record)


_TYPE_OF: Final = {
    "start_date": "start_date_type",
    "primary_completion_date": "primary_completion_date_type",
    "completion_date": "completion_date_type",
    "enrollment": "enrollment_type",
}


def _expected(record: Record, concept: str) -> float:
    """0 for what has happened, 1 where the record does not say, 2 for a plan."""
    said = getattr(record.about, _TYPE_OF.get(concept, concept)).content
    return {"actual": 0.0, "estimated": 2.0}.get(said, 1.0)


def _date(concept: str) -> Callable[[Record, Sequence[Value[Any]]], tuple[float, ...]]:
    def key(record: Record, values: Sequence[Value[Any]]) -> tuple[float, ...]:
        return _expected(record, concept), _place(record), _newest(record)

    return key


def _enrolment(record: Record, values: Sequence[Value[Any]]) -> tuple[float, ...]:
    """An article's sentence that says who was enrolled, then a register's actual number, then
    numbers of no stated kind, then plans."""
    expected = _expected(record, "enrollment")
    if side_of(record) == "article" and expected == 1.0:
        # The rule of prose takes only sentences that say "enrolled", "randomised" and the like.
        prose = any(value.rule.startswith("prose.enrollment/") for value in values)
        expected = -1.0 if prose else 1.0
    return expected, _place(record), _newest(record)


def _design(record: Record, values: Sequence[Value[Any]]) -> tuple[float, ...]:
    return (_place(record), _newest(record))


_ARTICLES: Final = ("pubmed", "europepmc", "medline", "crossref", "jats", "openalex")


def _bibliographic(record: Record, values: Sequence[Value[Any]]) -> tuple[float, ...]:
    publication = record.publication
    retold = publication is not None and publication.retold
    source = _ARTICLES.index(record.source) if record.source in _ARTICLES else len(_ARTICLES)
    return float(side_of(record) != "article"), float(retold), float(source)


def _order(record: Record, values: Sequence[Value[Any]]) -> tuple[float, ...]:
    return ()


_STATUS = Rule(
    "preference.status/1",
    "entries of registers before copies of them, the one changed last first: copies, articles and "
    "sheets lag behind",
    _status,
)
_ENROLMENT = Rule(
    "preference.enrolment/1",
    "who was enrolled before who was to be: an article's sentence that says so, then a register's "
    "actual number, then a number of no stated kind, then a plan",
    _enrolment,
)
_DESIGN = Rule(
    "preference.design/1",
    "entries of registers before copies of them, the one changed last first: there it is a field "
    "of its own, which articles tell in passing",
    _design,
)
_BIBLIOGRAPHIC = Rule(
    "preference.article/1",
    "the article's own record before pages that retell it, and of these the database that "
    "corrects its entries most",
    _bibliographic,
)
_ORDER = Rule(
    "preference.order/1",
    "the study's records in their order: the registration that names the study first",
    _order,
)
_DATES: Final = {
    concept: Rule(
        "preference.dates/1",
        "a date that has come before a planned one; of these, entries of registers before copies, "
        "the one changed last first",
        _date(concept),
    )
    for concept in ("start_date", "primary_completion_date", "completion_date")
}

RULES: Final[Mapping[str, Rule]] = {
    **dict.fromkeys(
        ("overall_status", "status_date", "why_stopped", "last_update", "has_results",
         "results_date"), _STATUS),
    **_DATES,
    **{f"{concept}_type": rule for concept, rule in _DATES.items()},
    **dict.fromkeys(("enrollment", "enrollment_type"), _ENROLMENT),
    **dict.fromkeys(
        ("primary_sponsor", "sponsor_class", "countries", "site_count", "sites", "arms", "phase",
         "study_type", "study_design", "allocation", "intervention_model", "primary_purpose",
         "masking", "who_masked", "sex", "minimum_age", "maximum_age", "healthy_volunteers",
         "primary_outcomes", "secondary_outcomes", "interventions", "registration_date"), _DESIGN),
    **dict.fromkeys(
        ("title", "doi", "pmid", "kind", "authors", "journal", "volume", "published", "citation",
         "relations"), _BIBLIOGRAPHIC),
}  # fmt: skip
"""The rule of each concept; those without one go by the order of the study's records."""


def rule_of(concept: str) -> Rule:
    """By which rule a concept's values are ordered."""
    return RULES.get(concept, _ORDER)


def preferred(
    concept: str, told: Sequence[tuple[Record, Sequence[Value[Any]]]]
) -> Preferred | None:
    """The record whose value of a concept is preferred; None where no record states one.

    `told` are records in the order of the study with their stated values. The reason is told only
    where another record states a value too.
    """
    if not told:
        return None
    rule = rule_of(concept)
    best = min(enumerate(told), key=lambda item: (*rule.key(*item[1]), item[0]))[1][0]
    reason = rule.why if len(told) > 1 else ""
    return Preferred(best.record_id, reason, rule.name)
