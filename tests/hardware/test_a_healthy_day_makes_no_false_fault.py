"""Twenty-four hours of what sensors really met, through the simulated chip, the driver and the quality tests: not one bad reading, no failed test,
nothing suspected, neither by the default rules nor by the flat line that tests/faults/claims.toml configures.

A recording is the sensor's surroundings (stage, gas, rain, distance); where a sensor has none that fits, the example's own values with noise are. The
noise beside a recording is the sensor's: the stage is told every five minutes and the gas every minute, and what lies between is a straight line.
"""

from __future__ import annotations

import gzip
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.appraisal import Appraiser
from gateway.checks import Checks
from gateway.model import Flag, Quality, Reading, Sampled
from gateway.sampler import Sampler
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from hardware.sim.scenario import parse
from hardware.sim.world import World
from tests.faults.bench import infos
from tests.faults.claims import Row, rows
from tests.faults.scene import build

pytestmark = pytest.mark.slow

DAY = 86_400.0
STAGE = {"file": "flood_usgs_urban/dead_run_2018-06.csv", "column": "stage_ft", "time": "time_utc", "between": "linear"}
STAGE |= {"from": "2018-06-03T08:00:00Z", "to": "2018-06-04T08:00:00Z"}
METHANE = {"file": "gas_ch4_controlled_release/metec_2022-05-09_15.csv", "column": "ch4_NE_ppm", "time": "time_utc", "between": "linear"}
METHANE |= {"from": "2022-05-09T00:01:00Z", "to": "2022-05-10T00:01:00Z"}
FOOT = 0.3048
CODES = {300.0, 500.0, 5000.0, 9999.0}
"""What a MaxBotix tells in place of a distance."""


@dataclass(frozen=True)
class Day:
    """A driver's example and what it meets. recorded: the csv signal in place of the example's first, None for its own values with noise. scale,
    offset: of the recording. noise: of the sensor, in the signal's unit. period, lasts: seconds. chip: keys of its wiring other than the example's.
    uncertain: flags that this kind of sensor has in health."""

    example: str
    recorded: dict[str, Any] | None = None
    scale: float = 1.0
    offset: float = 0.0
    noise: float = 0.0
    period: float = 10.0
    lasts: float = DAY
    chip: dict[str, Any] = field(default_factory=dict)
    uncertain: tuple[Flag, ...] = ()


DAYS = [
    Day("loop_4_20ma.level", STAGE, FOOT, 0.0, 0.002, period=1),
    Day("submersible_pressure", STAGE, FOOT, 0.0, 0.002),
    Day("gas_cell", METHANE, 1.0, 0.0, 0.2),
    Day("loop_4_20ma", METHANE, 0.5, 0.0, 0.05),
    Day("ultrasonic_ff4", STAGE, -1000 * FOOT, 3500.0, 2.0, period=60),
    Day("maxbotix", STAGE, -1000 * FOOT, 3500.0, 2.0, period=60),
    Day("benewake_lidar", STAGE, -1000 * FOOT, 3500.0, 5.0, period=300),
    Day("modbus_rtu", STAGE, FOOT, 0.0, 0.002),
    Day("modbus_rtu.copeland_c", METHANE),
    Day("winsen_ze", METHANE, period=60),
    Day("winsen_ze.query", METHANE),
    Day("dfrobot_multigas", METHANE, uncertain=(Flag.INDICATIVE,)),
    Day("mh_z", METHANE, 10.0, 400.0, 3.0, uncertain=(Flag.INDICATIVE,)),
    Day("plantower_pms", METHANE, 3.0, 5.0, 1.0, period=60),
    Day("float_switch", STAGE, 1000 * FOOT, -700.0, period=60, chip={"grid": 0.5}),
    Day("contact", STAGE, FOOT, period=60, chip={"grid": 0.5}),
    Day("supervised_loop", STAGE, 10 * FOOT),
    Day("adc_voltage"),
    Day("mq", uncertain=(Flag.INDICATIVE,)),
    Day("alphasense_isb"),
    Day("raspberry_pi", period=60),
]


def tree(day: Day) -> dict[str, Any]:
    """The row's own scene, its first signal replaced by the recording with the sensor's noise."""
    flat = next((row.cells for row in rows() if row.example.partition(".")[0] == day.example.partition(".")[0]), {})
    row = Row(day.example, flat, period=day.period, chip=day.chip)
    scene = build(row)
    if day.recorded is not None:
        name = next(name for name, signal in scene.tree["signals"].items() if signal["kind"] == "sum")
        signals = scene.tree["signals"]
        signals["recording"] = {"kind": "csv", "scale": day.scale, "offset": day.offset} | day.recorded
        signals["own"] = {"kind": "noise", "sigma": day.noise, "period": 0.1}
        signals[name] = {"kind": "sum", "of": ["recording", "own"]}
    return {"scene": scene, "row": row}


def lived(day: Day, folder: Path) -> list[tuple[str, Reading, Reading]]:
    """Every reading of the day: its series, by the default rules and with the configured flat line."""
    made = tree(day)
    scene, row = made["scene"], made["row"]
    clock = SteppedClock()
    buses = SimBuses(World(parse(scene.tree, folder), clock, 1))
    table = infos(scene.sensor)
    default, ruled = Appraiser(table), Appraiser(table, [Checks(table[0].name, flat_suspect=row.flat)] if row.flat else [])
    found: list[tuple[str, Reading, Reading]] = []

    def take(samples: list[Sampled]) -> None:
        for sampled in samples:
            found.append((table[sampled.series].name, default.take(sampled)[0][0], ruled.take(sampled)[0][0]))

    sampler = Sampler(scene.sensor.options.bus(), [scene.sensor], buses, clock, take)
    while clock.scenario() < day.lasts:
        clock.advance(sampler.step(clock.monotonic()) - clock.monotonic())
    warm = round((scene.settle + 10) * 1000) + 1  # warming up it is uncertain, and says so
    return [(name, one, other) for name, one, other in found if one.ms >= warm or one.quality is Quality.BAD]


def wrong(found: list[tuple[str, Reading, Reading]], allowed: tuple[Flag, ...]) -> Counter[str]:
    """What was said against the readings, counted."""
    said: Counter[str] = Counter()
    for name, *both in found:
        for reading in both:
            flags = Flag(reading.flags)
            if reading.quality is Quality.BAD or flags & Flag.FAILED or flags & ~sum(allowed, Flag(0)):
                said[f"{name} {Quality(reading.quality).name} {reading.reason} {flags!r}"] += 1
    return said


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.example)
def test_nothing_is_said_against_a_healthy_day(day: Day, recordings: Path) -> None:
    found = lived(day, recordings)
    assert len(found) >= day.lasts / day.period * 0.99
    assert wrong(found, day.uncertain) == Counter()


def recorded_day(name: str, date: str, recordings: Path, folder: Path) -> list[tuple[float, float]]:
    """One day of a street sensor's file, written as a CSV file into a folder; gives its numbers in mm with their seconds since the first."""
    with gzip.open(recordings / "flood_floodnet_raw" / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
        head, *lines = file.read().splitlines()
    chosen = [line for line in lines if line.startswith(date)]
    (folder / "street.csv").write_text("\n".join([head, *chosen]) + "\n", encoding="utf-8")
    place = head.split(",").index("dist_mm")
    rows = [(datetime.fromisoformat(line.split(",")[0]).timestamp(), float(line.split(",")[place])) for line in chosen]
    return [(at - rows[0][0], number) for at, number in rows]


@pytest.mark.parametrize(("name", "date"), [("useless_crimson_rook", "2023-06-08"), ("jolly_tender_squid", "2023-06-13")])
def test_a_street_s_own_numbers_are_good_but_for_those_that_are_codes(recordings: Path, tmp_path: Path, name: str, date: str) -> None:
    """The recorded distances of two streets, one that was never in doubt and one that chattered to the ends of its range: only those are refused."""
    numbers = recorded_day(name, date, recordings, tmp_path)
    street = {"file": "street.csv", "column": "dist_mm", "time": "time", "between": "hold"}
    found = lived(Day("maxbotix", street, period=60, lasts=DAY - 3600), tmp_path)
    times = [at for at, _ in numbers]
    refused = 0
    for _, *both in found:
        for reading in both:
            at = reading.ms / 1000 - 10.0
            held = {numbers[max(0, bisect_right(times, moment) - 1)][1] for moment in (at, at - 1.5)}
            if reading.quality is not Quality.GOOD:
                assert held & CODES, (reading, held)
                assert reading.reason in ("obstructed", "no_target")
                refused += 1
            else:
                assert held - CODES
    assert bool(refused) == any(number in CODES for _, number in numbers)


def test_every_tip_of_a_recorded_day_of_rain_counts_and_none_is_doubted(recordings: Path, tmp_path: Path) -> None:
    text = (recordings / "flood_ea_calder" / "Bacup-rainfall.csv").read_text(encoding="utf-8").splitlines()
    rain = [line for line in text if not line.startswith("#")]
    by_day: Counter[str] = Counter()
    for line in rain[1:]:
        by_day[line[:10]] += float(line.split(",")[1] or 0)  # type: ignore[assignment]
    wettest = max(by_day, key=lambda day: by_day[day])
    (tmp_path / "rain.csv").write_text("\n".join(rain) + "\n", encoding="utf-8")
    begin = {"from": f"{wettest}T00:00:00", "to": f"{wettest}T23:45:00"}
    falling = {"kind": "csv", "file": "rain.csv", "column": "value", "time": "dateTime", "scale": 4.0} | begin  # mm in 15 min
    made = tree(Day("tipping_bucket"))
    scene = made["scene"]
    scene.tree["signals"]["rain"] = falling
    clock = SteppedClock()
    world = World(parse(scene.tree, tmp_path), clock, 1)
    table = infos(scene.sensor)
    judge, found = Appraiser(table), list[Reading]()
    put: Callable[[list[Sampled]], None] = lambda samples: found.extend(judge.take(sampled)[0][0] for sampled in samples)  # noqa: E731
    sampler = Sampler("gpio", [scene.sensor], SimBuses(world), clock, put)
    while clock.scenario() < DAY:
        clock.advance(sampler.step(clock.monotonic()) - clock.monotonic())
    assert {(Quality(reading.quality), reading.flags) for reading in found} == {(Quality.GOOD, 0)}
    total = max(reading.value or 0 for reading in found if reading.series == 0)
    assert total == pytest.approx(by_day[wettest], abs=0.5)
