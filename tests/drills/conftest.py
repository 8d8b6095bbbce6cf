"""Fixtures of the drills."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mosquitto import Mosquitto


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto that the conductor starts and stops."""
    broker = Mosquitto(tmp_path / "mosquitto")
    yield broker
    broker.stop()
