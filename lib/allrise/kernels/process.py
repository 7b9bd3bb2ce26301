"""A warm kernel as its client sees it: what ``subprocess.Popen`` is for a program that was started."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from typing import IO, Any

from allrise.kernels.messages import Closed, Reader

#: Exit code of a kernel whose server had gone before it ended, so that nobody knows the true one.
UNKNOWN = 255


class WarmProcess:
    """One forked kernel.

    Parameters
    ----------
    pid
        Its process, which leads a session and a group of its own.
    reader
        The connection to the server, which says when it ends.
    descriptor
        Process descriptor of the kernel.
    lifeline
        Writing end of the pipe that ends the kernel when it breaks; ``None`` for one that is independent.
    pipes
        Our ends of the kernel's standard streams, where pipes were asked for.
    """

    def __init__(
        self,
        pid: int,
        reader: Reader,
        descriptor: int,
        lifeline: int | None,
        pipes: tuple[IO[bytes] | None, IO[bytes] | None, IO[bytes] | None] = (None, None, None),
    ) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin, self.stdout, self.stderr = pipes
        self._reader = reader
        self._descriptor = descriptor
        self._lifeline = lifeline
        self._server_gone = False
        reader.connection.setblocking(False)

    def __repr__(self) -> str:
        return f"<WarmProcess {self.pid} returncode={self.returncode}>"

    def __del__(self) -> None:
        # As with Popen, a kernel does not end because nobody holds its object any more.
        if self.returncode is None:
            with contextlib.suppress(AttributeError, OSError):
                self._reader.connection.detach()

    def poll(self) -> int | None:
        """Return the exit code, ``None`` while it runs; minus the signal's number when it was killed."""
        if self.returncode is None and not self._server_gone:
            self._listen()
        if self.returncode is None and self._server_gone and self._has_ended():
            self._finish(UNKNOWN)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it has ended.

        Raises
        ------
        subprocess.TimeoutExpired
            When it still runs after ``timeout`` seconds.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"kernel {self.pid}", timeout or 0)
            select.select([self._descriptor], [], [], 0.1)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, if the kernel still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _listen(self) -> None:
        try:
            while (message := self._reader.take()) is None:
                self._reader.read()
        except BlockingIOError:
            return
        except (Closed, OSError):
            self._server_gone = True
            return
        self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        if "ended" in message:
            self._finish(int(message["ended"]))

    def _has_ended(self) -> bool:
        readable, _, _ = select.select([self._descriptor], [], [], 0)
        return bool(readable)

    def _finish(self, code: int) -> None:
        self.returncode = code
        self._reader.close()  # the server then takes it off the process table
        for descriptor in (self._descriptor, self._lifeline):
            if descriptor is not None:
                with contextlib.suppress(OSError):
                    os.close(descriptor)


def open_streams(
    stdin: Any, stdout: Any, stderr: Any
) -> tuple[list[int], list[int], tuple[IO[bytes] | None, IO[bytes] | None, IO[bytes] | None]]:
    """Return descriptors for a kernel's streams, as ``Popen`` would make them of the same arguments.

    Returns
    -------
    streams, opened, pipes
        Three descriptors to hand over, those among them to close afterwards, and our ends of pipes.
    """
    opened: list[int] = []
    ours: list[IO[bytes] | None] = [None, None, None]

    def null(flags: int) -> int:
        opened.append(os.open(os.devnull, flags))
        return opened[-1]

    def stream(number: int, asked: Any) -> int:
        if asked is None or asked == subprocess.DEVNULL:
            if asked is None and number and _is_open(number):
                return number
            return null(os.O_WRONLY if number else os.O_RDONLY)
        if asked == subprocess.PIPE:
            reading, writing = os.pipe2(os.O_CLOEXEC)
            theirs, mine = (writing, reading) if number else (reading, writing)
            opened.append(theirs)
            ours[number] = os.fdopen(mine, "rb" if number else "wb")
            return theirs
        return asked if isinstance(asked, int) else asked.fileno()

    first, second = stream(0, stdin), stream(1, stdout)
    third = second if stderr == subprocess.STDOUT else stream(2, stderr)
    return [first, second, third], opened, (ours[0], ours[1], ours[2])


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def new_connection(path: str, seconds: float) -> socket.socket:
    """Connect to a Unix socket.

    Raises
    ------
    OSError
        When nobody listens there, or does not answer in time.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection
