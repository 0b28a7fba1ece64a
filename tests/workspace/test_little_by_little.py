"""What is taken over from the generation before is what deriving all anew gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave import corpus
from trialweave.errors import WorkspaceError
from trialweave.pipeline import carrying
from trialweave.store import arrays, index, tables
from trialweave.store.generations import Generation, Generations
from trialweave.studies import comparing
from trialweave.workspace import Workspace

_TOLD = " ".join(
    f"{one} {two} lanterns were {three} by the {four} keeper"
    for one, two, three, four in zip(
        ["amber", "brass", "coral", "dusky", "early", "faint", "green", "humid", "ivory", "jolly"],
        ["north", "south", "inner", "outer", "upper", "lower", "first", "other", "third", "final"],
        [
            "lit",
            "dimmed",
            "carried",
            "counted",
            "mended",
            "hidden",
            "lifted",
            "sold",
            "turned",
            "weighed",
        ],
        ["old", "young", "quiet", "tall", "merry", "weary", "proud", "clever", "honest", "patient"],
        strict=True,
    )
)


def registration(number: str, title: str, size: int, told: str = "") -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": number, "briefTitle": title},
            "statusModule": {
                "overallStatus": "RECRUITING",
                "lastUpdatePostDateStruct": {"date": f"2020-05-{size % 28 + 1:02d}"},
            },
            "descriptionModule": {"detailedDescription": told},
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": f"House of {title}"}},
            "designModule": {"enrollmentInfo": {"count": size, "type": "ESTIMATED"}},
        }
    }


def _live(workspace: Workspace) -> Generation:
    found = Generations(workspace.root).current()
    assert found is not None
    return found


def _held(workspace: Workspace) -> dict[str, Any]:
    """All that a generation says, in forms that do not depend on how it was written."""
    live = _live(workspace)
    found = workspace.search(limit=1000)
    return {
        "studies": tables.read_studies(live.file("studies")),
        "links": tables.read_links(live.file("links")),
        "checks": tables.read_checks(live.file("checks")),
        "notices": tables.read_notices(live.file("notices")),
        "reuse": tables.read_reuse(live.file("reuse")),
        "conflicts": live.table("conflicts").column("body").to_pylist(),
        "findings": sorted(live.table("findings", ["finding_id", "study_id"]).to_pylist(), key=str),
        "trials": sorted(live.table("trials", ["record_id", "study_id"]).to_pylist(), key=str),
        "searched": sorted(hit.study_id for hit in found.hits),
        "facets": found.facets,
        "bone": sorted(hit.study_id for hit in workspace.search("bone marrow", limit=1000).hits),
    }


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Three parts: the pages, half of the sheet with two registrations, the rest with a change."""
    pages = [path for path in corpus.files() if path.suffix != ".jsonl"]
    sheet = next(path for path in corpus.files() if path.suffix == ".jsonl")
    lines = sheet.read_bytes().splitlines(keepends=True)
    half = len(lines) // 2
    found = {}
    for name, part in (("1", lines[:half]), ("2", lines[half:])):
        found[f"sheet {name}"] = tmp_path / f"sheet{name}.jsonl"
        found[f"sheet {name}"].write_bytes(b"".join(part))
    for name, size in (("1", 40), ("2", 44)):
        found[f"register {name}"] = tmp_path / f"register{name}.json"
        records = [
            registration("NCT09000001", "Bone marrow cells against sea fog", size),
            registration("NCT09000002", "Humming against sea fog", 12),
        ]
        found[f"register {name}"].write_text(json.dumps({"studies": records}))
    found["alike"] = tmp_path / "alike.json"
    alike = [("NCT09000003", "Whistling on stairs", 77), ("NCT09000004", "Painted oars", 31)]
    found["alike"].write_text(
        json.dumps({"studies": [registration(*each, told=_TOLD) for each in alike]})
    )
    return found | {path.name: path for path in pages}


@pytest.mark.parametrize("growth", [0.0, 100.0])
def test_in_three_steps_as_in_one(
    tmp_path: Path,
    files: dict[str, Path],
    growth: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(comparing, "FEW", 0)
    monkeypatch.setattr(comparing, "GROWTH", growth)
    taken: list[int] = []
    further = index.further

    def counted(base: Path, path: Path, gone: Any, documents: Any) -> int:
        taken.append(further(base, path, gone, documents))
        return taken[-1]

    monkeypatch.setattr(index, "further", counted)
    steps = Workspace(tmp_path / "steps")
    first = [path for name, path in files.items() if name not in ("sheet 2", "register 2")]
    steps.add(first)
    steps.add(files["register 2"])  # another version of one study, nothing else
    assert taken == [1]
    steps.add(files["sheet 2"])
    whole = Workspace(tmp_path / "whole")
    whole.add([*first, files["register 2"], files["sheet 2"]])
    one, other = _held(steps), _held(whole)
    if growth:  # compared by the counts of the first step: weights may differ
        assert {each.study_id for each in one["studies"]}
        return
    assert one == other
    assert [each.study_a for each in one["reuse"]] == ["NCT09000003"]
    assert len(taken) == 2
    assert taken[1] < len(one["studies"])


def test_a_decision_derives_only_what_follows(
    tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "FEW", 0)
    workspace = Workspace(tmp_path / "workspace")
    workspace.add(list(files.values()))
    before = _held(workspace)
    taken: list[frozenset[str]] = []
    carried = carrying.carried

    def told(*given: Any) -> carrying.Carried:
        found = carried(*given)
        taken.append(found.studies)
        return found

    monkeypatch.setattr("trialweave.pipeline.build.carried", told)
    workspace.link("NCT09000001", "NCT09000002", because="One protocol.", by="ann")
    after = _held(workspace)
    assert len(after["studies"]) == len(before["studies"]) - 1
    assert len(taken[0]) == len(after["studies"]) - 1
    workspace.withdraw("NCT09000001", "NCT09000002", because="Two after all.", by="ann")
    again = _held(workspace)
    assert again == before


@pytest.mark.parametrize("part", [0.1, 0.5, 0.8])
def test_damage_is_not_taken_over(tmp_path: Path, files: dict[str, Path], part: float) -> None:
    workspace = Workspace(tmp_path / "workspace")
    workspace.add([files["sheet 1"], files["alike"]])
    path = _live(workspace).file("checks")
    data = bytearray(path.read_bytes())
    data[int(len(data) * part)] ^= 0xFF
    path.chmod(0o644)
    path.write_bytes(data)
    with pytest.raises(WorkspaceError):
        workspace.add(files["register 1"])
    assert _live(workspace).number == 1


def test_what_was_compared_and_cannot_be_read(
    tmp_path: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another program version: all is compared anew, and nothing is lost."""
    workspace = Workspace(tmp_path / "workspace")
    workspace.add(files["sheet 1"])
    path = _live(workspace).path / "compared.npz"
    held = arrays.load_arrays(path)
    arrays.save_arrays(path, held | {"rest": held["rest"][:10]})
    monkeypatch.setattr(comparing, "FEW", 0)
    workspace.add(files["register 1"])
    assert workspace.show("NCT09000001").study.title == "Bone marrow cells against sea fog"
    assert msgspec.structs.asdict(workspace.status())["records"] > 20


def test_shared_text_that_became_a_template_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And counts again where the studies that share it become fewer, as deriving all anew says."""
    monkeypatch.setattr(comparing, "FEW", 0)
    common = _TOLD.replace("lanterns", "anchors").replace("keeper", "pilot") + "."
    names = [f"{made} {kind}" for made in ("Lit", "Dim", "Old", "Shut") for kind in "abc"]
    workspace = Workspace(tmp_path / "workspace")

    def put(told: str, *titles: str, at: int) -> None:
        file = tmp_path / f"{at}.json"
        made = [
            registration(f"NCT0900{number:04d}", title, number + 30, told=told)
            for number, title in enumerate(titles, at)
        ]
        file.write_text(json.dumps({"studies": made}))
        workspace.add(file)

    def words() -> int:
        live = _live(workspace)
        held = tables.read_reuse(live.file("reuse"))
        (pair,) = [each for each in held if each.study_b == "NCT09000002"]
        workspace.rebuild()
        assert tables.read_reuse(_live(workspace).file("reuse")) == held
        return pair.words

    put(f"{_TOLD}. {common}", "Whistling on stairs", "Painted oars", at=1)
    every = words()
    put(common, *(f"Sea fog {name}" for name in names), at=10)
    without = words()
    assert 60 < without < every
    for number in range(11, 15):  # five of the fourteen are one
        workspace.link("NCT09000010", f"NCT0900{number:04d}", because="One.", by="ann")
    assert words() == every
