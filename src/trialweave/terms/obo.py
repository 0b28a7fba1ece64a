"""OBO 1.2 and 1.4: HPO, MONDO, DOID, the Cell Ontology, FamPlex.

Format: OBO Flat File Format 1.4 (Mungall et al., OBO Foundry, 2020). Of each `[Term]` are read id,
name, alt_id, def, synonym, xref, is_a, is_obsolete, replaced_by; also the synonym tags of OBO 1.0.
Terms that an ontology imports from others are left out and counted by their prefixes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from trialweave.errors import Unreadable
from trialweave.terms.drafting import Drafts
from trialweave.terms.term import Scope

__all__ = ["NAMES", "dated", "kind_of", "owner_of", "read", "scope_of"]

NAMES: Final = {
    "hp": "HPO",
    "mondo": "MONDO",
    "doid": "DOID",
    "cl": "CL",
    "chebi": "CHEBI",
    "uberon": "UBERON",
    "efo": "EFO",
    "fplx": "FPLX",
}
"""What ontologies are called here, by the name that they give themselves."""
_KINDS: Final = {
    "HPO": "phenotype",
    "MONDO": "disease",
    "DOID": "disease",
    "CL": "cell",
    "CHEBI": "chemical",
    "UBERON": "anatomy",
    "FPLX": "protein",
}
_SCOPES: Final[dict[str, Scope]] = {
    "EXACT": "exact",
    "NARROW": "narrow",
    "BROAD": "broad",
    "RELATED": "related",
}
_OLD_TAGS: Final = {
    "exact_synonym": "EXACT",
    "narrow_synonym": "NARROW",
    "broad_synonym": "BROAD",
    "related_synonym": "RELATED",
}
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"\s*(\w*)\s*([^\s\[{]*)')
_ESCAPED = re.compile(r"\\(.)")
_SIGNS: Final = {"n": "\n", "t": "\t", "W": " "}
_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")
_STANZA = re.compile(r"^\[(\w+)\][ \t]*$", re.MULTILINE)


def read(text: str, drafts: Drafts) -> None:
    """Read an OBO file. Raises Unreadable where it is cut in the middle of a term."""
    heads = list(_STANZA.finditer(text))
    header = text[: heads[0].start()] if heads else text
    _header(header, drafts)
    ends = [*(one.start() for one in heads[1:]), len(text)]
    spans = [(one.end(), end) for one, end in zip(heads, ends, strict=False) if one[1] == "Term"]
    ids = Counter(_prefix(text, start) for start, _ in spans)
    if not drafts.vocabulary:
        prefix = ids.most_common(1)[0][0] if ids else ""
        drafts.vocabulary = NAMES.get(prefix.lower(), prefix)
    owner = owner_of(drafts.vocabulary, ids)
    kind = kind_of(drafts.vocabulary)
    for number, (start, end) in enumerate(spans):
        prefix = _prefix(text, start)
        cut = number == len(spans) - 1 and end == len(text)
        if cut and not {"id", "name"} <= {tag for tag, value in _lines(text[start:end]) if value}:
            raise _cut(_first(text[start:end].strip().removeprefix("id:")))
        if owner and prefix != owner:
            drafts.note("terms of other ontologies were left out", prefix)
            continue
        _term(text[start:end], drafts, kind, last=cut)


def owner_of(vocabulary: str, prefixes: Counter[str]) -> str:
    """The prefix of an ontology's own ids; "" where it cannot be told and all are taken."""
    for name, called in NAMES.items():
        if called == vocabulary:
            return next((one for one in prefixes if one.lower() == name), "")
    return ""


def kind_of(vocabulary: str) -> str:
    """What the terms of an ontology are, where all are the same."""
    return _KINDS.get(vocabulary, "")


def dated(version: str) -> str:
    """The date in a version such as "hp/releases/2025-01-16"; without one, its last part."""
    found = _DATE.search(version)
    return found[0] if found else version.strip().rstrip("/").rpartition("/")[2]


def scope_of(scope: str, kind: str) -> Scope:
    """The scope of a synonym by the format's word and the synonym's type."""
    if "abbreviation" in kind.lower() or "acronym" in kind.lower():
        return "abbreviation"
    return _SCOPES.get(scope.upper(), "related")


def _header(header: str, drafts: Drafts) -> None:
    for tag, value in _lines(header):
        if tag == "format-version" and value not in ("1.2", "1.4"):
            drafts.note("OBO versions that are not known; read as 1.4", value)
        elif tag == "data-version":
            drafts.version = drafts.version or dated(value)
        elif tag == "date" and not drafts.version:  # 16:01:2025 09:36
            day = re.match(r"(\d{2}):(\d{2}):(\d{4})", value)
            drafts.version = f"{day[3]}-{day[2]}-{day[1]}" if day else ""
        elif tag == "ontology" and not drafts.vocabulary:
            value = value.lower().removesuffix(".obo")
            drafts.vocabulary = NAMES.get(value, value.upper())


def _prefix(text: str, start: int) -> str:
    at = text.find("id:", start)
    line = text[at + 3 : at + 60] if at >= 0 else ""
    return line.partition(":")[0].strip() if ":" in line else ""


def _lines(stanza: str) -> Iterator[tuple[str, str]]:
    for line in stanza.split("\n"):
        tag, colon, value = line.partition(":")
        if colon:
            yield tag.strip(), value.strip()


def _term(stanza: str, drafts: Drafts, kind: str, *, last: bool) -> None:
    identifier = name = definition = replaced_by = ""
    obsolete = False
    names: list[tuple[str, Scope]] = []
    parents, former, alike = [], [], []
    for tag, value in _lines(stanza):
        if tag == "synonym":
            found = _QUOTED.match(value)
            if found is not None:
                names.append((_plain(found[1]), scope_of(found[2] or "RELATED", found[3])))
            elif last and not stanza.endswith("\n"):
                raise _cut(identifier)
            else:
                drafts.note("synonyms without quotation marks were left out", identifier)
        elif tag == "is_a":
            parents.append(_first(value))
        elif tag == "xref":
            alike.append(_first(value))
        elif tag == "def":
            found = _QUOTED.match(value)
            if found is None and last and not stanza.endswith("\n"):
                raise _cut(identifier)
            definition = _plain(found[1]) if found else value
        elif tag == "name":
            name = _plain(value)
        elif tag == "id":
            identifier = _first(value)
        elif tag == "alt_id":
            former.append(_first(value))
        elif tag == "is_obsolete":
            obsolete = value.startswith("true")
        elif tag == "replaced_by":
            replaced_by = _first(value)
        elif tag in _OLD_TAGS and (found := _QUOTED.match(value)):
            names.append((_plain(found[1]), scope_of(_OLD_TAGS[tag], "")))
    drafts.take(
        identifier,
        [(name, "preferred"), *names],
        kind=kind,
        definition=definition,
        parents=parents,
        alike=[one for one in alike if not one.startswith(("http:", "https:"))],
        obsolete=obsolete,
        replaced_by=replaced_by,
        former=former,
    )


def _cut(identifier: str) -> Unreadable:
    where = f" {identifier}" if identifier else ""
    return Unreadable(f"the file is cut in its last term{where}.")


def _first(value: str) -> str:
    """The id at the beginning of a value, before its comment and modifiers."""
    return value.split(None, 1)[0] if value else ""


def _plain(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: _SIGNS.get(found[1], found[1]), text)
