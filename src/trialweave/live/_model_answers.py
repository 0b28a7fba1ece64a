"""What a language model answers, held against the text: figure by figure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from trialweave.model import ArmResult, Effect, Finding, Passage, PValue
from trialweave.publish.text import cut, fold
from trialweave.records.quoting import span_of
from trialweave.results.cells import finding_from, letter_of, normal
from trialweave.results.families import time_days

__all__ = ["PIECE", "Piece", "Told", "findings_told", "verified"]

PIECE: Final = 12_000  # characters of text in one request
_FINDINGS: Final = 100  # of one answer
_ARMS: Final = 12


class Piece(NamedTuple):
    """A piece of the text of a section, and the sentences of it that are `sent`; `offset` is where
    it starts in the received text, -1 where that is not known: `whole` then stands for all."""

    text: str
    sent: str
    offset: int
    whole: Passage | None


_Figure = str | int | float | None


class _Arm(msgspec.Struct):
    label: str | None = ""
    role: str | None = ""
    events: _Figure = ""
    n: _Figure = ""
    percent: _Figure = ""
    mean: _Figure = ""
    sd: _Figure = ""
    se: _Figure = ""
    median: _Figure = ""
    lower: _Figure = ""
    upper: _Figure = ""
    limits: str | None = ""


class _Effect(msgspec.Struct):
    measure: str | None = ""
    estimate: _Figure = ""
    lower: _Figure = ""
    upper: _Figure = ""
    level: _Figure = ""


class Told(msgspec.Struct):
    quote: str = ""
    outcome: str | None = ""
    time: str | None = ""
    arms: tuple[_Arm, ...] | None = ()
    p: _Figure = ""
    effect: _Effect | None = None


class _Answer(msgspec.Struct):
    findings: tuple[msgspec.Raw, ...] = ()


def findings_told(answer: str, refused: list[str]) -> Iterator[Told]:
    """The findings of an answer, each that has the form asked for."""
    first, last = answer.find("{"), answer.rfind("}")  # some put it into a fence
    try:
        found = msgspec.json.decode(answer[first : last + 1], type=_Answer).findings
    except (msgspec.MsgspecError, RecursionError, ValueError):
        refused.append("an answer that is not the JSON asked for")
        return
    if len(found) > _FINDINGS:
        refused.append(f"{len(found) - _FINDINGS} findings beyond the first {_FINDINGS}")
    for raw in found[:_FINDINGS]:
        try:
            yield msgspec.json.decode(raw, type=Told)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            refused.append("a finding that has not the form asked for")


_WORDS: Final = ("label", "role", "limits")  # of an arm; all else are figures
_FIGURES: Final = tuple(name for name in _Arm.__struct_fields__ if name not in _WORDS)
_NUMBER: Final = re.compile(r"[-−–]?\d{1,13}(?:[.,·]\d{1,12})?")
_P: Final = re.compile(r"([<>=≤≥]{0,2})\s*(\d{0,2}[.,·]?\d{1,12})")


class _Quote:
    """A quote as it stands in the text; each figure is looked up as a number of its own."""

    def __init__(self, piece: Piece, start: int, end: int) -> None:
        self._piece, self.start, self.end = piece, start, end
        self._used: set[int] = set()

    def figure(self, said: str) -> tuple[int, int] | None:
        """Where a number stands in the quote, not inside a longer one, and not without its minus;
        the first place that is not taken yet, else the first."""
        signed = said[0] in "-−–"
        before = r"(?<!\d)" if signed else r"(?<![\d.,·])(?<![^\d][-−–])(?<!^[-−–])"
        pattern = re.compile(rf"{before}{re.escape(said)}(?!\d|[.,·]\d)")
        first: tuple[int, int] | None = None
        for match in pattern.finditer(self._piece.text, self.start, self.end):
            first = first or match.span()
            if match.start() not in self._used:
                self._used.add(match.start())
                return match.span()
        return first

    def words(self, said: str) -> tuple[int, int] | None:
        """Where words stand in the quote, else in the whole piece; case does not matter."""
        low, wanted = self._piece.text.casefold(), said.casefold()
        if len(low) != len(self._piece.text):
            low, wanted = self._piece.text, said
        return span_of(low, wanted, self.start, self.end) or span_of(low, wanted)

    def passage(self, spans: Sequence[tuple[int, int]]) -> Passage | None:
        """From the first to the last of some spans, in the received text."""
        if self._piece.offset < 0 or not spans:
            return self._piece.whole
        start = min(start for start, _ in spans) + self._piece.offset
        return Passage(start, max(end for _, end in spans) + self._piece.offset)


def verified(told: Told, piece: Piece, refused: list[str]) -> Finding | None:
    """The finding as far as the text bears it out."""
    shown = cut(fold(told.quote), 80)
    span = span_of(piece.text, told.quote[:PIECE])
    if span is None:
        refused.append(f"“{shown}”: these words do not stand in the text")
        return None
    quote = _Quote(piece, *span)
    outcome = " ".join((told.outcome or "").split())
    if not outcome or quote.words(outcome) is None:
        refused.append(f"“{shown}”: the outcome {cut(fold(outcome), 60)!r} is not in the text")
        return None
    arms = []
    for at, arm in enumerate((told.arms or ())[:_ARMS]):
        kept = _arm(arm, letter_of(at), quote, shown, refused)
        if kept is not None:
            arms.append(kept)
    p = _p(told.p, quote, shown, refused)
    effect = _effect(told.effect, quote, shown, refused)
    if not (arms or p or effect):
        refused.append(f"“{shown}”: no figure of it stands in the quote")
        return None
    time = " ".join((told.time or "").split())
    if time and quote.words(time) is None:
        refused.append(f"“{shown}”: the time {cut(fold(time), 60)!r} is not in the text")
        time = ""
    finding = finding_from((), outcome=outcome)
    measured = any(arm.mean is not None or arm.median is not None for arm in arms)
    counted = any(arm.events is not None or arm.percent for arm in arms)
    return msgspec.structs.replace(
        finding,
        kind="continuous" if measured else "count" if counted else "effect" if effect else "p only",
        time=time,
        time_days=time_days(time) if time else None,
        arms=tuple(arms),
        p=p,
        effect=effect,
        passage=quote.passage([span]),
    )


def _arm(arm: _Arm, letter: str, quote: _Quote, shown: str, refused: list[str]) -> ArmResult | None:
    cells: dict[str, str] = {}
    spans: list[tuple[int, int]] = []
    for name in _FIGURES:
        figure = _figure(getattr(arm, name), quote, f"{letter}.{name}", shown, refused)
        if figure is not None:
            cells[f"a.{name}"] = figure[0]
            spans.append(figure[1])
    if not spans:
        return None
    label = " ".join((arm.label or "").split())
    if label and quote.words(label) is None:
        refused.append(f"“{shown}”: the group {cut(fold(label), 60)!r} is not in the text")
        label = ""
    for name, text in (("role", arm.role or ""), ("limits", arm.limits or "")):
        try:
            cells[f"a.{name}"] = normal(f"a.{name}", text.strip())
        except ValueError:
            refused.append(f"“{shown}”: {letter}.{name} is none of those asked for")
    (made,) = finding_from(cells.items(), outcome="").arms
    return msgspec.structs.replace(made, label=label, passage=quote.passage(spans))


def _figure(
    said: _Figure, quote: _Quote, name: str, shown: str, refused: list[str]
) -> tuple[str, tuple[int, int]] | None:
    """A figure with a decimal point, and where it stands; None where there is none."""
    text = "" if said is None else str(said).strip().removesuffix("%").strip()
    if not text:
        return None
    span = quote.figure(text) if _NUMBER.fullmatch(text) else None
    if span is None:
        refused.append(f"“{shown}”: {name} {cut(fold(text), 30)!r} does not stand in the quote")
        return None
    plain = _with_point(text, whole=name.rpartition(".")[2] in ("events", "n"))
    cell = f"a.{name.rpartition('.')[2]}" if "." in name else "effect.estimate"
    try:
        return normal(cell, plain), span
    except (KeyError, ValueError):
        refused.append(f"“{shown}”: {name} cannot be {cut(fold(text), 30)!r}")
        return None


_THOUSANDS: Final = re.compile(r"-?[1-9]\d{0,2},\d{3}")


def _with_point(text: str, *, whole: bool) -> str:
    """A figure as printed with a decimal point; "?" where a comma may be one or part thousands."""
    text = text.replace("−", "-").replace("–", "-")
    if _THOUSANDS.fullmatch(text):
        return text.replace(",", "") if whole else "?"
    return text.replace("·", ".").replace(",", ".")


def _p(said: _Figure, quote: _Quote, shown: str, refused: list[str]) -> PValue | None:
    text = (
        "" if said is None else re.sub(r"^[Pp]\s*(?:value)?\s*(?=[<>=≤≥])", "", str(said).strip())
    )
    if not text:
        return None
    match = _P.fullmatch(text)
    span = quote.figure(match[2]) if match else None
    if match is None or span is None:
        refused.append(f"“{shown}”: P {cut(fold(text), 30)!r} does not stand in the quote")
        return None
    try:
        operator, _, figure = normal(
            "p", f"{match[1] or '='} {match[2].replace('·', '.').replace(',', '.')}"
        ).partition(" ")
    except ValueError:
        refused.append(f"“{shown}”: P cannot be {cut(fold(text), 30)!r}")
        return None
    return PValue(operator, figure, passage=quote.passage([span]))  # type: ignore[arg-type]


def _effect(told: _Effect | None, quote: _Quote, shown: str, refused: list[str]) -> Effect | None:
    if told is None:
        return None
    found: dict[str, str] = {}
    spans: list[tuple[int, int]] = []
    for name in ("estimate", "lower", "upper", "level"):
        figure = _figure(getattr(told, name), quote, name, shown, refused)
        if figure is not None:
            found[name] = figure[0]
            spans.append(figure[1])
    if "estimate" not in found:
        return None
    return Effect(
        fold(told.measure or "")[:40],
        found["estimate"],
        found.get("lower", ""),
        found.get("upper", ""),
        level=found.get("level", ""),
        passage=quote.passage(spans),
    )
