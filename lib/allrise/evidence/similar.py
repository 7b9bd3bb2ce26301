"""Similar schools: a school beside its nearest neighbours on intake, not a league.

Neighbours are schools of the same country and phase, nearest on standardised size (log of pupils), share of
disadvantaged pupils and share of pupils learning the language, as far as these are known.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from allrise.evidence.intervals import Floats, floats
from allrise.evidence.levels import school_levels
from allrise.evidence.selection import columns_of, rows_of

#: Pupil groups whose share of all pupils describes an intake, and the feature's name.
SHARES = {"disadvantaged": "disadvantage", "language_learners": "language"}
#: Fewer neighbours with a value than this say nothing.
FEWEST = 5
NEIGHBOUR_COLUMNS = (
    "school_id", "measure_id", "time_period", "pupil_group", "neighbours", "neighbours_median", "neighbours_q1",
    "neighbours_q3", "features",
)  # fmt: skip
SIMILAR_COLUMNS = (
    "school_id", "school", "letter", "value", "lower", "upper", "neighbours", "neighbours_median", "neighbours_q1",
    "neighbours_q3", "features",
)  # fmt: skip


def intake(outcomes: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of each school's intake.

    Shares come from denominators: pupils of the group over all pupils, summed over the measures and the three latest
    years that give both (also where the value itself is hidden).

    Returns
    -------
    DataFrame
        Indexed by ``school_id``: ``country``, ``phase``, ``size`` (log of pupils), ``disadvantage``, ``language``
        (shares, 0..1); NaN where not known.
    """
    known = schools.drop_duplicates("school_id").set_index("school_id")
    pupils = floats(known["pupils"]) if "pupils" in known else np.full(len(known), np.nan)
    phase = known["phase"].astype("str") if "phase" in known else pd.Series("", index=known.index)
    table = pd.DataFrame(
        {
            "country": known["country"],
            "phase": phase.fillna(""),
            "size": np.log(np.where(pupils > 0, pupils, np.nan)),
        },
        index=known.index,
    )
    key = ["school_id", "measure_id", "time_period"]
    latest = outcomes["time_period"].max() if len(outcomes) else 0
    recent = outcomes.loc[(outcomes["time_period"] > latest - 3).fillna(False) & outcomes["pupils"].notna()]
    everyone = recent.loc[recent["pupil_group"] == "all", [*key, "pupils"]]
    for group, feature in SHARES.items():
        part = recent.loc[recent["pupil_group"] == group, [*key, "pupils"]]
        both = (
            everyone.merge(part, on=key, suffixes=("", "_part")).groupby("school_id")[["pupils", "pupils_part"]].sum()
        )
        share = floats(both["pupils_part"]) / np.where(floats(both["pupils"]) > 0, floats(both["pupils"]), np.nan)
        table[feature] = pd.Series(np.clip(share, 0, 1), index=both.index).reindex(table.index)
    return table


def _features(group: pd.DataFrame) -> list[str]:
    """Name the features that most schools of the group have and that vary."""
    columns = {c: floats(group[c]) for c in ("size", *SHARES.values())}
    return [c for c, v in columns.items() if np.isfinite(v).mean() >= 0.8 and np.ptp(v[np.isfinite(v)]) > 0]


def _nearest(group: pd.DataFrame, features: list[str], count: int) -> tuple[pd.Index, Floats]:
    """Return the schools that have all features and, for each, the positions of its nearest others among them."""
    from sklearn.neighbors import NearestNeighbors  # not every chapter's kernel should pay for importing it

    complete = group.dropna(subset=features)
    k = min(count, len(complete) - 1)
    if k < FEWEST:
        return complete.index[:0], np.empty((0, 0))
    points = floats(complete[features])
    points = (points - points.mean(axis=0)) / points.std(axis=0)
    found = NearestNeighbors(n_neighbors=k + 1).fit(points).kneighbors(points, return_distance=False)
    # A school is nobody's own neighbour, also where twins push it from the first place.
    own = found == np.arange(len(points))[:, None]
    own[~own.any(axis=1), -1] = True
    return complete.index, found[~own].reshape(len(points), k)


def _quartiles(values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return how many neighbours have a value, and the quartiles of those values; NaN below :data:`FEWEST`."""
    counts = np.isfinite(values).sum(axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # rows without any value are blanked below
        ordered = np.sort(values, axis=1)  # NaN last
    quartiles: list[Floats] = []
    for q in (0.25, 0.5, 0.75):
        place = np.maximum(counts - 1, 0) * q
        below = np.floor(place).astype(int)
        above = np.minimum(below + 1, np.maximum(counts - 1, 0))
        row = np.arange(len(values))
        value = ordered[row, below] + (place - below) * (ordered[row, above] - ordered[row, below])
        quartiles.append(np.where(counts >= FEWEST, value, np.nan))
    return floats(counts), quartiles[0], quartiles[1], quartiles[2]


def neighbour_reference(
    outcomes: pd.DataFrame, schools: pd.DataFrame, *, neighbours: int = 20, pupil_group: str = "all"
) -> pd.DataFrame:
    """Find every school's similar schools and sum up their latest values, for the whole system at once.

    Parameters
    ----------
    outcomes, schools
        Whole tables.
    neighbours
        How many similar schools to look at.
    pupil_group
        The group whose values are summed up.

    Returns
    -------
    DataFrame
        One row a school and measure, latest year of the measure: ``school_id``, ``measure_id``, ``time_period``,
        ``pupil_group``, ``neighbours`` (with a value), ``neighbours_median``, ``neighbours_q1``, ``neighbours_q3``,
        ``features`` (comma-separated names of what they were matched on). Schools whose intake is not known are left out.
    """
    about = intake(outcomes, schools)
    chosen = outcomes.loc[((outcomes["pupil_group"] == pupil_group) & outcomes["value"].notna()).fillna(False)]
    latest = chosen.groupby("measure_id")["time_period"].transform("max")
    chosen = chosen.loc[chosen["time_period"] == latest]
    found: list[pd.DataFrame] = []
    for _, group in about.groupby(["country", "phase"], sort=True):
        features = _features(group)
        if not features:
            continue
        ids, near = _nearest(group, features, neighbours)
        here = chosen.loc[chosen["school_id"].isin(ids)]
        for measure, rows in here.groupby("measure_id", sort=True):
            values = floats(rows.set_index("school_id")["value"].reindex(ids))
            counts, q1, q2, q3 = _quartiles(values[near.astype(np.intp)])
            columns = {
                "school_id": ids,
                "measure_id": measure,
                "time_period": rows["time_period"].iloc[0],
                "pupil_group": pupil_group,
                "neighbours": counts,
                "neighbours_median": q2,
                "neighbours_q1": q1,
                "neighbours_q3": q3,
                "features": ", ".join(features),
            }
            found.append(pd.DataFrame(columns))
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(NEIGHBOUR_COLUMNS))
    words = dict.fromkeys(("school_id", "measure_id", "pupil_group", "features"), "str")
    numbers = dict.fromkeys(NEIGHBOUR_COLUMNS[5:8], "float64")
    return columns_of(table, NEIGHBOUR_COLUMNS).astype(
        words | numbers | {"time_period": "Int64", "neighbours": "Int64"}
    )


def similar_schools(
    outcomes: pd.DataFrame,
    schools: pd.DataFrame,
    neighbours: pd.DataFrame,
    *,
    measure_id: str,
    time_period: int,
    pupil_group: str = "all",
    unit: str | None = None,
    system: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return each school of the cluster beside its similar schools, ordered by name.

    Parameters
    ----------
    outcomes, schools
        The cluster's.
    neighbours
        :func:`neighbour_reference`, or the rows of it for the cluster's schools.
    system
        Reference table, for the measure's unit when ``unit`` is not given.

    Returns
    -------
    DataFrame
        ``school_id``, ``school``, ``letter``, ``value``, ``lower``, ``upper``, ``neighbours``, ``neighbours_median``,
        ``neighbours_q1``, ``neighbours_q3``, ``features``. Blank where the neighbours of that year are not known.
    """
    table = school_levels(
        outcomes,
        schools,
        measure_id=measure_id,
        time_period=time_period,
        pupil_group=pupil_group,
        unit=unit,
        system=system,
    )
    beside = rows_of(neighbours, measure_id, pupil_group, time_period).drop(
        columns=["measure_id", "time_period", "pupil_group"]
    )
    return columns_of(table.merge(beside, on="school_id", how="left", validate="one_to_one"), SIMILAR_COLUMNS)
