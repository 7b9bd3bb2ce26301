"""The build: for every planned pack compare, execute, assemble, publish; then the page that lists them all.

A pack whose chapters all failed does not replace an older one that was good; a pack with at least one chapter
does, and says what is missing. A failed chapter is tried again in the next build.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from shutil import copyfile, rmtree
from typing import Any

from allrise.data.store import Progress, open_store
from allrise.packs import data_notes, warm
from allrise.packs.assemble import Assembled, AssembleJob, now
from allrise.packs.execute import STARTED_AGAIN, Execution, Underway
from allrise.packs.keys import versions
from allrise.packs.listing import PackList
from allrise.packs.manifest import read_manifest, record_of
from allrise.packs.messages import Task
from allrise.packs.model import ChapterRun
from allrise.packs.notebooks import Notebook
from allrise.packs.outcome import (
    BuildResult,
    BuildStopped,
    Event,
    OutputLost,
    PackResult,
    ResultStatus,
    Watcher,
    in_words,
)
from allrise.packs.plan import BuildOptions, Plan, PlannedPack, inputs_of, make_plan, period_of
from allrise.packs.pool import LocalPool, Pool, default_jobs
from allrise.packs.publish import Workspace
from allrise.packs.readings import DataNow, readings_of
from allrise.packs.readings import record_of as record_of_readings
from allrise.packs.releases import check_company, published_result
from allrise.packs.stale import Code, Comparison, compare, expected_seconds

#: By name: what makes pages is imported by workers, not by the build.
_ASSEMBLE = "allrise.packs.assemble:assemble"
_ASSEMBLE_LIMIT = 900


def build(options: BuildOptions, watch: Watcher | None = None, preparing: Progress | None = None) -> BuildResult:
    """Build the packs that ``options`` ask for, and return what became of each.

    Parameters
    ----------
    watch
        Called with every :class:`~allrise.packs.outcome.Event`, in the calling thread.
    preparing
        Called before that, while data that are new are prepared, with what is done and the share that is done.

    Raises
    ------
    AllriseError
        When the build cannot start; see :func:`allrise.packs.plan.make_plan`,
        :class:`~allrise.packs.publish.BuildRunning` and :class:`~allrise.packs.publish.NotOurs`.
    BuildStopped
        When it was interrupted (``KeyboardInterrupt``); what was finished stands.
    """
    plan = make_plan(options, preparing)
    try:
        return _build(plan, watch or _unwatched)
    except OSError as error:
        raise OutputLost(
            f"{plan.options.out} cannot be written to any more: {in_words(error)}",
            "Make room or choose another --out, then run the same command again: what is done is not built again.",
        ) from error


def _build(plan: Plan, watch: Watcher) -> BuildResult:
    with Workspace(plan.options.out) as workspace:
        for pack in plan.packs:
            workspace.check_free(pack.folder)
        check_company(plan)
        run = _Build(plan, workspace, watch)
        try:
            with run.stack:
                run.everything()
        except KeyboardInterrupt:
            run.list.refresh()
            done, all_ = len(run.results), len(plan.packs)
            raise BuildStopped(
                f"stopped: {done} of {all_} packs are done and stand in {workspace.out}; nothing is half-written",
                "Run the same command again to continue: what is done is not built again.",
            ) from None
        return run.finish()


class _Build:
    def __init__(self, plan: Plan, workspace: Workspace, watch: Watcher) -> None:
        self.plan = plan
        self.options = plan.options
        self.workspace = workspace
        self.watch = watch
        self.stack = ExitStack()
        self.results: dict[str, PackResult] = {}
        self.code = Code.now()
        self.data_now = DataNow(plan, self.code.whole)
        self.list = PackList(workspace, self.options.index_renderer)
        self.started, self.clock = now(), time.monotonic()
        self.notes: list[str] = []
        self._said: tuple[str, ...] | None = None
        self._lock = threading.Lock()
        self._pool: Pool | None = None
        self._jobs = self.options.jobs or default_jobs()
        self._done: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._chapters = [0, 0]
        self._execution = Execution(
            self.options,
            threads=self._jobs == 1,
            seconds=expected_seconds(workspace.out),
            pool=self._workers,
            ended=lambda work, run: self._done.put(partial(self._count_chapter, work, run)),
            complete=self._submit_assembly,
            broke=lambda error: self._done.put(partial(_raise, error)),
        )

    # The order of work

    def everything(self) -> None:
        self._tell("planned")
        for rank, pack in enumerate(self.plan.packs):
            manifest = read_manifest(self.workspace.out / pack.folder)
            period = period_of(pack, self.plan, manifest)
            comparison = compare(pack, self.plan, self.code, self.data_now, manifest, period=period)
            if comparison.unchanged:
                self._end(pack, self._result(pack, comparison, "unchanged"))
            else:
                try:
                    self._begin(pack, period, comparison, rank)
                except OSError as error:
                    self._end(pack, self._result(pack, comparison, "failed", error=in_words(error)))
            self._take_answers(wait=False)
        self.data_now.remember()
        while len(self.results) < len(self.plan.packs):
            self._take_answers(wait=True)

    def finish(self) -> BuildResult:
        if self.list.changed and open_store(self.options.data).fingerprint != self.plan.store.fingerprint:
            self.notes.append("The data folder changed while packs were built; build again to bring all up to date.")
        result = BuildResult(
            self.workspace.out,
            tuple(self.results[p.folder] for p in self.plan.packs),
            self.started,
            now(),
            time.monotonic() - self.clock,
            tuple(self.notes),
        )
        record: dict[str, Any] = {"data": self.options.data, **result.to_json()}
        if self.options.audience == "public":
            record = published_result(result)
        problem = self.list.refresh(record)
        return replace(result, problem=problem)

    def _begin(self, pack: PlannedPack, period: str, comparison: Comparison, rank: int) -> None:
        staged = self.workspace.staging / pack.folder
        (staged / "chapters").mkdir(parents=True)
        work = Underway(pack, period, inputs_of(pack, self.plan), comparison, now(), rank, staged)
        todo: list[Notebook] = []
        for chapter in pack.chapters:
            kept = comparison.kept.get(chapter.name)
            if kept is None:
                todo.append(chapter)
                continue
            name = f"chapters/{chapter.name}.ipynb"
            copyfile(self.workspace.out / pack.folder / name, staged / name)
            work.runs[chapter.name] = kept
        self._chapters[1] += len(todo)
        self._tell("begun", pack)
        for chapter in todo:
            self._execution.run(work, chapter)
        if not todo:
            self._submit_assembly(work)

    def _count_chapter(self, work: Underway, run: ChapterRun) -> None:
        self._chapters[0] += 1
        if run.log.startswith(STARTED_AGAIN):
            self.notes.append(f"{work.pack.folder}, {run.name}: {run.log.splitlines()[0]}.")
        self._tell("chapter", work.pack, run.status, run.name)

    def _submit_assembly(self, work: Underway) -> None:
        job = AssembleJob(
            staged=work.staged,
            folder=work.pack.folder,
            subject=work.pack.subject,
            audience=self.options.audience,
            period=work.period,
            parameters=work.pack.parameters,
            runs=tuple(work.runs[c.name] for c in work.pack.chapters),
            formats=self.options.formats,
            versions=versions(),
            keys=work.comparison.keys,
            page_key=work.comparison.page_key,
            started=work.started,
            inputs=work.inputs,
            data={"store": self.plan.store.fingerprint},
            readings={c.name: self._readings(work, c) for c in work.pack.chapters},
            warnings=self._warnings(),
            chosen=self.options.chapters,
            added=tuple(str(p.absolute()) for p in self.options.added),
            caveats=data_notes.caveats(self.plan.store, self.options.language),
            renderer=self.options.renderer,
            private=work.pack.private,
            paper=self.options.paper,
        )
        future = self._workers().submit(Task(_ASSEMBLE, (job,)), rank=(-1,), limit=_ASSEMBLE_LIMIT)
        future.add_done_callback(lambda f: self._done.put(partial(self._assembled, work, f)))

    def _readings(self, work: Underway, chapter: Notebook) -> Mapping[str, Any]:
        if chapter.name in work.comparison.readings:
            return work.comparison.readings[chapter.name]
        return record_of_readings(
            readings_of(work.runs[chapter.name].notes, self.options.data),
            chapter.reaches_out,
            store=self.plan.store.fingerprint,
            public=self.options.audience == "public",
        )

    def _assembled(self, work: Underway, future: Future[Assembled]) -> None:
        pack = work.pack
        runs = tuple(work.runs[c.name] for c in pack.chapters if c.name in work.ran)
        result = partial(self._result, pack, work.comparison, runs=runs)
        try:
            assembled = future.result()
            if assembled.status == "failed" and self._good_older(pack):
                self._end(pack, result("failed"))
                return
            self.workspace.publish(work.staged, pack.folder)
        except Exception as error:  # noqa: BLE001 - one pack's fault must not end the others
            self._end(pack, result("failed", error=in_words(error)))
            return
        self.list.add(record_of(assembled.manifest))
        without = "; ".join(f"{name} could not be written: {why}" for name, why in assembled.failed_formats.items())
        self._end(pack, result(assembled.status, error=without))

    def _good_older(self, pack: PlannedPack) -> bool:
        older = read_manifest(self.workspace.out / pack.folder)
        return older is not None and older["status"] != "failed"

    def _result(
        self,
        pack: PlannedPack,
        comparison: Comparison,
        status: ResultStatus,
        runs: tuple[ChapterRun, ...] = (),
        error: str = "",
    ) -> PackResult:
        return PackResult(
            folder=pack.folder,
            cluster_id=pack.subject.cluster_id,
            name=pack.subject.name,
            status=status,
            runs=runs,
            kept_older=status == "failed" and self._good_older(pack),
            error=error,
            reasons=comparison.reasons,
        )

    def _end(self, pack: PlannedPack, result: PackResult) -> None:
        rmtree(self.workspace.staging / pack.folder, ignore_errors=True)  # a full disk needs the room
        self.results[pack.folder] = result
        self._tell("pack", pack, result.status)
        self.list.refresh_sometimes()

    def _warnings(self) -> tuple[str, ...]:
        with self._lock:
            if self._said is None:
                self._said = self.data_now.warnings
                self.notes += self._said
            return self._said

    # Work on the pool

    def _workers(self) -> Pool:
        if self._pool is None:
            if self.options.scheduler:
                from allrise.packs.scheduler import DaskPool

                self._pool = self.stack.enter_context(DaskPool(self.options.scheduler))
            else:
                warm.prestart(warm.chapter_variables(threads=self._jobs == 1))
                pool = LocalPool(self._jobs)
                self.workspace.note_scratch(pool.scratch)
                self._pool = self.stack.enter_context(pool)
        return self._pool

    def _take_answers(self, *, wait: bool) -> None:
        while True:
            try:
                # Not for ever in one call: Windows cannot interrupt that.
                then = self._done.get(timeout=0.5) if wait else self._done.get_nowait()
            except queue.Empty:
                return
            wait = False
            then()

    def _tell(self, kind: Any, pack: PlannedPack | None = None, status: str = "", name: str = "") -> None:
        self.watch(
            Event(
                kind,
                pack.folder if pack else "",
                name or (pack.subject.name if pack else ""),
                status,
                (len(self.results), len(self.plan.packs)),
                (self._chapters[0], self._chapters[1]),
            )
        )


def _raise(error: BaseException) -> None:
    raise error


def _unwatched(_event: Event) -> None:
    return
