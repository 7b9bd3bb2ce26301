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

Codes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Coded:
    """One column: ``texts[codes[i]]`` is the cell of row ``i`` exactly as written."""

    codes: Codes
    texts: list[str]

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

    def take(self, rows: Mask) -> Coded:
        return Coded(self.codes[rows], self.texts)


@dataclass(frozen=True, slots=True)
class Raw:
    """A table as text. ``lines[i]`` is the line of the file in which row ``i`` begins, counted from 1."""

    table: Table
    place: Place
    columns: dict[str, Coded]
    lines: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lines)

    def line(self, i: int) -> int:
        return int(self.lines[i])

    def keep(self, rows: Mask) -> Raw:
        """Return the rows of ``rows``; the same table when it is all of them."""
        if rows.all():
            return self
        return Raw(self.table, self.place, {n: c.take(rows) for n, c in self.columns.items()}, self.lines[rows])


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
    blank = np.logical_and.reduce([c.blank() for c in columns.values()])
    again = np.logical_and.reduce([_is(c, headings[n]) for n, c in columns.items()]) & ~blank
    ledger.rows(
        "blank-rows", raw.place, np.flatnonzero(blank), lambda i: (raw.line(i), None, "The row is blank", "", None)
    )
    ledger.rows(
        "repeated-header",
        raw.place,
        np.flatnonzero(again),
        lambda i: (raw.line(i), None, "The row repeats the headings", "", None),
    )
    return raw.keep(~(blank | again))


def _is(column: Coded, text: str) -> Mask:
    return column.per_text(np.array([t == text for t in column.texts], dtype=bool))


def _position(headings: Mapping[str, str], name: str) -> int:
    return list(headings).index(name) + 1
