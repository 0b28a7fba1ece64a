"""The same invented trial as another register has it."""

from __future__ import annotations

from typing import Any

from invented.words import Draw

__all__ = ["PORTAL", "row", "twin"]

PORTAL = """TrialID|Last Refreshed on|Public title|Scientific title|Acronym|Primary sponsor|\
Date registration|Date registration3|Export date|Source Register|web address|Recruitment Status|\
other records|Inclusion agemin|Inclusion agemax|Inclusion gender|Date enrollement|Target size|\
Study type|Study design|Phase|Countries|Contact Firstname|Contact Lastname|Contact Address|\
Contact Email|Contact Tel|Contact Affiliation|Inclusion Criteria|Exclusion Criteria|Condition|\
Intervention|Primary outcome|results date posted|results date completed|results url link|\
Retrospective flag|Bridging flag truefalse|Bridged type|results yes no"""


def twin(draw: Draw, record: dict[str, Any], nct: str, cites: str) -> dict[str, Any]:
    """The same trial as somebody else registered it: facts stay, prose is another."""
    protocol = record["protocolSection"]
    names = protocol["identificationModule"]
    names["nctId"] = nct
    names["orgStudyIdInfo"] = {"id": f"T{draw.between(1000, 99999)}"}
    head, _, tail = names["briefTitle"].partition(": ")
    names["briefTitle"] = f"{' '.join(sorted(tail.split()))}: {head}"
    names["officialTitle"] = draw.phrase() + " " + names["officialTitle"]
    if cites:
        names["secondaryIdInfos"] = [
            {"id": cites, "type": "REGISTRY", "domain": "another register"}
        ]
    protocol["descriptionModule"] = {"briefSummary": draw.text(5)}
    for outcome in protocol["outcomesModule"]["secondaryOutcomes"]:
        outcome["description"] = draw.text(1)
    record.pop("resultsSection", None)
    record["hasResults"] = False
    return record


def row(draw: Draw, protocol: dict[str, Any], index: int, cites: str) -> dict[str, str]:
    """The trial as a row of the portal's table."""
    names, status = protocol["identificationModule"], protocol["statusModule"]
    people = protocol["eligibilityModule"]
    inside, _, outside = people["eligibilityCriteria"].partition("Exclusion Criteria:")
    registered = status["studyFirstSubmitDate"]
    cells = {
        "TrialID": f"ISRCTN{10_000_000 + (index * 7_368_787) % 90_000_000}",
        "Public title": f"{names['briefTitle']} - {draw.phrase()}",
        "Scientific title": names["officialTitle"],
        "Primary sponsor": protocol["sponsorCollaboratorsModule"]["leadSponsor"]["name"],
        "Date registration": registered,
        "Date registration3": registered.replace("-", ""),
        "Source Register": "ISRCTN",
        "Recruitment Status": "Not Recruiting",
        "other records": cites,
        "Inclusion agemin": people["minimumAge"],
        "Inclusion gender": people["sex"].capitalize(),
        "Date enrollement": status["startDateStruct"]["date"],
        "Target size": str(protocol["designModule"]["enrollmentInfo"]["count"]),
        "Study type": protocol["designModule"]["studyType"].capitalize(),
        "Countries": ";".join(
            dict.fromkeys(
                site["country"] for site in protocol["contactsLocationsModule"]["locations"]
            )
        ),
        "Inclusion Criteria": inside,
        "Exclusion Criteria": outside,
        "Condition": ";".join(protocol["conditionsModule"]["conditions"]),
        "Intervention": ";".join(
            f"Drug: {one['name']}" for one in protocol["armsInterventionsModule"]["interventions"]
        ),
        "Primary outcome": ";".join(
            one["measure"] for one in protocol["outcomesModule"]["primaryOutcomes"]
        ),
    }
    return {name: cells.get(name, "") for name in PORTAL.split("|")}
