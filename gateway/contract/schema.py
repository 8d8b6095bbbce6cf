"""`schema.json`, the JSON Schema of every JSON message, made from the structs so that the two cannot differ.

Write it anew with `python -m gateway.contract.schema > gateway/contract/schema.json`; a test compares. A class of message is validated by
`{"$ref": "#/$defs/class-alarm"}` and so on. Unknown keys are allowed: a reader ignores them.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec

from gateway.contract.messages import Alarm, AnyEvent, Birth, Death, Health, Receipt


def schema() -> dict[str, Any]:
    """The whole document."""
    (alarm, event, birth, death, health, receipt), parts = msgspec.json.schema_components(
        [Alarm, AnyEvent, Birth, Death, Health, Receipt], ref_template="#/$defs/{name}"
    )
    classes: dict[str, Any] = {
        "class-alarm": alarm,
        "class-event": event,
        "class-state": {"if": {"properties": {"up": {"const": True}}}, "then": birth, "else": death},
        "class-health": health,
        "class-receipt": receipt,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "JSON messages of edge/v1; topic edge/v1/{site}/{node}/{up|down}/{class}",
        "$defs": dict(sorted(parts.items())) | classes,
    }


def text() -> str:
    """The file's content."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
