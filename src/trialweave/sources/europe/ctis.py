"""EU Clinical Trials Information System: JSON as its public interface gives it.

Both shapes are read: until June 2024 the authorised application's parts stood at the top of a
record, since then they stand in ``authorizedApplication``.

Choices that are not the register's own words:

* The status is the public status of the whole trial (``ctPublicStatusCode``, 1 to 12); in the new
  shape ``ctStatus`` is that of an application and says nothing of the trial.
* The sample size is the sum of the member states' parts and, if any, the part outside the EEA.
  The older shape's ``totalNumberEnrolled`` leaves out the last, so it counts only alone.
* The register asks for bands of age, which stand apart; its list of associated trials names other
  trials, so their numbers are no secondary numbers of this one.
* Methods of blinding are codes of a list that the register does not publish with its records:
  they are kept unread, the masked roles are named. Allocation: 1 randomised, 2 not, 3 does not
  apply (list 57 of the register's data dictionary). A plan to share data that is a code and no
  text is unreadable for the same reason.
* What each member state plans to recruit stands apart, beside the sum.

The register has no field for: a date of registration (the first application's and decisions'
dates stand apart), kind of study, ages in years, keywords, why a trial stopped, primary
completion, the ethics committee's opinion apart from the state's decision, summaries.
"""

from __future__ import annotations

from collections.abc import Iterator

from trialweave.errors import InputError, NoIdentifier, Unreadable
from trialweave.model import Draft, Received
from trialweave.sources import _json
from trialweave.sources._source import FieldNote, Source
from trialweave.sources.europe._ctis_record import Record, last_update, number_of
from trialweave.sources.europe._ctis_trial import harmonise
from trialweave.sources.europe._documents import from_json, pieces_of
from trialweave.sources.known import europe as known_europe
from trialweave.sources.known.json import survey as survey_json

__all__ = ["SOURCE", "read_each", "recognise", "survey"]


def recognise(received: Received) -> bool:
    """Whether a document is of the system's, by its keys."""
    data = received.data
    if not _json.looks_like_json(data):
        return False
    return b'"ctNumber"' in data and (
        b'"authorizedPartI"' in data or b'"ctPublicStatusCode"' in data
    )


def _from_json(value: object, piece: _json.Piece, where: str) -> Iterator[Draft]:
    if not isinstance(value, dict):
        raise Unreadable("this is no record of the EU's information system.", where=where)
    record = Record(value)
    number, written = number_of(record)
    if number is None:
        what = f"{written[:40]!a}, which is no EU CT number" if written else "no EU CT number"
        raise NoIdentifier(f"this record of the EU's information system states {what}.",
                           where=where)  # fmt: skip
    yield Draft("ctis", number, harmonise(record), piece.start, piece.end, last_update(record))


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """Yield each record of a document as a draft, or as the error for which it cannot be taken.

    A document holds one record, a list of them, or one on each line.
    """
    yield from from_json(received, _from_json)


def survey(received: Received) -> tuple[FieldNote, ...]:
    """What of the fields of a document is not as it was known."""
    try:
        pieces = list(pieces_of(received.data, received.name))
    except InputError:
        return ()
    return survey_json("ctis", known_europe.ctis(), received.data, pieces)


SOURCE = Source(
    "ctis",
    "EU CTIS",
    "registry",
    recognise,
    read_each,
    survey,
)
