"""Tell what the node is doing: its sensors in words, alarms, outbox, hub and clock, from the snapshot it leaves in its runtime directory."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gateway import cli
from gateway.status.snapshot import load

HELP = "tell what the node is doing"


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("--runtime", type=Path, default=Path("/run/edge-gateway"), help="the node's runtime directory (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="the snapshot itself")


def run(arguments: argparse.Namespace) -> int:
    """Print it; 1 where no node left a snapshot, or a sensor or thread is at fault."""
    shot = load(arguments.runtime)
    if shot is None:
        print(f"no node has left a snapshot in {arguments.runtime}; is it running? `systemctl status edge-gateway` tells", file=sys.stderr)
        return cli.FAULT
    if arguments.json:
        print(json.dumps(shot))
    else:
        print("\n".join(lines(shot)))
    late = [name for name, thread in shot["threads"].items() if thread["late"]]
    faulty = [name for name, series in shot["series"].items() if series["quality"] in ("bad", "missing")]
    return cli.FAULT if late or faulty else cli.FINE


def lines(shot: dict[str, Any]) -> list[str]:
    """The snapshot in words, one fact a line."""
    clock = shot["clock"] if shot["clock_error"] is None else f"{shot['clock']}, within {shot['clock_error']} s"
    out = [f"node {shot['node']} of {shot['site']}{' (SIMULATED)' if shot['simulated'] else ''}, up {shot['uptime']:.0f} s, clock {clock}"]
    for name, series in shot["series"].items():
        out.append(f"  {name:24} {_value(series):>16}  {series['quality']}{_why(series)}")
    for name, alarm in shot["alarms"].items():
        level = f" at A{alarm['level']}" if alarm["level"] else ""
        out.append(f"  alarm {name:18} {alarm['state']}{level}{', FAULT' if alarm['fault'] else ''}")
    out += [f"  output {name:17} {shown}" for name, shown in shot["outputs"].items()]
    out += [_outbox(shot["outbox"]), _hub(shot["hub"])]
    out += [f"thread {name} is late" for name, thread in shot["threads"].items() if thread["late"]]
    return out


def _value(series: dict[str, Any]) -> str:
    return "no value" if series["value"] is None else f"{series['value']} {series['unit']}"


def _why(series: dict[str, Any]) -> str:
    reason = f" ({series['reason']})" if series["reason"] else ""
    state = "" if series["state"] == "normal" else f", {series['state']}: not protecting"
    return f"{reason}{state}"


def _outbox(box: dict[str, Any]) -> str:
    disk = "the disk DOES NOT TAKE WRITES" if box["degraded"] else f"last flush took {box['flush_s'] * 1000:.0f} ms"
    lost = f", {box['evicted']} times the oldest was given up" if box["evicted"] else ""
    return f"outbox  {box['unreceipted']} messages without a receipt, {box['unsealed']} readings not in a Block yet, {disk}{lost}"


def _hub(link: dict[str, Any]) -> str:
    heard = "never heard" if link["receipt_age"] is None else f"last heard {link['receipt_age']:.0f} s ago"
    if link["connected"]:
        return f"hub     connected for {link['since']:.0f} s, {heard}"
    return f"hub     not connected ({link['reason'] or 'not tried yet'}), {heard}; the node goes on and keeps everything"
