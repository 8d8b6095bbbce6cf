"""What every group of figures is given: how long it may take, its seed, a folder on the disk to be measured; and the machine it runs on."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.clock import SystemClock, real

ROOT = Path(__file__).absolute().parents[2]
MEMORY = Path("/dev/shm")
TICK = os.sysconf("SC_CLK_TCK")


class NotMeasured(Exception):
    """A figure could not be taken: why, and what to do about it."""


@dataclass(frozen=True)
class Setting:
    """folder: on the disk that is measured, empty and thrown away afterwards. memory: on tmpfs where there is one, as a node's runtime is."""

    folder: Path
    memory: Path
    seed: int
    quick: bool = False
    long: bool = False

    def fresh(self, name: str) -> Path:
        """An empty folder on the disk."""
        return _fresh(self.folder, name)

    def fresh_memory(self, name: str) -> Path:
        """An empty folder that no disk sees."""
        return _fresh(self.memory, name)


def _fresh(folder: Path, name: str) -> Path:
    path = folder / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def rest(seconds: float) -> None:
    """Let real time pass: what is measured here lives on it."""
    SystemClock().sleep(seconds)


def wait_for(done: Callable[[], bool], seconds: float, what: str) -> None:
    """Look every 5 ms until it is so; NotMeasured after so many seconds."""
    end = real() + seconds
    while not done():
        if real() > end:
            raise NotMeasured(f"{what} did not happen within {seconds:g} s")
        rest(0.005)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_kb(pid: int, field: str = "VmRSS") -> int:
    """A line of /proc/PID/status in kB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    raise NotMeasured(f"process {pid} has no {field}; did it end?")


def end(process: subprocess.Popen[str]) -> None:
    """SIGTERM, then SIGKILL for one that does not listen."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def python(*words: object, **options: int) -> subprocess.Popen[str]:
    """Start a Python of ours with these words, from the project's root; its stdout is a pipe."""
    return subprocess.Popen([sys.executable, *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload,no-any-return]


def machine(folder: Path) -> list[str]:
    """What this machine is, one fact a line."""
    cpu = _line("/proc/cpuinfo", "model name") or _line("/proc/cpuinfo", "Model") or platform.machine()
    memory = int((_line("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) / 1024
    load = Path("/proc/loadavg").read_text().split()[0]
    return [
        f"processor  {cpu}, {os.cpu_count()} cores, load {load} before the measurements",
        f"memory     {memory:,.0f} MiB",
        f"system     {platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}",
        f"disk       {disk(folder)}, at {folder}",
    ]


def _line(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""


def disk(folder: Path) -> str:
    """File system and kind of the device under a folder."""
    device, kind = "?", "?"
    best = -1
    for line in Path("/proc/self/mounts").read_text().splitlines():
        source, place, found = line.split()[:3]
        if folder.resolve().is_relative_to(place) and len(place) > best:
            best, device, kind = len(place), source, found
    name = _device(folder)
    turning = Path(f"/sys/block/{name}/queue/rotational")
    sort = "a virtual disk" if name.startswith("vd") else "an SD or eMMC card" if name.startswith("mmcblk") else "a solid-state disk"
    if turning.is_file() and turning.read_text().strip() == "1" and not name.startswith("vd"):
        sort = "a turning disk"
    return f"{kind} on {name or device}" + (f", {sort}" if turning.is_file() else "")


def _device(folder: Path) -> str:
    """Name of the whole disk in /sys/block that a folder is on."""
    number = folder.stat().st_dev
    link = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not link.exists():
        return ""
    path = link.resolve()
    return path.parent.name if (path / "partition").is_file() else path.name
