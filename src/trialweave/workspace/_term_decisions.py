"""The operations by which people put terms right, and have them looked for anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trialweave.errors import NotADecision, NotFound
from trialweave.model import TermDecision, TermVerdict
from trialweave.publish.state import State
from trialweave.store.term_decisions import Log, TermDecisions, chained, whole
from trialweave.studies.decided import person
from trialweave.workspace._base import Base
from trialweave.workspace._saying import said_text, speaker, who_says, write_export

if TYPE_CHECKING:
    from trialweave.publish.terms.decisions import (
        TermDecisionReport,
        TermDecisionsView,
        TermsFound,
    )

__all__ = ["TermSaying"]

_WORDS: Final = 300  # characters of what somebody speaks of
_ANYWHERE: Final[dict[str, Any]] = {"record_id": "", "field": "", "start": -1, "end": -1}


class TermSaying(Base):
    """What people say of terms outlives every rebuild, and every release of a vocabulary."""

    def say_term(
        self,
        words: str,
        term: str,
        *,
        because: str,
        is_not: bool = False,
        record: str = "",
        field: str = "",
        start: int | None = None,
        by: str = "",
        adjudicator: bool = False,
    ) -> TermDecisionReport:
        """Say that words name a term, or do not (`is_not`).

        Of the words wherever they stand, in this capitalisation where they are a short form; or
        with `record` and `field` (an address, as `why` takes it) of one place, `start` characters
        into that field where the words stand there more than once. `term` is an id or a name (see
        `term`). Terms are looked for anew where that matters. Raises NotADecision where nothing
        can be said so, and NotFound for a record, a field or a term that is not here.
        """
        state = self._state()
        told = said_text(words, _WORDS, "what names the term", "Give the words as they stand.")
        named = self._term_named(state, term)
        place = _place(state, record, field, words, start) if record or field else _ANYWHERE
        verdict: TermVerdict = "is not" if is_not else "is"
        about = {"verdict": verdict, "words": told, **named, **place, "of": 0}
        speaks = speaker(because, by, adjudicator)._asdict()
        return self._say_of_terms(lambda log: about | speaks)

    def withdraw_term(self, number: int, *, because: str, by: str = "") -> TermDecisionReport:
        """Take back one's own decision about a term, by its number; it stays in the list.

        Raises NotADecision where that person made no such decision, or took it back.
        """
        speaks = speaker(because, by, False)._asdict()
        who = who_says(by)

        def withdrawn(log: Log) -> dict[str, Any]:
            back = {each.of for each in log.entries if each.verdict == "withdrawn"}
            found = next((each for each in log.entries if each.number == number), None)
            if (
                found is None
                or found.verdict == "withdrawn"
                or number in back
                or (person(found.who) != person(who))
            ):
                raise NotADecision(
                    f"{who!r} has said nothing of terms under the number {number} that still "
                    "holds.",
                    next_step="All decisions about terms: trialweave terms decisions.",
                )
            kept = ("words", "vocabulary", "term", "name", *_ANYWHERE)
            same = {name: getattr(found, name) for name in kept}
            return same | speaks | {"verdict": "withdrawn", "of": number}

        return self._say_of_terms(withdrawn)

    def term_decisions(self, *, export: str | Path | None = None) -> TermDecisionsView:
        """All that people said of terms, what holds, what waits, and how reviewers agree.

        `export` names a file to write: ``.jsonl`` is the list itself with its chain of digests,
        ``.csv`` a table. Raises WorkspaceError, naming the line, where the list was tampered with.
        """
        from trialweave.publish.terms.decisions import term_decisions_csv, term_decisions_view

        file = TermDecisions(self.root)
        log = file.read()
        state = self._state_or_none()
        applied = 0 if state is None else file.applied(state.generation, log.entries)
        written = "" if export is None else str(export)
        view = term_decisions_view(log, state, applied, written)
        if export is not None:
            write_export(
                Path(export),
                (".csv", ".jsonl"),
                lambda kind: whole(log) if kind == ".jsonl" else term_decisions_csv(view).encode(),
            )
        return view

    def annotate(self) -> TermsFound:
        """Look for terms anew in all records, by the vocabularies now in use."""
        from trialweave.pipeline.annotating import reannotate
        from trialweave.publish.terms.decisions import terms_found

        self._refuse_a_day("terms cannot be looked for anew in", "Ask without --as-of.")
        self._state()
        reannotate(self._generations)
        return terms_found(self._state())

    def _say_of_terms(self, say: Callable[[Log], dict[str, Any]]) -> TermDecisionReport:
        from trialweave.pipeline.annotating import reannotate
        from trialweave.publish.terms.decisions import term_decision_report

        self._refuse_a_day("nothing can be said of terms in", "Say it without --as-of.")
        taken: list[TermDecision] = []

        def decide(log: Log) -> Sequence[TermDecision]:
            taken.append(chained(log.entries, at=dt.datetime.now(dt.UTC), **say(log)))
            return taken

        before = reannotate(self._generations, decide)
        return term_decision_report(before, taken, self._state())

    def _term_named(self, state: State, asked: str) -> dict[str, str]:
        from trialweave.publish.terms.lookup import find_term

        found, _ = find_term(state, self.root, asked)
        return {"vocabulary": found.vocabulary, "term": found.id, "name": found.name}


def _place(
    state: State, record_id: str, field: str, words: str, start: int | None
) -> dict[str, Any]:
    """Where the words stand in a field. Raises NotFound and NotADecision."""
    from trialweave.terms.decided import places_of
    from trialweave.terms.fields import field_texts

    if not (record_id and field):
        raise NotADecision(
            "a place is a record and one of its fields.",
            next_step="Name both, as trialweave term shows them, or neither.",
        )
    records = state.records([record_id.strip()])
    texts = {each.field: each.text for one in records for each in field_texts(one)}
    if field.strip() not in texts:
        raise NotFound(
            f"{record_id!r} has no text at {field!r}.",
            next_step="trialweave term shows the records and fields that name a term.",
        )
    places = list(places_of(texts[field.strip()], words))
    here = [place for place in places if start is None or place[0] == start]
    if len(here) != 1:
        where = ", ".join(str(each) for each, _ in places) or "nowhere"
        raise NotADecision(
            f"the words stand at {where} in that field.",
            next_step="Say which with --start."
            if len(places) > 1
            else "Give the words as they stand there.",
        )
    found = {"start": here[0][0], "end": here[0][1]}
    return {"record_id": record_id.strip(), "field": field.strip(), **found}
