"""Joining, over several countries: each compared only with itself, then averaged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.adoption import EVENTS, Joining
from allrise.evidence.intervals import floats, normal_quantile
from allrise.evidence.tidy import tidy


def pooled(found: Iterable[Joining], level: float = 0.95) -> Joining:
    """Average what was found in several countries, weighted by the schools behind it.

    A school is compared with schools of its own country only: a year in which one country's results moved cannot pass for
    an effect of joining. Countries are independent, so their errors add in squares. Results without an error are left out.

    Returns
    -------
    Joining
        ``events`` with a 95% band that is wide enough for all years at once whatever their correlation (Sidak);
        ``before_p`` is that of the largest difference before joining, corrected the same way; ``effects`` is empty.
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
    z = normal_quantile(level)
    rows: list[dict[str, Any]] = []
    for event, same in table.groupby("event_time", sort=True):
        effect, se = _average(same["effect"], same["se"], same["schools"])
        rows.append({
            "event_time": int(str(event)), "before": int(str(event)) < 0, "effect": effect, "se": se,
            "lower": effect - z * se, "upper": effect + z * se, "schools": int(same["schools"].sum()),
            "clusters": int(same["clusters"].sum()), "cohorts": int(same["cohorts"].sum()),
        })  # fmt: skip
    wide = normal_quantile(level ** (1 / len(rows)))
    for row in rows:
        row |= {"band_lower": row["effect"] - wide * row["se"], "band_upper": row["effect"] + wide * row["se"]}
    early = [abs(r["effect"]) / r["se"] for r in rows if r["before"]]
    before_p = nan
    if early:
        from scipy import special

        one = 2 * float(special.ndtr(-max(early)))
        before_p = 1 - (1 - one) ** len(early)
    means = [
        (p.overall, (p.upper - p.lower) / 2 / z, float(p.events["schools"].max())) for p in parts if p.upper > p.lower
    ]
    overall = low = high = nan
    if means:
        overall, se = _average(*zip(*means, strict=True))
        low, high = overall - z * se, overall + z * se
    return Joining(empty, tidy(rows, EVENTS), overall, low, high, before_p, always, never)


def _average(effect: Any, se: Any, weight: Any) -> tuple[float, float]:
    w = floats(weight)
    w = w / w.sum()
    return float((w * floats(effect)).sum()), float(np.sqrt(((w * floats(se)) ** 2).sum()))
