"""``python -m allrise.packs.kernel_process``: an ordinary IPython kernel that cannot outlive its parent.

ipykernel looks for its parent once a second in a Python thread, so a kernel that is busy in C code without
releasing the interpreter would stay for ever when a build is killed. Linux can promise it: the process is
killed by the operating system the moment its parent ends. Elsewhere ipykernel's own look-out remains.
"""

from __future__ import annotations

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int | None = None) -> None:
    """Have the operating system kill this process when its parent ends (Linux; elsewhere nothing happens).

    Parameters
    ----------
    parent
        Process id that the parent must have; when it has already gone, this process ends at once.
    """
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def main() -> None:
    """Start the kernel; the arguments are ipykernel's."""
    given = os.environ.get("JPY_PARENT_PID", "")
    end_with_parent(int(given) if given.isdigit() else None)
    # As ipykernel's own launcher does: `-m` put the working directory first on the path.
    if sys.path and sys.path[0] in {"", os.getcwd()}:  # noqa: PTH109 - compared as text, as it stands on the path
        del sys.path[0]
    # Nobody steps through a chapter of a build; importing the debugger is a fifth of a kernel's start. ipykernel
    # does without it where it is not installed.
    sys.modules.setdefault("debugpy", None)  # pyright: ignore[reportArgumentType]
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
