"""The alarms of a configuration held against the region it names, and against what is advised everywhere: what that refuses, what it warns of, and
what each set point stands for. Pure.

Decision: no region, no judgement of a set point; one is never changed by a profile: it is refused with number and source, or the person is told. Only
the first ordinary alarm on a series is held to what a region asks of a first set point: a vote may act at 40 %LEL where each of its sensors
has announced at 20. What makes an alarm late, restless or blind whatever the region is told everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gateway import limits
from gateway.limits import advice
from gateway.model import SeriesInfo
from gateway.problems import Problem
from gateway.rules import Rule
from gateway.rules.limits import LEL, Limits
from gateway.sections import Node

PLAIN = "threshold"
"""The kind that is an ordinary alarm: one series against its own set points. A vote, a combination and an excess never stand in its place."""


class Pair(NamedTuple):
    """The ordinary set points of a rule on one series. prefix: what stands before their keys (`members[0].`)."""

    prefix: str
    series: str
    a1: float
    a2: float | None
    rising: bool


class Said(NamedTuple):
    """What is said to a rule. key: of the configuration; value: what stands there."""

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


def firsts(rules: Sequence[Rule]) -> dict[tuple[str, bool], Rule]:
    """The ordinary alarm that comes first on each series, by its name and whether it rises: the lowest rising one, the highest falling one."""
    found: dict[tuple[str, bool], tuple[float, Rule]] = {}
    for rule in rules:
        for pair in pairs(rule) if rule.kind == PLAIN else ():
            at = pair.a1 if pair.rising else -pair.a1
            if (pair.series, pair.rising) not in found or at < found[pair.series, pair.rising][0]:
                found[pair.series, pair.rising] = (at, rule)
    return {key: rule for key, (_, rule) in found.items()}


def _facts(rule: Rule, pair: Pair, info: SeriesInfo, node: Node, first: bool) -> limits.Facts:
    """A rule as a region looks at it."""
    samples = getattr(rule.options, "n", 1)
    return limits.Facts(
        quantity=info.quantity,
        unit=info.unit,
        low=info.low,
        high=info.high,
        a1=pair.a1,
        a2=pair.a2,
        direction="rising" if pair.rising else "falling",
        on_delay=rule.on_delay,
        samples=samples,
        sampling=(samples - 1) * info.period,
        indoors=node.indoors,
        first=first,
    )


def remarks(node: Node, rules: Sequence[Rule], infos: Mapping[str, SeriesInfo], origin: Mapping[str, str]) -> Iterator[Said]:
    """What is advised everywhere, then what the region of a node says to its alarms; nothing of that where it names none, or one nobody knows (told
    elsewhere). origin: what a derived series is made of, by its name."""
    yield from _advised(rules, infos, origin)
    if node.region not in limits.regions():
        return
    leads = firsts(rules)
    for rule in rules:
        for pair in pairs(rule):
            info = infos.get(pair.series)
            if info is not None:
                first = leads.get((pair.series, pair.rising), rule) is rule
                values = {"a1": pair.a1, "a2": pair.a2, "series": pair.series, "on_delay": rule.on_delay}
                for remark in limits.judge(node.region, _facts(rule, pair, info, node, first)):
                    prefix = pair.prefix if remark.key in ("a1", "a2", "series") else ""
                    yield Said(rule, f"{prefix}{remark.key}", values.get(remark.key), remark)


def _advised(rules: Sequence[Rule], infos: Mapping[str, SeriesInfo], origin: Mapping[str, str]) -> Iterator[Said]:
    """What makes an alarm late, restless or blind, whatever the region."""
    leads = firsts(rules)
    plain = {series for series, _ in leads}
    rising = {series for series, rises in leads if rises}
    held = {series for rule in rules if rule.kind == PLAIN for series in rule.series if _holds(rule.options, infos.get(series))}
    for rule in rules:
        for series in rule.series:
            info = infos.get(series)
            if info is not None and limits.is_dose(info.quantity, info.unit) and not plain & set(_above(series, origin)):
                yield Said(rule, "series", series, advice.late())
        if rule.kind == "excess" and rule.series[0] not in rising:
            yield Said(rule, "series", rule.series[0], advice.alone(rule.series[0]))
        if rule.kind == PLAIN:
            yield from _restless(rule, infos.get(rule.series[0]))
            continue
        for pair in pairs(rule):
            info = infos.get(pair.series)
            if pair.prefix and pair.rising and info is not None and info.unit == LEL and pair.series not in held:
                yield Said(rule, f"{pair.prefix}series", pair.series, advice.unheld(pair.series))


def _above(series: str, origin: Mapping[str, str]) -> Iterator[str]:
    """What a series is made of, and what that is made of."""
    while series in origin:
        series = origin[series]
        yield series


def _holds(options: Limits, info: SeriesInfo | None) -> bool:
    """Whether an ordinary alarm on this series holds an over-range."""
    return info is not None and options.latch_at(info) is not None


def _restless(rule: Rule, info: SeriesInfo | None) -> Iterator[Said]:
    """An alarm that clears where it sets, at once: any noise around the set point is another occurrence. A contact or a class has no noise."""
    options = rule.options
    calm = options.hysteresis or options.hysteresis_share or options.m > 1 or rule.on_delay or rule.off_delay
    if info is not None and not calm and (info.unit, info.decimals) != ("1", 0):
        yield Said(rule, "hysteresis", 0.0, advice.restless(info.quantity, info.unit))


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
