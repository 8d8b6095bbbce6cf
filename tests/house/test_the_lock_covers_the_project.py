"""What is installed is what the lock names, byte for byte; nothing that the project declares may be missing from it, nor say where to fetch it."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version

from tests.house.source import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENTRY = re.compile(r"^([a-z0-9-]+)==(\S+)( ; [^\\]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    return {normal(re.split(r"[\[<>=;\s]", text)[0]) for text in texts} - {normal(project["name"])}


def test_every_entry_has_hashes_and_nothing_else_stands_in_the_lock() -> None:
    assert re.sub(r"^#.*\n", "", ENTRY.sub("", LOCK), flags=re.MULTILINE) == ""


def test_the_lock_names_all_that_is_declared() -> None:
    assert declared() | {"setuptools"} <= {entry[1] for entry in ENTRY.finditer(LOCK)}


def test_the_lock_names_no_host() -> None:
    assert not re.search(r"https?:|--(?:extra-)?index|--find-links|--trusted-host", LOCK)


def test_the_environment_is_the_lock() -> None:
    everywhere = {entry[1]: entry[2] for entry in ENTRY.finditer(LOCK) if not entry[3]}
    assert {name: version(name) for name in everywhere} == everywhere
