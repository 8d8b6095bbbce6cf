"""The verdict on a run: its summary as one object, and everything that is wrong with it in words. Nothing read at all is wrong as well, and so is
a kill that left no trace: a run that proves nothing must not look like one that proves everything."""

from __future__ import annotations

from collections import Counter
from typing import Any

from gateway.demo.account import Account
from gateway.demo.record import Record
from gateway.demo.result import Evidence

NOTHING = {
    "lost": "readings lost without a word",
    "duplicated": "readings delivered twice",
    "out_of_order": "readings out of order",
    "unexplained": "rows that no read stands behind",
    "overdeclared": "readings that a kill declared beyond one of each series",
    "wrong": "rows whose value, unit or quality is not what their raw code means",
    "alarms_duplicated": "changes of alarms delivered twice",
}
"""What must be 0, in words."""


def summary(account: Account, evidence: Evidence, record: Record) -> dict[str, Any]:
    """The run as one object: what `--json` prints as its last line."""
    return {
        "sampled": account.sampled,
        "delivered": account.delivered,
        "declared": dict(account.declared),
        "lost": account.lost,
        "duplicated": account.duplicated,
        "out_of_order": account.out_of_order,
        "unexplained": account.unexplained,
        "overdeclared": account.overdeclared,
        "wrong": account.wrong,
        "bad": account.bad,
        "gaps": evidence.gaps(),
        "kills": dict(Counter(death.cause for death in record.deaths)),
        "kills_declared": dict(evidence.deaths_told()),
        "alarms": evidence.alarms(),
        "alarms_duplicated": evidence.alarms_duplicated(),
        "bytes_per_reading": round(record.carried["up"] / account.delivered, 2) if account.delivered else None,
        "outages": [{"what": away.what, "bytes_sent": away.bytes_sent, "probes": away.probes, "urgent": away.urgent} for away in record.outages],
        "drained": record.drained,
    }


def faults(result: dict[str, Any]) -> list[str]:
    """All that is wrong with a run, in words; empty where nothing is."""
    found = [f"{result[key]} {words}" for key, words in NOTHING.items() if result[key]]
    if not result["sampled"]:
        found.append("no chip was read at all")
    if result["kills"] != result["kills_declared"]:
        found.append(f"killed: {_counts(result['kills'])}; declared by the node: {_counts(result['kills_declared'])}")
    for alarm in result["alarms"]:
        told = f"alarm {alarm['rule']} {alarm['change']} at {alarm['onset']:g} s"
        if alarm["receipt_ms"] is None:
            found.append(f"{told}: no receipt of the hub came back")
        if alarm["output"] == "never":
            found.append(f"{told}: its output never switched")
    if not result["drained"]:
        found.append("the outbox did not drain in time")
    return found


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} by {cause}" for cause, count in sorted(counts.items())) or "none"
