"""What the sensors said around an alarm, sample by sample: the files of the black box, or one of them as CSV on standard output.

Times are UTC where the node knew it when the alarm came, and seconds of that boot in any case. A row whose kind is `part` is a single measurement,
such as one ping of a sonar; the reading below it was made of those. A file that is torn or not the black box's is told of and passed over.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gateway import cli
from gateway.boxfile import FOLDER, Box, Head, Unreadable, files, peek, read
from gateway.model import Quality
from gateway.sections import SYSTEM_STATE

HELP = "list what was kept around alarms, or print one file as CSV"
COLUMNS = ("utc", "mono", "series", "unit", "raw", "value", "quality", "reason", "kind")


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("file", nargs="?", help="a file, by its path or by its name in the list")
    parser.add_argument("--state", type=Path, default=Path(SYSTEM_STATE), help="the node's state directory (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """List or print; 1 where there is no such folder or file, or it cannot be read."""
    folder = arguments.state / FOLDER
    if arguments.file is None:
        return _list(folder)
    path = Path(arguments.file)
    try:
        box = read(path if path.exists() else folder / path.name)
    except (Unreadable, OSError) as error:
        print(error, file=sys.stderr)
        return cli.FAULT
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(rows(box))
    return cli.FINE


def rows(box: Box) -> Iterator[tuple[str, ...]]:
    """The samples of a file as text, in the order of COLUMNS."""
    for row in box.rows:
        info = box.head.series[row.series]
        value = "" if row.value is None else f"{row.value:.{info.decimals}f}"
        quality, kind = Quality(row.quality).name.lower(), "part" if row.part else "reading"
        raw = "" if row.raw is None else str(row.raw)
        yield _utc(box.head, row.ms / 1000), f"{row.ms / 1000:.3f}", info.name, info.unit, raw, value, quality, row.reason, kind


def _list(folder: Path) -> int:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        print(f"no black box: {error}; one is begun with the first alarm", file=sys.stderr)
        return cli.FAULT
    ours = files(folder)
    for name in sorted(set(names) - {path.name for path in ours}):
        print(f"{folder / name}: passed over, not a name of the black box", file=sys.stderr)
    for path in ours:
        try:
            head, size = peek(path), path.stat().st_size
        except (Unreadable, OSError) as error:
            print(f"passed over: {error}", file=sys.stderr)
            continue
        alarms = ", ".join(dict.fromkeys(f"{alarm.rule} {alarm.occurrence}" for alarm in head.alarms))
        first = head.alarms[0].mono
        span = f"{head.begin - first:+.1f} s to {head.end - first:+.1f} s"
        when = _utc(head, first) or f"{first:.3f} s of boot {head.boot}"
        print(f"{path.name}  {when}  {alarms}: {span}, {head.rows} samples, {size} bytes{'' if head.complete else ', not complete'}")
    return cli.FINE


def _utc(head: Head, mono: float) -> str:
    """A moment of the file's boot; empty where nobody knew the time."""
    if head.utc is None:
        return ""
    return datetime.fromtimestamp(head.utc + mono - head.alarms[0].mono, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
