"""The views of the workspace as lines: what was added, found, woven, and where it stands.

One function per view, each taking the paper to write on and the view. Findings and pooled results
have their own modules, `cli_check` and `cli_pool`.
"""

from __future__ import annotations

import datetime as dt
from itertools import groupby

from trialweave.faces import cli_reconcile
from trialweave.faces.cli_call import rest_of_list
from trialweave.faces.cli_paper import Paper
from trialweave.faces.layout import (
    AGREEMENT_WORDS,
    claim,
    flags_once,
    identifiers_of,
    items,
    plural,
    probability,
    records_of,
)
from trialweave.model import Link, Passage
from trialweave.publish.text import blank_lines_out, cut, fold
from trialweave.publish.views import (
    AddReport,
    Cell,
    ConceptRow,
    DocumentView,
    RecordRow,
    SearchHit,
    SearchView,
    StatusView,
    StudyView,
    Why,
    WhyEntry,
)

__all__ = [
    "added",
    "document",
    "link_line",
    "place",
    "record_line",
    "refusals",
    "search",
    "status",
    "study",
    "why",
]

_LISTED = 20  # added records that are named
_ENTRIES = 60  # entries of one list that `show` prints unless asked for all
_LONG = 320  # characters of one value that `show` prints unless asked for all
_LINK_STYLES = {
    "decided": "bold green",
    "asserted": "green",
    "probable": "cyan",
    "candidate": "yellow",
    "rejected": "dim",
}
_AGREEMENT_STYLES = {"conflict": "bold yellow", "agree": "green"}


def added(paper: Paper, report: AddReport) -> None:
    """What an `add` did; refusals are for standard error and not written here."""
    said = [plural(report.new, "record") + " added"]
    if report.unchanged:
        said.append(f"{report.unchanged} there already, unchanged")
    if report.refused:
        said.append(f"{len(report.refused)} refused")
    paper.line(f"Read {plural(report.documents, 'document')}: {', '.join(said)}.")
    for row in report.added[:_LISTED]:
        paper.line(
            ("+ ", "green"),
            (row.identifier, "bold"),
            f"  {row.source_title}  ",
            fold(row.title),
            indent=2,
            hang=4,
        )
    if report.new > _LISTED:
        paper.line(f"… and {report.new - _LISTED} more", indent=2)
    if report.studies:
        shown = ", ".join(report.studies[:8])
        more = f" and {len(report.studies) - 8} more" if len(report.studies) > 8 else ""
        paper.line(
            f"They belong to {plural(len(report.studies), 'study', 'studies')}: {shown}{more}."
        )
    if report.suggestions:
        paper.line(
            plural(report.suggestions, "repair") + " suggested beside what was received; "
            "none was applied."
        )
    _fields(paper, report)
    if report.studies:
        paper.line(("Next: trialweave show " + report.studies[0], "dim"))


def _fields(paper: Paper, report: AddReport) -> None:
    """Fields of sources that are not as they were known: nothing of them was read."""
    for note in report.fields[:_LISTED]:
        said = {
            "new": "is a field that no rule reads",
            "retyped": "is not of the type that it had",
            "gone": "is missing from all records, and every record used to have it",
        }[note.kind]
        paper.line(
            ("changed  ", "bold yellow"),
            (f"{note.source} {fold(note.path)}", "bold"),
            f" {said}, in {plural(note.count, 'record')}",
            f"; perhaps {fold(note.near)} renamed" if note.near else "",
            f": {cut(fold(note.example), 80)}" if note.example else "",
            hang=4,
        )
    if len(report.fields) > _LISTED:
        paper.line(f"… and {len(report.fields) - _LISTED} more fields (--json has all)", indent=2)


def refusals(paper: Paper, report: AddReport) -> None:
    """Each document or record that could not be taken, with the reason."""
    for refusal in report.refused:
        name = f"{refusal.name}: "
        message = refusal.message.removeprefix(name)
        paper.line(("refused  ", "bold red"), (name, "bold"), message, f" [{refusal.error}]")


def status(
    paper: Paper, view: StatusView, *, there: bool = True, day: dt.date | None = None
) -> None:
    """What a workspace holds, or held on a day; `there` is whether its folder exists."""
    of_day = f", as of {day}" if day is not None else ""
    paper.line(("Workspace ", "dim"), view.path, (f"  generation {view.generation}{of_day}", "dim"))
    if not view.records and there and day is not None:
        paper.line(f"No record here is known to have held on {day}.")
        return
    if not view.records:
        missing = "" if there else ": there is no such folder"
        paper.line(f"It holds nothing yet{missing}. Next: trialweave add FILE, or trialweave demo")
        return
    paper.line(
        f"{plural(view.documents, 'document')}, {plural(view.records, 'record')}, "
        f"{plural(view.studies, 'study', 'studies')}, {plural(view.findings, 'finding')}, "
        f"{plural(view.flags, 'flag')} on {plural(view.flagged_studies, 'study', 'studies')}"
    )
    paper.table(
        ("source", "records"),
        [(name, str(count)) for name, count in view.sources.items()],
        numbers=(1,),
    )


def search(paper: Paper, view: SearchView) -> None:
    """The hits, and what would narrow them."""
    paper.line(f"{_asked(view)}: {plural(view.total, 'study', 'studies')}")
    for hit in view.hits:
        paper.blank()
        _hit(paper, hit)
    rest_of_list(paper, view.offset, len(view.hits), view.total)
    facets = {name: counts for name, counts in view.facets.items() if len(counts) > 1}
    if facets and view.total > 1:
        paper.blank()
        for name, counts in facets.items():
            best = list(counts.items())[:6]
            paper.line(
                ("--filter ", "dim"),
                " · ".join(f"{name}={value} ({count})" for value, count in best),
                *([(" …", "dim")] if len(counts) > 6 else []),
                hang=9,
            )
    if not view.total:
        paper.line("Fewer words find more; trialweave status says what the workspace holds.")


def _asked(view: SearchView) -> str:
    filters = [f"{name} = {' or '.join(values)}" for name, values in view.filters.items()]
    return " and ".join([f"“{view.query}”" if view.query else "all studies", *filters])


def _hit(paper: Paper, hit: SearchHit) -> None:
    paper.line((hit.study_id, "bold"), "  ", fold(hit.title))
    facts = [
        f"phase {hit.phase}" if hit.phase else "",
        hit.status,
        f"{hit.enrollment} enrolled" if hit.enrollment else "",
        ", ".join(hit.sources),
    ]
    flags = [(f" · ⚑ {plural(hit.flags, 'flag')}", "bold yellow")] if hit.flags else []
    if hit.notices:
        flags.append((f" · {cli_reconcile.mark(hit.notices)}", "bold red"))
    paper.line((" · ".join(fact for fact in facts if fact), "dim"), *flags, indent=4)
    if hit.match:
        paper.line(
            "…" + fold(hit.before) + " ",
            (fold(hit.match), "bold underline"),
            " " + fold(hit.after) + "…",
            indent=4,
        )


def study(paper: Paper, view: StudyView, *, whole: bool = False) -> None:
    """A study: its records, what they state concept by concept, and what did not add up."""
    paper.line((fold(view.study.title), "bold"))
    paper.line((" · ".join(identifiers_of(view.study.identifiers)), "cyan"))
    paper.heading(f"Woven from {plural(len(view.records), 'record')}")
    for row in view.records:
        record_line(paper, row)
    for link in view.links:
        link_line(paper, link)
    if len(view.reports) < len(view.records) or view.notices:
        paper.heading(f"In {plural(len(view.reports), 'report')}")
        cli_reconcile.reports(paper, view.reports, view.notices)
    for group, rows in groupby(view.concepts, key=lambda row: row.group):
        paper.heading(group.capitalize())
        for concept in rows:
            _concept(paper, concept, len(view.records), whole=whole)
    _findings_in_short(paper, view)
    if view.suggestions:
        paper.heading("Suggested repairs (none applied)")
        for proposed in view.suggestions:
            said = proposed.suggestion
            paper.line(
                (said.concept, "bold"),
                f": “{cut(fold(said.received), 120)}” → "
                f"“{cut(fold(said.suggested), 120)}”. {said.reason} ",
                (f"[{proposed.record_id}, {said.rule}]", "dim"),
                indent=2,
            )
    paper.blank()
    paper.line((f"Where a value stands: trialweave why {view.study.study_id} enrollment", "dim"))


def record_line(paper: Paper, row: RecordRow) -> None:
    """One record with its version and dates."""
    dated = f", dated {row.stated}" if row.stated else ""
    versions = f" of {row.versions}" if row.versions > 1 else ""
    paper.line(
        (row.record_id, "bold"),
        f"  {row.source_title}, version {row.version}{versions}{dated}",
        (f"  {row.file_name}, received {row.received_at:%Y-%m-%d %H:%M} UTC", "dim"),
        indent=2,
    )


def link_line(paper: Paper, link: Link) -> None:
    """Two records, and how surely they tell of one trial."""
    sure = "" if link.kind in ("decided", "asserted") else f" {probability(link.probability)}"
    paper.line(
        (link.kind + sure, _LINK_STYLES[link.kind]),
        f"  {link.record_a} ~ {link.record_b}",
        (f"  {link.relation}", "dim"),
        indent=2,
    )


def _concept(paper: Paper, row: ConceptRow, records: int, *, whole: bool) -> None:
    mark, words = AGREEMENT_WORDS[row.agreement]
    shown = records > 1 and row.agreement in ("agree", "conflict")
    paper.line(
        row.title,
        *([(f"  {mark} {words}", _AGREEMENT_STYLES[row.agreement])] if shown else []),
        (f"  {row.concept}", "dim"),
        indent=2,
    )
    for cells in records_of(row.cells).values():
        told = cells[0].source_title if records > 1 else ""
        stated = items(cells)
        entries = [_item(item.parts) for item in (stated if whole else stated[:_ENTRIES])]
        if told and len(entries) > 1:
            paper.line((told, "dim"), indent=4)
        for text, style in entries:
            shown_text = text if whole else cut(text, _LONG)
            if told and len(entries) == 1:
                paper.line((told + "  ", "dim"), (shown_text, style), indent=4)
            else:
                paper.line(("– ", "dim") if len(entries) > 1 else "", (shown_text, style), indent=4)
        if len(stated) > len(entries):
            left = f"… and {plural(len(stated) - len(entries), 'more', 'more')}; --whole shows all"
            paper.line((left, "dim"), indent=4)
    _preference(paper, row)


def _preference(paper: Paper, row: ConceptRow) -> None:
    """Whose value is preferred where records differ, and by which order."""
    preferred = next((cell for cell in row.cells if cell.preferred), None)
    if row.agreement == "conflict" and preferred is not None and row.because:
        said = f"preferred is {preferred.record_id}: {row.because}"
        paper.line((said, "dim"), indent=4)


def _item(parts: dict[str, Cell]) -> tuple[str, str]:
    """The parts of one entry as a line; dim where nothing is stated."""
    said = [cell for cell in parts.values() if cell.missingness == "stated"]
    label = next(iter(parts.values())).label
    name = f"{fold(label)}: " if label else ""
    if not said:
        return name + claim(next(iter(parts.values()))), "dim italic"
    return name + " · ".join(fold(cell.text) for cell in said), ""


def _findings_in_short(paper: Paper, view: StudyView) -> None:
    if not (view.findings or view.checks):
        return
    flags = sum(check.verdict == "flag" for check in view.checks)
    found, flagged = plural(len(view.findings), "finding"), plural(flags, "flag")
    paper.heading(f"{found}, {flagged} after re-computation")
    for flag in flags_once(view.findings, view.checks):
        also = [(f"  ({flag.holds_for})", "dim")] if flag.holds_for else []
        paper.line(("⚑ flag  ", "bold yellow"), fold(flag.check.statement), *also, indent=2)
    paper.line((f"The arithmetic: trialweave check {view.study.study_id}", "dim"), indent=2)


def why(paper: Paper, view: Why) -> None:
    """Each statement of the value with its source, dates, file, passage and rule."""
    paper.line((view.title, "bold"), (f"  {view.concept} of {view.study_id}", "dim"))
    if not view.entries:
        paper.line("No record of this study states it or leaves it open.")
    for entry in view.entries:
        _entry(paper, entry)


def _entry(paper: Paper, entry: WhyEntry) -> None:
    paper.blank()
    stated = entry.missingness == "stated"
    said = cut(fold(entry.text), 600) if stated else entry.missingness.value
    paper.line((said, "bold" if stated else "italic"), (f"  {entry.address}", "dim"))
    labels = {
        "source": f"{entry.source_title}, record {entry.record_id}",
        "version": f"{entry.version}, received {entry.received_at:%Y-%m-%d %H:%M} UTC"
        + (f", the record is dated {entry.stated}" if entry.stated else ""),
        "file": f"{entry.file_name}, sha256 {entry.sha256}",
        "place": place(Passage(entry.start, entry.end, entry.path)),
        "as received": fold(entry.raw) if entry.raw is not None else "",
        "rule": entry.rule,
    }
    for label, text in labels.items():
        if text:
            paper.field(f"{label:<11}", text)
    if entry.match:
        paper.line(
            ("passage      ", "dim"),
            fold(entry.before) + " »",
            (fold(entry.match), "bold reverse"),
            "« " + fold(entry.after),
            indent=2,
            hang=13,
        )


def place(passage: Passage | None) -> str:
    """Where a passage stands, in words."""
    if passage is None or (passage.start < 0 and not passage.path):
        return ""
    span = f"characters {passage.start} to {passage.end}" if passage.start >= 0 else ""
    return ", ".join(part for part in (passage.path, span) if part)


def document(paper: Paper, view: DocumentView) -> None:
    """The received text, the passage between » and « where one was asked for."""
    record_line(paper, view.record)
    paper.line((f"sha256 {view.record.sha256}", "dim"), indent=2)
    paper.blank()
    text = view.text
    if view.start >= 0:
        text = f"{text[: view.start]}»{text[view.start : view.end]}«{text[view.end :]}"
    paper.passage(blank_lines_out(text), indent=0)
