"""What a scan makes of gas modules: it listens and asks, changes nothing, and is sure only where no other module would have answered so."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.errors import HardwareError
from hardware.quantities import convert
from hardware.scout import Guess, OnI2C, OnSerial

PORT = "/dev/serial0"
SCENE = '[signals.gas]\nkind = "constant"\nvalue = {value}\n[chips."{chip}"]\nsignal = "gas"\n{wiring}\n'
DRIVERS = {"ze": "winsen_ze", "mh": "mh_z", "multi": "dfrobot_multigas"}


def scanned(buses: Any, clock: Any) -> dict[str, Guess]:
    """What each family makes of the port, as a scan would ask it."""
    found = {}
    for name, driver in DRIVERS.items():
        for signature in load(driver).signatures:
            if isinstance(signature, OnSerial):
                port = buses.serial(PORT, timeout=0.1, **signature.settings)
                port.reset_input_buffer()
                if signature.question:
                    port.write(signature.question)
                heard, until = b"", clock.scenario() + signature.wait
                while clock.scenario() < until:
                    heard += port.read(64)
                if guess := signature.tell(heard):
                    found[name] = guess
    return found


def scene(wiring: str, value: float = 640, chip: str = f"serial:{PORT}") -> str:
    return SCENE.format(wiring=wiring, value=value, chip=chip)


@pytest.mark.parametrize(
    ("wiring", "value", "who", "sure"),
    [
        ('kind = "winsen"', 35, {"ze"}, set()),
        ('kind = "winsen"\nmode = "query"', 35, {"ze"}, set()),
        ('kind = "winsen"\nmode = "query"\nmodel = "ze07"\ngas = 0x17\nunit = 4\ndecimals = 0\nfull_scale = 2000', 32, {"ze"}, set()),
        ('kind = "winsen"\nmode = "query"', 0, set(), set()),
        ('kind = "mh_z"', 640, {"mh"}, {"mh"}),
        ('kind = "mh_z"\ninside = 4', 640, {"mh"}, set()),  # the code of nitrogen dioxide
        ('kind = "mh_z"\ninside = -40', 640, {"mh", "ze"}, set()),  # no temperature: a ZE03 answers so too
        ('kind = "winsen"\nmode = "query"\nmodel = "ze03"\ndecimals = 0\nfull_scale = 1000', 640, {"mh", "ze"}, set()),
        ('kind = "dfrobot_multigas"\nmode = "query"', 200, {"multi"}, {"multi"}),
        ('kind = "dfrobot_multigas"\nmode = "query"\ncovers = 7\ngas = 0x2B\ndecimals = 1', 2, {"multi"}, {"multi"}),
    ],
)
def test_a_port_is_guessed_by_what_is_said_there(simulate: Any, clock: Any, wiring: str, value: float, who: set[str], sure: set[str]) -> None:
    buses = simulate(scene(wiring, value))
    found = scanned(buses, clock)
    assert set(found) == who
    assert {name for name, guess in found.items() if guess.sure} == sure
    assert buses.world.chips[f"serial:{PORT}"].chosen == "", "a scan changes nothing"


@pytest.mark.parametrize(
    ("wiring", "value", "who", "label"),
    [
        ('kind = "winsen"', 35, "ze", {"model": "ze15"}),
        ('kind = "winsen"\nmode = "query"\nmodel = "ze07"', 35, "ze", {"model": "ze07", "gas": "co", "warm_up": "3 min"}),
        ('kind = "mh_z"', 640, "mh", {"range": 5000}),
        ('kind = "dfrobot_multigas"\nmode = "query"', 200, "multi", {}),
    ],
)
def test_what_was_found_is_what_is_then_read(simulate: Any, clock: Any, wiring: str, value: float, who: str, label: dict[str, Any]) -> None:
    """Found, and what only the person with the label in hand can add; nothing of that is guessed."""
    buses = simulate(scene(wiring, value))
    guess = scanned(buses, clock)[who]
    family = load(DRIVERS[who])
    assert not set(label) & set(guess.options)
    options = msgspec.convert({"port": PORT} | label | dict(guess.options), family.options, dec_hook=convert)
    again = simulate(scene(wiring, value))
    assert family.open(options, again, clock).read()[0].value == value


def test_garbage_is_nobody(simulate: Any, clock: Any) -> None:
    for wiring in ('kind = "winsen"', 'kind = "mh_z"', 'kind = "dfrobot_multigas"'):
        buses = simulate(scene(wiring) + f'[[faults]]\nkind = "garbage"\non = "serial:{PORT}"\n')
        assert scanned(buses, clock) == {}


@pytest.mark.parametrize("address", [0x74, 0x77])
def test_an_address_is_asked_for_its_gas(simulate: Any, clock: Any, address: int) -> None:
    buses = simulate(scene('kind = "dfrobot_multigas"\nmode = "query"', 40, f"i2c-1:0x{address:02x}"))
    family = load("dfrobot_multigas")
    [signature] = [one for one in family.signatures if isinstance(one, OnI2C)]
    assert address in signature.addresses
    guess = signature.ask(buses.i2c(1), address, clock)
    assert guess is not None
    assert guess.sure
    options = msgspec.convert(dict(guess.options), family.options, dec_hook=convert)
    assert options.claims() == (f"i2c-1:0x{address:02x}",)
    assert family.open(options, buses, clock).read()[0].value == 40


def test_another_chip_at_its_address_is_not_taken_for_one(simulate: Any, clock: Any) -> None:
    buses = simulate("")

    class Other:
        def transfer(self, out: bytes, count: int) -> bytes:
            return b"\x60" * count

    buses.world.chips["i2c-1:0x76"] = Other()
    [signature] = [one for one in load("dfrobot_multigas").signatures if isinstance(one, OnI2C)]
    with pytest.raises(HardwareError):
        signature.ask(buses.i2c(1), 0x76, clock)
