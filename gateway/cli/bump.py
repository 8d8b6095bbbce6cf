"""Bump-test a series of the running node: apply gas, and see whether the sensor answers in time and which alarms it would have raised.

  edge-gateway bump co 50 --gas "CO in N2" --within 60

CONCENTRATION is of the gas, in the series' unit. The test passes where the value goes --share of the way to it within --within seconds (half of the
way within 120 s; take twice the sensor's T90), in two readings in succession. The node runs the test: it ends, is recorded and the channel protects
again when gas was seen and has gone, or --recover seconds later, whatever becomes of this command; Ctrl-C, SIGTERM and a closed terminal break
it off. Alarms of the channel do not sound meanwhile. An alarm that is active already forbids it, unless --despite-alarm says why; a maintenance
of somebody else does, unless --force says why it is taken over. Exit code 0: passed; 1: not; 2: the command line is wrong.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from gateway import cli
from gateway.cli import _guide
from gateway.cli._guide import Guide, Stopped, maintenance
from gateway.clock import real

HELP = "bump-test a sensor of the running node, guided"
TEST = 1800.0
"""Seconds that a node gives a test's answer, and as many its gas to go."""
MARGIN = 30.0
"""Seconds beyond the test's own time-outs after which this command no longer waits for the node."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("series", help="name of the series, as `edge-gateway status` tells it")
    parser.add_argument("concentration", type=_guide.number, help="of the gas, in the series' unit")
    _guide.configure(parser)
    parser.add_argument(
        "--share", type=_guide.between(11, 100), default=50.0, metavar="PERCENT", help="part of the way that passes, 11 to 100 (default: %(default)s)"
    )
    parser.add_argument(
        "--within", type=_guide.between(1, TEST), default=120.0, metavar="SECONDS", help="for the answer, at most 1800 (default: %(default)s)"
    )
    parser.add_argument(
        "--recover", type=_guide.between(0, TEST), default=300.0, metavar="SECONDS", help="for the gas to go, at most 1800 (default: %(default)s)"
    )
    parser.add_argument("--force", type=_guide.reason, default="", metavar="REASON", help="take over a maintenance of somebody else")


def run(arguments: argparse.Namespace) -> int:
    """Test; 0 where it passed."""
    if not arguments.gas:
        print('say with what: --gas "CO in N2"', file=sys.stderr)
        return cli.USAGE
    return _guide.guided(arguments, lambda guide: _test(guide, arguments))


def _test(guide: Guide, arguments: argparse.Namespace) -> int:
    series = arguments.series
    shown = guide.live(series)
    print(f"{series}: {_guide.described(shown)}")
    _guide.in_range(shown, [arguments.concentration])
    with maintenance(guide, series, arguments, "bump test"):
        guide.wait_for(f"Have {arguments.concentration:g} {shown['unit']} of {arguments.gas} ready, and apply it at once when the test begins.")
        keys = ("gas", "concentration", "within", "recover", "who", "certificate", "note")
        guide.act("bump", share=arguments.share / 100, **{key: getattr(arguments, key) for key in keys})
        print("The test has begun: apply the gas NOW.", flush=True)
        _watch(guide, arguments)
    (fact,) = guide.node.ask("history", series=series)["series"][series]["bumps"][-1:]
    print("\n".join(_told(fact)))
    return cli.FINE if fact["result"] == "pass" else cli.FAULT


def _watch(guide: Guide, arguments: argparse.Namespace) -> None:
    """Show how it goes until the node has ended it. The clock of a simulated node may run faster, never slower."""
    end = real() + arguments.within + arguments.recover + MARGIN
    said = False
    while "bump" in (shown := guide.live(arguments.series)):
        bump: dict[str, Any] = shown["bump"]
        if bump["state"] == "clearing" and not said:
            guide.new_line()
            answer = (
                f"NO ANSWER in time: it went {bump['part']:.0%} of the way."
                if bump["response"] is None
                else f"ANSWERED after {bump['response']:.1f} s."
            )
            again = "" if arguments.yes else " Press Enter when it is away, if the node does not see that by itself."
            guide.forget()
            print(f"  {answer} Take the gas away.{again}", flush=True)
            said = True
        if said and guide.entered():
            guide.act("release", now=True)
            continue
        guide.show(arguments.series, shown, f"{bump['state']}, {bump['part']:.0%} of the way")
        if real() > end:
            raise Stopped("the node does not end the test; `edge-gateway status` tells how it is")
        guide.pause()
    guide.new_line()


def _told(fact: dict[str, Any]) -> list[str]:
    """The result in words."""
    unit = fact["unit"]
    answer = "no answer in time" if fact["response"] is None else f"answered after {fact['response']:.1f} s"
    out = [f"{fact['result'].upper().replace('_', ' ')}: from {fact['baseline']:g} to {fact['peak']:g} {unit}, {answer} (limit {fact['within']:g} s)"]
    out += [f"  alarm {name}: A{level} at {limit:g} {unit} passed" for name, level, limit in fact["passed"]]
    out += [f"  alarm {name}: A{level} at {limit:g} {unit} NOT reached" for name, level, limit in fact["missed"]]
    gone = "the gas had not gone in time" if fact["recovered"] is None else f"back after {fact['recovered']:.1f} s"
    return [*out, f"  {gone}"] if fact["response"] is not None else out
