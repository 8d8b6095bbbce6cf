"""What the kernel's error numbers mean here, in one table, so that every bus speaks the same few errors.

A number alone is not enough: ENXIO from an open bus means that nobody acknowledged the address (kernel documentation, i2c/fault-codes), the
same number while opening means that there is no bus. So the caller says whether the port was open.
"""

from __future__ import annotations

import errno

from hardware.errors import BusError, HardwareError, Nak, PortGone, Refused, Timeout

_GONE = {errno.ENODEV, errno.ENOENT, errno.ENXIO, errno.EBADF}


def hardware_error(error: OSError, where: str, opening: bool = False) -> HardwareError:
    """The error of our tree for an OSError of a bus; `where` names bus and address. The text says what to do."""
    number = error.errno or errno.EIO
    told = error.strerror or str(error)
    if number == errno.EREMOTEIO or (number == errno.ENXIO and not opening):
        return Nak(number, f"{where}: no acknowledgement; check the address, the wires and the sensor's supply")
    if number == errno.ETIMEDOUT:
        return Timeout(number, f"{where}: the bus did not answer in time; something may hold a wire low")
    if number in _GONE:
        return PortGone(number, f"{where}: not there ({told}); check that it is plugged in and enabled")
    if number in (errno.EACCES, errno.EPERM):
        return Refused(f"{where}: no permission; let the node's user into the device's group (i2c, dialout or gpio)")
    if number in (errno.EBUSY, errno.EAGAIN) and opening:
        return Refused(f"{where}: another program holds it ({told}); stop that program")
    return BusError(number, f"{where}: bus error ({told}); check wires, pull-ups and cable length")
