"""Chapters 01 and 02: evidence tables of outcomes, shown as figures with what each needs to know."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from allrise.chapters import outcomes
from allrise.chapters.chapter import Chapter
from allrise.chapters.measures import Measure
from allrise.content.blocks import Cell, Figure, Table, TableColumn
from allrise.content.numbers import Numbers
from allrise.evidence.selection import rows_of
from allrise.figures.composing import cell, number, records
from allrise.figures.outcomes_funnel import funnel as draw_funnel
from allrise.figures.outcomes_gap_parts import gap_decomposition
from allrise.figures.outcomes_gaps import gap_trend
from allrise.figures.outcomes_levels import school_levels
from allrise.figures.outcomes_school_gaps import school_gaps
from allrise.figures.outcomes_shrinkage import shrunk_levels
from allrise.figures.outcomes_similar import similar_schools
from allrise.figures.outcomes_spread import spread_trend
from allrise.figures.outcomes_trend import cluster_trend
from allrise.figures.subject import Subject

#: Charts of measures beyond the pack's own; the table has them all.
MOST_CHARTS = 3


def level(chapter: Chapter, table: pd.DataFrame, *, name: str = "level", measure: Measure | None = None) -> None:
    """Show the level over the years, beside the system."""
    chapter.figure(name, cluster_trend, table, _subject(chapter, measure=measure))


def every_measure(chapter: Chapter) -> None:
    """Show a table of every measure, and, folded, the level over the years of up to three that the overview does not show."""
    others = [m for m in chapter.measures if m != chapter.measure]
    levels = {m: outcomes.level(chapter, m) for m in chapter.measures}
    if not others:
        chapter.show(*chapter.missing("measures"))
        return
    chapter.show(_measures_table(chapter, levels))
    for i, measure in enumerate(others[:MOST_CHARTS]):
        # The overview's chart of the pack's own measure has the prompts; these are company for it.
        figure = cluster_trend(levels[measure], _subject(chapter, measure=measure))
        figure = replace(figure, discuss=())
        part = i + 1 if len(others) > 1 else 0
        chapter.place(figure, "measures", part=part, name=f"level_{measure.measure_id}", folded=True)


def _measures_table(chapter: Chapter, levels: dict[Measure, pd.DataFrame]) -> Table:
    keys = ("measure", "unit", "year", "schools", "pupils", "value", "system")
    labels = dict(zip(keys, chapter.texts["measures_columns"], strict=True))
    columns = (
        *(TableColumn(k, labels[k]) for k in ("measure", "unit", "year")),
        *(TableColumn(k, labels[k], decimals=0) for k in ("schools", "pupils")),
        TableColumn("value", labels["value"], decimals=1),
        *chapter.limits("value", 1),
        TableColumn("system", labels["system"], decimals=1),
        *chapter.limits("system", 1, "system_"),
    )
    rows: list[tuple[Cell, ...]] = []
    for measure, table in levels.items():
        mine = table[(table["series"] == "cluster") & table["value"].notna()]
        if mine.empty:
            continue
        last = mine.iloc[-1]
        beside = table[(table["series"] == "system") & (table["time_period"] == last["time_period"])]
        first = next(iter(records(beside)), {})
        system = [cell(first.get(k)) for k in ("value", "lower", "upper")]
        rows.append(
            (
                measure.label,
                Numbers(chapter.language).unit(measure.unit),
                chapter.profile.school_year(int(last["time_period"])),
                *(cell(last[k]) for k in ("schools", "pupils", "value", "lower", "upper")),
                *system,
            )
        )
    return Table("measures", chapter.texts["measures_title"], columns, tuple(rows))


def schools(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show each school's level with its interval, beside cluster and system."""
    cluster, system = _latest(chapter, outcomes.level(chapter), "value")
    chapter.figure("schools", school_levels, table, _one_year(chapter), cluster_value=cluster, system_value=system)


def shrunk(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show raw and shrunk levels together."""
    chapter.figure("shrunk", shrunk_levels, table, _one_year(chapter))


def funnel(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show the funnel with limits that allow for over-dispersion."""
    over = outcomes.overdispersion(chapter)
    scale = 100.0 if over is not None and over.scale == "arcsine" else 1.0
    chapter.figure(
        "funnel",
        draw_funnel,
        table,
        outcomes.funnel_limits(chapter, table),
        _one_year(chapter),
        target=float("nan") if over is None else over.target * scale,
        tau=None if over is None else over.tau,
    )


def gap(chapter: Chapter, table: pd.DataFrame, *, name: str = "gap") -> None:
    """Show the gap between two groups over the years."""
    chapter.figure(name, gap_trend, table, _subject(chapter, groups=outcomes.groups(chapter)))


def gap_by_school(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show each school's gap with its interval."""
    cluster, system = _latest(chapter, outcomes.gap(chapter), "gap")
    subject = _one_year(chapter, groups=outcomes.groups(chapter))
    chapter.figure("gap_schools", school_gaps, table, subject, cluster_gap=cluster, system_gap=system)


def gap_parts(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show how much of the gap lies within schools and how much between them."""
    chapter.figure("gap_parts", gap_decomposition, table, _one_year(chapter, groups=outcomes.groups(chapter)))


def spread(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show how far apart the schools are, chance taken out."""
    chapter.figure("spread", spread_trend, table, _subject(chapter))


def similar(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show each school beside schools with a similar intake."""
    chapter.figure("similar", similar_schools, table, _one_year(chapter))


def headline_readings(chapter: Chapter) -> dict[str, tuple[str, ...]]:
    """Return what the outcome figures say, by framework id, each sentence with its figure's number.

    For the discussion guide: the words are the figures' own, so that a pack never says one thing twice differently.
    """
    said: dict[str, list[str]] = {}

    def add(figure: Figure, chapter_name: str, name: str, ids: tuple[str, ...], sentences: int = 1) -> None:
        number = chapter.figure_label(chapter_name, name)
        for sentence in figure.readings[:sentences]:
            for key in ids:
                said.setdefault(key, []).append(Numbers(chapter.language).labelled(number, sentence))

    if not (table := outcomes.level(chapter)).empty:
        add(cluster_trend(table, _subject(chapter)), "01_overview", "level", ("F1", "C2"), 2)
    if not (table := outcomes.gap(chapter)).empty:
        figure = gap_trend(table, _subject(chapter, groups=outcomes.groups(chapter)))
        add(figure, "01_overview", "gap", ("F1", "C1"))
    if not (table := outcomes.spread(chapter)).empty:
        add(spread_trend(table, _subject(chapter)), "02_outcomes", "spread", ("C1", "C2"))
    return {key: tuple(lines) for key, lines in said.items()}


def _subject(chapter: Chapter, *, measure: Measure | None = None, groups: tuple[str, str] | None = None) -> Subject:
    return chapter.subject(measure, groups=groups, rows=_rows(chapter, measure, groups, None))


def _one_year(chapter: Chapter, *, groups: tuple[str, str] | None = None) -> Subject:
    period = chapter.outcome_period
    return chapter.subject(period=period, groups=groups, rows=_rows(chapter, None, groups, period))


def _rows(
    chapter: Chapter, measure: Measure | None, groups: tuple[str, str] | None, period: int | None
) -> pd.DataFrame | None:
    measure = measure or chapter.measure
    if measure is None:
        return None
    return pd.concat([rows_of(chapter.outcomes, measure.measure_id, g, period) for g in groups or ("all",)])


def _latest(chapter: Chapter, table: pd.DataFrame, value: str) -> tuple[float | None, float | None]:
    """Return the cluster's and the system's value of the pack's outcome year."""
    found: list[float | None] = []
    for series in ("cluster", "system"):
        rows = (
            table[(table["series"] == series) & (table["time_period"] == chapter.outcome_period)]
            if len(table)
            else table
        )
        found.append(next((number(r[value]) for r in records(rows)), None))
    return found[0], found[1]
