"""One file is one family: its module is found by its name, in a folder that nobody lists by hand, and has the two classes that were agreed."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from hardware.errors import Refused


def names(package: str) -> list[str]:
    """The files of a package, without importing any; those that begin with an underscore are shared parts."""
    path = importlib.import_module(package).__path__
    return sorted(module.name for module in pkgutil.iter_modules(path) if not module.name.startswith("_"))


def load(package: str, what: str, name: str, doors: tuple[str, ...], promise: str) -> ModuleType:
    """Import `<package>.<name>`; Refused with the names there are, or naming the class that is missing and the file that tells what it promises."""
    if name not in names(package):
        raise Refused(f"there is no {what} {name!r}; there are: {', '.join(names(package))}")
    module = importlib.import_module(f"{package}.{name}")
    missing = [door for door in doors if not hasattr(module, door)]
    if missing:
        raise Refused(f"{what} {name!r} ({module.__file__}) has no {' and no '.join(missing)}; see {promise}")
    return module
