"""ClinicalTrials.gov: the legacy XML of a record, as the register gave it until 2024.

``<clinical_study>`` is brought into the shape of the register's version 2 and harmonised by the
same rules as the JSON forms, so that all forms of one record give equal trials. Passages are
characters of the received text. What the XML cannot tell, and the other forms can:

* whether a reference was cited as background or found by NLM (`reference` is both);
* what kind of number a secondary number is;
* which arm has which intervention, except from the intervention's own list of arms;
* the order of an intervention's arms, and that a limit of age was left open (it writes "N/A");
* terms with their hierarchy, and everything that the register began to keep after 2021.

Text blocks are wrapped and indented in the XML; for reading they are neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from trialweave.errors import InputError, NoIdentifier, Unreadable
from trialweave.model import (
    Draft,
    Labelled,
    Missingness,
    PartialDate,
    Passage,
    Received,
    Trial,
    Value,
)
from trialweave.sources._source import FieldNote, Source
from trialweave.sources._xml import Node, each, root_name
from trialweave.sources.ctgov.fields import harmonise, identifier, last_update
from trialweave.sources.ctgov.paths import V2
from trialweave.sources.ctgov.xml_study import Spans, block, study_of
from trialweave.sources.known.ctgov import legacy
from trialweave.sources.known.xml import survey as survey_xml

__all__ = ["SOURCE", "read_each", "recognise", "survey"]

_ROOTS = frozenset({"clinical_study", "clinical_studies", "search_results", "studies"})
_RECORD = "clinical_study"
_CRITERIA = "protocolSection.eligibilityModule.eligibilityCriteria"
_HEAD = 1 << 16
_STATED = Missingness.STATED
_LONGEST = 600  # characters; a text beyond it is not repeated beside a value that it does not give


def recognise(received: Received) -> bool:
    """Whether a document is one of the register's XML records, or a list of them."""
    data = received.data
    root = root_name(data)
    if root == _RECORD:
        return True
    return root in _ROOTS and b"<clinical_study" in data[:_HEAD]


class _Placed:
    """Gives each value, which knows its path in version 2, the characters that it stands at."""

    def __init__(self, text: str, spans: Spans) -> None:
        self.text = text
        self.spans = spans

    def all(self, item: Any) -> Any:
        """The same part of a trial with characters for paths, at any depth."""
        if isinstance(item, Value):
            return self.value(item)
        if isinstance(item, tuple):
            return tuple([self.all(part) for part in item])
        if isinstance(item, msgspec.Struct) and not isinstance(item, (PartialDate, Passage)):
            return type(item)(*[self.all(getattr(item, name)) for name in item.__struct_fields__])
        return item

    def value(self, value: Value[Any]) -> Value[Any]:
        """One value, whose words are those that were received."""
        passage = value.passage
        if passage is None or not passage.path:
            if isinstance(value.content, tuple):
                return Value(
                    self.all(value.content), value.missingness, passage, value.rule, value.raw
                )
            return value
        (start, end), exact = self.spans.find(passage.path, passage.start, passage.end)
        at = Passage(start, end) if end else None  # what is said by what is not there
        content, raw = value.content, self.text[start:end]
        if isinstance(content, tuple) and content and isinstance(content[0], msgspec.Struct):
            return Value(self.all(content), value.missingness, at, value.rule)
        if value.missingness is Missingness.WITHHELD:
            return Value(None, value.missingness, at, value.rule)
        if isinstance(content, msgspec.Struct) and not isinstance(content, PartialDate):
            return Value(self.all(content), value.missingness, at, value.rule)
        if passage.path == _CRITERIA and isinstance(content, str):
            content = " ".join(content.split()) if passage.start >= 0 else block(content)
        if not exact or (value.missingness is not _STATED and len(raw) > _LONGEST):
            return Value(content, value.missingness, at, value.rule, value.raw)
        if raw != content:
            return Value(content, value.missingness, at, value.rule, raw)
        return Value(content, value.missingness, at, value.rule)


def _draft(node: Node, start: int, end: int, received: Received) -> Draft:
    where = f"{received.name}, byte {start}"
    spans = Spans(received.text)
    study = study_of(node, spans)
    number, written = identifier(study)
    if number is None:
        what = f"{written[:40]!a}, which is no NCT number" if written else "no NCT number"
        raise NoIdentifier(f"this ClinicalTrials.gov record states {what}.", where=where)
    body = harmonise(study, V2)
    placed: Trial = _Placed(received.text, spans).all(body)
    other = placed.other + tuple(_further(node, spans, received.text))
    placed = msgspec.structs.replace(placed, other=other)
    return Draft("ctgov", number, placed, start, end, last_update(study))


_FURTHER = (
    (("number_of_arms",), "number of arms"),
    (("number_of_groups",), "number of groups"),
    (("source",), "source"),
    (("biospec_retention",), "biospecimens kept"),
)


def _further(node: Node, spans: Spans, text: str) -> Iterator[Labelled]:
    """What the XML states that the other forms' concepts do not cover."""
    for path, label in _FURTHER:
        found = node.child(*path)
        if found is not None:
            content, (start, end) = spans.words(found)
            if content:
                raw = text[start:end]
                yield Labelled(
                    label,
                    Value(
                        content,
                        _STATED,
                        Passage(start, end),
                        "ctgov.text/1",
                        None if raw == content else raw,
                    ),
                )


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """Yield each record of a document as a draft, or as the error for which it cannot be taken."""

    def one(node: Node, start: int, end: int) -> Draft:
        try:
            return _draft(node, start, end, received)
        except msgspec.ValidationError as error:
            raise Unreadable(f"{error}.", where=received.name) from None

    return each(received, _RECORD, one)


def survey(received: Received) -> tuple[FieldNote, ...]:
    """What of the elements of a document is not as it was known."""
    return survey_xml("ctgov", received, {_RECORD: legacy()})


SOURCE = Source("ctgov", "ClinicalTrials.gov", "registry", recognise, read_each, survey)
