"""A Winsen ZE module with an electrochemical cell on a serial line: ZE03, ZE07, ZE08, ZE12, ZE15, asked (`query`) or talking on its own (`active`).

Active, ZE07, ZE08, ZE12 and ZE15 describe what they say: `FF gas unit decimals high low full-scale-high full-scale-low sum`, once a second. All of
it is held against the configuration: another gas is WRONG_GAS, another unit or number of decimals WRONG_UNIT, another full scale WRONG_CHIP.
Asked by `FF 01 86 ... 79` they reply `FF 86 ...`, which tells nothing about itself: a number twice (bytes 2-3 and 6-7), or for formaldehyde ug/m3 in
bytes 2-3 and ppb in 6-7. The ZE03 says `FF 86 high low ...` in both modes, with the gas in byte 4 at most: its decimals are configuration. So
`active` is the mode to prefer where the line is the module's own.

The mode is set at the start, after every failure, and when an asked module is heard talking on its own; the byte that sets it differs (0x41 and
0x40, ZE03 0x04 and 0x03), and a module ignores the wrong one silently. For the ZE12 no sheet of it was at hand: it is read as it talks, never set,
and not asked, because what the two numbers of its reply are is not known.

A number at full scale stays, as OVER_RANGE: alarms need it. Beyond 1.2 times full scale there is none. The highest bit of the number of a ZE15 or
ZE07 for CO says that its cell has failed (a published ZE15-CO program, not the sheet): SENSOR_FAULT. The number of a module in active mode whose
frames come too rarely since the one read before (further apart than 1.15 s) stays, as TIMEOUT. The two numbers of a reply for formaldehyde must fit
each other. Nothing here calibrates, and nothing zeroes.

What it cannot see: a dry, poisoned or worn cell reads clean air faultlessly; only test gas finds that. Formaldehyde and CO cells answer to alcohol.
Of a reply (`query`) it cannot see the gas.

Wiring: TX and RX are 3.3 V, supply 5 V. The serial console must be off. Sources: Winsen ZE15-CO, ZE07-CO and ZE07-CH2O manuals; for the ZE03 the
list of gases and resolutions in published libraries. A reading ends within 2.5 s active, 1.4 s asked.

    [[sensor]]
    name = "co"
    driver = "winsen_ze"
    port = "/dev/serial0"
    model = "ze15"
    gas = "co"
    mode = "active"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from hardware.drivers._winsen import BAUD, CODES, ECHO, GASES, MODE, READ, REPLY, Kind, Module, beyond, command, frames, word
from hardware.errors import HardwareError, ProtocolError
from hardware.quantities import Seconds
from hardware.sample import Channel, Quality, Reason, Sample, bad
from hardware.scout import Guess, OnSerial

if TYPE_CHECKING:
    from hardware.buses import Buses
    from hardware.driver import Clock

UNITS = {0x03: "[ppm]", 0x04: "[ppb]"}
"""Units by their code in a frame."""
PERIOD = 1.0
"""Seconds between the frames of a module that talks on its own."""
HEAVIEST = 1.4
"""ug/m3 per ppb of formaldehyde in cold air (30.03 g/mol in 22 l/mol): the end of one range from that of the other."""
USUAL, ROUNDED = 1.23, 1.5
"""ug/m3 per ppb at 25 degrees, and by how many of its last digit a small number may be off by being cut to whole ones."""
FAILED = 0x8000
"""Bit of the number by which a CO module says that its cell has failed."""
WHOLE = ("nh3", "h2s", "co", "h2")
"""Gases of which a ZE03 counts whole ppm; tenths of the others."""


class Scale(NamedTuple):
    """What a number means. unit: UCUM code. decimals: digits after its point. full_scale: in `unit`."""

    unit: str
    decimals: int
    full_scale: float


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """port: device path or pyserial URL; prefer the path by-path or by-id, which does not change. model: ze03, ze07, ze08, ze12 or ze15, by its
    label. gas: nh3, h2s, co, o2, h2, c2hx, ch2o, o3, so2, no2, hcl, cl2, hf, eto or ph3. mode: `active` (it talks on its own) or `query` (it is
    asked).

    unit: `[ppm]`, `[ppb]` or, on a ZE03, `%{vol}`. decimals: digits after the point of its number, 0 to 3. full_scale: end of its range, in `unit`.
    warm_up: its preheat time from the data sheet. They are known for the ze07 and ze15 with co (ze07: not warm_up); unit and decimals also for the
    ze03 and for ch2o. What is not known has to be written.
    """

    port: str
    model: Literal["ze03", "ze07", "ze08", "ze12", "ze15"]
    gas: str
    mode: Literal["active", "query"]
    unit: Literal["[ppm]", "[ppb]", "%{vol}"] | None = None
    decimals: Literal[0, 1, 2, 3] | None = None
    full_scale: float | None = None
    warm_up: Seconds | None = None

    def __post_init__(self) -> None:
        if self.gas not in CODES:
            raise ValueError(f"there is no gas {self.gas!r}; use one of {', '.join(sorted(CODES))}")
        if self.model == "ze12" and self.mode == "query":
            raise ValueError("a ze12 is read in mode active only: what it replies when asked is not known here")
        scale = self.scale()
        if scale.unit == "%{vol}" and self.model != "ze03":
            raise ValueError(f"unit %{{vol}} has no code in the frames of a {self.model}; use [ppm] or [ppb]")
        if not 0 < scale.full_scale * 10**scale.decimals <= 0xFFFF:
            raise ValueError(f"full_scale {scale.full_scale:g} with {scale.decimals} decimals does not fit the frame; it is written in {scale.unit}")
        self.preheat()

    def scale(self) -> Scale:
        """What a number of this module means; ValueError where it has to be written."""
        known = _known(self.model, self.gas)
        unit = self.unit or known[0]
        decimals = known[1] if self.decimals is None else self.decimals
        full_scale = known[2] if self.full_scale is None else self.full_scale
        if unit is None or decimals is None or full_scale is None:
            missing = [name for name, value in (("unit", unit), ("decimals", decimals), ("full_scale", full_scale)) if value is None]
            raise ValueError(f"a {self.model} for {self.gas} needs {', '.join(missing)}; copy them from its data sheet")
        return Scale(unit, decimals, full_scale)

    def preheat(self) -> float:
        """Seconds of warm-up; ValueError where it has to be written."""
        if self.warm_up is None and self.model != "ze15":
            raise ValueError(f'a {self.model} needs warm_up; copy the preheat time from its data sheet, for example "3 min"')
        return 30.0 if self.warm_up is None else self.warm_up

    def bus(self) -> str:
        """The port: one module, one line."""
        return f"serial:{self.port}"

    def claims(self) -> tuple[str, ...]:
        """The whole port."""
        return (f"serial:{self.port}",)

    def double(self) -> bool:
        """Whether a reply tells the mass too."""
        return self.gas == "ch2o" and self.mode == "query" and self.model != "ze03"

    def channels(self) -> tuple[Channel, ...]:
        """The gas, `raw` the number in the frame; asked for formaldehyde also `ch2o_mass` in ug/m3."""
        unit, decimals, high = self.scale()
        quantity = GASES[CODES[self.gas]].quantity
        gas = Channel(self.gas, quantity, unit, decimals, 0.0, high, 10.0**-decimals)
        if not self.double():
            return (gas,)
        per_unit = HEAVIEST * (1000 if unit == "[ppm]" else 1)
        return (gas, Channel(f"{self.gas}_mass", f"{quantity}_mass", "ug/m3", 0, 0.0, high * per_unit))


def _known(model: str, gas: str) -> tuple[str | None, int | None, float | None]:
    """Unit, decimals and full scale, as far as the sheets at hand tell."""
    if gas == "co" and model in ("ze07", "ze15"):
        return "[ppm]", 1, 500.0
    if model == "ze03":
        return "%{vol}" if gas == "o2" else "[ppm]", 0 if gas in WHOLE else 1, None
    if gas == "ch2o" and model in ("ze07", "ze08"):
        return "[ppb]", 0, None
    return None, None, None


class Driver:
    """One module on its own line."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._clock = clock
        self._started = clock.monotonic()
        self._unset = True  # the mode has to be set before the next reading
        self._module = Module(buses, options.port, clock, f"{options.model} on {options.port}")

    def read(self) -> list[Sample]:
        """The next frame, or the reply. HardwareError where none comes in time, none can be read, or it is another module's."""
        if self._unset:
            self._set_mode()
        self._unset = True
        frame = self._frame()
        talking = bool(self._module.seen.keys() - {ECHO, MODE})
        self._unset = self._options.mode == "query" and talking
        return self._samples(self._numbers(frame))

    def _set_mode(self) -> None:
        codes = {"query": 0x04, "active": 0x03} if self._options.model == "ze03" else {"query": 0x41, "active": 0x40}
        if self._options.model != "ze12":
            self._module.tell(command(MODE, codes[self._options.mode]))

    def _frame(self) -> bytes:
        code = CODES[self._options.gas]
        own = code if self._options.mode == "active" and self._options.model != "ze03" else REPLY
        try:
            frame = self._module.ask(READ) if self._options.mode == "query" else self._module.listen(own, 2 * PERIOD, PERIOD)
        except HardwareError as error:
            self._refuse_others(code, error)
            raise
        self._refuse_others(code, None)
        return frame

    def _refuse_others(self, code: int, error: HardwareError | None) -> None:
        """ProtocolError where frames of another gas were heard: it is another module, whatever else it says."""
        others = {kind for kind, frame in self._module.seen.items() if kind != code and (kind in GASES or describes_itself(frame))}
        if others:
            named = ", ".join(GASES[other].key if other in GASES else f"gas 0x{other:02x}" for other in sorted(others))
            text = f"{self._module.where}: frames of {named}, configured is {self._options.gas}; check which module is on the port"
            raise ProtocolError(Reason.WRONG_GAS, text) from error

    def _numbers(self, frame: bytes) -> tuple[int, ...]:
        """A number per channel; ProtocolError where the frame is not this module's."""
        if frame[1] != REPLY:
            self._compare(frame)
            return (word(frame, 4),)
        if self._options.model == "ze03":
            if frame[4] not in (0, CODES[self._options.gas]):
                text = f"{self._module.where}: a frame of gas 0x{frame[4]:02x}, configured is {self._options.gas}; check which module is on the port"
                raise ProtocolError(Reason.WRONG_GAS, text)
            return (word(frame, 2),)
        if self._options.double():
            return self._two(word(frame, 6), word(frame, 2))
        if failed := [number for number in (word(frame, 2), word(frame, 6)) if self._fails(number)]:
            return (failed[0],)
        if word(frame, 6) not in (0, word(frame, 2)):
            text = f"{self._module.where}: a reply with two numbers, {word(frame, 2)} and {word(frame, 6)}; check model and gas"
            raise ProtocolError(Reason.AMBIGUOUS, text)
        return (word(frame, 2),)

    def _two(self, number: int, mass: int) -> tuple[int, int]:
        """The concentration of formaldehyde and its mass, in ug/m3; ProtocolError where they are not of the same air."""
        unit, decimals, _ = self._options.scale()
        digit = 10.0**-decimals * (1000 if unit == "[ppm]" else 1)
        ppb = number * digit
        if not ppb < mass <= HEAVIEST * ppb and abs(mass - USUAL * ppb) > ROUNDED * max(1.0, digit):
            text = f"{self._module.where}: a reply with {ppb:g} ppb and {mass} ug/m3, which are not the same air; check model and gas"
            raise ProtocolError(Reason.AMBIGUOUS, text)
        return number, mass

    def _fails(self, number: int) -> bool:
        """Whether a number says that the cell has failed."""
        return self._options.gas == "co" and self._options.model in ("ze07", "ze15") and bool(number & FAILED)

    def _compare(self, frame: bytes) -> None:
        """Hold a frame's description of itself against the configuration."""
        unit, decimals, high = self._options.scale()
        told = UNITS.get(frame[2], f"unit 0x{frame[2]:02x}")
        where = self._module.where
        if told != unit or frame[3] != decimals:
            text = f"{where}: frames in {told} with {frame[3]} decimals, configured is {unit} with {decimals}; check the model, or write what it says"
            raise ProtocolError(Reason.WRONG_UNIT, text)
        if word(frame, 6) != round(high * 10**decimals):
            text = f"{where}: full scale {word(frame, 6) / 10**decimals:g}, configured is {high:g} {unit}; check which module is on the port"
            raise ProtocolError(Reason.WRONG_CHIP, text)

    def _samples(self, numbers: tuple[int, ...]) -> list[Sample]:
        if self._fails(numbers[0]):
            return [bad(self.channels[0].name, Reason.SENSOR_FAULT, numbers[0])]
        warming = self._clock.monotonic() - self._started < self._options.preheat()
        reason = Reason.TIMEOUT if self._module.rare else Reason.WARM_UP if warming else None
        quality = Quality.UNCERTAIN if reason else Quality.GOOD
        found = zip(self.channels, numbers, strict=True)
        return [beyond(channel, raw) or Sample(channel.name, raw, channel.value(raw), quality, reason) for channel, raw in found]

    def close(self) -> None:
        """Close the port."""
        self._module.close()


def describes_itself(frame: bytes) -> bool:
    """Whether a sound frame is one that an active module sends, of whatever gas: a unit, decimals and a full scale that there are."""
    return frame[1] not in (ECHO, MODE, REPLY) and frame[2] in UNITS and frame[3] <= 3 and word(frame, 6) > 0


def tell_active(heard: bytes) -> Guess | None:
    """A frame that describes itself as a gas in a unit with a possible number."""
    for frame in frames().feed(heard):
        gas, unit, full_scale = GASES.get(frame[1]), UNITS.get(frame[2]), word(frame, 6)
        if gas and unit and frame[3] <= 3 and word(frame, 4) <= full_scale:
            scale = {"unit": unit, "decimals": frame[3], "full_scale": full_scale / 10 ** frame[3]}
            what = f"Winsen ZE07, ZE08, ZE12 or ZE15 for {gas.key} up to {scale['full_scale']:g} {unit}; its label tells the model, its sheet warm_up"
            return Guess(what, {"gas": gas.key, "mode": "active", **scale})
        if frame[1] == REPLY:
            return Guess("Winsen ZE03 that talks on its own; its label tells the gas", {"model": "ze03", "mode": "active"})
    return None


def tell_reply(heard: bytes) -> Guess | None:
    """A reply with its number twice, or with the two numbers of formaldehyde; it does not tell the gas."""
    for reply in frames().feed(heard):
        first, second = word(reply, 2), word(reply, 6)
        if reply[1] != REPLY or not first or not second or reply[4] or reply[5]:
            continue
        if first == second:
            return Guess("Winsen ZE07, ZE08 or ZE15 that waits to be asked; its label tells model and gas, a reply does not", {"mode": "query"})
        if 1.0 < first / second <= HEAVIEST:
            return Guess("Winsen ZE07 or ZE08 for formaldehyde; its label tells model and full_scale", {"gas": "ch2o", "mode": "query"})
    if any(reply[1] == REPLY and any(reply[2:4]) and not any(reply[4:8]) for reply in frames().feed(heard)):
        return Guess("Winsen ZE03 that waits to be asked; its label tells the gas", {"model": "ze03", "mode": "query"})
    return None


SIGNATURES = (OnSerial({"baudrate": BAUD}, tell_active, b"", 2.2), OnSerial({"baudrate": BAUD}, tell_reply, READ))
"""Talks on its own, or answers the question for a concentration."""

PARSERS = {"any": frames, "active": lambda: Kind(CODES["co"]), "reply": lambda: Kind(REPLY)}
"""What a scan looks for, and what a reading does by mode."""
