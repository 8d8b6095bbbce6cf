"""Every parser of every driver: its frames are found wherever the bytes are cut, and no bytes break it, fill it, or make it wait for ever.

The long run is `make fuzz` (a million inputs each, with times); this one is short, and prints its seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.fuzz.parsers import HELD, heard, run
from tests.hardware.transcripts import frames, parsers, tells, transcripts

PARSERS = parsers()
TELLS = tells()
SPOKEN = transcripts()
INPUTS = 3000


def said_to(make: Callable[[], Any]) -> bytes:
    return b"".join(data for data in SPOKEN.values() if frames(make, data))


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_cut_at_any_place_changes_nothing(name: str) -> None:
    data = said_to(PARSERS[name])[:200]
    whole = frames(PARSERS[name], data)
    for cut in range(len(data) + 1):
        parser = PARSERS[name]()
        assert [*parser.feed(data[:cut]), *parser.feed(data[cut:])] == whole, f"cut at {cut}"
    parser = PARSERS[name]()
    assert [frame for byte in data for frame in parser.feed(bytes([byte]))] == whole


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_no_bytes_break_it_or_fill_it(name: str) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    outcome = run(PARSERS[name], said_to(PARSERS[name]), seed, INPUTS)
    assert outcome.held <= HELD


@pytest.mark.parametrize("name", sorted(TELLS))
def test_no_bytes_break_what_a_scan_knows_a_sensor_by(name: str) -> None:
    """A scan listens to whatever is there, at every speed."""
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    said = b"".join(data for data in SPOKEN.values() if TELLS[name](data))
    outcome = heard(TELLS[name], said, seed, INPUTS)
    assert not said or outcome.frames, f"seed {seed}: what it says was never recognized"
    for data in (b"", b"\x00", b"\xff" * 4096, bytes(4096), said[:4096] * 2):
        TELLS[name](data)


def test_every_serial_example_is_read_by_a_parser() -> None:
    unread = [name for name, data in SPOKEN.items() if not any(frames(make, data) for make in PARSERS.values())]
    assert SPOKEN
    assert unread == []


def test_every_parser_is_met_by_an_example() -> None:
    """A parser that no example speaks to would be fuzzed with noise alone."""
    unspoken = [name for name, make in PARSERS.items() if not said_to(make)]
    assert unspoken == []
