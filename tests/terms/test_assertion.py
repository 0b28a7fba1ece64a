"""What is said of a mention: by cues, by their reach, by sections."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialweave.terms.assertion import context
from trialweave.terms.normal import fold, words


def said(marked: str, field: str = "") -> str:
    """What is said of the passage that stands between « and »."""
    start, end = marked.index("«"), marked.index("»") - 1
    text = marked.replace("«", "").replace("»", "")
    found, starts, ends = words(fold(text))
    return context(text, found, starts.tolist(), ends.tolist(), field).of(start, end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Adults with «asthma».", "present"),
        ("No «asthma».", "negated"),
        ("without any sign of active «asthma»", "negated"),
        ("No known history of «asthma»", "negated"),
        ("must not have a documented history of «asthma»", "negated"),
        ("no gout, or prior «asthma»", "negated"),
        ("History of «asthma»", "history"),
        ("History of gout or current «asthma»", "present"),
        ("no history of gout or current «asthma»", "negated"),
        ("at risk of «asthma»", "hypothetical"),
        ("known or suspected «asthma»", "present"),
        ("suspected «asthma»", "hypothetical"),
        ("with or without «asthma»", "present"),
        ("«Asthma» that is not controlled", "present"),
        ("not adequately controlled «asthma»", "present"),
        ("«Asthma» was ruled out", "negated"),
        ("«surgery» within the last 3 months", "history"),
        ("Non-«smoking» adults", "negated"),
        ("non-smoking adults with «asthma»", "present"),
        ("«steroid» naïve", "negated"),
        ("unable to undergo «biopsy»", "negated"),
        ("unable to tolerate «biopsy»", "present"),
    ],
)
def test_cues(text: str, expected: str) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What a negated word is about is not negated itself.
        ("No allergy to «penicillin»", "present"),
        ("No «allergy» to penicillin", "negated"),
        ("no treatment for «gout»", "present"),
        ("no contraindications to «aspirin»", "present"),
        ("no relapse after «surgery»", "present"),
        ("no disease that needs «surgery»", "present"),
        ("not improved by «aspirin»", "present"),
        ("no gout or with «asthma»", "present"),
        # A sentence, an item, a bracket end a cue's reach; an abbreviation's dot does not.
        ("No gout. «Asthma»", "present"),
        ("no gout; «asthma»", "present"),
        ("no lung disease (e.g. «asthma»)", "negated"),
        ("Adults (except those without consent) with «asthma»", "present"),
        ("no (active) «asthma»", "negated"),
        ("no joint [active or past] or «skin disease»", "negated"),
        ("«asthma» (inhalers not allowed)", "present"),
    ],
)
def test_how_far_a_cue_reaches(text: str, expected: str) -> None:
    assert said(text) == expected


def test_items_on_lines_of_their_own_stand_apart() -> None:
    assert said("no consent\nknown «asthma»") == "present"
    assert said("Women not using contraception\nOther «asthma»") == "present"
    wide = "A line that is far too long to be a wrapped one, as of a text that a person typed " * 2
    assert said(f"{wide}\nnever had gout\nhad «asthma»") == "present"
    assert said(f"{'x ' * 33}without\n{'y ' * 5}any signs of «asthma»") == "negated"
    wrapped = (
        "Patients are adults who have never in their lives been treated for any\n"
        "gout and who in the judgement of the investigator have no evidence of\n"
        "any «asthma» at their first visit to the centre"
    )
    assert said(wrapped) == "negated"
    assert said(wrapped.replace("any «", "- any «")) == "present"


def test_among_exclusions() -> None:
    assert said("«Asthma»", "exclusion_criteria") == "excluded"
    assert said("No «asthma»", "exclusion_criteria") == "negated"
    assert said("History of «asthma»", "exclusion_criteria") == "excluded"
    for text in (
        "Any cancer other than «melanoma»",
        "Any cancer unless «melanoma»",
        "Cancer (excluding «melanoma»)",
        "Low doses of «aspirin» are allowed",
        "Patients with «gout» are not excluded",
    ):
        assert said(text, "exclusion_criteria") == "present", text
    assert said("Any «cancer» (topical drugs are allowed)", "exclusion_criteria") == "excluded"


def test_a_sentence_that_excludes() -> None:
    assert said("Patients with severe gout or «asthma» will be excluded.") == "excluded"
    assert said("Patients with «asthma» were enrolled. Those with gout were excluded") == "present"


MIXED = "{inc}\n- adults with gout\n{exc}\n- «asthma»\n"


@pytest.mark.parametrize(
    ("inc", "exc"),
    [
        ("Inclusion Criteria:", "Exclusion Criteria:"),
        ("INCLUSION CRITERIA", "EXCLUSION CRITERIA"),
        ("Key inclusion criteria (cohort 1):", "Key exclusion criteria (cohort 1):"),
        ("1. Inclusion criteria", "2. Exclusion criteria."),
        ("Inclusion:", "Exclusion:"),
        ("4.1 Inclusion Criteria", "4.2 Exclusion Criteria"),
        ("(i) Inclusion criteria for all groups:", "(ii) Exclusion criteria for all groups:"),
        ("[Inclusion Criteria]", "[Exclusion Criteria]"),
        ("The inclusion criteria are:", "The exclusion criteria are:"),
        ("**Inclusion Criteria**", "**Exclusion Criteria**"),
        ("Inclusion criteria -", "Non-inclusion criteria -"),
    ],
)
def test_sections_of_a_text(inc: str, exc: str) -> None:
    assert said(MIXED.format(inc=inc, exc=exc)) == "excluded"
    assert said(MIXED.format(inc=exc, exc=inc)) == "present"
    assert said(MIXED.format(inc=exc, exc=inc), "exclusion") == "present"


def test_sections_within_a_line() -> None:
    text = "Inclusion criteria: adults. Exclusion criteria: gout, «asthma»."
    assert said(text) == "excluded"


@pytest.mark.parametrize(
    "line",
    [
        "Patients who do not meet the exclusion criteria above",
        "gout is not an exclusion criterion",
        "Do not meet inclusion criteria",
        "No exclusion criteria",
        "see the list of exclusion criteria for more",
    ],
)
def test_sentences_about_criteria_are_no_headings(line: str) -> None:
    assert said(f"{line}\n\n«asthma»") == "present"
    assert said(f"{line}\n\n«asthma»", "exclusion") == "excluded"


_PIECES = st.sampled_from(
    ["no ", "history of ", "(", ")", "[", "]", "asthma ", "except ", "\n", "\n\n", ". ", "non-",
     "Exclusion criteria:\n", "Inclusion:\n", "or current ", "- ", "i.e. ", "are allowed ", "é",
     "x"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES, max_size=40), st.booleans())
def test_any_text_has_an_answer_everywhere(pieces: list[str], excluding: bool) -> None:
    text = "".join(pieces)
    found, starts, ends = words(fold(text))
    every = context(text, found, starts.tolist(), ends.tolist(), "exclu" if excluding else "")
    answers = {"present", "negated", "excluded", "hypothetical", "history"}
    for match in re.finditer("asthma", text):
        assert every.of(match.start(), match.end()) in answers
    assert every.ends == sorted(every.ends)
    assert [each[0] for each in every.before] == sorted(each[0] for each in every.before)


def test_hostile_texts_cost_what_their_length_costs() -> None:
    for text in (
        "(" * 60_000,
        "no (" * 20_000,
        "a a a inclusion " * 6_000,
        " \t" * 40_000,
        "\n" * 50_000,
    ):
        found, starts, ends = words(fold(text))
        began = time.process_time()
        context(text, found, starts.tolist(), ends.tolist())
        assert time.process_time() - began < 0.5
