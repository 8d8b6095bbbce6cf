"""What every series says now: the raw number, the value before and after calibration, and the quality in words. Nothing is recorded or sent.

While the node runs it is asked, because two programs on one bus steal each other's answers. While it does not, the sensors are read here, with the
drivers, calibrations, checks and derivations that the node would use.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from gateway import cli
from gateway.appraisal import Appraiser
from gateway.cli._copper import Copper, copper, place, untold
from gateway.cli._node import Refused, RunningNode, Unreachable
from gateway.cli.check import loaded
from gateway.clock import SystemClock
from gateway.config import Config, Mounted
from gateway.model import Flag, Quality, Sampled, SeriesInfo
from hardware import driver
from hardware.driver import Clock, Driver
from hardware.errors import HardwareError, PortGone
from hardware.sample import Sample, bad

HELP = "what every series says now, raw and corrected"
PACE = 1.0
"""Seconds between two questions to a node whose configuration is not at hand."""
OLD, MISSED = 10.0, 3
"""A reading is old when it is older than so many seconds and than so many periods of its series: then something hangs."""


class Shown(NamedTuple):
    """A series at a moment, whoever read it. uncorrected: the value by the line of the configuration, before any calibration. old:
    seconds since then, where that is longer than it may be."""

    name: str
    unit: str
    decimals: int
    raw: int | None
    uncorrected: float | None
    value: float | None
    quality: str
    why: str
    calibration: str = ""
    old: float = 0.0


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("config", type=Path, nargs="?", help="gateway.toml (default: /etc/edge-gateway/gateway.toml, or the scenario's)")
    parser.add_argument("--sim", type=Path, metavar="SCENARIO", help="read the simulated chips of a scenario instead")
    parser.add_argument("--runtime", type=Path, metavar="DIR", help="ask the node with this runtime directory, as `status` does")
    parser.add_argument("--live", action="store_true", help="again and again, until it is stopped")
    parser.add_argument("--times", type=_times, default=1, metavar="N", help="so many times, at the pace of the slowest sensor")


def _times(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is no number of times; write 1 to 1000000")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Print a line per series; 1 where one has no value now."""
    try:
        if arguments.runtime is not None:
            return _print(_asked(RunningNode(arguments.runtime), _rounds(arguments), SystemClock(), PACE), arguments.live)
        return _read(arguments)
    except (Unreachable, Refused) as error:
        print(error, file=sys.stderr)
        return cli.FAULT
    except PermissionError as error:
        return untold(error)
    except KeyboardInterrupt:
        return cli.FINE


def _read(arguments: argparse.Namespace) -> int:
    """Ask the node of the configuration where it runs, else read here and hold its place meanwhile."""
    on = copper(arguments.sim)
    config = None if on is None else loaded(arguments.config or on.config)
    if on is None or config is None:
        return cli.CONFIGURATION
    real = arguments.sim is None
    pace = max(float(mounted.sensor.period) for mounted in config.sensors)
    with place(Path(config.node.state) if real else None) as free:
        if not free:
            return _print(_asked(RunningNode(Path(config.node.runtime)), _rounds(arguments), on.clock, pace), arguments.live)
        with closing(_Bench(config, on, real)) as bench:
            return _print((bench.shown() for _ in _paced(_rounds(arguments), on.clock, pace)), arguments.live)


def _rounds(arguments: argparse.Namespace) -> Any:
    return iter(int, 1) if arguments.live else range(arguments.times)


def _paced(rounds: Any, clock: Clock, pace: float) -> Iterator[None]:
    for number, _ in enumerate(rounds):
        if number:
            clock.sleep(pace)
        yield None


def _print(rounds: Iterator[list[Shown]], live: bool) -> int:
    fine = True
    for number, shown in enumerate(rounds):
        if number:
            print()
        for one in shown:
            print(describe(one), flush=live)
        fine = all(one.value is not None and not one.old for one in shown)
    return cli.FINE if fine else cli.FAULT


def _asked(node: RunningNode, rounds: Any, clock: Clock, pace: float) -> Iterator[list[Shown]]:
    """What the running node has last seen, round by round."""
    for _ in _paced(rounds, clock, pace):
        yield [_last(name, series) for name, series in node.ask("live")["series"].items()]


def _last(name: str, s: dict[str, Any]) -> Shown:
    why, age = _why(s["reason"], s["flags"]), s["age"]
    old = age if age is not None and age > max(OLD, MISSED * s["period"]) else 0.0
    return Shown(name, s["unit"], s["decimals"], s["raw"], s["uncorrected"], s["value"], s["quality"], why, s["calibration"], old)


class _Bench:
    """The sensors of a configuration, opened here and kept open from round to round, as the node would."""

    def __init__(self, config: Config, on: Copper, real: bool) -> None:
        from gateway.wiring import offline

        self._config, self._clock = config, on.clock
        self._buses = on.make()
        self._close = self._buses.close
        self._open: dict[str, Driver] = {}
        self._appraiser: Appraiser = offline(config) if real else Appraiser(config.table().series, config.checks, config.derived)
        self._base = {info.name: info for info in config.table().series}

    def shown(self) -> list[Shown]:
        """Read every sensor once."""
        place = {info.name: index for index, info in enumerate(self._appraiser.series)}
        found: dict[str, Shown] = {}
        for mounted in self._config.sensors:
            for sample in self._samples(mounted):
                ms = round((self._clock.monotonic() if sample.at is None else sample.at) * 1000)
                for reading, _ in self._appraiser.take(Sampled(place[mounted.series[sample.channel]], ms, sample)):
                    info = self._appraiser.series[reading.series]
                    raw = sample.raw if info.name == mounted.series[sample.channel] else reading.raw
                    found[info.name] = self._one(info, raw, reading.value, reading.quality, _why(reading.reason, _flags(reading.flags)))
        return [found[info.name] for info in self._appraiser.series if info.name in found]

    def _one(self, info: SeriesInfo, raw: int | None, value: float | None, quality: int, why: str) -> Shown:
        base = self._base.get(info.name)
        uncorrected = None if raw is None or base is None else raw * base.slope + base.intercept
        return Shown(info.name, info.unit, info.decimals, raw, uncorrected, value, Quality(quality).name.lower(), why, info.calibration)

    def _samples(self, mounted: Mounted) -> list[Sample]:
        """What a sensor says; where it fails, a BAD sample per channel and the error in words on stderr."""
        name = mounted.sensor.name
        try:
            if name not in self._open:
                self._open[name] = driver.load(mounted.sensor.driver).open(mounted.options, self._buses, self._clock)
            return list(self._open[name].read())
        except HardwareError as error:
            print(f"{name}: {error}", file=sys.stderr)
            if isinstance(error, PortGone) and name in self._open:
                self._open.pop(name).close()
            return [bad(channel, error.reason) for channel in mounted.series]

    def close(self) -> None:
        for opened in self._open.values():
            opened.close()
        self._close()


def _flags(bits: int) -> list[str]:
    return [str(flag.name).lower() for flag in Flag if flag & bits]


def _why(reason: str, flags: list[str]) -> str:
    """The reason, and what else the tests say, in words."""
    words = [reason, *(flag for flag in flags if flag not in (reason, "simulated"))]
    return ", ".join(word.replace("_", " ") for word in dict.fromkeys(words) if word)


def describe(shown: Shown) -> str:
    """A series in words, on one line. What is old is told as what it was, and not as what there is now."""
    if shown.old:
        last = describe(shown._replace(old=0.0)).removeprefix(f"{shown.name:24}").strip()
        return f"{shown.name:24} no reading for {_ago(shown.old)}; the last: {last}"
    value = "no value" if shown.value is None else f"{shown.value:.{shown.decimals}f} {shown.unit}"
    raw = "nothing read" if shown.raw is None else f"raw {shown.raw}"
    corrected = ""
    if shown.calibration and shown.uncorrected is not None:
        corrected = f" uncorrected {shown.uncorrected:.{shown.decimals}f}, calibration {shown.calibration}"
    why = f" ({shown.why})" if shown.why else ""
    return f"{shown.name:24} {value:>16}  {raw:>14}  {shown.quality}{why}{corrected}"


def _ago(seconds: float) -> str:
    """How long, in the unit a person would use."""
    unit, size = next((unit, size) for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)) if seconds >= 2 * size or unit == "s")
    return f"{seconds / size:.0f} {unit}"
