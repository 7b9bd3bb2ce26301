"""How far this year's picture of schools was last year's: what a single year can carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allrise.evidence.intervals import floats, normal_quantile


@dataclass(frozen=True, slots=True)
class Stability:
    """Agreement of schools' values in two years.

    Attributes
    ----------
    schools
        Schools with a value in both.
    correlation, lower, upper
        Pearson's correlation and its 95% interval (Fisher's z).
    still_in_top_quarter
        Share of the schools in the top quarter of the first year that are there in the second; by chance alone 0.25.
    """

    schools: int
    correlation: float
    lower: float
    upper: float
    still_in_top_quarter: float
    first: int
    last: int


def _unsaid(schools: int, first: int, last: int) -> Stability:
    nan = float("nan")
    return Stability(schools, nan, nan, nan, nan, first, last)


def stability(values: pd.DataFrame, first: int, last: int) -> Stability:
    """Compare two years.

    Parameters
    ----------
    values
        Columns ``school_id``, ``time_period``, ``value``: one measure, one pupil group.
    first, last
        The two school years (their start). A school is in the top quarter when its value is above the upper
        quartile of all schools of that year that have a value in both.
    """
    wide = values.loc[values["time_period"].isin([first, last])].pivot_table(
        index="school_id", columns="time_period", values="value"
    )
    if first not in wide or last not in wide:
        return _unsaid(0, first, last)
    both = wide.dropna()
    k = len(both)
    if k < 4:
        return _unsaid(k, first, last)
    a, b = floats(both[first]), floats(both[last])
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return _unsaid(k, first, last)
    r = float(np.corrcoef(a, b)[0, 1])
    half = normal_quantile(0.95) / np.sqrt(k - 3)
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    top_a, top_b = a > np.quantile(a, 0.75), b > np.quantile(b, 0.75)
    return Stability(
        k,
        r,
        float(np.tanh(z - half)),
        float(np.tanh(z + half)),
        float((top_a & top_b).sum() / max(top_a.sum(), 1)),
        first,
        last,
    )
