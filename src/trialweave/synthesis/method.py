"""The method of a synthesis in words, for a report: every choice of the model, named."""

from __future__ import annotations

from trialweave.synthesis.effects import COUNT_MEASURES, is_ratio
from trialweave.synthesis.question import Question

__all__ = ["INTERVAL_NAMES", "MODEL_NAMES", "how_pooled", "measure_name", "method_sentence"]

_MEASURES = {
    "RR": "risk ratios",
    "OR": "odds ratios",
    "RD": "risk differences",
    "MD": "mean differences",
    "SMD": "standardised mean differences (Hedges' g, exact correction)",
    "ROM": "ratios of means",
    "HR": "hazard ratios",
}
_SCALES = {"RD": "differences of risks", "MD": "differences", "SMD": "differences"}
_TAU2 = {
    "REML": "restricted maximum likelihood",
    "ML": "maximum likelihood",
    "DL": "the method of DerSimonian and Laird",
    "PM": "the method of Paule and Mandel",
    "PMM": "the median-unbiased method of Paule and Mandel",
    "EB": "empirical Bayes",
    "HE": "the method of Hedges and Olkin",
    "HS": "the method of Hunter and Schmidt",
    "HSk": "the small-sample method of Hunter and Schmidt",
    "SJ": "the method of Sidik and Jonkman",
}
_INTERVAL = {
    "HK": "the method of Hartung, Knapp, Sidik and Jonkman (t, k - 1 degrees of freedom)",
    "HK-adhoc": (
        "the method of Hartung, Knapp, Sidik and Jonkman (t, k - 1 degrees of freedom) with its "
        "variance factor not below 1"
    ),
    "HK-ci": (
        "the method of Hartung, Knapp, Sidik and Jonkman (t, k - 1 degrees of freedom), or Wald's "
        "where that is wider"
    ),
    "KR": "the method of Kenward and Roger",
    "PL": "profile likelihood",
    "Wald": "normal quantiles (Wald)",
}
_PREDICTION = {
    "k-1": "prediction interval by t with k - 1 degrees of freedom",
    "k-2": "prediction interval by t with k - 2 degrees of freedom",
    "normal": "prediction interval by normal quantiles",
    "HK": (
        "prediction interval by t with k - 1 degrees of freedom and the standard error of the "
        "interval"
    ),
    "HK-PR": (
        "prediction interval by t with k - 2 degrees of freedom and Hartung and Knapp's standard "
        "error"
    ),
    "KR": "prediction interval with Kenward and Roger's standard error and degrees of freedom",
}
_ZERO_CELLS = {
    "only0": "In a study with a zero cell 0.5 was added to each of its four cells.",
    "all": "In every study 0.5 was added to each of its four cells.",
    "treatment-arm": (
        "In a study with a zero cell each cell of a group was raised by the group's share of the "
        "study (treatment-arm correction)."
    ),
    "none": "Nothing was added to zero cells; a study that has no variance then is not pooled.",
}
INTERVAL_NAMES = {
    "HK": "Hartung-Knapp",
    "HK-adhoc": "Hartung-Knapp, never narrower by its factor (ad hoc)",
    "HK-ci": "Hartung-Knapp or Wald, the wider",
    "KR": "Kenward-Roger",
    "PL": "profile likelihood",
    "Wald": "Wald",
}
MODEL_NAMES = {
    "random": "random effects",
    "common": "common effect, inverse variance",
    "MH": "common effect, Mantel-Haenszel, nothing added to zero cells",
    "Peto": "common effect, Peto's one-step odds ratio",
    "GLMM": "binomial-normal mixed model",
    "beta-binomial": "beta-binomial model, nothing added to zero cells",
    "Bayes": "Bayesian random effects",
}


def measure_name(measure: str) -> str:
    """A measure in words, in the plural."""
    return _MEASURES[measure]


def method_sentence(question: Question) -> str:
    """What was pooled, and how, as sentences."""
    designs = "randomised" if question.designs == "randomised" else "comparative"
    return f"One comparison a study; {designs} studies. {how_pooled(question)}"


def how_pooled(question: Question) -> str:
    """The measure and the model, without which studies."""
    name = _MEASURES[question.measure]
    level = f"{100 * question.level:.4g}%"
    said = _MODELS[question.model](question, level)
    return f"{name[0].upper()}{name[1:]} were pooled {said}{_cells(question)}"


def _random(question: Question, level: str) -> str:
    return (
        f"as {_scale(question)} by inverse variance with random effects; τ² by "
        f"{_TAU2[question.tau2]}, its interval by the Q-profile method; {level} interval of the "
        f"pooled effect by {_INTERVAL[question.interval]}; {_PREDICTION[question.prediction]}; "
        "I² from τ²."
    )


def _common(question: Question, level: str) -> str:
    return (
        f"as {_scale(question)} by inverse variance with a common effect; {level} interval by "
        "normal quantiles (Wald); I² from Cochran's Q."
    )


_MH_VARIANCES = {
    "OR": "Robins, Breslow and Greenland",
    "RR": "Greenland and Robins",
    "RD": "Sato, Greenland and Robins",
}


def _mantel_haenszel(question: Question, level: str) -> str:
    return (
        "with a common effect by the method of Mantel and Haenszel; variance of "
        f"{_MH_VARIANCES[question.measure]}; {level} interval by normal quantiles; nothing was "
        "added to zero cells; Q and I² are those of the studies' effects about this estimate."
    )


def _peto(_: Question, level: str) -> str:
    return (
        "with a common effect by Peto's one-step method, from observed less expected events and "
        f"their hypergeometric variance; {level} interval by normal quantiles; nothing was added "
        "to zero cells."
    )


def _glmm(_: Question, level: str) -> str:
    return (
        "by a binomial-normal mixed model with fixed study effects and random log odds ratios, "
        "split evenly between the groups, by maximum likelihood (adaptive quadrature); "
        f"{level} interval by normal quantiles; prediction interval by t with k - 1 degrees of "
        "freedom; Q is the likelihood ratio test against one common effect; nothing was added to "
        "zero cells."
    )


def _beta_binomial(_: Question, level: str) -> str:
    return (
        "by a beta-binomial model of the average risks of the two groups, with one correlation "
        f"within groups, by maximum likelihood; {level} interval by normal quantiles; studies are "
        "not compared within themselves, as if the groups were independent; nothing was added to "
        "zero cells."
    )


def _bayes(question: Question, level: str) -> str:
    from trialweave.synthesis.likelihoods import tau_prior

    prior = tau_prior(question.measure)
    said = f"half-normal with scale {prior.scale:g}" if prior.kind == "half-normal" else "flat"
    return (
        f"as {_scale(question)} by Bayesian random effects with a flat prior of the mean and a "
        f"{said} prior of τ, by quadrature; medians of the posterior with central {level} "
        "intervals, τ² as the square of τ; the prediction interval is that of the posterior "
        "predictive distribution."
    )


_MODELS = {
    "random": _random,
    "common": _common,
    "MH": _mantel_haenszel,
    "Peto": _peto,
    "GLMM": _glmm,
    "beta-binomial": _beta_binomial,
    "Bayes": _bayes,
}


def _scale(question: Question) -> str:
    return _SCALES.get(question.measure, "logarithms")


def _cells(question: Question) -> str:
    """What was done about zero cells and studies without events, where counts are pooled."""
    if question.measure not in COUNT_MEASURES:
        return ""
    corrected = question.model in ("random", "common", "Bayes")
    said = f" {_ZERO_CELLS[question.zero_cells]}" if corrected else ""
    if question.model == "beta-binomial":
        return " Studies without events in both groups are pooled."
    if is_ratio(question.measure):
        return (
            f"{said} Studies without events in both groups, or with events only, are shown and "
            "not pooled."
        )
    if question.zero_cells == "none" and corrected:
        return said
    return f"{said} Studies without events in both groups are pooled."
