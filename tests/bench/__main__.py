"""`make bench`: the budgets measured on this machine, in groups, each with the command that repeats it.

A benchmark and never a timed test: a budget that is missed is printed as MISSED with its reason and the exit code stays 0. The exit code is 1 where
something could not be measured. Everything is on loopback and in two folders that are removed at the end; under six minutes with the defaults.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from gateway.clock import real
from tests.bench.figures import Figure, table
from tests.bench.setting import MEMORY, NotMeasured, Setting, machine

GROUPS = ("wire", "durable", "backlog", "node")
"""Modules beside this one, each with TITLE and `measure(setting)`, in the order of printing."""
FAILURES = (NotMeasured, OSError, subprocess.SubprocessError, AssertionError)


def main() -> int:
    """Measure what was asked for."""
    arguments = _parser().parse_args()
    groups = [group for group in GROUPS if arguments.only in ("", group)]
    folder = Path(tempfile.mkdtemp(prefix="edge-gateway-bench-", dir=arguments.folder))
    memory = Path(tempfile.mkdtemp(prefix="edge-gateway-bench-", dir=MEMORY if MEMORY.is_dir() else None))
    setting = Setting(folder, memory, arguments.seed, arguments.quick, arguments.long)
    try:
        print("\n".join(machine(arguments.folder)))
        print(f"seed       {arguments.seed}{', quick: less of everything, less exact' if arguments.quick else ''}", flush=True)
        found = [figures for group in groups for figures in [_measured(group, setting)]]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(memory, ignore_errors=True)
    figures = [figure for group in found if group is not None for figure in group]
    print(f"\n{sum(f.met is True for f in figures)} budgets met, {sum(f.met is False for f in figures)} MISSED")
    return 1 if None in found else 0


def _measured(group: str, setting: Setting) -> list[Figure] | None:
    """Print a group's figures; None where they could not be taken."""
    module = importlib.import_module(f"tests.bench.{group}")
    quick = " --quick" if setting.quick else ""
    print(f'\n{module.TITLE}\n$ make bench ARGS="--only {group}{quick} --seed {setting.seed}"', flush=True)
    began = real()
    try:
        figures: list[Figure] = module.measure(setting)
    except FAILURES as error:
        print(f"NOT MEASURED: {type(error).__name__}: {error}", flush=True)
        return None
    print(table(figures))
    print(f"({real() - began:.0f} s)", flush=True)
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--only", choices=GROUPS, default="", help="one group of figures")
    parser.add_argument("--quick", action="store_true", help="about a minute: smaller and shorter")
    parser.add_argument("--long", action="store_true", help="let the node run for 10 minutes before its memory is read")
    parser.add_argument("--seed", type=int, default=20261122, help="of all readings (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="on the disk to be measured (default: %(default)s)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
