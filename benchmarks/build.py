"""A full build against the ways to do it without the kit, on the same notebooks and data.

``python benchmarks/build.py [--quick] [--clusters N] [--json FILE]``. Measured, one after the other, on this machine:

- the kit's ``packs build``, all nine chapters of all clusters, from nothing: no server of warm kernels, no pack;
- a loop of the commands ``papermill`` and ``jupyter nbconvert``, for all chapters of one cluster, scaled;
- the best plain set-up: the Python interfaces of both in a pool of two processes, each with one exporter, for some
  clusters, scaled without its start, which is added once;
- the limit: the cells' own time, run in one process in which everything is imported and drawn once, for some clusters,
  scaled, divided by the cores.

The data are prepared before. What is scaled is said.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import data_sets
import measure
from benches import BENCHES
from commands import Surroundings, allrise
from measure import Options, Record
from warm_shell import in_a_process

BENCH = BENCHES["build"]

_exporter = None


def _imports() -> float:
    """Get a process of the plain pool ready; return how long its imports took."""
    global _exporter  # noqa: PLW0603 - a worker's own
    begun = time.perf_counter()
    import nbformat  # noqa: F401
    import papermill  # noqa: F401
    from nbconvert import HTMLExporter

    _exporter = HTMLExporter()
    return time.perf_counter() - begun


def plain_chapter(notebook: str, folder: str, data: str, cluster_id: str) -> float:
    """Run and render one notebook as a careful user of papermill and nbconvert would; return its seconds."""
    import papermill

    begun = time.perf_counter()
    done = Path(folder) / f"{cluster_id}-{Path(notebook).name}"
    executed = papermill.execute_notebook(
        notebook,
        str(done),
        parameters={"data": data, "cluster_id": cluster_id},
        progress_bar=False,
        kernel_name="python3",
        cwd=folder,
    )
    assert _exporter is not None
    page, _ = _exporter.from_notebook_node(executed)
    done.with_suffix(".html").write_text(page, encoding="utf-8")
    return time.perf_counter() - begun


def _plain_pool(
    record: Record, surroundings: Surroundings, notebooks: list[Path], data: str, ids: list[str], cores: int
) -> tuple[float, float]:
    """Return seconds a notebook (of the whole pool), and of the start."""
    os.environ.update({k: v for k, v in surroundings.environment.items() if os.environ.get(k) != v})
    tasks = [(str(n), str(surroundings.temporary), data, c) for c in ids for n in notebooks]
    with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as pool:
        begun = time.perf_counter()
        list(pool.map(_ready, range(cores)))
        start = time.perf_counter() - begun
        begun = time.perf_counter()
        each = [f.result() for f in [pool.submit(plain_chapter, *t) for t in tasks]]
        wall = time.perf_counter() - begun
    record.details("plain_pool_seconds", [round(s, 3) for s in each])
    return wall / len(tasks), start


def _ready(_: int) -> float:
    time.sleep(0.2)  # so that each process of the pool takes one
    return _imports() if _exporter is None else 0.0


def _commands(surroundings: Surroundings, notebook: Path, data: str, cluster_id: str) -> float:
    """Run the two commands on one notebook; return their seconds."""
    done = surroundings.temporary / f"loop-{notebook.name}"
    taken = surroundings.seconds(
        [sys.executable, "-m", "papermill", "-k", "python3", str(notebook), str(done), "-p", "data", data, "-p",
         "cluster_id", cluster_id],
        limit=300, cwd=surroundings.temporary,
    )  # fmt: skip
    return taken + surroundings.seconds(
        [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", str(done)],
        limit=300,
        cwd=surroundings.temporary,
    )


def work(record: Record, given: Options) -> int | None:
    from allrise import paths
    from allrise.data.store import open_store

    clusters = given.clusters or (1 if given.quick else 20)
    cache = data_sets.cache_folder() / "prepared"
    os.environ["ALLRISE_CACHE"] = str(cache)
    folder = data_sets.demo(20)
    ids = list(open_store(folder).table("clusters")["cluster_id"])[:clusters]
    data = str(folder)
    notebooks = sorted((paths.notebooks() / "pack").glob("*.ipynb"))
    jobs = len(notebooks) * clusters
    cores = record.content["machine"]["cores"]
    with Surroundings(ALLRISE_CACHE=str(cache)) as surroundings:
        out = surroundings.folder / "packs"
        command = allrise("packs", "build", data, "--out", str(out), "--jobs", str(cores), "--json")
        for cluster_id in ids:
            command += ["--cluster", cluster_id]
        ours = surroundings.seconds(command, limit=1800)
        surroundings.stop_servers()
        record.details("chapter_seconds", _chapters(out))
        record.reading("build", f"{len(ids)} packs of {len(notebooks)} chapters, packs build", ours, "s")
        cells = in_a_process(notebooks, data, ids[: 1 if given.quick else 4])
        limit = sum(cells) / len(cells) * jobs / cores
        record.details("cell_seconds", [round(s, 3) for s in cells])
        record.reading(
            "build_limit", "the build, against the limit", ours, "s",
            against=(f"cells alone on {cores} cores (from {len(cells)} chapters)", limit), faster=False,
        )  # fmt: skip
        few = notebooks[:3] if given.quick else notebooks
        each, start = _plain_pool(record, surroundings, few, data, ids[: 1 if given.quick else 2], cores)
        record.reading(
            "build_pool", "the build, against the best plain set-up", ours, "s",
            against=(f"papermill and nbconvert, pool of {cores}", start + each * jobs),
        )  # fmt: skip
        few = notebooks[1:3] if given.quick else notebooks
        loop = [_commands(surroundings, n, data, ids[0]) for n in few]
        record.details("loop_seconds", dict(zip([n.stem for n in few], [round(s, 2) for s in loop], strict=True)))
        record.reading(
            "build_commands", "the build, against a loop of commands", ours, "s",
            against=("commands papermill, jupyter nbconvert", sum(loop) / len(loop) * jobs),
        )  # fmt: skip
    record.note(
        f"The loop of commands ran {len(loop)} notebooks and the pool {len(few) * (1 if given.quick else 2)}; both are scaled to "
        f"{jobs}. The build is one run of all {jobs}, started cold, with pages, tables and manifests."
    )
    if surroundings.left:
        record.note(f"left running, and ended: {len(surroundings.left)} processes")
        return 1
    return None


def _chapters(out: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for path in sorted(out.glob("*/manifest.json")):
        for chapter in json.loads(path.read_text(encoding="utf-8"))["chapters"]:
            found.setdefault(chapter["name"], []).append(chapter["seconds"])
    return found


def options(parser: measure.argparse.ArgumentParser) -> None:
    parser.add_argument("--clusters", type=int, help="build this many clusters of the twenty")


if __name__ == "__main__":
    sys.exit(measure.main(BENCH, work, add=options))
