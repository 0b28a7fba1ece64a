"""The operations about findings: their table, and what people say of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from trialweave.errors import NotADecision, NotFound
from trialweave.model import Correction, Finding, Passage
from trialweave.publish.corrections import (
    CorrectionReport,
    CorrectionsView,
    correction_report,
    corrections_csv,
    corrections_view,
)
from trialweave.publish.findings import (
    FORMS,
    FindingsView,
    exported,
    findings_view,
    settled_in,
)
from trialweave.publish.state import State
from trialweave.records.quoting import quoted
from trialweave.results.cells import cell_of, figures_of, finding_from, normal
from trialweave.store.corrections import Corrections, Log, chained, whole
from trialweave.store.decisions import cleaned
from trialweave.store.tables import Head
from trialweave.studies.corrected import by_hand_id, latest
from trialweave.studies.decided import person
from trialweave.workspace._base import Base
from trialweave.workspace._saying import speaker, who_says, write_export

__all__ = ["Findings"]

_QUOTE: Final = 2000  # characters
_SOURCE: Final = 300
_MOST: Final = 100  # cells of one call


class Findings(Base):
    """Findings are read by rules; what people say of them holds before what the rules read."""

    def findings(
        self, identifier: str, *, family: str = "", export: str | Path | None = None
    ) -> FindingsView:
        """The findings of a study as a table, each cell with where it stands.

        `family` keeps those of one family of outcomes. `export` names a file to write: ``.csv``,
        ``.xlsx`` or ``.jsonl``. Raises NotFound, and NotADecision for another ending.
        """
        state = self._state()
        study = state.find(identifier)
        reasons = {each.number: each.because for each in Corrections(self.root).read().entries}
        written = "" if export is None else str(export)
        view = findings_view(state, study, reasons, family=family, written=written)
        if export is not None:
            write_export(Path(export), FORMS, lambda kind: exported(view, kind))
        return view

    def correct(
        self,
        finding_id: str,
        cells: Mapping[str, str],
        *,
        because: str,
        by: str = "",
        adjudicator: bool = False,
    ) -> CorrectionReport:
        """Say what cells of a finding hold, whatever was read: ``{"a.events": "7", "b.n": ""}``.

        Cells are named as `findings` names them; "" says that the record states nothing there. What
        was read stays beside what is said. A text equal to what was read confirms it. It holds for
        this version of the record and this reading; where one of them changes it is reported and
        not applied. `by`, `adjudicator` and who counts as of `link`, cell by cell. Raises
        NotADecision for a cell or text that cannot be, and NotFound.
        """
        if not cells:
            raise NotADecision("no cell is named.", next_step="Name one: a.events=7.")
        return self._say(finding_id, "cell", dict(cells), because, by, adjudicator)

    def reject(
        self, finding_id: str, *, because: str, by: str = "", adjudicator: bool = False
    ) -> CorrectionReport:
        """Say that what was read is no finding of the record: it is shown, and used no more.

        Otherwise as `correct`.
        """
        return self._say(finding_id, "rejected", {"": ""}, because, by, adjudicator)

    def confirm(
        self,
        finding_id: str,
        cells: Sequence[str] = (),
        *,
        because: str,
        by: str = "",
        adjudicator: bool = False,
    ) -> CorrectionReport:
        """Say that cells are right as they were read, or without `cells` that the finding is one.

        Otherwise as `correct`.
        """
        asked = dict.fromkeys(cells, _AS_READ) or {"": ""}
        verdict = "cell" if cells else "stands"
        return self._say(finding_id, verdict, asked, because, by, adjudicator)

    def enter(
        self,
        record_id: str,
        cells: Mapping[str, str],
        *,
        because: str,
        quote: str = "",
        source: str = "",
        by: str = "",
        adjudicator: bool = False,
    ) -> CorrectionReport:
        """Enter a finding that was not read: ``{"outcome": "Death", "a.events": "3", …}``.

        `quote` are the record's own words for it, which must stand there word for word; or else
        `source` says where it is known from. Otherwise as `correct`.
        """
        state = self._state()
        head = self._head(state, record_id)
        told = _cells(cells)
        if not told.get("outcome"):
            raise NotADecision("the outcome is missing.", next_step='Name it: outcome="Death".')
        try:
            draft = finding_from(told.items())
        except KeyError as error:
            raise NotADecision(
                f"a group is left out: {error.args[0]} is missing.",
                next_step="Groups are a, b, c … without a gap.",
            ) from None
        if not (draft.arms or draft.p or draft.effect):
            raise NotADecision("it states no figure.", next_step="Name one: a.events=3 a.n=20.")
        words, quote = quote, cleaned(quote[: 20 * _QUOTE])
        source = cleaned(source[: 20 * _SOURCE])
        if not quote and not source:
            raise NotADecision(
                "nothing says where it is from.",
                next_step="Quote the record's words, or name the source where it is not in them.",
            )
        if len(quote) > _QUOTE or len(source) > _SOURCE:
            raise NotADecision(
                f"a quote has up to {_QUOTE} characters, a source up to {_SOURCE}.",
                next_step="Quote the words that state the result.",
            )
        passage = self._quoted(state, head, words) if quote else None
        return self._take_down(
            [
                {
                    "verdict": "entered",
                    "record_id": head.record_id,
                    "record_digest": head.digest,
                    "passage": passage,
                    "outcome": draft.outcome,
                    "figures": figures_of(draft),
                    "says": msgspec.json.encode(told).decode(),
                    "quote": quote,
                    "source": source,
                }
            ],
            because,
            by,
            adjudicator,
        )

    def undo(self, number: int, *, because: str, by: str = "") -> CorrectionReport:
        """Take back one's own decision about a finding, by its number; it stays in the list.

        Raises NotADecision where that person made no such decision, or took it back.
        """
        who = who_says(by)
        log = Corrections(self.root).read()
        held = {each.number: each for each in latest(log.entries)}
        mine = held.get(number)
        if mine is None or person(mine.who) != person(who):
            raise NotADecision(
                f"{who!r} has said nothing under the number {number} that still holds.",
                next_step="All decisions about findings: trialweave corrections.",
            )
        same = {name: getattr(mine, name) for name in _OF_A_FINDING}
        return self._take_down([same | {"verdict": "withdrawn", "of": number}], because, by, False)

    def corrections(self, *, export: str | Path | None = None) -> CorrectionsView:
        """All that people said of findings, what holds, disputes, what does not fit, agreement.

        `export` names a file to write: ``.jsonl`` is the list itself with its chain of digests,
        ``.csv`` a table. Raises WorkspaceError, naming the line, where the list was tampered with.
        """
        file = Corrections(self.root)
        log = file.read()
        state = self._state_or_none()
        applied = 0 if state is None else file.applied(state.generation, log.entries)
        written = "" if export is None else str(export)
        view = corrections_view(log, state, applied, written)
        if export is not None:
            write_export(
                Path(export),
                (".csv", ".jsonl"),
                lambda kind: whole(log) if kind == ".jsonl" else corrections_csv(view).encode(),
            )
        return view

    # -- what all of them do ---------------------------------------------------------------

    def _say(
        self,
        finding_id: str,
        verdict: str,
        cells: dict[str, str],
        because: str,
        by: str,
        adjudicator: bool,
    ) -> CorrectionReport:
        state = self._state()
        finding = _as_read(state, finding_id)
        head = self._head(state, finding.record_id)
        about = {
            "record_id": finding.record_id,
            "record_digest": head.digest,
            "passage": finding.passage,
            "outcome": finding.outcome,
            "figures": figures_of(finding),
            "verdict": verdict,
        }
        if verdict != "cell":
            return self._take_down([about], because, by, adjudicator, finding.finding_id)
        plain = {name: text for name, text in cells.items() if text != _AS_READ}
        told = dict.fromkeys(cells, "") | _cells(plain)
        entries = []
        for name in cells:
            try:
                read = cell_of(finding, name)
            except KeyError:
                raise _no_cell(name) from None
            says = read if cells[name] == _AS_READ else told[name]
            entries.append(about | {"cell": name, "read": read, "says": says})
        return self._take_down(entries, because, by, adjudicator, finding.finding_id)

    def _take_down(
        self,
        entries: Sequence[Mapping[str, Any]],
        because: str,
        by: str,
        adjudicator: bool,
        finding_id: str = "",
    ) -> CorrectionReport:
        self._refuse_a_day("nothing can be said of findings in", "Say it without --as-of.")
        speaks = speaker(because, by, adjudicator)._asdict()
        now = dt.datetime.now(dt.UTC)
        taken: list[Correction] = []

        def correct(log: Log) -> Sequence[Correction]:
            for entry in entries:
                said = _EMPTY | dict(entry) | speaks
                taken.append(chained((*log.entries, *taken), at=now, **said))
            return taken

        from trialweave.pipeline.correcting import recorrect

        before = recorrect(self._generations, correct)
        first = taken[0]
        if first.verdict == "entered":
            finding_id = by_hand_id(first)
        elif first.verdict == "withdrawn":
            finding_id = _of(self._state(), first, before)
        return correction_report(before, taken, self._state(), finding_id)

    def _head(self, state: State, record_id: str) -> Head:
        """The current version of a record, named by its id, or by a number that it alone bears."""
        asked = record_id.strip()
        names = [asked]
        if not state.heads(asked):
            names = list(state.find(asked).record_ids)
            if len(names) > 1:
                raise NotFound(
                    f"{asked!r} is a study of {len(names)} records.",
                    next_step=f"Name one of them: {', '.join(names[:10])}.",
                )
        return next(each for each in state.heads(names[0]) if each.current)

    def _quoted(self, state: State, head: Head, quote: str) -> Passage:
        (record,) = state.records([head.record_id])
        passage = quoted(self._archive.read(record.sha256), record, quote)
        if passage is None:
            raise NotADecision(
                "these words do not stand in the record.",
                where=head.record_id,
                next_step=f"Copy them from: trialweave document {head.record_id}; or say where "
                "they are from as the source.",
            )
        return passage


_AS_READ: Final = "\0as read"
_OF_A_FINDING: Final = ("record_id", "record_digest", "passage", "outcome", "figures", "cell")
_EMPTY: Final[dict[str, Any]] = {
    "passage": None, "cell": "", "read": "", "says": "", "quote": "", "source": "", "of": 0,
}  # fmt: skip


def _as_read(state: State, finding_id: str) -> Finding:
    """A finding as it was read or entered, also one that was corrected or rejected."""
    asked = finding_id.strip()
    record_id = asked.rpartition("#")[0]
    settled = settled_in(state).get(record_id)
    every = (*(settled.read if settled else ()), *state.findings)
    found = next((each for each in every if each.finding_id == asked), None)
    if found is None:
        raise NotFound(
            f"there is no finding {asked!r}.",
            next_step="trialweave findings ID names those of a study.",
        )
    return found


def _of(state: State, withdrawn: Correction, log: Log) -> str:
    """The id of the finding that a withdrawn decision was about, "" where there is none now."""
    before = log.entries[withdrawn.of - 1]
    if before.verdict == "entered":
        return by_hand_id(before)
    study_id = state.study_of.get(before.record_id)
    if study_id is None:
        return ""
    settled = settled_in(state).get(before.record_id)
    every = [*(settled.read if settled else ()), *state.findings_of(state.find(study_id))]
    return next(
        (
            each.finding_id
            for each in every
            if each.passage == before.passage and figures_of(each) == before.figures
        ),
        "",
    )


def _cells(cells: Mapping[str, str]) -> dict[str, str]:
    """The texts as the cells keep them. Raises NotADecision."""
    if len(cells) > _MOST:
        raise NotADecision(f"more than {_MOST} cells are named.", next_step="Say fewer at once.")
    told = {}
    for name, text in cells.items():
        try:
            told[name.strip()] = normal(name.strip(), cleaned(text[:10_000]))
        except KeyError:
            raise _no_cell(name) from None
        except ValueError as error:
            raise NotADecision(
                f"{name} cannot be {text[:80]!r}: it holds {error}.",
                next_step="Write the figure as the record prints it, with a decimal point."
                if "one of" not in str(error)
                else "Write one of these words.",
            ) from None
    return told


def _no_cell(name: str) -> NotADecision:
    return NotADecision(
        f"the finding has no cell {name[:80]!r}.",
        next_step="Its cells are those that trialweave findings ID --json names; groups are "
        "a, b … in its order: a.events, a.n, b.mean, p, effect.estimate, time.",
    )
