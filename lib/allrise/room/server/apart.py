"""Python processes of ours beside the server: what they inherit, and one question to one that ends with its answer."""

from __future__ import annotations

import os
import subprocess
import sys


def surroundings() -> dict[str, str]:
    """Return the environment: one thread of arithmetic, little spare memory, and the packages of this process."""
    paths = os.pathsep.join(p for p in sys.path if p)
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "PYTHONPATH": paths}


def run_apart(module: str, sent: bytes, seconds: float) -> bytes:
    """Run a module, give it something to read, and return what it wrote.

    Raises
    ------
    OSError, subprocess.SubprocessError
        When it cannot be started, fails, or takes too long.
    """
    done = subprocess.run(
        [sys.executable, "-m", module], input=sent, capture_output=True, timeout=seconds, check=True, env=surroundings()
    )
    return done.stdout
