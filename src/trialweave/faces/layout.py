"""What terminal and pages share: how views are grouped and put into words before they are shown.

Nothing here is escaped or made safe: that is done once, where a face writes (`publish.text`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlencode

from trialweave.errors import (
    NotFound,
    NothingToPool,
    TrialweaveError,
    Unreadable,
    WorkspaceError,
)
from trialweave.model import ArmResult, Check, Finding, Missingness, Passage
from trialweave.publish.numbers import number_text, rounded
from trialweave.publish.views import Cell, RecordRow

__all__ = [
    "AGREEMENT_WORDS",
    "FACET_TITLES",
    "VERDICT_WORDS",
    "Checked",
    "Flag",
    "Item",
    "anchor",
    "arm_known",
    "arm_numbers",
    "arm_text",
    "check_order",
    "claim",
    "compares",
    "decimals",
    "finding_text",
    "flags_once",
    "identifiers_of",
    "interval",
    "items",
    "next_step_of",
    "parse_filters",
    "path_of",
    "plural",
    "probability",
    "query_of",
    "records_of",
    "recovered",
    "small",
    "small_spread",
    "span_query",
    "spread",
    "stated_effect",
    "stated_p",
    "version_of",
    "with_checks",
]

AGREEMENT_WORDS = {
    "agree": ("=", "agree"),
    "conflict": ("≠", "conflict"),
    "one source": ("", "one source"),
    "not reported": ("", "not reported"),
    "not compared": ("", "not compared"),
}
FACET_TITLES = {
    "sources": "Source",
    "phases": "Phase",
    "statuses": "Status",
    "countries": "Country",
    "years": "Year",
    "has_flags": "Flags",
}
VERDICT_WORDS = {
    "flag": ("⚑", "flag"),
    "note": ("•", "note"),
    "cannot check": ("?", "cannot check"),
    "consistent": ("✓", "consistent"),
}
_ROLES = {"treatment": 0, "control": 1, "single": 2, "total": 3, "unknown": 4}
_ADDRESS = re.compile(r"[^\[.]+\[(\d+)\](?:\.(.+))?")


class Item(NamedTuple):
    """One entry of a list that a record states: its parts by name, in the record's order."""

    number: int
    parts: dict[str, Cell]


class Checked(NamedTuple):
    """A finding and what re-computing it gave; `finding` is None for checks of a whole record."""

    finding: Finding | None
    checks: tuple[Check, ...]


class Flag(NamedTuple):
    """One flag of a study, said once, with every finding that it holds for."""

    check: Check
    findings: tuple[Finding, ...]

    @property
    def holds_for(self) -> str:
        """``2 findings, of 2 records``; "" where it is one finding's, or a whole record's."""
        if len(self.findings) < 2:
            return ""
        records = len({finding.record_id for finding in self.findings})
        return f"{len(self.findings)} findings, of {plural(records, 'record')}"


def plural(count: int, one: str, many: str = "") -> str:
    """``1 study``, ``2 studies``, with thousands set apart."""
    return f"{count:,} {one if count == 1 else many or one + 's'}".replace(",", " ")


def version_of(row: RecordRow) -> str:
    """``2 of 3``: which version, of how many; on an earlier day a late one may be the first."""
    if row.version <= row.versions:
        return f"{row.version} of {row.versions}"
    return f"{row.version}, of {row.versions} by then"


def records_of(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """The cells by record, both in the order given."""
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        found.setdefault(cell.record_id, []).append(cell)
    return found


def items(cells: Sequence[Cell]) -> list[Item]:
    """One record's cells of a list as its entries; a cell about the list as a whole is entry -1.

    ``primary_outcomes[0].measure`` is part ``measure`` of entry 0; ``conditions[2]`` part "".
    """
    found: dict[int, dict[str, Cell]] = {}
    for cell in cells:
        match = _ADDRESS.fullmatch(cell.address)
        index, part = (int(match[1]), match[2] or "") if match else (-1, "")
        found.setdefault(index, {})[part] = cell
    return [Item(index, parts) for index, parts in found.items()]


def claim(cell: Cell) -> str:
    """What a cell states; where it states nothing, the missingness in words."""
    return cell.text if cell.missingness is Missingness.STATED else cell.missingness.value


def decimals(value: float | None, digits: int) -> str:
    """The value to so many decimals, "–" for none."""
    return "–" if value is None else rounded(value, digits)


def small(value: float | None) -> str:
    """A variance, which may be tiny: two decimals, two digits below 0.1."""
    if value is None or value == 0 or value >= 0.1:
        return decimals(value, 2)
    return f"{value:.2g}"


def spread(low: float | None, high: float | None) -> str:
    """``0.35 to 1.12``; "not defined" where a bound is missing."""
    if low is None or high is None:
        return "not defined"
    return f"{number_text(low)} to {number_text(high)}"


def interval(estimate: float | None, low: float | None, high: float | None) -> str:
    """``0.63 (0.35 to 1.12)``; "not estimable" where there is no estimate."""
    return "not estimable" if estimate is None else f"{number_text(estimate)} ({spread(low, high)})"


def small_spread(low: float | None, high: float | None) -> str:
    """``0.02 to 0.41``, for variances."""
    return "not defined" if low is None or high is None else f"{small(low)} to {small(high)}"


def arm_numbers(arm: ArmResult) -> str:
    """The numbers of one group: ``7 of 14 (50%)``."""
    parts: list[str] = []
    if arm.events is not None:
        parts.append(f"{arm.events} of {arm.n}" if arm.n is not None else str(arm.events))
    if arm.percent:
        of = f" of {arm.n}" if arm.events is None and arm.n is not None else ""
        percent = f"{arm.percent}%{of}"
        parts.append(f"({percent})" if parts else percent)
    if arm.mean is not None:
        parts.append(f"mean {arm.mean:g}" + (f" (SD {arm.sd:g})" if arm.sd is not None else ""))
    if arm.median is not None:
        parts.append(f"median {arm.median:g}")
    if arm.lower is not None and arm.upper is not None:
        parts.append(f"[{arm.lower:g} to {arm.upper:g}]")
    if arm.n is not None and arm.events is None and not arm.percent:
        parts.append(f"n = {arm.n}")
    return " ".join(parts) or "no number"


def recovered(arm: ArmResult) -> str:
    """Which numbers of a group were recovered: ``events and size``, "" where none was."""
    origins = (("events", arm.events_origin), ("size", arm.n_origin))
    return " and ".join(name for name, origin in origins if origin == "recovered")


def arm_known(arm: ArmResult) -> str:
    """How the numbers of a group are known."""
    found = recovered(arm)
    if not found:
        return "as stated"
    return f"{found} recovered" + (f": {arm.recovery}" if arm.recovery else "")


def arm_text(arm: ArmResult) -> str:
    """``cells: 7 of 14 (50%)``, with what was recovered named as such."""
    name = arm.label or (arm.role if arm.role != "unknown" else "")
    found = recovered(arm)
    return (
        (f"{name}: " if name else "")
        + arm_numbers(arm)
        + (f" [{found} recovered]" if found else "")
    )


def stated_p(finding: Finding) -> str:
    """The P value as stated, "" where none is."""
    if finding.p is None:
        return ""
    test = f" ({finding.p.test})" if finding.p.test else ""
    return f"P {finding.p.operator} {finding.p.text}{test}"


def stated_effect(finding: Finding) -> str:
    """The effect as stated, "" where none is."""
    effect = finding.effect
    if effect is None:
        return ""
    bounds = ""
    if effect.lower or effect.upper:
        bounds = f" ({effect.level}% interval {effect.lower or '?'} to {effect.upper or '?'})"
    return f"{effect.measure} {effect.estimate}{bounds}"


def finding_text(finding: Finding) -> str:
    """The finding as one sentence of numbers, treatment first."""
    arms = sorted(finding.arms, key=lambda arm: _ROLES[arm.role])
    stated = [" against ".join(arm_text(arm) for arm in arms)] if arms else []
    stated += [text for text in (stated_effect(finding), stated_p(finding)) if text]
    head = finding.outcome or finding.family or "outcome not named"
    if finding.time:
        head += f", {finding.time}"
    if finding.population:
        head += f", {finding.population}"
    return f"{head}: {'; '.join(stated)}" if stated else head


def identifiers_of(identifiers: Sequence[str]) -> list[str]:
    """The numbers to show: without record ids of the form ``source:number`` whose number is there.

    Where there is nothing else, all.
    """
    known = set(identifiers)
    return [name for name in identifiers if name.partition(":")[2] not in known] or list(
        identifiers
    )


def probability(value: float) -> str:
    """A probability that is never shown as certain: ``>0.99``."""
    return ">0.99" if 0.995 <= value < 1 else "<0.01" if 0 < value < 0.005 else rounded(value, 2)


def compares(check: Check) -> bool:
    """Whether the attempts are held against a statement, and do not merely say what follows."""
    return check.verdict != "note" or not all(attempt.agrees for attempt in check.attempts)


def check_order(check: Check) -> int:
    """Flags first, then notes, then what cannot be checked, then what is consistent."""
    return list(VERDICT_WORDS).index(check.verdict)


def with_checks(findings: Sequence[Finding], checks: Sequence[Check]) -> list[Checked]:
    """Findings with their checks, flagged findings first; checks of no finding come last."""
    by_finding: dict[str, list[Check]] = {}
    for check in sorted(checks, key=check_order):
        by_finding.setdefault(check.finding_id, []).append(check)
    paired = [
        Checked(finding, tuple(by_finding.pop(finding.finding_id, ()))) for finding in findings
    ]
    paired.sort(key=lambda pair: min((check_order(check) for check in pair.checks), default=9))
    rest = [check for found in by_finding.values() for check in found]
    return [*paired, Checked(None, tuple(rest))] if rest else paired


def flags_once(findings: Sequence[Finding], checks: Sequence[Check]) -> list[Flag]:
    """A study's flags in their order, each distinct statement once.

    Several records often retell one result, and then the same arithmetic holds for each.
    """
    by_id = {finding.finding_id: finding for finding in findings}
    said: dict[tuple[str, str], tuple[Check, dict[str, Finding]]] = {}
    for check in checks:
        if check.verdict == "flag":
            _, told = said.setdefault((check.rule, check.statement), (check, {}))
            if check.finding_id in by_id:
                told[check.finding_id] = by_id[check.finding_id]
    return [Flag(check, tuple(told.values())) for check, told in said.values()]


def parse_filters(texts: Iterable[str]) -> dict[str, list[str]]:
    """``["phases=2", "phases=3"]`` to ``{"phases": ["2", "3"]}``; ValueError for other forms."""
    filters: dict[str, list[str]] = {}
    for text in texts:
        field, equals, value = text.partition("=")
        if not (field.strip() and equals and value.strip()):
            raise ValueError(f"'{text}' is not a filter; write field=value, as in phases=2.")
        filters.setdefault(field.strip(), []).append(value.strip())
    return filters


def next_step_of(error: TrialweaveError) -> str:
    """What to do about an error: what it says itself, else what helps with its kind."""
    if error.next_step:
        return error.next_step
    if isinstance(error, Unreadable):
        return "Get it again from where it came from: it is empty, cut off or damaged."
    if isinstance(error, NothingToPool):
        from trialweave.results.families import FAMILIES

        families = ", ".join(sorted({name for name, _ in FAMILIES if name}))
        return f"Widen what is asked: other designs, no product, or another outcome: {families}."
    if isinstance(error, NotFound):
        return "The ids of records and the places of values are those that show and why print."
    if isinstance(error, WorkspaceError) and os.path.isfile(error.where):
        return "The workspace is a folder; name another with --workspace."
    if isinstance(error, WorkspaceError):
        return "Add the documents again to a new workspace; those received are kept in raw/."
    return ""


def path_of(*parts: str) -> str:
    """A URL path; slashes of registry numbers and DOIs stay readable where that is safe.

    Browsers rewrite empty and dotted segments, so where there are such all slashes are escaped.
    """
    done = []
    for part in parts:
        plain = all(segment not in ("", ".", "..") for segment in part.split("/"))
        done.append(quote(part, safe="/:" if plain else ":", errors="replace"))
    return "/" + "/".join(done)


def query_of(pairs: Mapping[str, object] | Sequence[tuple[str, object]]) -> str:
    """A query string with its question mark, "" where nothing is asked."""
    listed_pairs = list(pairs.items()) if isinstance(pairs, Mapping) else list(pairs)
    kept = [(key, value) for key, value in listed_pairs if value not in ("", None, ())]
    text = urlencode(kept, doseq=True, errors="replace")
    return f"?{text}" if text else ""


def anchor(name: str) -> str:
    """The fragment that goes to an element of that id."""
    return "#" + quote(name, safe="", errors="replace")


def span_query(passage: Passage | None) -> str:
    """The query string that opens a passage on the page of a record."""
    if passage is None:
        return ""
    if passage.start >= 0:
        return query_of({"start": passage.start, "end": passage.end})
    return query_of({"path": passage.path})
