"""Tables of a Word document: their cells, lines, widths and what a screen reader says of them."""

# ruff: noqa: SLF001  python-pptx and python-docx do not reach these parts of the file otherwise
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from allrise.figures.theme import tokens
from allrise.packs.handouts.docx_styles import set_cell_lines
from allrise.packs.handouts.literal import printable


@dataclass(frozen=True, slots=True)
class Grid:
    """A Word table and its cells, row by row."""

    table: Any
    cells: tuple[tuple[Any, ...], ...]

    def set_widths(self, shares: Sequence[float], whole: int) -> None:
        """Give every column its share of a width in EMU."""
        widths = [int(whole * share) for share in shares]
        for column, width in zip(self.table.columns, widths, strict=True):
            column.width = width
        for row in self.cells:
            for cell, width in zip(row, widths, strict=True):
                cell.width = width

    def describe(self, text: str) -> None:
        """Set what a screen reader says of the table."""
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        for name in ("w:tblCaption", "w:tblDescription"):
            element = OxmlElement(name)
            element.set(qn("w:val"), printable(text))
            self.table._tbl.tblPr.append(element)


def add_grid(document: Any, rows: int, columns: int, *, boxed: bool = False, header: bool = True) -> Grid:
    """Add an empty table; its first row is a header that is repeated on every page, unless it has none."""
    from docx.table import _Cell  # pyright: ignore[reportPrivateUsage]  see below

    table = document.add_table(rows, columns)
    table.autofit = False
    look = tokens("print")
    # python-docx counts through the whole table for every cell that is asked for by its place.
    grid = Grid(table, tuple(tuple(_Cell(c, table) for c in row.tc_lst) for row in table._tbl.tr_lst))
    for i, row in enumerate(table._tbl.tr_lst):
        first = header and i == 0
        set_cell_lines(
            grid.cells[i],
            look.colour["ink" if first else "edge" if boxed else "rule"],
            all_sides=boxed and not first,
        )
        if first:
            _mark_header(row)
        _keep_whole(row)
    return grid


def _mark_header(row: Any) -> None:
    from docx.oxml import OxmlElement

    row.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _keep_whole(row: Any) -> None:
    from docx.oxml import OxmlElement

    row.get_or_add_trPr().insert(0, OxmlElement("w:cantSplit"))
