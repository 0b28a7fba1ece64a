"""Findings out of posted results tables and reviewers' extraction sheets."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

import msgspec

from trialweave.model import (
    ArmResult,
    Effect,
    Finding,
    Missingness,
    PValue,
    Record,
    ReportedAnalysis,
    ReportedArm,
    ReportedOutcome,
    Role,
    Value,
)
from trialweave.results.families import family_of, is_estimate, names_outcome, time_days
from trialweave.results.groups import pair_roles, role_of
from trialweave.results.numbers import plain_decimal
from trialweave.results.recover import complete
from trialweave.results.tokens import as_effect, find_p_values, tokenise

__all__ = ["table_findings"]

RULE = "results-table/3"

_COUNTED = re.compile(r"\b(?:count|number)\b", re.IGNORECASE)
_PERSONS = re.compile(r"\b(?:participants?|patients?|subjects?|persons?|people)\b", re.IGNORECASE)
_PERCENT = re.compile(
    r"\s*(?:percent(?:age)?|%)\s(?:of\s)?(?:\w{1,20}\s)?(?:participants?|patients?|subjects?)\s*",
    re.IGNORECASE,
)
_MODELLED = re.compile(r"mean|median|average|model|adjusted|estimate", re.IGNORECASE)
_RATE = re.compile(r"percent|%|\bproportions?\b|\bfractions?\b|\brates?\b|\bper\b", re.IGNORECASE)
_ESTIMATE = re.compile(r"surviv|probabilit|rate at|free\b", re.IGNORECASE)
_TIME_ONLY = re.compile(
    r"(?:at|after|weeks?|days?|months?|years?|hours?|visit|baseline|through|to|up|end|of|study|"
    r"treatment|follow-?up|[\d\s.,:()/+-])+",
    re.IGNORECASE,
)
_ADJUSTED = re.compile(
    r"adjust|covaria|ancova|regression|stratif|cox|mixed|multivari|mantel|gee\b", re.IGNORECASE
)
_CHANGE = re.compile(
    r"(?<!to )\bchanges?(?: scores?)?,? (?:from|since|in|of|at|to|between|over|after)\b|"
    r"\bmean change\b|"
    r"\bchange from\b|^\W*(?:\w+ ){0,3}changes?$",
    re.IGNORECASE,
)
_SHARE_TITLE = re.compile(r"%|\bper\s?cent(?:age)?s?\b|\bproportions?\b", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_TOTAL = re.compile(r"\b(?:total|overall|all|entire)\b", re.IGNORECASE)
_MEASURES = (
    ("OR", r"odds ratio|\bor\b"),
    ("HR", r"hazard ratio|\bhr\b"),
    ("RR", r"risk ratio|relative risk|\brr\b"),
    ("RD", r"risk difference|difference in (?:percent|proportion)|\brd\b"),
    ("MD", r"mean difference|difference in means?|\bmd\b"),
)
_PRINTED = re.compile(
    r"\bprints?\s(?P<events>\d{1,6})(?:/(?P<n>\d{1,6}))?\s(?:\(|as\s)"
    r"(?P<percent>\d{1,3}(?:[.,]\d{1,4})?)\s?%",
    re.IGNORECASE,
)
# "Severe (n=12, 14)": the sizes that a row's own title states.
_OWN_SIZES = re.compile(
    r"\bn\s{0,3}=\s{0,3}(\d{1,6}(?:(?:\s{0,3}[,;/]\s{0,3}|"
    r"\sand\s)(?:n\s{0,3}=\s{0,3})?\d{1,6}){0,8})"
)
_WORKED_OUT = ".derived/1"  # end of the rule of a number that a reviewer worked out
_CONTROL_TYPES = ("placebo", "sham", "no intervention", "active comparator")


def table_findings(record: Record) -> list[Finding]:
    """One finding for each outcome, time and category of a record's posted results, without ids."""
    outcomes = record.about.results.content or ()
    types = _registered_types(record)
    found: list[Finding] = []
    parts: set[int] = set()
    for outcome in outcomes:
        categories = list(dict.fromkeys(arm.category for arm in outcome.arms))
        for category in categories:
            arms = [arm for arm in outcome.arms if arm.category == category]
            finding = _finding(outcome, category, arms, categories, types)
            if finding is not None:
                own = _is_part(category, categories) or _OWN_SIZES.search(category)
                if own or any(map(_of_no_persons, arms)):
                    parts.add(len(found))
                found.append(finding)
    return list(complete(found, parts=parts))


def _registered_types(record: Record) -> dict[str, Role]:
    """Roles of the registered arms by their label in lower case."""
    roles: dict[str, Role] = {}
    for arm in record.about.arms.content or ():
        label, kind = arm.label.content, (arm.type.content or "").lower()
        if not label:
            continue
        if any(word in kind for word in _CONTROL_TYPES) and "active" not in kind:
            roles[label.lower()] = "control"
        elif kind.startswith("experimental"):
            roles[label.lower()] = "treatment"
    return roles


def _finding(
    outcome: ReportedOutcome,
    category: str,
    reported: Collection[ReportedArm],
    categories: Collection[str],
    types: dict[str, Role],
) -> Finding | None:
    title = outcome.title.content or ""
    unit = outcome.unit.content or ""
    parameter = outcome.parameter.content or ""
    share = bool(_SHARE_TITLE.search(title)) and not _COUNTED.search(title)
    arms = _with_partner(tuple(_arm(arm, unit, parameter, types, share) for arm in reported))
    arms = _own_sizes(arms, category)
    kind: Literal["count", "continuous", "effect", "p only"] | None = _kind(arms)
    p, effect = _statistics(outcome) if len(categories) == 1 else (None, None)
    if kind is None:
        if p is None and effect is None:
            return None
        kind = "effect" if effect is not None else "p only"
    if kind == "count" and outcome.note:
        arms = _printed_percent(arms, outcome.note)
    time = outcome.time_frame.content or ""
    days = time_days(category) if _is_time(category) else None
    if days is None:
        days = time_days(time)
    if days is None:
        days = time_days(title)
    return Finding(
        finding_id="",
        record_id="",
        outcome=f"{title}: {category}" if category else title,
        family=_family(outcome, title, category, categories),
        kind=kind,
        time=time,
        time_days=days,
        population=outcome.population.content or "",
        unit=unit if kind == "continuous" else "",
        change=kind == "continuous" and bool(_CHANGE.search(title)),
        arms=arms,
        p=p,
        effect=effect,
        passage=outcome.title.passage,
        rule=RULE,
        source=outcome.source,
        note=_note(outcome, title, unit, arms),
    )


def _note(outcome: ReportedOutcome, title: str, unit: str, arms: Collection[ArmResult]) -> str:
    """The record's note; and, of percentages of survival without counts, what they may be."""
    counted = any(arm.events is not None for arm in arms)
    said = f"{title} {unit} {outcome.description.content or ''}"
    if not counted and any(arm.percent for arm in arms) and (
        _ESTIMATE.search(title) or is_estimate(said)
    ):  # fmt: skip
        return f"{outcome.note} May be a Kaplan-Meier estimate.".strip()
    return outcome.note


def _is_time(category: str) -> bool:
    """Whether a category's title is a time point and nothing else."""
    return bool(category) and len(category) < 80 and bool(_TIME_ONLY.fullmatch(category))


def _is_part(category: str, categories: Collection[str]) -> bool:
    """Whether a category may be of a part of the patients: one of several that are no times."""
    return bool(category) and len(categories) > 1 and not _is_time(category)


def _is_stratum(category: str, categories: Collection[str]) -> bool:
    """Whether one category stands under several headings that are no times: "Severe: Death" beside
    "Moderate: Death" counts the deaths of a part."""
    heading, _, own = category.rpartition(": ")
    if not heading or not names_outcome(own) or not _divides(heading):
        return False
    others = (other.rpartition(": ") for other in categories if other != category)
    return any(other[2] == own and _divides(other[0]) for other in others)


def _divides(heading: str) -> bool:
    """Whether a row's heading may be of a part of the patients: no time, not everybody."""
    when = _is_time(heading) or time_days(heading) is not None
    return bool(heading) and not when and not _TOTAL.search(heading)


def _of_no_persons(arm: ReportedArm) -> bool:
    """Whether a figure is of eyes or lesions, so that the number of persons does not apply."""
    return arm.n.missingness is Missingness.NOT_APPLICABLE


def _own_sizes(arms: tuple[ArmResult, ...], category: str) -> tuple[ArmResult, ...]:
    """Without the table's sizes where the row's own title states others."""
    match = _OWN_SIZES.search(category)
    if match is None:
        return arms
    own = [int(number) for number in re.findall(r"\d+", match[1])]
    table = [arm.n for arm in arms if arm.n is not None]
    if not table or sum(table) in own or all(n in own for n in table):
        return arms
    said = f"the row states n = {', '.join(map(str, own))}, which is not the table's"
    return tuple(
        arm
        if arm.n is None
        else msgspec.structs.replace(arm, n=None, n_origin="", recovery=f"{said} {arm.n}")
        for arm in arms
    )


def _family(
    outcome: ReportedOutcome, title: str, category: str, categories: Collection[str]
) -> str:
    """The family of the outcome, and of a category only where it names one itself.

    One of several categories ("mild", "moderate") is a part of the outcome and not the outcome, nor
    is what is counted in a part of the patients; a category that is a time point is the outcome at
    that time.
    """
    if _is_stratum(category, categories):
        return ""
    if category and names_outcome(category):
        return family_of(category)
    if _is_part(category, categories):
        return ""
    family = family_of(title)
    if not family and (outcome.type.content or "").lower() == "mortality":
        return "" if names_outcome(title) else "mortality"
    return family


def _kind(arms: Collection[ArmResult]) -> Literal["count", "continuous"] | None:
    if any(arm.events is not None or arm.percent for arm in arms):
        return "count"
    if any(arm.mean is not None or arm.median is not None for arm in arms):
        return "continuous"
    return None


def _role(arm: ReportedArm, types: dict[str, Role]) -> Role:
    if arm.role != "unknown":
        return arm.role
    registered = types.get(arm.label.lower())
    return registered if registered is not None else role_of(arm.label)


def _with_partner(arms: tuple[ArmResult, ...]) -> tuple[ArmResult, ...]:
    """Of two groups, the one beside a control is the treated one, unless it is everybody."""
    if len(arms) != 2 or any(_TOTAL.search(arm.label) for arm in arms):
        return arms
    roles = pair_roles([arm.role for arm in arms])
    return tuple(
        msgspec.structs.replace(arm, role=role) for arm, role in zip(arms, roles, strict=True)
    )


def _origin(rule: str) -> Literal["stated", "recovered"]:
    return "recovered" if rule.endswith(_WORKED_OUT) else "stated"


def _spread(stated_type: str) -> Literal["", "sd", "se", "IQR", "range", "CI"]:
    """What a spread or its limits are, as far as the record says one of the kinds we hold."""
    told = stated_type.lower()
    if told.startswith("sd") or "standard deviation" in told:
        return "sd"
    if told in ("se", "sem") or "standard error" in told:
        return "se"
    if told == "iqr" or re.match(r"inter-?\s?quartile", told):
        return "IQR"
    if told in ("range", "full range"):
        return "range"
    return "CI" if re.search(r"\bci$|confidence interval", told) else ""


def _printed(value: Value[float]) -> str:
    """The number with the decimals that were printed; "" where the record keeps no text of it."""
    raw = (value.raw or "").strip().replace("\u2212", "-")
    return raw if value and _PLAIN_NUMBER.fullmatch(raw) else ""


def _arm(
    arm: ReportedArm, unit: str, parameter: str, types: dict[str, Role], share: bool
) -> ArmResult:
    """One cell of a table; `share` says that the title speaks of a share and of no number."""
    events, percent = arm.events.content, plain_decimal((arm.percent.content or "").rstrip("% "))
    number: Value[float] = arm.number
    if number and number.content is not None and events is None:
        whole = float(number.content).is_integer()
        if _MODELLED.search(parameter):
            pass  # a mean of percentages, or one out of a model: no share of persons
        elif _PERCENT.fullmatch(unit) and not percent:
            percent = (number.raw or f"{number.content:g}").strip().rstrip("% ")
        elif _RATE.search(unit):
            pass  # "percentage of participants with a response": a number of no persons
        elif share:
            pass  # "Percentage of participants" in participants: it may be either
        elif whole and _PERSONS.search(f"{unit} {parameter}") and _COUNTED.search(parameter):
            events = int(number.content)
    spread = _spread(arm.dispersion_type)
    limits = spread if spread in ("IQR", "range", "CI") else ""
    is_limited = arm.lower.content is not None or arm.upper.content is not None
    worked_out = arm.events.rule.endswith(_WORKED_OUT)
    value = next(
        (v for v in (arm.events, arm.percent, arm.number, arm.mean, arm.median) if v), None
    )
    return ArmResult(
        label=arm.label,
        role=_role(arm, types),
        events=events,
        n=arm.n.content,
        percent=percent,
        mean=arm.mean.content,
        sd=arm.dispersion.content if spread == "sd" else None,
        median=arm.median.content,
        lower=arm.lower.content,
        upper=arm.upper.content,
        limits=limits if is_limited else "",
        se=arm.dispersion.content if spread == "se" else None,
        mean_printed=_printed(arm.mean),
        sd_printed=_printed(arm.dispersion) if spread == "sd" else "",
        se_printed=_printed(arm.dispersion) if spread == "se" else "",
        events_origin="" if events is None else "recovered" if worked_out else "stated",
        n_origin="" if arm.n.content is None else _origin(arm.n.rule),
        recovery="worked out by the reviewer" if worked_out else "",
        passage=value.passage if value is not None else None,
    )


def _statistics(outcome: ReportedOutcome) -> tuple[PValue | None, Effect | None]:
    """The P value and effect of the outcome's only analysis, or those that a reviewer noted."""
    if len(outcome.analyses) == 1:
        return _analysed(outcome.analyses[0])
    if outcome.analyses or not outcome.note:
        return None, None
    values = list(find_p_values(outcome.note))
    effects = [
        effect
        for token in tokenise(outcome.note)
        if token.kind == "effect" and (effect := as_effect(token, outcome.note, -1))
    ]
    return (
        values[0] if len(values) == 1 else None,
        effects[0] if len(effects) == 1 else None,
    )


def _analysed(analysis: ReportedAnalysis) -> tuple[PValue | None, Effect | None]:
    method = analysis.method.content or ""
    p = None
    if printed := (analysis.p_value.content or "").strip():
        match = re.fullmatch(r"(<=|>=|[<>=≤≥])?\s*([01]?[.,·]\d{1,12}|[01])", printed)
        if match:
            found = list(find_p_values(f"P {match[1] or '='} {match[2]}"))
            if found:
                p = PValue(found[0].operator, found[0].text, method, analysis.p_value.passage)
    parameter = (analysis.parameter.content or "").lower()
    measure = next((name for name, pattern in _MEASURES if re.search(pattern, parameter)), "")
    estimate = analysis.estimate.content
    if not measure or not estimate:
        return p, None
    return p, Effect(
        measure=measure,
        estimate=plain_decimal(estimate),
        lower=plain_decimal(analysis.lower.content or ""),
        upper=plain_decimal(analysis.upper.content or ""),
        level=(analysis.level.content or "95").rstrip("% "),
        adjusted=bool(_ADJUSTED.search(f"{method} {parameter}")),
        passage=analysis.estimate.passage,
    )


def _printed_percent(arms: tuple[ArmResult, ...], note: str) -> tuple[ArmResult, ...]:
    """Percentages that a reviewer noted as printed beside a count, at the one arm of that count."""
    result = list(arms)
    for match in _PRINTED.finditer(note):
        events, n = int(match["events"]), match["n"]
        fitting = [
            i
            for i, arm in enumerate(result)
            if arm.events == events and (n is None or arm.n == int(n)) and not arm.percent
        ]
        if len(fitting) == 1:
            index = fitting[0]
            percent = plain_decimal(match["percent"])
            result[index] = msgspec.structs.replace(result[index], percent=percent)
    return tuple(result)
