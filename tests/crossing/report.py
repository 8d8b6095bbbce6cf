"""What a run showed, in words and figures, and whether it kept the bound."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.crossing.measure import Answer, quantile
from tests.crossing.run import FAULTS, Outcome
from tests.crossing.scene import PERIOD

ON_DELAY = 0.0
"""Configured delay of the rule, seconds."""
OWN = 0.1
"""Seconds beyond sampling and configured delay."""
WHOLE = PERIOD + ON_DELAY + OWN
SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
ROWS: dict[str, tuple[Callable[[Answer], float], float]] = {"crossing to pin": (lambda a: a.whole, WHOLE), "sample to pin": (lambda a: a.own, OWN)}
WORST = 5
PROOF: dict[str, Callable[[Outcome], bool]] = {
    "fsync": lambda o: o.tally.counts["fsync"] > 0,
    "full": lambda o: o.tally.counts["refused"] > 0,
    "dns": lambda o: o.hung > 0.2 * o.lasted,
    "garbage": lambda o: garbage(o) > 500 * o.connected and o.connected > 0.2 * o.lasted,
    "nak": lambda o: o.tally.counts["nak"] > 0,
    "stretch": lambda o: o.tally.counts["stretch"] > 0,
    "hang": lambda o: o.tally.counts["hang"] > 0,
}
"""When a disturbance really happened: a run without it proves nothing."""


def garbage(outcome: Outcome) -> int:
    """Messages that reached the node's client."""
    return int(sum(much for what, much in outcome.tally.sums.items() if what.startswith("garbage")))


def broken(outcome: Outcome, faults: Sequence[str]) -> list[str]:
    """What is not as promised; empty where the bound is kept."""
    found = outcome.measured
    wrong = [f"{fault}: did not happen" for fault in faults if fault in PROOF and not PROOF[fault](outcome)]
    for name, answers, false in (("raise", found.raises, found.false_on), ("clear", found.clears, found.false_off)):
        for row, (value, bound) in ROWS.items():
            p99 = quantile([value(answer) for answer in answers], SHARES["p99"])
            if not p99 <= bound:
                wrong.append(f"{name}, {row}: p99 is {_ms(p99)}, the bound is {_ms(bound)}")
        missed = sum(answer.pin is None and not answer.restart for answer in answers)
        if missed:
            wrong.append(f"{missed} of the {name}s were missed while the node ran")
        if false:
            wrong.append(f"{len(false)} of the {name}s were false")
    return wrong


def lines(outcome: Outcome, faults: Sequence[str]) -> Iterator[str]:
    """The whole report."""
    yield from _disturbances(outcome, faults)
    found = outcome.measured
    yield ""
    yield f"{'':>24}" + "".join(f"{name:>10}" for name in SHARES) + f"{'bound':>10}"
    for name, answers in (("raise", found.raises), ("clear", found.clears)):
        for row, (value, bound) in ROWS.items():
            values = [value(answer) for answer in answers]
            figures = "".join(f"{_ms(quantile(values, share)):>10}" for share in SHARES.values())
            yield f"{name + ', ' + row:>24}{figures}{_ms(bound):>10}"
    if found.gaps:
        yield f"{'between samples':>24}" + "".join(f"{_ms(quantile(found.gaps, share)):>10}" for share in SHARES.values())
    yield ""
    for name, answers, false in (("raises", found.raises, found.false_on), ("clears", found.clears, found.false_off)):
        lost = [answer for answer in answers if answer.pin is None]
        restarts = [answer for answer in answers if answer.restart]
        yield (
            f"{len(answers)} {name}: missed {sum(not answer.restart for answer in lost)}, false {len(false)}; during a restart {len(restarts)}, "
            f"of them never answered {sum(answer.pin is None for answer in restarts)} (in p99 as never)"
        )
    yield from _worst(found.raises)
    yield from (f"BROKEN: {wrong}" for wrong in broken(outcome, faults))


def _disturbances(outcome: Outcome, faults: Sequence[str]) -> Iterator[str]:
    counts, lasted = outcome.tally.counts, outcome.lasted
    classes = ", ".join(f"{what.split()[1]} {much:,.0f}" for what, much in sorted(outcome.tally.sums.items()) if what.startswith("garbage"))
    rate = garbage(outcome) / outcome.connected if outcome.connected else 0.0
    told = {
        "hub": f"down for all of {lasted:.0f} s",
        "fsync": f"{counts['fsync']} syncs stalled for 5 s each",
        "full": f"{counts['refused']:,} writes refused, no space left on device",
        "dns": f"{counts['dns begins']} names hung, {outcome.hung:.0f} s in all",
        "garbage": f"{garbage(outcome):,} messages reached the node, {rate:,.0f} a second of {outcome.connected:.0f} s connected ({classes})",
        "nak": f"{counts['nak']} transfers not acknowledged on the gas detector's bus",
        "stretch": f"{counts['stretch']} transfers there that ended by the kernel's time-out of 0.1 s",
        "hang": f"{counts['hang']} transfers on another bus never returned; the process was started again {len(outcome.deaths)} times",
    }
    for fault, what in FAULTS.items():
        yield f"{fault:>10}: {told[fault] if fault in faults else f'switched off ({what})'}"
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    load = os.getloadavg()[0]
    yield (
        f"{'machine':>10}: {os.cpu_count()} x {model or 'processor'}, load {load:.1f}; node: {outcome.cpu / lasted:.0%} of a core, "
        f"at most {outcome.peak / 2**20:.0f} MiB"
    )


def _worst(answers: Sequence[Answer]) -> Iterator[str]:
    first = answers[0].crossed
    for answer in sorted(answers, key=lambda a: -a.whole)[:WORST]:
        sampled = "no sample" if answer.sampled is None else f"sampled after {_ms(answer.sampled - answer.crossed)}"
        yield f"  slow: raise at {answer.crossed - first:.3f} s, {sampled}, pin after {_ms(answer.whole)}{', in a restart' if answer.restart else ''}"


def _ms(seconds: float) -> str:
    return "never" if math.isinf(seconds) else f"{seconds * 1000:.1f} ms"
