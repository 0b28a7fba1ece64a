"""All comparisons, gathered and told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from agreement import (
    bayes,
    bias,
    effects,
    exploring,
    intervals,
    multilevel,
    network,
    rare,
    regression,
    sequential,
    tables,
    univariate,
)
from agreement.frame import Block, Deviation, blocks

PARTS = (
    univariate, tables, effects, rare, intervals, bayes, regression, multilevel, bias, exploring,
    network, sequential,
)  # fmt: skip


class Compared(NamedTuple):
    """Every number compared, and the results of R that no number was compared with."""

    deviations: tuple[Deviation, ...]
    uncovered: tuple[Block, ...]


def compare(folder: Path) -> Compared:
    """Everything that can be compared, in the order of the files."""
    found: list[Deviation] = []
    uncovered: list[Block] = []
    for block in blocks(folder):
        comparing = [part.COMPARES[block.name] for part in PARTS if block.name in part.COMPARES]
        of_block = [item for one in comparing for item in one(block)]
        found += of_block
        if not of_block:
            uncovered.append(block)
    return Compared(tuple(found), tuple(uncovered))


def markdown(folder: Path) -> str:
    """Two tables for the documentation: each block of R's results, and each named divergence."""
    rows: dict[str, list[Deviation]] = {}
    for block in blocks(folder):
        for part in PARTS:
            if block.name in part.COMPARES:
                rows.setdefault(block.name, []).extend(part.COMPARES[block.name](block))
    lines = [
        "| results of R | numbers | largest deviation | limit | with a reason |",
        "|---|---|---|---|---|",
    ]
    for name, items in sorted(rows.items()):
        plain = [item for item in items if not item.known]
        worst = max(plain, key=lambda item: item.size / (item.limit or 1.0), default=None)
        told = "– | –" if worst is None else f"{worst.size:.0e} | {worst.limit:.0e}"
        lines.append(f"| `{name}` | {len(items):,} | {told} | {len(items) - len(plain):,} |")
    reasons = Counter(item.known for items in rows.values() for item in items if item.known)
    lines += ["", "| numbers | why they differ, or are not computed |", "|---|---|"]
    lines += [f"| {count:,} | {reason} |" for reason, count in reasons.most_common()]
    return "\n".join(lines) + "\n"


def main(folder: Path, *, everything: bool = False) -> int:
    """Print the report; 1 where something is wrong or was not compared."""
    found, uncovered = compare(folder)
    by_kind: dict[str, list[Deviation]] = {}
    for item in found:
        by_kind.setdefault(item.kind, []).append(item)
    print(f"{'number':48}{'compared':>10}{'largest':>12}{'limit':>10}  known divergences")
    for kind, items in sorted(by_kind.items()):
        largest = max((item.size for item in items if not item.known), default=0.0)
        known = sum(bool(item.known) for item in items)
        print(f"{kind:48}{len(items):>10}{largest:>12.1e}{items[0].limit:>10.0e}  {known or ''}")
    print("\nknown divergences and what is not computed")
    for reason, count in Counter(item.known for item in found if item.known).most_common():
        print(f"{count:>8}  {reason}")
    wrong = [item for item in found if item.wrong]
    print(f"\n{len(found)} numbers compared, {len(wrong)} over their limit without a reason")
    for item in wrong if everything else wrong[:40]:
        print(f"  {item.kind} | {item.place}: {item.got!r} for {item.want!r}, {item.size:.2e}")
    print(f"{len(uncovered)} results of R not compared")
    for name, count in Counter(block.name for block in uncovered).most_common():
        example = next(block.place for block in uncovered if block.name == name)
        print(f"{count:>8}  {name}, as of {example}")
    return bool(wrong or uncovered)
