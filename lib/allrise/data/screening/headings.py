"""Headings: which cell of the header row is which column."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from allrise.data.columns import Table
from allrise.data.screening.findings import Ledger, Place

WIDE = 200


def bare(words: str) -> str:
    """Return letters and digits alone, in lower case: ``School ID`` and ``school_id`` are the same heading."""
    return re.sub(r"[\W_]", "", words).lower()


def recognised(cells: Sequence[str], table: Table) -> int:
    """Return how many distinct columns of ``table`` the cells name."""
    return len({bare(c) for c in cells} & {bare(n) for n in table.column_names})


def resolve(cells: Sequence[str], table: Table, place: Place, line: int, ledger: Ledger) -> dict[str, str]:
    """Return the heading as written by column name, in order, and write down what is odd.

    A heading of the file's own keeps its words; a second column of one name is called ``name_2``; a blank heading
    ``unnamed_3`` after its place.
    """
    by_bare = {bare(n): n for n in table.column_names}
    names: dict[str, str] = {}
    for position, written in enumerate(cells, start=1):
        name = by_bare.get(bare(written)) or written.strip() or f"unnamed_{position}"
        if name in names:
            first = name
            number = 2
            while f"{first}_{number}" in names:
                number += 1
            name = f"{first}_{number}"
            ledger.add(
                "duplicate-column",
                place,
                f"The heading {written.strip()!r} stands twice; the second is kept as {name} and not used",
                row=line,
                column=first,
                value=written,
            )
        elif name in table and name != written:
            ledger.add(
                "header-spelling",
                place,
                f"The heading {written!r} was read as {name}",
                row=line,
                column=name,
                value=written,
                read_as=name,
            )
        names[name] = written
    _absent(names, table, place, line, ledger)
    if len(names) > WIDE:
        ledger.add("very-wide", place, f"The table has {len(names)} columns", row=line)
    return names


def _absent(names: dict[str, str], table: Table, place: Place, line: int, ledger: Ledger) -> None:
    own = [n for n in names if n not in table and names[n].strip()]
    for column in table.columns:
        if column.name in names:
            continue
        near = difflib.get_close_matches(column.name, own, n=1, cutoff=0.8)
        if column.mandatory:
            hint = f"Rename {near[0]!r} to {column.name} if that is the column." if near else ""
            ledger.add(
                "missing-column", place, f"There is no column {column.name}", row=line, column=column.name, mend=hint
            )
        elif near:
            ledger.add(
                "unknown-column",
                place,
                f"The heading {near[0]!r} is nearly {column.name}, which is absent",
                row=line,
                column=near[0],
                value=names[near[0]],
                mend=f"Rename it to {column.name} if that is the column; otherwise leave it.",
            )
