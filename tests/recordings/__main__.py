"""`python -m tests.recordings [--json] [NAME ...]`: play the recordings through nodes and print what their alarms found, how late, and what they
raised for nothing. Exit code 1 where that is not as it has to be."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from gateway.clock import real
from hardware.sim.scenario import RECORDINGS
from tests.recordings.running import run
from tests.recordings.sets import cases
from tests.recordings.table import text


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python -m tests.recordings", description="What the alarms make of the recordings.")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    parser.add_argument("name", nargs="*", help="beginnings of sets or recordings; all where none is given")
    asked = parser.parse_args(arguments)
    folder = os.environ.get(RECORDINGS, "")
    if not Path(folder).is_dir() or not folder:
        print(f"no recordings: set {RECORDINGS} to their folder", file=sys.stderr)
        return 2
    started = real()
    beginnings = tuple(asked.name) or ("",)
    chosen = [case for case in cases(Path(folder)) if case.set.startswith(beginnings) or case.name.startswith(beginnings)]
    if not chosen:
        print(f"nothing begins with {' or '.join(asked.name)}", file=sys.stderr)
        return 2
    lines = run(chosen)
    seconds = real() - started
    if asked.json:
        print(json.dumps({"seconds": round(seconds, 1), "fine": not any(line.wrong for line in lines), "lines": [line.told() for line in lines]}))
    else:
        print("\n".join(text(lines, seconds)))
    return 1 if any(line.wrong for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
