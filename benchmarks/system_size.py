"""One pack in a system of 10,000 clusters against the same pack in one of 10.

``python benchmarks/system_size.py [--quick] [--json FILE]``. The cluster and its rows are the same in both; the others are
copies. Both systems are prepared before; each is built once before, so that kernels are warm and what is computed once a
system (the reference that every cluster is compared with) is there where the kit keeps it. Then in turns.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import data_sets
import measure
from benches import BENCHES
from commands import Failed, Surroundings, allrise
from measure import Options, Record

BENCH = BENCHES["system_size"]


def _pack(surroundings: Surroundings, data: Path, out: Path, chapters: list[str]) -> tuple[float, dict[str, float]]:
    command = allrise("packs", "build", str(data), "--out", str(out), "--cluster", "C001", "--force", "--json")
    for chapter in chapters:
        command += ["--chapter", chapter]
    told = surroundings.folder / "told.json"
    with told.open("w", encoding="utf-8") as file:
        taken = surroundings.seconds(command, limit=1200, codes=(0, 1), stdout=file)
    (pack,) = json.loads(told.read_text(encoding="utf-8"))["packs"]
    if pack["status"] != "built":
        raise Failed(f"the pack is {pack['status']}: {json.dumps(pack)[:400]}")
    return taken, {c["name"]: c["seconds"] for c in pack["chapters"]}


def work(record: Record, given: Options) -> int | None:
    from allrise.data.store import open_store

    os.environ["ALLRISE_CACHE"] = str(data_sets.cache_folder() / "prepared")
    many = 200 if given.quick else 10_000
    small, large = data_sets.wide(10), data_sets.wide(many)
    open_store(small)
    open_store(large)
    chapters = ["02_outcomes"] if given.quick else []
    few: list[float] = []
    lots: list[float] = []
    by_chapter: dict[str, dict[str, list[float]]] = {}
    with Surroundings() as surroundings:
        outs = [surroundings.folder / "few", surroundings.folder / "many"]
        first = _pack(surroundings, small, outs[0], chapters)[0], _pack(surroundings, large, outs[1], chapters)[0]
        record.details("first_seconds", {"10": first[0], str(many): first[1]})
        for _ in range(2 if given.quick else 4):
            for data, out, taken, name in ((small, outs[0], few, "10"), (large, outs[1], lots, str(many))):
                seconds, each = _pack(surroundings, data, out, chapters)
                taken.append(seconds)
                for chapter, s in each.items():
                    by_chapter.setdefault(chapter, {}).setdefault(name, []).append(s)
            record.reading(
                "system_size", f"a pack among {many:,} clusters, whole command", lots, "s",
                against=("the same pack among 10", few), faster=False, paired=True,
            )  # fmt: skip
        for chapter, found in sorted(by_chapter.items()):
            record.reading(
                f"system_size {chapter}", chapter, found[str(many)], "s", against=("among 10", found["10"]),
                faster=False, paired=True,
            )  # fmt: skip
    record.note(
        f"The first pack of a system took {first[0]:.1f} s among 10 clusters and {first[1]:.1f} s among {many:,}."
    )
    return None


if __name__ == "__main__":
    sys.exit(measure.main(BENCH, work))
