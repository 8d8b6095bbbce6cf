"""Promise: `check` warns, in every region and in none, of a dose without an alarm before it, of an excess in place of a threshold, of an alarm that
will chatter, of a vote whose member nothing latches; and a region judges the first alarm on a series, not the second one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli import main
from gateway.config import Config, ConfigError, load

NODE = """
[node]
site = "a"
name = "n1"
"""
SERIES = """
[[sensor]]
name = "{name}"
driver = "loop_4_20ma"
i2c = {bus}
channel = "A{channel}"
quantity = "{quantity}"
unit = "{unit}"
low = 0.0
high = {high}
"""
LEL = 'gas = "methane"\nbasis = "iec"\n'
REGIONS = ["", "KR", "US", "EU", "VN"]


def sensor(name: str, quantity: str, unit: str, high: float, bus: int, channel: int = 0, more: str = "") -> str:
    return SERIES.format(name=name, quantity=quantity, unit=unit, high=high, bus=bus, channel=channel) + more


SENSORS = (
    sensor("co", "carbon_monoxide", "[ppm]", 90.0, 1)
    + sensor("lel-a", "methane", "%{LEL}", 100.0, 3, more=LEL)
    + sensor("lel-b", "methane", "%{LEL}", 100.0, 4, more=LEL)
    + sensor("ch4", "methane", "[ppm]", 1000.0, 5)
    + sensor("o2", "oxygen", "%{vol}", 25.0, 6)
    + '[[derived]]\nname = "co.stel"\nkind = "stel"\nfrom = "co"\n'
)
STEL = '[[alarm]]\nname = "dose"\nseries = "co.stel"\na1 = 60.0\nhysteresis_share = 0.2\n'
CO = '[[alarm]]\nname = "co"\nseries = "co"\na1 = 30.0\nhysteresis_share = 0.2\n'
EXCESS = '[[alarm]]\nname = "leak"\nkind = "excess"\nseries = "ch4"\na1 = 2.0\nfloor = 1.7\nceiling = 3.0\n'
MEMBERS = '{ series = "lel-a", a1 = 40.0 },\n{ series = "lel-b", a1 = 40.0 }'
VOTE = f'[[alarm]]\nname = "evacuate"\nkind = "vote"\nneed = 2\npolicy = "degrade"\nmembers = [{MEMBERS}]\n'
BOTH = f'[[alarm]]\nname = "evacuate"\nkind = "combined"\nall_of = [{MEMBERS}]\n'


def plain(name: str, series: str, a1: float, more: str = "hysteresis_share = 0.2\n") -> str:
    return f'[[alarm]]\nname = "{name}"\nseries = "{series}"\na1 = {a1}\n{more}'


def written(tmp_path: Path, text: str, region: str = "") -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(NODE + (f'region = "{region}"\n' if region else "") + SENSORS + text)
    return path


class Checked:
    """What `check` warns of."""

    def __init__(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._capsys = tmp_path, capsys

    def __call__(self, text: str, region: str = "", about: str = "") -> list[str]:
        assert main(["check", str(written(self._folder, text, region))]) == 0
        lines = self._capsys.readouterr().err.splitlines()
        return [line.partition("warning: ")[2] for line in lines if f"warning: alarm {about}" in line]


@pytest.fixture
def warned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Checked:
    return Checked(tmp_path, capsys)


@pytest.mark.parametrize("region", REGIONS)
def test_a_dose_needs_an_alarm_on_what_it_is_made_of(warned: Checked, region: str) -> None:
    (line,) = warned(STEL, region, "dose.series")
    assert "area exposure" in line
    assert "never the first alarm" in line
    assert warned(STEL + CO, region, "dose.series") == []


def test_a_vote_or_an_excess_is_no_alarm_before_a_dose(warned: Checked) -> None:
    excess = EXCESS.replace('"ch4"', '"co"')
    assert len(warned(STEL + excess, "", "dose.series")) == 1
    assert len(warned(STEL + BOTH.replace("lel-b", "co"), "", "dose.series")) == 1


@pytest.mark.parametrize("region", REGIONS)
def test_an_excess_stands_beside_a_threshold(warned: Checked, region: str) -> None:
    (line,) = warned(EXCESS, region, "leak.")
    assert "a leak advisory, never in place of a threshold" in line
    assert warned(EXCESS + plain("ch4", "ch4", 500.0), region, "leak.") == []
    assert warned(EXCESS + plain("ch4", "ch4", 500.0, 'direction = "falling"\nhysteresis = 9.0\n'), region, "leak.") != [], "a falling one is no such"


@pytest.mark.parametrize("region", REGIONS)
def test_an_alarm_that_will_chatter(warned: Checked, region: str) -> None:
    (line,) = warned(plain("co", "co", 30.0, ""), region, "co.hysteresis")
    assert "it will chatter" in line
    assert "hysteresis_share = 0.2" in line
    assert "clears below 80 %" in line
    assert "[" in line.partition("hysteresis_share")[2], "with its source"
    (line,) = warned(plain("o2", "o2", 19.5, 'direction = "falling"\n'), region, "o2.hysteresis")
    assert "hysteresis = 0.2 (%vol)" in line
    for more in ("hysteresis = 3.0\n", 'on_delay = "5 s"\n', 'off_delay = "5 s"\n', "n = 2\nm = 3\n", 'preset = "KR"\n'):
        assert warned(plain("co", "co", 30.0, more), region, "co.hysteresis") == [], more


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("several", [VOTE, BOTH])
def test_a_member_whose_over_range_nothing_holds(warned: Checked, region: str, several: str) -> None:
    own = plain("a", "lel-a", 20.0) + plain("b", "lel-b", 20.0)
    assert warned(several + own, region, "evacuate.") == []
    loose = own.replace('series = "lel-b"\n', 'series = "lel-b"\nover_range_latch = false\n')
    (line,) = warned(several + loose, region, "evacuate.")
    assert "[1].series: no alarm of its own holds an over-range of lel-b" in line
    if region != "KR":  # which refuses such a vote
        lines = [line for line in warned(several, region, "evacuate.") if "holds an over-range" in line]
        assert len(lines) == 2


@pytest.mark.parametrize("several", [VOTE, BOTH])
def test_a_second_alarm_above_25_lel_is_fine_in_korea_beside_a_first(tmp_path: Path, warned: Checked, several: str) -> None:
    own = plain("a", "lel-a", 20.0) + plain("b", "lel-b", 25.0)
    assert warned(several + own, "KR", "evacuate.") == []
    assert isinstance(load(written(tmp_path, plain("more", "lel-a", 40.0) + own, "KR")), Config)
    assert refusals(tmp_path, several + plain("a", "lel-a", 20.0)) == ["evacuate"], "lel-b has no first alarm of its own"
    assert refusals(tmp_path, several) == ["evacuate", "evacuate"]
    assert refusals(tmp_path, several + plain("a", "lel-a", 30.0) + plain("b", "lel-b", 25.0)) == ["a"], "the first one is judged"
    assert refusals(tmp_path, plain("high", "lel-a", 60.0) + plain("low", "lel-a", 30.0)) == ["low"]
    early = several.replace("a1 = 40.0", "a1 = 15.0")
    assert refusals(tmp_path, early + plain("a", "lel-a", 30.0) + plain("b", "lel-b", 25.0)) == ["a"], "a vote announces nothing"
    falling = 'direction = "falling"\nhysteresis = 1.0\n'
    assert refusals(tmp_path, plain("low", "lel-a", 5.0, falling) + plain("high", "lel-a", 40.0)) == ["high"], "a falling one comes before nothing"


def refusals(tmp_path: Path, text: str) -> list[str]:
    """The alarms that Korea refuses."""
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text, "KR"))
    assert all("above 25 %LEL" in problem.wrong for problem in caught.value.problems)
    return [problem.path.split()[1].split(".")[0] for problem in caught.value.problems]


def test_a_second_toxic_and_a_second_oxygen_alarm_are_no_first_ones(warned: Checked) -> None:
    assert warned(CO + plain("evacuate", "co", 80.0), "KR", "evacuate.a1") == []
    assert len(warned(plain("evacuate", "co", 80.0), "KR", "evacuate.a1")) == 1
    falling = 'direction = "falling"\nhysteresis = 0.2\n'
    assert warned(plain("o2", "o2", 19.5, falling) + plain("worse", "o2", 16.0, falling), "KR", "worse.a1") == []
    assert len(warned(plain("worse", "o2", 16.0, falling), "KR", "worse.a1")) == 1


def test_samples_that_have_to_agree_count_like_a_delay(warned: Checked) -> None:
    slow = 'hysteresis_share = 0.2\nn = 3\nm = 4\non_delay = "10 s"\n'
    text = plain("co", "co", 30.0, slow.replace("10 s", "59 s"))
    (line,) = warned(text, "KR", "co.on_delay")
    assert "on_delay of 59 s and 2 s for 3 samples are more than 60 s" in line
    assert "write 58 s or less" in line
    assert warned(plain("co", "co", 30.0, slow.replace("10 s", "58 s")), "KR", "co.on_delay") == []
