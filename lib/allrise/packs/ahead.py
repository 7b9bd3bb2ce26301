"""A worker's kernels, one ahead: the next chapter's starts, and the last one's is cleared away, beside the one that runs.

A kernel is ready a moment after it was asked for, and its end takes another; half of that is waiting. A build that did
it between its chapters would leave its cores idle for a third of its time.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from jupyter_core.utils import ensure_event_loop

from allrise.packs import warm
from allrise.packs.kernel import ChapterKernel
from allrise.packs.model import ChapterJob, ChapterRun
from allrise.packs.run_chapter import run_chapter


class _Cleared(ChapterKernel):
    """A kernel of which another thread clears away what is left."""

    threads: ThreadPoolExecutor

    def end(self) -> None:
        self.stop()
        self.threads.submit(self.clear)


@dataclass(frozen=True, slots=True)
class _Next:
    variables: tuple[Mapping[str, str], str]
    kernel: Future[_Cleared]


class KernelsAhead:
    """Gives started kernels, and starts one more for the same variables each time; not for several threads."""

    def __init__(self) -> None:
        # One thread: jupyter_client keeps an event loop a thread.
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="kernels")
        self._next: _Next | None = None
        self._closed = False

    def __call__(self, environment: Mapping[str, str], *, notes_variable: str = "") -> ChapterKernel:
        """Return a kernel that has these variables; the same as :class:`~allrise.packs.kernel.ChapterKernel`."""
        kernel = self._started(environment, notes_variable)
        if warm.wanted():  # a start that is not a fork is all work and no waiting
            self._next = _Next(
                (environment, notes_variable), self._threads.submit(self._start, environment, notes_variable)
            )
        return kernel or self._new(environment, notes_variable)

    def close(self) -> None:
        """End the kernel that nobody asked for, and wait until everything is cleared away; safe to call again."""
        if self._closed:
            return
        self._closed = True
        if kernel := self._taken():
            kernel.end()
        self._threads.submit(_close_event_loop)
        self._threads.shutdown()

    def _started(self, environment: Mapping[str, str], notes_variable: str) -> ChapterKernel | None:
        """Return the one that is ahead, if it is what is asked for."""
        ahead, kernel = self._next, self._taken()
        if ahead is None or kernel is None:
            return None
        if ahead.variables == (environment, notes_variable) and kernel.lives:
            return kernel
        kernel.end()
        return None

    def _taken(self) -> _Cleared | None:
        """Return the one that is ahead, which no longer is; what stood in its way is told by the next that is started."""
        ahead, self._next = self._next, None
        return None if ahead is None or ahead.kernel.exception() is not None else ahead.kernel.result()

    def _new(self, environment: Mapping[str, str], notes_variable: str) -> _Cleared:
        kernel = _Cleared(environment, notes_variable=notes_variable)
        kernel.threads = self._threads
        return kernel

    def _start(self, environment: Mapping[str, str], notes_variable: str) -> _Cleared:
        kernel = self._new(environment, notes_variable)
        kernel.start()
        return kernel


def _close_event_loop() -> None:
    ensure_event_loop().close()


@functools.cache
def _of_this_process() -> KernelsAhead:
    return KernelsAhead()


def run_in_worker(job: ChapterJob) -> ChapterRun:
    """Run a chapter as :func:`~allrise.packs.run_chapter.run_chapter` does, in a worker that is given many."""
    return run_chapter(job, _of_this_process())
