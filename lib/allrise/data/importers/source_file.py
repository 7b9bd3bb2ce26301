"""Reading a publisher's file as it comes: byte order marks, encodings, title lines above the header, Excel.

Everything is read as text; an importer decides what a text means. The index of the rows is their line in the
file, so that every message can name it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd

from allrise.data.screening.examining import examine, open_problem
from allrise.errors import InvalidData, UnreadableInput

#: How far down the header row may stand.
HEADER_WITHIN = 40

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source.

    Parameters
    ----------
    path
        Where it was read.
    rows
        Text, blank for nothing, stripped; columns under our names; index ``line`` is the line in the file.
    unused
        Columns of the file that were not asked for.
    """

    path: Path
    rows: pd.DataFrame
    unused: tuple[str, ...]

    def has(self, name: str) -> bool:
        return name in self.rows

    def text(self, name: str) -> pd.Series:
        """Return a column; blank when the file does not have it."""
        if name not in self.rows:
            return pd.Series("", index=self.rows.index, dtype="str")
        return cast("pd.Series", self.rows[name])

    def where(self, keep: pd.Series) -> SourceFile:
        """Return the file with the rows for which ``keep`` is true."""
        return SourceFile(self.path, self.rows.loc[keep], self.unused)

    def first(self, wrong: pd.Series) -> int | None:
        """Return the line of the first row for which ``wrong`` is true."""
        lines = self.rows.index.to_numpy()[wrong.fillna(value=False).to_numpy(dtype=bool)]
        return int(lines[0]) if len(lines) else None

    def cell(self, line: int, name: str) -> str:
        """Return the text of one cell."""
        return str(self.text(name).loc[line])

    def at(self, line: int, column: str) -> str:
        """Return the words that name one cell."""
        return f"{self.path.name} line {line}, {column}"


def translated(text: pd.Series, words: Mapping[str, str]) -> pd.Series:
    """Return what ``words`` says of each text; missing where it says nothing."""
    return pd.Series([words.get(t) for t in text], index=text.index, dtype="str")


def plain(header: str) -> str:
    """Return a header without case, spaces and marks: ``"Community of Learning: ID"`` is ``communityoflearningid``."""
    return re.sub(r"\W+", "", header).casefold() or header


def read_source(
    path: Path, what: str, spellings: Mapping[str, Sequence[str]], required: Collection[str], sheet: str = ""
) -> SourceFile:
    """Return the rows of ``path`` with the columns asked for.

    Parameters
    ----------
    what
        What the file should be, for messages: ``"a key stage 2 school table"``.
    spellings
        Our name of each column with the headers it may have: as written, else without case and marks.
    required
        Our names without which the file is not what it should be.
    sheet
        Of an Excel workbook; the first when blank.

    Raises
    ------
    UnreadableInput
        When the file is not there, cannot be read, or has not the columns.
    InvalidData
        When a row has more cells than the header.
    """
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        lines = _excel(path, sheet)
    else:
        text = _text(path)
        lines = _rows(path, text, _delimiter(text, spellings, required))
    place, header = _header(path, what, lines, spellings, required)
    names = _names(path, header, spellings)
    kept = [(i, name) for i, name in enumerate(names) if name is not None]
    records: list[list[str]] = []
    numbers: list[int] = []
    for number, cells in lines[place + 1 :]:
        if not any(cells):
            continue
        if any(cells[len(header) :]):
            raise InvalidData(
                f"{path.name} line {number} has more cells than the header",
                "A text with a comma in it may lack its quotation marks; mend the line and import again.",
            )
        records.append([cells[i] if i < len(cells) else "" for i, _ in kept])
        numbers.append(number)
    if not records:
        raise UnreadableInput(f"{path.name} has a header and no rows", f"Give {what} with its rows.")
    rows = pd.DataFrame(records, columns=[n for _, n in kept], index=pd.Index(numbers, name="line"), dtype="str")
    unused = tuple(h for h, name in zip(header, names, strict=True) if name is None and h)
    return SourceFile(path, rows, unused)


def _text(path: Path) -> str:
    if problem := open_problem(path):
        raise UnreadableInput(f"{path} cannot be read: {problem}", "Give the path of a file.")
    raw = path.read_bytes()
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableInput(
            f"{path.name} is not a CSV file but a workbook or archive", "Unpack it, or name it .xlsx if it is Excel."
        )
    return raw.decode(examine(path).encoding).replace("\0", "")


def _delimiter(text: str, spellings: Mapping[str, Sequence[str]], required: Collection[str]) -> str:
    """Return the delimiter that finds the most of the columns in one of the first lines."""
    lines = text[:100_000].splitlines()[:HEADER_WITHIN]

    def columns(delimiter: str) -> tuple[int, int]:
        found = [{plain(c) for c in line.replace('"', "").split(delimiter)} for line in lines]
        most = max((sum(1 for r in required if there & _forms(r, spellings)) for there in found), default=0)
        return most, text[:100_000].count(delimiter)

    return max(",;\t", key=columns)


def _rows(path: Path, text: str, delimiter: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[Row] = []
    try:
        begins = 1
        for cells in reader:
            rows.append((begins, [c.strip() for c in cells]))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableInput(
            f"{path.name} line {reader.line_num}: {error}", "Save it as CSV (UTF-8) and import again."
        ) from None
    return rows


def _excel(path: Path, sheet: str) -> list[Row]:
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # noqa: BLE001 - a broken workbook fails in many ways, all of them the file's
        raise UnreadableInput(f"{path} cannot be read as Excel: {error}", "Save it again as .xlsx or CSV.") from None
    try:
        if sheet and sheet not in book.sheetnames:
            raise UnreadableInput(
                f"{path.name} has no sheet {sheet!r}", f"Its sheets are {', '.join(book.sheetnames)}."
            )
        page = book[sheet] if sheet else book.worksheets[0]
        return [(i, [_cell(c.value, c.number_format) for c in row]) for i, row in enumerate(page.iter_rows(), start=1)]
    finally:
        book.close()


def _cell(value: Any, number_format: str | None) -> str:
    """Return a cell as a person sees it: a half in the format of percentages is ``50%``."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool) and "%" in (number_format or ""):
        return f"{round(value * 100, 9)}%"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def _header(
    path: Path,
    what: str,
    lines: Sequence[Row],
    spellings: Mapping[str, Sequence[str]],
    required: Collection[str],
) -> tuple[int, list[str]]:
    best: tuple[int, int] = (0, -1)
    missing: list[str] = list(required)
    for place, (_, cells) in enumerate(lines[:HEADER_WITHIN]):
        there = {plain(c) for c in cells if c}
        lacking = [r for r in required if not there & _forms(r, spellings)]
        found = len(required) - len(lacking)
        if not lacking and there:
            while cells and not cells[-1]:
                cells.pop()
            return place, cells
        if found > best[0]:
            best, missing = (found, place), lacking
    if best[1] < 0:
        wanted = ", ".join(_written(r, spellings) for r in required)
        raise UnreadableInput(
            f"{path.name} is not {what}: none of its first {HEADER_WITHIN} lines is a header with {wanted}",
            "Give the file as its publisher made it.",
        )
    raise UnreadableInput(
        f"{path.name} line {lines[best[1]][0]}: the header has no column {', '.join(_written(m, spellings) for m in missing)}",
        f"It should be {what}; give the publisher's own file, or one with these columns.",
    )


def _forms(name: str, spellings: Mapping[str, Sequence[str]]) -> set[str]:
    return {plain(s) for s in spellings[name]}


def _written(name: str, spellings: Mapping[str, Sequence[str]]) -> str:
    return " or ".join(repr(s) for s in spellings[name])


def _names(path: Path, header: Iterable[str], spellings: Mapping[str, Sequence[str]]) -> list[str | None]:
    exact = {form: name for name, forms in spellings.items() for form in forms}
    found = {exact[h] for h in header if h in exact}
    loose = {plain(form): name for form, name in exact.items() if name not in found}
    names = [exact.get(h) or loose.get(plain(h)) for h in header]
    seen: set[str] = set()
    for name, column in zip(names, header, strict=True):
        if name in seen:
            raise UnreadableInput(f"{path.name} has the column {column!r} twice", "Take one away and import again.")
        if name is not None:
            seen.add(name)
    return names
