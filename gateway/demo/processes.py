"""The processes of a demonstration, each started and ended by the conductor: broker, link, hub, node. Their logs stand in the kept folder.

Each is tied to the conductor: where that one is killed, the kernel kills them.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

GRACE = 10.0
"""Seconds a process gets to end when asked."""


class Broken(Exception):
    """A process that ought to run has ended by itself: which, with the end of its log."""


class Child:
    """One process of ours; its stderr goes to a log file that later starts append to."""

    def __init__(self, name: str, arguments: list[str], folder: Path, pipes: bool = False) -> None:
        self.name = name
        self._log: IO[bytes] = (folder / f"{name}.log").open("ab")
        pipe = subprocess.PIPE if pipes else subprocess.DEVNULL
        command = [sys.executable, "-m", "gateway.demo.tied", str(os.getpid()), *arguments]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe if pipes else self._log, stderr=self._log, text=pipes or None)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait(GRACE)
        self._log.close()

    def freeze(self, frozen: bool) -> None:
        """SIGSTOP: its connections stay and nothing answers; SIGCONT: it goes on."""
        self.process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def end(self) -> int:
        """SIGTERM, then SIGKILL for one that does not listen; gives the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            self.freeze(False)
            try:
                self.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(GRACE)
        self._log.close()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return int(self.process.returncode)

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return self.process.poll() is not None


class LinkChild(Child):
    """The cuttable link: `port` is where the node connects."""

    def __init__(self, host: str, port: int, folder: Path) -> None:
        super().__init__("link", ["gateway.demo.link", host, str(port)], folder, pipes=True)
        self.port = int(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        return str(self.process.stdout.readline())

    def say(self, word: str) -> None:
        """`up`, `down` or `stall`."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def carried(self) -> dict[str, int]:
        """Bytes from the node (`up`) and to it (`down`) so far."""
        self.say("count")
        found: dict[str, int] = json.loads(self._line())
        return found
