from __future__ import annotations

import pytest

from tests.house.floors import circles, climbs
from tests.house.shape import relative_imports
from tests.house.source import SOURCE, findings, module_names, modules, parse


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("gateway/outbox/ring.py", "from gateway.uplink import ports"),
        ("gateway/outbox/ring.py", "from gateway import guard"),
        ("gateway/appraisal.py", "import gateway.recorder"),
        ("gateway/hub/ledger.py", "from gateway.outbox import Outbox"),
        ("gateway/hub/ledger.py", "def f():\n    from gateway.supervisor import Supervisor"),
        ("gateway/model.py", "from gateway.app import build"),
        ("gateway/cli/run.py", "from gateway.outbox import Outbox"),
        ("hardware/sim/world.py", "from hardware.drivers import ads1115"),
        ("hardware/drivers/ads1115.py", "from gateway.model import Reading"),
        ("hardware/drivers/ads1115.py", "from gateway import __version__"),
        ("hardware/sample.py", "from hardware.buses import Buses"),
        ("gateway/helpers.py", ""),
    ],
)
def test_a_climbing_import_is_found(path: str, line: str) -> None:
    known = frozenset({"gateway.guard", "gateway.recorder", "hardware.drivers.ads1115"})
    assert list(climbs(parse(path, line), known))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("gateway/outbox/ring.py", "from gateway.contract.batch import Block\nimport os\nfrom hardware.sample import Quality"),
        ("gateway/app.py", "from gateway.outbox import Outbox\nfrom gateway import uplink"),
        ("gateway/cli/run.py", "from gateway import __version__\nfrom gateway.app import build"),
        ("hardware/drivers/ads1115.py", "from hardware.driver import Clock\nfrom hardware.sample import Sample"),
    ],
)
def test_an_import_that_goes_down_is_fine(path: str, line: str) -> None:
    assert not list(climbs(parse(path, line), frozenset({"gateway.uplink"})))


def test_a_circle_is_found() -> None:
    one = parse("gateway/a.py", "from gateway.b import x")
    two = parse("gateway/b.py", "import gateway.a")
    late = parse("gateway/b.py", "def f():\n    import gateway.a")
    assert list(circles((one, two)))
    assert not list(circles((one, late)))


def test_imports_only_go_down() -> None:
    assert [found for module in modules(*SOURCE) for found in climbs(module, module_names())] == []


def test_no_module_needs_itself_to_load() -> None:
    assert list(circles(modules(*SOURCE))) == []


def test_no_import_is_relative() -> None:
    assert list(relative_imports(parse("gateway/a.py", "from . import b")))
    assert findings(relative_imports, *SOURCE, "tests") == []
