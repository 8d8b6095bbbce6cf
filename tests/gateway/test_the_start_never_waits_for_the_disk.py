"""Promise: a disk that hangs in its first read keeps no siren silent. The outputs are restored at once, the node protects and tells, the disk is left
alone until it answers, then the process begins again and has everything; nothing is told anew and no calibration counts as lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.clock import real
from gateway.demo import handover
from tests.node import CONFIG, Node

pytestmark = pytest.mark.slow
ALARMED = (
    CONFIG
    + """
[[alarm]]
name = "gas"
series = "co"
a1 = 10.0
outputs = ["siren"]

[[output]]
name = "siren"
kind = "siren"
pin = 17
"""
)
FIRST = "cursor"
"""The first file of the outbox that is read."""


class Life:
    """Processes of one node on one boot, one after another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.trace = folder / "trace"
        now = real()
        note = handover.Handover(
            origin=now, speed=1.0, seed=1, boot="0123456789ab", booted=0.0, until=1e9, state="", runtime="", broker="", reads="",
            trace=str(self.trace),
        )  # fmt: skip
        handover.save(note, folder / "handover.json")
        self.nodes: list[Node] = []

    def start(self) -> Node:
        self.began = real()
        self.nodes.append(Node(self.folder, config=ALARMED, extra=("--handover", str(self.folder / "handover.json"))))
        return self.nodes[-1]

    def hang(self) -> None:
        """From now on the disk hangs in its first read."""
        self.held = (self.folder / "state" / FIRST).read_bytes()
        (self.folder / "state" / FIRST).unlink()
        os.mkfifo(self.folder / "state" / FIRST)

    def answer(self) -> None:
        """The disk answers whoever waits for it, and everybody from now on."""
        door = os.open(self.folder / "state" / FIRST, os.O_WRONLY)
        (self.folder / "state" / FIRST).unlink()
        (self.folder / "state" / FIRST).write_bytes(self.held)
        os.close(door)

    def sounded(self) -> float:
        """Seconds from the newest start to the siren."""
        end = real() + 20.0
        while real() < end:
            for line in self.trace.read_text().splitlines() if self.trace.exists() else ():
                _, name, level, at = json.loads(line)
                if name == "gpio-17" and level and at > self.began:
                    return float(at) - self.began
            with suppress(subprocess.TimeoutExpired):
                self.nodes[-1].process.wait(0.02)
        raise AssertionError(f"no siren\n{self.nodes[-1].log.read_text()[-3000:]}")


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    found = Life(tmp_path / "node")
    yield found
    for node in found.nodes:
        node.process.kill()
        node.process.wait(10)


def alarmed(life: Life) -> None:
    """A life in which the siren sounds, killed."""
    node = life.start()
    node.wait_for(lambda shot: shot["outputs"].get("siren") == 1 and shot["outbox"]["unreceipted"] > 0)
    node.end(signal.SIGKILL)


def test_the_siren_sounds_at_once_and_the_disk_is_taken_when_it_answers(life: Life) -> None:
    alarmed(life)
    life.hang()
    node = life.start()
    assert life.sounded() < 1.5
    shot = node.wait_for(lambda shot: shot["outbox"]["adrift"] and shot["series"]["co"]["value"] is not None)
    assert (shot["alarms"]["gas"]["state"], shot["alarms"]["gas"]["occurrence"], shot["outputs"]) == ("UNACK", 1, {"siren": 1})
    assert shot["series"]["co"]["quality"] == "good", "judged by the calibrations that the process before left"
    assert shot["host"]["disk_free_kb"] is None, "nobody asks the disk for anything"
    life.answer()
    assert node.process.wait(20) == 1, "for the service manager, which starts it again"
    assert "the disk answers again" in node.log.read_text()
    node = life.start()
    assert life.sounded() < 1.5
    shot = node.wait_for(lambda shot: shot["pid"] == node.process.pid and shot["outbox"]["segments"] > 0)
    assert not shot["outbox"]["adrift"]
    assert shot["alarms"]["gas"]["occurrence"] == 1
    assert node.end() == 0


def test_who_is_told_to_stop_meanwhile_stops_cleanly_or_at_once(life: Life) -> None:
    alarmed(life)
    life.hang()
    node = life.start()
    node.wait_for(lambda shot: shot["outbox"]["adrift"])
    began = real()
    node.end()
    assert real() - began < 5.0


def test_a_second_node_is_still_refused(life: Life) -> None:
    alarmed(life)
    life.hang()
    node = life.start()
    node.wait_for(lambda shot: shot["outbox"]["adrift"])
    second = life.start()
    assert second.process.wait(20) == 75
    assert node.process.poll() is None
