"""The trend of a level, a gap or a spread over years: its change a year, with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from allrise.evidence.intervals import floats, normal_quantile, t_quantile

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Trend:
    """Change a year with its 95% interval; NaN when it cannot be said.

    Attributes
    ----------
    change, lower, upper
        In the unit, a year.
    first, last, years
        First and last school year, and how many years have a value.
    weighted
        Whether the years' own intervals were used.
    """

    change: float
    lower: float
    upper: float
    first: int
    last: int
    years: int
    weighted: bool


def trend(period: ArrayLike, value: ArrayLike, se: ArrayLike | None = None, level: float = 0.95) -> Trend:
    """Fit a straight line over years.

    Without ``se``: least squares and a t interval (needs three years). With ``se``: weights ``1 / se^2``; the interval
    is from the known errors and, when years scatter around the line by more than those explain, widened by the square
    root of chi-squared over its degrees of freedom (never narrowed). Two years with errors give their difference.

    A straight line over three to six years describes; it does not forecast. Years of one school are not independent
    cohorts of teachers: a real wobble of all years at once is not in the interval.
    """
    x, y = floats(period), floats(value)
    errors = None if se is None else floats(se)
    usable = np.isfinite(x) & np.isfinite(y)
    if errors is not None:
        usable &= np.isfinite(errors) & (errors > 0)
    x, y = x[usable], y[usable]
    k = len(x)
    first, last = (int(x.min()), int(x.max())) if k else (0, 0)
    if k < 2 or first == last or (errors is None and k < 3):
        change = float((y[-1] - y[0]) / (x[-1] - x[0])) if k == 2 and first != last else _NAN
        return Trend(change, _NAN, _NAN, first, last, k, errors is not None)
    w = np.ones(k) if errors is None else errors[usable] ** -2.0
    centre = (w * x).sum() / w.sum()
    sxx = (w * (x - centre) ** 2).sum()
    slope = float((w * (x - centre) * y).sum() / sxx)
    residual = y - (w * y).sum() / w.sum() - slope * (x - centre)
    q = float((w * residual**2).sum())
    if errors is None:
        half = float(t_quantile(level, k - 2)) * np.sqrt(q / (k - 2) / sxx)
    else:
        half = normal_quantile(level) * np.sqrt(max(1.0, q / (k - 2) if k > 2 else 1.0) / sxx)
    return Trend(slope, slope - float(half), slope + float(half), first, last, k, errors is not None)


def trend_of(table: pd.DataFrame, value: str, lower: str = "lower", upper: str = "upper") -> dict[str, Trend]:
    """Fit a trend for each ``series`` of a table with ``time_period``, a value, and its 95% limits.

    Parameters
    ----------
    table
        ``cluster_trend``, ``gap_trend`` or ``spread_trend``: columns ``series``, ``time_period`` and the three named.

    Returns
    -------
    dict
        A :class:`Trend` for each series.
    """
    found: dict[str, Trend] = {}
    for series, rows in table.groupby("series", sort=False):
        errors = (floats(rows[upper]) - floats(rows[lower])) / (2 * normal_quantile(0.95))
        known = np.isfinite(errors).all() and bool((errors > 0).all())
        found[str(series)] = trend(rows["time_period"], rows[value], errors if known else None)
    return found
