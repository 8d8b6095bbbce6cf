"""Who may import whom. The table is the house's plan: a part that is not in it has no place yet, and that is a finding too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.source import Module, imports

FACTS = {"hardware.sample", "hardware.errors", "hardware.quantities", "hardware.doors", "hardware.gases"}
BUSES = FACTS | {"hardware.buses", "hardware.driver", "hardware.output", "hardware.scout"}
HARDWARE = BUSES | {"hardware.drivers", "hardware.outputs", "hardware.sim"}

BASE = {"gateway.contract", "gateway.model", "gateway.clock", "gateway.config", "gateway.problems", "gateway.claims"}
BASE |= {"gateway.actuators", "gateway.regional", "gateway.bootnote"}
BASE |= {"gateway.containment", "gateway.inbox", "gateway.address", "gateway.sections", "gateway.checks", "gateway.tomlfile"}
# A kind of derived series declares its own keys, as a driver does: the configuration has to know it. It is as pure as what stands on the floor above.
BASE |= {"gateway.derivation", "gateway.exposure"}
# What a region says to a set point is part of checking the configuration.
BASE |= {"gateway.limits"}
# A kind of alarm declares its own keys too, and a rule is made while the configuration is checked. It is as pure as what stands on the floor above.
BASE |= {"gateway.rules"}
PURE = {"gateway.calibration", "gateway.quality", "gateway.voice", "gateway.appraisal", "gateway.hearing"}
PURE |= {"gateway.haste", "gateway.boxfile", "gateway.button", "gateway.panel"}
WORKERS = {"gateway.sampler", "gateway.guard", "gateway.recorder", "gateway.flusher", "gateway.outbox", "gateway.uplink", "gateway.remembrance"}
WORKERS |= {"gateway.quarantine", "gateway.calibrations", "gateway.recall", "gateway.blackbox"}
CARE = {"gateway.supervisor", "gateway.watchdog", "gateway.status", "gateway.control", "gateway.patience"}
JOINTS = {"gateway.app", "gateway.attention", "gateway.alarming", "gateway.wiring", "gateway.machine", "gateway.serve"}
JOINTS |= {"gateway.early", "gateway.ending"}

MAY: dict[str, set[str]] = {
    **dict.fromkeys(FACTS, FACTS),
    "hardware": set(),
    "gateway": set(),
    # The driver protocol names the buses it is handed, and buses live on the clock that is declared beside it.
    "hardware.driver": BUSES,
    "hardware.output": BUSES,
    "hardware.scout": BUSES,
    "hardware.buses": BUSES,
    "hardware.drivers": BUSES,
    "hardware.outputs": BUSES,
    "hardware.sim": BUSES,
    **dict.fromkeys(BASE, BASE | HARDWARE - {"hardware.sim", "hardware.outputs", "hardware.drivers"}),
    **dict.fromkeys(PURE, BASE | PURE | FACTS),
    **dict.fromkeys(WORKERS, BASE | PURE | HARDWARE - {"hardware.sim", "hardware.drivers"}),
    **dict.fromkeys(CARE, BASE | PURE | WORKERS | CARE),
    "gateway.hub": BASE,
    **dict.fromkeys(JOINTS, BASE | PURE | WORKERS | CARE | JOINTS | HARDWARE - {"hardware.drivers"}),
    "gateway.__main__": {"gateway.cli"},
    # A verb speaks to the joined node, to the hub, or reads the snapshot the node leaves; never to a worker.
    "gateway.demo": BASE | PURE | JOINTS | HARDWARE - {"hardware.drivers"} | {"gateway.hub", "gateway.status"},
    "gateway.cli": BASE | PURE | JOINTS | HARDWARE - {"hardware.drivers"} | {"gateway.hub", "gateway.status", "gateway.demo"},
}


def part(name: str) -> str:
    """The part of the house a module belongs to: the first two words of its name."""
    return ".".join(name.split(".")[:2])


def climbs(module: Module, known: frozenset[str]) -> Iterator[str]:
    """Imports that the table does not allow, and parts that it does not know."""
    own = part(module.name)
    if own not in MAY:
        yield f"{module.path}: {own} has no floor: give it one in tests/house/floors.py"
        return
    for line, name in imports(module.tree, known):
        other = part(name)
        if name.split(".")[0] not in ("gateway", "hardware") or other == own:
            continue
        # `gateway` itself holds only the version.
        if other == "hardware" or (other != "gateway" and other not in MAY[own]) or (other == "gateway" and not own.startswith("gateway")):
            yield f"{module.path}:{line} {own} may not import {name}"


def circles(all_modules: tuple[Module, ...]) -> Iterator[str]:
    """Modules that need each other to load; imports inside functions and for type checking do not count."""
    known = frozenset(module.name for module in all_modules)
    needs = {module.name: {name for _, name in imports(_loading(module.tree), known) if name in known} - {module.name} for module in all_modules}
    while leaves := [name for name, wants in needs.items() if not wants & needs.keys()]:
        for name in leaves:
            del needs[name]
    if needs:
        yield f"these cannot load without each other: {', '.join(sorted(needs))}"


def _loading(tree: ast.Module) -> ast.Module:
    """The imports at the top of a file."""
    return ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])
