"""Pins by name of their owner, on a gpiozero pin factory that is named and never guessed.

gpiozero falls back silently from one pin library to the next; on a node that would mean a siren on a library nobody tested, so the factory is
built here by name or not at all. gpiozero's exit handler turns every output into an input, which would let a siren fall silent (or an
active-low relay pull) whenever the process ends: it is disarmed, outputs keep their last state.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from typing import Any

from hardware.errors import Refused

BCM = range(28)
"""The pins of the 40-pin header, by BCM number."""


class Pins:
    """Who holds which pin. factory: builds the gpiozero pin factory, once, at the first reservation."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self._build = factory
        self._factory: Any = None
        self._owners: dict[int, str] = {}

    def reserve(self, number: int, owner: str) -> Any:
        """Reserve a BCM pin and give the pin factory; the same owner may ask again. Refused, naming the holder, where it is taken."""
        if number not in BCM:
            raise Refused(f"{owner}: there is no pin GPIO{number}; BCM numbers go from {BCM.start} to {BCM.stop - 1}")
        holder = self._owners.get(number, owner)
        if holder != owner:
            raise Refused(f"{owner}: pin GPIO{number} is taken by {holder}; give one of them another pin")
        if self._factory is None:
            self._factory = self._build()
        self._owners[number] = owner
        return self._factory

    def close(self) -> None:
        """Give every pin back."""
        self._owners.clear()
        if self._factory is not None:
            factory, self._factory = self._factory, None
            factory.close()


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
    from gpiozero.pins.lgpio import LGPIOFactory

    disarm()
    try:
        return LGPIOFactory()
    except lgpio.error as error:
        raise Refused(f"the GPIO device cannot be opened ({error}); check /dev/gpiochip0 and the group gpio") from error
