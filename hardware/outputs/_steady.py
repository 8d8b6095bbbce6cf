"""An output pin that keeps its level whatever becomes of the Python object that drives it.

gpiozero means well on a bench: a device that is closed, collected as garbage or alive when the interpreter ends turns its pin into an input.
For a siren that is silence (and, behind an active-low relay board, a blast). Here closing only gives the reservation back.
"""

from __future__ import annotations

from gpiozero import DigitalOutputDevice


class SteadyOutput(DigitalOutputDevice):  # type: ignore[misc]  # gpiozero has no types
    """gpiozero's output device; `close` and the end of the object leave the pin an output at its level."""

    def close(self) -> None:
        """Forget the pin; another device may take it and go on from its level."""
        pin = getattr(self, "_pin", None)  # also called for an object whose construction failed
        if pin is not None:
            self._pin = None
            self.pin_factory.release_pins(self, pin.info.name)
        super().close()
