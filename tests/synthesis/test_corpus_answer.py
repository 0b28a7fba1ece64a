"""The whole way on the embedded corpus: read, find, weave, choose, pool."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from pathlib import Path

import pytest

from trialweave import corpus
from trialweave.model import Finding, Received, Record
from trialweave.records.versions import admit
from trialweave.results import read_findings
from trialweave.sources import read_all
from trialweave.studies import Weave, weave
from trialweave.synthesis import Question, Selection, choose, pool
from trialweave.synthesis.groups import counts as counts_of

World = tuple[tuple[Record, ...], tuple[Finding, ...], Weave]


@pytest.fixture(scope="module")
def world() -> World:
    records: list[Record] = []
    for path in corpus.files():
        received = Received(path.name, path.read_bytes())
        result = read_all(received)
        assert not result.problems
        records += admit(result.drafts, {}, received, dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    found = {record.record_id: read_findings(record) for record in records}
    findings = tuple(finding for some in found.values() for finding in some)
    return tuple(records), findings, weave(records, found)


def select(world: World, question: Question) -> Selection:
    records, findings, woven = world
    return choose(question, woven.studies, records, findings)


def test_reports_of_one_trial_are_one_study(world: World) -> None:
    records, _, woven = world
    study_of = {name: study.study_id for study in woven.studies for name in study.record_ids}
    later = [r for r in records if r.publication is not None and r.publication.report_of]
    assert later
    for record in later:
        assert record.publication is not None
        main = f"{record.source}:{record.publication.report_of.content}"
        assert study_of[record.record_id] == study_of[main]


@pytest.mark.parametrize(
    "family", ["mortality", "survival", "adverse events", "serious adverse events"]
)
@pytest.mark.parametrize("designs", ["randomised", "comparative"])
def test_every_study_is_told_of_once(world: World, family: str, designs: str) -> None:
    question = Question(family, designs=designs)  # type: ignore[arg-type]
    selection = select(world, question)
    told = [one.study_id for one in (*selection.chosen, *selection.left_out)]
    assert sorted(told) == sorted(study.study_id for study in world[2].studies)
    assert all(one.why for one in selection.left_out)
    answer = pool(question, selection)
    assert len(answer.rows) == len(selection.chosen) > 1


def test_single_groups_are_left_out(world: World) -> None:
    selection = select(world, Question("mortality", designs="comparative"))
    single = {
        record.record_id
        for record in world[0]
        if record.about.allocation.content == "not applicable"
    }
    assert single
    for one in selection.chosen:
        assert one.finding_id.rpartition("#")[0] not in single


@pytest.mark.shared
@pytest.mark.parametrize("designs", ["randomised", "comparative"])
def test_mortality_equals_the_facts(shared: Path, world: World, designs: str) -> None:
    """The comparison of each trial, worked out anew from the tables of facts."""
    folder = shared / "data" / "msc_covid"
    with (folder / "trials.csv").open(encoding="utf-8", newline="") as file:
        design = {row["study_key"]: row["design"] for row in csv.DictReader(file)}
    counts: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    with (folder / "outcomes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if "mortality" in row["outcome"] and row["events"] and row["n"]:
                cell = (int(row["events"]), int(row["n"]))
                counts[row["study_key"]][row["arm"]].append(cell)
    allowed = {"RCT"} if designs == "randomised" else {"RCT", "nRCT"}
    wanted = {}
    for key, arms in counts.items():
        if design[key] in allowed and arms["control"]:
            treated = max(arms["treatment"], key=lambda cell: cell[1])  # all arms together
            wanted[key] = (*treated, *arms["control"][0])
    chosen = select(world, Question("mortality", designs=designs)).chosen  # type: ignore[arg-type]
    got = {
        one.finding_id.rpartition("#")[0].partition(":")[2]: counts_of(one.treatment, one.control)
        for one in chosen
    }
    assert got == wanted
