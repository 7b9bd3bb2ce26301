"""A data folder written: tables as CSV, then the descriptor, each file replaced whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd

from allrise.data.package.descriptor import DESCRIPTOR, About
from allrise.data.package.reading import read_descriptor
from allrise.data.package.table_schema import describe
from allrise.data.tables import TABLES
from allrise.errors import UnreadableInput
from allrise.whole import replaced, write_whole

PACKAGE_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
SCHEMA_VERSION = 1


def write_folder(folder: Path, tables: Mapping[str, pd.DataFrame], about: About) -> None:
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
    about
        What the descriptor tells of them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for table, frame in tables.items():
        write_csv(folder / f"{table}.csv", frame)
    old = _ours(folder)
    write_descriptor(folder, {table: [str(c) for c in frame.columns] for table, frame in tables.items()}, about)
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
    with replaced(path) as part:
        out.to_csv(part, index=False, encoding="utf-8", lineterminator="\n", date_format="%Y-%m-%d", na_rep="")


def write_descriptor(folder: Path, columns: Mapping[str, Sequence[str]], about: About) -> None:
    """Write ``datapackage.json`` alone, for a generator that streams its tables itself.

    Parameters
    ----------
    folder
        Made when absent.
    columns
        Columns of each table's file in order; the file is ``TABLE.csv``.
    about
        What the descriptor tells of them.
    """
    resources: list[Any] = []
    for table, names in columns.items():
        schema: dict[str, Any] = {"fields": [{"name": n, "type": "any"} for n in names], "missingValues": [""]}
        if table in TABLES:
            schema = describe(TABLES[table], names)
        # The specification forbids a foreign key to a table that the package does not have.
        keys = [k for k in schema.pop("foreignKeys", []) if k["reference"]["resource"] in columns]
        if keys:
            schema["foreignKeys"] = keys
        resource: dict[str, Any] = {
            "name": table, "path": f"{table}.csv", "type": "table", "format": "csv",
            "mediatype": "text/csv", "encoding": "utf-8",
        }  # fmt: skip
        if table in TABLES:
            resource |= {"title": TABLES[table].label, "description": TABLES[table].description}
        resource["schema"] = schema
        resources.append(resource)
    own: dict[str, Any] = {"schema": SCHEMA_VERSION, "synthetic": about.synthetic}
    own["caveats"] = [{"table": c.table, "text": c.text} for c in about.caveats]
    if about.profile:
        own["profile"] = about.profile
    package: dict[str, Any] = {
        "$schema": PACKAGE_PROFILE,
        "name": re.sub(r"[^a-z0-9._-]+", "-", about.name.lower()).strip("-") or "data",
        "title": about.title,
        "description": about.description,
        "licenses": [_without_blanks({"name": x.name, "title": x.title, "path": x.path}) for x in about.licences],
        "sources": [_without_blanks({"title": x.title, "path": x.path, "version": x.version}) for x in about.sources],
        "resources": resources,
        "allrise": own,
    }
    # An empty list of licences or sources is not allowed by the specification.
    package = {k: v for k, v in package.items() if v not in ("", [])}
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / DESCRIPTOR, json.dumps(package, ensure_ascii=False, indent=2) + "\n")


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
