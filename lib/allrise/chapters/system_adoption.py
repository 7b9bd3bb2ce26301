"""Chapter 12: adoption of networks over time, New Zealand's prediction (C3), and the schools in no network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allrise.chapters.system_chapter import System, SystemChapter
from allrise.chapters.texts import texts
from allrise.content.blocks import Block, Cell, Figure, Question, Table, TableColumn
from allrise.content.numbers import Numbers
from allrise.data.facts import facts
from allrise.evidence.tidy import tidy
from allrise.figures.adoption import membership_over_time
from allrise.figures.composing import cell
from allrise.figures.subject import Subject
from allrise.figures.system_adoption import prediction as draw_prediction
from allrise.figures.system_outside import outside_by_kind

#: Columns of :func:`new_zealand`, and the indicator each is read from.
INDICATORS = {
    "members": "Schools in a network",
    "schools": "Schools",
    "share": "Share of schools in a network",
    "networks": "Networks of schools",
}
ADOPTION = {
    "when": "str", "at": "float64", "members": "Int64", "schools": "Int64", "share": "float64", "networks": "Int64",
    "source": "str",
}  # fmt: skip
#: Rows of a list of schools that a page can carry; longer lists stand in the data.
MOST_NAMES = 60


def new_zealand() -> pd.DataFrame:
    """Return what is cited of New Zealand's networks, a row a date.

    Returns
    -------
    DataFrame
        ``when`` (year and month), ``at`` (the same in years), ``members``, ``schools``, ``share`` (percent), ``networks``,
        ``source``. Missing where no source says it: a share is never made from two sources.
    """
    table = facts()
    mine = table.loc[(table["country"] == "NZ") & table["indicator"].isin(list(INDICATORS.values()))]
    rows: list[dict[str, Any]] = []
    for when, part in mine.groupby("time_period", sort=True):
        values = dict(zip(part["indicator"], part["value"], strict=True))
        year, _, month = str(when).partition("-")
        row: dict[str, Any] = {"when": str(when), "at": int(year) + (int(month or 1) - 1) / 12}
        row |= {k: values.get(indicator, np.nan) for k, indicator in INDICATORS.items()}
        for k in ("members", "schools", "networks"):
            row[k] = None if pd.isna(row[k]) else int(row[k])
        rows.append({**row, "source": str(part["source"].iloc[0])})
    return tidy(rows, ADOPTION)


def prediction(chapter: SystemChapter) -> pd.DataFrame:
    """Show New Zealand's schools in a network by date, beside the date of the paper's prediction."""
    table = new_zealand()
    first, last = str(table["when"].iloc[0])[:4], str(table["when"].iloc[-1])[:4]
    source = chapter.texts["prediction_source"]
    subject = Subject(
        cluster="", period=Numbers(chapter.language).between(first, last), language=chapter.language, source=source
    )
    chapter.place(draw_prediction(table, subject), "prediction")
    return table


def adoption(chapter: SystemChapter) -> pd.DataFrame:
    """Show the share of schools in a cluster, year by year, where the records know when schools joined."""
    return chapter.each("adoption", lambda system: system.table("membership"), _draw_adoption)


def _draw_adoption(table: pd.DataFrame, system: System) -> Figure:
    return membership_over_time(table, system.subject(table="memberships"))


def days(chapter: SystemChapter) -> pd.DataFrame:
    """Show the memberships by the days on which the records change, for countries without school years; return it."""
    kept = [s for s in chapter.systems if s.table("membership").empty]
    tables = [s.table("membership_days").assign(country=s.country) for s in kept]
    tables = [t for t in tables if len(t)]
    if not tables:
        return pd.DataFrame()
    table = pd.concat(tables, ignore_index=True)
    chapter.show(_days_table(chapter, table))
    return table


def _days_table(chapter: SystemChapter, table: pd.DataFrame) -> Table:
    say, labels = chapter.texts, chapter.texts["days_columns"]
    names = {s.country: s.name for s in chapter.systems}
    changes, numbers = table["country"].value_counts().to_dict(), Numbers(chapter.language)
    rows: list[tuple[Cell, ...]] = [
        (
            names[str(r["country"])],
            numbers.day(str(r["from_day"]))
            or say["days_first" if changes.get(str(r["country"]), 0) > 1 else "days_only"],
            *(cell(r[k]) for k in ("members", "schools")),
            cell(100 * r["share"]),
            cell(r["clusters"]),
        )
        for r in table.to_dict("records")
    ]
    columns = (
        *(TableColumn(k, labels[k]) for k in ("country", "from_day")),
        *(TableColumn(k, labels[k], decimals=0) for k in ("members", "schools")),
        TableColumn("share", labels["share"], "percent", 1),
        TableColumn("clusters", labels["clusters"], decimals=0),
    )
    caveats = tuple(c.text for c in chapter.store.caveats if c.table == "memberships")
    return Table("days", say["days_title"], columns, tuple(rows), notes=(say["days_note"], *caveats))


def outside(chapter: SystemChapter) -> pd.DataFrame:
    """Show which kinds of school are in no cluster."""
    phases = texts(chapter.language)["01_overview"]["phases"]

    def draw(table: pd.DataFrame, system: System) -> Figure:
        year = system.profile.school_year(system.periods[-1]) if system.periods else ""
        return outside_by_kind(table, system.subject(table="memberships", period=year), phases=phases)

    return chapter.each("outside", _outside, draw)


def _outside(system: System) -> pd.DataFrame:
    table = system.table("outside")
    return table if len(table) and int(table["members"].iloc[0]) else pd.DataFrame()


def barriers(chapter: SystemChapter) -> tuple[Block, ...]:
    """Return the five barriers to joining, each with its prompts."""
    entries = chapter.framework.barriers
    return (*chapter.heading("barriers"), *(Question(b.id, b.statement, (), b.prompts) for b in entries))
