"""Draws one row a school (or factor, or role): a letter, a name, dots with their intervals, and reference lines.

Rows stand in the order given, which is never that of their values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from allrise.figures.measuring import text_width, wrapped
from allrise.figures.panel import Panel
from allrise.figures.scales import Scale, scale
from allrise.figures.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Mark:
    """A value on a row, with its interval where there is one."""

    value: float
    lower: float | None = None
    upper: float | None = None
    colour: str = "accent"
    marker: str = "o"
    hollow: bool = False
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Parameters
    ----------
    letter, label
        What people point at, and the name.
    marks
        Drawn in order; the row is empty without any.
    box
        A light span behind the marks, for example the middle half of similar schools, and the value in it that is marked.
    beside
        Small light dots on the row, for example one a school.
    instead
        Said in place of marks when there is no value, with its symbol: ``hidden to protect pupils [c]``.
    note
        At the right edge: n.
    arrow
        Draw a fine line from the first mark to the last.
    """

    letter: str
    label: str
    marks: tuple[Mark, ...] = ()
    box: tuple[float, float, float] | None = None
    beside: tuple[float, ...] = ()
    instead: str = ""
    note: str = ""
    arrow: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A line through all rows with its label above."""

    value: float
    label: str
    colour: str = "reference"
    dash: str = "solid"


def row_chart(
    sheet: Sheet,
    rows: Sequence[Row],
    *,
    tick: Callable[[float, int], str],
    references: Sequence[Reference] = (),
    key: Sequence[tuple[str, Mark]] = (),
    box_label: str = "",
    beside_label: str = "",
    poles: tuple[str, str] | None = None,
    note_label: str = "",
    bounds: tuple[float | None, float | None] = (None, None),
    zero: bool = False,
    least: float = 0.0,
    axis: Scale | None = None,
) -> None:
    """Draw rows.

    Parameters
    ----------
    sheet
        Opened here, as high as the rows need.
    rows, references
        What to draw.
    tick
        How an axis label is written, from a value and decimals.
    key
        What kinds of marks mean, above the chart; only for charts with more than one kind.
    box_label, beside_label
        What the boxes, and the small dots, mean.
    poles
        What the left and the right end of the axis mean, above it.
    note_label
        Heading of the notes at the right edge.
    bounds, zero, least
        As in :func:`allrise.figures.lines.line_chart`.
    axis
        Instead of a scale made from the values.
    """
    size, small, compact = sheet.text_size, sheet.small_size, sheet.compact
    axis = axis or _axis(rows, references, bounds, zero=zero, least=least, ticks=3 if compact else 5)
    letters = sheet.widest([r.letter for r in rows], size, 700)
    start = letters + 8 if letters else 0.0
    note = max(sheet.widest([r.note for r in rows], small), text_width(note_label, small)) if note_label else 0.0
    name_room = sheet.width - note - start - 8 if compact else min(190.0, sheet.widest([r.label for r in rows], size))
    names = [wrapped(r.label, name_room, size, lines=2) for r in rows]
    deep = any(len(r.marks) > 1 or r.beside for r in rows)
    heights = [_row_height(len(n), compact=compact) + (4 if deep else 0) for n in names]

    tick_half = sheet.widest([tick(t, axis.decimals) for t in (axis.ticks[0], axis.ticks[-1])], small) / 2
    left = max(start + (0 if compact else name_room + 14), tick_half)
    right = sheet.width - max(tick_half, note + 14 if note and not compact else 0.0) - 2
    limit = sheet.width - (note + 10 if note else 0)
    said = [label for label in (*(label for label, _ in key), box_label, beside_label) if label]
    texts = [wrapped(label, sheet.width - 34, small, lines=2) for label in said]
    head = sum(5.0 + 11.5 * len(t) for t in texts) + (4 if texts else 0)
    twice = len(rows) > 10  # a long chart has its axis above and below
    lanes = _lanes(references, axis, left, right, limit, sheet)
    top = head + (small + 6 if twice else 0) + 13.0 * (1 + max(lanes, default=-1)) + 4
    if note_label or poles:
        top = max(top, head + small + 8 + (small + 6 if twice else 0))
    sheet.open(top + sum(heights) + small + 12)
    panel = Panel(sheet, left, top, right, top + sum(heights), x=(axis.lower, axis.upper), y=(0, 1))

    _key(sheet, [mark for _, mark in key], texts, box=bool(box_label))
    panel.grid_x(axis.ticks, lambda t: tick(t, axis.decimals), zero=zero)
    if twice:
        for t in axis.ticks:
            sheet.text(panel.x(t), head + small, tick(t, axis.decimals), size=small, colour="muted", anchor="center")
    at = [top - 6 - 13.0 * lane for lane in lanes]
    for reference, y in zip(references, at, strict=True):
        _reference_line(panel, reference, y)
    for reference, y in zip(references, at, strict=True):
        _reference_label(panel, reference, y, limit)
    if poles:
        sheet.text(left if compact else panel.left - tick_half, top - 6, poles[0], size=small, colour="muted")
        sheet.text(min(panel.right + tick_half, limit), top - 6, poles[1], size=small, colour="muted", anchor="right")
    if note_label:
        sheet.text(sheet.width, top - 6, note_label, size=small, colour="muted", anchor="right")
    y = top
    for row, name, height in zip(rows, names, heights, strict=True):
        _draw(panel, row, name, y, height, start=start)
        y += height


def _row_height(lines: int, *, compact: bool) -> float:
    if compact:
        return 17.0 + 12.5 * lines
    return 19.0 if lines == 1 else 30.0


def _axis(
    rows: Sequence[Row],
    references: Sequence[Reference],
    bounds: tuple[float | None, float | None],
    *,
    zero: bool,
    least: float,
    ticks: int,
) -> Scale:
    values: list[float | None] = [r.value for r in references]
    for row in rows:
        values += [v for m in row.marks for v in (m.value, m.lower, m.upper)]
        values += [*(row.box or ()), *row.beside]
    return scale(values, ticks=ticks, minimum=bounds[0], maximum=bounds[1], include=(0.0,) if zero else (), least=least)


def _draw(panel: Panel, row: Row, name: tuple[str, ...], top: float, height: float, *, start: float) -> None:
    sheet = panel.sheet
    size, compact = sheet.text_size, sheet.compact
    leading = 12.5
    y = top + height - 11 - (2 if len(row.marks) > 1 or row.beside else 0) if compact else top + height / 2
    first = top + 11 if compact else y - leading * (len(name) - 1) / 2 + 0.334 * size
    sheet.segments([(0, top + height)], [(sheet.width, top + height)], stroke="rule", width=0.6)
    if row.letter:
        sheet.text(0, first, row.letter, weight=700, colour="ink", halo=compact)
    for k, line in enumerate(name):
        sheet.text(start, first + leading * k, line, halo=compact)
    if row.note:
        sheet.text(
            sheet.width, first if compact else y + 0.334 * sheet.small_size, row.note, size=sheet.small_size,
            colour="muted", anchor="right", halo=compact,
        )  # fmt: skip
    if not row.marks and not row.beside:
        sheet.text(panel.left + 4, y, row.instead, size=sheet.small_size, colour="muted", middle=True, halo=True)
    _marks(panel, row, y)


def _marks(panel: Panel, row: Row, y: float) -> None:
    sheet = panel.sheet
    if row.box and row.marks:
        low, middle, high = (panel.x(v) for v in row.box)
        sheet.rectangle(low, y - 6, high, y + 6, fill="reference_light", opacity=0.6)
        sheet.segments([(middle, y - 6)], [(middle, y + 6)], stroke="reference", width=1.6)
    if row.beside:
        places = [(panel.x(v), y - 4.5) for v in row.beside]
        sheet.segments([min(places)], [max(places)], stroke="reference_light", width=1.2)
        y += 4.0
        sheet.dots(places, colour="reference", size=4.0, ring=False, opacity=0.6)
    # marks with intervals stand one under the other, so that no line hides another
    step = 6.5 if len(row.marks) > 1 and any(m.lower is not None for m in row.marks) else 0.0
    heights = [y + (k - (len(row.marks) - 1) / 2) * step for k in range(len(row.marks))]
    for mark, at in zip(row.marks, heights, strict=True):
        if mark.lower is not None and mark.upper is not None:
            sheet.segments(
                [(panel.x(mark.lower), at)],
                [(panel.x(mark.upper), at)],
                stroke=mark.colour,
                width=sheet.look.stroke["interval"],
                opacity=0.55,
            )
    if row.arrow and len(row.marks) > 1:
        ends = [(panel.x(m.value), at) for m, at in zip(row.marks, heights, strict=True)]
        sheet.segments([ends[0]], [ends[-1]], stroke="muted", width=0.8)
    for mark, at in zip(row.marks, heights, strict=True):
        sheet.dots(
            [(panel.x(mark.value), at)], colour=mark.colour, marker=mark.marker, hollow=mark.hollow, size=mark.size
        )


def _lanes(
    references: Sequence[Reference], axis: Scale, left: float, right: float, limit: float, sheet: Sheet
) -> list[int]:
    """Return on which line of text each reference's label stands, counted up from the panel, so that no two touch."""
    lanes: list[int] = []
    taken: list[list[tuple[float, float]]] = []
    for r in references:
        x = left + (r.value - axis.lower) / ((axis.upper - axis.lower) or 1) * (right - left)
        span = _label_span(sheet, x, r.label, limit)
        lane = next(
            (k for k, spans in enumerate(taken) if all(span[1] + 8 < a or b + 8 < span[0] for a, b in spans)),
            len(taken),
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append(span)
        lanes.append(lane)
    return lanes


def _label_span(sheet: Sheet, x: float, label: str, limit: float) -> tuple[float, float]:
    width = text_width(label, sheet.small_size, 700)
    begin = max(min(x - width / 2, limit - width), 0)
    return begin, begin + width


def _reference_line(panel: Panel, reference: Reference, y: float) -> None:
    x = panel.x(reference.value)
    panel.sheet.segments(
        [(x, y + 3)],
        [(x, panel.bottom)],
        stroke=reference.colour,
        width=1.3,
        dash=reference.dash,
        opacity=0.45 if panel.sheet.compact else 0.75,
    )


def _reference_label(panel: Panel, reference: Reference, y: float, limit: float) -> None:
    sheet = panel.sheet
    begin, _ = _label_span(sheet, panel.x(reference.value), reference.label, limit)
    colour = "muted" if reference.colour == "reference" else reference.colour
    sheet.text(begin, y, reference.label, size=sheet.small_size, weight=700, colour=colour, halo=True)


def _key(sheet: Sheet, marks: Sequence[Mark], texts: Sequence[tuple[str, ...]], *, box: bool) -> None:
    """Say what the marks mean; after them the box's text, and that of the small dots."""
    y = 8.0
    for k, text in enumerate(texts):
        if k < len(marks):
            mark = marks[k]
            if mark.lower is not None:
                sheet.segments([(2, y)], [(24, y)], stroke=mark.colour, width=2, opacity=0.55)
            sheet.dots([(13, y)], colour=mark.colour, marker=mark.marker, hollow=mark.hollow, size=mark.size)
        elif not box or k > len(marks):
            sheet.dots([(6, y), (13, y), (20, y)], colour="reference", size=4.0, ring=False, opacity=0.6)
        else:
            sheet.rectangle(2, y - 5, 24, y + 5, fill="reference_light", opacity=0.6)
            sheet.segments([(13, y - 5)], [(13, y + 5)], stroke="reference", width=1.6)
        for line in text:
            sheet.text(31, y, line, size=sheet.small_size, colour="muted", middle=True)
            y += 11.5
        y += 5
