"""The reference pages are what the code says, and what they say of a source is so."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trialweave.model import Missingness, Received
from trialweave.records.concepts import CONCEPTS
from trialweave.sources import read_all

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    path = ROOT / "scripts" / "_reference.py"
    spec = importlib.util.spec_from_file_location("trialweave_scripts_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(reference: ModuleType) -> str:
    text: str = reference.page()
    return text


def test_the_page_is_what_the_code_generates(page: str) -> None:
    written = (ROOT / "docs" / "reference" / "concepts.md").read_text(encoding="utf-8")
    assert written == page, "run scripts/reference"


def test_every_concept_is_on_it_and_every_link_leads_somewhere(page: str) -> None:
    for concept in CONCEPTS.values():
        assert f"### {concept.title}\n\n`{concept.name}`" in page
    anchors = set(re.findall(r'<a id="([^"]+)">', page))
    links = set(re.findall(r"\]\(#([^)]+)\)", page))
    assert links == anchors


def _section(page: str, concept: str) -> str:
    after = page[page.index(f"\n\n`{concept}`") :]
    return after[: after.find("\n### ") if "\n### " in after else len(after)]


@pytest.mark.parametrize(
    ("concept", "source", "field"),
    [
        ("phase", "ClinicalTrials.gov, version 2", "`protocolSection.designModule.phases`"),
        ("phase", "WHO ICTRP", "`Phase`"),
        ("registration_date", "ClinicalTrials.gov, legacy XML",
         "`study_first_submitted`; else `firstreceived_date`; else `study_first_posted`"),
        ("sex", "EU CTIS, before", "isFemaleSubjects`"),
        ("enrollment", "ISRCTN", "totalFinalEnrolment`; else"),
        ("doi", "PubMed, MEDLINE text", "`LID`; else `AID`; else `SO`"),
        ("contacts", "EUCTR, text", "never read out"),
    ],
)  # fmt: skip
def test_some_rows(page: str, concept: str, source: str, field: str) -> None:
    row = next(
        line for line in _section(page, concept).splitlines() if line.startswith(f"| {source} |")
    )
    assert field in row


def test_what_a_source_lacks_is_said(page: str) -> None:
    lacking = next(
        line
        for line in _section(page, "minimum_age").splitlines()
        if line.startswith("No such field: ")
    )
    assert "EUCTR, text" in lacking
    assert "EU CTIS" in lacking
    assert "ClinicalTrials.gov" not in lacking
    assert "No structured source has such a field." in _section(page, "source_statement")


def test_no_contact_data_and_no_machine_on_the_page(page: str) -> None:
    assert "@example" not in page
    assert str(ROOT) not in page


# What the table showed to be there and unread


def _trial(record: Any) -> Any:
    data = record if isinstance(record, str) else json.dumps(record)
    return read_all(Received("x", data.encode())).drafts[0].body


def test_isrctn_states_numbers_by_kind_committees_links_and_sites() -> None:
    trial = _trial("""<trial xmlns="http://www.67bricks.com/isrctn"><isrctn>99990001</isrctn>
      <trialDescription><title>t</title><ethicsApprovalRequired>Required</ethicsApprovalRequired>
        <ethicsCommittees><ethicsCommittee approvalStatus="approved" statusDate="2030-01-02">
          <committeeName>Invented</committeeName></ethicsCommittee></ethicsCommittees>
      </trialDescription>
      <externalRefs><secondaryNumbers>
        <secondaryNumber id="a" numberType="ctis">2030-500001-01-00</secondaryNumber>
        <secondaryNumber id="b" numberType="Sponsor code">QX-1</secondaryNumber>
      </secondaryNumbers></externalRefs>
      <participants><trialCentres><trialCentre><name>A</name></trialCentre>
        <trialCentre><name>B</name></trialCentre></trialCentres></participants>
      <outputs><output outputType="resultsarticle">
        <externalLink url="https://doi.org/10.5555/invented"/></output></outputs></trial>""")
    numbers = {(each.value.content, each.scheme, each.kind) for each in trial.secondary_ids.content}
    assert numbers == {
        ("2030-500001-01", "ctis", "ctis"),
        ("QX-1", "", "Sponsor code"),
    }
    assert trial.ethics_review.content == "approved"
    assert trial.site_count.content == 2
    assert [each.doi.content for each in trial.references.content] == ["10.5555/invented"]


def test_ctis_dates_its_results_and_counts_its_sites() -> None:
    record = json.loads((ROOT / "tests" / "fixtures" / "europe" / "ctis_new.json").read_text())
    record["results"] = {"summaryResults": [{"submissionDate": "2031-02-03T00:00:00"}]}
    assert str(_trial(record).results_date.content) == "2031-02-03"
    application = record["authorizedApplication"]
    sites = sum(len(part.get("trialSites", ())) for part in application["authorizedPartsII"])
    assert sites
    # sites outside the EEA are not listed, so that with some nobody knows how many there are
    assert _trial(record).site_count.missingness is Missingness.NOT_REPORTED
    del application["authorizedPartI"]["rowCountriesInfo"]
    assert _trial(record).site_count.content == sites


def test_posted_results_of_the_eu_register_state_the_primary_completion() -> None:
    record = json.loads((ROOT / "tests" / "fixtures" / "europe" / "euctr.json").read_text())
    assert _trial(record).primary_completion_date.missingness is Missingness.NO_FIELD
    record.setdefault("trialInformation", {})["primaryCompletionDate"] = "2030-05-06T00:00:00Z"
    trial = _trial(record)
    assert str(trial.primary_completion_date.content) == "2030-05-06"
    assert trial.primary_completion_date_type.content == "actual"
