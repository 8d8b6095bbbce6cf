"""Promise: every configuration in the repository, also of a demonstration or a test's scenario, passes `edge-gateway check`, and none is warned of a
mistake of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import cli, config
from tests.house.source import ROOT

SHIPPED = sorted([ROOT / "deploy" / "gateway.toml", *(ROOT / "gateway" / "demo").glob("*.gateway.toml"), *(ROOT / "tests").rglob("*.gateway.toml")])


def test_they_are_found() -> None:
    folders = {path.parent.relative_to(ROOT).as_posix() for path in SHIPPED}
    assert {"deploy", "gateway/demo", "tests/scenarios"} <= folders


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_it_passes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(path)]) == cli.FINE, capsys.readouterr().err
    told = capsys.readouterr()
    assert f"{path}: fine" in told.out
    scale = ".high: the scale ends at"  # which sensor a site buys is for the site, and the region's profile says what it thinks of it
    alone = ".series: an excess over the background" if path.parent.name == "sites" else scale  # what is found in recordings is counted kind by kind
    assert all("for this user" in line or scale in line or alone in line for line in told.err.splitlines())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_is_written_on_it_is_used(path: Path) -> None:
    found = config.load(path)
    assert {name for rule in found.alarms for name in rule.series} <= {info.name for info in found.table().series}
