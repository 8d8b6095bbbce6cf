from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from gateway.cli import hub
from gateway.hub.receiver import BadBroker, Broker


@pytest.mark.parametrize(("url", "words"), [
    ("localhost", "write mqtt://"), ("http://localhost", "write mqtt://"), ("mqtt://", "write mqtt://"), ("mqtt://a:b@localhost", "--password-file"),
    ("mqtt://localhost:99999", "ort"), ("mqtt://city.example", "--insecure"),
])  # fmt: skip
def test_a_broker_that_cannot_be_meant(url: str, words: str) -> None:
    with pytest.raises(BadBroker, match=words):
        Broker.parse(url)


def test_what_a_url_says() -> None:
    assert (Broker.parse("mqtt://localhost").port, Broker.parse("mqtts://hub@city.example").port) == (1883, 8883)
    assert Broker.parse("mqtts://hub@city.example").user == "hub"
    assert Broker.parse("mqtt://10.0.0.5", insecure=True).host == "10.0.0.5"


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    hub.configure(parser)
    return parser.parse_args(words)


def test_the_command_tells_it_and_exits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hub.run(arguments("--broker", "nonsense", "--db", str(tmp_path / "hub.db"))) == 78
    assert "write mqtt://host:1883" in capsys.readouterr().err
    assert hub.run(arguments("--broker", "mqtt://localhost", "--db", str(tmp_path / "none" / "hub.db"))) == 1
    assert "none" in capsys.readouterr().err
    assert hub.run(arguments("--broker", "mqtt://localhost", "--db", str(tmp_path / "hub.db"), "--clock", "noon")) == 2
    (tmp_path / "letter.db").write_text("Dear hub, this is no database." * 100, encoding="utf-8")
    assert hub.run(arguments("--broker", "mqtt://localhost", "--db", str(tmp_path / "letter.db"))) == 1
    assert "not a database" in capsys.readouterr().err
