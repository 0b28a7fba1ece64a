"""What a generation is made with besides records: what people said, which vocabularies."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from trialweave.model import Correction, Decision, TermDecision
from trialweave.pipeline import families
from trialweave.store import decisions
from trialweave.store.corrections import Corrections
from trialweave.store.decisions import Decisions
from trialweave.store.generations import Generation, Generations
from trialweave.store.term_decisions import TermDecisions
from trialweave.terms import ready, shelf
from trialweave.terms.annotate import RULES

__all__ = ["KEY", "VOCABULARIES", "Said", "said", "said_by", "vocabularies"]

KEY = "terms"
"""Where a generation notes by which vocabularies and rules terms were looked for."""
VOCABULARIES = "vocabularies"
"""Where it notes their names and releases, for people."""


@dataclass(frozen=True)
class Said:
    """Everything that people said, of pairs of records, of findings, of terms, which families of
    outcomes are their own (a digest; see `families`), and which vocabularies are in use."""

    decisions: tuple[Decision, ...] = ()
    corrections: tuple[Correction, ...] = ()
    terms: tuple[TermDecision, ...] = ()
    families: str = ""
    vocabularies: dict[str, str] = field(default_factory=dict)

    @property
    def noted(self) -> dict[str, str]:
        """What a generation built with it notes of it."""
        noted = decisions.noted(self.decisions) | Corrections(Path()).noted(self.corrections)
        noted |= TermDecisions(Path()).noted(self.terms) | self.vocabularies
        return noted | ({families.NOTED: self.families} if self.families else {})


def said(generations: Generations, base: Generation | None) -> Said:
    """All that was said; WorkspaceError where some is gone that `base` was built with."""
    root = generations.root
    decided = Decisions(root).read().entries
    corrected = Corrections(root).read().entries
    of_terms = TermDecisions(root).read().entries
    if base is not None:
        decisions.applied(base, decided)
        Corrections(root).applied(base, corrected)
        TermDecisions(root).applied(base, of_terms)
    return Said(decided, corrected, of_terms, families.noted_by(base), vocabularies(root))


def said_by(generations: Generations, live: Generation) -> Said:
    """What of it a generation was built with."""
    every, root = said(generations, live), generations.root
    return dataclasses.replace(
        every,
        decisions=every.decisions[: decisions.applied(live, every.decisions)],
        corrections=every.corrections[: Corrections(root).applied(live, every.corrections)],
        terms=every.terms[: TermDecisions(root).applied(live, every.terms)],
    )


def vocabularies(root: Path) -> dict[str, str]:
    """What a generation notes of the vocabularies in use."""
    used = shelf.in_use(root)
    names = "; ".join(f"{each.vocabulary} {each.version}" for each in used)
    return {KEY: f"{ready.key_of(used)} {RULES}", VOCABULARIES: names}
