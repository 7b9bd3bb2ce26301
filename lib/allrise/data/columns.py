"""Columns and tables as values: one description serves validation, documentation and the Data Package.

A :class:`Table` is a tuple of :class:`Column`; :meth:`Table.schema` makes the pandera schema from it, and
``package/`` makes the Table Schema of ``datapackage.json`` from the same words, so that they cannot drift.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

if TYPE_CHECKING:  # a kernel that only reads a prepared slice must not pay for importing pandera
    import pandera.pandas as pa

ColumnType = Literal["string", "integer", "number", "date", "boolean"]

#: The pandas dtype in which each column type is held in memory.
DTYPES: dict[str, str] = {
    "string": "str",
    "integer": "Int64",
    "number": "float64",
    "date": "datetime64[us]",
    "boolean": "boolean",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name, type
        As written in the file; ``date`` is ISO 8601 (``2018-09-01``).
    label
        A few words for a reader, used as a table heading and an axis title.
    description
        One sentence: what the value means.
    unit
        Unit of a number (``pupils``, ``years``), or ``None``. The unit of an outcome stands in ``measures``.
    mandatory
        The column must be in the file.
    filled
        Every row must have a value.
    enum
        The only values allowed; empty when any value is.
    minimum, maximum
        Inclusive bounds of a number.
    refers_to
        ``(table, column)`` in which the value must exist.
    """

    name: str
    type: ColumnType
    label: str
    description: str
    unit: str | None = None
    mandatory: bool = False
    filled: bool = False
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    refers_to: tuple[str, str] | None = None

    @property
    def dtype(self) -> str:
        return DTYPES[self.type]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a data folder.

    Parameters
    ----------
    name
        File name without its ending.
    label, description
        For readers.
    columns
        In the order in which they are written.
    key
        Columns that together name one row; two rows with one key are a duplicate.
    required
        A data folder without this table cannot be used.
    """

    name: str
    label: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {c.name: c for c in self.columns})

    def __getitem__(self, column: str) -> Column:
        return self._by_name[column]

    def __contains__(self, column: object) -> bool:
        return column in self._by_name

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    def schema(self) -> pa.DataFrameSchema:
        """Return the pandera schema: dtypes, required values, bounds, enumerations and the key.

        Columns that a file adds are allowed and kept. Rules over several tables (references, membership
        spells, status and value) are in ``screening/``.
        """
        import pandera.pandas as pa

        columns: dict[str, pa.Column] = {}
        for c in self.columns:
            checks: list[pa.Check] = []
            if c.enum:
                checks.append(pa.Check.isin(list(c.enum)))
            if c.minimum is not None:
                checks.append(pa.Check.ge(c.minimum))
            if c.maximum is not None:
                checks.append(pa.Check.le(c.maximum))
            columns[c.name] = pa.Column(
                c.dtype,
                checks=checks,
                nullable=not c.filled,
                required=c.mandatory,
                title=c.label,
                description=c.description,
                metadata={"unit": c.unit} if c.unit else None,
            )
        return pa.DataFrameSchema(
            columns,
            name=self.name,
            title=self.label,
            description=self.description,
            unique=list(self.key) or None,
        )

    def empty(self) -> pd.DataFrame:
        """Return a frame with every column, typed, and no rows."""
        return pd.DataFrame({c.name: pd.Series([], dtype=c.dtype) for c in self.columns})

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` with this table's columns first, in order, absent ones added empty, and typed.

        Raises
        ------
        ValueError, TypeError
            When a value cannot be held in its column's dtype; ``screening`` finds such values first.
        """
        out: dict[str, Any] = {}
        for c in self.columns:
            if c.name in frame:
                out[c.name] = frame[c.name].astype(c.dtype)
            else:
                out[c.name] = pd.Series(index=frame.index, dtype=c.dtype)
        for name in frame.columns:
            if name not in out:
                out[str(name)] = frame[name]
        return pd.DataFrame(out, index=frame.index)
