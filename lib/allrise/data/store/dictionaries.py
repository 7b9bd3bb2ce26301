"""Arrow tables whose columns are dictionaries in one piece: codes by row, and each value once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from allrise.data.store.parquet import from_pandas
from allrise.data.tables import TABLES

Numbers = npt.NDArray[np.signedinteger[Any]]


def arrow_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, pa.Table]:
    """Return typed frames as Arrow tables of dictionaries, as :class:`Preparation` takes them."""
    return {
        name: coded(from_pandas(TABLES[name].typed(frame) if name in TABLES else frame))
        for name, frame in tables.items()
    }


def plain(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return some columns of a table of dictionaries as plain columns."""
    return pa.table({c: table.column(c).cast(table.column(c).type.value_type) for c in columns})


def coded(table: pa.Table) -> pa.Table:
    """Return a table of plain columns as a table of dictionaries, in one piece; blanks are a value of their own."""
    return pa.table(
        {
            name: table.column(name).combine_chunks().dictionary_encode(null_encoding="encode")
            if table.num_rows
            else no_rows(table.column(name).type)
            for name in table.column_names
        }
    )


def one_piece(table: pa.Table, name: str) -> pa.DictionaryArray:
    """Return a column of a table whose columns are in one piece, or in none when it has no rows."""
    column = table.column(name)
    return column.chunk(0) if column.num_chunks else no_rows(column.type.value_type)


def no_rows(values: pa.DataType) -> pa.DictionaryArray:
    """Return a column of dictionaries without a row."""
    return pa.DictionaryArray.from_arrays(pa.array([], pa.int8()), pa.array([], values))


def codes_of(column: pa.DictionaryArray) -> Numbers:
    """Return the codes of a column by row, without a copy."""
    return column.indices.to_numpy(zero_copy_only=False)


def present(table: pa.Table, column: str) -> tuple[int, ...]:
    """Return the different values of a column that rows have, in order."""
    whole = one_piece(table, column)
    values = whole.dictionary.to_pylist()
    rows = np.bincount(codes_of(whole), minlength=len(values))
    return tuple(sorted({v for v, count in zip(values, rows, strict=True) if count and v is not None}))
