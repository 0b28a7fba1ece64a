"""Findings out of the tables of invented articles."""

from __future__ import annotations

import datetime as dt
import html
import time
from typing import Any

import pytest

from trialweave.model import ArmResult, Draft, Finding, Publication, Received, Record
from trialweave.results.article_tables import article_findings
from trialweave.sources.literature import jats

GROUPS = "Outcome | Placebo (n=40) | Sneezium (n=50)"


def table(
    head: str, rows: str, caption: str = "Outcomes at 12 weeks", notes: str = "", label: str = "1"
) -> str:
    """A table from lines of cells between bars; ``{3}x`` spans columns, ``>x`` is set in."""

    def cell(tag: str, text: str) -> str:
        text = text.strip()
        span = ""
        if text.startswith("{"):
            wide, _, text = text[1:].partition("}")
            span = f' colspan="{wide}"'
        shown = text if "<" in text and ">" in text[1:] else html.escape(text.lstrip(">"))
        indent = "&#x2003;" if text.startswith(">") else ""
        return f"<{tag}{span}>{indent}{shown}</{tag}>"

    def lines(tag: str, text: str) -> str:
        return "".join(
            "<tr>" + "".join(cell(tag, part) for part in line.split("|")) + "</tr>"
            for line in text.strip().splitlines()
        )

    return (
        f"<table-wrap><label>Table {label}</label><caption><p>{caption}</p></caption>"
        f"<table><thead>{lines('th', head)}</thead><tbody>{lines('td', rows)}</tbody></table>"
        f"<table-wrap-foot><p>{notes}</p></table-wrap-foot></table-wrap>"
    )


def record(
    *markup: str, title: str = "Sneezium for sneezing", text: str = ""
) -> tuple[str, Record]:
    """The received text and the record of an invented article with these tables."""
    document = (
        '<article article-type="research-article"><front><article-meta>'
        '<article-id pub-id-type="pmid">90000099</article-id><title-group><article-title>'
        f"{title}</article-title></title-group></article-meta></front><body>"
        f"<sec><title>Methods</title><p>{text}</p></sec><sec><title>Results</title>"
        + "".join(markup)
        + "</sec></body></article>"
    )
    received = Received("invented.xml", document.encode())
    (draft,) = jats.read_each(received)
    assert isinstance(draft, Draft)
    assert isinstance(draft.body, Publication)
    return received.text, Record(
        record_id="jats:invented", version=1, source="jats", identifier="invented",
        kind="publication", digest="", sha256="", start=0, end=0, name="invented.xml",
        received_at=dt.datetime(2031, 1, 1, tzinfo=dt.UTC), publication=draft.body,
    )  # fmt: skip


def findings(*markup: str, **article: str) -> list[Finding]:
    return article_findings(record(*markup, **article)[1])


def cells(arm: ArmResult) -> dict[str, Any]:
    names = ("events", "n", "percent", "mean", "sd", "se", "median", "lower", "upper", "limits")
    return {name: got for name in names if (got := getattr(arm, name)) not in (None, "")}


def one(rows: str, head: str = GROUPS, **more: str) -> Finding:
    (finding,) = findings(table(head, rows, **more))
    return finding


def test_a_row_of_counts_with_its_place() -> None:
    markup = table(GROUPS + " | P value", "Died, n (%) | 8 (20.0) | 5 (10.0) | 0.18")
    text, made = record(markup)
    (finding,) = article_findings(made)
    assert (finding.outcome, finding.family, finding.kind) == ("Died", "mortality", "count")
    assert (finding.time_days, finding.rule) == (84.0, "article-table/1")
    assert [(a.label, a.role) for a in finding.arms] == [
        ("Placebo", "control"), ("Sneezium", "treatment"),
    ]  # fmt: skip
    assert cells(finding.arms[0]) == {"events": 8, "n": 40, "percent": "20.0"}
    assert finding.p is not None
    assert (finding.p.operator, finding.p.text) == ("=", "0.18")
    places = [finding.arms[1].passage, finding.p.passage, finding.passage]
    assert [text[p.start : p.end] for p in places if p][:2] == ["5 (10.0)", "0.18"]
    assert places[2] is not None
    assert text[places[2].start :].startswith("Died, n (%)")


@pytest.mark.parametrize(
    ("row", "head", "notes", "expected"),
    [
        ("Fits | 12 (30%) | 5 (10%)", GROUPS, "", {"events": 12, "n": 40, "percent": "30"}),
        ("Fits | 12/40 | 5/48", GROUPS, "", {"events": 12, "n": 40}),
        ("Fits | 12/38 (31.6) | 5/48 (10.4)", GROUPS, "",
         {"events": 12, "n": 38, "percent": "31.6"}),
        ("Fits | 30% (12/40) | 10% (5/50)", GROUPS, "", {"events": 12, "n": 40, "percent": "30"}),
        ("Fits | 1.2 ± 0.4 | 0.9 ± 0.3", GROUPS, "Mean ± SD.", {"n": 40, "mean": 1.2, "sd": 0.4}),
        ("Fits | 1.2 ± 0.4 | 0.9 ± 0.3", GROUPS, "Mean ± SEM.", {"n": 40, "mean": 1.2, "se": 0.4}),
        ("Fits | 1.2 ± 0.4 | 0.9 ± 0.3", GROUPS, "", {"n": 40, "mean": 1.2}),
        ("Fits, mean (SE) | 1.2 (0.4) | 0.9 (0.3)", GROUPS, "SD, standard deviation",
         {"n": 40, "mean": 1.2, "se": 0.4}),
        ("Fits | −1.2 (0.4) | 0.9 (0.3)", "| Placebo (n=40) Mean (SD) | Sneezium (n=50) Mean (SD)",
         "", {"n": 40, "mean": -1.2, "sd": 0.4}),
        ("Fits, median (IQR) | 3 (1–7) | 2 (1–4)", GROUPS, "",
         {"n": 40, "median": 3, "lower": 1, "upper": 7, "limits": "IQR"}),
        ("Fits, median [range] | 3 [1, 7] | 2 [1, 4]", GROUPS, "",
         {"n": 40, "median": 3, "lower": 1, "upper": 7, "limits": "range"}),
        ("Fits, mean (95% CI) | 3.1 (2.0 to 4.2) | 2.0 (1.1 to 2.9)", GROUPS, "",
         {"n": 40, "mean": 3.1, "lower": 2.0, "upper": 4.2, "limits": "CI"}),
        ("Fits | 12 | 30 | 5 | 10", "| {2}Placebo (n=40) | {2}Sneezium (n=50)\n| n | % | n | %", "",
         {"events": 12, "n": 40, "percent": "30"}),
        ("Fits | 1.2 | 0.4 | 0.9 | 0.3",
         "| {2}Placebo (n=40) | {2}Sneezium (n=50)\n| Mean | SD | Mean | SD", "",
         {"n": 40, "mean": 1.2, "sd": 0.4}),
        ("Fits | 38 | 1.2 (0.4) | 47 | 0.9 (0.3)",
         "| {2}Placebo (n=40) | {2}Sneezium (n=50)\n| N | Mean (SD) | N | Mean (SD)", "",
         {"n": 38, "mean": 1.2, "sd": 0.4}),
        ("Patients with fits, % | 30.0 | 10.0", GROUPS, "",
         {"events": 12, "n": 40, "percent": "30.0"}),
        ("Number of patients with fits | 12 | 5", GROUPS, "", {"events": 12, "n": 40}),
        ("Fits | 1,2 ± 0,4 | 0,9 ± 0,3", GROUPS, "mean ± SD", {"n": 40, "mean": 1.2, "sd": 0.4}),
        ("Fits, n (%) | 12<sup>a</sup> (30) | 5 (10)", GROUPS, "",
         {"events": 12, "n": 40, "percent": "30"}),
    ],
)  # fmt: skip
def test_kinds_of_cells(row: str, head: str, notes: str, expected: dict[str, Any]) -> None:
    assert cells(one(row, head, notes=notes).arms[0]) == expected


@pytest.mark.parametrize(
    ("row", "notes"),
    [
        ("Fits | 12 (30.5) | 15 (11.2)", ""),  # mean and spread, or a wrong percentage
        ("Fits | 12 (30.5) | 15 (11.2)", "Data are mean (SD) or n (%)."),
        ("Fits | 12 | 15", ""),
        ("Fits | 3 (1–7) | 2 (1–4)", ""),
        ("Fits | 3.1 (1.0–7.2) | 2.0 (1.3–4.4)", "CI, confidence interval"),
        ("Fits, n (%) | 60 (30) | 5 (10)", ""),  # more than there are, of no such percentage
        ("Blood pressure | 40/38 | 30/20", ""),
        ("Number of episodes, n (%) | 12 (30) | 5 (10)", ""),
        ("Haematocrit | 38% | 40%", ""),
        ("Number of patients | 38 | 47", ""),
    ],
)
def test_what_is_left_open_is_not_answered(row: str, notes: str) -> None:
    made = findings(table(GROUPS, row, notes=notes))
    assert not made or all(arm.n is None for arm in made[0].arms)
    assert not [a for f in made for a in f.arms if a.events is not None and a.events > 40]


def test_a_comma_among_decimal_points_is_no_decimal_sign() -> None:
    rows = "Fits, mean (SD) | 3 (2,5) | 2 (1,4)\nScore, mean (SD) | 3.1 (2.5) | 2.2 (1.4)"
    assert [f.outcome for f in findings(table(GROUPS, rows))] == ["Score"]


def test_a_percentage_that_is_none_of_the_group_has_a_size_of_its_own() -> None:
    finding = one("Fits, n (%) | 12 (31.6) | 5 (10.0)")
    assert [(a.n, a.n_origin) for a in finding.arms] == [(38, "recovered"), (50, "stated")]


def test_three_groups_have_no_p_value_of_two() -> None:
    head = "| Placebo (n=20) | Low dose (n=21) | High dose (n=22) | Total (n=63) | P"
    finding = one("Fits, n (%) | 4 (20) | 3 (14) | 2 (9) | 9 (14) | 0.04", head)
    assert [arm.n for arm in finding.arms] == [20, 21, 22]
    assert finding.p is None


def test_times_over_the_columns_and_before_the_rows() -> None:
    head = "| {2}Baseline | {2}Week 4 | P\n| Placebo (n=20) | Vapour (n=20) | Placebo (n=20) | "
    head += "Vapour (n=20) | "
    over = one("Score, mean (SD) | 9 (1.0) | 9 (1.1) | 7 (1.2) | 5 (1.3) | 0.03", head)
    assert (over.time, over.time_days, over.arms[1].mean) == ("Week 4", 28.0, 5.0)
    before = findings(
        table("| Placebo (n=20) | Vapour (n=20)",
              "Score, mean (SD) | |\n> Baseline | 9 (1.0) | 9 (1.1)\n"
              "> 4 weeks | 7 (1.2) | 5 (1.3)\n> 8 weeks | 6 (1.2) | 4 (1.3)", caption="Results")
    )  # fmt: skip
    assert [(f.outcome, f.time_days, f.arms[0].sd) for f in before] == [
        ("Score", 28.0, 1.2), ("Score", 56.0, 1.2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("when", "days"),
    [("6 M", 182.5), ("W12", 84.0), ("Week 2", 14.0), ("12w", 84.0), ("T2", None), ("D 28", 28.0)],
)
def test_times_in_letters(when: str, days: float | None) -> None:
    head = f"| {{2}}{when}\n| Placebo (n=20) | Vapour (n=20)"
    assert one("Score, mean (SD) | 9 (1.0) | 9 (1.1)", head, caption="Scores").time_days == days


def test_groups_before_the_rows() -> None:
    sizes = table("| Placebo (n=20) | Vapour (n=21)", "Age, mean (SD) | 50 (9) | 51 (8)",
                  caption="Baseline characteristics")  # fmt: skip
    rows = "Placebo | 7.1 | 1.2\nVapour | 5.0 | 1.3"
    turned = table("Group | Mean | SD", rows, caption="Score (points) at 4 weeks")
    (finding,) = findings(sizes, turned)
    assert [cells(arm) for arm in finding.arms] == [
        {"n": 20, "mean": 7.1, "sd": 1.2}, {"n": 21, "mean": 5.0, "sd": 1.3},
    ]  # fmt: skip
    assert "elsewhere" in finding.arms[0].recovery
    assert finding.time_days == 28.0


def test_a_p_value_within_a_group_is_not_between_groups() -> None:
    head = "| {3}Placebo (n=20) | {3}Vapour (n=20)\n| Before | After | P | Before | After | P"
    finding = one("Score, mean (SD) | 9 (1.0) | 8 (1.1) | 0.2 | 9 (1.2) | 5 (1.3) | 0.01", head)
    assert finding.p is None
    flat = "| Placebo before | P | Vapour"
    assert not findings(table(flat, "Score, mean (SD) | 9 (1.0) | 0.2 | 9 (1.2)"))


@pytest.mark.parametrize(
    ("head", "figures", "told"),
    [
        ("Risk ratio (95% CI)", "0.50 (0.18 to 1.42)", ("RR", "0.50", "0.18", "1.42", False)),
        ("Adjusted OR (95% CI)", "0.44 (0.13, 1.49)", ("OR", "0.44", "0.13", "1.49", True)),
        ("Difference (95% CI)", "−10.0 (−25.1 to 5.1)", ("RD", "-10.0", "-25.1", "5.1", False)),
        ("Odds ratio (95% CI)", "−0.4 (−1.0 to 0.2)", None),
        ("Coefficient (95% CI)", "0.4 (0.1 to 0.9)", None),
    ],
)
def test_effects(head: str, figures: str, told: tuple[Any, ...] | None) -> None:
    finding = one(f"Fits, n (%) | 8 (20.0) | 5 (10.0) | {figures}", f"{GROUPS} | {head}")
    effect = finding.effect
    got = effect and (effect.measure, effect.estimate, effect.lower, effect.upper, effect.adjusted)
    assert got == told


def test_changes_are_told_from_values() -> None:
    head = "| {2}Placebo (n=20) | {2}Vapour (n=20)\n| Baseline | Change | Baseline | Change"
    finding = one("Score, mean (SD) (points) | 9 (1.0) | −1 (1.1) | 9 (1.2) | −4 (1.3)", head)
    assert finding.change
    assert [arm.mean for arm in finding.arms] == [-1.0, -4.0]
    assert [arm.mean_printed for arm in finding.arms] == ["-1", "-4"]
    assert not one("Score (points) | 9 ± 1 | 8 ± 1", notes="mean ± SD").change
    assert one("Score (points) | 9 ± 1 | 8 ± 1", notes="mean ± SD").unit == "points"


@pytest.mark.parametrize(
    "caption",
    ["Baseline characteristics of the patients", "Demographic data", "Patient characteristics"],
)
def test_characteristics_at_the_start_are_no_outcomes(caption: str) -> None:
    assert not findings(table(GROUPS, "Fits, n (%) | 8 (20) | 5 (10)", caption=caption))


def test_a_table_with_age_and_sex_is_of_the_start() -> None:
    rows = "Age, mean (SD) | 50 (9) | 51 (8)\nMale, n (%) | 20 (50) | 25 (50)\nFits | 8/40 | 5/50"
    assert not findings(table(GROUPS, rows, caption="The patients"))


def test_parts_of_the_patients_are_said_to_be_parts() -> None:
    head = "| {2}Men | {2}Women\n| Placebo (n=20) | Vapour (n=21) | Placebo (n=30) | Vapour (n=31)"
    made = findings(table(head, "Died, n (%) | 4 (20) | 3 (14) | 6 (20) | 1 (3)"))
    assert [(f.population, f.arms[0].n, f.family) for f in made] == [
        ("Men", 20, ""), ("Women", 30, ""),
    ]  # fmt: skip
    rows = "Severe | |\n> Died, n (%) | 4/10 | 3/12\nMild | |\n> Died, n (%) | 1/30 | 0/38"
    assert {f.family for f in findings(table(GROUPS, rows))} == {""}
    sub = one("Men | 4/10 | 3/12", caption="Deaths in subgroups")
    assert sub.population == "subgroup: Men"


def test_headings_that_name_no_groups() -> None:
    for head in (
        "| Survivors (n=40) | Non-survivors (n=50)", "| Men (n=40) | Women (n=50)",
        "| Before | After", "| Right | Left", "| Year 1 (n=40) | Year 2 (n=50)", "| Mean | SD",
        "| First (n=40) | P",
    ):  # fmt: skip
        assert not findings(table(head, "Fits, n (%) | 8 (20) | 5 (10)")), head


def test_rows_of_sizes_and_notes_change_the_size() -> None:
    head = "Outcome | Placebo | Sneezium"
    rows = "Number of patients | 38 | 47\nScore, mean (SD) | 9 (1.0) | 8 (1.1)"
    assert [arm.n for arm in one(rows, head).arms] == [38, 47]
    note = "Score was missing in some (n = 31)."
    noted = one("Score, mean (SD) | 9 (1.0) | 8 (1.1)", notes=note)
    assert [arm.n for arm in noted.arms] == [None, None]
    own = one("Score (n = 31, 29), mean (SD) | 9 (1.0) | 8 (1.1)")
    assert [arm.n for arm in own.arms] == [None, None]


def test_a_size_over_all_groups_is_no_group_s() -> None:
    head = "| {2}Week 4 (n=90)\n| Placebo | Sneezium"
    assert [arm.n for arm in one("Score, mean (SD) | 9 (1.0) | 8 (1.1)", head).arms] == [None, None]


def test_categories_that_add_up_tell_the_size() -> None:
    rows = "Fits | |\nMany | 10 (26) | 12 (26)\nFew | 20 (53) | 30 (64)\nNo | 8 (21) | 5 (11)"
    made = findings(table(GROUPS, rows, notes="n (%)"))
    assert [f.arms[0].n for f in made] == [38, 38, 38]
    assert made[2].outcome == "Fits: No"
    assert "add up to 38" in made[0].arms[0].recovery


def test_a_heading_that_abbreviates_a_group_of_another_table() -> None:
    whole = table("| Circumcised (n=20) | Uncircumcised (n=21)", "Age, mean (SD) | 30 (9) | 31 (8)",
                  caption="Baseline characteristics")  # fmt: skip
    short = table("| Circ | Uncirc", "Score, mean (SD) | 9 (1.0) | 8 (1.1)")
    (finding,) = findings(whole, short)
    assert [(a.label, a.n) for a in finding.arms] == [("Circumcised", 20), ("Uncircumcised", 21)]
    plus = table("| Diet plus pill (n=20) | Diet plus placebo (n=21)", "Age | 30 (9) | 31 (8)",
                 caption="Baseline characteristics")  # fmt: skip
    bare = table("| Diet | Control", "Score, mean (SD) | 9 (1.0) | 8 (1.1)")
    (finding,) = findings(plus, bare)
    assert [(a.label, a.n) for a in finding.arms] == [("Diet", None), ("Control", None)]


@pytest.mark.parametrize(("told", "n"), [("48", 41), ("38", None), ("41", 41)])
def test_sizes_of_text_and_tables_that_differ(told: str, n: int | None) -> None:
    sizes = table("| Placebo (n=40) | Sneezium (n=41)", "Age | 30 (9) | 31 (8)",
                  caption="Baseline characteristics")  # fmt: skip
    bare = table("| Placebo | Sneezium", "Score, mean (SD) | 9 (1.0) | 8 (1.1)")
    text = f"The Sneezium group (n = {told}) inhaled. The Sneezium group rested."
    (finding,) = findings(sizes, bare, text=text)
    assert [arm.n for arm in finding.arms] == ([40, n] if n else [None, None])


def test_sizes_from_elsewhere_do_not_hold_where_participants_were_lost() -> None:
    sizes = table("| Placebo (n=40) | Sneezium (n=41)", "Age | 30 (9) | 31 (8)",
                  caption="Baseline characteristics")  # fmt: skip
    bare = table("| Placebo | Sneezium", "Score, mean (SD) | 9 (1.0) | 8 (1.1)")
    lost = "Two patients withdrew."
    later = table("| Placebo (n=40) | Sneezium (n=41)", "Pain, mean (SD) | 3 (1) | 2 (1)")

    def told(*markup: str, text: str) -> list[int | None]:
        return [
            arm.n for f in findings(*markup, text=text) if f.outcome == "Score" for arm in f.arms
        ]

    assert told(sizes, bare, text="") == [40, 41]
    assert told(sizes, bare, text="A loss of 10% was expected; any patient could withdraw.") == [
        40, 41,
    ]  # fmt: skip
    assert told(sizes, bare, text=lost) == [None, None]
    assert told(sizes, bare, later, text=lost) == [40, 41]


def test_a_caption_of_changes_holds_where_no_start_is_shown() -> None:
    head = "| Placebo (n=20) | Vapour (n=20)"
    caption = "Mean changes in score"
    (change,) = findings(table(head, "Score, mean (SD) | 9 (1.0) | 8 (1.1)", caption=caption))
    assert change.change
    rows = "Score, mean (SD) | |\n> Baseline | 9 (1.0) | 9 (1.1)\n> Week 4 | 7 (1.2) | 5 (1.3)"
    (value,) = findings(table(head, rows, caption="Changes in score"))
    assert not value.change


def test_a_crossover_has_everybody_in_both_groups() -> None:
    article = {"title": "A crossover trial of Sneezium",
               "text": "Of 24 enrolled, 21 subjects completed the study."}  # fmt: skip
    markup = table("| Placebo | Sneezium", "Score, mean (SD) | 9 (1.0) | 8 (1.1)")
    (finding,) = findings(markup, **article)
    assert [(a.n, a.n_origin) for a in finding.arms] == [(21, "recovered"), (21, "recovered")]
    (plain,) = findings(markup, text=article["text"])
    assert [arm.n for arm in plain.arms] == [None, None]


def test_estimates_from_times_to_event_are_no_shares() -> None:
    head = "| Placebo (n=400), no. (Kaplan-Meier %) | Sneezium (n=410), no. (Kaplan-Meier %)"
    finding = one("Died | 40 (12.5) | 30 (9.1)", head)
    assert [cells(arm) for arm in finding.arms] == [
        {"events": 40, "n": 400}, {"events": 30, "n": 410},
    ]  # fmt: skip
    assert finding.note == "Kaplan-Meier estimate"


def test_a_sign_of_a_note_is_no_digit_of_a_p_value() -> None:
    finding = one("Died, n (%) | 8 (20) | 5 (10) | &lt;0.01<xref>2</xref>", GROUPS + " | P")
    assert finding.p is not None
    assert (finding.p.operator, finding.p.text) == ("<", "0.01")


def test_headings_within_a_table() -> None:
    head = f"{GROUPS} | Rate ratio (95% CI)"
    rows = (
        "Fits, n (%) | 8 (20) | 5 (10) | 0.5 (0.2 to 1.4)\n | | | Difference (95% CI)\n"
        "Score, mean (SD) | 9 (1.0) | 8 (1.1) | −1.0 (−1.4 to −0.6)"
    )
    assert [f.effect and f.effect.measure for f in findings(table(head, rows))] == ["IRR", "MD"]


@pytest.mark.parametrize("title", ["A systematic review of sneezing", "Sneezium: study protocol"])
def test_no_findings_where_there_is_no_trial_of_its_own(title: str) -> None:
    assert not findings(table(GROUPS, "Died, n (%) | 8 (20) | 5 (10)"), title=title)


@pytest.mark.parametrize(
    "markup",
    [
        table("Outcome | Placebo (n=0) | Vapour (n=0)", "Died, n (%) | 0 (0) | 0 (0)"),
        table(GROUPS, "Died, n (%) | -8 (20) | 5 (10)"),
        table(GROUPS, "Died, n (%) | 8 (900) | 5 (10)"),
        table("متغير | گروه دارونما (n=20) | \u202eگروه (n=20)", "مرگ | \u202b3 (15) | ۲ (۱۰)"),
        table(GROUPS, "Died | 99999999999999999999 (20) | 1e999 (10)"),
        table("mean (sd) " * 2_000 + "| a | b", "x | 1 | 2"),
        table(GROUPS, "Fits | 1 (2) | 3 (4)\n" * 200),
        table("| Placebo (n=9) | Vapour (n=9)" * 90, "Died" + " | 3 (33)" * 180),
        table(GROUPS, "(" * 5_000 + " | 1 | 2"),
        table(f"{GROUPS} | P", f"Fits | 1{'*' * 60}x | 2{'^a' * 30}? | 0.1{'†' * 60}?"),
        table(f"of the {'after treatment, ' * 200} | a{'*' * 200}b | c", "x | 1 | 2"),
        table(f"{GROUPS} | P", "Died, n (%) | 8 (20) | 5 (10) | 0.000\n" * 150,
              caption="n = 3; " * 9_000),
    ],
)  # fmt: skip
def test_hostile_tables(markup: str) -> None:
    _, made = record(markup)
    start = time.process_time()
    found = article_findings(made)
    assert time.process_time() - start < 2
    for arm in (arm for finding in found for arm in finding.arms):
        assert arm.events is None or arm.n is None or 0 <= arm.events <= arm.n


STAGES = "Stage | Score | Placebo (n=40) Mean (SD) | Sneezium (n=50) Mean (SD)"


def test_rows_of_a_stage_do_not_take_the_size_of_the_whole_group() -> None:
    rows = """
        Mild stage | Vigour | 3.1 (1.0) | 3.9 (1.1)
         | Nose total | 5.1 (1.2) | 5.9 (1.3)
        Late stage | Vigour | 2.1 (1.0) | 2.9 (1.1)
         | Nose total | 4.1 (1.2) | 4.9 (1.3)
    """
    found = findings(table(STAGES, rows))
    assert [f.outcome for f in found][1::2] == ["Mild stage: Nose total", "Late stage: Nose total"]
    assert [[arm.n for arm in f.arms] for f in found] == [[None, None]] * 4
    assert [[arm.mean for arm in f.arms] for f in found][2] == [2.1, 2.9]


def test_a_size_in_the_heading_of_a_stage_holds_or_none_does() -> None:
    rows = """
        Mild stage
        >Vigour | 3.1 (1.0) | 3.9 (1.1)
        Late stage
        >Vigour | 2.1 (1.0) | 2.9 (1.1)
        Vigour of all | 2.5 (1.0) | 3.4 (1.1)
    """
    head = "Score | Placebo (n=40) Mean (SD) | Sneezium (n=50) Mean (SD)"
    found = findings(table(head, rows))
    assert [[arm.n for arm in f.arms] for f in found][:2] == [[None, None], [None, None]]


def test_a_difference_among_rows_of_before_and_after_is_a_change() -> None:
    rows = """
        Pre-test | Vigour | 3.1 ± 1.0 | 3.2 ± 1.1
        Post-test | Vigour | 5.1 ± 1.2 | 3.9 ± 1.3
        Difference | Vigour | 2.0 ± 0.8 | 0.7 ± 0.9
    """
    head = "Time | Score | Sneezium group | Control group"
    found = findings(table(head, rows, caption="Vigour (mean ± SD)"))
    assert [(f.arms[0].mean, f.change) for f in found] == [(5.1, False), (2.0, True)]


def test_a_mean_of_differences_by_group_is_a_change() -> None:
    caption = "Mean of difference after 12 weeks"
    head = "Score | Placebo Mean (SD) | Sneezium Mean (SD)"
    finding = one("Vigour | 3.1 (1.0) | 3.9 (1.1)", head, caption=caption)
    assert finding.change


def test_headings_that_differ_over_groups_of_one_column_each_belong_to_their_names() -> None:
    head = """
        Harm | {2}Double blind | Open label
         | Placebo (n=40) n (%) | Sneezium (n=50) n (%) | Tearium (n=20) n (%)
    """
    finding = one("Rash | 4 (10.0) | 5 (10.0) | 1 (5.0)", head)
    assert [arm.events for arm in finding.arms] == [4, 5, 1]
    assert finding.arms[2].label == "Open label Tearium"


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("Reminder letters and sneezing: a randomised trial", True),
        ("A sneezing protocol with sneezium: randomised controlled trial", True),
        ("Sneezium for sneezing: study protocol for a randomised trial", False),
        ("Sneezium for sneezing: a systematic review of randomised trials", False),
        ("Review of randomised trials of sneezium", False),
        ("Letter to the editor", False),
    ],
)
def test_a_trial_of_letters_is_a_trial(title: str, read: bool) -> None:
    rows = "Rash | 4 (10.0%) | 5 (10.0%)"
    assert bool(findings(table(GROUPS, rows), title=title)) is read


def test_a_size_of_each_group_may_stand_below_the_table() -> None:
    head = "Score | Placebo Mean (SD) | Sneezium Mean (SD)"
    finding = one("Vigour | 3.1 (1.0) | 3.9 (1.1)", head, notes="a For each group: (n = 40).")
    assert [arm.n for arm in finding.arms] == [40, 40]
