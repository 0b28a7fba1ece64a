"""Where a record names a term: the passage, the term, what is said of it, and in which role."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

__all__ = ["AS_REGISTERED", "ROLES", "VARIANT", "Annotation", "Assertion", "Role"]

Assertion = Literal["present", "negated", "excluded", "hypothetical", "history"]
"""What the text says of it; `excluded` is an exclusion criterion."""

Role = Literal["condition", "intervention", "comparator", "outcome", "criterion", "text"]
"""What the trial does with it, by the field; `text` is a title, a description, an article."""

ROLES: Final[tuple[Role, ...]] = (
    "condition", "intervention", "comparator", "outcome", "criterion", "text",
)  # fmt: skip

AS_REGISTERED: Final = "As registered"
"""Stands for a vocabulary where a condition, intervention or keyword is in none: its term is the
normal form of what was registered."""

VARIANT: Final = "Variant"
"""Stands for a vocabulary where a variant was read by grammar: its term is the normal form."""


class Annotation(msgspec.Struct, frozen=True, gc=False):
    """One mention of a term in a record.

    `field` is the address of a value, as `why` takes it ("primary_outcomes[0].measure"); `start`
    and `end` count characters of its content, where `matched` stands. `rule` is why it counts as
    the name `name` of the term. `decided` is the number of what a person said of it, 0 if none
    did; one that a person rejected no longer `stands`, and is kept.
    """

    record_id: str
    field: str
    role: Role
    start: int
    end: int
    matched: str
    vocabulary: str
    term: str
    name: str
    rule: str
    assertion: Assertion = "present"
    stands: bool = True
    decided: int = 0
