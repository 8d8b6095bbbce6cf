"""Promise: a period in which a healthy sensor cannot give a reading is refused with the one it needs, and the default period is no exception."""

import re
import tomllib
from pathlib import Path

import pytest

from gateway.config import ConfigError, load
from hardware.driver import load as family

NODE = '[node]\nsite = "daegu"\nname = "n0001"\n'
SLOW = {
    "a02yyuw with five pings": ('driver = "ultrasonic_ff4"\nmodel = "a02yyuw"', 1.8),
    "a02yyuw with three": ('driver = "ultrasonic_ff4"\nmodel = "a02yyuw"\npings = 3', 1.2),
    "sen0627, which rests": ('driver = "ultrasonic_ff4"\nmodel = "sen0627"\nlow = 50\nhigh = 5000\npings = 1', 3.0),
    "the slowest HRXL": ('driver = "maxbotix"\nmodel = "mb7388"', 6 / 5.17),
    "HRXL with many pings": ('driver = "maxbotix"\nmodel = "mb7389"\npings = 25', 26 / 6.67),
    "lidar, once a second": ('driver = "benewake_lidar"\nmodel = "tf_luna"\nunit = "cm"\nrate = 1', 6.0),
    "dust, two frames": ('driver = "plantower_pms"\nmodel = "pms5003"', 4.6),
}
QUICK = {
    "a02yyuw with one ping": 'driver = "ultrasonic_ff4"\nmodel = "a02yyuw"\npings = 1',
    "mb7389": 'driver = "maxbotix"\nmodel = "mb7389"',
    "lidar": 'driver = "benewake_lidar"\nmodel = "tf_luna"\nunit = "cm"',
    "dust when asked": 'driver = "plantower_pms"\nmodel = "pms5003"\nmode = "passive"',
}


def written(folder: Path, options: str, period: str = "") -> Path:
    path = folder / "gateway.toml"
    path.write_text(f'{NODE}[[sensor]]\nname = "s"\nport = "/dev/serial0"\n{options}\n{period}\n', encoding="utf-8")
    return path


@pytest.mark.parametrize("name", SLOW)
def test_the_default_period_is_refused_with_one_that_does(tmp_path: Path, name: str) -> None:
    options, least = SLOW[name]
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, options))
    [problem] = caught.value.problems
    told = str(problem)
    assert "period" in told
    assert f"up to {least:.3g} s from one reading to the next" in told
    assert ("or fewer pings" in told) == ("pings = 1" not in options and "dust" not in name)
    remedy = re.search(r'write (period = "(\S+) s") or more', told)
    assert remedy is not None
    assert least <= float(remedy[2]) < least + 1
    assert load(written(tmp_path, options, remedy[1])).sensors[0].sensor.period == float(remedy[2])


@pytest.mark.parametrize("name", SLOW)
def test_the_bound_is_exact(tmp_path: Path, name: str) -> None:
    options, least = SLOW[name]
    load(written(tmp_path, options, f'period = "{least + 0.001:.4f} s"'))
    with pytest.raises(ConfigError):
        load(written(tmp_path, options, f'period = "{least - 0.001:.4f} s"'))


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_sensor_needs_no_period(tmp_path: Path, name: str) -> None:
    assert load(written(tmp_path, QUICK[name])).sensors[0].sensor.period == 1.0


@pytest.mark.parametrize("name", ["ultrasonic_ff4", "maxbotix", "benewake_lidar", "plantower_pms"])
def test_the_stanza_in_the_docstring_has_a_period_that_does(tmp_path: Path, name: str) -> None:
    stanza = family(name).doc.partition("    [[sensor]]")[2]
    tree = tomllib.loads("\n".join(line.strip() for line in stanza.splitlines()))
    assert tree["driver"] == name
    (tmp_path / "gateway.toml").write_text(NODE + "[[sensor]]\n" + "\n".join(line.strip() for line in stanza.splitlines()), encoding="utf-8")
    load(tmp_path / "gateway.toml")
