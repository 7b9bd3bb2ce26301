"""Small tables about the whole system, computed once per prepared store and read by every chapter.

A pack's cost must not grow with the system: chapters take these rows, never all schools' outcomes. The first chapter
that asks for a table computes it, for all; others wait for it. Chapters get them at the precision at which they are
published (:mod:`.published`); the pack about the system itself, and other tables, are made from the exact ones.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd

import allrise.evidence
from allrise.chapters import published
from allrise.data.store import Store
from allrise.errors import UnknownName
from allrise.evidence.selection import columns_of
from allrise.framework import FACTOR_IDS

#: Other schools drawn behind a funnel, per country, measure and year.
SAMPLE = 600


def system_table(store: Store, name: str, **where: str | int) -> pd.DataFrame:
    """Return one of the system's tables, as published.

    Parameters
    ----------
    name
        ``outcomes``, ``gaps`` (see :mod:`allrise.evidence.reference`), ``points`` (a sample of schools' outcomes),
        ``neighbours`` (similar schools, with ``cluster_id``), ``factors`` (survey profile over clusters),
        ``together`` (how factors move together over clusters).
    where
        Only rows in which these columns have these values. Ask for no more than is shown: a build makes a chapter
        again when anything that it asked for has changed.

    Raises
    ------
    UnknownName
        When there is no such table.
    """
    if name not in _BUILDERS:
        raise UnknownName(f"there is no system table {name!r}", f"There are: {', '.join(_BUILDERS)}.")
    return store.derived(name, _BUILDERS[name], version=_version(), where=where)


def exact_table(store: Store, name: str, **where: str | int) -> pd.DataFrame:
    """Return ``outcomes``, ``gaps`` or ``neighbours`` unrounded: for the system's own pack, and for other tables."""
    return store.derived(f"{name}_exact", _EXACT[name], version=_version(), where=where)


def current_builder(stored: str, version: str) -> Callable[[Store], pd.DataFrame] | None:
    """Return what computes a table of this name and version in a store, or ``None`` when this code does not."""
    builder = {**_BUILDERS, **{f"{n}_exact": b for n, b in _EXACT.items()}}.get(stored)
    return builder if version == _version() else None


def _version() -> str:
    return version_of(__file__)


@functools.cache
def version_of(module: str) -> str:
    """Return a hash of the code that computes a module's tables, so that none survives a change of method."""
    folder = Path(allrise.evidence.__file__).parent
    total = hashlib.sha256(Path(module).read_bytes() + Path(published.__file__).read_bytes())
    for file in sorted(folder.rglob("*.py")):
        total.update(file.read_bytes())
    return total.hexdigest()[:16]


def _outcomes(store: Store) -> pd.DataFrame:
    return published.of_outcomes(exact_table(store, "outcomes"))


def _gaps(store: Store) -> pd.DataFrame:
    return published.of_gaps(exact_table(store, "gaps"))


def _neighbours(store: Store) -> pd.DataFrame:
    measures = store.table("measures")
    units = {str(m): str(u) for m, u in zip(measures["measure_id"], measures["unit"], strict=True)}
    return published.of_neighbours(exact_table(store, "neighbours"), units)


def _exact_outcomes(store: Store) -> pd.DataFrame:
    from allrise.evidence.reference import reference_outcomes

    return reference_outcomes(store.table("outcomes"), store.table("schools"), store.table("measures"))


def _exact_gaps(store: Store) -> pd.DataFrame:
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
    columns = ["school_id", "country", "measure_id", "pupil_group", "time_period", "pupils", "value"]
    return columns_of(sample, columns).sort_values(["country", "measure_id", "time_period", "school_id"])


def _exact_neighbours(store: Store) -> pd.DataFrame:
    from allrise.evidence.similar import neighbour_reference

    table = neighbour_reference(store.table("outcomes"), store.table("schools"))
    member = store.table("memberships")[["school_id", "cluster_id"]].drop_duplicates()
    return table.merge(member, on="school_id")


def _factor_answers(store: Store) -> tuple[pd.DataFrame, pd.DataFrame]:
    from allrise.evidence.survey_scores import latest_wave

    items = store.table("items")
    items = items.loc[items["framework_id"].isin(FACTOR_IDS)]
    asked = {"item_id": [str(i) for i in items["item_id"]]}
    wave = latest_wave(store.table("survey", ["wave", "score"], asked))
    # of a large system's answers only these are read
    kept = {**asked, "wave": [] if wave is None else [wave]}
    columns = ["wave", "response_id", "cluster_id", "school_id", "role", "item_id", "score"]
    return store.table("survey", columns, kept), items


def _factors(store: Store) -> pd.DataFrame:
    from allrise.evidence.survey import system_profile

    survey, items = _factor_answers(store)
    if survey.empty:
        return pd.DataFrame({"framework_id": pd.Series(dtype="str")})
    return published.of_factors(system_profile(survey, items))


def _together(store: Store) -> pd.DataFrame:
    from allrise.evidence.survey import cluster_means, interdependence

    survey, items = _factor_answers(store)
    if survey.empty:
        return pd.DataFrame({"a": pd.Series(dtype="str")})
    return published.of_together(interdependence(cluster_means(survey, items)))


_BUILDERS: dict[str, Callable[[Store], pd.DataFrame]] = {
    "outcomes": _outcomes,
    "gaps": _gaps,
    "points": _points,
    "neighbours": _neighbours,
    "factors": _factors,
    "together": _together,
}
_EXACT: dict[str, Callable[[Store], pd.DataFrame]] = {
    "outcomes": _exact_outcomes,
    "gaps": _exact_gaps,
    "neighbours": _exact_neighbours,
}
