"""The question that options or form fields ask, whichever face they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from trialweave.synthesis.question import Question

__all__ = ["folded_choice", "question_of"]


def question_of(asked: Mapping[str, Any], base: Question | None = None) -> Question:
    """The question that options or form fields ask; ValueError where they make none.

    Keys are the names that all faces use: `without` for the studies to leave out, else those of
    `Question`. Other keys are ignored, and so is the case of names of methods. With `base`, a
    question, they are changes to it.
    """
    from trialweave.synthesis.question import Question

    fields: dict[str, Any] = {
        name: folded_choice(name, asked[name])
        for name in Question.__struct_fields__
        if name in asked
    }
    if "without" in asked or base is None:
        without = (str(name).strip() for name in asked.get("without") or ())
        fields["exclude"] = tuple(dict.fromkeys(name for name in without if name))
    if "outcome" in fields or base is None:
        fields["outcome"] = str(fields.get("outcome", "")).strip()
    if base is not None:
        fields = msgspec.structs.asdict(base) | fields
    return Question(**fields)


def folded_choice(name: str, value: Any) -> Any:
    """A choice of a method as it is called, whichever case it was written in."""
    from trialweave.synthesis.question import CHOICES

    if name not in CHOICES:
        return value
    folded = str(value).strip().casefold()
    return next((one for one in CHOICES[name] if one.casefold() == folded), value)
