from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest

from tests.house.source import ROOT

ALLOWED = {"gateway", "hardware", "tests", "deploy"} | {"pyproject.toml", "requirements.lock", "README.md", "Makefile", "LICENSE", "CHANGELOG.md"}
MADE = re.compile(r"\..*|.*\.egg-info|build|dist|__pycache__")
OUTSIDE = re.compile(r"\.\./shared|/work/")
TEXTS = {".py", ".toml", ".md", ".service", ".conf", ".cddl", ".json", ".csv", ".sh", ".lock", ""}


def strangers(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name not in ALLOWED and not MADE.fullmatch(name))


def paths_outside(texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    for path, text in texts:
        for number, line in enumerate(text.splitlines(), 1):
            if OUTSIDE.search(line):
                yield f"{path}:{number} {line.strip()[:100]}"


def project_texts() -> Iterator[tuple[str, str]]:
    files = [file for name in ALLOWED - {"Makefile"} for file in ((ROOT / name).rglob("*") if (ROOT / name).is_dir() else [ROOT / name])]
    for file in [*files, *(ROOT / ".ci").iterdir()]:
        if file.is_file() and file.suffix in TEXTS and file.name != "test_the_root_is_tidy.py":
            yield file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")


def test_a_stranger_is_found() -> None:
    assert strangers(["Makefile", ".venv", "edge_gateway.egg-info", "notes.txt", "scripts"]) == ["notes.txt", "scripts"]


def test_the_root_is_tidy() -> None:
    assert strangers(path.name for path in ROOT.iterdir()) == []
    assert sorted(name for name in ALLOWED if not (ROOT / name).exists()) == []


def test_a_path_outside_the_repository_is_found() -> None:
    assert list(paths_outside([("gateway/a.py", "x = 1\nopen('../shared/data/a.csv')")])) == ["gateway/a.py:2 open('../shared/data/a.csv')"]


def test_only_the_makefile_names_a_path_outside_the_repository() -> None:
    assert list(paths_outside(project_texts())) == []


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_names_the_commands(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_target_that_is_written_about_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r'"make ([a-z]+) ', makefile)) | set(re.findall(r"(?:^|`)make ([a-z]+)", readme, re.MULTILINE))
    assert {"demo", "test", "check", "bench"} <= targets
    assert named <= targets


def test_ci_runs_the_readmes_test_command() -> None:
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith(" make test")
