"""Chapters 10 and 11: spread and gap over the years (C1), pockets of success against the whole distribution (C2).

Each function shows a figure or a table for every country of the chapter and returns the evidence behind it.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.chapters.system_chapter import System, SystemChapter
from allrise.content.blocks import Cell, Figure, Table, TableColumn, Text
from allrise.content.numbers import Numbers, decimals_for
from allrise.evidence import outcomes as evidence
from allrise.evidence.movement import FEWEST as FEWEST_TO_QUARTER
from allrise.evidence.selection import rows_of
from allrise.evidence.trends import Trend, trend_of
from allrise.figures.composing import cell
from allrise.figures.outcomes_gaps import gap_trend
from allrise.figures.outcomes_spread import spread_trend
from allrise.figures.outcomes_trend import cluster_trend
from allrise.figures.system_distribution import quantiles_over_time
from allrise.figures.system_movement import quarter_movement

SPREAD = ("schools", "sd_raw", "sd_between", "sd_lower", "sd_upper", "icc", "noise_share")


def _spread(system: System, measure_id: str = "") -> pd.DataFrame:
    if system.measure is None:
        return pd.DataFrame()
    rows = rows_of(system.outcomes, measure_id or system.measure.measure_id)
    rows = rows.loc[rows["schools"] >= 2].sort_values("time_period")
    return rows.assign(series="cluster")[["series", "time_period", *SPREAD]].reset_index(drop=True)


def _gap(system: System, measure_id: str = "") -> pd.DataFrame:
    if system.measure is None or system.groups is None:
        return pd.DataFrame()
    gaps = system.reference("gaps")
    mine = (gaps["measure_id"] == (measure_id or system.measure.measure_id)) & (gaps["group_low"] == system.groups[0])
    return gaps.loc[mine].sort_values("time_period").assign(series="cluster").reset_index(drop=True)


def spread(chapter: SystemChapter) -> pd.DataFrame:
    """Show how far apart a country's schools are, year by year, chance taken out."""
    return chapter.each("spread", _spread, _draw_spread)


def _draw_spread(table: pd.DataFrame, system: System) -> Figure:
    return spread_trend(table, system.subject())


def gap(chapter: SystemChapter) -> pd.DataFrame:
    """Show the gap between two groups of pupils over the years."""
    return chapter.each("gap", _gap, _draw_gap)


def _draw_gap(table: pd.DataFrame, system: System) -> Figure:
    return gap_trend(table, system.subject(groups=system.groups))


def distribution(chapter: SystemChapter, name: str = "distribution") -> pd.DataFrame:
    """Show how the quantiles of all schools moved."""
    return chapter.each(name, _shift, _draw_shift)


def _shift(system: System) -> pd.DataFrame:
    if system.measure is None:
        return pd.DataFrame()
    return evidence.distribution_shift(system.outcomes, measure_id=system.measure.measure_id)


def _draw_shift(table: pd.DataFrame, system: System) -> Figure:
    return quantiles_over_time(table, system.subject())


def belonging(chapter: SystemChapter) -> pd.DataFrame:
    """Show the level of schools in a cluster beside that of schools in none."""
    return chapter.each("belonging", _belonging, lambda table, system: _draw_belonging(chapter, table, system))


def _belonging(system: System) -> pd.DataFrame:
    if system.measure is None:
        return pd.DataFrame()
    table = system.table("belonging")
    mine = table.loc[table["measure_id"] == system.measure.measure_id] if len(table) else table
    if mine.empty or len(set(mine["series"])) < 2:
        return pd.DataFrame()
    series = ["cluster" if s == "in" else "system" for s in mine["series"]]
    return mine.assign(series=series).drop(columns="measure_id").reset_index(drop=True)


def _draw_belonging(chapter: SystemChapter, table: pd.DataFrame, system: System) -> Figure:
    say = chapter.texts
    words = system.profile.cluster(None, chapter.language).one
    return cluster_trend(
        table,
        system.subject(
            who=say["belonging_in"].format(country=system.where, cluster=words),
            beside=say["belonging_out"].format(country=system.where, cluster=words),
        ),
    )


def trends(chapter: SystemChapter) -> pd.DataFrame:
    """Show the change a year of spread and gap of every measure, with its interval, in one table; return it."""
    found: list[dict[str, Any]] = []
    for system in chapter.systems:
        for measure in system.measures:
            for what, table, value, limits in (
                ("spread", _spread(system, measure.measure_id), "sd_between", ("sd_lower", "sd_upper")),
                ("gap", _gap(system, measure.measure_id), "gap", ("lower", "upper")),
            ):
                if table.empty or len(table[value].dropna()) < 2:
                    continue
                line: Trend = trend_of(table.loc[table[value].notna()], value, *limits)["cluster"]
                found.append({
                    "country": system.country, "measure_id": measure.measure_id, "measure": measure.label, "unit": measure.unit,
                    "what": what, "first": line.first, "last": line.last, "years": line.years, "change": line.change,
                    "lower": line.lower, "upper": line.upper,
                })  # fmt: skip
    table = pd.DataFrame(found)
    if len(table):
        chapter.show(_trend_table(chapter, table), *_trend_reading(chapter, table))
    return table


def _trend_table(chapter: SystemChapter, table: pd.DataFrame) -> Table:
    say, labels = chapter.texts, chapter.texts["trends_columns"]
    names = {s.country: s for s in chapter.systems}
    rows: list[tuple[Cell, ...]] = []
    for r in table.to_dict("records"):
        system = names[str(r["country"])]
        school_year = system.profile.school_year
        unit = "percentage points" if r["unit"] == "percent" else str(r["unit"])
        rows.append(
            (
                *((system.name,) if chapter.several else ()),
                str(r["measure"]),
                say["trends_of"][str(r["what"])],
                f"{school_year(int(r['first']))} – {school_year(int(r['last']))}",
                int(r["years"]),
                Numbers(chapter.language).unit(unit),
                *(cell(r[k]) for k in ("change", "lower", "upper")),
            )
        )
    columns = (
        *((TableColumn("country", labels["country"]),) if chapter.several else ()),
        *(TableColumn(k, labels[k]) for k in ("measure", "what")),
        TableColumn("period", labels["period"], in_page=False),
        TableColumn("years", labels["years"], decimals=0, in_page=False),
        TableColumn("unit", labels["unit"]),
        TableColumn("change", labels["change"], decimals=2),
        TableColumn("lower", labels["lower"], decimals=2, interval_of="change"),
        TableColumn("upper", labels["upper"], decimals=2, interval_of="change"),
    )
    return Table("trends", say["trends_title"], columns, tuple(rows), notes=(say["trends_note"],), folded=True)


def _trend_reading(chapter: SystemChapter, table: pd.DataFrame) -> tuple[Text, ...]:
    """Return how many of the trends are clear of no change: none, some, all; nothing about which is good."""
    say, numbers = chapter.texts, Numbers(chapter.language)
    said: list[str] = []
    for what, rows in table.groupby("what", sort=False):
        known = rows.loc[rows["lower"].notna()]
        if known.empty:
            continue
        said.append(
            say["trends_reading"].format(
                what=say["trends_of"][str(what)],
                many=numbers.number(len(known)),
                grew=numbers.number(int((known["lower"] > 0).sum())),
                shrank=numbers.number(int((known["upper"] < 0).sum())),
            )
        )
    return (Text(tuple(said), role="reading"),) if said else ()


def readings_of(system: System) -> tuple[tuple[str, str, tuple[str, ...], str], ...]:
    """Return what the main figures of one country say: figure, chapter, framework ids, and its sentence."""
    found: list[tuple[str, str, tuple[str, ...], str]] = []
    if len(table := _spread(system)):
        found += [("spread", "10_spread_and_gap", ("C1",), _draw_spread(table, system).readings[0])]
    if len(table := _gap(system)):
        found += [("gap", "10_spread_and_gap", ("C1", "F1"), _draw_gap(table, system).readings[0])]
    if len(table := _shift(system)):
        readings = _draw_shift(table, system).readings
        found += [("distribution", "11_pockets", ("C2", "F1"), readings[-1])]
    if len(table := _movement(system)):
        found += [("movement", "11_pockets", ("C2",), quarter_movement(table, system.subject()).readings[0])]
    return tuple(found)


# Pockets of success (C2) ---------------------------------------------------------------------------------------


def movement(chapter: SystemChapter) -> pd.DataFrame:
    """Show where the schools of each quarter of the first year were in the last."""
    return chapter.each("movement", _movement, lambda table, system: quarter_movement(table, system.subject()))


def _movement(system: System) -> pd.DataFrame:
    if system.measure is None:
        return pd.DataFrame()
    table = system.table("quarters")
    if table.empty:
        return table
    return table.loc[table["measure_id"] == system.measure.measure_id].drop(columns="measure_id").reset_index(drop=True)


def changes(chapter: SystemChapter) -> pd.DataFrame:
    """Show how many schools changed by more than chance, and how steady places are, for every measure; return it."""
    found: list[pd.DataFrame] = []
    for system in chapter.systems:
        table = system.table("changes")
        if len(table):
            order = {m.measure_id: i for i, m in enumerate(system.measures)}
            table = table.loc[table["measure_id"].isin(list(order))]
            table = table.sort_values("measure_id", key=lambda ids, order=order: ids.map(order))
            found.append(table.assign(country=system.country))
    if not found:
        chapter.show(*chapter.missing("movement", "no_data_system"))
        return pd.DataFrame()
    whole = pd.concat(found, ignore_index=True)
    chapter.show(_changes_table(chapter, whole))
    return whole


def _changes_table(chapter: SystemChapter, table: pd.DataFrame) -> Table:
    say, labels = chapter.texts, chapter.texts["changes_columns"]
    names = {s.country: s for s in chapter.systems}
    rows: list[tuple[Cell, ...]] = []
    for r in table.to_dict("records"):
        system = names[str(r["country"])]
        label = next(m.label for m in system.measures if m.measure_id == r["measure_id"])
        school_year = system.profile.school_year
        judged = int(r["judged"])
        beyond = [int(r[k]) if judged else None for k in ("rose_beyond_chance", "fell_beyond_chance")]
        rows.append(
            (
                *((system.name,) if chapter.several else ()),
                label,
                f"{school_year(int(r['first']))} – {school_year(int(r['last']))}",
                int(r["schools"]),
                judged or None,
                *beyond,
                0.025 * judged if judged else None,
                *(cell(r[k]) for k in ("correlation", "lower", "upper")),
                cell(100 * r["still_in_top_quarter"]) if int(r["schools"]) >= FEWEST_TO_QUARTER else None,
            )
        )
    steady = any(row[-1] is not None for row in rows)
    columns = (
        *((TableColumn("country", labels["country"]),) if chapter.several else ()),
        TableColumn("measure", labels["measure"]),
        TableColumn("period", labels["period"], in_page=False),
        TableColumn("schools", labels["schools"], decimals=0),
        TableColumn("judged", labels["judged"], decimals=0, in_page=False),
        *(TableColumn(k, labels[k], decimals=0) for k in ("rose", "fell")),
        TableColumn("by_chance", labels["by_chance"], decimals=decimals_for("score")),
        TableColumn("correlation", labels["correlation"], decimals=2, in_page=not steady),
        *chapter.limits("correlation", 2),
        TableColumn("still", labels["still"], "percent", 0, in_page=steady),
    )
    notes = (say["changes_note"], say["changes_note_still" if steady else "changes_note_correlation"])
    return Table("changes", say["changes_title"], columns, tuple(rows), notes=notes, folded=True)
