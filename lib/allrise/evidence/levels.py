"""Levels: of the cluster and its system over the years, and of each school in one year, raw and shrunk."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from allrise.evidence.few_clusters import error_of_mean
from allrise.evidence.intervals import floats, normal_quantile, t_quantile, wilson
from allrise.evidence.selection import binomial, columns_of, joined, reference_row, rows_of, unit_of
from allrise.evidence.shrinkage import shrink_towards
from allrise.evidence.tidy import KINDS

TREND_COLUMNS = ("series", "time_period", "schools", "pupils", "value", "lower", "upper", "weighted")
LEVEL_COLUMNS = ("school_id", "school", "letter", "pupils", "value", "lower", "upper", "status")
SHRUNK_COLUMNS = (
    "school_id", "school", "letter", "pupils", "raw", "raw_lower", "raw_upper", "shrunk", "shrunk_lower",
    "shrunk_upper", "reliability",
)  # fmt: skip


class Level(NamedTuple):
    """The level of several schools together."""

    schools: int
    pupils: float
    value: float
    lower: float
    upper: float
    weighted: bool


def pooled_level(value: ArrayLike, pupils: ArrayLike, *, percent: bool, level: float = 0.95) -> Level:
    """Return the level of several schools together, with an interval that respects that pupils come in schools.

    With denominators for every school: pupil-weighted. The variance is made from what each school contributes (schools,
    not pupils, are what is drawn), scaled up where a school has much of the pupils, with a t quantile whose degrees of
    freedom are fewer then (:mod:`allrise.evidence.few_clusters`); percentages get Wilson's interval with the effective number of pupils that this variance implies, never more than the real one. Without
    denominators: the plain mean over schools, and no interval (nothing is made up), ``weighted`` False.

    Parameters
    ----------
    value, pupils
        One entry a school; schools without a value are left out.
    percent
        Values are percentages (0..100).

    Notes
    -----
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data. Survey Methodology 24.
    """
    y, n = floats(value), floats(pupils)
    shown = np.isfinite(y)
    y, n = y[shown], n[shown]
    k = len(y)
    nan = float("nan")
    if k == 0:
        return Level(0, nan, nan, nan, nan, False)
    if not (n > 0).all():
        return Level(k, nan, float(y.mean()), nan, nan, False)
    total = float(n.sum())
    mean = float((y * n).sum() / total)
    variance, df = error_of_mean(y - mean, n) if k >= 2 else (nan, nan)
    quantile = float(t_quantile(level, df)) if k >= 2 else normal_quantile(level)
    if not percent:
        half = quantile * np.sqrt(variance)
        return Level(k, total, mean, float(mean - half), float(mean + half), True)
    chance = mean * (100 - mean) / total
    effect = float(np.fmax(variance / chance, 1.0)) if chance > 0 else 1.0
    limits = wilson(mean / 100, total / effect, level, z=quantile)
    return Level(k, total, mean, 100 * float(limits.lower), 100 * float(limits.upper), True)


def cluster_trend(
    outcomes: pd.DataFrame,
    system: pd.DataFrame | None = None,
    *,
    measure_id: str,
    pupil_group: str = "all",
    unit: str | None = None,
) -> pd.DataFrame:
    """Return the level of the cluster and of its system, year by year.

    Parameters
    ----------
    outcomes
        The cluster's outcomes (columns of ``data.tables.OUTCOMES``): a school's row counts in the years in which it
        was in the cluster, as the slice has it.
    system
        Reference table of :func:`allrise.evidence.reference.reference_outcomes` (one country), or ``None``.
    measure_id, pupil_group
        What to show.
    unit
        Unit of the measure; taken from ``system`` when not given.

    Returns
    -------
    DataFrame
        ``series`` (``cluster``, ``system``), ``time_period``, ``schools``, ``pupils``, ``value``, ``lower``, ``upper``
        (95%), ``weighted``. See :func:`pooled_level` for the interval.

    Raises
    ------
    InvalidData
        When the unit is not known or a percentage is outside 0 to 100.
    """
    rows = rows_of(outcomes, measure_id, pupil_group)
    percent = binomial(system, rows, unit_of(system, measure_id, unit), measure_id)
    found: list[dict[str, object]] = []
    for period, year in rows.groupby("time_period", sort=True):
        one = pooled_level(year["value"], year["pupils"], percent=percent)
        if one.schools:
            found.append({"series": "cluster", "time_period": int(str(period)), **one._asdict()})
    if system is not None:
        reference = rows_of(system, measure_id, pupil_group).sort_values("time_period")
        found.extend(
            {"series": "system", **{c: row[c] for c in TREND_COLUMNS if c != "series"}}
            for row in reference.to_dict("records")
        )
    return _typed(pd.DataFrame(found, columns=list(TREND_COLUMNS)))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Give whole numbers and text their types, also where a table has no rows."""
    kinds = {**KINDS, "series": "str", "weighted": "bool"}
    types = {str(name): kinds.get(str(name), "float64") for name in table.columns}
    whole = {name: np.round(floats(table[name])) for name, kind in types.items() if kind == "Int64"}
    return table.assign(**whole).astype(types)


def school_levels(
    outcomes: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    measure_id: str,
    time_period: int,
    pupil_group: str = "all",
    unit: str | None = None,
    system: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return each school's value in one year with its 95% interval, ordered by name.

    Published limits are kept. Percentages with a denominator get Wilson's interval; other units have none without
    published limits. Every school of ``schools`` has a row; ``status`` says why a value is not shown (``x``: no row).

    Returns
    -------
    DataFrame
        ``school_id``, ``school``, ``letter``, ``pupils``, ``value``, ``lower``, ``upper``, ``status``.
    """
    rows = rows_of(outcomes, measure_id, pupil_group, time_period)
    percent = binomial(system, rows, unit_of(system, measure_id, unit), measure_id)
    table = joined(schools, rows)
    if percent:
        limits = wilson(floats(table["value"]) / 100, table["pupils"])
        published = (table["lower"].notna() & table["upper"].notna()).to_numpy()
        table = table.assign(
            lower=np.where(published, floats(table["lower"]), 100 * limits.lower),
            upper=np.where(published, floats(table["upper"]), 100 * limits.upper),
        )
    return _typed(columns_of(table, LEVEL_COLUMNS))


def shrunk_levels(
    outcomes: pd.DataFrame,
    schools: pd.DataFrame,
    system: pd.DataFrame,
    *,
    measure_id: str,
    time_period: int,
    pupil_group: str = "all",
) -> pd.DataFrame:
    """Return raw and shrunk values side by side: the reference group's mean and variances, the school's own value.

    ``shrunk = mean + reliability (raw - mean)``, ``reliability = sd_between^2 / (sd_between^2 + sd_within^2 / pupils)``.
    Shrunk values are blank where the reference does not know the spread within schools, or a denominator is missing.
    The shrunk interval is conditional: it leaves out the uncertainty of the mean and of the variances. Where the reference
    cannot tell schools apart (``sd_between`` 0), all shrunk values are its mean, without an interval.

    Returns
    -------
    DataFrame
        ``school_id``, ``school``, ``letter``, ``pupils``, ``raw``, ``raw_lower``, ``raw_upper``, ``shrunk``,
        ``shrunk_lower``, ``shrunk_upper``, ``reliability``.
    """
    table = school_levels(
        outcomes, schools, measure_id=measure_id, time_period=time_period, pupil_group=pupil_group, system=system
    )
    row = reference_row(system, measure_id, pupil_group, time_period)
    nan = float("nan")
    mean, between, within = (nan, nan, nan) if row is None else (row["mean"], row["sd_between"], row["sd_within"])
    shrunk = shrink_towards(
        table["value"], table["pupils"], mean=float(mean), sd_between=float(between), sd_within=float(within)
    )
    apart = float(between) != 0  # where schools cannot be told apart, a width of 0 would mislead
    top = 100.0 if unit_of(system, measure_id, None) == "percent" else np.inf
    bottom = 0.0 if np.isfinite(top) else -np.inf
    table = table.rename(columns={"value": "raw", "lower": "raw_lower", "upper": "raw_upper"}).assign(
        shrunk=np.clip(shrunk.value, bottom, top),
        shrunk_lower=np.where(apart, np.clip(shrunk.lower, bottom, top), np.nan),
        shrunk_upper=np.where(apart, np.clip(shrunk.upper, bottom, top), np.nan),
        reliability=np.where(np.isfinite(shrunk.value), shrunk.reliability, np.nan),
    )
    return _typed(columns_of(table, SHRUNK_COLUMNS))
