"""What the conductor hands to the processes it starts, as a JSON file: the scenario's clock, this boot, and where things are."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Handover(msgspec.Struct, frozen=True):
    """For one start of the node.

    origin: machine's monotonic clock at scenario time 0. boot, booted: identity of this boot and scenario time at which it began. until:
    scenario time at which sampling ends. broker: URL to reach it by. reads: file to which every chip appends its completed reads. card: seed of
    a disk that loses unsynced sectors when the process is killed; None for a real disk. trace: file to which outputs and receipts are noted.
    """

    origin: float
    speed: float
    seed: int
    boot: str
    booted: float
    until: float
    state: str
    runtime: str
    broker: str
    reads: str
    trace: str
    card: int | None = None


def save(handover: Handover, path: Path) -> None:
    """Write it for a process about to start."""
    path.write_bytes(msgspec.json.encode(handover))


def load(path: Path) -> Handover:
    """Read what the conductor wrote."""
    return msgspec.json.decode(path.read_bytes(), type=Handover)
