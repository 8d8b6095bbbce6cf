"""A module on the stand: its tests against the module as it is, then against each mutant, every time in a process of its own.

Decision: a child is forked before anything of the project is imported, so the mutant is what everybody sees who imports it, wherever; a fork costs
less than a tenth of a second because pytest and the libraries are there already. The tests that run the mutated line are asked first and the
fastest of them before the others, the rest after them: a survivor has been seen by all. Random tests have one seed. A mutant that hangs (ten
times as long as all tests need), or eats memory, is killed: in the field it would be noticed by the watchdog.
"""

from __future__ import annotations

import contextlib
import gc
import math
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import hypothesis
import pytest

from tests.mutation.operators import Mutant, unchanged

SLOW = 2.0
"""Seconds of the processor from which a test is left out: it would be asked for every mutant."""
MEMORY = 2 << 30
PATIENCE, LEAST = 10, 10.0
"""How many times the time of all tests a mutant may take, and at least so many seconds: of the processor, so that a busy machine kills nobody."""
WAITS = 6
"""How many times as long a mutant that takes no processor time may take by the clock."""
PHASES = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
"""A first failure is enough: nobody reads the smallest one."""
HEALTHY = list(hypothesis.HealthCheck)
FORK = multiprocessing.get_context("fork")


class Broken(Exception):
    """The tests do not pass on the module as it is: nothing can be said of its mutants."""


@dataclass(frozen=True)
class Target:
    """A module and the files or folders of the tests that speak for it. root: where it is imported from."""

    path: str
    tests: tuple[str, ...]
    root: Path

    @property
    def name(self) -> str:
        """As imports say it."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class _Mutated(SourceFileLoader):
    """Loads the code of a mutant in place of the file's."""

    def __init__(self, target: Target, code: CodeType) -> None:
        super().__init__(target.name, str(target.root / target.path))
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        """The mutant."""
        return self._code

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Only the one module, before any other finder."""
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None


@dataclass
class Seen:
    """What is known of one test: its seconds, and the lines of the module that it runs."""

    seconds: float = 0.0
    lines: frozenset[int] = frozenset()


class _Order:
    """Leaves out what is slow and asks first who runs the mutated lines: `known` says so. Without, it learns it of the module as it is: the seconds,
    or, where it traces, the lines."""

    def __init__(self, target: Target, known: dict[str, Seen], lines: range | None, traces: bool) -> None:
        self.learned: dict[str, Seen] = {}
        self._known, self._lines, self._traces = known, lines, traces
        self._file = str(target.root / target.path)
        self._run: set[int] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """In the order in which they are likely to find it."""
        if self._lines is not None:
            items[:] = [item for item in items if item.nodeid in self._known and self._known[item.nodeid].seconds <= SLOW]
            items.sort(key=self._rank)

    def _rank(self, item: pytest.Item) -> tuple[bool, float]:
        seen = self._known[item.nodeid]
        return seen.lines.isdisjoint(self._lines or ()), seen.seconds

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """One test; its time and its lines are noted."""
        self._run, begun = set(), time.process_time()
        if self._traces:
            sys.settrace(self._called)
        try:
            return (yield)
        finally:
            if self._traces:
                sys.settrace(None)
            self.learned[item.nodeid] = Seen(time.process_time() - begun, frozenset(self._run))

    def _called(self, frame: FrameType, event: str, arg: object) -> Any:
        return self._traced if frame.f_code.co_filename == self._file else None

    def _traced(self, frame: FrameType, event: str, arg: object) -> Any:
        self._run.add(frame.f_lineno)
        return self._traced


def _run(target: Target, mutant: Mutant | None, known: dict[str, Seen], limit: int, told: Connection | None = None, traces: bool = False) -> None:
    """In the child: the tests, once. Ends the process with pytest's own code, or by a signal after `limit` seconds of the processor; 0 for none."""
    gc.freeze()  # what the parent holds is not the child's to look through, time and again
    nothing = open(os.devnull, "r+")  # noqa: SIM115 (for the rest of the process)
    for stream in (0, 1, 2):
        os.dup2(nothing.fileno(), stream)
    sys.stdout = sys.stderr = nothing
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if limit:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    os.chdir(target.root)
    sys.path.insert(0, str(target.root))
    if mutant is not None:
        sys.meta_path.insert(0, _Mutated(target, mutant.code))
    hypothesis.settings.register_profile("mutation", derandomize=True, database=None, deadline=None, phases=PHASES, suppress_health_check=HEALTHY)
    hypothesis.settings.load_profile("mutation")
    order = _Order(target, known, None if mutant is None else range(mutant.lines[0], mutant.lines[1] + 1), traces)
    options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "--assert=plain", "-o", "addopts="]
    code = pytest.main([*options, f"--rootdir={target.root}", *target.tests], plugins=[order])
    if told is not None:
        told.send(order.learned)
    os._exit(code)


def known_tests(target: Target) -> dict[str, Seen]:
    """The tests on the module as it is; Broken where one fails."""
    if target.name in sys.modules:
        raise Broken(f"{target.name} is imported already: a mutant of it would be seen by nobody")
    timed, traced = _learned(target, traces=False), _learned(target, traces=True)
    return {name: Seen(seen.seconds, traced[name].lines if name in traced else frozenset()) for name, seen in timed.items()}


def _learned(target: Target, traces: bool) -> dict[str, Seen]:
    heard, told = FORK.Pipe(duplex=False)
    child = FORK.Process(target=_run, args=(target, None, {}, 0, told, traces))
    child.start()
    told.close()
    learned: dict[str, Seen] = {}
    with contextlib.suppress(EOFError):
        learned = heard.recv()
    child.join()
    if child.exitcode != pytest.ExitCode.OK:
        raise Broken(f"{target.path}: {' '.join(target.tests)} end with code {child.exitcode} on the module as it is")
    return learned


def survivors(target: Target, mutants: Sequence[Mutant], jobs: int, least: float = LEAST) -> list[Mutant]:
    """Those that no test kills, `jobs` at a time. The module as it is is asked among them, as if it were one, and has to live."""
    known = known_tests(target)
    limit = math.ceil(max(least, PATIENCE * sum(seen.seconds for seen in known.values() if seen.seconds <= SLOW)))
    control = unchanged(target.path, (target.root / target.path).read_text(encoding="utf-8"))
    alive = _asked(target, [control, *mutants], known, limit, jobs)
    if control not in alive:
        raise Broken(f"{target.path}: its tests fail in another order, or fail now and then")
    return [mutant for mutant in mutants if mutant in alive]


def _asked(target: Target, mutants: Sequence[Mutant], known: dict[str, Seen], limit: int, jobs: int) -> list[Mutant]:
    waiting, alive = list(reversed(mutants)), list[Mutant]()
    running: dict[int, tuple[ForkProcess, Mutant, float]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            child = FORK.Process(target=_run, args=(target, mutant, known, limit))
            child.start()
            running[child.sentinel] = child, mutant, time.monotonic() + WAITS * limit
        soonest = min(deadline for _, _, deadline in running.values())
        wait(list(running), max(0.0, soonest - time.monotonic()))
        for sentinel, (child, mutant, deadline) in list(running.items()):
            if child.is_alive() and time.monotonic() < deadline:
                continue
            child.kill()
            child.join()
            del running[sentinel]
            if child.exitcode == pytest.ExitCode.OK:
                alive.append(mutant)
            elif child.exitcode in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
                raise Broken(f"{mutant}: pytest ended with code {child.exitcode}")
    return alive
