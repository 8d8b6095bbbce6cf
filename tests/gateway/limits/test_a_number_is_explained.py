"""Promise: a set point is shown with the limits it equals and those next to it, with sources; where the data has none, that is said."""

from __future__ import annotations

import pytest

from gateway.limits import CAUTION, NoNumber, convert, explain


def test_a_number_that_is_a_limit_names_it() -> None:
    lines = explain("US", "carbon_monoxide", "[ppm]", 35)
    assert any(line.startswith("35 ppm is NIOSH REL TWA 35 ppm [") for line in lines)
    assert any(line.startswith("next above: OSHA PEL TWA 50 ppm") for line in lines)
    assert lines[-1] == CAUTION


def test_a_slip_of_a_digit_shows_its_neighbours() -> None:
    lines = explain("KR", "carbon_monoxide", "[ppm]", 360)
    assert not any(" is " in line.split(":")[0] for line in lines[:2])
    assert lines[0].startswith("next below: AIHA ERPG ERPG-2 350 ppm")
    assert lines[1].startswith("next above: ")


def test_other_units_show_the_number_in_both() -> None:
    assert any("35 ppm" in line and "here 3.5e+04 ppb" in line for line in explain("US", "carbon_monoxide", "[ppb]", 36_000))


def test_a_dose_is_explained_by_limits_of_its_kind() -> None:
    lines = explain("KR", "carbon_monoxide_stel", "[ppm]", 200)
    assert all("STEL" in line for line in lines[:-1])


def test_what_the_region_itself_has_not_is_said() -> None:
    assert "the data has no limit of hydrogen_sulfide of EU itself" in explain("EU", "hydrogen_sulfide", "[ppm]", 10)
    assert not any("itself" in line for line in explain("EU", "carbon_monoxide", "[ppm]", 10))


def test_depth_is_explained_by_its_stages() -> None:
    lines = explain("KR", "depth", "mm", 150)
    assert lines[0].startswith("150 mm is stage close 150 mm [automatic underpass barriers")
    assert explain("KR", "rate_of_depth", "mm/min", 12)[0].startswith("next below: stage early 10 mm/min")


def test_flammable_numbers_are_explained_without_a_gas() -> None:
    assert any("25 %LEL" in line for line in explain("KR", "lpg", "%{LEL}", 24))
    assert any("10 %LEL" in line and "here 0.44 %vol" in line for line in explain("EU", "methane", "%{vol}", 0.5))


@pytest.mark.parametrize(("quantity", "unit"), [("formaldehyde", "[ppm]"), ("carbon_monoxide", "mV"), ("lpg", "%{vol}"), ("level", "m")])
def test_where_there_is_nothing_it_says_so(quantity: str, unit: str) -> None:
    (line,) = explain("KR", quantity, unit, 5)
    assert "no limits" in line
    assert explain("KR", "voc", "mg/m3", 5) == ["there is no molar mass of voc, so mg/m3 cannot be told in ppm; have the sensor give ppm, or write "
                                                "the set points yourself"]  # fmt: skip


def test_units_are_converted_by_the_published_rows() -> None:
    assert round(convert(1.0, "%{vol}", "%{LEL}", "methane", "iec"), 1) == 22.7
    assert round(convert(1.0, "%{vol}", "%{LEL}", "methane", "us"), 1) == 20.0
    assert convert(20, "%{LEL}", "%{vol}", "propane", "iec") == pytest.approx(0.34)
    assert convert(20, "%{LEL}", "%{vol}", "propane", "us") == pytest.approx(0.42)
    assert convert(2, "[ppm]", "mg/m3", "hydrogen_chloride") == pytest.approx(2.98, abs=0.005)
    assert convert(10, "%{LEL}", "[ppm]", "ammonia", "iec") == pytest.approx(15_000)
    assert convert(1, "[ppm]", "[ppb]", "oxygen") == 1000
    with pytest.raises(NoNumber, match="no gas 'argon'"):
        convert(1, "%{LEL}", "[ppm]", "argon")
