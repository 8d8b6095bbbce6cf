"""Promise: a restart of the process, and another calibration, leave an alarm on a sum or a rate standing; after a power cut the sum begins anew and
says so."""

from pathlib import Path

import msgspec
import pytest

from gateway.appraisal import Appraiser
from gateway.inbox import Inbox
from gateway.model import Flag, Sampled, SeriesInfo
from gateway.recall import FILE, Recall
from gateway.rules import Watch
from hardware.sample import Reason, Sample
from tests.gateway.appraising import RAIN, Bench, flags
from tests.gateway.watching import threshold
from tests.gateway.watching import watch as watch_of

HOUR = '[[derived]]\nname = "h1"\nkind = "sum"\nfrom = "rain"\nwindow = "1 h"\n'
DEPTH = SeriesInfo("depth", "depth", "mm", 1, -100, 2500, 1.0, 0.1)
RISE = '[[derived]]\nname = "rise"\nkind = "rate"\nfrom = "depth"\nwindow = "60 s"\n'
RULE = threshold("rain", "h1", 50.0, hysteresis=5.0)
BOOT = "0123456789ab"


def raining() -> tuple[Bench, Watch]:
    """Nearly 80 mm in the last hour and six minutes, and the alarm that stands on it."""
    bench, watch = Bench([RAIN], HOUR), watch_of(RULE)
    for at in range(0, 4000, 10):
        watch.feed(bench.feed("rain", at, round(0.2 + at * 0.02, 1))["h1"])
    assert watch.state.active
    return bench, watch


def test_a_partial_sum_raises_and_never_clears() -> None:
    _, watch = raining()
    again = Bench([RAIN], HOUR)
    for at in range(4010, 5000, 10):
        found = again.feed("rain", at, 0.0)["h1"]
        assert flags(found) & Flag.PARTIAL
        assert not watch.feed(found)
    low = watch_of(threshold("rain", "h1", 0.5))
    assert [change.what for at in (5000, 5010) for change in low.feed(again.feed("rain", at, 1.0)["h1"])] == ["raised"]


def test_a_sum_goes_on_after_a_restart_of_the_process() -> None:
    bench, watch = raining()
    after = Bench([RAIN], HOUR)
    assert after.appraiser.restore(bench.appraiser.keep(BOOT), BOOT, 4_000_000) == {"h1"}
    found = after.feed("rain", 4010, 0.0)["h1"]
    assert found.value == pytest.approx(72.2, abs=0.5)
    assert flags(found) == Flag.PARTIAL, "what fell between the last file and the start is not known"
    assert not watch.feed(found)
    for at in range(4020, 7700, 10):
        found = after.feed("rain", at, 0.0)["h1"]
        watch.feed(found)
    assert (found.value, found.flags, watch.state.active) == (0.0, 0, False)


def test_a_rate_goes_on_after_a_short_restart() -> None:
    bench, after = Bench([DEPTH], RISE), Bench([DEPTH], RISE)
    for second in range(70):
        bench.feed("depth", second, second * 0.3)
    after.appraiser.restore(bench.appraiser.keep(BOOT), BOOT, 71_000)
    found = after.feed("depth", 72, 72 * 0.3)["rise"]
    assert (found.value, found.flags) == (18.0, 0)
    late = Bench([DEPTH], RISE)
    late.appraiser.restore(bench.appraiser.keep(BOOT), BOOT, 90_000)
    assert late.feed("depth", 90, 27.0)["rise"].reason == Reason.WARM_UP


@pytest.mark.parametrize("text", [HOUR.replace("1 h", "2 h"), HOUR.replace('"rain"', '"rain"\nmost = 5.0')])
def test_what_was_kept_of_another_configuration_is_not_used(text: str) -> None:
    bench, _ = raining()
    assert Bench([RAIN], text).appraiser.restore(bench.appraiser.keep(BOOT), BOOT, 4_000_000) == set()


def test_what_is_damaged_or_of_another_boot_is_not_used() -> None:
    bench, _ = raining()
    kept = bench.appraiser.keep(BOOT)
    after = Bench([RAIN], HOUR)
    assert after.appraiser.restore(kept, "another00000", 4_000_000) == set()
    assert after.appraiser.restore(kept, BOOT, 1_000_000) == set(), "kept later than now"
    for place in range(0, len(kept), 7):
        Bench([RAIN], HOUR).appraiser.restore(kept[:place], BOOT, 4_000_000)
        Bench([RAIN], HOUR).appraiser.restore(kept[:place] + bytes([kept[place] ^ 0x55]) + kept[place + 1 :], BOOT, 4_000_000)
    assert flags(after.feed("rain", 4010, 0.0)["h1"]) & Flag.PARTIAL


def test_another_calibration_of_the_gauge_forgets_no_rain() -> None:
    bench, watch = raining()
    before = bench.feed("rain", 4000, 80.0)["h1"].value
    bench.appraiser.use([msgspec.structs.replace(RAIN, slope=0.21, calibration="cal-1"), bench.info("h1")])
    found = bench.take("rain", 4010, Sample("rain", 401, 80.2))["h1"]
    assert before is not None
    assert found.value == pytest.approx(before + 0.21, abs=0.25)
    assert not found.flags
    assert not watch.feed(found)


def test_another_calibration_of_a_level_never_clears_an_alarm_on_its_rate() -> None:
    bench, watch = Bench([DEPTH], RISE), watch_of(threshold("rise", "rise", 10.0))
    for second in range(70):
        watch.feed(bench.feed("depth", second, second * 0.3)["rise"])
    assert watch.state.active
    bench.appraiser.use([msgspec.structs.replace(DEPTH, intercept=40.0, calibration="cal-1"), bench.info("rise")])
    for second in range(70, 125):
        watch.feed(bench.take("depth", second, Sample("depth", 210, 21.0))["rise"])
        assert watch.state.active
    for second in range(125, 140):
        watch.feed(bench.take("depth", second, Sample("depth", 210, 21.0))["rise"])
    assert not watch.state.active


def test_a_cell_that_was_flooded_is_so_after_a_calibration_and_a_restart() -> None:
    co = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0, 500, 1.0, 0.1)
    bench = Bench([co])
    bench.feed("co", 0, 600.0, Reason.OVER_RANGE)
    after = Bench([co])
    after.appraiser.restore(bench.appraiser.keep(BOOT), BOOT, 500)
    assert flags(after.feed("co", 1, 20.0)["co"]) & Flag.AFTER_OVER_RANGE
    bench.appraiser.use([msgspec.structs.replace(co, intercept=0.5, calibration="cal-1")])
    assert flags(bench.take("co", 1, Sample("co", 200, 20.0))["co"]) & Flag.AFTER_OVER_RANGE


def test_the_file_is_written_every_ten_seconds_and_at_stop(tmp_path: Path) -> None:
    bench, _ = raining()
    orders: Inbox[object] = Inbox(10)
    recall = Recall(tmp_path, BOOT, orders)  # type: ignore[arg-type]
    wrote = []
    now = 0.0
    while now < 60:
        now = recall.step(now)
        for order in orders.drain():
            order(bench.appraiser)  # type: ignore[operator]
        if (tmp_path / FILE).exists():
            wrote.append(now)
            (tmp_path / FILE).unlink()
    assert len(wrote) == 6
    recall.close(bench.appraiser)
    after = Bench([RAIN], HOUR)
    assert not Recall(tmp_path, BOOT, orders).restore(after.appraiser, 4_000_000)  # type: ignore[arg-type]
    assert Recall(tmp_path, "another00000", orders).restore(Bench([RAIN], HOUR).appraiser, 10) == {"h1"}  # type: ignore[arg-type]


def test_a_runtime_directory_that_is_gone_is_told_once_and_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench, _ = raining()
    recall = Recall(tmp_path / "gone", BOOT, Inbox(1))
    recall.close(bench.appraiser)
    recall.close(bench.appraiser)
    assert caplog.text.count("check the runtime directory") == 1


def test_a_day_of_sums_is_a_small_file() -> None:
    text = HOUR + HOUR.replace("h1", "h3").replace("1 h", "3 h") + HOUR.replace("h1", "h12").replace("1 h", "12 h")
    bench = Bench([RAIN], text)
    appraiser: Appraiser = bench.appraiser
    for at in range(0, 13 * 3600, 10):
        appraiser.take(Sampled(0, at * 1000, Sample("rain", at // 100, at // 100 * 0.2)))
    assert len(appraiser.keep(BOOT)) < 32_768


def test_a_rate_that_begins_anew_is_no_fault_at_once_and_not_for_ever() -> None:
    bench, watch = Bench([DEPTH], RISE), watch_of(threshold("rise", "rise", 1000.0, fault_after=5.0))
    for second in range(70):
        assert not watch.feed(bench.feed("depth", second, 0.0)["rise"])
    silent = [change.what for second in range(70, 80) for change in watch.feed(bench.feed("depth", second, Reason.TIMEOUT)["rise"])]
    assert silent == ["fault"], "a series that fails is a fault as before"
    sensor = watch_of(threshold("depth", "depth", 1000.0, fault_after=5.0))
    warming = [change.what for second in range(80, 90) for change in sensor.feed(bench.feed("depth", second, Reason.WARM_UP)["depth"])]
    assert warming == ["fault"], "a sensor that warms up does not protect"
    never = watch_of(threshold("rise", "rise", 1000.0, fault_after=5.0))
    for at in range(0, 1900, 10):  # always a gap: it never gets ready
        told = never.feed(bench.feed("depth", 1000 + at, 0.0)["rise"])
        assert [change.what for change in told] == (["fault"] if at == 1800 else [])


@pytest.mark.parametrize("times", [2, 5])
def test_what_is_kept_says_the_same_again(times: int) -> None:
    bench, _ = raining()
    kept = bench.appraiser.keep(BOOT)
    for _ in range(times):
        after = Bench([RAIN], HOUR)
        after.appraiser.restore(kept, BOOT, 4_000_000)
        kept = after.appraiser.keep(BOOT)
    assert kept == bench.appraiser.keep(BOOT)
