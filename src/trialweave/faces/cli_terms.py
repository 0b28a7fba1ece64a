"""The commands on terms: `term`, and `terms list`, `report`, `suggest`, `mentions`, `export`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialweave.faces import cli_term_decisions
from trialweave.faces.cli_call import (
    AsOf,
    Folder,
    Identifier,
    Json,
    Limit,
    Offset,
    WrongCall,
    call_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from trialweave.faces.cli_paper import Paper

__all__ = ["register"]

_HELP = "Terms of the studies: list, report, export, correct."


def _day_of(option: str) -> Callable[[str], dt.date]:
    def day(text: str) -> dt.date:
        from trialweave.faces.term_words import day_asked

        try:
            found = day_asked(text)
        except ValueError as error:
            raise WrongCall(f"{option} {text!r} is {error}.") from None
        if found is None:
            raise WrongCall(f"{option} names no day; write it as 2021-12-31.")
        return found

    return day


def _menu_of(option: str) -> Callable[[str], str]:
    def menu(text: str) -> str:
        from trialweave.faces.term_words import menu_asked

        try:
            return menu_asked(text)
        except ValueError as error:
            raise WrongCall(f"{option} {text!r} is {error}.") from None

    return menu


Words = Annotated[list[str], typer.Argument(metavar="TERM", help="Any name of it, or its id.")]
In = Annotated[
    str, typer.Option("--in", metavar="VOCABULARY", help="The one of this vocabulary: MeSH, HPO …")
]
Since = Annotated[
    dt.date | None,
    typer.Option(metavar="DATE", parser=_day_of("--since"), help="Studies begun since that day."),
]
Until = Annotated[
    dt.date | None,
    typer.Option(metavar="DATE", parser=_day_of("--until"), help="Studies begun until that day."),
]
Menu = Annotated[
    str,
    typer.Option(
        metavar="MENU", parser=_menu_of("--menu"), help="Only this kind: HPO, Drug, Gene …"
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(term)
    terms = typer.Typer(
        name="terms",
        help=_HELP,
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    terms.command("list")(list_)
    terms.command("report")(report)
    terms.command("suggest")(suggest)
    terms.command("mentions")(mentions)
    terms.command("export")(export)
    cli_term_decisions.register(terms)
    app.add_typer(terms)


def term(
    context: typer.Context,
    words: Words,
    vocabulary: In = "",
    no_explode: Annotated[
        bool, typer.Option("--no-explode", help="Only the term itself, no narrower ones.")
    ] = False,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="Only studies that name it so; repeatable."),
    ] = None,
    assertion: Annotated[
        list[str] | None,
        typer.Option("--assertion", metavar="WORD", help="Only where it is said so; repeatable."),
    ] = None,
    related: Annotated[
        str,
        typer.Option(
            metavar="MENU",
            parser=_menu_of("--related"),
            help="Related terms of this kind alone: HPO, Drug, Gene …",
        ),
    ] = "",
    with_term: Annotated[
        str,
        typer.Option("--with", metavar="TERM", help="The studies that name this one too."),
    ] = "",
    with_in: Annotated[
        str, typer.Option("--with-in", metavar="VOCABULARY", help="Of which it is.")
    ] = "",
    condition: Annotated[
        str, typer.Option(metavar="WORDS", help="Related by studies on this condition.")
    ] = "",
    since: Since = None,
    until: Until = None,
    support: Annotated[
        int, typer.Option(min=1, metavar="N", help="Rank pairs with so many studies in common.")
    ] = 5,
    all_pairs: Annotated[
        bool, typer.Option("--all-pairs", help="Those with fewer too, which are not tested.")
    ] = False,
    limit: Limit = 20,
    offset: Offset = 0,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Show a term: its studies, mentions and relatives."""
    from trialweave.faces import cli_term_render

    call = call_of(context, json, workspace, as_of)
    opened = call.open()
    kept: dict[str, Any] = {"roles": tuple(role or ()), "assertions": tuple(assertion or ())}
    view = opened.term(
        " ".join(words),
        vocabulary=vocabulary,
        explode=not no_explode,
        limit=limit,
        offset=offset,
        **kept,
    )
    filters: dict[str, Any] = {
        "menu": related, "condition": condition, "since": since, "until": until,
        "support": support, **kept,
    }  # fmt: skip
    if with_term:
        from trialweave.faces.term_pair import pair_of

        pair = pair_of(opened, view.term, with_term, with_in, **filters)
        call.answer(
            pair._asdict(),
            lambda paper: cli_term_render.pair(paper, pair),
        )
        return
    found = opened.related_terms(
        view.term.id, vocabulary=view.term.vocabulary, all_pairs=all_pairs, limit=limit, **filters
    )
    call.answer(
        {"term": view, "related": found},
        lambda paper: cli_term_render.term(paper, view, found, related),
    )


def list_(
    context: typer.Context,
    menu: Annotated[
        str,
        typer.Argument(
            metavar="MENU", parser=_menu_of("MENU"), help="Of this kind alone: HPO, Drug …"
        ),
    ] = "",
    query: Annotated[str, typer.Option(metavar="WORDS", help="Whose names have these.")] = "",
    limit: Limit = 50,
    offset: Offset = 0,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """List the terms that studies name."""
    from trialweave.faces import cli_term_render

    call = call_of(context, json, workspace, as_of)
    view = call.open().terms(menu, query, limit=limit, offset=offset)
    call.answer(view, lambda paper: cli_term_render.listed(paper, view))


def report(
    context: typer.Context,
    since: Annotated[
        dt.date,
        typer.Option(
            metavar="DATE", parser=_day_of("--since"), help="Studies begun since that day."
        ),
    ],
    until: Until = None,
    country: Annotated[str, typer.Option(metavar="NAME", help="Only studies there.")] = "",
    menu: Menu = "",
    limit: Limit = 50,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Say what rose and what is new since a day."""
    from trialweave.faces import cli_term_render

    call = call_of(context, json, workspace, as_of)
    view = call.open().terms_report(since, until=until, country=country, menu=menu, limit=limit)
    call.answer(view, lambda paper: cli_term_render.report(paper, view))


def suggest(
    context: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="TEXT", help="How the name begins, or nearly is.")
    ],
    limit: Limit = 10,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Name terms that are called so, or nearly."""
    from trialweave.faces import cli_term_render

    call = call_of(context, json, workspace, as_of)
    rows = call.open().suggest_terms(" ".join(words), limit)
    call.answer({"terms": rows}, lambda paper: cli_term_render.suggested(paper, rows))


def mentions(
    context: typer.Context,
    identifier: Identifier,
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """List the terms that a study names, and where."""
    from trialweave.faces import cli_term_render

    call = call_of(context, json, workspace, as_of)
    found = call.open().mentions(identifier)
    call.answer({"mentions": found}, lambda paper: cli_term_render.mentions(paper, found))


def export(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A new or empty one, or an earlier export.")
    ],
    asked: Annotated[
        list[str] | None, typer.Argument(metavar="TERM...", help="Any name or id, each.")
    ] = None,
    vocabulary: In = "",
    every: Annotated[
        str,
        typer.Option(
            "--all", metavar="MENU", parser=_menu_of("--all"), help="All terms of this kind, too."
        ),
    ] = "",
    as_of: AsOf = None,
    json: Json = False,
    workspace: Folder = None,
) -> None:
    """Write a page for each term, to read without a server."""
    from trialweave.faces import term_site

    if not asked and not every:
        raise WrongCall("Name terms, or a kind of terms with --all.")
    call = call_of(context, json, workspace, as_of)
    site = term_site.export_site(
        call.open(), folder, *(asked or ()), vocabulary=vocabulary, menu=every
    )
    call.answer(site, lambda paper: _exported(paper, site))


def _exported(paper: Paper, site: Any) -> None:
    from trialweave.faces.layout import plural

    paper.line(f"Written: {plural(len(site.terms), 'term')} in {site.folder}")
    paper.line((f"Open {site.index}", "dim"))
    if site.left_out:
        paper.line(f"{plural(site.left_out, 'term')} more are left out; export fewer at a time.")
