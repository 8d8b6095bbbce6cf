"""Promise: 100 crossings at two a second reach the siren's pin within 100 ms beyond sampling, none missed and none false, while hub, disk, resolver
and neighbours on the bus are broken and a thousand messages of garbage a second arrive."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crossing.__main__ import MEMORY
from tests.crossing.report import broken, lines
from tests.crossing.run import FAULTS, run

CROSSINGS = 100


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, as a node's runtime directory is."""
    with tempfile.TemporaryDirectory(prefix="edge-gateway-crossing-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@pytest.mark.slow
def test_every_crossing_reaches_the_siren_in_time(tmp_path: Path, memory: Path) -> None:
    seed = random.randrange(1 << 31)
    faults = list(FAULTS)
    outcome = run(tmp_path, memory, CROSSINGS, seed, faults)
    print(f"seed {seed}\n" + "\n".join(lines(outcome, faults)))
    assert not broken(outcome, faults)
