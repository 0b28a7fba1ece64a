"""What the probes of `_probes.py` are made of, and those that are text: tables, tags, forms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialweave.model import Passage
from trialweave.sources.europe._euctr_labels import FORM
from trialweave.sources.who.names import PORTAL
from trialweave.sources.words import plain

__all__ = [
    "FIXTURES",
    "Build",
    "Locate",
    "Writer",
    "bib",
    "columns",
    "content",
    "eu_json",
    "eu_text",
    "tags",
]

FIXTURES = Path(__file__).resolve().parents[1] / "tests" / "fixtures"

Locate = Callable[[Passage], str]
"""The field that a passage stands in."""

Build = Callable[[frozenset[str]], tuple[str, Locate]]
"""Makes a record without some fields."""

# What stands in a field, by its name: the first that matches. Anything will do but where a rule
# takes the first field that it can read, or a record needs a number.
CONTENTS: tuple[tuple[str, Any], ...] = (
    (r"(?:nct_?id(?:alias(?:es)?)?|nctnumber\.number|clinicaltrialsgovnumber)$", "NCT00000001"),
    (r"associatedclinicaltrials.*ctnumber$", "2030-500002-02-00"),
    (r"ctnumber$|ctisnumber$", "2030-500001-01-00"),
    (r"eudract(?:ct)?(?:code|number)$|a2_eudract_number|eudractnumber", "2030-000001-11"),
    (r"isrctn(?:number\.number)?$", "99990001"),
    (r"trial_?id$", "DRKS00000001"),
    (r"utrn$|universaltrialnumber\.number$", "U1111-1111-1111"),
    (r"date-parts$", [[2030, 1, 2]]),
    (r"summaryresults$", [{"submissionDate": "2030-01-02"}]),
    (r"accessionnumber$", "NCT00000001"),
    (r"databankname$", "ClinicalTrials.gov"),
    (r"abstract_inverted_index$", {"x": [0], "NCT00000001": [1]}),
    (r"abstract(?:text)?$", "x NCT00000001"),
    (r"study_design_info\.masking$", "Double (Participant, Investigator)"),
    (r"study_?design$", "Masking: Double (Participant). Assignment: Parallel. Purpose: Treatment"),
    (r"i_freetext$|^intervention$", "Group A:cells;Group B:usual care;"),
    (r"results_?urllink$|results_url_link$", "https://doi.org/10.5555/probe"),
    (r"clinicaltrialgroups\.name$", "Healthy volunteers"),
    (r"crossref.*\.type$", "retraction"),
    (r"(?:\bdoi|^doi|\.id)$", "10.5555/probe"),
    (r"pmid$|pubmed", "30000001"),
    (r"pmc(?:id)?$", "PMC3000001"),
    (r"date|refreshed|year$|month$|day$|submitted|posted$|recruitment(?:start|end)$", "2030-01-02"),
    (r"sponsors\.primary$", "true"),
    (r"fe?males?ubjects$|is_retracted$|hasresults$", True),
    (r"results_yes_no$|resultsyesno$|publicationstage$", "yes"),
    (r"outputtype$", "resultsarticle"),
    (r"healthyvolunteers", "No"),
    (r"studytype$|study_type$", "Interventional"),
    (r"eligibility(?:criteria)?(?:\.criteria\.textblock)?$", "Inclusion Criteria:\n\n- a\n\n"
     "Exclusion Criteria:\n\n- b"),
    (r"agemin$", "18 years"),
    (r"target_?size$", "Group A:30;Group B:31;"),
    (r"(?:enrolment|subjectcount|count|numsubjects|value)$", "40"),
)  # fmt: skip


def content(path: str, kind: str) -> Any:
    """What stands in a field of a probe."""
    name = path.replace("[]", "").replace("@", "").replace(" ", "").lower()
    for pattern, text in CONTENTS:
        if re.search(pattern, name):
            return {"number": 2030, "flag": True}.get(kind, text) if kind != "text" else text
    return {"number": 7, "flag": True, "any": {"x": "y"}}.get(kind, f"{path.split('.')[-1]} q")


@dataclass
class Writer:
    """Writes a text and keeps which characters belong to which field."""

    text: str = ""
    regions: list[tuple[int, int, str]] = field(default_factory=list)

    def field(self, name: str, before: str, body: str, after: str) -> None:
        """One field between what surrounds it."""
        start = len(self.text)
        self.text += before + body + after
        self.regions.append((start, len(self.text), name))

    def locate(self, at: Passage) -> str:
        """The smallest field that a passage stands in."""
        inside = [r for r in self.regions if r[0] <= at.start and at.end <= r[1]]
        inside = inside or [r for r in self.regions if r[0] <= at.start < r[1]]
        return min(inside, key=lambda r: r[1] - r[0])[2] if inside else ""


def columns(without: frozenset[str]) -> tuple[str, Locate]:
    """A table of the portal with all its columns."""
    header = (FIXTURES / "who" / "portal.csv").read_text().partition("\n")[0]
    shown_as = {plain(name): name for name in header.replace('"', "").split(",")}
    names = [*(shown_as.get(name, name) for name in PORTAL),
             "secondaryid", "sourcesupport", "secondarysponsor", "secondaryoutcome",
             "ethicsreviewstatus", "ethicsapprovaldate", "resultssummary", "resultsipdplan",
             "resultsipddescription", "resultsactualenrolment", "utrn",
             "resultsurlprotocol", "Contact Email"]  # fmt: skip
    names = [name for name in names if name not in without]
    out = Writer(text=",".join(names) + "\n")
    for i, name in enumerate(names):
        out.field(name, "," if i else "", f'"{content(name, "text")}"', "")
    out.text += "\n"
    return out.text, out.locate


def eu_text(without: frozenset[str]) -> tuple[str, Locate]:
    """A record of the EU register's full-text download."""
    out = Writer()
    summary = ("EudraCT Number", "Sponsor's Protocol Code Number", "National Competent Authority",
               "Clinical Trial Type", "Trial Status", "Date on which this record was first entered",
               "Trial results", "Link")  # fmt: skip
    out.text = "Summary\n"
    for label in summary:
        if f"Summary: {label}" not in without:
            out.field(f"Summary: {label}", f"{label}: ", _eu_content("", label), "\n")
    for code, labels in FORM.items():
        out.text += {"B.1.1": "Sponsor 1\n", "D.1.2": "D.IMP: 1\n"}.get(code, "")
        for label, _ in sorted(labels, key=lambda each: not each[0].startswith("medical")):
            name = f"{code} {label}"
            if name not in without:
                out.field(name, f"{name}: ", _eu_content(code, label), "\n")
        if code == "B.4.2":
            out.text += "Sponsor 2\n"
            out.field("B.1.1 of a further sponsor", "B.1.1 name of sponsor: ", "Second", "\n")
    return out.text, out.locate


def _eu_content(code: str, label: str) -> str:
    if "eudract number" in label.lower():
        return "2030-000001-11"
    if label == "Link":
        return "https://www.clinicaltrialsregister.eu/ctr-search/trial/2030-000001-11/BE"
    if code == "A.1" or label == "National Competent Authority":
        return "Belgium - X"
    if code in ("E.6.1", "E.6.2"):
        return "No"
    if re.match(r"(?:E\.[678]|F\.[123])", code) and code != "E.8.1.7.1":
        return "Yes"
    return str(content(label.replace(" ", "_"), "text"))


def eu_json(without: frozenset[str]) -> tuple[str, Locate]:
    """The same record in JSON, with the posted results of the tests' invented one."""
    record = json.loads((FIXTURES / "europe" / "euctr_results.json").read_text())
    blocks: dict[str, dict[str, str]] = {"B": {}, "D": {}, "E.1.2": {}}
    for code, labels in FORM.items():
        for label, _ in labels:
            slug = re.sub(r"[^a-z0-9]+", "_", label).strip("_")
            key = f"{code.replace('.', '').lower()}_{slug}"
            block = next((each for each in blocks if code.startswith(each) and code != "B."), "")
            blocks.get(block, record)[key] = _eu_content(code, label)
    record |= {"x5_trial_status": "Ongoing", "x6_date_on_which_this_record": "2030-01-02"}
    record["trialInformation"] |= {"primaryCompletionDate": "2030-01-02"}
    record["b1_sponsor"] = [blocks["B"], {"b11_name_of_sponsor": "Second"}]
    record["dimp"] = [blocks["D"]]
    record["e12_meddra_classification"] = [blocks["E.1.2"]]
    return json.dumps(_pruned(record, "", without)), lambda at: re.sub(r"\[\d+\]", "", at.path)


def _pruned(value: Any, path: str, without: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_pruned(item, path, without) for item in value]
    if not isinstance(value, dict):
        return value
    paths = {key: f"{path}.{key}" if path else key for key in value}
    return {
        key: _pruned(inner, paths[key], without)
        for key, inner in value.items()
        if paths[key] not in without
    }


def tags(known: frozenset[str], first: str, last: str, join: str) -> Build:
    """A record of tagged lines with all tags."""

    def build(without: frozenset[str]) -> tuple[str, Locate]:
        out = Writer()
        for tag in (first, *sorted(known - {first, last}), *((last,) if last else ())):
            if tag in without:
                continue
            told = {"PMID": "30000001", "DO": "10.5555/probe", "TY": "JOUR", "C5": "30000001",
                    "SI": "ClinicalTrials.gov/NCT00000001", "LID": "10.5555/probe [doi]",
                    "AID": "10.5555/probe [doi]", "DP": "2030 Jan 2", "DEP": "20300102",
                    "PY": "2030", "Y1": "2030/01/02", "DA": "2030/01/02", "ER": "",
                    "AB": "x NCT00000001", "SO": "J. 2030 doi: 10.5555/probe", "PM": "30000001",
                    "UR": "https://doi.org/10.5555/probe"}.get(tag, f"{tag} q")  # fmt: skip
            out.field(tag, f"{tag:{len(join) - 2 if join[0] == ' ' else 0}}{join}", told, "\n")
        return out.text, out.locate

    return build


BIBTEX = (
    *("author", "title", "journal", "booktitle", "volume", "number", "pages", "year", "month"),
    *("doi", "pmid", "pmcid", "url", "abstract", "keywords", "publisher", "issn", "language"),
    "note",
)


def bib(without: frozenset[str]) -> tuple[str, Locate]:
    """A record of BibTeX."""
    out = Writer()
    out.field("the kind of entry", "@", "article", "{probe,\n")
    for name in BIBTEX:
        if name not in without:
            told = {
                "year": "2030",
                "month": "jan",
                "doi": "10.5555/probe",
                "pmid": "30000001",
                "abstract": "x NCT00000001",
                "author": "A, B",
            }.get(name, f"{name} q")
            out.field(name, f"  {name} = {{", told, "},\n")
    out.text += "}\n"
    return out.text, out.locate
