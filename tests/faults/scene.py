"""An example of a driver made alive, with healthy company: the world that faults are put into.

The examples of the contract tests stand still, and a thing that stands still cannot be seen to be stuck; so each constant gets a little noise. Beside
the sensor stands another on another bus and, where the bus can have two, one on the same: what befalls one sensor must not touch them.
"""

from __future__ import annotations

import tomllib
from typing import Any, NamedTuple

import msgspec

from gateway.sampler import Sensor
from hardware.driver import load
from hardware.quantities import convert
from hardware.sim import faults
from hardware.sim.faults import Fault
from tests.faults.catalogue import Kind, Site
from tests.faults.claims import EXAMPLES, Row

KINDS: dict[str, Kind] = {"adc": "adc", "i2c": "i2c", "rs485": "rs485", "gpio": "pin", "host": "host"}
SERIAL: dict[str, Kind] = {"talks": "talks", "asked": "asked"}


class Scene(NamedTuple):
    """What a bench is built of. settle: seconds until values may be judged."""

    tree: dict[str, Any]
    site: Site
    sensor: Sensor
    near: Sensor | None
    far: Sensor
    settle: float


def build(row: Row) -> Scene:
    tree = tomllib.loads((EXAMPLES / f"{row.example}.toml").read_text(encoding="utf-8"))
    family = load(row.driver)
    options = msgspec.convert(tree["options"], family.options, dec_hook=convert)
    channels = [channel.name for channel in options.channels()]
    sensor = Sensor("tried", family, options, row.period, {name: place for place, name in enumerate(channels)})
    first = next(iter(tree["chips"]))
    site = _site(row, options.bus(), first, tree)
    signals = _alive(tree["signals"], row)
    chips = tree["chips"] | {first: tree["chips"][first] | row.chip}
    near = _near(options, site, signals, chips, len(channels), row.period)
    far = _far(options.bus(), signals, chips, len(channels) + 1, row.period)
    return Scene({"signals": signals, "chips": chips}, site, sensor, near, far, float(tree.get("settle", 0.0)))


def _alive(signals: dict[str, Any], row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, signal in signals.items():
        base = signal | {"value": row.set[name]} if name in row.set else signal
        if signal["kind"] != "constant":
            found[name] = base
            continue
        found |= {f"{name}_rest": base, f"{name}_noise": {"kind": "noise", "sigma": abs(base["value"]) * row.noise, "period": 0.5}}
        found[name] = {"kind": "sum", "of": [f"{name}_rest", f"{name}_noise"]}
    return found


def _site(row: Row, bus: str, chip: str, tree: dict[str, Any]) -> Site:
    wiring = tree["chips"][chip]
    inputs: tuple[str, ...] = (chip,)
    unpowered: type[Fault] = faults.Open
    device = chip
    kind = bus.partition(":")[0].partition("-")[0]
    if wiring["kind"] == "ads1115":
        kind = "adc"
        inputs = tuple(f"{name}/{pin}" for name, told in tree["chips"].items() for pin, wired in told["inputs"].items())
        unpowered = faults.Off if wiring["inputs"][inputs[0].rpartition("/")[2]]["kind"] in ("cell", "electrode", "metal_oxide") else faults.Open
    elif wiring["kind"] == "rs485":
        kind, device = "rs485", f"{chip}/{next(iter(wiring['devices']))}"
        inputs = (device,)
    elif kind == "host":
        inputs = tuple(f"host/{part}" for part in wiring if part != "kind")
    value = next((told["value"] for told in tree["signals"].values() if told["kind"] == "constant"), 0.0)
    value = next(iter(row.set.values()), value)
    port = bus.partition(":")[0]
    return Site(KINDS.get(kind) or SERIAL[row.kind], port, device, chip, inputs, unpowered, value, row.period, row.slow_from, row.bridge)


def _sensor(name: str, driver: str, told: dict[str, Any], period: float, place: int) -> Sensor:
    family = load(driver)
    options = msgspec.convert(told, family.options, dec_hook=convert)
    return Sensor(name, family, options, period, {options.channels()[0].name: place})


def _volts(bus: int, signals: dict[str, Any], chips: dict[str, Any], name: str, period: float, place: int) -> Sensor:
    signals[name] = {"kind": "constant", "value": 1.5}
    chips[f"i2c-{bus}:0x4b"] = {"kind": "ads1115", "inputs": {"A1": {"kind": "volts", "signal": name}}}
    return _sensor(name, "adc_voltage", {"i2c": bus, "address": 0x4B, "channel": "A1"}, period, place)


def _far(bus: str, signals: dict[str, Any], chips: dict[str, Any], place: int, period: float) -> Sensor:
    """A sensor on another bus: an analogue one for serial sensors, else a serial one."""
    if bus.startswith("serial"):
        return _volts(7, signals, chips, "far", period, place)
    signals["far"] = {"kind": "constant", "value": 1500.0}
    chips["serial:/dev/far"] = {"kind": "ultrasonic", "signal": "far"}
    return _sensor("far", "ultrasonic_ff4", {"port": "/dev/far", "model": "a02yyuw", "pings": 1}, period, place)


def _near(options: Any, site: Site, signals: dict[str, Any], chips: dict[str, Any], place: int, period: float) -> Sensor | None:
    """A sensor on the same bus, where there can be one."""
    if site.kind in ("adc", "i2c"):
        return _volts(1, signals, chips, "near", period, place)
    if site.kind == "pin":
        signals["near"] = {"kind": "constant", "value": 5.0}
        chips["gpio-26"] = {"kind": "contact", "signal": "near", "level": 3.0}
        return _sensor("near", "float_switch", {"pin": 26, "normal": "open"}, period, place)
    if site.kind != "rs485":
        return None
    signals["near"] = {"kind": "constant", "value": 1.5}
    line = dict(chips[site.line])
    registers = {"0": 9, "1": 3, "2": 7, "3": 3, "4": {"signal": "near", "scale": 1000, "type": "i16"}}
    chips[site.line] = line | {"devices": line["devices"] | {"9": {"holding": registers}}}
    settings = options.settings()
    told = {"port": options.port, "device": 9, "profile": "level_probe", "ranges": {"level": [0, 5]}, "baud": settings["baudrate"], "only": ["level"]}
    told |= {"parity": {"N": "none", "E": "even", "O": "odd"}[settings["parity"]], "stop_bits": settings["stopbits"]}
    return _sensor("near", "modbus_rtu", told, period, place)
