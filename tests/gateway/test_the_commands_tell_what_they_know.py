"""Promise: the commands a person types answer in words, with the exit codes the README promises."""

from pathlib import Path

import pytest

from gateway import cli

SCENARIO = Path(__file__).parents[1] / "scenarios" / "one_channel.toml"


def test_drivers_lists_the_files_and_shows_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["drivers"]) == 0
    assert "loop_4_20ma" in capsys.readouterr().out
    assert cli.main(["drivers", "loop_4_20ma"]) == 0
    told = capsys.readouterr().out
    assert "Wiring" in told
    assert "shunt" in told


def test_an_unknown_driver_is_told_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["drivers", "loop"]) == 1
    assert "loop_4_20ma" in capsys.readouterr().err


def test_check_tells_what_would_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(SCENARIO.with_name("one_channel.gateway.toml"))]) == 0
    assert "co: carbon_monoxide in [ppm], 0 to 500, every 1 s" in capsys.readouterr().out


def test_read_tells_raw_and_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["read", "--sim", str(SCENARIO)]) == 0
    told = capsys.readouterr().out
    assert "raw 5000" in told
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
