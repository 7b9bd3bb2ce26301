"""Chapter 14: what happened to outcomes around joining a cluster, and what would have to be true to call it an effect."""

from __future__ import annotations

import pandas as pd

from allrise.chapters.measures import Measure
from allrise.chapters.system_chapter import System, SystemChapter
from allrise.chapters.system_tables import TOGETHER
from allrise.content.blocks import Block, Cell, Notice, Table, TableColumn, Text
from allrise.content.numbers import Numbers
from allrise.evidence.selection import columns_of
from allrise.figures.composing import cell, number
from allrise.figures.joining import joining_effects

#: With fewer clusters that schools joined, or fewer years, the question is refused.
FEWEST_CLUSTERS = 10
FEWEST_YEARS = 3


def found(chapter: SystemChapter) -> pd.DataFrame:
    """Return the table ``joining`` (see :mod:`.system_tables`) of this chapter's countries, and of all together."""
    own = chapter.all_rows("joining")
    if chapter.several:
        pooled = chapter.together("joining").assign(country=TOGETHER)
        return columns_of(pd.concat([pooled, own], ignore_index=True), [str(c) for c in own.columns])
    return own


def can_be_asked(overall: pd.Series) -> bool:
    """Return whether the data are enough to ask at all: clusters joined, years, an interval, and a year before joining."""
    return bool(
        overall["clusters"] >= FEWEST_CLUSTERS
        and overall["years"] >= FEWEST_YEARS
        and number(overall["lower"]) is not None
    )


def effects(chapter: SystemChapter, table: pd.DataFrame) -> None:
    """Show differences by years since joining: over all countries, or of the one country; or say why not."""
    measures = measures_of(chapter)
    who = TOGETHER if chapter.several else chapter.systems[0].country
    mine = table.loc[table["country"] == who] if len(table) else table
    shown = 0
    for measure in measures:
        rows = mine.loc[mine["measure_id"] == measure.measure_id] if len(mine) else mine
        overall = rows.loc[rows["part"] == "overall"] if len(rows) else rows
        if overall.empty or not can_be_asked(overall.iloc[0]):
            continue
        shown += 1
        line = overall.iloc[0]
        system = chapter.systems[0]
        subject = system.subject(measure, who=chapter.place_words)
        figure = joining_effects(
            rows.loc[rows["part"] == "event"],
            subject,
            overall=(float(line["effect"]), float(line["lower"]), float(line["upper"])),
            before_p=number(line["before_p"]),
            pooled=chapter.several,
        )
        chapter.place(figure, "joining", part=shown if len(measures) > 1 else 0, name=f"joining_{measure.measure_id}")
    if not shown:
        chapter.show(*refusal(chapter, mine))


def measures_of(chapter: SystemChapter) -> tuple[Measure, ...]:
    """Return the measures of all countries, each once, the one looked at first leading."""
    every = {m.measure_id: m for s in chapter.systems for m in s.measures}
    first = next((s.measure for s in chapter.systems if s.measure is not None), None)
    return tuple(sorted(every.values(), key=lambda m: m != first))


def refusal(chapter: SystemChapter, rows: pd.DataFrame) -> tuple[Block, ...]:
    """Return why the question cannot be put to these data, with what there is and what it would take."""
    if not chapter.has_data:
        return ()
    say, numbers = chapter.texts, Numbers(chapter.language)
    overall = rows.loc[rows["part"] == "overall"] if len(rows) else rows
    clusters = max((int(n) for n in overall["clusters"]), default=0) if len(overall) else 0
    years = max((int(n) for n in overall["years"]), default=0) if len(overall) else 0
    words = {
        "clusters": numbers.count(clusters, "cluster"),
        "years": numbers.count(years, "year"),
        "fewest_clusters": numbers.number(FEWEST_CLUSTERS),
        "fewest_years": numbers.number(FEWEST_YEARS),
    }
    dated = any(len(s.table("membership")) for s in chapter.systems)
    reason = say["refused_undated"] if not dated else say["refused_few"].format(**words)
    then = say["refused_then" if dated and years >= FEWEST_YEARS else "refused_then_years"]
    return (Notice("caution", say["refused_title"], (reason, then)),)


def by_country(chapter: SystemChapter, table: pd.DataFrame) -> pd.DataFrame:
    """Show the mean over the years since joining for each measure and country that can be asked; return those rows."""
    if table.empty:
        return table
    overall = table.loc[table["part"] == "overall"]
    kept = overall.loc[[can_be_asked(r) for _, r in overall.iterrows()]].reset_index(drop=True)
    if kept.empty:
        return kept
    chapter.show(*chapter.heading("table"), _overall_table(chapter, kept))
    return kept


def _overall_table(chapter: SystemChapter, table: pd.DataFrame) -> Table:
    say, labels, numbers = chapter.texts, chapter.texts["table_columns"], Numbers(chapter.language)
    names = {s.country: s.name for s in chapter.systems} | {TOGETHER: say["together"]}
    measures = {m.measure_id: m for m in measures_of(chapter)}
    rows: list[tuple[Cell, ...]] = []
    order = {k: i for i, k in enumerate([TOGETHER, *(s.country for s in chapter.systems)])}
    places = {m: i for i, m in enumerate(measures)}
    ordered = sorted(table.to_dict("records"), key=lambda r: (places[str(r["measure_id"])], order[str(r["country"])]))
    for r in ordered:
        measure = measures[str(r["measure_id"])]
        unit = "percentage points" if measure.unit == "percent" else measure.unit
        p = number(r["before_p"])
        rows.append(
            (
                measure.label,
                names[str(r["country"])],
                *(cell(r[k]) for k in ("clusters", "schools")),
                numbers.unit(unit),
                *(cell(r[k]) for k in ("effect", "lower", "upper")),
                None if p is None else p,
            )
        )
    columns = (
        TableColumn("measure", labels["measure"]),
        TableColumn("country", labels["country"]),
        *(TableColumn(k, labels[k], decimals=0) for k in ("clusters", "schools")),
        TableColumn("unit", labels["unit"]),
        TableColumn("effect", labels["effect"], decimals=1),
        *chapter.limits("effect", 1),
        TableColumn("before_p", labels["before_p"], decimals=2),
    )
    return Table("by_country", say["table_title"], columns, tuple(rows), notes=tuple(say["table_notes"]))


def conditions(chapter: SystemChapter) -> tuple[Block, ...]:
    """Return what would have to be true to read the figures as what joining does, one question each."""
    if not chapter.has_data:
        return ()
    return (*chapter.heading("conditions"), *(Text((line,), role="note") for line in chapter.texts["conditions"]))


def left_out(chapter: SystemChapter, table: pd.DataFrame) -> tuple[Block, ...]:
    """Return how many schools the comparison leaves out, and how many never joined."""
    overall = table.loc[(table["part"] == "overall") & (table["country"] != TOGETHER)] if len(table) else table
    if overall.empty:
        return ()
    numbers, say = Numbers(chapter.language), chapter.texts
    said: list[str] = []
    for system in chapter.systems:
        rows = _first_measure(system, overall)
        if len(rows) and len(system.table("membership")):  # without dates nobody knows who joined when, or never
            always, never = int(rows["always"].iloc[0]), int(rows["never"].iloc[0])
            if always:
                said.append(say["left_out"].format(country=system.name, always=numbers.count(always, "school")))
            if never:
                said.append(say["never_joined"].format(country=system.name, never=numbers.count(never, "school")))
    return (Text(tuple(said), role="note"),) if said else ()


def _first_measure(system: System, overall: pd.DataFrame) -> pd.DataFrame:
    mine = overall.loc[overall["country"] == system.country]
    return mine if system.measure is None else mine.loc[mine["measure_id"] == system.measure.measure_id]
