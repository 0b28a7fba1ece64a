"""The embedded corpus is complete, cited, and equal to the facts it was compiled from."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from trialweave import corpus
from trialweave.model import Draft, Finding, Publication, Received, Record, ReportedOutcome, Trial
from trialweave.results import read_findings
from trialweave.sources import extraction

REPORTS = corpus.files()[-1]
FACTS = Path("data") / "msc_covid"


@pytest.fixture(scope="module")
def drafts() -> tuple[Draft, ...]:
    return extraction.SOURCE.read(Received(REPORTS.name, REPORTS.read_bytes()))


def about(draft: Draft) -> Trial:
    return draft.body.trial if isinstance(draft.body, Publication) else draft.body


def outcomes(drafts: tuple[Draft, ...]) -> Iterator[tuple[str, ReportedOutcome]]:
    for draft in drafts:
        for outcome in about(draft).results.content or ():
            yield draft.identifier, outcome


def test_every_file_exists_and_every_line_is_taken(drafts: tuple[Draft, ...]) -> None:
    assert REPORTS.name == "reports.jsonl"
    assert all(path.is_file() for path in corpus.files())
    each = list(extraction.read_each(Received(REPORTS.name, REPORTS.read_bytes())))
    assert each == list(drafts)
    assert "facts" in corpus.NOTICE


def test_every_line_and_every_result_names_its_source(drafts: tuple[Draft, ...]) -> None:
    for draft in drafts:
        body = draft.body
        assert any(item.label == "source" and item.value for item in body.other), draft.identifier
    assert all(outcome.source for _, outcome in outcomes(drafts))


def test_whatever_was_worked_out_says_how(drafts: tuple[Draft, ...]) -> None:
    for key, outcome in outcomes(drafts):
        rules = {value.rule for arm in outcome.arms for value in (arm.events, arm.n)}
        assert ("extraction.derived/1" in rules) == outcome.note.startswith("Derived: "), key


def test_later_reports_name_a_main_report_that_is_there(drafts: tuple[Draft, ...]) -> None:
    keys = {draft.identifier for draft in drafts}
    later = {
        draft.identifier: draft.body.report_of.content
        for draft in drafts
        if isinstance(draft.body, Publication) and draft.body.report_of
    }
    assert later
    assert set(later.values()) <= keys - set(later)


def test_counts_are_possible_and_nothing_unreadable(drafts: tuple[Draft, ...]) -> None:
    for draft in drafts:
        trial = about(draft)
        for value in (trial.allocation, trial.masking, trial.phase):
            assert value.missingness.value != "unreadable", (draft.identifier, value.raw)
    for key, outcome in outcomes(drafts):
        for arm in outcome.arms:
            if arm.events and arm.n:
                assert (arm.events.content or 0) <= (arm.n.content or 0), key


@pytest.mark.shared
def test_designs_equal_the_facts(shared: Path, drafts: tuple[Draft, ...]) -> None:
    with (shared / FACTS / "trials.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["study_key"]: row for row in csv.DictReader(file)}
    assert rows.keys() == {draft.identifier for draft in drafts}
    designs = {"RCT": "randomised", "nRCT": "non-randomised", "single-arm": "not applicable"}
    for draft in drafts:
        row, trial = rows[draft.identifier], about(draft)
        if isinstance(draft.body, Publication):
            report = draft.body
            assert (report.doi.content or "") == row["doi"].lower()
            assert (report.pmid.content or "") == row["pmid"]
            year = report.published.content
            assert (str(year.year) if year else "") == row["year"]
            numbers = [n.value.content or "" for n in report.registrations.content or ()]
        else:
            others = draft.body.secondary_ids.content or ()
            numbers = [
                draft.body.primary_id.content or "",
                *(n.value.content or "" for n in others),
            ]
        assert ";".join(numbers) == row["registry_ids"].replace("EudraCT ", "")
        assert trial.allocation.content == designs.get(row["design"])
        assert "; ".join(c.content or "" for c in trial.countries.content or ()) == row["country"]
        assert (trial.phase.raw or "") == row["phase"]
        days = trial.follow_up_days.content
        assert ("" if days is None else f"{days:g}") == row["follow_up_days"]
        for role, column in (("treatment", "n_treated"), ("control", "n_control")):
            sizes = [
                a.size.content
                for a in trial.arms.content or ()
                if a.type.content == role and a.size.content is not None
            ]
            assert ("" if not sizes else str(sum(sizes))) == row[column], row["study_key"]
        facts = {item.label: item.value.content or "" for item in trial.other}
        assert facts["dose"] == row["dose_per_infusion"]
        assert facts["route"] == row["route"]
        assert facts["schedule"] == row["schedule"]
        assert facts["cell source"] == row["cell_source"]


@pytest.mark.shared
def test_outcomes_equal_the_facts(shared: Path, drafts: tuple[Draft, ...]) -> None:
    """Every number of the table stands in the sheet, once for each time it stands there.

    Where the table turned survivors into deaths, the sheet has the survivors as printed.
    """
    with (shared / FACTS / "outcomes.csv").open(encoding="utf-8", newline="") as file:
        wanted = Counter(
            (
                row["study_key"],
                row["arm"],
                row["timepoint_days"],
                *(row[name] for name in ("events", "n", "mean", "sd")),
            )
            for row in csv.DictReader(file)
        )

    def text(value: float | None) -> str:
        return "" if value is None else f"{value:g}"

    held: Counter[tuple[str, ...]] = Counter()
    for key, outcome in outcomes(drafts):
        days = (outcome.time_frame.content or "").removesuffix(" days")
        for arm in outcome.arms:
            events, n = arm.events.content, arm.n.content
            if outcome.title.content == "survival" and events is not None and n is not None:
                events = n - events
            if outcome.unit.content == "events":
                events = int(arm.number.content or 0)
            role = "control" if arm.role == "control" else "treatment"
            numbers = (events, n, arm.mean.content, arm.dispersion.content)
            held[(key, role, days, *map(text, numbers))] += 1
    numbers_of = {k: tuple(text(float(x)) if x else "" for x in k[3:]) for k in wanted}
    missing = Counter({(*k[:3], *numbers_of[k]): n for k, n in wanted.items()}) - held
    assert not missing, missing


def test_findings_of_the_corpus(drafts: tuple[Draft, ...]) -> None:
    """The printed figures that re-computation looks at arrive as findings."""
    found: dict[str, list[Finding]] = {}
    for draft in drafts:
        publication = draft.body if isinstance(draft.body, Publication) else None
        record = Record(
            f"extraction:{draft.identifier}", 1, "extraction", draft.identifier,
            "publication" if publication else "trial", "", "", draft.start, draft.end,
            REPORTS.name, dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
            trial=None if publication else about(draft), publication=publication,
        )  # fmt: skip
        for finding in read_findings(record):
            found.setdefault(finding.family, []).append(finding)
    assert len(found["mortality"]) > 10
    printed = [arm.percent for f in found["mortality"] for arm in f.arms if arm.percent]
    assert printed
    assert any(f.p and f.p.operator == "<" for f in found["survival"])
