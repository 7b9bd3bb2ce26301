"""Data Package v2 in and out: the ``datapackage.json`` that tells what the tables of a data folder hold.

The words come from ``tables.py``, so that the file, the checks and the documentation say the same. Keys of
our own stand under ``"allrise"``: whether the data are synthetic, and caveats that readers must see.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, cast

import pandas as pd

from allrise.data.columns import Column, Table
from allrise.data.tables import TABLES
from allrise.errors import UnreadableInput

DESCRIPTOR = "datapackage.json"
PACKAGE_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
SCHEMA_VERSION = 1

FileFormat = Literal["csv", "parquet", "xlsx"]
_ENDINGS: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence: its short name (``OGL-UK-3.0``), its title for readers and where it is published."""

    name: str
    title: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where data came from: a title for readers, an address or file, and a version or date."""

    title: str
    path: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Caveat:
    """Something a reader must know; ``table`` is blank when it is about the whole folder."""

    text: str
    table: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One table of a folder: its file (relative to the folder) and the types its descriptor claims.

    ``fields`` is ``None`` when the descriptor has no schema for it (or there is no descriptor), else
    ``(column, type)`` in order. ``optional_fields`` is true when the schema says that columns may be absent.
    ``missing`` are the texts that the schema says stand for a missing value, besides the blank.
    """

    name: str
    path: str
    format: FileFormat
    fields: tuple[tuple[str, str], ...] | None = None
    optional_fields: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a folder says of itself; ``present`` is false when it has no ``datapackage.json``."""

    name: str
    title: str
    licences: tuple[Licence, ...] = ()
    sources: tuple[Source, ...] = ()
    resources: tuple[Resource, ...] = ()
    synthetic: bool = False
    caveats: tuple[Caveat, ...] = ()
    description: str = ""
    profile: str = ""
    present: bool = True

    def caveats_of(self, table: str) -> tuple[str, ...]:
        """Return the texts about ``table`` and about the whole folder."""
        return tuple(c.text for c in self.caveats if c.table in ("", table))


def describe(table: Table, columns: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the Table Schema (Data Package v2) of ``table``.

    Parameters
    ----------
    table
        A table of ``tables.py`` or one like it.
    columns
        The columns that the file has, in its order; default is every column of the table. A column that the
        table does not know is described as ``any``.
    """
    names = table.column_names if columns is None else tuple(columns)
    schema: dict[str, Any] = {
        "fields": [_field(table[n]) if n in table else {"name": n, "type": "any"} for n in names],
        "missingValues": [""],
    }
    if set(table.key) <= set(names):
        schema["primaryKey"] = list(table.key)
    references = [table[n] for n in names if n in table and table[n].refers_to]
    if references:
        schema["foreignKeys"] = [
            {"fields": [c.name], "reference": {"resource": c.refers_to[0], "fields": [c.refers_to[1]]}}
            for c in references
            if c.refers_to is not None
        ]
    return schema


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "title": column.label,
        "description": column.description,
    }
    if column.unit:
        field["unit"] = column.unit
    constraints: dict[str, Any] = {}
    if column.filled:
        constraints["required"] = True
    if column.enum:
        constraints["enum"] = list(column.enum)
    if column.minimum is not None:
        constraints["minimum"] = column.minimum
    if column.maximum is not None:
        constraints["maximum"] = column.maximum
    if constraints:
        field["constraints"] = constraints
    return field


def write_folder(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    name: str,
    title: str,
    licences: Sequence[Licence],
    sources: Sequence[Source],
    synthetic: bool = False,
    caveats: Sequence[Caveat] = (),
    description: str = "",
    profile: str = "",
    schemas: Mapping[str, Table] | None = None,
) -> None:
    """Write a data folder: a CSV a table, then ``datapackage.json``.

    Every file is replaced whole, the descriptor last, so that a reader never sees half a file. CSV is UTF-8 with
    LF, ISO dates, ``true``/``false`` and blanks for missing values; line breaks inside a cell become LF. Tables that an earlier
    descriptor of ours named and that are not among ``tables`` are removed.

    Parameters
    ----------
    folder
        Made when absent.
    tables
        Frames by table name. Columns that the table does not know are kept.
    name
        Lower-case name of the data set; letters, digits, ``-``, ``_`` and ``.`` only (others become ``-``).
    profile
        Id of the country profile to use, when it does not follow from the clusters' country.
    schemas
        Tables outside ``TABLES`` by name, for example those of a room's dialogue.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for table, frame in tables.items():
        write_csv(folder / f"{table}.csv", frame)
    old = _ours(folder)
    write_descriptor(
        folder,
        {table: [str(c) for c in frame.columns] for table, frame in tables.items()},
        name=name,
        title=title,
        licences=licences,
        sources=sources,
        synthetic=synthetic,
        caveats=caveats,
        description=description,
        profile=profile,
        schemas=schemas,
    )
    for path in old - {f"{table}.csv" for table in tables}:
        (folder / path).unlink(missing_ok=True)


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write one table as :func:`write_folder` does, replacing ``path`` whole."""
    out = frame.copy(deep=False)
    for name, dtype in frame.dtypes.items():
        column = cast("pd.Series", frame[name])
        if isinstance(dtype, pd.BooleanDtype) or str(dtype) == "bool":
            out[name] = column.astype("object").map({True: "true", False: "false"})
        elif isinstance(dtype, pd.StringDtype):
            out[name] = column.str.replace("\r\n", "\n", regex=False).str.replace("\r", "\n", regex=False)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        out.to_csv(part, index=False, encoding="utf-8", lineterminator="\n", date_format="%Y-%m-%d", na_rep="")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_descriptor(
    folder: Path,
    columns: Mapping[str, Sequence[str]],
    *,
    name: str,
    title: str,
    licences: Sequence[Licence],
    sources: Sequence[Source],
    synthetic: bool = False,
    caveats: Sequence[Caveat] = (),
    description: str = "",
    profile: str = "",
    schemas: Mapping[str, Table] | None = None,
    ending: Literal["csv", "parquet"] = "csv",
) -> None:
    """Write ``datapackage.json`` alone, for a generator that streams its tables itself.

    ``columns`` names the columns of each table's file in order; the file is ``TABLE.csv`` (or ``.parquet``). The other parameters
    are those of :func:`write_folder`.
    """
    known = {**TABLES, **(schemas or {})}
    resources: list[Any] = []
    for table, names in columns.items():
        schema: dict[str, Any] = {"fields": [{"name": n, "type": "any"} for n in names], "missingValues": [""]}
        if table in known:
            schema = describe(known[table], names)
        # The specification forbids a foreign key to a table that the package does not have.
        keys = [k for k in schema.pop("foreignKeys", []) if k["reference"]["resource"] in columns]
        if keys:
            schema["foreignKeys"] = keys
        resource: dict[str, Any] = {"name": table, "path": f"{table}.{ending}", "type": "table", "format": ending}
        if ending == "csv":
            resource |= {"mediatype": "text/csv", "encoding": "utf-8"}
        if table in known:
            resource |= {"title": known[table].label, "description": known[table].description}
        resource["schema"] = schema
        resources.append(resource)
    own: dict[str, Any] = {"schema": SCHEMA_VERSION, "synthetic": synthetic}
    own["caveats"] = [{"table": c.table, "text": c.text} for c in caveats]
    if profile:
        own["profile"] = profile
    package: dict[str, Any] = {
        "$schema": PACKAGE_PROFILE,
        "name": re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-") or "data",
        "title": title,
        "description": description,
        "licenses": [_without_blanks({"name": x.name, "title": x.title, "path": x.path}) for x in licences],
        "sources": [_without_blanks({"title": x.title, "path": x.path, "version": x.version}) for x in sources],
        "resources": resources,
        "allrise": own,
    }
    # An empty list of licences or sources is not allowed by the specification.
    package = {k: v for k, v in package.items() if v not in ("", [])}
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{DESCRIPTOR}.{os.getpid()}.part"
    try:
        part.write_text(json.dumps(package, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
        part.replace(folder / DESCRIPTOR)
    finally:
        part.unlink(missing_ok=True)


def _without_blanks(value: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in value.items() if v}


def _ours(folder: Path) -> set[str]:
    """Return the files named by a descriptor that this kit wrote, or none."""
    try:
        raw = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
        if "allrise" not in raw:
            return set()
        return {r.path for r in read_descriptor(folder).resources}
    except (OSError, ValueError, TypeError, UnreadableInput):
        return set()


def read_descriptor(folder: Path) -> Descriptor:
    """Return what ``folder`` says of itself; without a descriptor, what its file names say.

    Raises
    ------
    UnreadableInput
        When ``datapackage.json`` is there and cannot be understood, or names a file outside the folder.
    """
    path = folder / DESCRIPTOR
    if not path.exists():
        return assumed_descriptor(folder)
    try:
        raw = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise _bad(f"{DESCRIPTOR} cannot be read: {error}") from None
    if not isinstance(raw, dict):
        raise _bad(f"{DESCRIPTOR} does not hold a JSON object")
    package = cast("dict[str, Any]", raw)
    own = package.get("allrise")
    own = cast("dict[str, Any]", own) if isinstance(own, dict) else {}
    resources = _objects(package, "resources")
    if not resources:
        raise _bad(f"{DESCRIPTOR} names no resources")
    return Descriptor(
        name=_text(package, "name") or folder.resolve().name,
        title=_text(package, "title") or _text(package, "name") or folder.resolve().name,
        licences=tuple(
            Licence(_text(x, "name"), _text(x, "title"), _text(x, "path")) for x in _objects(package, "licenses")
        ),
        sources=tuple(
            Source(_text(x, "title"), _text(x, "path"), _text(x, "version")) for x in _objects(package, "sources")
        ),
        resources=tuple(_resource(r) for r in resources),
        synthetic=own.get("synthetic") is True,
        caveats=tuple(Caveat(_text(x, "text"), _text(x, "table")) for x in _objects(own, "caveats")),
        description=_text(package, "description"),
        profile=_text(own, "profile"),
    )


def assumed_descriptor(folder: Path) -> Descriptor:
    """Return a descriptor made from file names alone: ``schools.csv`` is the table ``schools``.

    A table in two formats is named twice; screening says so.
    """
    found: list[Resource] = []
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        kind = _ENDINGS.get(path.suffix.lower())
        name = table_name(path.stem)
        if kind is None or path.name.startswith((".", "~$")):
            continue
        if name in TABLES or path.suffix.lower() not in (".tsv", ".txt"):  # README.txt is no table
            found.append(Resource(name, path.name, kind))
    name = folder.resolve().name
    return Descriptor(name=name, title=name, resources=tuple(found), present=False)


def table_name(words: str) -> str:
    """Return the name that a file or sheet called ``words`` has as a table: ``"Peer Ties "`` is ``peer_ties``."""
    return re.sub(r"[\s\-]+", "_", words.strip().lower())


def _resource(raw: dict[str, Any]) -> Resource:
    name, path = _text(raw, "name"), raw.get("path")
    if isinstance(path, list) and len(cast("list[Any]", path)) == 1:
        path = cast("list[Any]", path)[0]
    if not name or not isinstance(path, str) or not path:
        raise _bad(f"{DESCRIPTOR}: resource {name or '?'} must have a name and the path of one file")
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "://" in path or "\\" in path or re.match(r"^[A-Za-z]:", path):
        raise _bad(f"{DESCRIPTOR}: resource {name} has the path {path!r}, which is not inside the folder")
    kind = _ENDINGS.get(pure.suffix.lower())
    if kind is None:
        raise _bad(f"{DESCRIPTOR}: resource {name} is {pure.name!r}; only .csv, .parquet and .xlsx can be read")
    schema = raw.get("schema")
    fields: tuple[tuple[str, str], ...] | None = None
    optional = False
    missing: tuple[str, ...] = ()
    if isinstance(schema, dict):
        schema = cast("dict[str, Any]", schema)
        missing = _missing(schema.get("missingValues"))
        optional = schema.get("fieldsMatch") not in (None, "exact", ["exact"], "equal", ["equal"])
        fields = tuple((_text(f, "name"), _text(f, "type") or "any") for f in _objects(schema, "fields"))
    return Resource(name, path, kind, fields, optional, missing)


def _missing(raw: object) -> tuple[str, ...]:
    """Return the missing values of a schema: texts, or objects with the text as ``value``."""
    if not isinstance(raw, list):
        return ()
    values = [cast("dict[str, Any]", x).get("value") if isinstance(x, dict) else x for x in cast("list[Any]", raw)]
    return tuple(v for v in values if isinstance(v, str) and v)


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _objects(raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = raw.get(key)
    if not isinstance(value, list):
        return []
    return [cast("dict[str, Any]", x) for x in cast("Iterable[Any]", value) if isinstance(x, dict)]


def _bad(what: str) -> UnreadableInput:
    return UnreadableInput(
        what, f"Mend {DESCRIPTOR}, or take it away: a folder with clusters.csv and the other tables works without it."
    )
