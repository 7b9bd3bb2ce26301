"""Turns a fork of the server into the kernel that was asked for.

What a program that is started takes from its caller is set from the request: streams, directory, environment,
mask, limits, priority, processors. What a fork takes from the server and a new program would not is given up:
descriptors, signal handlers, random state, exit handlers.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import io
import logging
import os
import random
import resource
import signal
import stat
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from allrise.kernels.settings import Limits
from allrise.kernels.warming import call

_F_SETSIG = 10  # Linux; not in the fcntl module of every version


@dataclass(frozen=True, slots=True)
class Request:
    """What a launch asks for.

    Parameters
    ----------
    arguments
        The kernel application's own, ``-f connection.json`` among them.
    launcher
        The module that a new process would have run.
    directory, environment, mask, processors, bounds, ignored
        As the caller's; ``bounds`` are resource limits, number to soft and hard, ``ignored`` numbers of signals.
    """

    arguments: tuple[str, ...]
    launcher: str
    directory: str
    environment: dict[str, str]
    mask: int
    processors: tuple[int, ...]
    bounds: dict[int, tuple[int, int]]
    ignored: tuple[int, ...]

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Request:
        return cls(
            tuple(given["arguments"]),
            str(given["launcher"]),
            str(given["directory"]),
            {str(k): str(v) for k, v in given["environment"].items()},
            int(given["mask"]),
            tuple(int(n) for n in given["processors"]),
            {int(k): (int(v[0]), int(v[1])) for k, v in given["bounds"].items()},
            tuple(int(n) for n in given["ignored"]),
        )

    @classmethod
    def of_this_process(
        cls, arguments: Sequence[str], launcher: str, directory: str, environment: Mapping[str, str]
    ) -> Request:
        """Return the request of a caller like this process."""
        numbers = (getattr(resource, n) for n in dir(resource) if n.startswith("RLIMIT_"))
        return cls(
            tuple(arguments),
            launcher,
            directory,
            dict(environment),
            int(_status("Umask", "022"), 8),
            tuple(sorted(os.sched_getaffinity(0))),
            {n: resource.getrlimit(n) for n in sorted(set(numbers))},
            _ignored(),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "arguments": self.arguments,
            "launcher": self.launcher,
            "directory": self.directory,
            "environment": self.environment,
            "mask": self.mask,
            "processors": self.processors,
            "bounds": self.bounds,
            "ignored": self.ignored,
        }


def _status(field: str, unknown: str) -> str:
    # os.umask, for one, can only be read by setting it, which other threads would notice.
    with open("/proc/self/status", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        for line in file:
            if line.startswith(f"{field}:"):
                return line.split()[1]
    return unknown


def _ignored() -> tuple[int, ...]:
    """Return the signals that a new program would go on ignoring, without those that Python sets as it starts."""
    bits = int(_status("SigIgn", "0"), 16)
    own = {signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ}
    return tuple(n for n in range(1, bits.bit_length() + 1) if bits >> (n - 1) & 1 and n not in own)


def become(
    request: Request,
    streams: Sequence[int],
    lifeline: int | None,
    kept: frozenset[int],
    set_by_imports: Mapping[str, tuple[str | None, str]],
) -> None:
    """Make this fork look like a process that the caller started.

    Parameters
    ----------
    streams
        Descriptors of its standard input, output and error.
    lifeline
        Reading end of a pipe whose other end the client holds; when the client ends, so does this process, and
        every process of its group. ``None`` for a kernel that outlives its client.
    kept
        Descriptors that packages opened while they were warmed.
    set_by_imports
        Environment variables that they set then, with the values before and after.

    Raises
    ------
    OSError
        When the directory cannot be entered.
    """
    os.setsid()
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)  # makes it inheritable
    open_ones = {int(n) for n in os.listdir("/proc/self/fd")}  # noqa: PTH208
    for descriptor in open_ones - kept - {0, 1, 2, lifeline}:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    for descriptor in open_ones & kept - {0, 1, 2}:
        _reopen(descriptor)
    if lifeline is not None:
        _end_with(lifeline)
    os.chdir(request.directory)
    os.umask(request.mask)
    _set_environment(request.environment, set_by_imports)
    _set_signals(request.ignored)
    _set_bounds(request.bounds)
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, request.processors)
    _forget_exit_handlers()
    _set_streams()
    _set_random_state()
    tempfile.tempdir = None  # it may have been looked up in the server's environment
    program = _program(request.launcher)
    sys.argv = [program, *request.arguments]
    sys.orig_argv = [sys.executable, "-m", request.launcher, *request.arguments]


def limit(limits: Limits) -> None:
    """Set the bounds of the settings on top of the caller's, never above them."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/oom_score_adj", "r+", encoding="ascii") as file:  # noqa: PTH123
        # When memory runs out, a kernel goes before the server that others still need.
        score = min(1000, int(file.read()) + 100)
        file.seek(0)
        file.write(str(score))
    wanted: list[tuple[int, int]] = []
    if limits.memory_mb is not None:
        # Data, not address space: what allocators merely reserve for their threads is not memory.
        with open("/proc/self/statm", encoding="utf-8") as file:  # noqa: PTH123
            held = int(file.read().split()[5]) * resource.getpagesize()
        wanted.append((resource.RLIMIT_DATA, held + limits.memory_mb * 2**20))
    if limits.cpu_seconds is not None:
        wanted.append((resource.RLIMIT_CPU, limits.cpu_seconds))
    if limits.open_files is not None:
        wanted.append((resource.RLIMIT_NOFILE, limits.open_files))
    if limits.processes is not None:
        wanted.append((resource.RLIMIT_NPROC, limits.processes))
    for number, value in wanted:
        _, hard = resource.getrlimit(number)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (most, most))


def run_kernel(arguments: Sequence[str], after_fork: Sequence[str], limits: Limits) -> int:
    """Run an IPython kernel within ``limits`` until it is shut down, and return its exit code."""
    for entry in after_fork:
        call(entry)
    from ipykernel.kernelapp import IPKernelApp

    code = 0
    try:
        # 1 means that the parent is not to be looked for: it is the server, and that may go before its kernels.
        app = IPKernelApp.instance()
        app.initialize([*arguments, "--IPKernelApp.parent_handle=1"])
        _register_widgets()
        limit(limits)  # its threads stand, and are not counted
        app.start()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    _let_control_finish()
    return code


def _register_widgets() -> None:
    """Let the kernel know the channels of widgets, which ``ipywidgets`` tells a kernel only while it is imported in one.

    It was imported before there was a kernel. Without this, a page that asks for all widgets at once is refused, and asks
    for each of them, one by one.
    """
    widgets: Any = sys.modules.get("ipywidgets")
    if widgets is not None:
        widgets.register_comm_target()


def _let_control_finish() -> None:
    """Wait for the thread that took the request to shut down, before the exit handlers stop the one it prints to.

    They do not wait for each other, and the control thread then hangs for ten seconds in a flush that nobody
    answers. An interpreter on its way out is slow enough for it to win; a fork is not.
    """
    from ipykernel.kernelapp import IPKernelApp

    if not IPKernelApp.initialized():
        return
    app: Any = IPKernelApp.instance()
    if getattr(app.kernel, "_shutdown_message", None) is not None and app.control_thread is not None:
        app.control_thread.join(1.0)


def end(code: int) -> None:
    """Leave as the interpreter would, without taking the heap apart."""
    try:
        # The one public way ends in Py_Finalize, which visits, and so copies, every page shared with the server.
        threading._shutdown()  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]
        atexit._run_exitfuncs()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    finally:
        for stream in (sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(Exception):
                if stream is not None:
                    stream.flush()
        os._exit(code)


def _end_with(lifeline: int) -> None:
    # The operating system kills the group the moment the pipe breaks, whatever it is doing: a thread of ours
    # would need the interpreter, which a busy extension may hold for ever.
    fcntl.fcntl(lifeline, _F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
    # It may have broken before it was listened to.
    with contextlib.suppress(BlockingIOError):
        if os.read(lifeline, 1) == b"":
            os._exit(1)


def _program(launcher: str) -> str:
    spec = find_spec(launcher)
    if spec is not None and spec.submodule_search_locations:
        spec = find_spec(f"{launcher}.__main__")
    return (spec.origin if spec else None) or launcher


def _reopen(descriptor: int) -> None:
    """Give a file that a package holds open a position of its own.

    The position of an open file is shared by all forks: two kernels that read glyphs from the same font at the
    same time would each move it under the other's hands.
    """
    with contextlib.suppress(OSError):
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return
        unwanted = os.O_CREAT | os.O_EXCL | os.O_TRUNC
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL) & ~unwanted
        position = os.lseek(descriptor, 0, os.SEEK_CUR)
        inherited = os.get_inheritable(descriptor)
        fresh = os.open(f"/proc/self/fd/{descriptor}", flags | os.O_CLOEXEC)
        os.lseek(fresh, position, os.SEEK_SET)
        os.dup2(fresh, descriptor, inheritable=inherited)
        os.close(fresh)


def _set_environment(environment: Mapping[str, str], set_by_imports: Mapping[str, tuple[str | None, str]]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    # A package that would set a variable in a new process sets it here too, if it found what the server found.
    for name, (before, after) in set_by_imports.items():
        if environment.get(name) == before:
            os.environ[name] = after
    time.tzset()


def _set_signals(ignored: Sequence[int]) -> None:
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        # Numbers that C libraries keep for themselves cannot be set.
        with contextlib.suppress(OSError, ValueError):
            if signal.getsignal(number) not in {signal.SIG_DFL, None}:
                signal.signal(number, signal.SIG_DFL)
    # What the interpreter sets when it starts:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _set_bounds(bounds: Mapping[int, tuple[int, int]]) -> None:
    for number, (soft, hard) in bounds.items():
        _, highest = resource.getrlimit(number)
        try:
            resource.setrlimit(number, (soft, hard))
        except (ValueError, OSError):
            # Only hard limits can stand in the way: they cannot be raised again.
            infinite = resource.RLIM_INFINITY
            lower = soft if highest == infinite else highest if soft == infinite else min(soft, highest)
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(number, (lower, highest))


def _forget_exit_handlers() -> None:
    """Drop what the server's packages want done when the server ends, such as removing its temporary folders."""
    atexit._clear()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    registry: Any = getattr(weakref.finalize, "_registry", {})
    for info in list(registry.values()):
        info.atexit = False
    weakref.finalize._registered_with_atexit = False  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]
    # These two are about the process that they run in:
    atexit.register(logging.shutdown)
    multiprocessing: Any = sys.modules.get("multiprocessing.util")
    if multiprocessing is not None:
        atexit.register(multiprocessing._exit_function)  # noqa: SLF001


def _set_streams() -> None:
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        old = getattr(sys, f"__{name}__")
        raw = open(number, f"{mode}b", closefd=False)  # noqa: SIM115 - open for the process's life
        new = io.TextIOWrapper(
            raw,
            encoding=getattr(old, "encoding", None) or "utf-8",
            errors=getattr(old, "errors", None),
            line_buffering=number == 2 or (mode == "w" and os.isatty(number)),
        )
        new.mode = mode  # pyright: ignore[reportAttributeAccessIssue]
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def _set_random_state() -> None:
    random.seed()
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def freeze() -> None:
    """Keep the collector away from what is shared, in the server and in all its forks."""
    gc.collect()
    gc.freeze()
