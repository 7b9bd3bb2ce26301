"""The tables of gap figures: over the years, by school, and what lies within and between schools."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.gaps import decompose, pooled_gap
from allrise.evidence.intervals import difference_of_shares, floats
from allrise.evidence.reference import paired
from allrise.evidence.selection import binomial, columns_of, joined, rows_of, unit_of

GAP_TREND_COLUMNS = (
    "series", "time_period", "schools", "pupils_low", "pupils_high", "value_low", "value_high", "gap", "lower", "upper",
)  # fmt: skip
SCHOOL_GAP_COLUMNS = (
    "school_id", "school", "letter", "pupils_low", "pupils_high", "value_low", "value_high", "gap", "lower", "upper",
    "status",
)  # fmt: skip
DECOMPOSITION_COLUMNS = ("series", "part", "gap_share", "value")
LOW, HIGH = "disadvantaged", "not_disadvantaged"


def _reference(system: pd.DataFrame | None, measure_id: str, low: str, high: str) -> pd.DataFrame | None:
    if system is None:
        return None
    chosen = (system["measure_id"] == measure_id) & (system["group_low"] == low) & (system["group_high"] == high)
    return system.loc[chosen.fillna(False)]


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    whole = [c for c in ("time_period", "schools", "pupils_low", "pupils_high") if c in table]
    numbers = [c for c in ("value_low", "value_high", "gap", "lower", "upper", "gap_share", "value") if c in table]
    words = [c for c in ("series", "part", "school_id", "school", "letter", "status") if c in table]
    types = dict.fromkeys(whole, "Int64") | dict.fromkeys(numbers, "float64") | dict.fromkeys(words, "str")
    return table.astype(types)


def gap_trend(
    outcomes: pd.DataFrame,
    system: pd.DataFrame | None = None,
    *,
    measure_id: str,
    low: str = LOW,
    high: str = HIGH,
    unit: str | None = None,
) -> pd.DataFrame:
    """Return the gap (high group less low group) of the cluster and of its system, year by year.

    Parameters
    ----------
    outcomes
        The cluster's outcomes. Only schools that show both groups with denominators count.
    system
        Reference table of :func:`allrise.evidence.reference.reference_gaps` (one country), or ``None``.
    low, high
        The two pupil groups.

    Returns
    -------
    DataFrame
        ``series`` (``cluster``, ``system``), ``time_period``, ``schools``, ``pupils_low``, ``pupils_high``,
        ``value_low``, ``value_high``, ``gap``, ``lower``, ``upper`` (95%, see :func:`allrise.evidence.gaps.pooled_gap`).
    """
    percent = binomial(
        system,
        outcomes.loc[(outcomes["measure_id"] == measure_id).fillna(False)],
        unit_of(system, measure_id, unit),
        measure_id,
    )
    rows = outcomes.loc[(outcomes["measure_id"] == measure_id).fillna(False)]
    found: list[dict[str, Any]] = []
    for period, part in paired(rows, low, high, ["time_period"]).groupby("time_period", sort=True):
        gap = pooled_gap(
            part["value_low"], part["pupils_low"], part["value_high"], part["pupils_high"], percent=percent
        )
        if gap.schools:
            values = {c: getattr(gap, c) for c in GAP_TREND_COLUMNS if c not in {"series", "time_period"}}
            found.append({"series": "cluster", "time_period": int(str(period)), **values})
    reference = _reference(system, measure_id, low, high)
    if reference is not None:
        found.extend(
            {"series": "system", **{c: row[c] for c in GAP_TREND_COLUMNS if c != "series"}}
            for row in reference.sort_values("time_period").to_dict("records")
        )
    return _whole(pd.DataFrame(found, columns=list(GAP_TREND_COLUMNS)))


def school_gaps(
    outcomes: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    measure_id: str,
    time_period: int,
    low: str = LOW,
    high: str = HIGH,
    unit: str | None = None,
    system: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return each school's gap with Newcombe's 95% interval (percentages only), ordered by name.

    ``status`` is blank when both groups show a value, else that of the group that does not (the low group's first).

    Returns
    -------
    DataFrame
        ``school_id``, ``school``, ``letter``, ``pupils_low``, ``pupils_high``, ``value_low``, ``value_high``, ``gap``,
        ``lower``, ``upper``, ``status``.
    """
    first = rows_of(outcomes, measure_id, low, time_period)
    second = rows_of(outcomes, measure_id, high, time_period)
    percent = binomial(system, pd.concat([first, second]), unit_of(system, measure_id, unit), measure_id)
    table = joined(schools, first).merge(
        joined(schools, second)[["school_id", "pupils", "value", "status"]], on="school_id", suffixes=("_low", "_high")
    )
    y_low, y_high = floats(table["value_low"]), floats(table["value_high"])
    shown = np.isfinite(y_low) & np.isfinite(y_high)
    status = table["status_low"].mask(table["status_low"] == "", table["status_high"])
    lower = upper = np.full(len(table), np.nan)
    if percent:
        limits = difference_of_shares(y_high / 100, table["pupils_high"], y_low / 100, table["pupils_low"])
        lower, upper = 100 * limits.lower, 100 * limits.upper
    table = table.assign(gap=y_high - y_low, lower=lower, upper=upper, status=status.mask(shown, ""))
    return _whole(columns_of(table, SCHOOL_GAP_COLUMNS))


def gap_decomposition(
    outcomes: pd.DataFrame,
    system: pd.DataFrame | None = None,
    *,
    measure_id: str,
    time_period: int,
    low: str = LOW,
    high: str = HIGH,
) -> pd.DataFrame:
    """Return how much of the gap lies within schools and how much comes from pupils being in different schools.

    Returns
    -------
    DataFrame
        ``series`` (``cluster``, and ``system`` when its reference is given), ``part`` (``within schools``, ``between
        schools``), ``gap_share`` (of the whole gap; may pass 1 when the parts point different ways, blank when the gap
        is 0), ``value`` (in the unit).
    """
    rows = rows_of_year(outcomes, measure_id, time_period)
    both = paired(rows, low, high, ["time_period"])
    split = decompose(both["value_low"], both["pupils_low"], both["value_high"], both["pupils_high"])
    parts = [("cluster", split.within, split.between)]
    reference = _reference(system, measure_id, low, high)
    if reference is not None:
        year = reference.loc[reference["time_period"] == time_period]
        parts.extend(("system", w, b) for w, b in zip(year["within"], year["between"], strict=True))
    found = [
        {"series": series, "part": part, "value": value, "gap_share": value / (w + b) if w + b != 0 else np.nan}
        for series, w, b in parts
        if np.isfinite(w)
        for part, value in (("within schools", w), ("between schools", b))
    ]
    return _whole(pd.DataFrame(found, columns=list(DECOMPOSITION_COLUMNS)))


def rows_of_year(outcomes: pd.DataFrame, measure_id: str, time_period: int) -> pd.DataFrame:
    """Return all pupil groups' rows of one measure and year."""
    chosen = (outcomes["measure_id"] == measure_id) & (outcomes["time_period"] == time_period)
    return outcomes.loc[chosen.fillna(False)]
