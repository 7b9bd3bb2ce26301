"""Building again: with nothing changed, and with one school's number changed.

``python benchmarks/again.py [--quick] [--json FILE]``. With nothing changed a build still compares every pack: it hashes the
library, the data and every file of every pack. Milliseconds a pack are those of a whole build in a process that has done one
before, planning and the page that lists the packs included, divided by the packs; the command with its start is given beside
it. The alternative is to build everything again.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import data_sets
import measure
from benches import BENCHES
from commands import Failed, Surroundings, allrise
from measure import Options, Record

BENCH = BENCHES["again"]


def _build(
    surroundings: Surroundings, data: Path, out: Path, ids: list[str], chapters: list[str]
) -> tuple[float, dict]:
    """Build; return seconds, and the command's own record."""
    command = allrise("packs", "build", str(data), "--out", str(out), "--json")
    for cluster_id in ids:
        command += ["--cluster", cluster_id]
    for chapter in chapters:
        command += ["--chapter", chapter]
    told = surroundings.folder / "told.json"
    with told.open("w", encoding="utf-8") as file:
        seconds = surroundings.seconds(command, limit=1200, stdout=file)
    return seconds, json.loads(told.read_text(encoding="utf-8"))


def unchanged(data: str, out: str, ids: list[str], chapters: list[str], repeats: int) -> list[float]:
    """Build again in this process; return the seconds of each time but the first."""
    from allrise.packs.build import build
    from allrise.packs.plan import BuildOptions

    times = []
    for _ in range(repeats + 1):
        begun = time.perf_counter()
        result = build(BuildOptions(data=data, out=Path(out), clusters=tuple(ids), chapters=tuple(chapters)))
        times.append(time.perf_counter() - begun)
        if result.count("unchanged") != len(ids):
            raise Failed(f"with nothing changed: {result.to_json()['counts']}")
    return times[1:]


def _change_a_number(folder: Path) -> str:
    """Raise one school's value in the latest year by one; return the school's id."""
    path = folder / "outcomes.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    latest = max(r["time_period"] for r in rows)
    for row in rows:
        if (
            row["time_period"] == latest
            and row["pupil_group"] == "all"
            and row["value"]
            and 20 < float(row["value"]) < 80
        ):
            row["value"] = str(round(float(row["value"]) + 1, 1))
            row["lower"] = row["upper"] = ""
            break
    else:
        raise Failed("no value to change")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return row["school_id"]


def _clusters_of(folder: Path, school_id: str) -> set[str]:
    with (folder / "memberships.csv").open(encoding="utf-8", newline="") as file:
        return {r["cluster_id"] for r in csv.DictReader(file) if r["school_id"] == school_id}


def work(record: Record, given: Options) -> int | None:
    from allrise.data.store import open_store

    clusters = 3 if given.quick else 20
    chapters = ["02_outcomes"] if given.quick else ["01_overview", "02_outcomes", "05_network"]
    os.environ["ALLRISE_CACHE"] = str(data_sets.cache_folder() / "prepared")
    with Surroundings() as surroundings:
        folder = surroundings.folder / "data"
        shutil.copytree(data_sets.demo(20), folder)
        with (folder / "clusters.csv").open(encoding="utf-8", newline="") as file:
            ids = [r["cluster_id"] for r in csv.DictReader(file)][:clusters]
        out = surroundings.folder / "packs"
        first, told = _build(surroundings, folder, out, ids, chapters)
        if not told["ok"]:
            raise Failed(f"the first build: {told['counts']}")
        repeats = 3 if given.quick else 9
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            times = pool.submit(unchanged, str(folder), str(out), ids, chapters, repeats).result()
        record.reading(
            "again_pack", "a pack that is unchanged", [1000 * t / clusters for t in times], "ms",
            against=("built anew", 1000 * first / clusters),
        )  # fmt: skip
        whole = [_build(surroundings, folder, out, ids, chapters)[0] for _ in range(1 if given.quick else 3)]
        record.reading(
            "again_all", f"{clusters} packs, nothing changed, whole command", whole, "s", against=("built anew", first)
        )
        school = _change_a_number(folder)
        own = _clusters_of(folder, school)
        open_store(folder)  # prepared before: it is not what is measured
        taken, told = _build(surroundings, folder, out, ids, chapters)
        built = {p["cluster_id"] for p in told["packs"] if p["status"] != "unchanged"}
        record.reading("again_changed", f"one school's number changed: packs built of {clusters}", len(built), "packs")
        record.reading("again_changed_s", "one school's number changed: the whole command", taken, "s",
                       against=("built anew", first))  # fmt: skip
        record.details("changed", {"own": len(own & built), "others": len(built - own), "reasons": _reasons(told)})
        record.note(
            f"The school is in {len(own)} cluster; {len(built - own)} packs of other clusters were built, because what they are "
            "compared with changed at the precision that packs show."
        )
    return 0 if own & set(ids) <= built else 1


def _reasons(told: dict) -> dict[str, int]:
    found: dict[str, int] = {}
    for pack in told["packs"]:
        for reason in pack["reasons"]:
            found[reason] = found.get(reason, 0) + 1
    return found


if __name__ == "__main__":
    sys.exit(measure.main(BENCH, work))
