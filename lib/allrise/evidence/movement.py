"""Pockets of success and the whole distribution (C2): where the schools of each quarter are some years later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.intervals import floats, wilson
from allrise.evidence.tidy import tidy

#: With fewer schools in both years a table of sixteen cells says nothing.
FEWEST = 20
QUARTERS = {
    "from_quarter": "Int64", "to_quarter": "Int64", "schools": "Int64", "of": "Int64", "share": "float64",
    "lower": "float64", "upper": "float64",
}  # fmt: skip


def quarters_of(values: Any) -> Any:
    """Return the quarter of each value, 1 the lowest to 4 the highest, by the quartiles of all of them."""
    y = floats(values)
    return 1 + np.searchsorted(np.quantile(y, [0.25, 0.5, 0.75]), y, side="left")


def quarter_movement(values: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Return how many schools of each quarter of one year are in each quarter of another.

    If where a school stands were drawn anew each year, a quarter of each row would be in each column. Part of every move
    is chance: small schools change quarters most, in both directions.

    Parameters
    ----------
    values
        ``school_id``, ``time_period``, ``value``: one measure, one pupil group. Quarters are among schools with both years.

    Returns
    -------
    DataFrame
        ``from_quarter``, ``to_quarter`` (1 lowest to 4), ``schools``, ``of`` (in ``from_quarter``), ``share`` (0..1) with
        Wilson's 95% ``lower``, ``upper``. Without rows when fewer than twenty schools have both years.
    """
    chosen = values.loc[values["time_period"].isin([first, last])]
    wide = chosen.pivot_table(index="school_id", columns="time_period", values="value")
    if first not in wide or last not in wide or len(both := wide.dropna()) < FEWEST:
        return tidy([], QUARTERS)
    before, after = quarters_of(both[first]), quarters_of(both[last])
    rows: list[dict[str, Any]] = []
    for a in (1, 2, 3, 4):
        of = int((before == a).sum())
        for b in (1, 2, 3, 4):
            n = int(((before == a) & (after == b)).sum())
            limits = wilson(n / of if of else np.nan, of)
            rows.append({
                "from_quarter": a, "to_quarter": b, "schools": n, "of": of, "share": n / of if of else np.nan,
                "lower": float(limits.lower), "upper": float(limits.upper),
            })  # fmt: skip
    return tidy(rows, QUARTERS)
