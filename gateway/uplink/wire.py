"""The socket under a connection: opened, tuned and, where TLS is asked for, trusted, before a byte of MQTT is sent.

Decision: ours and not paho's, because paho leaves the socket of a failed handshake to the garbage collector, and because the options that keep an
alarm from waiting behind a full kernel buffer belong on the socket before it is used.
"""

from __future__ import annotations

import socket
import ssl

from gateway.uplink.broker import Broker

SEND_BUFFER = 32 * 1024
"""SO_SNDBUF, bytes: what the kernel holds cannot be overtaken by an alarm."""
USER_TIMEOUT_MS = 20_000
"""TCP_USER_TIMEOUT: data that nobody confirms for this long ends the connection."""


def dial(broker: Broker, timeout: float) -> socket.socket:
    """An open connection. Waits for the resolver, and up to `timeout` seconds for each address and for each step of TLS; OSError else."""
    context = broker.context()
    plain = socket.create_connection((broker.host, broker.port), timeout)
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        return plain if context is None else context.wrap_socket(plain, server_hostname=broker.host)
    except (OSError, ValueError):
        plain.close()
        raise


def explain(error: Exception, broker: Broker) -> str:
    """A failed connection in words a technician can act on."""
    where = f"{broker.host}:{broker.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{where} shows a certificate that is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no TLS with {where}: {error.reason or error}"
    if isinstance(error, socket.gaierror):
        return f"the name {broker.host} is not known: {error.strerror}"
    if isinstance(error, TimeoutError):
        return f"{where} did not answer in time"
    return f"cannot reach {where}: {error}"
