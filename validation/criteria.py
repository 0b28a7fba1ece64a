"""Eligibility criteria read by us, held against a gold set by the gold set's own scorer.

``python validation/criteria.py GOLD [--half A|B] [--errors]``; GOLD holds `score.py` and
`shared/eligibility`. Half A are the trials whose SHA-256 of the id is odd: their errors may be
read; half B only gives numbers. Comparisons and events are scored in two runs of the scorer,
because it counts an event whose name its gold lacks as a laboratory value. The gold's own criteria
are given for reading, its whole texts for splitting.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from trialweave.protocol.criteria import read_criteria
from trialweave.protocol.criteria.concepts import concept
from trialweave.protocol.criteria.parse import parse
from trialweave.protocol.criteria.repair import damage
from trialweave.protocol.criteria.tree import Compare, Event, InSet, leaves

SCORED = ("sex", "pregnancy", "lactation")


def half(trial: str) -> str:
    """A or B, from the id alone."""
    return "A" if int(hashlib.sha256(trial.encode()).hexdigest(), 16) % 2 else "B"


def item(leaf: Compare | InSet | Event) -> dict[str, Any]:
    """A leaf in the scorer's words."""
    if isinstance(leaf, InSet):
        known = concept(leaf.concept)
        unit = known.unit or None if known is not None else None
        return {"concept": leaf.concept, "operator": "in", "value": list(leaf.values), "unit": unit}
    if isinstance(leaf, Event):
        window = leaf.window or leaf.minimum
        made: dict[str, Any] = {
            "concept": leaf.concept,
            "operator": "present" if leaf.present else "absent",
            "value": True,
            "unit": None,
        }
        if window is not None:
            made["window"] = {"days": window.days}
        return made
    between = leaf.operator == "between"
    return {
        "concept": leaf.concept,
        "operator": leaf.operator,
        "value": [leaf.low, leaf.high] if between else leaf.low,
        "inclusive": list(leaf.inclusive),
        "unit": leaf.unit or None,
    }


def read(trial: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, str]]]:
    """Comparisons and events by criterion, and the criteria we would have split the text into."""
    hurt = damage(trial["text"])
    measures, events = {}, {}
    for criterion in trial["criteria"]:
        found = list(leaves(parse(criterion["span"], criterion["section"], hurt).tree))
        kept = [leaf for leaf in found if isinstance(leaf, Compare | InSet)]
        kept += [leaf for leaf in found if isinstance(leaf, Event) and leaf.concept in SCORED]  # type: ignore[misc]
        measures[criterion["cid"]] = [item(leaf) for leaf in kept]
        events[criterion["cid"]] = [
            item(leaf)
            for leaf in found
            if isinstance(leaf, Event)
            and leaf.kind != "commitment"
            and (leaf.window or leaf.minimum) is not None
        ]
    parts = [
        {"section": one.section, "text": one.text}
        for one in read_criteria(trial["text"])
        if one.kind == "criterion"
    ]
    return measures, events, parts


def repairs(trials: list[dict[str, Any]], measures: dict[str, Any]) -> dict[str, int]:
    """Of the operators that the gold calls lost: told right, told wrong, left as they are."""
    counts = {"right": 0, "wrong": 0, "left or missing": 0, "silent": 0}
    for trial in trials:
        hurt = damage(trial["text"])
        for criterion in trial["criteria"]:
            lost = [s for s in criterion["structured"] if s.get("operator_corrupted")]
            if not lost:
                continue
            parsed = parse(criterion["span"], criterion["section"], hurt)
            flagged = [
                leaf
                for leaf in leaves(parsed.tree)
                if isinstance(leaf, Compare) and "operator_repaired" in leaf.flags
            ]
            for gold in lost:
                ours = [p for p in measures[criterion["cid"]] if p["concept"] == gold["concept"]]
                if not ours or ours[0]["operator"] == "=":
                    counts["left or missing"] += 1
                    continue
                right = ours[0]["operator"] == gold["operator"]
                counts["right" if right else "wrong"] += 1
                counts["silent"] += not any(leaf.concept == gold["concept"] for leaf in flagged)
    return counts


def scorer(gold: Path) -> ModuleType:
    """The gold set's score.py as a module."""
    spec = importlib.util.spec_from_file_location("gold_score", gold / "score.py")
    if spec is None or spec.loader is None:
        sys.exit(f"no score.py in {gold}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def number(value: Any) -> Any:
    """Numbers in one form, to compare as text."""
    if isinstance(value, list):
        return [number(one) for one in value]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def errors(trials: list[dict[str, Any]], measures: dict[str, Any], events: dict[str, Any]) -> None:
    """What differs, for a half whose errors may be read."""
    for trial in trials:
        for criterion in trial["criteria"]:
            if not criterion["is_criterion"]:
                continue
            gold = [
                {k: s.get(k) for k in ("concept", "operator", "value", "inclusive", "unit")}
                for s in criterion["structured"]
                if s["kind"] not in ("event",)
            ]
            days = [
                s["window"]["days"]
                for s in criterion["structured"]
                if s["kind"] == "event" and s.get("window")
            ]
            ours = measures[criterion["cid"]]
            ours_days = [p["window"]["days"] for p in events[criterion["cid"]]]
            plain = [
                (g["concept"], g["operator"], str(number(g["value"])), g["unit"]) for g in gold
            ]
            made = [(p["concept"], p["operator"], str(number(p["value"])), p["unit"]) for p in ours]
            if (
                len(gold) != len(ours)
                or sorted(map(str, plain)) != sorted(map(str, made))
                or sorted(map(str, days)) != sorted(map(str, ours_days))
            ):
                print(trial["id"], criterion["section"], repr(criterion["span"][:300]))
                print("    gold", [*plain, *days])
                print(
                    "    ours",
                    [
                        *made,
                        *[(p["concept"], p["window"]["days"]) for p in events[criterion["cid"]]],
                    ],
                )


def main() -> None:
    """Scores both halves, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--part", default="shared", help="folder in GOLD that holds eligibility/")
    parser.add_argument("--half", choices=["A", "B"])
    parser.add_argument("--errors", action="store_true", help="print what differs (half A only)")
    asked = parser.parse_args()
    score = scorer(asked.gold)
    folder = asked.gold / asked.part / "eligibility"
    every = [json.loads(one.read_text("utf-8")) for one in sorted(folder.glob("*.json"))]
    for name in [asked.half] if asked.half else ["A", "B", "AB"]:
        trials = [trial for trial in every if half(trial["id"]) in name]
        measures: dict[str, Any] = {}
        events: dict[str, Any] = {}
        parts: dict[str, Any] = {}
        for trial in trials:
            one, other, third = read(trial)
            measures |= one
            events |= other
            parts[trial["id"]] = third
        with tempfile.TemporaryDirectory() as scratch:
            gold = Path(scratch, "gold")
            gold.mkdir()
            for trial in trials:
                (gold / f"{trial['id']}.json").write_text(json.dumps(trial), "utf-8")
            files = {}
            for key, content in (("m", measures), ("e", events), ("s", parts)):
                files[key] = str(Path(scratch, f"{key}.json"))
                Path(files[key]).write_text(json.dumps(content), "utf-8")
            numeric = score.elig(str(gold), files["m"])
            windows = score.elig(str(gold), files["e"])["event_window_days"]
            split = score.split(str(gold), files["s"])
        print(f"== half {name}: {len(trials)} trials")
        for level in numeric["numeric_all"]:
            print(f"{level:28}", numeric["numeric_all"][level])
        print(
            f"{'3, operators intact':28}",
            numeric["numeric_uncorrupted_operator"]["3_concept+operator+value"],
        )
        for kind in ("age", "lab", "vital", "score", "other_numeric", "sex", "pregnancy_lactation"):
            print(f"{kind:28}", numeric[kind]["3"])
        print(f"{'event windows':28}", windows)
        print(f"{'lost operators':28}", repairs(trials, measures))
        print(f"{'split':28}", split)
        if asked.errors and name == "A":
            errors(trials, measures, events)


if __name__ == "__main__":
    main()
