"""Promise: a preset has a source for each of its numbers and says that a qualified person checks them; where the data has no number there is none."""

from __future__ import annotations

import pytest

from gateway import limits
from gateway.limits import CAUTION, Facts, NoNumber, judge, preset

POINTS = [(name, point.gas, point.direction) for name in limits.regions() for point in limits.region(name).set_points]
UNIT = {"flammable": "%{LEL}", "oxygen": "%{vol}"}


@pytest.mark.parametrize(("region", "gas", "direction"), POINTS)
def test_each_preset_is_ordered_cited_and_stands_its_own_region(region: str, gas: str, direction: str) -> None:
    unit = UNIT.get(gas, "[ppm]")
    found = preset(region, gas, unit, "falling" if direction == "falling" else "rising")
    sign = 1 if found.direction == "rising" else -1
    assert found.a2 is None or sign * found.a2 > sign * found.a1
    assert 0 < found.hysteresis < found.a1
    assert found.why[-1] == CAUTION
    keys = ["a1", *(["a2"] if found.a2 is not None else []), "hysteresis"]
    for key in keys:
        assert any(line.startswith(f"{key} = ") and "[" in line and any(digit in line for digit in ("19", "20")) for line in found.why), key
    high = 100.0 if unit == "%{LEL}" else 3 * found.a1
    facts = Facts(quantity=gas, unit=unit, low=0, high=high, a1=found.a1, a2=found.a2, direction=found.direction)
    assert judge(region, facts) == []


@pytest.mark.parametrize("region", ["KR", "VN", "US", "EU"])
def test_every_region_has_the_gases_of_the_field(region: str) -> None:
    for gas in ("carbon_monoxide", "hydrogen_sulfide", "ammonia", "chlorine", "sulfur_dioxide", "nitrogen_dioxide"):
        assert preset(region, gas, "[ppm]").a1 > 0
    assert preset(region, "oxygen", "%{vol}").direction == "falling"
    assert preset(region, "oxygen", "%{vol}", "rising").a1 > 20.9


def test_the_numbers_of_the_regions_differ_as_their_sources_do() -> None:
    assert [preset(region, "carbon_monoxide", "[ppm]")[:2] for region in ("KR", "US", "EU", "VN")] == [(30, 60), (35, 70), (20, 100), (17.4, 34.8)]
    assert [preset(region, "lpg", "%{LEL}")[:2] for region in ("KR", "US", "EU", "VN")] == [(10, 20), (10, 20), (20, 40), (10, 20)]
    assert [preset(region, "oxygen", "%{vol}")[:2] for region in ("KR", "US", "EU")] == [(19.5, 18), (19.5, None), (19, None)]
    assert preset("kr", "carbon_monoxide", "[ppb]").a1 == 30_000


def test_hysteresis_clears_below_80_per_cent_of_the_first() -> None:
    assert preset("US", "lpg", "%{LEL}").hysteresis == 2
    assert preset("EU", "lpg", "%{LEL}")[:3] == (20, 40, 4)  # set 20, clear below 16
    assert preset("KR", "oxygen", "%{vol}").hysteresis == 0.2


@pytest.mark.parametrize(("region", "volume"), [("EU", 0.88), ("US", 0.5), ("KR", 0.44)])
def test_percent_by_volume_comes_from_the_region_s_explosive_limit(region: str, volume: float) -> None:
    found = preset(region, "methane", "%{vol}")
    assert found.a1 == pytest.approx(volume)
    assert f"100 %LEL of methane is {5 if region == 'US' else 4.4:g} %vol by the table {'us' if region == 'US' else 'iec'}" in found.why
    assert preset(region, "methane", "%{vol}", lel=2.2).a1 == pytest.approx(volume / (5.0 if region == "US" else 4.4) * 2.2)


def test_mass_is_told_by_molar_mass_at_the_convention_and_rounded_to_the_safe_side() -> None:
    found = preset("VN", "carbon_monoxide", "[ppm]")
    assert found.a1 == 17.4  # 20 mg/m3 are 17.458 ppm
    assert any("24.45 L/mol" in line for line in found.why)
    assert preset("VN", "carbon_monoxide", "mg/m3").a1 == 20
    assert preset("VN", "carbon_monoxide", "ug/m3").a1 == 20_000
    assert preset("VN", "carbon_monoxide_mass", "ug/m3").a1 == 20_000


def test_a_dose_has_the_limit_of_its_own_kind() -> None:
    assert preset("KR", "carbon_monoxide_stel", "[ppm]")[:2] == (200, None)
    assert preset("KR", "carbon_monoxide_twa", "[ppm]")[:2] == (30, None)
    assert preset("US", "carbon_monoxide_twa_8h_equivalent", "[ppm]")[:2] == (50, None)
    assert "never the first alarm" in preset("KR", "carbon_monoxide_stel", "[ppm]").why[0]


def test_water_has_the_stages_at_which_people_act() -> None:
    assert preset("KR", "depth", "mm")[:4] == (50, 150, 10, "rising")
    assert preset("KR", "depth", "m")[:3] == pytest.approx((0.05, 0.15, 0.01))
    assert preset("KR", "depth", "cm")[:3] == pytest.approx((5, 15, 1))
    assert preset("VN", "rate_of_depth", "mm/min")[:3] == (10, 20, 0)


@pytest.mark.parametrize(
    ("region", "quantity", "unit", "direction", "words"),
    [
        ("ATLANTIS", "carbon_monoxide", "[ppm]", None, "there are EU, KR, US, VN"),
        ("KR", "formaldehyde", "[ppm]", None, "no limits of 'formaldehyde'; there are those of ammonia, carbon"),
        ("EU", "hydrogen_fluoride", "[ppm]", None, "no rising set point of hydrogen_fluoride for EU"),
        ("EU", "ozone", "[ppb]", None, "for EU in the data; write a1 and a2"),
        ("KR", "carbon_monoxide", "[ppm]", "falling", "no falling set point"),
        ("VN", "hydrogen_sulfide_stel", "[ppm]", None, "no rising STEL of hydrogen_sulfide for VN"),
        ("KR", "voc", "mg/m3", None, "no molar mass of voc"),
        ("KR", "carbon_monoxide", "mV", None, "mV is no unit of a concentration"),
        ("KR", "lpg", "%{vol}", None, "no limits of 'lpg'"),
        ("KR", "level", "m", None, "not of level; write a1 and a2 as the site's survey gives them"),
        ("KR", "depth", "mm", "falling", "not of depth|rising depth"),
        ("KR", "distance", "mm", None, "not of distance"),
    ],
)
def test_where_the_data_has_no_number_there_is_no_preset(region: str, quantity: str, unit: str, direction: str | None, words: str) -> None:
    with pytest.raises(NoNumber, match=words):
        preset(region, quantity, unit, direction)  # type: ignore[arg-type]


def test_rain_is_told_for_korea_alone() -> None:
    assert [found.name for found in limits.rain_of("KR")] == ["advisory", "warning", "extreme"]
    with pytest.raises(NoNumber, match="no thresholds of rain for VN"):
        limits.rain_of("VN")
