"""Where tasks run: a pool of worker processes on this machine, behind a protocol that other pools fulfil.

``concurrent.futures.ProcessPoolExecutor`` is not used because one dead worker breaks all of it, a task cannot
be stopped, and its workers live on when the build is killed. Here every thread of the pool owns one worker
process; a worker that dies or overruns costs its own task only, and is replaced.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from allrise.packs.messages import Answer, Task, receive, send

#: Last characters of a dead worker's own words that go into the message.
_LAST_WORDS = 600


class WorkerLost(Exception):
    """The worker process died under its task."""


class TaskOverran(Exception):
    """The task did not end within its limit and its worker was killed."""


class Pool(Protocol):
    """Runs tasks somewhere; leaving its context stops whatever still runs."""

    def submit(self, task: Task, *, rank: tuple[float, ...] = (), limit: float | None = None) -> Future[Any]:
        """Queue a task; lower ``rank`` first; ``limit`` is in seconds of its own run."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Worker:
    """One worker process, started at once; not for use by two threads at a time.

    Parameters
    ----------
    scratch
        Folder for its temporary files; its parent exists.
    """

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        # With its parent, which the last worker that ended may have taken away.
        scratch.parent.mkdir(mode=0o700, exist_ok=True)
        scratch.mkdir(mode=0o700, exist_ok=True)
        self._log = scratch / "worker.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "allrise.packs.worker", str(scratch)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is the build's to handle
            )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def call(self, task: Task, limit: float | None = None) -> Any:
        """Run one task and return its value.

        Raises
        ------
        WorkerLost, TaskOverran
            When no answer came; the worker is then dead.
        BaseException
            What the task raised.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise WorkerLost
        overran = threading.Event()

        def stop() -> None:
            overran.set()
            self.end()

        timer = threading.Timer(limit, stop) if limit is not None else None
        if timer:
            timer.daemon = True
            timer.start()
        try:
            send(self._process.stdin, task)
            answer: Answer = receive(self._process.stdout)
        except (EOFError, OSError, ValueError) as error:
            if overran.is_set():
                raise TaskOverran(f"no answer within {limit:g} s") from error
            raise WorkerLost(self._how_it_ended()) from error
        finally:
            if timer:
                timer.cancel()
        if answer.error is not None:
            answer.error.add_note(answer.trace)
            raise answer.error
        return answer.value

    def end(self) -> None:
        """End the worker and everything under it; safe to call again, and from another thread."""
        process = self._process
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()  # it takes its kernels with it, see worker.end_now
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            with contextlib.suppress(OSError):
                process.stdout.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _how_it_ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.returncode
        try:
            words = self._log.read_text("utf-8", "replace").strip()[-_LAST_WORDS:]
        except OSError:
            words = ""
        return f"the worker process ended with code {code}" + (f": {words}" if words else "")


@dataclass(order=True, slots=True)
class _Queued:
    rank: tuple[float, ...]
    number: int
    task: Task = field(compare=False)
    limit: float | None = field(compare=False)
    future: Future[Any] = field(compare=False)


class LocalPool:
    """A pool of ``jobs`` worker processes on this machine.

    Parameters
    ----------
    jobs
        How many tasks run at once.
    scratch
        Folder for temporary files, made when missing and removed at the end; a new one when ``None``. Its
        path should be short, since kernels' sockets lie under it.
    """

    def __init__(self, jobs: int, scratch: Path | None = None) -> None:
        self.scratch = scratch or Path(tempfile.mkdtemp(prefix="allrise-"))
        self.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._queue: queue.PriorityQueue[_Queued] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._stopping = threading.Event()
        self._workers: dict[int, Worker] = {}
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._serve, args=(n,), name=f"pool-{n}", daemon=True) for n in range(jobs)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, task: Task, *, rank: tuple[float, ...] = (), limit: float | None = None) -> Future[Any]:
        future: Future[Any] = Future()
        self._queue.put(_Queued(rank, next(self._numbers), task, limit, future))
        return future

    def close(self) -> None:
        """Stop what runs, drop what waits, and remove everything temporary."""
        self._stopping.set()
        with contextlib.suppress(queue.Empty):
            while True:
                self._queue.get_nowait().future.cancel()
        for _ in self._threads:  # wakes them up; nothing is run any more
            self._queue.put(_Queued((), next(self._numbers), Task(int), None, Future()))
        with self._lock:
            workers = list(self._workers.values())
        enders = [threading.Thread(target=w.end) for w in workers]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()
        for thread in self._threads:
            thread.join(10)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self, number: int) -> None:
        worker: Worker | None = None
        with contextlib.suppress(OSError, WorkerLost):  # it is told with the first task
            worker = self._fresh(number)  # at once: its imports run while the build is still being planned
        while True:
            item = self._queue.get()
            if self._stopping.is_set():
                return
            if not item.future.set_running_or_notify_cancel():
                continue
            try:
                if worker is None or not worker.alive:
                    worker = self._fresh(number)
                value = worker.call(item.task, item.limit)
            except BaseException as error:  # noqa: BLE001 - belongs to the future's owner
                if worker is not None and isinstance(error, WorkerLost | TaskOverran):
                    worker.end()
                item.future.set_exception(error)
            else:
                item.future.set_result(value)

    def _fresh(self, number: int) -> Worker:
        with self._lock:
            if self._stopping.is_set():
                raise WorkerLost("the pool is closed")
            worker = Worker(self.scratch / f"w{number}")
            self._workers[number] = worker
            return worker


def default_jobs() -> int:
    """Return how many tasks this process may run at once: the cores it is allowed to use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
