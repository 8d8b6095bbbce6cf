"""Promise: an inbox never waits and never grows; what it drops is its oldest, counted, with the ends of the hole."""

from gateway.inbox import Inbox


def test_the_oldest_goes_and_the_ends_of_the_hole_are_kept() -> None:
    inbox: Inbox[int] = Inbox(3)
    for item in range(10):
        inbox.put(item)
    assert inbox.drain() == [7, 8, 9]
    assert inbox.lost() == (7, [0, 6])
    assert inbox.lost() == (0, [])


def test_an_item_may_stand_for_many() -> None:
    inbox: Inbox[list[int]] = Inbox(1, weigh=len)
    for item in ([1, 2, 3], [4, 5], [6]):
        inbox.put(item)
    assert inbox.lost() == (5, [[1, 2, 3], [4, 5]])


def test_every_put_wakes_the_one_that_drains() -> None:
    woken: list[int] = []
    inbox: Inbox[int] = Inbox(2, lambda: woken.append(1))
    inbox.put(1)
    inbox.put(2)
    assert len(woken) == 2
    assert (inbox.drain(1), len(inbox)) == ([1], 1)
