"""Which broker, and how it is trusted.

Decision: everything secret comes from files, read again at every connection, so a renewed certificate needs no restart. What addresses are
allowed stands in `gateway.address` (and the birth tells the hub where `insecure` was said). Certificate and host name are always checked; there
is no option to skip that.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from gateway.address import Endpoint, mismatches


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
        end = Endpoint(self.host, self.port, self.tls)
        for mistake in mismatches(end, self.insecure, self.ca is not None, self.certificate is not None, self.key is not None):
            raise BrokerError(f"broker {self.host}:{self.port}: {mistake.key}: {mistake.wrong}; {mistake.remedy}")

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
