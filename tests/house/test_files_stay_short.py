from __future__ import annotations

import pytest

from tests.house.shape import FILE, FUNCTION, sizes
from tests.house.source import SOURCE, findings, parse

PORT = "class Port(Protocol):\n" + "".join(f"    def m{i}(self) -> None: ...\n" for i in range(5))


@pytest.mark.parametrize(
    "text", ["x = 1\n" * (FILE + 1), "def f():\n" + "    x = 1\n" * FUNCTION, PORT, PORT.replace("Protocol", "typing.Protocol[T]")]
)
def test_what_is_over_a_wall_is_found(text: str) -> None:
    assert list(sizes(parse("gateway/a.py", text)))


@pytest.mark.parametrize("text", ["x = 1\n" * FILE, "def f():\n" + "    x = 1\n" * (FUNCTION - 1), PORT.replace("Protocol", "Base")])
def test_what_is_within_is_fine(text: str) -> None:
    assert not list(sizes(parse("gateway/a.py", text)))


def test_files_functions_and_ports_stay_short() -> None:
    assert findings(sizes, *SOURCE, "tests") == []
