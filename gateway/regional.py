"""The alarms of a configuration held against the region it names: what that refuses, what it warns of, and what each set point stands for. Pure.

Decision: no region, no judgement. A set point is never changed by a profile: it is refused with the number and its source, or the person is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gateway import limits
from gateway.model import SeriesInfo
from gateway.problems import Problem
from gateway.sections import Alarm, Node


def facts(alarm: Alarm, info: SeriesInfo, node: Node, first: bool = True) -> limits.Facts:
    """An alarm as a region looks at it."""
    return limits.Facts(
        quantity=info.quantity,
        unit=info.unit,
        low=info.low,
        high=info.high,
        a1=alarm.a1,
        a2=alarm.a2,
        direction=alarm.direction,
        on_delay=float(alarm.on_delay),
        indoors=node.indoors,
        first=first,
    )


def remarks(node: Node, alarms: Sequence[Alarm], infos: Mapping[str, SeriesInfo], origin: Mapping[str, str]) -> Iterator[tuple[Alarm, limits.Remark]]:
    """What the region of a node says to its alarms; nothing where it names none, or one nobody knows (told elsewhere). origin: what a derived series
    is made of, by its name."""
    if node.region not in limits.regions():
        return
    measured = {alarm.series for alarm in alarms}
    for alarm in alarms:
        info = infos.get(alarm.series)
        if info is not None:
            first = alarm.series not in origin or origin[alarm.series] not in measured
            yield from ((alarm, remark) for remark in limits.judge(node.region, facts(alarm, info, node, first)))


def refused(node: Node, alarms: Sequence[tuple[str, Alarm]], infos: Mapping[str, SeriesInfo], origin: Mapping[str, str]) -> Iterator[Problem]:
    """What keeps a configuration from being used in its region, each with the path of the alarm."""
    paths = {id(alarm): path for path, alarm in alarms}
    for alarm, remark in remarks(node, [alarm for _, alarm in alarms], infos, origin):
        if remark.severity == "refuse":
            yield Problem(f"{paths[id(alarm)]}.{remark.key}", getattr(alarm, remark.key, None), remark.wrong, remark.remedy)


def explained(node: Node, alarm: Alarm, info: SeriesInfo) -> Iterator[tuple[str, list[str]]]:
    """Each set point of an alarm with what the data says of it; nothing where the node names no region."""
    for key, value in (("a1", alarm.a1), ("a2", alarm.a2)):
        if node.region and value is not None:
            yield key, limits.explain(node.region, info.quantity, info.unit, value)
