"""Promise: `edge-gateway alarms` shows, acknowledges, silences, resets, shelves and tests on a node that runs, says beforehand what will happen, and
refuses with what to do instead; where no node runs it says that what it shows is not live."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import cli
from tests.gateway.post import GASES, HEAD, copper
from tests.node import Node

STARTS = 'title = "Gas that stays, and gas that was"\nlasts = "1 h"\nconfig = "gateway.toml"\n'
SCENARIO = STARTS + copper(co=[[0, 60.0]], lel=[[0, 120.0], [20, 0.0]])
"""Carbon monoxide that does not go, and methane that was beyond the range: what the test does waits for nothing that may pass by."""
CONFIG = (HEAD + GASES.replace("%{LEL}", "%{{LEL}}")).replace(
    '"{folder}"\nruntime = "{folder}"', '"{folder}/state"\nruntime = "{folder}/run"'
) + '[hub]\nurl = "{url}"\n'
SPEED = 20.0
LOGIN = f"uid {os.getuid()} (cli)"


class Person:
    """Somebody at the command line. node: the process; status: of the last command; out, err: what it said."""

    def __init__(self, node: Node, capsys: pytest.CaptureFixture[str]) -> None:
        self.node = node
        self._capsys = capsys
        self.out = self.err = ""

    def types(self, *words: str) -> int:
        """The exit code of `edge-gateway alarms ...`."""
        status = cli.main(["alarms", *words, "--runtime", str(self.node.runtime)])
        self.out, self.err = self._capsys.readouterr()
        return status

    def sees(self, rule: str = "co") -> dict[str, Any]:
        """An alarm with what the outputs show, live."""
        self.types("list", "--json")
        found = json.loads(self.out)
        (alarm,) = [alarm for alarm in found["alarms"] if alarm["rule"] == rule]
        return {**alarm, "shows": {name: output["level"] for name, output in found["outputs"].items()}}

    def waits(self, condition: Callable[[], bool]) -> None:
        """Until it is so; AssertionError where it never is."""
        self.node.wait_for(lambda shot: condition())


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A node on simulated chips, twenty times as fast as life."""
    made = Node(tmp_path / "node", config=CONFIG, speed=SPEED, scenario=SCENARIO)
    yield made
    made.end()


def test_it_is_all_done_from_the_command_line(node: Node, capsys: pytest.CaptureFixture[str]) -> None:
    kim = Person(node, capsys)
    node.wait_for(lambda shot: all(shot["alarms"][rule]["state"] == "UNACK" for rule in ("co", "methane")))
    _looks(kim)
    _resets_what_went_over_its_range(kim)
    _silences(kim)
    _acknowledges(kim)
    _shelves(kim)
    _looks_back(kim)


def _looks(kim: Person) -> None:
    assert kim.types() == cli.FINE
    assert "alarm co                    ALARM, not acknowledged at level 1, co 60 ppm, limit 30" in kim.out
    assert "occurrence 1; latched until a reset; drives siren, beacon" in kim.out
    assert "output siren                shows level" in kim.out
    assert kim.types("test", "siren", "--who", "kim") == cli.FAULT
    assert "an alarm is shown" in kim.err


def _silences(kim: Person) -> None:
    assert kim.types("silence", "co", "--who", "kim", "--for", "60s") == cli.FINE
    assert "silence: co would keep siren quiet for 60 s, and again loud while it stands; beacon and the hub would not be touched.\n" in kim.out
    assert "silenced for" in kim.out.split("done (silenced)")[1]
    kim.waits(lambda: kim.sees()["silenced"] is None)
    assert kim.sees()["shows"] == {"siren": 1, "beacon": 1}


def _acknowledges(kim: Person) -> None:
    assert kim.types("reset", "co", "--who", "kim") == cli.FAULT
    assert "acknowledge it first" in kim.err
    assert kim.types("ack", "co", "--who", "kim", "--occurrence", "7") == cli.FAULT
    assert "it is about occurrence 7, the present one is 1; look at it first" in kim.err
    assert kim.sees()["acked"] is False
    assert kim.types("ack", "co", "--who", "kim", "--why", "on my way") == cli.FINE
    assert "done (acked):\nalarm co                    ALARM, acknowledged" in kim.out
    assert kim.types("reset", "co", "--who", "kim", "--why", "enough of it") == cli.FAULT
    assert "still active; wait until the readings have gone back" in kim.err


def _resets_what_went_over_its_range(kim: Person) -> None:
    kim.waits(lambda: kim.sees("methane")["returned"])
    assert kim.types("ack", "methane", "--who", "lee") == cli.FINE
    assert kim.types("silence", "co", "--who", "lee", "--for", "1s") == cli.FINE
    assert "BUT methane would go on sounding: silence it too." in kim.out
    kim.waits(lambda: kim.sees()["silenced"] is None)
    assert kim.types("reset", "methane", "--who", "lee") == cli.FAULT
    assert "after an over-range say why: how the place was proved safe" in kim.err
    assert kim.types("reset", "methane", "--who", "lee", "--why", "0 %LEL by a second detector") == cli.FINE
    assert kim.sees("methane")["state"] == "NORMAL"


def _shelves(kim: Person) -> None:
    assert kim.types("shelve", "co", "--who", "lee", "--for", "2h", "--why", "welding") == cli.FINE
    assert "co WOULD NOT PROTECT for 2 h" in kim.out
    assert kim.sees()["shows"] == {"siren": 0, "beacon": 0}
    assert kim.types("list") == cli.FINE
    assert "shelved for" in kim.out
    assert kim.types("test", "beacon", "--who", "lee") == cli.FINE
    assert "beacon shows itself now" in kim.out
    assert kim.types("unshelve", "co", "--who", "lee") == cli.FINE
    assert kim.types("shelve", "co", "--who", "lee", "--for", "60s", "--why", "welding") == cli.FINE
    kim.waits(lambda: kim.sees()["shelved"] is None)
    assert kim.sees()["shows"] == {"siren": 1, "beacon": 1}


def _looks_back(kim: Person) -> None:
    assert kim.types("history", "co", "--json") == cli.FINE
    told = [(entry["change"], entry["actor"], entry["why"], entry["outputs"]) for entry in json.loads(kim.out)["changes"]]
    assert told == [
        ("raised", "", "", ["siren", "beacon"]),
        ("silenced", f"lee, {LOGIN}", "", ["siren", "beacon"]),
        ("unsilenced", "node (node)", "its time is over", ["siren", "beacon"]),
        ("silenced", f"kim, {LOGIN}", "", ["beacon"]),
        ("unsilenced", "node (node)", "its time is over", ["siren", "beacon"]),
        ("acked", f"kim, {LOGIN}", "on my way", ["siren", "beacon"]),
        ("shelved", f"lee, {LOGIN}", "welding", []),
        ("unshelved", f"lee, {LOGIN}", "", ["siren", "beacon"]),
        ("shelved", f"lee, {LOGIN}", "welding", []),
        ("unshelved", "node (node)", "its time is over", ["siren", "beacon"]),
    ]
    assert kim.types("history", "methane", "-n", "1") == cli.FINE
    assert "methane #1 reset" in kim.out
    assert f"by lee, {LOGIN}: 0 %LEL by a second detector" in kim.out
    assert len(kim.out.splitlines()) == 1


def test_without_a_node_the_list_is_not_live(node: Node, capsys: pytest.CaptureFixture[str]) -> None:
    kim = Person(node, capsys)
    node.wait_for(lambda shot: shot["alarms"]["co"]["state"] == "UNACK")
    node.end()
    assert kim.types() == cli.FAULT
    assert "NOT LIVE: no node runs here" in kim.err
    assert "this is its last word" in kim.err
    assert "alarm co                    ALARM, not acknowledged at level 1; latched" in kim.out
    assert kim.types("list", "--json") == cli.FAULT
    assert json.loads(kim.out)["live"] is False
    for words in (("ack", "co"), ("history",), ("test", "siren")):
        assert kim.types(*words) == cli.FAULT
        assert "no node runs here" in kim.err


def test_nothing_was_ever_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["alarms", "--runtime", str(tmp_path)]) == cli.FAULT
    assert "no node has left a snapshot" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "bounds"),
    [
        (["silence", "co", "--for", "601s"], "601s is out of range: 1s to 10min"),
        (["silence", "co", "--for", "0.5s"], "1s to 10min"),
        (["shelve", "co", "--why", "welding", "--for", "9h"], "9h is out of range: 1min to 8h"),
        (["shelve", "co", "--why", "welding", "--for", "59s"], "1min to 8h"),
        (["shelve", "co", "--why", "welding", "--for", "soon"], "not a duration"),
    ],
)
def test_a_time_out_of_its_bounds_is_told_with_them(words: list[str], bounds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["alarms", *words])
    assert caught.value.code == cli.USAGE
    assert bounds in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["dance"],
        ["ack"],
        ["shelve", "co", "--for", "2h"],
        ["shelve", "co", "--why", "welding"],
        ["silence", "co", "--for", "5"],
        ["history", "-n", "501"],
        ["ack", "co", "--for", "2h"],
        ["reset", "co", "--occurrence", "-1"],
    ],
)
def test_a_command_line_that_is_wrong_is_usage(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["alarms", *words])
    assert caught.value.code == cli.USAGE


def test_nobody_acts_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert cli.main(["alarms", "ack", "co", "--who", "", "--runtime", str(tmp_path)]) == cli.USAGE
    assert "--who NAME" in capsys.readouterr().err


def test_who_is_the_one_behind_sudo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(os.environ, "SUDO_USER", "kim")
    with pytest.raises(SystemExit):
        cli.main(["alarms", "ack", "--help"])
    assert "who does it (default: kim)" in capsys.readouterr().out
