"""The address of a broker, and what goes with it: one place for the rule, used when a configuration is read and when a connection is made.

Decision: without TLS the only broker is the loopback, unless `insecure` says otherwise in so many words. No secret stands in an address: user and
password have keys and files of their own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from gateway.problems import Mistake

PORTS = {"mqtt": 1883, "mqtts": 8883}
_HOST = re.compile(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.%a-z0-9]*")
_EXAMPLE = "write mqtts://hub.example.org:8883"


class BadAddress(ValueError):
    """The address of a broker cannot be used; `mistake` says why."""

    def __init__(self, mistake: Mistake) -> None:
        self.mistake = mistake
        super().__init__(f"{mistake.wrong}; {mistake.remedy}")


class Endpoint(NamedTuple):
    """Where a broker is. tls: whether the way there is encrypted."""

    host: str
    port: int
    tls: bool


def endpoint(url: str) -> Endpoint:
    """From `mqtts://host[:port]` or `mqtt://host[:port]`; BadAddress where it is neither."""

    def bad(wrong: str, remedy: str = _EXAMPLE) -> BadAddress:
        return BadAddress(Mistake("url", wrong, remedy, secret="@" in url))

    scheme, found, _ = url.partition("://")
    if not found:
        raise bad("no scheme")
    if scheme not in PORTS:
        raise bad("not the address of an MQTT broker")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:  # a port that is none, a bracket that is not closed
        raise bad(str(error)) from error
    if "@" in url:
        raise bad("user or password in the address", "name them with username and password_file; no secret stands in a configuration")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise bad("more than a host and a port")
    host = parts.hostname or ""
    if not _HOST.fullmatch(host) or re.search(r"\s", url):
        raise bad("no host" if not host else "not the name or address of a host")
    if port == 0:
        raise bad("no broker listens at port 0")
    return Endpoint(host, PORTS[scheme] if port is None else port, scheme == "mqtts")


def mismatches(end: Endpoint, insecure: bool, authorities: bool, certificate: bool, key: bool) -> Iterator[Mistake]:
    """What does not fit together. insecure: plain MQTT beyond the loopback is meant; authorities, certificate, key: whether files are given."""
    if not end.host or not 0 < end.port < 65536:
        yield Mistake("url", f"no broker is at host {end.host!r}, port {end.port}", "give a host name or address and a port from 1 to 65535")
    if not end.tls and not insecure and not loopback(end.host):
        yield Mistake("url", "no encryption on the way to another machine", "use mqtts://, or write insecure = true if this network is trusted")
    for name, given in (("ca", authorities), ("certificate", certificate), ("key", key)):
        if given and not end.tls:
            yield Mistake(name, "given, but the way to the broker is not encrypted", "use mqtts:// or remove it")
    if certificate != key:
        name, other = ("certificate", "key") if certificate else ("key", "certificate")
        yield Mistake(name, f"given without {other}: one is of no use without the other", f"name both, or remove {name}")


def loopback(host: str) -> bool:
    """Whether a host is this machine by definition: `localhost` or an address of the loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
