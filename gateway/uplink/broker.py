"""Which broker, and how it is trusted.

Decision: everything secret comes from files, read again at every connection, so a renewed certificate needs no restart. Without TLS the only
broker is the loopback, unless `insecure` says otherwise in so many words (and the birth tells the hub). Certificate and host name are always
checked; there is no option to skip that.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path


class BrokerError(ValueError):
    """The way to the broker is configured wrongly: what, and what to do about it."""


@dataclass(frozen=True)
class Broker:
    """Address and credentials of a broker.

    ca: file of the authorities to trust, None for those of the system; certificate and key: the node's own, in PEM; password_file: one line.
    tls: encrypt. insecure: plain MQTT to a host that is not the loopback. Raises BrokerError where that does not fit together.
    """

    host: str
    port: int
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    username: str = ""
    password_file: Path | None = None
    insecure: bool = False

    def __post_init__(self) -> None:
        if not self.host or not 0 < self.port < 65536:
            raise BrokerError(f"broker {self.host!r} port {self.port}: give a host name or address and a port from 1 to 65535")
        if not self.tls and not self.insecure and not loopback(self.host):
            raise BrokerError(
                f"broker {self.host}:{self.port} would be reached without encryption: use TLS, or set insecure = true if this network is trusted"
            )
        if not self.tls and (self.ca or self.certificate or self.key):
            raise BrokerError(f"broker {self.host}:{self.port}: certificates are given but TLS is off: use mqtts:// or remove them")
        if (self.certificate is None) != (self.key is None):
            raise BrokerError(f"broker {self.host}:{self.port}: a client certificate needs its key and the other way round")

    def context(self) -> ssl.SSLContext | None:
        """The TLS context of a new connection; None without TLS. OSError where a file cannot be read or is not what it should be."""
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate and self.key:
            context.load_cert_chain(str(self.certificate), str(self.key))
        return context

    def password(self) -> str | None:
        """The password, read now; None where none is configured."""
        return self.password_file.read_text().strip() if self.password_file else None


def loopback(host: str) -> bool:
    """Whether a host is this machine by definition: `localhost` or an address of the loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
