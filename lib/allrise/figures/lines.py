"""Draws lines over years with bands and direct labels at their ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allrise.figures import composing as c
from allrise.figures.measuring import text_width, wrapped
from allrise.figures.panel import Panel
from allrise.figures.scales import Scale, scale, spaced, spread_out
from allrise.figures.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Line:
    """One line: values over years with limits, and how it is drawn.

    ``years`` may skip a year and values may be NaN: the line breaks there.
    """

    label: str
    years: Sequence[int]
    values: Sequence[float]
    lower: Sequence[float]
    upper: Sequence[float]
    colour: str
    dash: str = "solid"
    marker: str = "o"
    width: float | None = None


def beside_system(
    who: Mapping[str, str], rows: Mapping[str, Sequence[Mapping[str, Any]]], value: str, lower: str, upper: str
) -> list[Line]:
    """Return the system's line in grey and the cluster's in accent, back to front; none for a series without rows.

    Parameters
    ----------
    who, rows
        Name and rows (with ``time_period``) of ``cluster`` and ``system``.
    value, lower, upper
        Keys of a row; missing values break the line.
    """
    return [
        Line(
            c.sentence(who[series]),
            [c.whole(r["time_period"]) for r in rows[series]],
            c.finite(r[value] for r in rows[series]),
            c.finite(r[lower] for r in rows[series]),
            c.finite(r[upper] for r in rows[series]),
            colour,
            dash,
            marker,
            width,
        )
        for series, colour, dash, marker, width in (
            ("system", "reference", "5 3", "s", 1.5),
            ("cluster", "accent", "solid", "o", None),
        )
        if rows[series]
    ]


def line_chart(
    sheet: Sheet,
    lines: Sequence[Line],
    *,
    tick: Callable[[float, int], str],
    value: Callable[[float], str],
    year: Callable[[int], str],
    bounds: tuple[float | None, float | None] = (None, None),
    zero: bool = False,
    least: float = 0.0,
    height: float | None = None,
) -> None:
    """Draw lines over years; the last value of each stands in bold at its end, with the line's label.

    Parameters
    ----------
    sheet
        Opened here.
    lines
        Back to front.
    tick, value, year
        How an axis label (value and decimals), a value and a year are written.
    bounds
        Where the unit ends.
    zero
        Keep 0 on the axis, as a dark line.
    least
        Smallest span of the value axis.
    height
        Of the whole sheet, in points.
    """
    sheet.open(height or (250 if sheet.compact else 262))
    years = _all_years(lines)
    axis = scale(
        (v for one in lines for column in (one.values, one.lower, one.upper) for v in column),
        minimum=bounds[0],
        maximum=bounds[1],
        include=(0.0,) if zero else (),
        least=least,
        ticks=4,
    )
    size, small = sheet.text_size, sheet.small_size
    room = 74.0 if sheet.compact else 128.0
    labels = [(one, wrapped(one.label, room, small, lines=3)) for one in lines]
    right = (
        sheet.width
        - 14
        - max(
            (max(sheet.widest(text, small), sheet.widest([_end(one, value)], size, 700)) for one, text in labels),
            default=0,
        )
    )
    left = 8 + sheet.widest([tick(t, axis.decimals) for t in axis.ticks], small)
    # one year alone stands in the middle
    first, last = (years[0], years[-1]) if len(years) > 1 else ((years or [0])[0] - 1, (years or [0])[0] + 1)
    panel = Panel(sheet, left, 12, right, sheet.height - 24, x=(first, last), y=(axis.lower, axis.upper))
    _frame(panel, axis, years, tick, year, zero=zero)
    aside = [(k - (len(lines) - 1) / 2) * 0.2 if len(years) == 1 else 0.0 for k in range(len(lines))]
    for one, shift in zip(lines, aside, strict=True):
        at = [y + shift for y in years]
        panel.band(at, *_filled(one, years, "lower", "upper"), colour=one.colour)
    for one, shift in zip(lines, aside, strict=True):
        at = [y + shift for y in years]
        (values,) = _filled(one, years, "values")
        panel.line(at, values, colour=one.colour, dash=one.dash, width=one.width)
        sheet.dots(panel.points(at, values), colour=one.colour, marker=one.marker, size=6.0)
    _label_ends(panel, labels, value)


def _all_years(lines: Sequence[Line]) -> list[int]:
    found = {y for one in lines for y in one.years}
    return list(range(min(found), max(found) + 1)) if found else []


def _filled(one: Line, every: list[int], *columns: str) -> list[list[float]]:
    """Return columns on every year, NaN where the line has none."""
    at = {y: i for i, y in enumerate(one.years)}
    return [[float(getattr(one, c)[at[y]]) if y in at else math.nan for y in every] for c in columns]


def _frame(
    panel: Panel,
    axis: Scale,
    years: list[int],
    tick: Callable[[float, int], str],
    year: Callable[[int], str],
    *,
    zero: bool,
) -> None:
    sheet = panel.sheet
    panel.grid_y(axis.ticks, lambda t: tick(t, axis.decimals), zero=zero)
    if not years:
        return
    widths = [text_width(year(y), sheet.small_size) for y in years]
    # the first and last label may not leave the sheet, so they are moved in before it is asked which have room
    places = [min(max(panel.x(y), w / 2), sheet.width - w / 2) for y, w in zip(years, widths, strict=True)]
    for i in spaced(places, widths):
        sheet.segments(
            [(panel.x(years[i]), panel.bottom)], [(panel.x(years[i]), panel.bottom + 4)], stroke="edge", width=0.6
        )
        sheet.text(places[i], panel.bottom + 15, year(years[i]), size=sheet.small_size, colour="muted", anchor="center")


def _last(one: Line) -> int | None:
    return next((i for i in reversed(range(len(one.values))) if math.isfinite(one.values[i])), None)


def _end(one: Line, value: Callable[[float], str]) -> str:
    i = _last(one)
    return "" if i is None else value(one.values[i])


def _label_ends(panel: Panel, labels: list[tuple[Line, tuple[str, ...]]], value: Callable[[float], str]) -> None:
    """Write each line's last value and label right of the panel, moved apart where they would touch."""
    sheet = panel.sheet
    size, small, leading = sheet.text_size, sheet.small_size, 11.5
    ends = [(one, text, i) for one, text in labels if (i := _last(one)) is not None]
    tall = max((12 + leading * len(text) for _, text, _ in ends), default=0) + 4
    wanted = [panel.y(float(one.values[i])) for one, _, i in ends]
    placed = spread_out(wanted, tall, 8, panel.bottom - tall + 4)  # clear of the last year on the axis
    for (one, text, i), y_wanted, y in zip(ends, wanted, placed, strict=True):
        x, x_end = panel.right + 10, panel.x(one.years[i])
        if abs(y - y_wanted) > 5 and x_end > panel.right - 1:
            sheet.segments([(x_end + 4, y_wanted)], [(x - 2, y)], stroke=one.colour, width=0.7)
        sheet.text(x, y, value(one.values[i]), size=size, weight=700, colour=_ink(one.colour), middle=True)
        for k, line in enumerate(text):
            sheet.text(x, y + 4 + leading * (k + 1), line, size=small, colour=_ink(one.colour))


def _ink(colour: str) -> str:
    """Return the colour of a text that belongs to a mark: text needs more contrast than a mark."""
    return "muted" if colour.startswith("reference") else colour
