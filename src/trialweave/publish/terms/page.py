"""The page of a term: what it is, which studies name it and how, and what is linked to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from trialweave.errors import NotFound
from trialweave.model.annotation import ROLES
from trialweave.publish.state import SOURCE_TITLES, State
from trialweave.publish.terms.alike import alike, narrower_of, paths_of
from trialweave.publish.terms.chain import chain_of, changes_of, same_variant
from trialweave.publish.terms.counted import ASSERTIONS, Key, Mentioned, mentions_table
from trialweave.publish.terms.known import Known, known, reference_of
from trialweave.publish.terms.lookup import look_up
from trialweave.publish.terms.passages import mention_views
from trialweave.publish.terms.shelves import Book, Entry
from trialweave.publish.terms.views import Count, MentionView, Named, TermPage, TermStudy
from trialweave.publish.text import cut, fold
from trialweave.store.mentions import codes, words_in
from trialweave.terms.term import Term

__all__ = ["term_page"]

Places = npt.NDArray[np.int64]
_MOST: Final = 200  # studies on one page
_SHOWN: Final = 3  # mentions of each
_SPELLINGS: Final = 30
_NAMES: Final = 400
_CHANGES: Final = 12  # of one rs number, told in its definition
_WIDE: Final = 80  # characters of a spelling
_RELEVANCE: Final = ("condition", "intervention", "comparator", "outcome", "text", "criterion")
_DENIED: Final = ("excluded", "negated")
_UNKNOWN: Final = "not stated"


class _Meant(NamedTuple):
    """A term, its book and whole entry where a vocabulary has it, and the keys that count.

    `source` is the book that knows it, `changes` what a variant is by that.
    """

    entry: Entry
    book: Book | None
    source: Book | None
    changes: tuple[Entry, ...]
    term: Term | None
    own: tuple[Key, ...]
    narrower: tuple[str, ...]
    wide: tuple[Key, ...]


def term_page(
    state: State,
    root: Path,
    asked: str,
    *,
    vocabulary: str = "",
    explode: bool = True,
    roles: Collection[str] = (),
    assertions: Collection[str] = (),
    limit: int = 20,
    offset: int = 0,
) -> TermPage:
    """The page of the term that is asked for: see `Workspace.term`."""
    here = known(state, root)
    _check(roles, ROLES, "role")
    _check(assertions, ASSERTIONS, "assertion")
    found = look_up(here, asked, vocabulary)
    meant = _meant(here, found.entry, explode)
    mentioned = here.mentioned
    every = _rows(mentioned, meant.wide if explode else meant.own)
    in_role = mentioned.chosen(roles or None)[every]
    so_said = mentioned.chosen(None, assertions or None)[every]
    rows = every[in_role & so_said]
    own = np.intersect1d(rows, _rows(mentioned, meant.own))
    studies = _ranked(mentioned, rows)
    first = max(offset, 0)
    shown = studies[first : first + min(max(limit, 0), _MOST)]
    chain = chain_of(here, meant.entry, meant.narrower if explode else ())
    book, term, about = meant.book, meant.term, mentioned.about
    listed = meant.source.about if meant.source is not None else None
    return TermPage(
        asked=asked,
        term=reference_of(meant.entry),
        version=listed.version if listed else "",
        licence=listed.licence if listed else "",
        citation=listed.citation if listed else "",
        definition=_definition(here, meant),
        names=_names(here, meant),
        paths=paths_of(book, meant.entry.id) if book is not None else (),
        narrower=narrower_of(here, book, meant.entry.id) if book is not None else (),
        alike=tuple(here.row(each) for each in alike(here, meant.entry)),
        others=tuple(here.row(each) for each in found.others),
        exploded=explode,
        descendants=len(meant.narrower),
        obsolete=(term.replaced_by or "no other term") if term and term.obsolete else "",
        total=len(studies),
        own=len(np.unique(mentioned.study_of_row[own])),
        offset=first,
        roles=_by_word(mentioned, every[so_said], mentioned.roles, ROLES),
        assertions=_by_word(mentioned, every[in_role], mentioned.assertions, ASSERTIONS),
        years=_years(about.years[studies]),
        countries=_countries(mentioned, studies),
        studies=_studies(state, here, rows, shown),
        genes=chain.genes,
        phenotypes=chain.phenotypes,
        variants=chain.variants,
        spellings=_spellings(state, mentioned, rows),
        generation=state.generation.number,
        publications=int(about.publications[studies].sum()),
        findings=int(about.findings[studies].sum()),
        more_genes=chain.more_genes,
        more_phenotypes=chain.more_phenotypes,
        more_variants=chain.more_variants,
        notes=_notes(mentioned, meant, every, rows),
    )


def _check(asked: Collection[str], known_words: Sequence[str], what: str) -> None:
    for one in asked:
        if one not in known_words:
            raise NotFound(
                f"there is no {what} {cut(fold(one), 40)!r}.",
                next_step=f"Ask for one of: {', '.join(known_words)}.",
            )


def _meant(here: Known, entry: Entry, explode: bool) -> _Meant:
    book = here.shelves.book(entry.vocabulary)
    place = book.place(entry.id) if book is not None else -1
    if place < 0:
        book = None
    term = book.term(place) if book is not None else None
    narrower = book.tree.descendants(entry.id) if book is not None else ()
    former = term.former if term is not None else ()
    own = tuple((entry.vocabulary, each) for each in (entry.id, *former))
    changes = changes_of(here, entry) if entry.kind == "variant" else ()
    source = here.shelves.book(changes[0].vocabulary) if changes else book
    if changes:
        own = (*own, *same_variant(here, entry))
    wide = (*own, *((entry.vocabulary, each) for each in narrower)) if explode else own
    return _Meant(entry, book, source, changes, term, own, narrower, wide)


def _rows(mentioned: Mentioned, keys: Sequence[Key]) -> Places:
    index = mentioned.index
    return mentioned.of_terms(sorted({index[key] for key in keys if key in index}))


def _names(here: Known, meant: _Meant) -> tuple[Named, ...]:
    if meant.term is not None:
        return tuple(Named(each.text, each.scope) for each in meant.term.names[:_NAMES])
    forms = dict.fromkeys(each.name for each in meant.changes[:_NAMES])
    forms.pop(meant.entry.name, None)
    return Named(fold(meant.entry.name), "preferred"), *(Named(each, "exact") for each in forms)


def _definition(here: Known, meant: _Meant) -> str:
    """What the vocabulary says of it; of an rs number, what it says of each change."""
    if meant.term is not None:
        return meant.term.definition
    said: dict[str, None] = {}
    for change in meant.changes[:_CHANGES]:
        book = here.shelves.book(change.vocabulary)
        told = book.term(book.place(change.id)).definition if book is not None else ""
        if told:
            said[f"{change.name}: {told}"] = None
    return "; ".join(said)


def _relevance(mentioned: Mentioned, rows: Places) -> Places:
    """How much a mention says that a study is about a term: its role; denied ones last."""
    by_role = np.array([_RELEVANCE.index(role) for role in ROLES] + [len(ROLES)], np.int64)
    denied = np.isin(mentioned.assertions[rows], [ASSERTIONS.index(each) for each in _DENIED])
    return by_role[mentioned.roles[rows]] + denied * (len(ROLES) + 1)


def _ranked(mentioned: Mentioned, rows: Places) -> Places:
    """The studies of some mentions: those that treat or test it first, those that only exclude or
    deny it last; of equal ones the newest first."""
    best = np.full(len(mentioned.studies), 99, np.int64)
    np.minimum.at(best, mentioned.study_of_row[rows], _relevance(mentioned, rows))
    studies = np.unique(mentioned.study_of_row[rows]).astype(np.int64)
    order = np.lexsort((studies, -mentioned.months[studies].astype(np.int64), best[studies]))
    return studies[order]


def _by_word(
    mentioned: Mentioned, rows: Places, said: npt.NDArray[np.int8], words: Sequence[str]
) -> tuple[Count, ...]:
    """How many studies have each word, those that none has left out."""
    pairs = np.unique(mentioned.study_of_row[rows].astype(np.int64) * 32 + said[rows])
    counts = np.bincount(pairs % 32, minlength=32)
    return tuple(
        Count(word, int(counts[place])) for place, word in enumerate(words) if counts[place]
    )


def _years(years: npt.NDArray[np.int32]) -> tuple[Count, ...]:
    """Studies by year of start, in order; the last is of those that state none."""
    labels, counts = np.unique(years, return_counts=True)
    told = [
        Count(_UNKNOWN if year < 0 else str(year), count)
        for year, count in zip(labels.tolist(), counts.tolist(), strict=True)
    ]
    return tuple(told[1:] + told[:1] if told and told[0].label == _UNKNOWN else told)


def _countries(mentioned: Mentioned, studies: Places) -> tuple[Count, ...]:
    """Studies by country, most first; a study counts in each of its own."""
    counts = mentioned.about.country_counts(studies).tolist()
    named = zip(mentioned.about.country_names, counts, strict=True)
    told = [Count(name, count) for name, count in named if count]
    return tuple(sorted(told, key=lambda each: (-each.studies, each.label)))


def _spellings(state: State, mentioned: Mentioned, rows: Places) -> tuple[Count, ...]:
    """How texts write it, in how many studies each, most first; capitals are not told apart."""
    table = mentions_table(state)
    matched = np.asarray(codes(table, "matched").to_numpy(), np.int64)[mentioned.rows[rows]]
    size = len(table.column("matched").combine_chunks().dictionary) + 1
    pairs = np.unique(matched * len(mentioned.studies) + mentioned.study_of_row[rows])
    written, counts = np.unique(pairs // max(len(mentioned.studies), 1), return_counts=True)
    words = words_in(table, "matched") if size else []
    forms: dict[str, dict[str, int]] = {}
    for code, count in zip(written.tolist(), counts.tolist(), strict=True):
        text = cut(fold(words[code]), _WIDE)
        of = forms.setdefault(text.casefold(), {})
        of[text] = of.get(text, 0) + count
    told = [Count(max(of, key=lambda text: of[text]), sum(of.values())) for of in forms.values()]
    return tuple(sorted(told, key=lambda each: (-each.studies, each.label))[:_SPELLINGS])


def _notes(mentioned: Mentioned, meant: _Meant, every: Places, rows: Places) -> tuple[str, ...]:
    if not len(every):
        book = meant.source
        source = f"{book.vocabulary} {book.about.version}" if book else "links of vocabularies"
        return (f"No study here names it; it is known from {source}.",)
    if not len(rows):
        return ("No study here names it in this way.",)
    denied = np.isin(mentioned.assertions[rows], [ASSERTIONS.index(each) for each in _DENIED])
    if denied.all():
        return ("The studies here name it only to exclude or to deny it.",)
    return ()


def _studies(state: State, here: Known, rows: Places, shown: Places) -> tuple[TermStudy, ...]:
    """Studies in the order given, each with its most telling mentions, one of a field."""
    mentioned = here.mentioned
    fields = np.asarray(codes(mentions_table(state), "field").to_numpy(), np.int64)
    rows = rows[np.isin(mentioned.study_of_row[rows], shown)]
    rank = _relevance(mentioned, rows)
    rows = rows[np.lexsort((mentioned.rows[rows], rank))]
    of_study: dict[int, list[int]] = {int(each): [] for each in shown}
    for row, study in zip(rows.tolist(), mentioned.study_of_row[rows].tolist(), strict=True):
        of_study[study].append(row)
    chosen: dict[int, list[int]] = {}
    for study, its in of_study.items():
        different: dict[int, int] = {}
        for row in its:
            different.setdefault(int(fields[mentioned.rows[row]]), row)
            if len(different) == _SHOWN:
                break
        chosen[study] = list(different.values())
    flat = np.array([row for its in chosen.values() for row in its], np.int64)
    views = iter(mention_views(state, here, mentioned.rows[flat]))
    return tuple(
        _study(
            state,
            mentioned,
            study,
            np.array(its, np.int64),
            tuple(next(views) for _ in chosen[study]),
        )
        for study, its in of_study.items()
    )


def _study(
    state: State,
    mentioned: Mentioned,
    study: int,
    rows: Places,
    views: tuple[MentionView, ...],
) -> TermStudy:
    about, held = mentioned.about, state.studies[study]
    roles, said = (set(each[rows].tolist()) for each in (mentioned.roles, mentioned.assertions))
    sources = (name.partition(":")[0] for name in held.record_ids)
    return TermStudy(
        study_id=held.study_id,
        title=held.title,
        roles=tuple(role for place, role in enumerate(ROLES) if place in roles),
        assertions=tuple(word for place, word in enumerate(ASSERTIONS) if place in said),
        status=about.status[study],
        phase=about.phase[study],
        enrollment=about.enrollment[study],
        start=about.start[study],
        countries=about.countries_of(study),
        sources=tuple(dict.fromkeys(SOURCE_TITLES.get(name, name) for name in sources)),
        publications=int(about.publications[study]),
        findings=int(about.findings[study]),
        mentions=views,
        more_mentions=len(rows) - len(views),
    )
