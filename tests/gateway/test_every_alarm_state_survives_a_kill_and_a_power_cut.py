"""Promise: whatever state an alarm is in, after a SIGKILL and after a power cut it is in the same one, with the same outputs, and nothing is told
twice. EDGE_GATEWAY_DEATHS=all tries every state and every moment (about ten minutes)."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.dying.mortal import DEATHS, Death, gated
from tests.gateway.dying.rules import CASES, GAS, Case
from tests.gateway.dying.seams import Seams
from tests.gateway.dying.tour import Tour
from tests.gateway.dying.walk import Key, graph, shown

SEED = int(os.environ.get("EDGE_GATEWAY_SEED", "4"))
ALL = os.environ.get("EDGE_GATEWAY_DEATHS") == "all"
"""Every state, every sort of step, a death after every effect: some minutes. Else as many as below, chosen by seed."""
STATES, SORTS, STARTS = 60, 3, 12


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with gated():
        yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_state_survives(tmp_path: Path, case: Case) -> None:
    tour = Tour(tmp_path, case, SEED)
    states = sorted({key[0] for key in graph(tour.twin.copy(), case.steps)})
    chosen = states if ALL else random.Random(SEED).sample(states, STATES)
    print(f"{case.name}: {len(chosen)} of {len(states)} states, seed {SEED}")
    died = tour.through(chosen)
    print(f"died {died} times on a way of {len(tour.path)} steps")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_told_once_wherever_the_node_dies_while_it_changes(tmp_path: Path, case: Case) -> None:
    """One step of each sort, which is known by what is said in it; a death after each effect that the step has outside the process."""
    rng = random.Random(SEED)
    tour = Tour(tmp_path / "tour", case, SEED)
    edges = graph(tour.twin.copy(), case.steps)
    sorts: dict[tuple[str, ...], list[tuple[Key, str]]] = {}
    for key, ways in edges.items():
        for name, edge in ways.items():
            if edge.said and edge.to[0] != key[0]:
                sorts.setdefault(edge.said, []).append((key, name))
    for said in sorted(sorts) if ALL else rng.sample(sorted(sorts), SORTS):
        key, name = rng.choice(sorts[said])
        tour.go(edges, [key])
        seams = Seams(tmp_path, case, tour, case.steps[name])
        effects = seams.effects()
        counts = range(len(effects) + 1) if ALL else seams.telling()
        for count in counts:
            for how in DEATHS:
                try:
                    seams.die_after(count, how)
                except AssertionError as error:
                    raise AssertionError(
                        f"seed {SEED}, {name} in {shown(key[0])} with {key[1]}, {how} after {effects[:count][-5:]}: {error}"
                    ) from error
        print(f"{case.name}: {said}: {2 * len(counts)} deaths")


@pytest.mark.parametrize("how", DEATHS)
def test_it_is_told_once_where_the_node_dies_again_while_it_starts(tmp_path: Path, how: Death) -> None:
    tour = Tour(tmp_path / "tour", GAS, SEED)
    seams = Seams(tmp_path, GAS, tour, GAS.steps["A2"])
    whole = seams.starting()
    counts = list(range(len(whole) + 1)) if ALL else sorted(random.Random(SEED).sample(range(len(whole)), STARTS))
    for count in counts:
        try:
            seams.die_starting(count, how)
        except AssertionError as error:
            raise AssertionError(f"seed {SEED}, {how} after {whole[:count][-5:]} of the start: {error}") from error
    print(f"{len(counts)} deaths at {len(whole)} effects of a start")
