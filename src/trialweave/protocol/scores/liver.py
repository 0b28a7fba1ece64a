"""The liver: Child-Pugh, MELD and MELD 3.0, FIB-4."""

from __future__ import annotations

import math
from typing import Final, Literal

from trialweave.protocol.scores.base import (
    Band,
    Classed,
    Part,
    Score,
    Span,
    Value,
    below,
    computed,
    inapplicable,
    item,
    known,
    points,
    rounded,
    span,
    total,
    unbounded,
)  # fmt: skip
from trialweave.protocol.scores.kidney import ADULT, OLDEST, Sex

__all__ = ["Ascites", "child_pugh", "child_pugh_class", "fib4", "meld", "meld_3"]

Ascites = Literal["none", "mild", "moderate", "present"] | None
"""`mild`: slight, or controlled by diuretics; `moderate`: moderate, severe, or refractory;
`present`: there is some, and how much is not known."""

_BILIRUBIN: Final = (Band(2, False, 1), Band(3, True, 2), Band(math.inf, True, 3))
_BILIRUBIN_CHOLESTATIC: Final = (Band(4, False, 1), Band(10, True, 2), Band(math.inf, True, 3))
_ALBUMIN: Final = (Band(2.8, False, 3), Band(3.5, True, 2), Band(math.inf, True, 1))
_INR: Final = (Band(1.7, False, 1), Band(2.3, True, 2), Band(math.inf, True, 3))
_GRADES: Final = below((1, 1), (3, 2), (math.inf, 3))
_ASCITES: Final = {"none": 1, "mild": 2, "moderate": 3}


def child_pugh(
    *,
    bilirubin_mg_dl: Value = None,
    albumin_g_dl: Value = None,
    inr: Value = None,
    ascites: Ascites = None,
    encephalopathy_grade: Value = None,
    cholestatic: bool = False,
) -> Score:
    """Child-Pugh, 5 to 15.

    Bilirubin below 2, 2 to 3, above 3 mg/dL (`cholestatic`, as primary biliary cholangitis: below
    4, 4 to 10, above 10); albumin above 3.5, 2.8 to 3.5, below 2.8 g/dL; INR below 1.7, 1.7 to
    2.3, above 2.3, in the place of the paper's seconds; ascites none, mild, moderate;
    encephalopathy of grade 0, 1 to 2, 3 to 4: 1, 2 and 3 points each.

    SOURCE: Pugh RNH, Murray-Lyon IM, Dawson JL, et al. Br J Surg. 1973;60:646-649.
    """
    bilirubin = _BILIRUBIN_CHOLESTATIC if cholestatic else _BILIRUBIN
    return total(
        (
            points("bilirubin", "bilirubin", bilirubin_mg_dl, bilirubin, 0, 100),
            points("albumin", "albumin", albumin_g_dl, _ALBUMIN, 0, 10),
            points("inr", "inr", inr, _INR, 0.1, 50),
            _ascites(ascites),
            points("encephalopathy", "encephalopathy", encephalopathy_grade, _GRADES, 0, 4),
        )
    )


def _ascites(ascites: Ascites) -> Part:
    if ascites is None or ascites == "present":
        least = 1 if ascites is None else 2
        return item("ascites", Span(least, 3), f"ascites {ascites or 'not known'}", ("ascites",))
    if ascites not in _ASCITES:
        raise ValueError(f"ascites is none of {', '.join(_ASCITES)}: {ascites}")
    worth = _ASCITES[ascites]
    return item("ascites", Span(worth, worth), f"ascites {ascites}")


def child_pugh_class(score: Score) -> Classed:
    """The class of a Child-Pugh score: A 5 to 6, B 7 to 9, C 10 to 15.

    SOURCE: as of `child_pugh`.
    """
    bounds = (("A", 5, 6), ("B", 7, 9), ("C", 10, 15))
    possible = tuple(n for n, low, high in bounds if score.high >= low and score.low <= high)
    if not possible:
        raise ValueError(f"no Child-Pugh score: {score.low:g} to {score.high:g}")
    if len(possible) == 1:
        return Classed(possible[0], possible)
    return Classed(None, possible, score.missing)


def meld(
    *, bilirubin_mg_dl: Value, inr: Value, creatinine_mg_dl: Value, dialysis: bool | None = False
) -> Score:
    """MELD, 6 to 40, as it was first used for allocation, without sodium.

    3.78 ln bilirubin + 11.2 ln INR + 9.57 ln creatinine + 6.43, each at least 1, creatinine at
    most 4 mg/dL, and 4 with `dialysis` at least twice in the last week; rounded.

    SOURCE: Kamath PS, Wiesner RH, Malinchoc M, et al. Hepatology. 2001;33:464-470; bounds: Wiesner
    R, Edwards E, Freeman R, et al. Gastroenterology. 2003;124:91-96.
    """

    def formula(bilirubin: float, ratio: float, creatinine: float) -> float:
        score = (
            3.78 * math.log(max(bilirubin, 1.0))
            + 11.2 * math.log(max(ratio, 1.0))
            + 9.57 * math.log(min(max(creatinine, 1.0), 4.0))
            + 6.43
        )
        return min(rounded(score), 40.0)

    spans = (
        span("bilirubin", bilirubin_mg_dl, 0, 100),
        span("inr", inr, 0.1, 50),
        _dialysed(creatinine_mg_dl, dialysis, 4.0),
    )
    return computed(formula, spans, _open(bilirubin_mg_dl, inr, creatinine_mg_dl, dialysis))


def meld_3(
    *,
    bilirubin_mg_dl: Value,
    inr: Value,
    creatinine_mg_dl: Value,
    sodium_mmol_l: Value,
    albumin_g_dl: Value,
    sex: Sex,
    dialysis: bool | None = False,
) -> Score:
    """MELD 3.0, 6 to 40; for adults.

    1.33 in women + 4.56 ln bilirubin + 0.82 (137 - Na) - 0.24 (137 - Na) ln bilirubin + 9.09 ln INR
    + 11.14 ln creatinine + 1.85 (3.5 - albumin) - 1.83 (3.5 - albumin) ln creatinine + 6, with
    bilirubin and INR at least 1, creatinine 1 to 3 mg/dL (3 with `dialysis`), sodium 125 to 137
    mmol/L, albumin 1.5 to 3.5 g/dL; rounded.

    SOURCE: Kim WR, Mannalithara A, Heimbach JK, et al. Gastroenterology. 2021;161:1887-1895.
    """

    def formula(
        bilirubin: float, ratio: float, creatinine: float, sodium: float, albumin: float,
        female: float,
    ) -> float:  # fmt: skip
        yellow = math.log(max(bilirubin, 1.0))
        renal = math.log(min(max(creatinine, 1.0), 3.0))
        lack = 137 - min(max(sodium, 125.0), 137.0)
        thin = 3.5 - min(max(albumin, 1.5), 3.5)
        score = (
            1.33 * female
            + 4.56 * yellow
            + 0.82 * lack
            - 0.24 * lack * yellow
            + 9.09 * math.log(max(ratio, 1.0))
            + 11.14 * renal
            + 1.85 * thin
            - 1.83 * thin * renal
            + 6
        )
        return min(rounded(score), 40.0)

    spans = (
        span("bilirubin", bilirubin_mg_dl, 0, 100),
        span("inr", inr, 0.1, 50),
        _dialysed(creatinine_mg_dl, dialysis, 3.0),
        span("sodium", sodium_mmol_l, 80, 200),
        span("albumin", albumin_g_dl, 0, 10),
        Span(float(sex == "female"), float(sex != "male")),
    )
    missing = _open(bilirubin_mg_dl, inr, creatinine_mg_dl, dialysis)
    more = (("sodium", known(sodium_mmol_l)), ("albumin", known(albumin_g_dl)),
            ("sex", sex is not None))  # fmt: skip
    return computed(formula, spans, missing + tuple(name for name, has in more if not has))


def _dialysed(creatinine_mg_dl: Value, dialysis: bool | None, most: float) -> Span:
    limits = span("creatinine", creatinine_mg_dl, 0, 100)
    if dialysis:
        return Span(most, most)
    return limits if dialysis is False else Span(limits.low, max(limits.high, most))


def _open(
    bilirubin: Value, inr: Value, creatinine: Value, dialysis: bool | None
) -> tuple[str, ...]:
    said = (
        ("bilirubin", known(bilirubin)),
        ("inr", known(inr)),
        ("creatinine", known(creatinine) or bool(dialysis)),
        ("dialysis", dialysis is not None),
    )
    return tuple(name for name, has in said if not has)


def fib4(*, age_years: Value, ast_u_l: Value, alt_u_l: Value, platelets_10e9_l: Value) -> Score:
    """FIB-4: age × AST / (platelets × √ALT); for adults.

    SOURCE: Sterling RK, Lissen E, Clumeck N, et al. Hepatology. 2006;43:1317-1325.
    """
    inputs = (
        ("age", age_years, 0.0, OLDEST),
        ("ast", ast_u_l, 0.0, 100_000.0),
        ("alt", alt_u_l, 0.5, 100_000.0),
        ("platelets", platelets_10e9_l, 0.5, 5_000.0),
    )
    spans = [span(name, value, least, most) for name, value, least, most in inputs]
    missing = tuple(name for name, value, _, _ in inputs if not known(value))
    if age_years is not None and spans[0].low < ADULT:
        return inapplicable("the index is for 18 years and over")
    if any(value is None for name, value, _, _ in inputs if name != "age"):
        return unbounded(missing)
    spans[0] = Span(max(spans[0].low, ADULT), spans[0].high)
    return computed(lambda age, ast, alt, plt: age * ast / (plt * math.sqrt(alt)), spans, missing)
