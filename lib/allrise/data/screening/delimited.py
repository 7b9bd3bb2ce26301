"""CSV and its relatives: where the headings are, what separates the cells, and the rows beneath.

A regular file is read by pyarrow; anything else, and every small file, line by line with Python's csv
module, which lets a broken line be named and the next one be read. Both give the same table.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from allrise.data.columns import Table
from allrise.data.screening.coded import Coded, Codes, Raw, narrowest, tidy
from allrise.data.screening.examining import Examined, report_encoding
from allrise.data.screening.findings import Ledger, Place
from allrise.data.screening.headings import recognised, resolve

#: Files from this size on are read by pyarrow when they are regular.
FAST_FROM = 1_000_000
#: Called with the share of a file that was read.
Progress = Callable[[float], None]
_BLOCK = 1 << 22
_HEAD_LINES = 40
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class _Start:
    """Where the table starts: the line of the headings (from 1), the separator, the headings, the line after."""

    line: int
    separator: str
    headings: list[str]
    body: int
    above: list[tuple[int, str]]


def read_delimited(
    path: Path,
    table: Table,
    place: Place,
    found: Examined,
    ledger: Ledger,
    *,
    fast_from: int = FAST_FROM,
    read: Progress = lambda _share: None,
) -> Raw | None:
    """Return the table as text, or ``None`` when it cannot be read; what is odd is written down."""
    if found.bytes == 0:
        ledger.add("empty-file", place, "The file is empty")
        return None
    report_encoding(found, place, ledger)
    start = _find_start(path, table, found)
    if start is None:
        with _open(path, found) as text:
            if not any(line.strip("\0\r\n \t,;|\ufeff") for line in text):
                ledger.add("empty-file", place, "The file holds nothing but blanks")
                return None
        ledger.add("no-header", place, f"No line near the top holds the column names of {table.name}")
        return None
    for line, words in start.above:
        ledger.add("title-lines", place, "The line stands above the headings", row=line, value=words)
    if start.separator != ",":
        words = _SEPARATORS[start.separator]
        ledger.add("separator", place, f"Columns are separated by {words}; the file was read so")
    headings = resolve(start.headings, table, place, start.line, ledger)
    regular = found.plain and found.encoding in ("utf-8", "utf-8-sig") and found.bytes >= fast_from
    raw = _read_fast(path, table, place, found, start, list(headings), read) if regular else None
    if raw is None:
        raw = _read_carefully(path, table, place, found, start, list(headings), ledger)
    return tidy(raw, headings, ledger)


def _open(path: Path, found: Examined) -> io.TextIOWrapper:
    return path.open(encoding=found.encoding, errors="replace", newline="")


def _lines(text: io.TextIOWrapper, *, nul: bool) -> Iterator[str]:
    for line in text:
        yield line.replace("\0", "") if nul else line


def _find_start(path: Path, table: Table, found: Examined) -> _Start | None:
    with _open(path, found) as text:
        head = [line for _, line in zip(range(_HEAD_LINES), _lines(text, nul=found.nul), strict=False)]
    best: tuple[int, int, _Start] | None = None
    for separator in _SEPARATORS:
        above: list[tuple[int, str]] = []
        for line, end, cells, words in _rows(iter(head), separator, 1):
            score = recognised(cells, table) if cells is not None else 0
            # At least two names, so that a title such as "Name" is not taken for the headings.
            if cells is not None and score >= 2 and (best is None or (score, -line) > best[:2]):
                best = score, -line, _Start(line, separator, cells, end, list(above))
            above.append((line, words.rstrip("\r\n")))
    return None if best is None else best[2]


class _Feed:
    """Lines for a csv reader, remembering those of the row that is being read so that they can be read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.row: list[str] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.row.append(line)
        return line

    def next_row(self) -> None:
        self.row.clear()

    def give_back_all_but_first(self) -> None:
        self._again.extendleft(reversed(self.row[1:]))
        del self.row[1:]


def _rows(lines: Iterator[str], separator: str, first: int) -> Iterator[tuple[int, int, list[str] | None, str]]:
    """Yield (line, line after, cells, text) a row; cells are ``None`` for a line that cannot be taken apart."""
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=separator, strict=True)
    line = first
    while True:
        feed.next_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            feed.give_back_all_but_first()
            yield line, line + 1, None, feed.row[0]
            line += 1
            reader = csv.reader(feed, delimiter=separator, strict=True)
            continue
        after = line + len(feed.row)
        yield line, after, cells, feed.row[0]
        line = after


def _read_carefully(
    path: Path, table: Table, place: Place, found: Examined, start: _Start, names: Sequence[str], ledger: Ledger
) -> Raw:
    width = len(names)
    numbers: list[dict[str, int]] = [{} for _ in names]
    codes = [array("i") for _ in names]
    starts = array("q")
    spare = 0
    with _open(path, found) as text:
        lines = _lines(text, nul=found.nul)
        for _ in range(start.body - 1):
            next(lines)
        for line, _, cells, words in _rows(lines, start.separator, start.body):
            if cells is None:
                _broken(place, line, words, ledger)
                continue
            if len(cells) > width and not any(c.strip() for c in cells[width:]):
                spare += 1
                cells = cells[:width]  # noqa: PLW2901  # the blanks beyond the last heading hold nothing
            if not cells:
                cells = [""] * width  # noqa: PLW2901  # a blank line is a blank row
            if len(cells) != width:
                if not any(c.strip() for c in cells):
                    cells = [""] * width  # noqa: PLW2901
                else:
                    ledger.add(
                        "ragged-row",
                        place,
                        f"The row has {len(cells)} cells where there are {width} headings; it was left out",
                        row=line,
                        value=words.rstrip("\r\n"),
                    )
                    continue
            for known, column, cell in zip(numbers, codes, cells, strict=True):
                column.append(known.setdefault(cell, len(known)))
            starts.append(line)
    if spare:
        ledger.add("blank-columns", place, f"{spare} rows end in blank cells beyond the last heading")
    columns = {
        name: Coded(np.array(column, dtype=np.int32), list(known))
        for name, known, column in zip(names, numbers, codes, strict=True)
    }
    return Raw(table, place, columns, np.array(starts, dtype=np.int64))


def _broken(place: Place, line: int, words: str, ledger: Ledger) -> None:
    why = "a cell is far too long" if len(words) > 131_072 else "a double quote is not closed or stands inside a text"
    ledger.add(
        "broken-quotes",
        place,
        f"The line cannot be taken apart into cells: {why}; it was left out",
        row=line,
        value=words.rstrip("\r\n"),
    )


def _read_fast(
    path: Path, table: Table, place: Place, found: Examined, start: _Start, names: Sequence[str], read: Progress
) -> Raw | None:
    """Return the table read by pyarrow, or ``None`` when a row is not exactly one line of the right width.

    The file goes by in pieces, of which only codes and texts not met before are kept.
    """
    keys = [str(i) for i in range(len(names))]
    texts = pa.dictionary(pa.int32(), pa.string())
    expected = found.lines - (start.body - 1)
    columns = [Gathered(max(0, expected)) for _ in names]
    rows = 0
    try:
        with arrow_csv.open_csv(
            path,
            read_options=arrow_csv.ReadOptions(skip_rows=start.body - 1, column_names=keys, block_size=_BLOCK),
            parse_options=arrow_csv.ParseOptions(delimiter=start.separator, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(keys, texts), strings_can_be_null=False, null_values=[]
            ),
        ) as pieces:
            for piece in pieces:
                for gathered, column in zip(columns, piece.columns, strict=True):
                    gathered.add(column)
                rows += piece.num_rows
                read(rows / found.lines)
    except pa.ArrowInvalid:
        return None
    if rows != expected or any(len(t) > 131_072 for c in columns for t in c.texts):
        return None
    made = {name: gathered.coded() for name, gathered in zip(names, columns, strict=True)}
    return Raw(table, place, made, range(start.body, start.body + rows))


class Gathered:
    """A column put together from pieces that were each dictionary-encoded by themselves.

    Its codes are written where they will stay: a column put together from many small arrays would leave as much memory
    behind as it takes.
    """

    def __init__(self, rows: int) -> None:
        self.texts: dict[str, int] = {}
        self._codes: Codes = np.empty(rows, dtype=np.int8)
        self._filled = 0

    def add(self, piece: pa.DictionaryArray) -> None:
        """Take the next rows, as many as there is room for; nulls become blanks."""
        known = self.texts
        here = [known.setdefault(t or "", len(known)) for t in piece.dictionary.to_pylist()]
        indices = piece.indices
        if indices.null_count:
            here.append(known.setdefault("", len(known)))
            indices = indices.fill_null(len(here) - 1)
        numbers = np.array(here, dtype=narrowest(len(known)))
        if numbers.dtype.itemsize > self._codes.itemsize:
            wider = np.empty(len(self._codes), dtype=numbers.dtype)
            wider[: self._filled] = self._codes[: self._filled]
            self._codes = wider
        after = min(self._filled + len(piece), len(self._codes))
        self._codes[self._filled : after] = numbers[indices.to_numpy(zero_copy_only=False)[: after - self._filled]]
        self._filled = after

    def coded(self) -> Coded:
        """Return the whole column."""
        return Coded(self._codes[: self._filled], list(self.texts))
