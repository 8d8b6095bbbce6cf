"""Promise: deploy/gateway.toml, which a technician starts from, is a configuration without a mistake and shows every section there is."""

from pathlib import Path

from gateway import cli, config

EXAMPLE = Path(__file__).parents[2] / "deploy" / "gateway.toml"


def test_it_has_no_mistake() -> None:
    assert cli.main(["check", str(EXAMPLE)]) == 0


def test_every_sensor_family_and_section_is_shown() -> None:
    found = config.load(EXAMPLE)
    assert {mounted.sensor.driver for mounted in found.sensors} == {"gas_cell", "loop_4_20ma", "ultrasonic_ff4", "float_switch"}
    assert found.alarms
    assert found.outputs
    text = EXAMPLE.read_text()
    for key in ("ca", "certificate", "key", "username", "password_file", "window", "seal_offline", "datum"):
        assert key in text
