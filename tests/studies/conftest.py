"""Invented records, in as few words as a test needs."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from trialweave.model import (
    Arm,
    ArmResult,
    Finding,
    Intervention,
    PartialDate,
    Publication,
    Record,
    Reference,
    RegistryNumber,
    Section,
    Site,
    Trial,
    Value,
    stated,
)

_RECEIVED = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
_RULE = "test/1"


def say(content: Any, **place: Any) -> Value[Any]:
    return stated(content, _RULE, **place)


def _each(items: Any) -> Value[Any]:
    return say(tuple(say(item) for item in items))


def facts(**said: Any) -> Trial:
    """A trial from plain values: lists of texts become lists of values."""
    fields: dict[str, Any] = {}
    for name, content in said.items():
        if name in ("countries", "conditions", "secondary_sponsors"):
            fields[name] = _each(content)
        elif name == "interventions":
            fields[name] = say(tuple(Intervention(name=say(text)) for text in content))
        elif name == "arms":
            fields[name] = say(tuple(_arm(i, each) for i, each in enumerate(content)))
        elif name == "sites":
            fields[name] = say(tuple(Site(say(place), say(city)) for place, city in content))
        elif name == "secondary_ids":
            fields[name] = say(
                tuple(number(each) if isinstance(each, str) else each for each in content)
            )
        elif name == "references":
            fields[name] = say(
                tuple(Reference(doi=say(doi), kind=say(kind)) for doi, kind in content)
            )
        elif name.endswith("date"):
            fields[name] = say(PartialDate(*content))
        else:
            fields[name] = say(content)
    return Trial(**fields)


def _arm(at: int, said: Any) -> Arm:
    """A size, or a label with a size or None."""
    label, size = said if isinstance(said, tuple) else (f"arm {at}", said)
    return Arm(label=say(label), size=say(size) if size else Value())


def number(text: str, kind: str = "", start: int = -1) -> RegistryNumber:
    span = (start, start + len(text)) if start >= 0 else None
    return RegistryNumber(say(text, span=span), kind=kind)


def record(record_id: str, body: Trial | Publication, version: int = 1) -> Record:
    source, identifier = record_id.split(":", 1)
    trial = body if isinstance(body, Trial) else None
    publication = body if isinstance(body, Publication) else None
    return Record(
        record_id=record_id,
        version=version,
        source=source,
        identifier=identifier,
        kind="trial" if trial is not None else "publication",
        digest="0",
        sha256="0",
        start=0,
        end=1,
        name="invented",
        received_at=_RECEIVED,
        trial=trial,
        publication=publication,
    )


def registration(
    primary: str, source: str = "register", people: tuple[str, ...] = (), **said: Any
) -> Record:
    made = record(f"{source}:{primary}", facts(primary_id=primary, **said))
    return msgspec.structs.replace(made, people=people)


def article(record_id: str, doi: str = "", registrations: Any = (), **said: Any) -> Record:
    own = {
        name: said.pop(name)
        for name in ("title", "publisher", "kind", "report_of", "pmid")
        if name in said
    }
    fields: dict[str, Any] = {name: say(text) for name, text in own.items()}
    if doi:
        fields["doi"] = say(doi)
    if registrations:
        fields["registrations"] = say(
            tuple(number(each) if isinstance(each, str) else each for each in registrations)
        )
    if "published" in said:
        fields["published"] = say(PartialDate(*said.pop("published")))
    if "authors" in said:
        fields["authors"] = _each(said.pop("authors"))
    fields["retold"] = said.pop("retold", False)
    if "sections" in said:
        at, sections = 0, []
        for label, text in said.pop("sections"):
            sections.append(Section(label, say(text, span=(at, at + len(text)))))
            at += len(text)
        fields["sections"] = say(tuple(sections))
    return record(record_id, Publication(trial=facts(**said), **fields))


def finding(record_id: str, *sizes: int, origin: str = "recovered") -> Finding:
    arms = tuple(ArmResult(label=f"arm {n}", n=n, n_origin=origin) for n in sizes)  # type: ignore[arg-type]
    return Finding(f"{record_id}#1", record_id, "mortality", arms=arms)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """Makers of invented records and findings."""
    return SimpleNamespace(
        article=article,
        facts=facts,
        finding=finding,
        number=number,
        record=record,
        registration=registration,
    )
