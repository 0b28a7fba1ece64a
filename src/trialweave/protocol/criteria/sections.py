"""Where an eligibility text says inclusion, exclusion, donors, recipients."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from trialweave.protocol.criteria.tree import Population, Section

__all__ = ["DONOR", "MARK", "RECIPIENT", "Part", "parts"]

_SECTION: Final = re.compile(
    r"\b(?P<non>non[-\s]{0,2})?(?:(?P<in>inclusion|including|included)|(?P<ex>exclusion"
    r"|excluding|excluded))\b"
    r"(?:[-\s]{0,3}(?P<what>criteri(?:a|on|ums?|as)))?|\b(?P<elig>eligib(?:le"
    r"|ility))[-\s]{0,3}criteria\b",
    re.IGNORECASE,
)
_BARRED: Final = re.compile(
    r"(?:patients?|subjects?|participants?|individuals?|people|those|we|any|an|a|the|persons?)\b"
    r"[^:.;]{0,110}\b(?:excluded?|ineligible|not\s+eligible)\b[^:.;]{0,80}:\s*\Z",
    re.IGNORECASE,
)
_INLINE: Final = re.compile(
    r"(?<=[.;:,)\]\s])(?:(?:Key|Main|Major|KEY|MAIN|Patient|Subject|Donor|Recipient"
    r"|General)\s)?(?:Inclusion|Exclusion|INCLUSION|EXCLUSION|Non-inclusion|Non-Inclusion)"
    r"\s(?:Criteria|criteria|CRITERIA|Criterion|criterion)(?:\s[a-z()\s]{0,40})?\s?[:\n]"
)
_HEAD_WORDS: Final = re.compile(
    r"(?:key|main|major|general|specific|additional|other|primary|principal|common|patient"
    r"|patients|subject|subjects|donor|donors"
    r"|recipient|recipients|participant|participants|study|trial|healthy|volunteers?|controls?"
    r"|cohort|group|part|phase|stage|arm|criteria|inclusion|exclusion|eligibility|"
    r"for|of|in|the|and|or|to|both|all|at|a|b|c|i|ii|iii|1|2|3|case|cases|with|initial"
    r"|screening|enrollment|enrolment|randomi[sz]ation|baseline|will|be|not|are|is|following|as"
    r"|follows|include|includes|including|selection|sub|substudy|list|section|brief|summary"
    r"|important|detailed|potential|clinical|non|non-inclusion|severe|mild|moderate|covid"
    r"|patients'|women|men|children|adults|infants|mothers?|families|caregivers?|parents?|pre"
    r"|post|run-in|period)"
)
MARK: Final = re.compile(
    r"(?P<bullet>‚Ä¢|â€¢|[*•·▪●○◦‣➢✓■□❖»→]+|[-–—]+(?=[\s A-Z(<>≥≤=\d]|[a-z])|o(?=\s{1,8}[A-Z])"
    r"|\?(?=\s[A-Z]))\s*"
    r"|(?P<dotted>\d{1,2}(?:\.\d{1,2}){1,3}\.?(?=\s))\s*"
    r"|(?P<paren>[(（]\s?(?:\d{1,3}|[a-z]|[ivx]{1,5})\s?[)）])\s*"
    r"|(?P<number>\d{1,3}\s?(?:[.)、．）:](?!\d)|-(?=[A-Z\s][A-Za-z])))\s*"
    r"|(?P<letter>[a-zA-Z][.)](?=\s)|[a-z]-(?=\s)|[a-z]\)(?=[A-Za-z]))\s*"
    r"|(?P<roman>[ivx]{1,5}[.)](?=\s)|[IVX]{1,5}[.)](?=\s))\s*",
    re.IGNORECASE,
)
DONOR: Final = re.compile(r"\bdonors?\b", re.IGNORECASE)
RECIPIENT: Final = re.compile(r"\brecipients?\b", re.IGNORECASE)


class Part(NamedTuple):
    section: Section
    population: Population
    heading: str
    start: int
    end: int


def _heading(line: str) -> tuple[Section, int] | None:
    """Which section a line opens and where its heading ends; None for a line that is no heading."""
    found = _SECTION.search(line[:160])
    if found is None:
        return None
    if _BARRED.match(line):  # "Patients are excluded if any of the following applies:"
        return "exclusion", len(line)
    if found["elig"]:
        section: Section = "unknown"
    else:
        section = "inclusion" if found["in"] and not found["non"] else "exclusion"
    colon = re.compile(r"[:：]").search(line, found.end())
    head = line[: colon.start()] if colon and colon.start() <= 120 else line
    words = re.findall(r"[A-Za-z'-]+|\d+", head.lower())
    known = sum(_HEAD_WORDS.fullmatch(word) is not None for word in words)
    if not words or len(words) > 14 or len(head) > 130:
        return None
    if not found["what"] and not found["elig"] and (len(words) > 3 or not colon):
        bare = line.strip(" \t*#_-").rstrip(":").lower()
        return (
            (section, len(line))
            if bare in ("inclusion", "exclusion", "inclusions", "exclusions")
            else None
        )
    if known < len(words) - max(1, len(words) // 3):
        return None
    if colon is None and re.search(r"[.;,]\s*\Z", line.strip()) and len(words) > 4:
        return None
    if colon is None and re.search(r"\b(?:not|meet|met|any|fulfil\w*|satisf\w*)\b", head.lower()):
        return None
    return section, (colon.end() if colon and colon.start() <= 120 else len(line))


def parts(text: str, section: Section) -> Iterator[Part]:
    """The text between section headings.

    What stands before a first heading that says exclusion is read as inclusion.
    """
    population: Population = "patient"
    heading, begin = "", 0
    before: Section
    for start, end in _rough_lines(text):
        bare = text[start:end].strip(" \t*#_\r")
        lead = text.find(bare, start, end) if bare else start
        mark = MARK.match(bare)
        bare_text = bare[mark.end() :] if mark and len(bare) < 140 else bare
        found = _heading(bare_text) if bare_text else None
        if found is None:
            continue
        if mark and found[0] == section and bare_text[found[1] :].strip():
            continue  # "3. Other inclusion criteria: consent" is an item of its list
        offset = lead + (len(bare) - len(bare_text))
        before = "inclusion" if section == "unknown" and found[0] == "exclusion" else section
        yield Part(before, population, heading, begin, start)
        section = found[0] if found[0] != "unknown" or section == "unknown" else section
        heading = text[offset : offset + found[1]].strip()
        population = "recipient" if RECIPIENT.search(heading) else "patient"
        population = "donor" if DONOR.search(heading) else population
        begin = min(end, offset + found[1])
    yield Part(section, population, heading, begin, len(text))


def _rough_lines(text: str) -> Iterator[tuple[int, int]]:
    """Lines, parted also where a section's heading stands within one."""
    at = 0
    for line in text.split("\n"):
        end = at + len(line)
        cuts = [at]
        if len(line) > 24:
            cuts += [m.start() for m in _INLINE.finditer(text, at + 1, min(len(text), end + 1))]
        yield from zip(cuts, [*cuts[1:], end], strict=True)
        at = end + 1
