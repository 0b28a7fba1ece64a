"""Questions in files: read by path, and written with a line of explanation for each choice.

A file is TOML or JSON by its ending, of a few lines; what is longer, deeper or no UTF-8 is refused
before it is parsed. Comments that people write into a TOML file stay when a choice is changed.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

from trialweave.errors import (
    Hostile,
    NotFound,
    TooLarge,
    UnknownKind,
    Unreadable,
    WrongEncoding,
)
from trialweave.synthesis._nesting import too_deep
from trialweave.synthesis.question import CHOICES, POOLED_BY, Question, from_json, from_toml, toml

__all__ = ["LARGEST", "changed", "read", "template"]

LARGEST: Final = 64 * 1024
"""Bytes of a question's file."""


def read(path: str | Path) -> Question:
    """Read a question from a TOML or JSON file.

    Raises NotFound where there is no such file, UnknownKind for another ending, TooLarge over
    `LARGEST` bytes, WrongEncoding for what is no UTF-8, Hostile for absurd nesting, and Unreadable
    for what is no question, each naming the file.
    """
    path = Path(path)
    if not path.exists():
        raise NotFound(f"there is no question file {path.name!r}.", where=str(path))
    kind = path.suffix.casefold()
    if kind not in (".toml", ".json"):
        raise UnknownKind("a question's file ends in .toml or .json.", where=str(path))
    if not path.is_file():
        raise Unreadable("it is no file.", where=str(path))
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}.", where=str(path)) from None
    if len(data) > LARGEST:
        raise TooLarge(f"a question's file has at most {LARGEST} bytes.", where=str(path))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongEncoding("not valid UTF-8.", where=str(path)) from None
    if too_deep(text):
        raise Hostile("the question is nested absurdly deep.", where=str(path))
    if kind == ".json":
        return from_json(text.encode(), str(path))
    return from_toml(text, str(path))


def _listed(name: str) -> str:
    return ", ".join(choice or '""' for choice in CHOICES[name])


def _explained() -> dict[str, str]:
    """What each line of a question's file says, in the order declared."""
    pooled = "; ".join(f"{model}: {', '.join(of)}" for model, of in POOLED_BY.items())
    return {
        "outcome": "Family of outcomes that is pooled, as in mortality, hospital stay, CRP",
        "title": "Name of the synthesis, for readers",
        "measure": f"Measure of the effect: {_listed('measure')}",
        "model": f"Model: {_listed('model')}\n# (some pool counts only: {pooled})",
        "tau2": f"Estimator of the variance between studies: {_listed('tau2')}",
        "interval": f"Interval of the pooled effect: {_listed('interval')}",
        "prediction": f"Degrees of freedom of the prediction interval: {_listed('prediction')}",
        "zero_cells": f"Where 0.5 is added to tables with a zero cell: {_listed('zero_cells')}",
        "level": "Level of all intervals, from 0.5 to 0.999",
        "designs": f"Designs: {_listed('designs')} (the latter adds those not randomised)",
        "registered": f'When the study was registered: {_listed("registered")}; "" for any time',
        "time": 'Time of follow-up: longest, nearest N days, or N to M days ("14 to 28 days")',
        "population": "Words that conditions or titles mention, as in severe COVID-19",
        "product": "What is given: cells, secretome, exosomes, or words of its name",
        "cell_source": "Where cells come from, as in umbilical cord, bone marrow",
        "dose": 'Dose of one administration, as in "1e6 to 5e6 cells/kg"',
        "comparator": "Words of what the control group received, as in placebo",
        "subgroup": f"What sets subgroups apart: {_listed('subgroup')}",
        "exclude": "Studies left out, each by any of its identifiers",
        "without_flagged": "Whether studies with a flag of any check are left out",
        "with_retracted": "Whether retracted and withdrawn articles are used",
    }


def template(question: Question) -> str:
    """The question as TOML with a comment above each line that says what can stand there.

    `question.from_toml` reads it back as it was.
    """
    explained = _explained()
    return "\n".join(
        f"# {explained[name]}\n{name} = {toml(getattr(question, name))}\n"
        for name in question.__struct_fields__
    )


def changed(text: str, question: Question) -> str:
    """A question's TOML file with other choices and its comments, order and spacing.

    Lines whose choice stays are left as they are; choices that the file does not name are added at
    its end where they are not the default. Raises Unreadable where `text` is no question.
    """
    before = from_toml(text)
    lines = re.findall(r"[^\n]*\n|[^\n]+\Z", text)
    written: list[str] = []
    named: set[str] = set()
    at = 0
    while at < len(lines):
        end = at + 1
        if lines[at].strip()[:1] in ("", "#"):
            written.append(lines[at])
            at = end
            continue
        while not _whole("".join(lines[at:end])) and end < len(lines):
            end += 1
        name = next(iter(tomllib.loads("".join(lines[at:end]))))
        named.add(name)
        now = getattr(question, name)
        if now == getattr(before, name):
            written += lines[at:end]
        else:
            comment = re.search(r"\s*#[^\n]*$", _blanked(lines[end - 1].rstrip("\r\n")))
            tail = lines[end - 1].rstrip("\r\n")[comment.start() :] if comment else ""
            written.append(f"{name} = {toml(now)}{tail}\n")
        at = end
    missing = [
        f"{name} = {toml(getattr(question, name))}\n"
        for name, default in zip(
            question.__struct_fields__[1:], question.__struct_defaults__, strict=True
        )
        if name not in named and getattr(question, name) != default
    ]
    if missing and written and not written[-1].endswith("\n"):
        written.append("\n")
    return "".join([*written, *missing])


def _whole(statement: str) -> bool:
    """Whether lines are one statement, and not the beginning of one."""
    try:
        tomllib.loads(statement)
    except ValueError:
        return False
    return True


def _blanked(line: str) -> str:
    """A line with its strings blanked, so that a # in one is no comment."""
    return re.sub(
        r'"(?:\\.|[^"\\])*"|\'[^\']*\'', lambda match: "." * len(match[0]), line
    )  # fmt: skip
