"""How wide the columns of a table on paper are: no word is broken while there is room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from allrise.content.blocks import TableColumn


class ColumnWidths(NamedTuple):
    """What a column wants (its longest cell, and its heading on two lines) and needs (its longest word), in letters m."""

    width: float
    least: float


def column_widths(column: TableColumn, rows: Sequence[Sequence[dict[str, Any]]], i: int) -> ColumnWidths:
    """Return how wide column ``i`` of a table's rows (see :func:`allrise.content.html.page_rows`) wants to be."""
    said = [column.label, *(r[i]["text"] for r in rows)]
    # what is short stays on one line: dates, two-word headings; a no-break space joins words
    longest_word = max(
        (min(len(w), 18) for text in said for w in ((text,) if len(text) <= 11 else text.split(" "))), default=0
    )
    # An interval stays whole too: its two ends on two lines are read as two numbers.
    longest_word = max((longest_word, *(min(len(r[i]["interval"]) + 2, 18) for r in rows if r[i]["interval"])))
    cells = max((len(r[i]["text"]) + (len(r[i]["interval"]) + 3 if r[i]["interval"] else 0) for r in rows), default=0)
    heading = max(longest_word, len(column.unit), min(len(column.label), 2 + len(column.label) // 2))
    least = round(0.58 * max(3, longest_word * 1.06) + 0.3, 2)
    return ColumnWidths(max(least, round(0.58 * max(3, heading * 1.06, min(cells, 34)) + 0.3, 2)), least)


def shares_of(columns: Sequence[TableColumn], rows: Sequence[Sequence[dict[str, Any]]], room: float) -> list[float]:
    """Return the share of ``room`` (in letters m) that each column gets; together 1, or less when all have what they want.

    What does not fit is taken from the columns that can break their lines.
    """
    asked = [column_widths(c, rows, i) for i, c in enumerate(columns)]
    wants, needs = sum(a.width for a in asked), sum(a.least for a in asked)
    if wants <= room:
        return [a.width / room for a in asked]
    if needs >= room:
        return [a.least / needs for a in asked]
    return [(a.least + (room - needs) * (a.width - a.least) / (wants - needs)) / room for a in asked]
