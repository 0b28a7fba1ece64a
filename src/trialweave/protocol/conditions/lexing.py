"""A condition in words, signs and strings, and how an error names its place."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, NoReturn

from trialweave.errors import Unreadable

__all__ = ["Token", "Tokens"]

_TOKEN: Final = re.compile(
    r"""\s+
    |(?P<string>"(?:[^"\\\n]|\\.)*"|“[^”\n]*”)
    |(?P<sign>>=|<=|=>|=<|[<>=≥≤])
    |(?P<mark>[()\[\]{},;:?])
    |(?P<word>[^\s"“”<>=≥≤()\[\]{},;:?]+)
    |(?P<bad>.)""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_LETTERS: Final = {"n": "\n", "t": "\t"}


class Token(NamedTuple):
    kind: str  # "word", "string", "sign", "mark", "end"
    text: str
    at: int


class Tokens:
    """The words of a text, one after the other: `now` is the next one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.now = Token("end", "", 0)
        self.step()

    # -- words -------------------------------------------------------------------------------

    def step(self) -> Token:
        """The token that was read, and the next one in its place."""
        before = self.now
        while self.at < len(self.text):
            found = _TOKEN.match(self.text, self.at)
            assert found is not None  # the last alternative takes any character
            start, self.at = self.at, found.end()
            kind = found.lastgroup
            if kind == "bad":
                self.now = Token("bad", found[0], start)
                closing = "”" if found[0] == "“" else '"'
                self.refuse(f"a closing {closing}" if found[0] in '"“' else "a word or a sign")
            if kind is not None:
                self.now = Token(kind, found[0], start)
                return before
        self.now = Token("end", "", len(self.text))
        return before

    def refuse(self, expected: str, at: Token | None = None) -> NoReturn:
        """Raise Unreadable: what was expected here, or at a token before."""
        one = at or self.now
        line = self.text.count("\n", 0, one.at) + 1
        column = one.at - (self.text.rfind("\n", 0, one.at) + 1) + 1
        found = f"“{one.text[:60]}”" if one.kind != "end" else "the end"
        raise Unreadable(f"line {line}, column {column}: expected {expected}, found {found}.")

    def is_next(self, *words: str) -> bool:
        """Whether the next token is one of some words or marks."""
        return self.now.kind in ("word", "mark") and self.now.text.casefold() in words

    def need(self, word: str) -> None:
        """Take a word or mark that has to stand here."""
        if not self.is_next(word):
            self.refuse(f'"{word}"')
        self.step()

    def string(self) -> str:
        """Take a string; what it says."""
        text = self.step().text
        if text[0] == "“":
            return text[1:-1]

        def plain(found: re.Match[str]) -> str:
            code, letter = found.groups()
            return chr(int(code, 16)) if code else _LETTERS.get(letter, letter)

        return _ESCAPE.sub(plain, text[1:-1])
