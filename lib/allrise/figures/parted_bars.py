"""Draws one bar a row, parted into what people answered: every part carries its number where there is room.

The parts fill the whole width, in the order of the answers; colours only repeat what order and numbers say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from allrise.figures.measuring import text_width, wrapped
from allrise.figures.panel import Panel
from allrise.figures.sheet import Sheet

#: Colours of the parts, by how many there are: from the answer that is no agreement to full agreement.
COLOURS: dict[int, tuple[str, ...]] = {
    3: ("agree_1", "agree_3", "agree_5"),
    5: ("agree_1", "agree_2", "agree_3", "agree_4", "agree_5"),
    7: ("agree_5", "agree_4", "agree_4", "agree_3", "agree_2", "agree_2", "agree_1"),
}
_LEADING = 12.5
_HALF_BAR = 8.0


@dataclass(frozen=True, slots=True)
class PartedRow:
    """One row.

    Parameters
    ----------
    code, label
        What people point at, and what they answered.
    shares
        Percent of each answer, in order; empty when hidden.
    poles
        What the left and the right end mean, when each row has its own.
    note
        At the right edge: n.
    instead
        Said in place of the bar.
    """

    code: str
    label: str
    shares: tuple[float, ...] = ()
    poles: tuple[str, str] | None = None
    note: str = ""
    instead: str = ""


def parted_bars(
    sheet: Sheet,
    rows: Sequence[PartedRow],
    *,
    key: Sequence[str],
    note_label: str,
    number: Callable[[float, int], str],
) -> None:
    """Draw rows.

    Parameters
    ----------
    sheet
        Opened here, as high as the rows need.
    rows
        In the order in which they were asked, never in that of their values.
    key
        The answers in words, as many as the parts; a blank one is left out of the key.
    note_label
        Heading of the notes at the right edge.
    number
        How a number is written, from a value and decimals.
    """
    size, small, compact = sheet.text_size, sheet.small_size, sheet.compact
    code = sheet.widest([r.code for r in rows], size, 700)
    start = code + 8 if code else 0.0
    note = max(sheet.widest([r.note for r in rows], small), text_width(note_label, small))
    right = sheet.width if compact else sheet.width - note - 14
    poled = any(r.poles for r in rows)
    stacked = compact or poled
    room = sheet.width - start - note - 10 if stacked else 0.42 * (right - start)
    left = start if stacked and not compact else 0.0 if compact else start + room + 14
    names = [wrapped(r.label, room, size, lines=6) for r in rows]
    half = (right - left) / 2 - 6
    poles = [tuple(wrapped(p, half, small, lines=3) for p in r.poles) if r.poles else () for r in rows]
    heights = [_height(len(n), max((len(p) for p in q), default=0), stacked) for n, q in zip(names, poles, strict=True)]
    top = _key(sheet, key, draw=False) + small + 10
    sheet.open(top + sum(heights) + 4)
    _key(sheet, key, draw=True)
    sheet.text(sheet.width, top - 6, note_label, size=small, colour="muted", anchor="right")
    panel = Panel(sheet, left, top, right, top + sum(heights), x=(0, 100), y=(0, 1))
    y = top
    for row, name, ends, height in zip(rows, names, poles, heights, strict=True):
        sheet.segments([(0, y + height)], [(sheet.width, y + height)], stroke="rule", width=0.6)
        block = _LEADING * len(name)
        first = y + 12 if stacked else y + (height - block) / 2 + 9.5
        sheet.text(0, first, row.code, weight=700)
        for k, line in enumerate(name):
            sheet.text(start, first + _LEADING * k, line)
        middle = y + height - 6 - _HALF_BAR if stacked else y + height / 2
        sheet.text(sheet.width, first if stacked else middle + 0.334 * small, row.note, size=small, colour="muted",
                   anchor="right")  # fmt: skip
        for side, lines in enumerate(ends):
            for k, line in enumerate(lines):
                at = middle - _HALF_BAR - 5 - 11.5 * (len(lines) - 1 - k)
                sheet.text(
                    right if side else left, at, line, size=small, colour="muted", anchor="right" if side else "left"
                )
        _bar(panel, row, middle, number)
        y += height


def _height(lines: int, pole_lines: int, stacked: bool) -> float:
    bar = 2 * _HALF_BAR
    if stacked:
        return _LEADING * lines + (11.5 * pole_lines + 4 if pole_lines else 0) + bar + 16
    return max(_LEADING * lines + 8, bar + 9)


def _bar(panel: Panel, row: PartedRow, y: float, number: Callable[[float, int], str]) -> None:
    sheet = panel.sheet
    if not row.shares:
        sheet.text(panel.left, y, row.instead, size=sheet.small_size, colour="muted", middle=True)
        return
    at = 0.0
    for colour, share in zip(COLOURS[len(row.shares)], row.shares, strict=True):
        low, high = panel.x(at), panel.x(at + share)
        at += share
        if high - low < 0.4:
            continue
        sheet.rectangle(low + 0.4, y - _HALF_BAR, high - 0.4, y + _HALF_BAR, fill=colour)
        text = number(share, 0)
        if high - low > text_width(text, sheet.small_size, 700) + 4:
            sheet.text((low + high) / 2, y, text, size=sheet.small_size, weight=700, colour=f"on_{colour}",
                       anchor="center", middle=True)  # fmt: skip


def _key(sheet: Sheet, labels: Sequence[str], *, draw: bool) -> float:
    """Write the answers in a line, or in as many as they need; return where they end."""
    x, y = 0.0, 9.0
    for colour, label in zip(COLOURS[len(labels)], labels, strict=True):
        if not label:
            continue
        width = 14 + text_width(label, sheet.small_size) + 12
        if x and x + width - 12 > sheet.width:
            x, y = 0.0, y + 14
        if draw:
            sheet.rectangle(x, y - 4.5, x + 10, y + 4.5, fill=colour)
            sheet.text(x + 14, y, label, size=sheet.small_size, colour="muted", middle=True)
        x += width
    return y + 5
