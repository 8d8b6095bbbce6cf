"""Promise: `scan` and `read` find the node that runs by its own configuration, hold its place while they read, and tell what is old as old."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import cli
from gateway.cli import read
from gateway.cli._node import RunningNode
from gateway.outbox import AlreadyRunning, DirectoryLock
from hardware.buses import Present
from hardware.errors import PortGone
from tests.node import CONFIG, Node

SERIES: dict[str, Any] = {
    "unit": "[ppm]", "decimals": 1, "raw": 20, "uncorrected": 20.0, "value": 20.0, "quality": "good", "reason": "", "flags": [], "calibration": "",
    "period": 1.0, "age": 0.4,
}  # fmt: skip


class NoBuses:
    """A machine with no bus at all; `looked` is what another node would find while somebody reads."""

    looked: list[str] = []
    state = Path()

    def present(self) -> Present:
        self.held()
        return Present((), ())

    def i2c(self, number: int) -> Any:
        self.held()
        raise PortGone(2, "no bus")

    def held(self) -> None:
        try:
            with DirectoryLock(self.state):
                self.looked.append("free")
        except AlreadyRunning:
            self.looked.append("held")

    def close(self) -> None:
        pass


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "state").mkdir()
    (tmp_path / "gateway.toml").write_text(CONFIG.format(folder=tmp_path, url="mqtt://127.0.0.1:9").replace("200 ms", "1 s"))
    monkeypatch.setattr("hardware.buses.linux.LinuxBuses", NoBuses)
    monkeypatch.setattr(NoBuses, "state", tmp_path / "state")
    monkeypatch.setattr(NoBuses, "looked", [])
    return tmp_path / "gateway.toml"


def test_a_scan_finds_the_node_of_the_configuration(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with DirectoryLock(config.parent / "state"):
        assert cli.main(["scan", str(config)]) == cli.RUNNING
    assert f"a node runs on {config.parent}/state" in capsys.readouterr().err
    assert NoBuses.looked == []


def test_a_scan_uses_the_systems_configuration_where_there_is_one(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.scan.DEFAULT", config)
    with DirectoryLock(config.parent / "state"):
        assert cli.main(["scan"]) == cli.RUNNING


def test_a_scan_needs_no_more_of_a_configuration_than_its_place(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is what somebody writes a configuration by."""
    config.write_text(config.read_text().split("[[sensor]]", maxsplit=1)[0])
    assert cli.main(["scan", str(config)]) == cli.FAULT
    assert "nothing answered" in capsys.readouterr().err
    assert NoBuses.looked == ["held"]
    assert cli.main(["scan", str(config.with_name("none.toml"))]) == cli.CONFIGURATION
    assert "none.toml" in capsys.readouterr().err


def test_a_reading_holds_the_nodes_place_to_its_end(config: Path) -> None:
    assert cli.main(["read", str(config)]) == cli.FAULT
    assert NoBuses.looked == ["held"]
    with DirectoryLock(config.parent / "state"):
        pass


def test_a_node_nobody_may_look_for_is_told(config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(self: DirectoryLock) -> None:
        raise PermissionError(13, "Permission denied", "there")

    monkeypatch.setattr(DirectoryLock, "__enter__", refuse)
    for verb in ("scan", "read"):
        assert cli.main([verb, str(config)]) == cli.FAULT
        assert "there: Permission denied; whether a node runs cannot be told" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("age", "period", "told"),
    [
        (0.4, 1.0, ""),
        (9.0, 1.0, ""),
        (170.0, 60.0, ""),
        (11.0, 1.0, "no reading for 11 s; the last: 20.0 [ppm]"),
        (200.0, 60.0, "no reading for 3 min; the last: 20.0 [ppm]"),
        (3000.0, 1.0, "no reading for 50 min; the last: 20.0 [ppm]"),
        (3 * 86400.0, 1.0, "no reading for 3 d"),
    ],
)
def test_an_old_value_is_told_as_old(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], age: float, period: float, told: str
) -> None:
    monkeypatch.setattr(RunningNode, "ask", lambda self, do: {"series": {"co": SERIES | {"age": age, "period": period}}})
    with DirectoryLock(config.parent / "state"):
        assert cli.main(["read", str(config)]) == (cli.FAULT if told else cli.FINE)
    out = capsys.readouterr().out
    assert out.startswith("co ")
    assert told in out
    assert ("no reading" in out) == bool(told)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    running = Node(tmp_path / "node")
    yield running
    running.end()


def test_a_simulated_node_can_be_asked(node: Node, capsys: pytest.CaptureFixture[str]) -> None:
    node.sampling()
    assert cli.main(["read", "--runtime", str(node.runtime)]) == cli.FINE
    assert "20.00 [ppm]" in capsys.readouterr().out
    assert cli.main(["read", "--runtime", str(node.folder)]) == cli.FAULT
    assert "no node runs here" in capsys.readouterr().err
    assert read.PACE <= read.OLD
