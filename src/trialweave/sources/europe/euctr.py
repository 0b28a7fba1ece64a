"""EU Clinical Trials Register: the full-text download, and JSON made of it.

The register has one record for each country of a trial. Each is a record of its own here: its
identifier is the EudraCT number with the country's code, its registry number the EudraCT number
alone, which is how the records of one trial come together.

Choices that are not the register's own words:

* The sample size is that of the whole trial (F.4.2.2). The country's part (F.4.1) is the sample
  size only where the record says that no other country takes part; else it stands apart.
* The register asks for bands of age, not for limits: a limit that a band begins with is not the
  trial's. Bands stand apart, and minimum and maximum age are fields that the register lacks.
* The purpose is stated where exactly one of diagnosis, prophylaxis and therapy is.
* "Ongoing" says that a trial is authorised and has not ended, not whether it recruits.
* The date of the authority's decision is no date of first enrolment, and stands apart.
* End points are one text each, which is not cut into outcomes.
* JSON may hold posted results beside the form: they give first enrolment, numbers of other
  registers, arms, who is masked, participant flow, baseline, end points and adverse events.
* The number analysed is stated for an end point as a whole; that of a category only in its name.

The register's form has no field for: acronyms other than the abbreviated title, keywords, arms,
ages in years, kind of study, who is masked, first enrolment, why a trial stopped, primary
completion, results (they are documents of their own), references, sharing of data, sites,
summaries, and the date of a record's last change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trialweave.errors import InputError, NoIdentifier, Unreadable
from trialweave.model import Draft, Received
from trialweave.sources import _json
from trialweave.sources._source import Source
from trialweave.sources.europe._documents import from_json, placed
from trialweave.sources.europe._euctr_form import Form, form_of, from_text, records
from trialweave.sources.europe._euctr_posted import with_results
from trialweave.sources.europe._euctr_trial import country_code, harmonise, number_of
from trialweave.sources.europe._known_euctr import survey

__all__ = ["SOURCE", "read_each", "recognise"]

_HEAD = 1 << 16
_BEGINS = re.compile(rb"^Summary[ \t]*\r?\nEudraCT Number[ \t]*:", re.MULTILINE)


def recognise(received: Received) -> bool:
    """Whether a document is a full-text download, or JSON made of one."""
    data = received.data
    if _json.looks_like_json(data):
        return b'"a2_eudract_number"' in data
    return _BEGINS.search(data[:_HEAD].removeprefix(_json.BOM)) is not None


def _draft(
    form: Form, start: int, end: int, where: str, value: dict[str, Any] | None = None
) -> Draft:
    number, written = number_of(form)
    if number is None:
        what = f"{written[:40]!a}, which is no EudraCT number" if written else "no EudraCT number"
        raise NoIdentifier(f"this record of the EU register states {what}.", where=where)
    code = country_code(form)
    trial = harmonise(form)
    if value is not None:
        trial = with_results(trial, value)
    return Draft("euctr", f"{number}-{code}" if code else number, trial, start, end)


def _from_json(value: object, piece: _json.Piece, where: str) -> Iterator[Draft]:
    if not isinstance(value, dict):
        raise Unreadable("this is no record of the EU register.", where=where)
    yield _draft(form_of(value), piece.start, piece.end, where, value)


def read_each(received: Received) -> Iterator[Draft | InputError]:
    """Yield each country's record as a draft, or as the error for which it cannot be taken."""
    data, name = received.data, received.name
    if _json.looks_like_json(data):
        yield from from_json(received, _from_json)
        return
    text = received.text
    at = len(data) - len(text.encode())  # a byte order mark is not part of the text
    done = found = 0
    for start, end in records(text):
        at += len(text[done:start].encode())
        begin = at
        at += len(text[start:end].encode())
        done = end
        found += 1
        where = f"{name}, record {found}"
        try:
            yield _draft(from_text(text, start, end), begin, at, where)
        except InputError as error:
            yield placed(error, where)
    if not found:
        yield Unreadable("this download of the EU register holds no records.", where=name)


SOURCE = Source(
    "euctr",
    "EU Clinical Trials Register",
    "registry",
    recognise,
    read_each,
    survey,
)
