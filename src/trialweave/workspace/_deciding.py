"""The operations by which people decide which records belong together."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from trialweave.errors import NotADecision
from trialweave.model import Decision, DecisionVerdict
from trialweave.publish.decisions import decided_pair, decisions_csv, decisions_view, report
from trialweave.publish.views import DecisionReport, DecisionsView
from trialweave.store.decisions import Decisions, Log, chained, whole
from trialweave.studies.decided import person
from trialweave.workspace._base import Base
from trialweave.workspace._saying import speaker, write_export

__all__ = ["Deciding"]


class Deciding(Base):
    """What people decide outlives every rebuild; it is added to, and nothing of it is removed."""

    def link(
        self, a: str, b: str, *, because: str, by: str = "", adjudicator: bool = False
    ) -> DecisionReport:
        """Decide that two records tell of one trial, whatever the model says.

        `a` and `b` are ids of records, or identifiers of studies, which stand for the record that
        bears them. `by` says who decides; else TRIALWEAVE_REVIEWER does, else the login name. The
        latest decision of each person about a pair counts; an adjudicator's overrides those of
        reviewers; reviewers who differ leave the pair in dispute. Studies are derived anew.
        Raises NotADecision without a reason or for a record with itself, and NotFound.
        """
        return self._decide(a, b, "together", because, by, adjudicator)

    def unlink(
        self, a: str, b: str, *, because: str, by: str = "", adjudicator: bool = False
    ) -> DecisionReport:
        """Decide that two records tell of two trials: no chain of links puts them into one study.

        Arguments and errors as of `link`.
        """
        return self._decide(a, b, "apart", because, by, adjudicator)

    def withdraw(
        self, a: str, b: str, *, because: str, by: str = "", adjudicator: bool = False
    ) -> DecisionReport:
        """Take one's own latest decision about two records back; it stays in the list.

        Arguments and errors as of `link`. Raises NotADecision where that person's latest decision
        about the pair is none or withdrawn.
        """
        return self._decide(a, b, "withdrawn", because, by, adjudicator)

    def decisions(self, *, export: str | Path | None = None) -> DecisionsView:
        """All decisions, what holds of each pair, disputes, contradictions, and agreement.

        `export` names a file to write: ``.jsonl`` is the list itself with its chain of digests,
        ``.csv`` a table. Raises WorkspaceError, naming the line, where the list was tampered with.
        """
        log = Decisions(self.root).read()
        view = decisions_view(log, self._state_or_none(), "" if export is None else str(export))
        if export is not None:
            write_export(
                Path(export),
                (".csv", ".jsonl"),
                lambda kind: whole(log) if kind == ".jsonl" else decisions_csv(view).encode(),
            )
        return view

    def _decide(
        self, a: str, b: str, verdict: DecisionVerdict, because: str, by: str, adjudicator: bool
    ) -> DecisionReport:
        self._refuse_a_day("nothing can be decided in", "Decide without --as-of; it holds always.")
        said = speaker(because, by, adjudicator)
        names = decided_pair(self._state(), Decisions(self.root).read(), (a, b))
        from trialweave.pipeline import rederive

        taken: list[Decision] = []

        def decide(log: Log) -> Decision:
            if verdict == "withdrawn":
                _has_decided(log, names, said.who)
            now = dt.datetime.now(dt.UTC)
            entry = chained(log.entries, at=now, verdict=verdict, pair=names, **said._asdict())
            taken.append(entry)
            return entry

        before = rederive(self._generations, decide)
        return report(before, (*before.entries, *taken), self._state())


def _has_decided(log: Log, pair: tuple[str, str], who: str) -> None:
    mine = [each for each in log.entries if each.pair == pair and person(each.who) == person(who)]
    if not mine or mine[-1].verdict == "withdrawn":
        raise NotADecision(
            f"{who!r} has decided nothing about {pair[0]} and {pair[1]} that still stands.",
            next_step="All decisions: trialweave decisions.",
        )
