"""A process that stood still while frames came does not call the sensor late, and takes none of what is old; a sensor that is late is told all the
same. Wherever in a reading it stands still: after each look at the clock."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.sample import Quality, Reason, Sample

PORT = "/dev/serial0"


def lidar(centimetres: int) -> bytes:
    frame = b"\x59\x59" + centimetres.to_bytes(2, "little") + (300).to_bytes(2, "little") + (0x0940).to_bytes(2, "little")
    return frame + bytes([sum(frame) & 0xFF])


def ultrasonic(millimetres: int) -> bytes:
    high, low = divmod(millimetres, 256)
    return bytes([0xFF, high, low, (0xFF + high + low) & 0xFF])


class Stalling:
    """The node's clock, on which the process stands still once: before the look at the clock with that number."""

    def __init__(self, clock: Any, look: int, seconds: float) -> None:
        self.looks = 0
        self.stood: float | None = None
        self._clock, self._look, self._seconds = clock, look, seconds

    def monotonic(self) -> float:
        self.looks += 1
        if self.looks == self._look:
            self._clock.advance(self._seconds)
            self.stood = self._clock.monotonic()
        return float(self._clock.monotonic())

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


KINDS: dict[str, tuple[dict[str, Any], Any]] = {
    "benewake_lidar": ({"model": "tf_luna", "unit": "cm"}, lidar),
    "ultrasonic_ff4": ({"model": "a02yyuw"}, ultrasonic),
}


def read(simulate: Any, clock: Any, family: str, every: float, look: int, stall: float) -> tuple[Sample, Stalling]:
    """One reading of a sensor whose numbers count up, frame by frame."""
    options, frame = KINDS[family]
    told = ", ".join(f'[{0.05 + every * k:.4f}, "{frame(200 + k).hex()}"]' for k in range(int(5 / every)))
    buses = simulate(f'[chips."serial:{PORT}"]\nkind = "scripted"\nsaid = [{told}]\n')
    known = load(family)
    stalling = Stalling(clock, look, stall)
    driver = known.open(msgspec.convert({"port": PORT} | options, known.options), buses, stalling)
    return driver.read()[0], stalling


@pytest.mark.parametrize("look", range(2, 24))
@pytest.mark.parametrize(
    ("family", "every", "stall"),
    [
        ("benewake_lidar", 0.01, 0.02),
        ("benewake_lidar", 0.01, 0.05),
        ("benewake_lidar", 0.01, 0.2),
        ("benewake_lidar", 0.01, 2.0),
        ("ultrasonic_ff4", 0.1, 0.05),
        ("ultrasonic_ff4", 0.1, 0.35),
        ("ultrasonic_ff4", 0.1, 2.0),
        ("ultrasonic_ff4", 0.3, 0.05),
        ("ultrasonic_ff4", 0.3, 1.0),
    ],
)
def test_a_stall_of_ours_is_no_fault_of_the_sensor(simulate: Any, clock: Any, family: str, every: float, stall: float, look: int) -> None:
    sample, stalling = read(simulate, clock, family, every, look, stall)
    assert stalling.stood is not None or look > stalling.looks
    assert (sample.quality, sample.reason) == (Quality.GOOD, None)


def test_what_queued_up_while_we_stood_still_is_not_taken_for_new(simulate: Any, clock: Any) -> None:
    sample, stalling = read(simulate, clock, "benewake_lidar", 0.01, 6, 2.0)
    assert stalling.stood is not None
    newest = 200 + int((clock.scenario() - 0.05) / 0.01)
    assert sample.raw is not None
    assert newest - sample.raw <= 8, "the middle of five frames, of which the last has just come"


@pytest.mark.parametrize("look", range(2, 24))
@pytest.mark.parametrize(("family", "every"), [("benewake_lidar", 0.06), ("ultrasonic_ff4", 0.6)])
def test_a_sensor_that_is_late_is_told_all_the_same(simulate: Any, clock: Any, family: str, every: float, look: int) -> None:
    sample, _ = read(simulate, clock, family, every, look, every / 4)
    assert sample.reason is Reason.TIMEOUT
