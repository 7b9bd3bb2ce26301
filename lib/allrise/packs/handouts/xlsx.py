"""``tables.xlsx``: every number of a pack, typed, with its unit, notes and symbols; one sheet a table.

Texts are written as texts: nothing of the data can become a formula or a link.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from allrise.content.blocks import Cell, Figure, Hidden, Table, TableColumn
from allrise.content.html import cell_text, statuses
from allrise.content.numbers import Numbers, rounded
from allrise.figures.theme import tokens
from allrise.packs.contents import PackContents, contents_of
from allrise.packs.handouts.literal import printable
from allrise.packs.handouts.paper import is_letter
from allrise.packs.handouts.words import block_words, figure_label, handout_words, page_words, table_label
from allrise.packs.model import ExecutedPack

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_LONGEST_TEXT = 32767
#: Points of a line of text: Excel does not find the height of a row by itself when a file is opened.
_LINE = 15.75
#: Letters that a line around a table holds at least, and a column that no table uses.
_LEAST_LINE, _OTHER_COLUMN = 84.0, 8.43
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A table with what is said of it in the chapter it comes from."""

    name: str
    label: str
    title: str
    subtitle: str
    about: str
    table: Table
    notes: tuple[str, ...]


def write(pack: ExecutedPack) -> dict[str, bytes]:
    """Return the tables as ``{"tables.xlsx": ...}``."""
    from xlsxwriter import Workbook

    contents = contents_of(pack)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(out, options)
    _Book(book, contents, pack).fill()
    book.close()
    return {"tables.xlsx": out.getvalue()}


class _Book:
    def __init__(self, book: Workbook, contents: PackContents, pack: ExecutedPack) -> None:
        self.book = book
        self.contents = contents
        self.pack = pack
        self.language = contents.language
        self.words = handout_words(self.language)
        self.look = tokens("print")
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def fill(self) -> None:
        cover = self.contents.cover
        self.book.set_properties(
            {
                "title": printable(f"{cover.cluster} · {self.words('one_pack')}"),
                "author": "allrise",
                "created": _when(self.pack.generated),
            }
        )
        sheets = list(self._sheets())
        contents = self.book.add_worksheet(self.words("contents_sheet"))
        for sheet in sheets:
            self._table(self.book.add_worksheet(sheet.name), sheet)
        self._contents(contents, sheets)

    def _sheets(self) -> Iterator[_Sheet]:
        taken = {self.words("contents_sheet").casefold()}
        for section in self.contents.sections:
            about = f"{section.opening.number} {section.opening.title}"
            for block in section.blocks:
                if isinstance(block, Figure):
                    label = figure_label(block.number, self.language)
                    name = _sheet_name(label, taken)
                    notes = (*block.table.notes, *block.notes)
                    yield _Sheet(name, label, block.title, block.subtitle, about, block.table, notes)
                elif isinstance(block, Table):
                    label = table_label(block.number, self.language)
                    name = _sheet_name(label or f"{section.opening.number} {block.title or block.name}", taken)
                    yield _Sheet(name, label, block.title, "", about, block, block.notes)

    # The sheets

    def _contents(self, page: Worksheet, sheets: list[_Sheet]) -> None:
        words, cover = self.words, self.contents.cover
        page.hide_gridlines(2)
        page.set_column(0, 0, 36)
        page.set_column(1, 1, 12)
        page.set_column(2, 2, 74, None)
        page.set_column(3, 3, 34)
        page.set_column(4, 4, 8)
        row = self._lines(page, (cover.cluster, 20, True), (cover.question, 12, False), (cover.period, 11, False))
        if cover.synthetic:
            row = self._line(page, row, block_words(self.language)("synthetic"), bold=True)
        row = self._line(page, row, words("rounded"), font_color=self.look.colour["muted"]) + 1
        heads = (words("sheet"), "", words("title"), words("about"), words("rows"))
        for i, head in enumerate(heads):
            page.write_string(row, i, head, self._format(bold=True, bottom=2))
        page.freeze_panes(row + 1, 0)
        for sheet in sheets:
            row += 1
            page.write_url(row, 0, f"internal:'{sheet.name}'!A1", self._format(**self._link), string=sheet.name)
            for i, text in enumerate((sheet.label, sheet.title, sheet.about), start=1):
                page.write_string(row, i, _text(text), self._format(text_wrap=True, valign="top"))
            page.write_number(row, 4, len(sheet.table.rows), self._format(valign="top"))
            page.set_row(row, _LINE * max(_lines_of(sheet.title, 74), _lines_of(sheet.about, 34)))
        found = sorted({s for sheet in sheets for s in statuses(sheet.table)})
        if found:
            row = self._line(page, row + 2, words("symbols_heading"), bold=True)
            row = self._line(page, row, words("symbols_intro"), font_color=self.look.colour["muted"])
            for status in found:
                page.write_string(row, 0, f"[{status}]", self._format())
                page.write_string(row, 2, block_words(self.language)(f"hidden_{status}"), self._format())
                row += 1
        self._print(page)

    def _table(self, page: Worksheet, sheet: _Sheet) -> None:
        page.hide_gridlines(2)
        back = self.words("contents_sheet")
        page.write_url(0, 0, f"internal:'{back}'!A1", self._format(**self._link), string=f"← {back}")
        heading = f"{sheet.label}  {sheet.title}" if sheet.label else sheet.title
        numbers = Numbers(self.language)
        columns = [replace(c, unit=numbers.unit(c.unit)) for c in sheet.table.columns]
        widths = [_width(c, [r[i] for r in sheet.table.rows], self.language) for i, c in enumerate(columns)]
        row = self._across(page, 1, heading, widths, font_size=15, bold=True)
        if sheet.subtitle:
            row = self._across(page, row, sheet.subtitle, widths)
        row += 1
        for i, column in enumerate(columns):
            side = "right" if _is_number(sheet.table, i) else "left"
            head = self._format(bold=True, text_wrap=True, valign="bottom", align=side)
            unit = self._format(font_color=self.look.colour["muted"], bottom=2, align=side, text_wrap=True)
            page.write_string(row, i, _text(column.label), head)
            page.write_string(row + 1, i, _text(column.unit), unit)
            page.set_column(i, i, widths[i])
        page.set_row(row, _LINE * max((_lines_of(c.label, w) for c, w in zip(columns, widths, strict=True)), default=1))
        page.set_row(
            row + 1, _LINE * max((_lines_of(c.unit, w) for c, w in zip(columns, widths, strict=True)), default=1)
        )
        page.freeze_panes(row + 2, 1)
        page.repeat_rows(row, row + 1)
        row += 2
        if not sheet.table.rows:
            row = self._line(page, row, self.words("empty_table"), font_color=self.look.colour["muted"])
        for values in sheet.table.rows:
            for i, (value, column) in enumerate(zip(values, columns, strict=True)):
                self._cell(page, row, i, value, column)
            texts = [_lines_of(v, w) for v, w in zip(values, widths, strict=True) if isinstance(v, str)]
            page.set_row(row, _LINE * max(texts, default=1))
            row += 1
        muted = {"font_color": self.look.colour["muted"]}
        for status in statuses(sheet.table):
            row = self._across(page, row + (status == statuses(sheet.table)[0]), self._symbol(status), widths, **muted)
        for i, text in enumerate(dict.fromkeys(sheet.notes)):
            row = self._across(page, row + (i == 0), text, widths, **muted)
        self._print(page)

    def _symbol(self, status: str) -> str:
        return f"[{status}] {block_words(self.language)(f'hidden_{status}')}"

    def _cell(self, page: Worksheet, row: int, i: int, value: Cell, column: TableColumn) -> None:
        if value is None:
            page.write_blank(row, i, None, self._format())
        elif isinstance(value, bool):
            page.write_string(row, i, cell_text(value, column, Numbers(self.language)), self._format())
        elif isinstance(value, Hidden):
            muted = self._format(font_color=self.look.colour["muted"], align="right")
            page.write_string(row, i, f"[{_text(value.status)}]", muted)
        elif isinstance(value, int | float):
            decimals = _decimals(value, column)
            # Rounded as the pack rounds: Excel would show 56.5 as 57 beside the pack's 56.
            shown = float(rounded(value, decimals))
            form = "0" if column.key == "time_period" else f"#,##0{'.' + '0' * decimals if decimals else ''}"
            page.write_number(row, i, int(shown) if decimals == 0 else shown, self._format(num_format=form))
        else:
            page.write_string(row, i, _text(value), self._format(text_wrap=len(value) > 40))

    # Lines and forms

    def _lines(self, page: Worksheet, *lines: tuple[str, int, bool], start: int = 0) -> int:
        row = start
        for text, size, bold in lines:
            if text:
                page.set_row(row, size * 1.5)
                row = self._line(page, row, text, font_size=size, bold=bold)
        return row

    def _line(self, page: Worksheet, row: int, text: str, **form: Any) -> int:
        page.write_string(row, 0, _text(text), self._format(**form))
        return row + 1

    def _across(self, page: Worksheet, row: int, text: str, widths: list[float], **form: Any) -> int:
        """Write a line above or below a table, broken at the table's width: one that ran on would shrink the print."""
        size = form.get("font_size", 11)
        room, columns = 0.0, 0
        while room < max(_LEAST_LINE, sum(widths)):
            room += widths[columns] if columns < len(widths) else _OTHER_COLUMN
            columns += 1
        look = self._format(text_wrap=True, **form)
        page.merge_range(row, 0, row, columns - 1, "", look)
        page.write_string(row, 0, _text(text), look)
        page.set_row(row, _LINE * size / 11 * _lines_of(text, room * 11 / size * (0.9 if form.get("bold") else 1)))
        return row + 1

    @property
    def _link(self) -> dict[str, Any]:
        return {"font_color": self.look.colour["accent"], "underline": 1, "valign": "top"}

    def _format(self, **form: Any) -> Any:
        form = {
            "font_name": self.look.family,
            "font_size": 11,
            "font_color": self.look.colour["ink"],
            "valign": "top",
        } | form
        key = tuple(sorted(form.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(form)
        return self._formats[key]

    def _print(self, page: Worksheet) -> None:
        page.set_landscape()
        page.set_paper(1 if is_letter(self.pack) else 9)
        page.fit_to_pages(1, 0)
        page.set_footer(f"&L&8{page_words(self.language)('made_with')} allrise&R&8&P")


def _decimals(value: float, column: TableColumn) -> int:
    if column.key == "time_period":
        return 0
    return column.decimals if column.decimals is not None else (0 if isinstance(value, int) else 2)


def _width(column: TableColumn, cells: list[Cell], language: str) -> float:
    numbers = Numbers(language)
    longest = max((len(cell_text(v, column, numbers)) for v in cells), default=0)
    word = max((len(w) for w in (column.label + " " + column.unit).split()), default=0)
    return min(46.0, max(8.0, longest + 2.5, word + 2.5, len(column.label) / 2 + 2))


def _lines_of(text: str, width: float) -> int:
    lines = 0
    for paragraph in text.split("\n"):
        line, count = 0, 1
        for word in paragraph.split():
            length = len(word)
            if line and line + 1 + length > width - 1:
                count, line = count + 1, 0
            line += length + bool(line)
            count += int(length // max(width, 1)) if length > width else 0
        lines += count
    return min(lines, 25)


def _is_number(table: Table, i: int) -> bool:
    if table.columns[i].decimals is not None:
        return True
    values = [r[i] for r in table.rows if r[i] is not None and not isinstance(r[i], Hidden)]
    return bool(values) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def _sheet_name(text: str, taken: set[str]) -> str:
    stem = _FORBIDDEN.sub(" ", printable(text)).strip()
    if len(stem) > 31:
        stem = stem[:31].rsplit(" ", 1)[0].rstrip(" ,:;")[:31]
    stem = stem or "table"
    name, count = stem, 1
    while name.casefold() in taken:
        count += 1
        end = f" {count}"
        name = stem[: 31 - len(end)] + end
    taken.add(name.casefold())
    return name


def _text(text: str) -> str:
    return printable(text)[:_LONGEST_TEXT]


def _when(generated: str) -> datetime:
    try:
        return datetime.fromisoformat(generated.replace("Z", "")).replace(tzinfo=None)
    except ValueError:
        return datetime(2000, 1, 1)  # noqa: DTZ001 - the file's format has no time zone
