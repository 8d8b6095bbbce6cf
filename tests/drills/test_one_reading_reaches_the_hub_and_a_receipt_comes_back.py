"""Promise: from the register of a simulated ADS1115 through the published driver, the outbox and Mosquitto to a hub's row, and a receipt back.

Everything is a process of its own, and the receipt is seen by somebody else's client (mosquitto_sub).
"""

from pathlib import Path

from tests.drills.stage import compose, drill, every_alarm_once, heard
from tests.mosquitto import Mosquitto


class Listening(Mosquitto):
    """A Mosquitto that writes down what it carries from the moment it runs."""

    def start(self) -> None:
        super().start()
        self.listen("edge/v1/#", self._folder / "heard")


def test_rows_and_receipts(tmp_path: Path) -> None:
    broker = Listening(tmp_path / "mosquitto")
    try:
        played = drill(compose(tmp_path / "play", 'lasts = "62 s"\nspeed = 15.0'), tmp_path / "kept", broker)
    finally:
        broker.stop()
    assert played.clean, played.table
    assert played.summary["sampled"] == played.summary["delivered"] > 100
    every_alarm_once(played, tmp_path / "kept", 4)
    messages = heard(tmp_path / "mosquitto" / "heard")
    classes = {message["topic"].rsplit("/", 1)[1] for message in messages}
    assert {"state", "event", "alarm", "batch", "receipt"} <= classes
    receipts = [message["body"] for message in messages if message["topic"] == "edge/v1/daegu/n0001/down/receipt"]
    marks = [lanes["batch"]["upto"] for receipt in receipts for lanes in receipt["epochs"].values() if "batch" in lanes]
    assert marks == sorted(marks), "a receipt never goes back"
    assert marks[-1] > 5
