"""How long from a threshold crossed at a simulated chip to the siren's pin, while everything else is broken at once.

The whole node runs as a process of its own at speed 1: real drivers on simulated chips, real guard, outbox, uplink and MQTT client, a real Mosquitto.
What is broken is broken beneath the node's ports, where the operating system and the copper are: none of the node's own code is replaced.
"""
