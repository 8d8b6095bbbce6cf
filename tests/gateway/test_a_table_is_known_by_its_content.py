"""Promise: a series table has the same id wherever the same series stand in it, and another one where anything differs."""

import msgspec

from gateway.model import SeriesInfo, Table

INFO = SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0.0, 500.0, 1.0, 0.1)


def test_a_limit_written_as_a_whole_number_is_the_same() -> None:
    assert Table((msgspec.structs.replace(INFO, low=0, high=500, period=1),)).id == Table((INFO,)).id


def test_it_survives_being_written_and_read() -> None:
    read = msgspec.convert(msgspec.msgpack.decode(msgspec.msgpack.encode((INFO,))), tuple[SeriesInfo, ...])
    assert Table(read).id == Table((INFO,)).id


def test_any_difference_makes_another() -> None:
    others = [msgspec.structs.replace(INFO, **{key: value}) for key, value in (("name", "x"), ("unit", "%"), ("slope", 0.2), ("calibration", "c1"))]
    assert len({Table((info,)).id for info in [INFO, *others]}) == 5
    assert Table((INFO, others[0])).id != Table((others[0], INFO)).id
