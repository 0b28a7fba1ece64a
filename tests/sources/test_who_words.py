"""What registers' words mean: phase, age, sex, status, sample size, design."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.model import MASKINGS, PHASES, STATUSES, Missingness
from trialweave.sources import words
from trialweave.sources.words import design as words_design
from trialweave.sources.words.ages import ages_in
from trialweave.sources.words.design import allocation_of, masking_of, model_of, purpose_of

OPEN = Missingness.NOT_REPORTED
NONE = Missingness.NOT_APPLICABLE
UNREADABLE = Missingness.UNREADABLE

FLAGS = (
    "Human pharmacology (Phase I): {}\nTherapeutic exploratory (Phase II): {}\n"
    "Therapeutic confirmatory - (Phase III): {}\nTherapeutic use (Phase IV): {}\n"
)


@pytest.mark.parametrize(
    ("text", "phases"),
    [
        ("Phase 2", ("2",)),
        ("PHASE II", ("2",)),
        ("Phase-3", ("3",)),
        ("Phase2", ("2",)),
        ("IIb", ("2",)),
        ("Phase 2/ Phase 3", ("2", "3")),
        ("II-III", ("2", "3")),
        ("2-3", ("2", "3")),
        ("Phase I,II", ("1", "2")),
        ("I+II (Phase I+Phase II)", ("1", "2")),
        ("III (Phase III study)", ("3",)),
        ("I-IIA", ("1", "2")),
        ("Phase II and III", ("2", "3")),
        ("Human Pharmacology (Phase I)- Bioequivalence Study", ("1",)),
        ("Early Phase 1", ("early1",)),
        ("Phase 0", ("early1",)),
        ("0", ("early1",)),
        ("Post Marketing Surveillance", ("4",)),
        ("N/A", ("not applicable",)),
        ("n\\a", ("not applicable",)),
        ("N/", ("not applicable",)),
        ("Not Applicable", ("not applicable",)),
        (FLAGS.format("no", "yes", "yes", "no"), ("2", "3")),
        (FLAGS.format("", "yes", "", ""), ("2",)),
        (FLAGS.format("no", "no", "no", "no"), OPEN),
        ("", OPEN),
        ("Not selected", OPEN),
        ("Retrospective study", NONE),
        ("New Treatment Measure Clinical Study", NONE),
        ("0(exploratory trials))", NONE),
        ("2020-03-02 00:00:00", UNREADABLE),
        ("5", UNREADABLE),
        ("phase 2 of the moon", ("2",)),
        ("early phase 3", UNREADABLE),
        ("I" * 5000, UNREADABLE),
    ],
)
def test_phase(text: str, phases: object) -> None:
    assert words.phase_set(text) == phases


def test_phase_zero_is_no_phase_where_it_means_exploratory() -> None:
    assert words.phase_set("0", "chictr") is NONE
    assert words.phase_set("0", "drks") == ("early1",)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("18 Years", 18.0),
        ("18", 18.0),
        ("18Y", 18.0),
        ("6 Months", 0.5),
        ("730D", 1.998672),
        ("18years-old", 18.0),
        (">= 20age old", 20.0),
        ("19 Year(s)", 19.0),
        ("18(Year)", 18.0),
        ("18 years.", 18.0),
        ("18 years and older", 18.0),
        ("0", 0.0),
        ("0.1", 0.1),
        ("N/A", NONE),
        ("no limit", NONE),
        ("No minimum age", NONE),
        ("0 N/A (No limit)", NONE),
        ("None", NONE),
        ("", OPEN),
        ("-", OPEN),
        ("ND", OPEN),
        ("Years", OPEN),
        ("2??", UNREADABLE),
        ("adults", UNREADABLE),
        ("99999", UNREADABLE),
    ],
)
def test_age(text: str, years: object) -> None:
    assert words.age_years(text) == years


def test_a_maximum_of_zero_is_no_limit() -> None:
    assert words.age_years("0", maximum=True) is NONE
    assert words.age_years("28 Days", maximum=True) == pytest.approx(28 / 365.2425, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("All", "all"),
        ("Both, male and female", "all"),
        ("<br>Female: yes<br>Male: yes<br>", "all"),
        ("<br>Female: no<br>Male: yes<br>", "male"),
        ("Females", "female"),
        ("Male/Female", "all"),
        ("-", OPEN),
        ("Yes", UNREADABLE),
    ],
)
def test_sex(text: str, sex: object) -> None:
    assert words.sex_of(text) == sex


@pytest.mark.parametrize(
    ("text", "register", "status"),
    [
        ("Recruiting", "", "recruiting"),
        ("Not recruiting", "nct", "other"),
        ("Pending", "rpcec", "planned"),
        ("Complete", "irct", "active, closed"),
        ("Complete", "jrct", "completed"),
        ("Closed to Recruitment of Participants", "ctri", "active, closed"),
        ("Recruiting stopped after recruiting started", "drks", "terminated"),
        ("Not Available", "", OPEN),
        ("Unknown status", "", "unknown"),
        ("Gone fishing", "", UNREADABLE),
    ],
)
def test_status(text: str, register: str, status: object) -> None:
    assert words.status_of(text, register) == status


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("experimental group :100;control group :100;", (100, 100)),
        ("Target condition:200;Difficult condition:0", (200, 0)),
        ("Students; staff:1300;", (1300,)),
        ("Arm: mild:20;Arm: severe:5;", (20, 5)),
        ("A:10;B:", None),
        ("about 100", None),
        ("120", None),
        ("", None),
    ],
)
def test_sample_size_of_groups(text: str, sizes: object) -> None:
    groups = words.group_sizes(text)
    assert (tuple(group.size for group in groups) if groups else None) == sizes
    for group in groups or ():
        assert text[group.start : group.end].endswith(str(group.size))


@pytest.mark.parametrize(
    ("design", "allocation", "level", "who", "model", "purpose"),
    [
        (
            "Allocation: Randomized. Intervention model: Parallel Assignment. Primary purpose: "
            "Treatment. Masking: Double (Participant, Outcomes Assessor). ",
            *("randomised", "double", ("participant", "outcomes assessor"), "parallel"),
            "treatment",
        ),
        (
            "Allocation: N/A. Intervention model: Single Group Assignment. Primary purpose: "
            "Diagnostic. Masking: None (Open Label). ",
            *("not applicable", "none", (), "single group", "diagnostic"),
        ),
        (
            "Controlled: yes<br>Randomised: yes<br>Open: no<br>Single blind: no<br>Double blind: "
            "yes<br>Parallel group: no<br>Cross over: yes<br>Other: no<br>",
            *("randomised", "double", (), "crossover", OPEN),
        ),
        (
            "Controlled: no Randomised: no Open: yes Single blind: no Double blind: no ",
            *("not applicable", "none", (), OPEN, OPEN),
        ),
        (
            "Randomization: Randomized, Blinding: Triple blinded, Placebo: Used, Assignment: "
            "Parallel, Purpose: Treatment, Randomization description: not randomized by ward.",
            *("randomised", "triple", (), "parallel", "treatment"),
        ),
        (
            "Randomization: Not randomized, Blinding: Not blinded, Assignment: Single, Purpose: "
            "Supportive.",
            *("non-randomised", "none", (), "single group", "supportive care"),
        ),
        (
            "<br> Randomized: No, <br> Masking: None, <br> Control: Active, <br> Group: undefined, "
            "<br> Type: 2 or more arms, randomized<br>",
            *("randomised", "none", (), OPEN, OPEN),
        ),
        (
            "Purpose: Treatment; Allocation: Randomised controlled trial; Masking: Blinded "
            "(masking used);Assignment: Parallel;Type of endpoint: Efficacy;",
            *("randomised", OPEN, (), "parallel", "treatment"),
        ),
        (
            "Randomized, Parallel Group Trial<br> Method of generating randomization sequence:"
            "Coin Method of allocation concealment:Envelopes Blinding and masking:Participant, "
            "Investigator and Outcome Assessor Blinded",
            "randomised",
            "triple",
            ("participant", "investigator", "outcomes assessor"),
            "parallel",
            OPEN,
        ),
        (
            "Other<br> Method of generating randomization sequence:Not Applicable Method of "
            "allocation concealment:Not Applicable Blinding and masking:Not Applicable",
            *(OPEN, NONE, (), OPEN, OPEN),
        ),
        (
            "single arm study, open(masking not used), uncontrolled control, single assignment",
            *("not applicable", "none", (), "single group", OPEN),
        ),
        (
            "Allocation: Non-randomized controlled trial. Masking: Double Blind. Control group: "
            "Active. Assignment: Factorial. Purpose: Prevention",
            *("non-randomised", "double", (), "factorial", "prevention"),
        ),
        ("Quasi-randomized controlled", "non-randomised", OPEN, (), OPEN, OPEN),
        ("Parallel", OPEN, OPEN, (), "parallel", OPEN),
        (
            "Double-blind randomised trial (Treatment)",
            "randomised",
            "double",
            (),
            OPEN,
            "treatment",
        ),
        (
            "Open-label trial, randomised and non-randomised parts",
            UNREADABLE,
            "none",
            (),
            OPEN,
            OPEN,
        ),
        ("Blinding: open, double blind", OPEN, UNREADABLE, (), OPEN, OPEN),
        ("", OPEN, OPEN, (), OPEN, OPEN),
    ],
)
def test_design(
    design: str, allocation: object, level: object, who: object, model: object, purpose: object
) -> None:
    masking = masking_of(design)
    assert allocation_of(design) == allocation
    assert (masking.level, masking.who) == (level, who)
    assert model_of(design) == model
    assert purpose_of(design) == purpose


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("1. Male or female patients aged 5-65 years", (5, 65)),
        ("adults aged over 18 years and less than 55 years.", (18, 55)),
        ("aged 18 years or older, with a cough for at least 2 years", (18, None)),
        ("children aged 6 to 24 months", (0.5, 2)),
        ("children aged 6 months to 17 years", (0.5, 17)),
        ("aged 5-12 years; adults aged 20-55 years", None),
        ("consent signed by adults (aged 20-55 years)", None),
        ("a history of 2 to 3 years", None),
        ("", None),
    ],
)
def test_ages_in_criteria(text: str, limits: object) -> None:
    found = ages_in(text)
    assert (found and (found.minimum, found.maximum)) == limits


@given(st.text(max_size=300))
def test_any_text_has_a_reading(text: str) -> None:
    phase = words.phase_set(text)
    assert isinstance(phase, Missingness) or set(phase) <= set(PHASES)
    age = words.age_years(text)
    assert isinstance(age, Missingness) or 0 <= age <= 200
    assert words.sex_of(text) in ("all", "female", "male", *Missingness)
    assert words.status_of(text) in (*STATUSES, *Missingness)
    assert masking_of(text).level in (*MASKINGS, *Missingness)
    assert isinstance(words_design.study_type_of(text), (str, Missingness))
    limits = ages_in(text)
    assert limits is None or 0 <= limits.start < limits.end <= len(text)
