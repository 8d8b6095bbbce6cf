"""The recordings, each as a case: which file and column, what was surveyed, what happened, what has to be found.

Decision: no number here is chosen by looking at what the alarms make of it. Mount heights are measured from the recording as a surveyor would measure
them (dry street, first tides); everything else is the site's file, the same for all recordings of its kind. Labels are those that came with the
recordings; where they are known to be incomplete the span is masked and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from gateway import limits
from tests.recordings.cases import Case, Play, Span, Wanted
from tests.recordings.tracks import DAY, Track, dry, highest, lines, track, utc

MINUTE, HOUR = 60.0, 3600.0
NAIVE = 101.6
"""mm: the four inches of the plain rule."""
TAIL = 10 * MINUTE
"""How long gas lingers behind its release."""
EARLY = 30 * MINUTE
"""How long before its label a flood may be told: a label begins where somebody drew a line, the water comes before."""


TRIED = {"with-10-mm": Wanted(false=None), "rising": Wanted(false=None), "one-sample": Wanted(false=None)}
"""Rules that are tried beside a street's own: the table only tells of them."""


def street(folder: Path) -> Iterator[Case]:
    """Five posts over streets. One was flooded three times, one chatters and was never flooded."""
    home = folder / "flood_floodnet_raw"
    official: dict[str, list[Span]] = {}
    for row in lines(home / "official_events.csv"):
        span = Span(utc(row["flood_start_utc"]), utc(row["flood_end_utc"]), f"{row['max_depth_mm']} mm")
        official.setdefault(row["deployment_id"], []).append(span)
    notes = {"tired_red_monkey": "half of it without an echo, and a thing 15 cm high that comes and goes: no alarm on one sonar knows it from water"}
    for path in sorted(home.glob("*.csv.gz")):
        name = path.name.partition(".")[0]
        found = track(lines(path), "dist_mm", lambda row: utc(row["time"]))
        height, events = dry(found), tuple(official.get(name, ()))
        odd = name in notes
        yield Case(
            "flood_floodnet_raw", name, (Play(name, "street", found, {"derived.depth.mount_height": height}),),
            {"water": Wanted(len(events), None if odd else 0), **TRIED},
            events, lead=EARLY, naive=naive(found, height), note=notes.get(name, ""),
        )  # fmt: skip


def naive(found: Track, height: float) -> int:
    """How often one sample at four inches raises, on the numbers as they are."""
    over = [height - value >= NAIVE for value in found.values]
    return sum(now and not before for before, now in zip([False, *over], over))


def stream(folder: Path) -> Iterator[Case]:
    """A stream that was flooded three times within a month, and one that was not; the rain beside the latter."""
    home = folder / "flood_usgs_urban"
    found = track(lines(home / "dead_run_2018-06.csv"), "stage_ft", lambda row: utc(row["time_utc"])).scaled(0.3048)
    floods = tuple(Span(utc(row["start_utc"]), utc(row["end_utc"]), f"{row['peak']} ft") for row in lines(home / "dead_run_2018-06.events.csv"))
    both = {"flood": Wanted(len(floods)), "rising": Wanted(len(floods))}
    yield Case(
        "flood_usgs_urban",
        "dead_run",
        (Play("dead_run", "stream", found),),
        both,
        floods,
        lead=EARLY,
        note="a number every 5 min; the labels are the crossings of the set point, so only the rise can be late",
    )
    home = folder / "flood_ea_calder"
    slow = {"sensor.stage.period": "15 min", "derived.rise.window": "1 h"}
    found = track(lines(home / "Hebden-Bridge-level.csv"), "value", lambda row: utc(row["dateTime"]))
    silent = {"flood": Wanted(), "rising": Wanted()}
    yield Case(
        "flood_ea_calder",
        "Hebden-Bridge",
        (Play("level", "stream", found, slow),),
        silent,
        note=f"a number every 15 min; highest {max(found.values):.2f} m of the 0.762 m that are a flood",
    )
    for path in sorted(home.glob("*-rainfall.csv")):
        fallen = track(lines(path), "value", lambda row: utc(row["dateTime"])).scaled(4.0)  # mm in 15 min, told in mm/h
        yield Case(
            "flood_ea_calder", path.name.removesuffix("-rainfall.csv"), (Play("rain", "rain", wettest(fallen), reads=5 * MINUTE),),
            {"heavy-rain": Wanted()}, note="its three wettest days: on the others less fell in every window",
        )  # fmt: skip


def wettest(found: Track, lasts: float = 12 * HOUR) -> Track:
    """A day before and two after the beginning of the wettest 12 hours."""
    sums = {begin: sum(found.within(begin, begin + lasts).values) for begin in found.times[::4]}
    begin = max(sums, key=lambda at: sums[at])
    return found.within(begin - DAY, begin + 2 * DAY)


def tide(folder: Path) -> Iterator[Case]:
    """A tidal channel, three mounts of three units. What was told before and after a mount hung is left out."""
    home = folder / "flood_owl_wilmington"
    for name, begin, end in (("waterLevel_0001", "2024-02-22", "2024-03-19"), ("waterLevel_0002", "2024-04-06", "2025-04-25")):
        found = track(lines(home / f"cloud_{name}.csv"), "distance_cm", lambda row: float(row["sample_epoch"]))
        yield mount(name, found.within(utc(begin), utc(end)), VISIT.get(name, ""))
    card = [line.split(",") for line in (home / "sdcard_waterLevel_0006_noheader.csv").read_text(encoding="utf-8").splitlines()]
    torn = [{"at": cells[0], "cm": cells[1]} for cells in card if len(cells) == 4]
    found = track(torn, "cm", lambda row: float(row["at"]))
    yield mount("waterLevel_0006", found.within(utc("2025-03-11"), utc("2025-08-13")))


VISIT = {"waterLevel_0001": " (twice within five minutes, between two hours that saw nothing: somebody at the sensor)"}
"""What has to be known of one mount."""


def mount(name: str, found: Track, odd: str = "") -> Case:
    """One mount over the tide: no flood was recorded."""
    far = found.scaled(10.0)
    height = round(highest(far) / 1000, 3)
    note = f"a number every hour; highest {height - min(far.values) / 1000:.2f} m of the 0.6 m that are a flood{odd}"
    return Case("flood_owl_wilmington", name, (Play(name, "tide", far, {"derived.level.elevation": height}),), {"water": Wanted()}, note=note)


def plant(folder: Path) -> Iterator[Case]:
    """Methane that was let out on purpose: eight monitors around a plant, three laser beams over a field."""
    home = folder / "gas_ch4_controlled_release"
    rows = lines(home / "metec_2022-05-09_15.csv")
    columns = [column for column in rows[0] if column.startswith("ch4_")]
    plays = tuple(Play(column, "ppm", track(rows, column, lambda row: utc(row["time_utc"]))) for column in columns)
    labels = lines(home / "metec_2022-05-09_15.releases.csv")
    let = tuple(Span(utc(row["start_utc"]), utc(row["end_utc"]), row["release_id"]) for row in labels)
    seen = {row["release_id"]: utc(row["first_above_thr_utc"]) for row in labels}
    odd = lines(home / "metec_2022-05-09_15.unlabelled_excursions.csv")
    masks = tuple(Span(utc(row["start_utc"]) - TAIL, utc(row["end_utc"]) + TAIL) for row in odd)
    note = "gas is found when the wind brings it to a monitor"
    yield Case("gas_ch4_controlled_release", "METEC, 8 monitors", plays, {"leak": Wanted(len(let))}, let, masks, tail=TAIL, seen=seen, note=note)
    home = folder / "gas_chilbolton_ch4"
    label = lines(home / "releases.csv")[0]
    beams = []
    for path in sorted(home.glob("rel03_beam*.csv")):
        found = track(lines(path), "CH4vmr_ppmv", lambda row: utc(row["time_local"]))
        beams.append(Play(path.stem, "ppm", found, {"sensor.ch4.period": "3 s"}))
    event = Span(utc(label["start_local"]), utc(label["end_local"]), label["release"])
    note = "start of the release known to 70 s"
    yield Case("gas_chilbolton_ch4", "rel03, 3 beams", tuple(beams), {"leak": Wanted(1)}, (event,), tail=TAIL, note=note)


def room(folder: Path) -> Iterator[Case]:
    """Helium that stands for hydrogen, let into a garage six times; eight sensors at eight heights."""
    home = folder / "gas_nist_helium_leak"
    for path in sorted(home.glob("*_LC_*.csv")):
        rows = lines(path)
        columns = [column for column in rows[0] if column.startswith("Sensor")]
        plays = tuple(Play(column, "room", track(rows, column, lambda row: float(row["Time"])).scaled(25.0)) for column in columns)
        lasts = float(path.name.partition("_")[0])
        event = Span(MINUTE, MINUTE + lasts, path.stem)
        yield Case("gas_nist_helium_leak", path.stem, plays, {"gas": Wanted(1)}, (event,), note="4 %vol told as 100 %LEL; the leak begins near 60 s")


GASES = {
    "gas_industrial_h2s_so2": {"hydrogen_sulfide": ("3.feed_28.H2S_PPM", 1.0), "sulfur_dioxide": ("3.feed_28.SO2_PPM", 1.0)},
    "gas_airquality_uci": {"carbon_monoxide": ("CO(GT)", 24.45 / 28.01), "nitrogen_dioxide": ("NO2(GT)", 24.45 / 46.006 / 1000)},
}
"""By set: gas, its column, ppm in the unit of the column (mg/m3 of CO, ug/m3 of NO2)."""


def clocked(row: dict[str, str]) -> float:
    """When a row of the air was told: one set has a column of UTC, the other date and hour."""
    return utc(row["time_utc"] if "time_utc" in row else f"{row['Date']}T{row['Time']:0>8}")


def air(folder: Path) -> Iterator[Case]:
    """Two years beside a coke works and a year beside a road: nothing is labelled, and the region's set points are far above it."""
    for name, gases in GASES.items():
        rows = lines(next((folder / name).glob("*.csv")))
        for gas, (column, ppm) in gases.items():
            points = limits.preset("US", gas, "[ppm]")
            survey = {"sensor.gas.quantity": gas, "alarm.gas.a1": points.a1, "alarm.gas.a2": points.a2}
            found = track(rows, column, clocked, frozenset({"", "-200"})).scaled(ppm)
            note = f"highest {max(found.values):.3g} ppm, first set point {points.a1:g}"
            yield Case(name, gas, (Play(gas, "air", found, survey),), {"gas": Wanted()}, note=note)


KINDS: tuple[Callable[[Path], Iterator[Case]], ...] = (street, stream, tide, plant, room, air)


def cases(folder: Path) -> list[Case]:
    """Every case there is."""
    return [case for kind in KINDS for case in kind(folder)]
