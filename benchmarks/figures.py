"""Every figure drawn and encoded, as chapters do it, against a plain seaborn line with its bootstrap.

``python benchmarks/figures.py [--quick] [--json FILE]``. All chapters run in one warm process over the demo data, with the
drawing of figures timed; statistics are computed before, in the chapter. The kit draws each figure twice (for a page and for
a phone) and writes both into one SVG. Kinds are by the figure's function.
"""

from __future__ import annotations

import io
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import measure
from benches import BENCHES
from measure import Options, Record

BENCH = BENCHES["figures"]

Timed = list[tuple[str, float]]


def timed(found: Timed) -> None:
    """Have the drawing of every figure from now on timed."""
    from allrise.figures import drawing

    original = drawing.drawn

    def drawn(name: str, draw: Callable[[Any], None], **words: Any) -> tuple[str, float, float]:
        begun = time.perf_counter()
        made = original(name, draw, **words)
        found.append((f"{draw.__module__.rpartition('.')[2]}.{draw.__qualname__.partition('.')[0]}",
                      time.perf_counter() - begun))  # fmt: skip
        return made

    drawing.drawn = drawn


def require_some(found: Timed) -> None:
    """Refuse to go on when no figure was timed: figures are drawn in another way now."""
    if not found:
        raise RuntimeError("no figure was drawn through allrise.figures.drawing.drawn")


def all_figures(notebooks: list[Path], system: list[Path], clusters: int) -> tuple[Timed, float]:
    """Run chapters for the demo's clusters and return every figure's seconds, and those of the cells altogether."""
    from allrise.data.store import open_store
    from warm_shell import Shell

    shell = Shell()
    found: Timed = []
    timed(found)
    ids = [str(i) for i in open_store("demo").table("clusters")["cluster_id"]]
    cells = 0.0
    for number, cluster_id in enumerate((ids[0], *ids[:clusters])):
        if number == 1:  # the first has filled caches
            found.clear()
            cells = 0.0
        cells += sum(shell.run(n, {"data": "demo", "cluster_id": cluster_id}) for n in notebooks)
    cells += sum(shell.run(n, {"data": "demo"}) for n in system)
    require_some(found)
    return found, cells


def plain(times: int) -> list[float]:
    """Draw a cluster's trend as most notebooks would: seaborn's line with its bootstrap, saved as SVG."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt
    import seaborn as sns

    from allrise.data.store import open_store

    outcomes = open_store("demo").table("outcomes")
    rows = outcomes[(outcomes["pupil_group"] == "all") & outcomes["value"].notna()]
    taken = []
    for _ in range(times + 1):
        begun = time.perf_counter()
        figure, axes = plt.subplots(figsize=(8, 4.5))
        sns.lineplot(rows, x="time_period", y="value", hue="cluster_id", ax=axes)
        axes.set_title("Reading, by cluster")
        figure.savefig(io.BytesIO(), format="svg", bbox_inches="tight")
        plt.close(figure)
        taken.append(time.perf_counter() - begun)
    return taken[1:]


def work(record: Record, given: Options) -> int | None:
    from allrise import paths

    notebooks = sorted((paths.notebooks() / "pack").glob("*.ipynb"))
    system = sorted((paths.notebooks() / "system").glob("*.ipynb"))
    if given.quick:
        notebooks, system = notebooks[:5], []
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        seaborn = pool.submit(plain, 2 if given.quick else 6).result()
        found, cells = pool.submit(all_figures, notebooks, system, 1 if given.quick else 6).result()
    kinds: dict[str, list[float]] = {}
    for name, seconds in found:
        kinds.setdefault(name, []).append(1000 * seconds)
    milliseconds = [1000 * s for s in seaborn]
    name = "seaborn line with bootstrap"
    record.reading("figure", "a figure, all of them", [1000 * s for _, s in found], "ms", against=(name, milliseconds))
    medians = [statistics.median(v) for v in kinds.values()]
    record.reading("figure_kind", "a kind of figure (median of each kind)", medians, "ms", against=(name, milliseconds))
    drawn = sum(s for _, s in found)
    record.reading("figure_share", "figures' share of the cells' time", 100 * drawn / cells, "%")
    for kind, values in sorted(kinds.items(), key=lambda k: -statistics.median(k[1])):
        record.reading(f"kind {kind}", kind, values, "ms")
    record.note(f"{len(found)} figures of {len(kinds)} kinds, each drawn for two widths into one SVG.")
    return None


if __name__ == "__main__":
    sys.exit(measure.main(BENCH, work))
