"""An invented workspace: six trials, five small vocabularies, and the terms found in the trials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trialweave.store.mentions import rows_of
from trialweave.terms import shelf
from trialweave.terms.annotate import annotated
from trialweave.terms.recognise import build
from trialweave.terms.term import Link, Name, Release, Term
from trialweave.workspace import Workspace


def term(identifier: str, *names: str, **more: Any) -> Term:
    """A term whose first name is the preferred one."""
    scopes = ("preferred", *("exact" for _ in names[1:]))
    named = tuple(Name(*each) for each in zip(names, scopes, strict=True))
    return Term(identifier, named, **more)


def release(vocabulary: str, *terms: Term, links: tuple[Link, ...] = ()) -> Release:
    """A release of an invented vocabulary."""
    return Release(
        vocabulary, "2031", f"{vocabulary} licence", f"Ada, {vocabulary}", terms, (), links
    )


HPO = release(
    "HPO",
    term("HP:0090000", "Abnormal heat", kind="phenotype"),
    term("HP:0090001", "Invented fever", "Reed fever", kind="phenotype",
         definition="Heat that nobody has.", parents=("HP:0090000",), alike=("UMLS:C9900001",)),
    term("HP:0090002", "Night fever", kind="phenotype", parents=("HP:0090001",),
         former=("HP:0090012",)),
    term("HP:0090003", "Fever of sailors", kind="phenotype",
         parents=("HP:0090001", "HP:0090002")),
    term("HP:0090004", "Swamp ague", kind="phenotype", obsolete=True, replaced_by="HP:0090001"),
    links=(
        Link("HP:0090001", "gene", "NCBIGene:99901", "FVR1", "OMIM:990001"),
        Link("HP:0090001", "gene", "NCBIGene:99901", "FVR1", "OMIM:990002; 3/4"),
        Link("HP:0090002", "gene", "NCBIGene:99902", "NOC2", "OMIM:990003"),
        Link("HP:0090003", "gene", "NCBIGene:99999", "ZZQ9", ""),
    ),
)  # fmt: skip
MESH = release(
    "MeSH",
    term("D990001", "Invented Fever", "Fever, Invented", kind="disease"),
    term("D990002", "Reed Oil", kind="chemical"),
    term("D990003", "Reedoprotein", kind="protein"),
)
MONDO = release(
    "MONDO",
    term("MONDO:0099001", "sailor heat disease", kind="disease",
         alike=("MESH:D990001", "OMIM:990001", "UMLS:C9900001")),
)  # fmt: skip
GENES = release(
    "HGNC",
    Term("HGNC:99901", (Name("FVR1", "symbol"), Name("fever receptor 1")), "gene",
         alike=("NCBIGene:99901",)),
    Term("HGNC:99902", (Name("NOC2", "symbol"), Name("nocturnin 2")), "gene",
         alike=("NCBIGene:99902",)),
)  # fmt: skip
CHANGES = release(
    "UniProt",
    Term("VAR_990001", (Name("FVR1 p.Val99Met", "preferred"), Name("p.Val99Met", "symbol")),
         "variant", "likely benign or benign", alike=("dbSNP:rs99900001", "UniProt:P99901")),
    Term("VAR_990002", (Name("FVR1 p.Gly7Asp", "preferred"), Name("p.Gly7Asp", "symbol")),
         "variant", "of uncertain significance", alike=("dbSNP:rs99900002",)),
    Term("VAR_990003", (Name("NOC2 p.Ala3Thr", "preferred"), Name("p.Ala3Thr", "symbol")),
         "variant"),
    links=(
        Link("VAR_990001", "gene", "", "FVR1"),
        Link("VAR_990001", "disease", "OMIM:990001", "Sailor heat"),
        Link("VAR_990002", "gene", "", "FVR1"),
        Link("VAR_990003", "gene", "", "NOC2"),
        Link("VAR_990003", "disease", "OMIM:990009", "Moon ague"),
    ),
)  # fmt: skip
RELEASES = (HPO, MESH, MONDO, GENES, CHANGES)


def trial(
    number: int, title: str, start: str = "", countries: tuple[str, ...] = (), **more: Any
) -> Any:
    """A registration in the register's own form."""
    status: dict[str, Any] = {"overallStatus": "COMPLETED"}
    if start:
        status["startDateStruct"] = {"date": start}
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT0910000{number}", "briefTitle": title},
            "statusModule": status,
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": f"Clinic {number}"}},
            "descriptionModule": {"briefSummary": more.get("summary", "")},
            "conditionsModule": {"conditions": list(more.get("conditions", ()))},
            "designModule": {"phases": ["PHASE2"], "enrollmentInfo": {"count": 40 + number}},
            "armsInterventionsModule": {
                "interventions": [
                    {"type": "DRUG", "name": name} for name in more.get("interventions", ())
                ]
            },
            "outcomesModule": {
                "primaryOutcomes": [{"measure": text} for text in more.get("outcomes", ())]
            },
            "eligibilityModule": {"eligibilityCriteria": more.get("criteria", "")},
            "contactsLocationsModule": {"locations": [{"country": each} for each in countries]},
        }
    }


TRIALS = (
    trial(1, "Reed oil against heat", "2020-03-01", ("France",),
          conditions=("Invented fever",), interventions=("Reed oil",),
          outcomes=("Time to the end of night fever",),
          summary="Write to ada@reed.example.org if night fever comes back."),
    trial(2, "Sleep of sailors", "2021-02", ("France", "Spain"), conditions=("Night fever",)),
    trial(3, "Coughs", "2021-05", ("Spain",), conditions=("Cough",),
          criteria="Exclusion Criteria:\n\n* Invented fever in the last 30 days\n"),
    trial(4, "Genes of heat", conditions=("Heat",),
          outcomes=("Expression of the FVR1 gene", "Carriers of rs99900001",
                    "Carriers of FVR1 p.Val99Met")),
    trial(5, "Broth", "2021-09", interventions=("Moon broths", "Captain's stew")),
    trial(6, "More broth", "2022-01", ("Spain",), interventions=("Moon Broth",),
          conditions=("Reed fever",)),
)  # fmt: skip


def workspace(folder: Path) -> Workspace:
    """The trials in a workspace with the vocabularies on its shelf, and their mentions."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, record in enumerate(TRIALS, 1):
        (folder / f"{number}.json").write_text(json.dumps(record))
    held = Workspace(folder / "w")
    held.add(sorted(folder.glob("*.json")))
    for each in RELEASES:
        shelf.add(held.root, each, [(each.vocabulary, each.vocabulary.encode())])
    state = held._state()
    found = annotated(state.records(), lambda texts: build(RELEASES, texts))
    state.__dict__["mentions"] = rows_of(list(found))
    return held
