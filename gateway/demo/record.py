"""What a run leaves beside the databases, as one JSON file in its folder: enough to settle the account again from the folder alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec


class Boot(msgspec.Struct, frozen=True):
    """One boot of the simulated computer: its identity and the scenario time at which it began."""

    boot: str
    began: float


class Death(msgspec.Struct, frozen=True):
    """The node was killed: scenario time and machine's monotonic time when it was gone; whether the power went with it."""

    at: float
    real: float
    power: bool

    @property
    def cause(self) -> str:
        """What the node has to declare when it starts again."""
        return "power" if self.power else "crash"


class Away(msgspec.Struct, frozen=True):
    """Something was away: what; bytes the node sent meanwhile; probes it counted; bytes of alarms and events under way when it came back."""

    what: str
    bytes_sent: int
    probes: int
    urgent: int


class Record(msgspec.Struct, frozen=True):
    """A finished run. scenario, config: files. carried: bytes over the link, from the node (`up`) and to it (`down`). drained: whether the outbox
    had nothing left in the end."""

    scenario: str
    config: str
    title: str
    speed: float
    seed: int
    boots: list[Boot]
    deaths: list[Death]
    outages: list[Away]
    carried: dict[str, int]
    drained: bool


@dataclass
class Stage:
    """Where a demonstration's files are."""

    folder: Path
    reads: Path = field(init=False)
    trace: Path = field(init=False)
    database: Path = field(init=False)
    copy: Path = field(init=False)
    state: Path = field(init=False)
    runtime: Path = field(init=False)

    def __post_init__(self) -> None:
        self.reads = self.folder / "reads.jsonl"
        self.trace = self.folder / "trace.jsonl"
        self.database = self.folder / "hub.sqlite"
        self.copy = self.folder / "hub.copy.sqlite"
        self.state = self.folder / "state"
        self.runtime = self.folder / "run"

    def save(self, record: Record) -> None:
        """Leave the record in the folder."""
        (self.folder / "run.json").write_bytes(msgspec.json.format(msgspec.json.encode(record)))

    def load(self) -> Record:
        """Read what `save` left."""
        return msgspec.json.decode((self.folder / "run.json").read_bytes(), type=Record)
