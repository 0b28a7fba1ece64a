"""Posted results in the EU register's JSON: arms, participant flow, end points.

What is not the record's own words: a group's role is that of its arm's type; sets of subjects
other than arms have no role. The number analysed is stated for an end point as a whole. People
write that of a category into its name, group by group: "Infants (n=12, 11)". Where a name says so
in a way that is not understood, counts and percentages of the category are unreadable: they are of
a number that is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from trialweave.model import (
    Arm,
    FlowCount,
    FlowRow,
    Missingness,
    ParticipantFlow,
    ReportedAnalysis,
    ReportedArm,
    ReportedGroup,
    ReportedOutcome,
    Role,
    Value,
)
from trialweave.sources.ctgov import words
from trialweave.sources.ctgov.results_tables import Field, field_of
from trialweave.sources.europe import _euctr_codes as codes
from trialweave.sources.europe._euctr_values import (
    POSTED,
    STATED,
    V,
    counted,
    identity,
    read,
    where,
)
from trialweave.sources.europe._tree import Branch, JsonBranch, one
from trialweave.sources.europe._values import Piece

__all__ = ["Groups", "arms_of", "end_points", "flow_of", "groups_of"]

_PERIODS = ("postAssignmentPeriods", "postAssignmentPeriod")
_SIZES = re.compile(
    r"\(\s?n\s?=\s?(?P<sizes>\d{1,6}(?:\s?[,;/]\s?\d{1,6}){0,20})\s?\)", re.IGNORECASE
)
_SAYS_SIZE = re.compile(r"\bn\s?=", re.IGNORECASE)


class Group(NamedTuple):
    """An arm, or another set of subjects that results are told of."""

    branch: Branch
    role: Role

    @property
    def title(self) -> str:
        """Its name for people."""
        return read(one(self.branch, "title"))


Groups = dict[str, Group]


def groups_of(record: JsonBranch) -> Groups:
    """The arms of all periods and the sets of subjects, by their identifiers."""
    found: Groups = {}
    for arm in record.branches("subjectDisposition", *_PERIODS, "arms", "arm"):
        if key := identity(arm):
            found.setdefault(key, Group(arm, codes.arm_role(read(one(arm, "type")))))
    for subjects in record.branches("subjectAnalysisSets", "subjectAnalysisSet"):
        if key := identity(subjects):
            found.setdefault(key, Group(subjects, "unknown"))
    return found


def arms_of(record: JsonBranch) -> Value[tuple[Arm, ...]]:
    """The arms of the first period, with how many started in them."""
    for period in record.branches("subjectDisposition", *_PERIODS):
        arms = period.branches("arms", "arm")
        if arms:
            return V.several(
                tuple(
                    Arm(
                        label=V.text(one(arm, "title")),
                        type=V.word(one(arm, "type"), codes.arm_type),
                        description=V.text(one(arm, "description")),
                        size=V.count(one(arm, "startedMilestoneAchievement", "subjects")),
                    )
                    for arm in arms
                )
            )
    return V.absent("list")


# -- participant flow ------------------------------------------------------------------------------


def flow_of(record: JsonBranch, groups: Groups) -> Value[ParticipantFlow]:
    """The flow, period after period: milestones, then reasons for which subjects left."""
    whole = record.branches("subjectDisposition")
    if not whole or not whole[0].branches(*_PERIODS):
        return V.absent(POSTED)
    disposition = whole[0]
    order = {key: position for position, key in enumerate(groups)}
    why = {
        identity(reason): read(one(reason, "otherReason"))
        or codes.spoken(read(one(reason, "type")))
        or ""
        for reason in disposition.branches("reasonsNotCompleted", "reasonNotCompleted")
    }
    rows: list[Value[FlowRow]] = []
    for period in disposition.branches(*_PERIODS):
        rows += _period(period, order, why)
    flow = ParticipantFlow(
        recruitment=V.text(one(disposition, "recruitmentDetails")),
        before_assignment=V.text(one(disposition, "screeningInformation")),
        groups=tuple(
            ReportedGroup(
                V.text(one(group.branch, "title")),
                V.text(one(group.branch, "description")),
                group.role,
            )
            for group in groups.values()
        ),
        rows=tuple(rows),
    )
    return Value(flow, passage=where(disposition), missingness=STATED, rule=V.rule(POSTED))


def _period(period: Branch, order: dict[str, int], why: dict[str, str]) -> Iterator[Value[FlowRow]]:
    title = read(one(period, "title"))
    names = {
        identity(milestone): read(one(milestone, "title"))
        for milestone in period.branches("otherMilestones", "otherMilestone")
    }
    found: dict[tuple[str, bool], list[FlowCount]] = {("started", False): []}
    for arm in period.branches("arms", "arm"):
        group = order.get(identity(arm), -1)
        if group < 0:
            continue
        told: list[tuple[str, bool, Piece | None]] = [
            ("started", False, one(arm, "startedMilestoneAchievement", "subjects"))
        ]
        for reached in arm.branches("otherMilestoneAchievements", "otherMilestoneAchievement"):
            key = read(one(reached, "otherMilestoneId"))
            told.append((names.get(key, key), False, one(reached, "subjects")))
        completed = one(arm, "completedMilestoneAchievement", "subjects")
        told.append(("completed", False, completed))
        for left in arm.branches("notCompletedReasonDetails", "reasonDetail"):
            key = read(one(left, "reasonNotCompletedId"))
            told.append((why.get(key, key), True, one(left, "subjects")))
        for name, reason, piece in told:
            if piece is not None:
                cell = FlowCount(group, counted(piece))
                found.setdefault((name, reason), []).append(cell)
    at = where(period, "arms")
    for (name, reason), counts in sorted(found.items(), key=lambda item: item[0][1]):
        if counts:
            row = FlowRow(title, name, reason, tuple(counts))
            yield Value(row, STATED, at, V.rule(POSTED))


# -- end points ------------------------------------------------------------------------------------


def end_points(record: JsonBranch, groups: Groups) -> list[ReportedOutcome]:
    """The end points in the record's order, with their statistical analyses."""
    return [_end_point(end, groups) for end in record.branches("endPoints", "endPoint")]


def _end_point(end: Branch, groups: Groups) -> ReportedOutcome:
    countable = read(one(end, "countable")).casefold() == "true"
    unit = read(one(end, "unit"))
    categories = {
        identity(category): Category(read(one(category, "name")), one(category, "name"))
        for category in end.branches("categories", "category")
    }
    reporting = [
        (group, groups.get(read(one(group, key))))
        for holder, inner, key in (
            ("armReportingGroups", "armReportingGroup", "armId"),
            (
                "subjectAnalysisSetReportingGroups",
                "subjectAnalysisSetReportingGroup",
                "subjectAnalysisSetId",
            ),
        )
        for group in end.branches(holder, inner)
    ]
    flag = one(end, "countable")
    parameter: Value[str] = V.absent("word")
    if countable and flag is not None:
        of_people = field_of("Number", unit, read(one(end, "title"))) == "events"
        parameter = V.derived("Count of Participants" if of_people else "Number", flag, "word")
    elif not countable:
        parameter = V.word(one(end, "centralTendencyType"), codes.parameter)
    arms = [
        cell
        for position, (group, of) in enumerate(reporting)
        for cell in _figures(
            end,
            group,
            of,
            {key: category.sizes(position, len(reporting)) for key, category in categories.items()},
            field_of(parameter.content or "", unit, read(one(end, "title"))),
        )
    ]
    return ReportedOutcome(
        title=V.text(one(end, "title")),
        description=V.text(one(end, "description")),
        time_frame=V.text(one(end, "timeFrame")),
        type=V.word(one(end, "type"), codes.spoken),
        unit=V.text(one(end, "unit")),
        parameter=parameter,
        arms=tuple(arms),
        analyses=tuple(
            _analysis(analysis, {identity(group): of for group, of in reporting})
            for analysis in end.branches("statisticalAnalyses", "statisticalAnalysis")
        ),
    )


class Category(NamedTuple):
    """A category of an end point."""

    name: str
    piece: Piece | None

    def sizes(self, position: int, groups: int) -> tuple[str, Value[int] | None]:
        """The name, and the number analysed of the group at a position where the name tells it:
        unreadable where it tells it otherwise, None where it says nothing of it.
        """
        if self.piece is None or not _SAYS_SIZE.search(self.name):
            return self.name, None
        match = _SIZES.search(self.name)
        sizes = re.findall(r"\d+", match["sizes"]) if match is not None else []
        if len(sizes) != groups:
            return self.name, V.word(self.piece, lambda _: None, "count")
        return self.name, V.derived(int(sizes[position]), self.piece, "count")


def _figures(
    end: Branch,
    group: Branch,
    of: Group | None,
    categories: dict[str, tuple[str, Value[int] | None]],
    kind: Field,
) -> Iterator[ReportedArm]:
    """The figures of one group, one for each category that has any."""
    code = read(one(end, "dispersionType"))
    spread = codes.dispersion(code, read(one(end, "percentage")))
    spreads: dict[str, Branch] = {}
    for branch in group.branches("dispersionValues", "dispersionValue"):
        spreads.setdefault(read(one(branch, "categoryId")), branch)
    whole = V.count(one(group, "subjects"))
    for branch in (
        *group.branches("countableValues", "countableValue"),
        *group.branches("tendencyValues", "tendencyValue"),
    ):
        key, piece = read(one(branch, "categoryId")), one(branch, "value")
        if piece is None:
            continue
        name, own = categories.get(key, ("", None))
        n = own if own is not None else whole
        figure = _figure(kind, piece)
        if n.missingness is Missingness.UNREADABLE and kind in ("events", "percent"):
            figure = V.word(piece, lambda _: None, "count")
        cell: dict[str, Any] = {kind: figure}
        beside = spreads.get(key)
        if beside is not None and spread:
            low, high = one(beside, "value"), one(beside, "highRangeValue")
            if codes.word_of(code) in codes.RANGES:
                cell |= {"lower": _number(low), "upper": _number(high)}
            else:
                cell["dispersion"] = _number(low)
        yield ReportedArm(
            label=of.title if of is not None else "",
            role=of.role if of is not None else "unknown",
            category=name if len(categories) > 1 else "",
            n=n,
            dispersion_type=spread,
            **cell,
        )


def _figure(kind: str, piece: Piece) -> Value[Any]:
    if kind == "events":
        return V.count(piece)
    return V.text(piece) if kind == "percent" else _number(piece)


def _number(piece: Piece | None) -> Value[float]:
    return V.word(piece, words.number, "number") if piece is not None else Value()


def _analysis(analysis: Branch, groups: dict[str, Group | None]) -> ReportedAnalysis:
    compared = analysis.cells("armComparisonGroupId") + analysis.cells(
        "subjectAnalysisSetComparisonGroupId"
    )
    named = (groups.get(piece.raw) for piece in compared)
    test = ("statisticalHypothesisTest",)
    estimate = ("parameterEstimate",)
    interval = (*estimate, "confidenceInterval")
    return ReportedAnalysis(
        groups=tuple(group.title for group in named if group is not None),
        method=_or_other(analysis, (*test, "method"), (*test, "otherMethod")),
        p_value=_p_value(analysis, test),
        parameter=_or_other(analysis, (*estimate, "type"), (*estimate, "otherType")),
        estimate=V.text(one(analysis, *estimate, "pointEstimate")),
        lower=V.text(one(analysis, *interval, "lowerLimit")),
        upper=V.text(one(analysis, *interval, "upperLimit")),
        level=V.text(one(analysis, *interval, "percentage")),
    )


def _or_other(branch: Branch, code: tuple[str, ...], other: tuple[str, ...]) -> Value[str]:
    """A code in words; what is written beside it where the code is "other"."""
    piece = one(branch, *code)
    if piece is None or codes.word_of(piece.raw) == "other":
        return V.text(one(branch, *other) or piece)
    return V.word(piece, codes.spoken)


def _p_value(analysis: Branch, test: tuple[str, ...]) -> Value[str]:
    piece = one(analysis, *test, "value")
    value = V.text(piece)
    relation = read(one(analysis, *test, "valueEqualityRelation"))
    if piece is None or not value or relation not in ("<", ">", "<=", ">=", "≤", "≥"):
        return value
    return V.derived(f"{relation}{value.content}", piece, "text")
