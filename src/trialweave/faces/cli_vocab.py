"""The commands on vocabularies: `vocab list`, `vocab add`, `vocab diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialweave.faces.cli_call import Folder, Json, WrongCall, call_of

if TYPE_CHECKING:
    from trialweave.faces.cli_paper import Paper
    from trialweave.terms.changes import Change, Changes
    from trialweave.terms.shelf import Shelved
    from trialweave.terms.tables import Table
    from trialweave.workspace._vocabularies import VocabularyAdded

__all__ = ["register"]

_SHOWN = 10  # changes of one sort that are named
_HELP = "Vocabularies of terms: list, add, compare."


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
    vocab.command(name="diff")(diff)
    app.add_typer(vocab)


def list_(context: typer.Context, json: Json = False, workspace: Folder = None) -> None:
    """List the releases in the workspace."""
    call = call_of(context, json, workspace)
    found = call.open().vocabularies()
    call.answer({"vocabularies": found}, lambda paper: _listed(paper, found))


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


def _listed(paper: Paper, found: tuple[Shelved, ...]) -> None:
    if not found:
        paper.line("No vocabulary is here. Next: trialweave vocab add FILE")
        return
    paper.table(
        ("vocabulary", "release", "terms", "names", "links", "added", "terms of use"),
        [
            (
                one.vocabulary,
                one.version,
                f"{one.terms:,}",
                f"{one.names:,}",
                f"{one.links:,}" if one.links else "",
                f"{one.at:%Y-%m-%d}",
                one.licence,
            )
            for one in found
        ],
        numbers=(2, 3, 4),
        whole=(0, 1, 5),
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
    if added.changes is not None:
        _changed(paper, added.changes)


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
