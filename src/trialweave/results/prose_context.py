"""What a record says outside of a sentence that its sentences are read with."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trialweave.model import Finding, Record, Role
from trialweave.results.arm_names import ArmNames, arm_key, arm_names
from trialweave.results.continuous_values import Declared, declared
from trialweave.results.group_aliases import group_aliases, lettered_groups, roles_by_alias
from trialweave.results.sizes import (
    StatedSizes,
    crossover_size,
    is_single_group,
    product_words,
    size_of_each,
    stated_sizes,
)
from trialweave.results.table_sizes import counts_losses

__all__ = ["Context", "context_of"]

_METHODS = re.compile(r"\b(?:methods?|design|trial|study)\b", re.IGNORECASE)
_SLASHED = re.compile(r"\b[Pp]\s?[<=>≤≥]\s?0/\d")


@dataclass(frozen=True)
class Context:
    """What a record says outside of a sentence that its sentences are read with."""

    product: Collection[str] = ()
    names: ArmNames = field(default_factory=ArmNames)
    declared: Declared = field(default_factory=Declared)
    sizes: StatedSizes = field(default_factory=StatedSizes)
    crossover: int | None = None  # patients of a crossover trial, each of them in every group
    single: bool = False  # nothing speaks of a second group
    slashed: bool = False  # decimals are written with a slash
    tables: Sequence[Finding] = ()  # those of the record's tables that hold means
    told: frozenset[str] = frozenset()  # words of the titles
    # Sizes that hold for who was measured: those of tables alone where participants were lost
    measured: Mapping[str, int] = field(default_factory=dict)
    measured_by_role: Mapping[Role, int] = field(default_factory=dict)


def context_of(record: Record, bodies: list[str], tables: Sequence[Finding]) -> Context:
    about = record.about
    titles = [record.publication.title.content or ""] if record.publication else []
    titles += [i.name.content or "" for i in about.interventions.content or ()]
    product = product_words(title for title in titles if title)
    sizes = stated_sizes(bodies, product)
    enrolled = about.enrollment.content
    if enrolled:
        sizes.total = enrolled
    single = is_single_group(record, [*titles, *bodies])
    if single and sizes.total:
        sizes.by_role.setdefault("single", sizes.total)
    arms = [arm.label.content or "" for arm in about.arms.content or ()]
    in_tables = _sizes_in_tables(tables, by_role=True)
    names_in_tables = _sizes_in_tables(tables, by_role=False)
    sizes.by_role = {**in_tables, **sizes.by_role}
    names = arm_names(bodies, arms)
    by_name = {**names_in_tables, **names.sizes}
    called = group_aliases(bodies)
    each, _ = size_of_each(bodies)
    lost = counts_losses(bodies)
    if each is not None and not lost:
        by_name = {**dict.fromkeys(lettered_groups(bodies), each), **by_name}
        sizes.by_role = {"treatment": each, "control": each, **sizes.by_role}
    return Context(
        product=product,
        names=ArmNames(names.by_first, by_name, roles_by_alias(called)),
        tables=[f for f in tables if f.kind == "continuous"],
        declared=declared(bodies),
        sizes=sizes,
        crossover=crossover_size(_about(record, titles), bodies),
        single=single,
        slashed=any(_SLASHED.search(text) for text in bodies),
        told=frozenset(re.findall(r"[^\W_]+", " ".join(titles).lower())),
        measured=names_in_tables if lost else by_name,
        measured_by_role=in_tables if lost else sizes.by_role,
    )


def _about(record: Record, titles: Sequence[str]) -> list[str]:
    """The texts that say how the trial was made: titles, abstract, methods."""
    publication = record.publication
    sections = (publication.sections.content or ()) if publication else ()
    return [
        *titles,
        *(
            section.text.content or ""
            for section in sections
            if section.part == "abstract" or _METHODS.search(section.label)
        ),
    ]


def _sizes_in_tables(tables: Sequence[Finding], *, by_role: bool) -> dict[Any, int]:
    """Sizes on which all tables of an article agree, by the groups' names or by their roles."""
    seen: dict[Any, set[int]] = {}
    for finding in tables:
        roles = [arm.role for arm in finding.arms]
        for arm in finding.arms:
            if arm.n is None or arm.n_origin == "recovered":
                continue
            if not by_role and arm_key(arm.label):
                seen.setdefault(arm_key(arm.label), set()).add(arm.n)
            elif by_role and arm.role in ("treatment", "control"):
                several = {0} if roles.count(arm.role) > 1 else set()
                seen.setdefault(arm.role, set()).update({arm.n} | several)
    return {key: min(sizes) for key, sizes in seen.items() if len(sizes) == 1 and 0 not in sizes}
