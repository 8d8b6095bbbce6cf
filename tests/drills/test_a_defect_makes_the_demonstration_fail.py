"""Promise: the demonstration cannot look right when it is not: a run that was clean is judged again with one defect put into what it left, and each
defect ends in exit code 1, named."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import cli
from gateway.cli import demo
from gateway.demo.play import verdict
from tests.drills.stage import compose, drill, rows
from tests.mosquitto import Mosquitto

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean run of a minute, with a kill, kept."""
    folder = tmp_path_factory.mktemp("clean")
    broker = Mosquitto(folder / "mosquitto")
    try:
        path = compose(folder / "play", 'lasts = "60 s"\nspeed = 15.0', '[[kill]]\nat = "33 s"')
        assert drill(path, folder / "kept", broker).clean
    finally:
        broker.stop()
    return folder / "kept"


def sql(*statements: str) -> Callable[[Path], None]:
    """A defect in the hub's database."""

    def spoil(folder: Path) -> None:
        database = sqlite3.connect(folder / "hub.sqlite")
        with database:
            for statement in statements:
                assert database.execute(statement).rowcount > 0, statement
        database.close()

    return spoil


def lines(name: str, change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    """A defect in one of the files of lines."""

    def spoil(folder: Path) -> None:
        path = folder / name
        path.write_text("".join(f"{line}\n" for line in change(path.read_text().splitlines())))

    return spoil


def no_receipts(found: list[str]) -> list[str]:
    return [line for line in found if json.loads(line)[0] != "receipt"]


def no_outputs(found: list[str]) -> list[str]:
    return [line for line in found if json.loads(line)[0] != "output"]


def undrained(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"drained": False}))


def unharmed(folder: Path) -> None:
    """A kill that did nothing: there is one more than the node told of."""
    record = json.loads((folder / "run.json").read_text())
    record["deaths"].append({"at": 50.0, "real": record["deaths"][0]["real"], "power": False})
    (folder / "run.json").write_text(json.dumps(record))


KEY = "series, epoch, seq, position"
ONE = f"({KEY}) = (SELECT {KEY} FROM rows WHERE series = 1 ORDER BY epoch, seq, position LIMIT 1 OFFSET 9)"
COPY = "INSERT INTO rows SELECT series, epoch, seq, position + 1000, ms, raw, quality FROM rows WHERE " + ONE
FIRST = """boot, mono, utc, clock, clock_error, rule, series, change, level, state, active, acked, latched, silenced, shelved, inhibited, occurrence,
    value, unit, threshold, quality, reason, onset, before, outputs, test, simulated, volatile, twin, received, digest"""
AGAIN = f"INSERT INTO alarms (node, epoch, seq, {FIRST}) SELECT node, epoch, seq + 5000, {FIRST} FROM alarms WHERE change = 'cleared' LIMIT 1"
DEFECTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a row is missing": (sql("DELETE FROM rows WHERE " + ONE), "lost without"),
    "a row stands twice": (sql(COPY), "delivered twice"),
    "a row's time is wrong": (sql(f"UPDATE rows SET ms = ms + 5000 WHERE {ONE}"), "out of order"),
    "a row's number is invented": (sql(f"UPDATE rows SET raw = 23999 WHERE {ONE}"), "no read stands behind"),
    "a series has another scale": (sql("UPDATE series SET slope = slope * 1.001 WHERE series = 'co'"), "rows whose value"),
    "a series has another unit": (sql("UPDATE series SET unit = 'ppb' WHERE series = 'co'"), "rows whose value"),
    "a read has no row": (lines("reads.jsonl", lambda found: [*found[:20], found[20], *found[20:]]), "lost without"),
    "nothing was read": (lines("reads.jsonl", lambda found: []), "no chip was read"),
    "a kill left no gap": (sql("DELETE FROM gaps WHERE cause = 'crash'"), "killed: 1 by crash; declared by the node: none"),
    "a kill did nothing": (unharmed, "killed: 2 by crash; declared by the node: 1 by crash"),
    "an alarm stands twice": (sql(AGAIN), "alarms delivered twice"),
    "an alarm has no receipt": (lines("trace.jsonl", no_receipts), "no receipt of the hub came back"),
    "the siren was silent": (lines("trace.jsonl", no_outputs), "its output never switched"),
    "the outbox is not empty": (undrained, "did not drain"),
}


def test_a_row_that_is_called_bad_is_counted(clean: Path, tmp_path: Path) -> None:
    shutil.copytree(clean, tmp_path / "spoilt")
    sql("INSERT INTO qualities VALUES (99, 2, 0, 'nak')", f"UPDATE rows SET quality = 99 WHERE {ONE}")(tmp_path / "spoilt")
    assert (verdict(clean).summary["bad"], verdict(tmp_path / "spoilt").summary["bad"]) == (0, 1)


def test_what_was_kept_is_judged_as_when_it_was_played(clean: Path) -> None:
    assert demo.show(verdict(clean), as_json=False) == cli.FINE


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_ends_in_exit_code_1(clean: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    spoil, told = DEFECTS[name]
    folder = tmp_path / "spoilt"
    shutil.copytree(clean, folder)
    spoil(folder)
    assert demo.show(verdict(folder), as_json=True) == cli.FAULT
    out = capsys.readouterr().out
    assert any(line.startswith("  WRONG: ") and told in line for line in out.splitlines()), out


@pytest.mark.parametrize(("less", "lost"), [(0, 0), (1, 1)])
def test_a_gap_of_numbers_excuses_the_readings_it_declares_and_no_more(clean: Path, tmp_path: Path, less: int, lost: int) -> None:
    folder = tmp_path / "evicted"
    shutil.copytree(clean, folder)
    ((epoch, count),) = rows(folder, "SELECT epoch, count(*) FROM readings WHERE seq = 4 GROUP BY epoch")
    assert count > 2
    gap = f"SELECT 'n0001', '{epoch}', 9000, '{epoch}', 'batch', 'evicted', 4, 4, '[]', 0, {count - less}, {count}, NULL, NULL, NULL, NULL, NULL, 0"
    sql("DELETE FROM rows WHERE seq = 4", f"INSERT INTO gaps {gap}")(folder)
    found = verdict(folder).summary
    assert (found["declared"].get("evicted"), found["lost"]) == (count - less, lost)
