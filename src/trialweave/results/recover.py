"""Numbers that a record does not print but that its printed numbers determine.

A group's size follows from a count with its percentage where only one size fits by rounding; a
count follows from a percentage with the size where only one count rounds to it. What is recovered
is marked so and says how; where two numbers would fit, nothing is filled in. Nothing is carried
from a whole group to a part of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from trialweave.model import ArmResult, Finding, Role
from trialweave.results.arm_names import arm_key
from trialweave.results.families import is_estimate
from trialweave.stats.rounding import counts_for_percent, sizes_for_percent

__all__ = ["complete", "recovered_size"]

LARGEST_SIZE = 10_000
"""Sizes above this are not considered: no percentage with its count determines one."""


def recovered_size(events: int, percent: str) -> int | None:
    """The only size up to 10,000 of which `events` rounds to `percent`; None where several do."""
    if events <= 0:
        return None
    try:
        sizes = sizes_for_percent(events, percent, LARGEST_SIZE)
    except ValueError:
        return None
    return sizes[0] if len(sizes) == 1 else None


def _fitting(percent: str, n: int) -> str:
    try:
        counts = counts_for_percent(percent, n)
    except ValueError:
        return "no whole number"
    rounded = any(c.how in ("rounded", "rounded half to even") for c in counts)
    return "more than one whole number" if rounded else "no whole number"


def recovered_count(percent: str, n: int) -> int | None:
    """The only count of `n` that rounds to `percent`; None where none or several do."""
    try:
        counts = counts_for_percent(percent, n)
    except ValueError:
        return None
    rounded = [c.count for c in counts if c.how in ("rounded", "rounded half to even")]
    return rounded[0] if len(rounded) == 1 else None


def complete(
    findings: Sequence[Finding],
    stated: Mapping[Role, int] | None = None,
    parts: Collection[int] = (),
    named: Mapping[str, int] | None = None,
) -> tuple[Finding, ...]:
    """Fill in sizes and counts that the findings of one record determine.

    `stated` are sizes of roles that the record states outside its results, `named` those of groups
    by their names (`arm_key`). A size is carried from one outcome to another only within a role,
    and only where all that is known of the role, or of the name, agrees.
    To results of a part of the patients nothing is carried, and what they say of a size settles no
    other result; these are findings with a `population`, and those at the positions `parts`.
    """
    stated, named = stated or {}, named or {}
    of_part = [at in parts or bool(finding.population) for at, finding in enumerate(findings)]
    nothing: dict[Role, int] = {}
    sized = [
        _with(
            finding,
            [
                _sized(arm, nothing if part else stated, {} if part else named)
                for arm in finding.arms
            ],
        )
        for finding, part in zip(findings, of_part, strict=True)
    ]
    known = _sizes_by_role(sized, stated, of_part)
    by_name = _not_contradicted(named, sized)
    told: list[Finding] = []
    for finding, part in zip(sized, of_part, strict=True):
        fewer = any(arm.events and arm.percent and arm.n is None for arm in finding.arms)
        arms = [
            # of nobody any size is right, unless a percentage beside it speaks of another
            arm
            if arm.events == 0 and fewer
            else _counted(arm, {} if part else known, {} if part else by_name)
            for arm in finding.arms
        ]
        told.append(_with(finding, arms))
    return tuple(told)


def _with(finding: Finding, arms: Sequence[ArmResult]) -> Finding:
    return msgspec.structs.replace(finding, arms=tuple(arms)) if _recoverable(finding) else finding


def _recoverable(finding: Finding) -> bool:
    """Whether percentages are of counted persons: not where times to event gave an estimate."""
    return finding.kind == "count" and not is_estimate(f"{finding.outcome} {finding.note}")


def _not_contradicted(named: Mapping[str, int], findings: Sequence[Finding]) -> dict[str, int]:
    """The sizes of names of which no result of the record states another."""
    agreed = dict(named)
    for finding in findings:
        for arm in finding.arms:
            key = arm_key(arm.label)
            if arm.n is not None and agreed.get(key, arm.n) != arm.n:
                del agreed[key]
    return agreed


def _sized(arm: ArmResult, stated: Mapping[Role, int], named: Mapping[str, int]) -> ArmResult:
    """The arm with its size from its own count and percentage, where they settle it."""
    if arm.n is not None or arm.events is None or not arm.percent:
        return arm
    size = recovered_size(arm.events, arm.percent)
    if size is not None:
        how = f"{arm.events} is {arm.percent}% of {size} patients and of no other number"
        return msgspec.structs.replace(
            arm,
            n=size,
            n_origin="recovered",
            recovery="; ".join(filter(None, (how, arm.recovery))),
        )
    own = named.get(arm_key(arm.label), stated.get(arm.role)) if arm.events else None
    if own is not None and arm.events <= own and _fits(arm.events, arm.percent, own):
        return msgspec.structs.replace(
            arm, n=own, n_origin="stated", recovery=_elsewhere(own) + "; the percentage fits it"
        )
    return arm


def _fits(events: int, percent: str, n: int) -> bool:
    try:
        return any(c.count == events for c in counts_for_percent(percent, n))
    except ValueError:
        return False


def _elsewhere(n: int) -> str:
    return f"the record states {n} patients in this group elsewhere"


def _sizes_by_role(
    findings: Sequence[Finding], stated: Mapping[Role, int], of_part: Sequence[bool]
) -> dict[Role, tuple[int, str]]:
    """For each role the one size that everything known agrees on, and how it is known.

    A size of a part of the patients can contradict it, but does not tell it.
    """
    sizes: dict[Role, list[int]] = {}
    in_part: dict[Role, set[int]] = {}
    recovered: set[Role] = set()
    several: set[Role] = set()  # roles that more than one group of a comparison has
    for finding, part in zip(findings, of_part, strict=True):
        roles = [arm.role for arm in finding.arms]
        several.update(role for role in roles if roles.count(role) > 1)
        for arm in finding.arms:
            if arm.n is None or arm.role not in ("treatment", "control"):
                continue
            if part:
                in_part.setdefault(arm.role, set()).add(arm.n)
            else:
                sizes.setdefault(arm.role, []).append(arm.n)
                if arm.n_origin == "recovered":
                    recovered.add(arm.role)
    known: dict[Role, tuple[int, str]] = {}
    for role in {*sizes, *stated}:
        seen = sizes.get(role, [])
        found = {*seen, *([stated[role]] if role in stated else []), *in_part.get(role, ())}
        if role in several or len(found) != 1:
            continue
        if role not in stated and role not in recovered and len(seen) < 2:
            continue  # one n/N may be of a part of the group
        size = found.pop()
        how = _elsewhere(size)
        if role not in stated and role in recovered:
            how = f"{size} patients in this group, as recovered from another result of the record"
        known[role] = (size, how)
    return known


def _telling(percent: str) -> int:
    """The largest size that a percentage can speak for: of larger groups most percentages fit.

    A percentage printed with d decimals is one of 100·10^d + 1, of which a group of n reaches at
    most n + 1; with n up to half of them, a fit is some evidence that n is the denominator.
    """
    decimals = len(percent.partition(".")[2])
    return int(50 * 10**decimals)


def _counted(
    arm: ArmResult, known: Mapping[Role, tuple[int, str]], named: Mapping[str, int]
) -> ArmResult:
    """The arm with the size known for its role or name, and the count that this size settles."""
    key = arm_key(arm.label)
    told = known.get(arm.role) or ((named[key], _elsewhere(named[key])) if key in named else None)
    if arm.n is None and told is not None and not (arm.events and arm.percent):
        size, how = told
        if arm.events is not None and arm.events > size:
            return arm
        if arm.percent and size > _telling(arm.percent):
            return arm
        arm = msgspec.structs.replace(
            arm,
            n=size,
            n_origin="recovered" if "recovered" in how else "stated",
            recovery=how,
        )
    if arm.events is None and arm.n is not None and arm.percent and arm.n > 0:
        count = recovered_count(arm.percent, arm.n)
        if count is not None:
            how = f"{arm.percent}% of {arm.n} is {count}, and no other whole number"
        else:
            how = f"{_fitting(arm.percent, arm.n)} of {arm.n} rounds to {arm.percent}%"
        arm = msgspec.structs.replace(
            arm,
            events=count,
            events_origin="recovered" if count is not None else "",
            recovery="; ".join(part for part in (arm.recovery, how) if part),
        )
    return arm
