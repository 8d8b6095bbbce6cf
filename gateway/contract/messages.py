"""Every JSON message of wire version 1, as a typed struct; `schema.json` beside this file is made from these and tested against the wire.

Common to all: times on a node's own clock are `mono`, seconds since the boot named in `boot`, to the millisecond; `utc` is seconds since 1970
and null where the node does not know it yet, in which case a later clock event supplies the anchor. Names are never reused with a second
meaning. A reader ignores keys it does not know; a writer never sends null for a key it could leave out, except where null is the message.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec

from gateway.contract.care import BumpFact, CalibrationFact

VERSION = 1

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A whole number that is never negative and that every reader holds exactly."""


class ClockFix(msgspec.Struct, frozen=True):
    """How one boot's monotonic clock maps to UTC: at `mono` it was `utc`, within `error` seconds, by `source`
    (`gps`, `ntp`, `rtc`, `hub`, `bounded`, `free`)."""

    mono: float
    utc: float
    source: str
    error: float


class Series(msgspec.Struct, frozen=True, omit_defaults=True):
    """One series in the birth: what is measured, in which unit (SenML name), how finely, in which range, how often."""

    name: str
    quantity: str
    unit: str
    decimals: int
    low: float
    high: float
    period: float
    calibration: str = ""
    datum: str = ""


class Held(msgspec.Struct, frozen=True):
    """What the outbox still holds of one epoch: lane name to [first, last] sequence number."""

    epoch: str
    lanes: dict[str, tuple[Count, Count]]


class Birth(msgspec.Struct, frozen=True):
    """`state`, retained, first message of a connection. `delivered` is what frees a message: `receipt` or `puback`."""

    v: int
    up: bool
    site: str
    node: str
    epoch: str
    boot: str
    mono: float
    software: str
    challenge: str
    name: str
    place: dict[str, Any]
    delivered: str
    insecure: bool
    simulated: bool
    table: str
    series: list[Series]
    held: list[Held]
    clock: ClockFix | None


class Death(msgspec.Struct, frozen=True):
    """`state`, retained, left by the Will or said at a clean stop."""

    v: int
    up: bool
    node: str
    epoch: str
    boot: str


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What every stored message carries. (node, epoch, lane, seq) is its identity for ever; `volatile` marks an epoch that never was on disk.
    `epoch`, `seq` and `utc` are filled in when the message is sent."""

    v: int = VERSION
    node: str
    epoch: str = ""
    seq: Count = 0
    volatile: bool = False
    boot: str
    mono: float
    utc: float | None = None
    clock: str = "free"
    clock_error: float | None = None
    simulated: bool = False


class Alarm(Identity, frozen=True, kw_only=True):
    """`alarm`: one change of one alarm, holding the whole state after it.

    change: `raised`, `escalated`, `eased`, `cleared`, `returned`, `fault`, `fault_cleared`, `inhibited`, `uninhibited` by readings; `acked`,
    `silenced`, `unsilenced`, `reset`, `shelved`, `unshelved` by a person (`actor`, with the uid and the way it came by; `why`), or by the node when a
    time is over; `unheard` where no receipt came in time and the node escalates on the spot, `heard` when that is over; `removed` where the rule is
    configured no more. kind: of the rule. series: the one whose reading decided. level: 0 normal, 1 for the first set point, 2 for the second, up to
    10 on a ladder; latch: the level that is held until a reset; over_range: an over-range holds the whole alarm, returned: it alone does, the
    readings have gone back (that is told once). fault: the rule cannot judge its input. silenced_until, shelved_until: `mono` at which that ends by
    itself. occurrence: number of this occurrence of the rule. limit: the set point that decided, null where it is no fixed one. note: what else led
    to it, such as "2oo3 running as 1oo2". onset: when the condition began, `mono` of `boot`. before: the newest readings of the series up to the
    change as [mono, value], value null where it was bad. outputs: what is switched on locally. memory: what the rule has learned (a background), for
    the node itself.
    """

    rule: str
    series: str
    change: str
    level: Count
    state: str
    active: bool
    acked: bool
    latched: bool
    silenced: bool
    shelved: bool
    inhibited: bool
    occurrence: Count
    value: float | None
    unit: str
    limit: float | None
    quality: str
    reason: str = ""
    onset: float
    before: list[tuple[float, float | None]] = []
    outputs: list[str] = []
    test: bool = False
    kind: str = "threshold"
    fault: bool = False
    latch: Count = 0
    over_range: bool = False
    returned: bool = False
    unheard: bool = False
    silenced_until: float | msgspec.UnsetType = msgspec.UNSET
    shelved_until: float | msgspec.UnsetType = msgspec.UNSET
    note: str = ""
    actor: str = ""
    why: str = ""
    memory: Any | msgspec.UnsetType = msgspec.UNSET

    @property
    def normal(self) -> bool:
        """Nothing stands: the alarm need not be told again to who forgot it."""
        suppressed = self.silenced or self.shelved or self.inhibited
        return self.state == "NORMAL" and not (suppressed or self.fault or self.change == "fault")


class Event(Identity, frozen=True, kw_only=True, tag_field="kind"):
    """`event`: something that happened to the node itself; `kind` tells which."""


class Gap(Event, frozen=True, kw_only=True, tag="gap"):
    """A declared hole. With `first` and `last` the numbers of `lane` in `of` (an epoch) that will never come; without them readings that
    never got a number. `begin` and `end` are the moments around it as [boot, mono]; `readings` is how many were lost, null where nobody can know;
    `series` names them where not all are meant."""

    of: str
    lane: str
    cause: str
    first: Count | None = None
    last: Count | None = None
    begin: tuple[str, float] | None = None
    end: tuple[str, float] | None = None
    readings: Count | None = None
    series: list[str] | None = None


class Clock(Event, frozen=True, kw_only=True, tag="clock"):
    """The clock of boot `of` is now known this well; the hub corrects what left as `free`."""

    of: str
    fix: ClockFix


class Configuration(Event, frozen=True, kw_only=True, tag="configuration"):
    """A configuration is in force: its digest and the table that came with it."""

    digest: str
    table: str


class Notice(Event, frozen=True, kw_only=True, tag="notice"):
    """A fact for the operator: what happened, where, in words."""

    what: str
    where: str
    detail: str


class Calibration(Event, frozen=True, kw_only=True, tag="calibration"):
    """A calibration came into force: from the readings of `table` on. Told again at every start of the node for every series that has one; the
    same `fact.id` is the same calibration. The moment it was made is in the fact."""

    table: str
    fact: CalibrationFact


class BumpTest(Event, frozen=True, kw_only=True, tag="bump"):
    """A bump test ended."""

    fact: BumpFact


AnyEvent = Gap | Clock | Configuration | Notice | Calibration | BumpTest


class Health(msgspec.Struct, frozen=True):
    """`health`: how the node is now. Not stored, no sequence: the next one replaces it. `newest` is the newest value of every series as
    [mono, value or null, quality, reason]; `alarms` the state of every alarm; `outputs` the level each output shows, or why it fails."""

    v: int
    node: str
    epoch: str
    boot: str
    mono: float
    utc: float | None
    uptime: float
    clock: str
    clock_error: float | None
    outbox: dict[str, Any]
    threads: dict[str, Any]
    host: dict[str, Any]
    newest: dict[str, tuple[float, float | None, str, str]]
    alarms: dict[str, Any] = {}
    outputs: dict[str, Any] = {}


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the hub has of one lane: everything up to `upto`, and above that all but `missing`, ranges [first, last] within what it has seen."""

    upto: Count
    missing: list[tuple[Count, Count]] = []


class Receipt(msgspec.Struct, frozen=True):
    """`receipt`, down: the hub's cumulative acknowledgement, after its own commit. `at`: the hub's UTC; `error`: how far that may be off.
    `re`: [boot, mono] of the newest message of this node that it answers. `birth`: true where it answers a birth and tells every mark of every
    epoch that the birth named, so that a hub restored from an older copy is noticed; `missing` then reaches up to the last number the birth says
    is held, so that also what the hub has never seen of an epoch stands there."""

    v: int
    at: float
    error: float
    re: tuple[str, float]
    epochs: dict[str, dict[str, Mark]]
    birth: bool = False


T = TypeVar("T")


def decode(kind: type[T], payload: bytes) -> T:
    """Decode and check one JSON message; msgspec.ValidationError or DecodeError says what is wrong and where."""
    return msgspec.json.decode(payload, type=kind)
