"""Promise: waits between tries are random over a doubling range up to five minutes, replayable from a seed."""

import random

from hypothesis import given
from hypothesis import strategies as st

from gateway.uplink.backoff import CAP, Backoff
from gateway.uplink.ports import Lost
from tests.gateway.uplink.rig import Rig


@given(seed=st.integers(0, 2**32), tries=st.integers(0, 5000))
def test_a_wait_is_within_its_ceiling_and_never_over_five_minutes(seed: int, tries: int) -> None:
    backoff = Backoff(random.Random(seed), 1.0)
    backoff.tries = tries
    assert 0.0 <= backoff.next() <= min(CAP, 2.0 ** min(tries, 20))


def test_the_same_seed_waits_the_same() -> None:
    first, second = (Backoff(random.Random(5), 1.0) for _ in range(2))
    assert [first.next() for _ in range(20)] == [second.next() for _ in range(20)]


def test_after_a_broker_was_away_for_ten_minutes_nodes_come_back_over_minutes() -> None:
    back = []
    for seed in range(60):
        rig = Rig(seed=seed)
        rig.link.refuse = Lost("refused")
        rig.go(600.0)
        rig.link.refuse = None
        start = rig.now
        while not rig.forwarder.status()["connected"]:
            rig.go(5.0)
        back.append(rig.now - start)
    back.sort()
    assert back[-1] > 60.0
    assert max(sum(1 for moment in back if low <= moment < low + 10.0) for low in range(0, 300, 5)) < 20


def test_a_connection_that_is_thrown_out_again_and_again_is_not_hammered() -> None:
    rig = Rig()
    for _ in range(600):
        rig.go(1.0)
        rig.link.lose() if rig.link.up else None
    assert rig.link.tries < 20


def test_a_word_of_the_hub_makes_the_next_wait_short_again() -> None:
    rig = Rig()
    rig.link.refuse = Lost("refused")
    rig.go(900.0)
    rig.link.refuse = None
    rig.go(300.0)
    rig.receipt(birth=True)
    rig.go(0.1)
    tries = rig.link.tries
    rig.link.lose()
    rig.go(1.1)
    assert rig.link.tries == tries + 1
