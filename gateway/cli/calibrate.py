"""Calibrate a series of the running node, guided: maintenance, reference, stable readings, as-found and as-left, confirmation.

  edge-gateway calibrate co zero --gas "clean air"
  edge-gateway calibrate co span 50 --gas "CO in N2" --certificate 4711
  edge-gateway calibrate level multipoint 0 500 1000 --gas "steel rule"
  edge-gateway calibrate --list co

References are in the series' unit. The channel is in maintenance while it lasts, and protects again at the end, at the latest when --minutes are
over, whatever becomes of this command; where it is broken off under gas, the node waits up to 300 s for the gas to go. Readings count when they are
stable for two times 20 s at zero, two times 60 s under gas (or five periods of a slow sensor): all usable, within 2 % of the measuring range, and not
drifting by more than their noise or 1 % of the way to the reference. Nonsense is refused by the node; --force REASON overrides what may be
overridden, or takes over somebody else's maintenance, and the reason is kept; an alarm that is active forbids it, unless --despite-alarm says why.
A span or multipoint needs --certificate. After a curve: zero, then span. Nothing is ever zeroed by itself.
Exit code 0: in force; 1: refused, or nobody agreed; 2: the command line is wrong.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from typing import Any

from gateway import cli
from gateway.cli import _guide
from gateway.cli._guide import Guide, Stopped, maintenance
from gateway.cli._node import RunningNode
from gateway.clock import real

HELP = "calibrate a sensor of the running node, guided"
COUNTS = {"zero": (1, 1), "span": (1, 1), "multipoint": (3, 16), "power_law": (2, 16)}
"""How many references each kind takes."""
KINDS = tuple(COUNTS)


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("series", nargs="?", help="name of the series, as `edge-gateway status` tells it")
    parser.add_argument("kind", nargs="?", choices=KINDS, help="what is done")
    parser.add_argument("reference", nargs="*", type=_guide.number, help="what is applied, in the series' unit (zero: 0 unless told)")
    _guide.configure(parser)
    parser.add_argument("--list", action="store_true", help="what was done before, with due dates")
    parser.add_argument("--json", action="store_true", help="with --list: the facts themselves")
    parser.add_argument("--concentration", type=_guide.between(0, _guide.MOST), help="of the gas, where it is not the reference itself")
    parser.add_argument("--certificate-expires", type=_guide.date, default="", metavar="DATE", help="date of the certificate, as 2027-01-31")
    parser.add_argument(
        "--due",
        type=_guide.date,
        default="",
        metavar="DATE",
        help="when it is to be done again; beyond 2 years only with --force (default: in 182 days)",
    )
    parser.add_argument("--days", type=_guide.between(1, 3660), help="or: in so many days")
    parser.add_argument(
        "--timeout", type=_guide.between(1, 3600), default=600.0, metavar="SECONDS", help="wait so long for stable readings (default: %(default)s)"
    )
    parser.add_argument(
        "--settle", type=_guide.between(0, 3600), default=60.0, metavar="SECONDS", help="with --yes: for the gas to go (default: %(default)s)"
    )
    parser.add_argument("--force", type=_guide.reason, default="", metavar="REASON", help="override limits, or take over somebody else's maintenance")


def run(arguments: argparse.Namespace) -> int:
    """Calibrate, or tell what was done; 1 where the node does not answer, refuses, or nobody agreed."""
    if arguments.list:
        return _guide.guided(arguments, lambda guide: _list(guide.node, arguments), only_look=True)
    references = arguments.reference or ([0.0] if arguments.kind == "zero" else [])
    if arguments.series is None or arguments.kind is None or not references or not arguments.gas:
        print(f'say what to calibrate and with what: edge-gateway calibrate SERIES {"|".join(KINDS)} REFERENCE... --gas "..."', file=sys.stderr)
        return cli.USAGE
    least, most = COUNTS[arguments.kind]
    if not least <= len(references) <= most or len(set(references)) < len(references):
        wanted = "one reference" if most == 1 else f"{least} to {most} different references"
        print(f"{arguments.kind} needs {wanted}, not {len(references)}: {' '.join(f'{reference:g}' for reference in references)}", file=sys.stderr)
        return cli.USAGE
    return _guide.guided(arguments, lambda guide: _calibrate(guide, arguments, references))


def _calibrate(guide: Guide, arguments: argparse.Namespace, references: list[float]) -> int:
    series = arguments.series
    shown = guide.live(series)
    print(f"{series}: {_guide.described(shown)}; calibration in force: {shown['calibration'] or 'none, the configuration'}")
    _guide.in_range(shown, references)
    with maintenance(guide, series, arguments, f"calibration, {arguments.kind}"):
        for reference in references:
            guide.wait_for(f"Apply {reference:g} {shown['unit']} ({arguments.gas}).")
            _capture(guide, arguments, reference)
        asked = _asked(arguments)
        _preview(guide.act("calibrate", dry=True, **asked), shown, arguments)
        if not guide.agreed("Put it into force?"):
            raise Stopped("nothing was changed")
        fact = guide.act("calibrate", **asked)["fact"]
        print(f"Calibration {fact['id']} (version {fact['version']}) is in force; due again on {fact['due']}.")
        _clear(guide, arguments)
    return cli.FINE


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    keys = ("kind", "who", "gas", "certificate", "certificate_expires", "due", "note", "force")
    asked: dict[str, Any] = {key: getattr(arguments, key) for key in keys}
    return asked | {key: value for key in ("concentration", "days") if (value := getattr(arguments, key)) is not None}


def _capture(guide: Guide, arguments: argparse.Namespace, reference: float) -> None:
    """Watch the readings until the node takes the point. Stopped where they do not become stable in time."""
    end = real() + arguments.timeout
    found = guide.act("capture", reference=reference, begin=True)
    while not found["stable"]:
        if real() > end:
            raise Stopped(f"{arguments.series} was not stable within {arguments.timeout:g} s: {found['why']}; nothing was changed")
        guide.show(arguments.series, guide.live(arguments.series), f"{end - real():.0f} s left: {found['why']}")
        guide.pause()
        found = guide.act("capture", reference=reference)
    guide.new_line()
    point = found["point"]
    print(f"  stable: raw {point['raw']:g} over {point['readings']} readings, shown as {point['as_found']:g}", flush=True)


def _preview(told: dict[str, Any], shown: dict[str, Any], arguments: argparse.Namespace) -> None:
    """As found, as left, and what stands against it. Stopped where something does that is not, or cannot be, forced."""
    fact, unit = told["fact"], shown["unit"]
    for point in fact["points"]:
        off = point["as_found"] - point["reference"]
        print(f"  reference {point['reference']:g} {unit}: as found {point['as_found']:g} ({off:+.3g}), as left {point['as_left']:g}")
    against = told["objections"]
    for objection in against:
        print(f"  {'REFUSED' if objection['final'] else 'forced' if arguments.force else 'REFUSED'}: {objection['text']}")
    if any(objection["final"] for objection in against) or (against and not arguments.force):
        forcible = "" if any(objection["final"] for objection in against) else "; if it is right nevertheless: --force REASON"
        raise Stopped(f"refused, nothing was changed{forcible}")


def _clear(guide: Guide, arguments: argparse.Namespace) -> None:
    """Give the gas time to go: a channel that is given back under gas sounds its alarm, as it must."""
    if not arguments.yes:
        guide.wait_for("Take the reference away and let the reading come back.")
        return
    end = real() + arguments.settle
    while real() < end:
        shown = guide.live(arguments.series)
        if not shown["alarming"]:
            return
        guide.show(arguments.series, shown, "waiting for the gas to go")
        guide.pause()
    print("  the reading is still beyond an alarm threshold: the alarm will sound")


def _list(node: RunningNode, arguments: argparse.Namespace) -> int:
    told = node.ask("history", series=arguments.series or "")
    if arguments.json:
        print(json.dumps(told))
        return cli.FINE
    for name, found in told["series"].items():
        for fact in found["calibrations"]:
            print(_line(name, fact, told))
        for bump in found["bumps"]:
            print(_tested(name, bump))
    for damage in told["damage"]:
        print(f"DAMAGE  {damage}")
    if not told["series"]:
        print("nothing was calibrated or tested yet")
    return cli.FINE


def _line(name: str, fact: dict[str, Any], told: dict[str, Any]) -> str:
    """A calibration on one line: state, when, kind, gas, certificate, who, when due and in how many days."""
    in_force = told["in_force"].get(name) == fact["id"]
    points = ", ".join(f"{point['reference']:g}: {point['as_found']:g} > {point['as_left']:g}" for point in fact["points"])
    left = ""
    if in_force and told["today"]:
        days = (datetime.date.fromisoformat(fact["due"]) - datetime.date.fromisoformat(told["today"])).days
        left = f" (PAST DUE by {-days} days)" if days < 0 else f" (in {days} days)"
    parts = [
        f"{name:20} {_when(fact['utc'])} {fact['id']} v{fact['version']} {fact['kind']:10} {'in force' if in_force else 'earlier '}",
        f"{points} {fact['unit']}",
        _with(fact),
        f"due {fact['due']}{left}",
        f"by {fact['who']}{', forced: ' + fact['forced'] if fact['forced'] else ''}",
    ]
    return "  ".join(parts)


def _tested(name: str, bump: dict[str, Any]) -> str:
    """A bump test on one line: when, result, response, gas, certificate, who."""
    answer = "no answer" if bump["response"] is None else f"answered after {bump['response']:.1f} s"
    return f"{name:20} {_when(bump['utc'])} bump test  {bump['result'].replace('_', ' '):10} {answer}  {_with(bump)}  by {bump['who']}"


def _with(fact: dict[str, Any]) -> str:
    amount = "" if fact["concentration"] is None else f" {fact['concentration']:g} {fact['unit']}"
    return f"{fact['gas']}{amount}, certificate {fact['certificate'] or 'none'}"


def _when(utc: float | None) -> str:
    return "date unknown" if utc is None else datetime.datetime.fromtimestamp(utc, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
