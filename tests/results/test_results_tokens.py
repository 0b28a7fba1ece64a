"""P values, effects and numbers as texts print them, dirt included."""

from __future__ import annotations

import time

import pytest

from trialweave.model import Effect, PValue
from trialweave.results.numbers import plain_decimal, whole_number
from trialweave.results.tokens import as_effect, as_p_value, find_p_values, tokenise


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("24", 24), ("1,052", 1052), ("two", 2), ("Forty-four", 44), ("ninety", 90), ("zero", 0),
        ("10,52", None), ("many", None), ("1" * 40, None),
    ],
)  # fmt: skip
def test_whole_numbers(text: str, number: int | None) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    ("text", "plain"), [("0,05", "0.05"), ("0·056", "0.056"), (".03", "0.03"), ("0/001", "0.001")]
)
def test_plain_decimals(text: str, plain: str) -> None:
    assert plain_decimal(text) == plain


@pytest.mark.parametrize(
    ("text", "operator", "number"),
    [
        ("P < 0.0001", "<", "0.0001"),
        ("p=.048", "=", "0.048"),
        ("P-value: 0.90", "=", "0.90"),
        ("p value of 0.03", "=", "0.03"),
        ("P ≤ 0,05", "<=", "0.05"),
        ("P=0·048", "=", "0.048"),
        ("p = 0/001", "=", "0.001"),
        ("P&lt;0.01", "<", "0.01"),
        ("P = 1.2 × 10−5", "=", "1.2e-5"),
        ("p > 0.99", ">", "0.99"),
    ],
)
def test_p_values(text: str, operator: str, number: str) -> None:
    (value,) = find_p_values(f"it was so ({text}).")
    assert (value.operator, value.text) == (operator, number)


def test_the_test_named_beside_a_p_value_is_kept() -> None:
    sentence = "more often (Fisher's exact test, P = 0.02)"
    (token,) = [token for token in tokenise(sentence) if token.kind == "p"]
    value = as_p_value(token, sentence, 100)
    assert isinstance(value, PValue)
    assert value.test == "Fisher's exact test"
    assert value.passage is not None
    assert sentence[value.passage.start - 100 : value.passage.end - 100] == "P = 0.02"


@pytest.mark.parametrize(
    "text", ["P for trend = 0.03", "P = 0.04 and 0.01, respectively", "P = 0.03 for interaction"]
)
def test_p_values_of_something_else_or_in_lists_are_not_taken(text: str) -> None:
    assert list(find_p_values(text)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "relative risk (RR) 1.92, 95% confidence interval (CI) 1.36 to 2.71",
            Effect("RR", "1.92", "1.36", "2.71"),
        ),
        ("HR, 0.80; 95% CI 0.73 to 0.89", Effect("HR", "0.80", "0.73", "0.89")),
        (
            "odds ratio [OR]=1.24, 95% confidence interval [CI]1.08-1.43",
            Effect("OR", "1.24", "1.08", "1.43"),
        ),
        ("RR 0.49 (0.14-1.11)", Effect("RR", "0.49", "0.14", "1.11")),
        ("aHR 2.8, 95%CI: 1.30–6.13", Effect("HR", "2.8", "1.30", "6.13", adjusted=True)),
        ("RR 0,62 (99% CI 0,35–1,12)", Effect("RR", "0.62", "0.35", "1.12", level="99")),
        ("RD -0.30 (95% CI −0.63 to 0.03)", Effect("RD", "-0.30", "-0.63", "0.03")),
        ("odds ratio = 42; 95% CI, 2.4–2,061", Effect("OR", "42", "2.4", "2061")),
    ],
)  # fmt: skip
def test_effects_with_interval(text: str, expected: Effect) -> None:
    tokens = tokenise(f"({text})")
    (token,) = [token for token in tokens if token.kind == "effect"]
    assert as_effect(token, f"({text})", -1) == expected


def test_numbers_inside_intervals_are_no_percentages_of_their_own() -> None:
    kinds = [token.kind for token in tokenise("10% (95% CI 5% to 15%)")]
    assert kinds.count("percent") == 1


def test_names_with_digits_are_words() -> None:
    tokens = tokenise("COVID-19 at 28-day, IL-6 and CD4+ in 7 of 12")
    assert [token.number for token in tokens if token.kind == "int"] == [7, 12]


@pytest.mark.parametrize(
    "piece",
    ["1 ", "OR 1 ", "P = ", "95% CI ", "a-", "1,", "1.", "(", "odds ratio 1 95% CI 1 - ", "é-1"],
)  # fmt: skip
def test_scanning_is_linear(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    start = time.process_time()
    tokenise(text)
    assert time.process_time() - start < 3.0
