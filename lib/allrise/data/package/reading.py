"""What a folder says of itself, read from its ``datapackage.json``, or else from the names of its files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, cast

from allrise.data.package.descriptor import DESCRIPTOR, Caveat, Descriptor, FileFormat, Licence, Resource, Source
from allrise.data.tables import TABLES
from allrise.errors import UnreadableInput

_ENDINGS: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}


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
