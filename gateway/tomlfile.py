"""Reading a TOML file that a person wrote, whatever is in it: a tree, or one Problem in words, soon and in little memory.

Decision: the size and the depth are bounded before the parser sees the text, because its time grows with the square of a dotted key's length and
its stack with the nesting. A byte order mark, which Windows editors leave, is no mistake.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from gateway.problems import Problem

T = TypeVar("T")
SIZE = 128 << 10
"""Bytes; a node with fifty sensors needs a third of it."""
DOTS = 50
"""Dots on a line that is no comment."""
_TOO_DEEP = Problem("syntax", None, "tables or lists nested too deeply", "no configuration needs more than three levels")


class BadFile(Exception):
    """The file cannot be read as TOML; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def read(path: Path) -> bytes:
    """The bytes of a file; BadFile where it cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE + 1)
    except (OSError, ValueError) as error:
        raise BadFile(Problem("file", str(path), getattr(error, "strerror", None) or "cannot be read", "name a readable file")) from error
    if len(data) > SIZE:
        raise BadFile(Problem("file", str(path), f"larger than {SIZE >> 10} KiB: this is no configuration", "name another file, or shorten it"))
    return data


def parse(data: bytes, use: Callable[[dict[str, Any]], T]) -> T:
    """What `use` makes of the tree in TOML text; BadFile where it is not TOML, or nested so deeply that nothing can be made of it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"line {data.count(bytes([10]), 0, error.start) + 1}, byte {error.start}"
        raise BadFile(Problem("file", None, f"{where} is not UTF-8", "save the file as UTF-8")) from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > DOTS and not line.lstrip().startswith("#"):
            raise BadFile(Problem("syntax", None, f"more than {DOTS} dots in one line (at line {number}, column 1)", "shorten the key or the text"))
    try:
        return use(_tree(text))
    except RecursionError as error:
        raise BadFile(_TOO_DEEP) from error


def _tree(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadFile(Problem("syntax", None, _place(str(error), text), "mend the TOML there")) from error
    except ValueError as error:  # Python's limit for the digits of a number
        raise BadFile(Problem("syntax", None, "a number with thousands of digits", "write one of up to 18 digits")) from error


def _place(told: str, text: str) -> str:
    """The parser's sentence, with line and column also where it only says that the text ended."""
    last = text.rpartition("\n")
    end = f"(at line {text.count(chr(10)) + 1}, column {len(last[2]) + 1}, the end of the file)"
    return re.sub(r"\(at end of document\)", end, told)
