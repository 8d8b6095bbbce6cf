"""Promise: the table counts as it says: a label is found by the first alarm raised within it, what is raised outside is false or masked, and what is
not as it has to be is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recordings.__main__ import main
from tests.recordings.cases import Case, Play, Span, Wanted
from tests.recordings.playing import Played, Turn, site
from tests.recordings.scoring import Line, score
from tests.recordings.table import span, text
from tests.recordings.tracks import Track, dry, highest, lines, track, utc

LABELS = (Span(1000, 2000, "a"), Span(5000, 6000, "b"))


SILENT = Wanted()


def line(*raises: float, wanted: Wanted = SILENT, until: float | None = None) -> Line:
    """What the table says of alarms raised at these moments, each cleared 10 s later, or at `until`."""
    turns = [turn for at in raises for turn in (Turn(at, "r", "raised", 1), Turn(until or at + 10, "r", "cleared", 0))]
    turns += [Turn(at, "other", "raised", 1) for at in (1, 1500)]
    plays = (Play("p", "street", Track((0.0, 86_400.0), (0.0, 0.0), 2)),)
    case = Case("s", "n", plays, {"r": wanted}, LABELS, (Span(8000, 9000),), 60, 120, {"a": 1100})
    (found,) = score(case, [Played(tuple(sorted(turns)), 2, 0, 0.5)])
    return found


def test_the_first_within_a_label_finds_it() -> None:
    found = line(1200, 1300, 5500)
    assert (found.found, found.delays, found.false, found.behind, found.wrong) == (2, (200, 500), 0, (100,), ())


def test_shortly_before_and_behind_belong_to_it() -> None:
    assert (line(940, 6120).delays, line(940, 6120).false) == ((-60, 1120), 0)
    assert (line(939, 6121).delays, line(939, 6121).false) == ((), 2)


def test_what_is_raised_where_labels_are_incomplete_is_masked() -> None:
    assert (line(8500).masked, line(8500).false) == (1, 0)


def test_an_alarm_that_stood_before_finds_nothing() -> None:
    found = line(500, until=1500)
    assert (found.found, found.standing, found.false) == (0, 1, 1)


@pytest.mark.parametrize(("raises", "wanted"), [((), Wanted(found=1)), ((1500, 3000), Wanted(found=1)), ((3000, 4000), Wanted(false=1))])
def test_what_is_not_as_it_has_to_be_is_told(raises: tuple[float, ...], wanted: Wanted) -> None:
    found = line(*raises, wanted=wanted)
    assert len(found.wrong) == 1
    assert any(row.startswith("NOT AS IT HAS TO BE: s n r: ") for row in text([found], 1.0))


def test_what_is_only_told_is_never_wrong() -> None:
    assert line(3000, 4000, wanted=Wanted(false=None)).wrong == ()


@pytest.mark.parametrize(("seconds", "said"), [(89, "89 s"), (681, "11 min"), (22_438, "6.2 h"), (-300, "-5 min")])
def test_a_delay_is_said_as_a_person_reads_it(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_a_track_has_only_what_was_recorded(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    rows = ("10Z,3", "00,1", "05,", "05,-200", "10,9")
    file.write_text("# a comment\nat,v\n" + "".join(f"2020-01-01T00:00:{row}\n" for row in rows))
    found = track(lines(file), "v", lambda row: utc(row["at"]), frozenset({"", "-200"}))
    assert (found.times[1] - found.times[0], found.values, found.rows) == (10, (1, 3), 5)


def test_a_survey_leaves_codes_and_later_days_out() -> None:
    found = Track((0, 1, 2, 3, 4, 400_000), (300, 2700, 2702, 5000, 2704, 9), 6)
    assert dry(found) == 2702
    tides = Track(tuple(hour * 3600.0 for hour in range(72)), tuple(2.0 + hour % 12 for hour in range(72)), 72)
    assert highest(tides) == 2.0


def test_a_survey_of_what_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        site("street", {"derived.nothing.mount_height": 1.0})


def test_without_recordings_the_command_says_what_to_set(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("EDGE_GATEWAY_RECORDINGS", "/nowhere")
    assert main([]) == 2
    assert "EDGE_GATEWAY_RECORDINGS" in capsys.readouterr().err
