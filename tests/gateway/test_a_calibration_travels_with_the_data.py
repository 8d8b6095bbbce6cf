"""Promise: whoever decodes a batch has every value by the line that was in force when it was measured, with the calibration's name beside it: what a
queue drops, when the process dies and what comes after makes no difference. The fact itself is told when it comes into force, and at each start."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from gateway.contract.batch import decode_message, encode_message
from gateway.contract.care import CalibrationFact, identity
from gateway.contract.messages import BumpTest, Calibration
from gateway.contract.schema import schema
from gateway.contract.topics import Address
from gateway.hub.reader import read
from gateway.inbox import Inbox
from gateway.model import Flag, GapCause, Instant, Labelled, Lane, Quality, Reading
from gateway.outbox import GapFact, Limits, Outbox, RealDisk
from gateway.recorder import Inboxes, Recorder
from gateway.voice import Voice
from tests.gateway.workshop import Workshop, flagged

BOOT = "0123456789ab"
Row = tuple[str, float | None, str]
page = importlib.import_module("tests.gateway.contract.test_the_decoder_on_the_page_reads_the_same")


def opened(folder: Path, holes: list[GapFact] | None = None) -> Outbox:
    def declare(fact: GapFact) -> bytes:
        if holes is not None:
            holes.append(fact)
        return b"{}"

    def disk(name: str) -> RealDisk:
        (folder / name).mkdir(parents=True, exist_ok=True)
        return RealDisk(folder / name)

    return Outbox.open(disk("disk"), disk("spool"), machine="m", boot=BOOT, now=lambda: Instant(BOOT, 10**6), limits=Limits(), declare=declare)


def rows(outbox: Outbox) -> list[Row]:
    """(series, value, calibration) of every reading, as the hub's decoder and the one on the page for hub engineers read them."""
    outbox.seal()
    outbox.flush()
    out: list[Row] = []
    for epoch, lane, _, _ in outbox.held():
        for offer in outbox.read(epoch, lane, 0, 1 << 30) if lane is Lane.BATCH else ():
            table = outbox.table(offer.table)
            assert table is not None, "a Block whose table is not known"
            message = encode_message("n1", epoch, (BOOT, 1.0), {table.id: table}, {}, [offer.payload])
            (block,) = decode_message(message).blocks
            told = [
                (column.series.name, None if raw is None else column.series.value(raw), column.series.calibration)
                for column in block.columns
                for raw in column.raws
            ]
            assert [value for _, value, _ in told] == [row["value"] for row in page.readings_of(message)]
            out += told
    return out


def recorder(shop: Workshop, outbox: Outbox, inbox: Inbox[Labelled]) -> Recorder:
    voice = Voice("n1", False, shop.clock)
    return Recorder(outbox, Inboxes(inbox, Inbox(10), Inbox(10)), outbox.clocks, voice, (1e9, 1e9), lambda: True)


def journey(tmp_path: Path, capacity: int = 1000) -> tuple[Workshop, Inbox[Labelled], str]:
    """Readings of 100 before a span, one that says the same gas is 120, and readings of 100 after it, all on their way to the recorder."""
    shop = Workshop(tmp_path / "node")
    inbox: Inbox[Labelled] = Inbox(capacity)
    shop.care._put = inbox.put
    shop.feed(*[100.0] * 5)
    fact = shop.calibrate("span", (100.0, 120.0))
    shop.feed(*[100.0] * 5)
    return shop, inbox, fact["id"]


def test_each_reading_is_explained_by_the_line_it_was_judged_by(tmp_path: Path) -> None:
    shop, inbox, name = journey(tmp_path)
    outbox = opened(tmp_path)
    recorder(shop, outbox, inbox).step(0.0)
    found = rows(outbox)
    assert found[:130] == [("co", pytest.approx(100.0, abs=0.1), "")] * 130
    assert found[130:] == [("co", pytest.approx(120.0, abs=0.1), name)] * 5


@pytest.mark.parametrize("capacity", range(1, 12))
def test_a_queue_that_drops_mislabels_nothing(tmp_path: Path, capacity: int) -> None:
    shop, inbox, name = journey(tmp_path, capacity)
    shop.care.apply(_again(shop, 80.0))
    shop.feed(*[100.0] * 3)
    outbox = opened(tmp_path)
    recorder(shop, outbox, inbox).step(0.0)
    last = shop.care.table.series[0].calibration
    line = {"": 100.0, name: 120.0, last: 80.0}
    found = rows(outbox)
    assert len(found) == capacity
    assert all(value == pytest.approx(line[calibration], abs=0.1) for _, value, calibration in found)


def _again(shop: Workshop, reference: float) -> CalibrationFact:
    """Another span of the same gas, as a fact."""
    (*_, fact) = shop.care.store.calibrations["co"]
    slope = reference / shop.raw(100.0) if shop.base.intercept == 0 else reference / 120.0 * fact.slope
    intercept = fact.intercept * reference / 120.0
    changed = msgspec.structs.replace(fact, version=fact.version + 1, previous=fact.id, slope=slope, intercept=intercept, id="")
    return msgspec.structs.replace(changed, id=identity(changed))


@pytest.mark.parametrize("flushed", [0, 128, 130, 133, 135])
def test_a_process_that_dies_around_the_change_loses_and_mislabels_nothing(tmp_path: Path, flushed: int) -> None:
    _, inbox, name = journey(tmp_path)
    outbox = opened(tmp_path)
    for place, labelled in enumerate(inbox.drain()):
        if place == flushed:
            outbox.flush()
        outbox.append(*labelled)
    # SIGKILL here: nothing is closed, and what was not flushed stands in the spool alone.
    holes: list[GapFact] = []
    after = opened(tmp_path, holes)
    found = rows(after)
    assert [calibration for _, _, calibration in found] == [""] * 130 + [name] * 5
    assert all(value == pytest.approx(120.0 if calibration else 100.0, abs=0.1) for _, value, calibration in found)
    assert [hole.cause for hole in holes] == [GapCause.CRASH]
    assert after.last_table is not None
    assert after.last_table.series[0].calibration == name, "the next life knows what was calibrated"


def test_the_fact_is_told_whole_and_stored_by_the_hub(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    fact = shop.calibrate("span", (100.0, 120.0), certificate="4711", note="after the storm", days=90)
    (event,) = (event for event in shop.events if isinstance(event, Calibration))
    assert msgspec.to_builtins(event.fact) == fact
    assert event.table == shop.care.table.id
    assert shop.announced == 1, "the birth is said again"
    (point,) = fact["points"]
    told = (fact["who"], fact["uid"], fact["gas"], fact["certificate"], fact["due"], fact["utc"], fact["version"], fact["previous"])
    assert told == ("kim", 1000, "CO in N2", "4711", "2026-08-26", pytest.approx(1_780_000_125, abs=2), 1, "")
    assert (point["reference"], point["as_found"], point["as_left"]) == (120.0, pytest.approx(100.0, abs=0.1), pytest.approx(120.0, abs=0.1))
    sent = msgspec.structs.replace(event, epoch="0001-000000000000", seq=7)
    payload = msgspec.json.encode(sent)
    assert read(Address("daegu", "n1", "up", "event"), payload) == sent
    jsonschema.Draft202012Validator({**schema(), "$ref": "#/$defs/class-event"}).validate(msgspec.json.decode(payload))


def test_a_bump_test_is_told_and_valid(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.feed(0.0)
    shop.ask("maintain", series="co", who="kim")
    shop.ask("bump", series="co", who="kim", gas="CO", concentration=50.0)
    shop.feed(40.0, 40.0, 0.0, 0.0)
    (event,) = (event for event in shop.events if isinstance(event, BumpTest))
    payload = msgspec.json.encode(msgspec.structs.replace(event, epoch="0001-000000000000", seq=8))
    jsonschema.Draft202012Validator({**schema(), "$ref": "#/$defs/class-event"}).validate(msgspec.json.decode(payload))
    assert isinstance(read(Address("daegu", "n1", "up", "event"), payload), BumpTest)


CURVES: list[tuple[str, list[tuple[float, float]], float, float]] = [
    ("multipoint", [(0.0, 0.0), (100.0, 90.0), (300.0, 330.0)], 200.0, 210.0),
    ("power_law", [(50.0, 40.0), (100.0, 90.0), (200.0, 205.0)], 100.0, 90.8),
]


@pytest.mark.parametrize(("kind", "points", "shown", "value"), CURVES)
def test_a_curve_keeps_the_raw_number_in_a_series_beside_it(
    tmp_path: Path, kind: str, points: list[tuple[float, float]], shown: float, value: float
) -> None:
    shop = Workshop(tmp_path / "node")
    inbox: Inbox[Labelled] = Inbox(1000)
    shop.care._put = inbox.put
    name = shop.calibrate(kind, *points)["id"]
    inbox.drain()
    shop.feed(shown)
    outbox = opened(tmp_path)
    recorder(shop, outbox, inbox).step(0.0)
    assert {series: found for series, found, _ in rows(outbox)} == {"co": pytest.approx(value, rel=0.01), "co.raw": shop.raw(shown)}
    assert {calibration for _, _, calibration in rows(outbox)} == {name}
    assert [info.name for info in shop.care.table.series] == ["co", "spare", "co.raw"], "no series changes its place"


def test_a_series_that_has_that_name_already_is_never_overwritten(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, derived=[{"name": "co.raw", "kind": "rate", "from": "co"}], unit="mm", quantity="level")
    shop.take((0.0, 0.0), (100.0, 90.0), (300.0, 330.0))
    assert "another series already" in shop.refused("calibrate", series="co", kind="multipoint", who="kim", gas="air")


def test_a_value_under_a_curve_is_as_good_as_its_sample(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.calibrate("multipoint", (0.0, 0.0), (100.0, 90.0), (300.0, 330.0))
    shop.feed(None)
    assert (shop.newest(0).value, shop.newest(0).quality) == (None, Quality.BAD)
    assert (shop.newest(2).value, shop.newest(2).quality) == (None, Quality.BAD)
    shop.feed(700.0)
    assert flagged(shop.newest(0), Flag.GROSS_RANGE)


def test_a_zero_after_a_curve_needs_a_reason_and_takes_the_curve_away(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.calibrate("multipoint", (0.0, 0.0), (100.0, 90.0), (300.0, 330.0))
    shop.take((10.0, 0.0))
    assert "a curve is in force" in shop.refused("calibrate", series="co", kind="zero", who="kim", gas="air")
    shop.ask("calibrate", series="co", kind="zero", who="kim", gas="air", force="back to the straight line")
    shop.ask("release", series="co")
    assert [info.name for info in shop.care.table.series] == ["co", "spare"]
    shop.feed(110.0)
    assert shop.newest().value == pytest.approx(100.0, abs=0.1)


def test_the_birth_names_the_calibration(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    fact: dict[str, Any] = shop.calibrate("span", (100.0, 120.0))
    assert shop.care.table.series[0].calibration == fact["id"]
    assert [event.fact.id for event in Workshop(tmp_path).care.told()] == [fact["id"]], "told again at every start"


def test_a_reading_of_another_series_is_not_touched(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.calibrate("span", (100.0, 120.0))
    shop.feed(100.0, series=1)
    newest: Reading = shop.newest(1)
    assert (newest.value, newest.quality) == (pytest.approx(100.0, abs=0.1), Quality.GOOD)
