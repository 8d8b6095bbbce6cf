"""The bands of NE 43 and of the vendors' profiles, at and beside every edge; options that could not measure are refused with a remedy."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hardware.drivers._loop import PROFILES, classify
from hardware.drivers.loop_4_20ma import Options
from hardware.sample import Quality, Reason

GOOD, UNSURE, BAD = Quality.GOOD, Quality.UNCERTAIN, Quality.BAD
OPTIONS = {"quantity": "methane", "unit": "%{LEL}", "lel": 4.4, "low": 0, "high": 100}


@pytest.mark.parametrize(
    ("current", "quality", "reason"),
    [
        (-1.0, BAD, Reason.SENSOR_FAULT),
        (3.6, BAD, Reason.SENSOR_FAULT),
        (3.6001, BAD, Reason.GUARD_BAND),
        (3.7799, BAD, Reason.GUARD_BAND),
        (3.78, UNSURE, Reason.UNDER_ZERO),  # a transmitter at its floor, read as low as converter and shunt may be off
        (3.8, UNSURE, Reason.UNDER_ZERO),
        (3.9799, UNSURE, Reason.UNDER_ZERO),
        (3.98, GOOD, None),
        (20.0, GOOD, None),
        (20.0001, UNSURE, Reason.OVER_RANGE),
        (20.5, UNSURE, Reason.OVER_RANGE),
        (20.5001, UNSURE, Reason.OVER_RANGE),  # a transmitter at its ceiling, read a little high
        (20.55, UNSURE, Reason.OVER_RANGE),
        (20.5501, BAD, Reason.GUARD_BAND),
        (20.9999, BAD, Reason.GUARD_BAND),
        (21.0, BAD, Reason.SENSOR_FAULT),
        (22.0, BAD, Reason.SENSOR_FAULT),
    ],
)
def test_ne43(current: float, quality: Quality, reason: Reason | None) -> None:
    assert classify(current, "ne43") == (quality, reason)


@pytest.mark.parametrize(
    ("profile", "quantity", "current", "reason"),
    [
        ("draeger_polytron_8000", "methane", 1.2, Reason.SENSOR_FAULT),
        ("draeger_polytron_8000", "methane", 3.4, Reason.INHIBIT),
        ("draeger_polytron_8000", "methane", 3.0, Reason.GUARD_BAND),
        ("draeger_polytron_8000", "methane", 3.55, Reason.SENSOR_FAULT),
        ("msa_ultima_x", "methane", 3.0, Reason.SENSOR_FAULT),
        ("msa_ultima_x", "methane", 3.75, Reason.INHIBIT),
        ("msa_ultima_x", "methane", 21.0, Reason.OVER_RANGE),
        ("msa_ultima_x", "oxygen", 21.0, Reason.INHIBIT),
        ("rki_m2", "methane", 2.3, Reason.SENSOR_FAULT),
        ("rki_m2", "methane", 3.5, Reason.INHIBIT),
        ("rki_m2", "methane", 17.4, None),
        ("rki_m2", "oxygen", 17.4, Reason.AMBIGUOUS),
        ("rki_m2", "oxygen", 17.6, None),
    ],
)
def test_vendor_windows_come_first(profile: str, quantity: str, current: float, reason: Reason | None) -> None:
    assert classify(current, profile, quantity).reason is reason


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_no_profile_takes_a_measurement_for_a_state(profile: str) -> None:
    for hundredth in range(400, 2001):
        pulse = profile.endswith("_pulsed") and 490 <= hundredth <= 510  # 5 mA is also a pulse of the maintenance signal
        assert classify(hundredth / 100, profile, "methane").quality is (UNSURE if pulse else GOOD)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"shunt": 165}, r"use at most 163 ohms, or a converter supplied with 3\.4 V \(the supply is the limit\)$"),
        ({"shunt": 250}, r"use at most 163 ohms, or a converter supplied with 5\.2 V \(the supply is the limit\) and a lower gain"),
        ({"shunt": 250, "gain": "2/3", "supply": 5}, r"use at most 240 ohms, or a converter supplied with 5\.2 V \(the supply is the limit\)$"),
        ({"shunt": 300, "gain": "2/3", "supply": 5}, "use at most 240 ohms$"),
        ({"shunt": 100, "gain": 2}, "use at most 93 ohms, or a lower gain"),
        ({"shunt": 0.15}, "give it in ohms"),
        ({"shunt": 0}, "give it in ohms"),
        ({"shunt": -150}, "give it in ohms"),
        ({"address": 0x50}, "use 0x48, 0x49, 0x4a or 0x4b"),
        ({"low": 100}, "write the values at 4 and at 20 mA"),
        ({"profile": "acme"}, "use one of draeger_pir_7000, .*, ne43, rki_m2, "),
        ({"gain": 3}, "gain"),
        ({"rate": 100}, "rate"),
        ({"channel": "A4"}, "channel"),
    ],
)
def test_an_option_that_cannot_work_is_refused_with_the_remedy(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert(OPTIONS | wrong, Options)


@pytest.mark.parametrize(
    "right",
    [
        {"shunt": 150},
        {"shunt": 165, "supply": 5},
        {"shunt": 100},
        {"shunt": 240, "supply": 5, "gain": "2/3"},
        {"shunt": 250, "supply": 5.2, "gain": "2/3"},
    ],
)
def test_options_that_work_are_taken(right: dict[str, Any]) -> None:
    channel = msgspec.convert(OPTIONS | right, Options).channels()[0]
    assert channel.value(0) == -25.0


@pytest.mark.parametrize("quantity", ["oxygen", "Oxygen", "o2", "O2", " O2 "])
def test_oxygen_is_oxygen_however_it_is_written(quantity: str) -> None:
    assert classify(17.4, "rki_m2", quantity).reason is Reason.AMBIGUOUS
    assert classify(21.0, "msa_ultima_x", quantity).reason is Reason.INHIBIT
    assert classify(17.4, "rki_m2", "h2").reason is None


@pytest.mark.parametrize("quantity", ["oxygene", "gas", "sauerstoff", "oxygen_1"])
@pytest.mark.parametrize("profile", ["rki_m2", "rki_m2a", "msa_ultima_x"])
def test_where_oxygen_has_currents_of_its_own_a_quantity_that_is_no_gas_is_refused(profile: str, quantity: str) -> None:
    told = {"quantity": quantity, "unit": "%{vol}", "low": 0, "high": 25}
    with pytest.raises(msgspec.ValidationError, match="write `oxygen`, or the other gas by its name: acetone"):
        msgspec.convert(told | {"profile": profile}, Options)
    msgspec.convert(told | {"profile": "draeger_polytron_8000"}, Options)
