"""The edge gateway: local alarms, a durable outbox and an uplink that hands each reading to the city hub once in effect."""

__version__ = "0.1.0"
