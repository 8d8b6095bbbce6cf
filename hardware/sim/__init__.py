"""Simulated copper: a world with signals and faults, buses that carry bytes to simulated chips, each chip written from its data sheet."""
