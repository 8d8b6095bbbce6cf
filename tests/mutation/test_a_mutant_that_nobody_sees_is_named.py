"""Promise: a mutant that a test would notice is killed, one that hangs too, one that nobody can notice lives and is named; what is no behaviour is
not mutated."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.operators import Mutant, mutants
from tests.mutation.reasons import Reasons
from tests.mutation.targets import ROOT, targets

TOY = '''"""A toy."""


def most(values: list[int]) -> int:
    """The largest."""
    found = values[0]
    for value in values:
        if value > found:
            found = value
    return found


def below(limit: int) -> int:
    """The last number below a limit that is above 0."""
    number = 0
    while number + 1 < limit:
        number += 1
    return number
'''
TESTS = """
import toy_of_mutants as toy

def test_most():
    assert toy.most([2, 3, 1]) == 3
    assert toy.most([4]) == 4

def test_below():
    assert toy.below(3) == 2
"""


ASKED = """
import json, sys
from pathlib import Path
from tests.mutation.operators import mutants
from tests.mutation.stand import Target, survivors
root, wanted = Path(sys.argv[1]), json.loads(sys.argv[2])
toy = Target("toy_of_mutants.py", ("test_toy.py",), root)
asked = [mutant for mutant in mutants(toy.path, (root / toy.path).read_text()) if f"{mutant.where}: {mutant.before}  ->  {mutant.after}" in wanted]
assert len(asked) == len(wanted), asked
print(json.dumps([f"{mutant.where}: {mutant.before}  ->  {mutant.after}" for mutant in survivors(toy, asked, 2, least=2.0)]))
"""
"""In an interpreter of its own: who forks has no threads and no other tests' memory."""


def alive(toy: Path, wanted: list[str]) -> list[str]:
    """Those of the wanted mutants that live."""
    done = subprocess.run([sys.executable, "-c", ASKED, str(toy), json.dumps(wanted)], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    (tmp_path / "toy_of_mutants.py").write_text(TOY)
    (tmp_path / "test_toy.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def changes(found: list[Mutant]) -> list[str]:
    return [f"{mutant.where}: {mutant.before}  ->  {mutant.after}" for mutant in found]


def test_what_tests_notice_is_killed_and_what_nobody_can_notice_lives(toy: Path) -> None:
    same, gap = ["most: values[0]  ->  values[-1]", "most: value > found  ->  value >= found"], ["below: number = 0  ->  number = 1"]
    noticed = ["most: values[0]  ->  values[1]", "most: value > found  ->  value <= found", "below: return number  ->  return number + 1"]
    assert alive(toy, [*same, *gap, *noticed, "below: number += 1  ->  pass"]) == [*same, *gap]
    (toy / "test_toy.py").write_text(TESTS + "    assert toy.below(1) == 0\n")
    assert alive(toy, gap) == []


def test_tests_that_fail_by_themselves_say_nothing_of_mutants(toy: Path) -> None:
    (toy / "test_toy.py").write_text(TESTS + "    assert toy.below(1) == 1\n")
    with pytest.raises(AssertionError, match=r"Broken: .* end with code 1 on the module as it is"):
        alive(toy, ["below: number = 0  ->  number = 1"])


def test_what_is_no_behaviour_is_left_alone() -> None:
    text = '''"""Words."""
from typing import Literal
What = Literal["a", "b"]
class A(Base, frozen=True):
    """Words."""
    name: Literal["c"]
def f(x: Literal["d"]) -> Literal["e"]:
    """Words."""
    wrong = "words"
    print(Mistake("key", "words", f"words {1 + 1}"))
    raise ValueError("words", 1)
'''
    assert changes(mutants("a.py", text)) == [
        "f: print(Mistake('key', 'words', f'words {1 + 1}'))  ->  pass",
        "f: Mistake('key', 'words', f'words {1 + 1}')  ->  Mistake('', 'words', f'words {1 + 1}')",
        "f: raise ValueError('words', 1)  ->  pass",
    ]


def test_a_reason_is_known_by_the_change_and_told_when_it_explains_nothing(tmp_path: Path) -> None:
    file = tmp_path / "survivors.toml"
    change = "value > found  ->  value >= found"
    file.write_text(f'[[survivor]]\nfile = "toy.py"\nwhere = "most"\nchanges = ["{change}"]\nwhy = "the same number"\n')
    reasons, made = Reasons.read(file), mutants("toy.py", TOY)
    assert [reasons.of(mutant) for mutant in made if mutant.where == "most"] == ["", "", "the same number", "", ""]
    moved = mutants("toy.py", "\n\n" + TOY)
    assert not list(reasons.stale("toy.py", moved))
    assert list(reasons.stale("toy.py", [])) == [f"most: {change}"]


def test_every_target_has_tests_and_every_reason_a_module() -> None:
    found = targets()
    assert all(target.tests and (ROOT / target.path).is_file() for target in found)
    assert {key[0] for key in Reasons.read().keys} <= {target.path for target in found}
