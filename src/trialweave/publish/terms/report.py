"""Which terms rose among the studies that began since a day, which are new, and in which countries.

The share of studies that name a term is compared between two stretches of time, with its interval
and a test; rates of false discovery are over all terms, also those that are not shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from trialweave.errors import NotFound
from trialweave.publish.state import State
from trialweave.publish.terms.described import Described
from trialweave.publish.terms.filtered import Filter, Filtered, Places, filtered
from trialweave.publish.terms.known import Known, known, reference_of
from trialweave.publish.terms.menu import menus_of
from trialweave.publish.terms.views import Count, ReportRow, TermReport
from trialweave.records.places import country_name, normalise_country

__all__ = ["report"]

Floats = npt.NDArray[np.float64]
_MOST: Final = 1_000  # rows of each kind


def report(
    state: State,
    root: Path,
    *,
    since: dt.date,
    until: dt.date | None = None,
    country: str = "",
    menu: str = "",
    limit: int = 50,
) -> TermReport:
    """What rose and what is new among the studies that began from `since` to `until`, both within.

    They are compared with those that began before; a study without a start counts by its
    registration, and without either in neither. Of a term that earlier studies name, the ratio of
    shares and its 95% interval on the log scale (Katz and others, Biometrics 1978;34:469-474); P is
    Fisher's, two-sided; q is after Benjamini and Hochberg (J R Stat Soc B 1995;57:289-300) over all
    terms that any of the studies names. The smallest P first: at most `limit` terms that rose, and
    as many that are new. `country` leaves studies with a place there. A near-identical protocol of
    the same sponsor counts a term once. Raises NotFound for a country that no study has.
    """
    here = known(state, root)
    left = filtered(state, Filter())
    inside = _in_country(here.mentioned.about, country)[left.studies]
    dated = ~np.isnat(left.days)
    before = inside & dated & (left.days < np.datetime64(since))
    during = inside & dated & (left.days >= np.datetime64(since))
    if until is not None:
        during &= left.days <= np.datetime64(until)
    compared = _compared(left, before, during)
    shown = _shown(here, compared, menu, max(0, min(limit, _MOST)))
    undated = int(np.count_nonzero(inside & ~dated))
    return TermReport(
        since=since,
        until=until,
        before=int(before.sum()),
        during=int(during.sum()),
        undated=undated,
        rows=tuple(_rows(here, left, during, compared, shown.places)),
        notes=tuple(_notes(left.repeats & (before | during), undated, shown, compared)),
        generation=state.generation.number,
    )


class _Compared(NamedTuple):
    """Of every term: its studies before and since, and what was made of the numbers."""

    before: Places
    since: Places
    ratio: Floats  # NaN where no study before names it
    lower: Floats
    upper: Floats
    p: Floats
    q: Floats  # NaN where no study names it


def _compared(
    left: Filtered, before: npt.NDArray[np.bool_], during: npt.NDArray[np.bool_]
) -> _Compared:
    from trialweave.stats.discovery import discovery_rates
    from trialweave.stats.effects import effect, wald_interval
    from trialweave.stats.tables import fisher

    width = left.found.shape[1]
    now, then = (
        np.bincount(left.found[np.flatnonzero(rows)].indices, minlength=width)
        for rows in (during, before)
    )
    studies, earlier = int(during.sum()), int(before.sum())
    # A few different pairs of counts stand for all terms.
    (a, c), of = np.unique(np.stack([now, then]), axis=1, return_inverse=True)
    of = of.ravel()
    ratio = effect("RR", a, studies, c, earlier, to="none")
    ratio_of = np.where((a > 0) & (c > 0), ratio.yi, np.nan)
    interval = wald_interval(ratio_of, ratio.vi)
    p = fisher(a, studies, c, earlier)[of]
    occurs = now + then > 0
    q = np.full(width, np.nan)
    q[occurs] = discovery_rates(p[occurs])
    low, high = (np.exp(limit)[of] for limit in interval)
    return _Compared(then, now, np.exp(ratio_of)[of], low, high, p, q)


def _in_country(about: Described, country: str) -> npt.NDArray[np.bool_]:
    """The studies with a place in a country; all where none is asked for."""
    if not country.strip():
        return np.ones(len(about.studies), np.bool_)
    code = normalise_country(country)
    name = country_name(code) if code else country.strip()
    same = [at for at, each in enumerate(about.country_names) if each.casefold() == name.casefold()]
    if not same:
        raise NotFound(
            f"no study here has a place in {country!r}.",
            next_step="Countries are asked for by name or two-letter code.",
        )
    entries = np.flatnonzero(np.isin(about.country_codes, same))
    inside = np.zeros(len(about.studies), np.bool_)
    inside[np.searchsorted(about.country_starts, entries, "right") - 1] = True
    return inside


class _Shown(NamedTuple):
    """The terms to be shown, by place, and how many rose and are new in all."""

    places: list[int]
    rose: int
    new: int


def _shown(here: Known, compared: _Compared, menu: str, limit: int) -> _Shown:
    rose = np.flatnonzero(compared.ratio > 1.0)
    new = np.flatnonzero((compared.since > 0) & (compared.before == 0))
    found = []
    for places in (rose, new):
        order = np.lexsort((places, -compared.since[places], compared.p[places]))
        asked = places[order].tolist()
        if menu:
            asked = [place for place in asked if menu in _menus(here, place)]
        found.append(asked)
    places = found[0][:limit] + found[1][:limit]
    places.sort(key=lambda place: (compared.p[place], -compared.since[place], place))
    return _Shown(places, len(found[0]), len(found[1]))


def _menus(here: Known, place: int) -> tuple[str, ...]:
    entry = here.entries[place]
    return menus_of(entry.vocabulary, entry.kind, entry.id)


def _rows(
    here: Known,
    left: Filtered,
    during: npt.NDArray[np.bool_],
    compared: _Compared,
    places: list[int],
) -> Iterator[ReportRow]:
    rows = np.flatnonzero(during)
    columns = left.found[rows].tocsc()
    for place in places:
        held = rows[columns.indices[columns.indptr[place] : columns.indptr[place + 1]]]
        studies = left.studies[held]
        counts = here.mentioned.about.country_counts(studies)
        most = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        names = here.mentioned.about.country_names
        stated = not np.isnan(compared.ratio[place])
        yield ReportRow(
            term=reference_of(here.entries[place]),
            before=int(compared.before[place]),
            since=int(compared.since[place]),
            ratio=float(compared.ratio[place]) if stated else None,
            lower=float(compared.lower[place]) if stated else None,
            upper=float(compared.upper[place]) if stated else None,
            p=float(compared.p[place]),
            q=float(compared.q[place]),
            new=bool(compared.before[place] == 0),
            countries=tuple(Count(names[at], int(counts[at])) for at in most),
            studies=tuple(sorted(here.mentioned.studies[study] for study in studies.tolist())),
        )


def _notes(
    repeats: npt.NDArray[np.bool_], undated: int, shown: _Shown, compared: _Compared
) -> Iterator[str]:
    terms = int(np.count_nonzero(~np.isnan(compared.q)))
    yield (
        f"{shown.rose:,} terms rose and {shown.new:,} are new; rates of false discovery are over "
        f"{terms:,} terms"
    )
    if undated:
        yield (
            f"{undated:,} studies are in neither count: no day is known on which they began or "
            "were registered"
        )
    if repeats.any():
        yield (
            f"{np.count_nonzero(repeats):,} studies repeat an earlier one of the same sponsor in "
            "nearly all terms: a term that both have counts once, by the earlier"
        )
