"""Buses that carry bytes to simulated chips; above them everything is the real thing: shared buses, published libraries, drivers.

Each transfer takes the time it would take on the wire, so a scenario's clock moves as a Pi's would. A chip is found by its name in the
scenario: `i2c-1:0x48` is address 0x48 on bus i2c-1, `serial:/dev/serial0` the device behind that port, `gpio-5` what is wired to pin GPIO5,
`host` the computer itself: a simulated node never looks at the one it really runs on.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, Protocol

from hardware.buses import Present
from hardware.buses.gpio import Pins, disarm
from hardware.buses.i2c import SharedI2C
from hardware.buses.mapping import hardware_error
from hardware.buses.serial import SerialPorts, SharedSerial
from hardware.sim.faults import Jam, Unplugged
from hardware.sim.serial_port import SimulatedPort
from hardware.sim.spoil import Carrier
from hardware.sim.world import World

BIT = 1 / 100_000
"""Seconds per bit on an I2C bus in standard mode."""
JAMMED = 0.1
"""Seconds after which the kernel gives up on a held wire (hardware/buses/linux.py sets the same)."""


class I2CChip(Protocol):
    """A simulated chip's door on an I2C bus."""

    def transfer(self, out: bytes, count: int) -> bytes:
        """Take `out`, answer `count` bytes; OSError(EREMOTEIO) where it does not acknowledge."""


class SimulatedWire:
    """The copper of one simulated I2C bus."""

    def __init__(self, name: str, world: World) -> None:
        self._name = name
        self._world = world
        self._carriers: dict[int, Carrier] = {}
        if world.fault(name, Unplugged):
            raise OSError(errno.ENODEV, "No such device")

    def transfer(self, address: int, out: bytes, count: int) -> bytes:
        """Carry the bytes, in the time the wire takes."""
        if self._world.fault(self._name, Unplugged):
            raise OSError(errno.ENODEV, "No such device")
        if self._world.fault(self._name, Jam):
            self._world.sleep(JAMMED)
            raise OSError(errno.ETIMEDOUT, "Connection timed out")
        chip: I2CChip | None = self._world.chips.get(f"{self._name}:0x{address:02x}")
        addressed = bool(out or not count) + bool(count)  # an address byte before the written and before the read bytes
        self._world.sleep(BIT * 9 * (addressed + len(out) + count))
        if chip is None:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        answer = chip.transfer(out, count)
        if not count:
            return answer
        name = f"{self._name}:0x{address:02x}"
        carried = self._carriers.setdefault(address, Carrier(name, self._world)).carry(answer, self._world.now(), out + bytes([count]))
        return carried.ljust(count, b"\xff")  # nobody holds the wire low

    def close(self) -> None:
        """Nothing to let go of."""


class HostChip(Protocol):
    """A simulated computer's door."""

    def file(self, path: str) -> str:
        """The text of a file of its kernel; FileNotFoundError where it has none of that name."""

    def space(self, path: str) -> tuple[int, int]:
        """Bytes of the file system there: all, and free."""


class SimulatedHost:
    """hardware.buses.Host in a simulated world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._carrier = Carrier("host", world)

    def read(self, path: str) -> str:
        """The text of a file."""
        text = str(self._asked(path, "file"))
        carried = self._carrier.carry(text.encode(), self._world.now(), path.encode())
        return carried.decode("utf-8", "replace")

    def space(self, path: str) -> tuple[int, int]:
        """Bytes of a file system: all, and free."""
        total, free = self._asked(path, "space")
        return total, free

    def _asked(self, path: str, question: str) -> Any:
        chip: HostChip | None = self._world.chips.get("host")
        try:
            if chip is None or self._world.fault("host", Unplugged):
                raise OSError(errno.ENODEV, "No such device")
            return getattr(chip, question)(path)
        except OSError as error:
            raise hardware_error(error, path, opening=True) from error


class SimBuses:
    """hardware.buses.OpenBuses in a simulated world. trace: file to which changes of outputs are noted (hardware/sim/pins.py), or None."""

    def __init__(self, world: World, trace: Path | None = None) -> None:
        self.world = world
        self._trace = trace
        self._notes: Any = None
        self._i2c: dict[int, SharedI2C] = {}
        self._serial = SerialPorts(self._open_serial)
        self._pins = Pins(self._pin_factory)

    def i2c(self, number: int) -> SharedI2C:
        """The simulated bus `i2c-<number>`; it is there also where no chip is."""
        name = f"i2c-{number}"
        return self._i2c.setdefault(number, SharedI2C(name, lambda: SimulatedWire(name, self.world)))

    def serial(self, url: str, **settings: Any) -> SharedSerial:
        """The simulated port of this URL."""
        return self._serial.get(url, settings)

    def pin(self, number: int, owner: str) -> Any:
        """Reserve a pin; gives a factory of gpiozero's mock pins."""
        return self._pins.reserve(number, owner)

    def host(self) -> SimulatedHost:
        """The simulated computer; without a chip `host` in the scenario it has no file at all."""
        return SimulatedHost(self.world)

    def present(self) -> Present:
        """The buses and ports that the scenario has chips on."""
        names = [name.partition(":") for name in self.world.chips]
        buses = sorted({int(bus.removeprefix("i2c-")) for bus, _, _ in names if bus.startswith("i2c-")})
        return Present(tuple(buses), tuple(sorted(port for bus, _, port in names if bus == "serial")))

    def forget(self, bus: str) -> None:
        """The next to ask for this bus gets it afresh; whoever has it now hangs. The kernel keeps two users apart."""
        if bus.startswith("i2c-"):
            self._i2c.pop(int(bus.removeprefix("i2c-")), None)
        self._serial.forget(bus.removeprefix("serial:"))

    def close(self) -> None:
        """Close everything, the world's account too."""
        for bus in self._i2c.values():
            bus.close()
        self._serial.close()
        self._pins.close()
        if self._notes is not None:
            self._notes.close()
            self._notes = None
        self.world.close()

    def _open_serial(self, url: str, settings: dict[str, Any]) -> Any:
        chip = self.world.chips.get(f"serial:{url}")
        if chip is None:
            raise OSError(errno.ENOENT, "No such file or directory")
        return SimulatedPort(f"serial:{url}", chip, self.world, **settings)

    def _pin_factory(self) -> Any:
        from hardware.sim.pins import SimulatedFactory, Trace

        disarm()
        if self._trace is not None and self._notes is None:
            self._notes = Trace(self._trace)
        return SimulatedFactory(self.world, self._notes)
