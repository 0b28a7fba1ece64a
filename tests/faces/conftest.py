"""An invented workspace for the faces: one woven study, flags, hostile text, and no store."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest

from trialweave.errors import NotFound
from trialweave.live.report import Follow, Seen
from trialweave.model import (
    Arm,
    ArmResult,
    Attempt,
    Check,
    Finding,
    Intervention,
    Link,
    Missingness,
    Notice,
    Outcome,
    Part,
    PartialDate,
    Passage,
    Publication,
    PValue,
    Record,
    Report,
    Signal,
    Study,
    Suggestion,
    Trial,
    Value,
    stated,
)
from trialweave.model.assessment import Answer
from trialweave.publish.assessment_views import AssessmentsView, AssessmentView
from trialweave.publish.assessments import (
    assessment_view,
    assessments_view,
    instrument_of,
    subject_of,
)
from trialweave.publish.certainty_view import CertaintyView, certainty_view
from trialweave.publish.conflicts import ConflictsView, FieldConflict, Standing
from trialweave.publish.corrections import CorrectionsView, corrections_view
from trialweave.publish.figures.catalogue import figure_of
from trialweave.publish.figures.drawing import Drawing
from trialweave.publish.figures.flow import Flow
from trialweave.publish.figures.forest import COLUMNS
from trialweave.publish.findings import FindingsView, finding_row
from trialweave.publish.findings_table import SummaryRow, summary_row
from trialweave.publish.reuse import ReuseView
from trialweave.publish.study import concept_rows, record_row
from trialweave.publish.terms.decisions import TermDecisionsView, term_decisions_view
from trialweave.publish.views import (
    AddReport,
    AgreementRow,
    CheckView,
    ConflictRow,
    DecisionReport,
    DecisionRow,
    DecisionsView,
    DocumentView,
    HistoryView,
    LinkView,
    PairRow,
    RecordHistory,
    Refusal,
    SearchHit,
    SearchView,
    StatusView,
    StudyView,
    SuggestionRow,
    VersionRow,
    Why,
    WhyEntry,
)
from trialweave.records.history import changes
from trialweave.store import assessments
from trialweave.store.assessments import Subject, following
from trialweave.store.corrections import Log
from trialweave.store.term_decisions import Log as TermLog
from trialweave.synthesis import Question, Synthesis, choose, pool
from trialweave.synthesis.certainty import certainty
from trialweave.synthesis.changes import Changes, Difference
from trialweave.synthesis.exploration import Exploration, explore
from trialweave.synthesis.listing import QuestionRow, QuestionsView

from .fake_protocol import FakeProtocol
from .fake_terms import FakeTerms

HOSTILE = (
    "<script>alert(1)</script>{{7*7}}${7*7}\x1b[31mred\x1b]0;title\x07\x9b2J"
    "\u202egnp.exe\u202c\"onmouseover=alert(2) '[bold]rich[/bold] &amp; "
    "<img src=x onerror=alert(3)>"
)
PAGE = (
    "A page of an invented hospital\n\n"
    "Forty patients in Ruritania were treated. Deaths by day 28 were 3 (15%) against 9 (45%), "
    "P < 0.001.\n\nبیماران در بیمارستان\n\n" + HOSTILE + "\n"
)
REGISTRY = '{"id": "NCT09999999", "size": 40, "title": "Invented cells for an invented fever"}'
TITLES = {"ctgov": "ClinicalTrials.gov", "page": "Hospital page"}
STUDY_ID = "NCT09999999"
SLASHED = "CTRI/2031/01/000001"
_AT = dt.datetime(2031, 5, 6, 7, 8, tzinfo=dt.UTC)


def at(text: str, within: str = PAGE) -> tuple[int, int]:
    """The span of a text."""
    start = within.index(text)
    return start, start + len(text)


def _value(text: str, rule: str = "page/1") -> Value[Any]:
    return stated(text, rule, span=at(text))


def _record(source: str, identifier: str, text: str, **body: Any) -> Record:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Record(
        record_id=f"{source}:{identifier}",
        version=1,
        source=source,
        identifier=identifier,
        kind="trial" if "trial" in body else "publication",
        digest=digest,
        sha256=digest,
        start=0,
        end=len(text.encode()),
        name=f"{source}.txt",
        received_at=_AT,
        **body,
    )


REGISTERED = _record(
    "ctgov",
    STUDY_ID,
    REGISTRY,
    stated=PartialDate(2030, 2),
    trial=Trial(
        primary_id=stated(STUDY_ID, "ctgov/1", path="id"),
        public_title=stated("Invented cells for an invented fever", "ctgov/1", path="title"),
        enrollment=stated(40, "ctgov/1", path="size", raw="40"),
        countries=stated((stated("Ruritania", "ctgov/1", path="c[0]"),), "ctgov/1"),
        phase=stated(("1", "2"), "ctgov/1", path="phase"),
        allocation=stated("randomised", "ctgov/1", path="allocation"),
        start_date=stated(PartialDate(2029, 3), "ctgov/1", path="start", raw="March 2029"),
        brief_summary=Value(None, Missingness.NOT_REPORTED, None, "ctgov/1"),
        detailed_description=stated("A long story of a fever. " * 60, "ctgov/1", path="long"),
        arms=stated(
            (
                Arm(
                    label=stated("Cells", "ctgov/1", path="arms[0].label"),
                    type=stated("experimental", "ctgov/1", path="arms[0].type"),
                ),
                Arm(label=stated("Salt water", "ctgov/1", path="arms[1].label")),
            ),
            "ctgov/1",
        ),
        interventions=stated(
            (Intervention(name=stated("Biological: cells", "ctgov/1", path="i[0]")),), "ctgov/1"
        ),
        primary_outcomes=stated(
            (
                Outcome(
                    measure=stated("Death", "ctgov/1", path="o[0].measure"),
                    time_frame=stated("28 days", "ctgov/1", path="o[0].time"),
                ),
            ),
            "ctgov/1",
        ),
        inclusion_criteria=stated(
            (
                stated("Fever of 38 degrees or more", "ctgov/1", path="in[0]"),
                stated(HOSTILE, "ctgov/1", path="in[1]"),
            ),
            "ctgov/1",
        ),
        suggestions=(
            Suggestion("inclusion_criteria", "O2 = 90", "O2 ≤ 90", "a sign was lost", "signs/1"),
        ),
    ),
)
TOLD = _record(
    "page",
    "invented-hospital",
    PAGE,
    publication=Publication(
        title=_value("A page of an invented hospital"),
        publisher=stated(HOSTILE, "page/1", span=at(HOSTILE)),
        trial=Trial(
            enrollment=stated(44, "page/1", span=at("Forty patients"), raw="Forty"),
            countries=stated((_value("Ruritania"),), "page/1"),
            ethics_review=Value(None, Missingness.NOT_APPLICABLE, None, "page/1"),
        ),
    ),
)
RECORDS = (REGISTERED, TOLD)
FINDING = Finding(
    finding_id=f"{TOLD.record_id}#1",
    record_id=TOLD.record_id,
    outcome="Deaths",
    family="mortality",
    time="day 28",
    time_days=28,
    arms=(
        ArmResult(
            "cells", "treatment", 3, 20, "15", events_origin="stated", n_origin="recovered",
            recovery="3 is 15% of 20 only",
        ),
        ArmResult("salt water", "control", 9, 20, "45", events_origin="stated"),
    ),
    p=PValue("<", "0.001"),
    passage=Passage(*at("Deaths by day 28 were 3 (15%) against 9 (45%)")),
    rule="counts/1",
    note=HOSTILE,
)  # fmt: skip
CHECK = Check(
    check_id=f"{FINDING.finding_id}/p",
    rule="p-value",
    study_id=STUDY_ID,
    record_id=TOLD.record_id,
    finding_id=FINDING.finding_id,
    verdict="flag",
    statement="P < 0.001 cannot be reproduced from 3 of 20 against 9 of 20.",
    attempts=(
        Attempt("Fisher, two-sided", "3/20 v 9/20", "P = 0.082", False),
        Attempt("chi-square", "3/20 v 9/20", "P = 0.038", False),
    ),
    not_checkable="A log-rank test needs the times of death.",
    innocent=("the P value is of another comparison",),
    passages=(Passage(*at("P < 0.001")),),
)
LINK = Link(
    REGISTERED.record_id,
    TOLD.record_id,
    "probable",
    "tells of the trial",
    0.97,
    (
        Signal("country", 3.2, "both say Ruritania"),
        Signal("size", -1.5, f"40 against 44 {HOSTILE}"),
    ),
    "weights/1",
)
DECIDED = Link(
    REGISTERED.record_id,
    TOLD.record_id,
    "decided",
    "same trial",
    1.0,
    (Signal("decision", 20.0, f"Ada decided together on 2031-05-06: {HOSTILE}"),),
    "decided/1",
)
REPORTS = (
    Report(
        STUDY_ID,
        "registration",
        f"Invented cells {HOSTILE}",
        (Part(REGISTERED.record_id, "registration"), Part(TOLD.record_id, "page")),
        (f"the page names the number {HOSTILE}",),
    ),
)
RETRACTED = Notice(
    STUDY_ID,
    TOLD.record_id,
    "retraction",
    f"Retracted: {HOSTILE}",
    TOLD.record_id,
    number="10.9999/gone",
    passage=Passage(*at("Forty patients")),
)
NOTICES = (
    RETRACTED,
    msgspec.structs.replace(RETRACTED, record_id=REGISTERED.record_id),
    Notice(STUDY_ID, TOLD.record_id, "correction", "A figure was corrected.", TOLD.record_id),
)
STUDY = Study(
    STUDY_ID,
    f"Invented cells for an invented fever {HOSTILE}",
    tuple(record.record_id for record in RECORDS),
    (STUDY_ID, SLASHED),
)
VERSIONS = {REGISTERED.record_id: 2, TOLD.record_id: 1}
ROWS = tuple(
    record_row(record, TITLES[record.source], VERSIONS[record.record_id]) for record in RECORDS
)
SUGGESTED = tuple(
    SuggestionRow(record.record_id, suggestion)
    for record in RECORDS
    for suggestion in record.about.suggestions
)
TEXTS = {REGISTERED.record_id: REGISTRY, TOLD.record_id: PAGE}


def _other(number: int, label: str, a: int, n1: int, c: int, n2: int) -> Any:
    """One more invented study with a stated result."""
    name = f"NCT0888000{number}"
    record = _record(
        "ctgov",
        name,
        name,
        trial=Trial(
            primary_id=stated(name, "ctgov/1"),
            acronym=stated(label, "ctgov/1"),
            allocation=stated("randomised" if number != 3 else "non-randomised", "ctgov/1"),
            start_date=stated(PartialDate(2028 + number), "ctgov/1"),
        ),
    )
    finding = Finding(
        f"{record.record_id}#1", record.record_id, "Death", "mortality", time="28 days",
        time_days=28, arms=(
            ArmResult("cells", "treatment", a, n1, events_origin="stated", n_origin="stated"),
            ArmResult("control", "control", c, n2, events_origin="stated", n_origin="stated"),
        ), rule="counts/1",
    )  # fmt: skip
    return record, Study(name, f"Trial {label}", (record.record_id,), (name,)), finding


SERIES = (
    _other(1, "ALBA", 4, 30, 9, 31),
    _other(2, "BRUNO <b>", 2, 15, 3, 14),
    _other(3, "CLARA", 7, 60, 12, 58),
    _other(4, "DORA", 0, 10, 0, 11),
)


def _earlier() -> Record:
    """The registration as it was first: smaller, another outcome, a summary that grew."""
    body = REGISTERED.trial
    assert body is not None
    outcome = Outcome(measure=stated(f"Hair {HOSTILE}", "ctgov/1", path="o[0].measure"))
    return msgspec.structs.replace(
        REGISTERED,
        version=2,
        stated=PartialDate(2029, 1),
        trial=msgspec.structs.replace(
            body,
            enrollment=stated(30, "ctgov/1", path="size", raw="30"),
            primary_outcomes=stated((outcome,), "ctgov/1"),
            detailed_description=stated("A long story of a fever. " * 61, "ctgov/1", path="long"),
            conditions=stated(
                tuple(stated(f"fever {n}", "ctgov/1", path=f"f[{n}]") for n in range(20)), "ctgov/1"
            ),
        ),
    )


def _version(record: Record, valid_from: dt.date, before: Record | None = None) -> VersionRow:
    return VersionRow(
        version=record.version,
        valid_from=valid_from,
        dated_by="record" if record.stated else "receipt",
        received_at=_AT,
        file_name=record.name,
        sha256=record.sha256,
        current=record.version == 1,
        changes=() if before is None else changes(before, record, valid_from),
    )


EARLIER = _earlier()
HISTORIES = (
    RecordHistory(
        REGISTERED.record_id,
        (
            _version(EARLIER, dt.date(2029, 1, 1)),
            _version(REGISTERED, dt.date(2030, 2, 1), EARLIER),
        ),
    ),
    RecordHistory(TOLD.record_id, (_version(TOLD, _AT.date()),)),
)


CONFLICTS = (
    FieldConflict(
        STUDY_ID,
        STUDY.title,
        "enrollment",
        "Enrolment",
        ("page against registry",),
        (
            Standing(
                REGISTERED.record_id, TITLES["ctgov"], "registry", ("40",), ("enrollment",), True
            ),
            Standing(TOLD.record_id, TITLES["page"], "page", ("44",), ("enrollment",), False),
        ),
        "registers before pages",
        "one is planned, another actual",
    ),
    FieldConflict(
        STUDY_ID,
        STUDY.title,
        "arms",
        "Arms",
        ("paper against registry",),
        tuple(
            Standing(
                TOLD.record_id,
                TITLES["page"],
                "article",
                (f"{HOSTILE} {number}", "b", "c", "d", "e"),
                tuple(f"arms[{at}].label" for at in range(5)),
                False,
            )
            for number in range(8)
        ),
        "",
        "compared is how many there are",
    ),
)
_PAIR = (REGISTERED.record_id, TOLD.record_id)
_GONE = ("ctgov:NCT00000001", "page:gone")


def _decision(number: int, who: str, verdict: Any, pair: tuple[str, str] = _PAIR) -> DecisionRow:
    return DecisionRow(
        number, _AT, who, "reviewer", verdict, *pair, f"I looked. {HOSTILE}", "0" * 64, "1" * 64
    )


DECISIONS = DecisionsView(
    entries=(
        _decision(1, "Ada", "together"),
        _decision(2, f"Bo {HOSTILE}", "apart"),
        _decision(3, "Ada", "apart", _GONE),
        _decision(4, "Cy", "withdrawn", ("page:a", "page:b")),
    ),
    pairs=(
        PairRow(*_PAIR, "in dispute", False, (1, 2), True),
        PairRow(*_GONE, "apart", False, (3,), None),
    ),
    disputes=(PairRow(*_PAIR, "in dispute", False, (1, 2), True),),
    conflicts=(ConflictRow((3,), (1,)),),
    resting=(PairRow(*_GONE, "apart", False, (3,), None),),
    agreement=(
        AgreementRow("Ada", "Bo", 12, 10, 10 / 12, 0.625, 0.2, 1.0, ""),
        AgreementRow("Ada", "Cy", 3, 3, 1.0, None, None, None, "all judged alike"),
    ),
    waiting=(4,),
    cut="",
    generation=3,
)


def _answered() -> assessments.Log:
    """Two reviewers' answers, whose names and reasons are hostile."""
    entries: list[Answer] = []
    for who, answer in (("Ada", "Y"), (f"Bo {HOSTILE}", "N")):
        for key, outcome, item, said in (
            ("rob2/2019", "mortality", "1.2", answer),
            ("rob2/2019", "mortality", "D2", "low"),
            ("inspect-sr/1.1", "", "1.1", "unclear"),
        ):
            subject = Subject(key, STUDY_ID, outcome)
            entries += following(
                entries, subject, [(item, said)], at=_AT, who=who, role="reviewer",
                because=f"I read it. {HOSTILE}",
            )  # fmt: skip
    return assessments.Log(tuple(entries))


ANSWERED = _answered()


class _AssessedState:
    """What forms are filled from: the invented study."""

    generation = SimpleNamespace(number=3)

    def find(self, identifier: str) -> Study:
        return STUDY

    def members(self, study: Study) -> tuple[Record, ...]:
        return tuple(RECORDS)

    def findings_of(self, study: Study) -> tuple[Finding, ...]:
        return (FINDING,)

    def checks_of(self, study: Study) -> tuple[Check, ...]:
        return (CHECK,)

    def notices_of(self, study: Study) -> tuple[Notice, ...]:
        return NOTICES


class FakeWorkspace(FakeTerms, FakeProtocol):
    """Answers like a workspace that holds one invented study; remembers what it was asked."""

    def __init__(self, root: Path | str = "nowhere", day: dt.date | None = None) -> None:
        self.root = Path(root)
        self.asked: list[tuple[str, Any]] = []
        self.day = day

    def as_of(self, day: dt.date) -> FakeWorkspace:
        then = FakeWorkspace(self.root, day)
        then.asked = self.asked
        self.asked.append(("as_of", day))
        return then

    def add(self, paths: Any, *, processes: int = 1, progress: Any = None) -> AddReport:
        self.asked.append(("add", tuple(paths)))
        refused = tuple(
            Refusal(name, "UnknownKind", f"{name}: no source recognises it. {HOSTILE}", 10)
            for name in paths
            if "bad" in name
        )
        code = 10 if refused else 0
        return AddReport(
            documents=2, new=len(ROWS), added=ROWS, unchanged=1, refused=refused,
            studies=(STUDY_ID,), suggestions=1, generation=3, exit_code=code,
        )  # fmt: skip

    def add_corpus(self, *, progress: Any = None) -> AddReport:
        return self.add(("embedded",), progress=progress)

    def rebuild(self, *, processes: int = 1, progress: Any = None) -> AddReport:
        return self.add(("raw",), processes=processes, progress=progress)

    def follows(self) -> tuple[Follow, ...]:
        return (Follow("night fever", (), {"ctgov": Seen(_AT, 12)}),)

    def status(self) -> StatusView:
        return StatusView(str(self.root), 3, 2, 2, 1, 1, 1, 1, {"ctgov": 1, "page": 1})

    def search(
        self, query: str = "", *, filters: Any = None, limit: int = 20, offset: int = 0
    ) -> SearchView:
        self.asked.append(("search", (query, filters, limit, offset)))
        hit = SearchHit(
            STUDY_ID, STUDY.title, STUDY.identifiers, tuple(TITLES.values()), "completed", "1, 2",
            "40", 1, "treated with", f"cells {HOSTILE}", "in Ruritania",
            ("retraction", "correction"),
        )  # fmt: skip
        facets = {"phase": {"1": 1, "2": 1}, "source": {"ctgov": 1, HOSTILE: 1}}
        asked = {name: tuple(values) for name, values in (filters or {}).items()}
        hits = () if query == "nothing" else (hit,)
        total = 45 if hits else 0
        return SearchView(query, asked, total, offset, hits, facets, 3)

    def _known(self, identifier: str) -> None:
        if identifier not in (*STUDY.identifiers, *STUDY.record_ids):
            raise NotFound(
                f"no study answers to '{identifier}'.", next_step="trialweave search finds some."
            )

    def show(self, identifier: str) -> StudyView:
        self._known(identifier)
        return StudyView(
            STUDY, ROWS, concept_rows(RECORDS, TITLES), (FINDING,), (CHECK,),
            (LINK, DECIDED), SUGGESTED, 3, REPORTS, NOTICES,
        )  # fmt: skip

    def check(self, identifier: str) -> CheckView:
        self._known(identifier)
        return CheckView(STUDY, ROWS, (FINDING,), (CHECK,))

    def findings(self, identifier: str, *, family: str = "", export: Any = None) -> FindingsView:
        self._known(identifier)
        row = finding_row(FINDING, study_id=STUDY_ID, source_title=TITLES["page"])
        return FindingsView(STUDY, family, {"mortality": 1}, (row,), (), 3)

    def corrections(self, *, export: Any = None) -> CorrectionsView:
        return corrections_view(Log(), None, 0)

    def term_decisions(self, *, export: Any = None) -> TermDecisionsView:
        return term_decisions_view(TermLog(), None, 0)

    def links(self, identifier: str) -> LinkView:
        self._known(identifier)
        return LinkView(STUDY, ROWS, (LINK,), (("a number that both state",),))

    def why(self, identifier: str, address: str) -> Why:
        self._known(identifier)
        if address.startswith("no_such"):
            raise NotFound(f"no concept is called '{address}'.")
        start, end = at("Forty patients")
        entry = WhyEntry(
            TOLD.record_id, TITLES["page"], "page.txt", TOLD.sha256, 1, _AT, "", address,
            "Enrolment", "44", Missingness.STATED, "Forty", "page/1", "", start, end,
            PAGE[max(0, start - 20) : start], PAGE[start:end], PAGE[end : end + 20] + HOSTILE,
        )  # fmt: skip
        return Why(STUDY_ID, address, "Enrolment", (entry,))

    def conflicts(
        self, field: str = "", kind: str = "", *, limit: int = 100, offset: int = 0
    ) -> ConflictsView:
        self.asked.append(("conflicts", (field, kind, limit, offset)))
        if field.startswith("no_such"):
            raise NotFound(f"there is no field '{field}'.")
        found = [
            each
            for each in CONFLICTS
            if field in ("", each.concept) and (not kind or kind in each.kinds)
        ]
        total = 60 * len(found)  # as if there were more
        return ConflictsView(
            field, kind, total, offset, tuple(found[: min(limit, total)]),
            {each.concept: 60 for each in found}, {each.kinds[0]: 60 for each in found}, 3,
        )  # fmt: skip

    def decisions(self, *, export: Any = None) -> DecisionsView:
        return DECISIONS

    def assess(
        self, identifier: str, instrument: str = "inspect-sr", *, outcome: str = "", **said: Any
    ) -> AssessmentView:
        self._known(identifier)
        self.asked.append(("assess", (identifier, instrument, outcome, said)))
        held = instrument_of(instrument)
        subject = subject_of(_AssessedState(), STUDY_ID, held, outcome)
        return assessment_view(ANSWERED, _AssessedState(), held, subject)

    def assessments(self, instrument: str = "", **asked: Any) -> AssessmentsView:
        key = instrument_of(instrument).key if instrument else ""
        return assessments_view(ANSWERED, _AssessedState(), key)

    def reuse(self, identifier: str = "", **asked: Any) -> ReuseView:
        return ReuseView(STUDY if identifier else None, "", 0, 0, (), {}, {}, 3)

    def link(self, a: str, b: str, **said: Any) -> DecisionReport:
        self.asked.append(("link", (a, b, said)))
        return DecisionReport(DECISIONS.entries[0], DECISIONS.pairs[0], (), (STUDY,), 4)

    def history(self, identifier: str) -> HistoryView:
        self._known(identifier)
        alone = tuple(told for told in HISTORIES if told.record_id == identifier)
        return HistoryView(STUDY, alone or HISTORIES, 3)

    def document(
        self,
        record_id: str,
        *,
        version: int | None = None,
        start: int = -1,
        end: int = -1,
        path: str = "",
        contacts: bool = False,
    ) -> DocumentView:
        self.asked.append(("document", (record_id, contacts)))
        if record_id not in TEXTS:
            raise NotFound(f"no record is called '{record_id}'.")
        text = TEXTS[record_id]
        row = next(row for row in ROWS if row.record_id == record_id)
        if path:
            start, end = 0, len(text)
        return DocumentView(row, text, start, min(end, len(text)))

    def pool(self, question: Question | None = None, **changes: Any) -> Synthesis:
        question = question or Question("mortality", **changes)
        records = [*RECORDS, *(record for record, _, _ in SERIES)]
        studies = [STUDY, *(study for _, study, _ in SERIES)]
        findings = [FINDING, *(finding for _, _, finding in SERIES)]
        return pool(question, choose(question, studies, records, findings, (CHECK,)))

    def questions(self) -> QuestionsView:
        return QuestionsView(
            (
                QuestionRow("deaths", Question("mortality"), _AT, "ab" * 32, 4, changes=CHANGED),
                QuestionRow("hostile", Question("mortality", title=HOSTILE)),
                QuestionRow("broken", None, problem=f"no TOML: {HOSTILE}"),
            )
        )

    def answer(self, name: str, *, keep: bool = True) -> Synthesis:
        if name not in ("deaths", "hostile"):
            raise NotFound(f"there is no question {name!r}.")
        return self.pool(Question("mortality"))

    def forest(self, synthesis: Synthesis) -> Figure:
        drawn = f"<svg xmlns='http://www.w3.org/2000/svg' width='600' height='{synthesis.k * 30}'/>"
        return Figure(drawn, b"\x89PNG\r\n\x1a\n")

    def _answered(self, asked: Any) -> Synthesis:
        if isinstance(asked, Synthesis):
            return asked
        return self.answer(str(asked)) if isinstance(asked, (str, Path)) else self.pool(asked)

    def explore(self, asked: Any = None, **choices: Any) -> Exploration:
        return explore(self._answered(asked), **choices)

    def drawing(self, name: str, asked: Any = None, *, columns: Any = None) -> Drawing:
        flow = Flow({"a": 3}, 1, 2, {}, 2, 2)
        return figure_of(name, self._answered(asked), columns=columns or COLUMNS, flow=flow)

    def certainty(self, asked: Any = None, **said: Any) -> CertaintyView:
        answer = self._answered(asked)
        return certainty_view("", "", answer.question.measure, answer.k, certainty(answer), ())

    def summary_of_findings(self, asked: Any = None, **choices: Any) -> tuple[SummaryRow, ...]:
        answer = self._answered(asked[0] if isinstance(asked, list) else asked)
        choices.pop("export", None)
        return (summary_row(answer, certainty(answer), **choices),)

    def export(self, folder: Path | str, question: Question | None = None) -> tuple[Path, ...]:
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").write_text("{}")
        return (folder / "manifest.json",)


CHANGED = Changes(
    "deaths", HOSTILE, _AT, "ab" * 32, _AT, "cd" * 32,
    (Difference("number", f"events {HOSTILE}", "3", "4", f"read {HOSTILE}", STUDY_ID, HOSTILE),),
    4,
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A drawn plot."""

    svg: str
    png: bytes


@pytest.fixture
def workspace(tmp_path: Path) -> FakeWorkspace:
    """The invented workspace."""
    return FakeWorkspace(tmp_path / "woven")


class Client:
    """Asks an application without a server, as a browser on this machine would."""

    def __init__(self, app: Any, base: str = "http://127.0.0.1") -> None:
        self._app, self._base = app, base

    def get(self, path: str, **asked: Any) -> httpx.Response:
        """The answer to one request, whatever its status."""
        return self.request("GET", path, **asked)

    def request(self, method: str, path: str, **asked: Any) -> httpx.Response:
        """The answer to one request of any method."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=self._base) as client:
                return await client.request(method, path, **asked)

        return asyncio.run(ask())


@pytest.fixture
def client_of() -> Any:
    """Makes a client of a workspace: (workspace, names to answer to, base address)."""
    from trialweave.faces.server import create_app

    def make(
        workspace: Any, names: Any = (), base: str = "http://127.0.0.1", deciding: bool = False
    ) -> Client:
        return Client(create_app(workspace, names, deciding=deciding), base)

    return make


@pytest.fixture
def client(workspace: FakeWorkspace, client_of: Any) -> Client:
    """The application over the invented workspace."""
    made: Client = client_of(workspace)
    return made
