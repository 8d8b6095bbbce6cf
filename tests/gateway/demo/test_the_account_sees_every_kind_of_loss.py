"""Promise: the account is not fooled: a missing read is lost unless a gap speaks of it, a second row is a duplicate, an invented row is seen."""

from gateway.demo.account import Account, Hole, Read, Row, settle

TOLERANCE = {"co": 0.5, "level": 0.5}


def world(count: int = 20, series: str = "co", codes: list[int] | None = None) -> list[Read]:
    return [Read(series, codes[k] if codes else 100 + k, float(k)) for k in range(count)]


def rows(reads: list[Read]) -> list[Row]:
    return [Row(read.series, read.raw, read.at - 0.01) for read in reads]


def result(reads: list[Read], held: list[Row], holes: list[Hole] | None = None) -> Account:
    return settle(reads, held, holes or [], TOLERANCE)


def test_all_there_is_clean() -> None:
    account = result(world(), rows(world()))
    assert (account.sampled, account.delivered, account.lost) == (20, 20, 0)
    assert account.clean


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


def test_a_wrong_value_is_a_row_that_no_read_stands_behind() -> None:
    held = rows(world())
    held[5] = Row("co", 9999, 5.0)
    account = result(world(), held)
    assert (account.unexplained, account.lost) == (1, 1)


def test_a_crash_declares_the_read_between_the_last_row_and_the_first_new_one() -> None:
    held = rows(world())
    account = result(world(), held[:7] + held[8:], [Hole("crash", held[6].at, held[8].at)])
    assert (dict(account.declared), account.lost) == ({"crash": 1}, 0)
    assert account.clean


def test_a_crash_may_declare_one_read_per_series_and_no_more() -> None:
    held = rows(world())
    account = result(world(), held[:7] + held[9:], [Hole("crash", held[6].at, held[9].at)])
    assert account.overdeclared == 1
    assert not account.clean


def test_a_power_cut_may_declare_more() -> None:
    held = rows(world())
    account = result(world(), held[:7] + held[12:], [Hole("power", held[6].at, held[12].at)])
    assert dict(account.declared) == {"power": 5}
    assert account.clean


def test_a_gap_elsewhere_excuses_nothing() -> None:
    held = rows(world())
    account = result(world(), held[:7] + held[8:], [Hole("crash", held[12].at, held[13].at)])
    assert account.lost == 1


def test_a_gap_excuses_only_reads_between_its_ends() -> None:
    held = rows(world())
    account = result(world(), held[:3] + held[4:7] + held[8:], [Hole("evicted", 6.9, 7.1)])
    assert (dict(account.declared), account.lost) == ({"evicted": 1}, 1)
