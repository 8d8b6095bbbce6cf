"""A small ext4 of our own on a loop device, so that the sectors that reach a disk can be counted and are nobody else's.

It needs root; where that is not to be had, `NotMeasured` says so. Blocks of 4 KiB, as on a card.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.bench.setting import NotMeasured

SIZE = 96 << 20
SECTOR = 512


class LoopDisk:
    """One file system, made and mounted below a folder. mount: options of mount(8)."""

    def __init__(self, folder: Path, mount: str) -> None:
        if os.geteuid() != 0:
            raise NotMeasured("sectors are counted on a loop device, which takes root: run it with sudo")
        self._image, self.place, self.device = folder / "image", folder / "mounted", ""
        self._mounted = False
        with self._image.open("wb") as image:
            image.truncate(SIZE)
        self.place.mkdir()
        try:
            _run("mkfs.ext4", "-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(self._image))
            self.device = _run("losetup", "--find", "--show", str(self._image))
            _run("mount", "-o", mount, self.device, str(self.place))
            self._mounted = True
        except (OSError, subprocess.SubprocessError) as error:
            self.close()
            raise NotMeasured(f"no loop device to count sectors on: {error}") from error

    def written(self) -> int:
        """Bytes written to the device so far."""
        return int(Path(f"/sys/block/{Path(self.device).name}/stat").read_text().split()[6]) * SECTOR

    def settle(self) -> None:
        """Let what is only in memory reach the device."""
        _run("sync", "-f", str(self.place))

    def close(self) -> None:
        """Unmount, detach, remove."""
        if self._mounted:
            _run("umount", str(self.place))
            self._mounted = False
        if self.device:
            _run("losetup", "--detach", self.device)
            self.device = ""
        self._image.unlink(missing_ok=True)


def _run(*command: str) -> str:
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=60).stdout.strip()
