"""The fields of a question as a form offers them: which come first, and each choice in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from trialweave.faces import layout
from trialweave.synthesis.question import (
    DESIGNS,
    INTERVALS,
    MODELS,
    POOLED_BY,
    PREDICTIONS,
    REGISTERED,
    SUBGROUPS,
    TAU2_ESTIMATORS,
    ZERO_CELLS,
    Question,
)

__all__ = ["MEASURES", "choices", "further_is_used", "query", "query_pairs"]

MEASURES: Final = (
    ("Events", (("RR", "risk ratio"), ("OR", "odds ratio"), ("RD", "risk difference"))),
    (
        "Means",
        (
            ("MD", "mean difference"),
            ("SMD", "standardised mean difference"),
            ("ROM", "ratio of means"),
        ),
    ),
    ("Time to event", (("HR", "hazard ratio, as reported"),)),
)
"""The measures by the kind of outcome that they are of."""

_FIRST: Final = ("outcome", "measure", "population", "product", "comparator", "time")
_WORDS: Final[dict[str, dict[str, str]]] = {
    "model": {
        "random": "random effects", "common": "common effect, inverse variance",
        "MH": "Mantel-Haenszel", "Peto": "Peto", "GLMM": "binomial-normal (GLMM)",
        "beta-binomial": "beta-binomial", "Bayes": "Bayesian random effects",
    },
    "tau2": {
        "REML": "REML", "DL": "DerSimonian-Laird", "PM": "Paule-Mandel",
        "PMM": "Paule-Mandel, median unbiased", "ML": "maximum likelihood",
        "EB": "empirical Bayes", "HE": "Hedges-Olkin", "HS": "Hunter-Schmidt",
        "HSk": "Hunter-Schmidt, small samples", "SJ": "Sidik-Jonkman",
    },
    "interval": {
        "HK": "Hartung-Knapp", "Wald": "Wald", "HK-adhoc": "Hartung-Knapp, never narrower",
    },
    "prediction": {
        "k-1": "t, k − 1 df", "k-2": "t, k − 2 df", "normal": "normal", "HK": "Hartung-Knapp",
    },
    "zero_cells": {
        "only0": "0.5 where a cell is zero", "all": "0.5 in every study",
        "treatment-arm": "by the sizes of the groups", "none": "nothing added",
    },
    "designs": {"randomised": "randomised", "comparative": "all comparative"},
    "registered": {"": "at any time", "before enrolment": "before enrolment"},
    "subgroup": {"": "none"},
}  # fmt: skip
_KNOWN: Final[dict[str, Sequence[str]]] = {
    "model": MODELS, "tau2": TAU2_ESTIMATORS, "interval": INTERVALS, "prediction": PREDICTIONS,
    "zero_cells": ZERO_CELLS, "designs": DESIGNS, "registered": REGISTERED, "subgroup": SUBGROUPS,
}  # fmt: skip


def choices() -> dict[str, list[tuple[str, str]]]:
    """What each choice can be, with its name; a model that pools some measures only says which."""
    found = {
        name: [(value, _WORDS[name].get(value, value)) for value in known]
        for name, known in _KNOWN.items()
    }
    found["model"] = [
        (value, f"{said}: {', '.join(POOLED_BY[value])}" if value in POOLED_BY else said)
        for value, said in found["model"]
    ]
    return found


def further_is_used(asked: Mapping[str, Any]) -> bool:
    """Whether any choice beyond the first ones is not the default, so that it must be seen."""
    return any(
        asked.get(field.name, field.default) != field.default
        for field in msgspec.structs.fields(Question)
        if field.name not in (*_FIRST, "exclude", "title")
    )


def query_pairs(
    question: Question, *, everything: bool = False, without: str = ""
) -> list[tuple[str, object]]:
    """The query that asks a question, without defaults; with `everything`, leaving no study out.

    `without` is a further study to leave out. The title is no part of it.
    """
    pairs: list[tuple[str, object]] = [("outcome", question.outcome)]
    for field in msgspec.structs.fields(Question):
        value = getattr(question, field.name)
        if field.name not in ("outcome", "title", "exclude") and value != field.default:
            pairs.append((field.name, "true" if value is True else value))
    names = () if everything else (*question.exclude, *([without] if without else []))
    return pairs + [("without", name) for name in names]


def query(question: Question, *more: tuple[str, object]) -> str:
    """The query string that asks a question, with its question mark, and `more` pairs."""
    return layout.query_of([*query_pairs(question), *more])
