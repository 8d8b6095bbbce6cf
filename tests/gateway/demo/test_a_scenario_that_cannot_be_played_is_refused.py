"""Promise: what cannot be played is refused before anything starts, in words that name it: usage with exit code 2, the scenario with 78."""

from pathlib import Path

import pytest

from gateway import cli
from gateway.demo.broker import EmbeddedBroker

SCENARIO = Path(__file__).parents[2] / "scenarios" / "counted.toml"


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting the broker, which is the first to start, is a failure."""

    def start(self: EmbeddedBroker) -> None:
        raise AssertionError("something was started")

    monkeypatch.setattr(EmbeddedBroker, "start", start)


@pytest.mark.parametrize("speed", ["0", "-3", "nan", "inf", "fast"])
def test_a_speed_at_which_nothing_ends_is_usage(speed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["demo", f"--speed={speed}"])
    assert caught.value.code == cli.USAGE
    assert f"argument --speed: '{speed}' is not a number greater than 0" in capsys.readouterr().err


def refused(folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, *arguments: str) -> str:
    """What the command says of the counted scenario with something else in it."""
    text = SCENARIO.read_text()
    assert old in text
    (folder / "play.toml").write_text(text.replace(old, new))
    (folder / "counted.gateway.toml").write_text(SCENARIO.with_name("counted.gateway.toml").read_text())
    assert cli.main(["demo", "--scenario", str(folder / "play.toml"), "--keep", str(folder / "kept"), *arguments]) == cli.CONFIGURATION
    assert not (folder / "kept").exists()
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('kind = "counter"', 'kind = "counterr"', "Invalid value 'counterr'"),
        ('kind = "ads1115"\n', 'kind = "ads1115"\nvddd = 3.3\n', "vddd"),
        ('kind = "ads1115"\n', 'kind = "ads1215"\n', "there is no simulated chip 'ads1215'"),
        ('signal = "count"', 'signal = "counts"', "there is no signal 'counts'"),
        ('of = ["waves", "ripple"]', 'of = ["waves", "riple"]', "signal 'riple' is not declared"),
        ("[chips.", '[[faults]]\nkind = "melt"\non = "i2c-1:0x48"\nfrom = 1\nto = 2\n\n[chips.', "Invalid value 'melt'"),
        ("[chips.", '[[faults]]\nkind = "nak"\non = "i2c-1:0x49"\nfrom = 1\nto = 2\n\n[chips.', "there is nothing called 'i2c-1:0x49'"),
        ("[clock]", '[[kill]]\nat = "700 s"\n\n[clock]', "kill[0]: ends at 700 s, and the scenario at 600 s"),
        ("[clock]", '[[restore]]\ncopied = "9 s"\nat = "8 s"\n\n[clock]', "restore[0].copied: the copy is to be used at 8 s"),
        ("[clock]", '[[outage]]\nat = "9 s"\nlasts = "8 s"\nwhat = "frozen"\n\n[clock]', "the embedded broker cannot be frozen"),
    ],
)
def test_a_mistake_in_the_scenario_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str) -> None:
    assert told in refused(tmp_path, capsys, old, new)


@pytest.mark.parametrize("what", ["broker", "frozen"])
def test_what_an_outside_broker_has_to_suffer_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    outage = f'[[outage]]\nat = "9 s"\nlasts = "8 s"\nwhat = "{what}"\n\n[clock]'
    told = refused(tmp_path, capsys, "[clock]", outage, "--broker", "mqtt://127.0.0.1:1")
    assert "needs a broker that the conductor starts itself" in told
