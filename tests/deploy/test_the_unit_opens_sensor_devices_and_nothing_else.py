from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.deploy.unit import DEPLOY, UNIT, only, settings, tool


def test_only_sensor_devices_can_be_opened() -> None:
    unit = settings(UNIT.read_text(encoding="utf-8"))
    assert unit["DevicePolicy"] == ["closed"]
    devices = {"char-i2c", "char-gpiochip", "char-ttyUSB", "char-ttyACM", "char-ttyAMA", "/dev/ttyS0"}
    assert {tuple(value.split()) for value in unit["DeviceAllow"]} == {(device, "rw") for device in devices}


def test_the_node_is_not_root_and_cannot_become_it() -> None:
    assert only("User") not in ("root", "0")
    assert only("CapabilityBoundingSet") == only("AmbientCapabilities") == ""
    assert only("NoNewPrivileges") == "yes"
    assert only("SupplementaryGroups").split() == ["i2c", "gpio", "dialout"]


def test_the_node_can_write_its_own_directories_only() -> None:
    unit = settings(UNIT.read_text(encoding="utf-8"))
    assert only("ProtectSystem") == "strict"
    assert "ReadWritePaths" not in unit
    assert {key: unit[key] for key in unit if key.endswith("Directory")} == {
        "StateDirectory": ["edge-gateway"],
        "RuntimeDirectory": ["edge-gateway"],
        "ConfigurationDirectory": ["edge-gateway"],
    }
    assert only("StateDirectoryMode") == "0700"
    assert only("Environment") == "LG_WD=%t/edge-gateway"


def test_the_boot_id_can_be_read() -> None:
    assert "ProcSubset" not in settings(UNIT.read_text(encoding="utf-8"))


def test_secrets_come_as_credentials() -> None:
    text = UNIT.read_text(encoding="utf-8")
    assert re.search(r"(?m)^#LoadCredential=node\.key:/", text)
    assert not re.search(r"(?mi)^(Environment|SetCredential|ExecStart)\S*=.*(password|key|token)", text)


def test_the_user_and_its_groups_can_be_made(tmp_path: Path) -> None:
    text = (DEPLOY / "edge-gateway.sysusers.conf").read_text(encoding="utf-8")
    made = {tuple(line.split()[:2]) for line in text.splitlines() if line and not line.startswith("#")}
    assert made == {("u", only("User"))} | {("g", group) for group in only("SupplementaryGroups").split()}
    (tmp_path / "etc").mkdir()
    command = [tool("systemd-sysusers", "systemd"), f"--root={tmp_path}", "-"]
    run = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert "edge-gateway:" in (tmp_path / "etc" / "passwd").read_text(encoding="utf-8")
