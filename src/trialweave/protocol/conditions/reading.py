"""A condition as written by hand, as a tree: one pass over its words, from left to right.

    condition  both {"or" both}
    both       single {"and" single}
    single     "not" single | "if" single "then" single | "(" condition ")" | leaf
               | ("all" | "any" | "at least" N) "of:" condition {";" condition}
    leaf       name sign number [unit]              spo2 < 94 %
               number sign name sign number [unit]  18 <= age < 75 a
               name "in" {value, value}             nyha in {III, IV}
               ["no"] [kind ":"] name               no drug: aspirin
               "text"?                              what is kept and not understood

A comparison goes on with "(latest)", ("room air"), a window, and [flags]; an event with a length
("for at least 3 mo") and a window ("within the past 2 d of screening").
"""

from __future__ import annotations

import difflib
import math
import re
from typing import Final

from trialweave.errors import Unreadable
from trialweave.protocol.conditions.lexing import Token, Tokens
from trialweave.protocol.conditions.words import (
    ANCHORS,
    DEEPEST,
    FLAGS,
    KINDS,
    MOMENTS,
    RELATIONS,
    RESERVED,
    TIMES,
    is_unit,
    kind_of,
)
from trialweave.protocol.criteria import tree
from trialweave.protocol.criteria.concepts import concept, concepts
from trialweave.protocol.criteria.tree import Node, Window
from trialweave.protocol.criteria.units import ucum

__all__ = ["SEX", "read"]

SEX: Final = "sex"  # asked for as a set; no measure, so not in the table of concepts
_LONGEST: Final = 100_000  # characters
_UNIT: Final = re.compile(r"(?:[^\s()\[\]{},;:?\"“”]|\[[^\s\[\]]*\]|\{[^\s{}]*\})+")
_NUMBER: Final = re.compile(r"[-+−]?\d{1,400}(?:\.\d{1,400})?(?:[eE][-+]?\d{1,3})?")
_SIGNS: Final = {"≥": ">=", "≤": "<=", "=>": ">=", "=<": "<="}
_LIMITS: Final = re.compile(r"[×x*]\s*(ULN|LLN)\b", re.IGNORECASE)


def read(text: str) -> Node:
    """The tree of a condition; its leaves cover the whole text that it is a condition of, so they
    have no places of their own (0 to 0).

    Raises Unreadable, with line and column, what was expected there and what was found.
    """
    if len(text) > _LONGEST:
        raise Unreadable(f"a condition of {len(text):,} characters; {_LONGEST:,} are the most.")
    reader = _Reader(text)
    node = reader.condition(0)
    if reader.now.kind != "end":
        reader.refuse('"and", "or" or the end')
    return node


class _Reader(Tokens):
    # -- conditions --------------------------------------------------------------------------

    def condition(self, depth: int) -> Node:
        parts = [self._both(depth)]
        while self.is_next("or"):
            self.step()
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else tree.Any(tuple(parts))

    def _both(self, depth: int) -> Node:
        parts = [self._single(depth)]
        while self.is_next("and"):
            self.step()
            parts.append(self._single(depth))
        return parts[0] if len(parts) == 1 else tree.All(tuple(parts))

    def _single(self, depth: int) -> Node:
        if depth > DEEPEST:
            self.refuse(f"no more than {DEEPEST} conditions within each other")
        if self.is_next("not"):
            self.step()
            return tree.Not(self._single(depth + 1))
        if self.is_next("if"):
            self.step()
            condition = self._single(depth + 1)
            self.need("then")
            return tree.If(condition, self._single(depth + 1))
        if self.is_next("("):
            self.step()
            node = self.condition(depth + 1)
            self.need(")")
            return node
        if self.is_next("all", "any", "at"):
            return self._list(depth)
        return self._leaf()

    def _list(self, depth: int) -> Node:
        word = self.step().text.casefold()
        number, counted = 0.0, self.now
        if word == "at":
            self.need("least")
            counted = self.now
            number = self._number()
        self.need("of")
        self.need(":")
        parts = []
        if self.now.kind != "end" and not self.is_next(")", ";"):
            parts.append(self.condition(depth + 1))
            while self.is_next(";"):
                self.step()
                parts.append(self.condition(depth + 1))
        if word != "at":
            return (tree.All if word == "all" else tree.Any)(tuple(parts))
        if not number.is_integer() or not 1 <= number <= len(parts):
            self.refuse(f"a whole number from 1 to {len(parts)}, as many as are listed", counted)
        return tree.AtLeast(int(number), tuple(parts))

    # -- leaves ------------------------------------------------------------------------------

    def _leaf(self) -> Node:
        if self.now.kind == "string":
            return self._named(self.string(), True, self.now)
        if self.now.kind == "word" and _NUMBER.fullmatch(self.now.text):
            return self._range()
        if self.is_next("no"):
            self.step()
            return self._event(present=False)
        started = self.now
        name = self._name("a condition")
        return self._named(name, False, started)

    def _named(self, name: str, quoted: bool, started: Token) -> Node:
        """What goes on with a name: a comparison, a set, an event, or kept text."""
        if quoted and self.is_next("?"):
            self.step()
            return tree.Opaque(name, 0, 0)
        if self.now.kind == "sign":
            sign = self._sign()
            return self._measured(self._concept(name, quoted, started), sign, None, None)
        if self.is_next("in"):
            self.step()
            return self._set(self._concept(name, quoted, started))
        if not quoted and self.is_next(":") and name in KINDS:
            self.step()
            return self._event(present=True, kind=name)
        return self._happening(name, True, "")

    def _name(self, expected: str, numbers: bool = True) -> str:
        """Words up to one that has a meaning of its own, or a string."""
        if self.now.kind == "string":
            return self.string()
        words = []
        while self.now.kind == "word" and self.now.text.casefold() not in RESERVED:
            if not numbers and _NUMBER.fullmatch(self.now.text):
                break
            words.append(self.step().text)
        if not words:
            self.refuse(expected)
        return " ".join(words)

    def _concept(self, name: str, quoted: bool, at: Token) -> str:
        joined = name.replace(" ", "_").casefold()
        if quoted or joined == SEX or concept(joined) is not None:
            return name if quoted else joined
        near = difflib.get_close_matches(joined, [*concepts(), SEX], 3)
        hint = f" ({', '.join(near)}?)" if near else ""
        self.refuse(f"a measure that is known{hint}, or its name in quotes", at)

    def _sign(self) -> str:
        if self.now.kind != "sign":
            self.refuse("one of > >= < <= =")
        text = self.step().text
        return _SIGNS.get(text, text)

    def _number(self) -> float:
        found = self.now.kind == "word" and _NUMBER.fullmatch(self.now.text)
        value = float(self.now.text.replace("−", "-")) if found else math.nan
        if not math.isfinite(value):
            self.refuse("a number, with a point before its decimals")
        self.step()
        return value

    def _range(self) -> Node:
        low = self._number()
        first = self._between()
        started = self.now
        quoted = started.kind == "string"
        name = self._concept(self._name("a measure", numbers=False), quoted, started)
        last = self._between()
        return self._measured(name, "between", low, (first, last))

    def _between(self) -> bool:
        """Whether the end of a range belongs to it."""
        at = self.now
        sign = self._sign()
        if sign not in ("<", "<="):
            self.refuse("< or <=, as in 18 <= age < 75 a", at)
        return sign == "<="

    def _measured(
        self, name: str, sign: str, low: float | None, ends: tuple[bool, bool] | None
    ) -> Node:
        bound = self._number()
        unit, assumed = self._unit()
        at, qualifier = "any", ""
        while self.is_next("("):
            self.step()
            if self.now.kind == "string":
                qualifier = self.string()
            elif self.is_next(*MOMENTS):
                at = self.step().text.casefold()
            else:
                self.refuse(f"{', '.join(MOMENTS)}, or how it is measured in quotes")
            self.need(")")
        window = self._window()
        flags = self._flags()
        return tree.Compare(
            name, sign, bound if low is None else low, 0, 0, None if low is None else bound,
            ends or (True, True), "" if assumed else unit, unit if assumed else "", at, window,
            qualifier, "", flags,
        )  # fmt: skip

    def _unit(self) -> tuple[str, bool]:
        """A unit in UCUM or as people write it, and whether a "?" says that it is assumed."""
        if self.now.kind not in ("word", "mark") or self.is_next(")", "(", ";", ",", "]", ":", "?"):
            return "", False
        if self.is_next(*RESERVED):
            return "", False
        at = self.now
        limit = _LIMITS.match(self.text, at.at)
        found = limit or _UNIT.match(self.text, at.at)
        if found is None or self._flagged(at):
            return "", False
        if limit is not None:
            code = f"{{x{limit[1].upper()}}}"
        else:
            code = found[0] if is_unit(found[0]) else ucum(found[0])
        if not code:
            self.refuse("a unit (UCUM, as mmol/L)", Token("word", found[0], at.at))
        self.at = found.end()
        self.step()
        assumed = self.is_next("?")
        if assumed:
            self.step()
        return code, assumed

    def _flagged(self, at: Token) -> bool:
        """Whether a "[" opens flags, and no unit such as [IU]/L."""
        names = "|".join(FLAGS)
        return at.text == "[" and bool(re.match(rf"\[\s*(?:{names})\b", self.text[at.at :][:80]))

    def _flags(self) -> tuple[str, ...]:
        if not self.is_next("["):
            return ()
        found: list[str] = []
        while not found or self.is_next(","):
            self.step()
            if not self.is_next(*FLAGS):
                self.refuse("a flag, as operator_repaired")
            found.append(self.step().text.casefold())
        self.need("]")
        return tuple(found)

    def _set(self, name: str) -> Node:
        self.need("{")
        values: list[str | float] = []
        while not self.is_next("}"):
            if values:
                self.need(",")
            if self.now.kind == "string":
                values.append(self.string())
            elif self.now.kind == "word" and _NUMBER.fullmatch(self.now.text):
                values.append(self._number())
            elif self.now.kind == "word":
                values.append(self.step().text)
            else:
                self.refuse('a value or "}"')
        self.step()
        qualifier = ""
        if self.is_next("("):
            self.step()
            if self.now.kind != "string":
                self.refuse("how it is measured, in quotes")
            qualifier = self.string()
            self.need(")")
        return tree.InSet(name, tuple(values), 0, 0, qualifier)

    def _event(self, *, present: bool, kind: str = "") -> Node:
        quoted = self.now.kind == "string"
        name = self._name("what happened")
        if not kind and not quoted and self.is_next(":"):
            if name not in KINDS:
                self.refuse(f"one of {', '.join(KINDS)} before a colon")
            self.step()
            kind, name = name, self._name("what happened")
        return self._happening(name, present, kind)

    def _happening(self, name: str, present: bool, kind: str) -> Node:
        window, minimum = self._window(), None
        if window is not None and window.relation == "for_at_least":
            minimum, window = window, self._window()
        return tree.Event(name, present, 0, 0, window, minimum, kind or kind_of(name))

    def _window(self) -> Window | None:
        if not self.is_next("within", "for", "not", "over"):
            return None
        first = self.step().text.casefold()
        if first == "within":
            self.need("the")
            if not self.is_next("past", "next"):
                self.refuse('"past" or "next"')
            relation = f"within_{self.step().text.casefold()}"
        else:
            relation = next(name for name, words in RELATIONS.items() if words[0] == first)
            for word in RELATIONS[relation][1:]:
                self.need(word)
        value, high = self._number(), None
        if self.is_next("to"):
            self.step()
            high = self._number()
        code = self.now.text if self.now.text in TIMES else ucum(self.now.text)
        if self.now.kind != "word" or code not in TIMES:
            self.refuse(f"a unit of time ({', '.join(TIMES)})")
        self.step()
        return Window(relation, value, code, 0, 0, high, self._anchor())

    def _anchor(self) -> str:
        if not self.is_next("of"):
            return ""
        self.step()
        at = self.now
        words = []
        while self.now.kind == "word" and self.now.text.casefold() not in RESERVED:
            words.append(self.step().text.casefold())
        anchor = "_".join(words)
        if anchor not in ANCHORS:
            self.refuse(f"one of {', '.join(ANCHORS)}", at)
        return anchor
