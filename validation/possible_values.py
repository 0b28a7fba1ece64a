"""The checks of possible values and of re-computed P, against cases with known answers.

``python validation/possible_values.py FOLDER`` reads the case files of ``FOLDER`` (GRIM, GRIMMER,
DEBIT, statcheck, P from means and from counts, made with R's scrutiny, rsprite2, statcheck and base
R) and counts how many answers are the same. Where they differ it prints the case: each kind of
difference is explained in ``docs/evaluation/checks.md``.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from trialweave.appraisal._tests import agreement_of_range
from trialweave.appraisal.p_value import zero
from trialweave.results.test_statistics import read_test_statistics
from trialweave.stats.granularity import debit, grimmer, mean_attainable
from trialweave.stats.printed import printed
from trialweave.stats.recompute import Box, Group, p_range, p_range_of_statistic, t_test
from trialweave.stats.tables import chi_square, fisher, fisher_mid_p


class Answer(NamedTuple):
    """One case: which comparison, what it is, whether the answers are the same."""

    kind: str
    case: str
    same: bool


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    cases = json.loads((folder / f"{name}_cases.json").read_text())["cases"]
    return [dict(zip(cases, row, strict=True)) for row in zip(*cases.values(), strict=True)]


ROUNDINGS = {
    "consistent_up_or_down": "nearest", "consistent_up": "half up",
    "consistent_even": "half to even", "consistent_trunc": "cut off",
    "consistent_ceiling_or_floor": "cut off or up",
}  # fmt: skip


def grim_answers(folder: Path) -> Iterator[Answer]:
    for case in _rows(folder, "grim"):
        number = printed(case["x"])
        decimals = number.decimals + 2 * case["percent"]
        for column, rounding in ROUNDINGS.items():
            found = mean_attainable(number.units, decimals, case["n"], case["items"], rounding)  # type: ignore[arg-type]
            text = f"{case['x']} of {case['n']} x {case['items']}, percent {case['percent']}"
            yield Answer(f"GRIM, {rounding}", text, bool(found) == case[column])


def spread_answers(folder: Path) -> Iterator[Answer]:
    for case in _rows(folder, "grimmer"):
        found = grimmer(case["mean"], case["sd"], case["n"]) == "attainable"
        text = f"{case['mean']} (SD {case['sd']}), n {case['n']}"
        yield Answer("GRIMMER, rsprite2", text, found == case["rsprite2_consistent"])
        yield Answer("GRIMMER, scrutiny", text, found == case["scrutiny_consistent"])
        if case["generated_from_real_data"]:
            yield Answer("GRIMMER, real data", text, found)
    for case in _rows(folder, "debit"):
        text = f"{case['mean']} (SD {case['sd']}), n {case['n']}"
        found = debit(case["mean"], case["sd"], case["n"])
        yield Answer("DEBIT", text, found == case["consistent"])


def statistic_answers(folder: Path) -> Iterator[Answer]:
    for case in json.loads((folder / "statcheck_cases.json").read_text())["cases"]:
        found = read_test_statistics(case["text"])
        yield Answer("statcheck, read", case["text"], bool(found) == case["detected"])
        if not case["detected"]:
            continue
        (one,), expected = found, case["result"]
        number, nan = printed(one.value), math.nan
        df1, df2 = (nan if df is None else df for df in (one.df1, one.df2))
        p = p_range_of_statistic(one.kind, Box(number.low, number.high), df1, df2)
        exact = p_range_of_statistic(one.kind, Box(number.value, number.value), df1, df2)
        same = math.isclose(exact.low, expected["computed_p"], rel_tol=1e-9)
        yield Answer("statcheck, P", case["text"], same)
        error = zero(one.p) or agreement_of_range(p.low, p.high, one.p) != 2
        yield Answer("statcheck, error", case["text"], error == expected["error"])


def p_answers(folder: Path) -> Iterator[Answer]:
    cases = json.loads((folder / "pvalue_recompute.json").read_text())
    for case in cases["two_by_two"]:
        given = [case[name] for name in ("a", "n1", "c", "n2")]
        for name, p in (
            ("fisher_p", fisher(*given)), ("fisher_p_less", fisher(*given, "less")),
            ("fisher_p_greater", fisher(*given, "greater")), ("fisher_midp", fisher_mid_p(*given)),
            ("chi2_p", chi_square(*given)), ("yates_p", chi_square(*given, correction=True)),
        ):  # fmt: skip
            undefined = case[name] is None
            same = math.isnan(p) if undefined else math.isclose(p, case[name], rel_tol=1e-9)
            yield Answer(f"P from counts, {name}", str(given), same)
    for case in cases["means"]:
        given = [case[name] for name in ("m1", "sd1", "n1", "m2", "sd2", "n2")]
        for kind, name in (("student", "pooled"), ("welch", "welch")):
            found = t_test(*given, kind)  # type: ignore[arg-type]
            same = math.isclose(float(found.p), case[f"p_{name}"], rel_tol=1e-9)
            yield Answer(f"P from means, {name}", str(given), same)
        groups = [
            Group(Box(m - 0.05, m + 0.05), Box(sd - 0.05, sd + 0.05), n)
            for m, sd, n in (given[:3], given[3:])
        ]
        span = p_range(groups[0], groups[1], "student")
        expected = [case[f"p_pooled_{end}_given_rounding_1dp"] for end in ("min", "max")]
        same = all(math.isclose(a, b, rel_tol=1e-8) for a, b in zip(span, expected, strict=True))
        yield Answer("P from means, range over the rounding", str(given), same)


def answers(folder: Path) -> Iterator[Answer]:
    """Every case of every file."""
    yield from grim_answers(folder)
    yield from spread_answers(folder)
    yield from statistic_answers(folder)
    yield from p_answers(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    found = list(answers(parser.parse_args().folder))
    for kind in dict.fromkeys(answer.kind for answer in found):
        own = [answer for answer in found if answer.kind == kind]
        other = [answer.case for answer in own if not answer.same]
        print(f"{kind}: {len(own)} cases, {len(own) - len(other)} the same")
        for case in other:
            print("   ", case)


if __name__ == "__main__":
    main()
