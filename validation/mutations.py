"""Mutation testing: how many small faults put into the code do its tests notice?

``python validation/mutations.py stats --sample 60 --seed 2`` changes one operator, constant,
condition or returned value at a time, in memory only, and runs the matching tests in a child
process for each. Files are never touched. Tests that need the real records do not run: the score
is that of the repository alone.

The tests run once without any change, and must pass; which test runs which function is noted, and
a mutant meets the tests that run its function, the quickest first. The sample is drawn for each
part (a sub-package, or the modules beside them), from each module in proportion to its mutants.
Mutants that nobody could notice are listed with the reason in ``mutations_equivalent.tsv``.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import pickle
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, ModuleType

import pytest

from mutants import SOURCE, Mutant, mutated, path, sample

ROOT = SOURCE.parent
EQUIVALENT = Path(__file__).with_name("mutations_equivalent.tsv")
_MEMORY = 6 << 30  # bytes, so that a mutant that allocates without end fails
Function = tuple[str, str]  # the module's full name, the outermost function


@dataclass
class Watched:
    """What the tests ran without any change."""

    functions: dict[str, set[Function]] = field(default_factory=dict)  # by test
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


class _Watch:
    """A plugin of pytest that notes which functions each test calls, its fixtures' too."""

    def __init__(self) -> None:
        self.watched = Watched()
        self.running: set[CodeType] = set()
        self.fixtures: dict[tuple[str, str], set[CodeType]] = {}
        self.files: dict[str, set[CodeType]] = {}

    def _traced(self, run: set[CodeType]) -> Callable[[], None]:
        """Starts noting calls in `run`; what it returns ends that."""
        before, self.running = self.running, run

        def trace(frame: FrameType, event: str, argument: object) -> None:
            self.running.add(frame.f_code)

        sys.settrace(trace)

        def end() -> None:
            self.running = before

        return end

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        end = self._traced(self.files.setdefault(str(collector.path), set()))
        try:
            return (yield)
        finally:
            end()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        key = (fixturedef.argname, fixturedef.baseid)
        end = self._traced(self.fixtures.setdefault(key, set()))
        try:
            return (yield)
        finally:
            end()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> Iterator[None]:
        run: set[CodeType] = set()
        end, started = self._traced(run), time.monotonic()
        try:
            return (yield)
        finally:
            end()
            self.watched.seconds[item.nodeid] = time.monotonic() - started
            for several in item._fixtureinfo.name2fixturedefs.values():
                for one in several:
                    run |= self.fixtures.get((one.argname, one.baseid), set())
            run |= self.files.get(str(item.path), set())
            self.watched.functions[item.nodeid] = {f for code in run if (f := _function(code))}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.watched.failed.append(report.nodeid)


def _function(code: CodeType) -> Function | None:
    file = Path(code.co_filename)
    if not file.is_relative_to(SOURCE):
        return None
    parts = file.relative_to(SOURCE).with_suffix("").parts
    name = code.co_qualname.split(".<locals>")[0]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts), name


class _Chosen:
    """A plugin of pytest that leaves the named tests only, in their order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.order = {test: number for number, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self.order]
        items[:] = sorted(chosen, key=lambda item: self.order[item.nodeid])


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutated module in place of the one on the disk."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module, self.tree = module, tree

    def find_spec(
        self, name: str, path_: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.module:
            return None
        place = path(name)
        return importlib.util.spec_from_loader(
            name, self, origin=str(place), is_package=place.name == "__init__.py"
        )

    def exec_module(self, module: ModuleType) -> None:
        place = str(path(self.module))
        module.__file__ = place
        exec(compile(self.tree, place, "exec"), module.__dict__)


def _run(files: Sequence[str], plugin: object, *options: str) -> int:
    """The tests' exit status, in this process."""
    from hypothesis import settings

    settings.register_profile("mutations", database=None, derandomize=True, deadline=None)
    settings.load_profile("mutations")
    quiet = "ignore::pytest.PytestAssertRewriteWarning"  # plugins are loaded before, on purpose
    usual = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", quiet, "-m", "not shared"]
    return int(pytest.main([*usual, *options, *files], plugins=[plugin]))


def _child(work: Callable[[], int], seconds: float) -> int | None:
    """The exit status of work done in a child process of its own, None where it took too long."""
    child = os.fork()
    if child == 0:
        status = 3
        try:
            with open(os.devnull, "w") as nothing:
                os.dup2(nothing.fileno(), 1)
                os.dup2(nothing.fileno(), 2)
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            os.chdir(ROOT)
            status = work()
        finally:
            os._exit(status)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def watch(tests: Sequence[str]) -> Watched:
    """Runs the tests without any change, and notes what each calls."""
    with tempfile.NamedTemporaryFile() as file:

        def work() -> int:
            plugin = _Watch()
            status = _run(tests, plugin)
            sys.settrace(None)
            Path(file.name).write_bytes(pickle.dumps(plugin.watched))
            return status

        status = _child(work, 3600)
        if status != 0:
            failed = pickle.loads(Path(file.name).read_bytes()).failed if status == 1 else ()
            sys.exit(f"the tests fail without any change: {', '.join(failed) or status}")
        watched = pickle.loads(Path(file.name).read_bytes())
        assert isinstance(watched, Watched)
        return watched


def _importers(module: str) -> set[str]:
    """The modules of the same package that import from a module, and itself."""
    found = {module}
    for file in (SOURCE / "trialweave" / module.split(".")[1]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == module:
                found.add(".".join(file.relative_to(SOURCE).with_suffix("").parts))
    return found


def _tests_of(mutant: Mutant, watched: Watched) -> list[str]:
    """The tests that run the mutant's function, the quickest first.

    For what stands outside of functions: those that run the module, or one that imports it.
    """
    if mutant.function:
        wanted = (mutant.module, mutant.function)
        tests = [test for test, ran in watched.functions.items() if wanted in ran]
    else:
        modules = _importers(mutant.module)
        tests = [t for t, ran in watched.functions.items() if not modules.isdisjoint(dict(ran))]
    return sorted(tests, key=lambda test: watched.seconds[test])


def outcome(mutant: Mutant, watched: Watched, seconds: float) -> str:
    """ "killed", "survived", "timed out" or "not run" (by any test)."""
    tests = _tests_of(mutant, watched)
    if not tests:
        return "not run"

    def work() -> int:
        sys.meta_path.insert(0, _Finder(mutant.module, mutated(mutant)))
        return _run(sorted({test.split("::")[0] for test in tests}), _Chosen(tests), "-x")

    # where the tests alone take long, running out of time would say nothing of the mutant
    status = _child(work, max(seconds, 10 + 5 * sum(watched.seconds[test] for test in tests)))
    return "timed out" if status is None else "killed" if status else "survived"


def _equivalent() -> dict[tuple[str, str, str, str], str]:
    """The mutants that were judged equivalent, with the reason."""
    lines = EQUIVALENT.read_text().splitlines() if EQUIVALENT.exists() else []
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {(row[0], row[1], row[2], row[3]): row[4] for row in rows}


def parts(package: str, only: Sequence[str]) -> dict[str, list[str]]:
    """The modules of a package by part: its sub-packages, and "(flat)" for those beside them."""
    folder = SOURCE / "trialweave" / package
    found: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("*.py")):
        inner = file.relative_to(folder).with_suffix("").parts
        name = ".".join(inner)
        chosen = not only or name in only or inner[0] in only
        if inner[-1] != "__init__" and chosen:
            part = inner[0] if len(inner) > 1 else "(flat)"
            found.setdefault(part, []).append(f"trialweave.{package}.{name}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", help="stats, synthesis, appraisal …")
    parser.add_argument("--only", nargs="*", default=[], help="parts or modules: pooling.tau2")
    parser.add_argument("--tests", nargs="*", help="test files in place of tests/PACKAGE")
    parser.add_argument("--sample", type=int, default=60, help="mutants to try of each part")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0, help="for the tests of one mutant")
    given = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import hypothesis  # noqa: F401  # loaded once, before the children part
    import scipy.integrate
    import scipy.optimize
    import scipy.stats  # noqa: F401

    started = time.monotonic()
    watched = watch(given.tests or [f"tests/{given.package}"])
    print(f"{len(watched.seconds)} tests pass ({time.monotonic() - started:.0f} s)", flush=True)
    known = _equivalent()
    table = []
    for part, modules in parts(given.package, given.only).items():
        counts: Counter[str] = Counter()
        for mutant in sample(modules, given.sample, given.seed):
            found = outcome(mutant, watched, given.seconds)
            if found == "survived" and mutant.key in known:
                found = "equivalent"
            counts[found] += 1
            if found in ("survived", "not run", "timed out"):
                print(f"{found} {mutant.line}:", "\t".join(mutant.key), sep="\t", flush=True)
        tried, noticed = counts.total(), counts["killed"] + counts["timed out"]
        score = 100 * noticed / max(1, tried - counts["equivalent"])
        table.append(f"| {part} | {tried} | {noticed} | {counts['equivalent']} | {score:.0f}% |")
        print(table[-1], f"{dict(counts)}; {time.monotonic() - started:.0f} s", flush=True)
    print("\n| part | mutants run | noticed | equivalent | noticed of the others |")
    print("|---|---|---|---|---|", *table, sep="\n")


if __name__ == "__main__":
    main()
