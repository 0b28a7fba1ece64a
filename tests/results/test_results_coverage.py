"""Rules of layout and wording that let more results be read and found again; tables invented."""

from __future__ import annotations

import pytest

from trialweave.model import ArmResult, Finding
from trialweave.results.abbreviations import abbreviations_in, contracted, expanded, long_form
from trialweave.results.answering import answer
from trialweave.results.asked_words import words_of
from trialweave.results.group_aliases import group_aliases
from trialweave.results.stated_spread import marked_statistics, spread_of_means
from trialweave.results.table_cells import read_cell
from trialweave.results.table_titles import is_about_start, outcome_of_caption
from trialweave.results.table_words import read_part


@pytest.mark.parametrize(
    ("short", "before", "long"),
    [
        ("GSI", "by the global sneeze index", "global sneeze index"),
        ("NSI", "by the global sneeze index", ""),
        ("6MW", "in the 6 minute walk", "6 minute walk"),
    ],
)
def test_the_letters_of_a_short_form_stand_in_the_long_one(
    short: str, before: str, long: str
) -> None:
    assert long_form(short, before) == long


def test_abbreviations_of_texts_and_notes() -> None:
    known = abbreviations_in(
        ["The Global Sneeze Index (GSI) and HNT (humid nose training) were used (P = 0.1)."],
        ["CI confidence interval, RNF: red nose frequency; GSI, good snow in"],
    )
    assert known == {
        "GSI": "Global Sneeze Index",
        "HNT": "humid nose training",
        "CI": "confidence interval",
        "RNF": "red nose frequency",
    }
    assert expanded("GSI total", known) == "Global Sneeze Index total"
    assert contracted("The global sneeze index, total", known) == "the GSI, total"


def test_words_are_compared_in_one_spelling_and_form() -> None:
    assert words_of("infected males < 85") == words_of("Infections, men, below 85")
    assert words_of("SF-12 physical") == words_of("Physical SF12")
    assert words_of("haemoglobin behaviour") == words_of("hemoglobin behavior")
    assert words_of("Nose Test A") != words_of("Nose Test B")


@pytest.mark.parametrize("label", ["Birth weight", "Vitamin D", "Sneezing test", "Muscle power"])
def test_an_outcome_is_no_statistic(label: str) -> None:
    assert read_part(label).kind == "label"


@pytest.mark.parametrize("label", ["t", "Student's t test", "F value", "Chi-square", "Cohen's d"])
def test_a_statistic_is_none(label: str) -> None:
    assert read_part(label).kind == "test"


def test_a_time_with_a_remark_is_a_time() -> None:
    assert read_part("33 weeks (after the thaw)").kind == "time"


def test_what_stands_behind_a_mean_and_its_spread_is_left_out() -> None:
    for text in ("69.3 (12.6) [52–107]", "69.3 ± 12.6 (52–107)", "69.3 ± 12.6 (26.7 %)"):
        figure = read_cell(text)
        assert figure is not None
        assert (figure.a, figure.b) == ("69.3", "12.6")
    comma = read_cell("78,4 ± 3,8")
    assert comma is not None
    assert (comma.a, comma.b) == ("78.4", "3.8")
    assert read_cell("3 (2,5)") is None


def test_the_methods_tell_the_spread_where_they_tell_one() -> None:
    sd = "Data are presented as mean ± SD."
    se = "Values were expressed as means and standard errors."
    assert spread_of_means([sd]) == {"sd"}
    assert spread_of_means([se]) == {"se"}
    assert spread_of_means([sd, se]) == frozenset()
    assert spread_of_means([sd, "Figure 1 shows mean ± SEM."]) == frozenset()


def test_a_mark_behind_a_label_points_to_its_note() -> None:
    notes = ["CI confidence interval", "aData are presented as number (percentage)"]
    assert marked_statistics("Sneezing^a", notes) == {"n", "%"}
    assert marked_statistics("Sneezing^b", notes) == frozenset()
    assert marked_statistics("Sneezing", notes) == frozenset()


def test_what_a_caption_says_is_measured() -> None:
    caption = "Comparison of sneeze rates (per min) at baseline and after thaw in both groups"
    assert outcome_of_caption(caption) == "sneeze rates"
    assert is_about_start("Characteristics of the noses")
    assert not is_about_start("Characteristics of the noses 4 weeks after the intervention")


def test_groups_named_by_letters_behind_what_they_got() -> None:
    called = group_aliases(["They got snow 40.000 IU per week (XX group), or placebo (YY group)."])
    assert called["yy"] == "placebo"
    assert "40.000 IU" in called["xx"]
    inside = group_aliases(["In group I snow (2 mg) and in group II rain were given."])
    assert inside["group i"] == "snow"


def _finding(outcome: str, *, recovery: str = "", time: str = "") -> Finding:
    arms = (
        ArmResult(label="Snow", role="treatment", events=3, n=28, recovery=recovery),
        ArmResult(label="Placebo", role="control", events=4, n=29),
    )
    return Finding(finding_id="", record_id="", outcome=outcome, time=time, arms=arms)


def test_an_abbreviated_outcome_answers_its_long_name() -> None:
    called = {"short SNZ": "sneezing"}
    asked = answer([_finding("SNZ")], "sneezing", "snow", "placebo", called=called)
    assert asked.finding is not None
    assert not answer([_finding("SNZ")], "sneezing", "snow", "placebo")


def test_a_size_against_its_heading_is_no_answer() -> None:
    doubted = _finding("sneezing", recovery="3 is 10.7% of 28; the heading states 29")
    given = answer([doubted], "sneezing", "snow", "placebo")
    assert given.reason == "its percentage and its heading tell different sizes"


def test_a_follow_up_answers_only_where_a_time_is_asked_for() -> None:
    later = _finding("sneezing", time="Follow-up")
    assert not answer([later], "sneezing", "snow", "placebo")
    assert answer([later], "sneezing", "snow", "placebo", time="1 year")
