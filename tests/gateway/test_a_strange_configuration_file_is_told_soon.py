"""Promise: whatever stands in the file, `check` answers in words, with the place where there is one, soon, and exits 78; it never crashes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import cli
from gateway.clock import real
from gateway.config import ConfigError, build, load
from tests.gateway.test_a_configuration_tells_all_its_mistakes_at_once import GOOD, TEN

DEEP = "[a]\nx = " + "[\n" * 3000
LONG_KEY = "a" + ".a" * 50_000 + " = 1\n"
STRANGE = {
    "10 MB": (b"# nothing\n" * (1 << 20), "larger than 128 KiB"),
    "duplicate key": (b'[node]\nsite = "a"\nsite = "b"\n', "Cannot overwrite a value (at line 3, column 11)"),
    "duplicate table": (b'[node]\nsite = "a"\n[node]\n', "Cannot declare ('node',) twice (at line 3, column 6)"),
    "ends too early": (b'[node]\nsite = "daegu', "(at line 2, column 14, the end of the file)"),
    "ends after a key": (b"[node]\nsite =", "(at line 2, column 7, the end of the file)"),
    "deep lists": (DEEP.encode(), "nested too deeply"),
    "deep tables": (b"x = " + b"{a=" * 3000, "nested too deeply"),
    "a long key": (LONG_KEY.encode(), "more than 50 dots in one line (at line 1, column 1)"),
    "Latin-1": ('[node]\nsite = "Zürich"\n'.encode("latin-1"), "line 2, byte 16 is not UTF-8; save the file as UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), "line 1, byte 0 is not UTF-8"),
    "NUL": (b"\0" * 100, "(at line 1, column 1)"),
    "a huge number": (b"x = " + b"1" * 5000, "a number with thousands of digits"),
    "a huge number in hexadecimal": (GOOD.encode() + b"address = 0x" + b"f" * 5000, "co.address = a number with thousands of digits: not a number"),
    "nan": (GOOD.replace("low = 0.0", "low = nan").encode(), "co.low = nan: not a number that can be measured with; write a number"),
    "infinity": (GOOD.replace("high = 500.0", "high = inf").encode(), "co.high = inf: not a number that can be measured with"),
    "a range beyond numbers": (GOOD.replace("500.0", "1e308").replace("low = 0.0", "low = -1e308").encode(), "is no number to measure with"),
    "a long duration": (GOOD.replace("1 s", "9" * 400 + " s").encode(), "not a duration; write a number and one of"),
    "a size without end": (GOOD.encode() + b'[outbox]\nsize = "' + b"9" * 400 + b' MiB"', "not a size; write a number and one of"),
    "a section that is none": (b"node = 5\nhub = []\nsensor = 5\n[[alarm]]\n", "sensor = 5: not a list of tables; write [[sensor]]"),
    "a thousand sensors": (b"[[sensor]]\n" * 1000, "sensor = 1000: too many tables"),
    "a thousand keys": (b"[node]\n" + b"".join(b"key%d = 1\n" % number for number in range(5000)), "node: 4990 more unknown keys"),
    "a key that paints": (b'[node]\n"\\u001b[2J" = 1\n', r'node."\u001b[2J" = 1: unknown key'),
    "a name that paints": (b'[[sensor]]\ndriver = "x"\nname = "\\u001b[2J\\n"\n', r'sensor[0] "\u001b[2J\n".name = "\u001b[2J\n": not a name'),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_it_is_told_soon(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    data, words = STRANGE[kind]
    path = tmp_path / "gateway.toml"
    path.write_bytes(data)
    began = real()
    assert cli.main(["check", str(path)]) == cli.CONFIGURATION
    assert words in capsys.readouterr().err
    assert real() - began < 10.0


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text("\ufeff" + GOOD, encoding="utf-8")
    assert load(tmp_path / "gateway.toml").node.name == "n0001"


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory; name a readable file"):
        load(tmp_path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["loop_4_20ma", "siren", "-5 s", "A0", "mqtt://x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
KEYS = st.sampled_from(
    ["name", "driver", "period", "series", "kind", "pin", "a1", "a2", "url", "ca", "size", "flush", "place", "low", "high", "outputs"]
)
TABLE = st.dictionaries(KEYS, VALUES, max_size=6)
SECTIONS = dict.fromkeys(("node", "hub", "outbox"), TABLE | VALUES)
LISTS = dict.fromkeys(("sensor", "output", "alarm"), st.lists(TABLE, max_size=3) | VALUES)
TREE = st.fixed_dictionaries({}, optional=SECTIONS | LISTS)


@given(TREE)
def test_no_tree_makes_it_crash(tree: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        build(tree, Path("gateway.toml"), "00000000")
    assert all("\n" not in str(problem) for problem in caught.value.problems)


@pytest.mark.parametrize(
    "harm", [lambda text, at: text[:at], lambda text, at: text[:at] + text[at + 1 :], lambda text, at: text[:at] + "[" + text[at:]]
)
def test_no_slip_of_the_hand_makes_it_crash(tmp_path: Path, harm: Callable[[str, int], str]) -> None:
    for at in range(0, len(TEN), 17):
        (tmp_path / "gateway.toml").write_text(harm(TEN, at))
        with pytest.raises(ConfigError) as caught:
            load(tmp_path / "gateway.toml")
        assert caught.value.problems
