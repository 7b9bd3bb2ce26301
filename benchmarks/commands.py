"""Starts the programs that are compared, each in surroundings of its own, and sees to it that none is left."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import psutil

from measure import ROOT

#: In the environment of every process that a benchmark starts; says whose it is when it is looked for.
MARK = "ALLRISE_BENCHMARK_RUN"


class Failed(Exception):
    """A program that is measured did not end well."""


class Surroundings:
    """Environment, temporary files and sockets of the programs of one benchmark; a context manager.

    Everything that still runs when it is left is ended; :attr:`left` then has its command lines.
    """

    def __init__(self, **variables: str) -> None:
        # Short: kernels' sockets lie under it.
        self.folder = Path(tempfile.mkdtemp(prefix="ab", dir="/tmp" if os.name == "posix" else None))
        self.mark = self.folder.name
        for part in ("t", "s"):
            (self.folder / part).mkdir(mode=0o700)
        path = os.pathsep.join(filter(None, (str(ROOT / "lib"), os.environ.get("PYTHONPATH"))))
        self.environment = {
            **os.environ,
            MARK: self.mark,
            "PYTHONPATH": path,
            "TMPDIR": str(self.folder / "t"),
            "ALLRISE_KERNELS_DIR": str(self.folder / "s"),
            **variables,
        }
        self.environment.pop("ALLRISE_KERNELS", None)
        self.left: list[str] = []

    @property
    def temporary(self) -> Path:
        return self.folder / "t"

    @property
    def sockets(self) -> Path:
        return self.folder / "s"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self, command: Sequence[str], **options: Any) -> subprocess.Popen[str]:
        """Start a program; its output is dropped unless it is asked for."""
        given: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options}
        return subprocess.Popen(list(command), env=self.environment, text=True, **given)

    def seconds(self, command: Sequence[str], *, limit: float, codes: tuple[int, ...] = (0,), **options: Any) -> float:
        """Run a program to its end and return how long it took.

        Raises
        ------
        Failed
            When it took longer than ``limit``, or ended with another code; with its last words.
        """
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as words:
            begun = time.perf_counter()
            process = self.start(command, stderr=words, **options)
            try:
                process.wait(limit)
            except subprocess.TimeoutExpired:
                raise Failed(f"{_named(command)} took longer than {limit:.0f} s") from None
            finally:
                taken = time.perf_counter() - begun
                end_all([process.pid])
                process.wait()
            if process.returncode not in codes:
                words.seek(0)
                said = words.read().strip()[-600:]
                raise Failed(f"{_named(command)} ended with code {process.returncode}: {said}")
        return taken

    def running(self) -> list[psutil.Process]:
        """Return every process that was started in these surroundings and still runs."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                # A server of kernels, and its forks, have an environment of their own, but name its folder.
                mine = process.environ().get(MARK) == self.mark or f"--folder={self.sockets}" in process.cmdline()
                if mine and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def stop_servers(self) -> None:
        """Have servers of warm kernels end."""
        from allrise.kernels.servers import list_servers, stop_servers

        told = [psutil.Process(s.process) for s in list_servers(self.sockets) if s.process]
        stop_servers(self.sockets, now=True)
        psutil.wait_procs(told, timeout=10)

    def end(self) -> None:
        """End everything; safe to call again."""
        if not self.folder.exists():
            return
        with contextlib.suppress(Exception):
            self.stop_servers()
        still = self.running()
        self.left = [" ".join(_command_line(p)) for p in still]
        end_all([p.pid for p in still])
        shutil.rmtree(self.folder, ignore_errors=True)


def _command_line(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return ["gone"]


def _named(command: Sequence[str]) -> str:
    return " ".join(Path(w).name if os.sep in w else w for w in command[:6])


def end_all(pids: Sequence[int]) -> None:
    """Kill processes and those below them."""
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            for child in process.children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    child.kill()
            process.kill()


def allrise(*words: str) -> list[str]:
    """Return the command line of an ``allrise`` command."""
    return [sys.executable, "-m", "allrise", *words]
