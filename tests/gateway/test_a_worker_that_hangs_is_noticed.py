"""Promise: every thread has a deadline and a budget; one that misses it keeps the watchdog from being stroked; a stop is bounded."""

import socket
import threading
from pathlib import Path

from gateway.clock import real
from gateway.serve import Brake
from gateway.supervisor import BUDGET, RealTime, Seat, Supervisor
from gateway.watchdog import Watchdog


class Good:
    def __init__(self) -> None:
        self.stepped = threading.Event()

    def step(self, now: float) -> float:
        self.stepped.set()
        return now + 3600.0


class Hangs(Good):
    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def step(self, now: float) -> float:
        self.stepped.set()
        self.release.wait(30)
        return now + 3600.0


class Raises(Good):
    def step(self, now: float) -> float:
        super().step(now)
        raise RuntimeError("a defect")


def test_a_worker_in_time_lets_the_watchdog_be_stroked_and_stops_at_once() -> None:
    supervisor = Supervisor(lambda seat: False)
    worker = Good()
    supervisor.start(supervisor.add("good", worker, RealTime(), 60.0))
    assert worker.stepped.wait(5)
    assert supervisor.check()
    assert supervisor.stop(["good"], 5.0) == []


def test_a_hanging_worker_is_told_to_its_owner_and_does_not_hold_up_the_stop() -> None:
    late: list[Seat] = []
    supervisor = Supervisor(lambda seat: bool(late.append(seat)))
    worker = Hangs()
    seat = supervisor.add("bus", worker, RealTime(), 60.0)
    supervisor.start(seat)
    assert worker.stepped.wait(5)
    seat.beat -= 61.0
    assert not supervisor.check()
    assert [s.name for s in late] == ["bus"]
    began = real()
    assert supervisor.stop(["bus"], 60.0) == ["bus"]
    assert real() - began < 30.0, "nothing protects until the process has begun again"
    worker.release.set()


def test_a_worker_that_was_dealt_with_does_not_stop_the_strokes() -> None:
    supervisor = Supervisor(lambda seat: True)
    seat = supervisor.add("uplink", Good(), RealTime(), 180.0)
    seat.beat -= 181.0
    assert supervisor.check()


def test_a_failing_step_is_contained_until_the_budget_is_spent() -> None:
    seat = Seat("x", Raises(), RealTime(), 60.0)
    for _ in range(BUDGET[0] - 1):
        seat._failed(RuntimeError())
    assert not seat.late()
    seat._failed(RuntimeError())
    assert seat.late()


def test_the_service_manager_hears_ready_strokes_and_stopping(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        now = [0.0]
        watchdog = Watchdog({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"}, lambda: now[0])
        watchdog.ready("six series")
        watchdog.stroke("fine")
        watchdog.stroke("too soon for another")
        now[0] = 10.0
        watchdog.stroke("again")
        watchdog.stopping()
        manager.setblocking(False)
        told = [manager.recv(200).decode() for _ in range(4)]
    assert told == ["READY=1\nSTATUS=six series", "WATCHDOG=1\nSTATUS=fine", "WATCHDOG=1\nSTATUS=again", "STOPPING=1"]


def test_without_a_service_manager_nothing_is_sent() -> None:
    Watchdog({}).ready("nobody listens")
    Watchdog({"NOTIFY_SOCKET": "/nowhere/notify"}).stopping()


def test_a_dead_disk_restarts_the_process_at_most_once_an_hour(tmp_path: Path) -> None:
    now = [100.0]
    brake = Brake(tmp_path, "0123456789ab", lambda: now[0])
    assert brake.may_restart()
    now[0] += 3599.0
    assert not Brake(tmp_path, "0123456789ab", lambda: now[0]).may_restart()
    now[0] += 2.0
    assert brake.may_restart()
    assert Brake(tmp_path, "ffffffffffff", lambda: 5.0).may_restart(), "another boot begins anew"
    (tmp_path / "restarts.json").write_text("garbage")
    assert brake.may_restart()
