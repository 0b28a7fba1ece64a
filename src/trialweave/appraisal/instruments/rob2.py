"""RoB 2: risk of bias in one result of a randomised trial, for the effect of assignment.

The questions are told in our own words; their numbers, the answers they may have, and the way from
answers to judgements are those of the tool: Sterne JAC, Savović J, Page MJ, et al. RoB 2: a revised
tool for assessing risk of bias in randomised trials. BMJ 2019;366:l4898, and its full guidance of
22 August 2019 (riskofbias.info). Whoever assesses needs that guidance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from trialweave.model.assessment import Domain, Instrument, Item

__all__ = ["HIGH", "LOW", "ROB2", "SOME", "Judged", "judge", "overall"]

LOW: Final = "low"
SOME: Final = "some concerns"
HIGH: Final = "high"
_RANK: Final = {LOW: 0, SOME: 1, HIGH: 2}

_ANY: Final = ("Y", "PY", "PN", "N", "NI")
_KNOWN: Final = ("Y", "PY", "PN", "N")

ROB2: Final = Instrument(
    name="rob2",
    version="2019",
    title="RoB 2",
    about="risk of bias in one result of a randomised trial, parallel groups, effect of assignment",
    citation="Sterne JAC, Savović J, Page MJ, et al. RoB 2: a revised tool for assessing risk of "
    "bias in randomised trials. BMJ 2019;366:l4898. doi:10.1136/bmj.l4898",
    licence="The tool and its guidance are CC BY-NC-ND 4.0 (riskofbias.info). Their wording is not "
    "used here: questions are told in our words under the tool's numbers.",
    judgements=(LOW, SOME, HIGH),
    words=(
        ("Y", "yes"),
        ("PY", "probably yes"),
        ("PN", "probably no"),
        ("N", "no"),
        ("NI", "no information"),
    ),
    per_result=True,
    domains=(
        Domain(
            "D1",
            "Randomisation process",
            (
                Item("1.1", "Random sequence of allocation?", _ANY),
                Item("1.2", "Allocation hidden until people were enrolled and assigned?", _ANY),
                Item(
                    "1.3", "Groups so different at the start that randomisation is in doubt?", _ANY
                ),
            ),
        ),
        Domain(
            "D2",
            "Deviations from the intended interventions",
            (
                Item("2.1", "Participants knew their group?", _ANY),
                Item("2.2", "Carers and those who gave the treatment knew the group?", _ANY),
                Item(
                    "2.3",
                    "Deviations that came of being in a trial?",
                    _ANY,
                    "2.1 or 2.2 is Y, PY or NI",
                ),
                Item(
                    "2.4", "Deviations likely to have changed the outcome?", _ANY, "2.3 is Y or PY"
                ),
                Item("2.5", "Deviations alike in both groups?", _ANY, "2.4 is Y, PY or NI"),
                Item("2.6", "Analysis fit for the effect of being assigned?", _ANY),
                Item(
                    "2.7",
                    "Could leaving the assigned groups have changed the result much?",
                    _ANY,
                    "2.6 is N, PN or NI",
                ),
            ),
        ),
        Domain(
            "D3",
            "Missing outcome data",
            (
                Item("3.1", "Outcome known of all, or nearly all, who were randomised?", _ANY),
                Item(
                    "3.2",
                    "Evidence that what is missing did not bias the result?",
                    _KNOWN,
                    "3.1 is N, PN or NI",
                ),
                Item("3.3", "Could its being missing depend on its value?", _ANY, "3.2 is N or PN"),
                Item(
                    "3.4",
                    "Is it likely that its being missing depended on its value?",
                    _ANY,
                    "3.3 is Y, PY or NI",
                ),
            ),
        ),
        Domain(
            "D4",
            "Measurement of the outcome",
            (
                Item("4.1", "Outcome measured in an unsuitable way?", _ANY),
                Item("4.2", "Could measuring have differed between the groups?", _ANY),
                Item(
                    "4.3",
                    "Those who assessed the outcome knew the group?",
                    _ANY,
                    "4.1 and 4.2 are N, PN or NI",
                ),
                Item(
                    "4.4",
                    "Could knowing the group have swayed the assessment?",
                    _ANY,
                    "4.3 is Y, PY or NI",
                ),
                Item(
                    "4.5",
                    "Is it likely that knowing the group swayed the assessment?",
                    _ANY,
                    "4.4 is Y, PY or NI",
                ),
            ),
        ),
        Domain(
            "D5",
            "Selection of the reported result",
            (
                Item("5.1", "Analysed by a plan made before the data were unblinded?", _ANY),
                Item("5.2", "Chosen from several measurements of the outcome?", _ANY),
                Item("5.3", "Chosen from several analyses of the data?", _ANY),
            ),
        ),
    ),
)


class Judged(NamedTuple):
    """What answers lead to: a judgement, None while questions are open.

    `asked` are the questions on the way so far, in their order, whether answered or not; `open`
    those of them that want an answer.
    """

    judgement: str | None
    asked: tuple[str, ...]
    open: tuple[str, ...]


class _Open(Exception):
    """A question on the way has no answer yet."""


class _Way:
    """The questions that are asked on the way to a judgement."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def ask(self, *numbers: str) -> tuple[str, ...]:
        """What is answered: "yes" for Y and PY, "no" for N and PN, "NI"."""
        self.asked.extend(numbers)
        given = [self._answers.get(number, "") for number in numbers]
        if not all(given):
            raise _Open
        return tuple(_SAYS[answer] for answer in given)


_SAYS: Final = {"Y": "yes", "PY": "yes", "PN": "no", "N": "no", "NI": "NI"}


def _randomisation(way: _Way) -> str:
    (hidden,) = way.ask("1.2")
    if hidden == "no":
        return HIGH
    if hidden == "yes":
        (random,) = way.ask("1.1")
        if random == "no":
            return SOME
    (different,) = way.ask("1.3")
    if hidden == "yes":
        return SOME if different == "yes" else LOW
    return HIGH if different == "yes" else SOME


def _deviations(way: _Way) -> str:
    if set(way.ask("2.1", "2.2")) == {"no"}:
        return LOW
    (deviated,) = way.ask("2.3")
    if deviated != "yes":
        return LOW if deviated == "no" else SOME
    (mattered,) = way.ask("2.4")
    if mattered == "no":
        return SOME
    (balanced,) = way.ask("2.5")
    return SOME if balanced == "yes" else HIGH


def _analysis(way: _Way) -> str:
    (fit,) = way.ask("2.6")
    if fit == "yes":
        return LOW
    (much,) = way.ask("2.7")
    return SOME if much == "no" else HIGH


def _missing(way: _Way) -> str:
    (known,) = way.ask("3.1")
    if known == "yes":
        return LOW
    (unbiased,) = way.ask("3.2")
    if unbiased == "yes":
        return LOW
    (could,) = way.ask("3.3")
    if could == "no":
        return LOW
    (likely,) = way.ask("3.4")
    return SOME if likely == "no" else HIGH


def _measurement(way: _Way) -> str:
    (unsuitable,) = way.ask("4.1")
    if unsuitable == "yes":
        return HIGH
    (differed,) = way.ask("4.2")
    if differed == "yes":
        return HIGH
    best = LOW if differed == "no" else SOME
    (knew,) = way.ask("4.3")
    if knew == "no":
        return best
    (could,) = way.ask("4.4")
    if could == "no":
        return best
    (likely,) = way.ask("4.5")
    return SOME if likely == "no" else HIGH


def _selection(way: _Way) -> str:
    chosen = way.ask("5.2", "5.3")
    if "yes" in chosen:
        return HIGH
    if "NI" in chosen:
        return SOME
    (planned,) = way.ask("5.1")
    return LOW if planned == "yes" else SOME


_WAYS: Final[Mapping[str, tuple[Callable[[_Way], str], ...]]] = {
    "D1": (_randomisation,),
    "D2": (_deviations, _analysis),
    "D3": (_missing,),
    "D4": (_measurement,),
    "D5": (_selection,),
}
_QUESTIONS: Final = {d.code: tuple(item.number for item in d.items) for d in ROB2.domains}


def judge(domain: str, answers: Mapping[str, str]) -> Judged:
    """What the tool's algorithm proposes for a domain ("D1" … "D5") given answers by number.

    Answers to questions that are not on the way change nothing. Domain 2 has two parts, of which
    the worse counts. Raises KeyError for another domain or an answer that no question may have.
    """
    found: list[str] = []
    asked: set[str] = set()
    for part in _WAYS[domain]:
        way = _Way(answers)
        with suppress(_Open):
            found.append(part(way))
        asked.update(way.asked)
    on_the_way = tuple(number for number in _QUESTIONS[domain] if number in asked)
    return Judged(
        max(found, key=_RANK.__getitem__) if len(found) == len(_WAYS[domain]) else None,
        on_the_way,
        tuple(number for number in on_the_way if not answers.get(number)),
    )


def overall(judgements: Iterable[str]) -> str:
    """What the domains' judgements come to: the worst of them.

    The tool lets reviewers judge "high" where several domains with some concerns together lower
    confidence substantially: that is theirs to say. Raises ValueError without judgements.
    """
    return max(judgements, key=_RANK.__getitem__)
