"""Patients out of FHIR R4 and R5: bundles of any type, single resources, and NDJSON.

Names, addresses and contact data are never read. Of several versions of one resource the latest
counts; what a deletion in a history names is gone. References are followed whether relative,
absolute, by URN or into the resource itself, and never in circles.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from trialweave.errors import Hostile, TooLarge, UnknownKind, Unreadable, WrongEncoding
from trialweave.protocol.patients.facts import Fact, LeftOut, Patient
from trialweave.protocol.patients.fhir_reading import READ, Resource, facts_of
from trialweave.protocol.patients.fhir_values import date_of, items, text

__all__ = ["read_patients"]

_LARGEST: Final = 512 << 20  # bytes
_MOST: Final = 2_000_000  # resources
_DEEPEST: Final = 6  # bundles in bundles
_SUBJECTS: Final = ("subject", "patient", "beneficiary", "individual")
_SEXES: Final[dict[str, Literal["female", "male", "other"]]] = {
    "female": "female", "male": "male", "other": "other",
}  # fmt: skip

Content = Mapping[str, Any]


class _Entry(NamedTuple):
    """A resource as it came: its address, and the version that it is."""

    address: str
    content: Content
    version: tuple[str, int]


def read_patients(data: bytes, name: str = "") -> tuple[Patient, ...]:
    """The patients of a document, in its order, with every fact that is theirs.

    Raises InputError of the kind that fits: TooLarge, WrongEncoding, Unreadable for what is not
    JSON, Hostile for absurd nesting, UnknownKind for JSON that is no FHIR or has no patient.
    """
    where = name or "the document"
    entries = list(_latest(_entries(_documents(data, where), where)))
    held = _Held(entries)
    people = [each for each in entries if each.content.get("resourceType") == "Patient"]
    if not people:
        raise UnknownKind(
            "there is no Patient in it.",
            where=where,
            next_step="Export the Patient resource together with the others.",
        )
    found: dict[int, list[Fact | LeftOut]] = {id(each.content): [] for each in people}
    unread: Counter[str] = Counter()
    stray: list[LeftOut] = []
    for entry in entries:
        kind = text(entry.content.get("resourceType"))
        if kind == "Patient":
            continue
        if kind not in READ:
            unread[kind] += 1
            continue
        called = _called(entry)
        person = held.subject(entry.content)
        if person is None or id(person) not in found:
            stray.append(LeftOut(called, "it names no patient of this document"))
            continue
        resource = Resource(called, entry.content, held.lookup(entry.content))
        found[id(person)].extend(facts_of(resource))
    left = [LeftOut(kind, f"{n} of a kind that is not read") for kind, n in sorted(unread.items())]
    return tuple(_patient(each, found[id(each.content)], (*stray, *left)) for each in people)


def _patient(entry: _Entry, read: Iterable[Fact | LeftOut], common: Iterable[LeftOut]) -> Patient:
    content = entry.content
    birth, _ = date_of(content.get("birthDate"))
    told = list(read)
    facts, superseded = _without_superseded([each for each in told if isinstance(each, Fact)])
    out = [each for each in told if isinstance(each, LeftOut)]
    return Patient(
        identifier=text(content.get("id")) or _called(entry),
        birth=birth,
        sex=_SEXES.get(text(content.get("gender")), ""),
        facts=facts,
        left_out=(*out, *superseded, *common),
        birth_path="birthDate" if birth else "",
        sex_path="gender" if text(content.get("gender")) else "",
        deceased=content.get("deceasedBoolean") is True or bool(content.get("deceasedDateTime")),
    )


def _without_superseded(facts: list[Fact]) -> tuple[tuple[Fact, ...], tuple[LeftOut, ...]]:
    """Values that cannot be (a weight of 0) left out."""
    kept = tuple(each for each in facts if each.kind != "measurement" or each.value is not None)
    gone = tuple(
        LeftOut(each.resource, f"{each.label} cannot be 0 or less")
        for each in facts
        if each.kind == "measurement" and each.value is None
    )
    return kept, gone


# -- the resources of a document ---------------------------------------------------------------


def _documents(data: bytes, where: str) -> Iterator[object]:
    """The JSON values of a document: one, or one a line."""
    if len(data) > _LARGEST:
        raise TooLarge(
            f"{len(data):,} bytes; {_LARGEST:,} are the most.",
            where=where,
            next_step="Split it into several files.",
        )
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongEncoding(
            "not valid UTF-8.", where=where, next_step="Save it again as UTF-8."
        ) from None
    start = content.lstrip()[:1]
    if start == "<":
        raise Unreadable(
            "this is XML; FHIR is read as JSON.",
            where=where,
            next_step="Ask the server for application/fhir+json.",
        )
    try:
        yield json.loads(content)
        return
    except RecursionError:
        raise _nested(where) from None
    except ValueError as error:
        reason = str(error)
    lines = [line for line in content.splitlines() if line.strip()]
    if len(lines) < 2:
        raise Unreadable(f"not JSON: {reason}.", where=where, next_step="Export it again.")
    for number, line in enumerate(lines, 1):
        try:
            yield json.loads(line)
        except RecursionError:
            raise _nested(where) from None
        except ValueError:
            raise Unreadable(
                f"neither JSON nor a resource a line: line {number} is no JSON.",
                where=where,
                next_step="Export it again, as a bundle or as NDJSON.",
            ) from None


def _nested(where: str) -> Hostile:
    return Hostile("nested absurdly deep.", where=where, next_step="Export it again.")


def _entries(documents: Iterable[object], where: str) -> Iterator[_Entry]:
    """Every resource, those of bundles in bundles too; deletions as entries without content."""
    waiting: list[tuple[str, object, int]] = [("", each, 0) for each in documents]
    waiting.reverse()
    count, known = 0, False
    while waiting:
        address, value, depth = waiting.pop()
        if isinstance(value, list) and depth == 0:
            waiting.extend(("", each, 1) for each in reversed(value))
            continue
        if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
            continue
        known = True
        if value["resourceType"] == "Bundle":
            if depth > _DEEPEST:
                raise _nested(where)
            waiting.extend(reversed(list(_of_bundle(value, depth))))
            continue
        count += 1
        if count > _MOST:
            raise TooLarge(f"over {_MOST:,} resources.", where=where, next_step="Split it.")
        yield _Entry(address, value, _version(value))
    if not known:
        raise UnknownKind(
            "it is no FHIR: nothing in it has a resourceType.",
            where=where,
            next_step="Give a FHIR bundle, resources as NDJSON, or a cohort as CSV.",
        )


def _of_bundle(bundle: Content, depth: int) -> Iterator[tuple[str, object, int]]:
    for entry in items(bundle.get("entry") or []):
        address = text(entry.get("fullUrl"))
        request = entry.get("request")
        gone = isinstance(request, dict) and request.get("method") == "DELETE"
        if gone and not entry.get("resource"):
            kind, _, identifier = text(request.get("url")).partition("/")  # type: ignore[union-attr]
            told = {"resourceType": kind or "?", "id": identifier, "_deleted": True}
            yield address, told, depth + 1
        else:
            yield address, entry.get("resource"), depth + 1


def _version(content: Content) -> tuple[str, int]:
    """Orders versions of one resource: when it was last updated, then its number."""
    meta = content.get("meta")
    if not isinstance(meta, dict):
        return "", 0
    number = text(meta.get("versionId"))
    return text(meta.get("lastUpdated")), int(number) if number.isdecimal() else 0


def _latest(entries: Iterable[_Entry]) -> Iterator[_Entry]:
    """Of several versions of a resource the latest, in the order of the first ones; what was
    deleted is gone. In a history, which lists the newest first, one without a date comes after."""
    best: dict[str, _Entry] = {}
    for place, entry in enumerate(entries):
        key = _key(entry.content) or entry.address or f"#{place}"
        held = best.get(key)
        if held is None or entry.version > held.version:
            best[key] = entry
    yield from (each for each in best.values() if not each.content.get("_deleted"))


def _key(content: Content) -> str:
    kind, identifier = text(content.get("resourceType")), text(content.get("id"))
    return f"{kind}/{identifier}" if identifier else ""


def _called(entry: _Entry) -> str:
    return _key(entry.content) or entry.address or text(entry.content.get("resourceType"))


class _Held:
    """All resources by every address under which a reference can name them."""

    def __init__(self, entries: Iterable[_Entry]) -> None:
        self._by_address: dict[str, Content] = {}
        self._people: list[Content] = []
        for entry in entries:
            for address in (entry.address, _key(entry.content)):
                if address:
                    self._by_address.setdefault(address, entry.content)

    def subject(self, content: Content) -> Content | None:
        """The patient that a resource is of."""
        for name in _SUBJECTS:
            found = self._find(content.get(name), content)
            if found is not None and found.get("resourceType") == "Patient":
                return found
        return None

    def lookup(self, content: Content) -> Any:
        """How to follow a reference that stands in a resource."""
        return lambda reference: self._find(reference, content)

    def _find(self, reference: object, holder: Content) -> Content | None:
        if not isinstance(reference, dict):
            return None
        address = text(reference.get("reference")).partition("/_history/")[0]
        if address.startswith("#"):
            inside = items(holder.get("contained") or [])
            return next((each for each in inside if text(each.get("id")) == address[1:]), None)
        found = self._by_address.get(address)
        if found is None and "/" in address:
            found = self._by_address.get("/".join(address.split("/")[-2:]))
        return found if address else None
