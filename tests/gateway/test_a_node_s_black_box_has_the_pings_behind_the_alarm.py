"""Promise: a whole node, from the chip on, leaves a file around its alarm with every ping that the median threw away; also when it is killed."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from pathlib import Path

import pytest

from gateway.boxfile import FOLDER, files, read
from gateway.cli import main
from gateway.clock import real
from hardware.drivers._pings import median
from hardware.sim.clock import BOOT_OFFSET, SteppedClock
from tests import node as process
from tests.gateway.stepped import Node

SONAR = """
[[sensor]]
name = "distance"
driver = "ultrasonic_ff4"
model = "sen0754"
low = 100
high = 5000
port = "/dev/serial0"
period = "2 s"
event_period = "1 s"
series = { distance = "distance" }
[[sensor]]
name = "float"
driver = "float_switch"
pin = 5
normal = "open"
[[derived]]
name = "depth"
kind = "depth"
from = "distance"
mount_height = 2500.0
survey_date = 2026-05-12
[[alarm]]
name = "water"
kind = "ladder"
series = "depth"
"""
FLOOD = """
[signals.distance]
kind = "steps"
steps = [[0, 2500.0], [100.3, 2300.0]]
[signals.wet]
kind = "constant"
value = 0.0
[chips.gpio-5]
kind = "contact"
signal = "wet"
level = 0.5
[chips."serial:/dev/serial0"]
kind = "ultrasonic"
model = "sen0754"
near = 100.0
far = 5000.0
signal = "distance"
"""


def test_each_reading_is_the_median_of_the_pings_beside_it(tmp_path: Path) -> None:
    node = Node(tmp_path, SONAR, FLOOD, SteppedClock())
    node.until(200.0)
    raised = next(at for rule, what, at in node.changes() if what == "raised")
    (path,) = files(tmp_path / "state" / FOLDER)
    box = read(path)
    assert [info.name for info in box.head.series] == ["distance", "distance.jitter"], "the sensors of the rule, through what is derived"
    assert [(told.rule, told.occurrence, told.level, told.series) for told in box.head.alarms][:1] == [("water", 1, 3, "depth")]
    assert box.head.begin == pytest.approx(BOOT_OFFSET + raised - 60.0, abs=2.0)
    assert box.head.end == pytest.approx(BOOT_OFFSET + raised + 60.0, abs=2.0)
    pings: list[int] = []
    several = 0
    for row in box.rows:
        if row.series == 0 and row.part and row.raw is not None:
            pings.append(row.raw)
        elif row.series == 0:
            if len(pings) == 5:
                assert row.raw == median(pings)
                several += len(set(pings)) > 1
            pings.clear()
    assert several, "the reading in which the water came has both levels in its pings"
    readings = {round(reading.ms): reading.raw for reading in node.readings if reading.series == 0}
    kept = {row.ms: row.raw for row in box.rows if row.series == 0 and not row.part}
    assert kept == {ms: readings[ms] for ms in kept}, "the same readings as those that were recorded"
    assert [what for what, where, _ in node.notices if where == path.name] == ["black_box"] * 2


def test_a_clean_stop_keeps_the_file_of_an_alarm_in_progress(tmp_path: Path) -> None:
    node = Node(tmp_path, SONAR, FLOOD, SteppedClock())
    node.until(130.0)
    assert node.app.stop()
    box = read(files(tmp_path / "state" / FOLDER)[0])
    assert box.head.end == pytest.approx(BOOT_OFFSET + 130.0, abs=2.0)
    assert not box.head.complete


def test_a_black_box_that_hangs_holds_up_nobody(tmp_path: Path) -> None:
    node = Node(tmp_path, SONAR, FLOOD, SteppedClock(), aside=["blackbox"])
    node.until(130.0)
    assert [what for _, what, _ in node.changes()] == ["raised"]
    assert len(node.read("distance")) > 70
    assert not files(tmp_path / "state" / FOLDER)
    assert node.app.supervisor.seats["blackbox"].wake.is_set(), "it was called at once, and nobody waited for it"


def test_a_killed_process_leaves_a_file_that_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = process.CONFIG.replace('period = "200 ms"', 'period = "200 ms"\nevent_period = "50 ms"')
    killed = process.Node(tmp_path, config=f'{config}\n[[alarm]]\nname = "co"\nseries = "co"\na1 = 10.0\n')
    folder = tmp_path / "state" / FOLDER
    try:
        end = real() + 30.0
        while not files(folder) and real() < end:
            with contextlib.suppress(subprocess.TimeoutExpired):
                killed.process.wait(0.05)
    finally:
        killed.end(signal.SIGKILL)
    box = read(files(folder)[0])
    assert box.head.simulated
    assert [told.rule for told in box.head.alarms] == ["co"]
    assert box.rows[-1].value == pytest.approx(20.0, abs=0.5)
    assert main(["blackbox", "--state", str(tmp_path / "state")]) == 0
    assert "not complete" in capsys.readouterr().out
