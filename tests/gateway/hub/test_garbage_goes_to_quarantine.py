"""Whatever arrives: stored, or set aside with the reason, and never receipted unless it is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.contract.examples import level, message
from tests.gateway.hub.desk import Desk, alarm, birth, encode, gap

good = json.loads(encode(alarm(1)))


def altered(**keys: Any) -> bytes:
    return json.dumps(good | keys).encode()


@pytest.mark.parametrize(("cls", "payload"), [
    ("batch", b""), ("batch", b"garbage"), ("batch", b"\x81" * 5000), ("batch", message([level(1)])[:-3]), ("batch", message([level(1)], node="n2")),
    ("alarm", b""), ("alarm", b"{"), ("alarm", b"[" * 60_000), ("alarm", b"\xff"), ("alarm", b"null"), ("alarm", encode(alarm(1, node="n2"))),
    ("alarm", encode(alarm(0))), ("alarm", encode(alarm(2**32))), ("alarm", altered(seq=-1)), ("alarm", altered(seq=True)),
    ("alarm", altered(seq=1.5)),
    ("alarm", altered(mono=1e300)), ("alarm", altered(mono=-1)), ("alarm", altered(value="high")), ("alarm", altered(level=2**70)),
    ("alarm", altered(epoch="")), ("alarm", altered(epoch="e" * 65)), ("alarm", altered(boot="")), ("alarm", encode(alarm(1)) + b" " * 70_000),
    ("alarm", altered(value=1).replace(b'"value": 1', b'"value": 1e999')), ("alarm", altered(value=1).replace(b'"value": 1', b'"value": NaN')),
    ("alarm", altered(rule="x").replace(b'"x"', b'"\\ud800"')), ("alarm", altered(other="x").replace(b'"x"', b'"\xff"')),
    ("alarm", altered(other=1).replace(b'"other": 1', b'"other": ' + b"[" * 20_000 + b"]" * 20_000)),
    ("event", b"{}"), ("event", b'{"kind": 5}'), ("event", encode(gap(1, of=""))), ("event", b'{"kind": "gap"}'),
    ("state", b'{"up": 1}'), ("state", b'{"up": true}'), ("state", encode(birth({}, node="n2"))),
    ("state", encode(birth({str(n): {} for n in range(1025)}))), ("health", b"{}"),
])  # fmt: skip
def test_the_reason_is_told_and_nothing_is_receipted(desk: Desk, cls: str, payload: bytes) -> None:
    desk.hear(cls, payload)
    ((node, found, reason, kept),) = desk.rows("SELECT node, class, reason, payload FROM quarantine")
    assert (node, found, kept) == ("n1", cls, payload[:4096])
    assert 0 < len(reason) <= 200
    assert "defect" not in reason
    assert desk.receipts == []
    desk.hear("alarm", encode(alarm(1)))
    assert desk.mark("alarm") == {"upto": 1}


@pytest.mark.parametrize(
    "topic", ["edge/v1/city/n1/down/receipt", "edge/v1/city/n1/up/reply", "edge/v2/city/n1/up/alarm", "x", "edge/v1/c/n/up/alarm/x"]
)
def test_what_is_not_for_this_hub_is_only_counted(desk: Desk, topic: str) -> None:
    desk.hub.receive(topic, encode(alarm(1)))
    desk.work()
    assert desk.hub.inlet.foreign == 1
    assert desk.rows("SELECT count(*) FROM quarantine") == [0]


def test_the_same_garbage_is_kept_once_and_all_of_it_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.hub.sinks.sqlite_facts.MAX_QUARANTINE", 5)
    desk.hear("alarm", encode(alarm(1)))
    desk.hear("alarm", encode(alarm(1, value=1.0)))
    for place in range(9):
        desk.hear("alarm", str(place).encode(), str(place).encode())
    assert desk.rows("SELECT payload, count FROM quarantine WHERE clone = 0 ORDER BY id") == [(str(n).encode(), 2) for n in range(4, 9)]
    assert desk.rows("SELECT count(*) FROM quarantine WHERE clone = 1") == [1]
    assert desk.rows("SELECT count FROM notices WHERE what = 'refused'") == [18]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["alarm", "event", "state", "batch", "health"]), st.binary(max_size=60))
def test_random_bytes_never_stop_the_hub(desk: Desk, cls: str, payload: bytes) -> None:
    before = len(desk.receipts)
    desk.hear(cls, payload)
    assert len(desk.receipts) == before


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.sampled_from(sorted(good)), trees)
def test_an_alarm_with_any_value_in_any_key_is_stored_or_refused(desk: Desk, key: str, value: object) -> None:
    desk.hear("alarm", json.dumps(good | {key: value}).encode())
    assert desk.rows("SELECT count(*) FROM quarantine WHERE reason LIKE '%defect%'") == [0]
