"""Promise: the commands a person types answer in words, with the exit codes the README promises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import cli
from hardware import driver, output
from tests.node import CONFIG, SCENARIO

BARE = CONFIG.replace('state = "{folder}/state"\n', "").replace('runtime = "{folder}/run"\n', "")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration that names no places; the scenario to run it on is beside it."""
    (tmp_path / "scenario.toml").write_text(SCENARIO)
    (tmp_path / "gateway.toml").write_text(BARE.format(url="mqtt://127.0.0.1:9"))
    return tmp_path / "gateway.toml"


def test_drivers_lists_the_files_and_shows_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["drivers"]) == 0
    assert "loop_4_20ma" in capsys.readouterr().out
    assert cli.main(["drivers", "loop_4_20ma"]) == 0
    told = capsys.readouterr().out
    assert "Wiring" in told
    assert "shunt" in told


def test_a_drivers_page_tells_every_option_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    def page(name: str) -> list[str]:
        assert cli.main(["drivers", name]) == 0
        return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    told = page("modbus_rtu")
    assert "device whole number, 1 to 247; required" in told
    assert 'parity one of "even", "none", "odd"; may be left out' in told
    assert 'timeout a duration, for example "5 s"; default "300 ms"' in told
    assert "ranges table of [number, number] by text; may be left out" in told
    assert "Shipped for profile: copeland_c, geolux_lx80, level_probe" in told
    told = page("gas_cell")
    assert "address whole number; default 0x48" in told
    assert 'warm_up a duration, for example "5 s"; default "1 h"' in told
    assert 'gain one of 1, 2, 4, 8, 16, "2/3"; default 1' in told
    for shared in (
        "name text; required",
        "driver text; required",
        'period a duration, for example "5 s"; default "1 s"',
        "series table of text by text",
    ):
        assert any(line.startswith(shared) for line in told), shared


@pytest.mark.parametrize("name", [*driver.names(), *output.names()])
def test_every_page_is_without_words_of_the_program(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["drivers", name]) == 0
    told = capsys.readouterr().out
    assert not any(word in told for word in ("NODEFAULT", "UNSET", "<factory>", "object at", "None", "Seconds(", "frozenset"))


def test_the_outputs_are_listed_and_shown_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["drivers"]) == 0
    listed = capsys.readouterr().out.partition("Outputs, under [[output]]")[2]
    assert all(name in listed for name in output.names())
    assert cli.main(["drivers", "siren"]) == 0
    assert "max_on" in capsys.readouterr().out


def test_an_unknown_driver_is_told_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["drivers", "loop"]) == 1
    assert "loop_4_20ma" in capsys.readouterr().err


def test_check_tells_what_would_run(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(config)]) == 0
    assert "co: carbon_monoxide in [ppm], 0 to 500, every 0.2 s" in capsys.readouterr().out


def test_read_tells_raw_and_value(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["read", "--sim", str(config.with_name("scenario.toml"))]) == 0
    told = capsys.readouterr().out
    assert "[ppm]" in told
    assert "raw " in told
    assert "good" in told


def test_an_unknown_verb_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["dance"])
    assert caught.value.code == cli.USAGE


def test_the_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert all(verb in told for verb in cli.verbs())


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "1e9", "fast"])
def test_a_speed_that_is_none_is_usage(capsys: pytest.CaptureFixture[str], speed: str) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["run", "--sim", "scenario.toml", f"--speed={speed}"])
    assert caught.value.code == cli.USAGE
    assert "speed" in capsys.readouterr().err


def test_check_warns_of_a_directory_that_cannot_be_made(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    config.write_text(config.read_text().replace("[node]", f'[node]\nstate = "{tmp_path}/file/state"\nruntime = "{tmp_path}/run"'))
    assert cli.main(["check", str(config)]) == cli.FINE
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert f'warning: node.state = "{tmp_path}/file/state": cannot be made, {tmp_path}/file is no directory' in told[0]
    assert not (tmp_path / "run").exists()


def test_check_warns_of_a_directory_that_cannot_be_written(config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert cli.main(["check", str(config)]) == cli.FINE
    told = capsys.readouterr().err
    assert 'warning: node.state = "/var/lib/edge-gateway": not' in told
    assert 'warning: node.runtime = "/run/edge-gateway": not' in told


@pytest.mark.parametrize("verb", ["check", "drivers", "--help"])
def test_a_reader_that_leaves_is_no_traceback(config: Path, verb: str) -> None:
    words = [verb, str(config)] if verb == "check" else [verb]
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run([sys.executable, "-m", "gateway", *words], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    finally:
        os.close(writer)
    assert done.returncode == (cli.FINE if verb == "--help" else cli.PIPE)  # argparse itself forgives a reader of its help
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_read_tells_a_scenario_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["read", "--sim", str(tmp_path / "none.toml")]) == cli.CONFIGURATION
    (tmp_path / "chip.toml").write_text('title = "x"\nlasts = "1 h"\nconfig = "gateway.toml"\n[chips."i2c-1:0x48"]\nkind = "no_such_chip"\n')
    assert cli.main(["read", "--sim", str(tmp_path / "chip.toml")]) == cli.CONFIGURATION
    assert "no_such_chip" in capsys.readouterr().err


def test_run_tells_a_scenario_whose_chips_are_wrong(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config.exists()
    (tmp_path / "chip.toml").write_text('title = "x"\nlasts = "1 h"\nconfig = "gateway.toml"\n[chips."i2c-1:0x48"]\nkind = "no_such_chip"\n')
    assert cli.main(["run", "--sim", str(tmp_path / "chip.toml"), "--state", str(tmp_path / "own")]) == cli.CONFIGURATION
    assert "no_such_chip" in capsys.readouterr().err
