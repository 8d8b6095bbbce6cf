"""Promise: whatever a client at the control door does (floods, hangs, talks nonsense, never reads, dies), it costs only itself; the node knows who
asks; and a node whose runtime directory refuses the socket runs without a door."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.cli._node import RunningNode, Unreachable
from gateway.clock import real
from gateway.control import door as rules
from gateway.control.door import Door
from gateway.control.requests import Act, Actor, Ask, Refusal
from gateway.supervisor import RealTime, Seat, Supervisor


class Echo(Ask, frozen=True):
    """What the tests ask for."""

    text: str = ""
    size: int = 0


def echo(actor: Actor, ask: Echo) -> dict[str, Any]:
    if ask.text == "refuse":
        raise Refusal("no; ask for something else")
    if ask.text == "fail":
        raise ZeroDivisionError("a defect")
    return {"text": ask.text, "uid": actor.uid, "more": "x" * ask.size}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path, {"echo": Act(Echo, echo)}, lambda: True)
    yield made
    made.close()


def client(folder: Path) -> socket.socket:
    """A connection that does not wait."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(str(folder / rules.FILE))
    connection.setblocking(False)
    return connection


def heard(door: Door, connection: socket.socket, steps: int = 20) -> list[dict[str, Any]]:
    """What the door says to a client within so many steps."""
    data = b""
    for _ in range(steps):
        door.step(0.0)
        with contextlib.suppress(BlockingIOError, ConnectionResetError):
            data += connection.recv(1 << 22)
        if data.endswith(b"\n"):
            break
    return [json.loads(line) for line in data.splitlines()]


def gone(door: Door, connection: socket.socket) -> bool:
    """Whether the door has let a client go."""
    for _ in range(20):
        door.step(0.0)
        try:
            if not connection.recv(1 << 20):
                return True
        except BlockingIOError:
            continue
        except ConnectionResetError:
            return True
    return False


@pytest.fixture
def opened(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], socket.socket]]:
    monkeypatch.setattr(rules, "TURN", 0.02)
    door.step(0.0)
    made: list[socket.socket] = []

    def connect() -> socket.socket:
        made.append(client(tmp_path))
        return made[-1]

    yield connect
    for connection in made:
        connection.close()


def test_a_question_is_answered_and_the_kernel_tells_who_asked(door: Door, opened: Callable[[], socket.socket]) -> None:
    connection = opened()
    connection.send(b'{"do": "echo", "text": "a"}\n{"do": "echo", "text": "b"}\n')
    first, second = heard(door, connection)
    assert (first["ok"], first["text"], second["text"], first["uid"]) == (True, "a", "b", os.getuid())


@pytest.mark.parametrize(("line", "why"), [
    (b"nonsense", "not a request"), (b"{}", "not a request"), (b'{"do": 5}', "not a request"), (b"\xff\xfe", "not a request"),
    (b'{"do": "explode"}', "'explode' cannot be asked for; known: echo"), (b'{"do": "echo", "text": 5}', "not a request"),
    (b'{"do": "echo", "other": 1}', "not a request"), (b"[" * 4000, "not a request"), (b'{"do": "echo", "text": "refuse"}', "no; ask for"),
    (b'{"do": "echo", "text": "fail"}', "the node failed at it (ZeroDivisionError)"),
])  # fmt: skip
def test_what_cannot_be_done_is_refused_with_the_reason(door: Door, opened: Callable[[], socket.socket], line: bytes, why: str) -> None:
    connection = opened()
    connection.send(line + b"\n")
    (told,) = heard(door, connection)
    assert not told["ok"]
    assert why in told["error"]
    connection.send(b'{"do": "echo", "text": "again"}\n')
    assert heard(door, connection)[0]["text"] == "again", "and the door goes on"


def test_a_line_without_end_is_not_kept(door: Door, opened: Callable[[], socket.socket]) -> None:
    endless, other = opened(), opened()
    with contextlib.suppress(BlockingIOError, BrokenPipeError):
        for _ in range(100):
            endless.send(b"x" * 1000)
    assert gone(door, endless)
    assert max((len(each.coming) for each in door._clients.values()), default=0) <= rules.LINE
    other.send(b'{"do": "echo"}\n')
    assert heard(door, other)[0]["ok"]


def test_who_does_not_read_is_let_go(door: Door, opened: Callable[[], socket.socket]) -> None:
    deaf, other = opened(), opened()
    for _ in range(20):
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            deaf.send(b'{"do": "echo", "size": 300000}\n')
        began = real()
        door.step(0.0)
        assert real() - began < 1.0
    assert sum(len(each.going) for each in door._clients.values()) <= rules.ANSWER
    assert len(door._clients) == 1
    other.send(b'{"do": "echo"}\n')
    assert heard(door, other)[0]["ok"]


def test_only_so_many_at_once(door: Door, opened: Callable[[], socket.socket]) -> None:
    for _ in range(rules.CLIENTS):
        opened()
        door.step(0.0)
    late = opened()
    (told,) = heard(door, late)
    assert "others are here already" in told["error"]
    assert len(door._clients) == rules.CLIENTS


def test_who_says_nothing_is_let_go(door: Door, opened: Callable[[], socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    silent = opened()
    door.step(0.0)
    now = real()
    monkeypatch.setattr(rules, "real", lambda: now + rules.SILENCE + 1)
    assert gone(door, silent)


def test_a_client_that_dies_is_forgotten(door: Door, opened: Callable[[], socket.socket]) -> None:
    for _ in range(50):
        connection = opened()
        connection.send(b'{"do": "echo"}\n{"do":')
        door.step(0.0)
        connection.close()
        door.step(0.0)
    for _ in range(3):
        door.step(0.0)
    assert door._clients == {}


def test_only_the_user_and_the_group_may_ask(door: Door, tmp_path: Path) -> None:
    door.step(0.0)
    mode = (tmp_path / rules.FILE).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660


def test_a_socket_that_a_dead_node_left_is_no_hindrance(door: Door, tmp_path: Path, opened: Callable[[], socket.socket]) -> None:
    second = Door(tmp_path, {"echo": Act(Echo, echo)}, lambda: True)
    second.step(0.0)
    connection = client(tmp_path)
    connection.send(b'{"do": "echo", "text": "new"}\n')
    assert heard(second, connection)[0]["text"] == "new"
    connection.close()
    second.close()


def test_a_long_path_is_no_hindrance(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 120)
    folder.mkdir()
    door = Door(folder, {"echo": Act(Echo, echo)}, lambda: True)
    door.step(0.0)
    assert stat.S_ISSOCK((folder / rules.FILE).stat().st_mode)
    door.close()
    assert list(folder.iterdir()) == []


def test_a_runtime_directory_that_refuses_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    door = Door(tmp_path / "missing", {}, lambda: looks.append(1) is None)
    for _ in range(3):
        assert door.step(0.0) in (0.0, 1.0)
    assert len(looks) == 3, "what was begun goes on without a door"
    (tmp_path / "missing").mkdir()
    now = real()
    monkeypatch.setattr(rules, "real", lambda: now + rules.AGAIN + 1)
    door.step(0.0)
    assert (tmp_path / "missing" / rules.FILE).exists()
    door.close()


def test_a_door_that_stays_shut_is_told_with_what_it_costs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Door(tmp_path / "missing", {}, lambda: False).step(0.0)
    for words in ("calibration", "bump test", "acknowledge", "silence", "reset", "shelve"):
        assert words in caplog.text


def test_the_command_line_is_served_by_a_supervised_thread(door: Door, tmp_path: Path) -> None:
    supervisor = Supervisor(lambda seat: False)
    seat: Seat = supervisor.add("control", door, RealTime(), 60.0)
    supervisor.start(seat)
    end = real() + 10
    while not (tmp_path / rules.FILE).exists():
        assert real() < end
        seat.thread and seat.thread.join(0.01)
    node = RunningNode(tmp_path)
    assert node.ask("echo", text="x" * 100)["text"] == "x" * 100
    assert len(node.ask("echo", size=500_000)["more"]) == 500_000
    assert supervisor.check()
    assert supervisor.stop(["control"], 5.0) == []


def test_a_node_that_does_not_answer_is_not_waited_for(door: Door, tmp_path: Path) -> None:
    door.step(0.0)  # it listens, and never steps again
    began = real()
    with pytest.raises(Unreachable, match="does not answer"):
        RunningNode(tmp_path, within=0.3).ask("echo")
    assert real() - began < 5.0


@pytest.mark.parametrize("folder", ["", "missing"])
def test_without_a_node_the_command_says_what_to_do(tmp_path: Path, folder: str) -> None:
    with pytest.raises(Unreachable, match="systemctl start edge-gateway"):
        RunningNode(tmp_path / folder).ask("live")


def test_the_requests_are_bounded_by_their_types() -> None:
    from gateway.control.requests import Calibrate

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"do":"calibrate","series":"co","kind":"auto","who":"kim","gas":"air"}', type=Calibrate)
