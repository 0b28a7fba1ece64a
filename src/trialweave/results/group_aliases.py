"""What the groups of a record were given, by the names that its text has for them.

"Group A received X", "oxygen and nitrous oxide (group N)", "the control group was given Y": later
sentences and tables say "group A" alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from trialweave.model import Record, Role
from trialweave.results.abbreviations import abbreviations_in
from trialweave.results.arm_names import arm_key
from trialweave.results.groups import role_of

__all__ = ["called_groups", "group_aliases", "is_lettered", "lettered_groups", "roles_by_alias"]

_LETTER = r"[Gg]roup\s(?:[A-Z]\d?|[IVX]{1,4}|\d)(?![\w.-])"
_ROLE = (
    r"(?:experiment(?:al)?|interventions?|treatment|treated|study|test|active|controls?|comparison|"
    r"comparator|placebo|sham)\sgroup"
)
_GIVEN = (
    r"(?:received|receives|receive|took|takes|underwent|undergoes|consumed|ingested|"
    r"participated\sin|practi[sc]ed|(?:was|were)\s(?:given|administered|offered|supplemented\swith|"
    r"(?:treated|managed|injected|instructed)\s(?:with|by|in)))"
)
_BEHIND = re.compile(
    rf"\b(?P<name>{_LETTER}|{_ROLE}|[A-Z][\w-]{{0,11}}\s[Gg]roup)(?:\s?\([^()]{{0,40}}\))?"
    rf"(?:\s(?:patients|participants|subjects|children|women|men))?"
    rf"(?:\s(?:who|only|then|also|also\sonly))?\s{_GIVEN}\s(?=(?P<what>[^.;:()\[\]]{{3,160}}))"
)
_BEFORE = re.compile(
    rf"(?P<what>(?:[^.;()\[\]]|\.(?=\d)){{3,120}})\s?[(\[](?:the\s)?"
    rf"(?P<name>{_LETTER}|{_ROLE}|[A-Z][\w+/-]{{0,11}}[\s-][Gg]roup)"
    r"(?:[,;:]?\s?[nN]\s?=\s?\d{1,5})?[)\]]"
)
_IN = re.compile(
    rf"\b[Ii]n\s(?:the\s)?(?P<name>{_LETTER}|{_ROLE})(?:\s?\([^()]{{0,40}}\))?,?\s"
    r"(?=(?P<what>[^.;:()\[\]]{3,90}(?:\([^()]{0,40}\)[^.;:()\[\]]{0,60})?"
    r"\s(?:was|were)\s(?:given|administered|used|injected|infused|applied|performed|prescribed)\b))"
)
_INSIDE = re.compile(
    rf"\b(?P<name>{_LETTER})\s?[(\[](?P<what>[A-Za-z][A-Za-z ,/+®™-]{{2,60}}?)"
    r"(?:[,;:]?\s?[nN]\s?=\s?\d{1,5})?[)\]]"
)
_STARTS = re.compile(
    r"\b(?:either|or|receiv\w+|of|to|containing|versus|vs|using|by|with|as|groups?|were|was|the|"
    r"an?|into)\b|[,:]"
)
_ENDS = re.compile(
    r",|\b(?:and\s(?:the|were|was|then|group)|while|whereas|but|for|in\sorder|at|during|after|"
    r"before|daily|once|twice|every|on|which|who|where|or|until|from|three\stimes|as|in|to)\b"
)
_SAYS_NOTHING = re.compile(
    r"\b(?:same|similar\w*|identical|following|questionnaires?|information|instructions?|tables?|"
    r"figures?|fig|patients|participants|subjects|males?|females?|women|men|mean|median|"
    r"years?|follow-up|their|its|both|all|each)\b",
    re.IGNORECASE,
)
_PART_OF_NAME = re.compile(r"\b(?!(?:In|The|For|Of|And|Both|From|To)\s)[A-Z][a-z]{2,20}\s\Z")
_LETTERED = re.compile(rf"\b{_LETTER}")
_MOST_WORDS = 8
_LONGEST = 300_000  # characters of a section


def called_groups(record: Record) -> dict[str, str]:
    """What the names in a record stand for.

    What groups were given is told by `arm_key` of their names, of "the control group" and the like
    also by "role control" and "role treatment"; what "DLQI" means by "short DLQI"; the caption
    of a table by "at <start> <end>", where its cells stand.
    """
    publication = record.publication
    if publication is None:
        return {}
    texts = [section.text.content or "" for section in publication.sections.content or ()]
    tables = publication.tables.content or ()
    notes = [note.content or "" for table in tables for note in table.notes]
    called = group_aliases(texts)
    for table in tables:
        if table.cells and table.caption.content:
            start = min(cell.start for cell in table.cells)
            end = max(cell.end for cell in table.cells)
            called[f"at {start} {end}"] = table.caption.content[:400]
    for short, long in abbreviations_in(texts, notes).items():
        called[f"short {short}"] = long
        called.setdefault(arm_key(short), long)
    return called


def group_aliases(texts: Iterable[str]) -> dict[str, str]:
    """The words that the texts give for the groups that they name by letter, number or role."""
    found: dict[str, list[str]] = {}
    for whole in texts:
        text = whole[:_LONGEST]
        if "roup" not in text:
            continue
        for match in _BEHIND.finditer(text):
            _add(found, match["name"], _ENDS.split(match["what"], maxsplit=1)[0])
        for match in _IN.finditer(text):
            _add(found, match["name"], re.split(r"\s(?:was|were|and)\s|[(,]", match["what"])[0])
        for match in _BEFORE.finditer(text):
            _add(found, match["name"], _STARTS.split(match["what"])[-1])
        for match in _INSIDE.finditer(text):
            if not _PART_OF_NAME.search(text[max(0, match.start() - 25) : match.start()]):
                _add(found, match["name"], match["what"])
    return {key: " ".join(dict.fromkeys(words))[:300] for key, words in found.items()}


def _add(found: dict[str, list[str]], name: str, what: str) -> None:
    words = what.split()[:_MOST_WORDS]
    said = " ".join(words)
    if not re.search(r"[A-Za-z]{3}", said) or _SAYS_NOTHING.search(said):
        return
    keys = [arm_key(name)]
    role = role_of(name)
    if re.fullmatch(_ROLE, name) and role in ("treatment", "control"):
        keys.append(f"role {role}")
    for key in keys:
        found.setdefault(key, []).append(said)


def lettered_groups(texts: Iterable[str]) -> frozenset[str]:
    """The keys of the groups that the texts name by letter or number: "group a"."""
    return frozenset(
        arm_key(match.group()) for text in texts for match in _LETTERED.finditer(text[:_LONGEST])
    )


def is_lettered(label: str) -> bool:
    """Whether a label is a group's letter or number and nothing else: "Group A"."""
    return _LETTERED.fullmatch(label.strip()) is not None


def roles_by_alias(called: Mapping[str, str]) -> dict[str, Role]:
    """Roles of lettered groups, where what they were given makes one of them alone the control."""
    lettered = {key: role_of(words) for key, words in called.items() if key.startswith("group ")}
    controls = [key for key, role in lettered.items() if role == "control"]
    if len(lettered) < 2 or len(controls) != 1:
        return {}
    return {key: "control" if key in controls else "treatment" for key in lettered}
