"""Queries as people write them, in the criteria that CTIS can be asked for.

CTIS has no operators: it has three lists of terms, of which a trial must contain all, any, or
none. ``a AND b``, ``a OR b``, ``a AND (b OR c)`` and ``NOT d`` can be said with these; anything
more cannot, and is refused rather than bent. A query that is a JSON object is taken for the
criteria themselves, as the address of a search in the portal shows them.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from trialweave.errors import FetchFailed

__all__ = ["criteria_of"]

_TITLE = "EU CTIS"
_PART = re.compile(r'"([^"]*)"|([()])|([^\s()"]+)')
_OPERATORS = frozenset({"AND", "OR", "NOT"})
_LONGEST = 5_000  # characters
_CODES = ("status", "trialPhaseCode")

# A token is an operator, a parenthesis or, with True, words of a term
_Token = tuple[str, bool]


def criteria_of(query: str) -> dict[str, Any]:
    """The searchCriteria for a query. Raises FetchFailed where CTIS cannot be asked so."""
    if len(query) > _LONGEST:
        raise _refused(f"a query of {len(query):,} characters")
    query = query.encode("utf-8", "replace").decode()
    if query.lstrip().startswith("{"):
        return _json(query)
    tokens = _unwrapped(_tokens(query))
    if not tokens:
        return {}
    ors = _split(tokens, "OR")
    if len(ors) > 1:
        return {"containAny": _listed([_term(part) for part in ors])}
    wanted: list[str] = []
    unwanted: list[str] = []
    groups: list[list[str]] = []
    for part in _split(tokens, "AND"):
        if part[:1] == [("NOT", False)]:
            unwanted.append(_term(_unwrapped(part[1:])))
            continue
        inner = _unwrapped(part)
        choices = _split(inner, "OR")
        if len(choices) > 1:
            groups.append([_term(choice) for choice in choices])
        else:
            wanted += [_term(each) for each in _split(inner, "AND")]
    if len(groups) > 1:
        raise _refused("more than one group of alternatives")
    found = {"containAll": wanted, "containAny": groups[0] if groups else [],
             "containNot": unwanted}  # fmt: skip
    return {key: _listed(terms) for key, terms in found.items() if terms}


def _json(query: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(query, type=dict[str, Any])
        for key in _CODES:
            msgspec.convert(found.get(key), list[int] | None)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _refused(f"criteria that cannot be read ({error})") from None
    return found


def _tokens(query: str) -> list[_Token]:
    """Operators, parentheses and terms; words that follow each other are one term."""
    found: list[_Token] = []
    joins = False
    for quoted, bracket, word in _PART.findall(query):
        if bracket or word in _OPERATORS:
            if (word == "NOT" or bracket == "(") and _ends(found):
                found.append(("AND", False))
            found.append((bracket or word, False))
            joins = False
        elif text := " ".join((quoted or word.strip('"')).split()):
            if joins and not quoted:
                found[-1] = (f"{found[-1][0]} {text}", True)
            else:
                found += [("AND", False), (text, True)] if _ends(found) else [(text, True)]
            joins = not quoted
    return found


def _ends(found: list[_Token]) -> bool:
    """Whether a term just ended, so that the next one stands beside it without an operator."""
    return bool(found) and (found[-1][1] or found[-1] == (")", False))


def _unwrapped(tokens: list[_Token]) -> list[_Token]:
    """Without parentheses around the whole."""
    while tokens[:1] == [("(", False)] and _closing(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _closing(tokens: list[_Token]) -> int:
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token == ("(", False)) - (token == (")", False))
        if not depth:
            return index
    return -1


def _split(tokens: list[_Token], operator: str) -> list[list[_Token]]:
    """The parts between an operator outside of all parentheses."""
    parts: list[list[_Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token == ("(", False)) - (token == (")", False))
        if token == (operator, False) and not depth:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _term(tokens: list[_Token]) -> str:
    tokens = _unwrapped(tokens)
    if len(tokens) != 1 or not tokens[0][1]:
        said = " ".join(text for text, _ in tokens)
        raise _refused(f"{said[:60]!a} in the place of a term")
    return tokens[0][0]


def _listed(terms: list[str]) -> str:
    return ", ".join(terms)


def _refused(what: str) -> FetchFailed:
    return FetchFailed(
        f"CTIS cannot be asked for {what}.",
        where=_TITLE,
        next_step="It knows terms that must all, of which any, and of which none may occur: "
        "a AND b, a OR b, a AND (b OR c), NOT d; or searchCriteria as JSON.",
    )
