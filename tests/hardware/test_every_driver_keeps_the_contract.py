"""Every file in hardware/drivers opens on simulated copper by its example (tests/hardware/examples/<name>.toml) and keeps the driver's contract.

More examples of one driver (another interface, another model) are `<name>.<variant>.toml`. An example says by `uncertain = ["channel", ...]` which
channels never give more than an UNCERTAIN value (an indicative sensor), and by `settle = SECONDS` how long after opening its values may be judged.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway import config
from hardware.driver import Driver, Family, Options, load, names
from hardware.errors import HardwareError, PortGone, Refused
from hardware.quantities import convert
from hardware.sample import Quality
from hardware.sim.buses import SimBuses

EXAMPLES = Path(__file__).parent / "examples"


class Example:
    """A driver with one of its examples."""

    def __init__(self, name: str) -> None:
        path = EXAMPLES / f"{name}.toml"
        assert path.is_file(), f"driver {name!r} needs an example for its contract tests: {path}"
        self.family: Family = load(name.partition(".")[0])
        self.text = path.read_text(encoding="utf-8")
        told = tomllib.loads(self.text)
        self.written: dict[str, Any] = told["options"]
        self.uncertain: list[str] = told.get("uncertain", [])
        self.settle: float = told.get("settle", 0.0)
        self.options: Options = msgspec.convert(self.written, self.family.options, dec_hook=convert)


def examples() -> list[str]:
    return sorted({*names(), *(path.stem for path in EXAMPLES.glob("*.toml"))})


@pytest.fixture(params=examples())
def sensor(request: pytest.FixtureRequest) -> Example:
    return Example(request.param)


def world(simulate: Any, sensor: Example, faults: str = "") -> SimBuses:
    buses: SimBuses = simulate(f"{sensor.text}\n{faults}")
    return buses


def opened(sensor: Example, buses: SimBuses, clock: Any) -> Driver:
    driver = sensor.family.open(sensor.options, buses, clock)
    if sensor.settle:
        driver.read()
        clock.advance(sensor.settle)
    return driver


def unplugged(sensor: Example) -> str:
    return f'[[faults]]\nkind = "unplugged"\non = "{sensor.options.bus().partition(":")[0]}"\nfrom = 1000\nto = 2000\n'


@pytest.mark.parametrize("name", names())
def test_it_loads_where_there_is_no_hardware(name: str) -> None:
    heavy = ("board", "adafruit_ads1x15", "gpiozero", "serial")
    code = f"import sys; from hardware.driver import load; load({name!r}); print(*(m for m in {heavy} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "", "a driver imports its libraries when it is opened, not when it is named"


@pytest.mark.parametrize("family", [load(name) for name in names()], ids=names())
def test_it_says_what_it_is_and_explains_its_options(family: Family) -> None:
    assert family.doc.strip()
    doc = family.options.__doc__ or ""
    for key in msgspec.structs.fields(family.options):  # type: ignore[arg-type]
        assert key.encode_name in doc, f"option {key.encode_name!r} of {family.name} is not explained in the docstring of Options"


def test_an_unknown_option_is_refused(sensor: Example) -> None:
    with pytest.raises(msgspec.ValidationError, match="misspelt"):
        msgspec.convert(sensor.written | {"misspelt": 1}, sensor.family.options, dec_hook=convert)


def test_its_channels_are_known_before_it_is_opened(sensor: Example, simulate: Any, clock: Any) -> None:
    channels = sensor.options.channels()
    assert len({channel.name for channel in channels}) == len(channels) > 0
    driver = opened(sensor, world(simulate, sensor), clock)
    assert driver.channels == channels


def test_it_gives_one_good_sample_per_channel(sensor: Example, simulate: Any, clock: Any) -> None:
    driver = opened(sensor, world(simulate, sensor), clock)
    samples = driver.read()
    assert [sample.channel for sample in samples] == [channel.name for channel in driver.channels]
    for sample, channel in zip(samples, driver.channels, strict=True):
        assert sample.quality is (Quality.UNCERTAIN if channel.name in sensor.uncertain else Quality.GOOD), sample
        assert sample.raw is not None
        assert sample.value is not None
        assert sample.value == pytest.approx(channel.value(sample.raw))
        assert channel.low <= sample.value <= channel.high


def test_without_its_bus_it_never_gives_a_number_and_comes_back(sensor: Example, simulate: Any, clock: Any) -> None:
    driver = opened(sensor, world(simulate, sensor, unplugged(sensor)), clock)
    clock.advance(1000 - clock.scenario())
    for _ in range(3):
        try:
            assert all(sample.value is None for sample in driver.read())
        except PortGone:
            continue
    clock.advance(2000 - clock.scenario())
    driver.read()
    clock.advance(sensor.settle)
    assert all(sample.value is not None for sample in driver.read())


def test_opening_it_without_its_bus_is_an_error_of_our_tree(sensor: Example, simulate: Any, clock: Any) -> None:
    buses = world(simulate, sensor, unplugged(sensor))
    clock.advance(1000)
    with pytest.raises(HardwareError):
        sensor.family.open(sensor.options, buses, clock).read()


def test_it_may_be_closed_twice(sensor: Example, simulate: Any, clock: Any) -> None:
    driver = opened(sensor, world(simulate, sensor), clock)
    driver.close()
    driver.close()


@pytest.mark.parametrize("name", names())
def test_the_example_at_the_end_of_its_page_can_be_pasted(name: str) -> None:
    pasted = textwrap.dedent("[[sensor]]" + load(name).doc.partition("[[sensor]]")[2])
    found = config.build(tomllib.loads(f'[node]\nsite = "a"\nname = "b"\n{pasted}'), Path("example.toml"), "")
    assert [mounted.sensor.driver for mounted in found.sensors] == [name]


def test_a_name_that_is_no_driver_is_refused_with_the_list() -> None:
    with pytest.raises(Refused, match="loop_4_20ma"):
        load("no_such_sensor")
