"""A chapter comes out the same, byte for byte, whatever kernel it ran in."""

from __future__ import annotations

import os
import time

import nbformat
import psutil
import pytest

from allrise import paths
from allrise.kernels.servers import list_servers, stop_servers
from allrise.packs import warm
from allrise.packs.kernel import ChapterKernel
from allrise.packs.model import ChapterJob
from allrise.packs.run_chapter import run_chapter

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


#: As a build with several jobs sets them.
OWN = warm.chapter_variables(threads=False)


def _executed(kind, folder, monkeypatch):
    if kind == "plain":
        monkeypatch.setenv("ALLRISE_KERNELS", "plain")
    else:
        monkeypatch.delenv("ALLRISE_KERNELS", raising=False)
    notebook = paths.notebooks() / "pack" / "02_outcomes.ipynb"
    parameters = {"data": "demo", "cluster_id": "", "time_period": ""}
    job = ChapterJob("p", "02_outcomes", notebook, folder / f"{kind}.ipynb", parameters, environment=OWN)
    run = run_chapter(job)
    assert run.status == "ok", run
    return job.output.read_bytes()


def test_builds_fork_their_kernels_from_the_server_that_was_started_ahead_and_can_be_told_not_to(
    folder, tmp_path, monkeypatch
):
    stop_servers(folder, now=True)  # another test may have had the same one started
    before = {s.process for s in list_servers(folder)}
    warm.prestart(OWN)
    until = time.monotonic() + 90
    while not (ahead := {s.process for s in list_servers(folder) if s.process} - before):
        assert time.monotonic() < until, "no server was started"
        time.sleep(0.1)
    with ChapterKernel(OWN, room=tmp_path / "warm") as kernel:
        assert {psutil.Process(kernel.pid).ppid()} == ahead
    monkeypatch.setenv("ALLRISE_KERNELS", "plain")
    with ChapterKernel(OWN, room=tmp_path / "plain") as kernel:
        assert psutil.Process(kernel.pid).ppid() == os.getpid()


@pytest.mark.slow
def test_the_outcomes_chapter_is_the_same_from_warm_and_plain_kernels(folder, tmp_path, monkeypatch):
    warm = _executed("warm", tmp_path, monkeypatch)
    assert warm == _executed("plain", tmp_path, monkeypatch)


def test_a_worker_holds_no_descriptor_and_no_thread_of_a_chapter_that_has_ended(folder, tmp_path):
    """Twelve descriptors a chapter, and a worker of a build of 250 clusters would have none left."""
    notebook = tmp_path / "a.ipynb"
    code = nbformat.v4.new_code_cell("data = ''", metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[code]), notebook)
    worker = psutil.Process()
    held = []
    for _ in range(3):
        run = run_chapter(ChapterJob("p", "a", notebook, tmp_path / "b.ipynb", {"data": "demo"}, environment=OWN))
        assert run.status == "ok", run
        held.append((worker.num_fds(), worker.num_threads()))
    assert held[2] == held[0]
