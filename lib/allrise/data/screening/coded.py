"""A table as it stands in its file: text, each distinct text of a column held once.

Five million rows are a few numbers a row and some thousand distinct texts, so that every text is looked at
once, however slowly and carefully, and rows are only ever counted by code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from allrise.data.columns import Table
from allrise.data.screening.findings import Ledger, Place

#: Numbers of texts, of the narrowest kind that can hold them: most columns need one or two bytes a row.
Codes = npt.NDArray[np.signedinteger[Any]]
Mask = npt.NDArray[np.bool_]
#: The line of the file in which each row begins; a regular file's rows are one line each.
Lines = range | npt.NDArray[np.int64]


def narrowest(count: int) -> np.dtype[np.signedinteger[Any]]:
    """Return the narrowest dtype for codes from -1 to ``count``."""
    return np.dtype(next(t for t in (np.int8, np.int16, np.int32, np.int64) if count <= np.iinfo(t).max))


@dataclass(frozen=True, slots=True)
class Coded:
    """One column: ``texts[codes[i]]`` is the cell of row ``i`` exactly as written."""

    codes: Codes
    texts: list[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", self.codes.astype(narrowest(len(self.texts)), copy=False))

    def where(self, which: Mapping[int, Any]) -> npt.NDArray[np.intp]:
        """Return the rows whose text is one of ``which`` (numbers of texts)."""
        chosen = np.zeros(len(self.texts), dtype=bool)
        chosen[list(which)] = True
        return np.flatnonzero(chosen[self.codes])

    def blank(self) -> Mask:
        """Return per row whether the cell holds nothing but white space."""
        return self.per_text(np.array([not t.strip() for t in self.texts], dtype=bool))

    def per_text(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return ``values`` (one a text) by row."""
        return values[self.codes] if len(values) else np.zeros(0, dtype=values.dtype)

    def may_be_blank(self) -> bool:
        """Whether some text of the column is nothing but white space."""
        return any(not t.strip() for t in self.texts)

    def take(self, rows: Mask) -> Coded:
        return Coded(self.codes[rows], self.texts)


@dataclass(frozen=True, slots=True)
class Raw:
    """A table as text. ``lines[i]`` is the line of the file in which row ``i`` begins, counted from 1."""

    table: Table
    place: Place
    columns: dict[str, Coded]
    lines: Lines

    def __len__(self) -> int:
        return len(self.lines)

    def line(self, i: int) -> int:
        return int(self.lines[i])

    def keep(self, rows: Mask) -> Raw:
        """Return the rows of ``rows``; the same table when it is all of them."""
        if rows.all():
            return self
        lines = np.asarray(self.lines, dtype=np.int64) if isinstance(self.lines, range) else self.lines
        return Raw(self.table, self.place, {n: c.take(rows) for n, c in self.columns.items()}, lines[rows])


def tidy(raw: Raw, headings: Mapping[str, str], ledger: Ledger) -> Raw:
    """Return ``raw`` without blank columns, blank rows and repeated headings, and write each down.

    Parameters
    ----------
    headings
        By column the heading as written, blank where the file has none.
    """
    columns = dict(raw.columns)
    for name, written in headings.items():
        if written.strip():
            continue
        filled = np.flatnonzero(~columns[name].blank())
        if len(filled):
            texts = columns[name]
            ledger.rows(
                "column-without-name",
                raw.place,
                filled,
                lambda i, c=texts, n=name: (
                    raw.line(i),
                    c.texts[c.codes[i]],
                    f"There is a value under a blank heading; the column is kept as {n}",
                    "",
                    None,
                ),
                column=name,
            )
        else:
            del columns[name]
            ledger.add("blank-columns", raw.place, f"Column {_position(headings, name)} has no heading and no values")
    raw = Raw(raw.table, raw.place, columns, raw.lines)
    if not len(raw) or not columns:
        return raw
    # A column that has no such text settles it for every row: nothing is made for millions of them then.
    none = np.zeros(0, dtype=bool)
    blank = again = none
    if all(c.may_be_blank() for c in columns.values()):
        blank = np.logical_and.reduce([c.blank() for c in columns.values()])
    if all(headings[n] in c.texts for n, c in columns.items()):
        again = np.logical_and.reduce([_is(c, headings[n]) for n, c in columns.items()])
        again = again & ~blank if len(blank) else again
    ledger.rows(
        "blank-rows", raw.place, np.flatnonzero(blank), lambda i: (raw.line(i), None, "The row is blank", "", None)
    )
    ledger.rows(
        "repeated-header",
        raw.place,
        np.flatnonzero(again),
        lambda i: (raw.line(i), None, "The row repeats the headings", "", None),
    )
    gone = blank | again if len(blank) == len(again) else blank if len(blank) else again
    return raw.keep(~gone) if len(gone) else raw


def _is(column: Coded, text: str) -> Mask:
    return column.per_text(np.array([t == text for t in column.texts], dtype=bool))


def _position(headings: Mapping[str, str], name: str) -> int:
    return list(headings).index(name) + 1
