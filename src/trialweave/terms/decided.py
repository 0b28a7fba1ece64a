"""What people said of words and terms, and what follows from it for the mentions of a text.

The latest decision of each person about the same words and term counts, an adjudicator's overrides
those of reviewers, and where they differ nothing follows, as with decisions about links. What was
said of one place goes before what was said of the words everywhere. Nothing depends on which
release of a vocabulary is in use, so that decisions survive every update.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from trialweave.model import Annotation, TermDecision
from trialweave.model.annotation import Assertion
from trialweave.studies.decided import person
from trialweave.terms.assertion import context
from trialweave.terms.fields import FieldText
from trialweave.terms.normal import fold, words

__all__ = [
    "RULE",
    "Ruled",
    "Subject",
    "TermStanding",
    "apply",
    "form_of",
    "places_of",
    "ruled",
    "subject",
    "term_standings",
]

RULE: Final = "said by a person"
_SHORT: Final = 5  # characters of a word whose capitals count

Outcome = Literal["is", "is not", "in dispute"]


class Subject(NamedTuple):
    """What a decision is about; `form` is the folded words, places are -1 for everywhere."""

    vocabulary: str
    term: str
    form: str
    record_id: str = ""
    field: str = ""
    start: int = -1
    end: int = -1


class TermStanding(NamedTuple):
    """What holds of a subject, and the decisions that it follows from."""

    subject: Subject
    outcome: Outcome
    adjudicated: bool
    counted: tuple[TermDecision, ...]

    @property
    def number(self) -> int:
        """The number of the decision that is shown for it: the last that counts."""
        return self.counted[-1].number


class Ruled(NamedTuple):
    """What holds, laid out to be applied: see `ruled`."""

    places: Mapping[str, tuple[TermStanding, ...]]  # by record
    anywhere: Mapping[tuple[str, str, str], TermStanding]  # by vocabulary, term, form
    added: tuple[TermStanding, ...]  # words that name a term wherever they stand


def form_of(text: str) -> str:
    """Words but for case, accents and punctuation; capitals of a short name stay."""
    folded = " ".join(fold(text).split())
    bare = text.strip()
    kept = len(bare) <= _SHORT and any(map(str.isupper, bare[1:]))
    return bare if kept else folded


def subject(entry: TermDecision) -> Subject:
    """What a decision is about."""
    form = form_of(entry.words)
    if not entry.record_id:
        return Subject(entry.vocabulary, entry.term, form)
    place = (entry.record_id, entry.field, entry.start, entry.end)
    return Subject(entry.vocabulary, entry.term, form, *place)


def term_standings(entries: Iterable[TermDecision]) -> tuple[TermStanding, ...]:
    """What holds of each subject of which something does, in the order of the subjects."""
    latest: dict[Subject, dict[str, TermDecision]] = defaultdict(dict)
    for each in sorted(entries, key=lambda each: each.number):
        latest[subject(each)][person(each.who)] = each
    found = []
    for about, by_person in sorted(latest.items()):
        stands = [each for each in by_person.values() if each.verdict != "withdrawn"]
        above = [each for each in stands if each.role == "adjudicator"]
        counted = sorted(above or stands, key=lambda each: each.number)
        if counted:
            verdicts = {each.verdict for each in counted}
            outcome: Outcome = "in dispute"
            if len(verdicts) == 1:
                outcome = "is" if "is" in verdicts else "is not"
            found.append(TermStanding(about, outcome, bool(above), tuple(counted)))
    return tuple(found)


def ruled(entries: Iterable[TermDecision]) -> Ruled:
    """What holds of the decisions, for `apply`; what is in dispute has no effect."""
    places: dict[str, list[TermStanding]] = defaultdict(list)
    anywhere: dict[tuple[str, str, str], TermStanding] = {}
    for each in term_standings(entries):
        if each.outcome == "in dispute":
            continue
        about = each.subject
        if about.record_id:
            places[about.record_id].append(each)
        else:
            anywhere[about.vocabulary, about.term, about.form] = each
    return Ruled(
        {record: tuple(found) for record, found in places.items()},
        anywhere,
        tuple(each for each in anywhere.values() if each.outcome == "is"),
    )


def apply(
    rules: Ruled, record_id: str, field: FieldText, found: Sequence[Annotation]
) -> list[Annotation]:
    """The mentions of one field with what people said of them, in the order of their places."""
    here = [each for each in rules.places.get(record_id, ()) if each.subject.field == field.field]
    if not here and not rules.anywhere:
        return list(found)
    by_place = {each.subject: each for each in here}
    made: list[Annotation] = []
    held: set[tuple[str, str, int, int]] = set()
    for each in found:
        held.add((each.vocabulary, each.term, each.start, each.end))
        said = _said(rules, by_place, each)
        if said is not None:
            stands = said.outcome == "is"
            each = msgspec.structs.replace(each, stands=stands, decided=said.number)
        made.append(each)
    for standing, start, end in _missing(rules, by_place, field):
        about = standing.subject
        if (about.vocabulary, about.term, start, end) not in held:
            made.append(_by_hand(record_id, field, standing, start, end))
    return sorted(made, key=lambda each: (each.start, each.end))


def _said(
    rules: Ruled, by_place: Mapping[Subject, TermStanding], one: Annotation
) -> TermStanding | None:
    key = (one.vocabulary, one.term, form_of(one.matched))
    exact = Subject(*key, one.record_id, one.field, one.start, one.end)
    return by_place.get(exact) or rules.anywhere.get(key)


def _missing(
    rules: Ruled, by_place: Mapping[Subject, TermStanding], field: FieldText
) -> Iterable[tuple[TermStanding, int, int]]:
    """Where a person sees a term, recognised there or not."""
    for about, standing in by_place.items():
        written = field.text[about.start : about.end]
        if standing.outcome == "is" and form_of(written) == about.form:
            yield standing, about.start, about.end
    for standing in rules.added:
        denied = {
            (about.start, about.end)
            for about, said in by_place.items()
            if said.outcome == "is not" and about[:3] == standing.subject[:3]
        }
        for start, end in _found(field.text, standing.subject.form):
            if (start, end) not in denied:
                yield standing, start, end


def places_of(text: str, words: str) -> Iterable[tuple[int, int]]:
    """Where these words stand in a text, as whole words; see `form_of` for what is the same."""
    return _found(text, form_of(words))


def _found(text: str, form: str) -> Iterable[tuple[int, int]]:
    if not form:
        return
    if form == form.casefold():
        plain = fold(text)
        joined = r" {1,9}".join(map(re.escape, form.split()))
        pattern = re.compile(rf"(?<![^ ]){joined}(?![^ ])")
    else:
        plain, pattern = text, re.compile(rf"(?<!\w){re.escape(form)}(?!\w)")
    for each in pattern.finditer(plain):
        yield each.span()


def _by_hand(
    record_id: str, field: FieldText, standing: TermStanding, start: int, end: int
) -> Annotation:
    return Annotation(
        record_id,
        field.field,
        field.role,
        start,
        end,
        field.text[start:end],
        standing.subject.vocabulary,
        standing.subject.term,
        standing.counted[-1].name,
        RULE,
        _assertion(field, start, end),
        True,
        standing.number,
    )


def _assertion(field: FieldText, start: int, end: int) -> Assertion:
    found, starts, ends = words(fold(field.text))
    return context(field.text, found, starts.tolist(), ends.tolist(), field.field).of(start, end)
