"""The seven faults of a sensor, five shapes each, injected into every driver's example: what its row of tests/faults/claims.toml claims is shown, and
what it calls a limit is one. The sensors beside it stay good, and each sensor is well again once the fault is over."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from hardware.driver import load, names
from hardware.errors import ProtocolError
from hardware.quantities import convert
from hardware.sample import Quality, Reason
from tests.faults.catalogue import FAULTS, shapes
from tests.faults.claims import ALONE, EXAMPLES, Cell, Row, assumed, rows
from tests.faults.scene import build
from tests.faults.table import disputes, lines, told, tried

ROWS = rows()
GAS_CELL = next(row for row in ROWS if row.example == "gas_cell")
UNSUPERVISED = ("contact", "float_switch", "tipping_bucket", "adc_voltage")
"""Rows whose wire has no live zero, so that a cut one says what a whole one may say; `supervised_loop` and `adc_voltage.scaled` show what sees it."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)  # a driver that fails is told in the log each time
    yield
    logging.disable(logging.NOTSET)


def test_every_driver_with_an_example_is_on_the_bench() -> None:
    """By its row, or by what is assumed where it has none; the contract test asks for the example."""
    assert sorted({row.driver for row in ROWS}) == [name for name in names() if (EXAMPLES / f"{name}.toml").is_file()]


@pytest.mark.parametrize(("name", "seen"), [("mh_z", ["off", "garbage", "slow", "intermittent"]), ("gas_cell", ["off", "slow", "intermittent"])])
def test_a_driver_without_a_row_must_see_what_its_bus_shows(name: str, seen: list[str]) -> None:
    row = assumed(name)
    assert [fault for fault in FAULTS if row.cells[fault].within is not None] == seen
    assert list(disputes(row, tried(row))) == []
    blind = {fault: [replace(sight, seen=None, configured=None) for sight in sights] for fault, sights in tried(row).items()}
    told = list(disputes(row, blind))
    assert len(told) == 5 * len(seen)
    assert all("write what this one sees into tests/faults/claims.toml" in dispute for dispute in told)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.example)
def test_a_claim_holds_and_a_limit_is_one(row: Row) -> None:
    assert list(disputes(row, tried(row))) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.example)
def test_each_fault_has_five_shapes_and_one_is_plausible(row: Row) -> None:
    site = build(row).site
    for fault in FAULTS:
        made = shapes(fault, site)
        assert len(made) in (5, 0), fault
        assert len({shape.name for shape in made}) == len(made)
        assert sum(shape.plausible for shape in made) == min(1, len(made)), fault
        assert made or row.cells[fault].limit


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.example)
def test_what_must_be_seen_alone_is_but_for_wires_that_nobody_supervises(row: Row) -> None:
    for fault in ("off", "slow", "intermittent", *(["garbage"] if row.checksum else [])):
        cell = row.cells[fault]
        if cell.within is None and not row.assumed:
            assert row.example in UNSUPERVISED or (fault == "slow" and row.example == "raspberry_pi"), fault
        elif cell.within is not None:
            assert cell.within <= ALONE
            assert not cell.ruled, "by default"


def test_a_claim_that_is_too_much_and_a_limit_that_is_none_are_found() -> None:
    """Red is possible: the same sights, with a table that says another thing."""
    sights = tried(GAS_CELL)
    assert list(disputes(GAS_CELL, sights)) == []
    over = replace(GAS_CELL, cells=GAS_CELL.cells | {"wrong": Cell(1)})
    assert any("seen after None periods, claimed within 1" in dispute for dispute in disputes(over, sights))
    under = replace(GAS_CELL, cells=GAS_CELL.cells | {"off": Cell(None, limit="nobody")})
    assert [dispute for dispute in disputes(under, sights) if "claim it" in dispute] == [
        "gas_cell off: stated as a limit, but every shape was seen: claim it"
    ]
    proud = replace(GAS_CELL, checksum=True)
    assert any("a false value was given as good" in dispute for dispute in disputes(proud, sights))
    assert told(GAS_CELL.cells["off"], sights["off"]) == "1 (5/5)"
    assert any(line.startswith("gas_cell") and "limit (0/5)" in line for line in lines([(GAS_CELL, sights)]))


FLOAT = '[signals.level]\nkind = "constant"\nvalue = 20.0\n[chips.gpio-5]\nkind = "contact"\nsignal = "level"\nlevel = 100.0\nacts = "{acts}"\n'
CUT = '[[faults]]\nkind = "open"\non = "gpio-5"\nfrom = 10\n'


@pytest.mark.parametrize(("normal", "acts", "seen"), [("open", "close", 0.0), ("closed", "open", 1.0)])
def test_a_cut_wire_is_the_event_of_a_contact_that_is_closed_at_rest(simulate: Any, clock: Any, normal: str, acts: str, seen: float) -> None:
    """Dry, then cut: with `normal = "open"` it says dry for ever, with `normal = "closed"` it says water. Neither knows that the wire is cut."""
    family = load("float_switch")
    driver = family.open(msgspec.convert({"pin": 5, "normal": normal}, family.options), simulate(FLOAT.format(acts=acts) + CUT), clock)
    assert driver.read()[-1].value == 0.0
    clock.advance(11)
    last = driver.read()[-1]
    assert (last.value, last.quality) == (seen, Quality.GOOD)


@pytest.mark.parametrize(("kind", "reason"), [("open", Reason.DISCONNECTED), ("short", Reason.SHORT_CIRCUIT)])
def test_a_supervised_loop_tells_a_cut_and_a_short_from_both_states(simulate: Any, clock: Any, kind: str, reason: Reason) -> None:
    scene = build(next(row for row in ROWS if row.example == "supervised_loop"))
    family = load("supervised_loop")
    told_by = {"meaning": "leak", "pull_up": 10000, "end": 10000, "alarm": 4700}
    text = '[signals.film]\nkind = "constant"\nvalue = 1.0\n[chips."i2c-1:0x48"]\nkind = "ads1115"\n[chips."i2c-1:0x48".inputs.A0]\n'
    text += f'kind = "supervised"\nsignal = "film"\nlevel = 3.0\n[[faults]]\nkind = "{kind}"\non = "{scene.site.inputs[0]}"\nfrom = 10\n'
    driver = family.open(msgspec.convert(told_by, family.options, dec_hook=convert), simulate(text), clock)
    assert driver.read()[0].value == 0.0
    clock.advance(11)
    assert (driver.read()[0].value, driver.read()[0].reason) == (None, reason)


def test_what_stands_beside_a_distance_is_no_better_than_the_line(simulate: Any, clock: Any) -> None:
    """A line on which most frames are spoiled: the few that fit their one byte of sum make no good strength and no good temperature either."""
    family = load("benewake_lidar")
    told_by = {"port": "/dev/a", "model": "tf_luna", "unit": "cm"}
    text = '[signals.x]\nkind = "constant"\nvalue = 2340.0\n[chips."serial:/dev/a"]\nkind = "benewake_lidar"\nsignal = "x"\n'
    text += '[[faults]]\nkind = "garbled"\non = "serial:/dev/a"\nshape = "flipped"\nshare = 0.3\n'
    driver = family.open(msgspec.convert(told_by, family.options), simulate(text, seed=3), clock)
    seen = set()
    for _ in range(40):
        clock.advance(0.5)
        try:
            samples = driver.read()
        except ProtocolError:
            continue
        assert {sample.quality for sample in samples} == {samples[0].quality}
        seen.add(samples[0].quality)
    assert Quality.UNCERTAIN in seen
