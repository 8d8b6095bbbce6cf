"""Real broker, real process, SIGKILL in the middle: nothing twice, nothing missing, nothing receipted that is not there."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import jsonschema
import pytest

import gateway.contract
from tests.gateway.contract.examples import level, message
from tests.gateway.hub.desk import BOOT, EPOCH, alarm, birth, encode
from tests.gateway.hub.street import HubProcess, Node
from tests.mosquitto import Mosquitto

BLOCKS = 240
PER_BLOCK = 200


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "mosquitto", "listener PORT 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def hubs(broker: Mosquitto, tmp_path: Path) -> Iterator[Callable[..., HubProcess]]:
    """Starts hubs on one database; what still runs at the end is killed."""
    started: list[HubProcess] = []

    def start(*options: str) -> HubProcess:
        started.append(HubProcess(broker.port, tmp_path / "hub.db", *options))
        return started[-1]

    yield start
    for hub in started:
        if hub.process.poll() is None:
            hub.stop()


@pytest.fixture
def node(broker: Mosquitto) -> Iterator[Node]:
    made = Node(broker.port)
    yield made
    made.close()


def rows(db: Path, query: str) -> list[tuple[int, ...]]:
    connection = sqlite3.connect(db)
    try:
        return list(connection.execute(query))
    finally:
        connection.close()


def send(node: Node, numbers: range) -> None:
    for first in range(numbers.start, numbers.stop, 10):
        node.say("batch", message([level(seq, PER_BLOCK // 2) for seq in range(first, min(first + 10, numbers.stop))]))


def held(last: int) -> bytes:
    return encode(birth({EPOCH: {"batch": (1, last)}}))


def test_killed_in_the_middle_of_a_drain(hubs: Callable[..., HubProcess], node: Node, tmp_path: Path) -> None:
    hub = hubs()
    node.say("state", held(BLOCKS), retain=True)
    node.wait(lambda: bool(node.receipts), "the answer to the birth")

    def reached(seq: int) -> bool:
        return node.upto("batch", EPOCH) >= seq

    sent = 0
    for kill_at in (40, 110, 180):
        send(node, range(sent + 1, kill_at + 60))
        node.wait(partial(reached, kill_at), f"a receipt for block {kill_at}")
        hub.stop(signal.SIGKILL)
        told = node.upto("batch", EPOCH)
        assert rows(tmp_path / "hub.db", f"SELECT count(*) FROM blocks WHERE seq <= {told}") == [(told,)]
        node.receipts.clear()
        hub = hubs()
        node.wait(lambda: any(receipt["birth"] for receipt in node.receipts), "the answer to the retained birth")
        sent = node.upto("batch", EPOCH)
        assert sent >= told
    send(node, range(sent + 1, BLOCKS + 1))
    node.wait(lambda: node.upto("batch", EPOCH) == BLOCKS, "the last receipt")
    readings = "SELECT count(*), count(DISTINCT seq || ' ' || position), count(DISTINCT raw || series) FROM readings"
    assert rows(tmp_path / "hub.db", readings) == [(BLOCKS * PER_BLOCK,) * 3]


def test_restored_from_an_older_copy_it_asks_for_the_rest(hubs: Callable[..., HubProcess], node: Node, tmp_path: Path) -> None:
    hub = hubs()
    node.say("state", held(60), retain=True)
    send(node, range(1, 21))
    node.wait(lambda: node.upto("batch", EPOCH) == 20, "the first receipts")
    assert hub.stop(signal.SIGTERM) == 0
    shutil.copy(tmp_path / "hub.db", tmp_path / "copy.db")
    hub = hubs()
    send(node, range(21, 61))
    node.wait(lambda: node.upto("batch", EPOCH) == 60, "the later receipts")
    assert hub.stop(signal.SIGTERM) == 0
    shutil.copy(tmp_path / "copy.db", tmp_path / "hub.db")
    node.receipts.clear()
    hubs()
    node.wait(lambda: bool(node.receipts), "the answer to the retained birth")
    assert node.receipts[0]["birth"]
    assert node.receipts[0]["re"] == [BOOT, 3.0]
    assert node.receipts[0]["epochs"][EPOCH]["batch"] == {"upto": 20, "missing": [[21, 60]]}
    send(node, range(21, 61))
    node.wait(lambda: node.upto("batch", EPOCH) == 60, "the receipts of what was sent again")
    assert rows(tmp_path / "hub.db", "SELECT count(*), count(DISTINCT raw || series) FROM readings") == [(60 * PER_BLOCK,) * 2]


def test_receipts_are_plain_json_that_expire(hubs: Callable[..., HubProcess], node: Node) -> None:
    hubs("--clock-error", "0.25")
    node.say("alarm", encode(alarm(1)))
    node.say("batch", message([level(1), level(3)]))
    node.wait(lambda: node.upto("batch", EPOCH) == 1 and node.upto("alarm", EPOCH) == 1, "the receipts")
    document = json.loads((Path(gateway.contract.__file__).parent / "schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator({**document, "$ref": "#/$defs/class-receipt"})
    for receipt, expiry in zip(node.receipts, node.expiry):
        validator.validate(receipt)
        assert receipt["error"] == 0.25
        assert 0 < expiry <= 60


def test_sigterm_stores_and_answers_what_has_arrived_and_leaves_one_file(hubs: Callable[..., HubProcess], node: Node, tmp_path: Path) -> None:
    hub = hubs()
    send(node, range(1, 101))
    node.wait(lambda: node.upto("batch", EPOCH) > 0, "a first receipt")
    assert hub.stop(signal.SIGTERM) == 0
    (stored,) = rows(tmp_path / "hub.db", "SELECT upto FROM marks WHERE lane = 'batch'")
    node.wait(lambda: node.upto("batch", EPOCH) == stored[0], "the last receipt before the end")
    assert not (tmp_path / "hub.db-wal").exists()


def test_a_broker_that_comes_back_is_found_again(hubs: Callable[..., HubProcess], broker: Mosquitto, tmp_path: Path) -> None:
    hub = hubs()
    broker.kill()
    broker.start()
    assert "listening" in hub.line()
    node = Node(broker.port)
    node.say("alarm", encode(alarm(1)))
    node.wait(lambda: node.upto("alarm", EPOCH) == 1, "the receipt")
    node.close()


def test_a_second_hub_on_the_same_database_goes_away(hubs: Callable[..., HubProcess], broker: Mosquitto, node: Node, tmp_path: Path) -> None:
    hubs()
    second = HubProcess(broker.port, tmp_path / "hub.db", ready=False)
    assert second.process.wait(20) == 75
    assert second.process.stdout is not None
    second.process.stdout.close()
    node.say("alarm", encode(alarm(1)))
    node.wait(lambda: node.upto("alarm", EPOCH) == 1, "the first hub's receipt")


def test_in_a_scenario_it_tells_the_scenarios_time(hubs: Callable[..., HubProcess], node: Node) -> None:
    hubs("--clock", "0:0:1780000000")
    node.say("state", held(1))
    node.wait(lambda: bool(node.receipts), "the answer to the birth")
    assert node.receipts[0]["at"] == 1_780_000_000
