"""Promise: mosquitto_sub sees alarms, state, events and receipts as plain JSON of the published schemas; the decoder on the contract's page reads
the batches, and prints the readings that stand in the hub's table."""

import importlib
import json
import platform
import re
import sqlite3
from pathlib import Path
from typing import Any

import cbor2
import jsonschema
import pytest

from tests.drills.stage import compose, drill, heard
from tests.mosquitto import Mosquitto, program

pytestmark = pytest.mark.slow
LAST_DIGIT = {"co": 0.1, "level": 0.001}
CONTRACT = Path(__file__).parents[2] / "gateway" / "contract"


class Tapped(Mosquitto):
    """A Mosquitto whose traffic is written down by its own client: JSON as it is, batches as hexadecimal digits."""

    def start(self) -> None:
        super().start()
        self.listen("edge/v1/+/+/+/+", self._folder / "heard")
        self.tap("edge/v1/+/+/up/batch", self._folder / "batches")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The counted scenario with a cut of the link, played once through a tapped Mosquitto."""
    program("mosquitto_sub")
    folder = tmp_path_factory.mktemp("tapped")
    broker = Tapped(folder / "mosquitto")
    outage = '[[outage]]\nat = "100 s"\nlasts = "150 s"\nwhat = "link"'
    try:
        found = drill(compose(folder / "play", 'lasts = "480 s"\nspeed = 30.0', outage), folder / "kept", broker)
        assert found.clean, found.table
    finally:
        broker.stop()
    return folder


@pytest.fixture(scope="module")
def messages(played: Path) -> list[dict[str, Any]]:
    """Everything but batches, as mosquitto_sub printed it."""
    return [message for message in heard(played / "mosquitto" / "heard") if not message["topic"].endswith("/batch")]


@pytest.mark.parametrize("cls", ["alarm", "state", "event", "receipt", "health"])
def test_every_json_message_is_of_its_schema(messages: list[dict[str, Any]], cls: str) -> None:
    schema = json.loads((CONTRACT / "schema.json").read_text())
    validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/class-{cls}", "$defs": schema["$defs"]})
    found = [message["body"] for message in messages if message["topic"].endswith(f"/{cls}")]
    assert found, f"no {cls} was heard"
    for body in found:
        validator.validate(body)


def test_every_batch_is_of_its_cddl(played: Path) -> None:
    pycddl = pytest.importorskip("pycddl") if platform.machine() != "x86_64" else importlib.import_module("pycddl")
    rules = (CONTRACT / "batch.cddl").read_text()
    head_rule, block_rule = (pycddl.Schema(f"start = {name}\n{rules}") for name in ("head", "block"))
    payloads = [bytes.fromhex(line) for line in (played / "mosquitto" / "batches").read_text().split()]
    assert payloads
    for payload in payloads:
        head, *blocks = cbor2.loads(payload)
        head_rule.validate_cbor(cbor2.dumps(head))
        for block in blocks:
            block_rule.validate_cbor(block)


def test_alarms_tell_what_a_person_asks(messages: list[dict[str, Any]]) -> None:
    alarms = [message["body"] for message in messages if message["topic"].endswith("/alarm")]
    raised = [alarm for alarm in alarms if alarm["change"] == "raised"]
    assert raised
    assert all(alarm["value"] >= alarm["limit"] == 1.0 and alarm["outputs"] == ["siren"] and alarm["simulated"] for alarm in raised)
    assert len({(alarm["epoch"], alarm["seq"]) for alarm in alarms}) == len({json.dumps(alarm["mono"]) + alarm["change"] for alarm in alarms})


def test_the_decoder_on_the_page_prints_the_readings_of_the_table(played: Path) -> None:
    page = (CONTRACT / "README.md").read_text()
    code = next(block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "cbor2" in block)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    decode = next(value for name, value in names.items() if callable(value) and name in ("decode", "readings", "read_batch"))
    decoded = set()
    for line in (played / "mosquitto" / "batches").read_text().split():
        for row in decode(bytes.fromhex(line)):
            decoded.add((row["epoch"], row["seq"], row["position"], row["series"], row["raw"], row["value"]))
    with sqlite3.connect(f"file:{played / 'kept' / 'hub.sqlite'}?mode=ro", uri=True) as database:
        stored = set(database.execute("SELECT epoch, seq, position, series, raw, value FROM readings"))
    database.close()
    assert len(stored) > 900
    assert {row[:5] for row in stored} == {row[:5] for row in decoded}
    values = {row[:4]: row[5] for row in decoded}
    assert {row[3] for row in stored if row[5] is not None} == LAST_DIGIT.keys()
    unequal = [row for row in stored if row[5] != values[row[:4]]]
    assert all(abs(values[row[:4]] - row[5]) <= LAST_DIGIT[row[3]] * 1.001 for row in unequal), "only a half may be rounded either way"
    assert len(unequal) < len(stored) / 50
