"""Time of every hand-out of a pack, beside the time of drawing its figures and of its chapters as a whole.

``python benchmarks/handouts.py [PACK_FOLDER] [--quick] [--repeat N] [--json FILE]``, for example ``packs/C005``.

Two comparisons, because they say different things. Drawing its figures: the same pack's figures drawn in a fresh, warmed-up
process, statistics and texts left out, as ``benchmarks/figures.py`` times them, once cold and once again. Its chapters: what
the build took for all of them, each in its kernel.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import measure
from allrise.packs.extract import read_blocks
from allrise.packs.formats import FORMATS, writer
from allrise.packs.model import ExecutedChapter, ExecutedPack, PackSubject
from benches import BENCHES
from commands import Surroundings, allrise
from measure import Options, Record


def executed(folder: Path) -> ExecutedPack:
    """Read a pack back from its folder, as a build that keeps all chapters does."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    pack = manifest["pack"]
    chapters = tuple(
        ExecutedChapter(
            c["name"], c["status"], c["seconds"], blocks=read_blocks(folder / "chapters" / f"{c['name']}.ipynb")[0]
        )
        for c in manifest["chapters"]
    )
    return ExecutedPack(
        subject=PackSubject(pack["cluster_id"], pack["name"], pack["country"], pack["region"], pack["kind"]),
        folder=pack["folder"],
        audience=pack["audience"],
        period=pack["period"],
        parameters=manifest["parameters"],
        chapters=chapters,
        versions=manifest["versions"],
        generated=manifest["finished"],
    )


def seconds(work: object, pack: ExecutedPack, repeat: int) -> dict[str, float]:
    """Return the first time, with its imports, and the best of the others."""
    times: list[float] = []
    for _ in range(repeat + 1):
        start = time.perf_counter()
        work(pack)  # type: ignore[operator]
        times.append(time.perf_counter() - start)
    return {"first": round(times[0], 3), "then": round(min(times[1:]), 3)}


def drawn(notebooks: list[Path], cluster_id: str, times: int) -> list[float]:
    """Run a cluster's chapters several times in this process and return what drawing their figures took each time."""
    from figures import require_some, timed
    from warm_shell import Shell

    shell, found = Shell(), []
    timed(found)
    sums: list[float] = []
    for _ in range(times):
        found.clear()
        for notebook in notebooks:
            shell.run(notebook, {"data": "demo", "cluster_id": cluster_id})
        require_some(found)
        sums.append(sum(seconds for _, seconds in found))
    return sums


def of_figures(pack: ExecutedPack, repeat: int) -> dict[str, float]:
    """Return what drawing a demo pack's figures takes in a process of its own: the first time, and the best of the others."""
    from allrise import paths

    notebooks = [paths.notebooks() / "pack" / f"{c.name}.ipynb" for c in pack.chapters]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        taken = pool.submit(drawn, notebooks, pack.subject.cluster_id, repeat + 1).result()
    return {"first": round(taken[0], 3), "then": round(min(taken[1:]), 3)}


def work(record: Record, given: Options) -> int | None:
    repeat = 1 if given.quick else given.repeat
    with Surroundings() as surroundings:
        folder = given.folder
        if folder is None:
            out = surroundings.folder / "packs"
            chapters = ["--chapter", "02_outcomes"] if given.quick else []
            surroundings.seconds(
                allrise("packs", "build", "demo", "--cluster", "C005", "--out", str(out), *chapters), limit=600
            )
            folder = out / "C005"
        pack = executed(folder)
        chapters_seconds = sum(c.seconds for c in pack.chapters)
        formats = {}
        for name, kind in FORMATS.items():
            if kind.writer and name != "html":
                formats[name] = seconds(writer(name), pack, repeat)
                record.reading(f"handout_{name}", f"{name}, after its first time", formats[name]["then"], "s")
        record.details("formats", formats)
        first, then = (sum(f[key] for f in formats.values()) for key in ("first", "then"))
        if given.folder is None:
            taken = of_figures(pack, repeat)
            record.details("figures", taken)
            record.reading(
                "handouts_beside_figures", "all hand-outs of a pack, after their first time", then, "s",
                against=("drawing its figures, after their first time", taken["then"]), faster=False,
            )  # fmt: skip
            record.reading(
                "handouts_beside_first_figures", "all hand-outs of a pack, first time, with imports", first, "s",
                against=("drawing its figures, first time", taken["first"]), faster=False,
            )  # fmt: skip
        record.reading(
            "handouts", "all hand-outs of a pack, first time, with imports", first, "s",
            against=("its chapters", chapters_seconds), faster=False,
        )  # fmt: skip
        figures = sum(b.kind == "figure" for c in pack.chapters for b in c.blocks)
        record.note(f"A pack with {len(pack.chapters)} chapters and {figures} figures.")
    return None


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, nargs="?", help="a pack's folder [default: one of the demo's, built first]"
    )
    parser.add_argument("--repeat", type=int, default=2)


if __name__ == "__main__":
    sys.exit(measure.main(BENCHES["handouts"], work, add=options))
