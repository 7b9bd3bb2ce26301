"""Preparing 5.9 million rows for chapters, against duckdb alone, which checks nothing and knows no cluster.

``python benchmarks/prepare.py [--quick] [--json FILE]``. Both start in a process of their own, in turns, with the files in
the system's cache. The kit's screens every table by all rules, and writes tables sorted by cluster, twice where rows belong to
several; duckdb reads every CSV and writes it, sorted, as Parquet. Memory is the most that the process had.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import data_sets
import measure
from benches import BENCHES
from commands import Failed
from measure import Options, Record

BENCH = BENCHES["prepare"]


def kit(folder: str, cache: str) -> None:
    from allrise.data.store import open_store

    open_store(folder, cache=Path(cache))


def bare(folder: str, out: str) -> None:
    import duckdb

    with duckdb.connect(config={"threads": min(4, os.cpu_count() or 1)}) as con:
        for path in sorted(Path(folder).glob("*.csv")):
            names = [c[0] for c in con.sql(f"SELECT * FROM read_csv('{path}') LIMIT 0").description]
            first = next((c for c in ("cluster_id", "school_id", "from_id", "reviewer_id") if c in names), names[0])
            con.execute(
                f"COPY (SELECT * FROM read_csv('{path}', sample_size = -1) ORDER BY {first}) "
                f"TO '{Path(out) / path.stem}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )


def _one(kind: str, folder: Path) -> tuple[float, float]:
    """Run one of the two in a process of its own; return seconds and the most MB it had."""
    place = Path(tempfile.mkdtemp(prefix="prepare-", dir=data_sets.cache_folder()))
    try:
        done = subprocess.run(
            [sys.executable, __file__, f"--{kind}", str(folder), str(place)],
            capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Failed(f"{kind}: {done.stderr.strip()[-600:]}")
        told = json.loads(done.stdout.splitlines()[-1])
        return told["seconds"], told["mb"]
    finally:
        shutil.rmtree(place, ignore_errors=True)


def work(record: Record, given: Options) -> int | None:
    folder = data_sets.wide(200 if given.quick else 10_000)
    rows = data_sets.rows(folder)
    size = sum(p.stat().st_size for p in folder.glob("*.csv")) / 1e6
    record.details("rows", rows)
    _one("bare", folder)  # files into the system's cache
    ours, theirs = [], []
    for _ in range(1 if given.quick else 3):
        ours.append(_one("kit", folder))
        theirs.append(_one("bare", folder))
        name = f"{rows / 1e6:.1f} million rows ({size:.0f} MB of CSV)"
        record.reading(
            "prepare", f"{name}, screened and prepared", [o[0] for o in ours], "s",
            against=("duckdb alone", [t[0] for t in theirs]), faster=False, paired=True,
        )  # fmt: skip
        record.reading(
            "prepare_mb", "memory, at most", [o[1] for o in ours], "MB",
            against=("duckdb alone", [t[1] for t in theirs]), faster=False, paired=True,
        )  # fmt: skip
    return None


def _child(kind: str, folder: str, place: str) -> None:
    begun = time.perf_counter()
    (kit if kind == "--kit" else bare)(folder, place)
    taken = time.perf_counter() - begun
    # not ru_maxrss: a new program inherits the most that the process which started it ever had
    status = Path("/proc/self/status").read_text("utf-8")
    most = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"seconds": taken, "mb": most}))


if __name__ == "__main__":
    if sys.argv[1:2] in (["--kit"], ["--bare"]):
        _child(*sys.argv[1:4])
        sys.exit(0)
    sys.exit(measure.main(BENCH, work))
