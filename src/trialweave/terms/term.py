"""A vocabulary in memory: its release, its terms, their names and their places in the tree."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["Link", "Name", "Release", "Scope", "Term"]

Scope = Literal["preferred", "exact", "narrow", "broad", "related", "abbreviation", "symbol"]
"""How a name belongs to its term; only the first two and symbols stand for it by themselves."""


class Name(msgspec.Struct, frozen=True, gc=False):
    """One name of a term, as the vocabulary writes it."""

    text: str
    scope: Scope = "exact"


class Term(msgspec.Struct, frozen=True, gc=False):
    """One concept. `id` is the vocabulary's own ("HP:0001945", "D003920", "HGNC:1097").

    `names` has the preferred one first. `parents` are ids of broader terms, `numbers` places in a
    printed tree ("C01.748.610"), `alike` ids of the same thing elsewhere. A term that was retired
    is `obsolete`, with `replaced_by` where the vocabulary says; `former` are ids that were merged
    into this one.
    """

    id: str
    names: tuple[Name, ...]
    kind: str = ""  # "disease", "chemical", "gene", "phenotype", "protein", "cell", "variant", …
    definition: str = ""
    parents: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    obsolete: bool = False
    replaced_by: str = ""
    former: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The preferred name."""
        return self.names[0].text if self.names else self.id


class Link(msgspec.Struct, frozen=True, gc=False):
    """What a release says of one of the terms and a thing of another vocabulary."""

    term: str  # "HP:0001945", "VAR_000005"
    relation: str  # "gene", "disease"
    other: str  # the other's id: "NCBIGene:10"; "" where only its name is given
    label: str = ""  # what the other is called: "NAT2"
    note: str = ""  # "OMIM:243400; 15/15"


class Release(msgspec.Struct, frozen=True):
    """One release of a vocabulary: what it is called, which version, under what terms of use."""

    vocabulary: str  # "MeSH", "HPO", "HGNC", "MONDO", "DOID", "CL", "UNII", "RxNorm", "UniProt"
    version: str
    licence: str
    citation: str
    terms: tuple[Term, ...]
    notes: tuple[str, ...] = ()  # what was left out in reading, and why
    links: tuple[Link, ...] = ()
