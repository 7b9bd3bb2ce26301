"""Chapters on the pool: which first, how long they may take, and what a lost worker means."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from allrise.data.store.reads import VARIABLE
from allrise.packs.messages import Task
from allrise.packs.model import CellError, ChapterJob, ChapterRun, ChapterStatus, InputFile
from allrise.packs.notebooks import Notebook
from allrise.packs.outcome import in_words
from allrise.packs.plan import BuildOptions, PlannedPack
from allrise.packs.pool import Pool, TaskOverran, WorkerLost
from allrise.packs.stale import Comparison
from allrise.packs.warm import chapter_variables

#: By name: papermill is imported by workers, not by the build.
_RUN_CHAPTER = "allrise.packs.ahead:run_in_worker"

#: Seconds beyond a chapter's own limit after which its worker is taken to hang.
_GRACE = 60

#: A chapter whose worker was lost (killed, perhaps for memory) is run once more.
_ATTEMPTS = 2

#: Begins the log of a chapter whose kernel did not start the first time.
STARTED_AGAIN = "It was started again, because the first time"

#: How a chapter ends whose kernel never ran a cell: killed while it started, or it did not answer.
_NOT_STARTED = frozenset({"DeadKernel", "RuntimeError"})


@dataclass(slots=True)
class Underway:
    """A pack between its first chapter and its publication.

    Parameters
    ----------
    rank
        Its place in the build: packs in order, so that the first are finished early.
    period, inputs
        The school year that it is about, and the files it is made from.
    staged
        Its folder in the staging place.
    runs
        What is known of its chapters, those kept from the last build among them; ``ran`` those that ran.
    """

    pack: PlannedPack
    period: str
    inputs: tuple[InputFile, ...]
    comparison: Comparison
    started: str
    rank: int
    staged: Path
    runs: dict[str, ChapterRun] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Execution:
    """Runs chapters on a pool, and tells when one has ended and when all of a pack have.

    Parameters
    ----------
    options
        Limits are taken from them.
    threads
        Whether a chapter may use all cores.
    seconds
        How long each chapter took last time.
    pool
        Gives the pool, which is started with the first chapter.
    ended, complete, broke
        Called in a thread of the pool: with every chapter's record; when a pack has all of them, before that
        thread takes other work, so that a pack is finished at once; and with a fault of this code.
    """

    def __init__(
        self,
        options: BuildOptions,
        *,
        threads: bool,
        seconds: Mapping[str, float],
        pool: Callable[[], Pool],
        ended: Callable[[Underway, ChapterRun], None],
        complete: Callable[[Underway], None],
        broke: Callable[[BaseException], None],
    ) -> None:
        self._options = options
        self._environment = chapter_variables(threads=threads)
        self._started_again: dict[tuple[str, str], str] = {}
        self._seconds = seconds
        self._pool = pool
        self._ended = ended
        self._complete = complete
        self._broke = broke

    def run(self, work: Underway, chapter: Notebook, attempts: int = _ATTEMPTS) -> None:
        """Queue one chapter; within a pack the longest goes first."""
        job = ChapterJob(
            pack=work.pack.folder,
            name=chapter.name,
            notebook=chapter.path.absolute(),
            output=work.staged / "chapters" / f"{chapter.name}.ipynb",
            parameters=work.pack.parameters_of(chapter),
            cell_limit=self._options.cell_limit,
            chapter_limit=self._options.chapter_limit,
            weight=self._seconds.get(chapter.name, 1.0),
            environment=self._environment,
            notes_variable=VARIABLE,
        )
        future = self._pool().submit(
            Task(_RUN_CHAPTER, (job,)), rank=(work.rank, -job.weight), limit=self._options.chapter_limit + _GRACE
        )
        future.add_done_callback(partial(self._done, work, chapter, attempts))

    def _done(self, work: Underway, chapter: Notebook, attempts: int, future: Future[ChapterRun]) -> None:
        if future.cancelled():
            return
        try:
            self._take(work, chapter, attempts, future)
        except BaseException as error:  # noqa: BLE001 - here it would be lost: raised again where the build waits
            self._broke(error)

    def _take(self, work: Underway, chapter: Notebook, attempts: int, future: Future[ChapterRun]) -> None:
        def lost(status: ChapterStatus, kind: str, message: str) -> ChapterRun:
            return ChapterRun(work.pack.folder, chapter.name, status, 0.0, CellError(None, kind, message))

        try:
            run = future.result()
        except WorkerLost as error:
            if attempts > 1:
                self.run(work, chapter, attempts - 1)
                return
            run = lost("died", "DeadWorker", str(error))
        except TaskOverran as error:
            run = lost("timeout", "TimeLimit", str(error))
        except Exception as error:  # noqa: BLE001 - a full disk, or a fault of ours: of this chapter only
            run = lost("failed", type(error).__name__, in_words(error))
        place = (work.pack.folder, chapter.name)
        if attempts > 1 and run.error is not None and run.error.cell is None and run.error.kind in _NOT_STARTED:
            self._started_again[place] = run.error.message
            self.run(work, chapter, attempts - 1)
            return
        if place in self._started_again:
            first = f"{STARTED_AGAIN} {self._started_again.pop(place)}"
            run = replace(run, log="\n".join(filter(None, (first, run.log))))
        with work.lock:
            work.runs[chapter.name] = run
            work.ran.append(chapter.name)
            complete = len(work.runs) == len(work.pack.chapters)
        self._ended(work, run)
        if complete:
            self._complete(work)
