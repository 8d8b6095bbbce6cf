"""A node that is killed changes no pin, and the next one goes on without a glitch: one trace over two lives of four outputs. The copper is simulated,
so what the kernel does with a released line is not shown here: it is said in hardware/outputs/_switch.py, and here it keeps the level."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

LIFE = """
import json, sys
import msgspec
from hardware.output import load
from hardware.quantities import convert
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import Scenario
from hardware.sim.world import World
from pathlib import Path

trace, level, kept, steps = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]), json.loads(sys.argv[4])
buses = SimBuses(World(Scenario(), SteppedClock()), trace)
open_ = []
for pin, (kind, more) in {17: ("siren", {}), 27: ("beacon", {}), 22: ("buzzer", {"active": "low"}), 23: ("relay", {"fail_safe": True})}.items():
    factory = buses.pin(pin, f"{kind} on GPIO{pin}")
    factory.pin(pin)._state = bool(kept.get(str(pin), 0))
    door = load(kind)
    open_.append(door.open(msgspec.convert({"pin": pin} | more, door.options, dec_hook=convert), buses, level))
for moment in steps:
    for output in open_:
        output.set(level)
        output.step(moment)
print("runs", flush=True)
sys.stdin.read()
"""


def life(trace: Path, level: int, kept: dict[str, int], steps: list[float]) -> None:
    """A node that opens its outputs, steps them, and is killed."""
    arguments = [str(trace), str(level), json.dumps(kept), json.dumps(steps)]
    with subprocess.Popen([sys.executable, "-c", LIFE, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdout is not None
        assert node.stdout.readline() == "runs\n"
        node.kill()
        assert node.wait(20) == -signal.SIGKILL


def changes(trace: Path, skip: int = 0) -> list[tuple[str, int]]:
    return [(name, level) for _, name, level, _ in map(json.loads, trace.read_text().splitlines()[skip:])]


@pytest.mark.parametrize(
    ("level", "steps", "first", "second"),
    [
        (0, [0.0, 5.0], [("gpio-22", 1), ("gpio-23", 1)], []),
        (1, [0.0, 0.5], [("gpio-17", 1), ("gpio-27", 1)], []),
        (1, [0.0, 1.5], [("gpio-17", 1), ("gpio-27", 1), ("gpio-27", 0), ("gpio-22", 1)], [("gpio-27", 1), ("gpio-22", 0)]),
    ],
    ids=["at rest", "in an alarm", "in the pause of the pulses"],
)
def test_a_kill_changes_nothing_and_a_restart_begins_with_the_pulse(
    tmp_path: Path, level: int, steps: list[float], first: list[tuple[str, int]], second: list[tuple[str, int]]
) -> None:
    """At rest the low-active buzzer and the fail-safe relay are high, at an alarm they are low: as a mock pin begins."""
    trace = tmp_path / "trace.jsonl"
    life(trace, level, {}, steps)
    assert changes(trace) == first, "what the node did, and nothing by its death"
    kept = {name.removeprefix("gpio-"): shown for name, shown in first}
    life(trace, level, kept, [100.0])
    assert changes(trace, len(first)) == second, "the next one opens every pin in the state it is to have, by one change at most"
