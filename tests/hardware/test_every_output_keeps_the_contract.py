"""Every file in hardware/outputs loads where there is no hardware, explains itself, and says what its actuator does while nobody drives it."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from hardware.errors import Refused
from hardware.output import Kind, load, names


@pytest.fixture(params=names())
def kind(request: pytest.FixtureRequest) -> Kind:
    return load(request.param)


@pytest.mark.parametrize("name", names())
def test_it_loads_where_there_is_no_hardware(name: str) -> None:
    code = f"import sys; from hardware.output import load; load({name!r}); print(*(m for m in ('gpiozero', 'lgpio') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "", "an output imports its libraries when it is opened, not when it is named"


def test_it_explains_its_options_and_what_happens_while_no_node_drives_it(kind: Kind) -> None:
    for word in ("stopped", "crashed", "starting", "power"):
        assert word in kind.doc, f"{kind.name} does not say what its actuator does: {word}"
    for key in msgspec.structs.fields(kind.options):  # type: ignore[arg-type]
        assert key.encode_name in (kind.options.__doc__ or "")


def test_a_name_that_is_no_output_is_refused_with_the_list() -> None:
    with pytest.raises(Refused, match=r"no output 'horn'; there are: .*siren"):
        load("horn")
