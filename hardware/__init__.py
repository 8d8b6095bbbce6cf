"""Copper and nothing else: sensors and outputs of a node, with no knowledge of MQTT, outbox or hub."""
