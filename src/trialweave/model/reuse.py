"""Text and figures that stand in records of two studies."""

from __future__ import annotations

from typing import Literal

import msgspec

from trialweave.model.value import Passage

__all__ = ["Excerpted", "Reuse", "ReuseKind", "ReuseRelation", "SharedFigure", "SharedText"]

ReuseKind = Literal["text", "results"]
ReuseRelation = Literal[
    "perhaps one trial",
    "one names the other",
    "one programme",
    "same institution",
    "same people",
    "article and registration",
    "review",
    "different institutions",
    "not known",
]


class Excerpted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of one record's value: the value's address for `why`, the characters `start` to
    `end` of its content, the text itself (of a very long one the beginning), and where it stands in
    the record as received; the whole value's place where its content is not as received."""

    address: str
    start: int
    end: int
    text: str
    passage: Passage | None = None


class SharedText(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run of `words` words, the same in two records but for case, punctuation and blanks.

    `counted` is how many of them stand in sentences that few studies have.
    """

    concept_a: str
    concept_b: str
    words: int
    counted: int
    a: Excerpted
    b: Excerpted


class SharedFigure(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure printed in both, equal to the digit; of each the finding that it is part of."""

    shown: str
    finding_a: str
    finding_b: str
    outcome_a: str
    outcome_b: str
    group_a: str
    group_b: str
    bits: float
    passage_a: Passage | None = None
    passage_b: Passage | None = None


class Reuse(msgspec.Struct, frozen=True, omit_defaults=True):
    """What records of two different studies have in common.

    `relation` is what is known to explain it, `because` why; "different institutions" and "not
    known" where nothing is. Of a text, `words` counts those in shared runs in sentences that few
    studies have, and `words_a` and `words_b` are all that were compared.
    """

    reuse_id: str
    kind: ReuseKind
    study_a: str
    study_b: str
    record_a: str
    record_b: str
    relation: ReuseRelation
    because: str
    statement: str
    rule: str
    words: int = 0
    words_a: int = 0
    words_b: int = 0
    texts: tuple[SharedText, ...] = ()
    figures: tuple[SharedFigure, ...] = ()

    @property
    def explained(self) -> bool:
        """Whether something is known that makes it ordinary."""
        return self.relation not in ("different institutions", "not known")

    def turned(self) -> Reuse:
        """The same, the two sides exchanged; the statement is about both and stays."""
        return msgspec.structs.replace(
            self,
            study_a=self.study_b,
            study_b=self.study_a,
            record_a=self.record_b,
            record_b=self.record_a,
            words_a=self.words_b,
            words_b=self.words_a,
            texts=tuple(
                msgspec.structs.replace(
                    each, a=each.b, b=each.a, concept_a=each.concept_b, concept_b=each.concept_a
                )
                for each in self.texts
            ),
            figures=tuple(
                msgspec.structs.replace(
                    each,
                    finding_a=each.finding_b,
                    finding_b=each.finding_a,
                    outcome_a=each.outcome_b,
                    outcome_b=each.outcome_a,
                    group_a=each.group_b,
                    group_b=each.group_a,
                    passage_a=each.passage_b,
                    passage_b=each.passage_a,
                )
                for each in self.figures
            ),
        )
