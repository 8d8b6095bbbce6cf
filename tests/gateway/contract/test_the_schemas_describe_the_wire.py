from __future__ import annotations

import importlib
import json
import platform
from pathlib import Path
from typing import Any

import cbor2
import jsonschema
import msgspec
import pytest
from hypothesis import given

import gateway.contract
from gateway.contract.messages import Clock, ClockFix, Gap, Mark, Receipt
from gateway.contract.schema import text
from gateway.model import Reading
from tests.gateway.contract.examples import block_readings, level, message, sealed

NAME = "pycddl"  # it has wheels for x86_64 only: elsewhere these tests are skipped, there they fail without it
pycddl = importlib.import_module(NAME) if platform.machine() == "x86_64" else pytest.importorskip(NAME)
FOLDER = Path(gateway.contract.__file__).parent
CDDL = (FOLDER / "batch.cddl").read_text(encoding="utf-8")
HEAD, BLOCK = pycddl.Schema("start = head\n" + CDDL), pycddl.Schema("start = block\n" + CDDL)


def validator(cls: str) -> jsonschema.Draft202012Validator:
    document = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator({**document, "$ref": f"#/$defs/class-{cls}"})


def test_the_schema_is_the_one_the_structs_give() -> None:
    assert (FOLDER / "schema.json").read_text(encoding="utf-8") == text(), "run: python -m gateway.contract.schema > gateway/contract/schema.json"


@pytest.mark.parametrize("event", [
    Gap(node="n", boot="b", mono=1.0, of="e", lane="batch", cause="power", begin=("b", 0.5), end=("c", 0.1), readings=3),
    Clock(node="n", boot="b", mono=1.0, of="b", fix=ClockFix(1.0, 2.0, "ntp", 0.05)),
])  # fmt: skip
def test_an_event_is_valid(event: Gap | Clock) -> None:
    validator("event").validate(json.loads(msgspec.json.encode(event)))


def test_a_receipt_is_valid_and_a_broken_one_is_not() -> None:
    receipt = json.loads(msgspec.json.encode(Receipt(1, 2.5, 0.1, ("b", 1.0), {"e": {"batch": Mark(3, [(5, 6)])}}, True)))
    validator("receipt").validate(receipt)
    broken: dict[str, Any] = {**receipt, "epochs": {"e": {"batch": {"upto": -1}}}}
    with pytest.raises(jsonschema.ValidationError):
        validator("receipt").validate(broken)


def test_a_birth_is_told_from_a_death() -> None:
    validator("state").validate({"v": 1, "up": False, "node": "n", "epoch": "e", "boot": "b"})
    with pytest.raises(jsonschema.ValidationError):
        validator("state").validate({"v": 1, "up": True, "node": "n", "epoch": "e", "boot": "b"})


@given(block_readings())
def test_every_batch_is_valid_cddl(readings: list[Reading]) -> None:
    head, block = cbor2.loads(message([sealed(1, readings)]))
    HEAD.validate_cbor(cbor2.dumps(head))
    BLOCK.validate_cbor(block)


@pytest.mark.parametrize(("key", "wrong"), [("s", -1), ("s", 2**33), ("b", 5), ("m", "now"), ("g", []), ("g", [[[0], 0, 0, [], [["x"]]]])])
def test_a_wrong_block_is_not_valid_cddl(key: str, wrong: object) -> None:
    block = cbor2.loads(level(1))
    block[key] = wrong
    with pytest.raises(pycddl.ValidationError):
        BLOCK.validate_cbor(cbor2.dumps(block))
