"""Charts that people compose from choices: the numbers from ``evidence``, the drawing in the kit's look for own charts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allrise.apps.explore_cluster import ClusterData
from allrise.apps.explore_own import own_figure
from allrise.chapters.texts import texts
from allrise.content.blocks import Figure
from allrise.errors import AllriseError
from allrise.evidence import outcomes as evidence
from allrise.figures.theme import tokens
from allrise.figures.theme.plotting import applied

#: Kinds of chart, in words.
KINDS: dict[str, str] = {"Lines over the years": "years", "Schools in one year": "schools"}

#: More lines than this cannot be told apart.
MOST_GROUPS = 6


def groups_of(cluster: ClusterData, measure_id: str) -> list[tuple[str, str]]:
    """Return the pupil groups with a value of a measure as ``(words, group)``, all pupils first."""
    said: dict[str, str] = texts("en")["groups"]
    rows = cluster.chapter.outcomes
    shown = rows.loc[(rows["measure_id"] == measure_id) & rows["value"].notna(), "pupil_group"]
    there = {str(g) for g in shown.dropna()}
    order = [g for g in said if g in there] + sorted(g for g in there if g not in said)
    return [(_capital(said.get(g, g.replace("_", " "))), g) for g in order]


def draw(
    cluster: ClusterData, kind: str, measure_id: str, groups: tuple[str, ...], year: int | None, *, title: str = ""
) -> Figure:
    """Draw a chart of a measure for some groups of pupils, with 95% intervals.

    Parameters
    ----------
    kind
        ``years`` (the cluster's level year by year) or ``schools`` (each school in one year).
    measure_id, groups, year
        What is drawn; ``year`` is the last one.
    title
        Instead of a plain one.

    Raises
    ------
    AllriseError
        When no group or too many are chosen, or none of them has a value.
    """
    measure = cluster.measure(measure_id)
    if measure is None:
        raise AllriseError(f"{cluster.name} has no outcomes", "Choose another cluster.")
    if not groups:
        raise AllriseError("No group of pupils is chosen", "Choose one or more.")
    if len(groups) > MOST_GROUPS:
        raise AllriseError(f"{len(groups)} groups are too many to tell apart", f"Choose at most {MOST_GROUPS}.")
    last = year or max(cluster.years)
    names = {group: words for words, group in groups_of(cluster, measure.measure_id)}
    groups = tuple(g for g in groups if g in names)
    if not groups:
        raise AllriseError(f"{measure.label} has no value for these groups", "Choose another group or measure.")
    tables = [_numbers(cluster, kind, measure.measure_id, measure.unit, g, last).assign(group=names[g]) for g in groups]
    table = pd.concat(tables, ignore_index=True).dropna(subset=["value"])
    if table.empty:
        raise AllriseError("There is no value to draw", "Choose another measure, year or group.")
    written = cluster.chapter.profile.school_year
    periods = [int(p) for p in table["time_period"]]
    first = written(min(periods))
    period = written(last) if kind == "schools" or first == written(last) else f"{first} to {written(last)}"
    with applied():
        drawing = _years(table, written) if kind == "years" else _schools(table)
        return own_figure(
            drawing,
            table.drop(columns="time_period").assign(year=[written(p) for p in periods]),
            title=title.strip() or f"{measure.label}: {cluster.name}",
            subtitle=f"{measure.unit.capitalize()}, {period}",
            alt=_alt(table, kind, written),
            note=f"Lines and bands are 95% intervals. Source: {measure.source or cluster.store.title}."
            + (" Invented data: no real school, pupil or person is shown." if cluster.store.synthetic else ""),
            name="own_" + "_".join((kind, measure.measure_id, *groups)),
        )


def _numbers(cluster: ClusterData, kind: str, measure_id: str, unit: str, group: str, last: int) -> pd.DataFrame:
    chapter = cluster.chapter
    rows = chapter.outcomes.loc[chapter.outcomes["time_period"] <= last]
    kept = ["time_period", "pupils", "value", "lower", "upper"]
    if kind == "years":
        found = evidence.cluster_trend(rows, measure_id=measure_id, pupil_group=group, unit=unit)
        return found.loc[found["series"] == "cluster", kept]
    found = evidence.school_levels(
        rows, chapter.members, measure_id=measure_id, time_period=last, pupil_group=group, unit=unit
    )
    return found.assign(time_period=last).loc[:, ["school", *kept]]


def _years(table: pd.DataFrame, written: Any) -> Any:
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(layout="constrained")
    axes = drawing.subplots()
    colours = tokens().categories
    for i, (group, rows) in enumerate(table.groupby("group", sort=False)):
        years = rows["time_period"].astype(int)
        axes.plot(years, rows["value"], label=str(group))
        axes.fill_between(
            years, rows["lower"].astype(float), rows["upper"].astype(float), color=colours[i], alpha=0.15, linewidth=0
        )
    periods = sorted({int(y) for y in table["time_period"]})
    axes.set_xticks(periods, [written(p) for p in periods])
    axes.grid(axis="x", visible=False)
    _legend(drawing, axes, table)
    return drawing


def _schools(table: pd.DataFrame) -> Any:
    from matplotlib.figure import Figure as Drawing

    schools = list(dict.fromkeys(table["school"]))
    groups = list(dict.fromkeys(table["group"]))
    width = tokens().measure["column_points"] / 72
    drawing = Drawing(figsize=(width, 1.1 + len(schools) * (0.28 + 0.14 * len(groups))), layout="constrained")
    axes = drawing.subplots()
    for i, group in enumerate(groups):
        rows = table[table["group"] == group]
        shift = (i - (len(groups) - 1) / 2) * 0.22
        place = [schools.index(s) + shift for s in rows["school"]]
        value = rows["value"].astype(float)
        below, above = value - rows["lower"].astype(float), rows["upper"].astype(float) - value
        arms = np.nan_to_num(np.vstack([below, above])).clip(min=0)  # a value without limits has no arms
        axes.errorbar(value, place, xerr=arms, linestyle="none", label=group)
    axes.set_yticks(range(len(schools)), schools)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    _legend(drawing, axes, table)
    return drawing


def _legend(drawing: Any, axes: Any, table: pd.DataFrame) -> None:
    """Say which line is which above the chart, when there are several."""
    if len(set(table["group"])) > 1:
        drawing.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)


def _alt(table: pd.DataFrame, kind: str, written: Any) -> str:
    said: list[str] = []
    for group, rows in table.groupby("group", sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        if kind == "years":
            said.append(
                f"{group}: {first['value']:.1f} in {written(int(first['time_period']))}, "
                f"{last['value']:.1f} in {written(int(last['time_period']))}"
            )
        else:
            said.append(f"{group}: {len(rows)} schools from {rows['value'].min():.1f} to {rows['value'].max():.1f}")
    return "; ".join(said) + "."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
