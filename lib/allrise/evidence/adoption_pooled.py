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
    rows: list[dict[str, Any]] = []
    for event, same in table.groupby("event_time", sort=True):
        effect, se, df = _average(same["effect"], same["se"], same["schools"], same["df"])
        half = float(t_quantile(level, df)) * se
        rows.append({
            "event_time": int(str(event)), "before": int(str(event)) < 0, "effect": effect, "se": se, "df": df,
            "lower": effect - half, "upper": effect + half, "schools": int(same["schools"].sum()),
            "clusters": int(same["clusters"].sum()), "cohorts": int(same["cohorts"].sum()),
        })  # fmt: skip
    for row in rows:
        half = float(t_quantile(level ** (1 / len(rows)), row["df"])) * row["se"]
        row |= {"band_lower": row["effect"] - half, "band_upper": row["effect"] + half}
    before_p = nan
    if early := [_beyond(abs(r["effect"]) / r["se"], r["df"]) for r in rows if r["before"]]:
        before_p = 1 - (1 - min(early)) ** len(early)
    events = tidy(rows, EVENTS)
    means = [(p.overall, p.se, _behind(p), p.df) for p in parts if p.se > 0]
    if not means:
        return Joining(empty, events, nan, nan, nan, before_p, always, never)
    overall, se, df = _average(*zip(*means, strict=True))
    half = float(t_quantile(level, df)) * se
    return Joining(empty, events, overall, overall - half, overall + half, before_p, always, never, se, df)


def _behind(part: Joining) -> float:
    """Return how many schools are behind one country's mean over the years in."""
    return float(part.events.loc[~part.events["before"], "schools"].max())


def _beyond(t: float, df: float) -> float:
    """Return how often a t variable is at least this large, on either side."""
    return 2 * float(special.stdtr(df, -t))


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
