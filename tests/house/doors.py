"""What only one file may do, so that there is one place to look and one place to replace in a test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.source import Module, imports, names_by_origin

DEV = ("hardware/buses/linux.py",)
PAHO = ("gateway/uplink/mqtt.py", "gateway/hub/")
THREADS = ("gateway/supervisor.py",)
DEVICE = re.compile(r"/dev(/|$)")
BROAD = ("gateway/containment.py",)
TIME = ("gateway/clock.py", "hardware/sim/clock.py")

CLOCKS = {f"time.{name}{unit}" for name in ("time", "monotonic", "perf_counter", "clock_gettime", "process_time") for unit in ("", "_ns")} | {
    "time.sleep",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
}
THREAD_MAKERS = {"threading.Thread", "threading.Timer", "concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor"}
PAHO_THREADS = {"loop_start", "loop_forever"}


def _outside(module: Module, doors: tuple[str, ...]) -> bool:
    return not module.path.startswith(doors)


def device_paths(module: Module) -> Iterator[str]:
    """Text that names something under /dev, docstrings aside."""
    docstrings = {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(module.tree) if _outside(module, DEV) else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings and DEVICE.match(node.value):
            yield f"{module.path}:{node.lineno} names {node.value!r}; only {DEV[0]} opens devices"


def paho(module: Module) -> Iterator[str]:
    """Imports of paho."""
    for line, name in imports(module.tree):
        if name.split(".")[0] == "paho" and _outside(module, PAHO):
            yield f"{module.path}:{line} imports {name}; only {' and '.join(PAHO)} may"


def threads(module: Module) -> Iterator[str]:
    """Threads made by us, or by paho on our behalf."""
    if not _outside(module, THREADS):
        return
    for line, name in names_by_origin(module.tree):
        if name in THREAD_MAKERS or name.startswith("_thread."):
            yield f"{module.path}:{line} {name}; only {THREADS[0]} makes threads"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in PAHO_THREADS:
            yield f"{module.path}:{node.lineno} {node.attr}() starts a thread of paho's; the uplink drives the loop itself"


def broad_excepts(module: Module) -> Iterator[str]:
    """Handlers that catch everything."""
    if not _outside(module, BROAD):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and (node.type is None or _names(node.type) & {"Exception", "BaseException"}):
            yield f"{module.path}:{node.lineno} catches everything; only {BROAD[0]} may"
        elif isinstance(node, ast.Call) and _names(node.func) & {"suppress"} and any(_names(a) & {"Exception", "BaseException"} for a in node.args):
            yield f"{module.path}:{node.lineno} suppresses everything; only {BROAD[0]} may"


def clocks(module: Module) -> Iterator[str]:
    """Readings of the machine's time, and waits on it."""
    for line, name in names_by_origin(module.tree):
        short = name if name.startswith("time.") else ".".join(name.split(".")[-2:])
        if short in CLOCKS and _outside(module, TIME):
            yield f"{module.path}:{line} {name}; time is a parameter, only {' and '.join(TIME)} read it"


def _names(node: ast.AST) -> set[str]:
    """The last word of a name, of each in a tuple."""
    if isinstance(node, ast.Tuple):
        return {name for item in node.elts for name in _names(item)}
    return {node.attr} if isinstance(node, ast.Attribute) else {node.id} if isinstance(node, ast.Name) else set()
