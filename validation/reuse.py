"""What real registrations of different studies share, and how what is reported was judged.

``python validation/reuse.py --data DIR`` adds the trials of mesenchymal cells in
``DIR/registries/ctgov_msc_studyfields`` and the WHO's table of 7 July 2020 in
``DIR/registries/ictrp``, each to a workspace of its own, and prints how many pairs of studies share
text or results, and by what they are explained. A reader's verdicts stand in
``docs/evaluation/reuse.md``: their counts are printed. ``--unread FILE`` writes a sample
(``--sample``, ``--seed``) of the unexplained pairs that have no verdict, with what both say.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from trialweave.model import Record
from trialweave.model.reuse import Reuse
from trialweave.workspace import Workspace

VERDICTS: Final = Path(__file__).parents[1] / "docs/evaluation/reuse.md"
CORPORA: Final = {
    "mesenchymal": "registries/ctgov_msc_studyfields/msc.jsonl",
    "WHO": "registries/ictrp/ICTRP_COVID19-web_7Jul2020_excel-damaged.csv",
}
KNOWN: Final = ("NCT04753476", "NCT05019287")  # share more than half of a description: two trials
_ROW: Final = re.compile(r"^\| (\S+) \| (\S+) \| (specific|standard|connected|one trial) \|", re.M)


def verdicts() -> dict[tuple[str, str], str]:
    """What a reader said of pairs, by the numbers of their studies."""
    text = VERDICTS.read_text("utf-8") if VERDICTS.exists() else ""
    return {tuple(sorted((a, b))): said for a, b, said in _ROW.findall(text)}  # type: ignore[misc]


def pair_of(each: Reuse) -> tuple[str, str]:
    """The numbers of both studies, in order."""
    one, other = sorted((each.study_a, each.study_b))
    return one, other


def about(record: Record) -> str:
    """A record in a line, for a reader."""
    told = record.about
    parts = (
        record.identifier,
        told.primary_sponsor.content or "",
        "; ".join(each.content or "" for each in told.secondary_sponsors.content or ())[:60],
        ", ".join(each.content or "" for each in told.countries.content or ())[:40],
        str(told.start_date.content or ""),
        str(told.enrollment.content or ""),
        record.title[:90],
    )
    return " | ".join(parts)


def shown(each: Reuse, records: dict[str, Record]) -> str:
    """A pair with the longest runs that count, for a reader."""
    lines = [f"| {each.study_a} | {each.study_b} | ? |  {each.statement}"]
    lines += ["  " + about(records[name]) for name in (each.record_a, each.record_b)]
    runs = [run for run in each.texts if run.counted][:4]
    lines += [f"    {run.words}: {' '.join(run.a.text.split())[:140]}" for run in runs]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Look at text that registrations share.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--unread", type=Path)
    parser.add_argument("--sample", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    said = verdicts()
    for name, path in CORPORA.items():
        with tempfile.TemporaryDirectory() as scratch:
            held = Workspace(Path(scratch) / "w")
            started = time.process_time()
            held.add([given.data / path])
            took = time.process_time() - started
            found = [row.reuse for row in held.reuse(explained=True, limit=1000).rows]
            state = held.status()
            open_ = [each for each in found if not each.explained]
            print(f"{name}: {state.records} records, {state.studies} studies, {took:.0f} s in all")
            for kind in ("text", "results"):
                by = Counter(each.relation for each in found if each.kind == kind)
                print(f"  {kind}: {sum(by.values())} pairs; {dict(by.most_common())}")
            most = [max(e.words / e.words_a, e.words / e.words_b) for e in open_ if e.words]
            halves = sum(share >= 0.5 for share in most)
            print(f"  unexplained: {len(open_)}, half and more of a record's text: {halves}")
            judged = Counter(said[pair_of(each)] for each in open_ if pair_of(each) in said)
            print(f"  judged: {sum(judged.values())} {dict(judged.most_common())}")
            if name == "mesenchymal":
                known = [each for each in open_ if pair_of(each) == KNOWN]
                print(f"  the known pair: {known[0].statement if known else 'NOT FOUND'}")
            if given.unread is not None:
                unread = sorted((each for each in open_ if pair_of(each) not in said), key=pair_of)
                some = random.Random(given.seed).sample(unread, min(given.sample, len(unread)))
                wanted = [side for each in some for side in (each.record_a, each.record_b)]
                records = {r.record_id: r for r in held._state().records(wanted)}
                with given.unread.open("a", encoding="utf-8") as file:
                    file.writelines(shown(each, records) + "\n" for each in some)


if __name__ == "__main__":
    main()
