"""Vocabularies that a user has under licence, out of the user's own files; never shipped.

SNOMED CT RF2 (Release File Specification): Snapshot files of descriptions, concepts and
relationships. MedDRA (Distribution File Format Document): llt.asc, pt.asc, mdhier.asc, "$" behind
each field. LOINC: Loinc.csv. Each file gives what it says; files of one release are put together
by `reading.joined`.
"""

from __future__ import annotations

from typing import Final

from trialweave.errors import Unreadable
from trialweave.terms.delimited import header_of, picker, quoted_rows, rows, split
from trialweave.terms.drafting import Drafts
from trialweave.terms.term import Scope

__all__ = [
    "is_meddra",
    "read_loinc",
    "read_meddra",
    "read_snomed_descriptions",
    "read_snomed_relations",
]

_FULLY_SPECIFIED: Final = "900000000000003001"
_SYNONYM: Final = "900000000000013009"
_IS_A: Final = "116680003"
_TAGS: Final = {
    "disorder": "disease",
    "finding": "phenotype",
    "substance": "chemical",
    "product": "chemical",
    "medicinal product": "chemical",
    "procedure": "procedure",
    "body structure": "anatomy",
    "cell": "cell",
    "organism": "organism",
}
_HIERARCHY: Final = ((0, 4, 1), (1, 5, 2), (2, 6, 3), (3, 7, -1))  # code, name, broader


def read_snomed_descriptions(text: str, drafts: Drafts) -> None:
    """Read names; the semantic tag in the fully specified one tells the kind. English only."""
    drafts.vocabulary = drafts.vocabulary or "SNOMED CT"
    header = header_of(text, "\t")
    active, concept, language, kind, term = (
        picker(header, name, needed=True)
        for name in ("active", "conceptId", "languageCode", "typeId", "term")
    )
    full: dict[str, tuple[str, str]] = {}
    others: dict[str, list[tuple[str, Scope]]] = {}
    for row in rows(text, drafts):
        if row[active] != "1" or row[language] != "en":
            continue
        if row[kind] == _FULLY_SPECIFIED:
            name, bracket, tag = row[term].rpartition(" (")
            full[row[concept]] = (name, tag.rstrip(")")) if bracket else (row[term], "")
        elif row[kind] == _SYNONYM:
            others.setdefault(row[concept], []).append((row[term], "exact"))
    for identifier in full | others:
        name, tag = full.get(identifier, ("", ""))
        names: list[tuple[str, Scope]] = [(name, "preferred")]
        names += others.get(identifier, [])
        drafts.take(f"SNOMEDCT:{identifier}", names, kind=_TAGS.get(tag, tag))


def read_snomed_relations(text: str, drafts: Drafts) -> None:
    """Read which concepts are broader."""
    drafts.vocabulary = drafts.vocabulary or "SNOMED CT"
    header = header_of(text, "\t")
    active, source, target, kind = (
        picker(header, name, needed=True)
        for name in ("active", "sourceId", "destinationId", "typeId")
    )
    broader: dict[str, list[str]] = {}
    for row in rows(text, drafts):
        if row[active] == "1" and row[kind] == _IS_A:
            broader.setdefault(row[source], []).append(f"SNOMEDCT:{row[target]}")
    for identifier, parents in broader.items():
        drafts.take(f"SNOMEDCT:{identifier}", (), parents=parents)


def is_meddra(line: str) -> bool:
    """Whether a line is one of llt.asc, pt.asc or mdhier.asc."""
    fields = line.rstrip("\r").split("$")
    return len(fields) in (12, 13) and _is_code(fields[0])


def _is_code(text: str) -> bool:
    return len(text) == 8 and text.isascii() and text.isdigit()


def read_meddra(text: str, drafts: Drafts) -> None:
    """Read lowest level terms, preferred terms, or the hierarchy, as the file's fields tell."""
    drafts.vocabulary = drafts.vocabulary or "MedDRA"
    first = text.partition("\n")[0]
    if not is_meddra(first):
        raise Unreadable("its first line has not the fields of llt.asc, pt.asc or mdhier.asc.")
    fields = first.count("$") + 1
    broader: dict[str, dict[str, None]] = {}
    called: dict[str, str] = {}
    not_current = set()
    for row in rows(text, drafts, separator="$", fields=fields, header=False):
        if _is_code(row[1]):  # mdhier: four codes, then their names
            for own, name_of, above in _HIERARCHY:
                called[row[own]] = row[name_of]
                if above >= 0:
                    broader.setdefault(row[own], {})[row[above]] = None
        else:
            called[row[0]] = row[1]
            if _is_code(row[2]):  # llt: its preferred term, and whether it is current
                broader.setdefault(row[0], {})[row[2]] = None
                if row[9] == "N":
                    not_current.add(row[0])
    for code, name in called.items():
        drafts.take(
            f"MedDRA:{code}",
            [(name, "preferred")],
            kind="adverse event",
            parents=[f"MedDRA:{one}" for one in broader.get(code, ())],
            obsolete=code in not_current,
        )


def read_loinc(text: str, drafts: Drafts) -> None:
    """Read observations; deprecated ones are obsolete."""
    drafts.vocabulary = drafts.vocabulary or "LOINC"
    header = header_of(text, ",")
    code = picker(header, "LOINC_NUM", needed=True)
    name = picker(header, "LONG_COMMON_NAME", needed=True)
    component = picker(header, "COMPONENT", needed=True)
    status = picker(header, "STATUS")
    more = [picker(header, one) for one in ("DisplayName", "SHORTNAME", "CONSUMER_NAME")]
    related = picker(header, "RELATEDNAMES2")
    definition = picker(header, "DefinitionDescription")
    table = quoted_rows(text, drafts, separator=",")
    next(table, None)
    for row in table:
        names: list[tuple[str, Scope]] = [(row[name], "preferred")]
        names += [(row[at], "exact") for at in more if at >= 0]
        names.append((row[component], "broad"))
        if related >= 0:
            names += [(one, "related") for one in split(row[related], ";")]
        drafts.take(
            f"LOINC:{row[code]}",
            names,
            kind="measurement",
            definition=row[definition] if definition >= 0 else "",
            obsolete=status >= 0 and row[status] in ("DEPRECATED", "DISCOURAGED"),
        )
