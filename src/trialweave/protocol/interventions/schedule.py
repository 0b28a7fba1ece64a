"""How often, on which days, for how long: what texts on treatment say of time.

Every reading has its slot, its value in the slot's unit, and its place. Follow-up, observation
and what a participant had before are no schedule of the treatment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from trialweave.protocol.durations import (
    ORDINAL_WORD,
    days_in,
    length,
    ordinal,
    small_number,
)
from trialweave.protocol.interventions.schedule_words import (
    BACK,
    COURSES,
    DAYS,
    DAYS_PER_COURSE,
    DURATION,
    EVERY,
    FIRST_DAY,
    FOLLOWS,
    FROM,
    GIVING,
    HOURLY,
    INFUSED,
    LY,
    MINUTES,
    NO_TREATMENT,
    OF_ILLNESS,
    OFTEN,
    ORDINAL_RANGE,
    PER_COURSE,
    PER_DAY,
    PERIODS,
    TOTAL,
    UNTIL,
    VISIT_AFTER,
    WATCHING,
)

__all__ = ["Said", "schedule_in"]


class Said(NamedTuple):
    """One slot with its value: a number, low and high, or days; and its place in the text."""

    slot: str
    value: float | tuple[float, ...]
    start: int
    end: int


def _watched(text: str, start: int, end: int) -> bool:
    """Whether a time is one of observation: such a word stands between it and the last giving."""
    if VISIT_AFTER.match(text, end):
        return True
    before = re.split(r"[.;](?=\s|[A-Z])", text[max(start - BACK, 0) : start])[-1]
    watching = [match.start() for match in WATCHING.finditer(before)]
    giving = [match.start() for match in GIVING.finditer(before)]
    return bool(watching) and (not giving or watching[-1] > giving[-1])


def schedule_in(text: str) -> list[Said]:
    """Everything that a folded text says of the schedule, ordered by place."""
    found: list[Said] = []
    for read in (
        _courses,
        _first_day,
        _frequencies,
        _intervals,
        _days,
        _infusion,
        _durations,
        _totals,
    ):
        for said in read(text):
            if any(_clash(said, other) for other in found):
                continue
            if said.slot == "doses_total" or not _watched(text, said.start, said.end):
                found.append(said)
    return sorted(found, key=lambda said: (said.start, said.end))


def _clash(one: Said, other: Said) -> bool:
    overlap = one.start < other.end and one.end > other.start
    together = (one.start, one.end) == (other.start, other.end) and {one.slot, other.slot} == {
        "times_per_week", "interval_days"
    }  # fmt: skip
    per_course = {one.slot, other.slot} <= {"per_course", "days_per_course", "courses"}
    return overlap and not together and not per_course


def _number(word: str | None) -> float | None:
    if not word:
        return None
    first = word.strip().lower().split()
    return small_number(re.sub(r"\s?(?:times?|x|doses?|×|infusions?)\Z", "", " ".join(first)))


def _pair(low: float, high: float | None) -> float | tuple[float, ...]:
    return low if high is None or high <= low else (low, high)


def _courses(text: str) -> Iterator[Said]:
    for match in PER_COURSE.finditer(text):
        if number := _number(match["n"]):
            yield Said("per_course", number, *match.span())
    for match in DAYS_PER_COURSE.finditer(text):
        if number := _number(match["n"]):
            yield Said("days_per_course", number * days_in(match["u"]), *match.span())
    for match in COURSES.finditer(text):
        if number := _number(match["n"] or match["m"]):
            yield Said("courses", number, *match.span())


def _frequencies(text: str) -> Iterator[Said]:
    for pattern, told in PER_DAY:
        for match in pattern.finditer(text):
            if told == "q":
                yield Said("times_per_day", 24 / float(match["q"]), *match.span())
            elif told:
                if (
                    told != "1"
                    or match[0].isupper()
                    or match[0].lower() in ("qd", "od", "q.d.", "qn")
                ):
                    yield Said("times_per_day", float(told), *match.span())
            elif number := _number(match["t"]):
                yield from _per(match["p"].lower(), number, match.span())
    for match in HOURLY.finditer(text):
        hours = _number(match["n"] or match["m"] or match["k"] or match["i"])
        if hours and hours < 24:
            yield Said("times_per_day", round(24 / hours, 4), *match.span())
        elif hours == 24:
            yield Said("times_per_day", 1.0, *match.span())
        elif hours:
            yield Said("interval_days", hours / 24, *match.span())


def _per(period: str, number: float, span: tuple[int, int]) -> Iterator[Said]:
    if period.startswith("week"):
        yield Said("times_per_week", number, *span)
        if number == 1:
            yield Said("interval_days", 7.0, *span)
    elif period.startswith("month"):
        if number == 1:
            yield Said("interval_days", 30.0, *span)
    else:
        yield Said("times_per_day", number, *span)


def _intervals(text: str) -> Iterator[Said]:
    for match in EVERY.finditer(text):
        said = match.groupdict()
        if said["alt"]:
            yield Said("interval_days", 2.0, *match.span())
            continue
        end = next((end for end in ("", "2", "3", "4") if said[f"u{end}"]), "")
        low = _number(said.get(f"n{end}")) or 1.0
        high = _number(said.get(f"m{end}"))
        unit = said[f"u{end}"]
        if said["other"]:
            low = 2.0
        if unit.lower().startswith("h"):
            yield Said("interval_days", low / 24, *match.span())
        elif end == "" and low == 1 and unit.lower().startswith("d"):
            yield Said("times_per_day", 1.0, *match.span())
        else:
            once = match[0].lower().startswith("once")
            if once and low == 1 and unit.lower().startswith("w") and not said["other"]:
                yield Said("times_per_week", 1.0, *match.span())
            value = _pair(length(low, unit), length(high, unit) if high else None)
            yield Said("interval_days", value, *match.span())
    for match in LY.finditer(text):
        word, times = match["ly"].lower(), _number(match["times"])
        if word in ("daily", "everyday", "nightly", "every night"):
            before = text[max(match.start() - 12, 0) : match.start()]
            if not re.search(r"(?:total|maximum|max)\s\Z", before, re.IGNORECASE):
                yield Said("times_per_day", times or 1.0, *match.span())
        elif times:
            yield from _per(word, times, match.span())
        else:
            yield Said("interval_days", PERIODS[word], *match.span())


def _days(text: str) -> Iterator[Said]:
    ranges, lists, ordinals, plain = DAYS
    for match in ORDINAL_RANGE.finditer(text):
        low, high = ordinal(match["a"]), ordinal(match["b"])
        if low is not None and high is not None and low < high:
            yield Said("day_range", (low, high), *match.span())
    for match in UNTIL.finditer(text):
        yield Said("until_day", 0.0, *match.span())
    for match in ranges.finditer(text):
        low, high = int(match["a"]), int(match["b"])
        if high > low:
            yield Said("day_range", (float(low), float(high)), *match.span())
    for match in lists.finditer(text):
        if match["unit"].lower() == "d" and text[match.end("unit")] == " ":
            continue
        numbers = [float(number) for number in re.findall(r"(?<![0-9\s])-?[0-9]+|(?<=\s)-?[0-9]+",
                                                          match["list"])]  # fmt: skip
        numbers = [length(number, match["unit"]) for number in numbers]
        rising = [
            number for at, number in enumerate(numbers) if at == 0 or number > numbers[at - 1]
        ]
        if len(rising) == len(numbers) and not OF_ILLNESS.match(text, match.end()):
            slot = "from_day" if len(rising) == 1 and _from(text, match.start()) else "days"
            yield Said(slot, tuple(rising), *match.span())
    for match in ordinals.finditer(text):
        words = re.findall(rf"\b(?:{ORDINAL_WORD}|[0-9]{{1,2}}(?:st|nd|rd|th))\b", match[0], re.I)
        told = [number for word in words if (number := ordinal(word)) is not None]
        days = tuple(length(number, match["ounit"]) for number in told)
        slot = "from_day" if len(days) == 1 and _from(text, match.start()) else "days"
        yield Said(slot, days, *match.span())
    for match in plain.finditer(text):
        numbers = [float(number) for number in re.findall(r"[0-9]+", match["plain"])]
        told = [length(number, match["punit"]) for number in numbers]
        if told == sorted(set(told)):
            yield Said("days", tuple(told), *match.span())


def _from(text: str, start: int) -> bool:
    """Whether a phase begins on the day: "from the second day"."""
    return bool(FROM.search(text[max(start - 24, 0) : start]))


def _infusion(text: str) -> Iterator[Said]:
    for match in MINUTES.finditer(text):
        near = text[max(match.start() - 120, 0) : match.end() + 40]
        number = match["n"] or match["n2"] or match["n3"]
        unit = (match["u"] or match["u2"] or match["u3"]).lower()
        if not INFUSED.search(near) or NO_TREATMENT.search(
            text[max(match.start() - 60, 0) : match.start()]
        ):
            continue
        if (match["lead"] or "").lower().startswith(("for", "in", "within", "up to")) and (
            not re.search(
                r"infus|drip|perfus|transfus|slow|inject|nebuli|inhal", near, re.IGNORECASE
            )
        ):
            continue
        if not number and not re.search(r"\ban?\s\Z", match["lead"] or ""):
            continue
        factor = 60.0 if unit.startswith("h") else 1.0
        low = (_number(number) or 1.0) * factor
        high = _number(match["m"] or match["m2"] or match["m3"])
        if low <= 1440:
            yield Said(
                "infusion_minutes", _pair(low, high * factor if high else None), *match.span()
            )


def _durations(text: str) -> Iterator[Said]:
    for match in DURATION.finditer(text):
        lead, after = match["lead"], match["after"]
        low, high = _number(match["n"]), _number(match["m"])
        often = OFTEN.search(text[max(match.start() - 24, 0) : match.start()])
        if low is None or not (lead or after or often) or low == 0:
            continue
        before = text[max(match.start() - 60, 0) : match.start()]
        if (
            FOLLOWS.match(text, match.end())
            or NO_TREATMENT.search(before)
            or (lead or "").lower().startswith("within")
        ):
            continue
        unit = match["u"]
        value = _pair(length(low, unit), length(high, unit) if high else None)
        yield Said("duration_days", value, *match.span())


def _first_day(text: str) -> Iterator[Said]:
    for match in FIRST_DAY.finditer(text):
        yield Said("duration_days", 1.0, *match.span())


def _totals(text: str) -> Iterator[Said]:
    total, counted, once = TOTAL
    for match in total.finditer(text):
        low, high = _number(match["n"] or match["n2"]), _number(match["m"] or match["m2"])
        if low:
            yield Said("doses_total", _pair(low, high), *match.span())
    for match in counted.finditer(text):
        low, high = _number(match["n"]), _number(match["m"])
        if low and low <= 100:
            yield Said("doses_total", _pair(low, high), *match.span())
    for match in once.finditer(text):
        number = {"twice": 2.0, "thrice": 3.0, "three times": 3.0}.get(
            (match["rows"] or match["rows2"] or "").lower(), 1.0
        )
        yield Said("doses_total", number, *match.span())
