"""The other half of a drain: a fresh broker with the settings of Debian's package, and a fresh hub that listens, each a process of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.setting import NotMeasured, end, python
from tests.mosquitto import Mosquitto

DEBIAN = "listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\nlog_dest file {folder}/mosquitto.log\n"


class DebianMosquitto(Mosquitto):
    """A Mosquitto with the settings of its Debian package, but for the port."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "mosquitto.conf").write_text(DEBIAN.format(port=self.port, folder=folder))

    @property
    def pid(self) -> int:
        """Its process."""
        if self._process is None:
            raise NotMeasured("mosquitto has ended")
        return self._process.pid


@contextmanager
def hub_and_broker(folder: Path) -> Iterator[tuple[DebianMosquitto, subprocess.Popen[str]]]:
    """A fresh broker and a fresh hub that listens, both ended afterwards."""
    if shutil.which("mosquitto", path="/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin") is None:
        raise NotMeasured("mosquitto is not installed: sudo apt install mosquitto")
    broker = DebianMosquitto(folder / "mosquitto")
    broker.start()
    try:
        with (folder / "hub.log").open("w") as log:
            hub = python("-m", "gateway", "hub", "--broker", broker.url, "--db", folder / "hub.sqlite", stderr=log.fileno())
        try:
            if hub.stdout is None or "listening" not in hub.stdout.readline():
                raise NotMeasured(f"the hub does not start: {(folder / 'hub.log').read_text()[-300:]}")
            yield broker, hub
        finally:
            end(hub)
    finally:
        broker.stop()
