"""Every flag on a folder of articles, to be adjudicated by hand, and how many values were checked.

``python validation/article_flags.py FOLDER`` reads each document of the folder as a study of its
own, checks its findings, and prints the flags with the numbers that they are about. Whether a flag
is right is a reading of the article; the list that was read is in ``docs/evaluation/checks.md``.
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from trialweave.appraisal import appraise
from trialweave.errors import TrialweaveError
from trialweave.model import Check, Received, Study
from trialweave.records.versions import harmonised
from trialweave.results import read_findings
from trialweave.sources import read_all

_LARGEST = 30_000_000  # bytes


def checks(folder: Path) -> Iterator[tuple[str, Check]]:
    """The checks of every document, with its name."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        received = Received(path.name, path.read_bytes())
        try:
            drafts = read_all(received).drafts
        except TrialweaveError:
            continue
        for record in harmonised(drafts, received, dt.datetime.now(dt.UTC)):
            study = Study(record.record_id, "", (record.record_id,), ())
            for check in appraise(study, {record.record_id: record}, read_findings(record)):
                yield path.name, check


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    tally: collections.Counter[tuple[str, str]] = collections.Counter()
    flags: list[str] = []
    for name, check in checks(parser.parse_args().folder):
        tally[check.rule, check.verdict] += 1
        if check.verdict == "flag":
            flags.append(f"{name}  {check.rule}: {check.statement}")
    for (rule, verdict), count in sorted(tally.items()):
        print(f"{rule:20} {verdict:14} {count}")
    said = sum(n for (_, verdict), n in tally.items() if verdict != "cannot check")
    print(f"checked {said}, flags {len(flags)}")
    for flag in flags:
        print(flag)


if __name__ == "__main__":
    main()
