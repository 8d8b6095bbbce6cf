"""The Raspberry Pi as a sensor: each file is its own channels, a missing one is bad and the others good, and a simulated node never looks at the real
machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.buses.linux import LinuxBuses
from hardware.driver import load
from hardware.errors import PortGone
from hardware.sample import Quality, Reason, Sample

FAMILY = load("raspberry_pi")
ALL = ["temperature", "power", "disk", "memory", "card", "wifi", "ethernet"]
WIRELESS = """Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   49.  {level}.  -256        0      0      0      0      3        0
"""
FILES = {
    "sys/class/thermal/thermal_zone0/temp": "48312\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n",
    "proc/meminfo": "MemTotal:        1000000 kB\nMemFree:          100000 kB\nMemAvailable:     734567 kB\nHugePages_Total:       0\n",
    "sys/block/mmcblk0/device/life_time": "0x02 0x03\n",
    "sys/block/mmcblk0/device/pre_eol_info": "0x01\n",
    "proc/net/wireless": WIRELESS.format(level=-61),
    "sys/class/net/eth0/operstate": "up\n",
    "var/lib/edge-gateway/outbox": "",
}


def opened(buses: Any, clock: Any, **options: Any) -> Any:
    return FAMILY.open(msgspec.convert({"watch": ALL} | options, FAMILY.options), buses, clock)


def by_name(driver: Any) -> dict[str, Sample]:
    return {sample.channel: sample for sample in driver.read()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        write(tmp_path, name, text)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def test_every_file_of_a_linux_machine_is_read(root: Path, clock: Any) -> None:
    told = by_name(opened(LinuxBuses(root=root), clock))
    values = {name: sample.value for name, sample in told.items() if name != "disk_free"}
    assert values == {
        "temperature": pytest.approx(48.312),
        "under_voltage": 1,
        "throttled": 1,
        "throttle_bits": 0x50005,
        "memory_free": pytest.approx(73.4),
        "card_wear": 30,
        "card_reserve": 1,
        "wifi_level": -61,
        "wifi_quality": pytest.approx(70.0),
        "ethernet": 1,
    }
    assert 0 <= (told["disk_free"].value or 0) <= 100
    assert {sample.quality for sample in told.values()} == {Quality.GOOD}


OF = {
    "temperature": ("sys/class/thermal/thermal_zone0/temp", ["temperature"]),
    "power": ("sys/devices/platform/soc/soc:firmware/get_throttled", ["under_voltage", "throttled", "throttle_bits"]),
    "memory": ("proc/meminfo", ["memory_free"]),
    "card": ("sys/block/mmcblk0/device/life_time", ["card_wear", "card_reserve"]),
    "wifi": ("proc/net/wireless", ["wifi_level", "wifi_quality"]),
    "ethernet": ("sys/class/net/eth0/operstate", ["ethernet"]),
}


@pytest.mark.parametrize("item", OF)
def test_a_missing_file_is_bad_and_the_others_are_good(root: Path, clock: Any, item: str) -> None:
    file, channels = OF[item]
    (root / file).unlink()
    told = by_name(opened(LinuxBuses(root=root), clock))
    assert {name: (s.value, s.reason) for name, s in told.items() if s.quality is Quality.BAD} == dict.fromkeys(channels, (None, Reason.PORT_GONE))


USUAL = ["sys/bus/platform/devices/soc:firmware/get_throttled", "sys/bus/platform/devices/soc@107c000000:firmware/get_throttled"]


@pytest.mark.parametrize("place", USUAL)
def test_the_word_is_found_where_kernels_have_it(root: Path, clock: Any, place: str) -> None:
    (root / OF["power"][0]).unlink()
    write(root, place, "50005\n")
    assert by_name(opened(LinuxBuses(root=root), clock))["throttle_bits"].value == 0x50005


def test_a_place_that_is_named_is_the_only_one(root: Path, clock: Any) -> None:
    assert by_name(opened(LinuxBuses(root=root), clock, throttling="/sys/elsewhere"))["throttled"].reason is Reason.PORT_GONE
    write(root, "sys/elsewhere", "1\n")
    assert by_name(opened(LinuxBuses(root=root), clock, throttling="/sys/elsewhere"))["throttle_bits"].value == 1


def test_a_file_that_is_not_there_is_told_once_with_what_to_do(root: Path, clock: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A kernel without the firmware's word, and the default watch: no value, said once, and nothing else suffers."""
    (root / OF["power"][0]).unlink()
    driver = FAMILY.open(FAMILY.options(), LinuxBuses(root=root), clock)
    for _ in range(3):
        told = by_name(driver)
        assert [name for name, sample in told.items() if sample.quality is Quality.BAD] == OF["power"][1]
    [record] = caplog.records
    assert "find /sys -name get_throttled" in record.getMessage()
    assert "leave `power` out of `watch`" in record.getMessage()
    write(root, OF["power"][0], "1\n")
    assert by_name(driver)["under_voltage"].value == 1, "it counts from when it is there"
    assert {"under_voltage", "throttled"} <= {channel.name for channel in FAMILY.options().channels()}, "in the default watch of a Pi"


def test_nothing_is_said_of_a_pi_that_has_all_or_nothing(root: Path, tmp_path: Path, clock: Any, caplog: pytest.LogCaptureFixture) -> None:
    opened(LinuxBuses(root=root), clock).read()
    with pytest.raises(PortGone):
        opened(LinuxBuses(root=tmp_path / "nowhere"), clock, watch=["power", "memory"]).read()
    assert caplog.records == []


NONSENSE = ["", "\0\0", "n/a", "-", "9" * 400, "0x", "1 2 3", "\ufffd", "MemTotal: 0 kB\nMemAvailable: 5 kB", "wlan0: 0000 x y z", "MemTotal:"]


@pytest.mark.parametrize("text", NONSENSE)
@pytest.mark.parametrize("item", OF)
def test_nonsense_in_a_file_is_no_number(root: Path, clock: Any, item: str, text: str) -> None:
    file, channels = OF[item]
    write(root, file, text)
    if item == "card" and text == "1 2 3":
        text = "x"
        write(root, file, text)
    told = by_name(opened(LinuxBuses(root=root), clock))
    assert [told[name].value for name in channels] == [None] * len(channels)
    assert {told[name].reason for name in channels} <= {Reason.SYNTAX, Reason.DISCONNECTED}
    assert [name for name, sample in told.items() if sample.quality is Quality.BAD] == channels


@pytest.mark.parametrize(("life", "reserve", "told"), [("0x0b 0x01", "0x03", (110, 3)), ("0x00 0x00", "0x01", None), ("0x01 0x01", "0x00", None)])
def test_wear_is_the_worse_of_both_kinds_of_memory_or_unknown(root: Path, clock: Any, life: str, reserve: str, told: Any) -> None:
    write(root, "sys/block/mmcblk0/device/life_time", life)
    write(root, "sys/block/mmcblk0/device/pre_eol_info", reserve)
    samples = by_name(opened(LinuxBuses(root=root), clock, watch=["card", "memory"]))
    if told is None:
        assert {samples[name].reason for name in ("card_wear", "card_reserve")} == {Reason.SENSOR_FAULT}
    else:
        assert (samples["card_wear"].value, samples["card_reserve"].value) == told


def test_an_sd_card_says_nothing_and_says_so(root: Path, clock: Any) -> None:
    (root / "sys/block/mmcblk0/device/life_time").unlink()
    with pytest.raises(PortGone, match="life_time"):
        opened(LinuxBuses(root=root), clock, watch=["card"]).read()


@pytest.mark.parametrize(("level", "told"), [("-61", -61), ("195", -61), ("0", 0)])
def test_an_old_drivers_unsigned_level_is_the_same(root: Path, clock: Any, level: str, told: int) -> None:
    write(root, "proc/net/wireless", WIRELESS.format(level=level))
    assert by_name(opened(LinuxBuses(root=root), clock))["wifi_level"].value == told


WORDS = [  # word now, under-voltage, throttled
    ("0", 0, 0),
    ("50000", 1, 1),  # both marks are new: it dipped between two readings
    ("50000", 0, 0),
    ("50001", 1, 0),
    ("50002", 0, 1),
    ("d0000", 0, 1),  # the soft temperature limit was reached meanwhile
    ("d0008", 0, 1),
]


def test_a_dip_between_two_readings_is_told_once(root: Path, clock: Any) -> None:
    driver, seen = opened(LinuxBuses(root=root), clock, watch=["power"]), []
    for word, _, _ in WORDS:
        write(root, "sys/devices/platform/soc/soc:firmware/get_throttled", f"{word}\n")
        told = by_name(driver)
        seen.append((f"{told['throttle_bits'].raw:x}", told["under_voltage"].value, told["throttled"].value))
    assert seen == WORDS


def test_marks_from_before_the_start_are_no_new_ones(root: Path, clock: Any) -> None:
    write(root, "sys/devices/platform/soc/soc:firmware/get_throttled", "50000\n")
    told = by_name(opened(LinuxBuses(root=root), clock))
    assert (told["under_voltage"].value, told["throttled"].value) == (0, 0)


SCENE = """
[signals.heat]
kind = "ramps"
points = [[0, 45], [100, 90]]
[signals.supply]
kind = "steps"
steps = [[0, 5.1], [30.2, 4.4], [31.9, 5.1]]
[signals.free]
kind = "constant"
value = 12.3
[chips.host]
kind = "raspberry_pi"
temperature = "heat"
supply = "supply"
disk = "free"
memory = "free"
"""


def test_a_simulated_pi_is_made_of_signals(simulate: Any, clock: Any, reads: Path) -> None:
    driver, seen, raws = opened(simulate(SCENE), clock, watch=["temperature", "power", "disk", "memory"]), [], []
    for at in (0, 20, 40, 60, 100):
        clock.advance(at - clock.scenario())
        told = by_name(driver)
        seen.append(tuple(told[name].value for name in ("temperature", "under_voltage", "throttled")))
        assert [told[name].value for name in ("disk_free", "memory_free")] == pytest.approx([12.3, 12.3], abs=0.1)
        raws += [[f"host/{name}", sample.raw] for name, sample in told.items()]
    assert seen == [(45, 0, 0), (54, 0, 0), (63, 1, 1), (72, 0, 0), (90, 0, 1)]
    assert sorted([f"{line[0]}/{line[1]}", line[2]] for line in map(json.loads, reads.read_text().splitlines())) == sorted(raws)


def test_a_file_the_simulated_pi_has_not_is_missing_there_too(simulate: Any, clock: Any) -> None:
    told = by_name(opened(simulate(SCENE), clock))
    assert {name for name, sample in told.items() if sample.reason is Reason.PORT_GONE} == {
        "card_wear",
        "card_reserve",
        "wifi_level",
        "wifi_quality",
        "ethernet",
    }


def test_a_simulated_node_never_looks_at_the_real_machine(simulate: Any, clock: Any) -> None:
    with pytest.raises(PortGone):
        opened(simulate(""), clock).read()
    with pytest.raises(PortGone):
        simulate("").host().space("/")


@pytest.mark.parametrize(("fault", "reason"), [("garbage", {Reason.SYNTAX}), ("unplugged", {Reason.PORT_GONE})])
def test_a_pi_that_tells_nonsense_gives_no_number(simulate: Any, clock: Any, fault: str, reason: set[Reason]) -> None:
    driver = opened(simulate(SCENE + f'[[faults]]\nkind = "{fault}"\non = "host"\n'), clock, watch=["temperature", "power", "memory"])
    try:
        assert {sample.reason for sample in driver.read()} == reason
    except PortGone:
        assert fault == "unplugged"


@pytest.mark.parametrize("wrong", [{"watch": []}, {"watch": ["disk", "disk"]}, {"watch": ["fan"]}])
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, FAMILY.options)


def test_the_host_of_a_linux_machine_reads_a_bounded_part_of_a_file(root: Path) -> None:
    write(root, "proc/meminfo", "x" * 1_000_000)
    assert len(LinuxBuses(root=root).host().read("/proc/meminfo")) == 65536


def test_this_very_machine_can_be_read(clock: Any) -> None:
    """Whatever runs this test is a Linux machine: its memory is told."""
    told = by_name(opened(LinuxBuses(), clock, watch=["memory", "disk"], state="/"))
    assert told["memory_free"].value is not None
    assert 0 < told["memory_free"].value <= 100
