"""What people do to an alarm: silence, acknowledge, reset and shelve are four different acts, never merged (ISA-18.2, OPC UA Part 9).

Decision: an act has an actor and is about one occurrence, so that one that comes late cannot touch a newer alarm; from the hub it has to name it.
Silence and shelve are timed and bounded; a shelve, and the reset of an over-range, need a reason. Whatever is not allowed is refused with what to do
instead. Pure: a state and an act give the state after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

from msgspec.structs import replace

from gateway.model import AlarmState

SILENCE = 60.0
"""Seconds a silence lasts unless it says otherwise; then the sounder is on again while the alarm stands (GMI GT series: mute for 60 s)."""
SILENCE_MOST = 600.0
SHELVE_LEAST, SHELVE_MOST = 60.0, 8 * 3600.0
"""A shelve ends with the working shift in which somebody knew why."""
TEXT = 200
"""Most characters of a reason or a name."""
What = Literal["ack", "silence", "reset", "shelve", "unshelve"]
LOCAL = ("panel", "cli")
"""Where a person stands beside the node."""


class Refused(Exception):
    """The act is not allowed now; the message says why and what to do."""


class Actor(NamedTuple):
    """Who acts, and from where. `node` is the node itself, when a time is over."""

    name: str
    via: Literal["panel", "cli", "hub", "node"]

    def __str__(self) -> str:
        return f"{self.name} ({self.via})"


NODE = Actor("node", "node")


class Act(NamedTuple):
    """One act on one rule. occurrence: the one it is about; None, only on the spot, for the present one. why: the reason, in words. until_s: seconds
    that a silence or shelve lasts. level: the level that the person saw, where known: an alarm that has risen since is not acknowledged by it."""

    what: What
    rule: str
    occurrence: int | None
    actor: Actor
    why: str = ""
    until_s: float | None = None
    level: int | None = None


def perform(state: AlarmState, act: Act, now_ms: int, fault: bool = False) -> AlarmState:
    """The state after the act. now_ms: this boot's monotonic time. fault: the rule's own fault stands. Refused where it is not allowed."""
    if not act.actor.name.strip() or len(act.actor.name) > TEXT or len(act.why) > TEXT:
        raise Refused(f"{act.what} of {act.rule}: say who acts, and name and reason in at most {TEXT} characters each")
    if act.what in ("ack", "reset", "silence"):
        _current(state, act)
    return _ACTS[act.what](state, act, now_ms, fault)


def carried(state: AlarmState, past_ms: int | None) -> AlarmState:
    """The state in another boot. past_ms: how long the node ran since the beginning of the state's boot and before this one; a time is over after
    as much running as it was given, because how long the power was away is not known. None where nobody knows either: then what was timed
    ends at the next look, towards protecting."""
    return replace(state, silenced_until=_moved(state.silenced_until, past_ms), shelved_until=_moved(state.shelved_until, past_ms))


def _moved(until_ms: int | None, past_ms: int | None) -> int | None:
    return None if until_ms is None or past_ms is None else until_ms - past_ms


def ended(until_ms: int | None, now_ms: int, most_s: float) -> bool:
    """Whether a time is over: it has come, it is not known, or it is further away than it may be."""
    return until_ms is None or not 0 < until_ms - now_ms <= most_s * 1000


def _current(state: AlarmState, act: Act) -> None:
    """Refuse an act on an occurrence that is not the present one, or on a level below the present one."""
    if act.occurrence is None and act.actor.via not in LOCAL:
        raise Refused(f"{act.what} of {act.rule}: name the occurrence it is about; the present one is {state.occurrence}")
    if act.occurrence is not None and act.occurrence != state.occurrence:
        raise Refused(f"{act.what} of {act.rule}: it is about occurrence {act.occurrence}, the present one is {state.occurrence}; look at it first")
    if act.level is not None and act.level < state.level:
        raise Refused(f"{act.what} of {act.rule}: it has risen from level {act.level} to {state.level} since; look at it first")


def _ack(state: AlarmState, act: Act, now_ms: int, fault: bool) -> AlarmState:
    if state.acked:
        raise Refused(f"ack of {act.rule}: nothing is unacknowledged")
    return replace(state, acked=True)


def _silence(state: AlarmState, act: Act, now_ms: int, fault: bool) -> AlarmState:
    if not (state.active or state.latched or fault):
        raise Refused(f"silence of {act.rule}: it does not sound")
    return replace(state, silenced=True, silenced_until=_until(act, now_ms, SILENCE, 1.0, SILENCE_MOST))


def _reset(state: AlarmState, act: Act, now_ms: int, fault: bool) -> AlarmState:
    if not state.latched:
        raise Refused(f"reset of {act.rule}: nothing is latched")
    if not state.acked:
        raise Refused(f"reset of {act.rule}: acknowledge it first")
    if state.over_range:
        _reset_over_range(state, act, fault)
    elif state.active:
        raise Refused(f"reset of {act.rule}: it is still active; wait until the readings have gone back")
    return replace(
        state, active=False, level=0, latched=False, latch=0, over_range=False, returned=False, silenced=False, silenced_until=None
    )  # fmt: skip


def _reset_over_range(state: AlarmState, act: Act, fault: bool) -> None:
    """After an over-range no reading proves anything: a person who has proved the place safe by other means says so, on the spot."""
    if act.actor.via not in LOCAL:
        raise Refused(f"reset of {act.rule}: after an over-range only on the spot; prove the place safe, then reset at the panel or on the node")
    if not act.why.strip():
        raise Refused(f"reset of {act.rule}: after an over-range say why: how the place was proved safe")
    if not (state.returned or fault):
        raise Refused(f"reset of {act.rule}: the readings are still beyond the set point; wait until they have gone back")


def _shelve(state: AlarmState, act: Act, now_ms: int, fault: bool) -> AlarmState:
    if not act.why.strip():
        raise Refused(f"shelve of {act.rule}: say why")
    if act.until_s is None:
        raise Refused(f"shelve of {act.rule}: say for how long, at most {SHELVE_MOST / 3600:g} h")
    return replace(state, shelved=True, shelved_until=_until(act, now_ms, SHELVE_LEAST, SHELVE_LEAST, SHELVE_MOST))


def _unshelve(state: AlarmState, act: Act, now_ms: int, fault: bool) -> AlarmState:
    if not state.shelved:
        raise Refused(f"unshelve of {act.rule}: it is not shelved")
    return replace(state, shelved=False, shelved_until=None)


def _until(act: Act, now_ms: int, usual: float, least: float, most: float) -> int:
    lasts = usual if act.until_s is None else act.until_s
    if not (math.isfinite(lasts) and least <= lasts <= most):
        raise Refused(f"{act.what} of {act.rule}: {lasts:g} s is out of range; say {least:g} to {most:g} s")
    return now_ms + round(lasts * 1000)


_ACTS: dict[str, Callable[[AlarmState, Act, int, bool], AlarmState]] = {
    "ack": _ack,
    "silence": _silence,
    "reset": _reset,
    "shelve": _shelve,
    "unshelve": _unshelve,
}
