"""A definition of who may take part, written by hand, with invented patients as its tests.

A definition is a TOML file: criteria, each with its section, its words and its condition in the
syntax of `conditions`; and patients beside them, with what is to come out. `check_definition` reads
it and holds every patient against every criterion, so that criteria and expected answers test each
other. `written` makes such a file of the criteria that were read from a trial, to be put right.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

import msgspec

from trialweave.errors import Hostile, InputError, NotFound, TooLarge, Unreadable, WrongEncoding
from trialweave.protocol import conditions
from trialweave.protocol._invented import FILE_KEYS, Keys, keyed, patient_of
from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Coverage, Criterion, Kind, Node, Population, Section
from trialweave.protocol.patients.evaluate import criterion_verdicts, trial_verdict
from trialweave.protocol.patients.facts import FactKind, Patient
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.verdicts import Outcome, TrialOutcome, Verdict

__all__ = [
    "Answer", "Checked", "Definition", "Expected", "Tested", "check_definition", "read_definition",
    "written",
]  # fmt: skip

_LARGEST: Final = 4 << 20  # bytes
_CONDITION: Final = re.compile(r"^[ \t]*condition[ \t]*=", re.MULTILINE)
_OUTCOMES: Final = get_args(Outcome)
_TRIAL: Final = get_args(TrialOutcome)
_SECTIONS: Final = get_args(Section)
_KINDS: Final = get_args(Kind)
_POPULATIONS: Final = get_args(Population)
_HEAD: Final = Keys(frozenset(), frozenset(
    ("identifier", "title", "day", "fresh_days", "complete", "criterion", "patient")
))  # fmt: skip
_CRITERION: Final = Keys(frozenset(("section",)), frozenset(
    ("number", "text", "condition", "population", "kind", "heading", "group", "of_group")
))  # fmt: skip
_PATIENT: Final = Keys(frozenset(("name",)), frozenset(
    ("expected", "outcome", "file", "patient", "birth", "sex", "facts")
))  # fmt: skip


class Expected(msgspec.Struct, frozen=True):
    """An invented patient, what is expected of each criterion (by number; those not named may come
    to anything), and of all together ("" where nothing is said)."""

    name: str
    patient: Patient
    criteria: dict[int, Outcome]
    outcome: TrialOutcome | Literal[""] = ""


class Definition(msgspec.Struct, frozen=True):
    """What a file says; `setting` is under what its patients are held against its criteria."""

    identifier: str
    title: str
    criteria: tuple[Criterion, ...]
    setting: Setting
    patients: tuple[Expected, ...]


class Answer(msgspec.Struct, frozen=True):
    """What a criterion was expected to come to, and what it does; `expected` is "" where nothing
    was, and `verdict` None where there is no such criterion to be answered."""

    number: int
    expected: Outcome | Literal[""]
    verdict: Verdict | None

    @property
    def agrees(self) -> bool:
        """Whether the expected answer came out; true where none was given."""
        return not self.expected or (
            self.verdict is not None and self.verdict.outcome == self.expected
        )


class Tested(msgspec.Struct, frozen=True):
    """One patient: the answers in the order of the criteria, and the outcome of all."""

    name: str
    answers: tuple[Answer, ...]
    expected: TrialOutcome | Literal[""]
    outcome: TrialOutcome

    @property
    def agrees(self) -> bool:
        """Whether all came out as expected."""
        return self.expected in ("", self.outcome) and all(each.agrees for each in self.answers)


class Checked(msgspec.Struct, frozen=True):
    """A definition and what became of its tests."""

    definition: Definition
    results: tuple[Tested, ...]

    @property
    def agrees(self) -> bool:
        """Whether every patient came out as expected; true without patients."""
        return all(each.agrees for each in self.results)


def check_definition(path: str | Path) -> Checked:
    """Read a definition and hold its patients against its criteria.

    Raises as `read_definition`. A wrong answer is a result, no error.
    """
    definition = read_definition(path)
    return Checked(definition, tuple(_tested(definition, each) for each in definition.patients))


def _tested(definition: Definition, one: Expected) -> Tested:
    found = criterion_verdicts(definition.criteria, one.patient, definition.setting)
    answers = [
        Answer(each.criterion.number, one.criteria.get(each.criterion.number, ""), each.verdict)
        for each in found
    ]
    known = {each.number for each in answers}
    answers += [
        Answer(number, expected, None)
        for number, expected in one.criteria.items()
        if number not in known
    ]
    told = trial_verdict(found, study_id="", record_id="", title=definition.title)
    return Tested(one.name, tuple(answers), one.outcome, told.outcome)


# -- reading -----------------------------------------------------------------------------------


def read_definition(path: str | Path) -> Definition:
    """Read a definition from its file, and the FHIR files beside it that its patients name.

    Raises NotFound, TooLarge, WrongEncoding, Hostile for absurd nesting, and Unreadable that says
    which line, which criterion or patient, and what was expected there.
    """
    where = Path(path)
    try:
        with where.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError:
        raise NotFound(
            "there is no such file.", where=str(path), next_step="Check the spelling."
        ) from None
    if len(data) > _LARGEST:
        raise TooLarge(
            f"more than {_LARGEST:,} bytes.", where=where.name, next_step="Split the definition."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongEncoding(
            "not valid UTF-8.", where=where.name, next_step="Save it again as UTF-8."
        ) from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(
            f"not TOML: {error}.", where=where.name, next_step="Put that place right."
        ) from None
    except RecursionError:
        raise Hostile("nested absurdly deep.", where=where.name, next_step="Flatten it.") from None
    return _definition(content, text, where)


def _definition(content: dict[str, Any], text: str, where: Path) -> Definition:
    keyed(content, _HEAD, where.name)
    criteria = _criteria(content.get("criterion", []), text, where.name)
    setting = _setting(content, where.name)
    numbers = {each.number for each in criteria}
    patients = []
    for place, each in enumerate(_tables(content, "patient", where.name), 1):
        name = each.get("name")
        at = f"{where.name}, patient {name if isinstance(name, str) else place}"
        keyed(each, _PATIENT, at)
        patients.append(_expected(each, numbers, setting, where.parent, at))
    return Definition(
        _text(content, "identifier", where.name) or where.stem,
        _text(content, "title", where.name),
        criteria,
        setting,
        tuple(patients),
    )


def _tables(content: dict[str, Any], name: str, where: str) -> list[dict[str, Any]]:
    found = content.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unreadable(f"{name} is no list of tables; write [[{name}]].", where=where)
    return found


def _text(content: dict[str, Any], name: str, where: str) -> str:
    found = content.get(name, "")
    if not isinstance(found, str):
        raise Unreadable(f"{name} is no text.", where=where, next_step="Put it in quotes.")
    return found


def _number(content: dict[str, Any], name: str, default: int, where: str) -> int:
    found = content.get(name, default)
    if not isinstance(found, int) or isinstance(found, bool) or abs(found) > 10**6:
        raise Unreadable(f"{name} is no whole number up to a million.", where=where)
    return found


def _choice(content: dict[str, Any], name: str, default: str, of: Sequence[str], where: str) -> str:
    found = content.get(name, default)
    if found not in of:
        raise Unreadable(f"{name} is {found!r}; it is one of {', '.join(of)}.", where=where)
    return str(found)


def _setting(content: dict[str, Any], where: str) -> Setting:
    day = content.get("day")
    if day is None and content.get("patient"):
        raise Unreadable(
            "the day of screening is missing.", where=where, next_step="Write day = 2026-06-30."
        )
    if day is not None and type(day) is not dt.date:
        raise Unreadable("day is no date.", where=where, next_step="Write day = 2026-06-30.")
    fresh = content.get("fresh_days", 30.0)
    if not isinstance(fresh, int | float) or isinstance(fresh, bool) or not 0 <= fresh <= 36_525:
        raise Unreadable("fresh_days is no number of days from 0 to 36,525.", where=where)
    complete = content.get("complete", [])
    kinds = get_args(FactKind)
    if not isinstance(complete, list) or not all(each in kinds for each in complete):
        raise Unreadable(f"complete is no list of {', '.join(kinds)}.", where=where)
    return Setting(day or dt.date.min, float(fresh), frozenset(complete))


def _criteria(content: Any, text: str, where: str) -> tuple[Criterion, ...]:
    tables = _tables({"criterion": content}, "criterion", where)
    if not tables:
        raise Unreadable("there is no criterion.", where=where, next_step="Write [[criterion]].")
    lines = [text.count("\n", 0, found.start()) + 1 for found in _CONDITION.finditer(text)]
    if len(lines) != sum("condition" in each for each in tables):
        lines = []  # the word also stands elsewhere
    made: list[Criterion] = []
    number = 0
    for each in tables:
        number = _number(each, "number", number + 1, where)
        at = f"{where}, criterion {number}"
        if lines and "condition" in each:
            at = f"{at} (line {lines.pop(0)})"
        made.append(_criterion(each, number, at))
    numbers = [each.number for each in made]
    if len(set(numbers)) < len(numbers):
        twice = next(each for each in numbers if numbers.count(each) > 1)
        raise Unreadable(f"there are two criteria with the number {twice}.", where=where)
    for one in made:
        if one.group >= 0 and (one.group not in numbers or one.group >= one.number):
            raise Unreadable(
                f"criterion {one.number} is in the group of {one.group}, which is none before it.",
                where=where,
            )
    return tuple(made)


def _criterion(content: dict[str, Any], number: int, where: str) -> Criterion:
    keyed(content, _CRITERION, where)
    said = _text(content, "condition", where)
    text = _text(content, "text", where) or said
    kind = _choice(content, "kind", "criterion", _KINDS, where)
    node: Node = tree.Opaque(text, 0, len(text))
    if said:
        try:
            node = conditions.read(said)
        except InputError as error:
            raise Unreadable(
                f"condition, {error.what}", where=where, next_step="Put that place right."
            ) from None
    elif kind == "criterion" and not text:
        raise Unreadable("it has neither a text nor a condition.", where=where)
    return Criterion(
        number=number,
        section=cast(Section, _choice(content, "section", "", _SECTIONS, where)),
        population=cast(Population, _choice(content, "population", "patient", _POPULATIONS, where)),
        text=text,
        start=0,
        end=len(text),
        tree=_placed(node, len(text)),
        coverage=_coverage(node),
        kind=cast(Kind, kind),
        heading=_text(content, "heading", where),
        group=_number(content, "group", -1, where),
        of_group=_number(content, "of_group", 0, where),
    )


def _placed(node: Node, end: int) -> Node:
    """A tree whose leaves stand for the whole text."""
    if isinstance(node, tree.All):
        return tree.All(tuple(_placed(each, end) for each in node.items))
    if isinstance(node, tree.Any):
        return tree.Any(tuple(_placed(each, end) for each in node.items))
    if isinstance(node, tree.AtLeast):
        return tree.AtLeast(node.number, tuple(_placed(each, end) for each in node.items))
    if isinstance(node, tree.Not):
        return tree.Not(_placed(node.item, end))
    if isinstance(node, tree.If):
        return tree.If(_placed(node.condition, end), _placed(node.then, end))
    return msgspec.structs.replace(node, start=0, end=end)


def _coverage(node: Node) -> Coverage:
    opaque = [isinstance(leaf, tree.Opaque) for leaf in tree.leaves(node)]
    return "none" if all(opaque) else "partial" if any(opaque) else "full"


def _expected(
    content: dict[str, Any], numbers: set[int], setting: Setting, folder: Path, where: str
) -> Expected:
    answers = content.get("expected", {})
    if not isinstance(answers, dict):
        raise Unreadable("expected is no table.", where=where, next_step='Write { 1 = "met" }.')
    criteria: dict[int, Outcome] = {}
    for key, value in answers.items():
        if not key.isdecimal() or len(key) > 7 or int(key) not in numbers:
            raise Unreadable(f"there is no criterion {key} to expect something of.", where=where)
        if value not in _OUTCOMES:
            what = f"{value!r} is expected of criterion {key}; it is one of {', '.join(_OUTCOMES)}."
            raise Unreadable(what, where=where)
        criteria[int(key)] = value
    outcome = content.get("outcome", "")
    if outcome not in ("", *_TRIAL):
        raise Unreadable(f"outcome is {outcome!r}; it is one of {', '.join(_TRIAL)}.", where=where)
    about = {name: value for name, value in content.items() if name in FILE_KEYS}
    return Expected(
        str(content["name"]), patient_of(about, setting.day, folder, where), criteria, outcome
    )


# -- writing -----------------------------------------------------------------------------------


def written(criteria: Sequence[Criterion], *, identifier: str = "", title: str = "") -> str:
    """A definition file of criteria that were read from a trial, for a person to correct.

    Reading it gives equal trees but for their places (see `conditions.bare`). What was flagged
    stands in comments.
    """
    lines = ["# Who may take part. Conditions that are in doubt name the reason in [brackets];"]
    lines += ["# text that is not understood stands in quotes, with a question mark behind it."]
    lines += [f"{key} = {_toml(value)}" for key, value in
              (("identifier", identifier), ("title", title)) if value]  # fmt: skip
    for one in criteria:
        lines += ["", "[[criterion]]", f"number = {one.number}", f'section = "{one.section}"']
        if one.kind != "criterion":
            lines.append(f'kind = "{one.kind}"')
        if one.population != "patient":
            lines.append(f'population = "{one.population}"')
        if one.heading:
            lines.append(f"heading = {_toml(one.heading)}")
        if one.group >= 0:
            lines.append(f"group = {one.group}")
        if one.of_group:
            lines.append(f"of_group = {one.of_group}")
        lines.append(f"text = {_toml(one.text)}")
        lines.append(f"condition = {_toml(conditions.written(one.tree))}")
        for flag in one.flags:
            reason = " ".join(_toml(flag.reason)[1:-1].split())
            lines.append(f"# {flag.name}: {reason}")
    return "\n".join(lines) + "\n"


def _toml(text: str) -> str:
    """A TOML string on one line, without escapes where it can be."""
    if "'" not in text and text.isprintable():
        return f"'{text}'"

    def escape(character: str) -> str:
        if character in '"\\':
            return f"\\{character}"
        if "\ud800" <= character <= "\udfff":
            return "\ufffd"
        if character.isprintable():
            return character
        code = ord(character)
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"

    return '"' + "".join(map(escape, text)) + '"'
