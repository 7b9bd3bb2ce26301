"""The pool: a task that dies, hangs or raises costs only itself."""

from __future__ import annotations

import os
import threading
import time

import pytest

from allrise.packs.messages import Task
from allrise.packs.pool import LocalPool, TaskOverran, WorkerLost


@pytest.fixture(scope="module")
def pool():
    with LocalPool(2) as made:
        yield made
    assert not made.scratch.exists()


def test_values_and_errors_come_back(pool):
    assert pool.submit(Task("operator:add", (1, 2))).result(30) == 3
    with pytest.raises(ValueError, match="invalid literal") as raised:
        pool.submit(Task(int, ("x",))).result(30)
    assert "Traceback" in raised.value.__notes__[0]


def test_a_worker_that_dies_or_overruns_is_replaced(pool):
    with pytest.raises(WorkerLost, match="code 7"):
        pool.submit(Task(os._exit, (7,))).result(30)
    with pytest.raises(TaskOverran, match=r"within 0\.5 s"):
        pool.submit(Task(time.sleep, (60,)), limit=0.5).result(30)
    assert [pool.submit(Task(abs, (-n,))).result(30) for n in range(4)] == [0, 1, 2, 3]


def test_what_a_task_prints_does_not_disturb_its_answer(pool):
    assert pool.submit(Task(print, ("noise",))).result(30) is None
    assert pool.submit(Task(os.write, (1, b"noise"))).result(30) == 5


def test_a_value_that_cannot_be_sent_is_an_error_in_words(pool):
    with pytest.raises(RuntimeError, match="cannot be sent back"):
        pool.submit(Task(threading.Lock)).result(30)


def test_lower_ranks_go_first():
    order = []
    with LocalPool(1) as one:
        first = one.submit(Task(time.sleep, (0.5,)))
        waiting = [one.submit(Task(int, (n,)), rank=(-n,)) for n in range(3)]
        for future in waiting:
            future.add_done_callback(lambda f: order.append(f.result()))
        first.result(30)
        for future in waiting:
            future.result(30)
    assert order == [2, 1, 0]


def test_closing_stops_what_runs_and_cancels_what_waits():
    pool = LocalPool(1)
    running = pool.submit(Task(time.sleep, (60,)))
    while not running.running():
        time.sleep(0.01)
    waiting = pool.submit(Task(int))
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 8
    assert waiting.cancelled()
    with pytest.raises(WorkerLost):
        running.result(5)
