"""Writes docs/reference/concepts.md: from which field of each source a concept's value comes.

Nothing of it is written by hand. For each form of a source a record is made in which every known
field is filled (`_probes.py`), the source reads it, and the passages of the values tell the
fields. A field that was found is left out, and the record is read again: what then gives the
value is read in its absence. A concept whose value is "no such field" has none in the source.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _probes import Locate, Probe, probes

from trialweave.model import Draft, Missingness, Passage, Publication, Value
from trialweave.records.concepts import CONCEPTS, Concept

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "concepts.md"
ROUNDS = 5  # how often what was found is left out
MANY = 7  # fields of one value, beyond which their common holder is named


@dataclass
class Origin:
    """From which fields a concept's value comes: first ones, then those read in their absence."""

    missingness: Missingness
    rounds: list[tuple[str, ...]]
    rule: str

    @property
    def has(self) -> bool:
        """Whether the form has a field for it."""
        return bool(self.rounds) or self.missingness is Missingness.WITHHELD


def value_of(draft: Draft, concept: str) -> Value[Any] | tuple[Any, ...] | None:
    """The value of a concept; None where this kind of record does not have the concept at all."""
    body: Any = draft.body
    if isinstance(body, Publication):
        mine = getattr(body, concept, None)
        if mine is not None:
            return mine  # type: ignore[no-any-return]
        body = body.trial
    return getattr(body, concept, None)


def passages(item: Any) -> Iterator[Passage]:
    """Where all of a value stands."""
    if isinstance(item, Value):
        if item.passage is not None:
            yield item.passage
        yield from passages(item.content)
    elif isinstance(item, (tuple, list)):
        for part in item:
            yield from passages(part)
    elif isinstance(item, msgspec.Struct) and not isinstance(item, Passage):
        for name in item.__struct_fields__:
            yield from passages(getattr(item, name))


def origin(probe: Probe, concept: str, first: tuple[Draft, Locate]) -> Origin | None:
    """Where a concept's value comes from; None where the source has no such concept."""
    rounds: list[tuple[str, ...]] = []
    without: frozenset[str] = frozenset()
    told: tuple[Draft | None, Locate] = first
    if probe.hides[0] == concept:
        without = frozenset({probe.hides[1]})
        told = probe.draft(without)
    missingness, rule = Missingness.NO_FIELD, ""
    for _ in range(ROUNDS):
        draft, locate = told
        if draft is None:
            break
        value = value_of(draft, concept)
        if value is None:
            return None
        if isinstance(value, Value):
            if not rounds:
                missingness, rule = value.missingness, value.rule
            silent = value.missingness in (Missingness.NO_FIELD, Missingness.NOT_REPORTED)
            if silent and (rounds or value.passage is None):
                break
        elif not value:
            break
        else:
            missingness = Missingness.STATED
        names = {locate(at) for at in passages(value)} - without - {""}
        if not names:
            break
        rounds.append(tuple(sorted(names)))
        without |= names
        told = probe.draft(without)
    return Origin(missingness, rounds, rule)


def shown(names: tuple[str, ...]) -> str:
    """Some fields, those of one holder together."""
    held = sorted(name for name in names if not any(
        other != name and other.startswith(f"{name}.") for other in names))  # fmt: skip
    if any(" " in name for name in held) or len(held) == 1:
        return ", ".join(f"`{name}`" for name in held)
    parts = [name.split(".") for name in held]
    common: list[str] = []
    for steps in zip(*(steps[:-1] for steps in parts), strict=False):
        if len(set(steps)) > 1:
            break
        common.append(steps[0])
    before = "".join(f"{step}." for step in common)
    if before and len(held) > MANY:
        return f"`{before[:-1]}` ({len(held)} fields)"
    rest = [".".join(steps[len(common) :]) for steps in parts]
    return f"`{before}{{{', '.join(rest)}}}`" if before else ", ".join(f"`{name}`" for name in rest)


def told(origin: Origin) -> str:
    """The cell of a table."""
    rounds = "; else ".join(shown(names) for names in origin.rounds)
    if origin.missingness is Missingness.WITHHELD:
        return f"{rounds or 'people, as the form has them'} (that there are some; never read out)"
    return rounds


def page() -> str:
    """The whole page."""
    all_probes = probes()
    found: dict[str, list[tuple[Probe, Origin]]] = {name: [] for name in CONCEPTS}
    unfilled: list[str] = []
    for probe in all_probes:
        draft, locate = probe.draft(frozenset())
        if draft is None:
            raise SystemExit(f"{probe.title}: the probe cannot be read")
        for name in CONCEPTS:
            each = origin(probe, name, (draft, locate))
            if each is None:
                continue
            if not each.rounds and each.missingness not in (
                Missingness.NO_FIELD,
                Missingness.WITHHELD,
            ):
                unfilled.append(f"{probe.title}: {name} ({each.missingness})")
            found[name].append((probe, each))
    if unfilled:
        raise SystemExit("a probe does not fill:\n" + "\n".join(unfilled))
    lines = [*HEAD]
    group = ""
    for name, concept in CONCEPTS.items():
        if concept.group != group:
            group = concept.group
            lines += [f"## {group[:1].upper()}{group[1:]}", ""]
        lines += section(concept, found[name])
    lines += ["## How each source is read", ""]
    for anchor, probe in {probe.anchor: probe for probe in all_probes}.items():
        lines += how(anchor, probe)
    return "\n".join(lines).rstrip() + "\n"


HEAD = """\
# Concepts and sources

*Written by `scripts/reference` from the code; a test compares it. Do not edit it.*

For each concept: the field of each structured source that its value comes from, and the rule that
reads it. `a; else b` is `b` where a record has no `a`. Fields in braces stand beside each other.
Saved pages and extraction sheets have no fixed fields and are left out.

"No such field" is said of a form, not of a record: a value that is missing for that reason is told
apart from one that a record leaves open. A field of EUCTR is told by its code and how its label
begins.
""".splitlines()


def section(concept: Concept, found: list[tuple[Probe, Origin]]) -> list[str]:
    """What is said of one concept."""
    about = f"`{concept.name}`" + (f", WHO item {concept.who_item}" if concept.who_item else "")
    lines = [f"### {concept.title}", "", about, ""]
    has = [(probe, each) for probe, each in found if each.has]
    if has:
        lines += ["| source | field | rule |", "|---|---|---|"]
        for probe, each in has:
            rule = f"[{each.rule}](#{probe.anchor})" if each.rule else f"[see](#{probe.anchor})"
            lines.append(f"| {probe.title} | {told(each)} | {rule} |")
        lines.append("")
    kinds = {probe.of_articles for probe, _ in has}
    lacking = [probe.title for probe, each in found if not each.has and probe.of_articles in kinds]
    if lacking:
        lines += [f"No such field: {'; '.join(lacking)}.", ""]
    elif not has:
        lines += ["No structured source has such a field.", ""]
    return lines


def how(anchor: str, probe: Probe) -> list[str]:
    """What the module that reads a source says of itself."""
    text = (probe.module.__doc__ or "").strip().replace("``", "`")
    title, _, rest = text.partition("\n")
    heading = f'### <a id="{anchor}"></a>{title.rstrip(".")}'
    return [heading, "", *rest.strip().splitlines(), ""]


def main() -> int:
    """Write the page, or with ``--check`` say whether it is as it would be written."""
    text = page()
    if "--check" in sys.argv[1:]:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        print("as generated" if same else "differs: run scripts/reference")
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE.name}: {text.count('### ')} sections")
    return 0


if __name__ == "__main__":
    sys.exit(main())
