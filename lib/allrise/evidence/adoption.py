"""Joining over time (C3), and whether outcomes of schools that join change as those of schools that have not yet joined.

Staggered joining is compared group by group and year by year with schools that have not joined by then. One two-way
fixed-effects number is never given: it compares late joiners with early ones and can have the wrong sign.

Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. Journal of Econometrics
225 (no covariates, not-yet-treated comparison, base period the year before for years before joining).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allrise.evidence.few_clusters import AllAtOnce, Error, Side, error_of, together
from allrise.evidence.intervals import Floats, floats
from allrise.evidence.tidy import count, tidy

#: With fewer schools in a group or its comparison an effect is not given.
FEWEST = 5
MEMBERSHIP = {
    "time_period": "Int64", "schools": "Int64", "members": "Int64", "share": "float64", "clusters": "Int64",
    "joined": "Int64", "left": "Int64", "moved": "Int64",
}  # fmt: skip
EFFECTS = {
    "cohort": "Int64", "time_period": "Int64", "before": "bool", "effect": "float64", "se": "float64",
    "df": "float64", "lower": "float64", "upper": "float64", "schools": "Int64", "clusters": "Int64", "comparison": "Int64",
}  # fmt: skip
EVENTS = {
    "event_time": "Int64", "before": "bool", "effect": "float64", "se": "float64", "df": "float64",
    "lower": "float64", "upper": "float64", "band_lower": "float64", "band_upper": "float64", "schools": "Int64", "clusters": "Int64",
    "cohorts": "Int64",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Joining:
    """What happened to outcomes around joining.

    Attributes
    ----------
    effects
        Each group (schools that joined in one year) and year: ``cohort``, ``time_period``, ``before`` (joining), ``effect``,
        ``se``, ``df``, ``lower``, ``upper`` (95%), ``schools``, ``clusters`` (that they joined), ``comparison`` (schools not
        yet joined). No error is given for schools that joined a single cluster: what is theirs cannot be told from what is
        that cluster's.
    events
        The same by years since joining, groups weighted by their schools: ``event_time`` (0 is the first year in),
        ``before``, ``effect``, ``se``, ``df``, ``lower``, ``upper``, ``band_lower``, ``band_upper`` (95% for all rows at
        once), ``schools``, ``clusters``, ``cohorts``.
    overall, lower, upper
        Mean over the years since joining, each counting once, with its 95% interval.
    before_p
        How likely differences before joining as large as these are if there are none (the largest studentised one, over
        all years before). Small: the groups were moving apart before, and the comparison is not to be believed. Large: not
        proof that they were not.
    always, never
        Schools in a cluster from the first year (left out: no year before to compare with), and never in one.
    se, df
        Standard error and degrees of freedom of the mean over the years since joining.
    """

    effects: pd.DataFrame
    events: pd.DataFrame
    overall: float
    lower: float
    upper: float
    before_p: float
    always: int
    never: int
    se: float = float("nan")
    df: float = float("nan")


def members_on(memberships: pd.DataFrame, day: dt.date) -> pd.Series:
    """Return the cluster of each school on ``day``, indexed by school; spells without a first day count from the start."""
    when = pd.Timestamp(day)
    began = memberships["joined_on"].isna() | (memberships["joined_on"] <= when)
    lasts = memberships["left_on"].isna() | (memberships["left_on"] > when)
    return memberships.loc[began & lasts].drop_duplicates("school_id", keep="last").set_index("school_id")["cluster_id"]


def membership_over_time(
    memberships: pd.DataFrame, schools: pd.DataFrame, periods: Sequence[int], day: Callable[[int], dt.date]
) -> pd.DataFrame:
    """Return how many schools are in a cluster, year by year.

    Parameters
    ----------
    memberships, schools
        Whole tables; the share is of all ``schools``, which have no opening days: earlier shares are of today's schools.
    periods
        School years, in order.
    day
        The day of a school year on which membership counts (``allrise.data.profiles.Profile.membership_day``).

    Returns
    -------
    DataFrame
        ``time_period``, ``schools``, ``members``, ``share``, ``clusters``, and since the year before: ``joined``, ``left``,
        ``moved`` (blank in the first year).
    """
    everyone = schools["school_id"].drop_duplicates()
    rows: list[dict[str, Any]] = []
    before: pd.Series | None = None
    for period in periods:
        now = members_on(memberships, day(period)).reindex(everyone)
        row: dict[str, Any] = {"time_period": period, "schools": len(now), "members": count(now.notna())}
        row |= {"share": row["members"] / len(now) if len(now) else np.nan, "clusters": now.nunique()}
        if before is not None:
            both = now.notna() & before.notna()
            row |= {"joined": count(now.notna() & before.isna()), "left": count(now.isna() & before.notna())}
            row["moved"] = count(both & (now != before))
        rows.append(row)
        before = now
    return tidy(rows, MEMBERSHIP)


def cohorts(
    memberships: pd.DataFrame, schools: pd.DataFrame, periods: Sequence[int], day: Callable[[int], dt.date]
) -> pd.DataFrame:
    """Return when each school was first in a cluster.

    A school that leaves later stays in its group: who leaves is chosen by what happened, and dropping them would flatter.

    Returns
    -------
    DataFrame
        ``school_id``, ``cohort`` (first school year in a cluster; blank: never), ``cluster_id`` (the first one).
    """
    first: dict[str, tuple[int, str]] = {}
    for period in periods:
        for school, cluster in members_on(memberships, day(period)).items():
            first.setdefault(str(school), (period, str(cluster)))
    rows = ({"school_id": s, "cohort": first.get(str(s), (None, None))[0], "cluster_id": first.get(str(s), (None, None))[1]}
            for s in schools["school_id"].drop_duplicates())  # fmt: skip
    return tidy(rows, {"school_id": "str", "cohort": "Int64", "cluster_id": "str"})


def joining_effects(
    values: pd.DataFrame, joined: pd.DataFrame, *, draws: int = 2000, seed: int = 20260101, level: float = 0.95
) -> Joining:
    """Compare schools that join with schools that have not yet joined, group by group and year by year.

    Parameters
    ----------
    values
        ``school_id``, ``time_period``, ``value``: one measure and pupil group, one row a school and year. A pair of years
        uses the schools that have both.
    joined
        :func:`cohorts`. Errors are clustered by ``cluster_id``, since schools of one cluster join together; they and their
        degrees of freedom are those of :mod:`allrise.evidence.few_clusters`.
    draws, seed
        Of the simulation behind ``band_lower``, ``band_upper`` and ``before_p``.

    Notes
    -----
    Read as an effect of joining only if the schools that join would have changed as those not yet in, had they not joined;
    if nobody changes in advance; and if joiners do not change the others. None of it can be shown by the data, and schools
    choose when to join. The groups' weights are taken as fixed.
    """
    wide = values.pivot_table(index="school_id", columns="time_period", values="value")
    about = joined.drop_duplicates("school_id").set_index("school_id").reindex(wide.index)
    periods = [int(p) for p in wide.columns]
    first = floats(about["cohort"])
    group = np.where(np.isfinite(first), first, np.inf)
    always = group <= (periods[0] if periods else -np.inf)
    label = about["cluster_id"].astype("object")
    label = label.where(label.notna(), pd.Series(about.index, index=about.index).map(lambda s: f"school {s}"))
    units = pd.factorize(label)[0]
    measures = floats(wide)
    cells = _cells(measures, periods, np.where(always, np.nan, group), units)
    measured = _Measured(measures, units, together(measures, [s for c in cells for s in c.sides], units))
    table = tidy((c.row(measured.error([(1.0, c)]), level) for c in cells), EFFECTS)
    counts = int(always.sum()), int(np.isinf(group).sum())
    return _summed_up(table, cells, measured, counts, draws, seed, level)


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    cohort: int
    period: int
    since: int  # years since joining, counted in the years that there are
    effect: float
    sides: tuple[Side, Side]
    schools: int
    clusters: int
    comparison: int

    @property
    def before(self) -> bool:
        return self.period < self.cohort

    def row(self, error: Error, level: float) -> dict[str, Any]:
        half = error.half(level)
        return {
            "cohort": self.cohort, "time_period": self.period, "before": self.before, "effect": self.effect,
            "se": error.se, "df": error.df, "lower": self.effect - half, "upper": self.effect + half,
            "schools": self.schools, "clusters": self.clusters, "comparison": self.comparison,
        }  # fmt: skip


def _cells(wide: Floats, periods: list[int], group: Floats, units: NDArray[np.intp]) -> list[_Cell]:
    found: list[_Cell] = []
    for cohort in sorted({int(g) for g in group[np.isfinite(group)]}):
        start = sum(p < cohort for p in periods)
        for i in range(1, len(periods)):
            period = periods[i]
            # Until joining each year is compared with the one before it; after, with the last year before joining.
            base = i - 1 if period < cohort else start - 1
            known = np.isfinite(wide[:, i]) & np.isfinite(wide[:, base])
            inside = known & (group == cohort)
            outside = known & (group > max(period, periods[base])) & (group != cohort)
            n, m = int(inside.sum()), int(outside.sum())
            if min(n, m) < FEWEST:
                continue
            change = wide[:, i] - wide[:, base]
            effect = float(change[inside].mean() - change[outside].mean())
            sides = Side(inside, i, base, 1.0), Side(outside, i, base, -1.0)
            found.append(_Cell(cohort, period, i - start, effect, sides, n, len(set(units[inside])), m))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """What errors are computed from; ``share`` is how much schools of one cluster stray together."""

    values: Floats
    units: NDArray[np.intp]
    share: float

    def error(self, cells: Iterable[tuple[float, _Cell]]) -> Error:
        """Return the error of a sum of effects, each times its weight."""
        return error_of(self.values, [s.times(w) for w, c in cells for s in c.sides], self.units, self.share)


def _summed_up(
    table: pd.DataFrame,
    cells: list[_Cell],
    measured: _Measured,
    counts: tuple[int, int],
    draws: int,
    seed: int,
    level: float,
) -> Joining:
    nan = float("nan")
    by_event: dict[int, list[tuple[float, _Cell]]] = {}
    for event in sorted({c.since for c in cells}):
        these = [c for c in cells if c.since == event]
        schools = sum(c.schools for c in these)
        by_event[event] = [(c.schools / schools, c) for c in these]
    if not by_event:
        return Joining(table, tidy([], EVENTS), nan, nan, nan, nan, *counts)
    errors = {event: measured.error(weighted) for event, weighted in by_event.items()}
    rows: dict[int, dict[str, Any]] = {}
    for event, weighted in by_event.items():
        effect, error = sum(w * c.effect for w, c in weighted), errors[event]
        half = error.half(level)
        rows[event] = {
            "event_time": event, "before": event < 0, "effect": effect, "se": error.se, "df": error.df,
            "lower": effect - half, "upper": effect + half, "schools": sum(c.schools for _, c in weighted),
            "clusters": sum(c.clusters for _, c in weighted), "cohorts": len(weighted),
        }  # fmt: skip
    said = [event for event, error in errors.items() if error.se > 0]
    if said:
        reaches = AllAtOnce([errors[e] for e in said], draws, seed).quantiles(level)
        for event, reach in zip(said, reaches, strict=True):
            half = float(reach) * errors[event].se
            rows[event] |= {"band_lower": rows[event]["effect"] - half, "band_upper": rows[event]["effect"] + half}
    before_p = nan
    if early := [event for event in said if event < 0]:
        studentised = floats([rows[e]["effect"] / errors[e].se for e in early])
        before_p = AllAtOnce([errors[e] for e in early], draws, seed).chance_of(studentised)
    events = tidy(rows.values(), EVENTS)
    after = [event for event in by_event if event >= 0]
    if not after:
        return Joining(table, events, nan, nan, nan, before_p, *counts)
    overall = float(np.mean([rows[e]["effect"] for e in after]))
    error = measured.error((w / len(after), c) for e in after for w, c in by_event[e])
    half = error.half(level)
    return Joining(table, events, overall, overall - half, overall + half, before_p, *counts, error.se, error.df)
