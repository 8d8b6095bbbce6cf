"""Promise: the demonstration, and the same on recorded events, ends with nothing lost, twice or out of order, and its alarms delivered."""

import json
from pathlib import Path

import pytest

from gateway import cli
from tests.drills.stage import SCENARIOS

pytestmark = pytest.mark.slow


def played(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> dict[str, object]:
    code = cli.main(["demo", "--json", *arguments])
    out = capfd.readouterr()
    print(out.out, out.err)
    assert code == 0
    result: dict[str, object] = json.loads(out.out.splitlines()[-1])
    return result


def check(result: dict[str, object], sampled: int, rules: set[str]) -> None:
    assert result["lost"] == result["duplicated"] == result["out_of_order"] == result["wrong"] == 0
    assert result["kills_declared"] == result["kills"] == {"crash": 1}
    assert isinstance(result["sampled"], int)
    assert result["sampled"] > sampled
    alarms = result["alarms"]
    assert isinstance(alarms, list)
    assert {alarm["rule"] for alarm in alarms} == rules
    assert all(alarm["receipt_ms"] is not None for alarm in alarms)
    raised = [alarm for alarm in alarms if alarm["change"] == "raised"]
    assert {alarm["output"] for alarm in raised} <= {"switched", "already on"}
    assert raised[0]["output"] == "switched"
    assert all((alarm["output_ms"] is None) == (alarm["output"] == "already on") for alarm in raised), raised
    assert all(alarm["output_ms"] < 1000 for alarm in raised if alarm["output"] == "switched"), raised


def test_the_shipped_scenario_on_the_embedded_broker(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    check(played(["--keep", str(tmp_path / "kept")], capfd), 2500, {"co", "water"})


def test_a_recorded_flash_flood(recordings: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    check(played(["--scenario", str(SCENARIOS / "flood_usgs_urban.toml"), "--keep", str(tmp_path / "kept")], capfd), 500, {"flood"})


def test_a_recorded_release_of_methane(recordings: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    check(played(["--scenario", str(SCENARIOS / "gas_chilbolton_ch4.toml"), "--keep", str(tmp_path / "kept")], capfd), 1400, {"ch4"})


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "something").write_text("mine")
    assert cli.main(["demo", "--keep", str(tmp_path)]) == cli.CONFIGURATION
    assert "is not empty" in capfd.readouterr().err
    assert (tmp_path / "something").read_text() == "mine"


def test_a_scenario_with_a_mistake_tells_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.toml").write_text('title = "x"\nlasts = 5\nconfig = "c.toml"\n[[outtage]]\n')
    assert cli.main(["demo", "--scenario", str(tmp_path / "bad.toml")]) == cli.CONFIGURATION
    told = capfd.readouterr().err
    assert "outtage: unknown key" in told
    assert 'scenario.lasts = 5: not a duration; write a number and one of ms, s, min, h, d, in quotes, for example "5 s"' in told
