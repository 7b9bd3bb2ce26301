"""What becomes of a chapter whose kernel or worker is lost: run once more where that can help, and said."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from allrise.packs.execute import STARTED_AGAIN, Execution
from allrise.packs.model import CellError, ChapterRun
from allrise.packs.plan import BuildOptions
from allrise.packs.pool import WorkerLost


class Pool:
    """Answers each task with the next of what it was given."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def submit(self, task, *, rank=(), limit=None):
        future = Future()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
        return future


def _run(status, error=None, log=""):
    return ChapterRun("c1", "01_overview", status, 1.0, error, log=log)


@pytest.fixture
def ended(tmp_path):
    """``ended(answers)``: the chapter's record, and how many answers were not asked for."""

    def run(*answers):
        found = []
        pool = Pool(*answers)
        pack = SimpleNamespace(folder="c1", chapters=[SimpleNamespace(name="01_overview")], parameters_of=lambda _: {})
        lock = threading.Lock()
        work = SimpleNamespace(pack=pack, rank=0, staged=tmp_path, runs={}, ran=[], lock=lock)
        chapter = SimpleNamespace(name="01_overview", path=tmp_path / "01_overview.ipynb", takes=())
        faults = []
        Execution(
            BuildOptions("demo", tmp_path), threads=False, seconds={}, pool=lambda: pool,
            ended=lambda _, record: found.append(record), complete=lambda _: None, broke=faults.append,
        ).run(work, chapter)  # fmt: skip
        assert faults == []
        (record,) = found
        return record, len(pool.answers)

    return run


@pytest.mark.parametrize("kind", ["DeadKernel", "RuntimeError"])
def test_a_chapter_whose_kernel_never_ran_a_cell_is_started_once_more_and_says_so(ended, kind):
    dead = _run("died", CellError(None, kind, "the kernel was killed by SIGKILL"))
    record, left = ended(dead, _run("ok", log="what it wrote"))
    assert (record.status, left) == ("ok", 0)
    assert record.log == f"{STARTED_AGAIN} the kernel was killed by SIGKILL\nwhat it wrote"


def test_a_kernel_that_never_starts_fails_its_chapter_the_second_time(ended):
    dead = _run("died", CellError(None, "DeadKernel", "the kernel was killed by SIGKILL"))
    record, left = ended(dead, dead, _run("ok"))
    assert (record.status, left) == ("died", 1)


def test_a_kernel_that_dies_in_a_cell_is_not_tried_again(ended):
    record, left = ended(_run("died", CellError(3, "DeadKernel", "the kernel was killed by SIGSEGV")), _run("ok"))
    assert (record.status, record.log, left) == ("died", "", 1)


def test_a_chapter_that_fails_before_its_first_cell_for_another_reason_is_not_tried_again(ended):
    record, left = ended(_run("failed", CellError(None, "ValueError", "no such parameter")), _run("ok"))
    assert (record.status, left) == ("failed", 1)


def test_a_chapter_whose_worker_is_lost_is_run_once_more(ended):
    record, left = ended(WorkerLost("killed"), _run("ok"))
    assert (record.status, left) == ("ok", 0)
    record, left = ended(WorkerLost("killed"), WorkerLost("killed again"), _run("ok"))
    assert (record.status, record.error.message, left) == ("died", "killed again", 1)
