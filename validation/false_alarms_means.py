"""How often the checks of means, intervals and test statistics flag reports that are right.

``python validation/false_alarms_means.py --trials 2000 --seed 1`` invents the values of single
patients, and from them prints what careful authors would: means with SD, SE or a confidence
interval, medians, differences with intervals, ratios with intervals, P values of the test that they
ran, test statistics in sentences. Everything is computed with numpy and SciPy from the values, and
nothing with the package. Then one number is made wrong, and it is counted how often that is found.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from scipy import special
from scipy import stats as reference

from honest import Plant, Tally, checks, power, power_lines, printed_p, record, rounded, rounding
from trialweave.model import ArmResult, Check, Effect, Finding, PValue

Array = np.ndarray[Any, Any]


# The values of single patients


@dataclass(frozen=True)
class Values:
    """Two groups' values, with those at the start; `outcome` tells what they are."""

    one: Array
    two: Array
    start1: Array
    start2: Array
    outcome: str = "walking distance (m)"


def invented(rng: random.Random, shape: str) -> Values:
    gen = np.random.default_rng(rng.getrandbits(64))
    total = round(math.exp(rng.uniform(math.log(8), math.log(400))))
    n1 = total // 2 if rng.random() < 0.5 else rng.randint(3, total - 3)
    n2 = total - n1
    effect = rng.choice((0.0, 0.0, 0.3, 0.6, 1.0, 2.0))
    unequal = rng.choice((1.0, 1.0, 1.5, 3.0))
    if shape == "score":
        rate = rng.uniform(0.15, 0.85)
        rate2 = min(0.97, max(0.03, rate + effect * rng.choice((-0.15, 0.15))))
        draw = [np.minimum(gen.negative_binomial(6, 6 / (6 + 27 * r), n), 27).astype(float)
                for r, n in ((rate, n1), (rate2, n2))]  # fmt: skip
        return Values(draw[0], draw[1], gen.binomial(27, 0.5, n1), gen.binomial(27, 0.5, n2),
                      "PHQ-9 score")  # fmt: skip
    centre = rng.choice((0.5, 5.0, 60.0, 900.0))
    spread = centre * rng.choice((0.1, 0.3))
    before = [gen.normal(0, 1, n) for n in (n1, n2)]
    tie = rng.choice((0.0, 0.5, 0.8))
    noise = [tie * b + math.sqrt(1 - tie**2) * gen.normal(0, 1, b.size) for b in before]
    values = [noise[0] + effect, noise[1] * unequal]
    if shape == "skewed":
        values = [np.exp(0.8 * v) for v in values]
        return Values(centre * values[0], centre * values[1], centre * np.exp(0.8 * before[0]),
                      centre * np.exp(0.8 * before[1]))  # fmt: skip
    return Values(*(centre + spread * v for v in (*values, *before)))


# What authors compute


def ancova(v: Values) -> tuple[float, float, float, int]:
    """Adjusted difference, standard error, P, degrees of freedom."""
    y = np.concatenate([v.one, v.two])
    group = np.repeat([1.0, 0.0], [v.one.size, v.two.size])
    x = np.column_stack([np.ones(y.size), group, np.concatenate([v.start1, v.start2])])
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    df = y.size - 3
    rest = y - x @ beta
    cov = np.linalg.pinv(x.T @ x) * float(rest @ rest) / df
    se = math.sqrt(cov[1, 1])
    return float(beta[1]), se, 2 * float(special.stdtr(df, -abs(beta[1] / se))), df


def _ranks(v: Values) -> float:
    return float(reference.mannwhitneyu(v.one, v.two, use_continuity=bool(v.one.size % 2)).pvalue)


def _logs(v: Values) -> float:
    if min(v.one.min(), v.two.min()) <= 0:
        return math.nan
    return float(reference.ttest_ind(np.log(v.one), np.log(v.two)).pvalue)


TESTS: dict[str, tuple[Callable[[Values], float], tuple[str, ...]]] = {
    "Student": (lambda v: float(reference.ttest_ind(v.one, v.two).pvalue),
                ("", "Student's t test", "independent samples t-test")),
    "Welch": (lambda v: float(reference.ttest_ind(v.one, v.two, equal_var=False).pvalue),
              ("", "Welch's t test", "t test")),
    "Student, one-sided": (
        lambda v: float(reference.ttest_ind(v.one, v.two).pvalue) / 2, ("", "t test")),
    "Mann-Whitney": (_ranks, ("", "Mann-Whitney U test", "Wilcoxon rank-sum test",
                              "Student's t test or Mann-Whitney U test")),
    "t of logarithms": (_logs, ("", "t test on log-transformed values")),
    "ANCOVA": (lambda v: ancova(v)[2], ("", "ANCOVA", "linear model")),
    "of changes": (
        lambda v: float(reference.ttest_ind(v.one - v.start1, v.two - v.start2).pvalue),
        ("",)),
}  # fmt: skip


# How they print it


def arm(values: Array, role: str, rng: random.Random, digits: int, form: str) -> ArmResult:
    mean, sd, n = float(values.mean()), float(values.std(ddof=1)), values.size
    if form == "median":
        low, middle, high = np.percentile(values, [25, 50, 75])
        return ArmResult(role=role, n=n, n_origin="stated", median=float(middle),  # type: ignore[arg-type]
                         lower=float(low), upper=float(high), limits="IQR")  # fmt: skip
    text = rounded(mean, digits, rounding(rng))
    found = ArmResult(
        label=role, role=role, n=n, n_origin="stated", mean=float(text), mean_printed=text,  # type: ignore[arg-type]
    )  # fmt: skip
    se = sd / math.sqrt(n)
    if form == "CI":
        half = float(special.stdtrit(n - 1, 0.975)) * se
        low, high = (float(rounded(x, digits, rounding(rng))) for x in (mean - half, mean + half))
        return msgspec.structs.replace(found, lower=low, upper=high, limits="CI")
    more = rng.choice((0, 0, 1))
    if form == "SE":
        text = rounded(se, digits + more, rounding(rng))
        return msgspec.structs.replace(found, se=float(text), se_printed=text)
    if form == "SE as SD":
        sd = se
    text = rounded(sd, digits + more, rounding(rng))
    return msgspec.structs.replace(found, sd=float(text), sd_printed=text)


FORMS = ("SD", "SD", "SD", "SE", "CI", "median", "SE as SD")


def arms(v: Values, rng: random.Random, form: str = "") -> tuple[ArmResult, ArmResult]:
    size = max(abs(float(v.two.mean())), 1e-9)
    digits = max(0, min(3, rng.choice((1, 2)) - math.floor(math.log10(size)) + rng.choice((0, 1))))
    form = form or rng.choice(FORMS)
    return (
        arm(v.one, "treatment", rng, digits, form), arm(v.two, "control", rng, digits, form)
    )  # fmt: skip


def difference(v: Values, rng: random.Random) -> Effect:
    """A mean difference with its interval: of Student, of Welch, adjusted, or the other way."""
    kind = rng.choice(("student", "welch", "ancova", "ancova said"))
    if kind.startswith("ancova"):
        estimate, se, _, df = ancova(v)
        low, high = (estimate + s * float(special.stdtrit(df, 0.975)) * se for s in (-1, 1))
    else:
        result = reference.ttest_ind(v.one, v.two, equal_var=kind == "student")
        estimate = float(v.one.mean() - v.two.mean())
        low, high = result.confidence_interval(0.95)
    if rng.random() < 0.2:
        estimate, low, high = -estimate, -high, -low
    digits = max(0, min(3, 2 - math.floor(math.log10(max(abs(high - low), 1e-9)))))
    texts = [rounded(float(x), digits, rounding(rng)) for x in (estimate, low, high)]
    return Effect("MD", *texts, adjusted=kind == "ancova said")


def of(finding_arms: tuple[ArmResult, ...], outcome: str, **more: Any) -> Finding:
    return Finding("page:one#1", "page:one", outcome, kind="continuous", arms=finding_arms, **more)


def checked(*findings: Finding, text: str = "") -> tuple[Check, ...]:
    return checks(findings, record(text=text))


# Kinds of honest reports


def p_of(name: str) -> Callable[[random.Random], tuple[Check, ...]]:
    run, named = TESTS[name]

    def report(rng: random.Random) -> tuple[Check, ...]:
        v = invented(rng, rng.choice(("even", "even", "skewed", "score")))
        p = run(v)
        if math.isnan(p):
            return ()
        said = msgspec.structs.replace(printed_p(p, rng), test=rng.choice(named))
        return checked(of(arms(v, rng), v.outcome, p=said))

    return report


def differences(rng: random.Random) -> tuple[Check, ...]:
    v = invented(rng, rng.choice(("even", "even", "skewed")))
    p = float(reference.ttest_ind(v.one, v.two).pvalue)
    said = None if math.isnan(p) else printed_p(p, rng)
    form = rng.choice(("SD", "SD", "SE", "CI"))
    return checked(of(arms(v, rng, form), v.outcome, effect=difference(v, rng), p=said))


def scores(rng: random.Random) -> tuple[Check, ...]:
    v = invented(rng, "score")
    outcome = rng.choice(("PHQ-9", "PHQ-9 score (range 0 to 27)", "symptom score (0-27)"))
    digits = rng.choice((1, 2, 2, 3))
    both = [
        arm(x, role, rng, digits, "SD") for x, role in ((v.one, "treatment"), (v.two, "control"))
    ]
    return checked(of(tuple(both), outcome))


def averages(rng: random.Random) -> tuple[Check, ...]:
    gen = np.random.default_rng(rng.getrandbits(64))
    items, n = rng.randint(2, 9), rng.randint(2, 60)
    values = gen.integers(1, 6, (n, items)).mean(axis=1)
    return checked(
        of((arm(values, "single", rng, 2, "SD"),), f"satisfaction, mean of {items} items")
    )


def zeros_and_ones(rng: random.Random) -> tuple[Check, ...]:
    gen = np.random.default_rng(rng.getrandbits(64))
    values = (gen.random(rng.randint(2, 300)) < rng.random()).astype(float)
    return checked(of((arm(values, "single", rng, 2, "SD"),), "smoker (0 = no, 1 = yes)"))


def _counts(rng: random.Random) -> tuple[int, int, int, int]:
    gen = np.random.default_rng(rng.getrandbits(64))
    n1, n2 = rng.randint(8, 300), rng.randint(8, 300)
    rate = rng.uniform(0.03, 0.6)
    rate2 = min(0.95, rate * rng.choice((0.3, 0.6, 1, 1, 2)))
    return int(gen.binomial(n1, rate)), n1, int(gen.binomial(n2, rate2)), n2


def ratios(rng: random.Random) -> tuple[Check, ...]:
    """Odds ratio, Wald or exact interval, with P of chi-square, Fisher, likelihood or Wald."""
    a, n1, c, n2 = _counts(rng)
    b, d = n1 - a, n2 - c
    if not a + c or not b + d:
        return ()
    add = 0.5 if 0 in (a, b, c, d) else 0.0
    log = math.log((a + add) * (d + add) / ((b + add) * (c + add)))
    se = math.sqrt(sum(1 / (x + add) for x in (a, b, c, d)))
    numbers = [math.exp(log + x * 1.959964 * se) for x in (0, -1, 1)]
    table = [[a, b], [c, d]]
    kind = rng.choice(("chi2", "yates", "fisher", "g", "wald", "exact"))
    if kind in ("fisher", "exact"):
        p = float(reference.fisher_exact(table).pvalue)
    elif kind == "wald":
        p = math.erfc(abs(log / se) / math.sqrt(2))
    else:
        p = float(reference.chi2_contingency(
            table, correction=kind == "yates", lambda_=0 if kind == "g" else 1).pvalue)  # fmt: skip
    if kind == "exact" and not add:
        result = reference.contingency.odds_ratio(np.array(table))
        limits = result.confidence_interval(0.95)
        numbers = [float(result.statistic), float(limits.low), float(limits.high)]
    if max(numbers) > 9999 or not all(map(math.isfinite, numbers)):
        return ()
    texts = [rounded(x, 2, rounding(rng)) for x in numbers]
    effect = Effect("OR", *texts, adjusted=rng.random() < 0.3)
    said = printed_p(p, rng)
    return checked(
        Finding("page:one#1", "page:one", "relapse", kind="effect", effect=effect, p=said)
    )


def hazards(rng: random.Random) -> tuple[Check, ...]:
    """Cox's hazard ratio with Wald interval, P of the log-rank test or of Wald."""
    gen = np.random.default_rng(rng.getrandbits(64))
    n1, n2 = rng.randint(10, 200), rng.randint(10, 200)
    group = np.repeat([1.0, 0.0], [n1, n2])
    times = gen.exponential(np.where(group == 1, rng.choice((1.0, 1.0, 1.5, 2.5)), 1.0))
    seen = times < rng.uniform(0.2, 2.0)
    order = np.argsort(times)
    g, e = group[order], seen[order]
    ahead1 = np.cumsum(g[::-1])[::-1]
    ahead = np.arange(g.size, 0, -1.0)
    if g[e].sum() in (0, e.sum()):
        return ()
    share = (ahead1 / ahead)[e]
    score0, info0 = float((g[e] - share).sum()), float((share * (1 - share)).sum())
    beta = 0.0
    for _ in range(40):
        weighted = ahead1 * math.exp(beta)
        part = (weighted / (weighted + ahead - ahead1))[e]
        info = float((part * (1 - part)).sum())
        beta += float((g[e] - part).sum()) / info
    se = 1 / math.sqrt(info)
    if abs(beta) > 5:
        return ()
    z = score0 / math.sqrt(info0) if rng.random() < 0.6 else beta / se
    numbers = [math.exp(beta + x * 1.959964 * se) for x in (0, -1, 1)]
    effect = Effect("HR", *(rounded(x, 2, rounding(rng)) for x in numbers))
    said = printed_p(math.erfc(abs(z) / math.sqrt(2)), rng)
    return checked(
        Finding("page:one#1", "page:one", "relapse", kind="effect", effect=effect, p=said)
    )


def statement(rng: random.Random, wrong: float = 1.0) -> str:
    """A sentence with a test statistic and its P; `wrong` multiplies the P."""
    kind = rng.choice(("t", "F", "chi2", "r", "z"))
    df = rng.randint(2, 200)
    p = math.exp(rng.uniform(math.log(1e-4), 0))
    if kind in ("t", "r"):
        value = -float(special.stdtrit(df, p / 2))
        if kind == "r":
            value = value / math.sqrt(df + value**2)
        name = f"{kind}({df})"
    elif kind == "z":
        value, name = -float(special.ndtri(p / 2)), "z"
    elif kind == "F":
        first = rng.randint(1, 5)
        value, name = float(special.fdtri(first, df, 1 - p)), f"F({first}, {df})"
    else:
        first = rng.randint(1, 8)
        value, name = float(special.chdtri(first, p)), f"χ2({first}, N = {df})"
    digits = 2 if kind != "r" else rng.choice((2, 3))
    said = printed_p(min(p * wrong, 1.0), rng)
    shown = rounded(value, digits, rounding(rng))
    return f"The groups differed, {name} = {shown}, p {said.operator} {said.text}."


def statistics(rng: random.Random) -> tuple[Check, ...]:
    return checked(text=statement(rng))


HONEST: dict[str, Callable[[random.Random], tuple[Check, ...]]] = {
    **{f"means, P of {name}": p_of(name) for name in TESTS},
    "mean difference with interval": differences,
    "whole scores": scores,
    "scores averaged over items": averages,
    "zeros and ones": zeros_and_ones,
    "odds ratio, interval and P": ratios,
    "hazard ratio, interval and P": hazards,
    "test statistics in text": statistics,
}


def honest(trials: int, seed: int, only: str = "") -> dict[str, Tally]:
    """Reports of each kind, and what the checks said of them."""
    tallies = {}
    for name, report in HONEST.items():
        if only and name != only:
            continue
        rng = random.Random(f"{seed} {name}")
        tally = tallies[name] = Tally()
        while tally.reports < trials:
            if found := report(rng):
                tally.add(found)
    return tallies


# Planted errors


def _wrong_p(rng: random.Random) -> tuple[Check, ...]:
    v = invented(rng, "even")
    p = float(reference.ttest_ind(v.one, v.two, equal_var=False).pvalue) * rng.choice((0.1, 10.0))
    if not 1e-6 < p < 0.9:
        return ()
    said = PValue("=", rounded(p, 4 if p < 0.01 else 3, rounding(rng)), "t test")
    return checked(of(arms(v, rng, "SD"), v.outcome, p=said)) if float(said.text) else ()


def _wrong_score(rng: random.Random, *, spread: bool) -> tuple[Check, ...]:
    """The last digit of the mean or of the standard deviation of a whole score changed."""
    gen = np.random.default_rng(rng.getrandbits(64))
    values = gen.integers(0, 28, rng.randint(5, 30)).astype(float)
    one = arm(values, "single", rng, 2, "SD")
    text = one.sd_printed if spread else one.mean_printed
    digits = len(text.partition(".")[2])
    changed = f"{float(text) + rng.choice((-3, -2, -1, 1, 2, 3)) * 10.0**-digits:.{digits}f}"
    if spread:
        one = msgspec.structs.replace(one, sd_printed=changed, sd=float(changed))
    else:
        one = msgspec.structs.replace(one, mean_printed=changed, mean=float(changed))
    return checked(of((one,), "PHQ-9 score"))


def _wrong_difference(rng: random.Random) -> tuple[Check, ...]:
    v = invented(rng, "even")
    gap = float(v.one.mean() - v.two.mean())
    se = math.sqrt(v.one.var(ddof=1) / v.one.size + v.two.var(ddof=1) / v.two.size)
    off = gap + rng.choice((-1, 1)) * rng.uniform(5, 9) * se
    low, high = off - 1.96 * se, off + 1.96 * se
    digits = max(0, min(3, 2 - math.floor(math.log10(se))))
    effect = Effect("MD", *(rounded(x, digits, rounding(rng)) for x in (off, low, high)))
    return checked(of(arms(v, rng, "SD"), v.outcome, effect=effect))


def _decimal_point(rng: random.Random) -> tuple[Check, ...]:
    log, se = rng.gauss(-0.3, 0.4), rng.uniform(0.1, 0.6)
    numbers = [math.exp(log + x * 1.96 * se) for x in (0, -1, 1)]
    texts = [rounded(x, 2, rounding(rng)) for x in numbers]
    texts[0] = texts[0].replace("0.", "").replace(".", "")
    effect = Effect("OR", *texts)
    return checked(Finding("page:one#1", "page:one", "relapse", kind="effect", effect=effect))


def _p_beside(rng: random.Random) -> tuple[Check, ...]:
    """An interval that includes no effect widely, beside P < 0.001."""
    log, se = rng.gauss(0, 0.3), rng.uniform(0.3, 0.6)
    if abs(log / se) > 1.5:
        return ()
    numbers = [math.exp(log + x * 1.96 * se) for x in (0, -1, 1)]
    effect = Effect("HR", *(rounded(x, 2, rounding(rng)) for x in numbers))
    said = PValue("<", "0.001")
    return checked(
        Finding("page:one#1", "page:one", "relapse", kind="effect", effect=effect, p=said)
    )


PLANTED: dict[str, Callable[[random.Random], tuple[Check, ...]]] = {
    "P of a named t test ten times too small or too large": _wrong_p,
    "last digit of a score's mean changed, two decimals, 5 to 30 patients":
        lambda rng: _wrong_score(rng, spread=False),
    "last digit of its standard deviation changed": lambda rng: _wrong_score(rng, spread=True),
    "mean difference five to nine standard errors off": _wrong_difference,
    "decimal point of an odds ratio lost": _decimal_point,
    "P < 0.001 beside an interval about no effect": _p_beside,
    "P of a test statistic ten times too small":
        lambda rng: checked(text=statement(rng, wrong=0.1)),
}  # fmt: skip


def planted(number: int, seed: int) -> dict[str, tuple[int, int, int]]:
    """Of each kind of planted error what `honest.power` says."""
    plants = {name: _made(plant) for name, plant in PLANTED.items()}
    return power(plants, number, seed)


def _made(plant: Callable[[random.Random], tuple[Check, ...]]) -> Plant:
    return lambda rng: plant(rng) or None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2_000, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for name, tally in honest(given.trials, given.seed).items():
        print(f"{name}: {tally.reports}, flags: {len(tally.flags)}")
        print(*tally.lines(3), sep="\n")
    print(*power_lines(planted(given.trials, given.seed)), sep="\n")


if __name__ == "__main__":
    main()
