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
lel = 4.4
low = 0.0
high = 100.0
channel = "A1"

[[sensor]]
name = "h2s"
driver = "loop_4_20mA"
quantity = "hydrogen_sulphide"

[[sensor]]
name = "o2"
driver = "loop_4_20ma"
quantity = "oxygen"
unit = "%{vol}"
low = 0.0
high = 25.0
channel = "A7"

[[sensor]]
name = "float"
driver = "float_switch"
pin = 17
normal = "open"

[[output]]
name = "siren"
kind = "siren"
pin = 17

[[alarm]]
name = "co"
series = "co"
a1 = 100.0
a2 = 30.0
outputs = ["siren"]
"""

EXPECTED = {
    "unknown key": r"node\.colour = \"red\": unknown key; known keys: site, name, ",
    "wrong type": r"hub\.insecure = \"no\": expected bool, got str; write true or false",
    "missing file": r"hub\.ca = \"/nowhere/ca\.pem\": no such file; put the file there or correct the path",
    "number out of range": r"outbox\.size = \"1 KiB\": out of range; write 4 MiB to 64 GiB",
    "bad unit": r"sensor\[0\] co\.unit = \"furlong\": unknown unit; write a UCUM code: ",
    "duplicate series": r"sensor\[1\] co\.name = \"co\": used already by sensor\[0\] co\.name; give each its own",
    "unknown driver": r"sensor\[2\] h2s\.driver = \"loop_4_20mA\": unknown driver; there are: ",
    "driver option": r"sensor\[3\] o2\.channel = \"A7\": invalid enum value 'A7'; write one of \"A0-A1\", .*\"A3\"",
    "pin used twice": r"output\[0\] siren = \"gpio-17\": used already by sensor\[4\] float; give each its own",
    "crossed thresholds": r"alarm\[0\] co\.a2 = 30\.0: thresholds crossed; write a value above a1 \(100\)",
}


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


def test_ten_different_mistakes_give_ten_messages(tmp_path: Path) -> None:
    told = problems(tmp_path, TEN)
    for kind, pattern in EXPECTED.items():
        assert len([line for line in told if re.match(pattern, line)]) == 1, (kind, told)
    assert len(told) == len(EXPECTED) == 10


def one(tmp_path: Path, text: str) -> str:
    (told,) = problems(tmp_path, text)
    return told


def test_every_section_names_the_key_and_shows_the_value(tmp_path: Path) -> None:
    assert one(tmp_path, GOOD + '[outbox]\nsize = "1 KiB"\n') == 'outbox.size = "1 KiB": out of range; write 4 MiB to 64 GiB'
    assert one(tmp_path, GOOD + '[outbox]\nflush = "2 min"\n') == 'outbox.flush = "2 min": out of range; write up to 60 s'
    assert one(tmp_path, GOOD.replace('site = "daegu"', 'site = "a/b"')).startswith(
        'node.site = "a/b": not a name that can stand in a topic; use letters'
    )
    assert one(tmp_path, GOOD.replace('"1 s"', '"1 ms"')) == 'sensor[0] co.period = "1 ms": out of range; write 20 ms to 1 d'
    assert one(tmp_path, GOOD.replace('period = "1 s"', "decimals = 400")) == (
        "sensor[0] co.decimals = 400: decimals = 400 is out of range; write 0 to 6, the digits that mean something"
    )
    assert one(tmp_path, GOOD + "[node.place]\nlatitude = 91.0\n").startswith("node.place.latitude = 91.0: ")


def test_a_drivers_own_check_is_told_under_its_option(tmp_path: Path) -> None:
    told = one(tmp_path, GOOD.replace("low = 0.0", "low = 500.0"))
    assert told == "sensor[0] co.low = 500.0: low and high are both 500 and must differ; write the values at 4 and at 20 mA"
    told = one(tmp_path, GOOD + "address = 16\n")
    assert told.startswith("sensor[0] co.address = 16: address 0x10 is none of an ADS1115's; use 0x48")
    assert one(tmp_path, GOOD + "shunt = 250.0\n").startswith("sensor[0] co: a shunt of 250 ohms makes 5.50 V")


def test_several_mistakes_of_one_section_are_told_together(tmp_path: Path) -> None:
    told = problems(tmp_path, GOOD + '[outbox]\nsize = "1 KiB"\nflush = "2 min"\nseal = 5\nseal_offline = "2 h"\n')
    assert [line.split(" ")[0] for line in told] == ["outbox.seal", "outbox.size", "outbox.flush", "outbox.seal_offline"]


@pytest.mark.parametrize("key", ["on_delay", "off_delay", "fault_after", "flush", "period"])
def test_a_negative_duration_is_refused_with_one_remedy(tmp_path: Path, key: str) -> None:
    line = f'{key} = "-5 s"\n'
    text = GOOD.replace('period = "1 s"\n', line) if key == "period" else GOOD + (f"[outbox]\n{line}" if key == "flush" else ALARM + line)
    told = one(tmp_path, text)
    assert told.endswith(f'{key} = "-5 s": a duration is never negative; write a number and one of ms, s, min, h, d, in quotes, for example "5 s"')


ALARM = '[[alarm]]\nname = "co"\nseries = "co"\na1 = 30.0\n'


@pytest.mark.parametrize(("keys", "words"), [
    ("hysteresis = 30.0\n", r"alarm\[0\] co\.hysteresis = 30\.0: the alarm would never clear.*; write less than 30$"),
    ("hysteresis = 45.0\n", r"alarm\[0\] co\.hysteresis = 45\.0: the alarm would never clear"),
    ('direction = "falling"\nhysteresis = 470.0\n', r"alarm\[0\] co\.hysteresis = 470\.0: the alarm would never clear.*; write less than 470$"),
    ("hysteresis = -1.0\n", r"alarm\[0\] co\.hysteresis = -1\.0: "),
    ("a2 = 501.0\n", r"alarm\[0\] co\.a2 = 501\.0: outside what the sensor can measure; write a value from 0 to 500 \[ppm\]"),
    ('on_delay = "2 d"\n', r"alarm\[0\] co\.on_delay = \"2 d\": out of range; write up to 1 d"),
])  # fmt: skip
def test_an_alarm_that_could_not_work_is_told(tmp_path: Path, keys: str, words: str) -> None:
    assert re.match(words, one(tmp_path, GOOD + ALARM + keys))
    load(write(tmp_path, GOOD + ALARM + "hysteresis = 29.0\n"))


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
