"""What the hub has of one lane of one epoch, as numbers: everything up to `upto`, and ranges above it.

A number is *covered* once its message is stored or a gap event says that it will never come; a lane is whole up to the first number that is
not covered. There is no time window: a node that was away for a year is judged like one that was away for a second. Whether a covered number
was stored or only declared is not known here (the database knows), so marks stay a handful of numbers however long a node lives.

Nothing here does I/O.
"""

from __future__ import annotations

from bisect import bisect_right
from enum import Enum

from gateway.contract.batch import MAX_INT
from gateway.contract.messages import Mark

MAX_RANGES = 1024
"""Ranges kept above `upto`; what would make one more is refused and comes again once the holes below are filled."""
MAX_MISSING = 64
"""Ranges told in one receipt, the oldest first; the rest follows when these are filled."""


class Verdict(Enum):
    """What to do with a message that has a number."""

    NEW = "new"  # store it
    DUPLICATE = "duplicate"  # the same again: a success, answer it
    LATE = "late"  # declared lost, came after all: store it, the gap shrinks
    CLONE = "clone"  # another content under a number that is taken: quarantine
    REFUSED = "refused"  # no place for it now: neither store nor answer


class LaneMarks:
    """The covered numbers of one lane: 1 to `upto`, and `above`, disjoint closed ranges in order that begin after upto + 1."""

    def __init__(self, upto: int = 0, above: list[tuple[int, int]] | None = None) -> None:
        self.upto = upto
        self.above = above if above is not None else []

    @property
    def last(self) -> int:
        """The highest number covered; 0 where there is none."""
        return self.above[-1][1] if self.above else self.upto

    def covers(self, seq: int) -> bool:
        """Whether a number is stored or declared."""
        if seq <= self.upto:
            return True
        place = bisect_right(self.above, (seq, MAX_INT)) - 1
        return place >= 0 and seq <= self.above[place][1]

    def fits(self, first: int, last: int) -> bool:
        """Whether there is room to cover a range without more than MAX_RANGES pieces."""
        return len(self.above) < MAX_RANGES or first <= self.upto + 1 or self.covers(first - 1) or self.covers(last + 1)

    def cover(self, first: int, last: int) -> None:
        """Cover a range; ValueError where it is none."""
        if not 1 <= first <= last < MAX_INT:
            raise ValueError(f"[{first}, {last}] is no range of numbers of a lane")
        low = bisect_right(self.above, (first, 0))
        if low and self.above[low - 1][1] >= first - 1:
            low -= 1
        high = low
        while high < len(self.above) and self.above[high][0] <= last + 1:
            first, last = min(first, self.above[high][0]), max(last, self.above[high][1])
            high += 1
        self.above[low:high] = [(first, last)]
        while self.above and self.above[0][0] <= self.upto + 1:
            self.upto = max(self.upto, self.above.pop(0)[1])

    def missing(self, first: int, last: int) -> list[tuple[int, int]]:
        """The ranges within [first, last] that are not covered, in order."""
        holes: list[tuple[int, int]] = []
        start = max(first, self.upto + 1)
        for low, high in self.above:
            if low > last:
                break
            if start < low:
                holes.append((start, low - 1))
            start = max(start, high + 1)
        if start <= last:
            holes.append((start, last))
        return holes

    def mark(self, held: int = 0) -> Mark:
        """What a receipt says. held: the last number the node says it holds (in the answer to a birth), so that what the hub has never seen
        is named as missing too; 0 elsewhere."""
        return Mark(self.upto, self.missing(self.upto + 1, max(self.last, held))[:MAX_MISSING])


def judge(marks: LaneMarks, seq: int, digest: bytes, stored: bytes | None, declared: bool) -> Verdict:
    """What a message is. stored: digest of what the database has under this number, None where it has nothing; declared: whether a gap that
    is still open names this number."""
    if stored is not None:
        return Verdict.DUPLICATE if stored == digest else Verdict.CLONE
    if marks.covers(seq):
        return Verdict.LATE if declared else Verdict.DUPLICATE
    return Verdict.NEW if marks.fits(seq, seq) else Verdict.REFUSED


def without(ranges: list[tuple[int, int]], seq: int) -> list[tuple[int, int]]:
    """Ranges with one number taken out."""
    out: list[tuple[int, int]] = []
    for first, last in ranges:
        out += [(a, b) for a, b in ((first, min(last, seq - 1)), (max(first, seq + 1), last)) if a <= b]
    return out
