"""How well records of one trial are found: the WHO's COVID-19 table against a hand-made list.

``python validation/linkage.py --data DIR`` reads ``DIR/linkage/pairs_dev.csv`` (or ``--pairs``) and
the table of 7 July 2020 in ``DIR/registries/ictrp``, weaves the table's records as a workspace
would, and prints what of the list is found. The list is incomplete, so pairs that are joined and
not on it count by the verdicts in ``docs/evaluation/linkage.md``; those without a verdict are
written to ``--unread FILE`` with what both records say. ``--copies`` counts registrations of cell
products that share a text. ``--folds`` compares the probabilities as
documented with ones fitted on the other folds, and leaves out one signal after the other.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import math
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import isotonic_regression, minimize

from trialweave.model import Received, Record
from trialweave.records import admit
from trialweave.sources import read
from trialweave.studies import Profile, Weave, profile, weave_profiles
from trialweave.studies.asserted import asserted_claims
from trialweave.studies.blocking import candidate_pairs, keys_of
from trialweave.studies.clusters import Partition, apart, join_asserted
from trialweave.studies.corpus import Corpus, survey
from trialweave.studies.promising import LOOKED_AT
from trialweave.studies.scoring import CANDIDATE, PROBABLE, Judgement, judge
from trialweave.studies.signals import contained
from trialweave.studies.weaving import _with_rivals as with_rivals

TABLE: Final = "registries/ictrp/ICTRP_COVID19-web_7Jul2020_excel-damaged.csv"
VERDICTS: Final = Path(__file__).parents[1] / "docs/evaluation/linkage.md"
PLATFORM: Final = 20  # a trial of more listed pairs than this is a platform's national parts
_EUDRACT: Final = re.compile(r"^(?:EUCTR)?(20\d\d-\d{6}-\d\d)(?:-[A-Z0-9]+)?$")

Pair = frozenset[str]


class Listed(NamedTuple):
    """One pair of the hand-made list, by the numbers of its registrations."""

    trial: str
    pair: Pair
    platform: bool


def number(identifier: str) -> str:
    """A registration's number; EudraCT's without the country, since they are one registration."""
    match = _EUDRACT.match(identifier)
    return match.group(1) if match else identifier


def read_table(path: Path) -> dict[str, Record]:
    """The records of the table by record id."""
    received = Received(path.name, path.read_bytes())
    when = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    return {each.record_id: each for each in admit(read(received), {}, received, when)}


def read_pairs(path: Path) -> list[Listed]:
    """The listed pairs of which both registrations are in the table."""
    with path.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["both_in_ictrp_7jul2020"] == "True"]
    of_trial: dict[str, int] = defaultdict(int)
    for row in rows:
        of_trial[row["direcct_id"]] += 1
    return [
        Listed(
            row["direcct_id"],
            frozenset((number(row["trn_a"]), number(row["trn_b"]))),
            of_trial[row["direcct_id"]] > PLATFORM,
        )
        for row in rows
    ]


def read_verdicts(path: Path) -> dict[Pair, str]:
    """What reading both records said: "one", "two" or "unclear"."""
    found: dict[Pair, str] = {}
    if path.is_file():
        for line in path.read_text().splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) == 4 and cells[2] in ("one", "two", "unclear"):
                found[frozenset((number(cells[0]), number(cells[1])))] = cells[2]
    return found


def pairs_of(woven: Weave, name: Callable[[str], str]) -> dict[str, dict[Pair, float]]:
    """Pairs of registrations: joined, linked as candidates, rejected; with the probability."""
    found: dict[str, dict[Pair, float]] = {"joined": {}, "candidate": {}, "rejected": {}}
    for study in woven.studies:
        for a, b in combinations(study.record_ids, 2):
            if name(a) != name(b):
                found["joined"][frozenset((name(a), name(b)))] = 1.0
    for link in woven.links:
        pair = frozenset((name(link.record_a), name(link.record_b)))
        if link.kind in found and pair not in found["joined"] and len(pair) == 2:
            found[link.kind][pair] = link.probability
    return found


def interval(hits: int, of: int) -> str:
    """A share with its 95% interval (Wilson)."""
    if not of:
        return "–"
    p, z = hits / of, 1.96
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{hits}/{of} = {p:.3f} ({middle - half:.3f} to {min(middle + half, 1):.3f})"


def report(
    woven: Weave, blocked: set[Pair], listed: Sequence[Listed], verdicts: Mapping[Pair, str]
) -> set[Pair]:
    """Print recall and precision; the joined pairs that nobody has read come back."""
    found = pairs_of(woven, lambda record_id: number(record_id.partition(":")[2]))
    joined, candidates = found["joined"], found["candidate"]
    for title, group in (
        ("all listed pairs in the table", listed),
        ("without the platform's parts", [each for each in listed if not each.platform]),
    ):
        pairs = {each.pair for each in group}
        print(title)
        print("  compared   ", interval(len(pairs & blocked), len(pairs)))
        print("  joined     ", interval(len(pairs & joined.keys()), len(pairs)))
        either = pairs & (joined.keys() | candidates.keys())
        print("  + candidate", interval(len(either), len(pairs)))
        print("  rejected   ", len(pairs & found["rejected"].keys()))
    on_list = {each.pair for each in listed}
    true = {pair for pair in joined if pair in on_list or verdicts.get(pair) == "one"}
    false = {pair for pair in joined if verdicts.get(pair) == "two" and pair not in on_list}
    unclear = {pair for pair in joined if verdicts.get(pair) == "unclear" and pair not in on_list}
    unread = set(joined) - true - false - unclear
    print(f"joined: {len(joined)}; on the list {len(on_list & joined.keys())}")
    print("  precision, unclear ones wrong", interval(len(true), len(joined) - len(unread)))
    print(f"  two trials {len(false)}, unclear {len(unclear)}, not read {len(unread)}")
    good = sum(verdicts.get(pair) == "one" or pair in on_list for pair in candidates)
    print(f"candidates: {len(candidates)}, of which one trial {good}")
    wider = {pair for pair, verdict in verdicts.items() if verdict == "one"}
    wider |= {each.pair for each in listed if not each.platform}
    print("pairs listed or read as one trial, without the platform's")
    print("  joined     ", interval(len(wider & joined.keys()), len(wider)))
    either = wider & (joined.keys() | candidates.keys())
    print("  + candidate", interval(len(either), len(wider)))
    return unread


class Sample(NamedTuple):
    """Compared pairs: weight by signal, whether one trial, and the fold."""

    names: tuple[str, ...]
    weights: np.ndarray
    true: np.ndarray
    fold: np.ndarray
    trial: np.ndarray


def sample(profiles: Sequence[Profile], true: set[Pair], skip: set[Pair], folds: int) -> Sample:
    """All pairs that are compared, of two registers; records of one trial fall into one fold.

    Of a registration with several records (EudraCT: one a country) the likest counts.
    """
    corpus = survey(profiles)
    best: dict[Pair, Judgement] = {}
    for judgement in _judged(profiles, corpus):
        one, other = judgement.a.identifier, judgement.b.identifier
        pair = frozenset((number(one), number(other)))
        if len(pair) < 2 or pair in skip:
            continue
        if pair not in best or judgement.bits > best[pair].bits:
            best[pair] = judgement
    names = sorted({signal.name for judgement in best.values() for signal in judgement.signals})
    place = {name: at for at, name in enumerate(names)}
    weights = np.zeros((len(best), len(names)))
    for row, judgement in enumerate(best.values()):
        for signal in judgement.signals:
            weights[row, place[signal.name]] += signal.weight
    component = _components(true)
    keys = [component.get(min(pair), min(pair)) for pair in best]
    drawn = random.Random(2026)
    of_key = {key: drawn.randrange(folds) for key in sorted(set(keys))}
    fold = np.asarray([of_key[key] for key in keys])
    return Sample(
        tuple(names), weights, np.asarray([pair in true for pair in best]), fold, np.asarray(keys)
    )


def _judged(profiles: Sequence[Profile], corpus: Corpus) -> Iterable[Judgement]:
    """Every pair that is compared in full, weighed against its rivals."""
    identities = [each.identity for each in profiles]
    partition = Partition(identities)
    join_asserted(partition, asserted_claims(identities))
    judged: dict[tuple[str, str], Judgement] = {}
    for a, b in candidate_pairs(keys_of(profiles, corpus), len(profiles)).tolist():
        one, other = profiles[a], profiles[b]
        if apart(one.identity, other.identity):
            continue
        if contained(one, other, corpus)[1] >= LOOKED_AT:
            judged[one.id, other.id] = judge(one, other, corpus)
    weighed = with_rivals({key: each for key, each in judged.items() if each.bits >= 0}, partition)
    return (judged | weighed).values()


def _components(pairs: Iterable[Pair]) -> dict[str, str]:
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root.setdefault(name, name) != name:
            name = root[name]
        return name

    for pair in pairs:
        one, other = sorted(map(find, pair))
        root[other] = one
    return {name: find(name) for name in list(root)}


def logistic(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Coefficients of a logistic regression in bits, drawn towards 1 (the weights as they are)."""
    design = np.column_stack([x, np.ones(len(x))]) * math.log(2)
    start = np.append(np.ones(x.shape[1]), 0.0)

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        logit = design @ beta
        chance = 1 / (1 + np.exp(-np.clip(logit, -40, 40)))
        value = np.sum(np.logaddexp(0, logit) - y * logit) + penalty * np.sum((beta - start) ** 2)
        return value, design.T @ (chance - y) + 2 * penalty * (beta - start)

    return minimize(loss, start, jac=True, method="L-BFGS-B").x


def _chance(bits: np.ndarray) -> np.ndarray:
    return 1 / (1 + 2 ** -np.clip(bits, -60, 60))


def _loss(chance: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Log loss of each pair, in bits."""
    kept = np.clip(chance, 1e-6, 1 - 1e-6)
    return -np.where(true, np.log2(kept), np.log2(1 - kept))


def _gain(documented: np.ndarray, fitted: np.ndarray, keys: np.ndarray) -> str:
    """By how much fitting lowers the log loss, with a 95% bootstrap interval over trials."""
    _, at = np.unique(keys, return_inverse=True)
    of_key = np.bincount(at, documented - fitted)
    drawn = np.random.default_rng(2026)
    sums = [drawn.choice(of_key, len(of_key)).sum() for _ in range(1000)]
    low, middle, high = (
        1000 / len(at) * x
        for x in (*np.quantile(sums, [0.025]), of_key.sum(), *np.quantile(sums, [0.975]))
    )
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _line(name: str, chance: np.ndarray, true: np.ndarray) -> None:
    loss, kept = np.mean(_loss(chance, true)), np.clip(chance, 1e-6, 1 - 1e-6)
    joined, shown = chance >= PROBABLE, chance >= CANDIDATE
    right, brier = np.sum(joined & true), np.mean((kept - true) ** 2)
    print(
        f"  {name:<28} log loss {1000 * loss:6.2f}  Brier {1000 * brier:6.3f} (thousandths)"
        f"  recall {right / true.sum():.3f}, {np.sum(shown & true) / true.sum():.3f}"
        f"  wrong {np.sum(joined & ~true)}, {np.sum(shown & ~true)}"
    )


def held_out(found: Sample, folds: int) -> None:
    """Documented probabilities beside ones fitted on the other folds, and without each signal."""
    bits, y = found.weights.sum(axis=1), found.true.astype(float)
    print(f"{len(y):,} compared pairs, {int(y.sum())} of one trial, {folds} folds")
    platt, isotonic, whole = np.zeros(len(y)), np.zeros(len(y)), np.zeros(len(y))
    for fold in range(folds):
        train, test = found.fold != fold, found.fold == fold
        beta = logistic(bits[train, None], y[train], 0.0)
        platt[test] = _chance(np.column_stack([bits[test], np.ones(test.sum())]) @ beta)
        order = np.argsort(bits[train])
        steps = isotonic_regression(y[train][order]).x
        isotonic[test] = np.interp(bits[test], bits[train][order], steps)
        beta = logistic(found.weights[train], y[train], 1.0)
        whole[test] = _chance(found.weights[test] @ beta[:-1] + beta[-1])
        print(f"    fold {fold}: {int(y[test].sum())} of one trial")
    beta = logistic(bits[:, None], y, 0.0)
    print(f"  fitted on all: log2 odds = {beta[0]:.3f} x bits {beta[1]:+.2f}")
    _line("as documented", _chance(bits), found.true)
    _line("logistic on the sum", platt, found.true)
    _line("isotonic on the sum", isotonic, found.true)
    _line("logistic on every signal", whole, found.true)
    plain = _loss(_chance(bits), found.true)
    for name, chance in (("the sum", platt), ("isotonic", isotonic), ("every signal", whole)):
        gain = _gain(plain, _loss(chance, found.true), found.trial)
        print(f"  log loss lower by fitting ({name}), thousandths: {gain}")
    print("without one signal (what is above its bound is not given back):")
    for at, name in enumerate(found.names):
        if name not in ("prior", "shared topic"):
            _line(name, _chance(bits - found.weights[:, at]), found.true)


def described(record: Record) -> str:
    """What a reader needs to tell whether two records are of one trial."""
    about = record.about
    outcomes = about.primary_outcomes.content or ()
    said = (
        about.public_title.content,
        about.scientific_title.content,
        about.primary_sponsor.content,
        f"n {about.enrollment.content}, start {about.start_date.content}",
        ", ".join(name.content or "" for name in about.countries.content or ()),
        "; ".join(item.name.content or "" for item in about.interventions.content or ())[:300],
        outcomes[0].measure.content if outcomes else "",
    )
    return " | ".join(" ".join((text or "–").split())[:300] for text in said)


def copies(path: Path) -> None:
    """Print how many pairs of registrations share more than half of the shorter description."""
    records = {each.identifier: each for each in read_table(path).values()}
    texts: dict[str, set[str]] = {}
    holders: dict[str, list[str]] = defaultdict(list)
    for name in sorted(records):
        about = records[name].about
        both = f"{about.brief_summary.content or ''} {about.detailed_description.content or ''}"
        words = re.findall(r"\w+", both.casefold())
        texts[name] = {" ".join(words[at : at + 8]) for at in range(len(words) - 7)}
        for passage in texts[name]:
            holders[passage].append(name)
    shared: dict[tuple[str, str], int] = defaultdict(int)
    for names in holders.values():
        for pair in combinations(names, 2):
            shared[pair] += 1
    woven = weave_profiles([profile(each) for _, each in sorted(records.items())])
    kinds = {(each.record_a, each.record_b): each.kind for each in woven.links}
    told: dict[str, int] = defaultdict(int)
    sponsors = 0
    for (a, b), count in shared.items():
        shorter = min(len(texts[a]), len(texts[b]))
        if shorter >= 30 and count > shorter / 2:
            told[kinds.get((records[a].record_id, records[b].record_id), "no link")] += 1
            names = [records[each].about.primary_sponsor.content for each in (a, b)]
            sponsors += names[0] != names[1]
    print(f"{len(records)} registrations, {sum(told.values())} pairs share over half of a text")
    print(f"  of two sponsors {sponsors}; links: {dict(told)}; studies {len(woven.studies)}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure linking; see the file's head.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--unread", type=Path)
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--copies", action="store_true", help="reuse of text, cell products")
    given = parser.parse_args()
    if given.copies:
        copies(given.data / "registries/ctgov_msc_studyfields/msc.jsonl")
        return
    records = read_table(given.data / TABLE)
    listed = read_pairs(given.pairs or given.data / "linkage/pairs_dev.csv")
    verdicts = read_verdicts(VERDICTS)
    profiles = [profile(records[key]) for key in sorted(records)]
    started = time.perf_counter()
    woven = weave_profiles(profiles)
    print(f"{len(records):,} records woven in {time.perf_counter() - started:.1f} s")
    identifiers = [number(each.identity.record.identifier) for each in profiles]
    compared = candidate_pairs(keys_of(profiles, survey(profiles)), len(profiles)).tolist()
    blocked = {frozenset((identifiers[a], identifiers[b])) for a, b in compared}
    print(f"{len(compared):,} pairs compared of {math.comb(len(records), 2):,}")
    unread = report(woven, blocked, listed, verdicts)
    if given.unread is not None:
        by_number = {number(record.identifier): record for record in records.values()}
        lines = [
            "\n".join(f"{name}: {described(by_number[name])}" for name in sorted(pair))
            for pair in sorted(unread, key=sorted)
        ]
        given.unread.write_text("\n\n".join(lines) + "\n")
    if given.folds > 1:
        true = {each.pair for each in listed if not each.platform}
        true |= {pair for pair, verdict in verdicts.items() if verdict == "one"}
        skip = {each.pair for each in listed if each.platform}
        skip |= {pair for pair, verdict in verdicts.items() if verdict == "unclear"}
        held_out(sample(profiles, true, skip, given.folds), given.folds)


if __name__ == "__main__":
    main()
