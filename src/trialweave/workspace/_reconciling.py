"""The operations about what records say differently, and about lists of references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trialweave.errors import InputError, SeveralRefused, UnknownKind
from trialweave.intake import documents, expand, refusal
from trialweave.model import Draft, Publication, Received
from trialweave.publish.conflicts import ConflictsView, conflicts_of
from trialweave.publish.views import Refusal
from trialweave.workspace._base import Base, Progress

if TYPE_CHECKING:
    from trialweave.publish.dedupe import DedupeView
    from trialweave.studies.deduplication import Outcome, Reference

__all__ = ["Deduplicated", "Reconciling"]


class Deduplicated:
    """What `Workspace.dedupe` gives: a view of it, and the references as RIS and CSV."""

    def __init__(self, outcome: Outcome, view: DedupeView) -> None:
        self.outcome = outcome
        self.view = view

    def ris(self) -> str:
        """The kept references as RIS, in the order given."""
        from trialweave.publish.dedupe import unique_ris

        return unique_ris(self.outcome)

    def decisions(self) -> str:
        """CSV of every reference: kept or a duplicate, of which, and why."""
        from trialweave.publish.dedupe import decisions_csv

        return decisions_csv(self.outcome)


class Reconciling(Base):
    """Where records differ; and duplicates in lists, which need no workspace."""

    def conflicts(
        self, field: str = "", kind: str = "", *, limit: int = 100, offset: int = 0
    ) -> ConflictsView:
        """Where the records of one study differ, study by study.

        `field` is a concept ("enrollment"), `kind` one of "registry against registry", "paper
        against registry", "paper against paper" or a pair with "page" or "sheet". `limit` is cut
        to 1,000. Raises NotFound where there is no such field or kind.
        """
        return conflicts_of(self._state(), field, kind, limit, offset)

    @staticmethod
    def dedupe(
        paths: Sequence[str | Path] | str | Path, *, progress: Progress | None = None
    ) -> Deduplicated:
        """Tell the duplicates in lists of references, as databases export them.

        `paths` as for `add`. Nothing is written and no workspace is needed. What cannot be read is
        refused with its reason, and the view's `exit_code` is the refusals'.
        """
        from trialweave.publish.dedupe import view_of
        from trialweave.studies.deduplication import deduplicate

        files, refused = expand([paths] if isinstance(paths, str | Path) else paths)
        tell = progress or (lambda done, total, name: None)
        found: list[Reference] = []
        for done, file in enumerate(files):
            tell(done, len(files), file.name)
            found.extend(_references(file, _label(file, files), refused))
        tell(len(files), len(files), "comparing")
        outcome = deduplicate(found)
        codes = {one.exit_code for one in refused}
        code = SeveralRefused.exit_code if len(codes) > 1 else next(iter(codes), 0)
        return Deduplicated(outcome, view_of(outcome, refused, code))


def _label(file: Path, files: Sequence[Path]) -> str:
    """The file's name; with its folder's where two have one name."""
    same = [other for other in files if other.name == file.name]
    return file.name if len(same) == 1 else str(file)


def _references(file: Path, label: str, refused: list[Refusal]) -> Iterator[Reference]:
    from trialweave.sources import read_each
    from trialweave.studies.deduplication import Reference

    for content in documents(file):
        if isinstance(content, InputError):
            refused.append(refusal(label, content))
            continue
        name = label if content.name == file.name else content.name
        place = 0
        try:
            for each in read_each(content):
                place += 1
                if isinstance(each, InputError):
                    refused.append(refusal(name, each))
                elif isinstance(each.body, Publication):
                    yield Reference(name, place, each.body, _own(content, each))
                else:
                    refused.append(refusal(name, _no_reference(name, each)))
        except InputError as error:
            refused.append(refusal(name, error))


def _no_reference(name: str, draft: Draft) -> InputError:
    return UnknownKind(
        f"{draft.identifier} is a registration, and no reference.",
        where=name,
        next_step="Registrations are for trialweave add.",
    )


def _own(received: Received, draft: Draft) -> str:
    """The reference's own text, where it came as RIS with a type and an end."""
    if draft.source != "ris":
        return ""
    own = received.data[draft.start : draft.end].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    return own if own.startswith("TY  -") else ""
