"""Factors across clusters: where clusters' means lie, and in how many clusters each factor is the lowest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.intervals import floats, t_quantile
from allrise.evidence.tidy import tidy
from allrise.framework import FACTOR_IDS

RANGE = {
    "framework_id": "str", "clusters": "Int64", "mean": "float64", "lower": "float64", "upper": "float64",
    "q25": "float64", "q50": "float64", "q75": "float64", "lowest_in": "Int64",
}  # fmt: skip


def range_of_clusters(means: pd.DataFrame) -> pd.DataFrame:
    """Return the spread of clusters' means of each factor, in the framework's order; a cluster counts once.

    Parameters
    ----------
    means
        ``cluster_id``, ``framework_id``, ``mean``: :func:`allrise.evidence.survey.cluster_means`.

    Returns
    -------
    DataFrame
        ``framework_id``, ``clusters``, ``mean`` with its t interval over clusters, quartiles ``q25``, ``q50``, ``q75``, and
        ``lowest_in``: in how many clusters it has the lowest mean, of those with two factors or more (a tie counts for the
        first in the framework's order).
    """
    wide = means.pivot_table(index="cluster_id", columns="framework_id", values="mean")
    ids = [f for f in FACTOR_IDS if f in wide.columns]
    wide = wide.loc[:, ids]
    several = wide.loc[wide.notna().sum(axis=1) >= 2]
    lowest = several.idxmin(axis=1) if len(several) else pd.Series(dtype="str")
    rows: list[dict[str, Any]] = []
    for factor in ids:
        y = floats(wide[factor].dropna())
        row: dict[str, Any] = {"framework_id": factor, "clusters": len(y), "mean": y.mean()}
        row |= dict(zip(("q25", "q50", "q75"), np.quantile(y, [0.25, 0.5, 0.75]), strict=True))
        row["lowest_in"] = int((lowest == factor).sum())
        if len(y) >= 2:
            half = float(t_quantile(0.95, len(y) - 1)) * float(y.std(ddof=1)) / np.sqrt(len(y))
            row |= {"lower": y.mean() - half, "upper": y.mean() + half}
        rows.append(row)
    return tidy(rows, RANGE)
