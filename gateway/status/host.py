"""The computer the node runs on: memory, temperature, load, free disk, read from /proc and /sys; a file that is not there is left out."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip("\0 \n")
    except (OSError, UnicodeDecodeError):
        return None


def host(state: Path | None, proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> dict[str, Any]:
    """rss_kb: memory of this process; temperature: of the processor, degrees Celsius; load: of one minute; disk_free_kb: where the outbox is. state:
    that directory, None where the disk is not to be asked."""
    found: dict[str, Any] = {}
    status = _text(proc / "self/status") or ""
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            found["rss_kb"] = int(line.split()[1])
    millidegrees = _text(sys / "class/thermal/thermal_zone0/temp")
    if millidegrees and millidegrees.lstrip("-").isdigit():
        found["temperature"] = int(millidegrees) / 1000
    load = _text(proc / "loadavg")
    if load:
        found["load"] = float(load.split()[0])
    found["disk_free_kb"] = None
    if state is not None:
        with suppress(OSError):
            disk = os.statvfs(state)
            found["disk_free_kb"] = disk.f_bavail * disk.f_frsize >> 10
    return found


def machine(proc: Path = Path("/proc"), etc: Path = Path("/etc")) -> str:
    """Which computer this is: the Pi's serial number, else the machine id. A card put into another Pi, or copied, is noticed by it."""
    return _text(proc / "device-tree/serial-number") or _text(etc / "machine-id") or "unknown"
