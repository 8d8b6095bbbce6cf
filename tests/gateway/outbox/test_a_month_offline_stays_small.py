"""Offline for long, in miniature: what is in memory does not grow with what is on the disk, and a reading costs few bytes there."""

from __future__ import annotations

from pathlib import Path

from gateway.model import Lane, Reading
from gateway.outbox import Limits, Outbox
from tests.gateway.outbox.rig import Files, Hub, drain

SERIES, SEALS = 2, 3000
LIMITS = Limits(size=64 << 16, segment=1 << 16, small=1 << 15)


def offline(files: Files, outbox: Outbox, seals: int) -> int:
    """So many minutes without a hub, two series, one reading a second each, with a jitter of some milliseconds; gives how many readings."""
    count = 0
    for _ in range(seals):
        for second in range(60):
            files.raw += 1000
            for series in range(SERIES):
                outbox.append(Reading(series, files.raw + (files.raw * 7 + second) % 13, 4000 + (files.raw // 1000) % 7, 4000.0))
                count += 1
        outbox.seal()
        outbox.flush()
    return count


def in_memory(outbox: Outbox) -> tuple[int, int]:
    """Bytes of segments, and frames, that are held in memory."""
    segments = [segment for ring in outbox._s.rings.values() for segment in ring.segments]
    frames = sum(len(segment.frames) for segment in segments) + sum(len(old) for old in outbox._library._old.values())
    return sum(len(segment.image) for segment in segments if segment.image is not None), frames


def test_memory_does_not_grow_with_the_backlog(tmp_path: Path) -> None:
    files = Files(tmp_path)
    outbox = files.open(LIMITS)
    offline(files, outbox, SEALS // 10)
    early = in_memory(outbox)
    offline(files, outbox, SEALS)
    late = in_memory(outbox)
    assert late[0] == early[0] <= LIMITS.segment + 2 * LIMITS.small
    assert late[1] <= LIMITS.segment // 200
    drain(outbox, Hub(), stop=1 << 30)
    assert in_memory(outbox)[1] <= 3 * LIMITS.segment // 200
    assert not any(ring.writes for ring in outbox._s.rings.values())


def test_a_reading_costs_few_bytes_on_the_disk(tmp_path: Path) -> None:
    """41 million readings, a month of 16 a second, fit in 128 MiB at 3.2 bytes each."""
    files = Files(tmp_path)
    outbox = files.open(LIMITS)
    readings = offline(files, outbox, SEALS)
    ring = outbox._s.rings[Lane.BATCH]
    used = LIMITS.segment * (len(ring.segments) - 1) + (ring.newest.used if ring.newest else 0)
    assert used / readings <= 3.2
