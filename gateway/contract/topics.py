"""Where each class of message goes: `edge/v1/{site}/{node}/{up|down}/{class}`, short and of fixed depth."""

from __future__ import annotations

import re
from typing import NamedTuple

ROOT = "edge/v1"
UP = ("alarm", "state", "event", "batch", "health", "reply")
DOWN = ("receipt", "command", "config")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""Site and node names: what is safe in a topic, a file name and a certificate's common name."""


class Address(NamedTuple):
    """Whose message it is and of which class."""

    site: str
    node: str
    direction: str
    cls: str


def topic(site: str, node: str, cls: str) -> str:
    """The topic of one class of one node; the class knows its direction."""
    direction = "up" if cls in UP else "down" if cls in DOWN else ""
    if not direction or not NAME.fullmatch(site) or not NAME.fullmatch(node):
        raise ValueError(f"no topic for site {site!r}, node {node!r}, class {cls!r}")
    return f"{ROOT}/{site}/{node}/{direction}/{cls}"


def parse(text: str) -> Address | None:
    """The address in a topic; None where the topic is not one of ours."""
    parts = text.split("/")
    if len(parts) != 6 or "/".join(parts[:2]) != ROOT:
        return None
    site, node, direction, cls = parts[2:]
    known = UP if direction == "up" else DOWN if direction == "down" else ()
    if cls not in known or not NAME.fullmatch(site) or not NAME.fullmatch(node):
        return None
    return Address(site, node, direction, cls)


EVERY_NODE = f"{ROOT}/+/+/up/#"
"""What a hub subscribes to."""
