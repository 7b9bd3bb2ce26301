"""The system in a few rows: what a cluster's figures need to know of all other schools, computed once.

A pack's cost must not grow with the system. So the whole system is summed up here, one row for each country, measure,
pupil group and year (and one for each gap), and every cluster-level function takes these rows as ``system``.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from allrise.data.tables import COMPLEMENTS
from allrise.evidence.funnel import (
    Overdispersion,
    TooFewSchools,
    overdispersion_of_means,
    overdispersion_of_shares,
)
from allrise.evidence.gaps import decompose, pooled_gap
from allrise.evidence.intervals import Floats, chi2_quantile, floats
from allrise.evidence.levels import pooled_level
from allrise.evidence.selection import groups_of, reference_row
from allrise.evidence.spread import sd_within_of_limits, sd_within_of_shares, spread

KEY = ["country", "measure_id", "pupil_group", "time_period"]
QUANTILES = {"q10": 0.1, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q90": 0.9}
REFERENCE_COLUMNS = (
    "country", "measure_id", "pupil_group", "time_period", "unit", "counted", "schools", "pupils", "value", "lower",
    "upper", "weighted", "k", "target", "phi", "tau", "scale", "mean", "sd_within", "sd_raw", "sd_between", "sd_lower",
    "sd_upper", "icc", "noise_share", *QUANTILES, "reference",
)  # fmt: skip
GAP_REFERENCE_COLUMNS = (
    "country", "measure_id", "group_low", "group_high", "time_period", "unit", "counted", "schools", "pupils_low", "pupils_high",
    "value_low", "value_high", "gap", "lower", "upper", "within", "between",
)  # fmt: skip


def _mainstream(outcomes: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Keep mainstream schools, with their country: special schools distort every reference of attainment."""
    phase = schools["phase"] if "phase" in schools else pd.Series(pd.NA, index=schools.index, dtype="str")
    kept = schools.loc[(phase != "special").fillna(True), ["school_id", "country"]].drop_duplicates("school_id")
    return outcomes.merge(kept, on="school_id", how="inner")


def _units(outcomes: pd.DataFrame, measures: pd.DataFrame) -> dict[str, str]:
    known = {str(m): str(u) for m, u in zip(measures["measure_id"], measures["unit"], strict=True)}
    return {str(m): known.get(str(m), "unknown") for m in outcomes["measure_id"].unique()}


def _precise_mean(y: Floats, n: Floats, sd_within: float, sd_between: float) -> float:
    """Return the mean of the schools' true levels: generalised least squares with the spread just estimated."""
    usable = np.isfinite(y) & (n > 0)
    if not usable.any() or not np.isfinite(sd_between):
        return float(np.nanmean(y)) if np.isfinite(y).any() else float("nan")
    w = 1 / (sd_between**2 + sd_within**2 / n[usable])
    return float((w * y[usable]).sum() / w.sum())


def _counted(rows: pd.DataFrame) -> dict[tuple[str, str], bool]:
    """Say for each country and measure whether its percentages behave as shares of counted pupils.

    A share of ``pupils`` cannot scatter less than a binomial count does. One that does (attendance: a share of sessions)
    has another denominator than the table's, and binomial intervals, funnels and shrinkage would be wrong for it. Judged
    over all groups and years at once, at the 0.1% level.
    """
    scatter: dict[tuple[str, str], list[float]] = {}
    for (country, measure, _group, _period), part in groups_of(rows, KEY):
        p, n = floats(part["value"]) / 100, floats(part["pupils"])
        usable = np.isfinite(p) & (n > 0)
        p, n = p[usable], n[usable]
        total = scatter.setdefault((str(country), str(measure)), [0.0, 0.0])
        centre = (p * n).sum() / n.sum() if len(p) >= 2 else 0.0
        if 0 < centre < 1:
            total[0] += float((n * (p - centre) ** 2).sum() / (centre * (1 - centre)))
            total[1] += len(p) - 1
    return {key: df < 1 or q >= chi2_quantile(0.001, df) for key, (q, df) in scatter.items()}


def _row(rows: pd.DataFrame, unit: str, period: int, country: str, *, counted: bool) -> dict[str, object]:
    y, n = floats(rows["value"]), floats(rows["pupils"])
    percent = unit == "percent" and counted
    level = pooled_level(y, n, percent=percent)
    within = 100 * sd_within_of_shares(y / 100, n) if percent else sd_within_of_limits(rows["lower"], rows["upper"], n)
    apart = spread(y, n, within)
    usable = int((np.isfinite(y) & (n > 0)).sum())
    name = f"{usable} mainstream schools of {country}"
    over = Overdispersion(
        usable, float("nan"), float("nan"), float("nan"), period, name, "arcsine" if percent else "unit"
    )
    if usable >= 2 and (percent or np.isfinite(within)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TooFewSchools)  # `k` is in the row; `Overdispersion.enough` says it
            over = (
                overdispersion_of_shares(y / 100, n, period=period, reference=name)
                if percent
                else overdispersion_of_means(y, n, within, period=period, reference=name)
            )
    shown = y[np.isfinite(y)]
    return {
        **level._asdict(),
        **{c: getattr(over, c) for c in ("k", "target", "phi", "tau", "scale", "reference")},
        **asdict(apart),
        "unit": unit,
        "counted": percent,
        "mean": _precise_mean(y, n, within, apart.sd_between),
        "sd_within": within,
        **{c: float(np.quantile(shown, q)) for c, q in QUANTILES.items()},
    }


def reference_outcomes(outcomes: pd.DataFrame, schools: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """Sum up the outcomes of all mainstream schools, one row a country, measure, pupil group and year.

    Parameters
    ----------
    outcomes, schools, measures
        Whole tables, typed as in ``data.tables``. Schools whose ``phase`` is ``special`` are left out.

    Returns
    -------
    DataFrame
        Key ``country``, ``measure_id``, ``pupil_group``, ``time_period``; ``unit``; ``counted`` (the values behave as shares of counted
        pupils: percentages that scatter less than counts could do not); level of the system (``schools``,
        ``pupils``, ``value``, ``lower``, ``upper``, ``weighted``); over-dispersion (``k``, ``target``, ``phi``, ``tau``,
        ``scale``); ``mean`` of the schools' true levels, ``sd_within``, ``sd_raw``, ``sd_between`` with ``sd_lower`` and
        ``sd_upper``, ``icc``, ``noise_share``; quantiles ``q10`` to ``q90`` of schools' values; ``reference`` (words).
        ``target`` is a share (0..1) and ``tau`` on the arcsine scale when ``scale`` is ``arcsine``; all else is in the
        unit. What cannot be said (no denominators, no spread within schools) is NaN.
    """
    rows = _mainstream(outcomes.loc[outcomes["value"].notna()], schools)
    units = _units(rows, measures)
    counted = _counted(rows.loc[rows["measure_id"].isin([m for m, u in units.items() if u == "percent"])])
    found: list[dict[str, object]] = []
    for (country, measure, group, period), part in groups_of(rows, KEY):
        key = {"country": country, "measure_id": measure, "pupil_group": group, "time_period": int(period)}
        whole = _row(
            part,
            units[str(measure)],
            int(period),
            str(country),
            counted=counted.get((str(country), str(measure)), False),
        )
        found.append({**whole, **key})
    table = pd.DataFrame(found, columns=list(REFERENCE_COLUMNS))
    words = ("country", "measure_id", "pupil_group", "unit", "scale", "reference")
    whole = ("time_period", "schools", "pupils", "k")
    types = dict.fromkeys(REFERENCE_COLUMNS, "float64") | dict.fromkeys(words, "str") | dict.fromkeys(whole, "Int64")
    return table.astype(types | {"weighted": "bool", "counted": "bool"})


def reference_gaps(
    outcomes: pd.DataFrame,
    schools: pd.DataFrame,
    measures: pd.DataFrame,
    pairs: Sequence[tuple[str, str]] = COMPLEMENTS,
) -> pd.DataFrame:
    """Sum up the gaps of all mainstream schools, one row a country, measure, pair of groups and year.

    Returns
    -------
    DataFrame
        Key ``country``, ``measure_id``, ``group_low``, ``group_high``, ``time_period``; ``unit``, ``schools`` (that show
        both groups), ``pupils_low``, ``pupils_high``, ``value_low``, ``value_high``, ``gap`` (high less low), ``lower``,
        ``upper``, and its parts ``within`` and ``between`` schools. Pairs that no school shows are left out.
    """
    rows = _mainstream(outcomes.loc[outcomes["value"].notna()], schools)
    units = _units(rows, measures)
    counted = _counted(rows.loc[rows["measure_id"].isin([m for m, u in units.items() if u == "percent"])])
    found: list[dict[str, object]] = []
    for low, high in pairs:
        both = paired(rows, low, high, ["country", "measure_id", "time_period"])
        for (country, measure, period), part in groups_of(both, ["country", "measure_id", "time_period"]):
            columns = (part["value_low"], part["pupils_low"], part["value_high"], part["pupils_high"])
            gap = pooled_gap(*columns, percent=counted.get((str(country), str(measure)), False))
            if gap.schools:
                split = decompose(*columns)
                key = {
                    "country": country,
                    "measure_id": measure,
                    "time_period": int(period),
                    "unit": units[str(measure)],
                }
                found.append({
                    **asdict(gap), **key, "counted": counted.get((str(country), str(measure)), False), "group_low": low, "group_high": high,
                    "within": split.within, "between": split.between,
                })  # fmt: skip
    table = pd.DataFrame(found, columns=list(GAP_REFERENCE_COLUMNS))
    words = ("country", "measure_id", "group_low", "group_high", "unit")
    whole = ("time_period", "schools", "pupils_low", "pupils_high")
    types = dict.fromkeys(GAP_REFERENCE_COLUMNS, "float64") | dict.fromkeys(words, "str")
    return table.astype(types | dict.fromkeys(whole, "Int64") | {"counted": "bool"})


def paired(rows: pd.DataFrame, low: str, high: str, by: list[str]) -> pd.DataFrame:
    """Put the two groups of a school side by side: ``value_low``, ``pupils_low``, ``value_high``, ``pupils_high``."""
    key = ["school_id", *by]
    columns = [*key, "value", "pupils"]
    first = rows.loc[(rows["pupil_group"] == low).fillna(False), columns]
    second = rows.loc[(rows["pupil_group"] == high).fillna(False), columns]
    return first.merge(second, on=key, suffixes=("_low", "_high"))


def overdispersion_for(
    system: pd.DataFrame | None, *, measure_id: str, time_period: int, pupil_group: str = "all"
) -> Overdispersion | None:
    """Return the over-dispersion of the reference table, or ``None`` when it is not known for this choice."""
    row = reference_row(system, measure_id, pupil_group, time_period)
    if row is None or not np.isfinite(row["tau"]):
        return None
    return Overdispersion(
        int(row["k"]), float(row["phi"]), float(row["tau"]), float(row["target"]), int(row["time_period"]),
        str(row["reference"]), str(row["scale"]), float(row["sd_within"]) if row["scale"] == "unit" else float("nan"),
    )  # fmt: skip
