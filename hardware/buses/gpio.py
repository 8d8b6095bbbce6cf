"""Pins by name of their owner, on a gpiozero pin factory that is named and never guessed.

gpiozero falls back silently from one pin library to the next; on a node that would mean a siren on a library nobody tested, so the factory is
built here by name or not at all. Left to itself, gpiozero turns every output into an input when the process ends, and opens an output low
before it sets it: a siren would fall silent, an active-low relay would pull. Here outputs open at their level and keep it.
"""

from __future__ import annotations

import atexit
import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hardware.buses.mapping import hardware_error
from hardware.errors import BusError, Refused

BCM = range(28)
"""The pins of the 40-pin header, by BCM number."""


class Pins:
    """Who holds which pin. factory: builds the gpiozero pin factory, once, at the first reservation."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self._build = factory
        self._factory: Any = None
        self._owners: dict[int, str] = {}
        self._lock = threading.Lock()  # sensors and outputs ask from threads of their own, and there must be one factory

    def reserve(self, number: int, owner: str) -> Any:
        """Reserve a BCM pin and give the pin factory; the same owner may ask again. Refused, naming the holder, where it is taken."""
        if number not in BCM:
            raise Refused(f"{owner}: there is no pin GPIO{number}; BCM numbers go from {BCM.start} to {BCM.stop - 1}")
        with self._lock:
            holder = self._owners.get(number, owner)
            if holder != owner:
                raise Refused(f"{owner}: pin GPIO{number} is taken by {holder}; give one of them another pin")
            if self._factory is None:
                self._factory = self._build()
            self._owners[number] = owner
            return self._factory

    def close(self) -> None:
        """Give every pin back; outputs are left as they are."""
        self._owners.clear()
        if self._factory is not None:
            factory, self._factory = self._factory, None
            for info in [info for info, pin in factory.pins.items() if pin.function == "output"]:
                del factory.pins[info]  # a factory that closes makes inputs of the pins it knows
            factory.close()


@contextmanager
def pin_errors(where: str) -> Iterator[None]:
    """Tell what a pin library raises as an error of our tree; `where` names who uses which pin."""
    from gpiozero import GPIOZeroError

    lgpio = sys.modules.get("lgpio")  # its errors are no OSErrors; where it is not loaded it cannot raise
    try:
        yield
    except OSError as error:
        raise hardware_error(error, where) from error
    except (GPIOZeroError, getattr(lgpio, "error", GPIOZeroError)) as error:
        raise BusError(errno.EIO, f"{where}: the pin cannot be used ({error}); see what else uses it, and check the GPIO device") from error


def disarm() -> None:
    """Take gpiozero's exit handler away, so that outputs keep their last state when the process ends."""
    from gpiozero import devices

    atexit.unregister(devices._shutdown)


def lgpio_factory() -> Any:
    """gpiozero on the kernel's GPIO device through lgpio; Refused with the remedy where lgpio is missing or the stub of PyPI."""
    os.environ.setdefault("LG_WD", os.environ.get("RUNTIME_DIRECTORY", "/tmp"))  # lgpio drops a pipe into its working directory
    remedy = "install Raspberry Pi OS's own package: sudo apt install python3-lgpio"
    try:
        import lgpio
    except ImportError as error:
        raise Refused(f"the pin library lgpio is not installed; {remedy}") from error
    if not hasattr(lgpio, "gpiochip_open"):
        raise Refused(f"the pin library lgpio is an empty stub ({lgpio.__file__}); {remedy}")
    from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

    class LevelPin(LGPIOPin):  # type: ignore[misc]  # gpiozero has no types
        """An output is claimed at its level in one call; gpiozero claims it low and then sets it."""

        def output_with_state(self, state: bool) -> None:
            lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))

    disarm()
    try:
        factory = LGPIOFactory()
    except lgpio.error as error:
        raise Refused(f"the GPIO device cannot be opened ({error}); check /dev/gpiochip0 and the group gpio") from error
    factory.pin_class = LevelPin
    return factory
