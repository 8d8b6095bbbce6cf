"""The reference hub: receives from a broker, stores every message once in effect in an SQLite file, answers with receipts.

Query the file while the hub runs, for example: sqlite3 city.db "SELECT * FROM readings_utc ORDER BY utc DESC LIMIT 10"
Tables and views: readings, readings_utc, alarms, alarms_utc, events, events_utc, gaps, nodes, clocks, quarantine, notices.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from gateway.cli import CONFIGURATION, FAULT, FINE, RUNNING, USAGE
from gateway.clock import real, utc_source
from gateway.hub.daemon import Daemon, stop_on_signals
from gateway.hub.receiver import BadBroker, Broker, Receiver
from gateway.hub.sinks import SinkDown
from gateway.hub.sinks.sqlite import InUse, SqliteSink

NAME = "hub"
HELP = "receive, store and answer: the reference hub"


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--broker", required=True, metavar="URL", help="mqtt://host:port of this machine, or mqtts://user@host:port")
    parser.add_argument("--db", required=True, type=Path, metavar="PATH", help="the SQLite file; made where it is missing")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="certificates of the authorities to trust; the system's by default")
    parser.add_argument("--cert", type=Path, metavar="FILE", help="the hub's own certificate")
    parser.add_argument("--key", type=Path, metavar="FILE", help="its key")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="the password of the user in the URL")
    parser.add_argument("--insecure", action="store_true", help="allow a broker on another machine without TLS")
    parser.add_argument(
        "--clock-error", type=float, default=1.0, metavar="SECONDS", help="how far this machine's clock may be off; nodes without NTP take it over"
    )
    parser.add_argument("--clock", default="", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        broker = Broker.parse(
            arguments.broker, arguments.insecure, ca=arguments.ca, certificate=arguments.cert, key=arguments.key, password=arguments.password_file
        )
        utc = utc_source(arguments.clock)
    except ValueError as error:
        print(f"hub: {error}", file=sys.stderr)
        return CONFIGURATION if isinstance(error, BadBroker) else USAGE
    try:
        sink = SqliteSink(arguments.db)
    except InUse as error:
        print(f"hub: {error}", file=sys.stderr)
        return RUNNING
    except SinkDown as error:
        print(f"hub: {error}", file=sys.stderr)
        return FAULT
    with stop_on_signals() as stop:
        Daemon(
            sink, lambda on_message: Receiver(broker, on_message), utc, arguments.clock_error, real,
            lambda: print(f"hub: listening at {broker.host}:{broker.port}, storing in {arguments.db}", flush=True),
        ).run(stop)  # fmt: skip
    return FINE
