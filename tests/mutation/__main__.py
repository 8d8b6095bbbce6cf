"""`make mutants`: small mistakes in the modules of alarms, exposure and quality, and whether their tests notice.

    make mutants                                       all of them
    make mutants ARGS="--sample 200 --seed 7"          a quick look: so many of them, drawn by the seed
    make mutants ARGS="--only gateway/rules/steps.py"  one module, or those whose path begins so

Prints how many were killed by the tests of each module and every survivor with the reason that stands in survivors.toml, or UNEXPLAINED. The score
counts every survivor, explained or not. Exits 1 where it is under the floor.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections import Counter

from tests.mutation.operators import Mutant, mutants
from tests.mutation.reasons import Reasons
from tests.mutation.stand import Broken, survivors
from tests.mutation.targets import ROOT, targets

TOTAL, EACH = 0.85, 0.70
"""Floors of the score: of all, and of each module that is asked whole."""


def main() -> int:
    options = argparse.ArgumentParser(prog="make mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="a module, or where its path begins")
    options.add_argument("--sample", type=int, default=0, help="so many mutants, drawn by the seed")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=2)
    asked = options.parse_args()
    os.setpriority(os.PRIO_PROCESS, 0, 19)
    if not os.environ.get("EDGE_GATEWAY_RECORDINGS"):
        print("EDGE_GATEWAY_RECORDINGS is not set: the published vectors that lie beside the recordings are not asked, and the score is lower for it")
    stands = targets(asked.only)
    made = {target: mutants(target.path, (ROOT / target.path).read_text(encoding="utf-8")) for target in stands}
    chosen = [mutant for found in made.values() for mutant in found]
    if asked.sample:
        chosen = random.Random(asked.seed).sample(chosen, min(asked.sample, len(chosen)))
        print(f"{len(chosen)} of {sum(map(len, made.values()))} mutants, seed {asked.seed}")
    drawn = set(map(id, chosen))
    score = Score(Reasons.read(), whole=not asked.sample)
    try:
        for target, found in made.items():
            tried = [mutant for mutant in found if id(mutant) in drawn]
            if tried:
                score.note(target.path, tried, survivors(target, tried, asked.jobs))
    except Broken as error:
        print(error, file=sys.stderr)
        return 2
    return score.told()


class Score:
    """The account of a run; prints as it grows."""

    def __init__(self, reasons: Reasons, whole: bool) -> None:
        self._reasons, self._whole = reasons, whole
        self._counts: list[tuple[str, int, int]] = []
        self._unexplained = 0

    def note(self, path: str, tried: list[Mutant], alive: list[Mutant]) -> None:
        """One module is done."""
        self._counts.append((path, len(tried), len(alive)))
        if alive:
            print(path)
        for mutant in alive:
            why = self._reasons.of(mutant)
            self._unexplained += not why
            print(f"  {mutant.line} {mutant.where}: {mutant.before}  ->  {mutant.after}\n      {why or 'UNEXPLAINED'}", flush=True)
        if self._whole:
            for stale in self._reasons.stale(path, alive):
                print(f"  no survivor any more: {stale}")

    def told(self) -> int:
        """The table; 1 where a score is under its floor."""
        total = Counter[str]()
        print(f"\n{'module':44} {'mutants':>7} {'killed':>7} {'survived':>8} {'score':>7}")
        low = False
        for path, tried, alive in self._counts:
            total.update(tried=tried, alive=alive)
            under = self._whole and tried - alive < EACH * tried
            low = low or under
            print(_row(path, tried, alive, under))
        tried, alive = total["tried"], total["alive"]
        under = tried - alive < TOTAL * tried
        print(_row("all", tried, alive, under))
        print(f"{self._unexplained} survivors without a reason")
        return int(low or under)


def _row(path: str, tried: int, alive: int, under: bool) -> str:
    score = (tried - alive) / tried if tried else 1.0
    return f"{path:44} {tried:7} {tried - alive:7} {alive:8} {score:7.1%}{'  UNDER ITS FLOOR' if under else ''}"


if __name__ == "__main__":
    sys.exit(main())
