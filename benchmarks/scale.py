"""A system of New Zealand's size built whole, with everything that could grow watched; a larger one projected, and part-built.

``python benchmarks/scale.py [--quick] [--clusters N] [--partly N] [--of N] [--json FILE]``. 250 clusters with nine chapters each
are 2,250 chapters in one build: the endurance run. Every few seconds processes, open files, temporary files and memory (RSS,
and PSS, which shares out what is shared) of the builder, its workers and the server of warm kernels are read. Afterwards
nothing may be left. From its pace 2,000 clusters (England's trusts and authorities) are projected, and ``--partly`` of a
system of that many are really built.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

import data_sets
import measure
from benches import BENCHES
from commands import Surroundings, allrise
from measure import Options, Record

BENCH = BENCHES["scale"]


Built = tuple[float, dict[str, Any], list[dict[str, float]]]


class Watch(threading.Thread):
    """Reads what a build holds, every few seconds, until it is told to stop."""

    def __init__(self, surroundings: Surroundings, out: Path, every: float) -> None:
        super().__init__(daemon=True)
        self.rows: list[dict[str, float]] = []
        self._surroundings, self._out, self._every = surroundings, out, every
        self._ended = threading.Event()
        self._begun = time.monotonic()

    def run(self) -> None:
        while not self._ended.wait(self._every):
            with contextlib.suppress(Exception):  # a process that ends meanwhile
                self.rows.append(self._look())

    def stop(self) -> None:
        self._ended.set()
        self.join(30)

    def _look(self) -> dict[str, float]:
        row: dict[str, float] = {"seconds": round(time.monotonic() - self._begun, 1)}
        total = files = 0
        kinds: dict[str, float] = {}
        for process in self._surroundings.running():
            with contextlib.suppress(psutil.Error):
                kind = _kind(process)
                memory = process.memory_full_info()
                kinds[f"{kind}_rss_mb"] = kinds.get(f"{kind}_rss_mb", 0.0) + memory.rss / 2**20
                kinds[f"{kind}_pss_mb"] = kinds.get(f"{kind}_pss_mb", 0.0) + getattr(memory, "pss", memory.rss) / 2**20
                total += 1
                files += process.num_fds() if kind != "kernel" else 0
        temporary = sum(len(f) for _, _, f in os.walk(self._surroundings.temporary))
        packs = sum(1 for _ in self._out.glob("[!._]*/manifest.json"))
        return row | {k: round(v, 1) for k, v in kinds.items()} | {
            "processes": total, "open_files": files, "temporary_files": temporary, "packs": packs,
        }  # fmt: skip


def _kind(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    if "allrise.packs.worker" in line:
        return "workers"
    if "allrise.kernels.server" in line:
        # Its forks have its command line until they are kernels, and after.
        parent = process.parent()
        return "kernel" if parent is not None and "allrise.kernels.server" in " ".join(parent.cmdline()) else "server"
    return "builder" if "packs build" in line else "kernel"


def growth(rows: list[dict[str, float]], key: str) -> tuple[list[float], list[float]] | None:
    """Return a measure's values in the second and in the last quarter of the run."""
    values = [r[key] for r in rows if key in r]
    if len(values) < 8:
        return None
    quarter = len(values) // 4
    return values[quarter : 2 * quarter], values[-quarter:]


def _build(surroundings: Surroundings, data: Path, out: Path, clusters: list[str], every: float, limit: float) -> Built:
    """Build; return seconds, the command's own record, and what was watched."""
    command = allrise("packs", "build", str(data), "--out", str(out), "--json")
    for cluster_id in clusters:
        command += ["--cluster", cluster_id]
    told = surroundings.folder / "told.json"
    watch = Watch(surroundings, out, every)
    watch.start()
    try:
        with told.open("w", encoding="utf-8") as file:
            taken = surroundings.seconds(command, limit=limit, codes=(0, 1), stdout=file)
    finally:
        watch.stop()
    return taken, json.loads(told.read_text(encoding="utf-8")), watch.rows


def _thin(rows: list[dict[str, float]], most: int = 100) -> list[dict[str, float]]:
    step = max(1, -(-len(rows) // most))
    return rows[::step]


_WATCHED = {
    "builder_rss_mb": "memory of the builder", "workers_rss_mb": "memory of its workers", "server_pss_mb": "memory of the kernel server",
    "open_files": "open files of all of them", "processes": "processes", "temporary_files": "temporary files",
}  # fmt: skip


def work(record: Record, given: Options) -> int | None:
    from allrise.data.store import open_store

    os.environ["ALLRISE_CACHE"] = str(data_sets.cache_folder() / "prepared")
    clusters = given.clusters or (2 if given.quick else 250)
    of = 100 if given.quick else given.of
    data = data_sets.demo(10 if given.quick else max(clusters, 10))
    ids = [str(i) for i in open_store(data).table("clusters")["cluster_id"]]
    with Surroundings() as surroundings:
        out = surroundings.folder / "packs"
        taken, told, rows = _build(surroundings, data, out, ids[:clusters], 1.0 if given.quick else 5.0, 5400)
        chapters = sum(len(p["chapters"]) for p in told["packs"])
        failed = [c for p in told["packs"] for c in p["chapters"] if c["status"] != "ok"]
        record.details("over_time", _thin(rows))
        record.reading("scale", f"{clusters} packs, {chapters} chapters", taken / 60, "min")
        pace = [60 * r["packs"] / r["seconds"] for r in rows[len(rows) // 4 :] if r["seconds"] and r["packs"]]
        if pace:
            record.reading("scale_pace", "packs a minute", pace, "packs")
        record.reading("scale_failed", "chapters that failed", len(failed), "chapters")
        record.details("failed", [{"name": c["name"], "error": c["error"]} for c in failed[:5]])
        for key, what in _WATCHED.items():
            if (found := growth(rows, key)) is not None:
                unit = "MB" if key.endswith("_mb") else ""
                record.reading(f"scale_{key}", f"{what}, last quarter", found[1], unit,
                               against=("second quarter", found[0]), faster=False)  # fmt: skip
        partly = given.partly if given.partly is not None else (1 if given.quick else 10)
        record.reading("scale_projected", f"{of:,} packs, projected from this pace", taken * of / clusters / 3600, "h")
        if partly:
            large = data_sets.demo(of)
            some = [str(i) for i in open_store(large).table("clusters")["cluster_id"]]
            some = some[:: max(1, len(some) // partly)][:partly]
            first = _build(surroundings, large, out / "first", some[:1], 60, 1800)[0]  # what is computed once a system
            part, part_told, _ = _build(surroundings, large, out / "partly", some, 60, 3600)
            record.reading("scale_partly", f"{len(some)} packs of a system of {of:,}, seconds a pack", part / len(some), "s",
                           against=(f"in the system of {len(ids)}", taken / clusters), faster=False)  # fmt: skip
            record.details("partly", {"first_pack_seconds": round(first, 1), "counts": part_told["counts"]})
        surroundings.stop_servers()
        time.sleep(1)
        processes = len(surroundings.running())
        files = [str(Path(f).name) for _, _, names in os.walk(surroundings.temporary) for f in names]
        sockets = [p.name for p in surroundings.sockets.iterdir()]
        record.reading(
            "scale_left", "processes, temporary files and sockets left", processes + len(files) + len(sockets), ""
        )
        record.details("left", {"processes": processes, "files": files[:10], "sockets": sockets[:10]})
    return int(bool(processes or files or sockets or failed))


def options(parser: measure.argparse.ArgumentParser) -> None:
    parser.add_argument("--clusters", type=int, help="build this many [default: 250]")
    parser.add_argument("--partly", type=int, help="of the larger system, really build this many [default: 10]")
    parser.add_argument("--of", type=int, default=2000, help="size of the larger system [default: 2000]")


if __name__ == "__main__":
    sys.exit(measure.main(BENCH, work, add=options))
