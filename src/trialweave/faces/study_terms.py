"""The terms that a study names, arranged for its page: by role, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from trialweave.errors import WorkspaceError
from trialweave.faces.term_words import ROLE_WORDS, mention_url, term_url

if TYPE_CHECKING:
    from trialweave.publish.terms.views import MentionView, TermRef
    from trialweave.workspace import Workspace

__all__ = ["Entry", "StudyTerms", "study_terms"]

_IN_ROLE = 30  # terms of one role


class Entry(NamedTuple):
    """A term that a study names in one role: how often, and where first."""

    term: TermRef
    mentions: int
    assertions: tuple[str, ...]
    to_term: str
    to_why: str


class StudyTerms(NamedTuple):
    """The terms of a study: role, entries, how many are left out."""

    rows: tuple[tuple[str, tuple[Entry, ...], int], ...]


def study_terms(workspace: Workspace, identifier: str) -> StudyTerms:
    """The terms of a study for its page: by role, each once, the most often named first."""
    by_role: dict[str, dict[tuple[str, str], list[MentionView]]] = {role: {} for role in ROLE_WORDS}
    try:
        found = workspace.mentions(identifier)
    except WorkspaceError:  # of a generation in which no terms were looked for
        return StudyTerms(())
    for each in found:
        terms = by_role.setdefault(each.role, {})
        terms.setdefault((each.term.vocabulary, each.term.id), []).append(each)
    rows = []
    for role, terms in by_role.items():
        entries = sorted(map(_entry, terms.values()), key=lambda it: -it.mentions)
        if entries:
            left = max(len(entries) - _IN_ROLE, 0)
            rows.append((ROLE_WORDS.get(role, role), tuple(entries[:_IN_ROLE]), left))
    return StudyTerms(tuple(rows))


def _entry(mentions: list[MentionView]) -> Entry:
    first = mentions[0]
    said = tuple(sorted({one.assertion for one in mentions} - {"present"}))
    return Entry(first.term, len(mentions), said, term_url(first.term), mention_url(first))
