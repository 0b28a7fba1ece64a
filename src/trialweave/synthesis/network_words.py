"""The method and the notes of a network meta-analysis in words."""

from __future__ import annotations

from typing import Final

__all__ = ["MOST_TRIANGLES", "NOTES", "how_compared", "measure_name"]

MOST_TRIANGLES: Final = 1000  # beyond, nobody reads them one by one

NOTES: Final = {
    "no random effects": "No random effects: ask for a common effect, or name τ².",
    "common effect": "A common effect has no prediction interval: it takes studies not to differ.",
    "no prediction": "No prediction interval: it needs more comparisons than treatments need.",
    "no direction": (
        "Whether small or large values are good was not said: treatments are not ranked."
    ),
    "no participants": "Treatments with studies that do not tell their number of participants.",
    "many triangles": (
        f"Over {MOST_TRIANGLES} triangles of direct comparisons: they are not looked at one by "
        "one; Q between designs covers them."
    ),
    "not printable": "Numbers too large to be printed as ratios are left out.",
}

_MEASURES = {
    "OR": "odds ratios",
    "RR": "risk ratios",
    "RD": "risk differences",
    "AS": "arcsine differences",
    "IRR": "incidence rate ratios",
    "MD": "mean differences",
    "SMD": "standardised mean differences (Hedges' g, exact correction)",
    "ROM": "ratios of means",
    "HR": "hazard ratios",
}
_TAU2 = {
    "REML": "estimated by restricted maximum likelihood",
    "ML": "estimated by maximum likelihood",
    "DL": "estimated by the method of DerSimonian and Laird, generalised to networks",
}


def measure_name(measure: str) -> str:
    """The effects of a measure in words: ``odds ratios``."""
    return _MEASURES[measure]


def how_compared(
    measure: str,
    model: str,
    tau2_method: str,
    level: float,
    df: int,
    *,
    ranked: bool,
    corrected: bool,
) -> str:
    """Every choice of the analysis; `tau2_method` is "given" for a τ² that was named.

    `ranked`: there are P-scores; `corrected`: some study had a cell of 0.
    """
    name = _MEASURES[measure]
    said = [
        f"{name[0].upper()}{name[1:]} were compared in a frequentist network meta-analysis of "
        "contrasts, by least squares weighted with the inverse of their variance, which takes in "
        "the correlation of effects within studies of more than two arms (the graph-theoretical "
        "method of Rücker gives the same)."
    ]
    percent = f"{100 * level:.4g}%"
    if corrected:
        said.append("In studies with a cell of 0, 0.5 was added to the cells of all arms.")
    if model == "common":
        said.append(f"A common effect was assumed; {percent} intervals are Wald intervals.")
    else:
        how = _TAU2.get(tau2_method, "set beforehand")
        freedom = "1 degree of freedom" if df == 1 else f"{df} degrees of freedom"
        prediction = f"; prediction intervals by t with {freedom}" if df else ""
        said.append(
            f"Random effects have one τ² for all comparisons, {how}; {percent} intervals are Wald "
            f"intervals{prediction}."
        )
    said.append(
        "Inconsistency: Q between designs; direct against indirect evidence by back-calculation, "
        "comparison by comparison; triangles of direct comparisons."
    )
    if ranked:
        said.append("Treatments are ranked by P-scores.")
    return " ".join(said)
