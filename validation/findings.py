"""How often the findings that are read out of articles are right, and how many are read.

``python validation/findings.py --yun DIR`` scores the comparisons of Yun et al. (2024),
annotated by hand; ``--annotated FILE.jsonl --articles DIR`` those in `validation/annotations`. A
question is an outcome with its two groups; right is an answer whose cells all equal the annotated
ones; which of the annotated groups is the treated one is not told. Beside it stands how annotated
rows were read, whatever they are called: by the place and the figures alone. ``--text`` leaves
tables out, ``--show`` prints each question that is not right, ``--half`` takes every second
article. ``--speed`` measures instead.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import datetime as dt
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from lxml import etree

from findings_in_place import print_places, read_in_place
from trialweave.model import ArmResult, Draft, Finding, Received, Record, Value
from trialweave.records.versions import harmonised
from trialweave.results import read_findings
from trialweave.results.answering import Answer, answer
from trialweave.results.families import time_days
from trialweave.results.group_aliases import called_groups
from trialweave.sources import read_each

BINARY = ("events", "n")
CONTINUOUS = ("mean", "sd", "n")


@dataclass(frozen=True)
class Question:
    """What is asked of an article, and the cells that a person found: one mapping per group."""

    article: str
    name: str
    outcome: str
    arms: tuple[str, str]
    kind: str  # "count" or "continuous"
    expected: tuple[Mapping[str, float], Mapping[str, float]]
    complete: bool
    where: str
    time: str = ""
    ordered: bool = True  # the first group is known to be the intervention
    change: bool | None = None


@dataclass
class Score:
    """Questions by what became of them."""

    asked: int = 0
    complete: int = 0
    answered: int = 0
    right: int = 0
    complete_right: int = 0
    complete_answered: int = 0
    reasons: collections.Counter[str] = field(default_factory=collections.Counter)

    def line(self, name: str) -> str:
        precision = f"{self.right / self.answered:.3f}" if self.answered else "-"
        coverage = f"{self.complete_right / self.complete:.3f}" if self.complete else "-"
        return (
            f"{name:<24}{self.asked:>7}{self.answered:>10}{self.right:>7}{precision:>11}"
            f"{self.complete:>10}{self.complete_right:>7}{coverage:>10}"
        )


HEADING = (
    f"{'':<24}{'asked':>7}{'answered':>10}{'right':>7}{'precision':>11}{'complete':>10}"
    f"{'right':>7}{'coverage':>10}"
)


def records(name: str, data: bytes) -> list[Record]:
    received = Received(name, data)
    drafts = (draft for draft in read_each(received) if isinstance(draft, Draft))
    return list(harmonised(drafts, received, dt.datetime(2030, 1, 1, tzinfo=dt.UTC)))


def fragment(path: Path) -> bytes:
    """A whole article out of a file that holds its abstract and results section only."""
    text = re.sub(r"<\?xml[^>]*\?>", "", path.read_text("utf-8"))
    text = f'<r xmlns:xlink="http://www.w3.org/1999/xlink">{text}</r>'
    root = etree.fromstring(text.encode(), etree.XMLParser(recover=True))
    parts: dict[bool, str] = {True: "", False: ""}
    for element in root:
        element.attrib.pop("abstract-type", None)
        parts[element.tag == "abstract"] += etree.tostring(element, encoding="unicode")
    number = re.sub(r"\D", "", path.stem)
    return (
        '<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article">'
        f'<front><article-meta><article-id pub-id-type="pmc">{number}</article-id>{parts[True]}'
        f"</article-meta></front><body>{parts[False]}</body></article>"
    ).encode()


def yun_questions(folder: Path) -> Iterator[Question]:
    (path,) = folder.glob("annotated*.json")
    for row in json.loads(path.read_text("utf-8")):
        binary = row["outcome_type"] == "binary"
        cells = (
            {"events": "events", "n": "group_size"}
            if binary
            else {"mean": "mean", "sd": "standard_deviation", "n": "group_size"}
        )
        intervention, comparator = (
            {
                cell: float(value)
                for cell, name in cells.items()
                if (value := row[f"{side}_{name}"]) != ""
            }
            for side in ("intervention", "comparator")
        )
        where = "table" if row["is_relevant_data_in_table"] == "TRUE" else "text"
        yield Question(
            f"PMC{row['pmcid']}",
            str(row["id"]),
            row["outcome"],
            (row["intervention"], row["comparator"]),
            "count" if binary else "continuous",
            (intervention, comparator),
            row["is_data_complete"] == "TRUE",
            where,
        )


def annotated_questions(path: Path) -> Iterator[Question]:
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["type"] not in ("binary", "continuous") or len(row["arms"]) != 2:
            continue
        binary = row["type"] == "binary"
        names = ("events", "n", "percent") if binary else ("mean", "sd", "se", "median", "n")
        sides = [
            {name: float(arm[name]) for name in names if arm.get(name) is not None}
            for arm in row["arms"]
        ]
        yield Question(
            row["pmcid"],
            row["id"],
            " ".join(filter(None, (row["outcome"], row.get("subgroup")))),
            (row["arms"][0]["label"], row["arms"][1]["label"]),
            "count" if binary else "continuous",
            (sides[0], sides[1]),
            bool(row["complete"]),
            row["where"],
            row.get("time") or "",
            ordered=False,
            change=None if binary else bool(row.get("change")),
        )


def _merged(questions: Sequence[Question]) -> list[Question]:
    """Rows that state the same result, one in the abstract and one in the text, know of each other.

    What one of them leaves out is not wrong where the other prints it.
    """
    by_result: dict[tuple[str, ...], list[Question]] = collections.defaultdict(list)
    for each in questions:
        by_result[each.article, each.outcome, *each.arms, each.time].append(each)
    merged = []
    for each in questions:
        sides: tuple[dict[str, float], dict[str, float]] = ({}, {})
        for other in by_result[each.article, each.outcome, *each.arms, each.time]:
            agree = all(
                cells.get(cell, value) == value
                for own, cells in zip(each.expected, other.expected, strict=True)
                for cell, value in own.items()
            )
            for side, cells in zip(sides, other.expected, strict=True):
                side.update(cells if agree else {})
        merged.append(dataclasses.replace(each, expected=sides))
    return merged


def ask(
    question: Question, found: Sequence[Finding], called: Mapping[str, str], *, latest: bool
) -> Answer:
    """The answer to a question, asked both ways round where its groups come in no order.

    What is answered differently one way than the other is told apart by the order alone, and is
    no answer.
    """
    one, other = question.arms

    def given(first: str, second: str) -> Answer:
        return answer(
            found,
            question.outcome,
            first,
            second,
            kind="count" if question.kind == "count" else "continuous",
            time_days=time_days(question.time) if question.time else None,
            time=question.time,
            latest=latest,
            called=called,
            change=question.change,
        )

    straight = given(one, other)
    if question.ordered:
        return straight
    turned = given(other, one)
    turned = dataclasses.replace(
        turned, intervention=turned.comparator, comparator=turned.intervention
    )
    if straight and turned:
        same = (straight.intervention, straight.comparator) == (
            turned.intervention,
            turned.comparator,
        )
        return straight if same else Answer(reason="only their order tells the groups apart")
    return straight or turned if straight or turned else straight


def is_right(question: Question, given: Answer) -> bool:
    """Whether every annotated cell is answered so, and no other cell is answered."""
    sides = (given.intervention, given.comparator)
    cells = BINARY if question.kind == "count" else CONTINUOUS
    for arm, expected in zip(sides, question.expected, strict=True):
        assert arm is not None
        for cell in {*cells, *expected}:
            told = getattr(arm, cell)
            told = float(told) if told not in (None, "") else None
            if cell in expected and told is None and cell not in cells:
                continue
            if cell not in expected:
                if told is not None and cell not in ("n", "events", "percent"):
                    return False
            elif told is None or abs(told - expected[cell]) > 1e-9 + (cell == "percent") * 0.5:
                return False
    return True


def is_answered(question: Question, given: Answer) -> bool:
    """Whether an answer has all cells of its kind: a partial one is an abstention."""
    if not given:
        return False
    cells = BINARY if question.kind == "count" else CONTINUOUS
    return all(
        getattr(arm, cell) is not None
        for arm in (given.intervention, given.comparator)
        if arm is not None
        for cell in cells
    )


def score(
    questions: Iterable[Question],
    findings: Mapping[str, Sequence[Finding]],
    called: Mapping[str, Mapping[str, str]],
    *,
    latest: bool,
    show: bool,
) -> dict[str, Score]:
    scores: dict[str, Score] = collections.defaultdict(Score)
    for question in questions:
        given = ask(
            question,
            findings.get(question.article, ()),
            called.get(question.article, {}),
            latest=latest,
        )
        answered = is_answered(question, given)
        right = answered and is_right(question, given)
        for name in ("all", question.kind, f"{question.kind}, {question.where}"):
            each = scores[name]
            each.asked += 1
            each.complete += question.complete
            each.answered += answered
            each.right += right
            each.complete_right += right and question.complete
            each.reasons[given.reason or ("partly stated" if not answered else "answered")] += 1
        if show and not (right or (not answered and not question.complete)):
            _print(question, given, answered=answered)
    return scores


def _print(question: Question, given: Answer, *, answered: bool) -> None:
    what = "WRONG" if answered else "no answer"
    print(f"{what}: {question.article} {question.name} {question.where} {question.outcome!r}")
    print(f"    {question.arms} {question.time!r} expected {question.expected}")
    if given.finding is None:
        print(f"    {given.reason}")
        return
    print(f"    {given.finding.outcome!r} {given.finding.time} ({given.finding.rule})")
    for arm in (given.intervention, given.comparator):
        print(f"    {_cells(arm)}")


def _cells(arm: ArmResult | None) -> dict[str, Any]:
    names = ("label", "events", "n", "percent", "mean", "sd", "se", "median")
    return {name: v for name in names if (v := getattr(arm, name)) not in (None, "")}


def _findings(read: Iterable[Record], *, text: bool) -> tuple[Finding, ...]:
    found = [finding for record in read for finding in read_findings(record)]
    return tuple(f for f in found if not text or "table" not in f.rule)


def _called(read: Iterable[Record]) -> dict[str, str]:
    return {key: words for record in read for key, words in called_groups(record).items()}


def _abstract_of(record: Record) -> Record | None:
    """The record with its abstract alone, without tables."""
    publication = record.publication
    sections = tuple(
        section
        for section in (publication.sections.content or () if publication else ())
        if section.part == "abstract"
    )
    if publication is None or not sections:
        return None
    parts = msgspec.structs.replace(publication.sections, content=sections)
    bare = msgspec.structs.replace(publication, sections=parts, tables=Value())
    return msgspec.structs.replace(record, publication=bare)


def speed(paths: Sequence[Path]) -> None:
    """Full texts and abstracts per second on one core; reading the files counts for full texts."""
    start = time.process_time()
    full = [record for path in paths for record in records(path.name, path.read_bytes())]
    reading = time.process_time() - start
    abstracts = [short for record in full if (short := _abstract_of(record)) is not None]
    for name, some, before in (
        ("full texts, from the file", full, reading),
        ("full texts, findings alone", full, 0.0),
        ("abstracts, findings alone", abstracts, 0.0),
    ):
        start = time.process_time()
        for record in some:
            read_findings(record)
        taken = before + time.process_time() - start
        print(f"{name:<28}{len(some):>5} in {taken:6.2f} s: {len(some) / taken:7.1f}/s")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--yun", type=Path, help="folder of the annotated set of Yun et al.")
    parser.add_argument("--annotated", type=Path, help="a file of validation/annotations")
    parser.add_argument("--articles", type=Path, help="folder of the articles in JATS")
    parser.add_argument("--text", action="store_true", help="findings of running text only")
    parser.add_argument("--show", action="store_true", help="print what is not right")
    parser.add_argument("--half", choices=("even", "odd"), help="every second article alone")
    parser.add_argument("--speed", action="store_true", help="measure the speed on --articles")
    options = parser.parse_args(arguments)
    if options.speed:
        speed(sorted(options.articles.glob("*.nxml")))
        return 0
    if options.yun:
        questions = list(yun_questions(options.yun))
        paths = sorted((options.yun / "abstract_and_results_xml_files").glob("*.xml"))
        read = {path.stem: records(path.name, fragment(path)) for path in paths}
    else:
        questions = _merged(list(annotated_questions(options.annotated)))
        if options.text:
            questions = [question for question in questions if question.where != "table"]
        articles = list(dict.fromkeys(
            json.loads(line)["pmcid"] for line in options.annotated.read_text("utf-8").splitlines()
        ))  # fmt: skip
        wanted = set(articles[options.half == "odd" :: 2] if options.half else articles)
        questions = [question for question in questions if question.article in wanted]
        read = {
            name: records(f"{name}.nxml", (options.articles / f"{name}.nxml").read_bytes())
            for name in sorted(wanted)
        }
    findings = {name: _findings(each, text=options.text) for name, each in read.items()}
    called = {name: _called(each) for name, each in read.items()}
    scores = score(questions, findings, called, latest=bool(options.yun), show=options.show)
    print(HEADING)
    for name, each in sorted(scores.items()):
        print(each.line(name))
    for reason, count in scores["all"].reasons.most_common():
        print(f"  {count:>4} {reason}")
    if options.annotated:
        print_places(read_in_place(options.annotated, findings))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
