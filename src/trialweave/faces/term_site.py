"""Reports on terms as a folder of pages that need no server: one a term, and an index.

The pages are those of the server, but for what leads elsewhere: a link goes to another page of the
folder or nowhere, and nothing is loaded from outside it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from trialweave.errors import WorkspaceError

if TYPE_CHECKING:
    from trialweave.publish.terms.views import RelatedView, TermPage, TermRef
    from trialweave.workspace import Workspace

__all__ = ["MANIFEST", "MOST", "SiteView", "export_site"]

MANIFEST: Final = "trialweave-terms.json"
"""The file by which a folder is known to be an export of ours, with the digests of the others."""
MOST: Final = 2_000
"""Terms of one export."""
_STYLE: Final = "style.css"
_STUDIES: Final = 100  # of each term
_HALF: Final = ".tmp"  # behind the name of a file that a crash left half-written
_PAGE: Final = re.compile(r"[a-z0-9-]{1,80}-[0-9a-f]{12}\.html")
_STEP: Final = 200  # terms of a kind that are asked for at a time


class SiteTerm(msgspec.Struct, frozen=True):
    """One exported report: the term, its file, and how many studies name the term."""

    term: TermRef
    file: str
    studies: int


class SiteView(msgspec.Struct, frozen=True):
    """What was exported: the folder, its first page, its reports, and how many terms of the kind
    asked for are left out."""

    folder: str
    index: str
    terms: tuple[SiteTerm, ...]
    left_out: int
    generation: int


class _Manifest(msgspec.Struct, frozen=True):
    made_by: str
    generation: int
    files: dict[str, str]


def export_site(
    workspace: Workspace,
    folder: str | Path,
    *asked: str,
    vocabulary: str = "",
    menu: str = "",
    now: dt.datetime | None = None,
) -> SiteView:
    """Write a report for each term asked for, and for all of a menu, at most `MOST`; and an index.

    The folder has to be new, empty, or an earlier export, whose pages are then replaced, each
    whole or not at all, and deleted where they are not written again. `now` is the time that the
    pages state. Raises NotFound for a term there is not, before anything is written, and
    WorkspaceError for a folder with anything else in it, or where the disk refuses.
    """
    from trialweave.publish.terms.views import MENU
    from trialweave.store._files import on_disk, sync, write

    place = Path(folder)
    with on_disk("read the folder", place):
        earlier = _earlier(place)
    refs, left_out = _chosen(workspace, asked, vocabulary, menu)
    at = now or dt.datetime.now(dt.UTC)
    pages = {_file(ref): ref for ref in refs}
    digests: dict[str, str] = {}
    told: list[SiteTerm] = []
    sources: dict[tuple[str, str], TermPage] = {}
    generation = 0

    def put(name: str, text: str) -> None:
        data = text.encode()
        write(place / name, data)
        digests[name] = hashlib.sha256(data).hexdigest()

    with on_disk("write the pages", place):
        place.mkdir(parents=True, exist_ok=True)
        planned = dict.fromkeys((*earlier, *pages), "")
        _sign(place, generation, planned)  # so that a half-written folder is known to be ours
        for name, ref in pages.items():
            view, related = _read(workspace, ref)
            generation = view.generation
            sources.setdefault((view.term.vocabulary, view.version), view)
            told.append(SiteTerm(view.term, name, view.total))
            put(name, _filled("term_site.html", pages, at, **_content(view, related)))
        told.sort(key=lambda one: (MENU.index(one.term.menu), -one.studies))
        index = {
            "groups": [
                (menu, list(rows)) for menu, rows in groupby(told, lambda one: one.term.menu)
            ],
            "count": len(told),
            "sources": [sources[key] for key in sorted(sources)],
            "left_out": left_out,
            "generation": generation,
        }
        put("index.html", _filled("term_site_index.html", pages, at, **index))
        put(_STYLE, (Path(__file__).parent / "static" / "trialweave.css").read_text("utf-8"))
        _sign(place, generation, digests)
        for name in set(earlier) - set(digests):
            (place / name).unlink(missing_ok=True)
        sync(place)
    return SiteView(str(place), str(place / "index.html"), tuple(told), left_out, generation)


def _sign(place: Path, generation: int, digests: dict[str, str]) -> None:
    from trialweave.store._files import write

    manifest = _Manifest("trialweave", generation, digests)
    write(place / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")


def _earlier(place: Path) -> tuple[str, ...]:
    """The files of an earlier export in the folder; none where it is new or empty.

    WorkspaceError where there is anything that no export of ours wrote.
    """
    if not place.exists():
        return ()
    if not place.is_dir():
        raise _foreign(place, "it is no folder")
    there = {path.name for path in place.iterdir()}
    if there <= {MANIFEST + _HALF}:  # new, or given up at its first file
        return tuple(there)
    try:
        manifest = msgspec.json.decode((place / MANIFEST).read_bytes(), type=_Manifest)
    except (FileNotFoundError, msgspec.DecodeError):
        raise _foreign(place, "it holds files of something else") from None
    ours = {MANIFEST, "index.html", _STYLE} | {
        name for name in manifest.files if _PAGE.fullmatch(name)
    }
    unknown = sorted(name for name in there if name.removesuffix(_HALF) not in ours)
    if unknown or manifest.made_by != "trialweave":
        raise _foreign(place, f"{(unknown or [MANIFEST])[0][:80]!r} is none of an earlier export")
    return tuple(there - {MANIFEST})


def _foreign(place: Path, why: str) -> WorkspaceError:
    return WorkspaceError(
        f"nothing was written there: {why}.",
        where=str(place),
        next_step="Name a new or empty folder.",
    )


def _chosen(
    workspace: Workspace, asked: Iterable[str], vocabulary: str, menu: str
) -> tuple[list[TermRef], int]:
    """The terms to write, each once, and how many of the menu are left out."""
    found: dict[tuple[str, str], TermRef] = {}
    for text in asked:
        ref = workspace.term(text, vocabulary=vocabulary, limit=1).term
        found[ref.vocabulary, ref.id] = ref
    total = offset = 0
    while menu and len(found) < MOST:
        listed = workspace.terms(menu, limit=_STEP, offset=offset)
        total, offset = listed.total, offset + len(listed.rows)
        for row in listed.rows[: MOST - len(found)]:
            found.setdefault((row.term.vocabulary, row.term.id), row.term)
        if not listed.rows or offset >= total:
            break
    return list(found.values()), max(total - offset, 0)


def _read(workspace: Workspace, ref: TermRef) -> tuple[TermPage, RelatedView]:
    from trialweave.faces.web_terms import EACH

    view = workspace.term(ref.id, vocabulary=ref.vocabulary, limit=_STUDIES)
    related = workspace.related_terms(ref.id, vocabulary=ref.vocabulary, limit=EACH)
    return view, related


def _content(view: TermPage, related: RelatedView) -> dict[str, Any]:
    from trialweave.faces.web_terms import term_content

    return {**term_content(view, related), "generation": view.generation}


def _file(ref: TermRef) -> str:
    """The name of a term's page: readable, and different for every term on every file system."""
    readable = re.sub(r"[^a-z0-9]+", "-", f"{ref.vocabulary} {ref.name}".lower()).strip("-")
    digest = hashlib.sha256(f"{ref.vocabulary}\0{ref.id}".encode("utf-8", "replace")).hexdigest()
    return f"{readable[:60].strip('-') or 'term'}-{digest[:12]}.html"


def _filled(template: str, pages: dict[str, TermRef], at: dt.datetime, **content: Any) -> str:
    from trialweave import __version__
    from trialweave.faces.web import templates
    from trialweave.faces.web_terms import NO_LINKS

    def to_term(ref: TermRef) -> str:
        name = _file(ref)
        return name if name in pages else ""

    about = {**NO_LINKS, "to_term": to_term, "live": False, "narrowed": False, "style": _STYLE}
    filled = templates().get_template(template)
    text: str = filled.render(about, at=at, version=__version__, **content)
    return text
