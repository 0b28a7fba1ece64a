"""How often the checks flag reports that are right, and how often they find planted errors.

``python validation/false_alarms.py --statements 20000 --texts 4000 --seed 1`` invents trials of two
groups, prints their counts, percentages, P values and effects as careful authors would, and runs
the checks on them: on findings made by hand, and on sentences that are read first. What is printed
is computed here, in whole numbers or from the textbook formula, without the package's statistics.
"""

from __future__ import annotations

import argparse
import collections
import functools
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP
from fractions import Fraction

from honest import Plant, Tally, checks, power, power_lines, printed_p, record, rounded, rounding
from trialweave.model import ArmResult, Check, Effect, Finding, PValue
from trialweave.results import read_findings

Z = (1.959963984540054, 1.96)


@dataclass(frozen=True)
class Table:
    """What happened: `a` of `n1` treated patients and `c` of `n2` controls had the event."""

    a: int
    n1: int
    c: int
    n2: int


def invented(rng: random.Random) -> Table:
    """A trial of 4 to 400 patients; about one in six has a zero cell."""
    total = round(math.exp(rng.uniform(math.log(4), math.log(400))))
    n1 = total // 2 if rng.random() < 0.5 else rng.randint(2, total - 2)
    n2 = total - n1
    base = rng.betavariate(1.2, 2.5)
    a = sum(
        rng.random() < min(1.0, base * rng.choice((0.3, 0.6, 1.0, 1.0, 1.5))) for _ in range(n1)
    )
    c = sum(rng.random() < base for _ in range(n2))
    if rng.random() < 0.08:
        a = 0
    return Table(a, n1, c, n2)


def again(table: Table, rng: random.Random) -> Table:
    """Another outcome of the same patients."""
    return Table(rng.randint(0, table.n1), table.n1, rng.randint(0, table.n2), table.n2)


# What authors compute


def _hypergeometric(t: Table) -> tuple[list[int], int]:
    """The weights of all tables with the same margins, as whole numbers, and the place of ours."""
    events = t.a + t.c
    low, high = max(0, events - t.n2), min(t.n1, events)
    return [math.comb(t.n1, x) * math.comb(t.n2, events - x) for x in range(low, high + 1)], (
        t.a - low
    )


def fisher(t: Table) -> float:
    weights, here = _hypergeometric(t)
    return float(Fraction(sum(w for w in weights if w <= weights[here]), sum(weights)))


def mid_p(t: Table) -> float:
    weights, here = _hypergeometric(t)
    rarer = sum(w for w in weights if w < weights[here])
    equal = sum(w for w in weights if w == weights[here])
    return float(Fraction(2 * rarer + equal, 2 * sum(weights)))


def one_sided(t: Table) -> float:
    weights, here = _hypergeometric(t)
    tail = min(sum(weights[: here + 1]), sum(weights[here:]))
    return float(Fraction(tail, sum(weights)))


def doubled(t: Table) -> float:
    return min(1.0, 2 * one_sided(t))


def _normal(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def _pooled_z(t: Table) -> float:
    rate = (t.a + t.c) / (t.n1 + t.n2)
    spread = rate * (1 - rate) * (1 / t.n1 + 1 / t.n2)
    return (t.a / t.n1 - t.c / t.n2) / math.sqrt(spread) if spread > 0 else math.nan


def z_test(t: Table) -> float:
    """Of two proportions with the pooled rate: the chi-square test."""
    return _normal(_pooled_z(t))


def z_one_sided(t: Table) -> float:
    return z_test(t) / 2


def less_one(t: Table) -> float:
    """Chi-square times (N - 1)/N (Campbell, Stat Med 2007;26:3661-3675)."""
    total = t.n1 + t.n2
    return _normal(_pooled_z(t) * math.sqrt((total - 1) / total))


def yates(t: Table) -> float:
    b, d, total = t.n1 - t.a, t.n2 - t.c, t.n1 + t.n2
    margins = t.n1 * t.n2 * (t.a + t.c) * (b + d)
    if not margins:
        return math.nan
    off = max(0.0, abs(t.a * d - b * t.c) - total / 2)
    return _normal(math.sqrt(total * off**2 / margins))


def likelihood_ratio(t: Table) -> float:
    b, d, total = t.n1 - t.a, t.n2 - t.c, t.n1 + t.n2
    events = t.a + t.c
    if events in (0, total):
        return math.nan
    expected = (
        (t.a, t.n1 * events / total), (b, t.n1 * (total - events) / total),
        (t.c, t.n2 * events / total), (d, t.n2 * (total - events) / total),
    )  # fmt: skip
    g = 2 * sum(x * math.log(x / e) for x, e in expected if x)
    return _normal(math.sqrt(max(0.0, g)))


def _wald(name: str) -> Callable[[Table], float]:
    def test(t: Table) -> float:
        estimate, error = crude(name, t)
        return _normal(estimate / error) if error > 0 else math.nan

    return test


def crude(name: str, t: Table, add: float = 0.0) -> tuple[float, float]:
    """Estimate and standard error, ratios as logarithms; NaN where a zero cell forbids them."""
    a, b, c, d = (x + add for x in (t.a, t.n1 - t.a, t.c, t.n2 - t.c))
    n1, n2 = a + b, c + d
    if name == "RD":
        p, q = a / n1, c / n2
        return p - q, math.sqrt(p * (1 - p) / n1 + q * (1 - q) / n2)
    if name == "RR":
        if not a or not c:
            return math.nan, math.nan
        return math.log(a / n1 / (c / n2)), math.sqrt(1 / a - 1 / n1 + 1 / c - 1 / n2)
    if not a * b * c * d:
        return math.nan, math.nan
    return math.log(a * d / (b * c)), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)


USUAL: dict[str, Callable[[Table], float]] = {
    "Fisher": fisher, "mid-P": mid_p, "chi-square": z_test, "Yates": yates,
    "Fisher, one-sided": one_sided, "z, one-sided": z_one_sided,
}  # fmt: skip
RARER: dict[str, Callable[[Table], float]] = {
    "Fisher, doubled": doubled, "chi-square (N - 1)": less_one,
    "likelihood ratio": likelihood_ratio,
    "Wald, RD": _wald("RD"), "Wald, log RR": _wald("RR"), "Wald, log OR": _wald("OR"),
}  # fmt: skip


# How they print it


def percentage(events: int, n: int, rng: random.Random) -> str:
    how = rounding(rng)
    return rounded(Fraction(100 * events, n), rng.choice((0, 0, 1, 1, 2)), how)


def ratio_defined(t: Table) -> bool:
    """Whether the risk ratio needs no correction: everybody may have had the event."""
    return t.a > 0 and t.c > 0


def printed_effect(name: str, t: Table, rng: random.Random) -> Effect | None:
    """An effect with its 95% interval and two decimals; zero cells of a ratio get 0.5 each."""
    cells = (t.a, t.n1 - t.a, t.c, t.n2 - t.c)
    add = 0.5 if name != "RD" and 0 in cells else 0.0
    if name == "RR" and ratio_defined(t) and rng.random() < 0.5:
        add = 0.0
    if add and (t.a + t.c in (0, t.n1 + t.n2)):
        return None
    estimate, error = crude(name, t, add)
    if not error > 0:
        return None
    half = rng.choice(Z) * error
    numbers = [estimate, estimate - half, estimate + half]
    digits = 2
    if name != "RD":
        numbers = [math.exp(x) for x in numbers]
    elif rng.random() < 0.4:
        numbers, digits = [100 * x for x in numbers], 1
    if max(numbers) > 999:
        return None
    how = rounding(rng)
    middle, low, high = (rounded(x, digits, how) for x in numbers)
    return Effect(name, middle, low, high)


# Findings made by hand

FORMS = ("x/n (p%)", "x/n", "p% of n", "x (p%)")
OUTCOMES = (("fever", ""), ("mortality", "mortality"), ("adverse events", "adverse events"))


def arm(role: str, events: int, n: int, form: str, rng: random.Random) -> ArmResult:
    percent = percentage(events, n, rng) if "p%" in form else ""
    counted, sized = "x" in form, "n" in form
    return ArmResult(
        label=f"the {role} group", role=role,  # type: ignore[arg-type]
        events=events if counted else None, n=n if sized else None, percent=percent,
        events_origin="stated" if counted else "", n_origin="stated" if sized else "",
    )  # fmt: skip


def finding(
    table: Table, rng: random.Random, ordinal: int = 1, test: str = "", form: str = ""
) -> Finding:
    """An honest finding; `test` and `form` by chance where not given."""
    form = form or rng.choice(FORMS)
    outcome, family = rng.choice(OUTCOMES)
    arms = [
        arm("treatment", table.a, table.n1, form, rng), arm("control", table.c, table.n2, form, rng)
    ]  # fmt: skip
    if rng.random() < 0.2:
        arms.reverse()
    p = USUAL[test or rng.choice(list(USUAL))](table)
    effect = None
    if rng.random() < 0.4:
        effect = printed_effect(rng.choice(("RR", "OR", "RD")), table, rng)
    return Finding(
        f"page:one#{ordinal}", "page:one", outcome, family, arms=tuple(arms), effect=effect,
        p=None if math.isnan(p) or rng.random() < 0.2 else printed_p(p, rng),
    )  # fmt: skip


def honest(statements: int, seed: int) -> Tally:
    """Check so many honest findings, one to three of them a study."""
    rng = random.Random(seed)
    tally = Tally()
    while tally.reports < statements:
        table = invented(rng)
        tables = [table, *(again(table, rng) for _ in range(rng.choice((0, 0, 1, 2))))]
        found = [finding(t, rng, number) for number, t in enumerate(tables, start=1)]
        tally.add(checks(found, record(table.n1 + table.n2)), len(found))
    return tally


def honest_rarer(statements: int, seed: int, only: str = "") -> dict[str, Tally]:
    """The same for single findings with P values of tests that few use, or of `only` one."""
    tallies = {}
    for name, test in RARER.items():
        if only and name != only:
            continue
        rng = random.Random(f"{seed} {name}")
        tally = tallies[name] = Tally()
        while tally.reports < statements:
            table = invented(rng)
            p = test(table)
            if math.isnan(p):
                continue
            one = Finding(
                "page:one#1", "page:one", "fever", p=printed_p(p, rng),
                arms=(arm("treatment", table.a, table.n1, "x/n", rng),
                      arm("control", table.c, table.n2, "x/n", rng)),
            )  # fmt: skip
            tally.add(checks([one], record(table.n1 + table.n2)))
    return tallies


# Sentences


@dataclass(frozen=True)
class Said:
    """A sentence with what is true of it."""

    family: str
    table: Table
    p: PValue
    effect: Effect | None
    text: str


TEMPLATES: tuple[tuple[str, str], ...] = (
    ("mortality", "Mortality was {a}/{n1} ({pa}%) in the treatment group and {c}/{n2} ({pc}%) in "
     "the control group ({p})."),
    ("mortality", "{A} of {n1} patients ({pa}%) in the treatment group died, compared with {c} of "
     "{n2} ({pc}%) in the placebo group ({effect}{p})."),
    ("mortality", "At 28 days, {a} patients ({pa}%) in the treatment group and {c} patients "
     "({pc}%) in the control group had died ({p})."),
    ("mortality", "The death rate was {pc}% ({c}/{n2}) in the control group, whereas it was {pa}% "
     "({a}/{n1}) in the treatment group ({effect}{p})."),
    ("mortality", "Deaths: treatment group {a}/{n1} ({pa}%), control group {c}/{n2} ({pc}%); {p}."),
    ("adverse events", "Adverse events occurred in {pa}% of patients in the treatment group versus "
     "{pc}% of patients in the control group ({p})."),
    ("adverse events", "In the treatment group {a} of {n1} patients had adverse events, as against "
     "{c} of {n2} in the control group ({effect}{p})."),
    ("serious adverse events", "Serious adverse events were reported in {a} ({pa}%) and {c} "
     "({pc}%) patients in the treatment and control groups, respectively ({p})."),
    ("serious adverse events", "The proportion of patients with serious adverse events did not "
     "differ between the treatment arm ({a}/{n1}, {pa}%) and the control arm ({c}/{n2}, {pc}%; "
     "{p})."),
    ("invasive ventilation", "Intubation was required by {a} of {n1} patients in the treatment arm "
     "vs {c} of {n2} in the control arm ({pa}% vs {pc}%; {effect}{p})."),
    ("invasive ventilation", "Fewer or more patients were intubated in the treatment group than in "
     "the control group ({a} [{pa}%] vs {c} [{pc}%]; {p})."),
    ("clinical improvement", "Clinical improvement was seen in {pa}% ({a} of {n1}) of treated "
     "patients and in {pc}% ({c} of {n2}) of controls ({effect}{p})."),
    ("hospital discharge", "By day 28, {pa}% of the treatment group had been discharged compared "
     "to {pc}% of the control group ({effect}{p})."),
    ("viral clearance", "Viral clearance: {a} of {n1} ({pa}%) with treatment, {c} of {n2} ({pc}%) "
     "with placebo ({p})."),
    ("relapse", "Relapse was observed in {a} patients in the treatment group and {c} patients in "
     "the control group ({p})."),
)  # fmt: skip
_SPELT = {"RR": ("RR", "risk ratio", "relative risk"), "OR": ("OR", "odds ratio")}
_WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def sentence(table: Table, which: int, rng: random.Random) -> Said | None:
    """One sentence on the outcome of the `which`-th template."""
    family, template = TEMPLATES[which]
    p = USUAL[rng.choice(list(USUAL))](table)
    if math.isnan(p):
        return None
    said = printed_p(p, rng)
    effect = None
    if "{effect}" in template and rng.random() < 0.6:
        effect = printed_effect(rng.choice(("RR", "OR")), table, rng)
    spelt = ""
    if effect is not None:
        name = rng.choice(_SPELT[effect.measure])
        between = rng.choice((" to ", "–", "-"))
        spelt = f"{name} {effect.estimate}, 95% CI {effect.lower}{between}{effect.upper}; "
    sign = rng.choice((" ", "")).join(("", said.operator, ""))
    number = said.text if rng.random() < 0.7 else said.text.removeprefix("0")
    how = rounding(rng)
    digits = rng.choice((0, 1, 1, 2))
    text = template.format(
        a=table.a, n1=table.n1, c=table.c, n2=table.n2, effect=spelt,
        A=_WORDS[table.a] if 1 <= table.a <= 10 else table.a,
        pa=rounded(Fraction(100 * table.a, table.n1), digits, how),
        pc=rounded(Fraction(100 * table.c, table.n2), digits, how),
        p=f"{rng.choice('Pp')}{sign}{number}",
    )  # fmt: skip
    return Said(family, table, said, effect, text)


@dataclass
class Reading:
    """What was read out of honest texts, against what they say."""

    texts: int = 0
    comparisons: int = 0  # said
    found: int = 0  # read with both groups
    whole: int = 0  # with both counts and both sizes
    numbers: int = 0  # counts, sizes, P values and effects read
    wrong: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    missed: collections.Counter[int] = field(default_factory=collections.Counter)


def _wrong(read: Finding, said: Said) -> Iterator[str]:
    """What a finding says otherwise than the sentence; "" for each number that is right."""
    truth = {"treatment": (said.table.a, said.table.n1), "control": (said.table.c, said.table.n2)}
    for one in read.arms:
        if one.role not in truth:
            yield f"a group of the role {one.role!r}"
            continue
        for name, got, want in zip(
            ("count", "size"), (one.events, one.n), truth[one.role], strict=True
        ):
            if got is not None:
                yield "" if got == want else f"{name} of {one.role} {got}, not {want}"
    if read.p is not None:
        same = (read.p.operator, read.p.text) == (said.p.operator, said.p.text)
        yield "" if same else f"P {read.p.operator} {read.p.text}"
    if read.effect is not None:
        right = said.effect is not None and _numbers(read.effect) == _numbers(said.effect)
        yield "" if right else f"effect {_numbers(read.effect)}"


def _numbers(effect: Effect) -> tuple[str, ...]:
    return effect.measure, effect.estimate, effect.lower, effect.upper


def texts(number: int, seed: int) -> Reading:
    """Read and check so many honest texts of one to three sentences."""
    rng = random.Random(seed)
    done = Reading()
    while done.texts < number:
        table = invented(rng)
        which = rng.sample(range(len(TEMPLATES)), rng.choice((1, 2, 3)))
        saids: dict[str, tuple[int, Said]] = {}
        for position, template in enumerate(which):
            made = sentence(table if not position else again(table, rng), template, rng)
            if made is not None and made.family not in saids:
                saids[made.family] = (template, made)
        if not saids:
            continue
        methods = ""
        if rng.random() < 0.5:
            methods = (
                f"The treatment group (n = {table.n1}) and the control group (n = {table.n2}) "
                "were followed for 60 days."
            )
        one = record(table.n1 + table.n2, " ".join(s.text for _, s in saids.values()), methods)
        read = read_findings(one)
        done.texts += 1
        done.comparisons += len(saids)
        seen: set[str] = set()
        for each in read:
            if each.family not in saids:
                done.wrong.append(f"{each.family!r} {each.outcome!r}: {list(saids)} {one}")
                continue
            template, said = saids[each.family]
            for problem in _wrong(each, said):
                done.numbers += 1
                if problem:
                    done.wrong.append(f"template {template}: {problem}: {said.text}")
            if len(each.arms) == 2 and each.family not in seen:
                seen.add(each.family)
                done.found += 1
                done.whole += all(a.events is not None and a.n is not None for a in each.arms)
        for family, (template, _) in saids.items():
            done.missed[template] += family not in seen
        found = checks(read, one)
        before = len(done.tally.flags)
        done.tally.add(found, len(read))
        if len(done.tally.flags) > before:
            done.tally.flags[-1] += " — " + " ".join(s.text for _, s in saids.values())
    return done


# Planted errors


def _other_percent(t: Table, form: str, rng: random.Random) -> Finding:
    """One percentage two to twenty points off."""
    one = arm("treatment", t.a, t.n1, form, rng)
    value, digits = float(one.percent), len(one.percent.partition(".")[2])
    off = rng.uniform(2.01, 20) * (-1 if value > 79 else 1)
    return _of(one.__class__(
        role="treatment", events=one.events, n=one.n, percent=f"{value + off:.{digits}f}",
        events_origin=one.events_origin, n_origin=one.n_origin,
    ), arm("control", t.c, t.n2, form, rng))  # fmt: skip


def _of(one: ArmResult, two: ArmResult, p: PValue | None = None, **more: object) -> Finding:
    return Finding("page:one#1", "page:one", "fever", arms=(one, two), p=p, **more)  # type: ignore[arg-type]


def _plain(t: Table, form: str, rng: random.Random) -> tuple[ArmResult, ArmResult]:
    return arm("treatment", t.a, t.n1, form, rng), arm("control", t.c, t.n2, form, rng)


def _other_p(t: Table, rng: random.Random, *, larger: bool) -> Finding | None:
    """Fisher's P ten times too small, or too large."""
    p = fisher(t) * (10 if larger else 0.1)
    text = rounded(p, 4, ROUND_HALF_UP)
    if not 0.001 <= p <= 1 or fisher(t) > 0.9:
        return None
    return _of(*_plain(t, "x/n", rng), PValue("=", text))


def _swapped_percents(t: Table, rng: random.Random) -> Finding | None:
    one, two = _plain(t, "x/n (p%)", rng)
    if abs(float(one.percent) - float(two.percent)) < 2:
        return None
    swap = functools.partial(ArmResult, events_origin="stated", n_origin="stated")
    return _of(
        swap(role="treatment", events=one.events, n=one.n, percent=two.percent),
        swap(role="control", events=two.events, n=two.n, percent=one.percent),
    )


def _swapped_effect(t: Table, rng: random.Random) -> Finding | None:
    effect = printed_effect("RR", Table(t.c, t.n2, t.a, t.n1), rng)
    if effect is None or 0.9 < float(effect.estimate) < 1.1:
        return None
    return _of(*_plain(t, "x/n", rng), effect=effect)


def _other_effect(t: Table, rng: random.Random) -> Finding | None:
    right = printed_effect(rng.choice(("RR", "OR")), t, rng)
    if right is None or float(right.estimate) < 0.1:
        return None
    factor = rng.choice((0.5, 0.67, 1.5, 2.0))
    middle, low, high = (
        f"{float(x) * factor:.2f}" for x in (right.estimate, right.lower, right.upper)
    )
    return _of(*_plain(t, "x/n", rng), effect=Effect(right.measure, middle, low, high))


def _other_size(t: Table, form: str, rng: random.Random) -> Finding | None:
    """The treated group's size a tenth off, at least by one."""
    off = rng.choice((-1, 1)) * max(1, round(t.n1 / 10))
    if t.n1 + off < max(1, t.a) or t.a == 0:
        return None
    one, two = _plain(t, form, rng)
    wrong = ArmResult(
        role="treatment", events=one.events, n=t.n1 + off, percent=one.percent,
        events_origin=one.events_origin, n_origin="stated",
    )  # fmt: skip
    p = PValue("=", rounded(fisher(t), 3, ROUND_HALF_UP)) if form == "x/n" else None
    return _of(wrong, two, p)


def _other_count(t: Table, rng: random.Random) -> Finding | None:
    if t.a + 1 > t.n1:
        return None
    one, two = _plain(t, "x/n (p%)", rng)
    wrong = ArmResult(
        role="treatment", events=t.a + 1, n=t.n1, percent=one.percent,
        events_origin="stated", n_origin="stated",
    )  # fmt: skip
    return _of(wrong, two)


PLANTED: dict[str, Callable[[Table, random.Random], Finding | None]] = {
    "percentage 2 to 20 points off, count and size stated":
        lambda t, rng: _other_percent(t, "x/n (p%)", rng),
    "the same, size alone stated": lambda t, rng: _other_percent(t, "p% of n", rng),
    "count one too high, percentage right": _other_count,
    "size a tenth off, count and percentage right":
        lambda t, rng: _other_size(t, "x/n (p%)", rng),
    "size a tenth off, P right, no percentage": lambda t, rng: _other_size(t, "x/n", rng),
    "percentages of the two groups exchanged": _swapped_percents,
    "P ten times too small": functools.partial(_other_p, larger=False),
    "P ten times too large": functools.partial(_other_p, larger=True),
    "RR with the groups exchanged": _swapped_effect,
    "RR or OR off by a factor 0.5 to 2": _other_effect,
}  # fmt: skip


def _planted(plant: Callable[[Table, random.Random], Finding | None]) -> Plant:
    def made(rng: random.Random) -> tuple[Check, ...] | None:
        table = invented(rng)
        one = plant(table, rng)
        return None if one is None else checks([one], record(table.n1 + table.n2))

    return made


RULES = ("percent-attainable", "p-value", "effect", "counts-sane")  # that planted errors concern


def planted(number: int, seed: int) -> dict[str, tuple[int, int, int]]:
    """Of each kind of planted error what `honest.power` says."""
    plants = {name: _planted(plant) for name, plant in PLANTED.items()}
    return power(plants, number, seed, RULES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=20_000)
    parser.add_argument("--texts", type=int, default=4_000)
    parser.add_argument("--planted", type=int, default=1_000, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tally = honest(given.statements, given.seed)
    print(f"honest findings: {tally.reports}, flags: {len(tally.flags)}")
    print(*tally.lines(20), sep="\n")
    for name, rarer in honest_rarer(given.planted, given.seed).items():
        print(f"P by {name}: {rarer.reports}, flags: {len(rarer.flags)}")
        for flag in rarer.flags[:3]:
            print("  FLAG", flag)
    reading = texts(given.texts, given.seed)
    print(
        f"texts: {reading.texts}, comparisons said: {reading.comparisons}, read: {reading.found}, "
        f"with all four numbers: {reading.whole}; numbers read: {reading.numbers}, "
        f"wrong: {len(reading.wrong)}; findings: {reading.tally.reports}, "
        f"flags: {len(reading.tally.flags)}"
    )
    print("  not read, by template:", dict(sorted(reading.missed.items())))
    for problem in [*reading.wrong[:20], *reading.tally.flags[:20]]:
        print("  ", problem)
    print(*power_lines(planted(given.planted, given.seed)), sep="\n")


if __name__ == "__main__":
    main()
