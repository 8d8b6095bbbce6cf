"""The numbers of a register that are a message and no measurement, as a profile writes them: text keys of TOML, by the type of the register.

Strict, because nothing shows at run time: a key that the register can never hold is never met, and its message is then published as a measurement.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.drivers._modbus_profile import Register, Word


def numbers(table: dict[str, Word], key: str) -> dict[int, Word]:
    """The table by number (keys of TOML are text; 0x7FFF is understood); ValueError names a key that is none."""
    try:
        found = {int(text, 0): word for text, word in table.items()}
    except ValueError as error:
        raise ValueError(f"{key} has a key that is no whole number ({error}); write for example 1 or 0x7FFF") from error
    if len(found) < len(table):
        raise ValueError(f"{key} has one number twice; write it once")
    return found


def codes(register: Register, table: dict[str, Word], key: str) -> dict[float, Word]:
    """The table by what `number` gives for the register. A pattern (0xFFFF) of a signed number is its two's complement. ValueError where the register
    can never hold a key: it would be passed over in silence, and a message taken for a measurement."""
    if register.type == "f32":
        return {_single(text, key): word for text, word in table.items()}
    width, signed = register.width, register.type.startswith("i")
    low, high = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
    found: dict[float, Word] = {}
    for text, number in zip(table, numbers(table, key)):
        held = number - (1 << width) if signed and text.lower().startswith("0x") and high < number < 1 << width else number
        if not low <= held <= high:
            also = f", or 0x0 to {(1 << width) - 1:#x} as a pattern" if signed else ""
            raise ValueError(f"{key} has the key {text}, which a register of type {register.type} never holds; write {low} to {high}{also}")
        if held in found:
            raise ValueError(f"{key} has one number twice ({text}); write it once")
        found[held] = table[text]
    return found


def _single(text: str, key: str) -> float:
    """A number as 32 bits of floating point hold it."""
    try:
        found: float = struct.unpack(">f", struct.pack(">f", float(text)))[0]
    except (ValueError, OverflowError) as error:
        raise ValueError(f'{key} has the key {text}, which no f32 holds; write the number itself in quotes, for example "-999.0"') from error
    return found
