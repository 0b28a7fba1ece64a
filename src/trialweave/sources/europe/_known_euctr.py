"""The survey of the EU register's records: lines and keys that look like fields of its form.

The form's fields are those of `_euctr_labels`. A line counts as a field of its own only where it
begins with a code of the section that is open, and a label with a colon or question mark: a
criterion that begins with "E. coli" is none.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from trialweave.errors import InputError
from trialweave.model import Received
from trialweave.sources import _json
from trialweave.sources._source import FieldNote
from trialweave.sources.europe._documents import pieces_of
from trialweave.sources.europe._euctr_form import SUMMARY, field_named, key_named, records
from trialweave.sources.europe._euctr_labels import FORM
from trialweave.sources.known import ENOUGH, MUCH, Found

__all__ = ["survey"]

_LINE = re.compile(
    r"^(?P<code>[A-HNP]\.\d{1,2}(?:\.\d{1,2}){0,5})(?:[ ](?:and|to)[ ][A-Z][\d.]{1,9})?"
    r"[ \t]{1,3}(?P<label>[A-Za-z][^:?\n]{2,200})[:?]",
    re.MULTILINE,
)
_TOP = re.compile(r"^(?:(?P<top>[A-Z][A-Za-z' ]{3,60}):|[A-H]\. )", re.MULTILINE)
_SUMMARY = 3_000  # characters of a record in which its summary stands
_MOST = 5_000  # different lines
_ALWAYS = ("A.1", "A.2", "A.3", "E.1.1", "E.3", "E.4", "E.5.1")
# Keys beside the form: of who passes records on, and of posted results, which have a form of
# their own and are left whole but for the trial's dates and numbers
_BESIDE = frozenset(
    {
        *("_id", "ctrname", "record_last_import", "eudractNumber", "eutctId", "sponsor", "country"),
        *("trialInformation", "subjectDisposition", "baselineCharacteristics", "endPoints"),
        *("adverseEvents", "trialChanges", "onlineReferences", "limitationsAndCaveats"),
        *("subjectAnalysisSets", "moreInformation", "firstreceived_results_date"),
        *("version_results_history", "this_results_version", "this_results_date", "is_first"),
        *("results_available", "xsdVersion", "adverseReporting", "endPointArms"),
    }
)
_KEY = re.compile(r"_{0,2}[a-z]\d{0,7}_[a-z_0-9]*|_?dimp|_?b1_sponsor")
_BLOCK = re.compile(r"b1_?sponsor|b4_.*|dimp|d8.*|d38_imp.*|e12_?meddra.*|g4_.*")
_ANY = msgspec.json.Decoder(dict[str, Any])


def survey(received: Received) -> tuple[FieldNote, ...]:
    """What of the fields of a full-text download, or of JSON made of one, is not as known."""
    found = Found("euctr")
    try:
        if _json.looks_like_json(received.data):
            _survey_json(received, found)
        else:
            _survey_text(received.text, found)
    except InputError:
        pass
    return found.notes()


def _is_known(text: str) -> bool:
    """Whether all lines that begin as a field does are those of the form; each is asked once."""
    begins = {line.partition(":")[0] for line in text.split("\n") if line[1:2] == "."}
    if len(begins) > _MOST:
        return False
    codes = set()
    for line in begins:
        match = _LINE.match(f"{line}:")
        if match is not None:
            if field_named(match["code"], match["label"].strip().lower()) is None:
                return False
            codes.add(match["code"])
    return codes >= set(_ALWAYS) and not any(_new_in_summary(text, *each) for each in records(text))


def _new_in_summary(text: str, start: int, end: int) -> list[tuple[str, str]]:
    """Lines of a record's summary that are none of the form's, and what stands in them."""
    unknown = []
    for match in _TOP.finditer(text, start, min(end, start + _SUMMARY)):
        if match["top"] is None:  # the summary has ended
            break
        if not match["top"].lower().startswith(SUMMARY):
            unknown.append((match["top"], text[match.end() : match.end() + 80]))
    return unknown


def _survey_text(text: str, found: Found) -> None:
    if _is_known(text):
        return
    missing = set(_ALWAYS)
    whole = 0
    for start, end in records(text):
        found.record()
        section = ""
        has: set[str] = set()
        unknown = _new_in_summary(text, start, end)
        for match in _LINE.finditer(text, start, end):
            code, label = match["code"], match["label"].strip()
            if field_named(code, label.lower()) is not None:
                section = code[0]
                has.add(code)
            elif code[0] == section:
                said = text[match.end() : match.end() + 80].partition("\n")[0]
                unknown.append((f"{code} {label}", said))
        for path, content in unknown:
            code = path.partition(" ")[0]
            known = [label for label, _ in FORM.get(code, ()) if code not in has]
            found.new(path, content, [f"{code} {label}" for label in known])
        missing -= has
        whole += len(has & set(_ALWAYS)) >= MUCH * len(_ALWAYS)
    _gone(found, missing, whole)


def _survey_json(received: Received, found: Found) -> None:
    missing = set(_ALWAYS)
    whole = 0
    for piece in pieces_of(received.data, received.name):
        try:
            record = _ANY.decode(received.data[piece.start : piece.end])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
            continue
        found.record()
        has: set[str] = set()
        _survey_keys(record, "", found, has, 0)
        missing -= has
        whole += len(has & set(_ALWAYS)) >= MUCH * len(_ALWAYS)
    _gone(found, missing, whole)


def _survey_keys(
    record: dict[str, Any], path: str, found: Found, has: set[str], depth: int
) -> None:
    for key, value in record.items():
        here = f"{path}.{key}" if path else key
        name, _ = key_named(key, record)
        has.add(name.split(" ")[0])
        if isinstance(value, (dict, list)):
            if name and not _BLOCK.fullmatch(key.lstrip("_")):
                found.retyped(here, value)
                continue
            if key in _BESIDE:
                continue
            items = value if isinstance(value, list) else [value]
            objects = [item for item in items if isinstance(item, dict)]
            if name and len(objects) < len(items):
                found.retyped(here, value)
            elif not name and not _BLOCK.fullmatch(key.lstrip("_")):
                found.new(here, value)
            elif depth < 4:
                inner = f"{here}[]" if isinstance(value, list) else here
                for item in objects:
                    _survey_keys(item, inner, found, has, depth + 1)
        elif not name and key not in _BESIDE and value is not None and not key.startswith("_"):
            found.new(here, value)


def _gone(found: Found, missing: set[str], whole: int) -> None:
    if whole >= ENOUGH:
        for code in _ALWAYS:
            if code in missing:
                found.gone(code)
