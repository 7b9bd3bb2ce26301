"""``tables/*.csv``: the numbers behind every figure, and every table, as plain files.

UTF-8, comma, a header of column keys. A cell that is not shown holds its symbol (``c``, ``low``, ``u``, ``x``,
``z``), as in DfE's open data; an empty cell has no value. Text that a spreadsheet would take for a formula
gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from allrise.content.blocks import Block, Cell, Figure, Hidden, Table
from allrise.packs.model import ExecutedChapter

_FORMULA = re.compile(r"[\s\x00-\x20]*[=+\-@\t\n％＝＋－＠]")
_DIGITS = 12


def tables_of(blocks: Iterable[Block]) -> Iterator[Table]:
    """Yield every table among the blocks: those behind figures, and those that stand alone."""
    for block in blocks:
        if isinstance(block, Figure):
            yield block.table
        elif isinstance(block, Table):
            yield block


def table_files(chapters: Sequence[ExecutedChapter]) -> dict[str, bytes]:
    """Return the CSV files of a pack: ``tables/02_levels.csv`` -> content.

    The name is the chapter's number and the table's name; when two tables would share one, all but the first
    get a number.
    """
    files: dict[str, bytes] = {}
    numbers = Counter(_number(c.name) for c in chapters)
    for chapter in chapters:
        prefix = _number(chapter.name) if numbers[_number(chapter.name)] == 1 else _safe(chapter.name)
        for table in tables_of(chapter.blocks):
            stem = f"tables/{prefix}_{_safe(table.name)}"
            name, count = f"{stem}.csv", 1
            content = csv_of(table)
            while name in files and files[name] != content:
                count += 1
                name = f"{stem}-{count}.csv"
            files[name] = content
    return files


def csv_of(table: Table) -> bytes:
    """Return one table as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_text(c.key) for c in table.columns])
    writer.writerows([[_cell(v) for v in row] for row in table.rows])
    return text.getvalue().encode("utf-8", "surrogatepass")


def suppressed(chapters: Iterable[ExecutedChapter]) -> dict[str, int]:
    """Return how many cells of all tables are not shown, by reason."""
    counts = Counter(
        value.status
        for chapter in chapters
        for table in tables_of(chapter.blocks)
        for row in table.rows
        for value in row
        if isinstance(value, Hidden)
    )
    return dict(sorted(counts.items()))


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, Hidden):
        return _text(value.status)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(value, f".{_DIGITS}g")  # without the noise of binary fractions
    if isinstance(value, int):
        return str(value)
    return _text(value)


def _text(value: str) -> str:
    value = value.replace("\r\n", "\n").replace("\r", "\n")  # the only line break that CSV readers agree on
    return f"'{value}" if _FORMULA.match(value) else value


def _number(chapter: str) -> str:
    number = chapter.split("_", 1)[0]
    return number if number.isdigit() else _safe(chapter)


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "table"
