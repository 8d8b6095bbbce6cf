"""The project's files as the house rules see them: each module parsed once, every rule a function from a module to its findings."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ("gateway", "hardware")


@dataclass(frozen=True)
class Module:
    """One file. path: below the root, with slashes; name: as imports say it."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def parse(path: str, text: str) -> Module:
    return Module(path, text, ast.parse(text, path))


Rule = Callable[[Module], Iterator[str]]


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return tuple(parse(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")) for file in files)


@cache
def module_names() -> frozenset[str]:
    return frozenset(module.name for module in modules(*SOURCE))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def classes(tree: ast.AST) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def imports(tree: ast.AST, known: frozenset[str] = frozenset()) -> Iterator[tuple[int, str]]:
    """(line, module) of everything imported anywhere in the file; `from a import b` is a.b where that is a module in `known`, else a."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from dict.fromkeys((node.lineno, name if name in known else node.module) for name in inner)


def names_by_origin(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every name used, with import aliases resolved: `import time as t; t.sleep` is time.sleep."""
    origin: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                origin[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module:
            origin.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and (dotted := _dotted(node)) and dotted[0] in origin:
            yield node.lineno, ".".join([origin[dotted[0]], *dotted[1:]])


def _dotted(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return [*inner, node.attr] if inner else []
    return []


def findings(rule: Rule, *folders: str) -> list[str]:
    """What a rule finds in all modules of the folders, as `path:line text`."""
    return [found for module in modules(*folders) for found in rule(module)]
