"""Promise: a start asks its disk on a thread of its own and waits one second for it in all; what was late touches the disk no more, and it is noticed
that the disk answers again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.clock import real
from gateway.model import Instant
from gateway.outbox import AlreadyRunning, Disk, Limits, Outbox, RealDisk
from gateway.patience import GivenUp, Patience, Revocable, hold

BOOT = "0123456789ab"
BOUND = 20.0


class Hanging:
    """A disk that hangs in its first operation until it is let go."""

    def __init__(self, folder: Path) -> None:
        self.inner = RealDisk(folder)
        self.begun = threading.Event()
        self.go = threading.Event()
        self.ended = threading.Event()

    def names(self) -> list[str]:
        self.begun.set()
        assert self.go.wait(BOUND)
        return self.inner.names()

    def read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
        return self.inner.read(name, offset, size)

    def write(self, name: str, offset: int, data: bytes) -> None:
        self.inner.write(name, offset, data)

    def sync(self, name: str) -> None:
        self.inner.sync(name)


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[Hanging]:
    disk = Hanging(tmp_path)
    yield disk
    disk.go.set()


def test_a_disk_that_answers_is_asked_and_nobody_notices(tmp_path: Path) -> None:
    patience = Patience()
    errand = patience.ask("outbox", RealDisk(tmp_path).names)
    assert errand is not None
    assert errand.taken() == []
    assert not patience.over
    assert not patience.answers(), "it never was late"


def test_what_the_call_raises_is_raised_where_it_was_asked(tmp_path: Path) -> None:
    def refused() -> None:
        raise AlreadyRunning("somebody else")

    errand = Patience().ask("lock", refused)
    assert errand is not None
    with pytest.raises(AlreadyRunning, match="somebody else"):
        errand.taken()


def test_it_is_waited_for_once_and_not_asked_again(hanging: Hanging) -> None:
    patience, asked = Patience(0.05), []
    began = real()
    assert patience.ask("lock", hanging.names) is None
    assert patience.over
    assert patience.ask("outbox", lambda: asked.append(1)) is None
    assert real() - began < 5.0
    assert not asked, "not behind the one that hangs"
    assert not patience.answers()


def test_what_is_begun_is_not_waited_for_and_comes_before_all_else(hanging: Hanging) -> None:
    patience, asked = Patience(0.05), []
    patience.begin("lock", hanging.names)
    assert not patience.over
    assert patience.ask("outbox", lambda: asked.append(1)) is None
    assert patience.over
    assert not asked


def test_what_is_begun_and_refused_is_told_to_who_asks_first() -> None:
    def refused() -> None:
        raise AlreadyRunning("somebody else")

    patience = Patience()
    patience.begin("lock", refused)
    with pytest.raises(AlreadyRunning):
        patience.ask("outbox", lambda: None)


def test_the_second_is_for_all_of_it(tmp_path: Path) -> None:
    patience = Patience(0.2)
    wait = threading.Event()
    count = 0
    while patience.ask("step", lambda: wait.wait(0.05)) is not None:
        count += 1
        assert count < 10, "each call had the whole second"
    assert patience.over


def test_what_was_late_touches_the_disk_no_more_and_is_how_its_return_is_known(hanging: Hanging, tmp_path: Path) -> None:
    disk, patience = Revocable(hanging), Patience(0.05)
    raised: list[type[BaseException]] = []

    def opening() -> None:
        try:
            disk.names()
            disk.write("cursor", 0, b"late")
        except GivenUp as error:
            raised.append(type(error))
            raise
        finally:
            hanging.ended.set()

    assert patience.ask("outbox", opening) is None
    disk.revoke()
    assert not patience.answers()
    hanging.go.set()
    assert hanging.ended.wait(BOUND)
    assert raised == [GivenUp]
    assert not (tmp_path / "cursor").exists()
    assert _soon(patience)


def test_an_outbox_that_came_too_late_is_not_opened_twice(hanging: Hanging, tmp_path: Path) -> None:
    """The disk answers when a life without it has begun: what was late neither writes on the disk nor beside that life in the runtime directory."""
    (tmp_path / "run").mkdir()
    spool, opened = RealDisk(tmp_path / "run"), []

    def opening(disk: Disk, runtime: Disk) -> Outbox:
        opened.append(disk)
        return Outbox.open(disk, runtime, machine="m", boot=BOOT, now=lambda: Instant(BOOT, 1), limits=Limits(), declare=lambda fact: b"gap")

    patience = Patience(0.05)
    found = hold(patience, hanging, spool, tmp_path, opening)
    assert (found.adrift, found.store.unread, len(opened)) == (True, True, 2)
    hanging.go.set()
    assert _soon(patience)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.parametrize("error", [OSError(5, "it is dead now"), AlreadyRunning("somebody else has it")])
def test_a_disk_that_answers_with_an_error_answers_but_somebody_elses_outbox_is_told(hanging: Hanging, error: Exception) -> None:
    def opening() -> None:
        hanging.names()
        raise error

    patience = Patience(0.05)
    assert patience.ask("lock", opening) is None
    hanging.go.set()
    if isinstance(error, OSError):
        assert _soon(patience)
        return
    with pytest.raises(AlreadyRunning):
        _soon(patience)


def _soon(patience: Patience) -> bool:
    """Whether it answers within the bound; the thread that was late needs a moment to end."""
    end, pause = real() + BOUND, threading.Event()
    while not patience.answers() and real() < end:
        pause.wait(0.01)
    return patience.answers()
