"""From a publisher's text to a number, or to the status that says why there is none."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from allrise.data.importers.source_file import SourceFile, translated
from allrise.errors import InvalidData

_NUMBER = r"[+-]?\d+(?:\.\d+)?"


def values(
    file: SourceFile, column: str, symbols: Mapping[str, str], *, blank: str = "x"
) -> tuple[pd.Series, pd.Series]:
    """Return the numbers of a column and, for each row without one, the status that says why.

    Parameters
    ----------
    symbols
        The publisher's symbols, each with the status it means.
    blank
        Status of an empty cell.

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
    text = file.text(column)
    bare = text.str.replace(r"\s*%$", "", regex=True)
    is_number = bare.str.fullmatch(_NUMBER)
    value = bare.where(is_number, None).astype("float64")
    status = translated(text, {**symbols, "": blank}).where(~is_number, "")
    line = file.first(status.isna())
    if line is not None:
        raise InvalidData(
            f"{file.at(line, column)}: {file.cell(line, column)!r} is neither a number nor a known symbol",
            f"Known symbols are {', '.join(symbols)}. Ask the publisher what it means; no value is guessed.",
        )
    return value, status


def counts(file: SourceFile, column: str, symbols: Mapping[str, str]) -> pd.Series:
    """Return a column of whole numbers as Int64, missing where it holds a symbol or nothing.

    Raises
    ------
    InvalidData
        For anything else, and for a fraction.
    """
    value, _ = values(file, column, symbols)
    line = file.first(value.notna() & (value != value.round()))
    if line is not None:
        raise InvalidData(
            f"{file.at(line, column)}: {file.cell(line, column)!r} is not a whole number",
            "A count of pupils is whole; mend the line and import again.",
        )
    return value.astype("Int64")


def coded(file: SourceFile, column: str, words: Mapping[str, str], what: str) -> pd.Series:
    """Return a column translated by ``words``, which must know every text.

    Raises
    ------
    InvalidData
        For a text that it does not know; ``what`` says what the text should be.
    """
    found = translated(file.text(column), words)
    line = file.first(found.isna())
    if line is not None:
        raise InvalidData(
            f"{file.at(line, column)}: {file.cell(line, column)!r} is not a known {what}",
            "The importer must learn what it means; no value is guessed.",
        )
    return found


def unique_ids(file: SourceFile, column: str) -> pd.Series:
    """Return a column of ids, each of which stands in one row.

    Raises
    ------
    InvalidData
        When one is blank or stands twice.
    """
    found = ids(file.text(column))
    line = file.first((found == "") | found.duplicated())
    if line is not None:
        text = file.cell(line, column)
        raise InvalidData(
            f"{file.at(line, column)}: {f'{text!r} stands twice' if text else 'the id is blank'}",
            "Each school has one row; mend the file or ask its publisher.",
        )
    return found


def ids(text: pd.Series) -> pd.Series:
    """Return ids as text, without the ``.0`` that a spreadsheet put behind whole numbers."""
    return text.str.replace(r"^(\d+)\.0+$", r"\1", regex=True)
