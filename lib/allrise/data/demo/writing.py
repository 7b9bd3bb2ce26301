"""Tables to files, block after block: a header once, then rows; nothing is kept in memory."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from allrise.data.tables import TABLES

#: Long tables of ids and numbers, whose cells never need quotes, go through Arrow, which is many times faster.
PLAIN = frozenset({"outcomes", "survey"})


class TableFiles:
    """Open files of a folder's tables; `append` writes rows in the order of the table's columns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        self.columns: dict[str, list[str]] = {}
        self.rows: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()

    def append(self, table: str, frame: pd.DataFrame) -> None:
        """Append rows to a table of `allrise.data.tables.TABLES`, or to a file of the planted truth."""
        names = list(TABLES[table].column_names) if table in TABLES else list(frame.columns)
        frame = frame.loc[:, names]
        if table not in self._files:
            path = self._folder / f"{table}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[table] = path.open("wb")
            self._files[table].write((",".join(names) + "\n").encode())
            self.columns[table] = names
            self.rows[table] = 0
        self.rows[table] += len(frame)
        file = self._files[table]
        if table in PLAIN:
            options = pacsv.WriteOptions(include_header=False, quoting_style="none")
            pacsv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), file, options)
        else:
            text = _text(frame).to_csv(
                index=False, header=False, lineterminator="\n", date_format="%Y-%m-%d", quoting=csv.QUOTE_MINIMAL
            )
            file.write(text.encode("utf-8"))


def _text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose truth values are written as in JSON."""
    truths = [name for name in frame.columns if str(frame[name].dtype) in {"bool", "boolean"}]
    return frame.assign(**{name: frame[name].astype("str").str.lower() for name in truths})
