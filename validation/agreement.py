"""Compare every number that `trialweave.stats` can compute with reference results of R.

Run as ``python validation/agreement.py FOLDER``, where FOLDER holds JSON files of data tables with
results of metafor, meta and base R, computed with tightened convergence. Prints, for each kind of
number, how many were compared, the largest deviation and the limit; exits 1 if one is over its
limit without a documented reason.

Limits: closed forms 1e-10, relative (lengths relative to the standard error or to the number,
whichever is larger). Iterative estimators 1e-6 of the standard error: metafor stops at changes of
1e-13 in τ², so its own figures are no better where τ² is near 1e-7.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from trialweave.stats.effects import effect, mean_difference, smd
from trialweave.stats.pooling import Pooled, mantel_haenszel, peto, pool
from trialweave.stats.tables import chi_square, fisher, fisher_mid_p

CLOSED, ITERATIVE = 1e-10, 1e-6
METHODS = {
    "closed": ("EE", "DL", "HE", "HS", "HSk", "SJ"),
    "iterative": ("PM", "PMM", "EB", "ML", "REML"),
}
TESTS = {"z": "Wald", "t": "t", "knha": "HK", "adhoc": "HK-adhoc"}
PREDICTIONS = {"S": "normal", "V": "k-1", "HTS": "k-2", "HK": "HK"}

CAPPED = "metafor searches the upper Q-profile limit up to max(100, 10·τ²) only"
NO_VARIANCE = "a study with variance 0 is left out here, and takes part in metafor's SJ"
IDENTICAL = "all effects equal: metafor gives P = 0, here the test counts as undefined"
UNCORRECTED = "metafor's escalc corrects zero cells for PETO and AS too; here nothing is added"


class Deviation(NamedTuple):
    """One number compared: `size` is the deviation in the units of `limit`."""

    kind: str
    place: str
    got: float
    want: float
    size: float
    limit: float
    known: str = ""  # the documented reason, where a deviation is expected

    @property
    def wrong(self) -> bool:
        """Over the limit (or a number on one side only) without a documented reason."""
        return not self.known and not self.size <= self.limit


class Analysis(NamedTuple):
    """One set of effects with R's results; `table` holds the studies it came from, if known."""

    place: str
    content: dict[str, Any]
    table: dict[str, Any]
    kind: str
    columns: dict[str, str]


def number(value: Any) -> float:
    """R's number; NA and null are NaN."""
    return math.nan if value is None else float(value)


def numbers(values: list[Any]) -> np.ndarray:
    return np.array([number(value) for value in values], dtype=float)


def deviate(
    kind: str, place: str, got: Any, want: Any, limit: float, unit: float, known: str = ""
) -> Deviation:
    """Compare two numbers; both NaN agree, one NaN never does."""
    g, w = float(got), number(want)
    if (math.isnan(g) and math.isnan(w)) or g == w:
        return Deviation(kind, place, g, w, 0.0, limit, known)
    size = abs(g - w) / unit if unit > 0 and math.isfinite(g - w) else math.inf
    return Deviation(kind, place, g, w, size, limit, known if size > limit else "")


def files(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The data sets and the cases on the edge, each as a place and its content."""
    for path in sorted(folder.glob("dat.*.json")):
        yield path.stem, json.loads(path.read_text())
    for stem in ("edge_cases_generic", "edge_cases_binary"):
        for case in json.loads((folder / f"{stem}.json").read_text())["cases"]:
            yield f"{stem}: {case['name']}", case


def analyses(folder: Path) -> Iterator[Analysis]:
    """All sets of effects that were pooled in R."""
    for place, content in files(folder):
        table, kind = content.get("input", {}), content.get("type", "generic")
        columns = content.get("columns") or {}
        if "analyses" not in content and "rma_uni" in content:
            yield Analysis(place, content, table, kind, columns)
        if "ignoring_clusters" in content:
            one = content["ignoring_clusters"] | {"yi": table["yi"], "vi": table["vi"]}
            yield Analysis(f"{place}: ignoring clusters", one, table, kind, columns)
        for one in content.get("analyses", ()):
            yield Analysis(f"{place}: {one['id']}", one, table, kind, columns)


class Fits:
    """All sets of effects as one padded array, pooled in a single call for each method."""

    def __init__(self, sets: list[Analysis]) -> None:
        longest = max(len(one.content["yi"]) for one in sets)
        self.rows = {one.place: row for row, one in enumerate(sets)}
        self.yi, self.vi = np.full((2, len(sets), longest), np.nan)
        for row, one in enumerate(sets):
            for array, name in ((self.yi, "yi"), (self.vi, "vi")):
                array[row, : len(one.content[name])] = numbers(one.content[name])
        self.done: dict[tuple[str, str, str], Pooled] = {}

    def __call__(
        self, analysis: Analysis, method: str, interval: str = "HK", prediction: str = "k-1"
    ) -> SimpleNamespace:
        """The pooled numbers of one analysis."""
        key = (method, interval, prediction)
        if key not in self.done:
            tau2: Any = method
            options: Any = {"interval": interval, "prediction": prediction}
            self.done[key] = pool(self.yi, self.vi, tau2=tau2, **options)
        pooled, row = self.done[key], self.rows[analysis.place]
        return SimpleNamespace(
            **{
                name: value[row]
                for name, value in vars(pooled).items()
                if isinstance(value, np.ndarray)
            }
        )


def compare_effects(analysis: Analysis) -> Iterator[Deviation]:
    """Effects and variances of single studies, where this package has the measure."""
    content, columns = analysis.content, analysis.columns
    measure, variant = content.get("measure"), content.get("variant") or "default"
    if not columns or not analysis.table or "rows_used" not in content:
        return
    rows = [row - 1 for row in content["rows_used"]]

    def column(name: str) -> np.ndarray:
        return numbers(analysis.table[columns[name]])[rows]

    if analysis.kind == "binary" and measure in ("OR", "RR", "RD", "PETO", "AS"):
        options = content["escalc"]
        found = effect(
            measure, column("ai"), column("n1i"), column("ci"), column("n2i"),
            add=options["add"], to=options["to"], drop00=options["drop00"],
        )  # fmt: skip
    elif measure in ("MD", "SMD") and variant in ("default", "Hedges g, vtype LS (default)"):
        function = mean_difference if measure == "MD" else smd
        names = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
        found = function(*(column(name) for name in names))
    else:
        return
    reasons = [""] * len(rows)
    if measure in ("PETO", "AS"):
        a, n1, c, n2 = (column(name) for name in ("ai", "n1i", "ci", "n2i"))
        zero = (a == 0) | (c == 0) | (a == n1) | (c == n2)
        reasons = [UNCORRECTED if is_zero else "" for is_zero in zero]
    for name, got, want in (
        ("effect", found.yi, numbers(content["yi"])),
        ("variance", found.vi, numbers(content["vi"])),
    ):
        for i, (g, w) in enumerate(zip(got, want, strict=True)):
            unit = max(abs(w), math.sqrt(found.vi[i]) if name == "effect" else 0.0)
            place = f"{analysis.place} #{i}"
            yield deviate(f"{name} {measure}", place, g, w, CLOSED, unit, reasons[i])


def compare_pooled(analysis: Analysis, fits: Fits) -> Iterator[Deviation]:
    """Pooled estimates of every supported method and interval."""
    v = numbers(analysis.content["vi"])
    for want in analysis.content["rma_uni"]:
        method, test = want["method"], want["test"]
        for kind, methods in METHODS.items():
            if method in methods and "error" not in want:
                got = fits(analysis, method, TESTS[test])
                limit = CLOSED if kind == "closed" else ITERATIVE
                place = f"{analysis.place}: {method} {test}"
                known = NO_VARIANCE if np.any(v == 0.0) else ""
                yield from _one_fit(f"{kind} {method}", place, got, want, limit, known)
                if want["k"] > 1 and "pi_simple" in want:
                    yield from _metafor_predictions(analysis, fits, place, want, limit)


def _one_fit(
    kind: str, place: str, got: SimpleNamespace, want: dict[str, Any], limit: float, known: str
) -> Iterator[Deviation]:
    error, size = want["se"], max(abs(want["estimate"]), want["se"])
    unit = size if limit == CLOSED else error or size
    for name, key in (("estimate", "estimate"), ("se", "se"), ("low", "ci_lb"), ("high", "ci_ub")):
        value = getattr(got, name)
        yield deviate(f"{kind} {name}", place, value, want[key], limit, unit, known)
    yield deviate(f"{kind} k", place, got.k, want["k"], 0.0, 1.0, known)
    reason = IDENTICAL if error == 0 else known
    # dP = density·d(statistic): a P far in the tail magnifies a deviation by the statistic squared
    stretch = max(1.0, number(want["stat"]) ** 2) if error else 1.0
    yield deviate(f"{kind} P", place, got.p, want["pval"], limit, want["pval"] * stretch, reason)
    if want["k"] < 2:
        return
    yield deviate(f"{kind} tau2", place, got.tau2, want["tau2"], limit, error**2 * want["k"], known)
    for name, key in (("i2", "I2"), ("h2", "H2"), ("q", "QE"), ("q_p", "QEp")):
        if want[key] is not None:
            wide = max(abs(want[key]), 1.0)
            if name == "q_p":  # far in the tail P magnifies a deviation of Q by Q
                wide = want[key] * max(1.0, number(want["QE"]))
            yield deviate(f"{kind} {name}", place, getattr(got, name), want[key], limit, wide)


def _metafor_predictions(
    analysis: Analysis, fits: Fits, place: str, want: dict[str, Any], limit: float
) -> Iterator[Deviation]:
    """metafor's intervals use the standard error of the test; here only "HK" does."""
    test = TESTS[want["test"]]
    if test == "Wald":
        kinds = {"normal": "pi_default", "k-1": "pi_t", "k-2": "pi_riley"}
    elif test == "t":
        kinds = {"k-1": "pi_t", "k-2": "pi_riley"}
    else:
        kinds = {"HK": "pi_default"}
    for prediction, key in kinds.items():
        if prediction == "k-2" and want["k"] == 2:
            continue  # undefined here; metafor then takes one degree of freedom
        got = fits(analysis, want["method"], test, prediction)
        unit = max(want["se"], abs(want[key][1] - want[key][0])) or abs(want["estimate"])
        for value, wanted in zip((got.pi_low, got.pi_high), want[key], strict=True):
            exactness = "closed" if limit == CLOSED else "iterative"
            kind = f"{exactness} prediction {prediction} (metafor)"
            yield deviate(kind, place, value, wanted, limit, unit)


def compare_tau2_limits(analysis: Analysis, fits: Fits) -> Iterator[Deviation]:
    """Q-profile limits of τ² and I²."""
    v = numbers(analysis.content["vi"])
    for want in analysis.content["confint_tau2"]:
        if not want["type"].startswith("QP") or "error" in want or want["method"] == "GENQ":
            continue
        if not any(want["method"] in methods for methods in METHODS.values()):
            continue
        got = fits(analysis, want["method"])
        place = f"{analysis.place}: {want['method']}"
        estimate, low, high = (number(value) for value in want["tau2"])
        capped = CAPPED if high == max(100.0, 10.0 * estimate) else ""
        # a limit near 0 matters only beside the variances it is added to
        unit = max(low, float(np.nanmin(v)))
        yield deviate("Q-profile low", place, got.tau2_low, low, ITERATIVE, unit)
        unit = max(high, float(np.nanmin(v)))
        yield deviate("Q-profile high", place, got.tau2_high, high, ITERATIVE, unit, capped)
        for name, value, wanted in zip(
            ("low", "high"), (got.i2_low, got.i2_high), want["I2_pct"][1:], strict=True
        ):
            reason = capped if name == "high" else ""
            yield deviate(f"Q-profile I2 {name}", place, value, wanted, ITERATIVE, 100.0, reason)


def compare_meta_predictions(analysis: Analysis, fits: Fits) -> Iterator[Deviation]:
    """Prediction intervals by R's meta, named as there."""
    for fit in analysis.content.get("metagen", ()):
        method = fit["method_tau"]
        if "predict" not in fit or fit["method_random_ci"] not in ("classic", "HK"):
            continue
        if fit["adhoc"] or "tau2" not in fit:
            continue
        for want in fit["predict"]:
            if want["method"] not in PREDICTIONS:
                continue
            prediction = PREDICTIONS[want["method"]]
            got = fits(analysis, method, "HK", prediction)
            width = max(want["upper"] - want["lower"], fit["seTE_random"])
            place = f"{analysis.place}: {method} {fit['method_random_ci']}"
            for value, wanted in ((got.pi_low, want["lower"]), (got.pi_high, want["upper"])):
                kind = f"prediction {prediction} (meta {want['method']})"
                yield deviate(kind, place, value, wanted, ITERATIVE, width)


def compare_weights(analysis: Analysis, fits: Fits) -> Iterator[Deviation]:
    """Weights in percent."""
    for method, key in (("REML", "weights_pct_REML"), ("CE", "weights_pct_EE")):
        wanted = analysis.content.get(key)
        if not isinstance(wanted, list):
            continue
        weights = fits(analysis, method).weights
        weights = weights[np.isfinite(weights)]
        for i, (got, want) in enumerate(zip(weights, wanted, strict=True)):
            place = f"{analysis.place} #{i}"
            yield deviate(f"weight {method}", place, got, want, ITERATIVE, 100.0)


def _columns(content: dict[str, Any]) -> list[np.ndarray]:
    table, columns = content["input"], content["columns"]
    cells = [numbers(table[columns[name]]) for name in ("ai", "n1i", "ci", "n2i")]
    complete = ~np.isnan(np.sum(cells, axis=0))
    return [cell[complete] for cell in cells]


def compare_stratified(place: str, content: dict[str, Any]) -> Iterator[Deviation]:
    """Mantel-Haenszel and Peto, without correction in pooling."""
    if content.get("type") != "binary":
        return
    cells = _columns(content)
    for want in content.get("rma_mh", ()):
        uncorrected = want["to"][1] == "none" and want["correct"]
        if uncorrected and "error" not in want:
            got = mantel_haenszel(want["measure"], *cells, drop00=want["drop00"][1])
            yield from _stratified(f"MH {want['measure']}", place, got, want)
            yield deviate(f"MH {want['measure']} k", place, got.k, want["k"], 0.0, 1.0)
    want = content.get("rma_peto")
    if want and want.get("estimate") is not None:
        yield from _stratified("Peto", place, peto(*cells), want)
    wanted = [fit for fit in content.get("metabin", ()) if fit.get("method") == "MH"]
    for fit in wanted:
        if fit["options"] != "default" or "w_common_pct" not in fit or not _plain(cells):
            continue
        got = mantel_haenszel(fit["sm"], *cells)
        for i, (g, w) in enumerate(zip(got.weights, fit["w_common_pct"], strict=True)):
            yield deviate(f"MH weight {fit['sm']}", f"{place} #{i}", g, w, CLOSED, 100.0)


def _plain(cells: list[np.ndarray]) -> bool:
    """No zero cell: meta corrects those in pooling too."""
    a, n1, c, n2 = cells
    return bool(np.all((a > 0) & (c > 0) & (a < n1) & (c < n2)))


def _stratified(kind: str, place: str, got: Any, want: dict[str, Any]) -> Iterator[Deviation]:
    size = max(abs(number(want["estimate"])), number(want["se"]))
    for name, key in (("estimate", "estimate"), ("se", "se"), ("low", "ci_lb"), ("high", "ci_ub")):
        yield deviate(f"{kind} {name}", place, getattr(got, name), want[key], CLOSED, size)
    yield deviate(f"{kind} P", place, got.p, want["pval"], CLOSED, number(want["pval"]))
    yield deviate(f"{kind} q", place, got.q, want["QE"], CLOSED, max(1.0, number(want["QE"])))
    yield deviate(f"{kind} q_p", place, got.q_p, want["QEp"], CLOSED, number(want["QEp"]))
    yield deviate(f"{kind} i2", place, got.i2, want["I2"], CLOSED, 100.0)


def compare_tables(place: str, content: dict[str, Any]) -> Iterator[Deviation]:
    """Fisher and chi-square P of single studies."""
    if "per_study_2x2" not in content:
        return
    cells = _columns(content)
    computed = {
        "fisher_p": fisher(*cells),
        "chi2_p": chi_square(*cells),
        "chi2_yates_p": chi_square(*cells, correction=True),
    }
    for name, got in computed.items():
        for i, (g, w) in enumerate(zip(got, content["per_study_2x2"][name], strict=True)):
            unit = max(number(w), 1e-300) if w is not None else 1.0
            yield deviate(f"table {name}", f"{place} #{i}", g, w, CLOSED, unit)


def compare_p_values(folder: Path) -> Iterator[Deviation]:
    """The table of P values re-computed from single 2x2 tables."""
    for want in json.loads((folder / "pvalue_recompute.json").read_text())["two_by_two"]:
        cells = [want[name] for name in ("a", "n1", "c", "n2")]
        computed = {
            "fisher_p": fisher(*cells),
            "fisher_p_less": fisher(*cells, alternative="less"),
            "fisher_p_greater": fisher(*cells, alternative="greater"),
            "fisher_midp": fisher_mid_p(*cells),
            "chi2_p": chi_square(*cells),
            "yates_p": chi_square(*cells, correction=True),
        }
        for name, got in computed.items():
            unit = number(want[name]) if want[name] is not None else 1.0
            yield deviate(
                f"table {name}", f"pvalue_recompute {cells}", got, want[name], CLOSED, unit
            )


def compare_defaults(folder: Path) -> Iterator[Deviation]:
    """Mantel-Haenszel as metafor does it by default: double-zero tables stay."""
    for want in json.loads((folder / "rma_mh_default_calls.json").read_text())["cases"]:
        content = json.loads((folder / f"{want['dataset']}.json").read_text())
        got = mantel_haenszel(want["measure"], *_columns(content))
        size = max(abs(want["estimate"]), want["se"])
        place = f"{want['dataset']}: {want['measure']}"
        for name, key in (("estimate", "estimate"), ("se", "se"), ("p", "pval"), ("q", "QE")):
            unit = size if name in ("estimate", "se") else max(want[key], 1e-300)
            kind = f"MH {want['measure']} default {name}"
            yield deviate(kind, place, getattr(got, name), want[key], CLOSED, unit)


def compare(folder: Path) -> list[Deviation]:
    """Everything that can be compared, in the order of the files."""
    found: list[Deviation] = []
    sets = list(analyses(folder))
    fits = Fits(sets)
    for analysis in sets:
        found += compare_effects(analysis)
        found += compare_pooled(analysis, fits)
        found += compare_tau2_limits(analysis, fits)
        found += compare_meta_predictions(analysis, fits)
        found += compare_weights(analysis, fits)
    for place, content in files(folder):
        found += compare_stratified(place, content)
        found += compare_tables(place, content)
    found += compare_p_values(folder)
    found += compare_defaults(folder)
    return found


def main(folder: Path) -> int:
    found = compare(folder)
    by_kind: dict[str, list[Deviation]] = {}
    for item in found:
        by_kind.setdefault(item.kind, []).append(item)
    print(f"{'number':40}{'compared':>10}{'largest':>12}{'limit':>10}  known divergences")
    for kind, items in sorted(by_kind.items()):
        largest = max((item.size for item in items if not item.known), default=0.0)
        known = sum(bool(item.known) for item in items)
        print(f"{kind:40}{len(items):>10}{largest:>12.1e}{items[0].limit:>10.0e}  {known or ''}")
    wrong = [item for item in found if item.wrong]
    print(f"{len(found)} numbers compared, {len(wrong)} over their limit without a reason")
    for item in wrong[:40] if "--all" not in sys.argv else wrong:
        print(f"  {item.kind} | {item.place}: {item.got!r} for {item.want!r}, {item.size:.2e}")
    return bool(wrong)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
