"""The survey of a whole system in a few rows: the reference beside a cluster's profile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.intervals import floats, t_quantile
from allrise.evidence.selection import columns_of
from allrise.evidence.survey_scores import answers, in_order, person_scores
from allrise.evidence.survey_tables import FEWEST, SHARES, shares, typed

SYSTEM_COLUMNS = (
    "framework_id", "respondents", "clusters", "mean", "lower", "upper", "sd_between", "q25", "q50", "q75",
    "agree_share", *SHARES,
)  # fmt: skip


def cluster_means(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return ``cluster_id``, ``framework_id``, ``respondents``, ``mean``: clusters with five respondents or more."""
    people = person_scores(answers(survey, items, wave), items)
    grouped = people.groupby(["cluster_id", "framework_id"], sort=True)["score"].agg(["size", "mean"]).reset_index()
    grouped = grouped.rename(columns={"size": "respondents"})
    return columns_of(
        grouped.loc[grouped["respondents"] >= FEWEST].reset_index(drop=True),
        ("cluster_id", "framework_id", "respondents", "mean"),
    )


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
    given = answers(survey, items, wave)
    means = cluster_means(survey, items, wave=wave)
    people = person_scores(given, items)
    found: list[dict[str, Any]] = []
    for name in in_order(given["framework_id"]):
        values = floats(means.loc[means["framework_id"] == name, "mean"])
        row: dict[str, Any] = {"framework_id": name, "clusters": len(values)}
        row["respondents"] = np.count_nonzero(people["framework_id"] == name)
        if len(values):
            part = shares(floats(given.loc[given["framework_id"] == name, "score"]))
            row |= {"mean": values.mean(), "agree_share": part["s4"] + part["s5"], **part}
            row |= dict(zip(("q25", "q50", "q75"), np.quantile(values, [0.25, 0.5, 0.75]), strict=True))
        if len(values) >= 2:
            sd = float(values.std(ddof=1))
            half = float(t_quantile(0.95, len(values) - 1)) * sd / np.sqrt(len(values))
            row |= {"sd_between": sd, "lower": values.mean() - half, "upper": values.mean() + half}
        found.append(row)
    return typed(found, SYSTEM_COLUMNS)
