"""The alarms of the running node: how they stand, what happened, and what a person does about them.

  edge-gateway alarms                                    how each stands: level, value, since when, what it drives
  edge-gateway alarms silence co --for 2min              the siren is quiet for that long (60 s; at most 10 min); the beacon goes on
  edge-gateway alarms ack co --who kim                   you have seen this one
  edge-gateway alarms reset co --why "aired, 0 %LEL"     release a latch, after the readings have gone back and you have acknowledged
  edge-gateway alarms shelve co --for 2h --why "welding" it drives nothing for that long (1 min to 8 h), and is listed meanwhile
  edge-gateway alarms unshelve co                        it drives again
  edge-gateway alarms history co -n 20                   what changed, by whom and why, newest last
  edge-gateway alarms test siren                         an output shows itself for a moment

The four acts are different, and each is told to the hub with who did it. What you do is about the alarm that is printed before it is done: where it
has come anew or has risen since, it is refused, so look again. After an over-range no reading proves that the place is safe: a reset says with
--why how it was proved by other means. Silence and shelve end by themselves.

Exit code 0: done; 1: refused, or no node answers, or an alarm cannot judge its sensor; 2: the command line is wrong. Where no node answers the
list tells what it said last.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway import cli
from gateway.cli import _guide
from gateway.cli._alarms import changed, listed, outcome, row, snapshot, warning
from gateway.cli._node import Refused, RunningNode, Unreachable
from gateway.rules.acts import SHELVE_LEAST, SHELVE_MOST, SILENCE_MOST
from gateway.sections import SYSTEM_RUNTIME
from hardware.quantities import Seconds, convert

HELP = "list, acknowledge, silence, reset and shelve alarms; their history; test an output"
ACTS = {
    "ack": "acknowledge an alarm: you have seen it",
    "silence": "keep the sounders of an alarm quiet for a while; lights go on",
    "reset": "release a latched alarm whose readings have gone back",
    "shelve": "let an alarm drive nothing for a while, for a reason",
    "unshelve": "end a shelve",
}

ABOUT = ("ack", "silence", "reset")
"""The acts that are about one occurrence."""
SILENCE_LEAST = 1.0
LASTS = {
    "silence": (" (default: 60s)", SILENCE_LEAST, SILENCE_MOST, "1s to 10min, such as 2min"),
    "shelve": ("", SHELVE_LEAST, SHELVE_MOST, "1min to 8h, such as 2h"),
}
"""How long an act may last: where nothing is said, least and most seconds, in words."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _common(parser, Path(SYSTEM_RUNTIME), False)
    parser.set_defaults(act="list")
    acts = parser.add_subparsers(metavar="ACT", title="what to do (list, unless you say otherwise)")

    def add(name: str, words: str) -> argparse.ArgumentParser:
        made = acts.add_parser(name, help=words, description=words)
        _common(made, argparse.SUPPRESS, argparse.SUPPRESS)
        made.set_defaults(act=name)
        return made

    add("list", "how every alarm stands")
    history = add("history", "what changed, by whom and why, newest last")
    history.add_argument("rule", nargs="?", default="", help="name of the alarm (default: all)")
    history.add_argument("-n", type=_whole(1, 500), default=20, metavar="N", help="so many changes, at most 500 (default: %(default)s)")
    for name, words in ACTS.items():
        made = add(name, words)
        made.add_argument("rule", help="name of the alarm, as the list tells it")
        made.add_argument("--why", type=_guide.words(1, 200), default="", required=name == "shelve", metavar="TEXT", help="the reason, in words")
        if name in ABOUT:
            made.add_argument("--occurrence", type=_whole(0, 2**53), metavar="N", help="only if it is still this one (default: the present one)")
        if name in ("silence", "shelve"):
            usual, low, high, words = LASTS[name]
            made.add_argument("--for", type=_duration(low, high, words), dest="lasts", required=not usual, metavar="TIME", help=f"{words}{usual}")
        _who(made)
    test = add("test", "have an output show itself for a moment: listen and look")
    test.add_argument("output", help="name of the output, as the list tells it")
    _who(test)


def run(arguments: argparse.Namespace) -> int:
    """Do it; 1 where it is refused or nobody answers."""
    if arguments.act not in ("list", "history") and not arguments.who.strip():
        print("say who does it: --who NAME", file=sys.stderr)
        return cli.USAGE
    node = RunningNode(arguments.runtime)
    try:
        if arguments.act in ACTS:
            return _act(node, arguments)
        return {"list": _list, "history": _history, "test": _test}[arguments.act](node, arguments)
    except (Unreachable, Refused) as error:
        print(error, file=sys.stderr)
        return cli.FAULT


def _list(node: RunningNode, arguments: argparse.Namespace) -> int:
    try:
        found = node.ask("alarms")
    except Unreachable as error:
        print(f"NOT LIVE: {error}", file=sys.stderr)
        return snapshot(arguments.runtime, arguments.json)
    print(json.dumps(found) if arguments.json else "\n".join(listed(found)))
    return cli.FAULT if any(alarm["fault"] for alarm in found["alarms"]) else cli.FINE


def _history(node: RunningNode, arguments: argparse.Namespace) -> int:
    found = node.ask("alarm_history", rule=arguments.rule, last=arguments.n)
    lines = [changed(entry) for entry in found["changes"]]
    print(json.dumps(found) if arguments.json else "\n".join(lines or ["nothing has changed that this node knows of"]))
    return cli.FINE


def _act(node: RunningNode, arguments: argparse.Namespace) -> int:
    """Show how it stands, say what it means, and do it to just that."""
    before = node.ask("alarms")
    (alarm,) = [found for found in before["alarms"] if found["rule"] == arguments.rule] or node.ask("alarms", rule=arguments.rule)["alarms"]
    lasts: float | None = getattr(arguments, "lasts", None)
    if not arguments.json:
        print("\n".join(row(alarm)))
        print(warning(arguments.act, alarm, before, lasts), flush=True)
    asked: dict[str, Any] = {"what": arguments.act, "rule": arguments.rule, "who": arguments.who, "why": arguments.why, "seconds": lasts}
    seen = getattr(arguments, "occurrence", None)
    found = node.ask("alarm", occurrence=alarm["occurrence"] if seen is None else seen, level=alarm["level"], **asked)
    print(json.dumps(found) if arguments.json else outcome(arguments.act, found))
    return cli.FINE


def _test(node: RunningNode, arguments: argparse.Namespace) -> int:
    found = node.ask("test_output", output=arguments.output, who=arguments.who)
    print(json.dumps(found) if arguments.json else f"{arguments.output} shows itself now, for a moment: did you see or hear it?")
    return cli.FINE


def _common(parser: argparse.ArgumentParser, runtime: Any, plain: Any) -> None:
    """What may be said before and behind the act; behind it only what is said counts."""
    parser.add_argument("--runtime", type=Path, default=runtime, help=f"the node's runtime directory (default: {SYSTEM_RUNTIME})")
    parser.add_argument("--json", action="store_true", default=plain, help="the node's answer itself")


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--who", type=_guide.words(1, 64), default=_login(), metavar="NAME", help="who does it (default: %(default)s)")


def _login() -> str:
    """The name of who is logged in, also behind sudo; empty where the machine does not know one."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return ""


def _whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number from low to high, for argparse."""

    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low} and {high}")
        return value

    read.__name__ = "number"  # argparse names the type so
    return read


def _duration(low: float, high: float, words: str) -> Callable[[str], float]:
    """A duration as it is written in a configuration, from low to high seconds, for argparse."""

    def read(text: str) -> float:
        try:
            value = float(convert(Seconds, text))
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is out of range: {words}")
        return value

    return read
