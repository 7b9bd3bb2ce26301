"""Draws answers on a five-point scale as bars around a middle line: disagreement to the left, agreement to the right.

The middle answer straddles the line. Each part carries its own number where there is room, so that the bars
read without colour; beside them stands the mean with its interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from allrise.figures.measuring import text_width, wrapped
from allrise.figures.panel import Panel
from allrise.figures.scales import Scale, scale
from allrise.figures.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Answers:
    """One row.

    Parameters
    ----------
    code, label
        What people point at (``F3``), and its name.
    shares
        Percent of answers, from strong disagreement to strong agreement; empty when hidden.
    mean
        Mean with its limits, on the scale of the answers.
    note, compact_note
        At the right edge: n; on a phone, where there is no column of means, the mean with its interval too.
    instead
        Said in place of the bar.
    """

    code: str
    label: str
    shares: tuple[float, ...] = ()
    mean: tuple[float, float | None, float | None] | None = None
    note: str = ""
    compact_note: str = ""
    instead: str = ""


def diverging_chart(
    sheet: Sheet,
    rows: Sequence[Answers],
    *,
    scale_labels: Sequence[str],
    mean_label: str,
    note_label: str,
    number: Callable[[float, int], str],
    percent: Callable[[float], str],
) -> None:
    """Draw rows of answers.

    Parameters
    ----------
    sheet
        Opened here.
    rows
        In the framework's order, never in that of their values.
    scale_labels
        The five answers in words.
    mean_label, note_label
        Headings of the columns beside the bars.
    number
        How a number is written, from a value and decimals.
    percent
        How an axis writes a share.
    """
    size, small, compact = sheet.text_size, sheet.small_size, sheet.compact
    code = sheet.widest([r.code for r in rows], size, 700)
    start = code + 8 if code else 0.0
    notes = [r.compact_note or r.note if compact else r.note for r in rows]
    if compact and any(r.compact_note for r in rows):
        note_label = f"{mean_label}; {note_label.lower()}"
    note = max(sheet.widest(notes, small), 0.0 if compact else text_width(note_label, small))
    means = any(r.mean for r in rows)
    mean_width = 96.0 if means and not compact else 0.0
    room = sheet.width - start - note - 10 if compact else min(132.0, sheet.widest([r.label for r in rows], size))
    names = [wrapped(r.label, room, size, lines=2) for r in rows]
    heights = [(22.0 + 12.5 * len(n) if compact else 23.0 if len(n) == 1 else 31.0) for n in names]

    key_bottom = _key(sheet, scale_labels, draw=False)
    top = key_bottom + small + 10
    left = 0.0 if compact else start + room + 12
    right = sheet.width if compact else sheet.width - note - 14 - (mean_width + 24 if means else 0)
    sheet.open(top + sum(heights) + small + 14)
    _key(sheet, scale_labels, draw=True)
    axis = _axis(rows)
    edge = sheet.widest([percent(abs(v)) for v in (axis.lower, axis.upper)], small) / 2
    panel = Panel(sheet, left + edge, top, right - edge, top + sum(heights), x=(axis.lower, axis.upper), y=(0, 1))
    beside = Panel(sheet, right + 24, top, right + 24 + mean_width, top + sum(heights), x=(1, 5), y=(0, 1))
    panel.grid_x(axis.ticks, lambda v: percent(abs(v)), zero=False)
    if means and not compact:
        beside.grid_x((1, 2, 3, 4, 5), lambda v: number(v, 0))
        sheet.text((beside.left + beside.right) / 2, top - 6, mean_label, size=small, colour="muted", anchor="center")
    sheet.text(sheet.width, top - 6, note_label, size=small, colour="muted", anchor="right")
    y = top
    for row, name, note_text, height in zip(rows, names, notes, heights, strict=True):
        _draw(panel, beside if means and not compact else None, row, name, note_text, y, height, start, number)
        y += height


def _axis(rows: Sequence[Answers]) -> Scale:
    """Return the span of the bars, the same step on both sides of 0."""
    left = max((r.shares[0] + r.shares[1] + r.shares[2] / 2 for r in rows if r.shares), default=50.0)
    right = max((r.shares[4] + r.shares[3] + r.shares[2] / 2 for r in rows if r.shares), default=50.0)
    return scale([-left, right], ticks=4, minimum=-100, maximum=100, include=(0.0,))


def _draw(
    panel: Panel,
    beside: Panel | None,
    row: Answers,
    name: tuple[str, ...],
    note: str,
    top: float,
    height: float,
    start: float,
    number: Callable[[float, int], str],
) -> None:
    sheet = panel.sheet
    size, small, compact = sheet.text_size, sheet.small_size, sheet.compact
    leading = 12.5
    y = top + height - 11.5 if compact else top + height / 2
    first = top + 11 if compact else y - leading * (len(name) - 1) / 2 + 0.334 * size
    sheet.segments([(0, top + height)], [(sheet.width, top + height)], stroke="rule", width=0.6)
    sheet.text(0, first, row.code, weight=700, halo=compact)
    for k, line in enumerate(name):
        sheet.text(start, first + leading * k, line, halo=compact)
    sheet.text(sheet.width, first if compact else y + 0.334 * small, note, size=small, colour="muted",
               anchor="right", halo=compact)  # fmt: skip
    if not row.shares:
        sheet.text(panel.left + 4, y, row.instead, size=small, colour="muted", middle=True, halo=True)
        return
    _bar(panel, row.shares, y, number)
    if beside and row.mean:
        value, lower, upper = row.mean
        if lower is not None and upper is not None:
            sheet.segments([(beside.x(lower), y)], [(beside.x(upper), y)], stroke="accent", width=2.0, opacity=0.55)
        sheet.dots([(beside.x(value), y)], colour="accent", size=6.0)


def _bar(panel: Panel, shares: tuple[float, ...], y: float, number: Callable[[float, int], str]) -> None:
    sheet = panel.sheet
    small = sheet.small_size
    at = -(shares[0] + shares[1] + shares[2] / 2)
    for k, share in enumerate(shares, 1):
        low, high = panel.x(at), panel.x(at + share)
        at += share
        if high - low < 0.05:
            continue
        sheet.rectangle(low, y - 7.5, high, y + 7.5, fill=f"agree_{k}")
        text = number(share, 0)
        if high - low > text_width(text, small, 700) + 4:
            sheet.text(
                (low + high) / 2, y, text, size=small, weight=700, colour=f"on_agree_{k}", anchor="center", middle=True
            )
    at = panel.x(0)  # the line shows above and below the bar, so that the middle part's number stays free
    sheet.segments([(at, y - 11), (at, y + 7.5)], [(at, y - 7.5), (at, y + 11)], stroke="ink", width=1.0)


def _key(sheet: Sheet, labels: Sequence[str], *, draw: bool) -> float:
    """Write the five answers in a line, or in as many as they need; return where they end."""
    x, y = 0.0, 9.0
    for k, label in enumerate(labels, 1):
        width = 14 + text_width(label, sheet.small_size) + 12
        if x and x + width - 12 > sheet.width:
            x, y = 0.0, y + 14
        if draw:
            sheet.rectangle(x, y - 4.5, x + 10, y + 4.5, fill=f"agree_{k}")
            sheet.text(x + 14, y, label, size=sheet.small_size, colour="muted", middle=True)
        x += width
    return y + 5
