"""Fixtures for every test: simulated copper (clock, simulate, pins, reads) from the plugin that ships with the package, golden vectors,
and the seams to the operating system (fdatasync, resolver, sd_notify), mocked with pytest-mock; a chip is simulated, never mocked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import MagicMock

import pytest
from pytest_mock import MockerFixture

pytest_plugins = ["hardware.sim.pytest_plugin"]


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of recordings; without it a test is skipped, and fails on a build machine."""
    folder = os.environ.get("EDGE_GATEWAY_RECORDINGS", "")
    if not folder or not Path(folder).is_dir():
        _missing("no recordings: set EDGE_GATEWAY_RECORDINGS to their folder")
    return Path(folder)


def _missing(message: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def vectors(recordings: Path) -> Callable[[str], list[dict[str, Any]]]:
    """The golden rows of a group: `vectors('loop420')`. They lie in the folder beside the recordings."""
    path = recordings.parent / "vectors" / "sensors.json"
    if not path.is_file():
        _missing(f"no golden vectors at {path}")
    groups = json.loads(path.read_text(encoding="utf-8"))
    return lambda group: groups[group]


@pytest.fixture(scope="session")
def safety(recordings: Path) -> Callable[[str], list[dict[str, Any]]]:
    """The golden rows of a section of alarm and measurement practice: `safety('qc')`."""
    path = recordings.parent / "vectors" / "safety.json"
    if not path.is_file():
        _missing(f"no golden vectors at {path}")
    rows = json.loads(path.read_text(encoding="utf-8"))
    return lambda section: [row for row in rows if row["section"] == section]


@pytest.fixture
def fdatasync(mocker: MockerFixture) -> MagicMock:
    """os.fdatasync: `fdatasync.side_effect = OSError(errno.EIO, ...)` is a disk that fails to sync."""
    return mocker.patch("os.fdatasync")


@pytest.fixture
def resolver(mocker: MockerFixture) -> MagicMock:
    """socket.getaddrinfo: `resolver.side_effect = socket.gaierror(...)` is a name that is not known."""
    return mocker.patch("socket.getaddrinfo")


@pytest.fixture
def sd_notify(mocker: MockerFixture) -> MagicMock:
    """What would be sent to the service manager: `sd_notify.call_args_list`."""
    return mocker.patch("gateway.watchdog.Watchdog.notify")
