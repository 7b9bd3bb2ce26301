"""Joining over time (C3), and whether outcomes of schools that join change as those of schools that have not yet joined.

Staggered joining is compared group by group and year by year with schools that have not joined by then. One two-way
fixed-effects number is never given: it compares late joiners with early ones and can have the wrong sign.

Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. Journal of Econometrics
225 (no covariates, not-yet-treated comparison, base period the year before for years before joining).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allrise.evidence.intervals import Floats, floats, t_quantile
from allrise.evidence.tidy import count, tidy

#: With fewer schools in a group or its comparison an effect is not given.
FEWEST = 5
MEMBERSHIP = {
    "time_period": "Int64", "schools": "Int64", "members": "Int64", "share": "float64", "clusters": "Int64",
    "joined": "Int64", "left": "Int64", "moved": "Int64",
}  # fmt: skip
EFFECTS = {
    "cohort": "Int64", "time_period": "Int64", "before": "bool", "effect": "float64", "se": "float64",
    "lower": "float64", "upper": "float64", "schools": "Int64", "clusters": "Int64", "comparison": "Int64",
}  # fmt: skip
EVENTS = {
    "event_time": "Int64", "before": "bool", "effect": "float64", "se": "float64", "lower": "float64",
    "upper": "float64", "band_lower": "float64", "band_upper": "float64", "schools": "Int64", "clusters": "Int64",
    "cohorts": "Int64",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Joining:
    """What happened to outcomes around joining.

    Attributes
    ----------
    effects
        Each group (schools that joined in one year) and year: ``cohort``, ``time_period``, ``before`` (joining), ``effect``,
        ``se``, ``lower``, ``upper`` (95%), ``schools``, ``clusters`` (that they joined), ``comparison`` (schools not yet
        joined). No error is given for schools that joined a single cluster: what is theirs cannot be told from what is
        that cluster's.
    events
        The same by years since joining, groups weighted by their schools: ``event_time`` (0 is the first year in),
        ``before``, ``effect``, ``se``, ``lower``, ``upper``, ``band_lower``, ``band_upper`` (95% for all rows at once),
        ``schools``, ``clusters``, ``cohorts``.
    overall, lower, upper
        Mean over the years since joining, each counting once, with its 95% interval.
    before_p
        How likely differences before joining as large as these are if there are none (the largest studentised one, over
        all years before). Small: the groups were moving apart before, and the comparison is not to be believed. Large: not
        proof that they were not.
    always, never
        Schools in a cluster from the first year (left out: no year before to compare with), and never in one.
    df
        Degrees of freedom of the mean's interval. Years long after joining rest on the first groups alone, so that these weigh
        more in the mean than their number of clusters says: each group's part of the variance has its clusters less one
        (Satterthwaite 1946).
    """

    effects: pd.DataFrame
    events: pd.DataFrame
    overall: float
    lower: float
    upper: float
    before_p: float
    always: int
    never: int
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
        :func:`cohorts`. Errors are clustered by ``cluster_id``, since schools of one cluster join together.
    draws, seed
        Of the multiplier bootstrap for ``band_lower``, ``band_upper`` and ``before_p``.

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
    cells = _cells(floats(wide), periods, np.where(always, np.nan, group), units)
    table = tidy((c.row(level) for c in cells), EFFECTS)
    return _summed_up(table, cells, periods, int(always.sum()), int(np.isinf(group).sum()), draws, seed, level)


@dataclass(frozen=True, slots=True)
class _Cell:
    cohort: int
    period: int
    before: bool
    effect: float
    influence: Floats  # summed by unit: its standard error is the root of the sum of squares
    schools: int
    clusters: int
    comparison: int

    def row(self, level: float) -> dict[str, Any]:
        se = _se(self.influence)
        half = _quantile(level, [self]) * se
        return {
            "cohort": self.cohort, "time_period": self.period, "before": self.before, "effect": self.effect, "se": se,
            "lower": self.effect - half, "upper": self.effect + half, "schools": self.schools,
            "clusters": self.clusters, "comparison": self.comparison,
        }  # fmt: skip


def _se(influence: Floats) -> float:
    return float(np.sqrt((influence**2).sum()))


def _quantile(level: float, cells: list[_Cell]) -> float:
    """Return the t quantile on the clusters that joined, less one a group: they are few, and carry the uncertainty."""
    return float(t_quantile(level, max(sum(c.clusters - 1 for c in cells), 1)))


def _share(change: Floats, who: NDArray[np.bool_], units: NDArray[np.intp]) -> tuple[Floats, int]:
    """Return what each unit contributes to a mean, scaled for few units, and how many units there are."""
    own = np.where(who, change - change[who].mean(), 0.0) / who.sum()
    count_ = len(set(units[who]))
    scale = np.sqrt(count_ / (count_ - 1)) if count_ >= 2 else np.nan
    return floats(np.bincount(units, own)) * scale, count_


def _cells(wide: Floats, periods: list[int], group: Floats, units: NDArray[np.intp]) -> list[_Cell]:
    found: list[_Cell] = []
    for cohort in sorted({int(g) for g in group[np.isfinite(group)]}):
        for i in range(1, len(periods)):
            period = periods[i]
            before = period < cohort
            # Until joining each year is compared with the one before it; after, with the last year before joining.
            base = i - 1 if before else max(j for j, p in enumerate(periods) if p < cohort)
            change = wide[:, i] - wide[:, base]
            known = np.isfinite(change)
            inside, outside = (
                known & (group == cohort),
                known & (group > max(period, periods[base])) & (group != cohort),
            )
            n, m = int(inside.sum()), int(outside.sum())
            if min(n, m) < FEWEST:
                continue
            effect = float(change[inside].mean() - change[outside].mean())
            change = np.where(known, change, 0.0)
            ours, clusters = _share(change, inside, units)
            theirs, _ = _share(change, outside, units)
            found.append(_Cell(cohort, period, before, effect, ours - theirs, n, clusters, m))
    return found


def _summed_up(
    table: pd.DataFrame,
    cells: list[_Cell],
    periods: list[int],
    always: int,
    never: int,
    draws: int,
    seed: int,
    level: float,
) -> Joining:
    nan = float("nan")
    place = {p: i for i, p in enumerate(periods)}
    by_event: dict[int, list[_Cell]] = {}
    for cell in cells:
        start = place.get(cell.cohort, sum(p < cell.cohort for p in periods))
        by_event.setdefault(place[cell.period] - start, []).append(cell)
    if not by_event:
        return Joining(table, tidy([], EVENTS), nan, nan, nan, nan, always, never)
    rows: list[dict[str, Any]] = []
    influences: list[Floats] = []
    for event in sorted(by_event):
        these = by_event[event]
        weights = np.array([c.schools for c in these], dtype=np.float64)
        weights /= weights.sum()
        influence = floats(sum(w * c.influence for w, c in zip(weights, these, strict=True)))
        effect, se = float(sum(w * c.effect for w, c in zip(weights, these, strict=True))), _se(influence)
        half = _quantile(level, these) * se
        rows.append({
            "event_time": event, "before": event < 0, "effect": effect, "se": se, "lower": effect - half,
            "upper": effect + half, "schools": sum(c.schools for c in these),
            "clusters": sum(c.clusters for c in these), "cohorts": len(these),
        })  # fmt: skip
        influences.append(influence)
    errors, stacked = np.array([r["se"] for r in rows]), np.array(influences)
    said = np.isfinite(errors) & (errors > 0)
    if said.any():
        wide = float(np.quantile(_largest(stacked[said], errors[said], draws, seed), level))
        for row in rows:
            row |= {"band_lower": row["effect"] - wide * row["se"], "band_upper": row["effect"] + wide * row["se"]}
    early = np.array([bool(r["before"]) for r in rows]) & said
    before_p = nan
    if early.any():
        seen = max(abs(row["effect"]) / row["se"] for row, is_early in zip(rows, early, strict=True) if is_early)
        before_p = float((_largest(stacked[early], errors[early], draws, seed) >= seen).mean())
    after = [i for i, r in enumerate(rows) if not r["before"]]
    overall = low = high = df = nan
    if after:
        overall = float(np.mean([rows[i]["effect"] for i in after]))
        df = _freedom([by_event[int(rows[i]["event_time"])] for i in after])
        half = float(t_quantile(level, df)) * _se(stacked[after].sum(axis=0) / len(after))
        low, high = overall - half, overall + half
    return Joining(table, tidy(rows, EVENTS), overall, low, high, before_p, always, never, df)


def _freedom(years: list[list[_Cell]]) -> float:
    """Return the degrees of freedom of the mean over years since joining, from each group's part in its variance."""
    parts: dict[int, Floats] = {}
    clusters: dict[int, int] = {}
    for these in years:
        schools = sum(c.schools for c in these)
        for c in these:
            parts[c.cohort] = parts.get(c.cohort, np.zeros_like(c.influence)) + c.schools / schools * c.influence
            clusters[c.cohort] = max(c.clusters, clusters.get(c.cohort, 0))
    variances = {group: float((part**2).sum()) for group, part in parts.items()}
    below = sum(v**2 / max(clusters[group] - 1, 1) for group, v in variances.items())
    return max(sum(variances.values()) ** 2 / below, 1.0) if below > 0 else float("nan")


def _largest(influences: Floats, errors: Floats, draws: int, seed: int) -> Floats:
    """Return draws of the largest studentised deviation over the rows (Rademacher multipliers on the units)."""
    random = np.random.default_rng(seed)
    found: list[Floats] = []
    # in parts, since the signs of all draws at once would take a gigabyte for a hundred thousand schools
    for start in range(0, draws, 200):
        signs = random.choice([-1.0, 1.0], size=(min(200, draws - start), influences.shape[1]))
        found.append(floats(np.abs(signs @ influences.T / errors).max(axis=1)))
    return np.concatenate(found)
