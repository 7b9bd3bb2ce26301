"""The reference page of a data folder (docs/data-folder.md), written from the tables themselves."""

from __future__ import annotations

from allrise.data.columns import Column, Table
from allrise.data.tables import STATUSES, TABLES

_INTRODUCTION = """# A data folder

A data folder holds one file a table: CSV (UTF-8), Parquet, or one Excel workbook with a sheet a table. Only
`clusters`, `schools` and `memberships` are required; a chapter whose table is absent says so in one line and the
rest is still built. `datapackage.json` (Data Package v2) tells title, licence, sources and caveats; a folder
without it can be used and `allrise data check` reminds you of it.

Rules for every table:

- One observation a row, one header row, no title lines above it.
- Ids are opaque text: `00123` stays `00123`. Schools and clusters keep their id when their name changes.
- Dates are `2018-09-01`. `time_period` is the start year of a school year: `2018` is 2018/19.
- A decimal point, no thousands separators, no `%` signs: the unit stands in `measures`.
- A value that is not shown is blank and has a `status`; a blank is never a zero.
- Columns and tables of your own are allowed, kept, and passed over.

`allrise data check DATA` finds what breaks these rules and says how to mend it; see
[the screening rules](screening-rules.md).

## Symbols of `status` in `outcomes`
"""


def data_folder_page() -> str:
    """Return docs/data-folder.md: every table and column with type, whether it must be there, and meaning."""
    lines = [_INTRODUCTION, "| status | meaning |", "|---|---|", "| blank | the value is shown |"]
    lines += [f"| `{symbol}` | {meaning} |" for symbol, meaning in STATUSES.items()]
    for table in TABLES.values():
        lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def _table(table: Table) -> list[str]:
    need = "Required." if table.required else "Optional."
    lines = [f"## {table.name}", "", f"{table.label}. {table.description} {need}", ""]
    lines += [f"One row for each {', '.join(f'`{k}`' for k in table.key)}.", ""]
    lines += ["| column | type | need | meaning | values |", "|---|---|---|---|---|"]
    return lines + [
        f"| `{c.name}` | {c.type} | {_need(c)} | {c.description.replace('|', '&#124;')} | {_values(c)} |"
        for c in table.columns
    ]


def _need(column: Column) -> str:
    if column.filled:
        return "every row"
    return "column" if column.mandatory else "if you have it"


def _values(column: Column) -> str:
    words: list[str] = []
    if column.enum:
        words.append(", ".join(f"`{v}`" for v in column.enum))
    if column.minimum is not None and column.maximum is not None:
        words.append(f"{column.minimum:g} to {column.maximum:g}")
    elif column.minimum is not None:
        words.append(f"{column.minimum:g} or more")
    if column.unit:
        words.append(column.unit)
    if column.refers_to:
        words.append(f"in `{column.refers_to[0]}`")
    return "; ".join(words)
