"""Promise: a receipt gives an anchor whose error bound holds, however long the message lay anywhere."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.messages import Receipt
from gateway.uplink import hubtime
from tests.gateway.uplink.rig import BOOT, Clock, Rig

TRUE = 1_800_000_000.0  # UTC at mono 0


@given(sent=st.floats(1, 1e6), out=st.floats(0, 1e4), back=st.floats(0, 1e4), off=st.floats(-5, 5))
def test_the_true_time_is_always_within_the_bound(sent: float, out: float, back: float, off: float) -> None:
    clock = Clock()
    clock.now = sent + out + back
    receipt = Receipt(1, TRUE + sent + out + off, abs(off), (BOOT, round(sent, 3)), {})
    fix = hubtime.fix(receipt, clock)
    if fix is None:
        assert round(sent, 3) > clock.now
        return
    assert fix.source == "hub"
    assert abs(fix.utc - (TRUE + fix.mono)) <= fix.error + 0.001


def test_an_answer_to_another_boot_or_to_the_future_is_no_clock() -> None:
    clock = Clock()
    assert hubtime.fix(Receipt(1, TRUE, 0.0, ("another", 5.0), {}), clock) is None
    assert hubtime.fix(Receipt(1, TRUE, 0.0, (BOOT, clock.now + 1), {}), clock) is None


def test_a_receipt_reaches_the_clock() -> None:
    rig = Rig()
    rig.go(0.1)
    rig.receipt(birth=True, re=rig.now - 0.1)
    rig.go(0.1)
    assert len(rig.fixes) == 1
    assert rig.fixes[0].error < 0.2
