"""The page that a hub engineer reads has a decoder; whoever copies it gets what the hub's table has."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gateway.contract
from gateway.contract.batch import Batch, decode_message
from gateway.model import Reading
from tests.gateway.contract.examples import block_readings, level, message, sealed

PAGE = (Path(gateway.contract.__file__).parent / "README.md").read_text(encoding="utf-8")
(CODE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
space: dict[str, Any] = {"__name__": "page"}
exec(compile(CODE, "README.md", "exec"), space)
readings_of: Callable[[bytes], Iterator[dict[str, Any]]] = space["readings"]


def ours(batch: Batch) -> Iterator[dict[str, Any]]:
    for block in batch.blocks:
        fix = batch.clocks.get(block.boot)
        for column in block.columns:
            quality = ["good"] * len(column.ms)
            for first, count, mark, *_ in column.marks:
                quality[first : first + count] = [("good", "uncertain", "bad")[mark]] * count
            for row, (ms, raw, judged) in enumerate(zip(column.ms, column.raws, quality)):
                yield {
                    "node": batch.node, "epoch": batch.epoch, "seq": block.seq, "position": column.first + row, "series": column.series.name,
                    "boot": block.boot, "mono": ms / 1000, "utc": None if fix is None else fix.utc + (ms / 1000 - fix.mono), "raw": raw,
                    "value": None if raw is None or judged == "bad" else column.series.value(raw), "unit": column.series.unit, "quality": judged,
                }  # fmt: skip


@given(st.lists(block_readings(), min_size=1, max_size=2), st.booleans())
def test_it_gives_the_rows_that_ours_gives(blocks: list[list[Reading]], clock: bool) -> None:
    payload = message([sealed(seq, readings) for seq, readings in enumerate(blocks, 1)], clock)
    assert list(readings_of(payload)) == list(ours(decode_message(payload)))


def test_it_is_short() -> None:
    function = CODE[CODE.index("def readings") : CODE.index("if __name__")]
    assert len(function.strip().splitlines()) <= 30


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    script = tmp_path / "decode.py"
    script.write_text(CODE, encoding="utf-8")
    payload = message([level(1)])
    done = subprocess.run([sys.executable, str(script)], input=payload, capture_output=True, check=True, timeout=20)
    assert [json.loads(line) for line in done.stdout.splitlines()] == list(readings_of(payload))


def test_the_worked_example_is_right() -> None:
    (example,) = re.findall(r"```\n(\[\{.*?)```", PAGE, re.DOTALL)
    head, block = example.replace("null", "None").split(" h'...' = ")
    payload = cbor2.dumps([eval(head.strip().rstrip(",")[1:]), cbor2.dumps(eval(block.strip()[:-1]))])
    rows = list(readings_of(payload))
    assert rows == list(ours(decode_message(payload)))
    assert [(row["series"], row["mono"], row["value"], row["position"]) for row in rows] == [
        ("level", 12.5, 412, 0), ("level", 13.503, 410, 1), ("co", 12.5, 10.5, 2), ("co", 13.503, None, 3),
    ]  # fmt: skip
    assert rows[0]["utc"] == pytest.approx(1780000002.5)
