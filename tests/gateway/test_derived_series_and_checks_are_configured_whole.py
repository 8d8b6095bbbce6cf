"""Promise: a derived series or a test that cannot work is a mistake of the configuration, told with its remedy and with all others at once."""

import re
from pathlib import Path

import pytest

from gateway import cli
from gateway.config import ConfigError, load

SENSORS = """
[node]
site = "daegu"
name = "n0001"

[[sensor]]
name = "distance"
driver = "ultrasonic_ff4"
port = "/dev/serial0"
model = "a02yyuw"
pings = 1
series = { distance = "distance" }

[[sensor]]
name = "float"
driver = "float_switch"
pin = 5
normal = "open"
"""
DEPTH = """
[[derived]]
name = "depth"
kind = "depth"
from = "distance"
mount_height = 2500.0
survey_date = 2026-05-12
"""
RISE = '[[derived]]\nname = "rise"\nkind = "rate"\nfrom = "depth"\n'
ALARM = '[[alarm]]\nname = "{0}"\nseries = "{0}"\na1 = {1}\n'
LEVEL = '[[derived]]\nname = "level"\nkind = "level"\nfrom = "distance"\nelevation = {}\ndatum = "EVRF2019"\nsurvey_date = 2026-05-12\n'
RAIN = '[[sensor]]\nname = "gauge"\ndriver = "tipping_bucket"\npin = 6\nmm_per_tip = 0.2\n'
SUM = '[[derived]]\nname = "sum"\nkind = "sum"\nfrom = "{}"\nwindow = "{}"\n'
CLASS = '[[derived]]\nname = "class"\nkind = "rain_class"\nfrom = "sum"\none_hour = "sum"\nthree_hours = "sum"\n'
SLOW = """attenuated_fail = 5.0
attenuated_window = "10 min"
[[sensor]]
name = "slow"
driver = "float_switch"
pin = 7
normal = "open"
period = "60 s"
"""
CHECKS = '[[quality]]\nseries = "distance"\nspike = 100.0\nwitness = "float"\noff_low = 2300.0\n'


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "gateway.toml").write_text(SENSORS + text)
    return tmp_path / "gateway.toml"


def told(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    return [str(problem) for problem in caught.value.problems]


def test_derived_series_stand_behind_the_sensors_and_can_be_alarmed(tmp_path: Path) -> None:
    config = load(written(tmp_path, DEPTH + RISE + ALARM.format("depth", 150) + ALARM.format("rise", 15) + CHECKS))
    assert [info.name for info in config.table().series][-2:] == ["depth", "rise"]
    assert [found.series for found in config.checks] == ["distance"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RISE, r'derived\[0\] rise\.from = "depth": no such series above it; write one of: distance, '),
        (RISE + DEPTH, r'derived\[0\] rise\.from = "depth": no such series above it; .*a derived one stands above'),
        (DEPTH.replace('"depth"\nkind', '"distance"\nkind'), r'derived\[0\] distance\.name = "distance": used already by sensor\[0\]'),
        (DEPTH.replace('kind = "depth"', 'kind = "dept"'), r'derived\[0\] depth\.kind = "dept": unknown kind of derived series; there are: depth, '),
        (DEPTH + "tolerence = 5.0", r"derived\[0\] depth\.tolerence = 5\.0: unknown key; did you mean tolerance\?"),
        (DEPTH.replace("survey_date = 2026-05-12", ""), r"derived\[0\] depth\.survey_date: missing; add it: a date such as 2026-05-12"),
        (DEPTH.replace("2500.0", "20.0"), r"derived\[0\] depth\.mount_height = 20\.0: the ground would be where the sensor is blind"),
        (DEPTH.replace('"distance"', '"float"'), r'derived\[0\] depth\.from = "float": measured in 1, which is no length; name a series in mm'),
        (DEPTH + "tilt = 45.0", r"derived\[0\] depth\.tilt = 45\.0: out of range; write 0 to 30 degrees"),
        (RISE.replace('"depth"', '"distance"'), r'derived\[0\] rise\.from = "distance": a distance falls when the water rises'),
        (DEPTH + RISE + 'window = "2 s"', r'derived\[1\] rise\.window = "2 s": holds fewer than four readings of depth; write at least "4 s"'),
        (DEPTH + ALARM.format("depth", 9000), r"alarm\[0\] depth\.a1 = 9000: outside what the sensor can measure"),
        ('[[quality]]\nseries = "depth"', r'quality\[0\]\.series = "depth": no such series; write one of: distance'),
        (CHECKS + CHECKS, r'quality\[1\]\.series = "distance": used already by quality\[0\]\.series'),
        (CHECKS.replace('"float"', '"flood"'), r'quality\[0\]\.witness = "flood": no such series'),
        (CHECKS.replace("off_low = 2300.0", ""), r'quality\[0\]\.witness = "float": nothing is asked of it; write on_low'),
        (CHECKS + "low = 10.0\nhigh = 5.0", r"quality\[0\]\.high = 5\.0: not above low; write more than 10"),
        (CHECKS + "flat_suspect = 5\nflat_fail = 3", r"quality\[0\]\.flat_fail = 3: not above flat_suspect"),
        (CHECKS + 'neighbour = "float"\nneighbour_limit = 1.0', r'quality\[0\]\.neighbour = "float": measured in 1, not in mm'),
        (CHECKS + 'neighbour = "distance"\nneighbour_limit = 1.0', r'quality\[0\]\.neighbour = "distance": the series itself'),
        (DEPTH.replace("2500.0", "9000.0"), r"derived\[0\] depth\.mount_height = 9000\.0: the ground would be beyond what the sensor measures"),
        (DEPTH.replace("2026-", "2999-"), r"derived\[0\] depth\.survey_date = .*2999-05-12.*: out of range; write the day of the survey"),
        (DEPTH + 'method = "guess"', r'derived\[0\] depth\.method = "guess": .*tape'),
        (LEVEL.format("1e300"), r"derived\[0\] level\.elevation = 1e\+300: .*; write a number at least -500 at most 9000"),
        (SUM.format("distance", "1 h"), r'derived\[0\] sum\.from = "distance": measures distance, which is no total that only grows'),
        (RAIN + SUM.format("gauge.intensity", "1 h"), r'derived\[0\] sum\.from = "gauge.intensity": measures rain_intensity, which is no total'),
        (DEPTH + RISE + 'window = "2 h"\n' + ALARM.format("rise", 15), r'alarm\[0\] rise\.fault_after = "5 s": rise takes 3600 s to be ready'),
        (
            CHECKS + 'attenuated_fail = 5.0\nattenuated_window = "60 s"\nwitness_on = 2.0',
            r"quality\[0\]\.witness_on = 2\.0: the witness would always",
        ),
        (CHECKS + "spike_low = 20.0\nspike_high = 10.0", r"quality\[0\]\.spike_high = 10\.0: not above spike_low"),
        (CHECKS + "flat_suspect = 9999\nflat_tolerance = 1.0", r"quality\[0\]\.flat_suspect = 9999: too many to look back at with a tolerance"),
        (
            CHECKS.replace('"distance"', '"slow"') + SLOW,
            r'quality\[0\]\.attenuated_window = .*: holds fewer than 24 readings; write at least "1440 s"',
        ),
        (CHECKS + 'recovery = "8 d"', r'quality\[0\]\.recovery = "8 d": out of range; write 0 s to 7 d'),
    ],
)
def test_a_mistake_is_told_with_its_remedy(tmp_path: Path, text: str, expected: str) -> None:
    found = told(tmp_path, text)
    assert len([line for line in found if re.match(expected, line)]) == 1, found
    assert len(found) == 1, found


def test_what_follows_from_a_mistake_is_not_told_again(tmp_path: Path) -> None:
    text = DEPTH.replace("2500.0", '"high"') + RISE + ALARM.format("depth", 150) + ALARM.format("rise", 15) + '[[quality]]\nseries = "rise"\n'
    assert [line.partition(":")[0] for line in told(tmp_path, text)] == ['derived[0] depth.mount_height = "high"']


def test_check_tells_what_is_derived_and_tested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(written(tmp_path, DEPTH + RISE + CHECKS))]) == cli.FINE
    out = capsys.readouterr().out
    assert re.search(r"^  depth: depth in mm, -?\d+ to \d+, every 1 s, depth from distance$", out, re.MULTILINE)
    assert "rise: rate_of_depth in mm/min" in out
    assert re.search(r"^  quality of distance: spike, witness$", out, re.MULTILINE)


def test_a_class_of_rain_is_made_of_the_sums_it_is_defined_by(tmp_path: Path) -> None:
    found = told(tmp_path, RAIN + SUM.format("gauge.rain", "3 h") + CLASS)
    assert [line.partition(";")[0] for line in found] == [
        'derived[1] class.from = "sum": measures rain_sum_3h',
        'derived[1] class.one_hour = "sum": measures rain_sum_3h',
    ]
