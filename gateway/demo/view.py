"""The result of a run as a person reads it, and the line that tells how it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any


class Progress:
    """One line that is written over while a run goes on; every event of the scenario gets a line of its own."""

    def __init__(self, out: IO[str], lasts: float) -> None:
        self._out = out
        self._lasts = lasts
        self._live = out.isatty()
        self._begin = "\r" if self._live else ""
        self._shown = -1

    def __call__(self, now: float, words: str) -> None:
        """Tell the scenario's time, and what happens if something does."""
        percent = min(100, max(0, int(100 * now / self._lasts)))
        if words:
            self._out.write(f"{self._begin}{_clock(now)}  {words:40}\n")
        elif self._live or percent >= self._shown + 10:
            self._shown = percent
            self._out.write(f"\r{_clock(now)}  {percent} %" if self._live else f"{_clock(now)}  {percent} %\n")
        self._out.flush()


def _clock(seconds: float) -> str:
    whole = max(0, int(seconds))
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def table(title: str, result: dict[str, Any], faults: Sequence[str]) -> str:
    """The account in words, and what is wrong with it."""
    declared = ", ".join(f"{count} by {cause}" for cause, count in result["declared"].items()) or "none"
    lines = [
        "",
        title,
        f"  readings taken by the chips    {result['sampled']:>10}",
        f"  delivered to the hub           {result['delivered']:>10}",
        f"    of them judged bad           {result['bad']:>10}",
        f"  declared as lost               {sum(result['declared'].values()):>10}   {declared}",
        f"  lost without a word            {result['lost']:>10}",
        f"  delivered twice                {result['duplicated']:>10}",
        f"  out of order                   {result['out_of_order']:>10}",
        f"  gap events at the hub          {result['gaps']:>10}",
        f"  bytes sent per reading         {result['bytes_per_reading'] or '-':>10}",
    ]
    for alarm in result["alarms"]:
        lines.append(f"  alarm {alarm['rule']} {alarm['change']} at {_clock(alarm['onset'])}: {_output(alarm)}{_receipt(alarm['receipt_ms'])}")
    lines += [f"  WRONG: {fault}" for fault in faults]
    return "\n".join(lines)


def _output(alarm: dict[str, Any]) -> str:
    if alarm["output"] is None:
        return ""
    return f"output after {alarm['output_ms']:.1f} ms, " if alarm["output"] == "switched" else f"output {alarm['output']}, "


def _receipt(value: float | None) -> str:
    return "no hub receipt" if value is None else f"hub receipt after {value:.0f} ms"
