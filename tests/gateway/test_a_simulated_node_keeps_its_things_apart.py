"""Promise: `run --sim` never touches the places of a real node of this machine; it has some of its own, and a second run goes on with them."""

from pathlib import Path

import pytest

from gateway import cli
from gateway.config import Config, load
from gateway.demo.places import apart
from gateway.sections import SYSTEM_RUNTIME, SYSTEM_STATE
from tests.node import CONFIG, SCENARIO, Node

BARE = CONFIG.replace('state = "{folder}/state"\n', "").replace('runtime = "{folder}/run"\n', "")
ALONE = Path("scenario.toml")


def config(tmp_path: Path, text: str = BARE) -> Config:
    (tmp_path / "gateway.toml").write_text(text.format(folder=tmp_path, url="mqtt://127.0.0.1:9"))
    return load(tmp_path / "gateway.toml")


def places(found: Config) -> tuple[str, str]:
    return found.node.state, found.node.runtime


def test_it_never_has_those_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    own = tmp_path / "xdg" / "edge-gateway-sim" / "scenario-n0001"
    assert places(config(tmp_path)) == (SYSTEM_STATE, SYSTEM_RUNTIME)
    assert places(apart(config(tmp_path), ALONE, None)) == (f"{own}/state", f"{own}/run")
    for sly in ("/var/lib/edge-gateway/", "/var/lib//edge-gateway", "/var/lib/edge-gateway/sim", "/var/lib/x/../edge-gateway"):
        said = BARE.replace("[hub]", f'state = "{sly}"\nruntime = "{sly}"\n[hub]')
        assert places(apart(config(tmp_path, said), ALONE, None))[0] == f"{own}/state"


def test_it_has_what_the_configuration_or_the_person_names(tmp_path: Path) -> None:
    assert places(apart(config(tmp_path, CONFIG), ALONE, None)) == (f"{tmp_path}/state", f"{tmp_path}/run")
    assert places(apart(config(tmp_path, CONFIG), ALONE, tmp_path / "mine")) == (f"{tmp_path}/mine/state", f"{tmp_path}/mine/run")


def test_without_a_home_it_has_one_among_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert places(apart(config(tmp_path), ALONE, None))[0] == f"{tmp_path}/.local/state/edge-gateway-sim/scenario-n0001/state"
    monkeypatch.setenv("HOME", "")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert places(apart(config(tmp_path), ALONE, None))[0].startswith(f"{tmp_path}/edge-gateway-sim-")


def test_a_place_for_simulations_is_refused_without_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--state", str(tmp_path)]) == cli.USAGE
    assert "--state is for --sim" in capsys.readouterr().err


def test_a_directory_that_cannot_be_made_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config(tmp_path)
    (tmp_path / "scenario.toml").write_text(SCENARIO)
    (tmp_path / "file").write_text("")
    assert cli.main(["run", "--sim", str(tmp_path / "scenario.toml"), "--state", str(tmp_path / "file")]) == cli.FAULT
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith(f"the node cannot run: {tmp_path}/file/run: Not a directory; it needs ")
    assert "make them for this user, or name others" in told


@pytest.mark.slow
def test_a_second_run_goes_on_with_the_first(tmp_path: Path) -> None:
    own = tmp_path / "xdg" / "edge-gateway-sim" / "scenario-n0001"
    epochs = []
    for _ in range(2):
        node = Node(tmp_path / "node", environment={"XDG_STATE_HOME": str(tmp_path / "xdg")}, config=BARE, runtime=own / "run")
        try:
            epochs.append(node.sampling()["epoch"])
            assert node.end() == 0
            assert str(own / "state") in node.log.read_text()
        finally:
            node.process.kill()
            node.process.wait(10)
        (own / "run" / "status.json").unlink()
    assert epochs[0] == epochs[1]
