"""A region refuses what its rules refuse and explains every set point with number, source and date; without a region nobody's limits are applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli import main
from gateway.config import ConfigError, load

SITE = """
[node]
site = "a"
name = "n1"
REGION
[[sensor]]
name = "lel"
driver = "loop_4_20ma"
quantity = "methane"
unit = "%{LEL}"
gas = "methane"
basis = "iec"
low = 0.0
high = 100.0
[[sensor]]
name = "co"
driver = "loop_4_20ma"
quantity = "carbon_monoxide"
unit = "[ppm]"
low = 0.0
high = 90.0
channel = "A1"
[[alarm]]
name = "lel"
series = "lel"
a1 = FIRST
a2 = 60.0
[[alarm]]
name = "co"
series = "co"
a1 = 30.0
a2 = 60.0
"""


def written(tmp_path: Path, region: str, first: float = 20.0) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(SITE.replace("REGION", f'region = "{region}"' if region else "").replace("FIRST", str(first)))
    return path


def test_a_first_flammable_alarm_above_25_percent_is_refused_in_korea(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, "KR", 30.0))
    (problem,) = caught.value.problems
    assert problem.path == "alarm[0] lel.a1"
    assert "above 25 %LEL" in problem.wrong
    assert "write 25 %LEL or less" in problem.remedy


@pytest.mark.parametrize(("region", "first"), [("KR", 25.0), ("US", 30.0), ("EU", 30.0), ("VN", 30.0), ("", 30.0)])
def test_elsewhere_and_below_it_is_used(tmp_path: Path, region: str, first: float) -> None:
    assert load(written(tmp_path, region, first)).alarms[0].limit(1) == first


def test_a_region_nobody_knows_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"node\.region = \"XX\": no profile of that region; write one of: EU, KR, US, VN"):
        load(written(tmp_path, "XX"))


def test_check_explains_each_number_with_its_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(written(tmp_path, "KR"))]) == 0
    out = capsys.readouterr().out
    assert "alarm co a1 = 30" in out
    assert "alarm lel a2 = 60" in out
    part = out.split("alarm co a1 = 30")[1].split("  alarm ")[0]
    assert "30 ppm is" in part, part
    assert "next above" in part
    assert "qualified person" in part


def test_without_a_region_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(written(tmp_path, ""))]) == 0
    assert "no region is named" in capsys.readouterr().out


def test_what_a_region_warns_of_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "KR")
    path.write_text(path.read_text().replace("a1 = 30.0", "a1 = 40.0"))
    assert main(["check", str(path)]) == 0
    assert "warning: alarm co.a1: 40 ppm is above 30 ppm" in capsys.readouterr().err
