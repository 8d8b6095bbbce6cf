"""A module's mode is set at the start and again whenever it was lost; the byte for it is the model's own; a warming module gives no plain value."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.errors import HardwareError, ProtocolError
from hardware.quantities import convert
from hardware.sample import Quality, Reason

PORT = "/dev/serial0"
CHIP = f'[signals.gas]\nkind = "constant"\nvalue = 40\n[chips."serial:{PORT}"]\nsignal = "gas"\n'
AIR = CHIP.replace("40", "440")
OFF = f'[[faults]]\nkind = "off"\non = "serial:{PORT}"\nfrom = 10\nto = 12\n'


def opened(buses: Any, clock: Any, driver: str, **options: Any) -> Any:
    family = load(driver)
    return family.open(msgspec.convert({"port": PORT, "warm_up": "0 s"} | options, family.options, dec_hook=convert), buses, clock)


@pytest.mark.parametrize("mode", ["query", "active"])
@pytest.mark.parametrize("other", ["query", "active"])
@pytest.mark.parametrize("model", ["ze03", "ze07", "ze15"])
def test_it_is_set_at_the_start(simulate: Any, clock: Any, model: str, mode: str, other: str) -> None:
    buses = simulate(f'{CHIP}kind = "winsen"\nmodel = "{model}"\nmode = "{other}"\n')
    driver = opened(buses, clock, "winsen_ze", model=model, gas="co", mode=mode, full_scale=500, decimals=1)
    assert [driver.read()[0].value for _ in range(2)] == [40, 40]
    assert buses.world.chips[f"serial:{PORT}"].chosen == mode


def test_the_byte_of_another_model_is_ignored(simulate: Any, clock: Any) -> None:
    buses = simulate(f'{CHIP}kind = "winsen"\nmodel = "ze03"\nmode = "query"\n')
    with pytest.raises(HardwareError):
        opened(buses, clock, "winsen_ze", model="ze15", gas="co", mode="active").read()
    assert buses.world.chips[f"serial:{PORT}"].chosen == ""


@pytest.mark.parametrize(
    ("driver", "wiring", "options"),
    [
        ("winsen_ze", 'kind = "winsen"', {"model": "ze15", "gas": "co", "mode": "query"}),
        ("winsen_ze", 'kind = "winsen"\nmode = "query"', {"model": "ze15", "gas": "co", "mode": "active"}),
        ("dfrobot_multigas", 'kind = "dfrobot_multigas"', {"gas": "co"}),
    ],
)
def test_it_is_set_again_after_the_supply_was_lost(simulate: Any, clock: Any, driver: str, wiring: str, options: dict[str, Any]) -> None:
    """The module begins anew in its first mode between two readings, and nobody tells."""
    buses = simulate(CHIP + wiring + "\n" + OFF)
    module = opened(buses, clock, driver, **options)
    chip = buses.world.chips[f"serial:{PORT}"]
    assert module.read()[0].value == 40
    chosen, chip.chosen = chip.chosen, ""
    clock.advance(12.01 - clock.scenario())
    values = []
    for _ in range(3):
        try:
            values.append(module.read()[0].value)
        except HardwareError:
            values.append(None)
        clock.advance(1)
    assert values[-1] == 40
    assert values.count(None) <= 1
    assert chip.chosen == chosen


class Chatter:
    """A ZE module that talks on, whatever mode it is told, and answers too where `answers`."""

    def __init__(self, frame: str, answers: bool) -> None:
        self.heard_bytes: list[bytes] = []
        self._frame, self._answers = bytes.fromhex(frame), answers
        self._due: list[tuple[float, bytes]] = []
        self._next = 0.0

    def heard(self, data: bytes, at: float) -> None:
        self.heard_bytes.append(data)
        if self._answers and data[2] == 0x86:
            self._due.append((at + 0.4, bytes.fromhex("FF 86 01 90 00 00 01 90 58")))

    def taken(self, data: bytes) -> None: ...

    def say(self, until: float) -> list[tuple[float, bytes]]:
        while self._next <= until:
            self._due.append((self._next, self._frame))
            self._next += 0.3
        said, self._due = sorted(one for one in self._due if one[0] <= until), [one for one in self._due if one[0] > until]
        return said


CO = "FF 04 03 01 01 5E 13 88 FE"
H2S = "FF 03 03 01 01 5E 13 88 FF"


@pytest.mark.parametrize(("answers", "frame"), [(False, CO), (False, H2S), (True, H2S)])
def test_frames_nobody_asked_for_are_no_answer(simulate: Any, clock: Any, answers: bool, frame: str) -> None:
    buses = simulate("")
    buses.world.chips[f"serial:{PORT}"] = Chatter(frame, answers)
    driver = opened(buses, clock, "winsen_ze", model="ze15", gas="co", mode="query")
    told = "frames of h2s, configured is co" if frame == H2S else "only frames of kind 0x04.*check model and mode"
    with pytest.raises(ProtocolError, match=told) as caught:
        driver.read()
    assert caught.value.reason is (Reason.WRONG_GAS if frame == H2S else Reason.SYNTAX)


def test_a_module_heard_talking_on_its_own_is_told_its_mode_again(simulate: Any, clock: Any) -> None:
    buses = simulate("")
    chip = buses.world.chips[f"serial:{PORT}"] = Chatter(CO, answers=True)
    driver = opened(buses, clock, "winsen_ze", model="ze15", gas="co", mode="query")
    assert [driver.read()[0].value for _ in range(3)] == [40, 40, 40]
    assert [data[2] for data in chip.heard_bytes] == [0x78, 0x86] * 3


@pytest.mark.parametrize(
    ("driver", "wiring", "options", "minutes"),
    [
        ("winsen_ze", 'kind = "winsen"', {"model": "ze15", "gas": "co", "mode": "active"}, 0.5),
        ("mh_z", 'kind = "mh_z"', {"range": 5000}, 3),
        ("dfrobot_multigas", 'kind = "dfrobot_multigas"', {"gas": "co"}, 5),
    ],
)
def test_until_it_is_warm_a_value_is_uncertain(simulate: Any, clock: Any, driver: str, wiring: str, options: dict[str, Any], minutes: float) -> None:
    family = load(driver)
    buses = simulate(CHIP.replace("40", "440") + wiring)
    module = family.open(msgspec.convert({"port": PORT} | options, family.options, dec_hook=convert), buses, clock)
    clock.advance(minutes * 60 - 5)
    sample = module.read()[0]
    assert (sample.value, sample.quality, sample.reason) == (440, Quality.UNCERTAIN, Reason.WARM_UP)
    clock.advance(5)
    assert module.read()[0].quality is Quality.GOOD


@pytest.mark.parametrize("warming", ["zeros", "fixed"])
def test_what_a_starting_mh_z_repeats_is_no_value(simulate: Any, clock: Any, warming: str) -> None:
    driver = opened(simulate(f'{AIR}kind = "mh_z"\nwarm_up = 60\nwarming = "{warming}"\n'), clock, "mh_z", range=5000, warm_up="3 min")
    sample = driver.read()[0]
    assert (sample.value, sample.reason, sample.raw) == (None, Reason.WARM_UP, 410 if warming == "fixed" else 0)
    clock.advance(60)
    assert driver.read()[0].value == 440
    assert driver.read()[0].reason is Reason.WARM_UP


def test_an_mh_z_that_starts_anew_unseen_warms_up_anew(simulate: Any, clock: Any) -> None:
    off = OFF.replace("from = 10\nto = 12", "from = 1000\nto = 1001")
    driver = opened(simulate(f'{AIR}kind = "mh_z"\nwarm_up = 60\nwarming = "zeros"\n{off}'), clock, "mh_z", range=5000, warm_up="3 min")
    clock.advance(999)
    assert driver.read()[0].quality is Quality.GOOD
    clock.advance(3)
    assert driver.read()[0].value is None
    clock.advance(100)
    assert driver.read()[0].reason is Reason.WARM_UP
    clock.advance(100)
    assert driver.read()[0].quality is Quality.GOOD


def test_410_ppm_of_a_warm_mh_z_is_fresh_air(simulate: Any, clock: Any) -> None:
    driver = opened(simulate(CHIP.replace("40", "410") + 'kind = "mh_z"'), clock, "mh_z", range=2000, warm_up="3 min")
    assert driver.read()[0].value is None
    clock.advance(180)
    assert driver.read()[0].value == 410


@pytest.mark.parametrize(
    ("driver", "options", "told"),
    [
        ("winsen_ze", {"model": "ze15", "gas": "xe", "mode": "active"}, "use one of c2hx, ch2o"),
        ("winsen_ze", {"model": "ze12", "gas": "so2", "mode": "query"}, "mode active only"),
        ("winsen_ze", {"model": "ze12", "gas": "so2", "mode": "active"}, "needs unit, decimals, full_scale; copy them"),
        ("winsen_ze", {"model": "ze03", "gas": "so2", "mode": "active"}, "needs full_scale; copy"),
        ("winsen_ze", {"model": "ze15", "gas": "co", "mode": "active", "full_scale": 0}, "does not fit the frame"),
        ("winsen_ze", {"model": "ze15", "gas": "co", "mode": "active", "full_scale": 7000}, "does not fit the frame"),
        ("winsen_ze", {"model": "ze15", "gas": "o2", "mode": "active", "unit": "%{vol}", "decimals": 1, "full_scale": 25}, "no code in the frames"),
        ("winsen_ze", {"model": "ze07", "gas": "co", "mode": "active"}, "needs warm_up"),
        ("mh_z", {"range": 3000}, "3000"),
        ("dfrobot_multigas", {"gas": "ch2o"}, "use one of cl2"),
        ("dfrobot_multigas", {"gas": "co", "address": 0x48}, "use 0x74 to 0x77"),
    ],
)
def test_options_that_cannot_work_are_refused_with_the_remedy(driver: str, options: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert({"port": PORT} | options, load(driver).options, dec_hook=convert)
