"""ISRCTN: the register's own XML, and the JSON that is made of it.

Choices that are not the register's own words:

* The register shows a status that it works out of dates on the day it is asked. A record states
  one only where somebody overrode it, so without that the status is "not reported".
* The sample size is the final enrolment (actual), else the target (estimated). A final enrolment
  of 0 is how the register stores that nobody has entered it.
* Records made before 2024 describe the design in sentences; allocation and masking are read from
  those where the fields of the newer form are not filled in.
* Sponsors and funders stand beside the trial, under numbers that it names them by. JSON often
  has lost them; then a sponsor is "unreadable", with its number.
* Text that says "Not provided at time of registration", and the like, is "not reported".

The register has no field for: whether dates are actual, primary completion, arms, kinds of
sponsor other than commercial or not, a date of posting results.
"""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.errors import InputError, NoIdentifier, Unreadable
from trialweave.model import Draft, Received
from trialweave.sources import _json
from trialweave.sources._source import FieldNote, Source
from trialweave.sources._xml import Node, parse, root_name
from trialweave.sources.europe._documents import from_json, pieces_of, placed
from trialweave.sources.europe._isrctn_trial import Record, harmonise, number_of
from trialweave.sources.europe._tree import Branch, JsonBranch, XmlBranch
from trialweave.sources.known.europe import isrctn, isrctn_with_parties
from trialweave.sources.known.json import survey as survey_json
from trialweave.sources.known.xml import survey as survey_xml

__all__ = ["SOURCE", "read_each", "recognise", "survey"]

_HEAD = 1 << 16
_ROOTS = frozenset({"allTrials", "fullTrial", "trial"})
_NAMESPACE = b"http://www.67bricks.com/isrctn"
_IN_JSON: tuple[tuple[str, ...], ...] = ((), ("fullTrial",), ("allTrials", "fullTrial"))


def recognise(received: Received) -> bool:
    """Whether a document is the register's XML, or JSON made of it."""
    data = received.data
    if _json.looks_like_json(data):
        return b'"isrctn"' in data and b'"trialDescription"' in data
    head = data[:_HEAD]
    if root_name(data) not in _ROOTS:
        return False
    return _NAMESPACE in head or b"<isrctn" in head


def _draft(trial: Branch, beside: Branch, start: int, end: int, where: str) -> Draft:
    record = Record(trial, beside)
    number, written = number_of(record)
    if number is None:
        what = f"{written[:40]!a}, which is no ISRCTN" if written else "no ISRCTN"
        raise NoIdentifier(f"this record of the ISRCTN register states {what}.", where=where)
    body = harmonise(record)
    return Draft("isrctn", number, body, start, end, body.last_update.content)


def _from_xml(received: Received) -> Iterator[Draft | InputError]:
    text = received.text
    found: list[Draft | InputError] = []

    def take(node: Node, start: int, end: int) -> None:
        beside = XmlBranch(node, text)
        trials: list[Branch] = [beside]
        if node.tag == "fullTrial":
            trials = beside.branches("trial")[:1]
        where = f"{received.name}, byte {start}"
        try:
            found.extend([_draft(trial, beside, start, end, where) for trial in trials])
        except InputError as error:
            found.append(placed(error, where))

    record = "trial" if root_name(received.data) == "trial" else "fullTrial"
    try:
        parse(received, record, take)
    except InputError as error:
        found.append(error)
    if not found:
        found.append(Unreadable("this page of ISRCTN holds no trials.", where=received.name))
    yield from found


def _from_json(value: object, piece: _json.Piece, where: str) -> Iterator[Draft]:
    whole = JsonBranch(value)
    for path in _IN_JSON:
        inside: list[Branch] = whole.branches(*path) if path else [whole]
        if any(branch.branches("trial") or branch.cells("isrctn") for branch in inside):
            break
    if not inside:
        raise Unreadable("this record holds no trial.", where=where)
    for beside in inside:
        trial = (beside.branches("trial") or [beside])[0]
        yield _draft(trial, beside, piece.start, piece.end, where)


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """Yield each record of a document as a draft, or as the error for which it cannot be taken.

    A document holds one record, a page of a search, a list, or JSON with one on each line.
    """
    if _json.looks_like_json(received.data):
        yield from from_json(received, _from_json)
    else:
        yield from _from_xml(received)


def survey(received: Received) -> tuple[FieldNote, ...]:
    """What of the fields of a document, XML or JSON, is not as it was known."""
    data = received.data
    if not _json.looks_like_json(data):
        alone = {"trial": isrctn(), "fullTrial": isrctn_with_parties(json=False)}
        root = "trial" if root_name(data) == "trial" else "fullTrial"
        return survey_xml("isrctn", received, {root: alone[root]})
    try:
        pieces = list(pieces_of(data, received.name))
    except InputError:
        return ()
    return survey_json("isrctn", isrctn_with_parties(json=True), data, pieces)


SOURCE = Source("isrctn", "ISRCTN", "registry", recognise, read_each, survey)
