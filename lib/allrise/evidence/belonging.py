"""Schools in a cluster and schools in none: how their levels went, and who the schools in none are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.levels import pooled_level
from allrise.evidence.selection import rows_of
from allrise.evidence.tidy import count, tidy

LEVELS = {
    "series": "str", "time_period": "Int64", "schools": "Int64", "pupils": "float64", "value": "float64",
    "lower": "float64", "upper": "float64", "weighted": "bool",
}  # fmt: skip
PROFILE = {
    "about": "str", "group": "str", "schools": "Int64", "members": "Int64", "outside": "Int64", "outside_share": "float64",
}  # fmt: skip
#: Upper ends of the size bands, in pupils.
SIZES = (100, 200, 400, 800)


def levels_by_membership(
    outcomes: pd.DataFrame, schools: pd.DataFrame, *, measure_id: str, percent: bool, pupil_group: str = "all"
) -> pd.DataFrame:
    """Return the level of mainstream schools in a cluster that year, and of those in none.

    Schools choose to join, and who is in changes from year to year: the distance between the lines is not what clusters do.

    Parameters
    ----------
    outcomes
        With ``cluster_id``: the cluster the school was in that year, blank for none.
    percent
        The values are shares of counted pupils.

    Returns
    -------
    DataFrame
        ``series`` (``in``, ``out``), ``time_period``, ``schools``, ``pupils``, ``value``, ``lower``, ``upper``, ``weighted``: see
        :func:`allrise.evidence.levels.pooled_level`.
    """
    special = schools.loc[(schools["phase"] == "special").fillna(False), "school_id"]
    rows = rows_of(outcomes, measure_id, pupil_group)
    rows = rows.loc[rows["value"].notna() & ~rows["school_id"].isin(special)]
    found: list[dict[str, Any]] = []
    for period, year in rows.groupby("time_period", sort=True):
        inside = year["cluster_id"].notna()
        for series, part in (("in", year.loc[inside]), ("out", year.loc[~inside])):
            if len(part):
                level = pooled_level(part["value"], part["pupils"], percent=percent)
                found.append({"series": series, "time_period": int(str(period)), **level._asdict()})
    return tidy(found, LEVELS)


def size_band(pupils: Any, bands: Sequence[int] = SIZES) -> str:
    """Return the band of a school's size, as its limits: ``0-99``, ``100-199``, ..., ``800-``; blank when not known.

    >>> size_band(99), size_band(100), size_band(900)
    ('0-99', '100-199', '800-')
    """
    if pd.isna(pupils):
        return ""
    edges = (0, *bands)
    low = max(e for e in edges if e <= pupils)
    above = [b for b in bands if b > pupils]
    return f"{low}-{above[0] - 1}" if above else f"{low}-"


def in_no_cluster(schools: pd.DataFrame, members: pd.Series) -> pd.DataFrame:
    """Return who the schools in no cluster are, by phase, size and region, beside those in one.

    Parameters
    ----------
    schools
        Schools of one country.
    members
        Ids of those in a cluster.

    Returns
    -------
    DataFrame
        ``about`` (``all``, ``phase``, ``size``, ``region``), ``group`` (blank: not known), ``schools``, ``members``, ``outside``,
        ``outside_share`` (0..1, of the group's schools). Groups in the order of the alphabet, sizes in their order.
    """
    inside = schools["school_id"].isin(members)
    labels = {
        "all": pd.Series("all", index=schools.index),
        "phase": schools["phase"].fillna("").astype("str"),
        "size": schools["pupils"].map(size_band),
        "region": schools["region"].fillna("").astype("str"),
    }
    found: list[dict[str, Any]] = []
    for about, column in labels.items():
        groups = sorted(set(column), key=_order)
        for group in groups:
            mine = (column == group).to_numpy()
            n, m = count(mine), count(mine & inside.to_numpy())
            found.append({
                "about": about, "group": group, "schools": n, "members": m, "outside": n - m,
                "outside_share": (n - m) / n if n else np.nan,
            })  # fmt: skip
    return tidy(found, PROFILE)


def _order(group: str) -> tuple[bool, int, str]:
    """Order by number where there is one, then by the alphabet; what is not known comes last."""
    head = group.split("-", maxsplit=1)[0]
    return (not group, int(head) if head.isdigit() else -1, group.casefold())
