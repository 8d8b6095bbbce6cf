"""Promise: an address that `run` could not use, or that holds a secret, is a mistake that `check` tells, beside the others; never a crash later."""

from pathlib import Path

import pytest

from gateway import cli
from gateway.address import BadAddress, Endpoint, endpoint
from gateway.config import ConfigError, load
from gateway.machine import broker_of
from tests.gateway.test_a_configuration_tells_all_its_mistakes_at_once import GOOD, problems, write

BAD = [
    ("mqtt://hub.example.org", "no encryption on the way to another machine; use mqtts://, or write insecure = true"),
    ("mqtts://hub:99999", "Port out of range 0-65535; write mqtts://hub.example.org:8883"),
    ("mqtts://hub:0", "no broker listens at port 0"),
    ("mqtts://hub:eight", "Port could not be cast"),
    ("http://x", "not the address of an MQTT broker; write mqtts://"),
    ("mqtts://", "no host; write mqtts://"),
    ("mqtts://:8883", "no host; write mqtts://"),
    ("mqtts://a b", "not the name or address of a host"),
    ("mqtts://[::1", "Invalid IPv6 URL"),
    ("mqtts://hub/path", "more than a host and a port"),
    ("mqtts://hub?password=secret", "more than a host and a port"),
    ("hub.example.org:8883", "no scheme; write mqtts://"),
    ("", "no scheme"),
]


@pytest.mark.parametrize(("url", "words"), BAD)
def test_it_is_told_with_its_path_and_remedy(tmp_path: Path, url: str, words: str) -> None:
    (told,) = problems(tmp_path, GOOD + f'[hub]\nurl = "{url}"\n')
    assert told.startswith(f'hub.url = "{url}": {words}')


@pytest.mark.parametrize("url", ["mqtts://user:hunter2@host", "mqtts://hunter2@host", "http://user:hunter2@host", "mqtts://user:hunter2@host:99999"])
def test_a_secret_in_an_address_is_refused_and_not_shown(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(write(tmp_path, GOOD + f'[hub]\nurl = "{url}"\n'))]) == cli.CONFIGURATION
    told = capsys.readouterr().err
    assert "hub.url = " in told
    assert "hunter2" not in told
    with pytest.raises(BadAddress, match="username and password_file"):
        endpoint("mqtts://user:hunter2@host")


def test_it_is_told_beside_the_others(tmp_path: Path) -> None:
    told = problems(
        tmp_path, GOOD + '[hub]\nurl = "mqtt://hub.example.org"\nwindow = 5\ncertificate = "/nowhere/node.pem"\n[outbox]\nsize = "1 KiB"\n'
    )
    assert [line.split(" = ")[0] for line in told] == [
        "hub.window", "hub.url", "hub.certificate", "hub.certificate", "hub.certificate", "outbox.size"
    ]  # fmt: skip
    assert "certificate given without key" not in told[3]
    assert "one is of no use without the other; name both, or remove certificate" in told[3]


def test_what_is_right_makes_a_broker(tmp_path: Path) -> None:
    assert endpoint("mqtts://hub.example.org") == Endpoint("hub.example.org", 8883, True)
    assert endpoint("mqtt://[::1]:1884") == Endpoint("::1", 1884, False)
    for lines in ('url = "mqtt://127.0.0.1"', 'url = "mqtt://10.0.0.5"\ninsecure = true', 'url = "mqtts://hub-1.example.org:8884/"'):
        assert broker_of(load(write(tmp_path, f"{GOOD}[hub]\n{lines}\n"))).host


def test_a_file_that_another_user_may_read_is_no_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "password").write_text("x")
    path = write(tmp_path, GOOD + f'[hub]\nurl = "mqtts://hub"\nusername = "n0001"\npassword_file = "{tmp_path}/password"\n')
    monkeypatch.setattr("os.access", lambda file, mode: file != f"{tmp_path}/password")
    assert cli.main(["check", str(path)]) == cli.FINE
    assert "warning: hub.password_file" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="no such file"):
        load(write(tmp_path, GOOD + f'[hub]\nurl = "mqtts://hub"\npassword_file = "{tmp_path}"\n'))
