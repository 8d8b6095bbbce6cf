"""Promise: where a person applied a reference and did not finish, the test gas sounds no siren while it goes, and the channel protects again within a
bounded time whatever the gas does; a maintenance belongs to who began it, and ends where nobody is there any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.model import Flag
from tests.gateway.workshop import RULE, Workshop, flagged

ASK: dict[str, Any] = {"series": "co", "who": "kim", "gas": "CO in N2"}


def gassed(tmp_path: Path, value: float = 60.0) -> Workshop:
    """A reference was begun, and its gas is on the sensor."""
    shop = Workshop(tmp_path, rules=(RULE,))
    shop.feed(0.0)
    shop.ask("maintain", series="co", who="kim")
    shop.ask("capture", series="co", reference=60.0, begin=True)
    shop.feed(value, value)
    return shop


def test_gas_that_goes_sounds_nothing(tmp_path: Path) -> None:
    shop = gassed(tmp_path)
    given = shop.ask("release", series="co")
    assert (given["was"], given["clearing"], given["seconds"] <= 301) == (True, True, True)
    assert shop.ask("live", series=["co"])["series"]["co"]["clearing"]
    shop.feed(60.0, 40.0, 31.0, 10.0)
    assert not shop.told("maintenance_over"), "one reading may be a spike"
    shop.feed(5.0, 5.0)
    assert shop.told("maintenance_over")
    assert shop.alarms == []
    assert not flagged(shop.newest(), Flag.MAINTENANCE)


@pytest.mark.parametrize("value", [60.0, None])
def test_gas_that_stays_sounds_after_a_bounded_time(tmp_path: Path, value: float | None) -> None:
    shop = gassed(tmp_path)
    shop.ask("release", series="co")
    shop.feed(*[value] * 298)
    assert not shop.told("maintenance_over")
    shop.feed(*[60.0] * 4)
    assert shop.told("maintenance_over")
    assert [change.what for change in shop.alarms] == ["raised"]


def test_a_person_may_know_better(tmp_path: Path) -> None:
    shop = gassed(tmp_path)
    shop.ask("release", series="co")
    assert shop.ask("release", series="co")["clearing"], "it goes on"
    assert not shop.ask("release", series="co", now=True)["clearing"]
    shop.feed(60.0)
    assert [change.what for change in shop.alarms] == ["raised"]


def test_a_channel_that_is_not_under_gas_protects_at_once(tmp_path: Path) -> None:
    assert not gassed(tmp_path / "a", 5.0).ask("release", series="co")["clearing"]
    shop = Workshop(tmp_path / "b", rules=(RULE,))
    shop.ask("maintain", series="co", who="kim")
    shop.feed(60.0)
    assert not shop.ask("release", series="co")["clearing"], "no reference was applied: this is real"
    shop.feed(60.0)
    assert [change.what for change in shop.alarms] == ["raised"]


def test_a_bump_test_that_is_broken_off_waits_too(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, rules=(RULE,))
    shop.feed(0.0)
    shop.ask("maintain", series="co", who="kim")
    shop.ask("bump", **ASK, concentration=100.0, within=60.0, recover=30.0)
    shop.feed(40.0, 42.0)
    assert shop.ask("release", series="co")["clearing"]
    shop.feed(30.0, 10.0, 5.0)
    assert shop.care.store.bumps["co"][-1].result == "broken_off"
    assert (len(shop.told("maintenance_over")), shop.alarms) == (1, [])


def test_a_slow_sensor_under_gas_sounds_nothing(tmp_path: Path) -> None:
    """It comes only after the time for the answer is over: the bottle is still on."""
    shop = Workshop(tmp_path, rules=(RULE,))
    shop.feed(0.0)
    shop.ask("maintain", series="co", who="kim")
    shop.ask("bump", **ASK, concentration=100.0, within=60.0, recover=300.0)
    shop.feed(*[0.0] * 62, *[min(100.0, 0.9 * step) for step in range(120)], *[0.0] * 3)
    assert shop.alarms == []
    assert shop.care.store.bumps["co"][-1].result == "fail"
    assert shop.told("maintenance_over"), "gas was seen and has gone"


def test_only_who_began_it_goes_on_with_it(tmp_path: Path) -> None:
    shop = gassed(tmp_path)
    other: dict[str, Any] = {"token": "cd" * 8, "series": "co"}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("maintain", {"who": "lee"}), ("release", {}), ("capture", {"reference": 0.0, "begin": True}),
        ("calibrate", {"kind": "zero", "who": "lee", "gas": "air"}), ("bump", {"who": "lee", "gas": "CO", "concentration": 50.0}),
    ]  # fmt: skip
    for do, content in asked:
        assert "in maintenance by kim, for " in shop.refused(do, **other, **content)
    assert "in maintenance by kim" in shop.refused("release", series="co", token="")
    assert "by force" in shop.refused("maintain", **other, who="lee", force="x")
    shop.ask("maintain", uid=0, **other, who="lee", force="kim went home")
    assert "taken over from kim: kim went home" in shop.told("maintenance")[-1].detail  # type: ignore[union-attr]
    assert "by lee" in shop.refused("release", series="co")
    assert shop.ask("release", **other)["clearing"], "kim's gas is still there"


def test_a_maintenance_is_named_at_random(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    first, second = (shop.ask("maintain", series=series, who="kim", token="")["token"] for series in ("co", "spare"))
    assert first != second
    assert len(first) >= 16


def test_a_session_whose_client_has_gone_ends(tmp_path: Path) -> None:
    shop = gassed(tmp_path, 5.0)
    for _ in range(3):
        shop.present += 50
        shop.ask("live", series=["co"], token="ab" * 8)
        shop.look()
    assert not shop.told("maintenance_over")
    shop.present += 61
    shop.ask("live", series=["co"])  # somebody else looks
    shop.look()
    assert shop.told("maintenance_over")[-1].detail == "who did it says nothing any more: protecting again"  # type: ignore[union-attr]


def test_the_gas_of_a_client_that_has_gone_has_its_time(tmp_path: Path) -> None:
    shop = gassed(tmp_path)
    shop.present += 61
    shop.feed(60.0, 60.0)
    assert not shop.told("maintenance_over")
    shop.feed(0.0, 0.0)
    assert (len(shop.told("maintenance_over")), shop.alarms) == (1, [])


def test_an_alarm_is_silenced_only_with_a_reason_of_its_own(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, rules=(RULE,))
    shop.feed(60.0)
    reasons: list[dict[str, Any]] = [{"despite_alarm": "x"}, {"force": "the limits are wrong"}]
    for content in reasons:
        assert "alarm co is active" in shop.refused("maintain", series="co", who="kim", **content)
    shop.ask("maintain", series="co", who="kim", despite_alarm="test gas of mine")
