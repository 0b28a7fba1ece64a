"""The form of the EudraCT database, as the full-text download and as JSON write it.

A field has a code and a label ("E.1.1 Medical condition(s) being investigated:"). A line of the
download begins a field only where code and label are those of the form, so that a criterion that
begins with "E. coli" or "A.1" stays a part of its text. The same codes, without full stops, begin
the keys of the JSON that is made of the download.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from trialweave.errors import Hostile
from trialweave.sources.europe._euctr_labels import COMPACT, FORM, letters
from trialweave.sources.europe._values import Piece, Unread

__all__ = ["SUMMARY", "Form", "field_named", "form_of", "from_text", "key_named", "records"]

SUMMARY = (
    "eudract number",
    "sponsor's protocol code",
    "national competent authority",
    "clinical trial type",
    "trial status",
    "date on which",
    "trial results",
    "link",
)
_JSON_SUMMARY = {f"x{i}": name for i, name in enumerate(SUMMARY[:6], start=1)}

_RECORD = re.compile(r"^Summary[ \t]*\r?\n(?=EudraCT Number[ \t]*:)", re.MULTILINE)
_LINE = re.compile(r"[^\n]*\n?")
_FIELD = re.compile(
    r"(?P<code>[A-HNP]\.(?:\d{1,2}(?:\.\d{1,2}){0,5}|IMP)?)(?:[ ](?:and|to)[ ][A-Z][\d.]{1,9})?"
    r"[ \t]{0,3}(?P<label>[^:?\n]{0,300})(?P<end>[:?\r\n]|$)"
)
_TOP = re.compile(r"(?P<label>[A-Z][^:\n]{3,90}):")
_SPONSOR = re.compile(r"Sponsor \d{1,3}[ \t\r]*\n?$")
_LANGUAGE = re.compile(r" \((?P<language>[a-z]{2})\)[ \t]*$")
_KEY = re.compile(r"(?P<code>[a-z]\d{0,7})_{0,2}(?:and_[a-z]\d{1,7}_)?(?P<label>[a-z_0-9]*)")
_LONGEST = 200  # bytes of what could not be understood
_MOST = 100_000  # fields of one record; the longest real ones have some thousands


# What begins a block of its own, and the list it belongs into
_BLOCKS = {"E.1.2 medical condition or disease": "terms", "D.8 placebo": "placebos"}


@dataclass
class Form:
    """The fields of one record, or of one of the blocks that a record may have several of."""

    fields: dict[str, list[Piece]] = field(default_factory=dict)
    foreign: dict[str, list[Piece]] = field(default_factory=dict)  # in other languages
    sponsors: list[Form] = field(default_factory=list)
    products: list[Form] = field(default_factory=list)
    placebos: list[Form] = field(default_factory=list)
    terms: list[Form] = field(default_factory=list)
    start: Piece | None = None  # what began the block
    is_json: bool = False
    has_results: bool = False

    def one(self, name: str) -> Piece | None:
        """A field's text in English, else in the first language in which there is one."""
        found = self.fields.get(name) or self.foreign.get(name)
        return found[0] if found else None

    def all(self, name: str) -> list[Piece]:
        """All texts of a field in English, else in other languages."""
        return self.fields.get(name) or self.foreign.get(name) or []

    def add(self, name: str, piece: Piece, language: str = "") -> None:
        """Keep a text that is not blank."""
        if piece.raw:
            into = self.foreign if language else self.fields
            into.setdefault(name, []).append(piece)


def field_named(code: str, label: str) -> str | None:
    """The name of a field of the form; None where the line is none."""
    for begins, name in FORM.get(code, ()):
        if label.startswith(begins):
            return name
    return None


def records(text: str) -> Iterator[tuple[int, int]]:
    """The characters that each record of a download spans."""
    starts = [match.start() for match in _RECORD.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)][: len(starts)], strict=True):
        yield start, start + len(text[start:end].rstrip())


def from_text(text: str, start: int, end: int) -> Form:
    """The form that characters `start` to `end` of a download fill in."""
    form = block = Form()
    name, language, begin = "", "", start
    section = ""
    count = 0
    at = start
    while at < end:
        line = _LINE.match(text, at, end)
        assert line is not None
        found = _begun(line.group(), section)
        if found is not None:
            if name:
                block.add(name, _piece(text, begin, at), language)
            name, language, after, section = found
            begin = at + after
            block = _block(form, block, name, text, at, line.end())
            count += 1
            if count > _MOST:
                raise Hostile("the record has absurdly many fields.")
        at = line.end()
    if name:
        block.add(name, _piece(text, begin, end), language)
    return form


def _piece(text: str, start: int, end: int) -> Piece:
    return Piece(text[start:end], start).part(0, end - start)


def _begun(line: str, section: str) -> tuple[str, str, int, str] | None:
    """Name, language and text's place of the field that a line begins, and the section it is in."""
    if not section or section == "summary":
        top = _TOP.match(line)
        label = top["label"].strip().lower() if top else ""
        summary = next((name for name in SUMMARY if label.startswith(name)), None)
        if top is not None and summary is not None:
            return summary, "", top.end(), "summary"
    match = _FIELD.match(line)
    if match is None:
        if section == "B" and _SPONSOR.match(line):
            return "Sponsor", "", len(line), section
        if section == "E" and line.rstrip() == "MedDRA Classification":
            return "MedDRA", "", len(line), section
        return None
    code, label = match["code"], match["label"]
    if code == "D.IMP":
        return "IMP", "", match.end(), "D"
    language = _LANGUAGE.search(label)
    name = field_named(code, label.strip().lower())
    if name is None:
        return None
    return name, language["language"] if language else "", match.end(), code[0]


def _block(form: Form, block: Form, name: str, text: str, start: int, end: int) -> Form:
    """The block that a field belongs into; a new one where the field begins one."""
    blocks = {"Sponsor": form.sponsors, "IMP": form.products}.get(name)
    if name in _BLOCKS:
        blocks = form.placebos if _BLOCKS[name] == "placebos" else form.terms
    if blocks is not None:
        begun = Form(start=_piece(text, start, end))
        blocks.append(begun)
        return begun
    inside = {
        "B": form.sponsors and block is form.sponsors[-1],
        "D": form.products and block is form.products[-1],
    }
    if block is form or (inside.get(name[0]) and name != "D.8 information on placebo"):
        return block
    if name.startswith("D.8.") and form.placebos and block is form.placebos[-1]:
        return block
    if name.startswith("E.1.2 ") and form.terms and block is form.terms[-1]:
        return block
    return form


_LISTS = {"b1sponsor": "sponsors", "dimp": "products"}


def form_of(record: dict[str, Any]) -> Form:
    """The form that a decoded JSON record fills in."""
    form = Form(is_json=True)
    _fill(form, record, "", form, 0)
    told = record.get("trialInformation")
    form.has_results = isinstance(told, dict)
    for key, name in _RESULTS.items():
        value = told.get(key) if isinstance(told, dict) else None
        if isinstance(value, str) and value.strip():
            form.add(name, Piece(value, path=f"trialInformation.{key}"))
    return form


# What posted results say of the trial, and the names that it is read by
_RESULTS = {
    "recruitmentStartDate": "results: recruitment starts",
    "primaryCompletionDate": "results: primary completion",
    "globalEndOfTrialDate": "results: trial ends",
    "isrctnIdentifier": "A.5.1",
    "usctnIdentifier": "A.5.2",
    "whoIdentifier": "A.5.3",
}


def _fill(into: Form, record: dict[str, Any], path: str, form: Form, depth: int) -> None:
    if len(record) > _MOST or depth > 4:
        raise Hostile("the record has absurdly many fields.")
    for key, value in record.items():
        if "." in key or "[" in key:
            continue
        here = f"{path}.{key}" if path else key
        if isinstance(value, (list, dict)):
            items = value if isinstance(value, list) else [value]
            blocks = _blocks_of(form, key)
            if blocks is None and not re.match(r"[a-z]\d", key):
                continue  # results, which have a form of their own
            if len(items) > _MOST:
                raise Hostile("a list is absurdly long.")
            if blocks is None and value and (name := key_named(key, record)[0]):
                raw = msgspec.json.encode(value)[:_LONGEST].decode("utf-8", "ignore")
                into.add(name, Unread(raw, path=here))
            for i, item in enumerate(items):
                if not isinstance(item, dict):
                    continue
                block = into
                if blocks is not None:
                    block = Form(is_json=True)
                    blocks.append(block)
                inner = f"{here}[{i}]" if isinstance(value, list) else here
                _fill(block, item, inner, form, depth + 1)
            continue
        if not isinstance(value, str):
            if isinstance(value, bool):
                value = "Yes" if value else "No"
            elif isinstance(value, (int, float)):
                value = str(value)[:40]
            else:
                continue
        if not value.strip():
            continue
        name, language = key_named(key, record)
        if name:
            into.add(name, Piece(value, path=here), language)


def _blocks_of(form: Form, key: str) -> list[Form] | None:
    word = letters(key)
    if word in _LISTS:
        return form.sponsors if _LISTS[word] == "sponsors" else form.products
    if word.startswith("d8"):
        return form.placebos
    return form.terms if word.startswith("e12meddra") else None


def key_named(key: str, record: dict[str, Any]) -> tuple[str, str]:
    """The name of the field that a key stands for, and its language."""
    match = _KEY.fullmatch(key)
    if match is None:
        return "", ""
    code, label = match["code"], letters(match["label"])
    if code in _JSON_SUMMARY:
        return _JSON_SUMMARY[code], ""
    language = ""
    if key[-3:-2] == "_" and key[:-3] in record and key[-2:].isalpha():
        language = key[-2:]
    for begins, name in COMPACT.get(code, ()):
        if label.startswith(begins):
            return name, language
    return "", ""
