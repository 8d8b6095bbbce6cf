"""The ledger against plain sets: first alone, then with the database under it, duplicates, gaps, kills and restored copies."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.hub.ledger import MAX_MISSING, MAX_RANGES, LaneMarks, without
from tests.gateway.contract.examples import level, message
from tests.gateway.hub.desk import EPOCH, Desk, birth, encode, gap

NUMBERS = st.integers(1, 30)
ranges = st.tuples(NUMBERS, NUMBERS).map(lambda pair: (min(pair), max(pair)))


def spread(found: list[tuple[int, int]]) -> list[int]:
    return [number for first, last in found for number in range(first, last + 1)]


@given(st.lists(ranges), ranges)
def test_ranges_are_sets(covered: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    marks, model = LaneMarks(), set[int]()
    for first, last in covered:
        marks.cover(first, last)
        model |= set(range(first, last + 1))
    assert [number for number in range(1, 40) if marks.covers(number)] == sorted(model)
    assert marks.upto == next(number for number in range(40) if number + 1 not in model)
    assert marks.last == max(model, default=0)
    assert spread(marks.missing(*asked)) == [number for number in range(asked[0], asked[1] + 1) if number not in model]
    assert all(b + 1 < c for (_, b), (c, _) in zip([(0, marks.upto), *marks.above], marks.above))


@given(ranges, NUMBERS)
def test_one_number_taken_out(whole: tuple[int, int], number: int) -> None:
    assert spread(without([whole], number)) == [n for n in range(whole[0], whole[1] + 1) if n != number]


def test_what_is_kept_and_told_is_bounded() -> None:
    marks = LaneMarks()
    for seq in range(2, 2 * MAX_RANGES + 2, 2):
        assert marks.fits(seq, seq)
        marks.cover(seq, seq)
    assert not marks.fits(2 * MAX_RANGES + 2, 2 * MAX_RANGES + 2)
    assert marks.fits(1, 1)
    assert marks.fits(3, 3)
    assert len(marks.mark().missing) == MAX_MISSING
    assert marks.mark().missing[0] == (1, 1)


@pytest.mark.parametrize("wrong", [(0, 1), (2, 1), (-1, 5), (1, 2**32)])
def test_what_is_no_range_is_not_covered(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no range"):
        LaneMarks().cover(*wrong)


class HubAgainstSets(RuleBasedStateMachine):
    """What was sent, declared and restored, as sets; the hub must agree after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "hub.db"
        self.desk = Desk(self.path)
        self.stored: set[int] = set()
        self.declared: set[int] = set()
        self.gaps = 0
        self.kept: tuple[set[int], set[int], int] | None = None

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=5))
    def send(self, numbers: list[int]) -> None:
        self.desk.hear("batch", message([level(number, count=1) for number in numbers]))
        self.stored |= set(numbers)
        assert self.told() == self.expected()

    @rule(hole=ranges)
    def declare(self, hole: tuple[int, int]) -> None:
        self.gaps += 1
        self.desk.hear("event", encode(gap(self.gaps, first=hole[0], last=hole[1], readings=2 * (hole[1] - hole[0] + 1))))
        self.declared |= set(range(hole[0], hole[1] + 1))

    @rule()
    def lose_what_is_not_committed(self) -> None:
        self.desk.hub.receive("edge/v1/city/n1/up/batch", message([level(40)]))
        self.desk.close()
        self.desk = Desk(self.path)

    @rule()
    def copy(self) -> None:
        self.desk.sink._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.path, self.path.with_suffix(".old"))
        self.kept = set(self.stored), set(self.declared), self.gaps

    @rule()
    def restore(self) -> None:
        if self.kept is not None:
            self.desk.close()
            shutil.copy(self.path.with_suffix(".old"), self.path)
            self.stored, self.declared, self.gaps = set(self.kept[0]), set(self.kept[1]), self.kept[2]
            self.desk = Desk(self.path)

    def expected(self) -> tuple[int, list[int]]:
        covered = self.stored | self.declared
        upto = next(number for number in range(60) if number + 1 not in covered)
        return upto, [number for number in range(upto + 1, max(covered, default=0)) if number not in covered]

    def told(self) -> tuple[int, list[int]]:
        self.desk.hear("state", encode(birth({EPOCH: {"batch": (1, 1)}})))
        mark = self.desk.mark("batch")
        assert mark is not None
        return mark["upto"], [number for number in spread(mark.get("missing", [])) if number > 1 or self.stored | self.declared]

    @invariant()
    def the_rows_are_what_was_sent(self) -> None:
        assert set(self.desk.rows("SELECT DISTINCT seq FROM readings")) == self.stored
        assert self.desk.rows("SELECT count(*) FROM readings") == [2 * len(self.stored)]

    @invariant()
    def what_is_declared_and_did_not_come_is_missing(self) -> None:
        missing = {number for text in self.desk.rows("SELECT missing FROM gaps") for number in spread(json.loads(text))}
        assert missing == self.declared - self.stored

    def teardown(self) -> None:
        self.desk.close()
        self.folder.cleanup()


TestHubAgainstSets = HubAgainstSets.TestCase
TestHubAgainstSets.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
