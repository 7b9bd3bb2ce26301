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
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from queue import Empty
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


class _Client(AsyncKernelClient):
    """A client that is ready as soon as its kernel is.

    Jupyter's waits for a fifth of a second of silence, so that nobody takes the kernel's first words for an answer to
    something else. nbclient looks at whom each message answers, so there is nothing to wait for.
    """

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = True,
        hb: bool = True,  # noqa: ARG002
        control: bool = True,
    ) -> None:
        # Whether the kernel lives is asked of its process; a thread for its heart would have to be waited for.
        super().start_channels(shell=shell, iopub=iopub, stdin=stdin, hb=False, control=control)

    async def wait_for_ready(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - as in the class above
    ) -> None:
        """Return when the kernel has answered, and what it publishes is heard.

        Raises
        ------
        RuntimeError
            When it has ended, or did not answer within ``timeout`` seconds.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            self.kernel_info()
            with contextlib.suppress(Empty):
                reply = await self.shell_channel.get_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    # Else its subscription has not arrived yet, and it is asked again.
                    await self.iopub_channel.get_msg(timeout=0.2)
                    return
            if not await self.is_alive():
                raise RuntimeError("the kernel ended before it answered")
            if until is not None and time.monotonic() > until:
                msg = f"the kernel did not answer within {timeout:g} s"
                raise RuntimeError(msg)


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
    environment
        Variables set on top of this process's own.
    notes_variable
        Variable in which the kernel finds the name of the file that it may leave notes in; none when blank.
    room
        Folder that is the kernel's alone; made when it starts, removed on leaving. A new one when ``None``.

    Attributes
    ----------
    manager
        The kernel manager that papermill is given.
    pid
        The kernel's process and process group.
    """

    def __init__(self, environment: Mapping[str, str], *, notes_variable: str = "", room: Path | None = None) -> None:
        self.room = room = room or Path(tempfile.gettempdir()) / f"k{uuid.uuid4().hex[:8]}"
        self._notes = room / "notes"
        self.environment = {**environment, **({notes_variable: str(self._notes)} if notes_variable else {})}
        self.pid: int | None = None
        self._log = room / "kernel.log"
        transport = "ipc" if os.name == "posix" and len(str(room)) < _LONGEST_SOCKET_FOLDER else "tcp"
        options: dict[str, Any] = {
            "kernel_name": "python3",
            "kernel_spec_manager": RunningInterpreter(),
            "connection_file": str(room / "k.json"),
            "transport": transport,
            "autorestart": False,
            "client_factory": _Client,
        }
        self.manager = _Manager(**options)
        if warm.wanted():
            self.manager.provisioner = WarmProvisioner.of(self.manager, warm.WARM)

    def __enter__(self) -> Self:
        if self.pid is None:
            self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End the kernel and remove everything it left."""
        self.stop()
        self.clear()

    def start(self) -> None:
        """Start it; in any thread.

        Raises
        ------
        Exception
            When it cannot be started; nothing is left then.
        """
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
            self.clear()
            raise
        provisioner: Any = self.manager.provisioner
        self.pid = provisioner.pid

    def stop(self) -> None:
        """End the kernel and its clients, in the thread that they were used in; nothing is waited for."""
        # A chapter has nothing to say after its last cell, so its kernel is not asked politely: that takes
        # half a second a chapter, and a kernel that hangs would not listen.
        self.kill()
        self.manager.close_clients()

    def clear(self) -> None:
        """Remove everything that is left of a kernel that was stopped; in any thread."""
        with contextlib.suppress(Exception):
            provisioner: Any = self.manager.provisioner
            provisioner.process.wait(5)  # at once; the manager would look every tenth of a second
        with contextlib.suppress(Exception):
            run_sync(self.manager.shutdown_kernel)(now=True)
        with contextlib.suppress(Exception):
            run_sync(self.manager.cleanup_resources)()
        self.pid = None
        shutil.rmtree(self.room, ignore_errors=True)

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

    def notes(self) -> str:
        """Return the notes that the kernel left."""
        try:
            return self._notes.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    @property
    def lives(self) -> bool:
        """Whether it was started and has not ended."""
        return self.pid is not None and not self.exit_words()

    def _variables(self) -> dict[str, str]:
        temporary = str(self.room / "tmp")
        folders = {"TMPDIR": temporary, "TEMP": temporary, "TMP": temporary, "IPYTHONDIR": str(self.room / "ipython")}
        return warm.variables({**folders, **self.environment})
