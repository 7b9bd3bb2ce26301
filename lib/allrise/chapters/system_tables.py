"""Tables that only the chapters about a whole system read: computed once per prepared store, country by country.

Each builder takes the store and the last school year to heed (``None``: all). They read few columns, and one measure at a
time, so that ten thousand clusters fit in memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from allrise.chapters.system import exact_table, version_of
from allrise.data.profiles import profile
from allrise.data.store import Store
from allrise.errors import UnknownName
from allrise.evidence import adoption
from allrise.evidence.accountability import stages_of_system
from allrise.evidence.adoption_pooled import pooled
from allrise.evidence.belonging import in_no_cluster, levels_by_membership
from allrise.evidence.changes import change_summary, school_changes
from allrise.evidence.intervals import floats
from allrise.evidence.movement import quarter_movement
from allrise.evidence.selection import columns_of
from allrise.evidence.stability import stability
from allrise.evidence.survey import cluster_means
from allrise.evidence.tidy import tidy
from allrise.framework import FACTOR_IDS

#: Countries compared each with itself and then averaged stand under this name.
TOGETHER = "all"

JOINING = {
    "country": "str", "measure_id": "str", "part": "str", "event_time": "Int64", "before": "boolean", "effect": "float64",
    "se": "float64", "lower": "float64", "upper": "float64", "band_lower": "float64", "band_upper": "float64",
    "schools": "Int64", "clusters": "Int64", "cohorts": "Int64", "before_p": "float64", "always": "Int64", "never": "Int64",
    "years": "Int64",
}  # fmt: skip
ADOPTION = {
    "country": "str", "from_day": "str", "schools": "Int64", "members": "Int64", "share": "float64", "clusters": "Int64",
}  # fmt: skip

#: More days of change than this are shown year by year instead.
MOST_DAYS = 12


def table_of_system(store: Store, name: str, until: int | None = None, **where: str) -> pd.DataFrame:
    """Return a table about the whole system, up to a school year, all countries one below the other.

    Parameters
    ----------
    name
        ``belonging`` (levels in and out of clusters), ``changes``, ``quarters``, ``membership``, ``membership_days``,
        ``outside`` (who the schools in no cluster are), ``stages``, ``cluster_factors``, ``joining``.
    until
        The last school year to heed; ``None`` for all.
    where
        Only rows in which these columns have these values.

    Raises
    ------
    UnknownName
        When there is no such table.
    """
    if name not in BUILDERS:
        raise UnknownName(f"there is no table {name!r} about a system", f"There are: {', '.join(BUILDERS)}.")
    builder = BUILDERS[name]
    stored = name if until is None else f"{name}_to_{until}"
    return store.derived(stored, lambda s: builder(s, until), version=version_of(__file__), where=where)


def current_builder(stored: str, version: str) -> Callable[[Store], pd.DataFrame] | None:
    """Return what computes a table of this name and version in a store, or ``None`` when this code does not."""
    name, _, year = stored.partition("_to_")
    builder = BUILDERS.get(name)
    if builder is None or version != version_of(__file__) or not (year.isdigit() or stored == name):
        return None
    return lambda store: builder(store, int(year) if year else None)


def _all_pupils(store: Store, until: int | None) -> pd.DataFrame:
    """Return outcomes of all pupils, with the cluster of each school in that year: an eighth of the table, or less."""
    table = store.table("outcomes")
    chosen = table["pupil_group"] == "all"
    if until is not None:
        chosen &= table["time_period"] <= until
    return table.loc[chosen.fillna(False)].reset_index(drop=True)


def countries_of(store: Store) -> tuple[str, ...]:
    """Return the countries that have schools, in the order of the alphabet of their codes."""
    return tuple(sorted(str(c) for c in store.table("schools", ["country"])["country"].dropna().unique()))


def _each(store: Store, until: int | None) -> Iterator[tuple[str, str, str, pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
    """Yield measure, unit, country, outcomes, schools and the country's reference, for each that has values."""
    if not store.has("outcomes"):
        return
    schools = store.table("schools")
    reference = exact_table(store, "outcomes")
    units = dict(zip(reference["measure_id"], reference["unit"], strict=True))
    everything = _all_pupils(store, until)
    for measure_id in sorted(units):
        rows = everything.loc[everything["measure_id"] == measure_id]
        for country, part in schools.groupby("country", sort=True):
            mine = rows.loc[rows["school_id"].isin(part["school_id"])]
            if mine["value"].notna().any():
                about = reference.loc[reference["country"] == country]
                yield measure_id, str(units[measure_id]), str(country), mine, part.reset_index(drop=True), about


def _stacked(rows: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame({"country": pd.Series(dtype="str")})


def _belonging(store: Store, until: int | None) -> pd.DataFrame:
    found: list[pd.DataFrame] = []
    for measure_id, _, country, rows, schools, reference in _each(store, until):
        counted = bool(reference.loc[reference["measure_id"] == measure_id, "counted"].all())
        table = levels_by_membership(rows, schools, measure_id=measure_id, percent=counted)
        found.append(table.assign(country=country, measure_id=measure_id))
    return _stacked(found)


def _mainstream(rows: pd.DataFrame, schools: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    kept = schools.loc[(schools["phase"] != "special").fillna(True)]
    return rows.loc[rows["school_id"].isin(kept["school_id"])], kept


def _ends(rows: pd.DataFrame) -> tuple[int, int] | None:
    years = sorted(int(p) for p in rows.loc[rows["value"].notna(), "time_period"].unique())
    return (years[0], years[-1]) if len(years) > 1 else None


def _changes(store: Store, until: int | None) -> pd.DataFrame:
    found: list[dict[str, Any]] = []
    for measure_id, unit, country, rows, schools, reference in _each(store, until):
        kept, mainstream = _mainstream(rows, schools)
        if (ends := _ends(kept)) is None:
            continue
        first, last = ends
        changes = school_changes(
            kept, mainstream, measure_id=measure_id, first=first, last=last, unit=unit, system=reference
        )
        steady = stability(columns_of(kept, ["school_id", "time_period", "value"]), first, last)
        about = {k: v for k, v in asdict(steady).items() if k not in ("schools", "first", "last")}
        key = {"country": country, "measure_id": measure_id, "first": first, "last": last}
        found.append({**key, **asdict(change_summary(changes)), **about})
    return pd.DataFrame(found) if found else _stacked([])


def _quarters(store: Store, until: int | None) -> pd.DataFrame:
    found: list[pd.DataFrame] = []
    for measure_id, _, country, rows, schools, _reference in _each(store, until):
        kept, _ = _mainstream(rows, schools)
        if (ends := _ends(kept)) is not None:
            table = quarter_movement(kept, *ends)
            found.append(table.assign(country=country, measure_id=measure_id, first=ends[0], last=ends[1]))
    return _stacked(found)


def _by_country(store: Store) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    schools, spells = store.table("schools"), store.table("memberships")
    for country, part in schools.groupby("country", sort=True):
        yield str(country), part.reset_index(drop=True), spells.loc[spells["school_id"].isin(part["school_id"])]


def _until(periods: tuple[int, ...], until: int | None) -> list[int]:
    return [p for p in periods if until is None or p <= until]


def _membership(store: Store, until: int | None) -> pd.DataFrame:
    periods = _until(store.periods(), until)
    found = [
        adoption.membership_over_time(spells, schools, periods, profile(country).membership_day).assign(country=country)
        for country, schools, spells in _by_country(store)
        if periods and _dated(spells)
    ]
    return _stacked(found)


def _dated(spells: pd.DataFrame) -> bool:
    """Say whether the records know when anyone joined or left: else a line over the years would be made up."""
    return bool(spells["joined_on"].notna().any() or spells["left_on"].notna().any())


def _membership_days(store: Store, until: int | None) -> pd.DataFrame:
    found: list[dict[str, Any]] = []
    for country, schools, spells in _by_country(store):
        dates = pd.concat([spells["joined_on"], spells["left_on"]]).dropna()
        days: list[dt.date] = sorted({d.date() for d in dates})
        if until is not None:
            days = [d for d in days if d <= profile(country).membership_day(until)]
        if len(days) > MOST_DAYS:
            days = [days[0], *(d for a, d in pairwise(days) if d.year != a.year)]
        start = days[0] - dt.timedelta(days=1) if days else dt.date(1900, 1, 1)
        for text, day in (("", start), *((d.isoformat(), d) for d in days)):
            now = adoption.members_on(spells, day)
            found.append({
                "country": country, "from_day": text, "schools": len(schools), "members": len(now),
                "share": len(now) / len(schools) if len(schools) else np.nan, "clusters": now.nunique(),
            })  # fmt: skip
    return tidy(found, ADOPTION)


def _outside(store: Store, until: int | None) -> pd.DataFrame:
    periods = _until(store.periods(), until)
    found: list[pd.DataFrame] = []
    for country, schools, spells in _by_country(store):
        if periods:
            members = adoption.members_on(spells, profile(country).membership_day(periods[-1]))
        else:
            members = spells.loc[spells["left_on"].isna()].set_index("school_id")["cluster_id"]
        found.append(in_no_cluster(schools, pd.Series(members.index)).assign(country=country))
    return _stacked(found)


def _stages(store: Store, until: int | None) -> pd.DataFrame:
    stages, clusters = store.table("stages"), store.table("clusters", ["cluster_id", "country"])
    if until is not None:
        stages = stages.loc[(stages["time_period"] <= until).fillna(False)]
    stages = stages.merge(clusters, on="cluster_id")
    return _stacked([stages_of_system(p).assign(country=str(c)) for c, p in stages.groupby("country", sort=True)])


def _cluster_factors(store: Store, until: int | None) -> pd.DataFrame:
    items = store.table("items")
    items = items.loc[items["framework_id"].isin(FACTOR_IDS)]
    survey = store.table("survey", ["response_id", "cluster_id", "school_id", "wave", "role", "item_id", "score"])
    survey = survey.loc[survey["item_id"].isin(items["item_id"])]
    if until is not None and len(survey):
        survey = survey.loc[survey["wave"].astype("str").str[:4].astype(int) <= until]
    if survey.empty:
        return _stacked([])
    means = cluster_means(survey, items)
    return means.merge(store.table("clusters", ["cluster_id", "country"]), on="cluster_id")


def _joining(store: Store, until: int | None) -> pd.DataFrame:
    found: list[dict[str, Any]] = []
    by_measure: dict[str, list[adoption.Joining]] = {}
    clusters: dict[str, int] = {}
    years: dict[str, int] = {}
    spells = store.table("memberships")
    for measure_id, _, country, rows, schools, _reference in _each(store, until):
        kept, _ = _mainstream(rows, schools)
        shown = kept.loc[kept["value"].notna()]
        periods = sorted(int(p) for p in shown["time_period"].unique())
        cohorts = adoption.cohorts(spells, schools, periods, profile(country).membership_day)
        joiners = cohorts.loc[(cohorts["cohort"] > periods[0]).fillna(False), "cluster_id"].nunique()
        joined = adoption.joining_effects(shown, cohorts)
        by_measure.setdefault(measure_id, []).append(joined)
        clusters[measure_id] = clusters.get(measure_id, 0) + int(joiners)
        years[measure_id] = max(years.get(measure_id, 0), len(periods))
        found += _joining_rows(country, measure_id, joined, int(joiners), len(periods))
    for measure_id, several in by_measure.items():
        if len(several) > 1:
            found += _joining_rows(TOGETHER, measure_id, pooled(several), clusters[measure_id], years[measure_id])
    return tidy(({c: r.get(c) for c in JOINING} for r in found), JOINING)


def _joining_rows(
    country: str, measure_id: str, joined: adoption.Joining, clusters: int, years: int
) -> list[dict[str, Any]]:
    key = {"country": country, "measure_id": measure_id, "years": years}
    after = joined.events.loc[~joined.events["before"]] if len(joined.events) else joined.events
    overall = {
        **key, "part": "overall", "effect": joined.overall, "lower": joined.lower, "upper": joined.upper,
        "before_p": joined.before_p, "always": joined.always, "never": joined.never, "clusters": clusters,
        "schools": int(floats(after["schools"]).max()) if len(after) else 0,
    }  # fmt: skip
    return [overall, *({**key, **r, "part": "event"} for r in joined.events.to_dict("records"))]


BUILDERS: dict[str, Callable[[Store, int | None], pd.DataFrame]] = {
    "belonging": _belonging,
    "changes": _changes,
    "quarters": _quarters,
    "membership": _membership,
    "membership_days": _membership_days,
    "outside": _outside,
    "stages": _stages,
    "cluster_factors": _cluster_factors,
    "joining": _joining,
}
