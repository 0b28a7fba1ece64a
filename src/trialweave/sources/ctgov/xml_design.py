"""The design of a study in ClinicalTrials.gov's legacy XML, in both of its generations."""

from __future__ import annotations

import re
from typing import NamedTuple

from trialweave.sources._xml import Node
from trialweave.sources.ctgov import study as shape
from trialweave.sources.ctgov.xml_spans import Spans

__all__ = ["Masked", "design_info", "masked"]

_LABEL = re.compile(
    r"(?P<label>Allocation|Endpoint Classification|Intervention Model|Masking|Primary Purpose"
    r"|Observational Model|Time Perspective)\s{0,4}:\s{0,4}"
)
_DESIGN_KEYS = {
    "Allocation": "allocation",
    "Intervention Model": "intervention_model",
    "Masking": "masking",
    "Primary Purpose": "primary_purpose",
    "Observational Model": "observational_model",
    "Time Perspective": "time_perspective",
}
_MASKED = re.compile(r"(?P<level>[^()]{1,60})(?:\((?P<who>[^()]{1,200})\))?")
_OPEN_LABEL = re.compile(r"none\b|open\b|no masking\b", re.IGNORECASE)
# Who is masked, in words that the register has given up
_FORMER = {"subject": "Participant", "caregiver": "Care Provider"}


def design_info(node: Node, spans: Spans, to: str) -> shape.DesignInfo:
    info = node.child("study_design_info")
    parts: dict[str, tuple[str, int, int]] = {}
    if info is not None:
        for key in (*_DESIGN_KEYS.values(), "intervention_model_description"):
            child = info.child(key)
            if child is not None:
                content, (start, end) = spans.words(child)
                parts[key] = (content, start, end)
    elif (older := node.child("study_design")) is not None:
        parts = _older_design(older, spans)

    def part(key: str, path: str) -> str | None:
        if key not in parts or not parts[key][0]:
            return None
        content, start, end = parts[key]
        spans.note(path, start, end)
        return content

    description = None
    if info is not None:
        description = spans.text(
            info, "masking_description", to=f"{to}.maskingInfo.maskingDescription"
        )
    return shape.DesignInfo(
        part("allocation", f"{to}.allocation"),
        part("intervention_model", f"{to}.interventionModel"),
        part("intervention_model_description", f"{to}.interventionModelDescription"),
        part("primary_purpose", f"{to}.primaryPurpose"),
        part("observational_model", f"{to}.observationalModel"),
        part("time_perspective", f"{to}.timePerspective"),
        _masking(parts.get("masking"), description, spans, f"{to}.maskingInfo"),
    )


def _older_design(node: Node, spans: Spans) -> dict[str, tuple[str, int, int]]:
    """The design as the XML had it until 2017: "Allocation: Randomized, Masking: Open Label"."""
    parts = {}
    content, (start, end) = spans.words(node)
    raw = spans.between(start, end)
    exact = " ".join(raw.split()) == content
    text = raw if exact else content
    matches = list(_LABEL.finditer(text))
    ends = [match.start() for match in matches[1:]] + [len(text)]
    for match, stop in zip(matches, ends, strict=False):
        key = _DESIGN_KEYS.get(match["label"])
        if key is not None:
            said = text[match.end() : stop].rstrip(" ,\r\n\t")
            at = (start + match.end(), start + match.end() + len(said)) if exact else (start, end)
            parts[key] = (said, *at)
    return parts


class Masked(NamedTuple):
    """A level of masking, where its word ends in the text, and who is masked, each with a span."""

    level: str
    end: int
    who: tuple[tuple[str, int, int], ...] = ()


def masked(text: str) -> Masked | None:
    """Read "Double (Participant, Investigator)"; None where the text has another form."""
    match = _MASKED.fullmatch(text)
    if match is None:
        return None
    level = match["level"].strip()
    if _OPEN_LABEL.match(level):
        return Masked("None", len(text))
    who, at = [], match.start("who")
    for name in (match["who"] or "").split(","):
        bare = name.strip()
        place = at + len(name) - len(name.lstrip())
        if bare:
            who.append((_FORMER.get(bare.lower(), bare), place, place + len(bare)))
        at += len(name) + 1
    end = match.start("level") + len(match["level"].rstrip())
    return Masked(level.removesuffix(" Blind"), end, tuple(who))


def _masking(
    part: tuple[str, int, int] | None, description: str | None, spans: Spans, to: str
) -> shape.Masking:
    """ "Double (Participant, Investigator)": the level, and who is masked."""
    read = masked(part[0]) if part is not None else None
    if part is None or read is None:
        if part is not None:
            spans.note(f"{to}.masking", part[1], part[2])
        return shape.Masking(part[0] if part else None, description)
    content, start, end = part
    exact = spans.between(start, end) == content
    spans.note(f"{to}.masking", start, start + read.end if exact else end)
    if not read.who:
        return shape.Masking(read.level, description)
    first, last = read.who[0][1], read.who[-1][2]
    spans.note(f"{to}.whoMasked", *((start + first, start + last) if exact else (start, end)))
    for index, (_, at, stop) in enumerate(read.who):
        here = (start + at, start + stop) if exact else (start, end)
        spans.note(f"{to}.whoMasked[{index}]", *here)
    return shape.Masking(read.level, description, tuple(name for name, _, _ in read.who))
