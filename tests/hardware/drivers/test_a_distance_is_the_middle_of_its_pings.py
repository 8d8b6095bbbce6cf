"""Robust sampling: sentinels go first, the middle of the rest is a number that was really read, and without a majority there is none."""

from __future__ import annotations

import statistics
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.driver import load
from hardware.drivers._pings import Ping, Pinging, agreeing, median, mode, settle
from hardware.errors import ProtocolError, Timeout
from hardware.sample import Channel, Quality, Reason, Sample

PORT = "/dev/serial0"
FAMILY = load("ultrasonic_ff4")
CHANNEL = Channel("distance", "distance", "mm", 0, 30.0, 4500.0, 1.0)


def frame(number: int) -> bytes:
    high, low = divmod(number, 256)
    return bytes([0xFF, high, low, (high + low + 0xFF) & 0xFF])


@pytest.fixture
def scripted(simulate: Any, clock: Any) -> Any:
    """A sensor that sends these frames 0.1 s apart, and the driver that reads it."""

    def build(*said: int | bytes, every: float = 0.1, **options: Any) -> tuple[Any, Any]:
        frames = [(0.05 + k * every, (frame(item) if isinstance(item, int) else item).hex()) for k, item in enumerate(said)]
        told = ", ".join(f'[{at:.3f}, "{data}"]' for at, data in frames)
        buses = simulate(f'[chips."serial:{PORT}"]\nkind = "scripted"\nsaid = [{told}]\n')
        family = FAMILY.open(msgspec.convert({"port": PORT, "model": "a02yyuw"} | options, FAMILY.options), buses, clock)
        return family, buses.world.chips[f"serial:{PORT}"]

    return build


def test_it_is_the_median_of_five_after_one_is_thrown_away(scripted: Any, clock: Any) -> None:
    driver, chip = scripted(4000, 1000, 1010, 1900, 1005, 1002, 3000)
    distance, jitter = driver.read()
    assert (distance.raw, distance.value, distance.quality) == (1005, 1005.0, Quality.GOOD)
    assert (jitter.raw, jitter.value) == (5, 5.0), "the median of 5, 5, 895, 0, 3"
    assert distance.at == jitter.at == pytest.approx(clock.monotonic(), abs=0.001), "the last byte of the last ping"
    assert len(chip.read) == 6, "nothing beyond was waited for"


def test_one_ping_is_one_frame_without_a_jitter(scripted: Any) -> None:
    driver, chip = scripted(1000, 1010, pings=1)
    assert driver.read() == [Sample("distance", 1000, 1000.0)]
    assert len(chip.read) == 1


def test_an_even_count_gives_a_number_that_was_read(scripted: Any) -> None:
    driver, _ = scripted(0, 1000, 1010, 0, 1030, 1020, 0, discard=0, pings=7)
    distance, jitter = driver.read()
    assert distance.raw == 1010
    assert jitter.raw == 10


@pytest.mark.parametrize(
    ("pings", "expected"),
    [
        ((0, 0, 1000, 1001, 1002), (1001, None)),
        ((0, 0, 0, 1001, 1002), (0, Reason.NO_ECHO)),
        ((20, 10, 20, 0, 1002), (20, Reason.OBSTRUCTED)),
        ((5000, 1000, 1001, 1002, 30), (1001, None)),
        ((5000, 5010, 5020, 1002, 30), (5010, Reason.RANGE)),
        ((4600, 30, 30, 4600, 1000), (4600, Reason.RANGE)),
    ],
)
def test_what_is_no_distance_goes_first_and_a_majority_must_be_left(scripted: Any, pings: tuple[int, ...], expected: Any) -> None:
    driver, _ = scripted(1000, *pings)
    distance, jitter = driver.read()
    assert (distance.raw, distance.reason) == expected
    assert (distance.value is None) == (jitter.value is None) == (expected[1] is not None)
    assert jitter.reason == expected[1]


def test_garbled_pings_are_no_pings(scripted: Any) -> None:
    garbled = b"\xff\x07\xa1\xa8"
    assert scripted(1000, 1001, garbled, 1002, 1003)[0].read()[0].raw == 1002
    with pytest.raises(ProtocolError) as caught:
        scripted(*[garbled] * 40)[0].read()
    assert caught.value.reason is Reason.CHECKSUM


def test_a_value_of_which_frames_are_missing_is_uncertain() -> None:
    """A loose contact shows in the reading in which it shook; a raindrop in front of the sensor is none."""
    options = Pinging()
    good, lost, late, drop = Ping(1000, None), Ping(None, Reason.TIMEOUT), Ping(990, Reason.TIMEOUT), Ping(0, Reason.NO_ECHO)
    told = [settle([good] * 3 + rest, options, options.given(CHANNEL)) for rest in ([good, good], [drop, drop], [good, late], [drop, lost])]
    assert [samples[0].quality for samples in told] == [Quality.GOOD, Quality.GOOD, Quality.UNCERTAIN, Quality.UNCERTAIN]
    assert {samples[0].value for samples in told} == {1000}
    assert told[3][0].reason is told[3][1].reason is Reason.TIMEOUT


SCENE = f"""
[signals.distance]
kind = "constant"
value = 1000
[chips."serial:{PORT}"]
kind = "ultrasonic"
signal = "distance"
"""


@pytest.mark.parametrize(
    ("fault", "reason"),
    [('"off"', "timeout"), ('"hang"', "timeout"), ('"slow"', "timeout"), ('"slow"\nfactor = 3', "timeout"), ('"garbage"', "checksum")],
)
@pytest.mark.parametrize("period", [0.1, 0.3])
def test_a_failing_sensor_gives_no_value_and_passes(simulate: Any, clock: Any, fault: str, reason: str, period: float) -> None:
    fault = f'[[faults]]\nkind = {fault}\non = "serial:{PORT}"\nfrom = 5\nto = 30\n'
    buses = simulate(f"{SCENE}period = {period}\n{fault}")
    driver = FAMILY.open(msgspec.convert({"port": PORT, "model": "a02yyuw"}, FAMILY.options), buses, clock)
    assert driver.read()[0].quality is Quality.GOOD
    clock.advance(5.1 - clock.scenario())
    for _ in range(3):
        begun = clock.scenario()
        try:
            told = driver.read()[0].reason
        except (Timeout, ProtocolError) as error:
            told = error.reason
        assert told == reason
        assert clock.scenario() - begun < 4.4
    clock.advance(31 - clock.scenario())
    assert driver.read()[0].quality is Quality.GOOD


@pytest.mark.parametrize("seed", range(8))
def test_a_loose_contact_is_noticed_within_three_readings(simulate: Any, clock: Any, seed: int) -> None:
    buses = simulate(f'{SCENE}[[faults]]\nkind = "intermittent"\non = "serial:{PORT}"\nperiod = 0.5\n', seed=seed)
    driver, told = FAMILY.open(msgspec.convert({"port": PORT, "model": "a02yyuw"}, FAMILY.options), buses, clock), []
    for _ in range(3):
        try:
            told.append(driver.read()[0].quality)
        except Timeout:
            told.append(Quality.BAD)
        clock.advance(1.3)
    assert set(told) != {Quality.GOOD}, seed


def test_a_day_of_a_healthy_sensor_has_no_fault(simulate: Any, clock: Any) -> None:
    driver = FAMILY.open(msgspec.convert({"port": PORT, "model": "a02yyuw"}, FAMILY.options), simulate(SCENE), clock)
    for _ in range(144):
        distance, jitter = driver.read()
        assert (distance.value, distance.quality, jitter.value) == (1000, Quality.GOOD, 0)
        clock.advance(599)


def test_a_scan_knows_the_family_by_its_frames() -> None:
    from hardware.drivers.ultrasonic_ff4 import tell

    other = b"\xff\x07\xa1\xa8"
    assert tell(b"\xa1\xa7" + frame(1953) * 4).options == {"model": "a02yyuw"}  # type: ignore[union-attr]
    assert tell(other * 4).options == {"model": "aj_sr04m"}  # type: ignore[union-attr]
    assert tell(frame(1953) * 2) is None
    assert tell(b"\x00" * 40 + frame(1953) * 3) is None


def test_a_line_that_falls_silent_in_the_middle_ends_early_and_gives_no_value(scripted: Any, clock: Any) -> None:
    driver, _ = scripted(1000, 1001, 1002)
    distance, jitter = driver.read()
    assert (distance.value, distance.reason, distance.raw, jitter.reason) == (None, Reason.TIMEOUT, None, Reason.TIMEOUT)
    assert clock.scenario() < 0.25 + 3 * (0.7 + 0.1) + 0.01, "three lost pings are enough to know"
    with pytest.raises(Timeout):
        driver.read()


def test_no_reading_takes_longer_than_its_bound(scripted: Any, clock: Any) -> None:
    driver, _ = scripted(*[1000] * 3, every=0.69)
    distance, _ = driver.read()
    assert (distance.value, distance.reason) == (None, Reason.TIMEOUT), "one frame in 0.69 s is rarer than the sheet allows"
    assert clock.scenario() <= 6 * (2 * 0.3 + 0.1) + 0.2


@pytest.mark.parametrize(("every", "reason"), [(0.3, None), (0.36, None), (0.45, Reason.TIMEOUT)])
def test_a_frame_that_is_late_by_the_sheet_is_no_ping(scripted: Any, every: float, reason: Reason | None) -> None:
    assert scripted(*[1000] * 7, every=every)[0].read()[0].reason is reason


def test_the_mode_is_the_number_that_came_most_often(scripted: Any) -> None:
    driver, _ = scripted(1000, 1000, 1003, 1003, 900, 1100, statistic="mode", discard=0, pings=6)
    assert driver.read()[0].raw == 1000, "of equally frequent ones that nearest to the middle, the lower first"
    assert mode([5, 7, 7, 1, 1, 6]) == 7
    assert mode([3]) == 3


@given(st.lists(st.integers(31, 4500), min_size=1, max_size=25))
def test_the_middle_was_read_and_half_lie_on_either_side(numbers: list[int]) -> None:
    middle = median(numbers)
    assert middle == statistics.median_low(numbers)
    options = Pinging(pings=max(3, len(numbers)))
    distance, jitter = settle([Ping(number, None, at=1.0) for number in numbers], options, options.given(CHANNEL))
    if 2 * len(numbers) < options.pings:
        assert distance.value is None
        return
    assert distance.raw == middle
    assert jitter.raw is not None
    assert 2 * sum(1 for number in numbers if abs(number - middle) <= jitter.raw) >= len(numbers)


@given(st.lists(st.integers(31, 4500), min_size=5, max_size=5), st.integers(0, 1), st.sampled_from([0, 5000, 0x7FFF]))
def test_a_minority_of_sentinels_never_moves_the_value_out_of_what_was_measured(numbers: list[int], lost: int, sentinel: int) -> None:
    options = Pinging()
    pings = [Ping(number, None) for number in numbers[lost + 1 :]] + [Ping(sentinel, Reason.RANGE)] * (lost + 1)
    distance, _ = settle(pings, options, options.given(CHANNEL))
    assert distance.raw in numbers[lost + 1 :]


def test_numbers_that_contradict_each_other_are_refused_where_no_checksum_tells() -> None:
    pings = [Ping(number, None) for number in (1000, 1010, 1900, 1005, 300)]
    assert [ping.reason for ping in agreeing(pings, 100)] == [None, None, Reason.AMBIGUOUS, None, Reason.AMBIGUOUS]
    lost = [Ping(None, Reason.TIMEOUT)]
    assert agreeing(lost, 100) == lost
