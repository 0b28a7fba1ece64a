"""What became of annotated rows, by the place and the figures alone: reading without matching."""

from __future__ import annotations

import collections
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from trialweave.model import Finding

__all__ = ["print_places", "read_in_place"]

BINARY = ("events", "n")
CONTINUOUS = ("mean", "sd", "n")


def read_in_place(
    path: Path, findings: Mapping[str, Sequence[Finding]], *, where: str = ""
) -> dict[str, collections.Counter[str]]:
    """What became of each annotated row with figures of two groups or more, by kind of row.

    Its finding is one whose passage overlaps the row's figures; names of outcomes and groups play
    no part. "all cells": a finding has every cell that is needed, as annotated; "some cells": all
    that it has agree; "contradicted": it shares a figure with the row and differs in another.
    """
    became: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["type"] not in ("binary", "continuous") or row["pmcid"] not in findings:
            continue
        binary = row["type"] == "binary"
        names = ("events", "n", "percent") if binary else ("mean", "sd", "se", "median", "n")
        arms = [{name: arm[name] for name in names if arm.get(name) is not None}
                for arm in row["arms"]]  # fmt: skip
        if not 2 <= len(arms) <= 4 or (where and row["where"] != where) or not row["spans"]:
            continue
        spans = [span for name, span in row["at"].items() if name.startswith("arms")]
        found = [
            finding
            for finding in findings[row["pmcid"]]
            if (finding.kind == "count") == binary and len(finding.arms) >= 2 and finding.passage
            and any(finding.passage.start < e and s < finding.passage.end for s, e in spans)
        ]  # fmt: skip
        fates = {_fate(arms, finding, binary=binary) for finding in found}
        if not fates & set(FATES):  # an abstract's result is kept once, with the fuller one
            alike = (f for f in findings[row["pmcid"]] if (f.kind == "count") == binary)
            told = any(_fate(arms, f, binary=binary) in FATES[:2] for f in alike)
            fates = {"elsewhere"} if told else set()
        fate = next((f for f in FATES if f in fates), "not read")
        complete = "complete" if row["complete"] else "incomplete"
        for name in ("all", f"{'count' if binary else 'continuous'}, {row['where']}"):
            became[name][fate] += 1
            became[name][f"{fate}, {complete}"] += 1
    return became


FATES = ("all cells", "some cells", "contradicted", "elsewhere")


def _fate(arms: Sequence[Mapping[str, float]], finding: Finding, *, binary: bool) -> str:
    """How a finding and an annotated row agree, the groups put together as they agree best."""
    fates = set()
    needed = BINARY if binary else CONTINUOUS
    leading = ("events", "percent") if binary else ("mean", "median")
    for chosen in itertools.permutations(finding.arms, len(arms)):
        shared, differ, lacking = 0, 0, 0
        for arm, own in zip(arms, chosen, strict=True):
            told = {
                name: None if getattr(own, name) in (None, "") else float(getattr(own, name))
                for name in {*arm, *needed}
            }
            shared += any(name in arm and told.get(name) == arm[name] for name in leading)
            differ += any(
                (own_value := told[name]) is not None
                and abs(own_value - value) > 1e-9 + (name == "percent") / 2
                for name, value in arm.items()
            )
            lacking += any(told[name] is None or name not in arm for name in needed)
        if not differ and shared == len(arms):
            fates.add("some cells" if lacking else "all cells")
        elif shared == len(arms):
            fates.add("contradicted")
    return next((fate for fate in FATES if fate in fates), "")


def print_places(became: Mapping[str, collections.Counter[str]]) -> None:
    print("\nread in place, whatever it is called (of complete rows)")
    print(f"{'':<24}" + "".join(f"{fate:>20}" for fate in (*FATES, "not read")))
    for name, fates in sorted(became.items()):
        counts = (f"{fates[fate]} ({fates[f'{fate}, complete']})" for fate in (*FATES, "not read"))
        print(f"{name:<24}" + "".join(f"{count:>20}" for count in counts))
