"""Whatever the bytes are: a batch that is right in itself, or BadBatch; never another exception, never much time or memory."""

from __future__ import annotations

import math
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.batch import BadBatch, decode_message
from gateway.contract.unbatch import MAX_MESSAGE
from tests.gateway.contract.examples import TABLE, level, message

GOOD = message([level(1), level(2)])
Parts = tuple[dict[str, Any], dict[str, Any]]


def taken_apart() -> Parts:
    head, block, _ = cbor2.loads(GOOD)
    return head, cbor2.loads(block)


def refused(payload: bytes) -> str:
    with pytest.raises(BadBatch) as caught:
        decode_message(payload)
    assert len(str(caught.value)) < 400
    return str(caught.value)


def group(block: dict[str, Any]) -> list[Any]:
    first: list[Any] = block["g"][0]
    return first


WRONG: dict[str, Callable[[dict[str, Any], dict[str, Any]], object]] = {
    "another version": lambda h, b: h.update(v=2),
    "no version": lambda h, b: h.pop("v"),
    "node is a number": lambda h, b: h.update(n=5),
    "node is empty": lambda h, b: h.update(n=""),
    "node is long": lambda h, b: h.update(n="n" * 65),
    "epoch is bytes": lambda h, b: h.update(e=b"0001"),
    "sent at NaN": lambda h, b: h.update(m=["b", math.nan]),
    "sent at infinity": lambda h, b: h.update(m=["b", math.inf]),
    "sent before its boot": lambda h, b: h.update(m=["b", -1.0]),
    "sent is short": lambda h, b: h.update(m=["b"]),
    "sim is a number": lambda h, b: h.update(sim=1),
    "tables is a list": lambda h, b: h.update(tables=[]),
    "the table is missing": lambda h, b: h.update(tables={}),
    "decimals is true": lambda h, b: h.update(tables={TABLE.id: [["a", "mm", True]]}),
    "decimals is huge": lambda h, b: h.update(tables={TABLE.id: [["a", "mm", 400]]}),
    "slope is NaN": lambda h, b: h.update(tables={TABLE.id: [["a", "mm", 0, math.nan, 0]]}),
    "slope without intercept": lambda h, b: h.update(tables={TABLE.id: [["a", "mm", 0, 1.0]]}),
    "a clock without error": lambda h, b: h.update(clocks={"b": [1, 2, "ntp"]}),
    "a clock of infinity": lambda h, b: h.update(clocks={"b": [1, math.inf, "ntp", 0.1]}),
    "a date": lambda h, b: h.update(x=cbor2.CBORTag(1, 1363896240)),
    "a regular expression": lambda h, b: h.update(x=cbor2.CBORTag(35, "(a+)+b")),
    "a huge exponent": lambda h, b: h.update(x=cbor2.CBORTag(4, [10**9, 1])),
    "seq is zero": lambda h, b: b.update(s=0),
    "seq is negative": lambda h, b: b.update(s=-1),
    "seq is 2^32": lambda h, b: b.update(s=2**32),
    "seq is true": lambda h, b: b.update(s=True),
    "seq is a float": lambda h, b: b.update(s=1.0),
    "boot is null": lambda h, b: b.update(b=None),
    "start is NaN": lambda h, b: b.update(m=math.nan),
    "start is negative": lambda h, b: b.update(m=-5.0),
    "no groups": lambda h, b: b.update(g=[]),
    "groups is a map": lambda h, b: b.update(g={0: 1}),
    "a group is short": lambda h, b: group(b).pop(),
    "a group is long": lambda h, b: group(b).extend([[], []]),
    "a series beyond the table": lambda h, b: group(b).__setitem__(0, [1, 8]),
    "a series before the table": lambda h, b: group(b).__setitem__(0, [1, -1]),
    "a series is true": lambda h, b: group(b).__setitem__(0, [1, True]),
    "no series": lambda h, b: group(b).__setitem__(0, []),
    "more series than columns": lambda h, b: group(b)[0].append(3),
    "a group before its block": lambda h, b: group(b).__setitem__(1, -1),
    "period is a float": lambda h, b: group(b).__setitem__(2, 1000.0),
    "period is huge": lambda h, b: group(b).__setitem__(2, 2**60),
    "a residual is null": lambda h, b: group(b).__setitem__(3, [0, None, 0]),
    "a residual is huge": lambda h, b: group(b).__setitem__(3, [0, 2**63, 0]),
    "time runs before the boot": lambda h, b: group(b).__setitem__(3, [-(2**40), 0, 0]),
    "a column is short": lambda h, b: group(b)[4][1].pop(),
    "a raw number is a text": lambda h, b: group(b)[4][1].__setitem__(0, "5"),
    "a raw number is a float": lambda h, b: group(b)[4][1].__setitem__(0, 5.5),
    "a raw number is true": lambda h, b: group(b)[4][1].__setitem__(0, True),
    "a raw number is NaN": lambda h, b: group(b)[4][1].__setitem__(0, math.nan),
    "a raw number is 2^53 + 1": lambda h, b: group(b)[4][1].__setitem__(0, 2**53 + 1),
    "raw numbers add up to 2^64": lambda h, b: group(b)[4].__setitem__(1, [2**62] * 4),
    "a mark beyond the series": lambda h, b: group(b).append([[2, 0, 1, 1, 0, ""]]),
    "a mark beyond the rows": lambda h, b: group(b).append([[0, 2, 3, 1, 0, ""]]),
    "a mark of no rows": lambda h, b: group(b).append([[0, 0, 0, 1, 0, ""]]),
    "marks that overlap": lambda h, b: group(b).append([[0, 0, 2, 1, 0, ""], [0, 1, 1, 2, 0, ""]]),
    "an unknown quality": lambda h, b: group(b).append([[0, 0, 1, 3, 0, ""]]),
    "negative flags": lambda h, b: group(b).append([[0, 0, 1, 1, -1, ""]]),
    "a reason that is a list": lambda h, b: group(b).append([[0, 0, 1, 1, 0, []]]),
    "a mark is short": lambda h, b: group(b).append([[0, 0, 1]]),
}


@pytest.mark.parametrize("what", WRONG)
def test_one_thing_wrong_refuses_the_whole(what: str) -> None:
    head, block = taken_apart()
    WRONG[what](head, block)
    refused(cbor2.dumps([head, cbor2.dumps(block)]))


def test_the_same_parts_put_together_again_are_accepted() -> None:
    head, block = taken_apart()
    assert decode_message(cbor2.dumps([head, cbor2.dumps(block)])).blocks[0].size == 8


@pytest.mark.parametrize("payload", [
    b"", b"\x80", b"\xf6", b"{}", b"\x81\x80", b"\x9b" + b"\xff" * 8, b"\xbb" + b"\xff" * 8, b"\x5b" + b"\xff" * 8, b"\x81" * 60_000, b"\x9f" * 1000,
    b"\x82\xa0" + b"\xd9\xff" * 9, b"\x00" * (MAX_MESSAGE + 1), cbor2.dumps([{}, 5]), cbor2.dumps([taken_apart()[0], "text", 5]),
    cbor2.dumps([taken_apart()[0], None]), cbor2.dumps({"v": 1}), b"\xa2\x61v\x01\x61v\x02",
])  # fmt: skip
def test_what_is_no_batch_is_refused(payload: bytes) -> None:
    refused(payload)


@given(st.binary(max_size=300))
def test_garbage_is_refused(payload: bytes) -> None:
    refused(payload)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_damaged_batch_is_refused_or_right_in_itself(place: int, flip: int) -> None:
    damaged = bytearray(GOOD)
    damaged[place] ^= flip
    try:
        batch = decode_message(bytes(damaged))
    except BadBatch:
        return
    for block in batch.blocks:
        assert 0 < block.seq < 2**32
        assert block.size == sum(len(column.ms) for column in block.columns)
        assert all(len(column.ms) == len(column.raws) and 0 <= min(column.ms) <= max(column.ms) <= 2**53 for column in block.columns)


def best(call: Callable[[], object]) -> float:
    """The shortest of some runs: what the work costs, whatever else this machine is doing."""
    times = []
    for _ in range(20):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("payload", [
    b"\x81" * 60_000, b"\x9a\x00\xff\xff\xff" * 12_000, cbor2.dumps([[0] * 30_000]), cbor2.dumps([{"v": 1, "tables": {"a": [["x"]] * 5000}}]),
    cbor2.dumps([cbor2.CBORTag(35, "(a+)+" * 12_000)]), cbor2.dumps({str(n): n for n in range(3000)}),
])  # fmt: skip
def test_refusing_costs_a_millisecond_and_little_memory(payload: bytes) -> None:
    assert best(lambda: refused(payload)) < 0.001
    tracemalloc.start()
    try:
        refused(payload)
        assert tracemalloc.get_traced_memory()[1] < 64 * len(payload) + 100_000  # a list of nothing is one byte there and 64 here
    finally:
        tracemalloc.stop()
