"""What a study gives: the kind of product, where its cells come from, and the dose.

Read from interventions, arms and titles by general rules, each answer with the record and the field
it was read from. Reviewers' sheets come before registers, registers before articles; within a
record the names of interventions before their descriptions, these before arms, arms before titles,
and the first place that tells is taken. What nobody tells is None: unknown is not no.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from trialweave.model import Arm, Intervention, Record, Trial
from trialweave.studies.facts import product_names
from trialweave.synthesis.doses import Dose, doses_in

__all__ = [
    "Given",
    "Read",
    "broad",
    "comparator_texts",
    "given",
    "is_within",
    "kind_alone",
    "kinds_in",
    "product_texts",
    "sources_in",
]

_LONGEST: Final = 2000  # characters of a text
_TELLING: Final = ("interventions", "arms", "title")
_MOST: Final = 30  # interventions or arms of a record

_CELLS: Final = re.compile(
    r"(?<!free )(?<!-free )\bcells?\b(?!-free| free|[- ](?:carcinoma|lymphoma|leuk\w+|cancer"
    r"|disease|an\w?emia|arteritis|counts?)\b)|\b[\w-]{0,12}MSCs?\b"
    r"|\b(?:HSC|iPSC|MenSC|DPSC|ADSC|ADRC|SVF|BMAC|TIL)s?\b|\bstromal vascular fraction\b"
    r"|\bmarrow (?:aspirate|concentrate)\b",
    re.IGNORECASE,
)
_SECRETOME: Final = re.compile(
    r"\bsecretomes?\b|\bcondition(?:ed|al)[- ](?:medium|media)\b|\bsupernatants?\b", re.IGNORECASE
)
_VESICLES: Final = re.compile(
    r"\bexo(?:some\w*|somal|flo)\b|\b(?:extracellular|nano|micro)[- ]?vesicles?\b|\bEVs\b",
    re.IGNORECASE,
)
_VACCINE: Final = re.compile(r"\bvaccin\w+", re.IGNORECASE)
_PARTED: Final = re.compile(r"\s*(?:[;,+]|\b(?:then|followed by|plus|and)\b)\s*", re.IGNORECASE)
_OF: Final = re.compile(r"\b(?:of|from|by)\b", re.IGNORECASE)
# Types of interventions that registers assign and that say what is given.
_TYPES: Final = frozenset(
    {"drug", "biological", "device", "procedure", "behavioral", "radiation", "dietary supplement"}
)

_SOURCES: Final = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("cord blood", r"\b(?:umbilical[- ])?cord[- ]blood\b|\bh?UCB\b|\bh?UCB[- ]?(?=[\w-]*MSC)"),
        ("Wharton's jelly", r"\bwharton\w*(?:['’]s)?|\bh?WJ(?=[- ]?(?:d-?)?MSC)"),
        (
            "umbilical cord",
            r"\bumbilical(?:[- ]cord)?(?![- ](?:cord[- ])?blood)|\b(?:h|hu)?UC(?=[- ]?(?:d-?)?MSC)",
        ),
        ("placenta", r"\bplacent\w+|\bdecidua\w*|\bchorion\w*"),
        ("amnion", r"\bamnio\w*"),
        (
            "bone marrow",
            r"\b(?:bone[- ])?marrow\b|\b(?:h|hu)?BM(?=[- ]?(?:d-?)?(?:MSC|MNC))|\bBMAC\b",
        ),
        (
            "adipose tissue",
            r"\badipose\b|\bfat[- ]derived\b|\blipoaspirat\w+|\bstromal vascular fraction\b"
            r"|\bADSCs?\b|\b(?:h|hu)?AT?D?(?=[- ]?(?:d-?)?MSC)",
        ),
        ("menstrual blood", r"\bmenstrual\b|\bmenscs?\b|\bMB(?=-?MSC)"),
        ("endometrium", r"\bendometri\w+"),
        ("dental pulp", r"\bdental\b|\bdeciduous te?ee?th\b|\bDPSCs?\b|\bSHED\b"),
        ("peripheral blood", r"\bperipheral[- ]blood\b"),
        ("embryonic stem cells", r"\bembryonic\b|\bh?ESCs?\b"),
        ("pluripotent stem cells", r"\bpluripotent\b|\biPSCs?\b"),
        ("perinatal tissue", r"\bperinatal\b"),
    )
)
_WITHIN: Final = {
    "Wharton's jelly": "umbilical cord",
    "umbilical cord": "perinatal tissue",
    "cord blood": "perinatal tissue",
    "placenta": "perinatal tissue",
    "amnion": "perinatal tissue",
}
# A tissue is a source where cells or what they secrete stand near: "bone marrow failure" is none.
_NEAR_AFTER: Final = re.compile(
    r"(?:[\s/,-]+(?!(?:patients?|disease|failure|transplant\w*)\b)[\w'’()-]+){0,6}?[\s/(-]*"
    r"(?:[\w-]{0,12}MSCs?\b|cells?\b|stem\b|strom|exosom|secretome|vesicle|conditioned|derived\b)",
    re.IGNORECASE,
)
_NEAR_BEFORE: Final = re.compile(
    r"(?:MSCs?|cells?|exosomes?|secretome|vesicles)\s\(?(?:[\w'’-]+\s){0,3}?(?:from|of)\s"
    r"(?:[\w'’-]+\s(?:and\s)?){0,5}\Z",
    re.IGNORECASE,
)
_SHORT: Final = 60  # characters of a description that is but a name ("umbilical cord")

_CONTROL: Final = re.compile(r"\b(?:placebo|sham|controls?|no intervention)\b", re.IGNORECASE)

T = TypeVar("T")


class Read(NamedTuple):
    """Something read of a study, and where: names, the record's id and the field."""

    names: tuple[str, ...]
    record_id: str
    field: str

    def __str__(self) -> str:
        return f"{', '.join(self.names)} ({self.record_id}, {self.field})"


class Given(NamedTuple):
    """What a study gives; None (no doses) where no record tells.

    `product` is of "cells", "secretome", "vesicles", "vaccine", else the register's type ("drug").
    `dose` names where `doses` were read.
    """

    product: Read | None
    source: Read | None
    doses: tuple[Dose, ...]
    dose: Read | None


class _Piece(NamedTuple):
    field: str
    text: str
    is_name: bool


def given(records: Sequence[Record]) -> Given:
    """Read what a study gives; `records` are the current ones of the study."""
    product, source = _first(records, _kinds), _first(records, _cell_sources)
    kinds = frozenset(product[0]) if product is not None else frozenset()
    found = _first(records, functools.partial(_doses, kinds=kinds))
    doses: tuple[Dose, ...] = ()
    dose = None
    if found is not None:
        doses, record_id, field = found
        dose = Read(tuple(each.text for each in doses), record_id, field)
    return Given(
        Read(*product) if product is not None else None,
        Read(*source) if source is not None else None,
        doses,
        dose,
    )


def _first(
    records: Sequence[Record], read: Callable[[Sequence[_Piece]], tuple[T, ...]]
) -> tuple[tuple[T, ...], str, str] | None:
    """What the first record that tells says, its id, and the field."""
    ranked = sorted(
        records,
        key=lambda one: 0 if one.source == "extraction" else 1 if one.kind == "trial" else 2,
    )
    for record in ranked:
        for level in _levels(record):
            if told := read(level):
                return told, record.record_id, level[0].field
    return None


def _levels(record: Record) -> Iterator[list[_Piece]]:
    """The texts that tell of the treatment, the most telling first."""
    about = record.about
    named = {"cell source": "cell source", "dose": "dose"}
    for label in about.other:
        if label.label in named and label.value.content:
            yield [_Piece(named[label.label], label.value.content[:_LONGEST], True)]
    tested = list(_tested(about))
    types = [item.type.content.casefold() for item in tested if item.type.content]
    names = [
        _Piece("interventions", text[:_LONGEST], True)
        for item in tested
        for text in (item.name.content, *(item.other_names.content or ()))
        if text
    ]
    descriptions = [item.description.content for item in tested if item.description.content]
    names += [_Piece("interventions", text, True) for text in descriptions if len(text) <= _SHORT]
    arms = [
        _Piece("arms", text[:_LONGEST], False)
        for arm in _arms(about, control=False)
        for text in (arm.label.content, arm.description.content)
        if text
    ]
    titles = [about.public_title.content, about.scientific_title.content]
    if record.publication is not None:
        titles.append(record.publication.title.content)
    for level in (
        names,
        [
            _Piece("interventions", text[:_LONGEST], False)
            for text in descriptions
            if len(text) > _SHORT
        ],
        arms,
        [_Piece("title", text[:_LONGEST], False) for text in titles if text],
        [_Piece("type of intervention", text, True) for text in dict.fromkeys(types)],
    ):
        if level:
            yield level


def _tested(about: Trial) -> Iterator[Intervention]:
    """Interventions but those that only control arms receive."""
    names = set(product_names(about))
    for item in (about.interventions.content or ())[:_MOST]:
        if (item.name.content or "") in names:
            yield item


def _arms(about: Trial, *, control: bool) -> Iterator[Arm]:
    for arm in (about.arms.content or ())[:_MOST]:
        kind, label = arm.type.content or "", arm.label.content or ""
        known = kind.casefold().startswith(("experimental", "treatment"))
        is_control = not known and bool(_CONTROL.search(kind) or _CONTROL.search(label))
        if is_control == control:
            yield arm


def _kinds(level: Sequence[_Piece]) -> tuple[str, ...]:
    if level[0].field in ("cell source", "dose"):
        return ()
    if level[0].field == "type of intervention":
        return tuple(sorted({piece.text for piece in level} & _TYPES))
    return tuple(sorted({kind for piece in level for kind in kinds_in(piece.text)}))


def kinds_in(text: str) -> frozenset[str]:
    """The kinds of product that a text names; what cells secrete is not the cells.

    >>> sorted(kinds_in("mesenchymal stem cell secretome")), sorted(kinds_in("cells then exosomes"))
    (['secretome'], ['cells', 'vesicles'])
    """
    found: set[str] = set()
    origin = False  # "exosomes of T cells and MSCs": the latter are an origin too
    for part in _PARTED.split(text[:_LONGEST]):
        free = {
            kind
            for kind, pattern in (("secretome", _SECRETOME), ("vesicles", _VESICLES))
            if pattern.search(part)
        }
        if _VACCINE.search(part):
            free.add("vaccine")
        if free:
            origin = bool(_OF.search(part))
        elif _CELLS.search(part) and not origin:
            free = {"cells"}
        found |= free
    return frozenset(found)


def _cell_sources(level: Sequence[_Piece]) -> tuple[str, ...]:
    if level[0].field in ("dose", "type of intervention"):
        return ()
    found = {
        name
        for piece in level
        for name in sources_in(piece.text, alone=piece.is_name and len(piece.text) <= _SHORT)
    }
    return tuple(sorted(found - {_WITHIN.get(name) for name in found}))


def sources_in(text: str, *, alone: bool = False) -> frozenset[str]:
    """The tissues that a text names as the source of cells; where `alone`, also without cells.

    >>> sorted(sources_in("UC-MSCs after bone marrow transplant"))
    ['umbilical cord']
    """
    text = " ".join(text[:_LONGEST].split())
    found = set()
    for name, pattern in _SOURCES:
        for match in pattern.finditer(text):
            whole = re.match(r"[\w-]*", text[match.start() :])
            cells_inside = whole is not None and bool(_CELLS.search(whole[0]))
            if (
                alone
                or cells_inside
                or _NEAR_AFTER.match(text, match.end())
                or _NEAR_BEFORE.search(text[max(match.start() - 120, 0) : match.start()])
            ):
                found.add(name)
                break
    return frozenset(found)


def is_within(source: str, wanted: str) -> bool:
    """Whether a source is the one wanted or a part of it: Wharton's jelly of the umbilical cord."""
    name: str | None = source
    while name is not None:
        if name == wanted:
            return True
        name = _WITHIN.get(name)
    return False


def broad(source: str) -> str:
    """The source under which studies are put together: the umbilical cord for Wharton's jelly."""
    return "umbilical cord" if source == "Wharton's jelly" else source


def _doses(level: Sequence[_Piece], kinds: frozenset[str]) -> tuple[Dose, ...]:
    """The doses that a level tells; volumes and weights beside cells are what they are kept in."""
    if level[0].field == "cell source":
        return ()
    found = [dose for piece in level for dose in doses_in(piece.text)]
    counted = [dose for dose in found if dose.unit.startswith(("cells", "vesicles"))]
    if counted or kinds == {"cells"}:
        found = counted
    return tuple({dose[:3]: dose for dose in reversed(found)}.values())[::-1]


def kind_alone(text: str) -> bool:
    """Whether a text names a kind of product and nothing else: "exosomes", "stem cells" does not.

    >>> kind_alone("Extracellular vesicles"), kind_alone("stem cells")
    (True, False)
    """
    rest = text
    for pattern in (_VESICLES, _SECRETOME, _VACCINE, _CELLS):
        rest = pattern.sub(" ", rest)
    return rest != text and not re.search(r"\w", rest)


def product_texts(records: Iterable[Record]) -> list[str]:
    """Texts that tell of what is tested: of each record its interventions, else arms, else titles.

    A title names the comparator too, so it speaks only where nothing better does.
    """
    found: list[str] = []
    for record in records:
        levels = [level for level in _levels(record) if level[0].field in _TELLING]
        best = levels[0][0].field if levels else ""
        found += [piece.text for level in levels if level[0].field == best for piece in level]
    return found


def comparator_texts(records: Iterable[Record]) -> list[str]:
    """Names of what only control arms receive, and labels and descriptions of these arms."""
    found: list[str | None] = []
    for record in records:
        about = record.about
        names = set(product_names(about))
        for item in (about.interventions.content or ())[:_MOST]:
            if (item.name.content or "") not in names:
                found += [item.name.content, item.description.content]
        for arm in _arms(about, control=True):
            found += [arm.label.content, arm.type.content, arm.description.content]
    return [text[:_LONGEST] for text in found if text]
