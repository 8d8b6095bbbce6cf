"""A second node on the same outbox is refused, and the first does not notice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.outbox import AlreadyRunning, DirectoryLock, RealDisk


def test_a_second_node_is_refused_and_the_first_unharmed(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path):
        with pytest.raises(AlreadyRunning, match=r"another node already runs on .*; stop it first"), DirectoryLock(tmp_path):
            pass
        with pytest.raises(AlreadyRunning), DirectoryLock(tmp_path):
            pass
    with DirectoryLock(tmp_path):
        pass


def test_a_large_outbox_keeps_few_descriptors(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path)
    for number in range(100):
        disk.write(f"file-{number}", 0, b"x")
        disk.sync(f"file-{number}")
    assert len(disk._files) <= 16
    disk.close()
    disk.sync("file-3")
    with pytest.raises(FileNotFoundError):
        disk.sync("nothing")
    assert os.path.getsize(tmp_path / "file-3") == 1
