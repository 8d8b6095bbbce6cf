"""Guiding a person at a sensor: prompts that do not wait for ever, live values on one line, and the channel given back whatever happens."""

from __future__ import annotations

import argparse
import datetime
import math
import os
import secrets
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from gateway import cli
from gateway.cli._node import Refused, RunningNode, Unreachable
from gateway.clock import SystemClock, real
from gateway.sections import SYSTEM_RUNTIME

POLL = 0.5
LONGEST = 60.0
"""Minutes of the longest maintenance a node gives."""
INTERRUPTED = 130
"""128 and the number of SIGINT."""
TOLD_EVERY = 5.0
"""Seconds between two lines where the output is no terminal."""

KEEP = 2.0
"""Seconds between two words to the node while a person thinks: it ends a session whose client is silent."""
LEAST_REASON = 5
MOST = 1e9


class Stopped(Exception):
    """It is not gone on with: the message says why."""


class Ended(KeyboardInterrupt):
    """A signal ended it, like Ctrl-C. number: of the signal."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def number(text: str) -> float:
    """A finite number, for argparse."""
    value = float(text)
    if not math.isfinite(value) or abs(value) > MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number that can be meant")
    return value


def between(low: float, high: float) -> Callable[[str], float]:
    """A number from low to high, both included, for argparse."""

    def read(text: str) -> float:
        value = number(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low:g} and {high:g}")
        return value

    read.__name__ = "number"  # argparse names the type so
    return read


def words(least: int, most: int) -> Callable[[str], str]:
    """A text of so many letters, blanks at its ends aside, or none at all, for argparse."""

    def read(text: str) -> str:
        tidy = " ".join(text.split())
        if text and not least <= len(tidy) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} has {len(tidy)} letters; {least} to {most} are wanted")
        return tidy

    return read


def date(text: str) -> str:
    """A date, or none, for argparse."""
    try:
        return datetime.date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2027-01-31") from error


reason = words(LEAST_REASON, 200)


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments that all guided verbs have."""
    parser.add_argument("--runtime", type=Path, default=Path(SYSTEM_RUNTIME), help="the node's runtime directory (default: %(default)s)")
    parser.add_argument(
        "--who", type=words(1, 64), default=os.environ.get("SUDO_USER") or os.environ.get("USER", ""), help="who does it (default: %(default)s)"
    )
    parser.add_argument("--gas", type=words(1, 200), default="", metavar="TEXT", help='gas or other reference: "CO in N2", "clean air"')
    parser.add_argument("--certificate", type=words(0, 200), default="", metavar="TEXT", help="number of the gas's or the instrument's certificate")
    parser.add_argument("--note", type=words(0, 200), default="", metavar="TEXT", help="what else is to be remembered")
    parser.add_argument(
        "--minutes", type=between(0.1, LONGEST), default=20.0, help="longest maintenance; it ends by itself; at most 60 (default: %(default)s)"
    )
    parser.add_argument(
        "--despite-alarm",
        type=reason,
        default="",
        metavar="REASON",
        help="begin although an alarm is active on it; the reason is told to the operator",
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing: every prompt counts as answered with yes")


class Guide:
    """A person at the terminal, or nobody (`yes`)."""

    def __init__(self, node: RunningNode, yes: bool, within: float) -> None:
        self.node = node
        self._yes = yes
        self._within = within
        self.token = ""
        self._series = ""
        self._clock = SystemClock()
        self._listens = not yes
        self._told = float("-inf")

    def wait_for(self, prompt: str) -> None:
        """Wait until the person says go (Enter). Stopped where nobody does."""
        print(f"{prompt}{'' if self._yes else ' Then press Enter.'}", flush=True)
        if not self._yes:
            self._line()

    def agreed(self, question: str) -> bool:
        """Whether the person says yes."""
        if self._yes:
            return True
        print(f"{question} [y/N] ", end="", flush=True)
        return self._line().strip().lower() in ("y", "yes")

    def _line(self) -> str:
        """A line of the person. Stopped after the maintenance's time, or where there is nobody to answer."""
        line, end = b"", real() + self._within
        while not line.endswith(b"\n"):  # byte by byte: what a buffer held, select would not see
            while not select.select([sys.stdin], [], [], KEEP)[0]:
                if real() > end:
                    raise Stopped("nobody answered; the maintenance is over")
                if self.token:
                    self.live(self._series)
            byte = os.read(sys.stdin.fileno(), 1)
            if not byte:
                raise Stopped("nobody is there to answer: use --yes where nothing is to be asked")
            line += byte
        return line.decode(errors="replace")

    def entered(self) -> bool:
        """Whether the person has pressed Enter; does not wait."""
        while self._listens and select.select([sys.stdin], [], [], 0)[0]:
            byte = os.read(sys.stdin.fileno(), 1)
            if byte == b"\n":
                return True
            self._listens = bool(byte)
        return False

    def forget(self) -> None:
        """What was typed before it was asked for is no answer."""
        if self._listens and select.select([sys.stdin], [], [], 0)[0]:
            self._listens = bool(os.read(sys.stdin.fileno(), 1 << 12))

    def owns(self, series: str, token: str) -> None:
        """The maintenance that this guide keeps alive, and acts in."""
        self._series, self.token = series, token

    def live(self, series: str) -> dict[str, Any]:
        """The newest of a series."""
        found: dict[str, Any] = self.node.ask("live", series=[series], token=self.token)["series"][series]
        return found

    def act(self, do: str, **content: Any) -> dict[str, Any]:
        """Ask for something in the own maintenance."""
        return self.node.ask(do, series=self._series, token=self.token, **content)

    def show(self, series: str, shown: dict[str, Any], more: str = "") -> None:
        """One line that is written anew, or, where there is no terminal, one now and then."""
        line = f"  {series} {described(shown)}  {more}"
        if sys.stdout.isatty():
            print(f"\r\x1b[K{line}", end="", flush=True)
        elif real() - self._told >= TOLD_EVERY:
            self._told = real()
            print(line, flush=True)

    def pause(self) -> None:
        """Wait until the next look."""
        self._clock.sleep(POLL)

    def new_line(self) -> None:
        """End a line that was written anew."""
        self._told = float("-inf")
        if sys.stdout.isatty():
            print(flush=True)


def described(shown: dict[str, Any]) -> str:
    """A series in words: value, raw, uncorrected, quality."""
    value = "no value" if shown["value"] is None else f"{shown['value']:.{shown['decimals']}f} {shown['unit']}"
    raw = "" if shown["raw"] is None else f", raw {shown['raw']}"
    uncorrected = "" if shown["uncorrected"] is None else f", uncorrected {shown['uncorrected']:.{shown['decimals']}f}"
    age = "" if shown["age"] is None else f", {shown['age']:.0f} s old"
    return f"{value}{raw}{uncorrected}{age}, {shown['quality']}{' (' + shown['reason'] + ')' if shown['reason'] else ''}"


def in_range(shown: dict[str, Any], references: list[float]) -> None:
    """Stopped where a reference is not in the series' measuring range: nothing has begun yet."""
    for reference in references:
        if not shown["low"] <= reference <= shown["high"]:
            span = f"{shown['low']:g} to {shown['high']:g} {shown['unit']}"
            raise Stopped(f"{reference:g} {shown['unit']} is outside the measuring range {span}; use another gas, or correct the number")


def guided(arguments: argparse.Namespace, act: Callable[[Guide], int], only_look: bool = False) -> int:
    """Run an act with a guide; its troubles in words on stderr, with their exit codes."""
    if not only_look and not arguments.who.strip():
        print("say who does it: --who NAME", file=sys.stderr)
        return cli.USAGE
    guide = Guide(RunningNode(arguments.runtime), arguments.yes, arguments.minutes * 60)
    try:
        with signalled():
            return act(guide)
    except (Unreachable, Refused, Stopped) as error:
        guide.new_line()
        _say(str(error))
        return cli.FAULT
    except OSError as error:  # the terminal has gone, or who read the output
        _say(f"cannot go on: {error}")
        return cli.FAULT
    except KeyboardInterrupt as interrupt:
        _say("broken off")
        return 128 + interrupt.number if isinstance(interrupt, Ended) else INTERRUPTED


def _say(text: str) -> None:
    """To stderr, which may have gone with the terminal."""
    with suppress(OSError):
        print(text, file=sys.stderr)


@contextmanager
def signalled() -> Iterator[None]:
    """A closed terminal (SIGHUP) and SIGTERM end it like Ctrl-C, once: what follows is cleaning up. Under nohup SIGHUP stays ignored."""

    def end(number: int, frame: FrameType | None) -> None:
        for kind in before:
            signal.signal(kind, signal.SIG_IGN)
        raise Ended(number)

    kinds = [kind for kind in (signal.SIGHUP, signal.SIGTERM) if signal.getsignal(kind) != signal.SIG_IGN]
    before = {kind: signal.signal(kind, end) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


@contextmanager
def maintenance(guide: Guide, series: str, arguments: argparse.Namespace, why: str) -> Iterator[None]:
    """The channel in maintenance; given back at the end, also after Ctrl-C and where the answer was lost. Where this process is killed, the node
    does it. After success at once: the person has said that the gas is away. Else the node waits for gas that is still there, for a bounded time."""
    done = False
    guide.owns(series, secrets.token_hex(8))
    keys = {"who": arguments.who, "seconds": arguments.minutes * 60, "despite_alarm": arguments.despite_alarm, "force": arguments.force}
    try:
        guide.act("maintain", why=why, **keys)
        print(f"{series} is in maintenance for at most {arguments.minutes:g} minutes: it does not protect until then.", flush=True)
        yield
        done = True
    finally:
        with suppress(Unreachable, Refused):
            given = guide.act("release", now=done)
            with suppress(OSError):
                guide.new_line()
                _given(series, given)


def _given(series: str, given: dict[str, Any]) -> None:
    if given["clearing"]:
        left = given["seconds"]
        print(f"TAKE THE GAS AWAY. {series} stays in maintenance until it has gone, for {left:.0f} s at most, then it protects again.", flush=True)
    elif given["was"]:
        print(f"{series} protects again.", flush=True)
