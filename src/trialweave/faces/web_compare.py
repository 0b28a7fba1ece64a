"""The pages that put studies side by side: a comparison with its schedules, an evidence map."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from trialweave.errors import InputError
from trialweave.faces.as_of import asked_day_of_page
from trialweave.faces.asked import Offset, Page, workspace_of
from trialweave.faces.layout import query_of
from trialweave.faces.match_asked import MapFacet
from trialweave.faces.problems import problem_of
from trialweave.faces.protocol_figures import schedules
from trialweave.faces.protocol_words import DIFFERENCE_WORDS
from trialweave.faces.web import page
from trialweave.protocol.compare import MapCell
from trialweave.publish.comparing import MOST_COMPARED, EvidenceMapView

__all__ = ["router"]

_PARTED: Final = re.compile(r"[\s,;]+")
_PAIRS: Final = 60
router = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(asked_day_of_page)],
)
Ids = Annotated[list[str], Query(alias="id", max_length=50)]
Facet = MapFacet


class MapSquare(NamedTuple):
    """One outcome and one product: how many studies in all, and by design, each with its list."""

    total: int
    to: str
    designs: tuple[tuple[str, int, str], ...]


class MapRow(NamedTuple):
    """One family of outcomes over all kinds of product; None where there is no study."""

    outcome: str
    squares: tuple[MapSquare | None, ...]


@router.get("/compare")
def compare(request: Request, identifiers: Ids = []) -> Response:  # noqa: B006
    """Studies side by side; without two of them, the form that asks for them."""
    asked = [name[:500] for each in identifiers for name in _PARTED.split(each) if name]
    asked = list(dict.fromkeys(asked))
    if len(asked) < 2:
        return page(request, "compare.html", asked_ids=asked, view=None, problem=None,
                    most=MOST_COMPARED)  # fmt: skip
    try:
        view = workspace_of(request).compare(asked)
    except InputError as error:
        problem = problem_of(error)
        return page(request, "compare.html", problem.status, asked_ids=asked, view=None,
                    problem=problem, most=MOST_COMPARED)  # fmt: skip
    found = view.comparison
    rows = [row for row in found.rows if any(cell.stated for cell in row.cells)]
    return page(
        request,
        "compare.html",
        asked_ids=asked,
        problem=None,
        most=MOST_COMPARED,
        view=view,
        found=found,
        rows=rows,
        silent=[row.title for row in found.rows if row not in rows],
        schedules=schedules(found.study_ids, found.titles, found.timelines),
        pairs=found.outcomes[:_PAIRS],
        pairs_left=max(0, len(found.outcomes) - _PAIRS),
        difference=DIFFERENCE_WORDS,
    )


@router.get("/evidence-map")
def evidence_map(
    request: Request,
    product: Facet = "",
    outcome: Facet = "",
    design: Facet = "",
    limit: Page = 50,
    offset: Offset = 0,
) -> Response:
    """How many studies give what and measure what, in which design; and the studies of a cell."""
    workspace = workspace_of(request)
    view = workspace.evidence_map(
        product=product, outcome=outcome, design=design, limit=limit, offset=offset
    )
    asked = bool(product or outcome or design)
    whole = workspace.evidence_map(limit=0) if asked else view
    products = _by_studies([(cell.product, cell) for cell in view.cells])

    def address(skip: int) -> str:
        return "/evidence-map" + query_of(
            [("product", product), ("outcome", outcome), ("design", design),
             ("limit", limit if limit != 50 else ""), ("offset", skip or "")]
        )  # fmt: skip

    return page(
        request,
        "evidence_map.html",
        view=view,
        asked_any=asked,
        products=products,
        rows=_rows(view, products),
        choices=[
            ("product", "Product", product, sorted({cell.product for cell in whole.cells})),
            ("outcome", "Outcome", outcome, sorted({cell.outcome for cell in whole.cells})),
            ("design", "Design", design, sorted({cell.design for cell in whole.cells})),
        ],
        address=address,
        limit=limit,
    )


def _by_studies(named: Sequence[tuple[str, MapCell]]) -> list[str]:
    """Names, those of most studies first, what is not stated last."""
    studies: dict[str, set[str]] = {}
    for name, cell in named:
        studies.setdefault(name, set()).update(cell.study_ids)
    return sorted(studies, key=lambda name: (name == "not stated", -len(studies[name]), name))


def _rows(view: EvidenceMapView, products: Sequence[str]) -> list[MapRow]:
    held: dict[tuple[str, str], list[MapCell]] = {}
    for cell in view.cells:
        held.setdefault((cell.outcome, cell.product), []).append(cell)
    families = _by_studies([(cell.outcome, cell) for cell in view.cells])
    return [
        MapRow(family, tuple(_square(held.get((family, product))) for product in products))
        for family in families
    ]


def _square(cells: Sequence[MapCell] | None) -> MapSquare | None:
    if not cells:
        return None
    one = cells[0]
    pairs: list[tuple[str, object]] = [("product", one.product), ("outcome", one.outcome)]
    designs = tuple(
        (cell.design, len(cell.study_ids), _list([*pairs, ("design", cell.design)]))
        for cell in sorted(cells, key=lambda cell: -len(cell.study_ids))
    )
    return MapSquare(len({n for c in cells for n in c.study_ids}), _list(pairs), designs)


def _list(pairs: list[tuple[str, object]]) -> str:
    return f"/evidence-map{query_of(pairs)}#list"
