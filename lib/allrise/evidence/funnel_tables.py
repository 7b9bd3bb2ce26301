"""The tables of a funnel figure: the cluster's schools, those behind them, and the limits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from allrise.evidence.funnel import Overdispersion, adjusted_limits, outside, plain_limits
from allrise.evidence.intervals import floats, normal_quantile
from allrise.evidence.reference import overdispersion_for
from allrise.evidence.selection import binomial, joined, lettered, rows_of, unit_of

POINT_COLUMNS = ("school_id", "school", "letter", "in_cluster", "pupils", "value", "outside")
LIMIT_COLUMNS = (
    "pupils", "lower_95", "upper_95", "lower_998", "upper_998", "plain_lower_95", "plain_upper_95",
)  # fmt: skip


def funnel_points(
    outcomes: pd.DataFrame,
    schools: pd.DataFrame,
    system: pd.DataFrame,
    *,
    measure_id: str,
    time_period: int,
    pupil_group: str = "all",
    others: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the points of a funnel: schools with a value and a denominator.

    Parameters
    ----------
    outcomes, schools
        The cluster's. Its schools come first, by name.
    system
        Reference table (one country), from which the limits come: five to twenty schools cannot say how much schools
        ordinarily vary.
    others
        Outcome rows of other schools to show behind them, or ``None``. Give a sample of a large system. They stay
        unnamed.

    Returns
    -------
    DataFrame
        ``school_id``, ``school``, ``letter`` (both blank for others), ``in_cluster``, ``pupils``, ``value``,
        ``outside`` (``no``, ``95``, ``99.8``; blank when the reference cannot say).
    """
    unit = unit_of(system, measure_id, None)
    over = overdispersion_for(system, measure_id=measure_id, time_period=time_period, pupil_group=pupil_group)
    rows = rows_of(outcomes, measure_id, pupil_group, time_period)
    binomial(system, rows, unit, measure_id)
    points = joined(schools, rows).assign(in_cluster=True)
    if others is not None:
        behind = rows_of(others, measure_id, pupil_group, time_period)
        behind = behind.loc[~behind["school_id"].isin(lettered(schools)["school_id"])]
        behind = behind[["school_id", "pupils", "value"]].assign(school="", letter="", in_cluster=False)
        points = pd.concat([points, behind], ignore_index=True)
    usable = points["value"].notna() & (points["pupils"] > 0).fillna(False)
    points = points.loc[usable].reset_index(drop=True)
    scale = 100.0 if over is not None and over.scale == "arcsine" else 1.0
    words = [""] * len(points) if over is None else outside(floats(points["value"]) / scale, points["pupils"], over)
    points = points.assign(outside=pd.Series(words, index=points.index, dtype="str"))
    return points[list(POINT_COLUMNS)].astype({"school": "str", "letter": "str", "in_cluster": "bool"})


def funnel_limits(
    over: Overdispersion, *, most_pupils: float, points: int = 80, fewest_pupils: float = 5
) -> pd.DataFrame:
    """Return the limits to draw, from few pupils to ``most_pupils``, in the measure's unit.

    Returns
    -------
    DataFrame
        ``pupils``, ``lower_95``, ``upper_95``, ``lower_998``, ``upper_998`` (chance and ordinary variety),
        ``plain_lower_95``, ``plain_upper_95`` (chance alone). Percentages stay within 0 to 100.
    """
    pupils = np.geomspace(max(fewest_pupils, 1), max(most_pupils, fewest_pupils + 1), points)
    scale = 100.0 if over.scale == "arcsine" else 1.0
    low95, high95 = adjusted_limits(over, pupils, 0.95)
    low998, high998 = adjusted_limits(over, pupils, 0.998)
    if over.scale == "arcsine":
        plain_low, plain_high = plain_limits(over.target, pupils)
    else:
        half = normal_quantile(0.95) * over.sd_within / np.sqrt(pupils)
        plain_low, plain_high = over.target - half, over.target + half
    columns = (low95, high95, low998, high998, plain_low, plain_high)
    values = dict(zip(LIMIT_COLUMNS[1:], (scale * c for c in columns), strict=True))
    return pd.DataFrame({"pupils": pupils, **values})
