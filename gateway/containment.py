"""The one place where any exception is caught: around a step of a worker, a read of a driver, a message at the hub.

Everywhere else an unexpected exception is a defect that must surface. Here it is turned into a fact: counted, told once in the log with its
trace, and handed to the caller, which decides (a BAD sample, a restart within budget, a message in quarantine).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger("gateway")


def contained(where: str, call: Callable[[], T], failed: Callable[[Exception], T]) -> T:
    """Run `call`; on any Exception log it as coming from `where` and give what `failed` makes of it."""
    try:
        return call()
    except Exception as error:
        log.exception("%s: %s: %s", where, type(error).__name__, error)
        return failed(error)


def outcome(call: Callable[[], T]) -> T | Exception:
    """Run `call` for somebody on another thread, who is given what it gives or the exception it raised, and raises that again."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 (it is raised again, by who asked)
        return error
