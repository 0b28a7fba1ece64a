"""The lists of a ClinicalTrials.gov record: arms, interventions, outcomes, sites, papers."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from trialweave.model import (
    Arm,
    Intervention,
    Outcome,
    Reference,
    RegistryNumber,
    Site,
    Value,
)
from trialweave.model.identifiers import find, normalise
from trialweave.sources.ctgov import study as shape
from trialweave.sources.ctgov import words
from trialweave.sources.ctgov.paths import Paths
from trialweave.sources.ctgov.values import (
    IDENTIFIER,
    LIST,
    SITES,
    STATED,
    absent,
    lines,
    markup,
    text,
    word,
)

__all__ = ["arms", "countries", "interventions", "outcomes", "references", "secondary_ids", "sites"]

_OF_PAPERS = ("doi", "pmid")
_NONE: Value[Any] = absent(LIST)


def arms(
    groups: tuple[shape.ArmGroup, ...],
    interventions: tuple[shape.Intervention, ...],
    sizes: dict[int, Value[int]],
    paths: Paths,
) -> Value[tuple[Arm, ...]]:
    """The arms, with the number of those who started in them in `sizes`, by position."""
    if not groups:
        return _NONE
    count = len(groups)
    many = paths.many
    label, type_ = many["arm_label"].first(count), many["arm_type"].first(count)
    description, names = (
        many["arm_description"].first(count),
        many["arm_interventions"].first(count),
    )
    known = {intervention.name for intervention in interventions}
    return Value(
        tuple(
            [
                Arm(
                    text(arm.label, label[i]),
                    word(arm.type, type_[i], words.word),
                    markup(arm.description, description[i]),
                    lines(_names(arm.intervention_names, known), names[i]),
                    sizes.get(i, Value()),
                )
                for i, arm in enumerate(groups)
            ]
        ),
        STATED,
        paths.one["arms"],
        LIST,
    )


def _names(
    names: tuple[str, ...] | UnsetType | None, known: set[shape.Text]
) -> tuple[str, ...] | UnsetType | None:
    """An arm's interventions as the list of interventions calls them, without their type."""
    if not names:
        return names
    short = []
    for name in names:
        tail = name.partition(": ")[2]
        short.append(tail if tail in known else name)
    return tuple(short)


def interventions(
    items: tuple[shape.Intervention, ...], paths: Paths
) -> Value[tuple[Intervention, ...]]:
    """The interventions; their doses stay as written in names and descriptions."""
    if not items:
        return _NONE
    count = len(items)
    many = paths.many
    name, type_ = many["intervention_name"].first(count), many["intervention_type"].first(count)
    description = many["intervention_description"].first(count)
    arm_labels = many["intervention_arms"].first(count)
    others = many["intervention_other_names"].first(count)
    return Value(
        tuple(
            [
                Intervention(
                    text(item.name, name[i]),
                    word(item.type, type_[i], words.word),
                    markup(item.description, description[i]),
                    lines(item.arm_group_labels, arm_labels[i]),
                    lines(item.other_names, others[i]),
                )
                for i, item in enumerate(items)
            ]
        ),
        STATED,
        paths.one["interventions"],
        LIST,
    )


def outcomes(
    items: tuple[shape.Outcome, ...] | None, kind: str, paths: Paths
) -> Value[tuple[Outcome, ...]]:
    """Registered outcomes of one kind: "primary", "secondary", "other"."""
    if not items:
        return _NONE
    count = len(items)
    measure = paths.many[f"{kind}_measure"].first(count)
    time_frame = paths.many[f"{kind}_time_frame"].first(count)
    description = paths.many[f"{kind}_description"].first(count)
    return Value(
        tuple(
            [
                Outcome(
                    text(item.measure, measure[i]),
                    text(item.time_frame, time_frame[i]),
                    markup(item.description, description[i]),
                )
                for i, item in enumerate(items)
            ]
        ),
        STATED,
        paths.one[f"{kind}_outcomes"],
        LIST,
    )


def sites(items: tuple[shape.Location, ...], paths: Paths) -> Value[tuple[Site, ...]]:
    """Where the trial runs."""
    if not items:
        return absent(SITES)
    count = len(items)
    many = paths.many
    facility, city = many["site_facility"].first(count), many["site_city"].first(count)
    country, status = many["site_country"].first(count), many["site_status"].first(count)
    return Value(
        tuple(
            [
                Site(
                    text(item.facility, facility[i]),
                    text(item.city, city[i]),
                    text(item.country, country[i]),
                    word(item.status, status[i], words.status),
                )
                for i, item in enumerate(items)
            ]
        ),
        STATED,
        paths.one["sites"],
        SITES,
    )


def countries(items: tuple[shape.Location, ...], paths: Paths) -> Value[tuple[Value[str], ...]]:
    """The countries of the sites, each at the first site that names it."""
    at = paths.many["site_country"].first(len(items))
    first: dict[str, Value[str]] = {}
    for item, passage in zip(items, at, strict=False):
        if item.country and item.country not in first:
            first[item.country] = text(item.country, passage)
    if not first:
        return absent(SITES)
    return Value(tuple(first.values()), STATED, paths.one["sites"], SITES)


def references(items: tuple[shape.Reference, ...], paths: Paths) -> Value[tuple[Reference, ...]]:
    """The publications that the record cites, with numbers that stand in the citation itself."""
    if not items:
        return _NONE
    count = len(items)
    many = paths.many
    citation, kind = many["reference_citation"].first(count), many["reference_type"].first(count)
    pmid = many["reference_pmid"].first(count)
    # Numbers that a flat record lists without saying whose citation each goes with come last, and
    # stand in a list of their own there, beginning at 0.
    alone = sum(item.citation is UNSET for item in items)
    made = []
    for i, item in enumerate(items):
        numbers = _cited(item.citation)
        at = i if item.citation is not UNSET else i - (count - alone)
        number = word(item.pmid, pmid[at], _pmid, IDENTIFIER)
        if "pmid" in numbers and not number:
            number = Value(numbers["pmid"], STATED, citation[i], IDENTIFIER)
        doi: Value[str] = absent(IDENTIFIER)
        if "doi" in numbers:
            doi = Value(numbers["doi"], STATED, citation[i], IDENTIFIER)
        cited = text(item.citation, citation[i])
        sort = word(item.type, kind[at], words.reference_kind)
        made.append(Reference(number, doi, sort, cited))
    return Value(tuple(made), STATED, paths.one["references"], LIST)


def _cited(citation: shape.Text) -> dict[str, str]:
    """The first DOI and PubMed number that a citation contains."""
    numbers: dict[str, str] = {}
    if citation:
        for mention in find(citation, _OF_PAPERS):
            numbers.setdefault(mention.identifier.scheme, mention.identifier.value)
    return numbers


def _pmid(content: str) -> str | None:
    number = normalise(content, "pmid")
    return number.value if number else None


# What the register says a number is, and the scheme that this can only mean
_SCHEMES = {"EudraCT number": "eudract", "CTIS number": "ctis"}


def _registered(content: str, kind: str) -> tuple[str, str]:
    """A number in its canonical form and its scheme; as it is, and "", where of none."""
    found = None
    if len(content) <= 60:
        found = normalise(content, _SCHEMES.get(kind, "")) or normalise(content)
    if found is None or found.scheme in _OF_PAPERS:
        return content.strip(), ""
    # "NL12345" alone is as likely a sponsor's own number as the Dutch register's
    if found.scheme == "nl" and kind != "registry identifier":
        return content.strip(), ""
    return found.value, found.scheme


def secondary_ids(
    identification: shape.Identification, paths: Paths
) -> Value[tuple[RegistryNumber, ...]]:
    """The organisation's own number, other numbers, and numbers the register has given up."""
    numbers = []
    org = identification.org_study_id_info
    if org is not None and org.id:
        value, scheme = _registered(org.id, "")
        raw = org.id if value != org.id else None
        kind = words.secondary_id_kind(org.type) if org.type else "organisation's own number"
        passage = paths.one["org_id"]
        numbers.append(RegistryNumber(Value(value, STATED, passage, IDENTIFIER, raw), scheme, kind))
    others = identification.secondary_id_infos or ()
    at = paths.many["secondary_id"].first(len(others))
    for i, item in enumerate(others):
        if not item.id:
            continue
        kind = words.secondary_id_kind(item.type) if item.type else ""
        value, scheme = _registered(item.id, kind)
        raw = item.id if value != item.id else None
        if item.domain:
            kind = f"{kind}: {item.domain}" if kind else item.domain
        numbers.append(RegistryNumber(Value(value, STATED, at[i], IDENTIFIER, raw), scheme, kind))
    aliases = identification.nct_id_aliases or ()
    at = paths.many["alias"].first(len(aliases))
    for i, alias in enumerate(aliases):
        value, scheme = _registered(alias, "registry identifier")
        raw = alias if value != alias else None
        numbers.append(
            RegistryNumber(Value(value, STATED, at[i], IDENTIFIER, raw), scheme, "former number")
        )
    if not numbers:
        return _NONE
    return Value(tuple(numbers), STATED, paths.one["identification"], LIST)
