"""Any long table, CSV or Excel, with a mapping that says which column is what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from allrise.data.columns import Column
from allrise.data.importers.cells import values
from allrise.data.importers.imported import Imported, Options, left_out
from allrise.data.importers.mapping import Mapped, TableMapping, read_mapping
from allrise.data.importers.source_file import SourceFile, read_source
from allrise.data.tables import TABLES
from allrise.errors import InvalidData, UnreadableInput

#: Columns of `outcomes` in which a symbol may stand for a number.
_MEASURED = ("value", "lower", "upper", "pupils")


def read(files: Sequence[Path], options: Options) -> Imported:
    """Return the data folder that the mapping makes of the files.

    Raises
    ------
    UnreadableInput
        When there is no mapping, or a file or column that it names is missing.
    InvalidData
        When the mapping is wrong, or a cell is not what its column holds.
    """
    if options.mapping is None:
        raise UnreadableInput("tidy-csv needs a mapping", "Give --mapping FILE.toml; docs/importing.md has an example.")
    mapped = read_mapping(options.mapping)
    _all_used(files, mapped, options.mapping)
    gone: Counter[str] = Counter()
    notes: list[str] = []
    tables: dict[str, list[pd.DataFrame]] = {}
    rows_in = 0
    for part in mapped.tables:
        for path in files:
            if part.file not in ("", path.name):
                continue
            frame, n = _table(path, part, mapped, gone)
            rows_in += n
            tables.setdefault(part.name, []).append(frame)
    return Imported(
        tables={name: TABLES[name].typed(_joined(name, parts, gone)) for name, parts in tables.items()},
        name=mapped.name,
        title=mapped.title,
        description=mapped.description,
        licences=mapped.licences,
        sources=mapped.sources,
        caveats=mapped.caveats,
        rows_in=rows_in,
        left_out=left_out(gone),
        notes=tuple(notes),
    )


def _all_used(files: Sequence[Path], mapped: Mapped, mapping: Path) -> None:
    names = {path.name for path in files}
    if len(names) != len(files):
        raise UnreadableInput("Two of the files have one name", "Rename one, so that the mapping can tell them apart.")
    for part in mapped.tables:
        if part.file and part.file not in names:
            raise UnreadableInput(
                f"{mapping.name}: [[table]] {part.name} is made from {part.file}, which was not given",
                f"Given were {', '.join(sorted(names))}.",
            )
    if any(not part.file for part in mapped.tables):
        return
    for name in sorted(names - {part.file for part in mapped.tables}):
        raise UnreadableInput(f"No table of {mapping.name} is made from {name}", "Leave it out, or add a [[table]].")


def _table(path: Path, part: TableMapping, mapped: Mapped, gone: Counter[str]) -> tuple[pd.DataFrame, int]:
    wanted = tuple(dict.fromkeys([*part.columns.values(), *part.where]))
    file = read_source(path, f"what [[table]] {part.name} is made from", None, wanted, part.sheet)
    n = len(file.rows)
    by_plain = {c.casefold(): c for c in file.rows.columns}
    file = SourceFile(
        path, file.rows.rename(columns={by_plain[w.casefold()]: w for w in wanted if w.casefold() in by_plain}), ()
    )
    named = {c for p in mapped.tables if p.file in ("", path.name) for c in (*p.columns.values(), *p.where, *p.ignore)}
    for column in file.rows.columns:
        if column not in named:
            raise InvalidData(
                f"{path.name}: the mapping does not say what the column {column!r} is",
                f"Name it under columns, or in ignore = [...] of [[table]] {part.name}.",
            )
    keep = pd.Series(data=True, index=file.rows.index)
    for column, texts in part.where.items():
        fits = file.rows[column].isin(texts)
        gone[f"{part.name}: {column} is not {' or '.join(texts)}"] += int((keep & ~fits).sum())
        keep &= fits
    file = SourceFile(path, file.rows.loc[keep], ())
    frame = pd.DataFrame(index=file.rows.index)
    status: pd.Series | None = None
    for ours, theirs in part.columns.items():
        column = TABLES[part.name][ours]
        if part.name == "outcomes" and ours in _MEASURED:
            number, why = values(file, theirs, part.symbols)
            frame[ours] = number
            status = why if ours == "value" else status
        else:
            frame[ours] = _typed(file, theirs, column, part.values.get(ours))
    for ours, constant in part.constants.items():
        frame[ours] = constant
    if status is not None and "status" not in part.columns:
        frame["status"] = status
    if part.distinct:
        repeated = frame.duplicated()
        gone[f"{part.name}: the same row again"] += int(repeated.sum())
        frame = frame.loc[~repeated]
    return frame, n


def _typed(file: SourceFile, theirs: str, column: Column, words: dict[str, str] | None | object) -> pd.Series:
    text = file.rows[theirs]
    if isinstance(words, dict):
        known = {str(k): str(v) for k, v in words.items()}
        mapped = text.map(known)
        unknown = mapped.isna() & (text != "")
        if unknown.any():
            line = int(text.index[unknown][0])
            raise InvalidData(
                f"{file.at(line, theirs)}: the mapping has no value for {text.loc[line]!r}",
                f"Add it to values.{column.name}.",
            )
        text = mapped.fillna("")
    if column.type in ("integer", "number"):
        number, _ = values(file, theirs, {}) if words is None else (pd.to_numeric(text, errors="coerce"), None)
        return number
    if column.type == "date":
        day = pd.to_datetime(text.replace("", None), format="ISO8601", errors="coerce")
        bad = day.isna() & (text != "")
        if bad.any():
            line = int(text.index[bad][0])
            raise InvalidData(f"{file.at(line, theirs)}: {text.loc[line]!r} is not a date", "Dates are 2018-09-01.")
        return day
    if column.type == "boolean":
        truth = text.str.casefold().map({"true": True, "false": False})
        bad = truth.isna() & (text != "")
        if bad.any():
            line = int(text.index[bad][0])
            raise InvalidData(
                f"{file.at(line, theirs)}: {text.loc[line]!r} is neither true nor false",
                f"Say what it means in values.{column.name}.",
            )
        return truth.astype("boolean")
    return text.replace("", None).astype("str")


def _joined(name: str, parts: Sequence[pd.DataFrame], gone: Counter[str]) -> pd.DataFrame:
    """Return the parts of one table as one; rows that two parts share are written once."""
    whole = pd.concat(parts, ignore_index=True)
    if len(parts) > 1:
        repeated = whole.duplicated()
        gone[f"{name}: the same row again"] += int(repeated.sum())
        whole = whole.loc[~repeated].reset_index(drop=True)
    return whole
