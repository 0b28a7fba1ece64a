"""Whether the annotations stand in the articles: each number at its span, each row by its rules.

``python validation/annotations/check.py --articles DIR`` reads the articles ``DIR/PMC….nxml`` and
``dev.jsonl``, ``test.jsonl``, ``fresh.jsonl`` and ``sample.json`` beside this file, prints what
does not agree and a count of the rows, and exits with 1 if anything disagrees. It knows nothing of
the extractor.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
UP_TO_NINETEEN: Final = """zero one two three four five six seven eight nine ten eleven twelve
thirteen fourteen fifteen sixteen seventeen eighteen nineteen"""
TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
WORDS: Final = {
    **{word: value for value, word in enumerate(UP_TO_NINETEEN.split())},
    **{word: 20 + 10 * place for place, word in enumerate(TENS.split())},
    "no": 0,
    "none": 0,
}
CELLS: Final = {"binary": ("events", "n"), "continuous": ("mean", "sd", "n")}
TAG: Final = re.compile(r"<[^<>]*>")
MINUS: Final = re.compile(r"^[-−‐–—]\s*")
POINT: Final = re.compile(r"[·]|(?<=^0),|(?<=\d),(?=\d\d?$)")

Row = dict[str, Any]


def number(printed: str) -> float:
    """The number that a span's characters print; raises ValueError where they print none."""
    text = html.unescape(TAG.sub("", printed)).strip()
    words = text.lower().split("-")
    if all(word in WORDS for word in words):
        return sum(WORDS[word] for word in words)
    sign = -1 if MINUS.match(text) else 1
    plain = POINT.sub(".", MINUS.sub("", text))
    return sign * float(re.sub(r"[,\s]", "", plain))


def value_at(row: Row, name: str) -> float:
    """The annotated value that ``at`` names, such as ``arms[0].mean`` or ``effect.lower``."""
    part, field = name.split(".")
    place = re.fullmatch(r"arms\[(\d+)\]", part)
    holder = row["arms"][int(place[1])] if place else row[part]
    return float(holder[field])


def from_words(row: Row, name: str) -> bool:
    """Whether the sign is said in words ("a decrease of 2.5"), so that the span has none."""
    part, field = name.split(".")
    place = re.fullmatch(r"arms\[(\d+)\]", part)
    holder = row["arms"][int(place[1])] if place else row[part]
    return holder.get("sign") == "from words" and field in {"mean", "estimate"}


def complete(row: Row) -> bool:
    """The rule of the guideline: all cells of two or more arms printed or determined."""
    cells = CELLS.get(row["type"], ())
    arms = row["arms"]
    return bool(cells) and len(arms) > 1 and all(cell in arm for arm in arms for cell in cells)


def faults(row: Row, article: str) -> Iterator[str]:
    """What in one row disagrees with the article or with the guideline."""
    for name, (start, end) in row["at"].items():
        try:
            printed = number(article[start:end])
        except ValueError:
            yield f"{name}: no number at {start}-{end}"
            continue
        annotated = value_at(row, name)
        if printed != annotated and not (from_words(row, name) and printed == -annotated):
            yield f"{name}: {annotated:g} annotated, {printed:g} printed"
    if sorted({tuple(span) for span in row["at"].values()}) != [tuple(s) for s in row["spans"]]:
        yield "spans are not those of the numbers"
    if row["complete"] != complete(row):
        yield "complete is not what the rule gives"
    for arm in row["arms"]:
        if arm.get("events", 0) > arm.get("n", arm.get("events", 0)):
            yield "more events than participants"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=Path, required=True)
    articles: Path = parser.parse_args().articles
    sample = json.loads((HERE / "sample.json").read_text("utf-8"))
    wrong = 0
    drawn = {**sample, "fresh": sample["fresh"]["articles"]}
    for half in ("dev", "test", "fresh"):
        seen: set[str] = set()
        rows: Counter[tuple[str, str]] = Counter()
        whole: Counter[tuple[str, str]] = Counter()
        for line in (HERE / f"{half}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            # newline="" keeps the file's own line ends, which the offsets count
            with (articles / f"{row['pmcid']}.nxml").open(encoding="utf-8", newline="") as file:
                found = list(faults(row, file.read()))
            if row["id"] in seen or row["pmcid"] not in drawn[half]:
                found.append("row twice, or article of the other half")
            seen.add(row["id"])
            wrong += len(found)
            for fault in found:
                print(row["id"], fault)
            kind = (row["type"], row["where"])
            rows[kind] += 1
            whole[kind] += row["complete"]
        print(f"{half}: {len(drawn[half])} articles, {len(seen)} rows")
        for kind in sorted(rows):
            print(f"  {kind[0]:11}{kind[1]:9}{rows[kind]:5}  complete {whole[kind]}")
    print("nothing disagrees" if not wrong else f"{wrong} disagreements")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
