"""An [[alarm]] table of `gateway.toml`: what every rule shares is filled here, every further key is an option of the kind.

Decision: a table without a kind is a threshold, so that the plainest alarm is the shortest to write. What only shows when the series are known
(set points out of reach, members that are not independent) is told by the kind itself, with everything else at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from gateway import limits
from gateway.checks import WARM_UP_MOST
from gateway.contract.topics import NAME
from gateway.model import SeriesInfo
from gateway.problems import Mistake, Problem, fill, find
from gateway.rules.discovery import load
from gateway.rules.rule import Options, Origin, Rule
from hardware.quantities import Seconds

DAY = 86400.0
PLAIN = "threshold"
MISSED = 3
"""Periods of the slowest series after which one that gives nothing is at fault, where the kind does not wait longer anyway."""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm: its name, its kind (`threshold` unless it says otherwise), what it drives; every further key is an option of the kind.

    outputs: names of [[output]] tables. on_delay, off_delay: how long a condition lasts before it counts, and is gone before it clears. fault_after:
    bad readings for this long are the alarm's own fault. These three are the kind's where they are left out, and no fault comes before three
    periods, nor while the window of an exposure fills after a start. latching: levels that hold until a person resets them, such as [2].
    escalate_after: without the hub's receipt for this long, `escalate_to` is driven too. fault_to: outputs that are driven while this alarm is at
    fault, because it then protects nobody. preset: region whose set points are taken where a threshold names none of its own.
    """

    name: str
    kind: str = PLAIN
    outputs: tuple[str, ...] = ()
    on_delay: Seconds | None = None
    off_delay: Seconds | None = None
    fault_after: Seconds | None = None
    latching: tuple[int, ...] = ()
    escalate_after: Seconds = Seconds(0)
    escalate_to: tuple[str, ...] = ()
    fault_to: tuple[str, ...] = ()
    preset: str = ""

    def mistakes(self) -> Iterator[Mistake]:
        """A name that is none, delays that never end, an escalation to nowhere."""
        if not NAME.fullmatch(self.name):
            remedy = "use letters, digits, '-', '_' and '.', at most 64, a letter or digit first"
            yield Mistake("name", "not a name that can stand in a topic", remedy)
        for key in ("on_delay", "off_delay", "fault_after", "escalate_after"):
            if not 0 <= (getattr(self, key) or 0.0) <= DAY:
                yield Mistake(key, "out of range", "write up to 1 d")
        if self.escalate_to and not self.escalate_after:
            yield Mistake("escalate_after", "missing beside escalate_to", 'write how long to wait for the receipt, such as "60 s"')
        if self.escalate_after and not self.escalate_to:
            yield Mistake("escalate_to", "missing beside escalate_after", "name the outputs that are driven then")


class Site(msgspec.Struct, frozen=True):
    """What a rule may look at. infos: every series by name, None for one that could not be made and is told already; whole: these are all there are.
    origins: by name of series, where it comes from (rule.origins_of); of a derived series, where all it is derived from does. ready: by name of
    series, seconds after a start until it has a value, where that is long by its nature (an exposure)."""

    infos: Mapping[str, SeriesInfo | None]
    origins: Mapping[str, frozenset[Origin]] = {}
    whole: bool = True
    ready: Mapping[str, float] = {}


def ruled(table: dict[str, Any], path: str, site: Site, problems: list[Problem]) -> Rule | None:
    """The rule of one [[alarm]] table; None, told in `problems`, where it cannot be used. Whether its outputs exist is for others to check."""
    begun = len(problems)
    shared = [field.encode_name for field in msgspec.structs.fields(Section)]
    section = fill(Section, {key: value for key, value in table.items() if key in shared}, path, problems)
    family = find(load, {"kind": PLAIN, **table}, path, "kind", "kind of alarm", problems)
    if family is None:
        return None
    before = len(problems)
    own = _preset(table, path, site, problems) | {key: value for key, value in table.items() if key not in shared}
    options: Options | None = fill(family.options, own, path, problems, tuple(shared)) if len(problems) == before else None
    if section is None or options is None or len(problems) > before:
        return None  # options that are wrong in themselves are not held against the series
    infos = _found(options, path, site, problems)
    wrong = [*_levels(section, options), *([] if infos is None else options.unfit(infos, site.origins))]
    problems += [Problem(f"{path}.{mistake.key}", _value(table, mistake.key), mistake.wrong, mistake.remedy) for mistake in wrong]
    return None if infos is None or len(problems) > begun else _rule(section, options, infos, site.ready)


def _preset(table: Mapping[str, Any], path: str, site: Site, problems: list[Problem]) -> dict[str, Any]:
    """The keys that a region gives a threshold; what the table says stands above them."""
    region, info = table.get("preset"), site.infos.get(str(table.get("series")))
    if not isinstance(region, str) or not region or info is None:
        return {}
    if table.get("kind", PLAIN) != PLAIN:
        remedy = f"leave it out: {table['kind']} has its own defaults"
        problems.append(Problem(f"{path}.preset", region, f"a preset is for the kind {PLAIN}", remedy))
        return {}
    if region not in limits.regions():
        problems.append(Problem(f"{path}.preset", region, "no such region", f"write one of: {', '.join(sorted(limits.regions()))}"))
        return {}
    try:
        direction = table.get("direction")
        found = limits.preset(region, info.quantity, info.unit, direction if direction in ("rising", "falling") else None)
    except limits.NoNumber as error:
        problems.append(Problem(f"{path}.preset", region, str(error), "write a1 and a2 yourself"))
        return {}
    given = {"a1": found.a1, "direction": found.direction} | ({} if found.a2 is None else {"a2": found.a2})
    return given if "hysteresis_share" in table else given | {"hysteresis": found.hysteresis}


def _found(options: Options, path: str, site: Site, problems: list[Problem]) -> dict[str, SeriesInfo] | None:
    """What the series look like; None where one is not there, told unless it is known already."""
    wanted = options.looks_at()
    for key, series in wanted.items():
        if series not in site.infos and site.whole:
            problems.append(Problem(f"{path}.{key}", series, "no such series", f"write one of: {', '.join(sorted(site.infos))}"))
    infos = {series: info for series in wanted.values() for info in [site.infos.get(series)] if info is not None}
    return infos if len(infos) == len(set(wanted.values())) else None


def _levels(section: Section, options: Options) -> Iterator[Mistake]:
    """Latching levels that the rule has not."""
    most = options.levels()
    if any(not 1 <= level <= most for level in section.latching):
        yield Mistake("latching", "no such level", "write [1]" if most == 1 else f"write levels from 1 to {most}, such as [{most}]")


def _rule(section: Section, options: Options, infos: Mapping[str, SeriesInfo], ready: Mapping[str, float]) -> Rule:
    """An exposure has no value until enough of its window is known, which begins when the sensor is warm: that is no fault after a start. A sensor
    that fails is the fault of the alarm on the sensor's own series, at once."""
    usual = options.usual
    filling = max((WARM_UP_MOST + ready[name] for name in infos if ready.get(name)), default=0.0)
    patience = max(usual.fault_after, MISSED * max(info.period for info in infos.values()), filling)
    return Rule(
        name=section.name,
        kind=section.kind,
        series=tuple(dict.fromkeys(options.looks_at().values())),
        outputs=section.outputs,
        on_delay=float(usual.on_delay if section.on_delay is None else section.on_delay),
        off_delay=float(usual.off_delay if section.off_delay is None else section.off_delay),
        fault_after=float(patience if section.fault_after is None else section.fault_after),
        latching=section.latching,
        escalate_after=float(section.escalate_after),
        escalate_to=section.escalate_to,
        fault_to=section.fault_to,
        points=options.points(infos),
        options=options,
    )


def _value(table: Mapping[str, Any], key: str) -> Any:
    """What stands in the table under a key such as `members[1].a1`; None where nothing does."""
    found: Any = table
    for part in key.replace("[", ".").replace("]", "").split("."):
        if isinstance(found, Sequence) and not isinstance(found, str) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            found = found.get(part) if isinstance(found, Mapping) else None
    return found
