"""Eligibility criteria without a gold set: operators taken away and told again, entities covered.

``python validation/criteria_texts.py [--csv FILE] [--chia DIR] [--without DIR]``

- ``--csv``: a table with columns "Inclusion Criteria" and "Exclusion Criteria" (an ICTRP export).
- ``--chia``: files ``<id>_inc.txt``, ``<id>_exc.txt`` and their ``.ann`` (brat).
- ``--without``: a gold folder, whose trials are left out.

Repair is measured on texts whose signs are intact: every ≥ and ≤ is written as "=", as exports did,
and what is told of it is held against what stood there. Coverage is the share of the numeric values
(and measurements) marked in Chia that lie whole within a comparison, set or event of ours.
"""

from __future__ import annotations

import argparse
import collections
import csv
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from trialweave.protocol.criteria import read_criteria
from trialweave.protocol.criteria.parse import parse
from trialweave.protocol.criteria.repair import damage
from trialweave.protocol.criteria.tree import Compare, Criterion, Opaque, leaves

csv.field_size_limit(sys.maxsize)
SIGNS = re.compile(r"≥|≤|>\s?=|<\s?=|=\s?>|=\s?<|&ge;|&le;|≧|≦")
BOTH = "Inclusion Criteria:\n{}\nExclusion Criteria:\n{}"
Key = tuple[str, str, float, float | None]


def tables(file: Path, without: set[str]) -> Iterator[str]:
    """The eligibility texts of an export."""
    with file.open(encoding="utf-8", errors="replace", newline="") as opened:
        for row in csv.DictReader(opened):
            if row.get("TrialID") in without:
                continue
            parts = (row["Inclusion Criteria"] or "", row["Exclusion Criteria"] or "")
            plain = [part.replace("<br>", "\n").replace("_x000D_", "") for part in parts]
            yield BOTH.format(*plain)


def pairs(folder: Path, without: set[str]) -> Iterator[str]:
    """The eligibility texts of Chia's files."""
    for file in sorted(folder.glob("*_inc.txt")):
        name = file.name.removesuffix("_inc.txt")
        other = folder / f"{name}_exc.txt"
        if name not in without:
            exclusion = other.read_text("utf-8") if other.exists() else ""
            yield BOTH.format(file.read_text("utf-8"), exclusion)


def comparisons(criteria: Iterable[Criterion]) -> dict[Key, set[str]]:
    """The operators of every comparison."""
    found: dict[Key, set[str]] = collections.defaultdict(set)
    for one in criteria:
        for leaf in leaves(one.tree):
            if isinstance(leaf, Compare):
                found[one.section, leaf.concept, leaf.low, leaf.high].add(leaf.operator)
    return found


def told(texts: Iterable[str]) -> collections.Counter[str]:
    """Of the ≥ and ≤ taken away: right, wrong, ambiguous, or their comparison missing."""
    counts: collections.Counter[str] = collections.Counter()
    for text in texts:
        if not SIGNS.search(text):
            continue
        before = comparisons(read_criteria(text))
        after = comparisons(read_criteria(SIGNS.sub("=", text)))
        for key, signs in before.items():
            for sign in signs & {">=", "<="}:
                found = after.get(key)
                if not found:
                    counts["missing"] += 1
                elif sign in found:
                    counts["right"] += 1
                else:
                    counts["ambiguous" if "=" in found else "wrong"] += 1
    return counts


def covered(folder: Path, without: set[str]) -> dict[str, tuple[int, int]]:
    """Chia's entities within our atoms: how many, of how many, by kind."""
    counts: dict[str, list[int]] = {"Value": [0, 0], "Measurement": [0, 0]}
    for file in sorted(folder.glob("*.ann")):
        if file.name[:11] in without:
            continue
        section = "inclusion" if "_inc" in file.name else "exclusion"
        text = file.with_suffix(".txt").read_bytes().decode("utf-8")  # places count every character
        hurt = damage(text)
        atoms, at = [], 0
        for line in text.split("\n"):
            for leaf in leaves(parse(line, section, hurt).tree):
                if not isinstance(leaf, Opaque):
                    atoms.append((leaf.start + at, leaf.end + at))
            at += len(line) + 1
        for row in file.read_text("utf-8").splitlines():
            parts = row.split("\t")
            if len(parts) < 3:
                continue
            kind, _, spans = parts[1].partition(" ")
            if kind not in counts or (kind == "Value" and not re.search(r"\d", parts[2])):
                continue
            places = [tuple(map(int, span.split())) for span in spans.split(";")]
            inside = any(a <= places[0][0] and places[-1][1] <= b for a, b in atoms)
            counts[kind][0] += inside
            counts[kind][1] += 1
    return {kind: (hit, total) for kind, (hit, total) in counts.items()}


def report(name: str, counts: collections.Counter[str]) -> None:
    """One line for a source of texts."""
    decided = counts["right"] + counts["wrong"]
    total = sum(counts.values())
    print(
        f"{name}: {total} signs taken away; right {counts['right']}, wrong {counts['wrong']}, "
        f"ambiguous {counts['ambiguous']}, missing {counts['missing']}; right of those told "
        f"{counts['right'] / max(1, decided):.3f}, of all {counts['right'] / max(1, total):.3f}"
    )


def main() -> None:
    """Prints what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--chia", type=Path)
    parser.add_argument("--without", type=Path)
    asked = parser.parse_args()
    without = {file.stem for file in asked.without.glob("*.json")} if asked.without else set()
    if asked.csv:
        report(asked.csv.name, told(tables(asked.csv, without)))
    if asked.chia:
        report(asked.chia.name, told(pairs(asked.chia, without)))
        for kind, (hit, total) in covered(asked.chia, without).items():
            print(f"{kind}: {hit} of {total} within an atom ({hit / total:.3f})")


if __name__ == "__main__":
    main()
