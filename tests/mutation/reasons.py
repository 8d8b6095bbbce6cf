"""Why a mutant may live: survivors.toml, one table for each change or for several of one kind, known by what was changed and not by its line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from tests.mutation.operators import Mutant

FILE = Path(__file__).with_name("survivors.toml")
Key = tuple[str, str, str, str]


class Reasons:
    """By path, place, what was there and what stands there."""

    def __init__(self, by_key: dict[Key, str]) -> None:
        self._by_key = by_key

    @classmethod
    def read(cls, file: Path = FILE) -> Self:
        """What is written down: `[[survivor]]` with file, where, changes (each `before  ->  after`) and why."""
        found: dict[Key, str] = {}
        for entry in tomllib.loads(file.read_text(encoding="utf-8")).get("survivor", []):
            for change in entry["changes"]:
                before, arrow, after = change.partition("  ->  ")
                assert arrow, f"{change}: write `before  ->  after`"
                found[entry["file"], entry["where"], before, after] = entry["why"]
        return cls(found)

    def of(self, mutant: Mutant) -> str:
        """The reason, or nothing."""
        return self._by_key.get(mutant.key, "")

    @property
    def keys(self) -> list[Key]:
        """All that is explained."""
        return list(self._by_key)

    def stale(self, path: str, alive: Iterable[Mutant]) -> Iterator[str]:
        """Entries of a module that explain nothing any more."""
        living = {mutant.key for mutant in alive}
        for key in self._by_key:
            if key[0] == path and key not in living:
                yield f"{key[1]}: {key[2]}  ->  {key[3]}"
