"""A text made plain for reading, character for character, so that every position stays right."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

__all__ = ["Token", "plain", "singular", "tokens"]

_SPACES: Final = "\u00a0\u1680\u202f\u205f\u3000\t\r¬" + "".join(map(chr, range(0x2000, 0x200B)))
_HYPHENS: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\u02d7\u223c\u301c\uff5e"
_ALIKE: Final = {
    "≧⩾": "≥", "≦⩽": "≤", "’‘ʼ′`´": "'", "“”„″«»": '"', "µμ": "u", "×✕╳х": "x", "。．": ".",
    "，、": ",", "º˚◦∞": "°", "İ": "i", "⁺": "+", "⁻": "-", "⁄∕": "/", "〉": ">", "〈": "<",
    "∗": "*", "㎡": "m", "％": "%",
}  # fmt: skip
"""One form for signs that look alike; ¬ and ∞ are what one export made of µ and °."""
_SYMBOL_FONT: Final = re.compile(r"(?<![\w)])[³£](?=\s?\d)")
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_BRITISH: Final = (
    ("haem", "hem"), ("aemi", "emi"), ("leuc", "leuk"), ("oest", "est"), ("tumour", "tumor"),
    ("oedema", "edema"), ("faec", "fec"), ("anaes", "anes"), ("diarrhoea", "diarrhea"),
    ("ischaem", "ischem"), ("paediat", "pediat"), ("apnoea", "apnea"), ("pnoea", "pnea"),
    ("caesar", "cesar"), ("ionised", "ionized"), ("fibre", "fiber"), ("litre", "liter"),
)  # fmt: skip


class Token(NamedTuple):
    """A word or a number: its form for look-ups, and where it stands."""

    form: str
    start: int
    end: int


@cache
def _map() -> dict[int, str]:
    table = dict.fromkeys(map(ord, _SPACES), " ") | dict.fromkeys(map(ord, _HYPHENS), "-")
    table |= {0xFF01 + i: chr(0x21 + i) for i in range(94)}  # full-width forms
    for digits in ("⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"):
        table |= {ord(sign): str(i) for i, sign in enumerate(digits)}
    for many, one in _ALIKE.items():
        table |= dict.fromkeys(map(ord, many), one)
    return table


def plain(text: str) -> str:
    """The text in small letters with one form of each sign; as long as the text.

    Superscript digits become digits: that they were raised shows in the text itself. The signs of
    a symbol font for ≥ and ≤, which come out as ³ and £, become those where a number follows.
    """
    if "³" in text or "£" in text:
        text = _SYMBOL_FONT.sub(lambda found: "≥" if found[0] == "³" else "≤", text)
    made = text.translate(_map())
    small = made.lower()
    return small if len(small) == len(text) else "".join(sign.lower()[0] for sign in made)


def tokens(plain_text: str) -> list[Token]:
    """The words and numbers of a plain text, in order, in the form for look-ups."""
    return [Token(singular(m[0]), m.start(), m.end()) for m in _WORD.finditer(plain_text)]


@lru_cache(maxsize=50_000)
def singular(word: str) -> str:
    """A word's form for look-ups: British spelling and a plural's "s" put aside."""
    for british, form in _BRITISH:
        if british in word:
            word = word.replace(british, form)
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is", "as")):
        return word[:-1]
    return word
