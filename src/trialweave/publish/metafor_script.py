"""A script for R's metafor that reproduces an answer from its own numbers, and prints both."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from trialweave.publish.text import fold
from trialweave.stats.effects import is_ratio
from trialweave.synthesis.answer import Row, Synthesis

__all__ = ["metafor_script"]

_TESTS = {"Wald": "z", "HK": "knha", "HK-adhoc": "adhoc"}
_TIGHT = "control = list(threshold = 1e-12, maxiter = 10000, tol = 1e-14)"
_MODELS = ("random", "common", "MH", "Peto", "GLMM")


def metafor_script(answer: Synthesis) -> str:
    """The script. It needs R and metafor 3.8 or later, and nothing else.

    Studies stand in it with their counts, or means and SDs, so that escalc computes the effects
    anew; effects that were reported as such stand as they are used. The last line prints what
    metafor gives beside what is printed here. Models that metafor does not have are said to be so
    in the script, which then pools by random effects (REML).
    """
    question = answer.question
    rows = [row for row in answer.rows if row.estimate is not None]
    lines = [
        "# Reproduces a pooled answer with metafor. R and metafor 3.8 or later: "
        'install.packages("metafor")',
        f"# Question: {_comment(question.outcome)}, {question.measure}",
        f"# Method: {_comment(answer.method)}",
        "library(metafor)",
        "",
        *_data(answer, rows),
        "",
        *_fit(answer, rows),
    ]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return " ".join(fold(text).split())


def _text(text: str) -> str:
    """A string of R in ASCII: nothing in it ends it."""
    out = []
    for char in fold(text):
        if char in '"\\':
            out.append("\\" + char)
        elif " " <= char <= "~":
            out.append(char)
        else:
            out.append(f"\\U{ord(char):08x}" if ord(char) > 0xFFFF else f"\\u{ord(char):04x}")
    return f'"{"".join(out)}"'


def _vector(values: Sequence[float | int | None]) -> str:
    return "c(" + ", ".join("NA" if value is None else repr(value) for value in values) + ")"


def _data(answer: Synthesis, rows: Sequence[Row]) -> Iterator[str]:
    measure = answer.question.measure
    yield "dat <- data.frame("
    yield f"  study = c({', '.join(_text(row.label) for row in rows)}),"
    if _counted(rows):
        yield f"  ai = {_vector([row.treatment.events for row in rows])},"
        yield f"  n1i = {_vector([row.treatment.n for row in rows])},"
        yield f"  ci = {_vector([row.control.events for row in rows])},"
        yield f"  n2i = {_vector([row.control.n for row in rows])}"
    elif _measured(rows) and measure in ("MD", "SMD", "ROM"):
        for name, side in (("1", "treatment"), ("2", "control")):
            groups = [getattr(row, side) for row in rows]
            yield f"  m{name}i = {_vector([group.mean for group in groups])},"
            yield f"  sd{name}i = {_vector([group.sd for group in groups])},"
            yield f"  n{name}i = {_vector([group.n for group in groups])}{',' * (name == '1')}"
    else:
        effects = [_held(answer, row) for row in rows]
        yield f"  yi = {_vector([y for y, _ in effects])},"
        yield f"  vi = {_vector([v for _, v in effects])}"
    yield ")"


def _counted(rows: Sequence[Row]) -> bool:
    return all(
        None not in (row.treatment.events, row.treatment.n, row.control.events, row.control.n)
        for row in rows
    )


def _measured(rows: Sequence[Row]) -> bool:
    groups = [group for row in rows for group in (row.treatment, row.control)]
    return all(None not in (group.mean, group.sd, group.n) for group in groups)


def _held(answer: Synthesis, row: Row) -> tuple[float, float]:
    """Effect and variance as pooled, from the Wald interval of the row."""
    from scipy import special

    z = float(special.ndtri(0.5 + answer.question.level / 2.0))
    low, middle, high = row.low or 0.0, row.estimate or 0.0, row.high or 0.0
    if is_ratio(answer.question.measure):
        low, middle, high = (math.log(x) if x > 0 else math.nan for x in (low, middle, high))
    return middle, ((high - low) / (2.0 * z)) ** 2


def _fit(answer: Synthesis, rows: Sequence[Row]) -> Iterator[str]:
    question = answer.question
    measure, level = question.measure, f"level = {100 * question.level:.10g}"
    counted, model = _counted(rows), question.model
    if model not in _MODELS:
        yield f"# metafor has no model {_text(model)}; random effects (REML) stand in its place"
    tables = "ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat"
    if model == "MH" and counted:
        drop = "FALSE" if measure == "RD" else "TRUE"
        yield (
            f'res <- rma.mh({tables}, measure = "{measure}", add = c(0.5, 0), '
            f'to = c("only0", "none"), drop00 = {drop}, {level})'
        )
    elif model == "Peto" and counted:
        yield f"res <- rma.peto({tables}, {level})"
    elif model == "GLMM" and counted:
        yield f'res <- rma.glmm({tables}, measure = "{measure}", model = "UM.FS", {level})'
    else:
        yield from _effects(answer, rows)
        method = "EE" if model == "common" else (question.tau2 if model == "random" else "REML")
        test = "z" if model == "common" else _TESTS.get(question.interval, "z")
        if model == "random" and question.interval not in _TESTS:
            yield f"# metafor has no interval {_text(question.interval)}; Wald stands in its place"
        yield (
            f'res <- rma(yi, vi, data = dat, method = "{method}", test = "{test}", {level}, '
            f"{_TIGHT})"
        )
    yield "print(res)"
    show = "exp" if is_ratio(measure) else "identity"
    yield f"here <- c({_printed(answer)})"
    yield f"there <- {show}(c(res$beta[1], res$ci.lb, res$ci.ub))"
    yield 'cat("here   ", format(here, digits = 10), "\\n")'
    yield 'cat("metafor", format(there, digits = 10), "\\n")'


def _effects(answer: Synthesis, rows: Sequence[Row]) -> Iterator[str]:
    question = answer.question
    measure = question.measure
    if _counted(rows) and question.zero_cells != "treatment-arm":
        to = question.zero_cells
        drop = "FALSE" if measure == "RD" else "TRUE"
        yield (
            f'dat <- escalc("{measure}", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat, '
            f'add = 0.5, to = "{to}", drop00 = {drop})'
        )
    elif _counted(rows):
        effects = [_held(answer, row) for row in rows]
        yield "# corrected by the size of the opposite arm (Sweeting et al. 2004), computed here"
        yield f"dat$yi <- {_vector([y for y, _ in effects])}"
        yield f"dat$vi <- {_vector([v for _, v in effects])}"
    elif _measured(rows) and measure in ("MD", "SMD", "ROM"):
        plain = ", correct = FALSE" if measure == "ROM" else ""
        yield (
            f'dat <- escalc("{measure}", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, '
            f"sd2i = sd2i, n2i = n2i, data = dat{plain})"
        )


def _printed(answer: Synthesis) -> str:
    pooled = answer.pooled
    values = (None,) * 3 if pooled is None else (pooled.estimate, pooled.low, pooled.high)
    return ", ".join("NA" if value is None else repr(value) for value in values)
