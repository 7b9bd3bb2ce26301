"""The mapping file of `tidy-csv`: which column of a long table is what, in TOML.

Every part is checked when it is read, against the tables of the kit, so that a mistake in the mapping is told
before a mistake in the data.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from allrise.data.package import Caveat, Licence, Source
from allrise.data.tables import STATUSES, TABLES
from allrise.errors import InvalidData, UnreadableInput

#: What a [[table]] may say.
KEYS = ("name", "file", "sheet", "columns", "constants", "values", "symbols", "where", "ignore", "distinct")
#: What [package] may say.
PACKAGE_KEYS = ("name", "title", "description", "synthetic", "licences", "sources", "caveats")


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How one table is made.

    Parameters
    ----------
    name
        Table of the kit.
    file
        Name of the file it is read from; blank when there is only one.
    sheet
        Of a workbook.
    columns
        Our column: column of the file.
    constants
        Our column: text for every row.
    words
        Our column: text of the file: our text (``values`` in the file). Every text must be there.
    symbols
        Text in place of a value: status (``outcomes`` only).
    where
        Column of the file: texts of the rows to keep.
    ignore
        Columns of the file that are not wanted.
    distinct
        Rows that are alike are written once (schools out of a table of results).
    """

    name: str
    file: str
    sheet: str
    columns: Mapping[str, str]
    constants: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    symbols: Mapping[str, str]
    where: Mapping[str, tuple[str, ...]]
    ignore: tuple[str, ...]
    distinct: bool


@dataclass(frozen=True, slots=True)
class Mapped:
    """A whole mapping file."""

    name: str
    title: str
    description: str
    licences: tuple[Licence, ...]
    sources: tuple[Source, ...]
    caveats: tuple[Caveat, ...]
    tables: tuple[TableMapping, ...]
    synthetic: bool


def read_mapping(path: Path) -> Mapped:
    """Return the mapping in ``path``.

    Raises
    ------
    UnreadableInput
        When it is not there or not TOML.
    InvalidData
        When it names a table, column, key or status that there is not.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UnreadableInput(f"{path} cannot be read: {error.strerror}", "Give --mapping a TOML file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{path.name} is not TOML: {error}", "See docs/importing.md for an example.") from None
    _known(path, "the file", raw, ("package", "table"))
    package = _part(path, raw, "package")
    _known(path, "[package]", package, PACKAGE_KEYS)
    if not package.get("title"):
        raise InvalidData(f"{path.name}: [package] has no title", "Add a title for readers.")
    tables = raw.get("table")
    if not isinstance(tables, list) or not tables:
        raise InvalidData(f"{path.name} has no [[table]]", "Add one [[table]] for each table to make.")
    return Mapped(
        name=str(package.get("name") or path.stem),
        title=str(package["title"]),
        description=str(package.get("description", "")),
        licences=tuple(Licence(**x) for x in _entries(path, package, "licences", ("name", "title", "path"))),
        sources=tuple(Source(**x) for x in _entries(path, package, "sources", ("title", "path", "version"))),
        caveats=tuple(Caveat(**x) for x in _entries(path, package, "caveats", ("text", "table"))),
        tables=tuple(_table(path, t) for t in cast("list[Any]", tables)),
        synthetic=package.get("synthetic") is True,
    )


def _table(path: Path, raw: Any) -> TableMapping:
    if not isinstance(raw, dict):
        raise InvalidData(f"{path.name}: a [[table]] is not a table", "See docs/importing.md for an example.")
    part = cast("dict[str, Any]", raw)
    name = str(part.get("name", ""))
    here = f"[[table]] {name}"
    if name not in TABLES:
        raise InvalidData(f"{path.name}: there is no table {name!r}", _near(name, TABLES))
    _known(path, here, part, KEYS)
    columns = _texts(path, part, here, "columns")
    constants = _texts(path, part, here, "constants")
    for ours in (*columns, *constants):
        if ours not in TABLES[name]:
            raise InvalidData(f"{path.name}: {here} has no column {ours!r}", _near(ours, TABLES[name].column_names))
    if both := set(columns) & set(constants):
        raise InvalidData(f"{path.name}: {here}: {both.pop()} is both a column and a constant", "Take one away.")
    given = {*columns, *constants}
    if name == "outcomes" and "value" in given:
        given.add("status")  # made from the symbols
    lacking = [c.name for c in TABLES[name].columns if c.mandatory and c.filled and c.name not in given]
    if lacking:
        raise InvalidData(f"{path.name}: {here} does not say where {lacking[0]} is", "Add it to columns or constants.")
    values = _part(path, part, "values", here)
    for ours in values:
        if ours not in columns:
            raise InvalidData(f"{path.name}: {here}: values.{ours} is for no column", "Name the column in columns.")
    symbols = _texts(path, part, here, "symbols")
    if symbols and name != "outcomes":
        raise InvalidData(f"{path.name}: {here} cannot have symbols", "Only outcomes has a status.")
    for symbol, status in symbols.items():
        if status not in STATUSES:
            raise InvalidData(f"{path.name}: {here}: {symbol!r} means {status!r}", _near(status, STATUSES))
    where = {k: tuple(map(str, _list(v))) for k, v in _part(path, part, "where", here).items()}
    return TableMapping(
        name=name,
        file=str(part.get("file", "")),
        sheet=str(part.get("sheet", "")),
        columns=columns,
        constants=constants,
        words={k: _texts(path, values, here, k) for k in values},
        symbols=symbols,
        where=where,
        ignore=tuple(map(str, _list(part.get("ignore", [])))),
        distinct=part.get("distinct") is True,
    )


def _part(path: Path, raw: Mapping[str, Any], key: str, here: str = "") -> dict[str, Any]:
    value = raw.get(key, {})
    if not isinstance(value, dict):
        raise InvalidData(f"{path.name}: {here} {key} is not a table".replace("  ", " "), "See docs/importing.md.")
    return cast("dict[str, Any]", value)


def _texts(path: Path, raw: Mapping[str, Any], here: str, key: str) -> dict[str, str]:
    return {name: _written(value) for name, value in _part(path, raw, key, here).items()}


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _entries(path: Path, package: Mapping[str, Any], key: str, names: tuple[str, ...]) -> Iterable[dict[str, str]]:
    for entry in _list(package.get(key, [])):
        if not isinstance(entry, dict) or names[0] not in entry:
            raise InvalidData(f"{path.name}: an entry of {key} has no {names[0]}", "See docs/importing.md.")
        part = cast("dict[str, Any]", entry)
        _known(path, key, part, names)
        yield {k: str(v) for k, v in part.items()}


def _known(path: Path, here: str, raw: Mapping[str, Any], keys: Iterable[str]) -> None:
    for key in raw:
        if key not in keys:
            raise InvalidData(f"{path.name}: {here} has the unknown key {key!r}", _near(key, keys))


def _near(word: str, words: Iterable[str]) -> str:
    known = list(words)
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"Use one of {', '.join(known)}."
