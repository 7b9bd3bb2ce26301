"""C1 and C2: the quantiles of a system's schools over the years: does the whole distribution move, or one end?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.measuring import text_width, wrapped
from allrise.figures.panel import Panel
from allrise.figures.scales import scale, spaced, spread_out
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject

QUANTILES = ("q10", "q25", "q50", "q75", "q90")


def quantiles_over_time(shift: pd.DataFrame, subject: Subject, *, name: str = "quantiles_over_time") -> Figure:
    """Show the middle school as a line, with bands for the middle half and for all but the outer tenths.

    Parameters
    ----------
    shift
        ``time_period``, ``schools``, ``q10``, ``q25``, ``q50``, ``q75``, ``q90``, ``width``: see
        :func:`allrise.evidence.changes.distribution_shift`.
    subject
        ``cluster`` names whose schools they are.
    """
    w, shared = subject.words("system"), subject.words("shared")
    table = shift.sort_values("time_period", ignore_index=True)
    rows = [r for r in c.records(table) if c.number(r["q50"]) is not None]
    title = w("quantiles.title", measure=subject.measure, cluster=subject.cluster)
    readings = _readings(subject, rows)
    alt = w("quantiles.alt", readings=" ".join(readings))

    def draw(sheet: Sheet) -> None:
        _draw(sheet, subject, rows)

    unit, places, n = subject.unit, subject.places, subject.numbers
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("quantiles.subtitle", unit=c.sentence(c.unit_words(subject)), period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("quantiles.note"), interval=False),
        table=c.table(
            name,
            title,
            table,
            (
                TableColumn("time_period", shared("year")),
                TableColumn("schools", shared("schools"), "schools", 0),
                *(
                    TableColumn(q, w("quantiles.median" if q == "q50" else f"quantiles.{q}"), unit, places)
                    for q in QUANTILES
                ),
                TableColumn("width", w("quantiles.width"), subject.difference_unit, places),
            ),
        ),
        framework_ids=("C1", "C2"),
        predict=w("quantiles.predict", cluster=subject.cluster, period=subject.period),
        look=w("quantiles.look"),
        discuss=w.several("quantiles.discuss"),
        explanations=c.explanations(
            chance=w("quantiles.chance"),
            data=w(
                "quantiles.data",
                first=n.count(c.whole(rows[0]["schools"]), "school"),
                first_year=n.year(c.whole(rows[0]["time_period"])),
                last=n.count(c.whole(rows[-1]["schools"]), "school"),
                last_year=n.year(c.whole(rows[-1]["time_period"])),
            )
            if rows
            else "",
        ),
        headline=True,
    )


def _readings(subject: Subject, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    w, n = subject.words("system"), subject.numbers
    if not rows:
        return (w("quantiles.nothing"),)
    first, last = rows[0], rows[-1]

    def values(row: dict[str, Any]) -> dict[str, str]:
        said = {k: subject.value(float(row[q])) for k, q in (("median", "q50"), ("q10", "q10"), ("q90", "q90"))}
        return {"year": n.year(c.whole(row["time_period"])), **said}

    said = [w("quantiles.now", schools=n.count(c.whole(last["schools"]), "school"), **values(last))]
    if len(rows) == 1:
        return (*said, w("quantiles.one_year", year=n.year(c.whole(last["time_period"]))))
    said.append(w("quantiles.then", **values(first)))
    said.append(
        w(
            "quantiles.width_then",
            first=subject.difference(float(first["width"])),
            first_year=n.year(c.whole(first["time_period"])),
            last=subject.difference(float(last["width"])),
            last_year=n.year(c.whole(last["time_period"])),
        )
    )
    return tuple(said)


def _draw(sheet: Sheet, subject: Subject, rows: list[dict[str, Any]]) -> None:
    w, n = subject.words("system"), subject.numbers
    size, small = sheet.text_size, sheet.small_size
    sheet.open(256 if sheet.compact else 268)
    axis = scale(
        (float(r[q]) for r in rows for q in QUANTILES),
        minimum=subject.bounds[0],
        maximum=subject.bounds[1],
        least=subject.least_span,
        ticks=4,
    )
    room = 74.0 if sheet.compact else 118.0
    ends = [("q90", "quantiles.high_end"), ("q50", "quantiles.median"), ("q10", "quantiles.low_end")]
    labels = [(q, wrapped(w(key), room, small, lines=3)) for q, key in ends]
    aside = max((sheet.widest(text, small) for _, text in labels), default=0.0)
    if rows:
        aside = max(aside, sheet.widest([subject.tick(float(rows[-1][q])) for q, _ in ends], size, 700))
    left = 8 + sheet.widest([subject.tick(t, axis.decimals) for t in axis.ticks], small)
    years = [c.whole(r["time_period"]) for r in rows]
    first, last = (years[0], years[-1]) if len(set(years)) > 1 else ((years or [0])[0] - 1, (years or [0])[0] + 1)
    panel = Panel(
        sheet, left, 12, sheet.width - 14 - aside, sheet.height - 24, x=(first, last), y=(axis.lower, axis.upper)
    )
    panel.grid_y(axis.ticks, lambda t: subject.tick(t, axis.decimals))
    columns = {q: c.finite(r[q] for r in rows) for q in QUANTILES}
    panel.band(years, columns["q10"], columns["q90"], colour="accent", opacity=0.14)
    panel.band(years, columns["q25"], columns["q75"], colour="accent", opacity=0.24)
    panel.line(years, columns["q50"], colour="accent")
    sheet.dots(panel.points(years, columns["q50"]), colour="accent", size=6.0)
    widths = [text_width(n.year(y), small) for y in years]
    places = [min(max(panel.x(y), k / 2), sheet.width - k / 2) for y, k in zip(years, widths, strict=True)]
    for i in spaced(places, widths):
        sheet.text(places[i], panel.bottom + 15, n.year(years[i]), size=small, colour="muted", anchor="center")
    if not rows:
        return
    tall = max(12 + 11.5 * len(text) for _, text in labels) + 4
    wanted = [panel.y(columns[q][-1]) for q, _ in labels]
    placed = spread_out(wanted, tall, 8, panel.bottom - tall + 14)
    for (q, text), y in zip(labels, placed, strict=True):
        colour = "accent" if q == "q50" else "muted"
        sheet.text(panel.right + 10, y, subject.tick(columns[q][-1]), size=size, weight=700, colour=colour, middle=True)
        for k, line in enumerate(text):
            sheet.text(panel.right + 10, y + 4 + 11.5 * (k + 1), line, size=small, colour=colour)
