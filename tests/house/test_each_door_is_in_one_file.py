from __future__ import annotations

import pytest

from tests.house.doors import broad_excepts, clocks, device_paths, paho, threads
from tests.house.source import SOURCE, Rule, findings, parse

FORCED = [
    (device_paths, 'open("/dev/i2c-1")'),
    (device_paths, 'f"/dev/i2c-{number}"'),
    (device_paths, 'Path("/dev") / name'),
    (paho, "from paho.mqtt import client"),
    (paho, "def f():\n    import paho.mqtt.client as mqtt"),
    (threads, "import threading\nthreading.Thread(target=print).start()"),
    (threads, "from threading import Thread as T\nclass Mine(T): pass"),
    (threads, "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor()"),
    (threads, "import _thread\n_thread.start_new_thread(print, ())"),
    (threads, "client.loop_start()"),
    (broad_excepts, "try:\n    x\nexcept:\n    y"),
    (broad_excepts, "try:\n    x\nexcept Exception as error:\n    y"),
    (broad_excepts, "try:\n    x\nexcept (OSError, BaseException):\n    y"),
    (broad_excepts, "from contextlib import suppress\nwith suppress(Exception):\n    x"),
    (clocks, "import time\ntime.sleep(1)"),
    (clocks, "import time as t\nnow = t.monotonic"),
    (clocks, "from time import time_ns\ntime_ns()"),
    (clocks, "import time\ntime.clock_gettime(time.CLOCK_BOOTTIME)"),
    (clocks, "from datetime import datetime\ndatetime.now()"),
    (clocks, "import datetime\ndatetime.datetime.utcnow()"),
]

KEPT = [
    (device_paths, 'def f():\n    """Opens /dev/i2c-1."""\n    open("/developer")'),
    (paho, "import pahoehoe"),
    (threads, "import threading\nthreading.Lock()"),
    (broad_excepts, "try:\n    x\nexcept (OSError, ValueError):\n    y"),
    (clocks, "import time\ntime.gmtime(0)\nclock.sleep(1)\nclock.monotonic()"),
]


@pytest.mark.parametrize(("rule", "text"), FORCED)
def test_a_forced_door_is_found(rule: Rule, text: str) -> None:
    assert list(rule(parse("gateway/recorder.py", text)))


@pytest.mark.parametrize(("rule", "text"), KEPT)
def test_a_neighbour_of_a_door_is_left_alone(rule: Rule, text: str) -> None:
    assert not list(rule(parse("gateway/recorder.py", text)))


@pytest.mark.parametrize("rule", [device_paths, paho, threads, broad_excepts, clocks])
def test_each_door_is_in_one_file(rule: Rule) -> None:
    assert findings(rule, *SOURCE) == []
