"""The generator: plan, then block after block, then the descriptor; the folder appears whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from allrise.data.demo.block import NEVER, PHASES, Block, make_block
from allrise.data.demo.effects import PlantedEffects
from allrise.data.demo.outcomes import measures_table, outcomes_table
from allrise.data.demo.plan import Plan, plan
from allrise.data.demo.public import commitments_table, stages_table
from allrise.data.demo.readme import CAVEATS, DESCRIPTION, readme
from allrise.data.demo.reviews import reviews_table
from allrise.data.demo.survey import items_table, survey_tables
from allrise.data.demo.ties import ties_table
from allrise.data.demo.writing import TableFiles
from allrise.data.facts import facts
from allrise.data.package import DESCRIPTOR, About, Licence, Source, read_descriptor, write_descriptor
from allrise.data.tables import TABLES
from allrise.errors import AllriseError
from allrise.framework import FACTOR_IDS


class FolderInUse(AllriseError):
    """The folder to write is there already, or is none of the generator's."""


@dataclass(frozen=True, slots=True)
class Generated:
    """What was written: the folder, and the number of clusters, schools, and rows of each table."""

    folder: Path
    clusters: int
    schools: int
    rows: dict[str, int]


def generate(
    out: Path | str,
    *,
    clusters: int = 10,
    schools: int | None = None,
    years: int = 5,
    seed: int = 1,
    effects: PlantedEffects | None = None,
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Generated:
    """Write a synthetic data folder with known effects in it.

    The same arguments give the same bytes. Memory depends on the size of a block of 100 clusters and not on
    the number of clusters.

    Parameters
    ----------
    out
        Folder to write. Must be absent or empty unless ``force``.
    clusters, schools, years
        Size; one school in ten is in no cluster, clusters have 5-20 schools. Ten schools a cluster by default.
        The last year is 2018/19.
    seed
        0 or more.
    effects
        What to plant; `PlantedEffects()` by default. ``PlantedEffects().without("joining")`` leaves one out.
    force
        Replace a folder that holds synthetic data of this kit, and no other.
    progress
        Called with clusters done and all clusters after each block.

    Raises
    ------
    FolderInUse
        When ``out`` has something in it that may not be replaced.
    ImpossibleSize
        When the numbers do not fit together.
    """
    out = Path(out).absolute()
    _may_write(out, force=force)
    system = plan(clusters, schools, years, seed)
    planted = effects or PlantedEffects()
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        with TableFiles(part) as files:
            _write_tables(files, system, planted, progress)
            columns = {table: files.columns[table] for table in TABLES if table in files.columns}
            rows = {table: files.rows[table] for table in columns}
        _describe(part, system, planted, columns)
        _swap(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Generated(out, system.clusters, system.schools, rows)


def _may_write(out: Path, *, force: bool) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not force:
        raise FolderInUse(f"{out} is there already.", "Give another folder, or --force to replace demo data.")
    # Only what this generator made may be lost.
    if not out.is_dir() or not (out / DESCRIPTOR).exists() or not read_descriptor(out).synthetic:
        raise FolderInUse(f"{out} does not hold demo data, so it is not replaced.", "Give another folder.")


def _swap(part: Path, out: Path) -> None:
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    if out.exists():
        out.replace(old)
    part.replace(out)
    shutil.rmtree(old, ignore_errors=True)


def _write_tables(
    files: TableFiles, system: Plan, planted: PlantedEffects, progress: Callable[[int, int], None] | None
) -> None:
    files.append("measures", measures_table())
    files.append("items", items_table())
    files.append("contexts", facts().loc[:, list(TABLES["contexts"].column_names)])
    responses = 0
    for number, span in enumerate(system.blocks()):
        block = make_block(system, number, span, planted)
        files.append("clusters", block.clusters_table)
        files.append("schools", block.schools_table)
        files.append("memberships", block.memberships_table)
        outcomes = outcomes_table(block)
        files.append("outcomes", outcomes)
        for answers, so_far in survey_tables(block, responses):
            responses = so_far
            files.append("survey", answers)
        files.append("reviews", reviews_table(block, files.rows.get("reviews", 0)))
        files.append("ties", ties_table(block))
        files.append("stages", stages_table(block))
        files.append("commitments", commitments_table(block, outcomes, files.rows.get("commitments", 0)))
        files.append("truth/clusters", _true_clusters(block))
        files.append("truth/schools", _true_schools(block))
        if progress is not None:
            progress(span.stop, system.clusters)


def _true_clusters(block: Block) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "cluster_id": block.cluster_ids,
            "formed": block.formed,
            "area_effect": block.area.round(4),
            "gap": block.gap.round(4),
            "gap_trend": block.gap_trend.round(4),
        }
    )
    for column, factor in enumerate(FACTOR_IDS):
        frame[factor] = block.scales[:, column].round(4)
    return frame


def _true_schools(block: Block) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "school_id": block.school_ids,
            "near_cluster": block.cluster_ids[block.home],
            "phase": [PHASES[p] for p in block.phase],
            "first_year_in_cluster": pd.array(block.joined, dtype="Int64"),
            "school_effect": block.school.round(4),
        }
    ).assign(first_year_in_cluster=lambda f: f["first_year_in_cluster"].mask(f["first_year_in_cluster"] == NEVER))


def _describe(folder: Path, system: Plan, planted: PlantedEffects, columns: dict[str, list[str]]) -> None:
    size = {
        "clusters": system.clusters,
        "schools": system.schools,
        "years": [int(year) for year in system.years],
        "seed": system.seed,
    }
    record = {"schema": 1, **size, "effects": planted.as_dict()}
    (folder / "planted.json").write_text(
        json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )
    (folder / "README.md").write_text(readme(system, planted), encoding="utf-8", newline="\n")
    write_descriptor(
        folder,
        columns,
        About(
            "allrise-demo",
            "Synthetic demo data of clusters of schools in five countries",
            (Licence("CC0-1.0", "Creative Commons Zero 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),),
            (Source("allrise data demo: made by a random generator, with known effects (planted.json)"),),
            CAVEATS,
            DESCRIPTION,
            synthetic=True,
        ),
    )
