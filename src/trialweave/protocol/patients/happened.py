"""Events against facts: whether something is or was there, when, and for how long.

A record that does not name a thing does not say that it is not there: absence is unknown, unless
the record denies it, or is said to hold everything of its kind. So too for a time: a stroke of 2010
does not say that there was none since. A drug that was ordered is not known to have been taken, a
diagnosis that is suspected not known to be right. Dates are as precise as they are stated, and
decide where all days that they can mean do.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Final, Literal

from trialweave.model import PartialDate
from trialweave.protocol.criteria.tree import Event, Window
from trialweave.protocol.patients.facts import Fact, FactKind, Patient, words_of
from trialweave.protocol.patients.known import moment
from trialweave.protocol.patients.setting import Setting
from trialweave.protocol.patients.truth import any_of, negated
from trialweave.protocol.patients.verdicts import Evidence, Outcome, Verdict
from trialweave.terms.lexicon import FILLERS
from trialweave.terms.normal import canonical, fold, inflection

__all__ = ["EMPTY", "happened", "named"]

_KINDS: Final[dict[str, tuple[FactKind, ...]]] = {
    "drug": ("drug",),
    "procedure": ("procedure",),
    "condition": ("condition",),
    "event": ("condition", "drug", "procedure"),
}
EMPTY: Final = frozenset(
    ("any", "known", "other", "history", "prior", "previous", "patient", "subject", "participant",
     "person", "diagnosis", "use", "treatment", "therapy", "with", "and", "or", "by", "for", "who",
     "have", "had", "has", "is", "are", "was", "be", "receive", "received", "receiving", "taking",
     "clinically")
)  # fmt: skip
"""Words that do not say which event is meant."""
_QUALIFYING: Final = frozenset(
    ("active", "current", "acute", "chronic", "severe", "moderate", "mild", "significant",
     "uncontrolled", "unstable", "symptomatic")
)  # fmt: skip
"""Words that narrow an event; where a record does not have them, it does not say that it is so."""
_STATES: Final = ("pregnancy", "lactation")
_ALLERGIC: Final = frozenset(
    ("allergy", "allergic", "hypersensitivity", "hypersensitive", "intolerance", "anaphylaxis",
     "anaphylactic", "reaction", "sensitivity")
)  # fmt: skip
_NONE_KNOWN: Final = frozenset(("716186003", "160244002"))  # SNOMED CT: no known allergies at all
_SUDDEN: Final = frozenset(
    ("infarction", "stroke", "attack", "arrest", "haemorrhage", "hemorrhage", "bleeding",
     "embolism", "seizure", "fracture", "injury", "trauma", "rupture", "perforation",
     "exacerbation", "accident", "hospitalization", "hospitalisation")
)  # fmt: skip
"""What happens on a day: lists of problems keep it "active" for years."""
_PAST: Final = re.compile(r"\b(?:histor(?:y|ies)|previous|prior|past|ever|former)\b", re.IGNORECASE)


def happened(one: Event, person: Patient, setting: Setting) -> Verdict:
    """What an event comes to for a person, as written (`present` False asks for its absence)."""
    verdict = _present(one, person, setting)
    return verdict if one.present else negated(verdict)


def named(words: str, fact: Fact) -> bool:
    """Whether the words of an event name a fact: all that matter stand in its label, those that
    only narrow it aside."""
    wanted = _content(words)
    return bool(wanted) and wanted <= words_of(fact.label)


def _present(one: Event, person: Patient, setting: Setting) -> Verdict:
    if one.concept in _STATES and person.sex == "male":
        return Verdict("not met", "male", (Evidence("Patient", person.sex_path, "sex", "male"),))
    kinds = _kinds(one)
    whole = all(kind in setting.complete for kind in kinds) and bool(_content(one.concept))
    matching, unsure = _matching(one.concept, kinds, person, setting)
    if matching:
        verdict = _when(one, matching, setting, whole)
        return verdict if whole else _since_then(one, verdict, matching)
    if whole and not unsure:
        return Verdict("not met", f"the record, said to be complete, names no {one.concept}")
    return Verdict("unknown", f"nothing is known of {one.concept}", (), (one.concept,))


def _kinds(one: Event) -> tuple[FactKind, ...]:
    """The kinds of fact that can say so; an allergy is no use of the drug."""
    if _content(one.concept) & _allergic():
        return ("allergy", "condition")
    return _KINDS.get(one.kind, _KINDS["event"])


def _since_then(one: Event, verdict: Verdict, facts: Sequence[Fact]) -> Verdict:
    """Of what the record does not hold all, the last that it names need not be the last there was:
    only where it is denied, or said to be over, does that decide."""
    relation = one.window.relation if one.window else ""
    past = relation == "at_least_before" and verdict.outcome == "met"
    timed = one.minimum is not None or relation in ("within_past", "for_at_least")
    if not past and not (timed and verdict.outcome == "not met"):
        return verdict
    last = max(facts, key=_ended)
    if last.absent or last.value is False or last.over or last.end is not None:
        return verdict
    why = f"{last.label}, {last.start or 'undated'}; whether again since is not known"
    return Verdict("unknown", why, verdict.evidence, (f"{one.concept} since {last.start}",))


def _matching(
    words: str, kinds: Collection[FactKind], person: Patient, setting: Setting
) -> tuple[list[Fact], bool]:
    """The facts that some words name, and whether of some it cannot be said."""
    found = list(person.by_concept.get(words, ()))
    found += [each for each in _named(words, kinds, person) if each not in found]
    if setting.covers is None:
        return found, False
    unsure = False
    for fact in person.facts:
        if fact.kind in kinds and fact not in found:
            said = _covered(words, fact, setting.covers)
            unsure = unsure or said is None
            if said:
                found.append(fact)
    return found, unsure


def _covered(words: str, fact: Fact, covers: Callable[[str, Fact], bool | None]) -> bool | None:
    """Whether a fact is an instance of the words, or of them without those that narrow."""
    said = covers(words, fact)
    narrowing = _split(words)[1]
    if said or not narrowing:
        return said
    return covers(" ".join(each for each in fold(words).split() if each not in narrowing), fact)


def _named(words: str, kinds: Collection[FactKind], person: Patient) -> list[Fact]:
    """As `named` says of each fact of some kinds, by the words that the facts have. An allergy need
    not say that it is one; a record of none at all denies each."""
    content = _content(words)
    about = content & _allergic()
    wanted = [person.by_word.get(word, frozenset()) for word in content]
    places = frozenset.intersection(*wanted) if wanted else frozenset[int]()
    if about and "allergy" in kinds:
        to = [person.by_word.get(word, frozenset()) for word in content - about]
        allergies = {i for i, fact in enumerate(person.facts) if fact.kind == "allergy"}
        none = {i for i in allergies if _denies_all(person.facts[i])}
        places |= none | ((allergies - none).intersection(*to))
    return [person.facts[place] for place in sorted(places) if person.facts[place].kind in kinds]


def _denies_all(fact: Fact) -> bool:
    return fact.absent and any(each.code in _NONE_KNOWN for each in fact.codes)


def _when(one: Event, facts: Sequence[Fact], setting: Setting, whole: bool) -> Verdict:
    verdicts = [_one(one, fact, setting, whole) for fact in facts]
    if one.window is not None and one.window.relation == "at_least_before":
        # A washout: the last time counts, so one that is too late decides.
        worst = [each for each in verdicts if each.outcome != "met"]
        return next((each for each in worst if each.outcome == "not met"), None) or (
            worst[0] if worst else verdicts[0]
        )
    said = {each.outcome for each in verdicts}
    denied = [fact for fact in facts if fact.absent or fact.value is False]
    if "met" in said and denied and one.window is None:
        latest = max(map(moment, facts))
        same = [each for each in facts if moment(each) == latest]
        if len({each in denied for each in same}) > 1:
            return Verdict(
                "conflict", f"{one.concept}: the record says both", tuple(map(_evidence, same))
            )
        return _one(one, same[0], setting, whole)
    return any_of(verdicts)


def _one(one: Event, fact: Fact, setting: Setting, whole: bool) -> Verdict:
    """What a single fact says. One that does not say how severe it is, where that is asked for,
    decides nothing but that it was not there."""
    verdict = _as_named(one, fact, setting, whole)
    if verdict.outcome == "met" and (asked := _unsaid(one.concept, fact, setting)):
        why = f"{verdict.because}; whether it is {asked} is not known"
        return Verdict("unknown", why, verdict.evidence, (f"whether {fact.label} is {asked}",))
    return verdict


def _unsaid(words: str, fact: Fact, setting: Setting) -> str:
    """The words that narrow an event, and that a fact does not bear out."""
    if fact.concept == words:
        return ""
    told = words_of(fact.label)
    left = _split(words)[1] - told
    if fact.ongoing:
        left -= {"active", "current"}
    if _sudden(fact) and "chronic" not in told:
        left -= {"acute"}
    if not left or (setting.covers is not None and setting.covers(words, fact)):
        return ""
    return " and ".join(sorted(left))


def _as_named(one: Event, fact: Fact, setting: Setting, whole: bool) -> Verdict:
    """What a fact that the event's words name says of the time."""
    evidence = (_evidence(fact),)

    def told(outcome: Outcome, why: str) -> Verdict:
        missing = (f"date of {fact.label}",) if outcome == "unknown" else ()
        return Verdict(outcome, f"{fact.label}{why}", evidence, missing)

    relation = one.window.relation if one.window else ""
    if fact.kind == "measurement" and not isinstance(fact.value, bool):
        return Verdict("unknown", f"{fact.label} says neither yes nor no", evidence, (one.concept,))
    if fact.kind == "measurement" and one.window is None and not _fresh(fact, setting):
        return told("unknown", f", {fact.start or 'undated'}: not of late")
    if fact.absent or fact.value is False:
        return told("not met", " is denied")
    if fact.planned and relation != "within_next":
        return _not_sure(fact, evidence)
    if one.minimum is not None:
        return _lasting(one.minimum, fact, setting, evidence)
    if one.window is None:
        return _whenever(one, fact, setting, evidence, whole)
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


def _not_sure(fact: Fact, evidence: tuple[Evidence, ...]) -> Verdict:
    if fact.kind == "condition":
        why, missing = "is suspected, not confirmed", f"whether {fact.label} is confirmed"
    else:
        why, missing = "was ordered, not known to be given", f"whether {fact.label} was given"
    return Verdict("unknown", f"{fact.label} {why}", evidence, (missing,))


def _fresh(fact: Fact, setting: Setting) -> bool:
    ago = _days_ago(fact.start, setting.day)
    return ago is not None and ago[0] <= setting.fresh_days and ago[1] >= 0


def _whenever(
    one: Event, fact: Fact, setting: Setting, evidence: tuple[Evidence, ...], whole: bool
) -> Verdict:
    """Without a window: of a state only the present counts, and one that ended of late is none;
    of a condition that is over nobody can say whether it counts, unless the words ask for the
    past."""
    when = f", {fact.start}" if fact.start else ""
    began = _days_ago(fact.start, setting.day)
    if began is not None and began[1] < 0:
        return Verdict("unknown", f"{fact.label}{when}, after {setting.day}", evidence)
    if one.concept in _STATES and not fact.ongoing:
        ended = _days_ago(fact.end, setting.day) if fact.over else None
        if fact.over and (whole or (ended is not None and ended[1] <= setting.fresh_days)):
            return Verdict("not met", f"{fact.label}{when} is over", evidence)
        if fact.over or began is None or began[0] > setting.fresh_days:
            why = f"{fact.label}{when} is not known of late"
            return Verdict("unknown", why, evidence, (one.concept,))
    elif fact.over and not _PAST.search(one.concept[:2_000]):
        why = f"{fact.label}{when} is over; the criterion does not say whether the past counts"
        return Verdict("unknown", why, evidence, (f"whether past {fact.label} counts",))
    return Verdict("met", f"{fact.label}{when}", evidence)


def _lasting(
    window: Window, fact: Fact, setting: Setting, evidence: tuple[Evidence, ...]
) -> Verdict:
    """How long it lasted: days as told, where hours are asked for as precise as days can tell."""
    began = _days_ago(fact.start, setting.day)
    ended = (0, 0) if fact.ongoing else _days_ago(fact.end, setting.day)
    if began is None or (ended is None and fact.kind != "condition" and not fact.over):
        return Verdict(
            "unknown", f"{fact.label}: since when, or until when, is not known", evidence,
            (f"date of {fact.label}",),
        )  # fmt: skip
    if ended is None:  # at some time since
        ended = (0, 0) if not fact.over else (0, began[1])
    unsharp = 1 if window.unit in ("h", "min", "s") else 0
    least, most = max(began[0] - ended[1] - unsharp, 0), began[1] - ended[0] + unsharp
    more = window.relation == "for_more_than" and not unsharp
    enough = least > window.days if more else least >= window.days
    short = most < window.days or (most == window.days and (more or bool(unsharp)))
    outcome: Outcome = "met" if enough else "not met" if short else "unknown"
    shown = f"{least}" if least == most else f"{least} to {most}"
    missing = (f"exact dates of {fact.label}",) if outcome == "unknown" else ()
    return Verdict(outcome, f"{fact.label} for {shown} days", evidence, missing)


_Days = tuple[int, int] | None


def _days_ago(date: object, day: dt.date) -> _Days:
    """The least and the most days that a date is before `day`; negative after it."""
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
    if fact.ongoing and not _sudden(fact):
        return "met"
    ended = _days_ago(fact.end or fact.start, day)
    if ended is None:
        return "unknown"
    return "met" if ended[1] <= days else "not met" if ended[0] > days else "unknown"


def _sudden(fact: Fact) -> bool:
    """Whether a condition is something that happens on a day, which counts, and does not last."""
    return fact.kind == "condition" and not _SUDDEN.isdisjoint(fold(fact.label).split())


def _ended(fact: Fact) -> tuple[dt.date, dt.date]:
    last = fact.end or fact.start
    return (
        last.latest if last else dt.date.min,
        fact.start.latest if fact.start else dt.date.min,
    )


def _evidence(fact: Fact) -> Evidence:
    said = "denied" if fact.absent else "" if fact.value is None else str(fact.value)
    return Evidence(fact.resource, fact.path, fact.label, said, str(fact.start or ""))


def _content(text: str) -> frozenset[str]:
    """The words that say which event is meant; none where only "disease" is left."""
    return _split(text)[0]


@lru_cache(maxsize=50_000)
def _split(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words that say which event is meant, and those that narrow it."""
    plain = {word for word in fold(text[:2_000]).split() if word not in FILLERS} - EMPTY
    content = words_of(" ".join(plain - _QUALIFYING))
    return content if content > {"disease"} or "disease" not in content else frozenset(), (
        frozenset(plain & _QUALIFYING)
    )


@lru_cache(maxsize=1)
def _allergic() -> frozenset[str]:
    return frozenset(inflection(canonical(word)) for word in _ALLERGIC)
