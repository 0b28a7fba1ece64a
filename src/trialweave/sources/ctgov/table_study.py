"""Brings a row of ClinicalTrials.gov's tables into the shape of version 2, with what stands where.

Lists are separated by ``|`` in one cell. What is cut out of a cell is noted under the path that
version 2 has for it, so that the rules that read the other forms read this one too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from trialweave.sources.ctgov import study as shape
from trialweave.sources.ctgov.xml_design import masked
from trialweave.sources.who.text import Cell, unescaped
from trialweave.sources.words import plain

__all__ = ["COLUMNS", "Row", "field_of", "pieces", "study_of"]

COLUMNS: dict[str, str] = {
    "nctnumber": "number",
    "rank": "rank",
    **dict.fromkeys(("title", "studytitle"), "title"),
    "acronym": "acronym",
    **dict.fromkeys(("status", "studystatus", "recruitment"), "status"),
    "briefsummary": "summary",
    "studyresults": "has_results",
    "conditions": "conditions",
    "interventions": "interventions",
    "outcomemeasures": "outcomes",
    "primaryoutcomemeasures": "primary_outcomes",
    "secondaryoutcomemeasures": "secondary_outcomes",
    "otheroutcomemeasures": "other_outcomes",
    "sponsor": "sponsor",
    "collaborators": "collaborators",
    "sponsorcollaborators": "sponsors",
    **dict.fromkeys(("sex", "gender"), "sex"),
    **dict.fromkeys(("age", "ages"), "age"),
    "agegroups": "age_groups",
    "phases": "phases",
    "enrollment": "enrollment",
    **dict.fromkeys(("fundertype", "fundedbys"), "funders"),
    **dict.fromkeys(("studytype", "studytypes"), "study_type"),
    **dict.fromkeys(("studydesign", "studydesigns"), "design"),
    "otherids": "other_ids",
    "startdate": "start",
    "primarycompletiondate": "primary_completion",
    "completiondate": "completion",
    "firstposted": "first_posted",
    "firstreceived": "first_received",
    "resultsfirstposted": "results_posted",
    "resultsfirstreceived": "results_received",
    "lastupdateposted": "update_posted",
    "lastupdated": "updated",
    "lastverified": "verified",
    "locations": "locations",
    "studydocuments": "documents",
    **dict.fromkeys(("url", "studyurl"), "url"),
}
"""The columns of both sites, by their letters, and what each is called here."""

_ROOT = "protocolSection"
_TYPED = re.compile(
    r"(?P<type>Drug|Device|Biological|Procedure|Radiation|Behaviou?ral|Genetic"
    r"|Dietary[ _]Supplement|Combination[ _]Product|Diagnostic[ _]Test|Other)\s?:\s?(?P<name>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_LABEL = re.compile(
    r"(?P<label>Allocation|Intervention Model|Masking|Primary Purpose|Observational Model"
    r"|Time Perspective)\s?:\s?",
    re.IGNORECASE,
)
_AGES = re.compile(
    r"(?:(?P<low>\d{1,3} [A-Za-z]{3,8}) (?:to (?P<high>\d{1,3} [A-Za-z]{3,8})|(?P<open>and older))"
    r"|up to (?P<below>\d{1,3} [A-Za-z]{3,8}))(?=\s{0,10}(?:\(|$))",
    re.IGNORECASE,
)
_NULL = frozenset({"", "null"})  # the older site wrote the second for a date that there is not


def field_of(name: str) -> str | None:
    """What a column holds; None where it is unknown."""
    return COLUMNS.get(plain(name))


def pieces(cell: Cell) -> Iterator[Cell]:
    """The items of a list in one cell."""
    at = 0
    for piece in cell.raw.split("|"):
        if piece.strip():
            yield cell.part(at, at + len(piece))
        at += len(piece) + 1


class Row:
    """The cells of one row by what they hold, and where each path of version 2 stands."""

    def __init__(self, cells: Mapping[str, Cell]) -> None:
        self.cells = cells
        self.at: dict[str, Cell] = {}

    def text(self, name: str, path: str) -> str | None:
        """What stands in a column, which is noted under the path."""
        cell = self.cells.get(name)
        return None if cell is None else self.note(cell, path)

    def note(self, cell: Cell, path: str) -> str | None:
        """What stands in a cell or a part of one."""
        content = unescaped(cell.raw, cell.escape)
        if content in _NULL:
            return None
        self.at[path] = cell
        return content

    def texts(self, name: str, path: str) -> tuple[str, ...] | None:
        """The items of a list."""
        cell = self.cells.get(name)
        if cell is None or self.note(cell, path) is None:
            return None
        found: list[str] = []
        for part in pieces(cell):
            if len(found) < shape.MAX_ITEMS and (said := self.note(part, f"{path}[{len(found)}]")):
                found.append(said)
        return tuple(found) or None


def study_of(row: Row) -> shape.Study:
    """One record in the shape of version 2."""
    status = f"{_ROOT}.statusModule"
    sponsor, sponsors = _sponsors(row, f"{_ROOT}.sponsorCollaboratorsModule")
    low, high = _ages(row, f"{_ROOT}.eligibilityModule")
    said = row.text("has_results", "hasResults")
    return shape.Study(
        shape.Protocol(
            shape.Identification(
                row.text("number", f"{_ROOT}.identificationModule.nctId"),
                secondary_id_infos=_numbers(row, f"{_ROOT}.identificationModule"),
                brief_title=row.text("title", f"{_ROOT}.identificationModule.briefTitle"),
                acronym=row.text("acronym", f"{_ROOT}.identificationModule.acronym"),
            ),
            shape.Status(
                row.text("verified", f"{status}.statusVerifiedDate"),
                row.text("status", f"{status}.overallStatus"),
                start_date_struct=_date(row, "start", f"{status}.startDateStruct"),
                primary_completion_date_struct=_date(
                    row, "primary_completion", f"{status}.primaryCompletionDateStruct"
                ),
                completion_date_struct=_date(row, "completion", f"{status}.completionDateStruct"),
                study_first_submit_date=row.text(
                    "first_received", f"{status}.studyFirstSubmitDate"
                ),
                study_first_post_date_struct=_date(
                    row, "first_posted", f"{status}.studyFirstPostDateStruct"
                ),
                results_first_submit_date=row.text(
                    "results_received", f"{status}.resultsFirstSubmitDate"
                ),
                results_first_post_date_struct=_date(
                    row, "results_posted", f"{status}.resultsFirstPostDateStruct"
                ),
                last_update_submit_date=row.text("updated", f"{status}.lastUpdateSubmitDate"),
                last_update_post_date_struct=_date(
                    row, "update_posted", f"{status}.lastUpdatePostDateStruct"
                ),
            ),
            shape.Sponsors(sponsor, sponsors),
            description_module=shape.Description(
                row.text("summary", f"{_ROOT}.descriptionModule.briefSummary")
            ),
            conditions_module=shape.Conditions(
                row.texts("conditions", f"{_ROOT}.conditionsModule.conditions")
            ),
            design_module=_design(row, f"{_ROOT}.designModule"),
            arms_interventions_module=shape.ArmsInterventions(
                None, _interventions(row, f"{_ROOT}.armsInterventionsModule.interventions")
            ),
            eligibility_module=shape.Eligibility(
                sex=row.text("sex", f"{_ROOT}.eligibilityModule.sex"),
                minimum_age=low,
                maximum_age=high,
            ),
        ),
        has_results={"hasresults": True, "noresultsavailable": False}.get(plain(said or ""), said),
    )


def _date(row: Row, name: str, path: str) -> shape.DateStruct:
    return shape.DateStruct(row.text(name, f"{path}.date"))


def _numbers(row: Row, path: str) -> tuple[shape.SecondaryId, ...]:
    """All other numbers; the column does not tell the organisation's own from the rest."""
    cell = row.cells.get("other_ids")
    if cell is None:
        return ()
    row.note(cell, path)
    return tuple(
        shape.SecondaryId(row.note(part, f"{path}.secondaryIdInfos[{index}].id"))
        for index, part in enumerate(pieces(cell))
    )[: shape.MAX_ITEMS]


def _sponsors(row: Row, path: str) -> tuple[shape.Sponsor, tuple[shape.Sponsor, ...]]:
    """The sponsor, and the collaborators, who follow it in the older site's one column."""
    lead, others = f"{path}.leadSponsor.name", f"{path}.collaborators"
    joined = row.cells.get("sponsors")
    cell = row.cells.get("collaborators", joined)
    found = list(pieces(cell)) if cell is not None else []
    name = row.text("sponsor", lead)
    if joined is not None and cell is joined and found and name is None:
        name = row.note(found.pop(0), lead)
    if found and cell is not None:
        row.note(cell, others)
    collaborators = tuple(
        shape.Sponsor(row.note(part, f"{others}[{index}].name"))
        for index, part in enumerate(found[: shape.MAX_ITEMS])
    )
    funders = row.cells.get("funders")
    kind = None
    if funders is not None and "|" not in funders.raw:
        kind = row.note(funders, f"{path}.leadSponsor.class")
    return shape.Sponsor(name, kind), collaborators


def _design(row: Row, path: str) -> shape.Design:
    cell = row.cells.get("design")
    parts: dict[str, Cell] = {}
    for part in pieces(cell) if cell is not None else ():
        if match := _LABEL.match(part.raw):
            parts.setdefault(plain(match["label"]), part.part(match.end(), len(part.raw)))

    def said(name: str, to: str) -> str | None:
        found = parts.get(plain(name))
        return None if found is None else row.note(found, f"{path}.designInfo.{to}")

    return shape.Design(
        row.text("study_type", f"{path}.studyType"),
        phases=row.texts("phases", f"{path}.phases"),
        design_info=shape.DesignInfo(
            said("Allocation", "allocation"),
            said("Intervention Model", "interventionModel"),
            primary_purpose=said("Primary Purpose", "primaryPurpose"),
            observational_model=said("Observational Model", "observationalModel"),
            time_perspective=said("Time Perspective", "timePerspective"),
            masking_info=_masking(row, parts.get("masking"), f"{path}.designInfo.maskingInfo"),
        ),
        enrollment_info=shape.Enrollment(row.text("enrollment", f"{path}.enrollmentInfo.count")),
    )


def _masking(row: Row, cell: Cell | None, path: str) -> shape.Masking:
    read = masked(cell.raw) if cell is not None else None
    if cell is None or read is None:
        return shape.Masking(row.note(cell, f"{path}.masking") if cell is not None else None)
    row.note(cell.part(0, read.end), f"{path}.masking")
    if not read.who:
        return shape.Masking(read.level)
    row.note(cell.part(read.who[0][1], read.who[-1][2]), f"{path}.whoMasked")
    for index, (_, start, end) in enumerate(read.who):
        row.note(cell.part(start, end), f"{path}.whoMasked[{index}]")
    return shape.Masking(read.level, who_masked=tuple(name for name, _, _ in read.who))


def _interventions(row: Row, path: str) -> tuple[shape.Intervention, ...]:
    """Each "Type: name". A piece without a type goes on with the name before: it held a bar."""
    cell = row.cells.get("interventions")
    if cell is None:
        return ()
    row.note(cell, path)
    starts: list[tuple[int, re.Match[str] | None]] = []
    at = 0
    for piece in cell.raw.split("|"):
        bare = piece.lstrip()
        match = _TYPED.match(bare.rstrip())
        if match is not None or not starts:
            starts.append((at + len(piece) - len(bare), match))
        at += len(piece) + 1
    made = []
    ends = [start - 1 for start, _ in starts[1:]] + [len(cell.raw)]
    for index, ((start, match), end) in enumerate(zip(starts, ends, strict=True)):
        stop = len(cell.raw[:end].rstrip(" |")) if index + 1 < len(starts) else end
        name_at = start + (match.start("name") if match else 0)
        name = cell.part(name_at, stop)
        kind = None
        if match is not None:
            type_ = cell.part(start, start + match.end("type"))
            kind = row.note(type_, f"{path}[{index}].type")
        made.append(shape.Intervention(kind, row.note(name, f"{path}[{index}].name")))
    return tuple(made[: shape.MAX_ITEMS])


def _ages(row: Row, path: str) -> tuple[str | None, str | None]:
    """The limits, where the column states them: the newer site's has groups of ages alone."""
    cell = row.cells.get("age")
    match = _AGES.match(cell.raw) if cell is not None else None
    if cell is None or match is None:
        return None, None

    def said(group: str, to: str) -> str | None:
        if match is None or match[group] is None:
            return None
        return row.note(cell.part(*match.span(group)), f"{path}.{to}")

    low, high = said("low", "minimumAge"), said("high", "maximumAge") or said("below", "maximumAge")
    if said("open", "maximumAge"):
        high = "N/A"  # as the register writes a limit that there is not
    if match["below"]:
        row.note(cell.part(match.start(), match.start("below")), f"{path}.minimumAge")
        low = "N/A"
    return low, high
