"""Promise: a short press silences (or acknowledges), a hold tests (or resets), also where the finger was gone before anybody looked; a button that is
stuck, restless, bad or in maintenance does nothing; and no button resets an over-range."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import cli
from gateway.button import PRESSES, STUCK, Pressing, Touch
from gateway.config import ConfigError
from gateway.model import Flag, Quality, Reading
from hardware.sim.buses import SimBuses
from hardware.sim.clock import SteppedClock
from tests.gateway.post import GASES, HEAD, Post, copper, read

Simulate = Callable[..., SimBuses]
GAS = [[0, 0.0], [5, 60.0]]
CONTACT = """
[[sensor]]
name = "panel"
driver = "contact"
period = "{period}"
pin = 5
meaning = "button"
normal = "open"
on_delay = "20 ms"
off_delay = "20 ms"
"""
BUTTON = """
[[button]]
name = "door"
series = "panel"
"""
WIRED = """
[signals.finger]
kind = "steps"
steps = {steps}
[chips."gpio-5"]
kind = "contact"
signal = "finger"
level = 1
"""


def pressed(*spans: tuple[float, float]) -> str:
    """A button on GPIO5 that is down in these spans of seconds."""
    steps = [[0.0, 0.0]] if not spans or spans[0][0] > 0 else []
    for down, up in spans:
        steps += [[down, 1.0], [up, 0.0]]
    return WIRED.format(steps=steps)


@pytest.fixture
def make(tmp_path: Path, clock: SteppedClock, simulate: Simulate) -> Callable[..., Post]:
    """A node with a button: its scenario, more keys of the [[button]], and how often its contact is read."""

    def build(scenario: str, keys: str = "", period: str = "200 ms") -> Post:
        return Post(tmp_path, clock, simulate(scenario), GASES + CONTACT.format(period=period) + BUTTON + keys)

    return build


def changes(post: Post) -> list[tuple[str, str]]:
    """What was told of all alarms, and by whom."""
    return [(alarm.change, alarm.actor) for alarm in post.alarms]


def test_a_short_press_silences_the_siren_not_the_beacon_for_a_minute(make: Callable[..., Post]) -> None:
    post = make(copper(co=GAS) + pressed((10.05, 10.45)))
    post.run(9)
    assert post.shown == (1, 1)
    post.run(2)
    assert post.shown == (0, 1)
    assert changes(post) == [("raised", ""), ("silenced", "door (panel)")]
    post.run(58)
    assert post.shown == (0, 1)
    post.run(3)
    assert post.shown == (1, 1)
    assert post.told("output_test") == []


@pytest.mark.parametrize("period", ["200 ms", "1 s"])
def test_a_press_between_two_looks_counts(make: Callable[..., Post], period: str) -> None:
    post = make(copper(co=GAS) + pressed((10.26, 10.36)), period=period)
    post.run(12)
    assert changes(post) == [("raised", ""), ("silenced", "door (panel)")]


def test_a_press_silences_all_that_sound_and_only_those(make: Callable[..., Post]) -> None:
    post = make(copper(co=GAS, lel=[[0, 0.0], [6, 25.0]]) + pressed((2.0, 2.3), (10.0, 10.3)))
    post.run(4)
    assert post.alarms == [], "nothing sounded"
    assert post.told("act_refused") == []
    post.run(8)
    assert [alarm.rule for alarm in post.alarms if alarm.change == "silenced"] == ["co", "methane"]
    assert post.shown == (0, 1)


def test_an_alarm_that_comes_while_the_finger_is_down_is_not_touched(make: Callable[..., Post]) -> None:
    post = make(copper(co=GAS, lel=[[0, 0.0], [11.5, 25.0]]) + pressed((10.5, 12.8)))
    post.run(15)
    assert [(alarm.rule, alarm.change) for alarm in post.alarms] == [("co", "raised"), ("methane", "raised"), ("co", "silenced")]
    assert post.shown == (1, 1), "the newer one sounds"
    ((rule, why),) = post.told("act_refused")
    assert (rule, "the present one is 1" in why) == ("methane", True)


def test_a_press_may_acknowledge_and_a_hold_reset(make: Callable[..., Post]) -> None:
    scenario = copper(co=[[0, 0.0], [5, 60.0], [20, 0.0]]) + pressed((10.0, 10.3), (12.0, 16.0), (25.0, 29.0))
    post = make(scenario, 'press = "ack"\nhold = "reset"\n')
    post.run(11)
    assert post.alarm("co")["state"] == "ACKED"
    assert post.shown == (1, 1), "nothing gets quieter"
    post.run(6)
    ((rule, why),) = post.told("act_refused")
    assert (rule, "still active" in why) == ("co", True)
    post.run(7)
    assert post.alarm("co")["state"] == "LATCH_ACKED"
    post.run(4.5)
    assert post.shown == (0, 0), "while the finger still holds"
    post.run(5)
    assert changes(post) == [("raised", ""), ("acked", "door (panel)"), ("cleared", ""), ("reset", "door (panel)")]


def test_no_button_resets_an_over_range(make: Callable[..., Post]) -> None:
    post = make(copper(lel=[[0, 0.0], [5, 120.0], [15, 0.0]]) + pressed((8.0, 8.3), (20.0, 24.0)), 'press = "ack"\nhold = "reset"\n')
    post.run(30)
    found = post.alarm("methane")
    assert (found["over_range"], found["returned"], found["acked"], post.shown) == (True, True, True, (1, 1))
    ((rule, why),) = post.told("act_refused")
    assert (rule, "say why: how the place was proved safe" in why, "door (panel)" in why) == ("methane", True, True)


def test_a_hold_has_every_output_show_itself(make: Callable[..., Post]) -> None:
    post = make(copper() + pressed((5.0, 9.0)))
    assert set(post.run(7.9, lambda: post.shown)) == {(0, 0)}
    seen = post.run(5, lambda: post.shown)
    assert {siren for siren, _ in seen} == {beacon for _, beacon in seen} == {0, 1}
    assert post.told("output_test") == [("siren", "by door (panel): it shows itself"), ("beacon", "by door (panel): it shows itself")]
    post.run(20)
    assert (post.shown, post.alarms) == ((0, 0), [])


def test_a_hold_tests_nothing_that_shows_an_alarm(make: Callable[..., Post]) -> None:
    post = make(copper(co=GAS) + pressed((10.0, 14.0)))
    post.run(15)
    assert post.shown == (1, 1)
    assert all("an alarm is shown" in why for _, why in post.told("output_test"))
    assert len(post.told("output_test")) == 2


def test_where_there_is_no_hold_every_press_is_a_short_one(make: Callable[..., Post]) -> None:
    post = make(copper(co=GAS) + pressed((10.0, 18.0)), 'hold = "none"\n')
    post.run(20)
    assert changes(post) == [("raised", ""), ("silenced", "door (panel)")]
    assert post.told("output_test") == []


def test_a_stuck_button_is_told_once_and_does_nothing_until_it_is_free(make: Callable[..., Post]) -> None:
    post = make(copper(co=GAS) + pressed((10.0, 80.0), (85.0, 85.3)), 'press = "silence"\nhold = "none"\n')
    post.run(83)
    assert post.shown == (1, 1)
    assert [where for where, _ in post.told("button_stuck")] == ["door"]
    assert [where for where, _ in post.told("button_works")] == ["door"]
    assert changes(post) == [("raised", "")]
    post.run(5)
    assert changes(post) == [("raised", ""), ("silenced", "door (panel)")]


def test_a_button_that_is_down_at_the_start_does_nothing_until_it_was_released(make: Callable[..., Post]) -> None:
    post = make(copper(co=[[0, 60.0]]) + pressed((0, 8.0), (10.0, 10.3)))
    post.run(9)
    assert (changes(post), post.told("output_test")) == ([("raised", "")], [])
    post.run(3)
    assert changes(post) == [("raised", ""), ("silenced", "door (panel)")]


def test_a_button_in_maintenance_is_none(make: Callable[..., Post]) -> None:
    post = make(copper(co=GAS) + pressed((10.0, 10.3), (20.0, 20.3)))
    post.run(8)
    post.ask("maintain", series="panel", who="kim", seconds=5, token="ab" * 8)
    post.run(10)
    assert changes(post) == [("raised", "")]
    post.run(5)
    assert changes(post) == [("raised", ""), ("silenced", "door (panel)")]


def test_a_siren_that_only_a_latch_holds_is_silenced_too(make: Callable[..., Post]) -> None:
    post = make(copper(co=[[0, 0.0], [5, 60.0], [8, 0.0]]) + pressed((12.0, 12.3)))
    post.run(11)
    assert (post.alarm("co")["state"], post.shown) == ("LATCH_UNACK", (1, 1))
    post.run(3)
    assert post.shown == (0, 1)


def test_a_shelved_alarm_is_left_alone(make: Callable[..., Post]) -> None:
    post = make(copper(co=GAS, lel=[[0, 0.0], [5, 25.0]]) + pressed((10.0, 10.3)))
    post.run(8)
    post.act("shelve", "co", why="welding", seconds=600)
    post.run(5)
    assert [alarm.rule for alarm in post.alarms if alarm.change == "silenced"] == ["methane"]


@pytest.mark.parametrize(
    ("flags", "acts"),
    [
        (Flag.TIMING | Flag.SIMULATED, True),
        (Flag.CALIBRATION_EXPIRED, True),
        (Flag.SENSOR_FAULT, False),  # a contact that chatters
        (Flag.INHIBITED, False),
        (Flag.MAINTENANCE | Flag.TEST, False),
    ],
)
@pytest.mark.parametrize("where", [0, 1, 2])
def test_a_doubtful_reading_is_no_finger(make: Callable[..., Post], flags: Flag, acts: bool, where: int) -> None:
    post = make(copper(co=GAS) + pressed())
    post.run(10)
    place = 2  # behind both gases
    panel = post.alarming.panel(lambda *said: None)
    for step, down in enumerate((0, 1, 0)):
        said = flags if step == where else Flag(0)
        quality = Quality.UNCERTAIN if said else Quality.GOOD
        panel.take(Reading(place, 20_000 + step * 200, down, float(down), quality, int(said), "x" if said else ""), post.guard)
    assert (("silenced", "door (panel)") in changes(post)) is acts


def test_a_bad_reading_breaks_a_press_off() -> None:
    button = Pressing(3.0)
    assert [button.feed(0, False), button.feed(100, True)] == [Touch.NOTHING, Touch.DOWN]
    assert button.feed(200, None) is Touch.NOTHING
    assert [button.feed(at, down) for at, down in ((300, True), (5000, True), (5100, False))] == [Touch.NOTHING] * 3
    assert [button.feed(6000, True), button.feed(6200, False)] == [Touch.DOWN, Touch.SHORT]


def test_the_ends_of_a_hold_and_of_a_stuck_button() -> None:
    def press(lasted: int, *looks: int) -> list[Touch]:
        button = Pressing(3.0)
        button.feed(0, False)
        return [button.feed(1000, True), *(button.feed(1000 + look, True) for look in looks), button.feed(1000 + lasted, False)]

    down, none = Touch.DOWN, Touch.NOTHING
    assert press(2999) == [down, Touch.SHORT]
    assert press(3000) == [down, Touch.HELD], "nobody looked while it was down"
    assert press(4000, 2000, 3000, 3500) == [down, none, Touch.HELD, none, none], "it acts once, while the finger feels it"
    most = round(STUCK * 1000)
    assert press(most) == [down, Touch.HELD]
    assert press(most + 1) == [down, none]
    assert press(most + 2, most + 1) == [down, Touch.STUCK, Touch.FREED]


def test_a_loose_wire_is_no_frightened_person() -> None:
    button = Pressing(3.0)
    button.feed(0, False)
    touched = [button.feed(second * 1000 + phase, phase == 100) for second in range(60) for phase in (100, 400)]
    assert touched.count(Touch.SHORT) == PRESSES
    assert touched.count(Touch.RESTLESS) == 1, "told once"
    quiet = 60_000 + 61_000
    assert [button.feed(quiet, True), button.feed(quiet + 200, False)] == [Touch.DOWN, Touch.SHORT]


def test_check_says_what_a_finger_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "gateway.toml"
    text = (HEAD + GASES + CONTACT.format(period="200 ms") + BUTTON).replace("{folder}", str(tmp_path))
    for keys, words in (
        ("", "  button door on panel: a press silences every alarm that sounds, for 60 s; held for 3 s it has every output show itself\n"),
        ('press = "ack"\nhold = "none"', "  button door on panel: a press acknowledges every alarm\n"),
    ):
        path.write_text(text + keys)
        assert cli.main(["check", str(path)]) == cli.FINE
        assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("keys", "series", "period", "wrong"),
    [
        ("", "pannel", "200 ms", "no such series; write one of: co, lel, panel"),
        ("", "co", "200 ms", "not a contact, which is 0 or 1"),
        ("", "panel", "2 s", 'it is read every 2 s only, so a press would be answered too late; give its sensor period = "200 ms"'),
        ('press = "dance"', "panel", "200 ms", "invalid enum value"),
        ('hold_for = "40 s"', "panel", "200 ms", "out of range; write 1 s to 15 s"),
        ('[[button]]\nname = "door"\nseries = "panel"', "panel", "200 ms", 'name = "door": used already by button[0] door'),
        ('[[button]]\nname = "gate"\nseries = "panel"', "panel", "200 ms", 'series = "panel": used already by button[0] door'),
        ('[[alarm]]\nname = "x"\nseries = "panel"\na1 = 1.0', "panel", "200 ms", "alarm x looks at it too; give the button a contact of its own"),
    ],
)
def test_a_button_is_configured_whole(tmp_path: Path, keys: str, series: str, period: str, wrong: str) -> None:
    text = GASES + CONTACT.format(period=period) + BUTTON.replace('"panel"', f'"{series}"') + keys
    with pytest.raises(ConfigError) as caught:
        read(text, tmp_path)
    assert wrong in str(caught.value)
