"""What clusters say in public: stages of accountability, and commitments with what, how, who and where."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

from allrise.data.demo.block import Block, start_of_year
from allrise.data.tables import STAGES

COMMITMENT_COLUMNS = (
    "commitment_id", "cluster_id", "what", "measure_id", "pupil_group", "baseline", "target", "due_on", "who",
    "where", "status",
)  # fmt: skip
#: What a commitment can be about, and how often it is.
PROMISES = (
    ("reading_expected", "all"),
    ("reading_expected", "disadvantaged"),
    ("mathematics_expected", "all"),
    ("mathematics_expected", "disadvantaged"),
    ("attendance", "all"),
    ("attendance", "disadvantaged"),
)
PROMISE_SHARES = (0.18, 0.27, 0.14, 0.21, 0.08, 0.12)
#: How often a commitment leaves out one of the four marks.
MISSING = {"what": 0.05, "how": 0.15, "who": 0.2, "where": 0.3}


def stages_table(block: Block) -> pd.DataFrame:
    """Return the table ``stages``: from its second year a cluster says where it is; sometimes it steps back."""
    rng = block.rng(5)
    standing = block.standing("F6")
    rows: list[tuple[object, int, str]] = []
    for cluster, cluster_id in enumerate(block.cluster_ids):
        stage = 0
        push = float(standing[cluster])
        for year in range(int(block.formed[cluster]), int(block.years[-1]) + 1):
            if year > block.formed[cluster]:
                if rng.random() < np.clip(0.28 + 0.12 * push, 0.05, 0.8):
                    stage = min(stage + 1, len(STAGES) - 1)
                elif rng.random() < 0.04:
                    stage = max(stage - 1, 0)
            if year >= block.years[0] and rng.random() >= 0.04:
                rows.append((cluster_id, year, STAGES[stage]))
    return pd.DataFrame(rows, columns=["cluster_id", "time_period", "stage"]).astype({"time_period": "Int64"})


def commitments_table(block: Block, outcomes: pd.DataFrame, start: int) -> pd.DataFrame:
    """Return the table ``commitments`` of a block; baselines and what came of them are the block's own outcomes.

    Parameters
    ----------
    outcomes
        Table ``outcomes`` of the same block.
    start
        Ids count on from here.
    """
    rng = block.rng(6)
    level = _cluster_levels(block, outcomes)
    rows: list[tuple[object, ...]] = []
    for cluster, cluster_id in enumerate(block.cluster_ids):
        texts, country = block.locales[cluster].texts(), block.locales[cluster].country
        # Without replacement: a cluster does not promise one thing twice.
        for chosen in rng.choice(len(PROMISES), size=int(rng.integers(2, 5)), replace=False, p=PROMISE_SHARES):
            measure, group = PROMISES[int(chosen)]
            earliest = max(int(block.formed[cluster]), int(block.years[0]))
            made = int(rng.integers(earliest, int(block.years[-1]) + 1))
            due = made + int(rng.integers(1, 4))
            baseline = level.get((cluster, made, measure, group))
            step = float(
                rng.choice([0.2, 0.3, 0.5, 1.0]) if measure == "attendance" else rng.choice([1.0, 2.0, 3.0, 5.0])
            )
            target = None if baseline is None else min(round(baseline + step, 1), 99.0)
            status = _status(rng, due, int(block.years[-1]), level.get((cluster, due, measure, group)), target)
            given = {mark: rng.random() >= chance for mark, chance in MISSING.items()}
            rows.append(
                (
                    f"K{start + len(rows) + 1:05d}",
                    cluster_id,
                    str(rng.choice(texts["what"][f"{measure}-{group}"])) if given["what"] else None,
                    measure if given["how"] else None,
                    group if given["how"] else None,
                    baseline if given["how"] else None,
                    target if given["how"] else None,
                    start_of_year(country, due + 1) - pd.Timedelta(days=int(rng.choice([32, 45, 62]))),
                    str(rng.choice(texts["who"][measure])) if given["who"] else None,
                    str(rng.choice(texts["where"])) if given["where"] else None,
                    status,
                )
            )
    return pd.DataFrame(rows, columns=list(COMMITMENT_COLUMNS)).astype(
        {"due_on": "datetime64[us]", "baseline": "float64", "target": "float64"}
    )


def _cluster_levels(block: Block, outcomes: pd.DataFrame) -> dict[tuple[int, int, str, str], float]:
    """Return a cluster's value by (cluster, year, measure, group): shown values weighted by pupils."""
    shown = cast("pd.DataFrame", outcomes.loc[outcomes["status"] == ""])
    numbers = {school: i for i, school in enumerate(block.school_ids)}
    school = np.array([numbers[one] for one in shown["school_id"].tolist()])
    member = block.member[school, np.asarray(shown["time_period"]) - int(block.years[0])]
    table = shown.assign(cluster=member, total=shown["value"] * shown["pupils"])
    keys = ["cluster", "time_period", "measure_id", "pupil_group"]
    sums = cast("pd.DataFrame", table[member >= 0].groupby(keys, as_index=False)[["total", "pupils"]].sum())
    return {
        (int(r["cluster"]), int(r["time_period"]), str(r["measure_id"]), str(r["pupil_group"])): round(
            float(r["total"]) / float(r["pupils"]), 1
        )
        for r in sums.to_dict("records")
    }


def _status(rng: np.random.Generator, due: int, last: int, value: float | None, target: float | None) -> str:
    if rng.random() < 0.05:
        return "dropped"
    if due > last:
        return "planned" if rng.random() < 0.25 else "under_way"
    if value is None or target is None:
        return "under_way"
    return "reached" if value >= target else "not_reached"
