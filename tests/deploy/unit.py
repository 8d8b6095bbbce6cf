"""The systemd unit as the tests read it, and the tools of systemd that judge it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNIT = DEPLOY / "edge-gateway.service"


def settings(text: str) -> dict[str, list[str]]:
    """Every value of every key, in order; comments left out."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if match := re.fullmatch(r"([A-Za-z]+)=(.*)", line):
            found.setdefault(match[1], []).append(match[2])
    return found


def only(key: str) -> str:
    """The one value of a key."""
    (value,) = settings(UNIT.read_text(encoding="utf-8"))[key]
    return value


def tool(name: str, package: str) -> str:
    """Where a command is. Missing: a failure in CI, elsewhere a skip that says what to install."""
    path = shutil.which(name)
    if path is None:
        words = f"{name} is missing: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    return path
