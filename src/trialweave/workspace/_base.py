"""What every operation stands on: the folder, its live generation, and a day asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Self

from trialweave.errors import NotFound, TrialweaveError, WorkspaceError
from trialweave.publish.state import State
from trialweave.store.archive import Archive
from trialweave.store.formats import check
from trialweave.store.generations import Generations, in_use

__all__ = ["Base", "Progress"]

Progress = Callable[[int, int, str], None]


class Base:
    """A workspace that can neither be asked nor changed yet: see `Workspace`."""

    def __init__(self, root: str | Path, *, as_of: dt.date | None = None) -> None:
        self.root = Path(root)
        self._generations = Generations(self.root)
        self._archive = Archive(self.root)
        self._held: State | None = None
        self._day = as_of

    @property
    def day(self) -> dt.date | None:
        """The day as of which this workspace answers; None for today."""
        return self._day

    def as_of(self, day: dt.date) -> Self:
        """The same workspace as its records stood on a day; it can be asked, not changed.

        A version holds from the date of last change that the record itself states, or, where it
        states none, from the day on which it was received.
        """
        return type(self)(self.root, as_of=day)

    def _refuse_a_day(self, what: str, next_step: str) -> None:
        if self._day is not None:
            raise WorkspaceError(f"{what} the state of an earlier day.", next_step=next_step)

    def _state_or_none(self) -> State | None:
        generation = self._generations.current()
        if generation is None:
            return None
        check(generation)
        held = self._held
        if held is None or held.live != generation.path or not _kept_alive(held):
            shown = generation
            if self._day is not None:
                from trialweave.pipeline import held_on

                of_day = held_on(self._generations, generation, self._day)
                if of_day is None:
                    return None
                shown = of_day
            held = self._held = State(shown, generation.path)
        return held

    def _state(self) -> State:
        state = self._state_or_none()
        if state is None:
            raise self._empty()
        return state

    def _empty(self) -> TrialweaveError:
        if self._day is not None and self._generations.current() is not None:
            return NotFound(
                f"no record here is known to have held on {self._day}.",
                next_step="Ask for a later day; history says from when each version holds.",
            )
        missing = "" if self.root.exists() else ": there is no such folder"
        return WorkspaceError(
            f"the workspace is empty{missing}.",
            where=str(self.root),
            next_step="Add records first: trialweave add FILE …, or trialweave demo."
            if not missing
            else "Check --workspace, or add records first: trialweave add FILE …",
        )


def _kept_alive(state: State) -> bool:
    """Whether the state of a day is still on the disk, where the least used give way to others."""
    return state.generation.path == state.live or in_use(state.generation.path)
