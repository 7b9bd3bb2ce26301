"""Python processes of ours beside the server: what they inherit, and one question to one that ends with its answer."""

from __future__ import annotations

import os
import subprocess
import sys


def surroundings() -> dict[str, str]:
    """Return the environment: one thread of arithmetic, little spare memory, and the packages of this process."""
    paths = os.pathsep.join(p for p in sys.path if p)
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "PYTHONPATH": paths}


def command_of(module: str, *, arrow: bool = False) -> list[str]:
    """Return the command that runs a module's ``main``.

    Parameters
    ----------
    arrow
        Whether it needs pyarrow. Pandas would carry it along unasked, for a third of its memory.
    """
    if arrow:
        return [sys.executable, "-m", module]
    return [sys.executable, "-c", f"import sys; sys.modules['pyarrow'] = None; from {module} import main; main()"]


def run_apart(module: str, sent: bytes, seconds: float, *, arrow: bool = False) -> bytes:
    """Run a module (see :func:`command_of`), give it something to read, and return what it wrote.

    Raises
    ------
    OSError, subprocess.SubprocessError
        When it cannot be started, fails, or takes too long.
    """
    done = subprocess.run(
        command_of(module, arrow=arrow),
        input=sent,
        capture_output=True,
        timeout=seconds,
        check=True,
        env=surroundings(),
    )
    return done.stdout
