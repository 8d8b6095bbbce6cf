"""Promise: `edge-gateway calibrate` and `edge-gateway bump` take a person through it on the running node, and scripts as well; what they put into
force survives SIGKILL of the node; SIGKILL of the command leaves no channel unprotected."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.cli._node import RunningNode
from gateway.clock import real
from tests.node import Node

pytestmark = pytest.mark.slow
SPEED = 20.0
"""The node's window of 20 s for stable readings is one second."""
SPAN = ("calibrate", "co", "span", "24", "--gas", "CO in N2", "--certificate", "4711", "--force", "a bottle of 24 ppm is what there is")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    running = Node(tmp_path, speed=SPEED)
    running.wait_for(lambda shot: shot["series"]["co"]["value"] is not None and shot["utc"] is not None)
    yield running
    running.end(signal.SIGKILL)


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "gateway", *words, "--runtime", str(folder / "run")]


def typed(folder: Path, *words: str, answers: str = "") -> tuple[int, str]:
    """Run a verb with what a person types; its exit code and all it said."""
    environment = {**os.environ, "USER": "kim"}
    environment.pop("SUDO_USER", None)
    done = subprocess.run(command(folder, *words), input=answers, capture_output=True, text=True, timeout=60, env=environment, check=False)
    return done.returncode, done.stdout + done.stderr


def history(folder: Path) -> dict[str, Any]:
    code, said = typed(folder, "calibrate", "--list", "co", "--json")
    assert code == 0, said
    found: dict[str, Any] = json.loads(said)
    return found


def test_a_calibration_is_guided_and_outlives_the_node(node: Node, tmp_path: Path) -> None:
    code, said = typed(tmp_path, *SPAN, answers="\ny\n\n")
    assert code == 0, said
    for told in (
        "Apply 24 [ppm] (CO in N2). Then press Enter.",
        "as found 20",
        "as left 24",
        "Put it into force? [y/N]",
        "is in force",
        "protects again",
    ):
        assert told in said
    node.wait_for(lambda shot: abs(shot["series"]["co"]["value"] - 24.0) < 0.2 and shot["series"]["co"]["quality"] == "good")
    (fact,) = history(tmp_path)["series"]["co"]["calibrations"]
    assert (fact["who"], fact["uid"], fact["certificate"], fact["simulated"]) == ("kim", os.getuid(), "4711", True)
    node.end(signal.SIGKILL)
    after = Node(tmp_path, speed=SPEED)
    try:
        shot = after.wait_for(lambda shot: shot["pid"] == after.process.pid and shot["series"]["co"]["value"] is not None)
        assert abs(shot["series"]["co"]["value"] - 24.0) < 0.2
        code, said = typed(tmp_path, "calibrate", "--list")
        assert code == 0
        for told in ("in force", f"due {fact['due']} (in 182 days)", "CO in N2", "certificate 4711", "by kim", " UTC "):
            assert told in said
    finally:
        after.end(signal.SIGKILL)


@pytest.mark.parametrize(
    ("answers", "why"), [("\nn\n", "nothing was changed"), ("\n", "nobody is there to answer"), ("", "nobody is there to answer")]
)
def test_without_a_yes_nothing_changes_and_the_channel_is_given_back(node: Node, tmp_path: Path, answers: str, why: str) -> None:
    code, said = typed(tmp_path, *SPAN, answers=answers)
    assert (code, why in said, "protects again" in said) == (1, True, True), said
    assert history(tmp_path)["series"]["co"]["calibrations"] == []
    assert "maintenance" not in RunningNode(tmp_path / "run").ask("live")["series"]["co"]


def test_nonsense_is_refused_with_the_way_to_force_it(node: Node, tmp_path: Path) -> None:
    code, said = typed(tmp_path, "calibrate", "co", "span", "60", "--gas", "CO in N2", "--yes")
    assert (code, "of its sensitivity" in said, "--force REASON" in said, "protects again" in said) == (1, True, True, True), said
    code, said = typed(tmp_path, "calibrate", "co", "span", "600", "--gas", "CO in N2", "--yes", "--force", "because I say so")
    assert (code, "outside the measuring range" in said, "--force REASON" in said) == (1, True, False), said


def test_a_bump_test_without_gas_fails_and_is_kept(node: Node, tmp_path: Path) -> None:
    code, said = typed(tmp_path, "bump", "co", "60", "--gas", "CO in N2", "--within", "20", "--recover", "20", "--yes")
    assert (code, "NO ANSWER" in said or "FAIL" in said) == (1, True), said
    (bump,) = history(tmp_path)["series"]["co"]["bumps"]
    assert (bump["result"], bump["gas"]) == ("fail", "CO in N2")
    code, said = typed(tmp_path, "calibrate", "--list", "co")
    assert (code, "bump test  fail" in said, "no answer" in said, " UTC " in said) == (0, True, True, True), said


def begun(folder: Path) -> subprocess.Popen[str]:
    """A bump test of a command that runs, in maintenance."""
    words = command(folder, "bump", "co", "60", "--gas", "CO", "--within", "200", "--recover", "0", "--yes", "--who", "kim")
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if "has begun" in line:
            return running
    raise AssertionError("the test did not begin")


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_break_it_off_and_give_the_channel_back(node: Node, tmp_path: Path, kind: signal.Signals) -> None:
    running = begun(tmp_path)
    running.send_signal(kind)
    said, _ = running.communicate(timeout=20)
    assert (running.returncode, "protects again" in said) == (128 + kind, True), said
    assert "maintenance" not in RunningNode(tmp_path / "run").ask("live")["series"]["co"]
    assert history(tmp_path)["series"]["co"]["bumps"][-1]["result"] == "broken_off"


def test_sigkill_of_the_command_leaves_the_node_to_end_it(node: Node, tmp_path: Path) -> None:
    running = begun(tmp_path)
    running.kill()
    running.communicate(timeout=20)
    asked = RunningNode(tmp_path / "run")
    assert asked.ask("live")["series"]["co"]["bump"]["state"] == "waiting"
    node.wait_for(lambda shot: shot["series"]["co"]["state"] == "maintenance")
    node.wait_for(lambda shot: shot["series"]["co"]["state"] == "normal" and shot["series"]["co"]["quality"] == "good")
    end = real() + 10
    while "maintenance" in asked.ask("live")["series"]["co"]:
        assert real() < end
    assert history(tmp_path)["series"]["co"]["bumps"][-1]["result"] == "fail"


@pytest.mark.parametrize("words", [("calibrate", "co", "zero", "--gas", "air"), ("bump", "co", "50", "--gas", "CO"), ("calibrate", "--list")])
def test_without_a_node_it_says_what_to_do(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "run").mkdir()
    code, said = typed(tmp_path, *words)
    assert (code, "no node runs here" in said, "--runtime" in said) == (1, True, True)


def test_a_second_person_is_told_who_is_at_it(node: Node, tmp_path: Path) -> None:
    running = begun(tmp_path)
    code, said = typed(tmp_path, "calibrate", "co", "zero", "--gas", "air", "--who", "lee", "--yes")
    assert (code, "in maintenance by kim, for " in said, "protects again" in said) == (1, True, False), said
    assert RunningNode(tmp_path / "run").ask("live")["series"]["co"]["bump"]["state"] == "waiting", "kim's test goes on"
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=20)


BUMP = ("bump", "co", "50", "--gas", "CO")
ZERO = ("calibrate", "co", "zero", "--gas", "air")


@pytest.mark.parametrize("words", [
    ("calibrate", "co"), ("calibrate", "co", "span"), ("calibrate", "co", "span", "50"), ("bump", "co", "50"),
    (*BUMP, "--share", "10"), (*BUMP, "--share", "101"), (*BUMP, "--within", "1801"), (*BUMP, "--within", "nan"), (*BUMP, "--recover", "-1"),
    (*BUMP, "--despite-alarm", "x"), (*BUMP, "--force", "    x"), (*BUMP, "--minutes", "61"), (*BUMP, "--who", " "), (*BUMP, "--note", "x" * 201),
    ("bump", "co", "inf", "--gas", "CO"), (*ZERO, "--due", "2027-02-30"), (*ZERO, "--days", "3661"), (*ZERO, "--certificate-expires", "soon"),
    ("calibrate", "co", "span", "50", "60", "--gas", "CO"), ("calibrate", "co", "multipoint", "0", "50", "--gas", "CO"),
    ("calibrate", "co", "multipoint", "0", "50", "50", "--gas", "CO"), ("calibrate", "co", "power_law", "50", "--gas", "CO"),
])  # fmt: skip
def test_what_is_missing_is_a_mistake_in_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert typed(tmp_path, *words)[0] == 2
