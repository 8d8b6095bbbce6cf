"""Which modules are mutated, and which tests speak for each: the tests of the folder or the name that mirrors it, and nobody else's.

Decision: a promise that is kept only by a test of something larger is no promise of the module; so a module is asked of its own tests alone. What
is found by drills, by the guard or by a recording counts for nothing here.
"""

from __future__ import annotations

from pathlib import Path

from tests.mutation.stand import Target

ROOT = Path(__file__).resolve().parents[2]
SPOKEN_FOR = {
    "gateway/rules": ("tests/gateway/rules",),
    "gateway/quality": ("tests/gateway/quality",),
    "gateway/exposure.py": ("tests/gateway/test_exposure_*.py",),
    "gateway/derivation/dose.py": ("tests/gateway/test_exposure_*.py",),
    "gateway/derivation/kinds/stel.py": ("tests/gateway/test_exposure_*.py",),
    "gateway/derivation/kinds/twa.py": ("tests/gateway/test_exposure_*.py",),
}


def targets(only: str = "") -> list[Target]:
    """Every module whose path begins with `only`."""
    found = []
    for place, tests in SPOKEN_FOR.items():
        files = [ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py"))
        asked = tuple(path.relative_to(ROOT).as_posix() for pattern in tests for path in sorted(ROOT.glob(pattern)))
        found += [Target(file.relative_to(ROOT).as_posix(), asked, ROOT) for file in files]
    return [target for target in found if target.path.startswith(only)]
