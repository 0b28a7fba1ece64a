"""Trial pages of MedPath, which shows records of many registries under one set of labels.

Labels stand on lines of their own, their contents under them, in an order that differs between
pages. A list that the registry gave as one block of text comes as one block.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trialweave.model import Arm, Draft, Intervention, Labelled, Received, Trial, Value
from trialweave.model.identifiers import normalise
from trialweave.sources._source import Source
from trialweave.sources.ctgov.words import word
from trialweave.sources.pages import _facts, _outcomes, _sites, _words
from trialweave.sources.pages._lines import Fields, Line, Page, Segment, segments
from trialweave.sources.pages._marks import recogniser
from trialweave.sources.pages.phases import phases

__all__ = ["SOURCE"]

_NAME = "medpath"
_ELIGIBILITY = "recruitment & eligibility"
_LABELS = {
    "Conditions": "conditions",
    "Condition": "conditions",
    "Interventions": "interventions",
    "Intervention": "interventions",
    "Registration Number": "registration",
    "Lead Sponsor": "sponsor",
    "Sponsor": "sponsor",
    "Collaborators": "collaborators",
    "First Posted Date": "registration_date",
    "First Submitted Date": "first_submitted",
    "Registration Date": "registration_date",
    "Last Posted Date": "last_update",
    "Last Update Posted Date": "last_update",
    "Last Updated": "last_update",
    "Start Date": "start_date",
    "Study Start Date": "start_date",
    "Completion Date": "completion_date",
    "Study Completion Date": "completion_date",
    "Primary Completion Date": "primary_completion_date",
    "Brief Summary": "summary",
    "Detailed Description": "description",
    "Recruitment & Eligibility": _ELIGIBILITY,
    "Recruitment and Eligibility": _ELIGIBILITY,
    "Status": "status",
    "Sex": "sex",
    "Gender": "sex",
    "Age": "ages",
    "Ages": "ages",
    "Healthy Volunteers": "volunteers",
    "Target Recruitment": "target",
    "Target Recruit Count": "target",
    "Inclusion Criteria": "inclusion",
    "Exclusion Criteria": "exclusion",
    "Study & Design": "design",
    "Study and Design": "design",
    "Study Type": "study_type",
    "Study Design": "study_design",
    "Arm & Interventions": "arms",
    "Arm && Interventions": "arms",
    "Arms & Interventions": "arms",
    "Arm and Interventions": "arms",
    "Primary Outcome Measures": "primary",
    "Secondary Outcome Measures": "secondary",
    "Other Outcome Measures": "other_outcomes",
    "Trial Locations": "locations",
    "Locations": "locations",
    "Phase": "phase",
}
_ONLY_IN_ELIGIBILITY = {"status", "sex", "ages", "volunteers", "target", "inclusion", "exclusion"}
_BRAND = re.compile(r"MedPath", re.IGNORECASE)
_CHROME = re.compile(
    r"menu|search|log ?in|sign (?:in|up)|home|back|clinical trials?|trials|share|follow|save",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(r"(?:©|\(c\))\s?Copyright\s*|©\s*|Copyright\s+(?:©\s*)?", re.IGNORECASE)
_COUNTED = re.compile(r"Locations \((\d{1,6})\)", re.IGNORECASE)
# ICD-10 and ICD-11 codes as lines of their own; a WHO list may carry one in front of its name.
_CODE = re.compile(r"[A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?|U\d{2}(?:\.\d{1,2})?")
_CODED = re.compile(r"(?:Health )?Condition \d{1,2}: ([A-Z]\d[0-9A-Z]{1,4}(?:\.\d{1,2})?)\s?-\s")
_ARMS_HEADER = re.compile(r"Group\s*Intervention\s*Description", re.IGNORECASE)


def _labels(lines: Sequence[Line]) -> dict[int, str]:
    """Which lines are labels. Free text ends only where the eligibility part begins."""
    keys = [line.text for line in lines]
    names = [_LABELS.get(" ".join(key.rstrip(":").split())) for key in keys]
    part = next((i for i, name in enumerate(names) if name == _ELIGIBILITY), None)
    labels: dict[int, str] = {}
    in_text = False
    for i, name in enumerate(names):
        if name is None and _COUNTED.fullmatch(keys[i]):
            name = "locations"
        if name is None:
            continue
        if in_text and part is not None and i < part and name in _ONLY_IN_ELIGIBILITY:
            continue
        if name in labels.values() and name != "locations":
            continue
        in_text = name in {"summary", "description"}
        labels[i] = name
    return labels


def _head(page: Page, head: Sequence[Line]) -> tuple[Value[str], Fields, list[Labelled]]:
    """The title, and the badges under it: phase, status."""
    brand = next((i for i, line in enumerate(head) if _BRAND.fullmatch(line.text)), -1)
    lines = [line for line in head[brand + 1 :] if not _CHROME.fullmatch(line.text)]
    values: Fields = {}
    other: list[Labelled] = []
    if not lines:
        return page.silent("public_title"), values, other
    title = page.quote("public_title", lines[0].start, lines[0].end)
    named = [line for line in lines[1:] if len(line.text) < 40 and phases(line.text)]
    if named:
        values["phase"] = _facts.phase(page, named)
    for line in lines[1:]:
        if line in named:
            continue
        if _words.missing(line.text) and "phase" not in values:
            values["phase"] = page.quote("phase", line.start, line.end)
        elif status := _words.status(line.text):
            values["overall_status"] = page.value("overall_status", status, line.start, line.end)
        else:
            other.append(Labelled("", page.quote("head", line.start, line.end)))
    return title, values, other


def _conditions(page: Page, segment: Segment | None) -> Fields:
    """Names and codes of the conditions; a code on a line of its own is no name."""
    if segment is None or not segment.lines:
        return {"conditions": page.of("conditions", segment)}
    codes = [line for line in segment.lines if _CODE.fullmatch(line.text)]
    names = [line for line in segment.lines if line not in codes]
    codes += [
        line.part(match.start(1), match.end(1))
        for line in names
        if (match := _CODED.match(line.text))
    ]
    values: Fields = {
        "conditions": page.listed("conditions", Segment(segment.heading, tuple(names)))
        if names
        else page.silent("conditions")
    }
    if codes:
        values["condition_codes"] = page.value(
            "condition_codes",
            tuple(page.quote("condition_codes", code.start, code.end) for code in codes),
            min(code.start for code in codes),
            max(code.end for code in codes),
        )
    return values


def _registration(page: Page, segment: Segment | None) -> Value[str]:
    """The registry number, in its canonical form where the register is known."""
    if segment is None or not segment.lines:
        return page.of("primary_id", segment)
    line = segment.lines[0]
    identifier = normalise(line.text)
    if identifier is None:
        return page.quote("primary_id", line.start, line.end)
    return page.value("primary_id", identifier.value, line.start, line.end)


def _target(page: Page, segment: Segment | None) -> Fields:
    enrollment = _facts.coded(page, "enrollment", segment, _words.count)
    values: Fields = {"enrollment": enrollment}
    if segment is not None and enrollment:
        heading = segment.heading
        values["enrollment_type"] = page.value(
            "enrollment_type", "estimated", heading.start, heading.end
        )
    return values


def _interventions(page: Page, listed: Segment | None, table: Segment | None) -> Fields:
    """Interventions from their own list, else from the table of arms; and the arms."""
    values: Fields = {}
    found: list[Intervention] = []
    lines = list(listed.lines) if listed else []
    if lines and _words.missing(page.text[lines[0].start : lines[-1].end]):
        values["interventions"] = page.quote("interventions", lines[0].start, lines[-1].end)
    elif lines:
        for line in lines:
            names, typed = _facts.interventions(page, [line.item()])
            found += [
                Intervention(name=page.quote("interventions", n.start, n.end)) for n in names
            ] + typed
        values["interventions"] = page.value(
            "interventions", tuple(found), lines[0].start, lines[-1].end
        )
    rows = list(table.lines) if table else []
    if table is None:
        return values
    header = [line for line in rows[:1] if _ARMS_HEADER.fullmatch(line.text)]
    rows = rows[len(header) :]
    if not rows:
        said = header[0] if header else table.heading
        return values | {"arms": page.absent("arms", said.start, said.end)}
    if _words.missing(page.text[rows[0].start : rows[-1].end]):
        return values | {"arms": page.quote("arms", rows[0].start, rows[-1].end)}
    known = [item.name.content for item in found if item.name.content]
    arms = tuple(_arm(page, row, known) for row in rows)
    return values | {"arms": page.value("arms", arms, rows[0].start, rows[-1].end)}


def _arm(page: Page, row: Line, known: Sequence[str]) -> Arm:
    """A row of group, intervention and description; glued cells part only at known names."""
    if "\t" in row.text:
        cells = row.pieces("\t")
    else:
        cells = [row]
        for name in sorted(known, key=len, reverse=True):
            at = row.text.find(name)
            if at > 0 and row.text.find(name, at + 1) < 0:
                cells = [
                    row.part(0, at),
                    row.part(at, at + len(name)),
                    row.part(at + len(name), len(row.text)),
                ]
                break
    values: Fields = {}
    for name, cell in zip(("label", "interventions", "description"), cells, strict=False):
        if not cell.text:
            values[name] = page.silent("arms")
        elif name == "interventions":
            values[name] = page.value("arms", (cell.text,), cell.start, cell.end)
        else:
            values[name] = page.quote("arms", cell.start, cell.end)
    return Arm(**values)


def _places(page: Page, segment: Segment | None) -> Fields:
    if segment is None:
        return {}
    values: Fields = {}
    named: list[Line] = []
    for line in (segment.heading, *segment.lines):
        if match := _COUNTED.fullmatch(line.text):
            start, end = line.start + match.start(1), line.start + match.end(1)
            values["site_count"] = page.value("site_count", int(match[1]), start, end)
        elif line is not segment.heading:
            named.append(line)
    if not named:
        return values | {"sites": page.of("sites", Segment(segment.heading, ()))}
    if _words.missing(page.text[named[0].start : named[-1].end]):
        return values | {"sites": page.quote("sites", named[0].start, named[-1].end)}
    sites = _sites.read_sites(page, named)
    values["sites"] = page.value("sites", sites, named[0].start, named[-1].end)
    values["countries"] = _sites.countries(page, sites)
    return values


def _read(received: Received) -> tuple[Draft, ...]:
    page = _facts.open_page(_NAME, received)
    lines = page.lines
    other: list[Labelled] = []
    end = next((i for i, line in enumerate(lines) if i and _COPYRIGHT.match(line.text)), len(lines))
    head, parts = segments(lines[:end], _labels(lines[:end]))
    title, values, more = _head(page, head)
    other += more
    if end < len(lines):
        match = _COPYRIGHT.match(lines[end].text)
        part = lines[end].part(match.end() if match else 0, len(lines[end].text))
        if part.text:
            other.append(Labelled("Copyright", page.quote("copyright", part.start, part.end)))
    if "phase" in parts:
        values["phase"] = _facts.coded(page, "phase", parts["phase"], phases)
    if "status" in parts or "overall_status" not in values:
        values["overall_status"] = _status(page, parts.get("status"))
    for field in ("start_date", "completion_date", "primary_completion_date", "last_update"):
        if field in parts:
            values[field] = _facts.date(page, field, parts[field])
    for name in ("registration_date", "first_submitted"):
        if name in parts and "registration_date" not in values:
            values["registration_date"] = _facts.date(page, "registration_date", parts[name])
    if "ages" in parts:
        values["minimum_age"], values["maximum_age"] = _facts.age_limits(page, parts["ages"])
    if "volunteers" in parts:
        values["healthy_volunteers"] = _facts.coded(
            page, "healthy_volunteers", parts["volunteers"], _words.healthy_volunteers
        )
    if "collaborators" in parts:
        values["secondary_sponsors"] = page.listed("secondary_sponsors", parts["collaborators"])
    if "other_outcomes" in parts:
        values["other_outcomes"] = _outcomes.read_outcomes(
            page, "other_outcomes", parts["other_outcomes"]
        )
    values.setdefault("phase", page.silent("phase"))
    trial = Trial(
        primary_id=_registration(page, parts.get("registration")),
        public_title=title,
        primary_sponsor=page.of("primary_sponsor", parts.get("sponsor")),
        brief_summary=page.of("brief_summary", parts.get("summary")),
        detailed_description=page.of("detailed_description", parts.get("description")),
        sex=_facts.coded(page, "sex", parts.get("sex"), _words.sex),
        inclusion_criteria=page.listed("inclusion_criteria", parts.get("inclusion")),
        exclusion_criteria=page.listed("exclusion_criteria", parts.get("exclusion")),
        study_type=_facts.coded(
            page,
            "study_type",
            parts.get("study_type"),
            lambda text: None if _words.missing(text) else word(text),
        ),
        study_design=page.of("study_design", parts.get("study_design")),
        primary_outcomes=_outcomes.read_outcomes(page, "primary_outcomes", parts.get("primary")),
        secondary_outcomes=_outcomes.read_outcomes(
            page, "secondary_outcomes", parts.get("secondary")
        ),
        other=tuple(other),
        **_conditions(page, parts.get("conditions")),
        **_interventions(page, parts.get("interventions"), parts.get("arms")),
        **_target(page, parts.get("target")),
        **_places(page, parts.get("locations")),
        **values,
    )
    return (
        _facts.draft(
            received,
            page,
            trial,
            trial.primary_id.content,
            last_change=trial.last_update.content,
        ),
    )


def _status(page: Page, segment: Segment | None) -> Value[str]:
    """The status; words that are no known status are "other"."""
    return _facts.coded(
        page,
        "overall_status",
        segment,
        lambda words: None if _words.missing(words) else _words.status(words) or "other",
    )


SOURCE = Source(_NAME, "MedPath", "page", recogniser(_NAME), _read)
