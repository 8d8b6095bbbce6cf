"""Promise: a sync that fails, a name that cannot be resolved and a service manager that listens are told apart from a node that works."""

import errno
import socket
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from gateway.outbox import RealDisk
from gateway.uplink import Broker, MqttLink
from gateway.uplink.ports import Hello, Lost
from gateway.watchdog import Watchdog


def test_a_sync_that_fails_is_an_error_of_the_disk(tmp_path: Path, fdatasync: MagicMock) -> None:
    disk = RealDisk(tmp_path)
    disk.write("a", 0, b"x")
    fdatasync.side_effect = OSError(errno.EIO, "Input/output error")
    with pytest.raises(OSError, match="Input/output"):
        disk.sync("a")
    disk.close()


def test_a_name_nobody_knows_is_a_lost_connection_with_a_reason(resolver: MagicMock) -> None:
    resolver.side_effect = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    link = MqttLink(Broker("hub.nowhere", 8883, tls=True), "n1")
    link.connect(Hello("t", b"{}", ()))
    (event,) = link.poll(0.0)
    assert isinstance(event, Lost)
    assert "hub.nowhere" in event.reason
    link.close()


def test_readiness_is_told_once_with_its_status(sd_notify: MagicMock) -> None:
    Watchdog({"NOTIFY_SOCKET": "/run/notify"}).ready("one series")
    assert [call.args[0] for call in sd_notify.call_args_list] == ["READY=1\nSTATUS=one series"]
