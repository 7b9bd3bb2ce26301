"""Time of every hand-out of a pack, beside the time of its chapters and of drawing its figures. Prints JSON.

Usage: ``python benchmarks/handouts.py PACK_FOLDER [--repeat N]``, for example ``packs/C005``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path

from allrise.packs.extract import read_blocks
from allrise.packs.formats import FORMATS, writer
from allrise.packs.model import ExecutedChapter, ExecutedPack, PackSubject


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeat", type=int, default=2)
    options = parser.parse_args()
    pack = executed(options.folder)
    formats = {n: seconds(writer(n), pack, options.repeat) for n, f in FORMATS.items() if f.writer and n != "html"}
    handouts = sum(f["first"] for f in formats.values())
    chapters = sum(c.seconds for c in pack.chapters)
    record = {
        "pack": pack.folder,
        "chapters": len(pack.chapters),
        "figures": sum(b.kind == "figure" for c in pack.chapters for b in c.blocks),
        "formats": formats,
        "handouts_seconds": round(handouts, 3),
        "chapters_seconds": round(chapters, 3),
        "handouts_to_chapters": round(handouts / chapters, 3) if chapters else None,
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
    }
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
