"""The way to the hub: one Link, a forwarder that owns the windows, and the only file of the node that imports paho."""

from __future__ import annotations

from gateway.uplink.broker import Broker, BrokerError
from gateway.uplink.forwarder import Forwarder
from gateway.uplink.mqtt import MqttLink
from gateway.uplink.ports import Link, LostRange, Spool, Store
from gateway.uplink.settings import Settings
from gateway.uplink.worker import Uplink

__all__ = ["Broker", "BrokerError", "Forwarder", "Link", "LostRange", "MqttLink", "Settings", "Spool", "Store", "Uplink"]
