"""Sizes, docstrings and loose ends: what keeps a file readable."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.source import Module, classes, functions, imports, names_by_origin

FILE, FUNCTION, PORT = 300, 40, 4
LOOSE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b")


def sizes(module: Module) -> Iterator[str]:
    """Files, functions and ports over their walls."""
    lines = len(module.text.splitlines())
    if lines > FILE:
        yield f"{module.path}: {lines} lines, the wall is {FILE}"
    for function in functions(module.tree):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION:
            yield f"{module.path}:{function.lineno} {function.name} has {lines} lines, the wall is {FUNCTION}"
    for port in classes(module.tree):
        # A property is data that the port shows.
        methods = [node for node in port.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _marked(node, "property")]
        if any("Protocol" in ast.unparse(base) for base in port.bases) and len(methods) > PORT:
            yield f"{module.path}:{port.lineno} {port.name} has {len(methods)} methods, a port has up to {PORT}"


def _marked(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, *marks: str) -> bool:
    return any(ast.unparse(mark).endswith(marks) for mark in node.decorator_list)


def undocumented(module: Module) -> Iterator[str]:
    """Public modules, classes, functions and methods without a docstring."""
    if not ast.get_docstring(module.tree):
        yield f"{module.path}: no docstring that states the decision behind the file"
    yield from _undocumented(module.path, module.tree, "")


def _undocumented(path: str, node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[str]:
    for child in node.body:
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or child.name.startswith("_"):
            continue
        name = f"{prefix}{child.name}"
        if not ast.get_docstring(child) and not _marked(child, ".setter", "overload"):
            yield f"{path}:{child.lineno} {name}: no docstring"
        if isinstance(child, ast.ClassDef):
            yield from _undocumented(path, child, f"{name}.")


def loose_ends(module: Module) -> Iterator[str]:
    """Work left for later, in code or in words."""
    for number, line in enumerate(module.text.splitlines(), 1):
        if LOOSE.search(line):
            yield f"{module.path}:{number} {line.strip()[:100]}"


def relative_imports(module: Module) -> Iterator[str]:
    """Imports that start with a dot."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"{module.path}:{node.lineno} a relative import"


def sleeps(module: Module) -> Iterator[str]:
    """Waits for time to pass in a test: wait for the thing itself, with a deadline."""
    for line, name in names_by_origin(module.tree):
        if name in ("time.sleep", "asyncio.sleep"):
            yield f"{module.path}:{line} {name}"


def driver_lists(module: Module, drivers: frozenset[str]) -> Iterator[str]:
    """Drivers named outside their own folder: by import, or two and more in one literal."""
    if module.path.startswith("hardware/drivers/"):
        return
    for line, name in imports(module.tree, frozenset(f"hardware.drivers.{driver}" for driver in drivers)):
        if name.startswith("hardware.drivers."):
            yield f"{module.path}:{line} imports {name}; drivers are found by name, see hardware/driver.py"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set):
            items = node.keys if isinstance(node, ast.Dict) else node.elts
            named = [item.value for item in items if isinstance(item, ast.Constant) and item.value in drivers]
            if len(named) > 1:
                yield f"{module.path}:{node.lineno} keeps a list of drivers by hand: {named}"
