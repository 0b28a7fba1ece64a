"""Invented patients against invented trials: how many verdicts are as a reader expects them.

``python validation/patients.py [--errors] [--without-vocabularies]``. The patients, the texts and
the expected verdicts stand in ``tests/protocol/patients/cases``; each was decided by hand from the
meaning of criterion and record. The texts go through the reader of criteria as any other, so that
what it does not understand comes out as "unsupported".
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Final

from trialweave.protocol.patients.derived import derive
from trialweave.protocol.patients.setting import Setting
from trialweave.publish.eligibility_terms import covering

FOLDER: Final = Path(__file__).parents[1] / "tests" / "protocol" / "patients" / "cases"
VERDICTS: Final = ("met", "not met", "unknown", "conflict", "unsupported")
OUTCOMES: Final = ("eligible", "ineligible", "undetermined")
DECIDED: Final = {("met", "not met"), ("not met", "met")}


def cases() -> ModuleType:
    """The package of cases, which is no part of the product."""
    place = FOLDER / "__init__.py"
    spec = importlib.util.spec_from_file_location(
        "patient_cases", place, submodule_search_locations=[str(FOLDER)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["patient_cases"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(counted: Counter[tuple[str, str]], names: Iterable[str]) -> str:
    """Expected verdicts down, ours across."""
    kept = [name for name in names if any(name in pair for pair in counted)]
    rows = [f"{'expected':<14}" + "".join(f"{name:>14}" for name in kept)]
    for one in kept:
        rows.append(f"{one:<14}" + "".join(f"{counted[one, other]:>14}" for other in kept))
    right = sum(counted[name, name] for name in kept)
    total = counted.total()
    rows.append(f"{right} of {total} as expected ({right / total:.3f})" if total else "none")
    return "\n".join(rows)


def main() -> None:
    """Hold every case against its trial and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true", help="list what is not as expected")
    parser.add_argument("--without-vocabularies", action="store_true")
    given = parser.parse_args()
    package = cases()
    verdicts: Counter[tuple[str, str]] = Counter()
    understood: Counter[tuple[str, str]] = Counter()
    fresh: Counter[tuple[str, str]] = Counter()
    outcomes: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        covers = None if given.without_vocabularies else covering(Path(folder))
        setting = Setting(dt.date.fromisoformat(package.DAY), derive=derive, covers=covers)
        for case in package.CASES:
            found, outcome = package.held(case, setting)
            outcomes[package.outcome_expected(case), outcome] += 1
            for one in found:
                pair = one.expected, one.verdict.outcome
                verdicts[pair] += 1
                if case.trial in package.FRESH:
                    fresh[pair] += 1
                if one.understood == "full":
                    understood[pair] += 1
                if pair[0] != pair[1]:
                    wrong.append(
                        f"{case.trial} {one.key}: expected {pair[0]}, said {pair[1]} of "
                        f"“{case.what}”: {one.verdict.because[:100]} ({one.understood})"
                    )
    opposite = sum(count for pair, count in verdicts.items() if pair in DECIDED)
    parts = (
        f"{len(package.CASES)} patients, {len(package.TRIALS)} trials",
        "\nEvery criterion\n" + table(verdicts, VERDICTS),
        "\nCriteria that were understood in full\n" + table(understood, VERDICTS),
        "\nOf trials that did not serve to mend the engine\n" + table(fresh, VERDICTS),
        "\nTrials\n" + table(outcomes, OUTCOMES),
        f"\nDecided the opposite way: {opposite}",
        *(["", *wrong] if given.errors else ()),
    )
    sys.stdout.write("\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
