"""All cases at once: each recording is a process's work of its own, the longest first."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.recordings.cases import Case
from tests.recordings.playing import play
from tests.recordings.scoring import Line, score


def quiet() -> None:
    """No words of the drivers: a recording has thousands of bad readings."""
    logging.disable(logging.CRITICAL)


def run(chosen: Sequence[Case]) -> list[Line]:
    """The lines of the cases, in their order."""
    plays = [one for case in chosen for one in case.plays]
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(plays)), multiprocessing.get_context("spawn"), quiet) as pool:
        begun = {id(one): pool.submit(play, one) for one in sorted(plays, key=lambda one: -len(one.track.times))}
        return [line for case in chosen for line in score(case, [begun[id(one)].result() for one in case.plays])]
