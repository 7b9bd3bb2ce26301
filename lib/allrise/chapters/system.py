"""Small tables about the whole system, computed once per prepared store and read by every chapter.

A pack's cost must not grow with the system: chapters take these rows, never all schools' outcomes. The pack
builder calls :func:`prepare` before it starts; a notebook run by hand computes what is missing by itself.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd

import allrise.evidence
from allrise.data.store import Store
from allrise.errors import UnknownName
from allrise.framework import FACTOR_IDS

#: Other schools drawn behind a funnel, per country, measure and year.
SAMPLE = 600


def system_table(store: Store, name: str) -> pd.DataFrame:
    """Return one of the system's tables.

    Parameters
    ----------
    name
        ``outcomes``, ``gaps`` (see :mod:`allrise.evidence.reference`), ``points`` (a sample of schools' outcomes),
        ``neighbours`` (similar schools, with ``cluster_id``), ``factors`` (survey profile over clusters),
        ``together`` (how factors move together over clusters).

    Raises
    ------
    UnknownName
        When there is no such table.
    """
    if name not in _BUILDERS:
        raise UnknownName(f"there is no system table {name!r}", f"There are: {', '.join(_BUILDERS)}.")
    return store.derived(name, _BUILDERS[name], version=_version())


def cluster_rows(store: Store, name: str, cluster_id: str) -> pd.DataFrame:
    """Return one cluster's rows of a system table that has a ``cluster_id``, without reading the others."""
    try:
        return store.derived_slice(name, cluster_id, version=_version())
    except UnknownName:
        table = system_table(store, name)
        return table.loc[table["cluster_id"] == cluster_id].reset_index(drop=True)


def prepare(store: Store, progress: Callable[[str, float], None] | None = None) -> None:
    """Compute every system table that the store does not have yet."""
    for i, name in enumerate(_BUILDERS):
        if progress is not None:
            progress(f"system figures: {name}", i / len(_BUILDERS))
        system_table(store, name)


def _version() -> str:
    return version_of(__file__)


@functools.cache
def version_of(module: str) -> str:
    """Return a hash of the code that computes a module's tables, so that none survives a change of method."""
    folder = Path(allrise.evidence.__file__).parent
    total = hashlib.sha256(Path(module).read_bytes())
    for file in sorted(folder.rglob("*.py")):
        total.update(file.read_bytes())
    return total.hexdigest()[:16]


def _outcomes(store: Store) -> pd.DataFrame:
    from allrise.evidence.reference import reference_outcomes

    return reference_outcomes(store.table("outcomes"), store.table("schools"), store.table("measures"))


def _gaps(store: Store) -> pd.DataFrame:
    from allrise.evidence.reference import reference_gaps

    return reference_gaps(store.table("outcomes"), store.table("schools"), store.table("measures"))


def _points(store: Store) -> pd.DataFrame:
    outcomes = store.table("outcomes")
    shown = outcomes[(outcomes["pupil_group"] == "all").fillna(False) & outcomes["value"].notna()]
    shown = shown.merge(store.table("schools")[["school_id", "country", "phase"]], on="school_id")
    shown = shown[(shown["phase"] != "special").fillna(True)]
    # A school is in or out of the sample by a hash of its id: the same in every year, whatever the order of rows.
    draw = [int.from_bytes(hashlib.blake2b(str(s).encode(), digest_size=4).digest()) for s in shown["school_id"]]
    shown = shown.assign(_draw=draw).sort_values(["_draw", "school_id"])
    sample = shown.groupby(["country", "measure_id", "time_period"]).head(SAMPLE)
    return sample.drop(columns=["_draw", "phase"]).sort_values(["country", "measure_id", "time_period", "school_id"])


def _neighbours(store: Store) -> pd.DataFrame:
    from allrise.evidence.similar import neighbour_reference

    table = neighbour_reference(store.table("outcomes"), store.table("schools"))
    member = store.table("memberships")[["school_id", "cluster_id"]].drop_duplicates()
    return table.merge(member, on="school_id")


def _factor_answers(store: Store) -> tuple[pd.DataFrame, pd.DataFrame]:
    items = store.table("items")
    items = items.loc[items["framework_id"].isin(FACTOR_IDS)]
    survey = store.table("survey")
    return survey.loc[survey["item_id"].isin(list(items["item_id"]))], items


def _factors(store: Store) -> pd.DataFrame:
    from allrise.evidence.survey import system_profile

    survey, items = _factor_answers(store)
    return system_profile(survey, items) if len(survey) else pd.DataFrame({"framework_id": pd.Series(dtype="str")})


def _together(store: Store) -> pd.DataFrame:
    from allrise.evidence.survey import cluster_means, interdependence

    survey, items = _factor_answers(store)
    return interdependence(cluster_means(survey, items)) if len(survey) else pd.DataFrame({"a": pd.Series(dtype="str")})


_BUILDERS: dict[str, Callable[[Store], pd.DataFrame]] = {
    "outcomes": _outcomes,
    "gaps": _gaps,
    "points": _points,
    "neighbours": _neighbours,
    "factors": _factors,
    "together": _together,
}
