"""Criteria in the forms of others: what is said, what is named as lost, and nothing besides."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings

from trialweave.errors import InputError
from trialweave.protocol.conditions import read
from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.tree import Compare, Criterion, Flag, InSet, Opaque, leaves
from trialweave.protocol.exports import FORMS, Exported, Named, exported
from trialweave.protocol.exports.common import decimal

from ..criteria_generated import lists_of_criteria

NAMED = Named("NCT09000001", "Lamp oil", "2031-05-01")
GONE = ("left out", "null", "its words", "in words", "items alone")
"""How a loss says that a leaf is not there as a condition."""


def one(condition: str, section: Any = "inclusion", number: int = 1, **more: Any) -> Criterion:
    text = more.pop("text", condition)
    return Criterion(
        number, section, more.pop("population", "patient"), text, 0, len(text), read(condition),
        "full", **more,
    )  # fmt: skip


def made(form: str, *criteria: Criterion) -> Any:
    return json.loads(exported(form, criteria, NAMED).content)


def said(form: str, *criteria: Criterion) -> list[tuple[int, str, str]]:
    """The losses, without those of the whole export."""
    found = exported(form, criteria, NAMED).losses
    return [(each.criterion, each.what, each.instead) for each in found if each.criterion >= 0]


def dicts(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        yield content
    for each in content.values() if isinstance(content, dict) else content:
        if isinstance(each, dict | list):
            yield from dicts(each)


# -- every leaf is there, or named ---------------------------------------------------------------


def _there(form: str, file: Exported, criterion: Criterion, leaf: tree.Leaf) -> bool:
    """Whether a comparison or a set stands in a file as a condition."""
    text = file.content.decode()
    if form == "cql":
        defined = text[text.index('define "Criterion ') :]
        if isinstance(leaf, InSet):
            return "gender" in defined or '"One of"(' in defined or not leaf.values
        return decimal(leaf.low) in defined  # type: ignore[union-attr]
    if form == "csv":
        rows = csv.DictReader(io.StringIO(text, newline=""))
        return any(
            (int(row["criterion"]), int(row["start"])) == (criterion.number, leaf.start)
            and row["concept"] == leaf.concept  # type: ignore[union-attr]
            for row in rows
        )
    for each in dicts(json.loads(text)):
        if form == "omop":
            if isinstance(leaf, InSet) and ("Gender" in each or "Measurement" in each):
                return True
            if isinstance(leaf, Compare) and leaf.concept == "age" and "Age" in each:
                return True
            if isinstance(leaf, Compare) and "Op" in each and each["Value"] == leaf.low:
                return True
            continue
        code = each.get("code") or each.get("type")
        if not isinstance(code, dict) or code.get("text") != leaf.concept.replace("_", " "):  # type: ignore[union-attr]
            continue
        if isinstance(leaf, InSet) and "valueCodeableConcept" in each:
            return True
        low = each.get("valueQuantity") or each.get("valueRange", {}).get("low", {})
        if isinstance(leaf, Compare) and low.get("value") == leaf.low:
            return True
    return False


@settings(max_examples=30, deadline=None)
@given(lists_of_criteria())
def test_every_leaf_is_in_the_export_or_named_among_the_losses(
    criteria: tuple[Criterion, ...],
) -> None:
    for form in FORMS:
        file = exported(form, criteria, NAMED)
        for criterion in criteria:
            for leaf in leaves(criterion.tree):
                lost = [
                    loss
                    for loss in file.losses
                    if loss.criterion == criterion.number
                    and loss.start <= leaf.start
                    and leaf.end <= loss.end
                ]
                if isinstance(leaf, Compare | InSet):
                    gone = any(loss.instead.endswith(GONE) for loss in lost)
                    assert gone or _there(form, file, criterion, leaf), (form, leaf)
                elif form == "csv":
                    assert lost == []
                else:
                    assert lost, (form, leaf)


@settings(max_examples=30, deadline=None)
@given(lists_of_criteria())
def test_forms_are_built_as_their_specifications_say(criteria: tuple[Criterion, ...]) -> None:
    flat = made("fhir-r4", *criteria)
    for each in flat.get("characteristic", ()):
        assert _values(each) == 1
        assert each.keys() - {"code", "exclude"} == {k for k in each if k.startswith("value")}
        assert isinstance(each["exclude"], bool)
    for each in dicts(made("fhir-r5", *criteria)):
        definitions = [key for key in each if key.startswith("definition")]
        assert len(definitions) <= 1
        if "definitionByTypeAndValue" in each:
            assert _values(each["definitionByTypeAndValue"]) == 1
        if each.get("code") in ("all-of", "any-of", "at-least"):
            assert each["characteristic"]
            assert ("threshold" in each) == (each["code"] == "at-least")
    group = made("fhir-r6", *criteria)
    references = [each["reference"] for each in dicts(group) if "reference" in each]
    assert sorted(references) == sorted(f"#{each['id']}" for each in group.get("contained", ()))
    for each in (group, *group.get("contained", ())):
        assert each["combinationMethod"] in ("all-of", "any-of", "at-least")
        assert ("combinationThreshold" in each) == (each["combinationMethod"] == "at-least")
        assert all(_values(one) == 1 for one in each.get("characteristic", ()))
    cohort = made("omop", *criteria)
    sets = {each["id"] for each in cohort["ConceptSets"]}
    for each in dicts(cohort["InclusionRules"]):
        assert each.get("CodesetId", 0) in sets | {0}
        if "Groups" in each:
            assert each["Type"] in ("ALL", "ANY", "AT_LEAST", "AT_MOST")
            assert ("Count" in each) == (each["Type"] in ("AT_LEAST", "AT_MOST"))
    library = exported("cql", criteria, NAMED).content.decode()
    code = re.sub(r"/\*.*?\*/|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", "", library, flags=re.DOTALL)
    assert not set(code) & set("\"'\\")
    for opening, closing in ("()", "[]", "{}"):
        if opening != "[":  # intervals of CQL may be open on one side
            assert code.count(opening) == code.count(closing)


def _values(content: dict[str, Any]) -> int:
    return sum(key.startswith("value") for key in content)


# -- each form ---------------------------------------------------------------------------------


def test_r4_lists_what_is_asked_for_and_each_alternative_of_what_is_excluded() -> None:
    found = made(
        "fhir-r4",
        one("age >= 18 a and 3 <= ecog <= 4"),
        one("egfr < 30 mL/min/{1.73_m2} or not sex in {male}", "exclusion", 2),
    )
    assert found["type"] == "person"
    assert found["actual"] is False
    shown = [(each["code"]["text"], each["exclude"]) for each in found["characteristic"]]
    assert shown == [("age", False), ("ecog", False), ("egfr", True), ("sex", False)]
    years = {"value": 18, "comparator": ">=", "unit": "a", "code": "a"}
    assert years.items() <= found["characteristic"][0]["valueQuantity"].items()
    assert found["characteristic"][1]["valueRange"]["high"]["value"] == 4
    codes = {each["system"] for each in found["characteristic"][2]["code"]["coding"]}
    assert codes == {"http://loinc.org"}


def test_r4_gives_other_combinations_in_words_and_says_so() -> None:
    criterion = one("age >= 18 a or spo2 < 94 %")
    (each,) = made("fhir-r4", criterion)["characteristic"]
    assert each["code"]["text"] == "age >= 18 a or spo2 < 94 %"
    assert each["valueBoolean"] is True
    assert ("how its conditions combine" in said("fhir-r4", criterion)[0][1]) is True
    assert made("fhir-r4", one("age > 1 a and spo2 < 9 %", "exclusion"))["characteristic"][0][
        "exclude"
    ]


def test_r5_keeps_combinations_times_and_sides() -> None:
    found = made(
        "fhir-r5",
        one("at least 2 of: age > 60 a; spo2 < 94 % within the past 2 d of first_dose; no stroke"),
        one("not diabetes for at least 3 mo", "exclusion", 2),
    )["characteristic"]
    combined = found[0]["definitionByCombination"]
    assert (combined["code"], combined["threshold"]) == ("at-least", 2)
    (event,) = combined["characteristic"][1]["timeFromEvent"]
    assert event["eventCodeableConcept"] == {"text": "first dose"}
    assert [event["range"][end]["value"] for end in ("low", "high")] == [-2, 0]
    assert combined["characteristic"][2]["definitionByTypeAndValue"]["valueBoolean"] is False
    assert "exclude" not in found[0]
    # "not" within what is excluded is no third thing, and no inclusion either
    assert found[1]["exclude"] is True
    (inner,) = found[1]["definitionByCombination"]["characteristic"]
    assert inner["exclude"] is True
    assert inner["durationQuantity"] == {
        "value": 3, "comparator": ">=", "unit": "mo", "system": "http://unitsofmeasure.org",
        "code": "mo",
    }  # fmt: skip


def test_r6_contains_its_combinations() -> None:
    found = made("fhir-r6", one("if pregnancy then (age > 20 a or crp > 5 mg/L)", "exclusion"))
    assert found["membership"] == "definitional"
    assert found["date"] == "2031-05-01"
    (outer,) = found["characteristic"]
    assert (outer["valueReference"]["reference"], outer["exclude"]) == ("#g2", True)
    inner, last = found["contained"]
    assert [each["exclude"] for each in last["characteristic"]] == [True, False]
    assert inner["combinationMethod"] == last["combinationMethod"] == "any-of"
    timed = made("fhir-r6", one("stroke not for the last 6 to 12 mo"))["characteristic"][0]
    assert timed["timing"][0]["offsetRange"]["high"]["value"] == -12
    assert "contextCode" not in timed["timing"][0]
    lasting = made("fhir-r6", one("diabetes for at least 1 a"))["characteristic"][0]
    assert lasting["durationRange"]["low"]["value"] == 1


def test_omop_excludes_by_a_group_of_which_none_holds() -> None:
    found = made(
        "omop",
        one("18 <= age < 75 a and sex in {female}"),
        one("creatinine > 2 mg/dL within the past 30 d or alt > 3 x ULN", "exclusion", 2),
        one("drug: aspirin not for the last 2 wk", number=3),
        one('"who knows"?', "exclusion", 4),
    )
    first, second, third, fourth = (each["expression"] for each in found["InclusionRules"])
    age, sex = first["Groups"]
    assert [each["Age"] for each in age["DemographicCriteriaList"]] == [
        {"Value": 18, "Op": "gte"}, {"Value": 75, "Op": "lt"},
    ]  # fmt: skip
    assert sex["DemographicCriteriaList"][0]["Gender"][0]["CONCEPT_ID"] == 8532
    assert (second["Type"], second["Count"]) == ("AT_MOST", 0)
    measured, ratio = second["Groups"][0]["Groups"]
    counted = measured["CriteriaList"][0]
    assert counted["StartWindow"]["Start"] == {"Days": 30, "Coeff": -1}
    assert counted["Criteria"]["Measurement"]["ValueAsNumber"] == {"Value": 2.0, "Op": "gt"}
    assert counted["Criteria"]["Measurement"]["Unit"][0]["CONCEPT_CODE"] == "mg/dL"
    above = ratio["CriteriaList"][0]["Criteria"]["Measurement"]
    assert above["RangeHighRatio"] == {"Value": 3.0, "Op": "gt"}
    assert "Unit" not in above
    long_ago, lately = third["Groups"]
    assert long_ago["CriteriaList"][0]["StartWindow"]["End"] == {"Days": 14, "Coeff": -1}
    assert (lately["Type"], lately["Count"]) == ("AT_MOST", 0)
    assert lately["Groups"][0]["CriteriaList"][0]["StartWindow"]["Start"] == {
        "Days": 13,
        "Coeff": -1,
    }
    assert fourth == {
        "Type": "ALL",
        "CriteriaList": [],
        "DemographicCriteriaList": [],
        "Groups": [],
    }
    codes = [each["concept"] for each in found["ConceptSets"][0]["expression"]["items"]]
    assert {(each["CONCEPT_ID"], each["VOCABULARY_ID"]) for each in codes} == {(0, "LOINC")}
    whole = [each.what for each in exported("omop", (), NAMED).losses]
    assert "the codes of the vocabulary" in whole


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ("age > 20 wk", "an age in wk"),
        ("age > 7 mo", "an age in mo"),
        ("sex in {other}", "a sex that has no code"),
        ("spo2 < 94 % [operator_ambiguous]", "on which side of its bound spo2 is"),
        ("commitment: abstinence", "what somebody promises for the trial: “abstinence”"),
    ],
)
def test_omop_leaves_out_what_it_cannot_say(condition: str, what: str) -> None:
    criterion = one(condition)
    assert (1, what, "left out") in said("omop", criterion)
    assert made("omop", criterion)["InclusionRules"][0]["expression"]["Groups"] == []


def test_cql_defines_each_criterion_and_reads_them_by_section() -> None:
    library = exported(
        "cql",
        (
            one("18 <= age < 75 a and sex in {female, male}"),
            one("spo2 < 94 % within the past 2 d", number=2),
            one("at least 1 of: stroke within the past 6 mo; ecog in {3, 4}", "exclusion", 3),
            one("creatinine > 1234567.5 umol/L", "unknown", 4),
            one("alt > 3 x ULN or drug: it", "exclusion", 5),
        ),
        NAMED,
    ).content.decode()
    for line in (
        '(AgeInYearsAt(date from "Screening") >= 18.0 and AgeInYearsAt(',
        '"Some"(("Results"([Observation: "spo2"], Interval["Screening" - 2 days, "Screening"])) R',
        '"At least"({ "Some"(("Events"(\'stroke\')) E return all (E.began <= "Screening"',
        '"One of"("Latest"([Observation: "ecog"], "Ever").value, { 3.0, 4.0 })',
        '("Latest"([Observation: "creatinine"], "Ever") > 1234567.5 \'umol/L\')',
        '((null as Boolean) or "Known"(exists ("Drugs"(\'it\'))))',
        '"Criterion 1"\n  and "Criterion 2"\n',
        '"Criterion 3"\n  or "Criterion 5"\n',
    ):
        assert line in library


def test_cql_holds_any_text() -> None:
    text = 'ends */ define "x": \x00\'s \\'
    library = exported(
        "cql",
        (one('"it\'s \\\\ \\"so\\"\\u0000"', text=text),),
        Named("1 */ é", "*/"),
    ).content.decode()
    assert library.startswith("/* * / */\nlibrary T_1 version")
    assert "ends * / define" in library
    assert "'it\\'s \\\\ \"so\"\ufffd'" in library


def test_the_table_has_a_row_a_leaf_and_runs_in_no_spreadsheet() -> None:
    text = "=cmd|'/c calc'!A1 and older"
    criteria = (
        Criterion(
            3, "exclusion", "patient", text, 10, 37,
            tree.All((
                Opaque("=cmd|'/c calc'!A1", 10, 27),
                tree.Not(Compare("age", "between", -2.0, 31, 36, 1e9, (True, False), "a")),
            )),
            "partial", flags=(Flag("unit_suspect", "odd", 31, 36),),
        ),
        one("\"@x\"", "unknown", 4, kind="heading"),
    )  # fmt: skip
    file = exported("csv", criteria, NAMED)
    first, second, third = csv.DictReader(io.StringIO(file.content.decode(), newline=""))
    assert (first["text"], first["written"]) == (f"'{text}", "'=cmd|'/c calc'!A1")
    assert (first["path"], second["path"], third["path"]) == ("all.1", "all.2.not", "")
    assert (second["low"], second["high"], second["high_belongs"]) == ("-2", "1000000000", "no")
    assert (second["flags"], second["text"], first["flags"]) == ("unit_suspect", "", "")
    assert (third["section"], third["kind"], third["concept"]) == ("unknown", "heading", "'@x")
    assert file.losses == ()
    assert file.file_name == "NCT09000001.criteria.csv"


# -- what is asked, and of whom ------------------------------------------------------------------


@pytest.mark.parametrize("form", ["fhir-r4", "fhir-r5", "fhir-r6", "omop"])
def test_headings_donors_and_unknown_sections_are_losses(form: str) -> None:
    criteria = (
        one("age > 1 a", kind="heading"),
        one("age > 2 a", number=2, population="donor"),
        one("age > 3 a", "unknown", 3),
    )
    found = made(form, *criteria)
    assert not found.get("characteristic")
    assert not found.get("InclusionRules")
    assert [(number, instead) for number, _, instead in said(form, *criteria)] == [
        (1, "left out"), (2, "left out"), (3, "left out"),
    ]  # fmt: skip


def test_items_count_under_the_criterion_that_introduces_them() -> None:
    criteria: Sequence[Criterion] = (
        one('"two of:"?', of_group=2, text="two of:"),
        one("age > 1 a", number=2, group=1),
        one('"any of:"?', number=3, group=1, of_group=-1),
        one("age > 2 a", number=4, group=3),
        one("age > 3 a", number=5, group=3),
    )
    (found,) = made("fhir-r5", *criteria)["characteristic"]
    combined = found["definitionByCombination"]
    assert (combined["code"], combined["threshold"]) == ("at-least", 2)
    assert combined["characteristic"][1]["definitionByCombination"]["code"] == "any-of"
    assert (1, "the words that introduce its items: “two of:”", "the items alone") in said(
        "fhir-r5", *criteria
    )
    excluded = [one('"the following:"?', "exclusion"), one("age > 1 a", "exclusion", 2, group=1)]
    (rule,) = made("omop", *excluded)["InclusionRules"]
    assert rule["expression"]["Groups"][0]["Type"] == "ANY"


def test_losses_name_the_place_and_flags() -> None:
    text = "SpO2 = 94 and whatever"
    criterion = Criterion(
        7, "inclusion", "patient", text, 100, 122,
        tree.All((
            Compare("spo2", "=", 94.0, 100, 109, written="= 94", assumed_unit="%",
                    flags=("operator_ambiguous",)),
            Opaque("whatever", 114, 122),
        )),
        "partial", flags=(Flag("operator_ambiguous", "the sign was lost", 100, 109),),
    )  # fmt: skip
    file = exported("fhir-r5", (criterion,), NAMED)
    assert [(each.what, each.start, each.end) for each in file.losses] == [
        ("operator ambiguous: the sign was lost", 100, 122),
        ("on which side of its bound spo2 is", 100, 109),
        ("not understood: “whatever”", 114, 122),
    ]
    value = json.loads(file.content)["characteristic"][0]["definitionByCombination"]
    assert value["characteristic"][0]["definitionByTypeAndValue"]["valueCodeableConcept"] == {
        "text": "= 94"
    }


def test_numbers_keep_their_digits() -> None:
    assert [decimal(each) for each in (0.1, 1e22, 1.5e-7, 1234567.25, -3.0, 1e300)] == [
        "0.1", "10000000000000000000000", "0.00000015", "1234567.25", "-3",
        f"{1e300:.1f}",
    ]  # fmt: skip


def test_there_are_no_other_forms() -> None:
    with pytest.raises(InputError, match="no form"):
        exported("fhir-r3", (), NAMED)
    assert exported("cql", (), Named("")).file_name == "trial.cql"
