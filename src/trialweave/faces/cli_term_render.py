"""Terms as lines: one with its studies and relatives, lists, what rose, what a study names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from trialweave.faces.cli_call import rest_of_list
from trialweave.faces.layout import interval, plural
from trialweave.faces.term_words import (
    ROLE_WORDS,
    bars,
    changes_of,
    component,
    in_which,
    likeness,
    mark_of,
    names_by_scope,
    nothing_related,
    q_text,
    said_where,
    stands_for,
    summed,
    why_address,
)
from trialweave.publish.numbers import number_text
from trialweave.publish.text import cut, fold

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.faces.term_pair import Pair
    from trialweave.publish.terms.views import (
        Count,
        MentionView,
        Related,
        RelatedView,
        ReportRow,
        TermList,
        TermPage,
        TermRef,
        TermReport,
        TermRow,
        TermStudy,
    )

__all__ = ["listed", "mentions", "pair", "related", "report", "suggested", "term"]

_TABLE = 100  # columns; below this a related term is two lines instead of a row
_BAR = 30
_NAMES = 12
_PATHS = 4
_ROWS = 12  # narrower terms, variants, countries: what one line names
_GENES = 20
_EACH = 5  # related terms of one kind, where all kinds are shown
_POINTS = 12  # days of a history


def term(paper: Paper, view: TermPage, found: RelatedView, menu: str) -> None:
    """Everything that is known of a term, and its relatives."""
    _head(paper, view)
    _counts(paper, view)
    if view.studies:
        paper.heading("Studies")
    for one in view.studies:
        _study(paper, one, view.term)
    rest_of_list(paper, view.offset, len(view.studies), view.total)
    _genes(paper, view)
    related(paper, found, menu)


def _name(ref: TermRef, width: int = 90) -> str:
    return cut(fold(ref.name), width) or cut(fold(ref.id), width)


def _place(ref: TermRef) -> tuple[str, str]:
    own = f" {cut(fold(ref.id), 40)}" if ref.id != ref.name else ""
    return f"  {cut(fold(ref.vocabulary), 40)}{own}", "dim"


def _rows(rows: Sequence[TermRow], most: int = _ROWS, left: int = 0) -> str:
    """Some terms with their studies; `left` more are not among `rows`."""
    said = ", ".join(cut(fold(stands_for(row)), 70) for row in rows[:most])
    return said + _more(rows, most, left)


def _more(rows: Sequence[object], most: int = _ROWS, left: int = 0) -> str:
    more = max(len(rows) - most, 0) + left
    return f" and {more} more" if more else ""


def _elsewhere(row: TermRow) -> str:
    return cut(fold(f"{stands_for(row)}, {row.term.vocabulary} {row.term.id}"), 120)


def _labels(counts: Sequence[Count], most: int = _ROWS) -> str:
    said = ", ".join(f"{cut(fold(one.label), 60)} ({one.studies})" for one in counts[:most])
    return said + _more(counts, most)


def _head(paper: Paper, view: TermPage) -> None:
    paper.line((_name(view.term, 300), "bold"), _place(view.term))
    if view.obsolete:
        paper.line(("retired  ", "bold yellow"), f"in its place: {cut(fold(view.obsolete), 200)}")
    for note in view.notes:
        paper.field("note", fold(note))
    if view.definition:
        paper.line(cut(fold(view.definition), 900), indent=2, hang=0)
    for scope, texts in names_by_scope(view.names).items():
        shown = "; ".join(cut(fold(text), 120) for text in texts[:_NAMES])
        paper.field(scope, shown + _more(texts, _NAMES))
    for path in view.paths[:_PATHS]:
        paper.field("in the tree", " › ".join(_name(ref, 60) for ref in path.terms))
    if view.narrower:
        paper.field("narrower", _rows(view.narrower))
    for label, rows in (("same thing", view.alike), ("also called so", view.others)):
        if rows:
            paper.field(label, "; ".join(map(_elsewhere, rows[:_ROWS])) + _more(rows))
    if view.spellings:
        paper.field("in the texts", _labels(view.spellings))
    if view.version or view.licence:
        told = filter(None, (fold(view.version), cut(fold(view.licence), 200)))
        paper.field("vocabulary", "; ".join(told))
    if view.citation:
        paper.field("cite", cut(fold(view.citation), 300))


def _counts(paper: Paper, view: TermPage) -> None:
    own = ""
    if view.descendants:
        narrower = plural(view.descendants, "narrower term")
        own = f": {view.own} name the term itself, the others one of {narrower}"
        if not view.exploded:
            own = f"; {narrower} not looked at"
    paper.blank()
    paper.line((plural(view.total, "study", "studies"), "bold"), own)
    for label, counts in (("as", view.roles), ("said to be", view.assertions)):
        if counts:
            words = ", ".join(
                f"{ROLE_WORDS.get(one.label, fold(one.label))} {one.studies}" for one in counts
            )
            paper.field(label, words)
    known = [
        plural(count, one)
        for count, one in ((view.publications, "publication"), (view.findings, "finding"))
        if count
    ]
    if known:
        paper.field("with", ", ".join(known))
    if view.countries:
        paper.field("in", _labels(view.countries))
    for bar in bars(view.years):
        if bar.studies:
            drawn = "▇" * max(round(bar.height * _BAR), 1)
            paper.line((f"{bar.label}  ", "dim"), (drawn, "cyan"), f" {bar.studies}", indent=2)


def _study(paper: Paper, one: TermStudy, own: TermRef) -> None:
    paper.line((fold(one.study_id), "bold"), "  ", cut(fold(one.title), 160))
    facts = (
        f"as {', '.join(ROLE_WORDS.get(role, role) for role in one.roles)}" if one.roles else "",
        ", ".join(said for said in one.assertions if said != "present"),
        f"phase {one.phase}" if one.phase else "",
        one.status,
        f"{one.enrollment} enrolled" if one.enrollment else "",
        one.start,
        ", ".join(one.countries[:4]),
        plural(one.publications, "publication") if one.publications else "",
        plural(one.findings, "finding") if one.findings else "",
    )
    paper.line((" · ".join(cut(fold(fact), 90) for fact in facts if fact), "dim"), indent=4)
    for each in one.mentions[:1]:
        _mention(paper, each, own)
    left = len(one.mentions[1:]) + one.more_mentions
    if left:
        paper.line((f"{plural(left, 'further mention')}", "dim"), indent=4)


def _mention(paper: Paper, each: MentionView, own: TermRef | None = None) -> None:
    plain = paper.console.color_system is None
    match = f"«{fold(each.match)}»" if plain else fold(each.match)
    said = "" if each.assertion == "present" else f", {each.assertion}"
    other = "" if own is None or each.term == own else f", read as {_name(each.term, 60)}"
    paper.line(
        _line(each.before),
        (match, "bold underline"),
        _line(each.after),
        (f"  {fold(why_address(each))}: {fold(said_where(each))}{said}{other}", "dim"),
        indent=4,
    )


def _line(text: str) -> str:
    """Text about a match on one line, with the blank that parts it from the match."""
    return f"{' ' if text[:1].isspace() else ''}{fold(text)}{' ' if text[-1:].isspace() else ''}"


def _genes(paper: Paper, view: TermPage) -> None:
    if view.genes:
        paper.heading("Genes, and what is known to vary in them")
    for link in view.genes[:_GENES]:
        numbers, changes = changes_of(link.variants)
        parts = [_rows(rows) for rows in (numbers, changes) if rows]
        if link.more:
            parts.append(f"{link.more} more")
        studies = f", {plural(link.studies, 'study', 'studies')}" if link.studies else ""
        known = f": {'; '.join(parts)}" if parts else ""
        paper.line((_name(link.gene, 40), "bold"), f"{studies}{known}", indent=2)
    more = _more(view.genes, _GENES, view.more_genes)
    if more:
        paper.line((f"{more.strip()} genes", "dim"), indent=2)
    for title, rows, left in (
        ("Phenotypes", view.phenotypes, view.more_phenotypes),
        ("Known variants", view.variants, view.more_variants),
    ):
        if rows:
            paper.heading(title)
            paper.line(_rows(rows, 40, left), indent=2)


def related(paper: Paper, view: RelatedView, menu: str = "") -> None:
    """Related terms by kind, the highest IC025 first, with what they rest on."""
    paper.heading("Related terms")
    for note in view.notes:
        paper.line(fold(note), indent=2)
    if not view.rows:
        paper.line(nothing_related(view, menu), indent=2)
        if view.n_a:
            paper.line(("--all-pairs shows those of fewer studies", "dim"), indent=2)
    for kind, rows in [(menu, list(view.rows))] if menu else _by_menu(view.rows):
        shown = rows if menu else rows[:_EACH]
        if shown:
            _related_rows(paper, kind, shown)
        if len(shown) < len(rows):
            more = f"{len(rows) - len(shown)} more: --related '{kind}'"
            paper.line((more, "dim"), indent=2)
    paper.line((summed(view), "dim"), indent=2)


def _by_menu(rows: Sequence[Related]) -> list[tuple[str, list[Related]]]:
    from trialweave.publish.terms.views import MENU

    ordered = sorted(rows, key=lambda row: MENU.index(row.term.menu))
    return [(kind, list(found)) for kind, found in groupby(ordered, key=lambda it: it.term.menu)]


def _related_rows(paper: Paper, kind: str, rows: Iterable[Related]) -> None:
    if paper.width >= _TABLE:
        paper.table(
            (kind, "both", "this", "other", "IC (95% interval)", "q", "cosine, φ", "mark"),
            [
                (
                    _told(row.term, kind), str(row.n_ab), str(row.n_a), str(row.n_b),
                    component(row), q_text(row.q), likeness(row), mark_of(row),
                )
                for row in rows
            ],
            numbers=(1, 2, 3, 4, 5, 6),
        )  # fmt: skip
        return
    paper.line((kind, "bold"), indent=2)
    for row in rows:
        mark = mark_of(row)
        paper.line(_told(row.term, kind), (f"  {mark}" if mark else "", "yellow"), indent=2)
        paper.line(
            f"{row.n_ab} of {row.n_a} and {row.n_b}, {number_text(row.expected)} expected · "
            f"IC {component(row)} · q {q_text(row.q)} · cosine, φ {likeness(row)}",
            indent=6,
        )


def pair(paper: Paper, found: Pair) -> None:
    """Two terms together: the row, the studies with both, and how the counts came about."""
    paper.line((_name(found.term), "bold"), " with ", (_name(found.other), "bold"))
    if found.row is None:
        where = f", {found.related.filter}" if found.related.filter else ""
        paper.line(f"No study here names both{fold(where)}.")
        return
    _related_rows(paper, found.other.menu, [found.row])
    paper.line((summed(found.related), "dim"), indent=2)
    paper.heading(plural(len(found.row.studies), "study", "studies"))
    paper.line(", ".join(map(fold, found.row.studies)), indent=2, hang=0)
    if found.row.repeats:
        repeats = ", ".join(map(fold, found.row.repeats))
        paper.field("not counted, as they repeat one of the same sponsor", repeats)
    points = found.history.points
    if points:
        paper.heading("How it came about")
        paper.table(
            ("up to", "both", "this", "other", "of", "IC (95% interval)"),
            [
                (
                    str(one.day), str(one.n_ab), str(one.n_a), str(one.n_b), str(one.n),
                    interval(one.ic, one.ic025, one.ic975),
                )
                for one in points[-_POINTS:]
            ],
            numbers=(1, 2, 3, 4, 5),
        )  # fmt: skip
        if len(points) > _POINTS:
            paper.line((f"the last {_POINTS} of {len(points)} days; all in the JSON", "dim"))


def _told(ref: TermRef, kind: str) -> str:
    vocabulary = in_which(ref, kind)
    return f"{_name(ref)}, {cut(fold(vocabulary), 30)}" if vocabulary else _name(ref)


def listed(paper: Paper, view: TermList) -> None:
    """The terms of one kind, or of all."""
    kind = f"{view.menu} " if view.menu else ""
    asked = f" with “{fold(view.query)}”" if view.query else ""
    paper.line((plural(view.total, f"{kind}term") + asked, "bold"))
    if view.rows:
        paper.table(
            ("term", "studies", "mentions", "vocabulary", "id"),
            [
                (
                    _name(row.term), f"{row.studies:,}", f"{row.mentions:,}",
                    cut(fold(row.term.vocabulary), 30),
                    "" if row.term.id == row.term.name else cut(fold(row.term.id), 30),
                )
                for row in view.rows
            ],
            numbers=(1, 2),
        )  # fmt: skip
    rest_of_list(paper, view.offset, len(view.rows), view.total)
    counts = " · ".join(f"{one.label} ({one.studies})" for one in view.counts if one.studies)
    if counts:
        paper.blank()
        paper.line(("kinds  ", "dim"), counts, hang=7)


def suggested(paper: Paper, rows: Sequence[TermRow]) -> None:
    """Terms that could be meant."""
    for row in rows:
        studies = plural(row.studies, "study", "studies")
        paper.line((_name(row.term), "bold"), _place(row.term), f"  {studies}")
    if not rows:
        paper.line("No term is called so, or nearly. trialweave search finds words in studies.")


def mentions(paper: Paper, found: Sequence[MentionView]) -> None:
    """The terms that a study names, by role, each with its first mention."""
    if not found:
        paper.line("No term was recognised in its records.")
    by_role: dict[str, dict[tuple[str, str], list[MentionView]]] = {role: {} for role in ROLE_WORDS}
    for each in found:
        terms = by_role.setdefault(each.role, {})
        terms.setdefault((each.term.vocabulary, each.term.id), []).append(each)
    for role, terms in by_role.items():
        if terms:
            paper.heading(ROLE_WORDS.get(role, fold(role)).capitalize())
        for told in terms.values():
            first = told[0]
            more = f"  {len(told)} times" if len(told) > 1 else ""
            paper.line((_name(first.term), "bold"), _place(first.term), more, indent=2)
            _mention(paper, first)


def report(paper: Paper, view: TermReport) -> None:
    """What rose and what is new since a day."""
    until = f" until {view.until}" if view.until else ""
    undated = f"; {view.undated} state no day" if view.undated else ""
    paper.line(
        (f"{plural(view.during, 'study', 'studies')} began since {view.since}{until}", "bold"),
        f", {view.before} before{undated}",
    )
    for note in view.notes:
        paper.line(fold(note), indent=2)
    if not view.rows:
        paper.line("No term rose or is new.")
        return
    if paper.width < _TABLE:
        for row in view.rows:
            _report_row(paper, row)
        return
    paper.table(
        ("term", "kind", "before", "since", "ratio of shares", "q", "countries"),
        [
            (
                _told(row.term, row.term.menu), row.term.menu, str(row.before), str(row.since),
                "new" if row.new else interval(row.ratio, row.lower, row.upper), q_text(row.q),
                _labels(row.countries, 3),
            )
            for row in view.rows
        ],
        numbers=(2, 3, 4, 5),
    )  # fmt: skip


def _report_row(paper: Paper, row: ReportRow) -> None:
    paper.line((_told(row.term, row.term.menu), "bold"), (f"  {row.term.menu}", "dim"), indent=2)
    ratio = "new" if row.new else f"ratio {interval(row.ratio, row.lower, row.upper)}"
    told = f"{row.before} before, {row.since} since · {ratio} · q {q_text(row.q)}"
    paper.line(told, indent=6)
    if row.countries:
        paper.line((_labels(row.countries, 5), "dim"), indent=6)
