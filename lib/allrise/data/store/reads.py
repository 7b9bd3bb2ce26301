"""What was read of a store: each reading with a digest of what it gave.

A build uses a chapter again when everything that the chapter read would be read again just the same. That is right
only if nothing is read unnoticed, so the store notes whatever it hands out: rows, the answer that there are none,
and names and counts too. Whoever wants the notes sets the variable :data:`VARIABLE` to a file before a store is
opened; each note is one line of JSON there, written before the data are handed out.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from allrise.data.store.parquet import from_pandas

#: Names the file that notes go to.
VARIABLE = "ALLRISE_READS"

#: A reading: what was asked for, in JSON values: ``("table", "schools", ["country"])``.
Read = tuple[object, ...]
Note = Callable[[Read, str], None]
T = TypeVar("T")

#: That a store was opened, the first of its notes.
OPENED: Read = ("opened",)

#: Whoever sees this may have seen anything: the store's fingerprint, or where it lies.
EVERYTHING: Read = ("everything",)


@dataclass(frozen=True, slots=True)
class Noted:
    """One line of notes: which data folder (``""``: the kit's own files), which store, the reading and its digest."""

    data: str
    store: str
    read: str
    gave: str


def text_of(read: Read) -> str:
    """Return a reading as text, the same in every process."""
    return json.dumps(read, ensure_ascii=False, separators=(",", ":"))


def read_of(text: str) -> Read:
    """Return the reading of such a text."""
    return tuple(json.loads(text))


def note_to_file(data: str, store: str) -> Note | None:
    """Return what writes notes about a store to the file of :data:`VARIABLE`, or ``None`` when nobody wants them.

    Parameters
    ----------
    data
        The data folder as it was asked for.
    store
        Fingerprint of its store.
    """
    file = os.environ.get(VARIABLE)
    if not file:
        return None
    said: set[str] = set()

    def note(read: Read, gave: str) -> None:
        line = json.dumps({"data": data, "store": store, "read": text_of(read), "gave": gave}, ensure_ascii=False)
        if line not in said:
            with Path(file).open("a", encoding="utf-8") as notes:
                notes.write(line + "\n")
            said.add(line)

    return note


def notes_in(text: str) -> list[Noted]:
    """Return the notes in the text of such a file, in order.

    Raises
    ------
    ValueError
        When a line is not a note.
    """
    found: list[Noted] = []
    for line in text.split("\n"):
        if line:
            value = json.loads(line)
            found.append(Noted(*(str(value[part]) for part in ("data", "store", "read", "gave"))))
    return found


def noted(note: Note | None, read: Read, get: Callable[[], T], digest: Callable[[T], str]) -> T:
    """Get a value and note what it is; an error is a reading too, since whoever asked may go on after it."""
    if note is None:
        return get()
    try:
        value = get()
    except Exception as error:
        note(read, digest_of_value([type(error).__name__, str(error)]))
        raise
    note(read, digest(value))
    return value


def digest_of_value(value: object) -> str:
    """Return the digest of JSON values."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _short(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


def digest_of_arrow(table: pa.Table) -> str:
    """Return the digest of a table: its columns, their types, and every row in its order."""
    total = hashlib.sha256(json.dumps([[f.name, str(f.type)] for f in table.schema], ensure_ascii=False).encode())
    pyarrow.csv.write_csv(table, pa.PythonFile(_Hashing(total.update), mode="w"))
    return _short(total.hexdigest())


def digest_of_frame(frame: pd.DataFrame) -> str:
    """Return the same for a frame; its index does not count."""
    return digest_of_arrow(from_pandas(frame))


def matching(frame: pd.DataFrame, where: Mapping[str, str | int]) -> pd.DataFrame:
    """Return the rows in which each column is as ``where`` says, from 0 on; a column that is not there is not heeded."""
    for column, value in where.items():
        if column in frame:
            frame = frame.loc[(frame[column] == value).fillna(value=False).astype(bool)]
    return frame.reset_index(drop=True)


class _Hashing:
    """A file that only hashes what is written to it: a table as text may be larger than memory."""

    closed = False

    def __init__(self, update: Callable[[bytes], None]) -> None:
        self._update = update

    def write(self, content: bytes) -> int:
        self._update(content)
        return len(content)

    def flush(self) -> None:
        return

    def close(self) -> None:
        return


def _short(hexadecimal: str) -> str:
    return hexadecimal[:32]
