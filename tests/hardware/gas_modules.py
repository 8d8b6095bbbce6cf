"""What the tests of the nine-byte gas modules share: their options, and a driver on a simulated module that says given bytes and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hardware.driver import load
from hardware.errors import HardwareError
from hardware.quantities import convert
from hardware.sample import Reason, Sample

PORT = "/dev/serial0"
ZE15 = {"model": "ze15", "gas": "co", "mode": "active", "warm_up": "0 s"}
CH2O = {"model": "ze07", "gas": "ch2o", "mode": "query", "full_scale": 5000, "warm_up": "0 s"}
MULTI = {"gas": "co", "warm_up": "0 s"}


def saying(simulate: Any, clock: Any) -> Callable[..., Any]:
    """Builds a driver on a module that says these bytes (hexadecimal, one text per answer or frame)."""

    def build(name: str, options: dict[str, Any], kind: str, *script: str) -> Any:
        scene = f'[signals.x]\nkind = "constant"\nvalue = 0\n[chips."serial:{PORT}"]\nkind = "{kind}"\nsignal = "x"\n'
        if kind != "mh_z":
            scene += 'mode = "query"\n'  # it says nothing before its mode was set
        family = load(name)
        settings = msgspec.convert({"port": PORT} | options, family.options, dec_hook=convert)
        return family.open(settings, simulate(scene + f"script = {list(script)}\n"), clock)

    return build


def sample(driver: Any, channel: str) -> Sample:
    """The sample of a channel in the next reading."""
    return next(sample for sample in driver.read() if sample.channel == channel)


def refused(driver: Any) -> Reason:
    """Why the next reading gives nothing."""
    with pytest.raises(HardwareError) as caught:
        driver.read()
    return caught.value.reason
