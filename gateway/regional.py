"""The alarms of a configuration held against the region it names: what that refuses, what it warns of, and what each set point stands for. Pure.

Decision: no region, no judgement. A set point is never changed by a profile: it is refused with the number and its source, or the person is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gateway import limits
from gateway.model import SeriesInfo
from gateway.problems import Problem
from gateway.rules import Rule
from gateway.sections import Node


class Pair(NamedTuple):
    """The ordinary set points of a rule on one series. prefix: what stands before their keys (`members[0].`)."""

    prefix: str
    series: str
    a1: float
    a2: float | None
    rising: bool


class Said(NamedTuple):
    """What a region says to a rule. key: of the configuration; value: what stands there."""

    rule: Rule
    key: str
    value: float | str | None
    remark: limits.Remark

    def __str__(self) -> str:
        return f"{self.key}: {self.remark.wrong}; {self.remark.remedy}"


def pairs(rule: Rule) -> list[Pair]:
    """The set points a1 and a2 of a rule, by series; none where its kind has others (the stages of a ladder)."""
    found: dict[str, Pair] = {}
    for point in rule.points:
        prefix, key = point.key[:-2], point.key[-2:]
        if key == "a1":
            found[prefix] = Pair(prefix, point.series, point.value, None, point.rising)
        elif key == "a2":
            found[prefix] = found[prefix]._replace(a2=point.value)
    return list(found.values())


def _facts(rule: Rule, pair: Pair, info: SeriesInfo, node: Node, first: bool) -> limits.Facts:
    """A rule as a region looks at it."""
    return limits.Facts(
        quantity=info.quantity,
        unit=info.unit,
        low=info.low,
        high=info.high,
        a1=pair.a1,
        a2=pair.a2,
        direction="rising" if pair.rising else "falling",
        on_delay=rule.on_delay,
        indoors=node.indoors,
        first=first,
    )


def remarks(node: Node, rules: Sequence[Rule], infos: Mapping[str, SeriesInfo], origin: Mapping[str, str]) -> Iterator[Said]:
    """What the region of a node says to its alarms; nothing where it names none, or one nobody knows (told elsewhere). origin: what a derived series
    is made of, by its name."""
    if node.region not in limits.regions():
        return
    measured = {name for rule in rules for name in rule.series}
    for rule in rules:
        for pair in pairs(rule):
            info = infos.get(pair.series)
            if info is not None:
                first = pair.series not in origin or origin[pair.series] not in measured
                values = {"a1": pair.a1, "a2": pair.a2, "series": pair.series, "on_delay": rule.on_delay}
                for remark in limits.judge(node.region, _facts(rule, pair, info, node, first)):
                    prefix = pair.prefix if remark.key in ("a1", "a2", "series") else ""
                    yield Said(rule, f"{prefix}{remark.key}", values.get(remark.key), remark)


def refused(node: Node, rules: Sequence[tuple[str, Rule]], infos: Mapping[str, SeriesInfo], origin: Mapping[str, str]) -> Iterator[Problem]:
    """What keeps a configuration from being used in its region, each with the path of the alarm."""
    paths = {id(rule): path for path, rule in rules}
    for said in remarks(node, [rule for _, rule in rules], infos, origin):
        if said.remark.severity == "refuse":
            yield Problem(f"{paths[id(said.rule)]}.{said.key}", said.value, said.remark.wrong, said.remark.remedy)


def explained(node: Node, rule: Rule, infos: Mapping[str, SeriesInfo]) -> Iterator[tuple[str, list[str]]]:
    """Each number of an alarm with what the data says of it; nothing where the node names no region."""
    if node.region not in limits.regions():
        return
    for point in rule.points:
        info = infos[point.series]
        if info.quantity == "rain_class":
            yield f"class {point.value:g}", [str(found) for found in limits.rain_of("KR") if found.number == point.level]
        else:
            yield f"{point.key} = {point.value:g}", limits.explain(node.region, info.quantity, info.unit, point.value)
    if not rule.points:
        info = infos[rule.series[0]]
        yield f"kind {rule.kind}", [f"it judges {info.name} against itself, not against a limit: its numbers are the site's own"]
