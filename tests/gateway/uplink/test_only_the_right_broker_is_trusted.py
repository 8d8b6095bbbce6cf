"""Promise: TLS checks authority, dates and host name; nothing secret goes to a stranger; plain MQTT goes to the loopback only unless told."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.clock import real
from gateway.uplink import Broker, BrokerError, MqttLink
from gateway.uplink.ports import Connected, Hello, LinkEvent, Lost
from tests.gateway.uplink.conftest import Mosquitto

HELLO = Hello("edge/v1/s/n/up/state", b"{}", ())


class Authority:
    """Certificates made on the spot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.pem"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test authority",
                      "-keyout", "ca.key", "-out", "ca.pem", "-days", "30")  # fmt: skip

    def _openssl(self, *arguments: str) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("install openssl")
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def issue(self, name: str, host: str = "DNS:localhost,IP:127.0.0.1", days: int = 30) -> tuple[Path, Path]:
        """Certificate and key for a host; negative days: expired."""
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                      "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
        (self.folder / "san").write_text(f"subjectAltName={host}")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", str(days),
                      "-extfile", "san", "-out", f"{name}.pem")  # fmt: skip
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority(folder)


def listener(certificate: Path, key: Path, ca: Path, more: str = "") -> str:
    return f"listener PORT 127.0.0.1\nallow_anonymous true\nuser root\ncertfile {certificate}\nkeyfile {key}\ncafile {ca}\n{more}"


def outcome(broker: Broker) -> LinkEvent:
    link = MqttLink(broker, "n-17", timeout=5.0)
    link.connect(HELLO)
    end = real() + 10.0
    while real() < end:
        events = link.poll(0.1)
        if events:
            link.close()
            return events[0]
    raise AssertionError("nothing came")


def test_the_right_broker_is_accepted(mosquitto: Callable[..., Mosquitto], authority: Authority) -> None:
    broker = mosquitto(listener(*authority.issue("broker"), authority.ca))
    assert isinstance(outcome(Broker("localhost", broker.port, tls=True, ca=authority.ca)), Connected)


def test_a_node_shows_its_own_certificate(mosquitto: Callable[..., Mosquitto], authority: Authority) -> None:
    broker = mosquitto(listener(*authority.issue("broker"), authority.ca, "require_certificate true\nuse_identity_as_username true"))
    certificate, key = authority.issue("n-17")
    assert isinstance(outcome(Broker("localhost", broker.port, True, authority.ca, certificate, key)), Connected)
    assert not isinstance(outcome(Broker("localhost", broker.port, True, authority.ca)), Connected)


def test_an_authority_nobody_named_is_refused(mosquitto: Callable[..., Mosquitto], authority: Authority, tmp_path: Path) -> None:
    broker = mosquitto(listener(*authority.issue("broker"), authority.ca))
    (tmp_path / "other").mkdir()
    event = outcome(Broker("localhost", broker.port, tls=True, ca=Authority(tmp_path / "other").ca))
    assert "not trusted" in str(event)


def test_an_expired_certificate_is_refused(mosquitto: Callable[..., Mosquitto], authority: Authority) -> None:
    broker = mosquitto(listener(*authority.issue("broker", days=-1), authority.ca))
    assert "expired" in str(outcome(Broker("localhost", broker.port, tls=True, ca=authority.ca)))


def test_a_certificate_for_another_host_is_refused(mosquitto: Callable[..., Mosquitto], authority: Authority) -> None:
    broker = mosquitto(listener(*authority.issue("broker", host="DNS:hub.example"), authority.ca))
    assert "mismatch" in str(outcome(Broker("localhost", broker.port, tls=True, ca=authority.ca)))


def test_a_broker_without_tls_is_refused_where_tls_is_asked_for(mosquitto: Callable[..., Mosquitto], authority: Authority) -> None:
    broker = mosquitto()
    event = outcome(Broker("localhost", broker.port, tls=True, ca=authority.ca))
    assert isinstance(event, Lost)
    assert f"localhost:{broker.port}" in event.reason


def test_a_missing_file_is_told_and_not_raised(authority: Authority) -> None:
    event = outcome(Broker("localhost", 1, tls=True, ca=authority.folder / "nowhere.pem"))
    assert "nowhere" in str(event) or "No such file" in str(event)


def test_a_password_is_read_from_its_file(mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> None:
    broker = mosquitto("listener PORT 127.0.0.1\nallow_anonymous true")
    secret = tmp_path / "secret"
    secret.write_text("pa55\n")
    settings = Broker("127.0.0.1", broker.port, username="n-17", password_file=secret)
    assert settings.password() == "pa55"
    assert isinstance(outcome(settings), Connected)


@pytest.mark.parametrize("host", ["hub.city.example", "10.0.0.5", "192.168.1.2"])
def test_plain_mqtt_beyond_the_loopback_is_refused_unless_told(host: str) -> None:
    with pytest.raises(BrokerError, match="insecure"):
        Broker(host, 1883)
    assert Broker(host, 1883, insecure=True).context() is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_plain_mqtt_to_the_loopback_is_allowed(host: str) -> None:
    assert Broker(host, 1883).context() is None


def test_a_certificate_without_its_key_is_refused() -> None:
    with pytest.raises(BrokerError, match="key"):
        Broker("hub", 8883, tls=True, certificate=Path("c.pem"))
