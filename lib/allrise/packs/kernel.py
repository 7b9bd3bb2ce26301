"""Starts and ends the kernel of one chapter, always in the running interpreter.

Installed kernelspecs are not asked: one named ``python3`` may belong to another environment. The kernel gets
a folder of its own for its working directory, its temporary files, its sockets and IPython's state, so that a
chapter can neither leave anything behind nor find anything of another.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from allrise.kernels.provisioner import WarmProvisioner
from allrise.packs import warm

#: Unix socket paths are limited to about 104 characters; ipc names end in ``/k-ipc-5``.
_LONGEST_SOCKET_FOLDER = 90

#: Bytes of the kernel process's own output that are kept for the record.
_LOG_TAIL = 4000


class RunningInterpreter(KernelSpecManager):
    """Knows one kernelspec: this interpreter's."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", warm.LAUNCHER, "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name=kernel_name, language="python", interrupt_mode="signal")


class _Manager(AsyncKernelManager):
    """Remembers the clients made of it.

    nbclient leaves its client open when the manager is not its own: twelve descriptors and three threads a chapter,
    so that a worker would have no descriptor left after some eighty chapters.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.clients: list[AsyncKernelClient] = []

    def client(self, **options: Any) -> AsyncKernelClient:
        made = super().client(**options)
        self.clients.append(made)
        return made

    def close_clients(self) -> None:
        """Close every client's sockets and end its threads; the kernel must have ended."""
        while self.clients:
            with contextlib.suppress(Exception):
                self.clients.pop().stop_channels()


class ChapterKernel:
    """One kernel, from start to the removal of everything it left; a context manager.

    Parameters
    ----------
    room
        Folder that is the kernel's alone; made here, removed on leaving.
    environment
        Variables set on top of this process's own.

    Attributes
    ----------
    manager
        The kernel manager that papermill is given.
    pid
        The kernel's process and process group.
    """

    def __init__(self, room: Path, environment: Mapping[str, str]) -> None:
        self.room = room
        self.environment = dict(environment)
        self.pid: int | None = None
        self._log = room / "kernel.log"
        transport = "ipc" if os.name == "posix" and len(str(room)) < _LONGEST_SOCKET_FOLDER else "tcp"
        options: dict[str, Any] = {
            "kernel_name": "python3",
            "kernel_spec_manager": RunningInterpreter(),
            "connection_file": str(room / "k.json"),
            "transport": transport,
            "autorestart": False,
        }
        self.manager = _Manager(**options)
        if warm.wanted():
            self.manager.provisioner = WarmProvisioner.of(self.manager, warm.WARM)

    def __enter__(self) -> Self:
        for part in ("", "cwd", "tmp", "ipython"):
            (self.room / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with self._log.open("wb") as log:
                run_sync(self.manager.start_kernel)(
                    extra_arguments=["--HistoryManager.enabled=False"],
                    cwd=str(self.room / "cwd"),
                    env=self._variables(),
                    stdout=log,
                    stderr=log,
                )
        except BaseException:
            self._clear()
            raise
        provisioner: Any = self.manager.provisioner
        self.pid = provisioner.pid
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A chapter has nothing to say after its last cell, so its kernel is not asked politely: that takes
        # half a second a chapter, and a kernel that hangs would not listen.
        try:
            self.kill()
            provisioner: Any = self.manager.provisioner
            with contextlib.suppress(Exception):
                provisioner.process.wait(5)  # at once; the manager would look every tenth of a second
            self.manager.close_clients()
            with contextlib.suppress(Exception):
                run_sync(self.manager.shutdown_kernel)(now=True)
        finally:
            self._clear()

    def kill(self) -> None:
        """End the kernel and every process it started, whatever they are doing; safe from any thread."""
        if self.pid is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(self.pid, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGTERM)

    def exit_words(self) -> str:
        """Return how a dead kernel ended: ``was killed by SIGSEGV``, ``ended with exit code 3``, or ``""``."""
        provisioner: Any = self.manager.provisioner
        process = getattr(provisioner, "process", None)
        code = None if process is None else process.poll()
        if code is None:
            return ""
        if code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            return f"was killed by {name}"
        return f"ended with exit code {code}"

    def log(self) -> str:
        """Return the end of what the kernel's process wrote outside of cells."""
        try:
            with self._log.open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - _LOG_TAIL))
                return file.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def _variables(self) -> dict[str, str]:
        temporary = str(self.room / "tmp")
        folders = {"TMPDIR": temporary, "TEMP": temporary, "TMP": temporary, "IPYTHONDIR": str(self.room / "ipython")}
        return warm.variables({**folders, **self.environment})

    def _clear(self) -> None:
        with contextlib.suppress(Exception):
            run_sync(self.manager.cleanup_resources)()
        shutil.rmtree(self.room, ignore_errors=True)
