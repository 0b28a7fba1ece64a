"""Small faults made in a module's source, one at a time: an operator, a constant, a condition."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}


@dataclass(frozen=True)
class Mutant:
    """One changed place: the `change`-th change that is known for the `node`-th node."""

    module: str
    function: str  # the outermost function, "Class.method" or "function"; "" outside of any
    node: int
    change: int
    line: int
    what: str
    columns: str  # "first-last", from the line's first letter: the same when lines move
    text: str  # of the line

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names the mutant as long as its line stays as it is."""
        return self.module, self.columns, self.what, self.text


def path(module: str) -> Path:
    """The file of a module, by its full name."""
    place = SOURCE.joinpath(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def mutants(module: str) -> list[Mutant]:
    """All mutants of a module."""
    source = path(module).read_text()
    lines = source.splitlines()
    found = []
    for position, (node, function) in enumerate(_nodes(ast.parse(source))):
        for number, (what, _) in enumerate(_changes(node)):
            line = lines[node.lineno - 1]  # type: ignore[attr-defined]
            place = (node.lineno, what, _columns(node, line), line.strip())  # type: ignore[attr-defined]
            found.append(Mutant(module, function, position, number, *place))
    return found


def _columns(node: ast.AST, line: str) -> str:
    """The columns of a node without its indentation; the last one is open in a later line."""
    indent = len(line) - len(line.lstrip())
    first, last = (
        len(line.encode()[:offset].decode()) - indent
        for offset in (node.col_offset, node.end_col_offset)  # type: ignore[attr-defined]
    )
    return f"{first}-{last if node.lineno == node.end_lineno else ''}"  # type: ignore[attr-defined]


def sample(modules: list[str], number: int, seed: int) -> list[Mutant]:
    """About `number` mutants of a package: each module's share is that of its mutants."""
    each = {module: mutants(module) for module in modules}
    total = sum(map(len, each.values()))
    chosen: list[Mutant] = []
    for module, of_module in each.items():
        share = min(len(of_module), -(-number * len(of_module) // max(1, total)))
        chosen += random.Random(f"{seed} {module}").sample(of_module, share)
    return sorted(chosen, key=lambda m: (m.module, m.line, m.columns, m.what))


def mutated(mutant: Mutant) -> ast.Module:
    """The module's syntax tree with the one change."""
    tree = ast.parse(path(mutant.module).read_text())
    wanted = next(n for place, (n, _) in enumerate(_nodes(tree)) if place == mutant.node)
    _, change = _changes(wanted)[mutant.change]
    changed = change(copy.deepcopy(wanted))

    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return changed if node is wanted else self.generic_visit(node)

    Put().visit(tree)
    return ast.fix_missing_locations(tree)


def _nodes(tree: ast.AST, outside: str = "", function: str = "") -> Iterator[tuple[ast.AST, str]]:
    """All nodes that are run, in one fixed order, with the outermost function they are in.

    Left out: annotations, assertions, decorators (caches, frozen classes), f-strings and what is
    raised (messages).
    """
    skipped = {"annotation", "returns", "decorator_list"}
    if isinstance(tree, ast.ClassDef):
        skipped.add("keywords")
    for field, value in ast.iter_fields(tree):
        if field in skipped:
            continue
        for child in value if isinstance(value, list) else [value]:
            messages = (ast.Assert, ast.Raise, ast.JoinedStr)
            if not isinstance(child, ast.AST) or isinstance(child, messages):
                continue
            inner, inside = function, outside
            if isinstance(child, ast.ClassDef):
                inside = f"{outside}{child.name}."
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and not function:
                inner = outside + child.name
            yield child, inner
            yield from _nodes(child, inside, inner)


def _changes(node: ast.AST) -> list[tuple[str, Callable[[ast.AST], ast.AST]]]:
    """What can be changed in a node, each as words and as a function of a copy of it."""
    found: list[tuple[str, Callable[[ast.AST], ast.AST]]] = []

    def add(what: str, change: Callable[[ast.AST], ast.AST]) -> None:
        found.append((what, change))

    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in _COMPARISONS[type(operator)]:
                add(f"{type(operator).__name__} → {other.__name__}", _comparison(place, other))
    elif isinstance(node, ast.BinOp):
        for arithmetic in _ARITHMETIC.get(type(node.op), ()):
            add(f"{type(node.op).__name__} → {arithmetic.__name__}", _set("op", arithmetic()))
    elif isinstance(node, ast.AugAssign):
        for arithmetic in _ARITHMETIC.get(type(node.op), ()):
            add(f"{type(node.op).__name__}= → {arithmetic.__name__}=", _set("op", arithmetic()))
    elif isinstance(node, ast.BoolOp):
        other_bool = ast.Or if isinstance(node.op, ast.And) else ast.And
        add(f"{type(node.op).__name__} → {other_bool.__name__}", _set("op", other_bool()))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub, ast.Invert)):
        add(f"{type(node.op).__name__} left out", lambda n: n.operand)  # type: ignore[attr-defined]
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            add(f"{node.value} → {not node.value}", _set("value", not node.value))
        elif isinstance(node.value, (int, float)):
            for step in (1, -1):
                if node.value + step != node.value:
                    add(f"{node.value} → {node.value + step}", _set("value", node.value + step))
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        add("condition negated", _negated)
    elif isinstance(node, ast.Return) and not (
        node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None)
    ):
        add("returns None", _set("value", ast.Constant(None)))
    return found


def _set(field: str, value: object) -> Callable[[ast.AST], ast.AST]:
    def change(node: ast.AST) -> ast.AST:
        setattr(node, field, value)
        return node

    return change


def _comparison(place: int, other: type[ast.cmpop]) -> Callable[[ast.AST], ast.AST]:
    def change(node: ast.AST) -> ast.AST:
        node.ops[place] = other()  # type: ignore[attr-defined]
        return node

    return change


def _negated(node: ast.AST) -> ast.AST:
    node.test = ast.UnaryOp(ast.Not(), node.test)  # type: ignore[attr-defined]
    return node
