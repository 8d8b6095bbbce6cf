"""`make fuzz`: every parser and every signature of a scan, a million inputs each by default; prints what was measured, exits 1 where one broke."""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.parsers import HELD, Outcome, heard, run
from tests.hardware.transcripts import frames, parsers, tells, transcripts

SLOWEST = 0.001
"""Seconds within which 99.9 % of the inputs must be done."""


def _told(name: str, outcome: Outcome, met: bool = True) -> bool:
    """Print a line; gives whether every promise was kept. met: whether an example speaks so, and frames must have been found."""
    p50, p999, most = (1e6 * outcome.share(share) for share in (0.5, 0.999, 1.0))
    fine = p999 <= 1e6 * SLOWEST and outcome.held <= HELD and (outcome.frames > 0 or not met)
    print(f"{name:40} {outcome.frames:9} {p50:8.1f} {p999:9.1f} {most:9.1f} {outcome.held:5} {'' if fine else 'BROKEN'}", flush=True)
    return fine


def main() -> int:
    """Fuzz all, or those whose name begins with --only."""
    options = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    options.add_argument("--inputs", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default="")
    asked = options.parse_args()
    spoken = transcripts()
    broken = 0
    print(f"seed {asked.seed}, {asked.inputs} inputs each")
    print(f"{'parser':40} {'frames':>9} {'p50 us':>8} {'p99.9 us':>9} {'most us':>9} {'held':>5}")
    for name, make in parsers().items():
        if name.startswith(asked.only):
            said = b"".join(data for data in spoken.values() if frames(make, data))
            broken += not _told(name, run(make, said, asked.seed, asked.inputs))
    for name, tell in tells().items():
        if name.startswith(asked.only):
            said = b"".join(data for data in spoken.values() if tell(data))
            broken += not _told(name, heard(tell, said, asked.seed, asked.inputs), met=bool(said))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
