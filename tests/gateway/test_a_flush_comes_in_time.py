"""Promise: the first readings are durable soon after the start, later ones every interval, and what is urgent at once."""

from gateway.flusher import Flusher


class Log:
    def __init__(self) -> None:
        self.flushes = 0
        self.urgent = False

    def due(self) -> bool:
        return self.urgent

    def flush(self) -> None:
        self.flushes += 1


def test_the_first_flush_is_early_and_the_others_keep_the_interval() -> None:
    log = Log()
    flusher = Flusher(log, 5.0, 100.0)
    assert flusher.step(100.0) == 100.5
    assert flusher.step(100.5) == 105.5
    flusher.step(105.4)
    assert log.flushes == 1
    flusher.step(105.5)
    assert log.flushes == 2


def test_what_is_urgent_does_not_wait() -> None:
    log = Log()
    flusher = Flusher(log, 5.0, 100.0)
    log.urgent = True
    assert flusher.step(100.1) == 100.5, "the start's own words do not put the first readings off"
    assert log.flushes == 1
    assert flusher.step(101.0) == 106.0
    assert log.flushes == 2
