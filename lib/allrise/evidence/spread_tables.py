"""The table of a spread figure: how far apart schools are, year by year."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.intervals import floats
from allrise.evidence.selection import binomial, reference_row, rows_of, unit_of
from allrise.evidence.spread import sd_within_of_limits, sd_within_of_shares, spread

SPREAD_COLUMNS = (
    "series", "time_period", "schools", "sd_raw", "sd_between", "sd_lower", "sd_upper", "icc", "noise_share",
)  # fmt: skip


def spread_trend(
    outcomes: pd.DataFrame,
    system: pd.DataFrame | None = None,
    *,
    measure_id: str,
    pupil_group: str = "all",
    unit: str | None = None,
) -> pd.DataFrame:
    """Return the spread between schools in the cluster and in its system, year by year.

    Parameters
    ----------
    outcomes
        The cluster's outcomes.
    system
        Reference table of :func:`allrise.evidence.reference.reference_outcomes` (one country), or ``None``. It also
        gives the spread within schools where the cluster's rows cannot.

    Returns
    -------
    DataFrame
        ``series``, ``time_period``, ``schools``, ``sd_raw``, ``sd_between`` (REML), ``sd_lower``, ``sd_upper`` (95%),
        ``icc``, ``noise_share``. Without denominators only ``sd_raw`` can be said.
    """
    rows = rows_of(outcomes, measure_id, pupil_group)
    percent = binomial(system, rows, unit_of(system, measure_id, unit), measure_id)
    found: list[dict[str, Any]] = []
    for period, year in rows.groupby("time_period", sort=True):
        y, n = floats(year["value"]), floats(year["pupils"])
        if np.isfinite(y).sum() < 2:
            continue
        if percent:
            within = 100 * sd_within_of_shares(y / 100, n)
        else:
            within = sd_within_of_limits(year["lower"], year["upper"], n)
            row = reference_row(system, measure_id, pupil_group, int(str(period)))
            within = float(row["sd_within"]) if not np.isfinite(within) and row is not None else within
        found.append({"series": "cluster", "time_period": int(str(period)), **asdict(spread(y, n, within))})
    if system is not None:
        found.extend(
            {"series": "system", **{c: row[c] for c in SPREAD_COLUMNS if c != "series"}}
            for row in rows_of(system, measure_id, pupil_group).sort_values("time_period").to_dict("records")
        )
    table = pd.DataFrame(found, columns=list(SPREAD_COLUMNS))
    numbers = dict.fromkeys(SPREAD_COLUMNS[3:], "float64")
    return table.astype({"series": "str", "time_period": "Int64", "schools": "Int64"} | numbers)
