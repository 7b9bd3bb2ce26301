"""Two things that change a table before its rules are checked: wholly identical rows, and symbols among numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from allrise.data.screening.checked import Checked
from allrise.data.screening.coded import narrowest
from allrise.data.screening.findings import Ledger
from allrise.data.screening.keys import Keys, Part, combine


def without_duplicates(checked: Checked, ledger: Ledger) -> Checked:
    """Write rows with the same key down and return the table without rows that are wholly the same as an earlier one."""
    table = checked.raw.table
    if not checked.has(*table.key) or not len(checked):
        return checked
    codes = [checked.columns[k].labels() for k in table.key]
    keys = Keys([(c, len(v)) for c, v in codes], len(checked))
    twice = keys.repeated()
    for name, (c, _) in zip(table.key, codes, strict=True):
        if table[name].filled:
            twice = twice[c[twice] >= 0]
    if not len(twice):
        return checked
    key = keys.at(twice)
    whole = combine([_codes(checked, name, twice) for name in checked.raw.columns], len(twice))
    same = pd.Series(whole).duplicated(keep="first").to_numpy()
    first = pd.Series(twice).groupby(key).transform("first").to_numpy()
    lines = dict(zip(twice.tolist(), first.tolist(), strict=True))
    checked.report(
        ledger,
        "identical-row",
        twice[same],
        None,
        lambda i: f"The row is the same as line {checked.raw.line(lines[i])}",
    )
    names = ", ".join(table.key)
    clash = twice[~same & (twice != first)]
    checked.report(
        ledger,
        "duplicate-key",
        clash,
        table.key[0],
        lambda i: f"Line {checked.raw.line(lines[i])} has the same {names} and says something else",
    )
    keep = np.ones(len(checked), dtype=bool)
    keep[twice[same]] = False
    return checked.keep(keep)


def _codes(checked: Checked, name: str, rows: npt.NDArray[np.intp]) -> Part:
    """Return codes of a column's values at some rows; refused cells are told apart by their text."""
    coded = checked.raw.columns[name]
    if name not in checked.columns:
        return coded.codes[rows], len(coded.texts)
    column = checked.columns[name]
    codes, known = column.labels()
    refused = column.bad[column.codes[rows]]
    written = coded.codes[rows].astype(np.int64)
    return np.where(refused, len(known) + written, codes[rows]), len(known) + len(coded.texts)


def symbols_to_status(checked: Checked, ledger: Ledger) -> Checked:
    """Move a status symbol that stands in a number's place to ``status`` where that is blank, and write it down."""
    if checked.name != "outcomes" or not checked.has("value", "status"):
        return checked
    columns = dict(checked.columns)
    status = columns["status"]
    for name in ("value", "pupils", "lower", "upper"):
        column = columns.get(name)
        if column is None or not column.symbols:
            continue
        chosen = np.full(len(column.blank), -1, dtype=np.int32)
        values = list(pd.Series(status.distinct, dtype="object"))
        for text, symbol in column.symbols.items():
            chosen[text] = len(values)
            values.append(symbol)
        new = chosen[column.codes]
        here = new >= 0
        said = pd.Series(values, dtype="object").fillna("").to_numpy()
        free = here & (said[status.codes] == "") & ~status.bad[status.codes] if name == "value" else here & False
        agrees = here & ((said[status.codes] == said[new]) | (name != "value")) & ~free
        checked.report(
            ledger, "symbol-in-value", free | agrees, name, "The symbol was read as blank, with its status",
            read_as=lambda _: "",
        )  # fmt: skip
        clash = here & ~free & ~agrees

        def says(i: int, name: str = name) -> str:
            return f"The cell says {checked.text(name, i)!r} and status says otherwise"

        checked.report(ledger, "unknown-symbol", clash, name, says)
        more = len(values) - len(status.blank)
        status = replace(
            status,
            codes=np.where(free, new, status.codes).astype(narrowest(len(values))),
            distinct=pd.array(values, dtype="str"),
            blank=np.concatenate([status.blank, np.zeros(more, dtype=bool)]),
            bad=np.concatenate([status.bad, np.zeros(more, dtype=bool)]),
            percent=np.concatenate([status.percent, np.zeros(more, dtype=bool)]),
        )
        is_symbol = np.isin(np.arange(len(column.blank)), list(column.symbols))
        columns[name] = replace(column, blank=column.blank | is_symbol)
    columns["status"] = status
    return Checked(checked.raw, columns)
