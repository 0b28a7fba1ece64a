"""What one record of the EU Clinical Trials Information System says, as a `Trial`.

The choices that are not the register's own words are told in `sources.europe.ctis`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trialweave.model import (
    Arm,
    Intervention,
    Missingness,
    Outcome,
    Passage,
    Site,
    Trial,
    Value,
)
from trialweave.sources.ctgov import words as ctgov_words
from trialweave.sources.europe._ctis_other import other, sharing
from trialweave.sources.europe._ctis_record import VALUES, Record, ctis
from trialweave.sources.europe._tree import Branch, JsonBranch, one
from trialweave.sources.europe._values import Piece
from trialweave.sources.words import phase_set, plain, status_of

__all__ = ["harmonise"]

_V = VALUES

_STATUSES = {
    "1": "planned",  # under evaluation
    "2": "planned",  # authorised, recruitment pending
    "3": "recruiting",
    "4": "recruiting",
    "5": "active, closed",
    "6": "suspended",  # temporarily halted
    "7": "suspended",
    "8": "completed",  # ended
    "9": "not authorised",  # the authorisation expired unused
    "10": "withdrawn",  # revoked
    "11": "not authorised",
    "12": "withdrawn",  # cancelled
}
_OLD_STATUSES = {
    "authorisednotstarted": "planned",
    "authorisedrecruiting": "recruiting",
    "ongoing": "other",
    "halted": "suspended",
}
_PHASES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("1", "2", "3"), ("1",)),
    "4": ("2",),
    "5": ("3",),
    "6": ("4",),
    **dict.fromkeys(("7", "8", "9"), ("1", "2")),
    "10": ("2", "3"),
    "11": ("3", "4"),
}
_ALLOCATIONS = {"1": "randomised", "2": "non-randomised", "3": "not applicable"}
_BY_COUNTRY = re.compile(r"[A-Z]{2}: ?(?P<date>\d{4}-\d{2}-\d{2}|\d{2}/\d{2}/\d{4})")
_CONTACTS = (
    *(("publicContacts",), ("scientificContacts",), ("contactPointForUnion",)),
    *(("thirdParties", "phoneNumber"), ("thirdParties", "email")),
)


def _one(pieces: list[Piece]) -> Piece | None:
    return pieces[0] if pieces else None


def harmonise(record: Record) -> Trial:
    """The content of one record."""
    names = ("trialDetails", "clinicalTrialIdentifiers")
    sponsors = record.branches("authorizedPartI", "sponsors")
    leading = [s for s in sponsors if _true(one(s, "primary"))] or sponsors[:1]
    if not leading:
        leading = record.top.branches("primarySponsor")
    periods = record.branches(
        "authorizedPartI", "trialDetails", "protocolInformation", "studyDesign", "periodDetails"
    )
    begun = record.first(("startDateEU",))
    expected = _one(record.details("trialDuration", "estimatedRecruitmentStartDate"))
    ended = record.first(("endDateEU",), ("endDate",), ("trialGlobalEnd", "endDate"))
    end = _one(record.details("trialDuration", "estimatedGlobalEndDate")) or _one(
        record.details("trialDuration", "estimatedEndDate")
    )
    size, size_type = _size(record)
    sites = tuple(_sites(record))
    return Trial(
        primary_id=_V.word(record.first(("ctNumber",)), ctis, "identifier"),
        secondary_ids=_numbers(record),
        funding=_V.listed(record.details("sourceOfMonetarySupport", "organisationName")),
        primary_sponsor=_V.text(
            next((p for s in leading for p in s.cells("organisation", "name")), None)
        ),
        sponsor_class=_V.word(
            next((p for s in leading for p in s.cells("commercial")), None), str.lower
        ),
        secondary_sponsors=_V.listed(
            piece
            for sponsor in sponsors
            if not _true(one(sponsor, "primary")) and sponsor not in leading
            for piece in sponsor.cells("organisation", "name")
        ),
        contacts=_contacts(sponsors + leading),
        public_title=_V.text(_one(record.part(*names, "publicTitle"))),
        scientific_title=_V.text(
            _one(record.part(*names, "fullTitle")) or record.first(("title",))
        ),
        acronym=_V.text(_one(record.part(*names, "shortTitle")) or record.first(("shortTitle",))),
        countries=_V.listed(
            record.cells("memberStatesConcerned", "mscName")
            + record.part("rowCountriesInfo", "name")
        ),
        conditions=_V.listed(
            record.part("medicalConditions", "medicalCondition")
            or record.details("medicalCondition", "partIMedicalConditions", "medicalCondition")
        ),
        condition_codes=_V.listed(
            record.details("medicalCondition", "meddraConditionTerms", "classificationCode")
        ),
        condition_terms=_V.listed(
            record.details("medicalCondition", "meddraConditionTerms", "termName")
        ),
        interventions=_V.several(tuple(_interventions(record))),
        arms=_V.several(
            tuple(
                Arm(label=_V.text(one(arm, "title")), description=_V.text(one(arm, "description")))
                for period in periods
                for arm in period.branches("armDetails")
            )
        ),
        inclusion_criteria=_V.listed(
            record.details(
                "eligibilityCriteria", "principalInclusionCriteria", "principalInclusionCriteria"
            ),
            "criteria",
        ),
        exclusion_criteria=_V.listed(
            record.details(
                "eligibilityCriteria", "principalExclusionCriteria", "principalExclusionCriteria"
            ),
            "criteria",
        ),
        sex=_sex(record),
        healthy_volunteers=_healthy(record),
        allocation=_same(periods, "allocationMethod", _ALLOCATIONS.get),
        masking=_same(periods, "blindingMethodCode", lambda _: None),
        who_masked=_V.listed(p for period in periods for p in period.cells("blindedRoles", "name")),
        phase=_phase(record),
        start_date=_V.date(begun or expected),
        start_date_type=_kind(begun, expected),
        enrollment=size,
        enrollment_type=size_type,
        overall_status=_status(record),
        primary_outcomes=_outcomes(record, "primaryEndPoints"),
        secondary_outcomes=_outcomes(record, "secondaryEndPoints"),
        completion_date=_V.date(ended or end),
        completion_date_type=_kind(ended, end),
        has_results=_results(record),
        results_date=_V.date(
            record.first(
                ("results", "summaryResults", "submissionDate"),
                ("results", "clinicalStudyReports", "submitDate"),
            )
        ),
        ipd_sharing=sharing(record),
        site_count=_site_count(record, sites),
        sites=_V.several(sites, "sites"),
        last_update=_V.date(record.first(("lastUpdated",))),
        other=tuple(other(record)),
    )


def _true(piece: Piece | None) -> bool:
    return piece is not None and piece.raw == "true"


def _contacts(sponsors: list[Branch]) -> Value[str]:
    """That people can be asked, and where they stand; never who."""
    for sponsor in sponsors:
        for path in _CONTACTS:
            found = sponsor.branches(*path[:1])
            if found and isinstance(sponsor, JsonBranch):
                where = f"{sponsor.path}.{path[0]}"
                return Value(None, Missingness.WITHHELD, Passage(path=where), _V.rule("withheld"))
    return _V.absent("withheld")


def _numbers(record: Record) -> Value[Any]:
    names = ("trialDetails", "clinicalTrialIdentifiers", "secondaryIdentifyingNumbers")
    found = [
        _V.number(piece, kind, scheme)
        for path, kind, scheme in (
            (("eudraCt", "eudraCtCode"), "EudraCT number", "eudract"),
            (("authorizedPartI", *names, "nctNumber", "number"), "NCT number", "nct"),
            (
                ("authorizedPartI", *names, "whoUniversalTrialNumber", "number"),
                "WHO Universal Trial Number",
                "utn",
            ),
            (("authorizedPartI", *names, "isrctnNumber", "number"), "ISRCTN number", "isrctn"),
            (("authorizedPartI", *names, "additionalRegistries", "number"), "other register", ""),
        )
        for piece in record.cells(*path)
    ]
    return _V.several(tuple(number for number in found if number is not None))


def _interventions(record: Record) -> Iterator[Intervention]:
    groups = record.branches("authorizedPartI", "productRoleGroupInfos")
    pairs = [
        (_one(group.cells("productRoleName")), product)
        for group in groups
        for product in group.branches("products")
    ]
    if not pairs:
        pairs = [(None, product) for product in record.branches("authorizedPartI", "products")]
    for role, product in pairs:
        names = [
            piece
            for path in (
                ("productName",),
                ("productDictionaryInfo", "prodName"),
                ("jsonActiveSubstanceNames",),
                ("productDictionaryInfo", "activeSubstanceName"),
                ("sponsorProductCodeEdit",),
            )
            for piece in product.cells(*path)
            if plain(piece.raw) not in ("", "na", "notapplicable")
        ]
        if not names and role is None:
            continue
        others = {piece.read(): piece for piece in names[1:] if names}
        if names:
            others.pop(names[0].read(), None)
        kept = next(iter(others.values()), None)
        yield Intervention(
            name=_V.text(names[0] if names else role),
            description=_V.text(role),
            other_names=_V.absent("list")
            if kept is None
            else _V.derived(tuple(others), kept, "list"),
        )


def _sex(record: Record) -> Value[Any]:
    people = ("populationOfTrialSubjects",)
    female = _one(record.details(*people, "isFemaleSubjects"))
    male = _one(record.details(*people, "isMaleSubjects"))
    if _true(female) and _true(male):
        assert female is not None
        return _V.derived("all", female, "sex")
    for piece, sex in ((female, "female"), (male, "male")):
        if piece is not None and _true(piece):
            return _V.derived(sex, piece, "sex")
    return _V.absent("sex")


def _healthy(record: Record) -> Value[bool]:
    """Whether healthy volunteers are among the groups that the record lists."""
    groups = record.details("populationOfTrialSubjects", "clinicalTrialGroups", "name")
    for piece in groups:
        if plain(piece.raw) == "healthyvolunteers":
            return _V.derived(True, piece, "flag")
    if groups and all(plain(piece.raw) == "patients" for piece in groups):
        return _V.derived(False, groups[0], "flag")
    return _V.absent("flag")


def _same(periods: list[Branch], name: str, read: Any) -> Value[Any]:
    """A code that all periods of the trial share; unreadable where they differ."""
    pieces = [piece for period in periods for piece in period.cells(name)]
    if not pieces:
        return _V.absent("design")
    codes = {piece.raw.strip() for piece in pieces}
    return _V.word(pieces[0], read if len(codes) == 1 else lambda _: None, "design")


def _phase(record: Record) -> Value[tuple[str, ...]]:
    code = _one(record.details("trialCategory", "trialPhase"))
    if code is not None:
        return _V.word(code, lambda text: _PHASES.get(text.strip()), "phase")
    return _V.word(record.first(("trialPhase",)), phase_set, "phase")


def _kind(actual: Piece | None, estimated: Piece | None) -> Value[Any]:
    """Whether a date is of what happened or of what was planned, by the field it stands in."""
    if actual is not None:
        return _V.derived("actual", actual, "word")
    return _V.absent("word") if estimated is None else _V.derived("estimated", estimated, "word")


def _size(record: Record) -> tuple[Value[int], Value[Any]]:
    """The planned sample size of the whole trial, and that it is planned."""
    states = record.branches("authorizedPartsII")
    parts = [one(state, "recruitmentSubjectCount") for state in states]
    outside = _one(record.part("rowSubjectCount"))
    counted = [*parts, outside] if outside is not None else parts
    sizes = [ctgov_words.count(piece.raw) if piece is not None else None for piece in counted]
    elsewhere = bool(record.part("rowCountriesInfo", "name"))
    if states and None not in sizes and (outside is not None or not elsewhere):
        pieces = [piece for piece in counted if piece is not None]
        total = sum(size for size in sizes if size is not None)
        root = ".".join((*record.root, "authorizedPartsII"))
        at = pieces[0].passage() if len(pieces) == 1 else Passage(path=root)
        raw = " + ".join(piece.raw for piece in pieces)[:200]
        rule = _V.rule("sample_size")
        if total <= ctgov_words.MOST:
            return (
                Value(total, Missingness.STATED, at, rule, raw),
                Value("estimated", Missingness.STATED, at, rule),
            )
    total_piece = record.first(("totalNumberEnrolled",))
    if total_piece is None or elsewhere:
        return _V.absent("count"), _V.absent("word")
    return _V.count(total_piece), _V.derived("estimated", total_piece, "word")


def _status(record: Record) -> Value[str]:
    code = record.first(("ctPublicStatusCode",))
    if code is not None:
        return _V.word(code, lambda text: _STATUSES.get(text.strip()), "status")
    if record.is_new:
        return _V.absent("status")

    def old(text: str) -> str | Missingness:
        return _OLD_STATUSES.get(plain(text)) or status_of(text, "ctis")

    return _V.word(record.first(("ctStatus",)), old, "status")


def _outcomes(record: Record, kind: str) -> Value[tuple[Outcome, ...]]:
    return _V.outcomes(
        [Outcome(measure=_V.text(piece)) for piece in record.details("endPoint", kind, "endPoint")]
    )


def _results(record: Record) -> Value[bool]:
    """Whether a summary of results or a study report is there; what is not there is not "no"."""
    for name in ("summaryResults", "clinicalStudyReports", "laypersonResults"):
        if record.top.branches("results", name):
            where = Passage(path=f"results.{name}")
            return Value(True, Missingness.STATED, where, _V.rule("results"))
    return _V.flag(record.first(("resultsFirstReceived",)))


def _sites(record: Record) -> Iterator[Site]:
    for state in record.branches("authorizedPartsII"):
        country = one(state, "mscInfo", "mscName") or one(state, "mscInfo", "countryName")
        for site in state.branches("trialSites"):
            where = "organisationAddressInfo"
            yield Site(
                facility=_V.text(one(site, where, "organisation", "name")),
                city=_V.text(one(site, where, "address", "city")),
                country=_V.text(one(site, where, "address", "countryName") or country),
            )


def _site_count(record: Record, sites: tuple[Site, ...]) -> Value[int]:
    """The sites of all states; those outside the EEA are not listed, so then it is not known."""
    if not sites or record.part("rowCountriesInfo", "name"):
        return _V.absent("sites")
    where = Passage(path=".".join((*record.root, "authorizedPartsII")))
    return Value(len(sites), Missingness.STATED, where, _V.rule("sites"))
