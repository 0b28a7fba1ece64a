"""The concepts a record may state, their titles, and how their values are walked and compared.

A concept is a field of `Trial`, or a bibliographic field of `Publication`. A value's address is
the concept's name and, inside lists, an index and a part: ``primary_outcomes[0].time_frame``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from trialweave.model import Missingness, PartialDate, Record, Value
from trialweave.records.places import normalise_country
from trialweave.records.posted import TABLES, Tables, rows

__all__ = [
    "CONCEPTS",
    "TABLES",
    "Concept",
    "Leaf",
    "agree",
    "leaves",
    "text_of",
]


class Concept(msgspec.Struct, frozen=True):
    """One thing that records state: its title for people, and its item of the WHO data set."""

    name: str
    title: str
    group: str
    who_item: str = ""
    compared: bool = False  # whether differences between sources are conflicts worth showing


def _concepts(group: str, *rows: tuple[str, str, str, bool]) -> list[Concept]:
    return [Concept(name, title, group, item, compared) for name, title, item, compared in rows]


CONCEPTS: dict[str, Concept] = {
    concept.name: concept
    for concept in (
        *_concepts(
            "identification",
            ("primary_id", "Registry number", "1", False),
            ("secondary_ids", "Other numbers", "3", False),
            ("public_title", "Public title", "9", False),
            ("scientific_title", "Scientific title", "10", False),
            ("acronym", "Acronym", "", False),
            ("registration_date", "Registered on", "2", True),
            ("last_update", "Record last updated", "", False),
        ),
        *_concepts(
            "who and where",
            ("primary_sponsor", "Primary sponsor", "5", True),
            ("sponsor_class", "Kind of sponsor", "", False),
            ("secondary_sponsors", "Other sponsors", "6", False),
            ("funding", "Sources of funding", "4", False),
            ("contacts", "Contacts", "7, 8", False),
            ("countries", "Countries", "11", True),
            ("site_count", "Number of sites", "", True),
            ("sites", "Sites", "", False),
            ("ethics_review", "Ethics review", "21", False),
        ),
        *_concepts(
            "question",
            ("brief_summary", "Summary", "", False),
            ("detailed_description", "Description", "", False),
            ("conditions", "Conditions", "12", False),
            ("condition_codes", "Condition codes", "12", False),
            ("severity", "Severity", "", False),
            ("keywords", "Keywords", "", False),
            ("condition_terms", "Condition terms", "", False),
            ("interventions", "Interventions", "13", False),
            ("intervention_terms", "Intervention terms", "", False),
            ("correlated_terms", "Correlated terms", "", False),
            ("arms", "Arms", "", False),
        ),
        *_concepts(
            "design",
            ("study_type", "Study type", "15", True),
            ("study_design", "Study design", "15", False),
            ("phase", "Phase", "15", True),
            ("allocation", "Allocation", "15", True),
            ("intervention_model", "Intervention model", "15", True),
            ("primary_purpose", "Primary purpose", "15", True),
            ("masking", "Masking", "15", True),
            ("who_masked", "Who is masked", "15", False),
            ("follow_up_days", "Follow-up, days", "", True),
        ),
        *_concepts(
            "people",
            ("enrollment", "Enrolment", "17", True),
            ("enrollment_type", "Enrolment is", "17", True),
            ("sex", "Sex", "14", True),
            ("minimum_age", "Minimum age, years", "14", True),
            ("maximum_age", "Maximum age, years", "14", True),
            ("healthy_volunteers", "Healthy volunteers", "14", True),
            ("inclusion_criteria", "Inclusion criteria", "14", False),
            ("exclusion_criteria", "Exclusion criteria", "14", False),
            ("eligibility_text", "Eligibility, as one text", "14", False),
        ),
        *_concepts(
            "time",
            ("overall_status", "Recruitment status", "18", True),
            ("status_date", "Status as of", "18", False),
            ("why_stopped", "Why stopped", "", False),
            ("start_date", "First enrolment", "16", True),
            ("start_date_type", "First enrolment is", "16", True),
            ("primary_completion_date", "Primary completion", "22", True),
            ("primary_completion_date_type", "Primary completion is", "22", True),
            ("completion_date", "Completion", "22", True),
            ("completion_date_type", "Completion is", "22", True),
        ),
        *_concepts(
            "outcomes",
            ("primary_outcomes", "Primary outcomes", "19", False),
            ("secondary_outcomes", "Secondary outcomes", "20", False),
            ("other_outcomes", "Other outcomes", "20", False),
            ("has_results", "Results posted", "23", True),
            ("results_date", "Results posted on", "23", False),
            ("participant_flow", "Participant flow", "23", False),
            ("baseline", "Baseline characteristics", "23", False),
            ("adverse_events", "Adverse events", "23", False),
            ("limitations", "Limitations and caveats", "23", False),
            ("references", "References", "23", False),
            ("ipd_sharing", "Sharing of participant data", "24", False),
            ("source_statement", "Says its data are from", "", False),
        ),
        *_concepts(
            "article",
            ("title", "Article's title", "", False),
            ("doi", "DOI", "", False),
            ("pmid", "PubMed number", "", False),
            ("kind", "Kind of article", "", False),
            ("authors", "Authors", "", False),
            ("journal", "Journal", "", False),
            ("volume", "Volume", "", False),
            ("published", "Published", "", False),
            ("page_date", "Page dated", "", False),
            ("publisher", "Page of", "", False),
            ("url", "Address", "", False),
            ("citation", "Citation", "", False),
            ("registrations", "Registry numbers named", "", False),
            ("relations", "Corrections, retractions and versions", "", False),
            ("report_of", "Further report of", "", False),
            ("sections", "Text", "", False),
        ),
        *_concepts("rest", ("other", "Also stated", "", False)),
    )
}


class Leaf(msgspec.Struct, frozen=True):
    """One value with its address; `label` is what its part is called, such as "Methods"."""

    concept: str
    address: str
    value: Value[Any]
    label: str = ""


def leaves(record: Record, *, tables: Tables = "none") -> Iterator[Leaf]:
    """Every value of a record that says something: stated, or expressly missing.

    Posted outcomes are findings, and not told here, nor are the cells of an article's tables, whose
    text is. Posted tables are left out, told "in short", or "whole", row by row (see
    `records.posted`).
    """
    if record.publication is not None:
        yield from _fields(record.publication, skip=("trial", "suggestions", "retold", "tables"))
    about = record.about
    yield from _fields(about, skip=("suggestions", "results", *TABLES))
    if tables != "none":
        for name in TABLES:
            for address, value in rows(about, name, whole=tables == "whole"):
                yield Leaf(name, address, value)


def _fields(body: msgspec.Struct, skip: tuple[str, ...]) -> Iterator[Leaf]:
    for name in body.__struct_fields__:
        if name not in skip:
            yield from _walk(name, name, getattr(body, name))


def _walk(concept: str, address: str, item: Any, label: str = "") -> Iterator[Leaf]:
    if isinstance(item, Value):
        if _is_listing(item.content):
            for index, part in enumerate(item.content or ()):
                yield from _walk(concept, f"{address}[{index}]", part)
        elif item.missingness is not Missingness.NO_FIELD:
            yield Leaf(concept, address, item, label)
    elif isinstance(item, tuple):
        for index, part in enumerate(item):
            yield from _walk(concept, f"{address}[{index}]", part)
    elif isinstance(item, msgspec.Struct):
        named = getattr(item, "label", "")
        for name in item.__struct_fields__:
            part = getattr(item, name)
            if isinstance(part, Value):
                said = named if isinstance(named, str) else ""
                yield from _walk(concept, f"{address}.{name}", part, said)


def _is_listing(content: Any) -> bool:
    """Whether a content is a tuple of values or of parts that hold values."""
    return isinstance(content, tuple) and bool(content) and isinstance(content[0], msgspec.Struct)


def text_of(value: Value[Any]) -> str:
    """A value as one line for people; the missingness in words where nothing is stated."""
    if not value:
        return value.missingness.value
    return _plain(value.content)


def _plain(content: Any) -> str:
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, float):
        return f"{content:g}"
    if isinstance(content, tuple):
        return "; ".join(_plain(part) for part in content)
    if isinstance(content, Value):
        return text_of(content)
    if isinstance(content, PartialDate):
        return str(content)
    if isinstance(content, msgspec.Struct):
        parts = (getattr(content, name) for name in content.__struct_fields__)
        return ", ".join(_plain(part) for part in parts if part)
    return str(content)


_BLANKS = re.compile(r"\s+")


def agree(concept: str, left: Sequence[Value[Any]], right: Sequence[Value[Any]]) -> bool:
    """Whether two records' stated values of one concept are compatible.

    Dates agree where the spans of days that they can mean overlap; countries by ISO code; texts
    without regard to case, blanks and a final full stop; lists as sets.
    """
    dates = [
        [v.content for v in side if isinstance(v.content, PartialDate)] for side in (left, right)
    ]
    if dates[0] and dates[1]:
        return any(
            a.earliest <= b.latest and b.earliest <= a.latest for a in dates[0] for b in dates[1]
        )
    return _keys(concept, left) == _keys(concept, right)


def _keys(concept: str, values: Sequence[Value[Any]]) -> frozenset[object]:
    keys: set[object] = set()
    for value in values:
        content = value.content
        parts = content if isinstance(content, tuple) else (content,)
        for part in parts:
            if concept == "countries":
                keys.add(normalise_country(str(part)) or _key_text(str(part)))
            else:
                keys.add(_key_text(part) if isinstance(part, str) else part)
    return frozenset(keys)


def _key_text(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _BLANKS.sub(" ", folded).strip(" .")
