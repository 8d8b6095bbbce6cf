"""What can go wrong between the copper and a Sample.

    HardwareError
    ├── BusError            the wire: another try may work
    │   ├── Nak             nobody acknowledged
    │   ├── Timeout         nobody answered before the deadline
    │   └── PortGone        the bus or port itself is not there
    ├── ProtocolError       bytes came and are not what the data sheet promises (carries the Reason)
    ├── NotReady            the device is there and asks for time
    └── Refused             the request is wrong (a pin taken twice, a bus that does not exist): a person has to change something

Every message says what, where and what to do. An error that a driver raises becomes a BAD Sample with `reason`.
"""

from __future__ import annotations

from hardware.sample import Reason


class HardwareError(Exception):
    """Root of the tree; `reason` is what the Sample will say."""

    reason: Reason = Reason.SENSOR_FAULT


class BusError(HardwareError, OSError):
    """The bus failed; also an OSError, because libraries above the bus expect one."""

    reason = Reason.BUS


class Nak(BusError):
    """No acknowledgement from the address."""

    reason = Reason.NAK


class Timeout(BusError, TimeoutError):
    """No answer before the deadline."""

    reason = Reason.TIMEOUT


class PortGone(BusError):
    """The device file or the port behind it is not there."""

    reason = Reason.PORT_GONE


class ProtocolError(HardwareError):
    """An answer that the data sheet does not allow."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotReady(HardwareError):
    """The device asks for more time (warm-up)."""

    reason = Reason.WARM_UP


class Refused(HardwareError):
    """The request cannot be met as configured."""
