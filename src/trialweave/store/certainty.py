"""What reviewers say of the certainty of answers, in ``certainty.jsonl``: see
`trialweave.store._chain`. Nothing derived rests on it, so no generation notes it.
"""

from __future__ import annotations

from pathlib import Path

from trialweave.model.assessment import Answer
from trialweave.store import _chain

__all__ = ["Certainties"]


class Certainties(_chain.Chain[Answer]):
    """The ratings of reviewers in the workspace at `root`; `study` is the question's name."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            Path(root) / "certainty.jsonl",
            Answer,
            name="reviewers' ratings",
            one="reviewer's rating",
            export="certainty --json",
        )
