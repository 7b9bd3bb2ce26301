"""Excel workbooks and Parquet files as text, in the same form as CSV."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from allrise.data.columns import Table
from allrise.data.package import table_name
from allrise.data.screening.coded import Coded, Raw, tidy
from allrise.data.screening.findings import Ledger, Place
from allrise.data.screening.headings import recognised, resolve
from allrise.data.tables import TABLES

if TYPE_CHECKING:  # most folders hold no workbook
    from openpyxl.worksheet.worksheet import Worksheet

_HEAD_ROWS = 40
#: A workbook that unpacks to more than this is not opened: it may be made to fill the memory.
_UNPACKED = 400_000_000


def read_workbook(path: Path, stem: str, file: str, ledger: Ledger, taken: Callable[[str], bool]) -> list[Raw]:
    """Return the tables of a workbook: a sheet for each table's name, or its one sheet for the file's name.

    Parameters
    ----------
    stem
        Table name after the file's own name.
    taken
        Whether a table has been read already, from another file or sheet.
    """
    from openpyxl import load_workbook

    whole = Place(stem if stem in TABLES else "", file)
    reason = _unsafe(path)
    if reason:
        ledger.add("unreadable-file", whole, f"The workbook cannot be opened: {reason}")
        return []
    try:
        values = load_workbook(path, data_only=True)
        formulas = load_workbook(path)
    except Exception as error:  # noqa: BLE001  # openpyxl raises whatever its XML, zip and value parsers raise
        ledger.add("unreadable-file", whole, f"The workbook is damaged: {type(error).__name__}")
        return []
    sheets = [s for s in values.worksheets if s.max_row > 1 or s.max_column > 1 or s["A1"].value is not None]
    if not sheets:
        ledger.add("empty-file", whole, "The workbook is empty")
        return []
    found: list[Raw] = []
    for sheet in sheets:
        name = table_name(sheet.title)
        if name not in TABLES and len(sheets) == 1:
            name = stem
        place = Place(name if name in TABLES else "", f"{file} [{sheet.title}]")
        if name not in TABLES:
            ledger.add("unknown-table", place, f"The sheet {sheet.title!r} is not one of the kit's tables")
        elif taken(name) or any(r.table.name == name for r in found):
            ledger.add("two-files-one-table", place, f"The table {name} was read from another file or sheet already")
        else:
            raw = _read_sheet(sheet, cast("Worksheet", formulas[sheet.title]), TABLES[name], place, ledger)
            if raw is not None:
                found.append(raw)
    return found


def _unsafe(path: Path) -> str:
    if path.read_bytes()[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "it is protected by a password or saved by an old Excel"
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(i.file_size for i in packed.infolist()) > _UNPACKED:
                return "it is far too large; save the table as CSV UTF-8"
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "it is not an Excel workbook, whatever its ending says"
    return ""


def _read_sheet(sheet: Worksheet, formulas: Worksheet, table: Table, place: Place, ledger: Ledger) -> Raw | None:
    rows = [[_cell(c.value, c.number_format) for c in row] for row in sheet.iter_rows()]
    _fill_merged(sheet, rows, place, ledger)
    scores = [recognised(r, table) for r in rows[:_HEAD_ROWS]]
    if not scores or max(scores) < 2:
        ledger.add("no-header", place, f"No row near the top holds the column names of {table.name}")
        return None
    head = scores.index(max(scores))
    for i, row in enumerate(rows[:head], start=1):
        ledger.add("title-lines", place, "The row stands above the headings", row=i, value=" ".join(filter(None, row)))
    headings = resolve(rows[head], table, place, head + 1, ledger)
    names = list(headings)
    for i, row in enumerate(formulas.iter_rows(min_row=head + 2), start=head + 2):
        for name, c, result in zip(names, row, rows[i - 1], strict=False):
            if c.data_type == "f" and not result:
                ledger.add(
                    "formula-without-value",
                    place,
                    "The cell holds a formula whose result is not in the file",
                    row=i,
                    column=name,
                    value=str(c.value),
                )
    body = rows[head + 1 :]
    columns: dict[str, Coded] = {}
    for j, name in enumerate(names):
        known: dict[str, int] = {}
        codes = np.fromiter((known.setdefault(r[j], len(known)) for r in body), dtype=np.int32, count=len(body))
        columns[name] = Coded(codes, list(known))
    return tidy(Raw(table, place, columns, range(head + 2, head + 2 + len(body))), headings, ledger)


def _fill_merged(sheet: Worksheet, rows: list[list[str]], place: Place, ledger: Ledger) -> None:
    """Fill merged cells with the value that they show; across columns only blanks would be hidden, so rows alone."""
    for area in sheet.merged_cells.ranges:
        value = rows[area.min_row - 1][area.min_col - 1]
        if area.min_row == area.max_row or not value:
            continue
        for i in range(area.min_row, area.max_row):
            rows[i][area.min_col - 1] = value
        ledger.add(
            "merged-cells-filled",
            place,
            f"Merged cells {area.coord} were each read as {value!r}",
            row=area.min_row,
            value=value,
            read_as=value,
        )


def _cell(value: Any, number_format: str = "") -> str:
    """Return a cell as a person would type it into a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        if "%" in number_format:
            return f"{float(f'{value * 100:.12g}')!r}".removesuffix(".0") + "%"
        return repr(value).removesuffix(".0")
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def read_parquet(path: Path, table: Table, place: Place, ledger: Ledger) -> Raw | None:
    """Return a Parquet file as text; row 2 is its first row, as in a CSV file with a header."""
    try:
        read = parquet.ParquetFile(path).read()
        plain = [_as_text(read.column(i)) for i in range(read.num_columns)]
    except (pa.ArrowException, OSError, ValueError) as error:
        ledger.add("unreadable-file", place, f"The Parquet file cannot be read: {str(error).splitlines()[0]}")
        return None
    if recognised(read.column_names, table) < 2:
        ledger.add("no-header", place, f"The file does not have the columns of {table.name}")
        return None
    headings = resolve(read.column_names, table, place, 1, ledger)
    columns = dict(zip(headings, plain, strict=True))
    return tidy(Raw(table, place, columns, range(2, read.num_rows + 2)), headings, ledger)


def _as_text(column: pa.ChunkedArray) -> Coded:
    kind = column.type
    if pa.types.is_nested(kind):
        raise ValueError("a column holds lists or records")
    if not pa.types.is_dictionary(kind):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        return Coded(np.zeros(0, dtype=np.int32), [])
    texts = ["" if isinstance(v, float) and v != v else _cell(v) for v in whole.dictionary.to_pylist()]  # noqa: PLR0124
    codes = whole.indices.cast(pa.int32()).fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return Coded(codes.astype(np.int32, copy=False), [*texts, ""])
