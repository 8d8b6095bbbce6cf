"""Promise: while the hub is silent at most one window and one small probe per back-off leave the node, and its return is noticed."""

import itertools

import pytest

from gateway.contract.messages import Mark
from gateway.model import Lane
from gateway.uplink.settings import KIB
from tests.gateway.uplink.rig import EPOCH, Rig, sizes


def silent(seed: int = 7, blocks: int = 4000) -> Rig:
    rig = Rig(seed=seed)
    for _ in range(blocks):
        rig.store.block(pad=40)
    rig.go(5.5)
    return rig


@pytest.mark.parametrize("seed", range(5))
def test_an_hour_of_silence_costs_one_window_and_a_probe_per_back_off(seed: int) -> None:
    rig = silent(seed)
    window = len(rig.of("batch"))
    rig.go(3600.0)
    probes = rig.of("batch")[window:]
    assert sizes(rig.of("batch")[:window]) <= 256 * KIB
    assert len(probes) == rig.forwarder.status()["probes"]
    assert 12 <= len(probes) <= 60  # a ceiling of 5, 10, 20 ... 300 seconds, each wait half of it on average
    assert set(rig.seqs(since=window)) == {1}
    assert max(len(probe.payload) for probe in probes) < KIB
    assert rig.forwarder.status()["unreceipted"]["batch"] <= 256 * KIB


def test_the_waits_between_probes_are_random_and_grow_to_five_minutes() -> None:
    rig = silent()
    window = len(rig.of("batch"))
    moments = []
    for second in range(7200):
        before = len(rig.of("batch"))
        rig.go(1.0)
        moments += [second] * (len(rig.of("batch")) - before)
    waits = [b - a for a, b in itertools.pairwise(moments)]
    assert max(waits) > 100
    assert max(waits) <= 301
    assert len(rig.of("batch")) - window == len(moments)


def test_silence_does_not_keep_the_processor_busy() -> None:
    rig = silent()
    assert rig.go(1000.0) <= 1100


def test_a_receipt_for_the_probe_starts_everything_again_behind_the_mark() -> None:
    rig = silent()
    sent = len(rig.of("batch"))
    rig.go(20.0)
    assert not rig.forwarder.listening()
    resumed = len(rig.of("batch"))
    rig.receipt(batch=1)
    rig.go(0.2)
    assert resumed > sent
    assert rig.seqs(since=resumed)[0] == 2
    assert rig.forwarder.listening()


def test_the_answer_to_the_birth_ends_the_silence_at_once() -> None:
    rig = silent()
    rig.go(100.0)
    sent = len(rig.of("batch"))
    rig.receipt(birth=True, batch=0)
    rig.step()
    assert rig.seqs(since=sent)[0] == 1


def test_alarms_go_out_once_each_while_the_hub_is_silent_and_are_probed_first() -> None:
    rig = silent()
    rig.go(100.0)
    rig.store.post(Lane.ALARM)
    rig.step()
    assert rig.seqs("alarm") == [1]
    probes = rig.forwarder.status()["probes"]
    rig.go(1800.0)
    assert rig.forwarder.status()["probes"] - probes == len(rig.seqs("alarm")) - 1 + 0


def test_a_hub_that_takes_alarms_but_no_batches_does_not_get_the_window_every_time() -> None:
    rig = silent()
    window = sizes(rig.of("batch"))
    for number in range(1, 200):
        rig.store.post(Lane.ALARM)
        rig.go(0.2)
        rig.receipt(alarm=number)
        rig.go(10.0)
    assert sizes(rig.of("batch")) < 3 * window


def test_0x10_stops_a_lane_at_once() -> None:
    rig = Rig(auto=0x10)
    for _ in range(4000):
        rig.store.block(pad=40)
    rig.go(5.5)
    sent = len(rig.of("batch"))
    rig.store.block()
    rig.go(0.5)
    assert sent <= 5
    assert rig.forwarder.status()["silent"] == ["batch"]
    assert rig.store.marks == {}


def test_what_the_broker_still_owes_a_puback_is_not_sent_again() -> None:
    rig = Rig(auto=None)
    rig.store.block()
    rig.go(60.0)
    assert rig.seqs() == [1]
    assert rig.forwarder.status()["silent"] == []  # it is the broker that owes a word, not the hub
    for token in list(rig.link.owed):
        rig.link.ack(token)
    rig.go(0.1)
    rig.receipt(epochs={EPOCH: {"batch": Mark(1)}})
    rig.go(100.0)
    assert rig.seqs() == [1]
