"""How factors move together: rank correlations between clusters, and between the people of one cluster.

Spearman's rho with the interval of Bonett, D. G. and Wright, T. A. (2000), Sample size requirements for estimating
Pearson, Kendall and Spearman correlations, Psychometrika 65.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.intervals import Floats, floats, normal_quantile
from allrise.evidence.survey_scores import in_order, panel_of
from allrise.framework import FACTOR_IDS

#: With fewer units a correlation of ranks says nothing.
FEWEST = 8


def spearman(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Return Spearman's rho and its 95% limits; NaN with fewer than eight pairs or without variety."""
    nan = float("nan")
    n = len(x)
    if n < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return nan, nan, nan
    rho = float(np.corrcoef(pd.Series(x).rank(), pd.Series(y).rank())[0, 1])
    z = np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
    half = normal_quantile(0.95) * np.sqrt((1 + rho**2 / 2) / (n - 3))
    return rho, float(np.tanh(z - half)), float(np.tanh(z + half))


def _pairs(wide: pd.DataFrame, counted: str) -> pd.DataFrame:
    values = {str(c): floats(wide[c]) for c in wide.columns}
    found: list[dict[str, Any]] = []
    for a, b in combinations(in_order(str(c) for c in wide.columns), 2):
        x, y = values[a], values[b]
        both = np.isfinite(x) & np.isfinite(y)
        rho, lower, upper = spearman(x[both], y[both])
        found.append({"a": a, "b": b, "rho": rho, "lower": lower, "upper": upper, counted: int(both.sum())})
    table = pd.DataFrame(found, columns=["a", "b", "rho", "lower", "upper", counted])
    numbers = dict.fromkeys(("rho", "lower", "upper"), "float64")
    return table.astype({"a": "str", "b": "str", counted: "Int64"} | numbers)


def interdependence(cluster_means: pd.DataFrame, *, ids: Sequence[str] = FACTOR_IDS) -> pd.DataFrame:
    """Return the rank correlation of every two factors (or of other framework ``ids``) over clusters.

    Parameters
    ----------
    cluster_means
        ``cluster_id``, ``framework_id``, ``mean``: :func:`allrise.evidence.survey_tables.cluster_means`.

    Returns
    -------
    DataFrame
        ``a``, ``b``, ``rho``, ``lower``, ``upper`` (95%), ``clusters``. Blank with fewer than eight clusters.
    """
    kept = cluster_means.loc[cluster_means["framework_id"].isin(list(ids))]
    return _pairs(kept.pivot_table(index="cluster_id", columns="framework_id", values="mean"), "clusters")


def interdependence_of_people(
    survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None, ids: Sequence[str] = FACTOR_IDS
) -> pd.DataFrame:
    """Return the same over people, of F1 to F8 or of other ``ids``, with what their cluster has in common taken out (deviations from its mean).

    People who answer everything high make all factors move together: read it beside the one over clusters.

    Returns
    -------
    DataFrame
        ``a``, ``b``, ``rho``, ``lower``, ``upper``, ``respondents``.
    """
    panel = panel_of(survey, items, wave, ids)
    codes, names = pd.factorize(panel.texts("cluster_id"))
    wide: dict[str, Floats] = {}
    for name in panel.ids:
        score = panel.score(name)
        who = np.isfinite(score)
        n = np.bincount(codes[who], minlength=len(names))
        wide[name] = score - (np.bincount(codes[who], score[who], minlength=len(names)) / np.maximum(n, 1))[codes]
    return _pairs(pd.DataFrame(wide), "respondents")
