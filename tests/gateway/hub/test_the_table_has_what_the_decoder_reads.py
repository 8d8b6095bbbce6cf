"""The table a person queries, against the decoder on the contract's page."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import Reading
from tests.gateway.contract.examples import block_readings, message, sealed
from tests.gateway.contract.test_the_decoder_on_the_page_reads_the_same import readings_of
from tests.gateway.hub.desk import Desk

EXACT = ("node", "epoch", "seq", "position", "series", "boot", "mono", "raw", "unit", "quality")


def compare(desk: Desk, payload: bytes) -> None:
    rows: list[Any] = desk.rows(f"SELECT {', '.join(EXACT)}, utc, value FROM readings ORDER BY seq, position")
    expected = list(readings_of(payload))
    assert [row[:10] for row in rows] == [tuple(reading[key] for key in EXACT) for reading in expected]
    for row, reading in zip(rows, expected):
        assert row[10] == (None if reading["utc"] is None else pytest.approx(reading["utc"], abs=1e-5))
        # SQLite rounds a tie away from zero, Python to even: the last digit may differ where the value lies exactly between two.
        assert row[11] == (None if reading["value"] is None else pytest.approx(reading["value"], rel=1e-12, abs=0.011))


@settings(max_examples=30, deadline=None)
@given(st.lists(block_readings(), min_size=1, max_size=2), st.booleans())
def test_row_for_row(blocks: list[list[Reading]], clock: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder) / "hub.db")
        payload = message([sealed(seq, readings) for seq, readings in enumerate(blocks, 1)], clock)
        desk.hear("batch", payload)
        compare(desk, payload)
        desk.close()


def test_a_bad_reading_has_no_value_and_keeps_its_raw_number(desk: Desk) -> None:
    desk.hear("batch", message([sealed(1, [Reading(1, 5, 7, None, 2, 1 << 13, "over_range"), Reading(2, 5, None, None, 2, 0, "nak")])]))
    assert desk.rows("SELECT raw, value, quality, reason, flags FROM readings") == [
        (7, None, "bad", "over_range", 8192),
        (None, None, "bad", "nak", 0),
    ]
