"""Joining, over several countries: each compared only with itself, then averaged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from allrise.evidence.adoption import EVENTS, Joining
from allrise.evidence.intervals import floats, t_quantile
from allrise.evidence.tidy import tidy


def pooled(found: Iterable[Joining], level: float = 0.95) -> Joining:
    """Average what was found in several countries, weighted by the schools behind it.

    A school is compared with schools of its own country only: a year in which one country's results moved cannot pass for
    an effect of joining. Countries are independent, so their errors add in squares. Results without an error are left out.

    Returns
    -------
    Joining
        Intervals have a t quantile with Satterthwaite's degrees of freedom, since clusters are few. ``events`` have a 95%
        band that is wide enough for all years at once whatever their correlation (Sidak); ``before_p`` is that of the
        largest difference before joining, corrected the same way; ``effects`` is empty.
    """
    parts = list(found)
    every = [p.events.assign(_of=i) for i, p in enumerate(parts) if len(p.events)]
    nan = float("nan")
    always, never = sum(p.always for p in parts), sum(p.never for p in parts)
    table = pd.concat(every) if every else tidy([], EVENTS)
    table = table.loc[table["se"].notna() & (table["se"] > 0)]
    empty = tidy([], EVENTS)
    if table.empty:
        return Joining(empty, empty, nan, nan, nan, nan, always, never)
    table = table.assign(df=(floats(table["clusters"]) - floats(table["cohorts"])).clip(1))
    rows: list[dict[str, Any]] = []
    freedom: list[float] = []
    for event, same in table.groupby("event_time", sort=True):
        effect, se, df = _average(same["effect"], same["se"], same["schools"], same["df"])
        half = float(t_quantile(level, df)) * se
        rows.append({
            "event_time": int(str(event)), "before": int(str(event)) < 0, "effect": effect, "se": se,
            "lower": effect - half, "upper": effect + half, "schools": int(same["schools"].sum()),
            "clusters": int(same["clusters"].sum()), "cohorts": int(same["cohorts"].sum()),
        })  # fmt: skip
        freedom.append(df)
    for row, df in zip(rows, freedom, strict=True):
        half = float(t_quantile(level ** (1 / len(rows)), df)) * row["se"]
        row |= {"band_lower": row["effect"] - half, "band_upper": row["effect"] + half}
    before_p = nan
    if early := [_beyond(abs(r["effect"]) / r["se"], df) for r, df in zip(rows, freedom, strict=True) if r["before"]]:
        before_p = 1 - (1 - min(early)) ** len(early)
    overall = low = high = nan
    means = [m for p in parts if (m := _mean_of(p, level)) is not None]
    if means:
        overall, se, df = _average(*zip(*means, strict=True))
        half = float(t_quantile(level, df)) * se
        low, high = overall - half, overall + half
    return Joining(empty, tidy(rows, EVENTS), overall, low, high, before_p, always, never)


def _beyond(t: float, df: float) -> float:
    """Return how often a t variable is at least this large, on either side."""
    return 2 * float(special.stdtr(df, -t))


def _mean_of(part: Joining, level: float) -> tuple[float, float, float, float] | None:
    """Return one country's mean over the years in, its error, its schools and its degrees of freedom."""
    after = part.events.loc[~part.events["before"]]
    if after.empty or not part.upper > part.lower:
        return None
    se = (part.upper - part.lower) / 2 / float(t_quantile(level, part.df))
    return part.overall, se, float(after["schools"].max()), part.df


def _average(effect: Any, se: Any, weight: Any, df: Any) -> tuple[float, float, float]:
    """Return a weighted mean, its error, and the degrees of freedom that go with it (Satterthwaite)."""
    w = floats(weight)
    variances = (w / w.sum() * floats(se)) ** 2
    total = float(variances.sum())
    return (
        float((w * floats(effect)).sum() / w.sum()),
        np.sqrt(total),
        total**2 / float((variances**2 / floats(df)).sum()),
    )
