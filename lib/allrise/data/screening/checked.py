"""A table while its rules are checked: rows as text, columns as values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from allrise.data.columns import Column
from allrise.data.screening.coded import Mask, Raw
from allrise.data.screening.converted import ARROW_TYPES, Converted
from allrise.data.screening.converting import convert
from allrise.data.screening.findings import Ledger


@dataclass(frozen=True, slots=True)
class Checked:
    """One table. ``columns`` has the table's own columns that the file has; ``raw`` every column as text."""

    raw: Raw
    columns: Mapping[str, Converted]

    @property
    def name(self) -> str:
        return self.raw.table.name

    def __len__(self) -> int:
        return len(self.raw)

    def has(self, *names: str) -> bool:
        return all(n in self.columns for n in names)

    def text(self, column: str, i: int) -> str:
        """Return a cell as written."""
        coded = self.raw.columns[column]
        return coded.texts[coded.codes[i]]

    def report(
        self,
        ledger: Ledger,
        rule: str,
        rows: Mask | npt.NDArray[np.intp],
        column: str | None,
        what: str | Callable[[int], str],
        mend: Callable[[int], str] | None = None,
        read_as: Callable[[int], str] | None = None,
    ) -> None:
        """Write down that ``rows`` (a mask, or positions) break ``rule``."""
        ledger.rows(
            rule,
            self.raw.place,
            np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.intp),
            lambda i: (
                self.raw.line(i),
                None if column is None else self.text(column, i),
                what if isinstance(what, str) else what(i),
                mend(i) if mend else "",
                read_as(i) if read_as else None,
            ),
            column=column,
        )

    def keep(self, rows: Mask) -> Checked:
        """Return the table with some of its rows."""
        if rows.all():
            return self
        return Checked(self.raw.keep(rows), {n: c.keep(rows) for n, c in self.columns.items()})

    def frame(self) -> pd.DataFrame:
        """Return the typed frame: every column of the table in order, then the file's own as text."""
        made: dict[str, pd.Series] = {}
        for column in self.raw.table.columns:
            made[column.name] = (
                self.columns[column.name].series()
                if column.name in self.columns
                else pd.Series([], dtype=column.dtype).reindex(range(len(self)))
            )
        for name, coded in self.raw.columns.items():
            if name not in made:
                texts = pd.array([t or None for t in coded.texts], dtype="str")
                made[name] = pd.Series(texts.take(coded.codes))
        return pd.DataFrame(made)

    def arrow(self) -> pa.Table:
        """Return what :meth:`frame` does as an Arrow table of dictionaries, which is as small as the codes."""
        nothing = pa.array(np.zeros(len(self), dtype=np.int8))
        made: dict[str, pa.DictionaryArray] = {}
        for column in self.raw.table.columns:
            made[column.name] = (
                self.columns[column.name].arrow()
                if column.name in self.columns
                else pa.DictionaryArray.from_arrays(nothing, pa.nulls(1, ARROW_TYPES[column.type]))
            )
        for name, coded in self.raw.columns.items():
            if name not in made:
                texts = pa.array([t or None for t in coded.texts], type=pa.string())
                made[name] = pa.DictionaryArray.from_arrays(pa.array(coded.codes), texts)
        return pa.table(made)


def check_cells(raw: Raw, ledger: Ledger, missing: tuple[str, ...] = ()) -> Checked:
    """Convert every column of the table and write down blanks where a value must be."""
    checked = Checked(
        raw, {c.name: convert(raw, c, ledger, missing) for c in raw.table.columns if c.name in raw.columns}
    )
    for column in raw.table.columns:
        if column.filled and column.name in checked.columns:
            _blanks(checked, column, ledger)
    return checked


def _blanks(checked: Checked, column: Column, ledger: Ledger) -> None:
    if not checked.columns[column.name].blank.any():
        return
    blank = checked.columns[column.name].is_blank()
    if not blank.any():
        return
    if column.name == checked.raw.table.key[0] and _like_merged_cells(blank):
        above = checked.raw.columns[column.name]
        last = np.maximum.accumulate(np.where(blank, -1, np.arange(len(blank))))
        checked.report(
            ledger,
            "merged-cells",
            blank,
            column.name,
            lambda i: (
                f"The cell is blank under {above.texts[above.codes[last[i]]]!r} in line {checked.raw.line(last[i])}"
            ),
        )
    else:
        checked.report(ledger, "blank-cell", blank, column.name, f"{column.label} is blank")


def _like_merged_cells(blank: Mask) -> bool:
    """Whether blanks stand under ids so often that the cells were probably merged."""
    return not blank[0] and int(blank.sum()) >= 2 and bool(blank.mean() >= 0.25)


class Tables(Mapping[str, pd.DataFrame]):
    """Typed frames by table name, each made when it is first asked for; its text is let go then."""

    def __init__(self, checked: Mapping[str, Checked]) -> None:
        self._names = tuple(checked)
        self._checked = dict(checked)
        self._frames: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            self._frames[name] = self._checked[name].frame()
            del self._checked[name]
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def take_arrow(self) -> dict[str, pa.Table]:
        """Return every table of which no frame was made as Arrow dictionaries, and let them all go."""
        taken = {name: self._checked.pop(name).arrow() for name in list(self._checked)}
        self._names = tuple(self._frames)
        return taken
