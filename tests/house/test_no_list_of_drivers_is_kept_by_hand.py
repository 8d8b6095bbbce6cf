from __future__ import annotations

import pytest

from hardware import driver
from tests.house.shape import driver_lists
from tests.house.source import SOURCE, modules, parse

TWO = frozenset({"ads1115", "float_switch"})


@pytest.mark.parametrize(
    "text",
    [
        "from hardware.drivers import ads1115",
        "import hardware.drivers.ads1115",
        "from hardware.drivers.ads1115 import Driver",
        'ALL = ["ads1115", "float_switch"]',
        'ALL = {"ads1115": 1, "float_switch": 2}',
    ],
)
def test_a_named_driver_is_found(text: str) -> None:
    assert list(driver_lists(parse("gateway/sampler.py", text), TWO))


def test_a_lookup_by_name_is_fine() -> None:
    assert not list(driver_lists(parse("gateway/sampler.py", 'from hardware.driver import load\nload("ads1115")'), TWO))


def test_no_list_of_drivers_is_kept_by_hand() -> None:
    names = frozenset(driver.names())
    assert [found for module in modules(*SOURCE) for found in driver_lists(module, names)] == []
