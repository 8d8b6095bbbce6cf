"""Durable readings per second, and what keeping sixteen readings a second costs the disk.

Two counts, because they answer different questions. At the outbox's disk port, over an hour of readings without waiting: the pages each fdatasync
has to write, which is our own doing. On loop devices with a file system of their own, at the speed of real time: the sectors that arrive, the
file system's own writes among them (ext4 commits a file's time of change every few seconds, which no faster run would show).
"""

from __future__ import annotations

from itertools import islice

from gateway.clock import real
from gateway.model import Reading
from gateway.outbox import Outbox, RealDisk
from tests.bench.figures import Figure, at_most, plain
from tests.bench.loop import LoopDisk
from tests.bench.setting import NotMeasured, Setting, rest
from tests.bench.store import CountingDisk, outbox
from tests.bench.workloads import SIXTEEN, sixteen

TITLE = "durable readings, sixteen a second, flushed (fdatasync) every 5 s; live: sealed every 5 s, offline: every 60 s"
FLUSH, OFFLINE = 5, 60
REAL = 60
"""Seconds of real time that sectors are counted for."""
DAY = 86_400
GIGABYTES = 0.15
CURSOR_DAY = DAY // 60 * 4096
"""Bytes a day for the mark of what was receipted, a page a minute, which these runs do not show and every figure has added."""


def measure(setting: Setting) -> list[Figure]:
    """Speed, then bytes by both counts."""
    figures = [_speed(setting, size) for size in (FLUSH * 16, 1000)]
    for live in (True, False):
        figures.append(_pages(setting, live))
    try:
        return figures + _sectors(setting)
    except NotMeasured as error:  # without root the pages above stand alone
        return [*figures, Figure("device bytes, sectors", f"not counted: {error}")]


def _speed(setting: Setting, size: int) -> Figure:
    """Append, seal, flush, again and again."""
    seconds = 20_000 // 16 if setting.quick else 100_000 // 16
    readings = list(sixteen(setting.seed, seconds))
    disk = RealDisk(setting.fresh("speed"))
    box = outbox(disk, setting.fresh_memory("speed"), SIXTEEN)
    began = real()
    for start in range(0, len(readings), size):
        for reading in readings[start : start + size]:
            box.append(reading)
        box.seal()
        box.flush()
    taken = real() - began
    box.close()
    disk.close()
    return plain(f"durable readings, {size} a flush", len(readings) / taken, "readings/s", 0)


def _second(box: Outbox, second: int, readings: list[Reading], live: bool) -> None:
    """One second of a node's life."""
    for reading in readings:
        box.append(reading)
    if (second + 1) % FLUSH == 0:
        if live or (second + 1) % OFFLINE == 0:
            box.seal()
        box.flush()


def _pages(setting: Setting, live: bool) -> Figure:
    """Pages at the disk port over an hour of readings, or a quarter of it."""
    seconds = 900 if setting.quick else 3600
    disk = CountingDisk(setting.fresh("pages"))
    box = outbox(disk, setting.fresh_memory("pages"), SIXTEEN)
    stream = sixteen(setting.seed, seconds + OFFLINE)
    for second in range(OFFLINE):
        _second(box, second, list(islice(stream, 16)), live)
    before = disk.pages
    for second in range(OFFLINE, OFFLINE + seconds):
        _second(box, second, list(islice(stream, 16)), live)
    per_second = (disk.pages - before) / seconds
    box.close()
    disk.close()
    return _bytes("pages at the disk port", live, per_second)


def _bytes(how: str, live: bool, per_second: float, why: str = "") -> Figure:
    per_day = (per_second * DAY + CURSOR_DAY) / 1e9
    words = f"device bytes, {'live' if live else 'offline'}, {how}"
    return at_most(words, per_day, GIGABYTES, "GB/day", why, 3, f" ({per_second / 16:,.0f} B/reading)")


def _sectors(setting: Setting) -> list[Figure]:
    """Sectors on four file systems at once, in real time: live and offline, mounted as ext4 is and with fewer commits of its own."""
    if setting.quick:
        raise NotMeasured("it takes a minute of real time; leave --quick away")
    ways = [(live, mount) for mount in ("defaults", "commit=60") for live in (True, False)]
    loops: list[LoopDisk] = []
    disks: list[CountingDisk] = []
    boxes: list[Outbox] = []
    try:
        for place, (_, mount) in enumerate(ways):
            loops.append(LoopDisk(setting.fresh(f"loop{place}"), mount))
            disks.append(CountingDisk(loops[-1].place / "state"))
            boxes.append(outbox(disks[-1], setting.fresh_memory(f"loop{place}"), SIXTEEN))
        before = _written(loops), [disk.pages for disk in disks]
        _live(setting, [(box, live) for box, (live, _) in zip(boxes, ways, strict=True)])
        after = _written(loops), [disk.pages for disk in disks]
    finally:
        for disk in disks:
            disk.close()
        for loop in loops:
            loop.close()
    figures = []
    for place, (live, mount) in enumerate(ways):
        sectors, pages = after[0][place] - before[0][place], after[1][place] - before[1][place]
        own, whole = (count * FLUSH / REAL for count in (sectors - pages, sectors))
        why = (
            f"{own:,.0f} of the {whole:,.0f} B of every {FLUSH} s are the file system's own: ext4 commits the file's time of change every 5 s "
            "unless its mount option commit says otherwise"
        )
        figures.append(_bytes(f"sectors in {REAL} s, ext4 {mount}", live, sectors / REAL, why))
    return figures


def _written(loops: list[LoopDisk]) -> list[int]:
    """Bytes on the devices, what the file systems still owe included."""
    for loop in loops:
        loop.settle()
    return [loop.written() for loop in loops]


def _live(setting: Setting, boxes: list[tuple[Outbox, bool]]) -> None:
    """A minute of readings as they come."""
    readings = list(sixteen(setting.seed, REAL))
    began = real()
    for second in range(REAL):
        for box, live in boxes:
            _second(box, second, readings[16 * second : 16 * second + 16], live)
        rest(began + second + 1 - real())
