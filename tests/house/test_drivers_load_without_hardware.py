"""Each driver is imported in a fresh interpreter whose audit hook hears every file that is opened, by Python or by a library."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hardware import driver
from tests.house.source import ROOT

LISTEN = """
import sys
opened = []
def hear(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        path = arguments[0] if isinstance(arguments[0], str) else arguments[0].decode()
        if path.startswith("/dev/"):
            opened.append(path)
sys.addaudithook(hear)
"""
REPORT = "\nprint(*opened)\n"


def devices_opened(script: str) -> list[str]:
    run = subprocess.run([sys.executable, "-c", LISTEN + script + REPORT], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def test_an_opened_device_is_heard() -> None:
    assert devices_opened('import os\nopen("/dev/null").close()\nos.close(os.open("/dev/zero", os.O_RDONLY))') == ["/dev/null", "/dev/zero"]


def test_there_are_drivers() -> None:
    assert driver.names()


@pytest.mark.parametrize("name", driver.names())
def test_a_driver_loads_without_hardware(name: str) -> None:
    assert devices_opened(f"from hardware.driver import load\nassert load({name!r}).doc") == []
