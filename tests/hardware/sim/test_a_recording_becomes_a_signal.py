"""CSV recordings: range, hold or linear between rows, scale and offset, missing rows, both ways of telling time, both places to look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hardware.errors import Refused

ROWS = """time,stage,other
2018-06-03T17:00:00Z,1.0,x
2018-06-03T17:05:00Z,2.0,x
2018-06-03T17:10:00Z,,x
2018-06-03T17:15:00Z,6.0,x
2018-06-03T17:20:00Z,8.0,x
"""
SIGNAL = '[signals.stage]\nkind = "csv"\nfile = "stage.csv"\ncolumn = "stage"\n'
TIMED = SIGNAL + 'time = "time"\n'


@pytest.fixture
def stage(simulate: Any, tmp_path: Path) -> Any:
    (tmp_path / "stage.csv").write_text(ROWS)
    return lambda text: lambda at: simulate(text).world.signal("stage", at)


def test_hold_keeps_a_value_to_the_next_row(stage: Any) -> None:
    value = stage(TIMED)
    assert [value(at) for at in (-60, 0, 299, 300, 899, 900, 5000)] == [1, 1, 1, 2, 2, 6, 8]


def test_linear_goes_straight_across_a_missing_row(stage: Any) -> None:
    value = stage(TIMED + 'between = "linear"\n')
    assert [value(at) for at in (0, 150, 300, 600, 900, 1050, 5000)] == pytest.approx([1, 1.5, 2, 4, 6, 7, 8])


@pytest.mark.parametrize(("between", "values"), [("hold", [1, 1, 2, 2, 2]), ("linear", [1.5, 2.0, 4.0, 5.0, 5.0])])
def test_a_range_begins_at_scenario_time_0_and_its_end_lasts(stage: Any, between: str, values: list[float]) -> None:
    value = stage(TIMED + f'between = "{between}"\nfrom = "2018-06-03T17:02:30Z"\nto = "2018-06-03T17:12:30Z"\n')
    assert [value(at) for at in (0, 149.99, 450, 600, 9999)] == pytest.approx(values, abs=0.01)


def test_a_range_may_be_written_as_a_toml_time(stage: Any) -> None:
    assert stage(TIMED + "from = 2018-06-03T17:05:00Z\n")(0) == 2


def test_scale_and_offset_make_other_units(stage: Any) -> None:
    assert stage(TIMED + "scale = 304.8\noffset = -10\n")(300) == pytest.approx(599.6)


def test_a_plain_grid_needs_no_times(stage: Any) -> None:
    assert [stage(SIGNAL + "every = 10\n")(at) for at in (0, 10, 20, 30, 40)] == [1, 2, 2, 6, 8]


def test_times_of_another_form(stage: Any, tmp_path: Path) -> None:
    value = stage(TIMED + 'time_format = "%d.%m.%Y %H:%M"\n')
    (tmp_path / "stage.csv").write_text("time,stage\n03.06.2018 17:00,1\n03.06.2018 17:01,2\n")
    assert [value(at) for at in (59, 60)] == [1, 2]


def test_it_is_found_in_the_folder_of_recordings(simulate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "stage.csv").write_text(ROWS)
    monkeypatch.setenv("EDGE_GATEWAY_RECORDINGS", str(tmp_path / "elsewhere"))
    assert simulate(TIMED).world.signal("stage", 0) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TIMED.replace("stage.csv", "none.csv"), "none.csv.*set EDGE_GATEWAY_RECORDINGS"),
        (SIGNAL, "either `time`"),
        (TIMED + "every = 10\n", "either `time`"),
        (TIMED.replace('column = "stage"', 'column = "level"'), "no column 'level'; it has: time, stage, other"),
        (TIMED.replace('column = "stage"', 'column = "other"'), "line 2: could not convert"),
        (TIMED + 'from = "2019-01-01T00:00:00Z"\n', "holds nothing"),
        (TIMED + 'from = "yesterday"\n', "cannot read the range's 'yesterday'"),
        (SIGNAL + 'time = "stage"\ntime_format = "seconds"\nscale = 2\nfrom = 7\nto = 7\n', "holds nothing"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(stage: Any, monkeypatch: pytest.MonkeyPatch, text: str, told: str) -> None:
    monkeypatch.delenv("EDGE_GATEWAY_RECORDINGS", raising=False)
    with pytest.raises(Refused, match=told):
        stage(text)(0)


def test_times_that_go_back_are_refused_with_the_line(stage: Any, tmp_path: Path) -> None:
    value = stage(TIMED)
    (tmp_path / "stage.csv").write_text(ROWS + "2018-06-03T17:01:00Z,1.0,x\n")
    with pytest.raises(Refused, match=r"stage\.csv line 7: time does not grow"):
        value(0)


def test_a_real_flood_of_nine_hours(recordings: Path, simulate: Any) -> None:
    assert recordings.is_dir()
    world = simulate(
        '[signals.stage]\nkind = "csv"\nfile = "flood_usgs_urban/dead_run_2018-06.csv"\ncolumn = "stage_ft"\ntime = "time_utc"\nscale = 304.8\n'
        'from = "2018-06-03T17:00:00Z"\nto = "2018-06-04T02:00:00Z"\nbetween = "linear"\n'
    ).world
    levels = [world.signal("stage", minute * 60) for minute in range(9 * 60)]
    assert max(levels) == pytest.approx(6.17 * 304.8)
    assert levels.index(max(levels)) == 5 * 60 + 5, "the peak is at 22:05"


def test_a_real_release_of_methane(recordings: Path, simulate: Any) -> None:
    assert recordings.is_dir()
    world = simulate('[signals.ch4]\nkind = "csv"\nfile = "gas_chilbolton_ch4/rel03_beam1.csv"\ncolumn = "CH4vmr_ppmv"\ntime = "time_local"\n').world
    assert world.signal("ch4", 0) == pytest.approx(2.075722)
    assert max(world.signal("ch4", second) for second in range(0, 75 * 60, 3)) > 10
