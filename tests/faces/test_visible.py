"""Text of records made safe to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialweave.publish.text import blank_lines_out, cut, fold, visible

STEERING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029"
# Surrogates and all: what JSON escapes and command lines can bring.
ANY = st.text(st.characters(codec=None) | st.sampled_from(STEERING + "\x1b\x9b\x00\x7f\r\n\t[]"))


@given(ANY)
def test_nothing_is_left_that_steers_a_terminal_or_turns_a_line(text: str) -> None:
    shown = visible(text)
    assert not [
        char
        for char in shown
        if (unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") and char != "\n")
        or char in STEERING
    ]
    shown.encode("utf-8")
    assert visible(shown) == shown
    assert "\n" not in visible(text, lines=False)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_ordinary_text_of_any_script_is_left_alone(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("received", "shown"),
    [
        ("\x1b[31mred", "⟨U+001B⟩[31mred"),
        ("a\x9b2Jb", "a⟨U+009B⟩2Jb"),
        ("exe\u202egnp", "exe⟨U+202E⟩gnp"),
        ("می\u200cشود", "می\u200cشود"),  # the joiner that Persian spelling needs
        ("one\u200f\ufefftwo", "onetwo"),
        ("one\r\ntwo\rthree\tfour", "one\ntwo⟨U+000D⟩three four"),
        ("\ud800", "⟨U+D800⟩"),
        ("≤ 93% β × 10⁶", "≤ 93% β × 10⁶"),
    ],
)
def test_what_is_shown(received: str, shown: str) -> None:
    assert visible(received) == shown


@given(ANY)
def test_folded_text_is_one_trimmed_line(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())


@given(st.text(), st.integers(1, 40))
def test_cut_keeps_the_width_and_the_beginning(text: str, width: int) -> None:
    short = cut(text, width)
    assert len(short) <= width
    assert text.startswith(short.removesuffix("…").rstrip()) or text == short


def test_blank_lines_become_one() -> None:
    assert blank_lines_out("a\n\n \n\nb\nc") == "a\n\nb\nc"
