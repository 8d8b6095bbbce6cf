"""Promise: what a region forbids is refused, what it advises against is warned of, each with the number, its source and what to write instead."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gateway.limits import Facts, NoNumber, Remark, judge

CO = Facts(quantity="carbon_monoxide", unit="[ppm]", low=0, high=90, a1=30, a2=60)
GAS = Facts(quantity="methane", unit="%{LEL}", low=0, high=100, a1=10, a2=20)


def ask(region: str, base: Facts, **changes: Any) -> list[tuple[str, str]]:
    return [(remark.severity, remark.key) for remark in judge(region, msgspec.structs.replace(base, **changes))]


def only(region: str, base: Facts, **changes: Any) -> Remark:
    (remark,) = judge(region, msgspec.structs.replace(base, **changes))
    return remark


def test_a_first_flammable_alarm_above_25_lel_is_refused_in_korea_alone() -> None:
    assert ask("KR", GAS, a1=25) == []
    remark = only("KR", GAS, a1=25.1)
    assert (remark.severity, remark.key) == ("refuse", "a1")
    assert "25.1 %LEL is above 25 %LEL" in remark.wrong
    assert "1993" in remark.wrong
    assert remark.remedy == "write 25 %LEL or less"
    for region in ("US", "EU", "VN"):
        assert ask(region, GAS, a1=25.1) == [("warn", "a1")]
    assert (ask("US", GAS, a1=10), ask("US", GAS, a1=11)) == ([], [("warn", "a1")])
    assert (ask("EU", GAS, a1=20), ask("EU", GAS, a1=21)) == ([], [("warn", "a1")])


def test_percent_by_volume_and_ppm_are_judged_by_the_share_they_are() -> None:
    volume = {"unit": "%{vol}", "high": 4.4}
    assert ask("KR", GAS, a1=1.1, **volume) == []
    assert only("KR", GAS, a1=1.11, **volume).severity == "refuse"
    assert "write 1.1 %vol or less" in str(only("KR", GAS, a1=1.11, **volume))
    assert ask("KR", GAS, a1=1.11, unit="%{vol}", high=5.0, lel=5.0) == [], "the certificate's limit comes first"
    assert ask("KR", GAS, quantity="lpg", a1=26) == [("refuse", "a1")]
    assert ask("KR", GAS, quantity="n_butane", unit="%{vol}", a1=0.5, high=1.4) == [("refuse", "a1")]


def test_without_a_limit_of_its_basis_a_share_is_told_as_unknown() -> None:
    remark = only("US", GAS, quantity="n_butane", unit="%{vol}", a1=0.1)
    assert "no limit of n_butane on the basis 'us'" in remark.wrong


def test_a_falling_alarm_on_gas_is_not_held_against_the_most() -> None:
    assert ask("KR", GAS, a1=90, a2=80, direction="falling") == []


@pytest.mark.parametrize("region", ["KR", "US", "EU", "VN"])
def test_a_toxic_set_point_above_the_limit_of_a_day_is_warned_of(region: str) -> None:
    limit = {"KR": 30.0, "US": 50.0, "EU": 20.0, "VN": 17.4}[region]
    facts = msgspec.structs.replace(CO, a1=limit, a2=None, high=90)
    assert judge(region, facts) == []
    (remark,) = judge(region, msgspec.structs.replace(facts, a1=limit + 0.1))
    assert (remark.severity, remark.key) == ("warn", "a1")
    assert f"write {limit:g} ppm or less" == remark.remedy
    assert any(year in remark.wrong for year in ("2026", "2013", "2019"))


def test_a_gas_without_a_day_s_limit_is_held_against_its_ceiling() -> None:
    h2s = Facts(quantity="hydrogen_sulfide", unit="[ppm]", low=0, high=100, a1=20)
    assert ask("US", h2s) == []
    assert ask("US", h2s, a1=21) == [("warn", "a1")]


def test_units_do_not_hide_a_limit() -> None:
    assert ask("KR", CO, unit="[ppb]", a1=31_000, a2=None, high=90_000) == [("warn", "a1")]
    assert ask("KR", CO, unit="%{vol}", a1=0.0031, a2=None, high=0.009) == [("warn", "a1")]
    assert ask("VN", CO, unit="mg/m3", a1=20, a2=None) == []
    assert ask("VN", CO, unit="mg/m3", a1=21, a2=None) == [("warn", "a1")]
    assert "no molar mass of voc" in only("KR", CO, quantity="voc", unit="mg/m3").wrong


def test_what_is_immediately_dangerous_is_no_alarm() -> None:
    assert ask("US", CO, a1=30, a2=1199) == []
    remark = only("US", CO, a1=30, a2=1200)
    assert remark.key == "a2"
    assert "NIOSH IDLH 1200 ppm" in remark.wrong


def test_remedies_are_in_the_unit_of_the_series() -> None:
    remark = only("KR", CO, unit="[ppb]", a1=31_000, a2=None, high=90_000)
    assert ("is above 3e+04 ppb" in remark.wrong, remark.remedy) == (True, "write 30000 ppb or less")
    assert only("US", CO, unit="[ppb]", a1=30_000, a2=1_300_000).remedy == "write less than 1.2e+06 ppb"
    assert "not at 9e+04: " in only("KR", CO, unit="[ppb]", a1=30_000, a2=None, high=50_000).wrong


def test_the_scale_is_what_korea_asks_for() -> None:
    assert ask("KR", CO, high=1000) == [("warn", "high")]
    assert ask("US", CO, high=1000) == []
    assert [ask("KR", GAS, high=high) for high in (60, 98.9, 99, 101, 102)] == [[("warn", "high")], [("warn", "high")], [], [], [("warn", "high")]]
    assert "not at 90" in only("KR", CO, high=1000).wrong


def test_ammonia_indoors_may_be_50() -> None:
    nh3 = Facts(quantity="ammonia", unit="[ppm]", low=0, high=75, a1=25)
    assert ask("KR", nh3) == []
    assert ask("KR", nh3, a1=50) == [("warn", "a1")]
    assert ask("KR", nh3, a1=50, high=150, indoors=True) == []
    assert ask("KR", nh3, a1=51, high=150, indoors=True) == [("warn", "a1")]
    assert ask("KR", nh3, a1=50, high=75, indoors=True) == [("warn", "high")]
    assert ask("KR", CO, a1=50, indoors=True) == [("warn", "a1")]


def test_the_time_from_gas_to_alarm_is_bounded() -> None:
    h2s = Facts(quantity="hydrogen_sulfide", unit="[ppm]", low=0, high=30, a1=10, on_delay=30)
    assert ask("KR", h2s) == []
    assert ask("KR", h2s, on_delay=31) == [("warn", "on_delay")]
    assert only("KR", h2s, on_delay=5, response=30).remedy == "write 0 s or less"
    assert ask("KR", CO, on_delay=60) == []
    assert ask("KR", CO, on_delay=61) == [("warn", "on_delay")]
    assert ask("KR", GAS, on_delay=31) == [("warn", "on_delay")]
    assert ask("US", GAS, on_delay=31) == []


def test_a_combustible_sensor_does_not_protect_from_poison() -> None:
    remark = only("KR", GAS, quantity="carbon_monoxide")
    assert "1.09e+04 ppm, 9.1 times NIOSH IDLH" in remark.wrong
    assert "judged by the toxic basis" in remark.wrong
    assert "toxic basis" not in only("US", GAS, quantity="hydrogen_sulfide").wrong


def test_oxygen_is_watched_before_it_is_hazardous() -> None:
    o2 = Facts(quantity="oxygen", unit="%{vol}", low=0, high=25, a1=19.5, direction="falling")
    assert ask("US", o2) == []
    assert ask("US", o2, a1=19.4) == [("warn", "a1")]
    assert ask("US", o2, a1=23.6, direction="rising") == [("warn", "a1")]
    assert ask("KR", o2, a1=18) == []
    assert ask("KR", o2, a1=17.9) == [("warn", "a1")]
    assert ask("US", o2, unit="[ppm]", a1=194_000) == [("warn", "a1")]
    assert "19.4 %vol is below 19.5: the air is hazardous before the alarm" in only("US", o2, a1=19.4).wrong
    assert "23.6 %vol is above 23.5" in only("US", o2, a1=23.6, direction="rising").wrong
    assert ask("EU", o2, a1=10) == [], "no number of the region, no judgement"


def test_only_the_first_alarm_on_a_series_is_held_to_a_first_set_point() -> None:
    assert ask("KR", GAS, a1=60, first=False) == []
    assert ask("KR", GAS, a1=60, first=False, high=60) == [("warn", "high")], "the scale is the sensor's"
    assert ask("KR", CO, a1=80, first=False) == []
    assert ask("KR", CO, a1=1300, first=False) == [("warn", "a1")], "what is deadly is too much for any"
    assert ask("US", GAS, quantity="oxygen", unit="%{vol}", a1=16, high=25, direction="falling", first=False) == []
    assert ask("KR", GAS, a1=60, first=False, on_delay=31) == [("warn", "on_delay")]


def test_samples_that_have_to_agree_are_part_of_the_time() -> None:
    assert ask("KR", GAS, on_delay=20, samples=3, sampling=10) == []
    remark = only("KR", GAS, on_delay=21, samples=3, sampling=10)
    assert "on_delay of 21 s and 10 s for 3 samples are more than 30 s" in remark.wrong
    assert remark.remedy == "write 20 s or less"
    assert only("KR", GAS, samples=4, sampling=31).remedy == "have fewer samples agree, or read the sensor more often"


def test_what_is_no_gas_is_not_judged() -> None:
    for quantity, unit in (("depth", "mm"), ("voltage", "V"), ("formaldehyde", "[ppm]"), ("carbon_monoxide", "mV")):
        assert ask("KR", CO, quantity=quantity, unit=unit) == []
    with pytest.raises(NoNumber, match="no region 'XX'"):
        judge("XX", CO)
