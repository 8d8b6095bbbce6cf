"""What a demonstration plays: the world's part of a scenario file (chips, signals, faults) and, here, its clock, outages, kills and power cuts.

Times are scenario seconds since the beginning. The same file drives the node's simulated chips and the conductor's hand.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from gateway.problems import Problem, fill
from hardware.errors import Refused
from hardware.quantities import Seconds, Size
from hardware.sim import scenario as simulated
from hardware.sim.clock import SteppedClock
from hardware.sim.world import World

WORLD = {"signals", "chips", "faults"}
"""The world's part of a scenario file (hardware/sim/scenario.py)."""


class BadScenario(Exception):
    """The scenario cannot be played: the message names the file and every mistake."""


class Outage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something is away for a while. what: `link` (cut), `stall` (half-open link), `slow` (a link of `rate` bytes a second), `hub` (killed, and
    started again afterwards), `mute` (the hub hears and does not answer until afterwards), `broker` (killed, and started again afterwards), `frozen`
    (the broker is stopped and goes on afterwards)."""

    at: Seconds
    lasts: Seconds
    what: Literal["link", "stall", "slow", "hub", "mute", "broker", "frozen"] = "link"
    rate: Size = Size(2048)


class Kill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """SIGKILL of the node, as soon as it has started if it has not yet; with `power` the power goes too: unsynced sectors, the runtime directory
    and the boot. off: until it starts again."""

    at: Seconds
    power: bool = False
    off: Seconds = Seconds(0)


class Restore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At `at` the hub is killed and goes on with the copy of its database that was made at `copied`."""

    copied: Seconds
    at: Seconds


class ClockPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operating system's clock. utc: at scenario time 0. ntp_after: when it is synchronised, from the start of each boot; before that it
    shows `free_utc`. Never where negative."""

    utc: float = 1_780_000_000.0
    ntp_after: Seconds = Seconds(30)
    ntp: bool = True
    free_utc: float = 0.0


class Plan(msgspec.Struct, frozen=True):
    """The conductor's part of a scenario. config: the node's gateway.toml, beside the scenario. speed: scenario seconds per second."""

    title: str
    lasts: Seconds
    config: str
    speed: Annotated[float, msgspec.Meta(gt=0, le=100_000)] = 1.0
    clock: ClockPlan = ClockPlan()
    outage: list[Outage] = []
    kill: list[Kill] = []
    restore: list[Restore] = []


def load(path: Path) -> tuple[Plan, dict[str, Any]]:
    """The conductor's part, typed, and the world's part as it stands in the file; BadScenario with every mistake."""
    try:
        tree = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadScenario(f"{path}: {error}") from error
    keys = {field.encode_name for field in msgspec.structs.fields(Plan)}
    problems: list[Problem] = []
    for key in tree.keys() - keys - WORLD:
        problems.append(Problem(key, None, "unknown key", f"known: {', '.join(sorted(keys | WORLD))}"))
    plan = fill(Plan, {key: value for key, value in tree.items() if key in keys}, "scenario", problems)
    if plan is not None:
        problems += _late(plan)
    if plan is None or problems:
        raise BadScenario("\n".join(f"{path}: {problem}" for problem in problems))
    return plan, {key: value for key, value in tree.items() if key not in keys}


def _late(plan: Plan) -> Iterator[Problem]:
    """What would never happen, or never end, before the scenario does."""
    ends = [(f"outage[{i}]", outage.at + outage.lasts) for i, outage in enumerate(plan.outage)]
    ends += [(f"kill[{i}]", kill.at + kill.off) for i, kill in enumerate(plan.kill)]
    ends += [(f"restore[{i}]", restore.at) for i, restore in enumerate(plan.restore)]
    for where, end in ends:
        if end >= plan.lasts:
            yield Problem(where, None, f"ends at {end:g} s, and the scenario at {plan.lasts:g} s", "let it end earlier, or the scenario last longer")
    for i, restore in enumerate(plan.restore):
        if restore.copied >= restore.at:
            yield Problem(f"restore[{i}].copied", None, f"the copy is to be used at {restore.at:g} s", "copy earlier")


def check_world(path: Path, seed: int) -> None:
    """Build the world of a scenario once, as the node will; BadScenario with what is wrong in it."""
    try:
        World(simulated.load(path), SteppedClock(), seed).close()
    except Refused as error:
        raise BadScenario(f"{path}: {error}") from error
