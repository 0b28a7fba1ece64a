"""What is said of a condition, drug or procedure, scored on annotated eligibility criteria.

``python validation/assertion.py --chia DIR [--half 0|1] [--errors negated|history|hypothetical]``
reads brat's layout: ``NAME.txt`` beside ``NAME.ann``; a name that ends in ``_exc`` holds exclusion
criteria. Of the annotations it reads text spans (``T``), relations (``R``) and what a ``Scope``
holds. Half 0 are the trials with an even CRC-32 of their number, whose errors were read; half 1 are
the others. What the corpus means by each word: ``docs/evaluation/terms.md``.
"""

from __future__ import annotations

import argparse
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from trialweave.terms.assertion import context
from trialweave.terms.normal import fold, words

MENTIONS: Final = frozenset({"Condition", "Drug", "Procedure"})
# The corpus marks exceptions ("other than", "unless") as negations too.
EXCEPTION: Final = re.compile(
    r"except|other|unless|exclud|allow|permit|accept|rather|instead|apart|aside|outside|eligible",
    re.IGNORECASE,
)
PAST: Final = re.compile(
    r"\b(?:history|previous(?:ly)?|prior|past|former(?:ly)?|ever|(?:in|within) the last"
    r"|status post|recovered)\b",
    re.IGNORECASE,
)
DOUBTFUL: Final = re.compile(
    r"suspect|possib|probab|potential|risk|likel|presum|if\b", re.IGNORECASE
)
PLANNED: Final = re.compile(
    r"plan|schedul|intend|intention|anticipat|expect|elective", re.IGNORECASE
)


class Span(NamedTuple):
    """One annotated span; of several fragments the whole they lie in."""

    kind: str
    start: int
    end: int
    text: str


class Said(NamedTuple):
    """A mention and what the annotators said of it."""

    start: int
    end: int
    negated: bool
    excepted: bool
    history: bool
    doubtful: bool
    planned: bool


class Document(NamedTuple):
    """A file of criteria; `excluding` where it lists exclusions."""

    name: str
    text: str
    excluding: bool
    mentions: tuple[Said, ...]


def half_of(name: str) -> int:
    """In which half a trial is: both of its files in the same one."""
    return zlib.crc32(name.partition("_")[0].encode()) % 2


def spans_of(notes: str) -> dict[str, Span]:
    """The annotated spans by their number."""
    found: dict[str, Span] = {}
    for number, kind, places, text in re.findall(
        r"^(T\d+)\t(\S+) ([\d ;]+)\t(.*)$", notes, re.MULTILINE
    ):
        numbers = [int(each) for each in re.split("[ ;]", places)]
        found[number] = Span(kind, min(numbers), max(numbers), text)
    return found


def read(file: Path) -> Document:
    """One file with its annotations."""
    notes = file.with_suffix(".ann").read_text("utf-8")
    spans = spans_of(notes)
    related: dict[str, list[tuple[str, Span]]] = defaultdict(list)
    for kind, first, second in re.findall(
        r"^R\d+\t(\S+) Arg1:(T\d+) Arg2:(T\d+)", notes, re.MULTILINE
    ):
        if first in spans and second in spans:
            related[first].append((kind, spans[second]))
            if kind == "AND":
                related[second].append((kind, spans[first]))
    groups = [each.split() for each in re.findall(r"^\*\tOR (.*)$", notes, re.MULTILINE)]
    of_span = {span: number for number, span in spans.items()}
    mentions = []
    for number, span in spans.items():
        if span.kind in MENTIONS:
            holders = [number] + [
                other
                for other, scope in spans.items()
                if scope.kind == "Scope" and scope.start <= span.start and span.end <= scope.end
            ]
            said = [each for holder in holders for each in related[holder]]
            beside = {other for group in groups if number in group for other in group}
            pasts = [
                each
                for holder in (*holders, *beside)
                for kind, each in related[holder]
                if kind == "AND" and each.kind == "Observation" and PAST.search(each.text)
            ]
            said += [each for past in pasts for each in related[of_span[past]]]
            cues = [each.text for kind, each in said if kind == "Has_negation"]
            moods = [each.text for kind, each in said if kind == "Has_mood"]
            times = [each.text for kind, each in said if kind == "Has_temporal"]
            mentions.append(
                Said(
                    span.start,
                    span.end,
                    any(not EXCEPTION.search(each) for each in cues),
                    any(EXCEPTION.search(each) for each in cues),
                    bool(pasts) or any(map(PAST.search, times)),
                    any(map(DOUBTFUL.search, moods)),
                    any(map(PLANNED.search, moods)),
                )
            )
    text = file.read_bytes().decode("utf-8")
    return Document(file.stem, text, file.stem.endswith("_exc"), tuple(mentions))


def documents(folder: Path) -> Iterator[Document]:
    """Every file of a folder that has annotations."""
    for file in sorted(folder.glob("*.txt")):
        if file.with_suffix(".ann").exists():
            yield read(file)


class Counts(NamedTuple):
    """Of one half: what was said of each mention, by us and by the annotators."""

    right: int
    found: int
    true: int

    def __str__(self) -> str:
        p = self.right / self.found if self.found else float("nan")
        r = self.right / self.true if self.true else float("nan")
        f = 2 * p * r / (p + r) if p + r else 0.0
        return f"P {p:.3f} R {r:.3f} F1 {f:.3f} ({self.right}/{self.found}/{self.true})"


def scored(every: list[Document], errors: str = "") -> dict[str, Counts]:
    """Negation, history, hypothesis and exception, each against everything else."""
    counts: Counter[tuple[str, bool, bool]] = Counter()
    for document in every:
        found, starts, ends = words(fold(document.text))
        places = starts.tolist(), ends.tolist()
        plain = context(document.text, found, *places)
        excluding = context(document.text, found, *places, "exclusion")
        for each in document.mentions:
            said = plain.of(each.start, each.end)
            pairs = {
                "negated": (said == "negated", each.negated),
                "history": (said == "history", each.history),
                "hypothetical, doubtful": (said == "hypothetical", each.doubtful),
                "hypothetical, planned too": (
                    said == "hypothetical",
                    each.doubtful or each.planned,
                ),
            }
            if each.excepted:  # a case of its own, which `negated` leaves aside
                pairs = {}
            elif each.negated:  # what is negated is not told of further
                pairs = {"negated": pairs["negated"]}
            if document.excluding:
                spared = excluding.of(each.start, each.end) == "present"
                pairs["exception, among exclusions"] = spared, each.excepted
            for what, (ours, theirs) in pairs.items():
                counts[what, ours, theirs] += 1
                if errors and what.startswith(errors) and ours != theirs:
                    shown = (
                        document.text[max(0, each.start - 110) : each.start]
                        + "["
                        + document.text[each.start : each.end]
                        + "]"
                        + document.text[each.end : each.end + 50]
                    )
                    print("+" if ours else "-", document.name, " ".join(shown.split()))
    return {
        what: Counts(
            counts[what, True, True],
            counts[what, True, True] + counts[what, True, False],
            counts[what, True, True] + counts[what, False, True],
        )
        for what in dict.fromkeys(what for what, _, _ in counts)
    }


def main() -> None:
    """Score each half."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--chia", type=Path, required=True)
    options.add_argument("--half", type=int, choices=(0, 1))
    options.add_argument("--errors", default="")
    given = options.parse_args()
    every = list(documents(given.chia))
    for half in (0, 1) if given.half is None else (given.half,):
        chosen = [each for each in every if half_of(each.name) == half]
        mentions = sum(len(each.mentions) for each in chosen)
        print(f"half {half}: {len(chosen)} files, {mentions} mentions")
        for what, each in scored(chosen, given.errors).items():
            print(f"  {what:28} {each}")


if __name__ == "__main__":
    main()
