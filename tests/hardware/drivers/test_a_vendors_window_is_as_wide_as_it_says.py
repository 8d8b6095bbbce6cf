"""Every current that a manual names means the same a little beside it and nothing of the kind beyond: 0.1 mA, 0.05 mA where a measurement begins."""

from __future__ import annotations

import pytest

from hardware.drivers._loop import PROFILES, classify
from hardware.sample import Reason

# profile, quantity, centre in mA, half width, what it means, what lies just below and just above it
WINDOWS = [
    ("draeger_polytron_8000", "methane", 3.4, 0.1, Reason.INHIBIT, Reason.SENSOR_FAULT, Reason.SENSOR_FAULT),
    ("draeger_polytron_8000", "methane", 3.0, 0.1, Reason.GUARD_BAND, Reason.SENSOR_FAULT, Reason.SENSOR_FAULT),
    ("draeger_polytron_8000_pulsed", "methane", 3.0, 0.1, Reason.INHIBIT, Reason.SENSOR_FAULT, Reason.SENSOR_FAULT),
    ("draeger_polytron_8000_pulsed", "methane", 5.0, 0.1, Reason.AMBIGUOUS, None, None),
    ("draeger_polytron_7000", "methane", 3.4, 0.1, Reason.INHIBIT, Reason.SENSOR_FAULT, Reason.SENSOR_FAULT),
    ("draeger_polytron_7000_pulsed", "methane", 3.0, 0.1, Reason.INHIBIT, Reason.SENSOR_FAULT, Reason.SENSOR_FAULT),
    ("draeger_polytron_7000_pulsed", "methane", 5.0, 0.1, Reason.AMBIGUOUS, None, None),
    ("draeger_pir_7000", "methane", 1.0, 0.1, Reason.WARM_UP, Reason.SENSOR_FAULT, Reason.SENSOR_FAULT),
    ("msa_ultima_x", "methane", 3.75, 0.05, Reason.INHIBIT, Reason.GUARD_BAND, Reason.UNDER_ZERO),
    ("msa_ultima_x", "methane", 21.0, 0.1, Reason.OVER_RANGE, Reason.GUARD_BAND, Reason.SENSOR_FAULT),
    ("msa_ultima_x", "oxygen", 21.0, 0.1, Reason.INHIBIT, Reason.GUARD_BAND, Reason.SENSOR_FAULT),
    ("rki_m2", "methane", 3.5, 0.1, Reason.INHIBIT, Reason.UNDER_RANGE, Reason.GUARD_BAND),
    ("rki_m2", "oxygen", 17.4, 0.1, Reason.AMBIGUOUS, None, None),
    ("rki_m2a", "methane", 3.5, 0.1, Reason.INHIBIT, Reason.UNDER_RANGE, Reason.GUARD_BAND),
    ("rki_m2a", "oxygen", 17.4, 0.1, Reason.AMBIGUOUS, None, None),
    ("toxic_drift", "methane", 2.5, 0.1, Reason.SENSOR_FAULT, Reason.SENSOR_FAULT, Reason.SENSOR_FAULT),
]


@pytest.mark.parametrize(("profile", "quantity", "centre", "half", "meaning", "below", "above"), WINDOWS)
def test_a_window(profile: str, quantity: str, centre: float, half: float, meaning: Reason, below: Reason | None, above: Reason | None) -> None:
    for beside in (0.0, -half, half, 0.01 - half, half - 0.01):
        assert classify(round(centre + beside, 4), profile, quantity).reason is meaning, beside
    assert classify(round(centre - half - 0.01, 4), profile, quantity).reason is below
    assert classify(round(centre + half + 0.01, 4), profile, quantity).reason is above


@pytest.mark.parametrize(
    ("profile", "current", "below", "above"),
    [("rki_m2", 2.4, Reason.SENSOR_FAULT, Reason.UNDER_RANGE), ("rki_m2a", 1.15, Reason.SENSOR_FAULT, Reason.UNDER_RANGE)],
)
def test_an_edge_between_two_meanings(profile: str, current: float, below: Reason, above: Reason) -> None:
    assert (classify(current - 0.01, profile).reason, classify(current, profile).reason) == (below, above)


def test_every_window_of_every_profile_is_met_here() -> None:
    met = {profile: sum(1 for window in WINDOWS if window[0] == profile) for profile in PROFILES}
    edges = {"rki_m2": 1, "rki_m2a": 2}
    assert {profile: count + edges.get(profile, 0) for profile, count in met.items()} == {name: len(found) for name, found in PROFILES.items()}
