from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.batch import decode_message
from gateway.model import Reading
from tests.gateway.contract.examples import BOOTS, TABLE, block_readings, message, sealed

Row = tuple[str, int, int | None, int, int, str]


def key(row: Row) -> tuple[object, ...]:
    return row[0], row[1], row[2] is None, row[2] or 0, row[3], row[4], row[5]


@given(st.lists(block_readings(), min_size=1, max_size=3))
def test_every_reading_is_there_with_time_raw_number_and_quality(blocks: list[list[Reading]]) -> None:
    batch = decode_message(message([sealed(seq, readings) for seq, readings in enumerate(blocks, 1)]))
    assert [block.seq for block in batch.blocks] == list(range(1, len(blocks) + 1))
    for block, readings in zip(batch.blocks, blocks):
        found: list[Row] = []
        positions: list[int] = []
        for column in block.columns:
            quality: list[tuple[int, int, str]] = [(0, 0, "")] * len(column.ms)
            for first, count, judged, flags, reason in column.marks:
                quality[first : first + count] = [(judged, flags, reason)] * count
            found += [(column.series.name, ms, raw, *mark) for ms, raw, mark in zip(column.ms, column.raws, quality)]
            positions += range(column.first, column.first + len(column.ms))
        expected = [(TABLE.series[r.series].name, r.ms, r.raw, r.quality, r.flags, r.reason) for r in readings]
        assert sorted(found, key=key) == sorted(expected, key=key)
        assert positions == list(range(block.size)) == list(range(len(readings)))


@given(block_readings())
def test_a_block_has_the_same_bytes_whenever_it_is_encoded(readings: list[Reading]) -> None:
    assert sealed(3, readings) == sealed(3, list(readings))


def test_the_head_says_whose_it_is_and_when_it_was_sent() -> None:
    block = sealed(1, [Reading(0, 5, 7, 7.0)])
    batch = decode_message(message([block]))
    assert (batch.node, batch.epoch, batch.sent, batch.sealed) == ("n1", "0001-9f3a2b1c44d0", (BOOTS[0], 77.5), [block])
    assert batch.clocks[BOOTS[0]].source == "ntp"
    assert not batch.simulated


def test_the_calibration_travels_with_the_numbers() -> None:
    (column,) = decode_message(message([sealed(1, [Reading(3, 5, 700, 31.25)])])).blocks[0].columns
    assert column.series.calibration == "cal-7"
    assert column.series.value(700) == TABLE.series[3].value(700) == 31.25
