"""Promise: a second node on the same outbox exits 75 and leaves the first unharmed; SIGTERM ends a node cleanly within five seconds; the service
manager hears READY, strokes and STOPPING; damage on the disk never keeps a node from starting."""

import random
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import cli
from gateway.clock import real
from tests.node import Node

pytestmark = pytest.mark.slow


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    running = Node(tmp_path / "node")
    yield running
    running.process.kill()
    running.process.wait(10)


def test_a_second_run_exits_75_and_the_first_goes_on(node: Node, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = node.sampling()
    second = Node(tmp_path / "node")
    assert second.process.wait(30) == cli.RUNNING
    assert "another node already runs" in second.log.read_text()
    node.wait_for(lambda shot: shot["mono"] > before["mono"] and shot["series"]["co"]["age"] < 5)
    assert node.end() == 0


def test_sigterm_ends_it_cleanly_within_five_seconds(node: Node) -> None:
    node.sampling()
    began = real()
    assert node.end(signal.SIGTERM) == 0
    assert real() - began < 5.0
    assert "stopped cleanly" in node.log.read_text()


def test_the_service_manager_hears_it(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        node = Node(tmp_path / "node", environment={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"})
        heard: list[str] = []
        try:
            while not any(text.startswith("READY=1") for text in heard) or not any(text.startswith("WATCHDOG=1") for text in heard):
                heard.append(manager.recv(500).decode())
            node.process.send_signal(signal.SIGTERM)
            while not heard[-1].startswith("STOPPING=1"):
                heard.append(manager.recv(500).decode())
            assert node.process.wait(10) == 0
        finally:
            node.process.kill()
            node.process.wait(10)


@pytest.mark.parametrize("harm", ["truncate", "zero", "flip", "foreign", "delete"])
def test_a_damaged_outbox_never_stops_the_node(tmp_path: Path, harm: str) -> None:
    node = Node(tmp_path / "node")
    node.sampling()
    node.end(signal.SIGKILL)
    rng = random.Random(7)
    for file in sorted((tmp_path / "node" / "state").iterdir()):
        data = bytearray(file.read_bytes())
        if harm == "truncate":
            file.write_bytes(data[: len(data) // 3])
        elif harm == "zero":
            file.write_bytes(bytes(len(data)))
        elif harm == "flip":
            for _ in range(20):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            file.write_bytes(data)
        elif harm == "foreign":
            file.write_bytes(rng.randbytes(len(data)))
        else:
            file.unlink()
    (tmp_path / "node" / "run" / "status.json").unlink(missing_ok=True)
    again = Node(tmp_path / "node")
    try:
        shot = again.sampling()
        assert shot["series"]["co"]["value"] == pytest.approx(20.0, abs=0.2)
        assert again.end() == 0
    finally:
        again.process.kill()
        again.process.wait(10)


def test_status_tells_the_node_in_words(node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    node.sampling()
    assert cli.main(["status", "--runtime", str(tmp_path / "node" / "run")]) == 0
    told = capsys.readouterr().out
    assert "node n0001 of daegu (SIMULATED)" in told
    assert "good" in told
    assert node.end(signal.SIGKILL) != 0
    assert cli.main(["status", "--runtime", str(tmp_path / "node" / "run")]) == cli.FAULT
    assert "this is its last word" in capsys.readouterr().err
    assert cli.main(["status", "--runtime", str(tmp_path / "nowhere")]) == 1
