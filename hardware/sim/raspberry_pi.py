"""A simulated Raspberry Pi, as its kernel tells of it in files: what the driver of the same name reads, made of signals.

A signal that is not named has no file, as a Pi with an SD card has no file about its wear. Under-voltage and throttling leave their marks also when
nobody looked: the firmware keeps them until the next start.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from hardware.sim.faults import Fault, Garbage, Unplugged

if TYPE_CHECKING:
    from hardware.sim.world import World

BROWN_OUT = 4.63
"""Volts below which the board says under-voltage (Raspberry Pi documentation)."""
SOFT, HARD = 80.0, 85.0
"""Degrees Celsius from which it runs slower, and from which it is throttled."""
GRID, MOST = 0.5, 10_000
"""Seconds between two looks of the firmware, and how many of them are made up for at one read."""
DISK, MEMORY = 32_000_000_000, 948_304
"""Bytes of the card, and kibibytes of memory."""


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Names of signals, each empty where the Pi has none. temperature: of the processor, degrees Celsius. supply: volts at the board. disk: free, per
    cent. memory: free, per cent. wear: tenths of the card's life that are used, 1 to 11, of an eMMC. wifi: received level, dB over a milliwatt.
    ethernet: from 0.5 on there is a cable."""

    temperature: str = ""
    supply: str = ""
    disk: str = ""
    memory: str = ""
    wear: str = ""
    wifi: str = ""
    ethernet: str = ""


class Chip:
    """The computer. name: `host`."""

    def __init__(self, name: str, wiring: Wiring, world: World) -> None:
        parts = [part for part in msgspec.structs.asdict(wiring) if getattr(wiring, part)]
        self.faults: dict[str, tuple[type[Fault], ...]] = {name: (Unplugged, Garbage)} | {f"{name}/{part}": () for part in parts}
        self._name = name
        self._wiring = wiring
        self._world = world
        self._looked = world.now()
        self._marks = 0
        for part in parts:
            world.signal(getattr(wiring, part), 0.0)  # a name that is not there is refused now, not at the first read

    def file(self, path: str) -> str:
        """The text of a file of the kernel."""
        if self._world.fault(self._name, Garbage):
            return "\ufffd?\n"
        name = path.rpartition("/")[2]
        if path == "/sys/class/thermal/thermal_zone0/temp":
            return f"{self._told('temperature', 'temperature', 1000)}\n"
        if name == "get_throttled":
            return f"{self._word():x}\n"
        if path == "/proc/meminfo":
            free = int(self._sensed("memory") * MEMORY / 100)
            self._took("memory_free", free * 1000 // MEMORY)
            return f"MemTotal:       {MEMORY:8} kB\nMemFree:        {free // 2:8} kB\nMemAvailable:   {free:8} kB\n"
        if name == "life_time":
            wear = self._told("wear", "card_wear", 1)
            return f"0x{max(1, wear - 1):02x} 0x{wear:02x}\n"
        if name == "pre_eol_info":
            reserve = 1 + (self._sensed("wear") >= 9) + (self._sensed("wear") >= 11)
            self._took("card_reserve", reserve)
            return f"0x{reserve:02x}\n"
        return self._link(path)

    def _link(self, path: str) -> str:
        """The files about the network."""
        if path == "/proc/net/wireless":
            level = self._told("wifi", "wifi_level", 1)
            quality = min(70, max(0, level + 110))
            self._took("wifi_quality", quality)
            head = "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n"
            head += " face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n"
            return f"{head} wlan0: 0000   {quality:2}.  {level}.  -256        0      0      0      0      3        0\n"
        if path.startswith("/sys/class/net/") and path.endswith("/operstate"):
            up = int(self._sensed("ethernet") >= 0.5)
            self._took("ethernet", up)
            return "up\n" if up else "down\n"
        raise FileNotFoundError(2, "No such file or directory")

    def space(self, path: str) -> tuple[int, int]:
        """Bytes of the card: all, and free."""
        free = int(self._sensed("disk") * DISK / 100)
        self._took("disk_free", free * 1000 // DISK)
        return DISK, free

    def _sensed(self, part: str, at: float | None = None) -> float:
        signal = getattr(self._wiring, part)
        if not signal:
            raise FileNotFoundError(2, "No such file or directory")
        return self._world.sensed(f"{self._name}/{part}", signal, self._world.now() if at is None else at)

    def _told(self, part: str, channel: str, per_unit: int) -> int:
        number = round(self._sensed(part) * per_unit)
        self._took(channel, number)
        return number

    def _took(self, channel: str, raw: int) -> None:
        self._world.completed(f"{self._name}/{channel}", raw)

    def _word(self) -> int:
        """Bits 0 to 3 now, 16 to 19 since the start."""
        now, before = self._world.now(), self._marks
        first = max(math.ceil(self._looked / GRID), math.ceil(now / GRID) - MOST)
        for step in range(first, math.ceil(now / GRID)):
            self._marks |= self._bits(step * GRID) << 16
        self._looked, bits = now, self._bits(now)
        self._marks |= bits << 16
        either = bits | (self._marks & ~before) >> 16
        self._took("under_voltage", either & 1)
        self._took("throttled", int(either & 0xE != 0))
        self._took("throttle_bits", self._marks | bits)
        return self._marks | bits

    def _bits(self, at: float) -> int:
        low = self._sensed("supply", at) < BROWN_OUT
        heat = self._sensed("temperature", at) if self._wiring.temperature else 0.0
        return int(low) | low << 1 | (heat >= HARD) << 2 | (heat >= SOFT) << 3
