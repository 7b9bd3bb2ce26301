"""C3: New Zealand's networks and the paper's prediction, from cited figures."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.content.language import locale_of
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.measuring import wrapped
from allrise.figures.panel import Panel
from allrise.figures.scales import scale
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject

#: The paper's date: all schools in a network by the end of 2016.
PREDICTED = 2017.0


def prediction(adoption: pd.DataFrame, subject: Subject, *, name: str = "prediction") -> Figure:
    """Show schools in a network and all schools by date, beside the date by which the paper expected all of them in.

    Parameters
    ----------
    adoption
        ``when`` (``2017-07``), ``at`` (years as a number), ``members``, ``schools``, ``networks``, ``share`` (percent), ``source``:
        :func:`allrise.chapters.system_adoption.new_zealand`. Missing where no source says it.
    """
    w = subject.words("system")
    rows = c.records(adoption)
    title = w("prediction.title")
    readings = (w("prediction.claim"), *_readings(subject, rows))
    alt = w("prediction.alt", readings=" ".join(readings))

    def draw(sheet: Sheet) -> None:
        _draw(sheet, subject, rows)

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("prediction.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("prediction.note"), interval=False),
        table=c.table(
            name,
            title,
            adoption.assign(day=[_month(subject, r) for r in rows]),
            (
                TableColumn("day", w("prediction.day")),
                TableColumn("members", w("prediction.members"), "schools", 0),
                TableColumn("schools", w("prediction.schools"), "schools", 0),
                TableColumn("share", w("prediction.share"), "percent", 1),
                TableColumn("networks", w("prediction.networks"), "", 0),
                TableColumn("source", w("prediction.source")),
            ),
        ),
        framework_ids=("C3",),
        predict=w("prediction.predict"),
        look=w("prediction.look"),
        discuss=w.several("prediction.discuss"),
        explanations=c.explanations(practice=w("prediction.practice"), data=w("prediction.data")),
        headline=True,
    )


def _month(subject: Subject, row: dict[str, Any]) -> str:
    from babel.dates import format_date

    year, month = (int(x) for x in str(row["when"]).split("-"))
    return format_date(dt.date(year, month, 1), "MMMM y", locale=locale_of(subject.language))


def _readings(subject: Subject, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    w, n = subject.words("system"), subject.numbers
    said: list[str] = []
    for row in rows:
        if c.number(row["members"]) is None:
            continue
        words = {"when": _month(subject, row), "members": n.count(c.whole(row["members"]), "school")}
        if c.number(row["share"]) is not None:
            words["members"] = n.number(c.whole(row["members"]))
            schools = n.count(c.whole(row["schools"]), "school")
            said.append(
                w("prediction.with_share", schools=schools, share=n.value(float(row["share"]), "percent", 1), **words)
            )
        else:
            said.append(w("prediction.without_share", **words))
    return tuple(said)


def _draw(sheet: Sheet, subject: Subject, rows: list[dict[str, Any]]) -> None:
    w, n = subject.words("system"), subject.numbers
    size, small = sheet.text_size, sheet.small_size
    sheet.open(262)
    at = [float(r["at"]) for r in rows]
    columns = {k: c.finite(r[k] for r in rows) for k in ("members", "schools")}
    axis = scale((v for column in columns.values() for v in column), minimum=0.0, include=(0.0,), ticks=4)
    room = 74.0 if sheet.compact else 110.0
    ends = [(k, wrapped(w(f"prediction.{k}"), room, small, lines=2)) for k in ("schools", "members")]
    known = {k: [i for i, v in enumerate(columns[k]) if math.isfinite(v)] for k in columns}
    values = {k: n.number(columns[k][i[-1]]) if (i := known[k]) else "" for k in columns}
    aside = max(sheet.widest([line for _, t in ends for line in t], small), sheet.widest(values.values(), size, 700))
    left = 8 + sheet.widest([n.number(t) for t in axis.ticks], small)
    first, last = math.floor(min([*at, PREDICTED - 0.5])), math.ceil(max([*at, PREDICTED + 0.5]))
    panel = Panel(sheet, left, 30, sheet.width - aside - 16, 238, x=(first, last), y=(axis.lower, axis.upper))
    panel.grid_y(axis.ticks, n.number, zero=True)
    step = max(1, math.ceil((last - first) / (4 if sheet.compact else 9)))
    for year in range(first, last + 1, step):
        sheet.text(panel.x(year), panel.bottom + 15, str(year), size=small, colour="muted", anchor="center")
    x = panel.x(PREDICTED)
    sheet.segments([(x, 18)], [(x, panel.bottom)], stroke="edge", width=1.0, dash="3 3")
    sheet.text(x + 6, 14, w("prediction.predicted"), size=small, colour="muted")
    for key, colour, marker, dash in (("schools", "reference", "s", "5 3"), ("members", "accent", "o", "solid")):
        there = known[key]
        xs, ys = [at[i] for i in there], [columns[key][i] for i in there]
        panel.line(xs, ys, colour=colour, dash=dash)
        sheet.dots(panel.points(xs, ys), colour=colour, marker=marker, size=6.5)
    for key, text in ends:
        if not known[key]:
            continue
        y = panel.y(columns[key][known[key][-1]])
        colour = "accent" if key == "members" else "muted"
        sheet.text(panel.right + 12, y, values[key], size=size, weight=700, colour=colour, middle=True)
        for k, line in enumerate(text):
            sheet.text(panel.right + 12, y + 4 + 11.5 * (k + 1), line, size=small, colour=colour)
