"""A table in the words of Table Schema (Data Package v2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allrise.data.columns import Column, Table


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
