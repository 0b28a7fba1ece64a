"""Texts of made-up words, drawn many at a time: Zipf's law, and some words of medicine."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["Draw", "Table", "tables"]

Table = np.ndarray[Any, Any]

_TABLE = 1 << 18  # cells of the table that words are drawn from, each word as often as it is used
_KNOWN = """the of and to in with for patients was by at treatment is study be on dose or weeks
placebo from will after days clinical disease therapy group baseline risk blood trial outcome mg
daily adverse events care randomized controlled safety efficacy months as not an are that who
score pain during assessed response acute chronic lung heart liver kidney cells stem mesenchymal
oxygen severe moderate mild infection virus respiratory failure ventilation mortality survival
inflammation serum plasma level rate change time dosage infusion oral intravenous tablet injection
tumor cancer breast prostate colorectal lymphoma leukemia diabetes insulin glucose hypertension
pressure stroke cardiac surgery postoperative anesthesia fibrosis asthma arthritis depression
cognitive quality life scale questionnaire imaging biopsy marker antibody vaccine immune receptor
inhibitor agonist standard usual exercise diet sleep pregnancy infant child adult elderly women men
hospital visit follow-up screening consent history allergy renal hepatic anemia sepsis shock wound
skin eye retinal bone fracture muscle nerve spinal brain seizure dementia obesity lipid statin
aspirin heparin thrombosis bleeding platelet transfusion transplant graft donor recipient dialysis
"""


def tables(seed: int) -> tuple[Table, Table]:
    """The words of texts and of names: 20,000, the r-th in proportion to a power of r.

    Names leave out the little words, and seldom repeat each other.
    """
    rng = np.random.default_rng((seed, 1 << 32))
    syllables = [a + b for a in "bcdfghjklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "or")]
    picked = rng.integers(0, len(syllables), (60_000, 4)).tolist()
    lengths = rng.integers(2, 5, 60_000).tolist()
    made = ("".join(syllables[s] for s in p[:n]) for p, n in zip(picked, lengths, strict=True))
    known = _KNOWN.split()
    ranked = list(itertools.islice(dict.fromkeys(itertools.chain(known, made)), 20_000))

    def table(words: list[str], power: float) -> Table:
        share = np.arange(1, len(words) + 1) ** -power
        ends = np.cumsum(share / share.sum())
        cells = np.searchsorted(ends, (np.arange(_TABLE) + 0.5) / _TABLE).clip(0, len(words) - 1)
        return np.array(words, dtype=object)[cells]

    return table(ranked, 1.05), table(ranked[60:], 0.7)


class Draw:
    """Random numbers, choices and texts, drawn many at a time and handed out one by one."""

    def __init__(self, rng: np.random.Generator, table: Table, names: Table) -> None:
        def pooled(make: Callable[[], list[Any]]) -> Callable[[], Any]:
            return itertools.chain.from_iterable(iter(make, None)).__next__

        def sized(low: int, high: int, end: str = "") -> Callable[[], Any]:
            return pooled(lambda: [f"{p[0].upper()}{p[1:]}{end}" for p in cut(low, high)])

        def cut(low: int, high: int) -> list[str]:
            stops = np.cumsum(rng.integers(low, high + 1, 1 << 12)).tolist()
            stream = table[rng.integers(0, _TABLE, stops[-1])].tolist()
            return [" ".join(stream[a:b]) for a, b in itertools.pairwise([0, *stops])]

        def words() -> list[str]:
            found: list[str] = names[rng.integers(0, _TABLE, 1 << 12)].tolist()
            return found

        def named() -> list[str]:
            first, second = names[rng.integers(0, _TABLE, (2, 1 << 12))].tolist()
            return [
                f"{a.capitalize()} {b.capitalize()}" for a, b in zip(first, second, strict=True)
            ]

        self.unit: Callable[[], float] = pooled(lambda: rng.random(1 << 14).tolist())
        self.word: Callable[[], str] = pooled(words)
        self.name: Callable[[], str] = pooled(named)
        self.phrase: Callable[[], str] = sized(2, 8)
        self.line: Callable[[], str] = sized(5, 22)
        self._sentence: Callable[[], str] = sized(8, 24, ".")

    def text(self, sentences: int) -> str:
        return " ".join([self._sentence() for _ in range(sentences)])

    def below(self, n: int) -> int:
        return int(self.unit() * n)

    def between(self, low: int, high: int) -> int:
        return low + int(self.unit() * (high - low + 1))

    def many(self, mean: float) -> int:
        """A count of at least 1 with a long tail: exponential, in a tenth of cases ten times so."""
        scale = (mean - 0.5) / 1.9 * (10 if self.unit() < 0.1 else 1)
        return 1 + int(-math.log(1 - self.unit()) * scale)

    def pick(self, items: Sequence[Any]) -> Any:
        return items[int(self.unit() * len(items))]

    def chance(self, share: float) -> bool:
        return self.unit() < share
