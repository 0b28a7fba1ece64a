"""The four files of RevMan's import: what stands in which, for counts, means and effects."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec

from trialweave.publish.revman import FILES, revman_files
from trialweave.synthesis import Chosen, Group, Question, Selection, Stated, Synthesis, pool
from trialweave.synthesis.answer import Light


def chosen(label: str, treatment: Group, control: Group, **more: Any) -> Chosen:
    fields: dict[str, Any] = {
        "study_id": f"id-{label}", "label": label, "year": 2030, "finding_id": "f",
        "finding_ids": ("f",), "outcome": "death", "time": "28 days", "time_days": 28.0,
        "treatment": treatment, "control": control, "allocation": "randomised",
        "allocation_from": "", "turned": False, "recovered": (), "flags": (), "own_flags": (),
        "why": "the only comparison",
    }  # fmt: skip
    return Chosen(**{**fields, **more})


def answer(*some: Chosen, **question: Any) -> Synthesis:
    return pool(Question("mortality", **question), Selection(some, ()))


def read(files: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    return {name: list(csv.DictReader(io.StringIO(text))) for name, text in files.items()}


def test_counts_stand_arm_by_arm() -> None:
    view = answer(
        chosen(
            "Alder", Group("cells", 40, 4), Group("saline", 41, 9), recovered=("size of saline",)
        ),
        chosen("Birch", Group("", 100, 12), Group("", 98, 30), flags=("x",)),
    )
    found = read(revman_files(view))
    assert tuple(found) == FILES
    information, arms, results, bias = found.values()
    assert [row["Study"] for row in information] == ["Alder", "Birch"]
    assert information[0]["Char: Participants"] == "40 and 41 participants"
    assert "worked out: size of saline" in information[0]["Char: Notes"]
    assert "1 flags" in information[1]["Char: Notes"]
    assert [tuple(row.values()) for row in arms] == [
        ("Alder", "cells", "Treatment"), ("Alder", "saline", "Control"),
        ("Birch", "Treatment", "Treatment"), ("Birch", "Control", "Control"),
    ]  # fmt: skip
    assert [(row["Arm"], row["Events"], row["Total"], row["Mean"]) for row in results[:2]] == [
        ("cells", "4", "40", ""), ("saline", "9", "41", ""),
    ]  # fmt: skip
    assert {row["Data type"] for row in results} == {"Dichotomous"}
    assert [row["Outcome"] for row in bias] == ["mortality", "mortality"]


def test_means_and_effects_as_reported() -> None:
    means = answer(
        chosen(
            "Alder",
            Group("a", 40, None, 5.5, 2.0),
            Group("b", 41, None, 6.0, 2.5),
            kind="continuous",
        ),
        chosen(
            "Birch",
            Group("a", 30, None, 5.0, 2.1),
            Group("b", 29, None, 6.5, 2.4),
            kind="continuous",
        ),
        measure="MD",
    )
    results = read(revman_files(means))["Study results.csv"]
    assert [(row["Mean"], row["SD"], row["Events"]) for row in results[:2]] == [
        ("5.5", "2.0", ""), ("6.0", "2.5", ""),
    ]  # fmt: skip
    assert results[0]["Data type"] == "Continuous"
    row = msgspec.structs.replace(means.rows[0], stated=Stated("HR", 0.7, 0.5, 0.98, 0.9))
    stated = msgspec.structs.replace(means, rows=(row,))
    (line,) = read(revman_files(stated))["Study results.csv"]
    assert (line["Data type"], line["Effect measure"], line["Effect estimate"]) == (
        "Contrast level", "HR", "0.7",
    )  # fmt: skip
    assert (line["Comparator"], line["CI start"], line["CI level"]) == ("b", "0.5", "90%")


def test_names_are_unique_and_judgements_have_their_columns() -> None:
    view = answer(
        chosen("Same", Group("t", 40, 4), Group("c", 41, 9), study_id="one"),
        chosen("Same", Group("t", 50, 5), Group("c", 51, 9), study_id="two"),
        chosen("=1+1", Group("t", 50, 5), Group("c", 51, 9)),
    )
    lights = (Light("D1", "low"), Light("D2", "high"))
    rows = (msgspec.structs.replace(view.rows[0], lights=lights), *view.rows[1:])
    found = read(revman_files(msgspec.structs.replace(view, rows=rows)))
    names = {row["Study"] for row in found["Study information.csv"]}
    assert names == {"Same (one)", "Same (two)", "'=1+1"}
    judged = {row["Study"]: row["D2: judgement"] for row in found["Risk of bias.csv"]}
    assert sorted(judged.values()) == ["", "", "high"]
    for content in found.values():
        assert {row["Study"] for row in content} == names
