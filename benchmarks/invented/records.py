"""A record in the shape of ClinicalTrials.gov's version 2, about no trial that exists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from invented.results import results
from invented.words import Draw

__all__ = ["record"]

_CONDITIONS = ("Syndrome", "Fever", "Infection", "Neuropathy", "Cancer", "Failure", "Injury")
_PLACES = (
    *("United States", "China", "France", "Germany", "Iran, Islamic Republic of", "Brazil"),
    *("India", "Egypt", "United Kingdom", "Spain", "Italy", "Canada", "Korea, Republic of"),
    *("Japan", "Australia", "Turkey (Türkiye)", "Mexico", "Poland", "Israel", "Thailand"),
)
_STATUSES = ("COMPLETED", "RECRUITING", "UNKNOWN", "TERMINATED", "ACTIVE_NOT_RECRUITING")
_PHASES = (["PHASE1"], ["PHASE2"], ["PHASE3"], ["PHASE4"], ["PHASE1", "PHASE2"], ["NA"])
_KINDS = ("DRUG", "BIOLOGICAL", "DEVICE", "BEHAVIORAL", "PROCEDURE", "OTHER")
_MASKED = ("PARTICIPANT", "OUTCOMES_ASSESSOR", "INVESTIGATOR", "CARE_PROVIDER")
_LEVELS = ("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")


def _day(days: int) -> str:
    return dt.date.fromordinal(735_000 + days).isoformat()


def _dated(draw: Draw, days: int, actual: bool) -> dict[str, str]:
    """A date to the day or, of old records, to the month; older still without its kind."""
    day = _day(days)
    old = days < 1500 and draw.chance(0.9)
    found = {"date": day[:7] if old or draw.chance(0.15) else day}
    return found if old and draw.chance(0.5) else found | {"type": ("ESTIMATED", "ACTUAL")[actual]}


def record(draw: Draw, nct: str) -> dict[str, Any]:
    posted = draw.chance(0.1)
    trial = posted or draw.chance(0.78)  # interventional
    size = draw.many(120) if draw.chance(0.98) else 0
    start = draw.between(0, 4300)
    end = start + draw.between(60, 1800)
    submitted = start + draw.between(-200, 200)
    status = "COMPLETED" if posted else draw.pick(_STATUSES)
    done = status in ("COMPLETED", "TERMINATED")
    conditions = [
        f"{w.capitalize()} {draw.pick(_CONDITIONS)}"
        for w in (draw.word() for _ in range(draw.many(1.8)))
    ]
    products = list(dict.fromkeys(draw.name() for _ in range(draw.many(2))))
    arms = _arms(draw, products, trial)
    title = f"{products[0]} for {conditions[0]}: {draw.phrase()}"
    protocol: dict[str, Any] = {
        "identificationModule": {
            "nctId": nct,
            "orgStudyIdInfo": {"id": f"{draw.pick('ABCDEFGH')}{draw.between(10, 99999)}"},
            "organization": {"fullName": f"{draw.name()} University", "class": "OTHER"},
            "briefTitle": title,
            "officialTitle": f"{draw.line()} in {conditions[0]}",
        },
        "statusModule": _status(draw, status, done, posted, start, end, submitted),
        "sponsorCollaboratorsModule": {
            "responsibleParty": {"type": "SPONSOR"},
            "leadSponsor": {
                "name": f"{draw.name()} Hospital",
                "class": draw.pick(("OTHER", "NIH")),
            },
            "collaborators": [
                {"name": f"{draw.name()} Pharma", "class": "INDUSTRY"} for _ in range(draw.below(3))
            ],
        },
        "oversightModule": {"oversightHasDmc": draw.chance(0.4), "isFdaRegulatedDrug": False},
        "descriptionModule": {
            "briefSummary": draw.text(draw.between(2, 10)),
            **({"detailedDescription": draw.text(draw.many(16))} if draw.chance(0.65) else {}),
        },
        "conditionsModule": {
            "conditions": conditions,
            "keywords": [draw.word() for _ in range(draw.many(3))],
        },
        "designModule": _design(draw, trial, size, done, len(arms)),
        "armsInterventionsModule": {
            "armGroups": arms,
            "interventions": [
                {
                    "type": draw.pick(_KINDS),
                    "name": product,
                    "description": draw.text(draw.between(1, 5)),
                    "armGroupLabels": [
                        arm["label"]
                        for arm in arms
                        if any(name.endswith(product) for name in arm["interventionNames"])
                    ],
                    **({"otherNames": [draw.name()]} if draw.chance(0.3) else {}),
                }
                for product in products
            ],
        },
        "outcomesModule": {
            "primaryOutcomes": _outcomes(draw, draw.many(1.6)),
            "secondaryOutcomes": _outcomes(draw, draw.many(6)),
        },
        "eligibilityModule": _eligibility(draw),
        "contactsLocationsModule": {
            "overallOfficials": [
                {
                    "name": f"{draw.name()}, MD",
                    "affiliation": f"{draw.name()} University",
                    "role": "PRINCIPAL_INVESTIGATOR",
                }
            ],
            "locations": _locations(draw, draw.many(8)),
        },
    }
    if draw.chance(0.4):
        protocol["referencesModule"] = {
            "references": [_reference(draw) for _ in range(draw.many(4))]
        }
    if draw.chance(0.5):
        protocol["ipdSharingStatementModule"] = {
            "ipdSharing": draw.pick(("NO", "YES", "UNDECIDED"))
        }
    found = {"resultsSection": results(draw, arms, size, protocol)} if posted else {}
    derived = {
        "miscInfoModule": {"versionHolder": "2026-06-01"},
        "conditionBrowseModule": _browse(draw, conditions),
        "interventionBrowseModule": _browse(draw, products),
    }
    return {"protocolSection": protocol, **found, "derivedSection": derived, "hasResults": posted}


def _status(
    draw: Draw, status: str, done: bool, posted: bool, start: int, end: int, submitted: int
) -> dict[str, Any]:
    updated = end + draw.between(0, 400)
    found: dict[str, Any] = {
        "statusVerifiedDate": _day(updated)[:7],
        "overallStatus": status,
        "expandedAccessInfo": {"hasExpandedAccess": False},
        "startDateStruct": _dated(draw, start, done),
        "primaryCompletionDateStruct": _dated(draw, end - draw.between(0, 50), done),
        "completionDateStruct": _dated(draw, end, done),
        "studyFirstSubmitDate": _day(submitted),
        "studyFirstSubmitQcDate": _day(submitted + 2),
        "studyFirstPostDateStruct": {"date": _day(submitted + 5), "type": "ACTUAL"},
        "lastUpdateSubmitDate": _day(updated),
        "lastUpdatePostDateStruct": {"date": _day(updated + 3), "type": "ACTUAL"},
    }
    if status == "TERMINATED":
        found["whyStopped"] = draw.phrase()
    if status == "UNKNOWN":
        found["lastKnownStatus"] = "RECRUITING"
    if posted:
        found["resultsFirstSubmitDate"] = _day(end + 300)
        found["resultsFirstPostDateStruct"] = {"date": _day(end + 360), "type": "ACTUAL"}
    return found


def _design(draw: Draw, trial: bool, size: int, done: bool, arms: int) -> dict[str, Any]:
    enrollment = {"count": size, "type": "ACTUAL" if done else "ESTIMATED"}
    if not trial:
        info: dict[str, Any] = {"observationalModel": "COHORT", "timePerspective": "PROSPECTIVE"}
        return {"studyType": "OBSERVATIONAL", "designInfo": info, "enrollmentInfo": enrollment}
    masked = draw.below(5) if arms > 1 else 0
    info = {
        "allocation": "RANDOMIZED" if arms > 1 else "NA",
        "interventionModel": "PARALLEL" if arms > 1 else "SINGLE_GROUP",
        "primaryPurpose": draw.pick(("TREATMENT", "PREVENTION", "SUPPORTIVE_CARE")),
        "maskingInfo": {"masking": _LEVELS[masked]}
        | ({"whoMasked": list(_MASKED[:masked])} if masked else {}),
    }
    return {
        "studyType": "INTERVENTIONAL",
        "phases": draw.pick(_PHASES),
        "designInfo": info,
        "enrollmentInfo": enrollment,
    }


def _arms(draw: Draw, products: list[str], trial: bool) -> list[dict[str, Any]]:
    types = ("EXPERIMENTAL", "PLACEBO_COMPARATOR", "ACTIVE_COMPARATOR", "NO_INTERVENTION")
    count = draw.pick((1, 2, 2, 2, 2, 3, 4)) if trial else draw.pick((1, 2))
    return [
        {
            "label": f"{'ABCD'[i]}: {draw.phrase()}",
            **({"type": types[i]} if trial else {}),
            "description": draw.text(draw.between(1, 5)),
            "interventionNames": [f"Drug: {name}" for name in (products[i:] or products[:1])],
        }
        for i in range(count)
    ]


def _outcomes(draw: Draw, count: int) -> list[dict[str, str]]:
    return [
        {
            "measure": draw.phrase(),
            **({"description": draw.text(draw.between(1, 4))} if draw.chance(0.7) else {}),
            "timeFrame": f"{draw.pick(('Day', 'Week', 'Month'))} {draw.between(1, 52)}",
        }
        for _ in range(count)
    ]


def _eligibility(draw: Draw) -> dict[str, Any]:
    def listed(count: int) -> str:
        return "\n".join(f"* {draw.line()}" for _ in range(count))

    low = draw.between(18, 60)
    text = f"Inclusion Criteria:\n\n* Age \\>= {low} years\n{listed(draw.many(6))}\n\n"
    found = {
        "eligibilityCriteria": f"{text}Exclusion Criteria:\n\n{listed(draw.many(8))}",
        "healthyVolunteers": draw.chance(0.2),
        "sex": draw.pick(("ALL", "ALL", "ALL", "FEMALE", "MALE")),
        "minimumAge": f"{low} Years",
        "stdAges": ["ADULT", "OLDER_ADULT"],
    }
    return found | ({"maximumAge": f"{low + 25} Years"} if draw.chance(0.5) else {})


def _locations(draw: Draw, count: int) -> list[dict[str, Any]]:
    home = draw.pick(_PLACES)
    return [
        {
            "facility": f"{draw.name()} Medical Center",
            "city": draw.word().capitalize(),
            "zip": str(draw.between(10_000, 99_999)),
            "country": home if draw.chance(0.8) else draw.pick(_PLACES),
            "geoPoint": {"lat": draw.below(90_000) / 1e3, "lon": draw.below(180_000) / 1e3},
        }
        for _ in range(count)
    ]


def _reference(draw: Draw) -> dict[str, str]:
    year = draw.between(2005, 2025)
    cited = f"{draw.name()}, {draw.name()}. {draw.phrase()}. J {draw.word().capitalize()}."
    return {
        "pmid": str(draw.between(10_000_000, 39_999_999)),
        "type": draw.pick(("BACKGROUND", "DERIVED", "RESULT")),
        "citation": f"{cited} {year};{draw.between(1, 90)}(2):1-9. "
        f"doi: 10.9999/j.{year}.{draw.between(1000, 99999)}.",
    }


def _browse(draw: Draw, names: Sequence[str]) -> dict[str, Any]:
    def term(name: str) -> dict[str, str]:
        return {"id": f"D{draw.between(1, 999999):06d}", "term": name}

    return {
        "meshes": [term(name) for name in names],
        "ancestors": [term(draw.name()) for _ in range(draw.between(1, 8))],
    }
