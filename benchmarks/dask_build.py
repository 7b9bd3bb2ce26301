"""A build over a local Dask cluster against a local build, and over one whose worker is killed on the way.

``python benchmarks/dask_build.py [--quick] [--json FILE]``. Both build the demo's packs from nothing with two jobs, in turns,
on warm kernels' servers of their own. Then once more, and in the middle one of the two Dask workers is killed: the nanny
starts another, and the build must end as if nothing had happened, each pack with every chapter once.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

import measure
from benches import BENCHES
from commands import Surroundings, allrise
from measure import Options, Record

BENCH = BENCHES["dask_build"]
JOBS = 2


def _build(surroundings: Surroundings, out: Path, chapters: list[str], clusters: list[str], address: str = "") -> float:
    shutil.rmtree(out, ignore_errors=True)
    command = allrise("packs", "build", "demo", "--out", str(out), "--json", "--jobs", str(JOBS))
    command += [w for c in chapters for w in ("--chapter", c)] + [w for c in clusters for w in ("--cluster", c)]
    if address:
        command += ["--scheduler", address]
    return surroundings.seconds(command, limit=900)


class _Cluster:
    """A scheduler and two workers with nannies, as `dask` starts them."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        where = surroundings.folder / "scheduler.json"
        program = [sys.executable, "-m", "dask"]
        self.processes = [
            surroundings.start(
                [
                    *program,
                    "scheduler",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    "0",
                    "--no-dashboard",
                    "--scheduler-file",
                    str(where),
                ]
            )
        ]
        until = time.monotonic() + 60
        while not where.exists() or not where.read_text():
            if time.monotonic() > until:
                raise TimeoutError("the scheduler did not start within 60 s")
            time.sleep(0.1)
        self.address: str = json.loads(where.read_text())["address"]
        self.processes.append(
            surroundings.start(
                [*program, "worker", self.address, "--nworkers", str(JOBS), "--nthreads", "1", "--no-dashboard",
                 "--local-directory", str(surroundings.temporary)]
            )
        )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        from distributed import Client

        with Client(self.address, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(JOBS, timeout=60)

    def workers(self) -> list[psutil.Process]:
        """Return the processes that run tasks: children of the nannies."""
        found = []
        for process in psutil.Process(self.processes[1].pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.cmdline())
                if "allrise.packs" not in line and "resource_tracker" not in line and "allrise.kernels" not in line:
                    found.append(process)
        return found

    def end(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            with contextlib.suppress(Exception):
                process.wait(15)


def _kill_soon(cluster: _Cluster, out: Path, told: dict[str, Any]) -> None:
    """Kill a worker once a pack is finished, so that there are results, and tasks on their way."""
    until = time.monotonic() + 600
    while not list(out.glob("*/manifest.json")):
        if time.monotonic() > until:
            return
        time.sleep(0.05)
    for process in cluster.workers():
        with contextlib.suppress(psutil.Error):
            process.kill()
            told["killed"] = process.pid
            return


def work(record: Record, given: Options) -> int | None:
    chapters = (
        ["05_network", "06_accountability"]
        if given.quick
        else ["01_overview", "02_outcomes", "03_factors", "05_network"]
    )
    clusters = [f"C00{n}" for n in range(1, 4 if given.quick else 7)]
    with Surroundings() as surroundings:
        out = surroundings.folder / "packs"
        _build(surroundings, out, chapters[:1], clusters[:1])  # the server of warm kernels
        cluster = _Cluster(surroundings)
        try:
            _build(surroundings, out, chapters[:1], clusters[:1], cluster.address)
            local: list[float] = []
            dask: list[float] = []
            for _ in range(1 if given.quick else 3):
                local.append(_build(surroundings, out, chapters, clusters))
                dask.append(_build(surroundings, out, chapters, clusters, cluster.address))
                record.reading(
                    "dask", f"{len(clusters)} packs of {len(chapters)} chapters over Dask", dask, "s",
                    against=("locally", local), faster=False, paired=True,
                )  # fmt: skip
            told: dict[str, Any] = {}
            killer = threading.Thread(target=_kill_soon, args=(cluster, out, told))
            shutil.rmtree(out, ignore_errors=True)
            killer.start()
            with_a_death = _build(surroundings, out, chapters, clusters, cluster.address)
            killer.join()
        finally:
            cluster.end()
        lost, doubled = _faults(out, chapters, clusters)
        record.reading("dask_killed", "the same with a worker killed in the middle", with_a_death, "s",
                       against=("without", dask), faster=False)  # fmt: skip
        record.reading("dask_lost", "chapters lost or doubled after the death", lost + doubled, "chapters")
        if "killed" not in told:
            record.note("no worker was killed: the build was over before")
    if surroundings.left:
        record.note(f"left running, and ended: {len(surroundings.left)} processes")
    return int(bool(lost or doubled or surroundings.left or "killed" not in told))


def _faults(out: Path, chapters: list[str], clusters: list[str]) -> tuple[int, int]:
    lost = doubled = 0
    for cluster in clusters:
        path = out / cluster / "manifest.json"
        if not path.exists():
            lost += len(chapters)
            continue
        manifest = json.loads(path.read_text(encoding="utf-8"))
        there = Counter(c["name"] for c in manifest["chapters"] if c["status"] == "ok")
        lost += sum(there[c] == 0 for c in chapters)
        doubled += sum(n - 1 for n in there.values())
    return lost, doubled


if __name__ == "__main__":
    sys.exit(measure.main(BENCH, work))
