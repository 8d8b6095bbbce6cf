"""Which questions a poll asks, and what number a register holds. Pure.

As few questions as there are gaps: registers that stand side by side come in one answer, so that a value, its decimals, its unit and its status
are of one moment. What lies between is read only as far as the profile allows: many devices answer a register they do not have with an exception.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import NamedTuple

from hardware.drivers._modbus import MOST
from hardware.drivers._modbus_profile import Measured, Profile, Register

FORMATS = {"u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "f32": ">f"}


class Block(NamedTuple):
    """Registers of one question."""

    function: int
    address: int
    span: int


Words = dict[tuple[int, int], bytes]
"""What was read: two bytes by (function, address)."""


def blocks(registers: Iterable[Register], function: int, gap: int) -> list[Block]:
    """The fewest questions that cover the registers. function: of those that name none. gap: registers that may be read along."""
    found: list[Block] = []
    for own, address, words in sorted({(register.function or function, register.address, register.words) for register in registers}):
        last = found[-1] if found else None
        end = address + words
        if last and last.function == own and address <= last.address + last.span + gap and end - last.address <= MOST:
            found[-1] = last._replace(span=max(last.span, end - last.address))
        else:
            found.append(Block(own, address, words))
    return found


def needed(profile: Profile, names: Iterable[str]) -> list[Register]:
    """What a poll of these channels, and states that are one, must read: the channels, their decimals and states, and what is looked at always."""
    asked = set(names)
    channels = [channel for name, channel in profile.channels.items() if name in asked]
    wanted: list[Register] = [*channels, *(channel.point for channel in channels if channel.point is not None)]
    wanted += [profile.states[state] for state in asked & {*profile.states} | {state for one in channels for state in states_of(profile, one)}]
    return wanted + [known for known in profile.expect.values() if known.always]


def states_of(profile: Profile, channel: Measured) -> tuple[str, ...]:
    """The states that concern a channel."""
    return tuple(profile.states) if channel.states is None else channel.states


def words(block: Block, data: bytes) -> Words:
    """An answer's bytes by register."""
    return {(block.function, block.address + place): data[2 * place : 2 * place + 2] for place in range(block.span)}


def number(register: Register, function: int, read: Words) -> float:
    """The number a register holds: a whole one, or for f32 any, also one that is not finite."""
    own = register.function or function
    parts = [read[own, register.address + place] for place in range(register.words)]
    data = b"".join(parts if register.order == "high_first" else reversed(parts))
    found: float = struct.unpack(FORMATS[register.type], data)[0]
    if register.mask:
        lowest = (register.mask & -register.mask).bit_length() - 1
        return (int(found) & register.mask) >> lowest
    return found


def counts(channel: Measured, found: float, decimals: float) -> int | None:
    """A channel's raw number. Where the device tells its decimals, or sends a float, it is in units of the channel's last decimal; None where it
    has more decimals than the channel, or is no finite number."""
    if channel.type == "f32":
        value = found * channel.scale + channel.offset
        return round(value * 10**channel.decimals) if math.isfinite(value) else None
    if channel.point is None:
        return int(found)
    more = channel.decimals - int(decimals)
    return int(found) * 10**more if more >= 0 and decimals >= 0 else None
