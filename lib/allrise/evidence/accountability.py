"""Shared accountability (F6): stages over time, public commitments and their four marks, and progress to their targets."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from allrise.data.tables import STAGES
from allrise.evidence.levels import pooled_level
from allrise.evidence.selection import rows_of
from allrise.evidence.tidy import count, tidy

STAGE_COLUMNS = {"time_period": "Int64", "stage": "str", "step": "Int64", "moved": "Int64"}
SYSTEM_STAGES = {"time_period": "Int64", "stage": "str", "step": "Int64", "clusters": "Int64", "share": "float64"}
MARK_COLUMNS = {
    "commitment_id": "str", "what": "str", "who": "str", "where": "str", "due_on": "datetime64[us]", "status": "str",
    "has_what": "bool", "has_how": "bool", "has_who": "bool", "has_where": "bool", "marks": "Int64", "overdue": "bool",
}  # fmt: skip
PROGRESS_COLUMNS = {
    "commitment_id": "str", "what": "str", "measure_id": "str", "pupil_group": "str", "unit": "str",
    "baseline": "float64", "target": "float64", "due_on": "datetime64[us]", "time_period": "Int64", "schools": "Int64",
    "pupils": "Int64", "value": "float64", "lower": "float64", "upper": "float64", "moved": "float64",
    "way_share": "float64", "target_within": "boolean", "baseline_within": "boolean", "status": "str",
}  # fmt: skip


def stages_over_time(stages: pd.DataFrame, *, cluster_id: str | None = None) -> pd.DataFrame:
    """Return the stage a cluster says it has reached, year by year.

    Returns
    -------
    DataFrame
        ``time_period``, ``stage``, ``step`` (1 collaboration, 2 co-responsibility, 3 shared accountability), ``moved``
        (steps since the year before that is given; blank for the first; it may go back).
    """
    rows = stages if cluster_id is None else stages.loc[(stages["cluster_id"] == cluster_id).fillna(False)]
    rows = rows.drop_duplicates(["time_period"]).sort_values("time_period")
    step = {s: i + 1 for i, s in enumerate(STAGES)}
    steps = [step[str(s)] for s in rows["stage"]]
    moved = [None, *(b - a for a, b in pairwise(steps))]
    return tidy(
        (
            {"time_period": int(p), "stage": s, "step": n, "moved": m}
            for p, s, n, m in zip(rows["time_period"], rows["stage"], steps, moved, strict=False)
        ),
        STAGE_COLUMNS,
    )


def stages_of_system(stages: pd.DataFrame) -> pd.DataFrame:
    """Return how many clusters say they are at each stage: ``time_period``, ``stage``, ``step``, ``clusters``, ``share``."""
    rows: list[dict[str, Any]] = []
    for period, part in stages.groupby("time_period", sort=True):
        for step, stage in enumerate(STAGES, start=1):
            n = count(part["stage"] == stage)
            rows.append({"time_period": period, "stage": stage, "step": step, "clusters": n, "share": n / len(part)})
    return tidy(rows, SYSTEM_STAGES)


def _said(column: Any) -> pd.Series:
    return column.notna() & (column.astype("str").str.strip().fillna("") != "")


def commitment_marks(commitments: pd.DataFrame, *, today: dt.date) -> pd.DataFrame:
    """Return which of the four marks of going public each commitment has: what, how, who and where.

    Parameters
    ----------
    commitments
        ``data.tables.COMMITMENTS`` of the cluster.
    today
        The day from which ``overdue`` is judged: due before it and neither reached, missed nor dropped.

    Returns
    -------
    DataFrame
        ``commitment_id``, ``what``, ``who``, ``where``, ``due_on``, ``status``, ``has_what``, ``has_how`` (a measure with a
        target), ``has_who``, ``has_where``, ``marks`` (0..4), ``overdue``; by day due, then id.
    """
    rows = commitments.sort_values(["due_on", "commitment_id"], na_position="last").reset_index(drop=True)
    marks = {
        "has_what": _said(rows["what"]),
        "has_how": _said(rows["measure_id"]) & rows["target"].notna(),
        "has_who": _said(rows["who"]),
        "has_where": _said(rows["where"]),
    }
    status = rows["status"].fillna("planned")
    open_still = status.isin(["planned", "under_way"])
    table = rows.assign(
        **marks,
        status=status,
        marks=sum(m.astype(int) for m in marks.values()),
        overdue=((rows["due_on"] < pd.Timestamp(today)) & open_still).fillna(False),
    )
    return tidy(({str(k): v for k, v in row.items()} for row in table.to_dict("records")), MARK_COLUMNS)


def progress(commitments: pd.DataFrame, outcomes: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """Return how each commitment with a measure stands, by the measure's own latest value for the cluster.

    Parameters
    ----------
    commitments, outcomes
        The cluster's. A blank ``pupil_group`` means all pupils.
    measures
        For units.

    Returns
    -------
    DataFrame
        ``commitment_id``, ``what``, ``measure_id``, ``pupil_group``, ``unit``, ``baseline``, ``target``, ``due_on``,
        ``time_period`` (latest with a value), ``schools``, ``pupils``, ``value``, ``lower``, ``upper`` (95%, as in
        ``cluster_trend``), ``moved`` (value less baseline), ``way_share`` (moved over the way from baseline to target;
        may be negative or above 1), ``target_within`` and ``baseline_within`` (whether the interval holds them: if it holds
        the baseline, the change could be chance), ``status``. Blank where the measure has no value.
    """
    units = dict(zip(measures["measure_id"].astype(str), measures["unit"].astype(str), strict=True))
    rows: list[dict[str, Any]] = []
    chosen = commitments.loc[_said(commitments["measure_id"])]
    for row in chosen.sort_values(["due_on", "commitment_id"], na_position="last").to_dict("records"):
        measure = str(row["measure_id"])
        group = "all" if pd.isna(row["pupil_group"]) else str(row["pupil_group"])
        status = "planned" if pd.isna(row["status"]) else row["status"]
        kept = {str(k): v for k, v in row.items()} | {
            "pupil_group": group,
            "unit": units.get(measure, ""),
            "status": status,
        }
        shown = rows_of(outcomes, measure, group)
        shown = shown.loc[shown["value"].notna()]
        rows.append(kept if shown.empty else kept | _standing(row, shown, percent=units.get(measure) == "percent"))
    return tidy(({c: r.get(c) for c in PROGRESS_COLUMNS} for r in rows), PROGRESS_COLUMNS)


def _standing(row: dict[Any, Any], shown: pd.DataFrame, *, percent: bool) -> dict[str, Any]:
    period = max(int(p) for p in shown["time_period"])
    year = shown.loc[shown["time_period"] == period]
    now = pooled_level(year["value"], year["pupils"], percent=percent)
    baseline, target = float(row["baseline"]), float(row["target"])
    way = target - baseline
    pupils = int(now.pupils) if np.isfinite(now.pupils) else None

    def within(mark: float) -> bool | None:
        return bool(now.lower <= mark <= now.upper) if np.isfinite(mark) and np.isfinite(now.lower) else None

    return {
        "time_period": period, "schools": now.schools, "pupils": pupils, "value": now.value, "lower": now.lower,
        "upper": now.upper, "moved": now.value - baseline,
        "way_share": (now.value - baseline) / way if np.isfinite(way) and way != 0 else np.nan,
        "target_within": within(target), "baseline_within": within(baseline),
    }  # fmt: skip
