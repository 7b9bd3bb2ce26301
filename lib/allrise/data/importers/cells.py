"""From a publisher's text to a number, or to the status that says why there is none."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from allrise.data.importers.source_file import SourceFile
from allrise.errors import InvalidData

_NUMBER = r"[+-]?\d+(?:\.\d+)?"


def values(
    file: SourceFile, column: str, symbols: Mapping[str, str], *, blank: str = "x", written: str = ""
) -> tuple[pd.Series, pd.Series]:
    """Return the numbers of a column and, for each row without one, the status that says why.

    Parameters
    ----------
    symbols
        The publisher's symbols, each with the status it means.
    blank
        Status of an empty cell.
    written
        The column's name in the file, for messages.

    Returns
    -------
    value
        float64; missing where the cell holds a symbol or nothing. A ``%`` sign is taken off.
    status
        str; empty where there is a value.

    Raises
    ------
    InvalidData
        For a text that is neither a number nor a known symbol.
    """
    text = file.rows[column]
    bare = text.str.replace(r"\s*%$", "", regex=True)
    is_number = bare.str.fullmatch(_NUMBER)
    value = pd.to_numeric(bare.where(is_number), errors="coerce").astype("float64")
    status = text.map({**dict(symbols), "": blank}).where(~is_number, "")
    if unknown := list(text.index[status.isna()]):
        line = unknown[0]
        raise InvalidData(
            f"{file.at(line, written or column)}: {text.loc[line]!r} is neither a number nor a known symbol",
            f"Known symbols are {', '.join(symbols)}. Ask the publisher what it means; no value is guessed.",
        )
    return value, status.astype("str")


def counts(file: SourceFile, column: str, symbols: Mapping[str, str], *, written: str = "") -> pd.Series:
    """Return a column of whole numbers as Int64, missing where it holds a symbol or nothing.

    Raises
    ------
    InvalidData
        For anything else, and for a fraction.
    """
    value, _ = values(file, column, symbols, written=written)
    broken = value.notna() & (value != value.round())
    if broken.any():
        line = int(broken.index[broken][0])
        raise InvalidData(
            f"{file.at(line, written or column)}: {file.rows.at[line, column]!r} is not a whole number",
            "A count of pupils is whole; mend the line and import again.",
        )
    return value.astype("Int64")


def ids(text: pd.Series) -> pd.Series:
    """Return ids as text, without the ``.0`` that a spreadsheet put behind whole numbers."""
    return text.str.replace(r"^(\d+)\.0+$", r"\1", regex=True)
