"""What a node runs on, the machine it is on or a simulated one: clock, buses, disk, and the way to the configured broker.

Decision: the MQTT client id is the node's name alone, as in its certificate, so that a broker which takes one from the other (Mosquitto's
`use_username_as_clientid`) sees the same node. It can be, because a node's name is unique in the city's whole fleet, across sites.
"""

from __future__ import annotations

from pathlib import Path

from gateway.address import endpoint
from gateway.app import Machine
from gateway.clock import NodeClock, SystemClock
from gateway.config import Config
from gateway.outbox import Disk, RealDisk, VolatileDisk
from gateway.status.host import machine as identity
from gateway.uplink import Broker, MqttLink
from hardware.buses import OpenBuses


def broker_of(config: Config) -> Broker:
    """Address and credentials of the configured broker, which were checked when the configuration was read."""
    hub = config.hub
    end = endpoint(hub.url)

    def path(text: str) -> Path | None:
        return Path(text) if text else None

    return Broker(
        host=end.host,
        port=end.port,
        tls=end.tls,
        ca=path(hub.ca),
        certificate=path(hub.certificate),
        key=path(hub.key),
        username=hub.username,
        password_file=path(hub.password_file),
        insecure=hub.insecure,
    )


def linux(config: Config) -> Machine:
    """The machine the process runs on."""
    from hardware.buses.linux import LinuxBuses

    return Machine(
        identity=identity(),
        clock=SystemClock(),
        buses=LinuxBuses(),
        disk=RealDisk(Path(config.node.state)),
        spool=RealDisk(Path(config.node.runtime)),
        link=lambda: MqttLink(broker_of(config), config.node.name),
    )


def simulated(config: Config, clock: NodeClock, buses: OpenBuses, window: tuple[float, float], trace: Path | None, card: int | None) -> Machine:
    """A scenario's copper and clock; card: seed of a disk that loses what is not synced when the process is killed, None for a real disk."""
    state = Path(config.node.state)
    disk: Disk = RealDisk(state) if card is None else VolatileDisk(state, card)
    return Machine(
        identity=f"simulated-{config.node.name}",
        clock=clock,
        buses=buses,
        disk=disk,
        spool=RealDisk(Path(config.node.runtime)),
        link=lambda: MqttLink(broker_of(config), config.node.name),
        simulated=True,
        window=window,
        trace=trace,
    )
