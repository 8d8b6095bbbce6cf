"""Inputs for parsers and for the signatures of a scan, from a seed: bytes of the line mutated, cut, joined, and bytes that were never a frame.

An input is fed in pieces of random size into a parser that has seen the inputs before it: a parser lives as long as a read does, but what it may
hold must not grow however long it lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from time import thread_time
from typing import Any, NamedTuple

from hardware.scout import Guess

LONGEST = 96
"""Bytes of an input at most."""
HELD = 1024
"""Bytes that a parser may keep: no frame of any of these sensors is that long."""


class Outcome(NamedTuple):
    """What a parser did. times: seconds of processor per input, unsorted (what else the machine does is not the parser's). held: most bytes it kept.
    frames: how many it found."""

    times: list[float]
    held: int
    frames: int

    def share(self, share: float) -> float:
        """The time within which that share of the inputs was done, seconds."""
        return sorted(self.times)[min(len(self.times) - 1, int(share * len(self.times)))]


def inputs(dice: Random, spoken: bytes, count: int) -> Iterator[bytes]:
    """`count` inputs made of what a sensor says."""
    makers: list[Callable[[], bytes]] = [
        lambda: dice.randbytes(dice.randrange(1, LONGEST)),
        lambda: bytes([dice.choice((0x00, 0xFF, 0x55, 0xAA, *spoken[:4]))]) * dice.randrange(1, LONGEST),
    ]
    if spoken:
        makers += [lambda: _part(dice, spoken)] * 3 + [lambda: _mutated(dice, _part(dice, spoken))] * 5
    for _ in range(count):
        yield dice.choice(makers)()


def _part(dice: Random, spoken: bytes) -> bytes:
    start = dice.randrange(len(spoken))
    return spoken[start : start + dice.randrange(1, LONGEST)]


def _mutated(dice: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randrange(1, 4)):
        place = dice.randrange(len(changed) + 1)
        match dice.randrange(4):
            case 0 if place < len(changed):
                changed[place] ^= 1 << dice.randrange(8)
            case 1:
                changed.insert(place, dice.randrange(256))
            case 2:
                del changed[place : place + 1]
            case _:
                changed[place:place] = changed[place : place + dice.randrange(9)]
    return bytes(changed[:LONGEST])


def run(make: Callable[[], Any], spoken: bytes, seed: int, count: int) -> Outcome:
    """Feed a parser; whatever it raises is the finding."""
    dice = Random(seed)
    parser = make()
    times, held, found = [], 0, 0
    for data in inputs(dice, spoken, count):
        cut = dice.randrange(len(data) + 1)
        begun = thread_time()
        found += len(parser.feed(data[:cut])) + len(parser.feed(data[cut:]))
        times.append(thread_time() - begun)
        held = max(held, parser.held)
        assert parser.missing >= 1, f"seed {seed}: a parser that wants no byte waits for ever"
    return Outcome(times, held, found)


def heard(tell: Callable[[bytes], Guess | None], spoken: bytes, seed: int, count: int) -> Outcome:
    """Give a scan's signature what a line may hold; whatever it raises is the finding, as is an answer that is neither a guess nor nothing."""
    dice = Random(seed)
    times, found = [], 0
    for data in inputs(dice, spoken, count):
        begun = thread_time()
        guess = tell(data)
        times.append(thread_time() - begun)
        assert guess is None or (isinstance(guess, Guess) and guess.what), f"seed {seed}: {data.hex()} told {guess!r}"
        found += guess is not None
    return Outcome(times, 0, found)
