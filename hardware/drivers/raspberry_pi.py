"""The Raspberry Pi itself: a node that browns out, cooks, fills its card or hangs on a thin link fails later, and should be seen to.

`watch` chooses what is read, each from a file of the kernel:

    temperature   temperature                            /sys/class/thermal/thermal_zone0/temp, in thousandths of a degree
    power         under_voltage throttled throttle_bits  the firmware's word, get_throttled
    disk          disk_free                              statvfs of `state`, the share that an ordinary user may still fill
    memory        memory_free                            /proc/meminfo, MemAvailable of MemTotal
    card          card_wear card_reserve                 /sys/block/<card>/device/life_time and pre_eol_info
    wifi          wifi_level wifi_quality                /proc/net/wireless
    ethernet      ethernet                               /sys/class/net/<wired>/operstate

The firmware's word (Raspberry Pi documentation, get_throttled): bits 0 to 3 say what is now, under-voltage (below 4.63 V), frequency capped,
throttled, soft temperature limit; bits 16 to 19 the same since the start. `under_voltage` and `throttled` are 1 while they are, and in the one
reading after which their mark is new: a dip between two readings is told. `throttle_bits` is the word itself. Its file is looked for where kernels
for the Pi have it. They call it old, and a kernel without it gives no value: find it with `find /sys -name get_throttled` and name it by
`throttling`, or leave `power` out of `watch`.

Card wear is told by eMMC alone (JEDEC eMMC 5.0): tenths of its life that are used, as the upper end of the tenth, 110 % for more than all; the
reserve is 1 for normal, 2 for 80 % used, 3 for nearly none left. An SD card tells nothing: without the file there is no value (port_gone), so leave
`card` away, watch what is written to it, and change it by age. Wi-Fi quality is the driver's link number of 70; the level is dB over a milliwatt.

A file that is missing makes its own channels bad (port_gone) and no others. What is missing at the first reading is told once in the log, with what
to do; it is looked for again at every reading, and counts from when it is there. What it cannot see: how good the supply is while it suffices, a card
that lies.

    [[sensor]]
    name = "pi"
    driver = "raspberry_pi"
    period = "60 s"
    watch = ["temperature", "power", "disk", "memory"]
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from hardware.errors import HardwareError, PortGone, ProtocolError
from hardware.sample import Channel, Reason, Sample, bad

if TYPE_CHECKING:
    from hardware.buses import Buses, Host
    from hardware.driver import Clock

log = logging.getLogger(__name__)
Item = Literal["temperature", "power", "disk", "memory", "card", "wifi", "ethernet"]
CHANNELS: dict[Item, tuple[Channel, ...]] = {
    "temperature": (Channel("temperature", "processor_temperature", "Cel", 1, -40.0, 125.0, 0.001),),
    "power": (
        Channel("under_voltage", "supply_under_voltage", "1", 0, 0.0, 1.0),
        Channel("throttled", "processor_throttled", "1", 0, 0.0, 1.0),
        Channel("throttle_bits", "firmware_throttling_word", "1", 0, 0.0, float(0xFFFFF)),
    ),
    "disk": (Channel("disk_free", "disk_free_share", "%", 1, 0.0, 100.0, 0.1),),
    "memory": (Channel("memory_free", "memory_free_share", "%", 1, 0.0, 100.0, 0.1),),
    "card": (Channel("card_wear", "storage_life_used", "%", 0, 0.0, 110.0, 10.0), Channel("card_reserve", "storage_reserve_state", "1", 0, 1.0, 3.0)),
    "wifi": (
        Channel("wifi_level", "received_level_over_1_mW", "dB", 0, -120.0, 0.0),
        Channel("wifi_quality", "wireless_link_quality", "%", 0, 0.0, 100.0, 100 / 70),
    ),
    "ethernet": (Channel("ethernet", "wired_link", "1", 0, 0.0, 1.0),),
}
"""What each item measures; `raw` is the number in the file, or the share in thousandths."""
THROTTLING = (
    "/sys/devices/platform/soc/soc:firmware/get_throttled",
    "/sys/bus/platform/devices/soc:firmware/get_throttled",
    "/sys/bus/platform/devices/soc@107c000000:firmware/get_throttled",
)
"""Where the firmware's word is: up to the Pi 4, whatever lies between, and by the Pi 5's name for its firmware."""
NOW, SINCE = 0xF, 16
"""Mask of the bits that are now, and the bit from which on the same are kept since the start."""
REMEDY: dict[str, str] = {"power": "find it with `find /sys -name get_throttled` and name it by `throttling`, or leave `power` out of `watch`"}
"""What to do about a file that is not there, where that is more than not to watch it."""
LONGEST = 12
"""Characters of a number; none of these files has a longer one."""
LINK = {"up": 1, "down": 0, "lowerlayerdown": 0, "dormant": 0, "notpresent": 0}
"""States of a link that say whether it carries (RFC 2863, as the kernel writes them)."""
UNSIGNED = 63
"""dB above which a received level is an old driver's unsigned byte."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """watch: what is read, of `temperature`, `power`, `disk`, `memory`, `card`, `wifi`, `ethernet`. state: a folder on the file system to watch.
    card: the card's block device. wifi, wired: the network interfaces. throttling: the file with the firmware's word, where it is in none of the
    usual places.
    """

    watch: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1)] = ("temperature", "power", "disk", "memory")
    state: str = "/var/lib/edge-gateway"
    card: str = "mmcblk0"
    wifi: str = "wlan0"
    wired: str = "eth0"
    throttling: str = ""

    def __post_init__(self) -> None:
        if len(set(self.watch)) < len(self.watch):
            raise ValueError(f"watch names something twice: {', '.join(self.watch)}; name each once")

    def bus(self) -> str:
        """The computer itself."""
        return "host"

    def claims(self) -> tuple[str, ...]:
        """Each channel, so that one Pi may be watched by two sensors with periods of their own."""
        return tuple(f"host/{channel.name}" for channel in self.channels())

    def channels(self) -> tuple[Channel, ...]:
        """The channels of what is watched, in the order of `watch`."""
        return tuple(channel for item in self.watch for channel in CHANNELS[item])


class Driver:
    """The computer the node runs on."""

    def __init__(self, options: Options, buses: Buses, clock: Clock) -> None:
        self.channels = options.channels()
        self._options = options
        self._host: Host = buses.host()
        self._word: int | None = None
        self._first = True
        self._readers: dict[Item, Callable[[], tuple[int, ...]]] = {
            "temperature": lambda: (self._number("/sys/class/thermal/thermal_zone0/temp"),),
            "power": self._power,
            "disk": self._disk,
            "memory": self._memory,
            "card": self._card,
            "wifi": self._wifi,
            "ethernet": self._ethernet,
        }

    def read(self) -> list[Sample]:
        """Every file once, in microseconds. PortGone where there is none at all."""
        samples: list[Sample] = []
        gone: dict[Item, PortGone] = {}
        for item in self._options.watch:
            try:
                raws = self._readers[item]()
            except HardwareError as error:
                gone |= {item: error} if isinstance(error, PortGone) else {}
                samples += [bad(channel.name, error.reason) for channel in CHANNELS[item]]
            else:
                samples += [Sample(channel.name, raw, channel.value(raw)) for channel, raw in zip(CHANNELS[item], raws, strict=True)]
        if len(gone) == len(self._options.watch):
            raise next(iter(gone.values()))
        if self._first:
            for item, missing in gone.items():
                log.warning("%s; what `%s` tells has no value: %s", missing, item, REMEDY.get(item, f"leave `{item}` out of `watch`"))
        self._first = False
        return samples

    def _number(self, path: str, base: int = 10) -> int:
        return _parsed(self._host.read(path).strip(), base, path)

    def _power(self) -> tuple[int, ...]:
        word = self._throttling()
        fresh = 0 if self._word is None else word & ~self._word
        self._word = word
        either = (word | fresh >> SINCE) & NOW
        return either & 1, int(either & ~1 != 0), word

    def _throttling(self) -> int:
        """The firmware's word; PortGone where it is in no place."""
        *others, last = (self._options.throttling,) if self._options.throttling else THROTTLING
        for path in others:
            with suppress(PortGone):
                return self._number(path, 16)
        return self._number(last, 16)

    def _disk(self) -> tuple[int, ...]:
        total, free = self._host.space(self._options.state)
        return (_share(free, total, self._options.state),)

    def _memory(self) -> tuple[int, ...]:
        path = "/proc/meminfo"
        rows = (line.split() for line in self._host.read(path).splitlines())
        found = {row[0]: row[1] for row in rows if len(row) > 1}
        free, total = (_parsed(found.get(key, ""), 10, path) for key in ("MemAvailable:", "MemTotal:"))
        return (_share(free, total, path),)

    def _card(self) -> tuple[int, ...]:
        folder = f"/sys/block/{self._options.card}/device"
        wear = max(_parsed(word, 16, folder) for word in self._host.read(f"{folder}/life_time").split() or [""])
        reserve = self._number(f"{folder}/pre_eol_info", 16)
        if not wear or not reserve:
            raise ProtocolError(Reason.SENSOR_FAULT, f"{folder}: the card says that it does not know its wear")
        return wear, reserve

    def _wifi(self) -> tuple[int, ...]:
        path = "/proc/net/wireless"
        for line in self._host.read(path).splitlines():
            name, _, rest = line.partition(":")
            fields = rest.split()
            if name.strip() == self._options.wifi and len(fields) > 3:
                quality, level = (_parsed(field.rstrip("."), 10, path) for field in fields[1:3])
                return level - 256 if level > UNSIGNED else level, quality
        raise ProtocolError(Reason.DISCONNECTED, f"{path}: {self._options.wifi} is not there or not up")

    def _ethernet(self) -> tuple[int, ...]:
        path = f"/sys/class/net/{self._options.wired}/operstate"
        state = self._host.read(path).strip()
        if state not in LINK:
            raise ProtocolError(Reason.SYNTAX, f"{path}: {state[:40]!r} does not say whether there is a link")
        return (LINK[state],)

    def close(self) -> None:
        """Nothing is held open."""


def _parsed(text: str, base: int, path: str) -> int:
    try:
        return int(text if len(text) <= LONGEST else "", base)
    except ValueError as error:
        raise ProtocolError(Reason.SYNTAX, f"{path}: {text[:40]!r} is not the number that was expected") from error


def _share(part: int, whole: int, path: str) -> int:
    """Thousandths."""
    if not 0 <= part <= whole or whole == 0:
        raise ProtocolError(Reason.SYNTAX, f"{path}: {part} of {whole} is no share")
    return part * 1000 // whole
