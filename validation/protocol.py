"""Interventions and outcomes read by us, held against a gold set by the gold set's own scorer.

``python validation/protocol.py GOLD [--half A|B] [--errors]``; GOLD holds `score.py` and
`shared/interventions.json`, `shared/outcomes.json`. Half A is every other item from the first:
their errors may be read; half B only gives numbers.

``python validation/protocol.py --frames FILE`` tells how many distinct time frames are read whole;
FILE has one JSON record a line, in the layout of ClinicalTrials.gov's study fields.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from trialweave.protocol.interventions import Component, read_intervention
from trialweave.protocol.outcomes import read_outcome, read_times

_FRAMES = ("PrimaryOutcomeTimeFrame", "SecondaryOutcomeTimeFrame", "OtherOutcomeTimeFrame")
_SHOWN = (
    *("dose", "dose_unit", "route", "doses_total", "days", "interval_days", "times_per_day"),
    *("times_per_week", "duration_days", "infusion_min", "volume_mL", "cell_source"),
)


def taken(path: Path, wanted: str) -> list[dict[str, Any]]:
    """The items of one half, or all."""
    items: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return items[{"A": 0, "B": 1}[wanted] :: 2] if wanted else items


def scorer(gold: Path) -> ModuleType:
    """The gold set's own scorer."""
    spec = importlib.util.spec_from_file_location("score", gold / "score.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(gold / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def component(read: Component) -> dict[str, Any]:
    """A component in the scorer's words."""
    return {
        "dose": read.dose_low, "dose_high": read.dose_high, "dose_unit": read.dose_unit,
        "route": read.route, "doses_total": plain(read.doses_total),
        "days": list(read.days) or None, "interval_days": plain(read.interval_days),
        "times_per_day": plain(read.times_per_day), "times_per_week": plain(read.times_per_week),
        "duration_days": plain(read.duration_days), "max_dose": read.maximum,
        "infusion_min": plain(read.infusion_minutes), "volume_mL": plain(read.volume_ml),
        "cell_source": read.cell_source,
    }  # fmt: skip


def plain(value: float | tuple[float, ...] | None) -> float | list[float] | None:
    """A pair as a list."""
    return list(value) if isinstance(value, tuple) else value


def outcome(text: str) -> dict[str, Any]:
    """An outcome in the scorer's words."""
    read = read_outcome(text)
    return {
        "timepoints_days": list(read.timepoints_days),
        "window_days": list(read.window_days) if read.window_days else None,
        "recurring_every_days": read.recurring_every_days,
        "instrument": read.instrument,
        "events": [event[:2] for event in read.events],
    }


def scored(
    gold: Path, name: str, key: str, items: Sequence[dict[str, Any]], read: dict[str, Any]
) -> dict[str, Any]:
    """What the scorer says of the items; it reads files, so they are written for it."""
    with tempfile.TemporaryDirectory() as folder:
        right, mine = Path(folder) / "gold.json", Path(folder) / "read.json"
        right.write_text(json.dumps(items), encoding="utf-8")
        mine.write_text(json.dumps({one[key]: read[one[key]] for one in items}), encoding="utf-8")
        found: dict[str, Any] = getattr(scorer(gold), name)(str(right), str(mine))
        return found


def interventions(gold: Path, wanted: str, errors: bool) -> None:
    """Slots of components, and whole records."""
    items = taken(gold / "shared/interventions.json", wanted)
    read = {one["iid"]: [component(c) for c in read_intervention(one["text"])] for one in items}
    found = scored(gold, "inter", "iid", items, read)
    print("interventions", len(items), json.dumps(found["micro"]), found["whole_record_exact"])
    for slot, told in found["slots"].items():
        print(
            f"  {slot:16} F1 {told['F1']:.3f}  right {told['tp']} of {told['gold']}, read "
            f"{told['pred']}"
        )
    if errors:
        for one in items:
            differing(one["text"], one["components"], read[one["iid"]])


def differing(text: str, gold: Sequence[dict[str, Any]], read: Sequence[dict[str, Any]]) -> None:
    """One line for each slot that differs."""
    if len(gold) != len(read):
        print(f"  {len(read)} components for {len(gold)}: {text}")
        return
    for right, mine in zip(gold, read, strict=True):
        for slot in _SHOWN:
            if json.dumps(right.get(slot)) != json.dumps(mine.get(slot)) and right.get(
                slot
            ) != mine.get(slot):
                print(f"  {slot}: {mine.get(slot)} for {right.get(slot)}: {text}")


def outcomes(gold: Path, wanted: str, errors: bool) -> None:
    """Time points, windows, recurrences, instruments and whole records."""
    items = taken(gold / "shared/outcomes.json", wanted)
    read = {one["oid"]: outcome(one["text"]) for one in items}
    found = scored(gold, "out", "oid", items, read)
    print("outcomes", len(items), json.dumps(found))
    if errors:
        for one in items:
            mine, right = read[one["oid"]], one["gold"]
            for slot in ("timepoints_days", "window_days", "recurring_every_days", "instrument"):
                if mine[slot] != right[slot]:
                    print(f"  {slot}: {mine[slot]} for {right[slot]}: {one['text']}")


def frames(path: Path) -> None:
    """How many distinct time frames are read whole, in part, or not at all."""
    told: Counter[str] = Counter()
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            for field in _FRAMES:
                told.update(text for text in record.get(field) or () if text.strip())
    begun = time.process_time()
    read = {text: read_times(text) for text in told}
    spent = time.process_time() - begun
    whole = [text for text, times in read.items() if times and not times.unread]
    partly = [text for text, times in read.items() if times and times.unread]
    stated = sum(told.values())
    print(
        f"{len(told)} distinct time frames: {len(whole) / len(told):.3f} read whole, "
        f"{len(partly) / len(told):.3f} in part; of all {stated} as they stand "
        f"{sum(told[text] for text in whole) / stated:.3f} whole; {len(told) / spent:,.0f} a second"
    )


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path, nargs="?")
    parser.add_argument("--half", choices=("A", "B"), default="")
    parser.add_argument("--errors", action="store_true", help="also print what differs")
    parser.add_argument("--frames", type=Path)
    asked = parser.parse_args()
    if asked.frames is not None:
        frames(asked.frames)
    if asked.gold is not None:
        interventions(asked.gold, asked.half, asked.errors)
        outcomes(asked.gold, asked.half, asked.errors)


if __name__ == "__main__":
    main()
