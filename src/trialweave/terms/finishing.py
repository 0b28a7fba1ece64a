"""What is done to a release once its files are read: put together, placed in the tree, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from trialweave.errors import Unreadable
from trialweave.terms import obo
from trialweave.terms._mesh import kind_of as mesh_kind_of
from trialweave.terms.drafting import Drafts
from trialweave.terms.mesh_ascii import HEADING
from trialweave.terms.term import Release, Term
from trialweave.terms.tree import Tree, tree

__all__ = ["finished", "joined", "versioned"]

_PHENOTYPES: Final = "HP:0000118"  # phenotypic abnormality; beside it stand inheritance, onset …
_PARTS: Final = {"HPO genes": "HPO"}
"""Files of links that are part of another vocabulary's release where both come together."""
_SHOWN: Final = 5  # members of a cycle that a note names
_replace = msgspec.structs.replace


def versioned(release: Release, version: str) -> Release:
    """The release under a version."""
    return _replace(release, version=version)


def joined(releases: Sequence[Release]) -> Release:
    """The files of one release as one. A term that several files tell of has what all say.

    Raises Unreadable where the files are of several vocabularies.
    """
    if len(releases) == 1:
        return releases[0]
    whole = {one.vocabulary for one in releases}
    releases = sorted(releases, key=lambda one: _PARTS.get(one.vocabulary, "") in whole)
    first = releases[0]
    names = {
        one.vocabulary: None for one in releases if _PARTS.get(one.vocabulary, "") not in whole
    }
    if len(names) > 1:
        raise Unreadable(
            f"the files are of several vocabularies: {', '.join(names)}.",
            next_step="Add them one by one.",
        )
    terms: dict[str, Term] = {}
    for release in releases:
        for term in release.terms:
            held = terms.get(term.id)
            terms[term.id] = term if held is None else _both(held, term)
    return _replace(
        first,
        version=next((one.version for one in releases if one.version), ""),
        terms=tuple(terms.values()),
        notes=tuple(note for one in releases for note in one.notes),
        links=tuple(link for one in releases for link in one.links),
    )


def _both(one: Term, other: Term) -> Term:
    held = {name.text: name for name in (*other.names, *one.names)}
    order = dict.fromkeys(name.text for name in (*one.names, *other.names))
    return Term(
        one.id,
        tuple(held[text] for text in order),
        one.kind or other.kind,
        one.definition or other.definition,
        tuple(dict.fromkeys((*one.parents, *other.parents))),
        tuple(dict.fromkeys((*one.numbers, *other.numbers))),
        tuple(dict.fromkeys((*one.alike, *other.alike))),
        one.obsolete or other.obsolete,
        one.replaced_by or other.replaced_by,
        tuple(dict.fromkeys((*one.former, *other.former))),
    )


def finished(release: Release) -> Release:
    """The release with broader terms by tree numbers, and notes on what its tree lacks.

    A term of which only relations are known, and no name, is left out. Raises Unreadable where
    nothing is left.
    """
    drafts = Drafts()
    terms = []
    for term in release.terms:
        if term.names or term.obsolete:
            terms.append(term)
        else:
            drafts.note("terms without a name were left out", term.id)
    if not terms and not release.links:
        raise Unreadable(
            "no term has a name.", next_step="Add the whole release, with its file of names."
        )
    terms = _of_kinds(_by_numbers(_by_headings(terms, drafts)), release.vocabulary)
    placed = tree(terms)
    for identifier, parent in placed.unknown:
        drafts.note("broader terms are not in the release", f"{parent} (of {identifier})")
    for cycle in placed.cycles():
        members = " < ".join(cycle[:_SHOWN]) + (" …" if len(cycle) > _SHOWN else "")
        drafts.note("cycles in the tree", members)
    if release.vocabulary == "HPO" and _PHENOTYPES in placed.index:
        terms = _phenotypes(terms, placed)
    return _replace(release, terms=tuple(terms), notes=(*release.notes, *drafts.notes()))


def _by_headings(terms: list[Term], drafts: Drafts) -> list[Term]:
    """The ids of broader terms that supplementary records of MeSH in ASCII name."""
    ids: dict[str, str] = {}
    found = []
    for term in terms:
        if not any(parent.startswith(HEADING) for parent in term.parents):
            found.append(term)
            continue
        ids = ids or {HEADING + each.name: each.id for each in terms}
        parents = dict.fromkeys(ids.get(one, one) for one in term.parents)
        for one in [one for one in parents if one.startswith(HEADING)]:
            drafts.note("headings that no file defines", one.removeprefix(HEADING))
            del parents[one]
        found.append(_replace(term, parents=tuple(parents)))
    return found


def _by_numbers(terms: list[Term]) -> list[Term]:
    """Broader terms from tree numbers: of C01.748.610 the term that stands at C01.748."""
    at = {number: term.id for term in terms for number in term.numbers}
    if not at:
        return terms
    found = []
    for term in terms:
        above = (at.get(number.rpartition(".")[0], "") for number in term.numbers)
        parents = dict.fromkeys((*term.parents, *(one for one in above if one != term.id)))
        parents.pop("", None)
        same = len(parents) == len(term.parents)
        found.append(term if same else _replace(term, parents=tuple(parents)))
    return found


def _of_kinds(terms: list[Term], vocabulary: str) -> list[Term]:
    """Kinds where the file says none: the one of the ontology, or of MeSH by place in the tree.

    A supplementary record is of the kind of the heading that it is mapped to.
    """
    usual = obo.kind_of(vocabulary)
    if not usual and vocabulary != "MeSH":
        return terms
    found: dict[str, Term] = {}
    for term in terms:
        kind = term.kind or usual or mesh_kind_of(term.numbers)
        found[term.id] = term if kind == term.kind else _replace(term, kind=kind)
    for term in [one for one in found.values() if not one.kind]:  # MeSH's supplementary records
        kinds = (found[one].kind for one in term.parents if one in found)
        if kind := next((one for one in kinds if one), ""):
            found[term.id] = _replace(term, kind=kind)
    return list(found.values())


def _phenotypes(terms: list[Term], placed: Tree) -> list[Term]:
    """HPO terms that are no abnormality but say something of one are modifiers."""
    abnormal = placed.explode([_PHENOTYPES])
    return [
        term if term.id in abnormal or term.obsolete else _replace(term, kind="modifier")
        for term in terms
    ]
