"""Every file in hardware/outputs loads where there is no hardware, explains itself, says what its actuator does while nobody drives it, and keeps the
promises of the door (hardware/output.py) on simulated pins, built from the example at the end of its docstring."""

from __future__ import annotations

import math
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hardware.errors import HardwareError, Refused
from hardware.output import Kind, Output, load, names
from hardware.quantities import convert
from tests.hardware.outputs.bench import Bench

DAY = 86400.0
LONGEST_TEST = 5.0
LONGEST_PULSE = 10.0


@pytest.fixture(params=names())
def kind(request: pytest.FixtureRequest) -> Kind:
    return load(request.param)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "trace.jsonl")
    yield bench
    bench.buses.close()


def example(kind: Kind) -> dict[str, Any]:
    """The table at the end of the docstring."""
    (table,) = tomllib.loads(textwrap.dedent(kind.doc[kind.doc.index("    [[output]]") :]))["output"]
    assert table.pop("kind") == kind.name
    assert table.pop("name")
    return dict(table)


def options(kind: Kind) -> Any:
    return msgspec.convert(example(kind), kind.options, dec_hook=convert)


def number(kind: Kind) -> int:
    return int(options(kind).claims()[0].removeprefix("gpio-"))


def opened(kind: Kind, bench: Bench, level: int) -> Output:
    return kind.open(options(kind), bench.buses, level)


def acting(kind: Kind, bench: Bench) -> int:
    """The level of its pin while it shows the highest alarm."""
    probe = opened(kind, bench, 9)
    shown = bench.level(number(kind))
    probe.set(0)
    assert bench.level(number(kind)) == 1 - shown
    probe.close()
    bench.trace.write_text("")
    return shown


@pytest.mark.parametrize("name", names())
def test_it_loads_where_there_is_no_hardware(name: str) -> None:
    code = f"import sys; from hardware.output import load; load({name!r}); print(*(m for m in ('gpiozero', 'lgpio') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "", "an output imports its libraries when it is opened, not when it is named"


def test_it_explains_its_options_and_what_happens_while_no_node_drives_it(kind: Kind) -> None:
    for word in ("stopped", "crashed", "killed", "starting", "power"):
        assert word in kind.doc, f"{kind.name} does not say what its actuator does: {word}"
    for key in msgspec.structs.fields(kind.options):  # type: ignore[arg-type]
        assert f"{key.encode_name}:" in (kind.options.__doc__ or ""), f"option {key.encode_name} is not explained"


def test_its_example_builds_and_says_what_nobody_else_may_use(kind: Kind) -> None:
    assert options(kind).claims() == (f"gpio-{example(kind)['pin']}",)
    with pytest.raises(msgspec.ValidationError, match="misspelt"):
        msgspec.convert(example(kind) | {"misspelt": 1}, kind.options, dec_hook=convert)


def test_only_a_sounder_may_be_silenced_or_stop_by_itself(kind: Kind, bench: Bench) -> None:
    keys = {key.encode_name for key in msgspec.structs.fields(kind.options)}  # type: ignore[arg-type]
    assert ("max_on" in keys) == kind.sounder
    output = opened(kind, bench, 9)
    assert output.sounder == kind.sounder
    output.step(0.0)
    output.step(DAY)
    assert output.spent == kind.sounder, "the example of a sounder has max_on"


def test_a_pin_that_would_act_whenever_no_node_drives_it_is_refused(kind: Kind) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"pin 3 is pulled to 3\.3 V"):
        msgspec.convert(example(kind) | {"pin": 3, "active": "high"}, kind.options, dec_hook=convert)
    msgspec.convert(example(kind) | {"pin": 3, "active": "low"}, kind.options, dec_hook=convert)


@pytest.mark.parametrize("level", [0, 9])
@pytest.mark.parametrize("kept", [0, 1])
def test_it_opens_at_the_restored_level_and_passes_through_no_other(kind: Kind, bench: Bench, level: int, kept: int) -> None:
    wanted = acting(kind, bench) if level else 1 - acting(kind, bench)
    pin = bench.pin(number(kind))
    pin.function = "input"
    pin._state = bool(kept)
    output = opened(kind, bench, level)
    assert bench.level(number(kind)) == wanted
    output.set(level)
    output.step(0.0)
    assert bench.noted() == ([] if kept == wanted else [wanted]), "the only change there may be is the one to the level"


def test_it_shows_every_level_up_to_nine_and_the_same_one_again_changes_nothing(kind: Kind, bench: Bench) -> None:
    on = acting(kind, bench)
    output = opened(kind, bench, 0)
    before = len(bench.noted())
    for level in (9, 9, 8, 9, 0, 0):
        output.set(level)
        assert (bench.level(number(kind)) == on) == (level > 0)
    assert len(bench.noted()) == before + 2
    for level in range(10):
        output.set(level)
        output.step(100.0 + level)
    assert bench.level(number(kind)) == on


def test_it_is_stepped_no_oftener_than_it_changes(kind: Kind, bench: Bench) -> None:
    output = opened(kind, bench, 9)
    now, steps = 50.0, 0
    while now < 50.0 + 600.0:
        due = output.step(now)
        assert due >= now + 0.001
        now, steps = due, steps + 1
    assert steps <= 2 * len(bench.noted()) + 3
    output.set(0)
    assert output.step(1000.0) == math.inf, "what rests asks for nothing"


@pytest.mark.parametrize("level", [0, 9])
def test_a_self_test_is_short_and_ends_in_the_state_wanted(kind: Kind, bench: Bench, level: int) -> None:
    on = acting(kind, bench)
    output = opened(kind, bench, level)
    changes = len(bench.noted())
    if not output.self_test():
        output.step(5.0)
        assert len(bench.noted()) == changes, "refused, and nothing happens"
        return
    assert level == 0, "an alarm is never interrupted"
    assert len(bench.noted()) == changes, "it begins with a step"
    due, last = 5.0, 5.0
    while due < math.inf:
        last, due = due, output.step(due)
    assert last - 5.0 <= LONGEST_TEST
    shown = bench.noted()[changes:]
    assert shown[::2] == [on] * (len(shown) // 2)
    assert shown[1::2] == [1 - on] * (len(shown) // 2)
    assert bench.level(number(kind)) == 1 - on


@pytest.mark.parametrize("level", [0, 1, 2, 9])
def test_closing_leaves_the_alarm_that_stands_without_its_pauses(kind: Kind, bench: Bench, level: int) -> None:
    on = acting(kind, bench)
    output = opened(kind, bench, level)
    acts = bench.level(number(kind)) == on
    due = output.step(5.0)
    if due < 5.0 + LONGEST_PULSE:
        output.step(due)
        assert bench.level(number(kind)) != on, "in the pause"
    output.close()
    output.close()
    assert (bench.level(number(kind)) == on) == acts


def test_a_pin_that_cannot_be_written_says_which_and_is_tried_again(kind: Kind, bench: Bench, mocker: Any) -> None:
    on = acting(kind, bench)
    output = opened(kind, bench, 0)
    pin = bench.pin(number(kind))
    broken = mocker.patch.object(pin, "_set_state", side_effect=OSError(5, "Input/output error"))
    with pytest.raises(HardwareError, match=f"{kind.name} on GPIO{number(kind)}"):
        output.set(9)
    with pytest.raises(HardwareError, match=f"{kind.name} on GPIO{number(kind)}"):
        output.step(5.0)
    mocker.stop(broken)
    output.step(5.1)
    assert bench.level(number(kind)) == on, "the next step shows it"
    mocker.patch.object(pin, "_set_state", side_effect=OSError(5, "Input/output error"))
    output.close()


def test_a_name_that_is_no_output_is_refused_with_the_list() -> None:
    with pytest.raises(Refused, match=r"no output 'horn'; there are: .*siren"):
        load("horn")
