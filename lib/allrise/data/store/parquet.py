"""Reading one cluster's rows from a Parquet file that is sorted by cluster.

Row groups of :data:`ROW_GROUP` rows carry the least and greatest cluster, so a slice reads the one or two
groups that can hold it, however long the file is. Everything is read in the calling thread: kernels are
forked, and a forked process has no other threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

#: Rows a row group: small enough to read in a few milliseconds, and millions of rows have a short footer.
ROW_GROUP = 16_384

_PANDAS_TYPES: dict[pa.DataType, Any] = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def read_whole(
    path: Path, columns: Sequence[str] | None = None, among: Mapping[str, Sequence[str]] | None = None
) -> pa.Table:
    """Return every row, or those in which each column of ``among`` has one of its values, in the order of the file."""
    among = among or {}
    wanted = None if columns is None else [*columns, *(c for c in among if c not in columns)]
    with pq.ParquetFile(path) as file:
        if not among:
            return file.read(columns=wanted, use_threads=False)
        groups = [
            _kept(file.read_row_group(group, columns=wanted, use_threads=False), among)
            for group in range(file.num_row_groups)
        ]
        table = pa.concat_tables(groups) if groups else file.read(columns=wanted, use_threads=False)
    return (table if columns is None else table.select(list(columns))).combine_chunks()


def _kept(table: pa.Table, among: Mapping[str, Sequence[str]]) -> pa.Table:
    for column, values in among.items():
        found = pyarrow.compute.call_function(
            "is_in", [table.column(column)], pyarrow.compute.SetLookupOptions(pa.array(values, pa.string()))
        )
        table = table.filter(found)
    return table


def read_cluster(path: Path, by: str, cluster_id: str | None) -> pa.Table:
    """Return the rows in which ``by`` is ``cluster_id`` (``None``: blank), in the order of the file."""
    with pq.ParquetFile(path) as file:
        groups = _groups(file.metadata, file.schema_arrow.names.index(by), cluster_id)
        table = file.read_row_groups(groups, use_threads=False)
    column = table.column(by)
    # pyarrow's functions are made when it is imported, where no type checker sees them
    mask = (
        column.is_null()
        if cluster_id is None
        else pyarrow.compute.call_function("equal", [column, pa.scalar(cluster_id)])
    )
    return table.filter(mask).combine_chunks()  # a blank is neither equal nor unequal, and is left out


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return a frame with the dtypes of ``data/columns.py`` (whole numbers and truth values may be missing)."""
    return table.to_pandas(types_mapper=_PANDAS_TYPES.get, use_threads=False, ignore_metadata=True)


def from_pandas(frame: pd.DataFrame) -> pa.Table:
    """Return an Arrow table without the index and without pandas' own remarks."""
    return pa.Table.from_pandas(frame, preserve_index=False, nthreads=1).replace_schema_metadata(None)


def _groups(metadata: pq.FileMetaData, column: int, cluster_id: str | None) -> list[int]:
    found: list[int] = []
    for group in range(metadata.num_row_groups):
        statistics = metadata.row_group(group).column(column).statistics
        if statistics is None or not (statistics.has_null_count or statistics.has_min_max):
            found.append(group)  # nothing is known of this group: read it
        elif cluster_id is None:
            if not statistics.has_null_count or statistics.null_count:
                found.append(group)
        elif statistics.has_min_max:
            if statistics.min <= cluster_id <= statistics.max:
                found.append(group)
        elif statistics.null_count != metadata.row_group(group).num_rows:
            found.append(group)
    return found
