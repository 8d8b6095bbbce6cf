"""Promise: however a guided command ends, it gives the channel back by the name it chose before it asked for it, and says what the node does then."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from gateway.cli._guide import Guide, Stopped, maintenance
from gateway.cli._node import RunningNode

ARGUMENTS = argparse.Namespace(who="kim", minutes=20.0, despite_alarm="", force="")


class Asked(RunningNode):
    """Notes what it is asked; breaks where it is told to."""

    def __init__(self, breaks: str = "") -> None:
        self.breaks = breaks
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def ask(self, do: str, **content: Any) -> dict[str, Any]:
        """An answer as of a node whose gas is still there."""
        self.asked.append((do, content))
        if do == self.breaks:
            raise KeyboardInterrupt
        return {"was": True, "clearing": not content.get("now", True), "seconds": 300.0}


def test_the_answer_may_be_lost() -> None:
    node = Asked("maintain")
    with pytest.raises(KeyboardInterrupt), maintenance(Guide(node, True, 1.0), "co", ARGUMENTS, "test"):
        raise AssertionError("it did not begin")
    (begun, first), (ended, last) = node.asked
    assert (begun, ended, last["now"]) == ("maintain", "release", False)
    assert first["token"] == last["token"] != ""


@pytest.mark.parametrize("error", [Stopped("refused"), KeyboardInterrupt(), OSError("the terminal has gone")])
def test_without_success_the_gas_has_time_to_go(capsys: pytest.CaptureFixture[str], error: BaseException) -> None:
    node = Asked()
    with pytest.raises(type(error)), maintenance(Guide(node, True, 1.0), "co", ARGUMENTS, "test"):
        raise error
    assert node.asked[-1][1]["now"] is False
    said = capsys.readouterr().out
    assert "TAKE THE GAS AWAY" in said
    assert "300 s at most" in said
    assert "protects again.\n" not in said.replace("then it protects again.", "")


def test_after_success_it_protects_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    node = Asked()
    with maintenance(Guide(node, True, 1.0), "co", ARGUMENTS, "test"):
        pass
    assert node.asked[-1][1]["now"] is True
    assert "co protects again." in capsys.readouterr().out
