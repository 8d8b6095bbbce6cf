"""The command a person types: `edge-gateway VERB`. One file per verb; the verbs are the files beside this one, so nobody edits a list.

A verb's module has HELP (one line), `configure(parser)` and `run(arguments) -> exit code`. Only the verb asked for is imported.
Exit codes: 0 fine, 1 found a fault, 2 usage, 75 already running, 78 configuration.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from types import ModuleType

from gateway import __version__

FINE, FAULT, USAGE, RUNNING, CONFIGURATION = 0, 1, 2, 75, 78
PIPE = 141
"""128 and the number of SIGPIPE: what a shell expects of a command whose reader left."""


def verbs() -> list[str]:
    """The verbs there are."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def _module(verb: str) -> ModuleType:
    return importlib.import_module(f"gateway.cli.{verb}")


def _parser(asked: str | None) -> argparse.ArgumentParser:
    """A parser that knows the asked verb; every verb where none was asked (then the help shows them all)."""
    parser = argparse.ArgumentParser(prog="edge-gateway", description="A node that smells gas and watches water, and what proves it to the hub.")
    parser.add_argument("--version", action="version", version=f"edge-gateway {__version__}")
    commands = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in verbs() if asked not in verbs() else [asked]:
        module = _module(str(verb))
        sub = commands.add_parser(str(verb), help=module.HELP, description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        module.configure(sub)
        sub.set_defaults(run=module.run)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives its exit code. A reader that left (`edge-gateway check | head -1`) ends it without a word, as SIGPIPE would."""
    words = sys.argv[1:] if argv is None else argv
    asked = next((word for word in words if not word.startswith("-")), None)
    try:
        try:
            arguments = _parser(asked).parse_args(words)
            return int(arguments.run(arguments))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes once more at its end
        return PIPE
