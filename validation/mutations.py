"""Mutation testing: how many small faults put into the code do its tests notice?

``python validation/mutations.py stats --sample 150 --seed 1`` changes one operator, constant,
condition or returned value at a time, in memory only, and runs the matching tests in a child
process for each. Files are never touched. Tests that need the real records do not run: the score
is that of the repository alone.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
STATS = {
    "rounding": ("rounding",),
    "intervals": ("intervals",),
    "survival": ("survival",),
    "effects": ("effects",),
    "pooling": ("pooling",),
    "tau2": ("pooling",),
    "tables": ("tables",),
    "printed": ("granularity",),
    "granularity": ("granularity",),
    "recompute": ("recompute",),
}
_MEMORY = 6 << 30  # bytes, so that a mutant that allocates without end fails

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
    """One changed place: the `change`-th change that `_changes` knows for the `node`-th node."""

    module: str
    node: int
    change: int
    line: int
    what: str


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


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes that are run, in one fixed order: neither annotations nor assertions."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "keywords") and isinstance(tree, ast.ClassDef):
            continue
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.Assert):
                yield child
                yield from _nodes(child)


def _mutants(module: str) -> list[Mutant]:
    tree = ast.parse(_path(module).read_text())
    return [
        Mutant(module, position, number, getattr(node, "lineno", 0), what)
        for position, node in enumerate(_nodes(tree))
        for number, (what, _) in enumerate(_changes(node))
    ]


def _path(module: str) -> Path:
    path = SOURCE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _mutated(mutant: Mutant) -> ast.Module:
    tree = ast.parse(_path(mutant.module).read_text())
    wanted = next(n for position, n in enumerate(_nodes(tree)) if position == mutant.node)
    _, change = _changes(wanted)[mutant.change]
    changed = change(copy.deepcopy(wanted))

    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return changed if node is wanted else self.generic_visit(node)

    Put().visit(tree)
    return ast.fix_missing_locations(tree)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutated module in place of the one on the disk."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module, self.tree = module, tree

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.module:
            return None
        place = _path(name)
        return importlib.util.spec_from_loader(
            name, self, origin=str(place), is_package=place.name == "__init__.py"
        )

    def exec_module(self, module: ModuleType) -> None:
        place = str(_path(self.module))
        module.__file__ = place
        exec(compile(self.tree, place, "exec"), module.__dict__)


def _run(tests: Sequence[str]) -> int:
    """The tests' exit status, in this process."""
    import pytest
    from hypothesis import settings

    settings.register_profile("mutations", database=None, derandomize=True, deadline=None)
    settings.load_profile("mutations")
    found = [test for test in tests if (ROOT / test).exists()]
    quiet = "ignore::pytest.PytestAssertRewriteWarning"  # plugins are loaded before, on purpose
    options = ["-x", "-q", "-p", "no:cacheprovider", "-W", quiet, "-m", "not shared"]
    return int(pytest.main([*options, *found]))


def _outcome(mutant: Mutant | None, tests: Sequence[str], seconds: float) -> str:
    """ "killed", "survived" or "timed out", from a child process of its own."""
    child = os.fork()
    if child == 0:
        status = 3
        try:
            with open(os.devnull, "w") as nothing:
                os.dup2(nothing.fileno(), 1)
                os.dup2(nothing.fileno(), 2)
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            os.chdir(ROOT)
            if mutant is not None:
                sys.meta_path.insert(0, _Finder(mutant.module, _mutated(mutant)))
            status = _run(tests)
        finally:
            os._exit(status)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "killed" if os.waitstatus_to_exitcode(status) else "survived"
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timed out"


def _plan(package: str, only: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The modules of a package that are changed, with the tests that should notice."""
    if package == "stats":
        own = {
            f"trialweave.stats.{name}": (
                *(f"tests/stats/test_stats_{test}.py" for test in tests),
                "tests/stats/test_stats_mutants.py",
            )
            for name, tests in STATS.items()
        }
    else:
        folder = SOURCE / "trialweave" / package
        own = {
            f"trialweave.{package}.{path.stem}": (f"tests/{package}",)
            for path in sorted(folder.glob("*.py"))
            if path.stem != "__init__"
        }
    return {name: tests for name, tests in own.items() if not only or name.split(".")[-1] in only}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", help="stats, appraisal …")
    parser.add_argument("--only", nargs="*", default=[], help="modules of it, by their last name")
    parser.add_argument("--sample", type=int, default=150, help="mutants to try")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0, help="for the tests of one mutant")
    given = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import hypothesis  # noqa: F401  # loaded once, before the children part
    import pytest  # noqa: F401
    import scipy.optimize
    import scipy.stats  # noqa: F401

    plan = _plan(given.package, given.only)
    for tests in dict.fromkeys(plan.values()):
        if _outcome(None, tests, 10 * given.seconds) != "survived":
            sys.exit(f"the tests fail without any change: {', '.join(tests)}")
    everything = [mutant for module in plan for mutant in _mutants(module)]
    chosen = random.Random(given.seed).sample(everything, min(given.sample, len(everything)))
    chosen.sort(key=lambda m: (m.module, m.line, m.what))
    counts = dict.fromkeys(("killed", "survived", "timed out"), 0)
    started = time.monotonic()
    for mutant in chosen:
        outcome = _outcome(mutant, plan[mutant.module], given.seconds)
        counts[outcome] += 1
        if outcome != "killed":
            lines = _path(mutant.module).read_text().splitlines()
            print(f"{outcome}: {mutant.module}:{mutant.line} {mutant.what}", flush=True)
            print(f"    {lines[mutant.line - 1].strip()}", flush=True)
    noticed = counts["killed"] + counts["timed out"]
    print(
        f"{noticed} of {len(chosen)} noticed ({100 * noticed / max(1, len(chosen)):.0f}%), "
        f"{counts['timed out']} of them by never ending; {len(everything)} mutants in all; "
        f"{time.monotonic() - started:.0f} s"
    )


if __name__ == "__main__":
    main()
