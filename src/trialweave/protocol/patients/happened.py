"""Events against facts: whether something is or was there, when, and for how long.

A record that does not name a thing does not say that it is not there: absence is unknown, unless
the record denies it, or is said to hold everything of its kind. A drug that was ordered is not
known to have been taken. Dates are as precise as they are stated, and decide where all days that
they can mean do.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

from trialweave.protocol.criteria.tree import Event, Window
from trialweave.protocol.patients.facts import Fact, FactKind, Patient, words_of
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.truth import any_of, negated
from trialweave.protocol.patients.verdicts import Evidence, Outcome, Verdict
from trialweave.terms.lexicon import FILLERS
from trialweave.terms.normal import canonical, fold, inflection

__all__ = ["happened", "named"]

_KINDS: Final[dict[str, tuple[FactKind, ...]]] = {
    "drug": ("drug",),
    "procedure": ("procedure",),
    "condition": ("condition",),
    "event": ("condition", "drug", "procedure", "allergy"),
}
_VAGUE: Final = frozenset(
    ("any", "known", "other", "active", "current", "history", "prior", "previous", "patient",
     "subject", "participant", "person", "disease", "disorder", "condition", "diagnosis", "use",
     "treatment", "therapy", "with", "and", "or", "by", "for", "who", "have", "had", "has", "is",
     "are", "was", "be", "receive", "received", "receiving", "taking", "severe", "acute",
     "chronic", "significant", "clinically")
)  # fmt: skip
"""Words that do not say which event is meant."""
_STATES: Final = ("pregnancy", "lactation")
_PAST: Final = re.compile(r"\b(?:histor(?:y|ies)|previous|prior|past|ever|former)\b", re.IGNORECASE)


def happened(one: Event, person: Patient, setting: Setting) -> Verdict:
    """What an event comes to for a person, as written (`present` False asks for its absence)."""
    verdict = _present(one, person, setting)
    return verdict if one.present else negated(verdict)


def named(words: str, fact: Fact) -> bool:
    """Whether the words of an event name a fact: all that matter stand in its label."""
    wanted = _content(words)
    return bool(wanted) and wanted <= words_of(fact.label)


def _present(one: Event, person: Patient, setting: Setting) -> Verdict:
    if one.concept in ("pregnancy", "lactation") and person.sex == "male":
        return Verdict("not met", "male", (Evidence("Patient", person.sex_path, "sex", "male"),))
    matching, unsure = _matching(one.concept, person, setting)
    if matching:
        return _when(one, matching, setting)
    kinds = _KINDS.get(one.kind, _KINDS["event"])
    if not unsure and all(kind in setting.complete for kind in kinds) and _content(one.concept):
        return Verdict("not met", f"the record, said to be complete, names no {one.concept}")
    return Verdict("unknown", f"nothing is known of {one.concept}", (), (one.concept,))


def _matching(words: str, person: Patient, setting: Setting) -> tuple[list[Fact], bool]:
    """The facts that some words name, and whether of some it cannot be said."""
    found = list(person.by_concept.get(words, ()))
    if setting.covers is None:
        return found + [each for each in _named(words, person) if each not in found], False
    unsure = False
    for fact in person.facts:
        if fact.kind != "measurement" and fact not in found:
            said = setting.covers(words, fact)
            unsure = unsure or said is None
            if said or (said is None and named(words, fact)):
                found.append(fact)
    return found, unsure


def _named(words: str, person: Patient) -> list[Fact]:
    """As `named` says of each fact, by the words that the facts have."""
    wanted = [person.by_word.get(word, frozenset()) for word in _content(words)]
    places = frozenset.intersection(*wanted) if wanted else frozenset[int]()
    return [person.facts[place] for place in sorted(places)]


def _when(one: Event, facts: Sequence[Fact], setting: Setting) -> Verdict:
    verdicts = [_one(one, fact, setting) for fact in facts]
    if one.window is not None and one.window.relation == "at_least_before":
        # A washout: the last time counts, so one that is too late decides.
        worst = [each for each in verdicts if each.outcome != "met"]
        return next((each for each in worst if each.outcome == "not met"), None) or (
            worst[0] if worst else verdicts[0]
        )
    said = {each.outcome for each in verdicts}
    denied = [fact for fact in facts if fact.absent or fact.value is False]
    if "met" in said and denied and one.window is None:
        latest = max(facts, key=_moment)
        same = [each for each in facts if _moment(each) == _moment(latest)]
        if len({each in denied for each in same}) > 1:
            return Verdict(
                "conflict", f"{one.concept}: the record says both", tuple(map(_evidence, same))
            )
        return _one(one, latest, setting)
    return any_of(verdicts)


def _one(one: Event, fact: Fact, setting: Setting) -> Verdict:
    """What a single fact says."""
    evidence = (_evidence(fact),)

    def told(outcome: Outcome, why: str) -> Verdict:
        missing = (f"date of {fact.label}",) if outcome == "unknown" else ()
        return Verdict(outcome, f"{fact.label}{why}", evidence, missing)

    if fact.kind == "measurement" and one.window is None and not _fresh(fact, setting):
        return told("unknown", f", {fact.start or 'undated'}: not of late")
    if fact.absent or fact.value is False:
        return told("not met", " is denied")
    if fact.planned and not (one.window and one.window.relation == "within_next"):
        return Verdict(
            "unknown", f"{fact.label} was ordered, not known to be given", evidence,
            (f"whether {fact.label} was given",),
        )  # fmt: skip
    if one.minimum is not None:
        return _lasting(one.minimum, fact, setting, evidence)
    if one.window is None:
        return _whenever(one, fact, setting, evidence)
    relation = one.window.relation
    if relation == "for_at_least":
        return _lasting(one.window, fact, setting, evidence)
    if relation == "at_least_before":
        ended = _days_ago(fact.end or (None if fact.ongoing else fact.start), setting.day)
        if fact.ongoing:
            return told("not met", " is ongoing")
        return told(_at_least(ended, one.window.days), f", {fact.end or fact.start or 'undated'}")
    if relation == "within_past":
        return told(_within(fact, one.window.days, setting.day), f", {fact.start or 'undated'}")
    if relation == "within_next":
        ahead = _days_ago(fact.start, setting.day)
        soon = ahead is not None and -one.window.days <= ahead[0] and ahead[1] <= 0
        return told("met" if soon else "unknown", f", {fact.start or 'undated'}")
    return told("unknown", " at a time that is not understood")


def _fresh(fact: Fact, setting: Setting) -> bool:
    ago = _days_ago(fact.start, setting.day)
    return ago is not None and ago[0] <= setting.fresh_days and ago[1] >= 0


def _whenever(one: Event, fact: Fact, setting: Setting, evidence: tuple[Evidence, ...]) -> Verdict:
    """Without a window: of a state only the present counts; of a condition that is over nobody can
    say whether it counts, unless the words ask for the past."""
    when = f", {fact.start}" if fact.start else ""
    began = _days_ago(fact.start, setting.day)
    if began is not None and began[1] < 0:
        return Verdict("unknown", f"{fact.label}{when}, after {setting.day}", evidence)
    if one.concept in _STATES and not fact.ongoing:
        if fact.over or began is None or began[0] > setting.fresh_days:
            why = "is over" if fact.over else "is not known of late"
            outcome: Outcome = "not met" if fact.over else "unknown"
            missing = () if fact.over else (one.concept,)
            return Verdict(outcome, f"{fact.label}{when} {why}", evidence, missing)
    elif fact.over and not _PAST.search(one.concept[:2_000]):
        why = f"{fact.label}{when} is over; the criterion does not say whether the past counts"
        return Verdict("unknown", why, evidence, (f"whether past {fact.label} counts",))
    return Verdict("met", f"{fact.label}{when}", evidence)


def _lasting(
    window: Window, fact: Fact, setting: Setting, evidence: tuple[Evidence, ...]
) -> Verdict:
    began = _days_ago(fact.start, setting.day)
    ended = (0, 0) if fact.ongoing or fact.end is None else _days_ago(fact.end, setting.day)
    if began is None or ended is None:
        return Verdict(
            "unknown", f"{fact.label}: since when is not known", evidence,
            (f"date of {fact.label}",),
        )  # fmt: skip
    least, most = began[0] - ended[1], began[1] - ended[0]
    outcome: Outcome = (
        "met" if least >= window.days else "not met" if most < window.days else "unknown"
    )
    return Verdict(outcome, f"{fact.label} for {max(least, 0)} days", evidence)


_Days = tuple[int, int] | None


def _days_ago(date: object, day: dt.date) -> _Days:
    """The least and the most days that a date is before `day`; negative after it."""
    from trialweave.model import PartialDate

    if not isinstance(date, PartialDate):
        return None
    return (day - date.latest).days, (day - date.earliest).days


def _at_least(ago: _Days, days: float) -> Literal["met", "not met", "unknown"]:
    if ago is None:
        return "unknown"
    return "met" if ago[0] >= days else "not met" if ago[1] < days else "unknown"


def _within(fact: Fact, days: float, day: dt.date) -> Literal["met", "not met", "unknown"]:
    """Whether any of the time it held lies in the last `days`, today included."""
    began = _days_ago(fact.start, day)
    if began is not None and began[1] < 0:
        return "not met"  # yet to come
    if fact.ongoing:
        return "met"
    ended = _days_ago(fact.end or fact.start, day)
    if ended is None:
        return "unknown"
    return "met" if ended[1] <= days else "not met" if ended[0] > days else "unknown"


def _moment(fact: Fact) -> tuple[dt.date, str]:
    return (fact.start.latest if fact.start else dt.date.min, fact.clock)


def _evidence(fact: Fact) -> Evidence:
    said = "denied" if fact.absent else "" if fact.value is None else str(fact.value)
    return Evidence(fact.resource, fact.path, fact.label, said, str(fact.start or ""))


@lru_cache(maxsize=50_000)
def _content(text: str) -> frozenset[str]:
    """The words that say which event is meant."""
    plain = {word for word in fold(text[:2_000]).split() if word not in FILLERS}
    return frozenset(inflection(canonical(word)) for word in plain - _VAGUE)
