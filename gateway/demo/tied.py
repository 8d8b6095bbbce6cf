"""A process tied to the one that started it: the kernel kills it when that one is gone, however it went. So a conductor that is killed leaves
nothing behind that goes on sampling."""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1


def tie(parent: int) -> None:
    """Die with `parent`, also where it is gone already. Only Linux can; elsewhere nothing happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)


def main() -> None:
    """`python -m gateway.demo.tied PARENT MODULE ARGUMENTS...`: run a module as `python -m MODULE` would, tied to its parent."""
    parent, module, *arguments = sys.argv[1:]
    tie(int(parent))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
