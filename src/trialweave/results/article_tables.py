"""Findings out of the tables of articles.

A figure's place tells what it is of: a group, a time and an outcome stand over its column or before
its row. A table of characteristics at the start gives sizes of groups and no findings, and a figure
whose headings leave it open what it is gives none either.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from trialweave.model import ArmResult, ArticleTable, Finding, Publication, Record
from trialweave.results.arm_names import arm_names
from trialweave.results.families import (
    MEASURED,
    counts_events,
    family_of,
    is_estimate,
    names_outcome,
    time_days,
)
from trialweave.results.group_aliases import group_aliases, roles_by_alias
from trialweave.results.recover import complete
from trialweave.results.sizes import product_words, stated_sizes
from trialweave.results.stated_spread import spread_of_means
from trialweave.results.table_arms import Entry, fits
from trialweave.results.table_comparisons import Comparison, TableReader
from trialweave.results.table_figures import figures_of
from trialweave.results.table_grid import Laid, lay_out
from trialweave.results.table_groups import Known, told_of_allocation
from trialweave.results.table_sizes import counts_losses, is_row_of_sizes, learn, size_of_all, sums
from trialweave.results.table_telling import (
    LIMIT,
    has_slash,
    is_general,
    is_of_start,
    parts_of,
    passage_of,
    repeated,
    sound_effect,
    spelled,
    strata_of,
    unit_of,
    without_sizes,
)
from trialweave.results.table_titles import (
    is_no_result,
    is_no_trial,
    is_not_an_outcome,
    names_a_part,
    outcome_of_caption,
)
from trialweave.results.table_words import Part

__all__ = ["article_findings"]

RULE = "article-table/1"
_MOST_ROWS = 2_000
_PERSONS = "patients|participants|subjects|women|men|children|infants|persons|people|cases"
_COUNTS_PERSONS = re.compile(
    rf"(?:number|nos?\.?|n)\s(?:of|with|who)\s(?:the )?(?:{_PERSONS}|deaths)|"
    rf"\b(?:{_PERSONS})\s(?:with|who|that|achieving|having|reporting|requiring)",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"\b(?:rates?|incidences?|proportions?|percentages?|prevalence|frequen\w+|responders?|died|"
    rf"deaths?|{_PERSONS})\b",
    re.IGNORECASE,
)
_NO_SHARE = re.compile(
    r"\b(?:mean|median|average|change|reduction|decrease|increase|predicted|fraction|saturation|"
    r"hba1c|ha?ematocrit|body fat|score|level|concentration|adherence|compliance|efficacy|stenosis|"
    r"improvement|fat|weight|volume|area|intake|energy|density)\b|%\s?(?:change|reduction)",
    re.IGNORECASE,
)
_RATE = re.compile(
    r"/\s?(?:years?|yr|y\b|100|1,?000|patient|person)|\bper\s(?:year|100|1,?000|patient|person)|"
    r"\bperson[- ]years",
    re.IGNORECASE,
)
_SLASHED = re.compile(
    r"\bblood pressure|\bbp\b|systolic|diastolic|\bratio\b|female\s?/|male\s?/", re.IGNORECASE
)
_CHANGES = re.compile(
    r"\bmean (?:of )?(?:the )?differences?\b|\bchanges?(?: scores?)? from (?:the )?"
    r"(?:baseline|start)|\bmean (?:\S+ )?changes?\b|"
    r"^(?:\w+ )?changes? (?:in|of)\b",
    re.IGNORECASE,
)
_MODELLED = re.compile(
    r"\badjusted\b|\bleast[- ]squares?|\bmixed[- ](?:effects?|models?)|\bancova\b|"
    r"\brepeated measures",
    re.IGNORECASE,
)
_SIZE_IN_NOTE = re.compile(rf"\b[nN]\s?=\s?\d|\b\d{{1,6}}\s(?:\w{{1,30}}\s)?(?:{_PERSONS})\b")
_SUBGROUP = re.compile(r"\bsub-?group|\bsubset|\bper[- ]protocol", re.IGNORECASE)
_ANALYSED = re.compile(
    r"(?:(?:modified\s)?intent(?:ion)?[- ]to[- ]treat|m?itt|per[- ]protocol|pp|completers|"
    r"as[- ]treated|evaluable|safety|full\sanalysis)"
    r"(?:\s(?:population|set|analysis|patients|sample|cohort))*",
    re.IGNORECASE,
)
_TRAITS = re.compile(r"\bcharacteristics?\b|\bdemographic", re.IGNORECASE)
_FIRST_SENTENCE = re.compile(r"(?<=[^\s.]{3})\.\s")


def article_findings(record: Record) -> list[Finding]:
    """The findings of the tables of a record's publication, in order, without ids.

    A finding has two groups or more; passages are those of the cells. Of reviews, protocols and
    corrections, whose tables show what others found or nobody yet, none is read.
    """
    publication = record.publication
    if publication is None or not publication.tables:
        return []
    if is_no_trial(publication.kind.content or "", publication.title.content or ""):
        return []
    laid = [
        (table, grid)
        for table in publication.tables.content or ()
        if table.cells and (grid := lay_out(table)) is not None and len(grid.rows) <= _MOST_ROWS
    ]
    known = _known(record, publication)
    for table, grid in laid:
        learn(grid, known, of_start=is_of_start(grid, table.caption.content or ""))
    found: list[Finding] = []
    parts: set[int] = set()
    for table, grid in laid:
        for finding, is_part in _Table(table, grid, known).findings():
            if is_part:
                parts.add(len(found))
            found.append(finding)
    return list(complete(found, known.by_role, parts))


def _known(record: Record, publication: Publication) -> Known:
    about = record.about
    titles = [publication.title.content or ""]
    titles += [each.name.content or "" for each in about.interventions.content or ()]
    texts = [section.text.content or "" for section in publication.sections.content or ()]
    registered = [arm.label.content or "" for arm in about.arms.content or ()]
    product = product_words(title for title in titles if title)
    below = [
        note.content or "" for table in publication.tables.content or () for note in table.notes
    ]
    n, how = size_of_all(titles[0], [*texts, *below])
    names = arm_names(texts, registered)
    return Known(
        product,
        dataclasses.replace(names, roles=roles_by_alias(group_aliases(texts))),
        by_role=stated_sizes(texts, product).by_role,
        of_all=n,
        of_all_how=how,
        lost=counts_losses(texts),
        spread=spread_of_means(texts),
        allocated=told_of_allocation(titles[0], texts),
    )


def _percents(arms: Sequence[ArmResult]) -> bool:
    return any(arm.percent for arm in arms)


class _Table:
    """One table's comparisons on their way to findings."""

    def __init__(self, table: ArticleTable, laid: Laid, known: Known) -> None:
        self.laid = laid
        self.reader = TableReader(table, laid, known)
        self.known = known
        self.caption, self.notes = self.reader.caption, self.reader.notes
        self.modelled = bool(_MODELLED.search(f"{self.caption} {self.notes}"))
        self.sums = sums(laid)
        self.caption_days = time_days(LIMIT.sub(" ", self.caption))
        self.caption_family = family_of(self.caption)
        self.caption_counts = bool(_COUNTS_PERSONS.search(self.caption))
        self.caption_shares = bool(_SHARE.search(self.caption))
        head = [h.part for path in laid.heads[0].values() for h in path]
        starts = any(p.start for p in head) or any(
            p.start for row in laid.rows for p in (*row.labels, *row.sections)
        )
        before = [h.part for c in range(laid.stubs) for h in laid.heads[0].get(c, ())]
        self.changes = not starts and (
            bool(_CHANGES.search(self.caption)) or any(part.change for part in before)
        )
        self.by_part = bool(_SUBGROUP.search(self.caption)) or any(
            _SUBGROUP.search(part.text) for part in before
        )

    def findings(self) -> Iterator[tuple[Finding, bool]]:
        """The findings of the table, and whether each is of a part of the participants."""
        if is_no_result(self.caption):
            return
        traits = bool(_TRAITS.search(self.caption)) or not self.reader.goes_on
        if traits and is_of_start(self.laid, self.caption):
            return
        made = [
            (each, finding)
            for each in self.reader.comparisons()
            if (finding := self._finding(each)) is not None
        ]
        strata = strata_of([each for each, _ in made])
        unsure = repeated([each for each, _ in made]) | strata.keys()
        for each, finding in made:
            section = strata.get(id(each))
            if id(each) in unsure and not any(p.n is not None for p in parts_of(each)):
                finding = without_sizes(finding)
            if section is not None:
                finding = msgspec.structs.replace(
                    finding, family="", population=finding.population or section
                )
            apart = bool(finding.population) or id(each) in unsure
            yield finding, apart or any(p.n is not None for p in parts_of(each))

    def _finding(self, of: Comparison) -> Finding | None:
        entries = list(of.entries.values())
        if of.start or len(entries) < 2 or len({len(entry.cells) for entry in entries}) != 1:
            return None
        label = of.label
        if label is not None and label.kind in ("p", "test", "effect"):
            return None
        if label is not None and is_not_an_outcome(label.label) and not self.by_part:
            return None
        lone = all(figure.form == "a" for entry in entries for _, figure, _ in entry.cells)
        near = " ".join(part.text for part in parts_of(of))
        if (lone and is_row_of_sizes(of.row)) or (_SLASHED.search(near) and has_slash(entries)):
            return None
        self._set_sizes(of, entries)
        over = self._heading_words(of)
        found = figures_of(
            entries,
            persons=(self.caption_shares or bool(_SHARE.search(near)))
            and not _NO_SHARE.search(near)
            and not _RATE.search(f"{over} {near} {self.caption}"),
            counted=self._counts_persons(of, near),
            modelled=of.change and self.modelled,
            estimated=is_estimate(f"{near} {over}"),
        )
        if found is None:
            return None
        kind, arms = found
        if kind == "count" and (counts_events(near) or (_RATE.search(near) and _percents(arms))):
            return None
        if kind == "continuous":
            arms = tuple(map(self._measured, arms, entries))
        return self._made(of, kind, arms, near)

    def _made(
        self, of: Comparison, kind: Literal["count", "continuous"], arms: tuple[ArmResult, ...],
        near: str,
    ) -> Finding:  # fmt: skip
        two = len(arms) == 2 and not of.clash
        family = self._family(of)
        time, days = self._time(of)
        measured = kind == "continuous"
        change = of.change or self.changes
        estimate = not measured and is_estimate(f"{near} {self._heading_words(of)}")
        return Finding(
            finding_id="",
            record_id="",
            outcome=self._outcome(of),
            family=family if measured == (family in MEASURED) else "",
            kind=kind,
            time=time,
            time_days=days,
            population=self._population(of),
            unit=unit_of(of) if measured else "",
            change=measured and change,
            arms=arms,
            p=of.p if two else None,
            effect=sound_effect(of.effect, kind, arms) if two else None,
            passage=passage_of(of),
            rule=RULE,
            note="Kaplan-Meier estimate" if estimate else "",
        )

    # --- sizes ------------------------------------------------------------------------------------

    def _set_sizes(self, of: Comparison, entries: Sequence[Entry]) -> None:
        """Settle how many each group's figures are about."""
        if any(part.n is not None for part in parts_of(of)) or self._noted(of.label):
            for entry in entries:
                entry.n, entry.n_elsewhere = None, False  # the row is about fewer
            return
        self._from_elsewhere(of, entries)
        added = self.sums.get(of.row.index, {})
        for entry, column in zip(entries, of.columns, strict=False):
            figure, n = entry.cells[0][1], added.get(column)
            if len(entry.cells) != 1 or n is None or figure.form != "a (b)":
                continue
            if entry.n is None or not fits(int(figure.a), figure.b, entry.n):
                entry.n, entry.n_elsewhere = n, False
                entry.n_how = f"the counts of all categories add up to {n}"

    def _from_elsewhere(self, of: Comparison, entries: Sequence[Entry]) -> None:
        """Sizes that are stated elsewhere, only where the headings over all groups allow them."""
        roles = [entry.group.role for entry in entries]
        disputed = any(self.known.is_disputed(entry.group.label) for entry in entries)
        for entry in entries if not disputed else ():
            role = entry.group.role
            if entry.n is None and role in ("treatment", "control") and roles.count(role) == 1:
                entry.n, entry.n_elsewhere = self.known.by_role.get(role), True
        if not disputed and all(entry.n is None for entry in entries):
            for entry in entries:
                entry.n, entry.n_elsewhere = self.known.of_all, True
                entry.n_how = self.known.of_all_how
        elsewhere = [entry for entry in entries if entry.n_elsewhere]
        if not elsewhere:
            return
        head = self.laid.heads[of.row.epoch]
        totals = {
            heading.part.n
            for column in of.columns
            for heading in head.get(column, ())
            if heading.part.n is not None
            and heading.first <= min(of.columns) <= max(of.columns) < heading.last
        }
        sizes = [entry.n for entry in entries if entry.n is not None]
        if len(sizes) < len(entries) or (totals and totals != {sum(sizes)}):
            for entry in elsewhere:
                entry.n, entry.n_elsewhere, entry.n_how = None, False, ""

    def _measured(self, arm: ArmResult, entry: Entry) -> ArmResult:
        """The arm without a size from elsewhere that need not hold for who was measured."""
        if not entry.n_elsewhere or arm.n is None or arm.n != entry.n:
            return arm
        if "completed" in entry.n_how or self.known.holds(entry.group.label, arm.n):
            return arm
        return msgspec.structs.replace(arm, n=None, n_origin="", recovery="")

    def _noted(self, label: Part | None) -> bool:
        """Whether a footnote gives a size of its own for a row."""
        name = label.label if label is not None else ""
        return len(name) > 2 and any(
            name in sentence and _SIZE_IN_NOTE.search(sentence)
            for sentence in self.notes.split(". ")
        )

    # --- words ------------------------------------------------------------------------------------

    def _counts_persons(self, of: Comparison, near: str) -> bool:
        """Whether row, headings or caption count persons or deaths, so that a lone number does."""
        if any(family_of(part.text) in ("mortality", "survival") for part in parts_of(of)):
            return True
        return self.caption_counts or bool(_COUNTS_PERSONS.search(near))

    def _heading_words(self, of: Comparison) -> str:
        head = self.laid.heads[of.row.epoch]
        texts = {h.part.text for column in of.columns for h in head.get(column, ())}
        return " ".join(sorted(texts))

    def _outcome(self, of: Comparison) -> str:
        """The headings of the row, its label and what stands over the columns, in this order."""
        said = [p.label or p.text for p in of.outer if not is_general(p)]
        if of.label is not None:
            before = sum(p in of.row.sections for p in of.outer if not is_general(p))
            said.insert(before, of.label.label or of.label.text)
        if not said:
            said = [outcome_of_caption(_FIRST_SENTENCE.split(self.caption, maxsplit=1)[0])]
        return ": ".join(dict.fromkeys(text for text in said if text))[:300]

    def _family(self, of: Comparison) -> str:
        """The family that the row names; "" where a heading over the columns may narrow it."""
        over = [p for p in of.outer if p not in of.row.sections and p not in of.row.labels]
        if any(not is_general(p) and not names_outcome(p.text) for p in over):
            return ""
        if of.label is not None and of.label.kind == "label":
            return family_of(of.label.text) if names_outcome(of.label.text) else ""
        told = [part for part in of.outer if not is_general(part) and not names_a_part(part.text)]
        return family_of(told[-1].text) if told else self.caption_family

    def _time(self, of: Comparison) -> tuple[str, float | None]:
        times = list(dict.fromkeys(part.label or part.text for part in of.times))
        if times:
            days = {d for text in times if (d := time_days(spelled(text))) is not None}
            return ", ".join(times)[:200], days.pop() if len(days) == 1 else None
        told = (time_days(LIMIT.sub(" ", part.text)) for part in reversed(parts_of(of)))
        found = next((days for days in told if days is not None), self.caption_days)
        return ("", None) if found is None else (f"{found:g} days", found)

    def _population(self, of: Comparison) -> str:
        """The headings that speak of a part of the participants."""
        parts = [p.text for p in of.outer if names_a_part(p.text) and not names_outcome(p.text)]
        if of.label is not None and _ANALYSED.fullmatch(of.label.label or of.label.text):
            parts.append(of.label.label or of.label.text)
        if self.by_part:
            if of.label is not None and of.label.kind == "total":
                return ""
            own = of.label.text if of.label is not None else ""
            parts.append(f"subgroup: {own}" if own else "subgroup")
        return "; ".join(dict.fromkeys(parts))[:200]
