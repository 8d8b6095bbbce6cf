"""Every file in hardware/drivers opens on simulated copper by its example (tests/hardware/examples/<name>.toml) and keeps the driver's contract."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.driver import Driver, Family, Options, load, names
from hardware.errors import HardwareError, PortGone, Refused
from hardware.quantities import convert
from hardware.sample import Quality
from hardware.sim.buses import SimBuses

EXAMPLES = Path(__file__).parent / "examples"


def example(name: str) -> dict[str, Any]:
    path = EXAMPLES / f"{name}.toml"
    assert path.is_file(), f"driver {name!r} needs an example for its contract tests: {path}"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def options_of(family: Family) -> Options:
    return msgspec.convert(example(family.name)["options"], family.options, dec_hook=convert)


@pytest.fixture(params=names())
def family(request: pytest.FixtureRequest) -> Family:
    return load(request.param)


def world(simulate: Any, family: Family, faults: str = "") -> SimBuses:
    example(family.name)
    text = (EXAMPLES / f"{family.name}.toml").read_text(encoding="utf-8")
    buses: SimBuses = simulate(f"{text}\n{faults}")
    return buses


def opened(family: Family, buses: SimBuses, clock: Any) -> Driver:
    return family.open(options_of(family), buses, clock)


def unplugged(family: Family) -> str:
    return f'[[faults]]\nkind = "unplugged"\non = "{options_of(family).bus().partition(":")[0]}"\nfrom = 10\nto = 20\n'


@pytest.mark.parametrize("name", names())
def test_it_loads_where_there_is_no_hardware(name: str) -> None:
    heavy = ("board", "adafruit_ads1x15", "gpiozero", "serial")
    code = f"import sys; from hardware.driver import load; load({name!r}); print(*(m for m in {heavy} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "", "a driver imports its libraries when it is opened, not when it is named"


def test_it_says_what_it_is_and_explains_its_options(family: Family) -> None:
    assert family.doc.strip()
    doc = family.options.__doc__ or ""
    for key in msgspec.structs.fields(family.options):  # type: ignore[arg-type]
        assert key.encode_name in doc, f"option {key.encode_name!r} of {family.name} is not explained in the docstring of Options"


def test_an_unknown_option_is_refused(family: Family) -> None:
    with pytest.raises(msgspec.ValidationError, match="misspelt"):
        msgspec.convert(example(family.name)["options"] | {"misspelt": 1}, family.options, dec_hook=convert)


def test_its_channels_are_known_before_it_is_opened(family: Family, simulate: Any, clock: Any) -> None:
    channels = options_of(family).channels()
    assert len({channel.name for channel in channels}) == len(channels) > 0
    driver = opened(family, world(simulate, family), clock)
    assert driver.channels == channels


def test_it_gives_one_good_sample_per_channel(family: Family, simulate: Any, clock: Any) -> None:
    driver = opened(family, world(simulate, family), clock)
    samples = driver.read()
    assert [sample.channel for sample in samples] == [channel.name for channel in driver.channels]
    for sample, channel in zip(samples, driver.channels, strict=True):
        assert sample.quality is Quality.GOOD
        assert sample.raw is not None
        assert sample.value is not None
        assert sample.value == pytest.approx(channel.value(sample.raw))
        assert channel.low <= sample.value <= channel.high


def test_without_its_bus_it_never_gives_a_number_and_comes_back(family: Family, simulate: Any, clock: Any) -> None:
    driver = opened(family, world(simulate, family, unplugged(family)), clock)
    clock.advance(10 - clock.scenario())
    for _ in range(3):
        try:
            assert all(sample.value is None for sample in driver.read())
        except PortGone:
            continue
    clock.advance(20 - clock.scenario())
    assert all(sample.quality is Quality.GOOD for sample in driver.read())


def test_opening_it_without_its_bus_is_an_error_of_our_tree(family: Family, simulate: Any, clock: Any) -> None:
    buses = world(simulate, family, unplugged(family))
    clock.advance(10)
    with pytest.raises(HardwareError):
        opened(family, buses, clock).read()


def test_it_may_be_closed_twice(family: Family, simulate: Any, clock: Any) -> None:
    driver = opened(family, world(simulate, family), clock)
    driver.close()
    driver.close()


def test_a_name_that_is_no_driver_is_refused_with_the_list() -> None:
    with pytest.raises(Refused, match="loop_4_20ma"):
        load("no_such_sensor")
