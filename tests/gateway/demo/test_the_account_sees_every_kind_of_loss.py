"""Promise: the account is not fooled: a missing read is lost unless a gap speaks of it, a second row is a duplicate, an invented row and a wrong
value are seen, and a gap excuses no more than what it says and what its cause can have cost."""

import pytest

from gateway.demo.account import Account, Read, Row, settle
from gateway.demo.holes import Hole, Terms
from gateway.model import SeriesInfo

CO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0.0, 500.0, 1.0, slope=0.1, intercept=-2.0)
LEVEL = SeriesInfo("level", "level", "m", 3, 0.0, 5.0, 1.0, slope=0.001)
SERIES = {"co": CO, "level": LEVEL}


def world(count: int = 20, series: str = "co", codes: list[int] | None = None) -> list[Read]:
    return [Read(series, codes[k] if codes else 100 + k, float(k)) for k in range(count)]


def row(series: str, raw: int, at: float) -> Row:
    info = SERIES[series]
    return Row(series, raw, at, info.value(raw), {"[ppm]": "ppm"}.get(info.unit, info.unit), "good")


def rows(reads: list[Read]) -> list[Row]:
    return [row(read.series, read.raw, read.at - 0.01) for read in reads]


def result(reads: list[Read], held: list[Row], holes: list[Hole] | None = None, deaths: list[float] | None = None, flush: float = 5.0) -> Account:
    return settle(reads, held, holes or [], Terms(SERIES, flush, 0.0, deaths or []))


def test_all_there_is_clean() -> None:
    account = result(world(), rows(world()))
    assert (account.sampled, account.delivered, account.lost) == (20, 20, 0)
    assert account.clean


def test_nothing_read_is_not_clean() -> None:
    assert not result([], []).clean


def test_a_missing_read_is_lost() -> None:
    account = result(world(), rows(world())[:7] + rows(world())[8:])
    assert account.lost == 1
    assert not account.clean


def test_a_constant_signal_hides_no_loss() -> None:
    reads = world(codes=[5] * 20)
    account = result(reads, rows(reads)[:7] + rows(reads)[8:])
    assert (account.delivered, account.lost) == (19, 1)


def test_a_second_row_of_a_read_is_a_duplicate_also_of_a_constant_signal() -> None:
    reads = world(codes=[5] * 20)
    held = rows(reads)
    account = result(reads, held[:8] + held[7:])
    assert account.duplicated == 1
    assert not account.clean


def test_rows_out_of_their_order_are_seen() -> None:
    held = rows(world())
    held[3], held[4] = held[4], held[3]
    assert result(world(), held).out_of_order == 1


def test_an_invented_row_is_one_that_no_read_stands_behind() -> None:
    held = rows(world())
    held[5] = row("co", 9999, 5.0)
    account = result(world(), held)
    assert (account.unexplained, account.lost) == (1, 1)
    held[5] = rows(world())[5]
    assert result(world(), [*held, Row("nobody", 1, 5.0, 1.0, "m", "good")]).unexplained == 1


@pytest.mark.parametrize(
    "changed", [{"value": 8.6}, {"value": 8.4}, {"unit": "ppb"}, {"unit": "[ppm]"}, {"quality": "bad"}, {"value": None}, {"quality": "missing"}]
)
def test_a_value_that_is_not_what_its_raw_code_means_is_wrong(changed: dict[str, object]) -> None:
    held = rows(world())
    assert held[5].value == 8.5
    held[5] = held[5]._replace(**changed)  # type: ignore[arg-type]
    account = result(world(), held)
    assert (account.wrong, account.lost) == (1, 0)
    assert not account.clean


def test_a_failed_read_is_bad_and_has_no_value() -> None:
    held = rows(world())
    assert result(world(), [*held, Row("co", None, 20.0, None, "ppm", "bad")]).clean
    assert result(world(), [*held, Row("co", None, 20.0, 0.0, "ppm", "bad")]).wrong == 1


def test_a_crash_declares_the_read_between_the_last_row_and_the_next_start() -> None:
    held = rows(world())
    account = result(world(), held[:7] + held[8:], [Hole("crash", held[6].at, 7.5)], [7.2])
    assert (dict(account.declared), account.lost) == ({"crash": 1}, 0)
    assert account.clean


@pytest.mark.parametrize("cause", ["crash", "stop"])
def test_a_crash_or_a_stop_may_declare_one_read_per_series_and_no_more(cause: str) -> None:
    reads = world() + world(series="level")
    held = rows(reads)
    one_each = [each for each in held if not 6.5 < each.at < 7.5]
    hole, deaths = [Hole(cause, 5.99, 7.5)], [7.2]
    assert result(reads, one_each, hole, deaths).clean
    fast = [*world(), Read("co", 500, 7.1)]
    account = result(sorted(fast, key=lambda read: read.at), held[:7] + held[8:20], hole, deaths)
    assert account.overdeclared == 1
    assert not account.clean


def test_a_power_cut_may_declare_what_was_read_since_the_last_flush() -> None:
    held = rows(world())
    account = result(world(), held[:7] + held[12:], [Hole("power", held[6].at, 11.9)], [11.5])
    assert dict(account.declared) == {"power": 5}
    assert account.clean


def test_a_power_cut_excuses_nothing_older_than_a_flush_and_a_period() -> None:
    held = rows(world())
    hole = [Hole("power", held[6].at, 15.9)]
    account = result(world(), held[:7] + held[16:], hole, [15.5])
    assert (account.declared["power"], account.lost) == (6, 3)
    assert result(world(), held[:7] + held[16:], hole, [15.5], flush=8.0).lost == 0


@pytest.mark.parametrize("cause", ["power", "crash"])
def test_a_death_excuses_nothing_that_is_older_than_the_newest_journalled_reading(cause: str) -> None:
    held = rows(world())
    account = result(world(), held[:7] + held[8:12] + held[13:], [Hole(cause, held[11].at, 12.5)], [12.2])
    assert (account.declared[cause], account.lost) == (1, 1)


def test_a_series_that_fell_silent_long_before_a_death_is_not_excused_by_it() -> None:
    reads = world() + world(series="level")
    held = [each for each in rows(reads) if not (6.5 < each.at < 13.5 and each.series == "level") and not 11.5 < each.at < 12.5]
    account = result(reads, held, [Hole("power", 10.99, 12.5)], [12.2])
    assert account.declared == {"power": 1}
    assert account.lost == 7


def test_a_gap_with_an_open_beginning_covers_only_what_was_read_before_the_first_row() -> None:
    held = rows(world())
    assert result(world(), held[3:], [Hole("power", None, 2.5)], [2.2]).clean
    account = result(world(), held[:7] + held[8:], [Hole("power", None, 7.5)], [7.2])
    assert account.lost == 1


def test_a_death_that_never_was_excuses_nothing() -> None:
    held = rows(world())
    assert result(world(), held[:7] + held[8:], [Hole("power", held[6].at, 7.5)]).lost == 1


def test_a_gap_elsewhere_excuses_nothing() -> None:
    held = rows(world())
    account = result(world(), held[:7] + held[8:], [Hole("crash", held[12].at, 13.5)], [13.2])
    assert account.lost == 1


def test_a_gap_excuses_only_reads_between_its_ends() -> None:
    held = rows(world())
    account = result(world(), held[:3] + held[4:7] + held[8:], [Hole("evicted", 6.9, 7.1, 5)])
    assert (dict(account.declared), account.lost) == ({"evicted": 1}, 1)


@pytest.mark.parametrize("cause", ["evicted", "overflow", "rejected", "corrupt"])
def test_a_gap_excuses_no_more_reads_than_it_declares_in_all_series_together(cause: str) -> None:
    reads = world() + world(series="level")
    held = [each for each in rows(reads) if not 4.5 < each.at < 8.5]
    assert result(reads, held, [Hole(cause, 5.0, 8.0, 8)]).clean
    account = result(reads, held, [Hole(cause, 5.0, 8.0, 6)])
    assert (account.declared[cause], account.lost) == (6, 2)


def test_only_damage_may_not_know_how_much_it_cost() -> None:
    held = rows(world())
    assert result(world(), held[:5] + held[9:], [Hole("corrupt", 5.0, 8.0)]).clean
    assert result(world(), held[:5] + held[9:], [Hole("evicted", 5.0, 8.0)]).lost == 4
    assert result(world(), held[:5] + held[9:], [Hole("unused", None, None)]).lost == 4
