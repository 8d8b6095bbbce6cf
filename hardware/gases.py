"""What gases are called, lower explosive limits, and the two ways to tell a flammable gas: per cent of the volume (%vol) and of the limit (%LEL).

There is no single limit of a gas: 1.0 %vol of methane is 22.7 %LEL by the European table and 20.0 %LEL by the American one. So every conversion
names its basis, and a gas or basis that is not in the table is refused instead of guessed: then the limit itself has to be given, as the
transmitter's certificate has it. A mixture (LPG, natural gas) has no row: name the reference gas that the transmitter was calibrated with.
"""

from __future__ import annotations

from typing import Literal

Basis = Literal["iec", "us"]
"""`iec`: IEC 60079-20-1 and the European tables made from it. `us`: ISO 10156, NIOSH and the tables common in America."""

LEL: dict[str, dict[Basis, float]] = {
    "methane": {"iec": 4.4, "us": 5.0},
    "propane": {"iec": 1.7, "us": 2.1},
    "n_butane": {"iec": 1.4},
    "hydrogen": {"iec": 4.0, "us": 4.0},
    "ammonia": {"iec": 15.0, "us": 15.0},
    "carbon_monoxide": {"iec": 10.9},
    "hydrogen_sulfide": {"iec": 4.0, "us": 4.3},
}
"""%vol in air that is 100 %LEL, by gas and basis."""


NAMES: dict[str, str] = {
    "o2": "oxygen",
    "co": "carbon_monoxide",
    "co2": "carbon_dioxide",
    "h2s": "hydrogen_sulfide",
    "h2": "hydrogen",
    "ch4": "methane",
    "c3h8": "propane",
    "c4h10": "n_butane",
    "c2h2": "acetylene",
    "c2h4": "ethylene",
    "nh3": "ammonia",
    "no": "nitric_oxide",
    "no2": "nitrogen_dioxide",
    "so2": "sulfur_dioxide",
    "o3": "ozone",
    "cl2": "chlorine",
    "hcl": "hydrogen_chloride",
    "hcn": "hydrogen_cyanide",
    "hf": "hydrogen_fluoride",
    "ph3": "phosphine",
    "eto": "ethylene_oxide",
    "ch2o": "formaldehyde",
    "lpg": "lpg",
    "lel": "flammable_gas",
}
"""Names of gases by their formula or short name."""
MORE = frozenset({"isobutane", "n_pentane", "n_hexane", "benzene", "toluene", "ethanol", "methanol", "acetone", "natural_gas"})
"""Names of gases and vapours that have no short one here."""


def named(text: str) -> str | None:
    """The name of a gas, from its name, formula or short name in any case (`O2`, `Carbon monoxide`); None where it is none that is known."""
    plain = text.strip().lower().replace(" ", "_").replace("-", "_")
    return NAMES.get(plain) or (plain if plain in MORE or plain in NAMES.values() else None)


def lel(gas: str, basis: Basis) -> float:
    """%vol of a gas that is 100 %LEL; ValueError with what there is where the table has no such row."""
    if gas not in LEL:
        raise ValueError(f"there is no gas {gas!r} in the table; write one of {', '.join(sorted(LEL))}, or give `lel` in %vol")
    if basis not in LEL[gas]:
        raise ValueError(f"the table has no limit of {gas} on the basis {basis!r}; write {' or '.join(LEL[gas])}, or give `lel` in %vol")
    return LEL[gas][basis]


def to_lel(volume: float, limit: float) -> float:
    """%LEL of a concentration in %vol. limit: %vol that is 100 %LEL."""
    return 100.0 * volume / limit


def to_volume(share: float, limit: float) -> float:
    """%vol of a concentration in %LEL. limit: %vol that is 100 %LEL."""
    return share * limit / 100.0
