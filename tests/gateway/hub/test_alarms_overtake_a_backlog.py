from __future__ import annotations

from tests.gateway.contract.examples import level, message
from tests.gateway.hub.desk import EPOCH, Desk, alarm, encode
from tests.gateway.hub.desk import NODE as N


def test_an_alarm_is_answered_before_the_batches_that_came_first(desk: Desk) -> None:
    for seq in range(1, 200):
        desk.hub.receive(f"edge/v1/city/{N}/up/batch", message([level(seq, count=500)]))
    desk.hub.receive(f"edge/v1/city/{N}/up/alarm", encode(alarm(1)))
    desk.hub.step()
    assert desk.receipts[0]["epochs"][EPOCH] == {"alarm": {"upto": 1}}


def test_one_portion_is_bounded_however_long_the_backlog(desk: Desk) -> None:
    for seq in range(1, 200):
        desk.hub.receive(f"edge/v1/city/{N}/up/batch", message([level(seq, count=500)]))
    desk.hub.step()
    stored = desk.rows("SELECT count(*) FROM rows")[0]
    assert 0 < stored <= 21_000
    desk.hub.receive(f"edge/v1/city/{N}/up/alarm", encode(alarm(1)))
    desk.hub.step()
    assert {"alarm": {"upto": 1}}.items() <= desk.receipts[-1]["epochs"][EPOCH].items()


def test_receipts_for_batches_keep_a_pace_and_alarms_do_not(desk: Desk) -> None:
    for seq in range(1, 41):  # two seconds, a batch every 50 ms
        desk.hub.receive(f"edge/v1/city/{N}/up/batch", message([level(seq)]))
        desk.hub.step()
        desk.time += 0.05
    desk.work()
    assert desk.mark("batch") == {"upto": 40}
    assert 10 <= len(desk.receipts) <= 22
    before = len(desk.receipts)
    for seq in range(1, 4):
        desk.hub.receive(f"edge/v1/city/{N}/up/alarm", encode(alarm(seq)))
        desk.hub.step()
    assert len(desk.receipts) == before + 3


def test_a_full_inlet_stops_the_reading(desk: Desk) -> None:
    payload = message([level(1, count=5000)])
    while not desk.hub.inlet.full:
        desk.hub.receive(f"edge/v1/city/{N}/up/batch", payload)
    assert desk.hub.inlet.backlog < 80 * 1024 * 1024
    desk.hub.step()
    assert len(desk.hub.inlet.batches) > 0
