"""The pool over many machines: a Dask scheduler hands tasks out, each runs in a worker process as it does here.

A Dask worker does not run a chapter itself (papermill changes its directory process-wide, a kernel must end
with its parent, a limit must hold): each of its threads keeps one of our workers, which ends with it. The data
folder and the output folder must be reachable under the same path on every machine, and the same version of
the kit installed there.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import uuid
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from allrise.errors import AllriseError
from allrise.packs.messages import Task
from allrise.packs.pool import Worker, WorkerLost

_CONNECT_SECONDS = 15


class SchedulerNotReached(AllriseError):
    """There is no Dask scheduler at the address, or Dask is not installed."""


class DaskPool:
    """Runs tasks on the workers of a Dask scheduler; a context manager.

    Parameters
    ----------
    address
        As Dask writes it: ``tcp://host:8786``.

    Raises
    ------
    SchedulerNotReached
        When nothing answers there.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise SchedulerNotReached(
                "--scheduler needs Dask, which is not installed", "Install the extra: pip install 'allrise[cluster]'."
            ) from error
        self._build = uuid.uuid4().hex
        try:
            self._client: Any = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise SchedulerNotReached(
                f"there is no Dask scheduler at {address}: {error}",
                "Start one with `dask scheduler`, or leave --scheduler out.",
            ) from error
        self._waiting: set[Any] = set()

    def submit(self, task: Task, *, rank: tuple[float, ...] = (), limit: float | None = None) -> Future[Any]:
        """Queue a task; see :class:`allrise.packs.pool.Pool`."""
        future: Future[Any] = Future()
        remote = self._client.submit(
            run_apart,
            self._build,
            task,
            limit,
            key=f"allrise-{uuid.uuid4().hex}",
            pure=False,
            priority=-rank[0] if rank else 0,
        )
        self._waiting.add(remote)

        def done(answer: Any) -> None:
            self._waiting.discard(answer)
            try:
                value = answer.result()
            except Exception as error:  # noqa: BLE001 - belongs to the future's owner
                # Dask gives a task up after several of its workers died under it.
                lost = type(error).__name__ in {"KilledWorker", "FutureCancelledError", "CancelledError"}
                future.set_exception(WorkerLost(str(error)) if lost else error)
            else:
                future.set_result(value)

        remote.add_done_callback(done)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(Exception):
            if self._waiting:
                self._client.cancel(list(self._waiting), force=True)
        with contextlib.suppress(Exception):
            self._client.run(end_workers, self._build)
        self._client.close()


#: In a Dask worker: our worker processes, by build and thread. They hold nothing but their imports.
_workers: dict[tuple[str, int], Worker] = {}
_ended: set[str] = set()
_lock = threading.Lock()


def run_apart(build: str, task: Task, limit: float | None) -> Any:
    """Run a task in this thread's own worker process; called by Dask on one of its workers."""
    place = (build, threading.get_ident())
    with _lock:
        if build in _ended:
            raise WorkerLost("the build has ended")
        worker = _workers.get(place)
        if worker is None or not worker.alive:
            worker = _workers[place] = Worker(Path(tempfile.mkdtemp(prefix="allrise-")) / "w")
    return worker.call(task, limit)


def end_workers(build: str) -> None:
    """End the worker processes of a build; called by Dask on each of its workers."""
    with _lock:
        _ended.add(build)
        mine = [place for place in _workers if place[0] == build]
        ending = [_workers.pop(place) for place in mine]
    for worker in ending:
        worker.end()
        with contextlib.suppress(OSError):
            worker.scratch.parent.rmdir()
