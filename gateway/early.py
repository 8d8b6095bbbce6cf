"""The outputs, opened before the disk is asked for anything: a siren that sounded when the process ended sounds again as soon as there is one.

Decision: what the alarms ask for stands in the runtime directory, so nothing has to be known of the outbox or of the calibrations to show it. Guard
is given these outputs later as if it had opened them. On another boot the file is not there: then the alarm lane has to be read first.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gateway.config import Config, Wired
from gateway.remembrance import RuntimeMemory, watches
from gateway.rules import outputs_of
from hardware import output
from hardware.buses import Buses
from hardware.errors import HardwareError
from hardware.output import Output


def restored(config: Config, buses: Buses, boot: str) -> dict[str, Callable[[int], Output]]:
    """By name, what opens each output showing a level; where the runtime directory tells the levels, each is open already. One that fails is guard's
    to try again: a missing siren keeps no alarm from the hub."""
    memory = RuntimeMemory(Path(config.node.runtime), boot)
    spent = memory.spent()
    openers = {wired.output.name: _opener(wired, buses, wired.output.name in spent) for wired in config.outputs}
    if memory.load() is None:
        return openers
    sounders = frozenset(wired.output.name for wired in config.outputs if output.load(wired.output.kind).sounder)
    levels = outputs_of(watches(config.alarms, config.table(), memory, None), sounders)
    return {name: _opened(opener, levels.get(name, 0)) for name, opener in openers.items()}


def _opener(wired: Wired, buses: Buses, spent: bool) -> Callable[[int], Output]:
    kind = output.load(wired.output.kind)
    return lambda level: kind.open(wired.options, buses, level, spent)


def _opened(opener: Callable[[int], Output], level: int) -> Callable[[int], Output]:
    early: list[Output] = []
    with suppress(HardwareError):
        early.append(opener(level))

    def taken(wanted: int) -> Output:
        if not early:
            return opener(wanted)
        found = early.pop()
        found.set(wanted)
        return found

    return taken
