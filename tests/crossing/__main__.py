"""`make crossing`: gas crosses its threshold 1,000 times while everything is broken; prints how long the siren's pin took, and what was broken.

The exit code is 1 where the bound is broken: p99 within 100 ms beyond sampling and configured delay, none missed, none false; or where a disturbance
did not really happen. A run takes half a second for each crossing.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.crossing.report import broken, lines
from tests.crossing.run import FAULTS, run

MEMORY = Path("/dev/shm")


def main() -> int:
    """Run what was asked for."""
    arguments = _parser().parse_args()
    seed = random.randrange(1 << 31) if arguments.seed is None else arguments.seed
    faults = [fault for fault in FAULTS if fault not in arguments.without and (not arguments.sound)]
    print(f"{arguments.crossings} crossings, two a second, 10 samples a second, speed 1, seed {seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="edge-gateway-crossing-", dir=arguments.folder))
    memory = Path(tempfile.mkdtemp(prefix="edge-gateway-crossing-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        outcome = run(folder, memory, arguments.crossings, seed, faults)
        print("\n".join(lines(outcome, faults)))
    finally:
        if arguments.keep:
            print(f"kept: {folder} {memory}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(memory, ignore_errors=True)
    return 1 if broken(outcome, faults) else 0


def _parser() -> argparse.ArgumentParser:
    what = "\n".join(f"  {name:8} {text}" for name, text in FAULTS.items())
    parser = argparse.ArgumentParser(
        prog="make crossing", description=f"Broken, all at once:\n{what}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--crossings", type=int, default=1000, metavar="N", help="raises, each with its clear (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="of the crossings' moments and of the garbage (default: drawn, printed)")
    parser.add_argument("--without", action="append", default=[], choices=FAULTS, metavar="FAULT", help="leave this one sound; may be repeated")
    parser.add_argument("--sound", action="store_true", help="leave everything sound")
    parser.add_argument("--keep", action="store_true", help="keep the files of the run and say where they are")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="where the node's disk is (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
