"""The instruments as data, the way from answers to judgements, and what is filled in beforehand."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialweave.appraisal import RULES
from trialweave.appraisal.instruments import (
    INSPECT_SR,
    INSTRUMENTS,
    ROB2,
    Known,
    cautions,
    judge,
    overall,
    prefilled,
)
from trialweave.appraisal.instruments._prefill_inspect_sr import _BEARS_ON
from trialweave.appraisal.instruments.inspect_sr import least
from trialweave.model import (
    Arm,
    ArmResult,
    Check,
    Finding,
    FlowCount,
    FlowRow,
    Notice,
    Outcome,
    ParticipantFlow,
    Passage,
    Publication,
    Record,
    ReportedGroup,
    Section,
    Study,
    Trial,
    stated,
)
from trialweave.model.assessment import Prefilled

YES, NO, NI = ("Y", "PY"), ("N", "PN"), ("NI",)
ALL = (*YES, *NO, *NI)


def numbers(code: str) -> list[str]:
    (domain,) = (each for each in ROB2.domains if each.code == code)
    return [item.number for item in domain.items]


def every(code: str) -> Iterable[dict[str, str]]:
    """All complete sets of answers to a domain's questions."""
    asked = numbers(code)
    allowed = [ROB2.may_be(number) for number in asked]
    for answers in itertools.product(*allowed):
        yield dict(zip(asked, answers, strict=True))


# The criteria as the guidance of 22 August 2019 tabulates them, domain by domain, independently
# of the flow charts that `judge` follows.


def randomisation(a: dict[str, str]) -> str:
    if a["1.2"] in NO or (a["1.2"] in NI and a["1.3"] in YES):
        return "high"
    low = a["1.2"] in YES and a["1.1"] in (*YES, *NI) and a["1.3"] in (*NO, *NI)
    return "low" if low else "some concerns"


def deviations(a: dict[str, str]) -> str:
    aware = a["2.1"] in (*YES, *NI) or a["2.2"] in (*YES, *NI)
    if not aware or a["2.3"] in NO:
        return "low"
    deviated = a["2.3"] in YES
    return (
        "high"
        if deviated and a["2.4"] in (*YES, *NI) and a["2.5"] in (*NO, *NI)
        else "some concerns"
    )


def analysis(a: dict[str, str]) -> str:
    if a["2.6"] in YES:
        return "low"
    return "some concerns" if a["2.7"] in NO else "high"


def missing(a: dict[str, str]) -> str:
    if a["3.1"] in YES or a["3.2"] in YES or a["3.3"] in NO:
        return "low"
    return "some concerns" if a["3.4"] in NO else "high"


def measurement(a: dict[str, str]) -> str:
    if a["4.1"] in YES or a["4.2"] in YES:
        return "high"
    aware_and_likely = (
        a["4.3"] in (*YES, *NI) and a["4.4"] in (*YES, *NI) and a["4.5"] in (*YES, *NI)
    )
    if aware_and_likely:
        return "high"
    if a["4.2"] in NI:
        return "some concerns"
    return "low" if a["4.3"] in NO or a["4.4"] in NO else "some concerns"


def selection(a: dict[str, str]) -> str:
    if a["5.2"] in YES or a["5.3"] in YES:
        return "high"
    low = a["5.1"] in YES and a["5.2"] in NO and a["5.3"] in NO
    return "low" if low else "some concerns"


@pytest.mark.parametrize(
    ("code", "table", "count"),
    [("D1", randomisation, 125), ("D3", missing, 500), ("D4", measurement, 3125),
     ("D5", selection, 125)],
)  # fmt: skip
def test_every_combination_of_answers_is_judged_as_the_table_says(
    code: str, table: Any, count: int
) -> None:
    seen = 0
    for answers in every(code):
        found = judge(code, answers)
        assert found.judgement == table(answers), answers
        assert found.open == ()
        seen += 1
    assert seen == count


def test_both_parts_of_the_second_domain_and_the_worse_counts() -> None:
    order = ("low", "some concerns", "high")
    first = [
        dict(zip(numbers("D2")[:5], told, strict=True)) for told in itertools.product(ALL, repeat=5)
    ]
    second = [{"2.6": one, "2.7": other} for one, other in itertools.product(ALL, repeat=2)]
    assert (len(first), len(second)) == (3125, 25)
    for at, answers in enumerate(first):
        for more in (second[at % 25], second[(7 * at + 3) % 25]):
            both = answers | more
            want = max(deviations(both), analysis(both), key=order.index)
            assert judge("D2", both).judgement == want, both
    seen = {(deviations(one), analysis(other)) for one in first for other in second}
    for one in order:  # each pairing of parts, whatever the walk above met
        for other in order:
            assert (one, other) in seen
            a = next(each for each in first if deviations(each) == one)
            b = next(each for each in second if analysis(each) == other)
            assert judge("D2", a | b).judgement == max(one, other, key=order.index)


def test_the_way_asks_one_question_after_another() -> None:
    assert judge("D1", {}) == (None, ("1.2",), ("1.2",))
    assert judge("D1", {"1.2": "PY"}) == (None, ("1.1", "1.2"), ("1.1",))
    assert judge("D1", {"1.2": "N"}) == ("high", ("1.2",), ())
    # An answer off the way changes nothing.
    assert judge("D1", {"1.2": "N", "1.1": "Y", "1.3": "N"}).judgement == "high"
    assert judge("D2", {"2.6": "Y"}).open == ("2.1", "2.2")
    assert judge("D2", {"2.1": "N", "2.2": "PN"}) == (None, ("2.1", "2.2", "2.6"), ("2.6",))
    assert judge("D4", {"4.1": "N", "4.2": "NI"}).open == ("4.3",)
    assert judge("D5", {"5.2": "N", "5.3": "NI"}) == ("some concerns", ("5.2", "5.3"), ())
    with pytest.raises(KeyError):
        judge("D9", {})
    with pytest.raises(KeyError):
        judge("D1", {"1.2": "perhaps"})


def test_a_question_without_an_answer_never_leads_to_a_judgement_beyond_it() -> None:
    drawn = random.Random(3)
    for domain in ROB2.domains:
        for _ in range(60):
            answers = {item.number: drawn.choice(item.answers) for item in domain.items}
            whole = judge(domain.code, answers)
            for number in whole.asked:
                without = {name: said for name, said in answers.items() if name != number}
                assert judge(domain.code, without).judgement is None
                assert number in judge(domain.code, without).open


def test_overall_is_the_worst_domain() -> None:
    assert overall(["low"] * 5) == "low"
    assert overall(["low", "some concerns", "low"]) == "some concerns"
    assert overall(["some concerns", "high", "low"]) == "high"
    assert least(["no concerns", "serious concerns", "some concerns"]) == "serious concerns"
    with pytest.raises(ValueError, match="empty"):
        overall([])


def test_the_instruments_are_whole() -> None:
    assert [len(domain.items) for domain in INSPECT_SR.domains] == [3, 5, 2, 11]
    assert [len(domain.items) for domain in ROB2.domains] == [3, 7, 4, 5, 3]
    for instrument in INSTRUMENTS.values():
        told = [item.number for domain in instrument.domains for item in domain.items]
        assert len(set(told)) == len(told)
        assert all(number.split(".")[0] == d.code[1:] for d in instrument.domains
                   for number in [item.number for item in d.items])  # fmt: skip
        assert instrument.may_be("overall") == instrument.may_be("D1") == instrument.judgements
        assert instrument.may_be("9.9") == ()
        words = dict(instrument.words)
        assert all(
            answer in words for d in instrument.domains for i in d.items for answer in i.answers
        )
    assert ROB2.may_be("3.2") == ("Y", "PY", "PN", "N")  # the one that NI is no answer to


# -- what is filled in beforehand ----------------------------------------------------------------

TEXT = (
    "Forty adults were enrolled. The sequence was computer-generated in random blocks; allocation "
    "used opaque, sealed envelopes. An intention-to-treat analysis was made."
)


def record(name: str, *, trial: Trial | None = None, text: str = "", **about: Any) -> Record:
    import datetime as dt

    body: Any = trial or Trial(**about)
    publication = None
    if text:
        section = Section("Methods", stated(text, "x/1", span=(0, len(text))))
        publication = Publication(sections=stated((section,), "x/1"), trial=body)
    return Record(
        record_id=name, version=1, source=name.partition(":")[0],
        identifier=name.partition(":")[2], kind="publication" if text else "trial",
        digest="0" * 64, sha256="0" * 64, name="x", start=0, end=1,
        received_at=dt.datetime(2031, 1, 1, tzinfo=dt.UTC), stated=None,
        trial=None if text else body, publication=publication,
    )  # fmt: skip


def known(
    *records: Record,
    findings: Sequence[Finding] = (),
    checks: Sequence[Check] = (),
    notices: Sequence[Notice] = (),
    outcome: str = "",
) -> Known:
    study = Study("NCT09990001", "Invented", tuple(r.record_id for r in records), ("NCT09990001",))
    return Known(study, records, findings, checks, notices, outcome)


def told(instrument: Any, of: Known) -> dict[str, Prefilled]:
    found = prefilled(instrument, of)
    numbers = [item.number for domain in instrument.domains for item in domain.items]
    assert [each.item for each in found] == [n for n in numbers if n in {e.item for e in found}]
    for each in found:
        assert each.answer in ("", *instrument.may_be(each.item))
        assert each.reason
    return {each.item: each for each in found}


def check(rule: str, verdict: Any, statement: str = "So it is.", number: int = 1) -> Check:
    return Check(
        f"{rule}{number}", rule, "NCT09990001", "pubmed:1", f"pubmed:1#{number}", verdict, statement
    )


def result(kind: Any = "count", sizes: tuple[int, int] = (20, 20), **more: Any) -> Finding:
    arms = tuple(
        ArmResult(role=role, events=3, n=n, n_origin="stated", events_origin="stated")
        for role, n in zip(("treatment", "control"), sizes, strict=True)
    )
    said: dict[str, Any] = {"outcome": "Death at day 28", "family": "mortality"} | more
    return Finding("ctgov:NCT09990001#1", "ctgov:NCT09990001", kind=kind, arms=arms, **said)


def flow(*counts: int) -> Any:
    row = FlowRow("Overall Study", "started", counts=tuple(
        FlowCount(at, count) for at, count in enumerate(counts)))  # fmt: skip
    left = FlowRow("Overall Study", "Death", reason=True, counts=())
    groups = tuple(ReportedGroup(label=stated(f"g{at}", "x/1")) for at in range(len(counts)))
    return stated(
        ParticipantFlow(groups=groups, rows=(stated(row, "x/1"), stated(left, "x/1"))), "x/1"
    )


def test_nothing_known_suggests_nothing() -> None:
    empty = known(record("ctgov:NCT09990001"))
    assert prefilled(INSPECT_SR, empty) == ()
    assert prefilled(ROB2, empty) == ()
    assert cautions(empty) == ()


def test_words_that_name_a_method_are_suggested_with_their_passage() -> None:
    found = told(ROB2, known(record("pubmed:1", text=TEXT), outcome="mortality"))
    assert found["1.1"].answer == found["1.2"].answer == "PY"
    (place,) = found["1.2"].evidence
    assert place.address == "sections[0].text"
    assert place.passage is not None
    assert TEXT[place.passage.start : place.passage.end] == (
        "allocation used opaque, sealed envelopes."
    )
    assert "opaque, sealed envelopes" in place.text
    assert found["2.6"].answer == ""  # of which result it speaks is not said


@pytest.mark.parametrize(
    ("text", "item", "answer"),
    [
        ("Patients were allocated alternately.", "1.1", "PN"),
        ("They were assigned by odd or even dates of birth.", "1.1", "PN"),
        ("Allocation of an alternative treatment was random.", "1.1", None),
        ("A random number table was used.", "1.1", "PY"),
        ("A random sample of the wards.", "1.1", None),
        ("Patients were assigned by tossing a coin.", "1.1", "PY"),
        ("The test did no better than a coin toss.", "1.1", None),
        ("Participants were centrally randomised.", "1.2", "PY"),
        ("A central line was placed; patients were randomised.", "1.2", None),
        ("Allocation was not concealed.", "1.2", "PN"),
        ("Sealed envelopes were used.", "1.2", None),
        ("Allocation was concealed, although with an open allocation list.", "1.2", ""),
        ("Allocation was adequately concealed.", "1.2", ""),
        ("Allocation was concealed by sealed opaque envelopes.", "1.2", "PY"),
    ],
)
def test_other_words(text: str, item: str, answer: str | None) -> None:
    found = told(ROB2, known(record("pubmed:1", text=text))).get(item)
    assert (found.answer if found is not None else None) == answer


def test_a_trial_that_only_calls_itself_random_suggests_no_answer() -> None:
    of = known(record("ctgov:NCT09990001", allocation=stated("randomised", "x/1", path="a.b")))
    found = told(ROB2, of)["1.1"]
    assert found.answer == ""
    assert (found.evidence[0].address, found.evidence[0].passage) == (
        "allocation",
        Passage(path="a.b"),
    )
    assert cautions(of) == ()
    (caution,) = cautions(known(record("ctgov:1", allocation=stated("non-randomised", "x/1"))))
    assert caution.text == "non-randomised"


def masked(level: str, *who: str) -> dict[str, str]:
    about: dict[str, Any] = {"masking": stated(level, "x/1")}
    if who:
        about["who_masked"] = stated(tuple(stated(each, "x/1") for each in who), "x/1")
    found = told(ROB2, known(record("ctgov:NCT09990001", **about)))
    return {item: found[item].answer for item in ("2.1", "2.2", "4.3")}


def test_masking_suggests_who_knew() -> None:
    assert masked("none") == {"2.1": "Y", "2.2": "Y", "4.3": "PY"}
    assert masked("double", "participant", "outcomes assessor") == {
        "2.1": "PN",
        "2.2": "PY",
        "4.3": "PN",
    }
    assert masked("double", "participant", "investigator") == {"2.1": "PN", "2.2": "", "4.3": ""}
    assert masked("quadruple") == {"2.1": "PN", "2.2": "PN", "4.3": "PN"}
    assert masked("double") == {"2.1": "", "2.2": "", "4.3": ""}  # which two is not said


def test_what_running_text_says_of_masking_is_only_to_read() -> None:
    # It may be said of another trial, or of a part of this one.
    of = record(
        "pubmed:1", text="Open-label drugs were added.", masking=stated("none", "prose.masking/1")
    )
    found = told(ROB2, known(of))
    assert {found[item].answer for item in ("2.1", "2.2", "4.3")} == {""}


def test_records_that_differ_on_masking_suggest_nothing() -> None:
    one = record("ctgov:NCT09990001", masking=stated("none", "x/1"))
    other = record("isrctn:1", masking=stated("quadruple", "x/1"))
    found = told(ROB2, known(one, other))["2.1"]
    assert found.answer == ""
    assert found.reason.startswith("what stands in the records points to different answers")
    assert {each.record_id for each in found.evidence} == {"ctgov:NCT09990001", "isrctn:1"}


@pytest.mark.parametrize(
    ("finding", "started", "answer"),
    [
        (result(), (20, 20), "Y"),
        (result(sizes=(19, 20)), (20, 20), ""),  # how many are too many depends on the events
        (result("continuous", (19, 20)), (20, 20), "PY"),
        (result("continuous", (17, 20)), (20, 20), ""),
        (result(sizes=(25, 20)), (20, 20), ""),
        (result(), (20, 20, 20), None),  # another number of groups: not the same people
    ],
)
def test_sizes_of_the_result_against_those_who_started(
    finding: Finding, started: tuple[int, ...], answer: str | None
) -> None:
    of = record("ctgov:NCT09990001", participant_flow=flow(*started))
    found = told(ROB2, known(of, findings=[finding], outcome="Mortality"))
    assert (found["3.1"].answer if "3.1" in found else None) == answer
    assert found["3.3"].answer == ""
    assert found["4.4"].answer == "PN"  # death is told without judgement


def test_the_population_of_a_result() -> None:
    for population, answer in (
        ("Intent-to-treat population", "PY"),
        ("Per-protocol set", "PN"),
        ("Intention-to-treat; the per-protocol set gave the same", ""),
        ("Modified intent-to-treat: those who received a dose", ""),
        ("all", None),
    ):
        finding = result(population=population)
        found = told(
            ROB2, known(record("ctgov:NCT09990001"), findings=[finding], outcome="mortality")
        )
        assert (found["2.6"].answer if "2.6" in found else None) == answer
    other = told(
        ROB2, known(record("ctgov:1"), findings=[result(population="ITT")], outcome="stroke")
    )
    assert other == {}


def test_registered_outcomes_and_several_results_are_pointed_to() -> None:
    outcome = Outcome(measure=stated("All-cause mortality", "x/1"))
    of = record("ctgov:NCT09990001", primary_outcomes=stated((outcome,), "x/1"))
    later = result(time="90 days", outcome="Death at day 90")
    found = told(ROB2, known(of, findings=[result(time="28 days"), later], outcome="mortality"))
    assert found["5.1"].evidence[0].address == "primary_outcomes[0].measure"
    assert (found["5.1"].answer, found["5.2"].answer) == ("", "")
    assert "2 results" in found["5.2"].reason


def test_notices() -> None:
    def notice(kind: Any) -> Notice:
        return Notice("NCT09990001", "pubmed:1", kind, f"It has a {kind}.", "pubmed:2")

    article = record("pubmed:1", text="Nothing.")
    found = told(INSPECT_SR, known(article, notices=[notice("retraction")]))
    assert (found["1.1"].answer, found["1.2"].answer) == ("yes", "")
    assert found["1.1"].evidence[0].record_id == "pubmed:2"
    assert "Retraction Watch" in found["1.2"].reason  # nothing here is not nothing anywhere
    found = told(INSPECT_SR, known(article, notices=[notice("correction")]))
    assert (found["1.1"].answer, found["1.2"].answer) == ("", "unclear")
    both = [notice("correction"), notice("expression of concern")]
    assert told(INSPECT_SR, known(article, notices=both))["1.2"].answer == "yes"


@pytest.mark.parametrize(
    ("rule", "verdicts", "item", "answer"),
    [
        ("p-value", ["flag", "consistent"], "4.9", "yes"),
        ("p-value", ["consistent", "consistent"], "4.9", "no"),
        ("p-value", ["consistent", "cannot check"], "4.9", ""),
        ("p-value", ["note"], "4.9", ""),
        ("grim", ["flag"], "4.8", "yes"),
        ("sums", ["consistent"], "4.6", ""),  # the question asks more than was computed
        ("registered-timing", ["flag"], "2.2", "yes"),
        ("registered-timing", ["note"], "2.2", "unclear"),
        ("registered-timing", ["consistent"], "2.2", "no"),
        ("text-reuse", ["note"], "3.1", "unclear"),
        ("a-check-of-tomorrow", ["flag"], "4.10", "yes"),
        ("a-check-of-tomorrow", ["note"], "4.10", None),
        ("zero-events", ["note"], "4.10", None),
    ],
)
def test_checks_bear_on_their_items(
    rule: str, verdicts: list[Any], item: str, answer: str | None
) -> None:
    checks = [check(rule, verdict, f"It says {at}.", at) for at, verdict in enumerate(verdicts)]
    finding = msgspec.structs.replace(result(), finding_id="pubmed:1#0", record_id="pubmed:1")
    of = known(record("pubmed:1"), checks=checks, findings=[finding])
    found = told(INSPECT_SR, of).get(item)
    assert (found.answer if found else None) == answer
    if answer == "yes" and rule == "p-value":
        assert found is not None
        assert [each.address for each in found.evidence] == ["pubmed:1#0"]  # for `why`


def test_the_table_names_checks_that_there_are() -> None:
    rules = {rule.name for rule in RULES} | {"text-reuse", "results-reuse"}
    assert set(_BEARS_ON) <= rules


def test_records_that_differ_are_for_people_to_weigh() -> None:
    one = record("ctgov:NCT09990001", sex=stated("all", "x/1"), arms=stated((Arm(),), "x/1"))
    other = record("pubmed:1", text="Women.", trial=Trial(sex=stated("female", "x/1")))
    found = told(INSPECT_SR, known(one, other))["2.3"]
    assert found.answer == "unclear"
    assert {(e.record_id, e.address) for e in found.evidence} == {
        ("ctgov:NCT09990001", "sex"), ("pubmed:1", "sex")}  # fmt: skip


@pytest.mark.parametrize(
    "unit", ["allocated ", "opaque sealed ", "sealed opaque ", "computer a b ", "random "]
)
def test_hostile_text_takes_time_in_proportion_to_its_length(unit: str) -> None:
    def seconds(times: int) -> float:
        of = known(record("pubmed:1", text=unit * (times * 30_000 // len(unit))))
        started = time.perf_counter()
        prefilled(ROB2, of)
        return time.perf_counter() - started

    seconds(1)
    assert seconds(4) < 12 * max(seconds(1), 0.01)


def test_the_reference_page_has_every_item_as_it_is_asked() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/instruments.md").read_text("utf-8")
    for instrument in INSTRUMENTS.values():
        for domain in instrument.domains:
            assert f"| **{domain.code}** | **{domain.name}** |" in page
            for item in domain.items:
                when = f" *Where {item.when}.*" if item.when else ""
                row = f"| {item.number} | {item.asks}{when} | {', '.join(item.answers)} |"
                assert row in page
