"""MeSH as XML: desc2026.xml (descriptors), supp2026.xml (supplementary records), qual2026.xml.

Format: MeSH XML data elements, U.S. National Library of Medicine. Each record is cut out of the
file and parsed by itself: so memory stays small, and neither a document type nor an entity of the
file's own is ever heeded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

from trialweave.errors import Hostile, Unreadable
from trialweave.terms._mesh import RELATIONS, kind_of, registry
from trialweave.terms.drafting import Drafts
from trialweave.terms.term import Scope

__all__ = ["ROOTS", "read"]

ROOTS: Final = {
    "DescriptorRecordSet": ("DescriptorRecord", "DescriptorUI", "DescriptorName"),
    "SupplementalRecordSet": (
        "SupplementalRecord",
        "SupplementalRecordUI",
        "SupplementalRecordName",
    ),
    "QualifierRecordSet": ("QualifierRecord", "QualifierUI", "QualifierName"),
}
"""Of each root: the element of a record, of its id, of its name."""
_PROLOG: Final = 1 << 16
_DTD_YEAR = re.compile(rb"<!DOCTYPE[^>]{0,300}?_(\d{4})\d{4}\.dtd")
_SUBSET = re.compile(rb"<!DOCTYPE[^>\[]{0,1000}\[|<!ENTITY")
_LARGEST_RECORD: Final = 32 * 1024 * 1024
_ABBREVIATIONS: Final = frozenset({"ABB", "ABX", "ACR", "ACX"})


def read(data: bytes, root: str, drafts: Drafts) -> None:
    """Read a record set; `root` is one of `ROOTS`.

    Raises Unreadable where it is cut or malformed, Hostile where it brings entities of its own.
    """
    element, identifier, name = ROOTS[root]
    at = data.find(b"<" + root.encode())
    if _SUBSET.search(data, 0, max(at, 0)):
        raise Hostile("it declares entities of its own, which no release of MeSH does.")
    year = _DTD_YEAR.search(data, 0, _PROLOG)
    if year and not drafts.version:
        drafts.version = year[1].decode()
    drafts.vocabulary = drafts.vocabulary or "MeSH"
    for record in _records(data, element.encode(), f"</{root}>".encode(), at):
        _record(record, identifier, name, drafts)


def _records(
    data: bytes, element: bytes, end_of_file: bytes, at: int
) -> Iterator[ElementTree.Element]:
    opening, closing = re.compile(b"<" + element + rb"[\s>]"), b"</" + element + b">"
    while found := opening.search(data, at):
        end = data.find(closing, found.start(), found.start() + _LARGEST_RECORD)
        if end < 0:
            raise Unreadable("the XML is cut in the middle of a record.")
        at = end + len(closing)
        try:
            yield ElementTree.fromstring(data[found.start() : at])
        except (ElementTree.ParseError, ValueError) as error:
            raise Unreadable(f"a record is not well-formed XML: {error}.") from None
    if data.find(end_of_file, at) < 0:
        raise Unreadable(f"the XML is cut: it has no {end_of_file.decode()}.")


def _record(record: ElementTree.Element, identifier: str, name: str, drafts: Drafts) -> None:
    preferred = record.findtext(f"{name}/String", "")
    names: list[tuple[str, Scope]] = [(preferred, "preferred")]
    definition, alike = "", []
    concepts = record.findall("ConceptList/Concept")
    scopes = _scopes(concepts)
    for concept in concepts:
        scope: Scope = scopes.get(concept.findtext("ConceptUI", ""), "related")
        if concept.get("PreferredConceptYN") == "Y":
            scope = "exact"
            definition = concept.findtext("ScopeNote", "")
            alike = [registry(one.text or "") for one in concept.iter("RegistryNumber")]
        for term in concept.iterfind("TermList/Term"):
            short = term.get("LexicalTag", "") in _ABBREVIATIONS
            names.append((term.findtext("String", ""), "abbreviation" if short else scope))
    numbers = [one.text or "" for one in record.iterfind("TreeNumberList/TreeNumber")]
    mapped = [
        (one.text or "").lstrip("*")
        for one in record.iterfind(
            "HeadingMappedToList/HeadingMappedTo/DescriptorReferredTo/DescriptorUI"
        )
    ]
    drafts.take(
        record.findtext(identifier, ""),
        names,
        kind=kind_of(numbers, record.get("SCRClass", "")),
        definition=definition or record.findtext("Note", ""),
        parents=mapped,
        numbers=numbers,
        alike=[one for one in alike if one],
    )


def _scopes(concepts: list[ElementTree.Element]) -> dict[str, Scope]:
    """Of each concept that is not the preferred one, how it stands to that."""
    found: dict[str, Scope] = {}
    for concept in concepts:
        for relation in concept.iterfind("ConceptRelationList/ConceptRelation"):
            scope = RELATIONS.get(relation.get("RelationName", ""))
            if scope is not None:
                found[relation.findtext("Concept2UI", "")] = scope
    return found
