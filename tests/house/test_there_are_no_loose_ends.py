from __future__ import annotations

import pytest

from tests.house.shape import loose_ends, sleeps
from tests.house.source import SOURCE, modules, parse

# The rules themselves have to name what they look for.
RULES = ("tests/house/shape.py", "tests/house/test_there_are_no_loose_ends.py")


@pytest.mark.parametrize("text", ["x = 1  # TODO: more", "# FIXME", '"""Good enough for now."""', "# XXX", "# HACK"])
def test_a_loose_end_is_found(text: str) -> None:
    assert list(loose_ends(parse("gateway/a.py", text)))


def test_ordinary_words_are_fine() -> None:
    assert not list(loose_ends(parse("gateway/a.py", "# for nowhere is it said: a todo list, a hacksaw")))


def test_there_are_no_loose_ends() -> None:
    assert [found for module in modules(*SOURCE, "tests") if module.path not in RULES for found in loose_ends(module)] == []


@pytest.mark.parametrize("text", ["import time\ntime.sleep(1)", "from time import sleep as nap\nnap(1)", "import asyncio\nasyncio.sleep(1)"])
def test_a_sleep_is_found(text: str) -> None:
    assert list(sleeps(parse("tests/a.py", text)))


def test_no_test_sleeps() -> None:
    assert [found for module in modules("tests") for found in sleeps(module)] == []
