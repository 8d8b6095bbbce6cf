"""Promise: a depth below the noise floor is shown as 0, and only shown so; anything else is shown as it is."""

import pytest

from gateway.status.words import lines, understood


@pytest.mark.parametrize(
    ("quantity", "unit", "value", "words"),
    [("depth", "mm", 5.0, "0.0 mm"), ("depth", "mm", -7.0, "0.0 mm"), ("depth", "mm", 10.0, "10.0 mm"), ("distance", "mm", 5.0, "5.0 mm")],
)
def test_a_value_as_it_is_shown(quantity: str, unit: str, value: float, words: str) -> None:
    shot = {"series": {"x": {"value": value, "unit": unit, "quantity": quantity, "quality": "good"}}}
    assert any(f" {words} " in line for line in lines(understood(shot)))
