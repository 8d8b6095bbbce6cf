"""Promise: the time from the chip to the siren and to the receipt is a measured time or a word, never a nought that nobody measured."""

from typing import Any

from gateway.demo.account import Read
from gateway.demo.alarms import Told, Traces, story
from gateway.demo.view import table

READS = [(Read("co", 100 + k, float(k)), 1000.0 + k / 10) for k in range(20)]
WIRED = {"co": ("siren",), "quiet": ()}


def one(outputs: list[tuple[float, str, int]], receipts: list[tuple[float, int]], rule: str = "co", change: str = "raised") -> dict[str, Any]:
    (found,) = story([Told(rule, "co", change, 7, 4.98, 30.0)], READS, Traces(outputs, receipts), WIRED)
    return found


def test_an_output_that_switches_and_a_receipt_are_measured_from_the_read() -> None:
    found = one([(1000.505, "siren", 1)], [(1000.49, 7), (1000.52, 6), (1000.55, 7)])
    assert (found["output"], found["output_ms"], found["receipt_ms"]) == ("switched", 5.0, 50.0)


def test_an_output_that_sounds_already_has_no_time() -> None:
    found = one([(1000.2, "siren", 1)], [(1000.55, 7)])
    assert (found["output"], found["output_ms"]) == ("already on", None)


def test_an_output_that_was_on_once_or_that_is_another_is_not_on() -> None:
    assert one([(1000.1, "siren", 1), (1000.2, "siren", 0)], [])["output"] == "never"
    assert one([(1000.2, "beacon", 1)], [])["output"] == "never"


def test_a_rule_without_output_and_an_alarm_that_grows_worse_tell_nothing_of_outputs() -> None:
    assert one([(1000.505, "siren", 1)], [], rule="quiet")["output"] is None
    assert one([(1000.505, "siren", 1)], [], change="escalated")["output"] is None


def test_no_receipt_is_no_time() -> None:
    assert one([], [(1000.55, 6)])["receipt_ms"] is None


def test_the_table_says_it_in_words() -> None:
    numbers = dict.fromkeys(("sampled", "delivered", "bad", "lost", "duplicated", "out_of_order", "gaps", "bytes_per_reading"), 1)
    result: dict[str, Any] = numbers | {"declared": {}, "alarms": [one([(1000.2, "siren", 1)], []), one([(1000.505, "siren", 1)], [(1000.55, 7)])]}
    told = table("A run", result, ["1 readings lost without a word"])
    assert "output already on, no hub receipt" in told
    assert "output after 5.0 ms, hub receipt after 50 ms" in told
    assert "WRONG: 1 readings lost without a word" in told
