"""From a sample to readings: judged, tested, and followed by what is derived from it. Pure: no clock, no I/O; time comes with the samples.

Decision: guard asks this one object what a sample means, so that a recording, a test and the running node come to the same readings. A derivation
or a test that fails by a defect of its own costs only itself: the measured reading goes on, a derived one says `driver`. What people do to
a channel (maintenance, a new calibration, an expired one) comes in as orders between two samples; a maintenance ends by itself. What is remembered
for longer than a moment can be kept and restored within one boot, so that a restart of the process clears no alarm on a sum of 12 h.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence

import msgspec

from gateway import derivation
from gateway.calibration import COMPANION, Curve
from gateway.checks import Checks
from gateway.containment import contained
from gateway.derivation import Adjusting, Derivation, Derived, Lasting
from gateway.derivation.outcome import Outcome
from gateway.model import ChannelState, Flag, Quality, Reading, Reason, Sampled, SeriesInfo, Table
from gateway.quality import Examiner, judge, state_of

log = logging.getLogger("gateway")
Judged = tuple[Reading, ChannelState]
MAINTENANCE = "maintenance"
"""The reason of a reading in maintenance that has a value."""


class _Work(msgspec.Struct, frozen=True):
    """What one derivation keeps. mark: of its configuration."""

    mark: str
    kept: msgspec.Raw


class Recall(msgspec.Struct, frozen=True):
    """What an Appraiser keeps. boot: whose times these are; ms: of the newest sample; works: by name of derived series; over: when series were last
    above their range."""

    boot: str
    ms: int
    works: dict[str, _Work]
    over: dict[str, int]


class _Step:
    """A derivation in its place: which series it makes, and of which."""

    def __init__(self, place: int, derived: Derived, infos: Mapping[str, SeriesInfo]) -> None:
        self.place, self.name, self.source = place, derived.info.name, derived.source
        self.partners: dict[str, str] = derived.options.partners()
        self._family = derivation.load(derived.kind)
        self._options = derived.options
        self.mark = hashlib.blake2b(repr((derived.kind, derived.source, derived.options)).encode(), digest_size=4).hexdigest()
        self.work = self._made(infos)

    def _made(self, infos: Mapping[str, SeriesInfo]) -> Derivation:
        partners = {key: infos[name] for key, name in self.partners.items()}
        work: Derivation = self._family.make(self._options, infos[self.source], partners)
        return work

    def recalibrated(self, infos: Mapping[str, SeriesInfo]) -> None:
        """Its source, or what that is derived from, is judged by another line: what was remembered stays as far as it still means something."""
        if isinstance(self.work, Adjusting):
            self.work.recalibrated(infos[self.source])
            return
        before, self.work = self.work, self._made(infos)
        if isinstance(before, Lasting) and isinstance(self.work, Lasting):
            kept = before.keep()
            if kept is not None:
                self.work.restore(kept)

    def keep(self) -> _Work | None:
        """What it remembers; None for nothing."""
        kept = self.work.keep() if isinstance(self.work, Lasting) else None
        return None if kept is None else _Work(self.mark, msgspec.Raw(msgspec.msgpack.encode(kept)))

    def restore(self, found: _Work, infos: Mapping[str, SeriesInfo]) -> None:
        """Go on from what was kept of the same configuration; ValueError (msgspec's too) where it is not that: then nothing is remembered."""
        if found.mark != self.mark or not isinstance(self.work, Lasting):
            raise ValueError("kept of another configuration")
        try:
            self.work.restore(msgspec.msgpack.decode(found.kept, type=self._family.kept))
        except ValueError:
            self.work = self._made(infos)
            raise


class Appraiser:
    """series: as the configuration has them, derived ones included (calibrations come by `use`); checks: what is tested, series without any have the
    defaults; derived: in an order in which each comes after what it is derived from. table: the one in force: every reading is judged by it."""

    def __init__(self, series: Sequence[SeriesInfo], checks: Sequence[Checks] = (), derived: Sequence[Derived] = ()) -> None:
        self.table = Table(tuple(series))
        self._place = {info.name: index for index, info in enumerate(series)}
        self._checks = {found.series: found for found in checks}
        self._periods = {info.name: info.period for info in series}
        self._examiners = [self._examiner(info) for info in series]
        self._curves: dict[int, Curve] = {}
        self._newest: dict[str, Reading] = {}
        self._until: dict[str, int] = {}
        self._ms = 0
        self._expired: set[str] = set()
        infos = {info.name: info for info in series}
        self._fixed = [info.name for info in series]
        self._after: dict[str, list[_Step]] = {}
        for item in derived:
            step = _Step(self._place[item.info.name], item, infos)
            for name in {item.source} | {name for name, steps in self._after.items() if any(other.name == item.source for other in steps)}:
                self._after.setdefault(name, []).append(step)

    @property
    def series(self) -> tuple[SeriesInfo, ...]:
        """The series of the table in force, by which the readings are judged."""
        return self.table.series

    def take(self, sampled: Sampled) -> list[Judged]:
        """The reading of the sampled series, then those of the series derived from it, each with what its channel is doing."""
        info = self.series[sampled.series]
        curve = self._curves.get(sampled.series)
        self._ms = max(self._ms, sampled.ms)
        reading = self._finish(judge(info, sampled, curve), info.name, sampled.sample.raw)
        state = self._state(reading, state_of(sampled.sample))
        out = [(reading, state)]
        if curve is not None and info.name + COMPANION in self._place:
            out.append((self._companion(sampled, reading, self._place[info.name + COMPANION]), state))
        self._derive(reading, state, info.name, out)
        return out

    def maintain(self, series: str, until_ms: int) -> None:
        """Mark a channel's readings, and what is derived from them, as maintenance up to a moment of this boot. KeyError: no such series."""
        self._until[self.series[self._place[series]].name] = until_ms

    def release(self, series: str) -> None:
        """End the maintenance of a channel now; fine where there is none."""
        self._until.pop(series, None)

    def maintained(self, series: str, ms: int) -> bool:
        """Whether a channel is in maintenance at a moment of this boot."""
        return ms < self._until.get(series, ms)

    def expire(self, series: str, expired: bool) -> None:
        """Say whether the calibration of a channel is past its date: its values then are uncertain and still alarm. Who knows the date decides."""
        (self._expired.add if expired else self._expired.discard)(self.series[self._place[series]].name)

    def use(self, series: Sequence[SeriesInfo], curves: Mapping[str, Curve] | None = None) -> None:
        """Another table is in force: the same series in the same places, companions of curves behind them. curves: by name of series, of the
        calibrations that are no straight line. What changed is tested and derived anew from here. ValueError where a series is missing."""
        names = [info.name for info in series]
        fixed = self._fixed
        if names[: len(fixed)] != fixed:
            raise ValueError(f"the table in use has the series {', '.join(fixed)} in this order; a new one may only add raw numbers behind them")
        found = {self._place[name]: curve for name, curve in (curves or {}).items()}
        changed = [
            info.name for place, info in enumerate(series[: len(fixed)]) if info != self.series[place] or found.get(place) != self._curves.get(place)
        ]
        kept = dict(zip((info.name for info in self.series), self._examiners))
        self._examiners = [kept[info.name] if info.name in kept else self._examiner(info) for info in series]
        for examiner, info in zip(self._examiners, series, strict=True):
            if info.name in changed:
                examiner.recalibrated(info)
        self.table, self._curves = Table(tuple(series)), found
        self._place = {name: index for index, name in enumerate(names)}
        for name in changed:
            self._restart(name, {info.name: info for info in series})

    def _examiner(self, info: SeriesInfo) -> Examiner:
        return Examiner(info, self._checks.get(info.name), self._periods)

    def _restart(self, name: str, infos: Mapping[str, SeriesInfo]) -> None:
        for step in self._after.get(name, ()):
            contained(f"derived {step.name}", lambda s=step: s.recalibrated(infos), lambda error: None)  # type: ignore[misc]
            self._examiners[step.place].restart()

    def recovered(self, series: str) -> None:
        """Somebody has seen to a channel that was above its range: its values count again. KeyError: no such series."""
        self._examiners[self._place[series]].recovered()

    def keep(self, boot: str) -> bytes:
        """What is remembered of this boot for longer than a moment: sums, rates, exposures, who was above its range."""
        works = {step.name: kept for step in self._steps() for kept in [step.keep()] if kept is not None}
        over = {info.name: at for info, examiner in zip(self.series, self._examiners) for at in [examiner.over] if at is not None}
        return msgspec.msgpack.encode(Recall(boot, self._ms, works, over))

    def restore(self, kept: bytes, boot: str, now: int) -> set[str]:
        """Go on from what was kept earlier in this boot, at `now` in ms; gives the derived series that do. What is of another boot, of another
        configuration or damaged is not used: such a series begins anew, and says PARTIAL or warm_up itself."""
        try:
            found = msgspec.msgpack.decode(kept, type=Recall)
        except msgspec.MsgspecError:
            return set()
        if found.boot != boot or found.ms > now:
            return set()
        self._ms = found.ms
        infos = {info.name: info for info in self.series}
        for name, at in found.over.items():
            if name in self._place:
                self._examiners[self._place[name]].over = at
        return {step.name for step in self._steps() if step.name in found.works and _restored(step, found.works[step.name], infos)}

    def _steps(self) -> list[_Step]:
        """Every derivation, once, in its order."""
        return sorted({step.place: step for steps in self._after.values() for step in steps}.values(), key=lambda step: step.place)

    def lasting(self) -> set[str]:
        """The derived series that remember for longer than a moment."""
        return {step.name for step in self._steps() if isinstance(step.work, Lasting)}

    def _finish(self, reading: Reading, name: str, code: int | None) -> Reading:
        """A judged reading with what is being done to its channel and what its tests say. code: the raw number that was read."""
        reading = self._attended(reading, name)
        examiner = self._examiners[reading.series]
        tested = contained(f"quality of {name}", lambda: examiner.take(reading, self._newest, code), lambda error: reading)
        self._newest[name] = tested
        return tested

    def _attended(self, reading: Reading, name: str) -> Reading:
        """MAINTENANCE and TEST until the moment it ends, CALIBRATION_EXPIRED while it is."""
        flags, reason = reading.flags, reading.reason
        if name in self._until:
            if self.maintained(name, reading.ms):
                flags |= Flag.MAINTENANCE | Flag.TEST
                reason = reason if reading.value is None else MAINTENANCE
            else:
                del self._until[name]
        if name in self._expired:
            flags |= Flag.CALIBRATION_EXPIRED
            reason = reason or "calibration_expired"
        if flags == reading.flags:
            return reading
        quality = max(reading.quality, Quality.UNCERTAIN)
        return Reading(reading.series, reading.ms, reading.raw, reading.value, quality, int(flags), reason)

    def _state(self, reading: Reading, state: ChannelState) -> ChannelState:
        return ChannelState.MAINTENANCE if reading.flags & Flag.MAINTENANCE else state

    def _companion(self, sampled: Sampled, reading: Reading, place: int) -> Reading:
        """The raw number behind a curve's value, as good as it."""
        raw = sampled.sample.raw
        value = None if reading.value is None or raw is None else float(raw)
        quality = Quality.BAD if value is None else reading.quality
        return Reading(place, reading.ms, raw, value, quality, reading.flags, reading.reason or ("" if value is not None else Reason.STALE))

    def _derive(self, source: Reading, state: ChannelState, name: str, out: list[Judged]) -> None:
        """All that follows from this reading, in the configuration's order, so that each finds what it is derived from made already."""
        made: dict[str, Judged] = {name: (source, state)}
        for step in self._after.get(name, ()):
            reading, doing = made[step.source]
            partners = {key: self._newest[partner] for key, partner in step.partners.items() if partner in self._newest}
            outcome = contained(f"derived {step.name}", lambda s=step, r=reading, p=partners: s.work.take(r, p), lambda error: _broken(source))  # type: ignore[misc]
            coded = self._coded(step.place, source.ms, outcome)
            derived = self._finish(coded, step.name, coded.raw)
            made[step.name] = derived, self._state(derived, _state_of(derived, doing))
            out.append(made[step.name])

    def _coded(self, place: int, ms: int, made: Outcome) -> Reading:
        """A derived value as it is stored: what the raw number stands for is the value, on the node as at the hub."""
        info = self.series[place]
        if made.value is None:
            return Reading(place, ms, None, None, Quality.BAD, int(made.flags), made.reason)
        raw = round((made.value - info.intercept) / info.slope)
        return Reading(place, ms, raw, info.value(raw), int(made.quality), int(made.flags), made.reason)


def _restored(step: _Step, kept: _Work, infos: Mapping[str, SeriesInfo]) -> bool:
    """Whether a derivation goes on from what was kept."""
    try:
        step.restore(kept, infos)
    except (ValueError, KeyError, IndexError, ArithmeticError) as error:
        log.warning("derived %s begins anew: %s", step.name, error)
        return False
    return True


def _broken(source: Reading) -> Outcome:
    return Outcome(None, Quality.BAD, source.flags | Flag.SENSOR_FAULT, Reason.DRIVER)


def _state_of(reading: Reading, source: ChannelState) -> ChannelState:
    """A derived channel does what its source does; where it alone has no value, it is not ready or at fault. Above its range it is only where it says
    so itself."""
    if source is ChannelState.OVER_RANGE and not reading.flags & Flag.OVER_RANGE:
        source = ChannelState.NORMAL
    if source is not ChannelState.NORMAL or reading.value is not None:
        return source
    return ChannelState.WARM_UP if reading.flags & Flag.WARM_UP else ChannelState.FAULT
