"""Contact data stay in the archive: nothing that is shown or exported holds them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from trialweave.workspace import Workspace

RECORD = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT09999991", "briefTitle": "An invented trial"},
        "descriptionModule": {"briefSummary": "Questions go to study.office@example.org, please."},
        "contactsLocationsModule": {
            "centralContacts": [
                {
                    "name": "Rosalind Exempla",
                    "role": "CONTACT",
                    "phone": "+99 555 010 7788",
                    "email": "rosalind@example.org",
                }
            ],
            "locations": [
                {
                    "facility": "Hospital A",
                    "city": "Sometown",
                    "country": "Iran",
                    "contacts": [{"name": "Niels Nobody", "phone": "555 010 1234"}],
                }
            ],
        },
    }
}
SECRETS = ("Rosalind", "555 010", "rosalind@example.org", "study.office@example.org", "Niels")


def test_no_contact_is_shown(tmp_path: Path) -> None:
    """Not by `why`, whatever is asked for, nor by `document`, `show` or `search`."""
    file = tmp_path / "r.json"
    file.write_text(json.dumps(RECORD), encoding="utf-8")
    workspace = Workspace(tmp_path / "w")
    workspace.add(file)
    study = workspace.show("NCT09999991")
    shown = [workspace.document(row.record_id) for row in study.records]
    answers = [
        *shown,
        workspace.document(shown[0].record.record_id, path="protocolSection"),
        *(workspace.why("NCT09999991", row.concept) for row in study.concepts),
        workspace.search("Sometown"),
    ]
    text = b"".join(msgspec.json.encode(answer) for answer in answers).decode()
    assert "Hospital A" in text
    assert "▒" in text
    for secret in SECRETS:
        assert secret not in text, secret
    (summary,) = workspace.why("NCT09999991", "brief_summary").entries
    assert "study.office@" not in summary.before + summary.match + summary.after


def test_no_address_in_a_wording_is_shown_by_any_operation(tmp_path: Path) -> None:
    told = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT09999992", "briefTitle": "Ask a@example.org"},
            "conditionsModule": {"conditions": ["Sepsis", "b@example.org"]},
            "eligibilityModule": {
                "eligibilityCriteria": "Inclusion Criteria:\n\n* Sepsis, ask c@example.org\n"
            },
            "armsInterventionsModule": {
                "interventions": [{"type": "DRUG", "name": "Cells of d@example.org"}]
            },
            "outcomesModule": {"primaryOutcomes": [{"measure": "Death, see e@example.org"}]},
        }
    }
    file = tmp_path / "r.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    workspace = Workspace(tmp_path / "w")
    workspace.add(file)
    study = "NCT09999992"
    answers = [
        workspace.show(study),
        workspace.search("sepsis"),
        workspace.term("sepsis"),
        workspace.terms(),
        workspace.criteria(study),
        workspace.export_criteria(study, "csv"),
        workspace.interventions(study),
        workspace.outcomes(study),
    ]
    text = b"".join(map(msgspec.json.encode, (*answers, *workspace.mentions(study)))).decode()
    assert "Sepsis, ask ▒▒▒▒▒▒▒▒▒▒▒▒▒" in text
    assert "example.org" not in text


def test_passages_stay_where_they_are(tmp_path: Path) -> None:
    """Blotting changes no length: the passage of a later value is still that value."""
    file = tmp_path / "r.json"
    file.write_text(json.dumps(RECORD), encoding="utf-8")
    workspace = Workspace(tmp_path / "w")
    workspace.add(file)
    (entry,) = workspace.why("NCT09999991", "sites[0].facility").entries
    assert entry.match == "Hospital A"
