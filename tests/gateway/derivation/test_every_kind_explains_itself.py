"""Promise: a kind of derived series is one file: its keys are explained, its example can be pasted, and dropping it in is all it takes."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from gateway import derivation
from gateway.derivation.section import derive
from gateway.model import SeriesInfo
from gateway.problems import Problem

SERIES = {
    "distance": SeriesInfo("distance", "distance", "mm", 0, 30, 5000, 1.0),
    "air": SeriesInfo("air", "temperature", "Cel", 1, -40, 85, 1.0, 0.1),
    "depth": SeriesInfo("depth", "depth", "mm", 0, -100, 2500, 1.0),
    "rain": SeriesInfo("rain", "rain", "mm", 1, 0, 1e6, 1.0, 0.2),
    **{f"rain.{hours}h": SeriesInfo(f"rain.{hours}h", f"rain_sum_{hours}h", "mm", 1, 0, 1e6, 1.0, 0.2) for hours in (1, 3, 12)},
    "co": SeriesInfo("co", "carbon_monoxide", "[ppm]", 1, 0, 1000, 1.0, 0.1),
    "probe": SeriesInfo("probe", "pressure", "hPa", 2, 500, 3000, 1.0, 0.01),
    "air_pressure": SeriesInfo("air_pressure", "pressure", "hPa", 1, 300, 1100, 1.0, 0.1),
}


@pytest.mark.parametrize("kind", derivation.names())
def test_every_key_is_explained(kind: str) -> None:
    options = derivation.load(kind).options
    for field in msgspec.structs.fields(options):
        assert re.search(rf"\b{field.encode_name}\b[^.]*:", options.__doc__ or ""), (kind, field.name)


@pytest.mark.parametrize("kind", derivation.names())
def test_its_example_can_be_pasted(kind: str) -> None:
    text = derivation.load(kind).doc
    stanza = "\n".join(line.strip() for line in text[text.index("    [[derived]]") :].splitlines())
    (table,) = tomllib.loads(stanza)["derived"]
    problems: list[Problem] = []
    known: dict[str, SeriesInfo | None] = dict(SERIES)
    known.pop(table["name"], None)
    made = derive(table, "derived[0]", known, True, problems)
    assert not problems
    assert made is not None
    assert made.kind == kind
    assert (made.info.low < made.info.high, made.info.slope) == (True, 10.0**-made.info.decimals)


def test_a_file_that_is_dropped_in_is_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(derivation.__file__).parent / "kinds" / "depth.py").read_text()
    (tmp_path / "snow_depth.py").write_text(text)
    monkeypatch.setattr("gateway.derivation.kinds.__path__", [*__import__("gateway.derivation.kinds", fromlist=["x"]).__path__, str(tmp_path)])
    assert "snow_depth" in derivation.names()
    assert derivation.load("snow_depth").options.__name__ == "Options"
