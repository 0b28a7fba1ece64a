"""The main job on the five real pages: what is read, woven, recovered and re-computed.

The figures here are the acceptance test, worked out by hand and with R; the package knows none.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trialweave.model import Check, Finding, Missingness
from trialweave.publish.views import CheckView, StudyView
from trialweave.workspace import Workspace

pytestmark = pytest.mark.shared

SECRETOME = "NCT05019287"
NEWS = "news:10.1186/s13287-022-02771-w"


@pytest.fixture(scope="module")
def pages(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the five pages."""
    workspace = Workspace(tmp_path_factory.mktemp("five") / "w")
    report = workspace.add(str(shared / "seeds" / "*"))
    assert (len(report.added), report.refused) == (5, ())
    assert len(report.studies) == 4
    return workspace


@pytest.fixture(scope="module")
def checked(pages: Workspace) -> CheckView:
    """The study of the secretome, checked."""
    return pages.check(SECRETOME)


def _finding(view: CheckView, family: str) -> Finding:
    (found,) = (finding for finding in view.findings if finding.family == family)
    return found


def _checks(view: CheckView, rule: str, finding: Finding) -> list[Check]:
    return [c for c in view.checks if c.rule == rule and c.finding_id == finding.finding_id]


def _result(check: Check, method: str, inputs: str) -> str:
    (attempt,) = (a for a in check.attempts if a.method == method and a.inputs == inputs)
    return attempt.result


def test_four_studies_and_the_siblings_apart(pages: Workspace) -> None:
    """The news page and its registry record are one study; nothing else is."""
    members = {study_id: pages.show(study_id).study.record_ids for study_id in _ids(pages)}
    assert members[SECRETOME] == (f"ctv:{SECRETOME}", NEWS)
    assert members["IRCT20200413047063N2"] == ("medpath:IRCT20200413047063N2",)
    assert members["NCT04437823"] == ("covidresearchtrials:NCT04437823",)
    assert members["10.3389/fimmu.2025.1594373"] == ("summary:10.3389/fimmu.2025.1594373",)


def _ids(pages: Workspace) -> list[str]:
    return [hit.study_id for hit in pages.search("").hits]


def test_the_link_is_probable_and_says_why(pages: Workspace) -> None:
    """No shared number: evidence is the product, the phase, and 14 + 15 = 29."""
    (link,) = pages.links(SECRETOME).links
    assert link.kind == "probable"
    assert 0.95 < link.probability < 1
    evidence = {signal.name: signal.evidence for signal in link.signals if signal.weight > 0}
    assert "secretome" in evidence["product"]
    assert "14 + 15 = 29" in evidence["enrolment"]
    assert {"phase", "allocation", "masking"} <= set(evidence)


def test_sizes_of_groups_are_recovered(checked: CheckView) -> None:
    """7 (50%) is of 14 and 12 (80%) of 15; survival takes over the sizes."""
    treated, control = _finding(checked, "invasive ventilation").arms
    assert (treated.events, treated.n, treated.n_origin) == (7, 14, "recovered")
    assert (control.events, control.n, control.n_origin) == (12, 15, "recovered")
    treated, control = _finding(checked, "survival").arms
    assert (treated.events, treated.n, treated.events_origin) == (8, 14, "recovered")
    assert (control.events, control.n, control.percent) == (None, 15, "28")


def test_a_percentage_that_cannot_occur(checked: CheckView) -> None:
    """28% with 15 is no whole number of patients; with 14 only by cutting off."""
    checks = _checks(checked, "percent-attainable", _finding(checked, "survival"))
    (flag,) = (check for check in checks if check.verdict == "flag")
    assert "28% cannot occur with 15 patients: 4/15 is 26.7%, 5/15 is 33.3%" in flag.statement
    assert "4/14 is 28.6%, reachable only by cutting off" in flag.statement


def test_a_p_value_that_cannot_be_reproduced(checked: CheckView) -> None:
    """Every test that was tried, every reading of the counts, and the bound beyond them."""
    (check,) = _checks(checked, "p-value", _finding(checked, "survival"))
    assert check.verdict == "flag"
    assert "cannot be reproduced from the numbers given" in check.statement
    assert _result(check, "Fisher's exact test", "8/14 v 4/15") == "P = 0.139"
    assert _result(check, "Fisher's exact test", "8/14 v 4/14") == "P = 0.252"
    assert _result(check, "chi-square test without correction", "8/14 v 4/15") == "P = 0.096"
    assert _result(check, "chi-square test with Yates' correction", "8/14 v 4/15") == "P = 0.198"
    assert any("one-sided" in attempt.method for attempt in check.attempts)
    assert not any(attempt.agrees for attempt in check.attempts)
    assert "gives P = 0.010" in check.statement
    assert check.not_checkable
    assert check.innocent


@pytest.mark.parametrize(
    ("family", "counts", "ratio", "fisher"),
    [
        ("invasive ventilation", "7/14 v 12/15", "0.63 (0.35 to 1.12)", "P = 0.128"),
        ("survival", "8/14 v 4/15", "2.14 (0.83 to 5.56)", "P = 0.139"),
    ],
)
def test_effects_are_computed(
    checked: CheckView, family: str, counts: str, ratio: str, fisher: str
) -> None:
    """Risk ratios with intervals, and the exact test."""
    (check,) = _checks(checked, "effect-sizes", _finding(checked, family))
    assert _result(check, "RR", counts) == ratio
    assert _result(check, "Fisher's exact test", counts) == fisher


def test_no_events_in_five_patients(pages: Workspace) -> None:
    """0 of 5 is compatible with a rate of up to 52%."""
    view = pages.check("10.3389/fimmu.2025.1594373")
    (check,) = (check for check in view.checks if check.rule == "zero-events")
    assert check.verdict == "note"
    assert "0 of 5" in check.statement
    assert "52%" in check.statement


def test_flags_speak_of_numbers_alone(pages: Workspace) -> None:
    """No flag where nothing is wrong, and no word about motives where something is."""
    texts = []
    for study_id in _ids(pages):
        flags = [check for check in pages.check(study_id).checks if check.verdict == "flag"]
        assert bool(flags) == (study_id == SECRETOME)
        texts += [check.statement + " ".join(check.innocent) for check in flags]
    motives = r"(?i)fraud|fabricat|misconduct|manipulat|lie[sd]?\b|fake"
    assert not re.search(motives, " ".join(texts))


def test_what_a_page_leaves_open_is_said_with_its_passage(pages: Workspace) -> None:
    """The IRCT record's page: three fields are expressly missing, each with the words."""
    view = pages.show("IRCT20200413047063N2")
    open_fields = {
        row.concept: cell
        for row in view.concepts
        for cell in row.cells
        if cell.missingness is Missingness.NOT_REPORTED
    }
    for concept in ("brief_summary", "detailed_description", "study_design"):
        (entry,) = pages.why(view.study.study_id, open_fields[concept].address).entries
        assert entry.match in ("Not available", "Not specified")


def test_repairs_are_suggestions_beside_what_was_received(pages: Workspace) -> None:
    """The lost "≤", the criteria that ran together, the phase of the title."""
    view = pages.show("IRCT20200413047063N2")
    by_rule: dict[str, list[tuple[str, str]]] = {}
    for row in view.suggestions:
        suggestion = row.suggestion
        by_rule.setdefault(suggestion.concept, []).append(
            (suggestion.received, suggestion.suggested)
        )
    criteria = [pair for pair in by_rule["inclusion_criteria"] if len(pair[0]) < 80]
    lost = [pair for pair in criteria if "300" in pair[0]]
    assert [("=" in received, "≤" in suggested) for received, suggested in lost] == [(True, True)]
    parted = [pair for pair in by_rule["exclusion_criteria"] if "\n" in pair[1]]
    assert len(parted) == 1
    assert len(parted[0][1].splitlines()) >= 8
    (phase,) = (row for row in view.concepts if row.concept == "phase")
    assert [cell.text for cell in phase.cells] == ["1"]
    assert by_rule["phase"]


def test_every_stated_value_leads_to_its_passage(pages: Workspace) -> None:
    """Each value of each page: the passage holds what was received."""
    seen = 0
    for study_id in _ids(pages):
        view: StudyView = pages.show(study_id)
        for row in view.concepts:
            for cell in row.cells:
                if cell.missingness is not Missingness.STATED:
                    continue
                entries = pages.why(study_id, cell.address).entries
                entry = next(e for e in entries if e.record_id == cell.record_id)
                assert entry.start >= 0, (cell.record_id, cell.address)
                if cell.raw is not None and len(cell.raw) < 2000:
                    assert " ".join(entry.match.split()) == " ".join(cell.raw.split())
                seen += 1
    assert seen > 150


def test_the_flat_registry_records_join(shared: Path, tmp_path: Path) -> None:
    """With 917 registry records beside them: the same studies, two of them richer."""
    workspace = Workspace(tmp_path / "w")
    flat = shared / "data" / "registries" / "ctgov_msc_studyfields" / "msc.jsonl"
    report = workspace.add([str(shared / "seeds" / "*"), flat])
    assert report.refused == ()
    assert workspace.show(SECRETOME).study.record_ids == (
        f"ctgov:{SECRETOME}",
        f"ctv:{SECRETOME}",
        NEWS,
    )
    assert set(workspace.show("NCT04437823").study.record_ids) == {
        "ctgov:NCT04437823",
        "covidresearchtrials:NCT04437823",
    }
    enrolment = next(
        row for row in workspace.show(SECRETOME).concepts if row.concept == "enrollment"
    )
    assert enrolment.agreement == "agree"
    assert {cell.text for cell in enrolment.cells} == {"29"}
    (link,) = (
        link
        for link in workspace.links(SECRETOME).links
        if {link.record_a, link.record_b} == {f"ctgov:{SECRETOME}", NEWS}
    )
    assert any(s.name == "country" and s.weight > 0 for s in link.signals)
