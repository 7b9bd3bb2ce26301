"""A table of dictionaries to sorted Parquet files, in parts of about a million rows.

Rows are sorted by small numbers, the ranks of their values, and not by texts, and only a part's rows are made into
values at a time; so memory depends on the size of a part, and parts are written side by side. A part ends where a
cluster ends: a slice reads one short file, however long the table is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from allrise.data.screening.coded import narrowest
from allrise.data.store.dictionaries import Numbers, codes_of, one_piece
from allrise.data.store.parquet import ROW_GROUP
from allrise.data.store.values import Part

#: Rows a part, more only when one cluster has more.
PART = 1 << 20
#: Rows that are made into values at a time.
_AT_ONCE = 8 * ROW_GROUP

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Ranks:
    """The place of a column's values in their order: equal values have equal places, missing ones the last."""

    of_code: Numbers
    codes: Numbers
    count: int

    def at(self, rows: Rows | slice) -> Numbers:
        """Return the places of some rows."""
        return self.of_code[self.codes[rows]]


def write_sorted(
    folder: Path,
    name: str,
    table: pa.Table,
    order: Sequence[str],
    *,
    by: str | None = None,
    part: int = PART,
    done: Callable[[float], None] = lambda _share: None,
) -> tuple[Part, ...]:
    """Write ``table`` sorted by ``by`` and ``order``, blanks last.

    Parameters
    ----------
    folder, name
        Files are ``folder/name.parquet``, or ``folder/name-0.parquet`` and so on when there are several parts; their
        paths are given from the folder above ``folder``.
    table
        Columns are dictionaries in one piece; what is written has plain columns.
    order
        Columns that decide the order, the first one most. Rows that they do not tell apart stay in their order.
    by
        The column of the cluster, in which every part begins and ends; without it there is one part.
    done
        Called with the share of the rows that are written, in the calling thread.
    """
    columns: dict[str, pa.DictionaryArray] = {n: one_piece(table, n) for n in table.column_names}
    sorted_by = [by, *(c for c in order if c != by)] if by else list(order)
    ranks = [_ranks(columns[c]) for c in sorted_by]
    spans = _spans(ranks[0], part) if by else [(0, ranks[0].count)]

    def write(place: int) -> tuple[Part, int]:
        rows = _sorted(_in_span(ranks[0], *spans[place], only=len(spans) == 1), ranks)
        path = folder / (f"{name}.parquet" if len(spans) == 1 else f"{name}-{place}.parquet")
        _write(path, columns, rows)
        first, last, blank = _ends(columns[by], rows) if by else (None, None, False)
        return Part(f"{folder.name}/{path.name}", first, last, blank), len(rows)

    parts: list[Part] = []
    written = 0
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1, len(spans))) as pool:
        for made, rows in pool.map(write, range(len(spans))):
            parts.append(made)
            written += rows
            done(written / max(1, table.num_rows))
    return tuple(parts)


def _ranks(column: pa.DictionaryArray) -> _Ranks:
    if not len(column):
        return _Ranks(np.zeros(1, dtype=np.int8), np.zeros(0, dtype=np.int8), 1)
    rank, known = pd.factorize(column.dictionary.to_pandas(), sort=True)
    rank[rank < 0] = len(known)  # blanks come last
    count = len(known) + 1
    return _Ranks(rank.astype(narrowest(count)), codes_of(column), count)


def _spans(ranks: _Ranks, part: int) -> list[tuple[int, int]]:
    """Return from which rank to which the parts go, each of at most ``part`` rows or of one rank."""
    rows = np.zeros(ranks.count, dtype=np.int64)
    for start in range(0, len(ranks.codes), part):
        rows += np.bincount(ranks.at(slice(start, start + part)), minlength=ranks.count)
    spans: list[tuple[int, int]] = []
    first = held = 0
    for rank, count in enumerate(rows.tolist()):
        if held and held + count > part:
            spans.append((first, rank))
            first, held = rank, 0
        held += count
    return [*spans, (first, ranks.count)]


def _in_span(ranks: _Ranks, first: int, after: int, *, only: bool) -> Rows:
    if only:
        return np.arange(len(ranks.codes))
    chosen = (ranks.of_code >= first) & (ranks.of_code < after)
    return np.flatnonzero(chosen[ranks.codes])


def _sorted(rows: Rows, ranks: Sequence[_Ranks]) -> Rows:
    if prod(r.count for r in ranks) >= 2**62:
        return rows[np.lexsort([r.at(rows) for r in reversed(ranks)])]
    key = np.zeros(len(rows), dtype=np.int64)
    for rank in ranks:
        key *= rank.count
        key += rank.at(rows)
    if (key[1:] >= key[:-1]).all():
        return rows
    return rows[np.argsort(key, kind="stable")]


def _write(path: Path, columns: dict[str, pa.DictionaryArray], rows: Rows) -> None:
    codes = {name: codes_of(column) for name, column in columns.items()}
    schema = pa.schema([(name, column.type.value_type) for name, column in columns.items()])
    with pq.ParquetWriter(path, schema, compression="zstd", store_schema=False) as writer:
        for start in range(0, max(1, len(rows)), _AT_ONCE):
            here = rows[start : start + _AT_ONCE]
            made = [column.dictionary.take(pa.array(codes[name][here])) for name, column in columns.items()]
            writer.write_table(pa.table(made, schema=schema), row_group_size=ROW_GROUP)


def _ends(column: pa.DictionaryArray, rows: Rows) -> tuple[str | None, str | None, bool]:
    """Return the first and last cluster of sorted rows, and whether blanks follow them."""
    if not len(rows):
        return None, None, False
    values = column.dictionary
    codes = codes_of(column)[rows]
    missing = np.asarray(values.is_null().to_numpy(zero_copy_only=False), dtype=bool)[codes]
    named = codes[~missing]
    blank = bool(missing.any())
    if not len(named):
        return None, None, blank
    return values[int(named[0])].as_py(), values[int(named[-1])].as_py(), blank
