"""A contact is debounced on the times of its edges: what lasted is told with its own time however seldom anybody looks; a storm is told as one."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.driver import load
from hardware.drivers._edges import MOST, Debounce
from hardware.quantities import convert
from hardware.sample import Quality, Reason, Sample

START = 10.0
"""What a stepped clock shows at scenario time 0."""


def scene(*points: tuple[float, float], extra: str = "", grid: float = 0.005) -> str:
    steps = ", ".join(f"[{at}, {value}]" for at, value in points)
    return f"""
[signals.s]
kind = "steps"
steps = [{steps}]
[chips.gpio-5]
kind = "contact"
signal = "s"
level = 0.5
grid = {grid}
{extra}
"""


def closures(*spans: tuple[float, float]) -> list[tuple[float, float]]:
    return [(0, 0), *[point for begin, end in spans for point in ((begin, 1.0), (end, 0.0))]]


def opened(family: str, buses: Any, clock: Any, **options: Any) -> Any:
    known = load(family)
    return known.open(msgspec.convert({"pin": 5, "normal": "open"} | options, known.options, dec_hook=convert), buses, clock)


def looked(driver: Any, clock: Any, *moments: float) -> list[Sample]:
    told: list[Sample] = []
    for at in moments:
        clock.advance(at - clock.scenario())
        told.extend(driver.read())
    return told


def events(samples: list[Sample]) -> list[tuple[float | None, float | None]]:
    return [(None if s.at is None else round(s.at - START, 4), s.value) for s in samples]


def grid(period: float, end: float) -> list[float]:
    return [period * n for n in range(round(end / period) + 1)]


@pytest.mark.parametrize("period", [0.01, 0.1, 1.0])
def test_the_golden_row_is_one_event_however_often_it_is_looked_at(vectors: Any, simulate: Any, clock: Any, period: float) -> None:
    [row] = vectors("float_switch")
    assert (row["input"], row["params"]) == ("closed 80 ms, open 40 ms, closed 3 s", "on-delay 2 s")
    assert row["expect"].startswith("one rising event at t = 2.12 s")
    points = [(0, 0), (1.0, 1), (1.08, 0), (1.12, 1), (4.12, 0)]
    driver = opened("float_switch", simulate(scene(*points)), clock, on_delay="2 s", off_delay="30 s")
    told = looked(driver, clock, *grid(period, 6.0))
    rising = [(now.at, period) for before, now in pairwise(told) if now.value == 1 and before.value == 0]
    assert len(rising) == 1
    assert rising[0][0] == pytest.approx(START + 1.0 + 2.12, abs=1e-6) or (rising[0][0] is None and period == 0.01)  # a look at that very moment
    assert {s.quality for s in told} == {Quality.GOOD}


def test_a_closure_between_two_looks_is_told_with_its_time(simulate: Any, clock: Any) -> None:
    driver = opened("float_switch", simulate(scene(*closures((3.2, 3.5), (7.25, 7.3)))), clock)
    assert events(looked(driver, clock, 0.0, 10.0)) == [(None, 0), (3.2, 1), (3.5, 0), (7.25, 1), (7.3, 0), (None, 0)]


def test_only_what_lasts_for_its_delay_counts(simulate: Any, clock: Any) -> None:
    driver = opened("float_switch", simulate(scene(*closures((2, 3.9), (5, 8), (8.5, 20)))), clock, on_delay="2 s", off_delay="1 s")
    assert events(looked(driver, clock, 0.0, 15.0, 30.0)) == [(None, 0), (7, 1), (None, 1), (21, 0), (None, 0)]


def test_a_contact_that_is_closed_at_the_start_counts_at_once(vectors: Any, simulate: Any, clock: Any) -> None:
    row = vectors("contact")[4]
    assert row["input"] == "contact already closed when the gateway boots"
    driver = opened("contact", simulate(scene((0, 1))), clock, meaning="alarm", on_delay="5 s")
    assert driver.read() == [Sample("alarm", 0, 1.0)]


def test_a_panel_that_is_well_holds_its_fault_relay_closed(vectors: Any, simulate: Any, clock: Any) -> None:
    row = vectors("contact")[3]
    assert (row["input"], row["params"]) == ("fault relay contact open", "panel FAULT relay, normally energised, NO contact closed in health")
    driver = opened("contact", simulate(scene((0, 1), (5, 0))), clock, meaning="fault", energised=True)
    assert events(looked(driver, clock, 1.0, 6.0)) == [(None, 0), (5, 1), (None, 1)]


RELAYS = [("open", False, 1.0), ("open", True, 0.0), ("closed", False, 0.0), ("closed", True, 1.0)]


@pytest.mark.parametrize(("normal", "energised", "closed_means"), RELAYS)
@pytest.mark.parametrize(("pull", "to"), [("up", "ground"), ("down", "supply")])
def test_every_way_to_wire_a_relay(simulate: Any, clock: Any, normal: str, energised: bool, closed_means: float, pull: str, to: str) -> None:
    buses = simulate(scene((0, 1), extra=f'to = "{to}"'))
    driver = opened("contact", buses, clock, meaning="alarm", normal=normal, energised=energised, pull=pull)
    assert driver.read()[0].value == closed_means


def test_a_storm_of_edges_is_uncertain_bounded_and_passes(simulate: Any, clock: Any) -> None:
    storm = [(5 + n * 0.002, float(n % 2 == 0)) for n in range(2001)]
    driver = opened("float_switch", simulate(scene((0, 0), *storm, grid=0.001)), clock)
    told = [looked(driver, clock, at) for at in (1.0, 4.9, 6.0, 7.0, 8.0, 9.0, 11.0)]
    assert [s.reason for s in told[1]] == [None]
    for stormy in told[2:5]:
        assert len(stormy) <= MOST + 1
        assert {s.reason for s in stormy} == {Reason.BOUNCE}
        assert {s.quality for s in stormy} == {Quality.UNCERTAIN}
    assert events(told[-1]) == [(None, 1)], "it is closed and quiet again"
    assert told[-1][0].quality is Quality.GOOD


def test_every_closure_is_told_however_seldom_it_is_read(simulate: Any, clock: Any) -> None:
    """Forty closures a minute are slow for a contact: no bound on a storm may cut them."""
    spans = [(1.0 + k, 1.3 + k) for k in range(40)]
    driver = opened("float_switch", simulate(scene(*closures(*spans))), clock)
    told = looked(driver, clock, 0.0, 60.0)
    assert events(told)[1:-1] == [point for begin, end in spans for point in ((begin, 1), (pytest.approx(end), 0))]
    assert {s.quality for s in told} == {Quality.GOOD}


def test_a_storm_long_before_the_reading_is_bounded_and_uncertain_and_hides_no_closure(simulate: Any, clock: Any) -> None:
    storm = [(10 + n * 0.005, float(n % 2 == 0)) for n in range(201)]
    driver = opened("float_switch", simulate(scene(*closures((3, 4), (5, 6)), *storm, (20, 0), (25, 1), (26, 0))), clock)
    told = looked(driver, clock, 0.0, 60.0)
    calm = [(None, 0), (3, 1), (4, 0), (5, 1), (6, 0), (20, 0), (25, 1), (26, 0)]
    assert events([s for s in told[:-1] if s.quality is Quality.GOOD]) == calm
    stormy = [s for s in told[:-1] if s.quality is not Quality.GOOD]
    assert len(stormy) == MOST
    assert {s.reason for s in stormy} == {Reason.BOUNCE}
    assert stormy[-1].at == pytest.approx(START + 11.0), "the newest"
    assert (told[-1].value, told[-1].reason) == (0, Reason.BOUNCE), "some were left out, and it says so"
    assert looked(driver, clock, 61.0) == [Sample("water", 1, 0.0)]


@pytest.mark.parametrize("family", ["float_switch", "contact"])
@pytest.mark.parametrize("key", ["on_delay", "off_delay"])
def test_a_delay_that_never_ends_is_refused(family: str, key: str) -> None:
    given = {"pin": 5, "normal": "open"} | ({"meaning": "leak"} if family == "contact" else {})
    options = load(family).options
    msgspec.convert(given | {key: "1 d"}, options, dec_hook=convert)
    with pytest.raises(msgspec.ValidationError, match=f"{key} is .* write at most 1 d"):
        msgspec.convert(given | {key: "99999999 d"}, options, dec_hook=convert)


def test_edges_that_did_not_fit_are_told(pins: Any, clock: Any, simulate: Any) -> None:
    from hardware.buses.gpio import EDGES

    buses = simulate("")
    driver = opened("float_switch", buses, clock)
    pin = buses.pin(5, "float switch on GPIO5").pin("GPIO5")
    driver.read()
    for _ in range(EDGES // 2 + 1):
        pin.drive_low()
        pin.drive_high()
    told = driver.read()
    assert (told[-1].quality, told[-1].reason, told[-1].value) == (Quality.UNCERTAIN, Reason.BOUNCE, 0)
    clock.advance(5)
    assert driver.read()[-1].quality is Quality.GOOD


def test_slow_edges_that_did_not_fit_are_told_too(simulate: Any, clock: Any) -> None:
    from hardware.buses.gpio import EDGES

    buses = simulate("")
    driver = opened("float_switch", buses, clock)
    pin = buses.pin(5, "float switch on GPIO5").pin("GPIO5")
    driver.read()
    for _ in range(EDGES // 2 + 1):
        for move in (pin.drive_low, pin.drive_high):
            clock.advance(1)
            move()
    clock.advance(0.5)
    assert driver.read()[-1].reason is Reason.BOUNCE


def test_what_it_was_before_the_first_reading_is_told(simulate: Any, clock: Any) -> None:
    driver = opened("contact", simulate(scene((0, 1), (0.5, 0))), clock, meaning="alarm", on_delay="5 s")
    assert events(looked(driver, clock, 2.0)) == [(0, 1), (0.5, 0), (None, 0)]


def test_an_edge_that_tells_nothing_new_begins_the_delay_anew() -> None:
    debounce = Debounce(False, 0.0, 2.0, 2.0)
    debounce.edge(True, 1.0)
    debounce.edge(True, 2.5)  # it opened and closed in between, too quickly to be reported
    assert debounce.changes(4.4) == []
    assert debounce.changes(4.5) == [(4.5, True)]


def test_every_edge_is_in_the_account_with_its_own_time(simulate: Any, clock: Any, reads: Path) -> None:
    driver = opened("float_switch", simulate(scene(*closures((0.3, 0.5), (2.5, 7.75)))), clock)
    told = looked(driver, clock, *grid(1.0, 9.0))
    lines = [json.loads(line) for line in reads.read_text().splitlines()]
    assert [line[2] for line in lines] == [sample.raw for sample in told]
    for line, sample in zip(lines, told, strict=True):
        assert sample.at is None or line[3] == pytest.approx(sample.at - START, abs=1e-5)


def test_opening_it_again_tells_the_state_at_once(simulate: Any, clock: Any) -> None:
    buses = simulate(scene(*closures((5, 20))))
    first = opened("float_switch", buses, clock, on_delay="4 s")
    assert events(looked(first, clock, 1.0, 6.0)) == [(None, 0), (None, 0)]
    first.close()
    assert opened("float_switch", buses, clock, on_delay="4 s").read()[0].value == 1


@given(
    gaps=st.lists(st.floats(0.001, 5.0), min_size=1, max_size=30),
    looks=st.lists(st.floats(0.0, 80.0), max_size=20),
    delays=st.tuples(st.sampled_from([0.0, 0.5, 2.0]), st.sampled_from([0.0, 0.5, 30.0])),
)
def test_what_counts_does_not_depend_on_when_it_is_looked_at(gaps: list[float], looks: list[float], delays: tuple[float, float]) -> None:
    edges, at = [], 0.0
    for n, gap in enumerate(gaps):
        at += gap
        edges.append((at, n % 2 == 0))
    end = at + 100.0

    def told(moments: list[float]) -> list[Any]:
        debounce, waiting, found = Debounce(False, 0.0, *delays), list(edges), []
        for moment in [*sorted(moments), end]:
            while waiting and waiting[0][0] <= moment:
                begin, active = waiting.pop(0)
                debounce.edge(active, begin)
            found += debounce.changes(moment)
        return found

    def rule() -> list[Any]:
        state, found = False, []
        for (begin, active), after in zip(edges, [*(e[0] for e in edges[1:]), end], strict=True):
            delay = delays[0] if active else delays[1]
            if active != state and after - begin >= delay - 1e-9:
                state = active
                found.append((begin + delay, active))
        return found

    assert told(looks) == told([]) == rule()
