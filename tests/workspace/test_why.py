"""`why` on a long list: one look at the document, and every entry in its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trialweave.model import Received
from trialweave.store.archive import Archive
from trialweave.workspace import Workspace


def test_a_long_list_reads_its_document_once(tmp_path: Path, monkeypatch: Any) -> None:
    """300 outcomes of three parts: 900 entries, one read of the archive, each match right."""
    outcomes = [
        {"measure": f"Measure {i}", "timeFrame": f"{i} days", "description": f'Said "{i}"'}
        for i in range(300)
    ]
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT09999992", "briefTitle": "An invented trial"},
            "outcomesModule": {"secondaryOutcomes": outcomes},
        }
    }
    file = tmp_path / "r.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    workspace = Workspace(tmp_path / "w")
    workspace.add(file)
    reads: list[str] = []
    read = Archive.read

    def counted(self: Archive, sha256: str) -> Received:
        reads.append(sha256)
        return read(self, sha256)

    monkeypatch.setattr(Archive, "read", counted)
    entries = workspace.why("NCT09999992", "secondary_outcomes").entries
    assert len(entries) == 900
    assert len(reads) == 1
    assert all(json.loads(f'"{entry.match}"') == entry.text for entry in entries)
