"""Data that benchmarks read, made once and kept: demo data of any size, and a system of many clusters.

They lie in ``ALLRISE_BENCHMARKS`` (else in the user's cache folder), and so does what the store prepares from them.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

#: Years and schools of a cluster in the wide system: of both sizes the same, so that one cluster is the same too.
_SCHOOLS = 56
_YEARS = 5
_BASE = 10
_RESPONDENTS = 10  # every tenth of the survey

#: Columns of ids and names, of which a copy of a cluster must have its own.
_IDS = {
    "clusters": ("cluster_id", "name"),
    "schools": ("school_id", "name"),
    "memberships": ("school_id", "cluster_id"),
    "outcomes": ("school_id",),
    "survey": ("response_id", "school_id", "cluster_id"),
    "commitments": ("commitment_id", "cluster_id"),
    "stages": ("cluster_id",),
    "ties": ("from_id", "to_id"),
    "reviews": ("review_id", "reviewer_id", "reviewed_id"),
}


def cache_folder() -> Path:
    """Return the folder of the benchmarks' data; it may not be there yet."""
    if chosen := os.environ.get("ALLRISE_BENCHMARKS"):
        return Path(chosen).absolute()
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root.absolute() / "allrise-benchmarks"


def demo(clusters: int) -> Path:
    """Return a folder of demo data with this many clusters, of ten schools and five years each."""
    from allrise.data.demo import generate

    return _once(f"demo-{clusters}", lambda folder: generate(folder, clusters=clusters, seed=17))


def wide(clusters: int) -> Path:
    """Return a folder whose ten first clusters are the same whatever their number: the others are copies of them.

    The demo generator would make 47 million survey answers for ten thousand clusters; here a cluster has some 590 rows, so
    that ten thousand of them have 5.9 million.
    """
    return _once(f"wide-{clusters}", lambda folder: _copies(folder, clusters))


def _once(name: str, make: Callable[[Path], object]) -> Path:
    from allrise.packs.keys import code_hash

    folder = cache_folder() / f"{name}-{code_hash(('data/demo',))[:8]}"  # another generator, other data
    if not folder.is_dir():
        for older in cache_folder().glob(f"{name}-*"):
            shutil.rmtree(older, ignore_errors=True)
        part = cache_folder() / f"{name}.{uuid.uuid4().hex[:8]}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            make(part)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def _copies(folder: Path, clusters: int) -> None:
    import duckdb

    from allrise.data.demo import generate

    base = folder.with_suffix(".base")
    try:
        generate(base, clusters=_BASE, schools=_SCHOOLS, years=_YEARS, seed=17)
        folder.mkdir()
        copies = clusters // _BASE
        with duckdb.connect() as con:
            for path in sorted(base.glob("*.csv")):
                ids = _IDS.get(path.stem)
                if ids is None or (copies == 1 and path.stem != "survey"):
                    shutil.copy(path, folder)
                    continue
                # Text as it stands: a copy of a cluster differs in its ids only.
                table = f"read_csv('{path}', all_varchar = true)"
                names = [column[0] for column in con.sql(f"SELECT * FROM {table} LIMIT 0").description]
                replaced = ", ".join(
                    f"CASE WHEN copy = 0 OR {i} IS NULL THEN {i} ELSE 'R' || copy || '-' || {i} END AS {i}"
                    for i in ids
                    if i in names
                )
                where = f"WHERE hash(response_id) % {_RESPONDENTS} = 0" if path.stem == "survey" else ""
                con.execute(
                    f"COPY (SELECT * EXCLUDE copy REPLACE ({replaced}) FROM {table} CROSS JOIN range({copies}) r(copy) {where}"
                    f") TO '{folder / path.name}' (FORMAT csv, HEADER)"
                )
        shutil.copy(base / "datapackage.json", folder)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def rows(folder: Path) -> int:
    """Return how many rows the tables of a data folder have."""
    import duckdb

    with duckdb.connect() as con:
        return sum(
            con.sql(f"SELECT count(*) FROM read_csv('{p}', all_varchar = true)").fetchall()[0][0]
            for p in folder.glob("*.csv")
        )
