"""Promise: every mistake in gateway.toml is told in one go, with its path, what stands there, what is wrong and what to write; nothing starts."""

import re
from pathlib import Path

import pytest

from gateway import cli
from gateway.config import ConfigError, load

GOOD = """
[node]
site = "daegu"
name = "n0001"

[[sensor]]
name = "co"
driver = "loop_4_20ma"
period = "1 s"
quantity = "carbon_monoxide"
unit = "[ppm]"
low = 0.0
high = 500.0
channel = "A0"
"""

TEN = """
[node]
site = "daegu"
name = "n0001"
colour = "red"

[hub]
url = "mqtts://hub.example:8883"
ca = "/nowhere/ca.pem"
insecure = "no"

[outbox]
flush = "5 parsecs"
size = "1 KiB"

[[sensor]]
name = "co"
driver = "loop_4_20ma"
quantity = "carbon_monoxide"
unit = "furlong"
low = 0.0
high = 500.0
channel = "A0"

[[sensor]]
name = "co"
driver = "loop_4_20ma"
quantity = "methane"
unit = "%{LEL}"
low = 0.0
high = 100.0
channel = "A0"

[[sensor]]
name = "h2s"
driver = "loop_4_20mA"
quantity = "hydrogen_sulphide"

[[sensor]]
name = "level"
driver = "loop_4_20ma"
quantity = "level"
unit = "m"
low = 5.0
high = 0.0
channel = "A1"

[[sensor]]
name = "o2"
driver = "loop_4_20ma"
quantity = "oxygen"
unit = "%{vol}"
low = 0.0
high = 25.0
channel = "A7"
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    return path


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text))
    return [str(problem) for problem in caught.value.problems]


def test_a_good_configuration_has_none(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    assert [info.name for info in config.table().series] == ["co"]
    assert config.outbox.flush == 5.0


EXPECTED = [
    r"node\.colour = \"red\": unknown key; known keys: ",
    r"hub\.insecure = \"no\": expected bool, got str; write true or false",
    r"hub\.ca = .*no such file; put the file there",
    r"outbox\.flush = \"5 parsecs\": write a number and one of ms, s, min, h, d",
    r"sensor\[0\] co\.unit = \"furlong\": unknown unit; write a UCUM code: ",
    r"series co: used twice, by sensor co and by sensor co; give each its own",
    r"i2c-1:0x48/A0: used twice",
    r"sensor\[2\] h2s\.driver = \"loop_4_20mA\": unknown driver; there are: ",
    r"sensor\[3\] level: low \(5\) must be below high \(0\)",
    r"sensor\[4\] o2\.channel = \"A7\": invalid enum value 'A7'; write one of \"A0\", \"A1\"",
]


def test_ten_different_mistakes_give_ten_messages(tmp_path: Path) -> None:
    told = problems(tmp_path, TEN)
    for pattern in EXPECTED:
        assert any(re.match(pattern, line) for line in told), (pattern, told)
    assert len(told) >= 10


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert any(re.match(EXPECTED[2], line) for line in problems(tmp_path, GOOD + '\n[hub]\nca = "/nowhere/ca.pem"\n'))


def test_a_number_out_of_range_is_told(tmp_path: Path) -> None:
    told = problems(tmp_path, GOOD + '\n[outbox]\nsize = "1 KiB"\n')
    assert told == ["outbox: size 1024 bytes is out of range; write 4 MiB to 64 GiB"]


def test_a_mistyped_key_names_the_nearest(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace("period", "peroid")) == ['sensor[0] co.peroid = "1 s": unknown key; did you mean period?']


def test_a_syntax_error_gives_line_and_column(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, GOOD.replace('site = "daegu"', 'site = "daegu'))
    assert re.search(r"line 3, column \d+", told), told


def test_the_command_exits_78_and_starts_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(write(tmp_path, TEN))]) == 78
    assert "nothing was started" in capsys.readouterr().err
    assert cli.main(["run", str(write(tmp_path, TEN))]) == 78


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.toml")
