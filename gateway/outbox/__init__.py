"""The outbox: everything the node has to say, kept through network loss and power cuts until the hub has it.

A ring log for each lane (ring, frames), a journal of what is not in a Block yet (journal), a cursor of what the hub has (cursor). `open` recovers
(opening, recovery); the recorder appends and posts, the flusher flushes (writer), the uplink reads and receipts (library).
"""

from gateway.outbox.adrift import AdriftSpool, NoDisk
from gateway.outbox.disk import Disk, RealDisk
from gateway.outbox.lock import AlreadyRunning, DirectoryLock, RuntimeLock
from gateway.outbox.outbox import Outbox
from gateway.outbox.volatile import VolatileDisk
from gateway.outbox.words import GapFact, Limits, Offer

__all__ = [
    "AdriftSpool",
    "AlreadyRunning",
    "DirectoryLock",
    "Disk",
    "GapFact",
    "Limits",
    "NoDisk",
    "Offer",
    "Outbox",
    "RealDisk",
    "RuntimeLock",
    "VolatileDisk",
]
