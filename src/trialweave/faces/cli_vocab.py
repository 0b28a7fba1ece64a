"""The commands on vocabularies: `vocab list`, `add`, `update`, `diff`, `on`, `off`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import Folder, Json, WrongCall, call_of, progress_bar

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.live.vocabularies import VocabulariesUpdated, VocabularyUpdate
    from trialweave.terms.adding import VocabularyAdded
    from trialweave.terms.changes import Change, Changes
    from trialweave.terms.shelf import Shelved
    from trialweave.terms.tables import Table

__all__ = ["register"]

_SHOWN = 10  # changes of one sort that are named
_HELP = "Vocabularies of terms: list, add, update, compare."
_STYLES = {"added": "green", "waits": "bold yellow", "failed": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    vocab = typer.Typer(
        name="vocab",
        help=_HELP,
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    vocab.command(name="list")(list_)
    vocab.command(name="add")(add)
    vocab.command(name="update")(update)
    vocab.command(name="diff")(diff)
    vocab.command(name="off")(off)
    vocab.command(name="on")(on)
    app.add_typer(vocab)


def list_(context: typer.Context, json: Json = False, workspace: Folder = None) -> None:
    """List all releases, and which are in use."""
    call = call_of(context, json, workspace)
    opened = call.open()
    found = opened.vocabularies()
    used = [_spelled(one) for one in opened.vocabularies_in_use()]
    view = {"vocabularies": found, "in_use": used}
    call.answer(view, lambda paper: _listed(paper, found, frozenset(used)))


def add(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="The files of one release; archives too.")
    ],
    name: Annotated[
        str, typer.Option(metavar="NAME", help="What to call it, where the file does not say.")
    ] = "",
    release: Annotated[
        str, typer.Option(metavar="VERSION", help="Its version, where the file does not say.")
    ] = "",
    form: Annotated[
        str, typer.Option(metavar="FORM", help="Its form, where its content is not to decide.")
    ] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="FIELD=NAME", help="A plain table's column; may be repeated."
        ),
    ] = None,
    terms: Annotated[
        str, typer.Option(metavar="KIND", help="What a plain table's terms are: disease …")
    ] = "",
    accept: Annotated[
        bool, typer.Option("--accept", help="Take it though over 5% of the last release changes.")
    ] = False,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Read the files of one release and keep it."""
    call = call_of(context, json, workspace)
    table = _table(columns or (), terms)
    if form:
        from trialweave.terms.reading import FORMS

        if form not in FORMS:
            raise WrongCall(f"--form {form!r} is none of {', '.join(FORMS)}.")
    added = call.open().add_vocabulary(
        files, kind=form, name=name, version=release, table=table, accept=accept
    )
    call.answer(added, lambda paper: _added(paper, added))


def update(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME…", help="Vocabularies; all in use where none is named."),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take it though over 5% of the last release changes.")
    ] = False,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Fetch the newest releases from their publishers."""
    call = call_of(context, json, workspace)
    with progress_bar(quiet=call.json, doing="fetching") as progress:
        report = call.open().update_vocabularies(names or (), accept=accept, progress=progress)
    call.answer(report, lambda paper: _updated(paper, report))
    if not call.json:
        from trialweave.faces.cli_paper import paper_on

        for one in report.vocabularies:
            if one.exit_code:
                _refused(paper_on(sys.stderr), one)
    raise typer.Exit(report.exit_code)


def diff(
    context: typer.Context,
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="NAME@VERSION; NAME for its newest; or a file.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="As OLD.")],
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Say what changed between two releases."""
    call = call_of(context, json, workspace)
    changes = call.open().vocabulary_changes(old, new)
    call.answer(changes, lambda paper: _changed(paper, changes))


Name = Annotated[str, typer.Argument(metavar="NAME", help="A vocabulary, by its name.")]


def off(context: typer.Context, name: Name, json: Json = False, workspace: Folder = None) -> None:
    """Do without a vocabulary in this workspace."""
    _switch(context, name, json, workspace, on=False)


def on(context: typer.Context, name: Name, json: Json = False, workspace: Folder = None) -> None:
    """Use a vocabulary again."""
    _switch(context, name, json, workspace, on=True)


def _switch(
    context: typer.Context, name: str, json: bool, workspace: Path | None, *, on: bool
) -> None:
    call = call_of(context, json, workspace)
    one = call.open().switch_vocabulary(name, on=on)
    said = f"{one.vocabulary} {one.version} is in use." if on else f"{one.vocabulary} is off."
    view = {"vocabulary": one.vocabulary, "on": on}
    call.answer(view, lambda paper: paper.line(said))


def _spelled(one: Shelved) -> str:
    """A release as commands name it."""
    return f"{one.vocabulary}@{one.version}"


def _table(columns: list[str] | tuple[()], terms: str) -> Table:
    from trialweave.terms.tables import FIELDS, Table

    found = {}
    for text in columns:
        field, equals, column = text.partition("=")
        if not equals or field not in FIELDS:
            raise WrongCall(
                f"--column {text!r} is not FIELD=NAME; the fields are {', '.join(FIELDS)}."
            )
        found[field] = column
    return Table(found, terms)


def _listed(paper: Paper, found: tuple[Shelved, ...], used: frozenset[str]) -> None:
    newest = {one.vocabulary: one for one in found}

    def use(one: Shelved) -> str:
        if one is not newest[one.vocabulary]:
            return ""
        return "in use" if _spelled(one) in used else "off"

    paper.table(
        ("vocabulary", "release", "from", "use", "terms", "names", "links", "terms of use"),
        [
            (
                one.vocabulary,
                one.version,
                "package" if one.shipped else "workspace",
                use(one),
                f"{one.terms:,}",
                f"{one.names:,}",
                f"{one.links:,}" if one.links else "",
                one.licence,
            )
            for one in found
        ],
        numbers=(4, 5, 6),
        whole=(0, 1, 2, 3),
        indent=0,
    )


def _added(paper: Paper, added: VocabularyAdded) -> None:
    one = added.release
    there = "" if added.new else " (it was there already)"
    paper.line(
        (f"{one.vocabulary} {one.version}", "bold"),
        f": {one.terms:,} terms, {one.names:,} names"
        + (f", {one.links:,} links" if one.links else "")
        + there,
    )
    paper.field("terms of use", one.licence)
    if one.citation:
        paper.field("cite", one.citation)
    for note in one.notes:
        paper.field("note", note)
    if added.lost_links:
        paper.field("note", f"The release before had {added.lost_links:,} links, this has none.")
    if added.changes is not None:
        _changed(paper, added.changes)


def _updated(paper: Paper, report: VocabulariesUpdated) -> None:
    for one in report.vocabularies:
        said = f": {one.why}" if one.why and not one.exit_code else ""
        version = f" {one.release.version}" if one.release is not None else ""
        paper.line(
            (f"{one.vocabulary}{version}  ", "bold"),
            (one.outcome, _STYLES.get(one.outcome, "dim")),
            said,
        )
        if one.changes is not None:
            _changed(paper, one.changes)


def _refused(paper: Paper, one: VocabularyUpdate) -> None:
    """Why a vocabulary was not taken, and what to do."""
    paper.line(
        (f"{one.outcome}  ", _STYLES.get(one.outcome, "bold")), f"{one.vocabulary}: {one.why}"
    )
    if one.next_step:
        paper.line(("next   ", "dim"), one.next_step, hang=7)


def _changed(paper: Paper, changes: Changes) -> None:
    paper.line(
        (f"{changes.vocabulary} {changes.old} to {changes.new}", "bold"),
        f": {changes.count:,} terms changed ({changes.share:.1%})",
    )
    if changes.asks:
        paper.line(("over 5%: a person should look at it before it is taken", "bold yellow"))
    for title in ("added", "renamed", "retired", "merged", "moved"):
        found: tuple[Change, ...] = getattr(changes, title)
        if found:
            paper.heading(f"{title}: {len(found):,}")
        for one in found[:_SHOWN]:
            paper.line((f"{one.id}  ", "dim"), _told(title, one), indent=2, hang=4)
        if len(found) > _SHOWN:
            paper.line((f"and {len(found) - _SHOWN:,} more; all with --json", "dim"), indent=2)


def _told(title: str, one: Change) -> str:
    if title in ("added", "retired"):
        return one.name
    if title == "renamed":
        return f"{one.was} → {one.now}"
    if title == "merged":
        return f"{one.name} → {one.now}"
    return f"{one.name}: {one.was or 'nowhere'} → {one.now or 'nowhere'}"
