"""C3, voluntary but inevitable: how many schools are in a cluster, year by year."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.lines import Line, line_chart
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def membership_over_time(members: pd.DataFrame, subject: Subject, *, name: str = "membership_over_time") -> Figure:
    """Show the share of a system's schools that are in a cluster, by year.

    Parameters
    ----------
    members
        ``time_period``, ``schools``, ``members``, ``share`` (0..1), ``clusters``, ``joined``, ``left``, ``moved``.
    subject
        ``system`` names whose schools they are.
    """
    w, shared, n = subject.words("practice"), subject.words("shared"), subject.numbers
    table = members.sort_values("time_period", ignore_index=True)
    table = table.assign(share=[100 * v for v in c.finite(table["share"])])
    rows = [r for r in c.records(table) if c.number(r["share"]) is not None]
    title = w("adoption.title", system=subject.system)
    readings = _readings(subject, rows)
    alt = w("adoption.alt", readings=" ".join(readings))
    none = [math.nan] * len(rows)
    line = Line(
        w("adoption.share"),
        [c.whole(r["time_period"]) for r in rows],
        [float(r["share"]) for r in rows],
        none,
        none,
        "accent",
    )

    def draw(sheet: Sheet) -> None:
        line_chart(
            sheet,
            [line] if rows else [],
            tick=lambda v, places: n.value(v, "percent", places),
            value=lambda v: n.value(v, "percent", 0),
            year=n.year,
            bounds=(0.0, 100.0),
            zero=True,
            least=100.0,
        )

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("adoption.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("adoption.note"), interval=False),
        table=c.table(
            name,
            title,
            table,
            (
                TableColumn("time_period", shared("year")),
                TableColumn("schools", w("adoption.schools"), "schools", 0),
                TableColumn("members", w("adoption.members"), "schools", 0),
                TableColumn("share", w("adoption.share"), "percent", 0),
                *(TableColumn(k, w(f"adoption.{k}"), "schools", 0) for k in ("joined", "left", "moved")),
            ),
        ),
        framework_ids=("C3",),
        predict=w("adoption.predict"),
        look=w("adoption.look"),
        discuss=w.several("adoption.discuss"),
        explanations=c.explanations(practice=w("adoption.practice"), data=w("adoption.data")),
    )


def _readings(subject: Subject, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    w, n = subject.words("practice"), subject.numbers
    if not rows:
        return (w("adoption.nothing"),)
    last = rows[-1]
    said = [
        w(
            "adoption.now",
            year=n.year(c.whole(last["time_period"])),
            members=n.number(c.whole(last["members"])),
            schools=n.count(c.whole(last["schools"]), "school"),
            share=n.value(float(last["share"]), "percent", 0),
        )
    ]
    if len(rows) > 1:
        first = rows[0]
        share = n.value(float(first["share"]), "percent", 0)
        said.append(w("adoption.then", year=n.year(c.whole(first["time_period"])), share=share))
    return tuple(said)
