"""A disk with a cache that loses power: unsynced 512-byte sectors stay in this process, so that SIGKILL is a power cut.

At every write each sector's fate until its sync is drawn by seed: *kept* (it happens to reach the medium at once), *dropped* (it reaches it only
with the sync) or *torn* (a part of it reaches the medium at once, the rest with the sync). `cut` is the same end within one process.
"""

from __future__ import annotations

import random
from pathlib import Path

from gateway.outbox.disk import RealDisk

SECTOR = 512
KEPT, TORN = 0.4, 0.2
"""Chances that an unsynced sector is on the medium wholly, or in part, when the power goes."""


class VolatileDisk:
    """A Disk on a directory that stands for the medium. seed: of every fate."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._medium = RealDisk(folder)
        self._rng = random.Random(seed)
        self._cache: dict[str, dict[int, bytes]] = {}
        self.syncs = 0
        self.written = 0

    def names(self) -> list[str]:
        """Files on the medium and in the cache."""
        return sorted({*self._medium.names(), *self._cache})

    def read(self, name: str, offset: int = 0, size: int = -1) -> bytes:
        """What a program sees: the medium with the cache over it."""
        base = bytearray(self._medium.read(name))
        for sector, data in dict(self._cache.get(name, {})).items():
            end = sector * SECTOR + len(data)
            if len(base) < end:
                base.extend(bytes(end - len(base)))
            base[sector * SECTOR : end] = data
        return bytes(base[offset:] if size < 0 else base[offset : offset + size])

    def write(self, name: str, offset: int, data: bytes) -> None:
        """Into the cache, sector by sector; some of it may reach the medium early."""
        first, last = offset // SECTOR, (offset + len(data) - 1) // SECTOR
        before = self.read(name, first * SECTOR, (last - first + 1) * SECTOR).ljust((last - first + 1) * SECTOR, b"\0")
        inside = offset - first * SECTOR
        after = before[:inside] + data + before[inside + len(data) :]
        cache = self._cache.setdefault(name, {})
        for number in range(first, last + 1):
            place = (number - first) * SECTOR
            sector = after[place : place + SECTOR]
            cache[number] = sector
            self._early(name, number, sector)
        self.written += (last - first + 1) * SECTOR

    def _early(self, name: str, number: int, sector: bytes) -> None:
        fate = self._rng.random()
        if fate < KEPT:
            self._medium.write(name, number * SECTOR, sector)
        elif fate < KEPT + TORN:
            self._medium.write(name, number * SECTOR, sector[: self._rng.randrange(1, SECTOR)])

    def sync(self, name: str) -> None:
        """Everything of the file reaches the medium."""
        self.syncs += 1
        for number, sector in sorted(self._cache.get(name, {}).items()):
            self._medium.write(name, number * SECTOR, sector)
        self._cache.pop(name, None)

    def close(self) -> None:
        """Close the descriptors."""
        self._medium.close()

    def cut(self) -> None:
        """The power goes: what is not on the medium is gone."""
        self._cache.clear()
