"""Any long table, CSV or Excel, with a mapping that says which column is what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from allrise.data.columns import Column
from allrise.data.importers.cells import values
from allrise.data.importers.imported import Imported, Options, left_out
from allrise.data.importers.mapping import Mapped, TableMapping, read_mapping
from allrise.data.importers.source_file import SourceFile, read_source, translated
from allrise.data.tables import TABLES
from allrise.errors import InvalidData, UnreadableInput

#: Columns of `outcomes` in which a symbol may stand for a number.
_MEASURED = ("value", "lower", "upper", "pupils")


def read(files: Sequence[Path], options: Options) -> Imported:
    """Return the data folder that the mapping makes of the files.

    A file that several tables are made from is read, and its rows counted, once for each.

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
    _refuse_unused(files, mapped, options.mapping)
    gone: Counter[str] = Counter()
    tables: dict[str, list[pd.DataFrame]] = {}
    rows_in = 0
    for part in mapped.tables:
        for path in files:
            if part.file in ("", path.name):
                file = _source(path, part, mapped)
                rows_in += len(file.rows)
                tables.setdefault(part.name, []).append(_frame(_chosen(file, part, gone), part))
    distinct = {part.name for part in mapped.tables if part.distinct}
    return Imported(
        tables={
            name: TABLES[name].typed(_joined(name, parts, gone, distinct=name in distinct))
            for name, parts in tables.items()
        },
        name=mapped.name,
        title=mapped.title,
        description=mapped.description,
        licences=mapped.licences,
        sources=mapped.sources,
        caveats=mapped.caveats,
        rows_in=rows_in,
        left_out=left_out(gone),
        synthetic=mapped.synthetic,
    )


def _refuse_unused(files: Sequence[Path], mapped: Mapped, mapping: Path) -> None:
    names = {path.name for path in files}
    if len(names) != len(files):
        raise UnreadableInput("Two of the files have one name", "Rename one, so that the mapping can tell them apart.")
    for part in mapped.tables:
        if part.file and part.file not in names:
            raise UnreadableInput(
                f"{mapping.name}: [[table]] {part.name} is made from {part.file}, which was not given",
                f"Given were {', '.join(sorted(names))}.",
            )
    if all(part.file for part in mapped.tables) and (left := sorted(names - {part.file for part in mapped.tables})):
        raise UnreadableInput(f"No table of {mapping.name} is made from {left[0]}", "Leave it out, or add a [[table]].")


def _source(path: Path, part: TableMapping, mapped: Mapped) -> SourceFile:
    """Return the file, refusing columns that no part of the mapping names."""
    parts = [other for other in mapped.tables if other.file in ("", path.name)]
    wanted = dict.fromkeys(c for other in parts for c in (*other.columns.values(), *other.where))
    named = dict.fromkeys([*wanted, *(c for other in parts for c in other.ignore)])
    what = f"what [[table]] {part.name} is made from"
    file = read_source(path, what, {c: (c,) for c in named}, tuple(wanted), part.sheet)
    if file.unused:
        raise InvalidData(
            f"{path.name}: the mapping does not say what the column {file.unused[0]!r} is",
            f"Name it under columns, or in ignore = [...] of [[table]] {part.name}.",
        )
    return file


def _chosen(file: SourceFile, part: TableMapping, gone: Counter[str]) -> SourceFile:
    for column, texts in part.where.items():
        fits = file.text(column).isin(texts)
        gone[f"{part.name}: {column} is not {' or '.join(texts)}"] += int((~fits).sum())
        file = file.where(fits)
    return file


def _frame(file: SourceFile, part: TableMapping) -> pd.DataFrame:
    frame = pd.DataFrame(index=file.rows.index)
    for ours, theirs in part.columns.items():
        if part.name == "outcomes" and ours in _MEASURED:
            frame[ours], status = values(file, theirs, part.symbols)
            if ours == "value" and "status" not in {*part.columns, *part.constants}:
                frame["status"] = status
        else:
            frame[ours] = _typed(file, theirs, TABLES[part.name][ours], part.words.get(ours))
    for ours, constant in part.constants.items():
        name = f"constant {ours}"
        text = pd.Series(constant, index=file.rows.index, dtype="str")
        frame[ours] = _typed(_with(file, name, text), name, TABLES[part.name][ours], None)
    return frame


def _typed(file: SourceFile, theirs: str, column: Column, words: Mapping[str, str] | None) -> pd.Series:
    text = file.text(theirs)
    if words is not None:
        text = translated(text, {"": "", **words})
        line = file.first(text.isna())
        if line is not None:
            raise InvalidData(
                f"{file.at(line, theirs)}: the mapping has no value for {file.cell(line, theirs)!r}",
                f"Add it to [table.values.{column.name}].",
            )
    if column.type in ("integer", "number"):
        return values(_with(file, theirs, text), theirs, {})[0]
    if column.type == "date":
        found = pd.Series(pd.to_datetime(text.to_list(), format="ISO8601", errors="coerce"), index=text.index)
        what = "a date such as 2018-09-01"
    elif column.type == "boolean":
        found = translated(text.str.casefold(), {"true": "true", "false": "false"})
        what = "true or false"
    else:
        return text.where(text != "", None)
    line = file.first(found.isna() & (text != ""))
    if line is not None:
        raise InvalidData(
            f"{file.at(line, theirs)}: {file.cell(line, theirs)!r} is not {what}",
            f"Mend it, or say what it means in [table.values.{column.name}].",
        )
    return found.eq("true").astype("boolean").where(found.notna()) if column.type == "boolean" else found


def _with(file: SourceFile, name: str, text: pd.Series) -> SourceFile:
    return SourceFile(file.path, file.rows.assign(**{name: text}), file.unused)


def _joined(name: str, parts: Sequence[pd.DataFrame], gone: Counter[str], *, distinct: bool) -> pd.DataFrame:
    whole = pd.concat(parts, ignore_index=True)
    if not distinct:
        return whole
    repeated = whole.duplicated()
    gone[f"{name}: the same row again"] += int(repeated.sum())
    return whole.loc[~repeated].reset_index(drop=True)
