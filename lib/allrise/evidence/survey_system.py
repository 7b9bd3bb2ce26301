"""The survey of a whole system in a few rows: the reference beside a cluster's profile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.intervals import floats, t_quantile
from allrise.evidence.survey_scores import Panel, panel_of
from allrise.evidence.survey_tables import FEWEST, SHARES, shares, typed
from allrise.evidence.tidy import tidy

SYSTEM_COLUMNS = (
    "framework_id", "respondents", "clusters", "mean", "lower", "upper", "sd_between", "q25", "q50", "q75",
    "agree_share", *SHARES,
)  # fmt: skip


def cluster_means(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return ``cluster_id``, ``framework_id``, ``respondents``, ``mean``: clusters with five respondents or more."""
    return _means_of(panel_of(survey, items, wave))


def _means_of(panel: Panel) -> pd.DataFrame:
    codes, names = pd.factorize(panel.texts("cluster_id"), sort=True)
    found: list[dict[str, Any]] = []
    for name in panel.ids:
        score = panel.score(name)
        who = np.isfinite(score)
        n = np.bincount(codes[who], minlength=len(names))
        total = np.bincount(codes[who], score[who], minlength=len(names))
        found.extend(
            {"cluster_id": names[i], "framework_id": name, "respondents": int(n[i]), "mean": total[i] / n[i]}
            for i in np.flatnonzero(n >= FEWEST)
        )
    return tidy(found, ("cluster_id", "framework_id", "respondents", "mean"))


def system_profile(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return the profile of a whole system, as the reference beside a cluster's.

    Each wave of the clusters that answered; the mean is that of clusters (each counts once), with a t interval over
    clusters.

    Returns
    -------
    DataFrame
        ``framework_id``, ``respondents``, ``clusters``, ``mean``, ``lower``, ``upper``, ``sd_between`` (raw, between
        cluster means), ``q25``, ``q50``, ``q75`` (of cluster means), ``agree_share``, ``s1`` to ``s5``.
    """
    panel = panel_of(survey, items, wave)
    means = _means_of(panel)
    found: list[dict[str, Any]] = []
    for name in panel.ids:
        values = floats(means.loc[means["framework_id"] == name, "mean"])
        row: dict[str, Any] = {"framework_id": name, "clusters": len(values)}
        row["respondents"] = int(np.isfinite(panel.score(name)).sum())
        if len(values):
            part = shares(panel.given(name))
            row |= {"mean": values.mean(), "agree_share": part["s4"] + part["s5"], **part}
            row |= dict(zip(("q25", "q50", "q75"), np.quantile(values, [0.25, 0.5, 0.75]), strict=True))
        if len(values) >= 2:
            sd = float(values.std(ddof=1))
            half = float(t_quantile(0.95, len(values) - 1)) * sd / np.sqrt(len(values))
            row |= {"sd_between": sd, "lower": values.mean() - half, "upper": values.mean() + half}
        found.append(row)
    return typed(found, SYSTEM_COLUMNS)
