"""A column as values, each distinct text of the file once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from allrise.data.columns import Column
from allrise.data.screening.coded import Codes, Mask, narrowest

#: The Arrow type of each type of column.
ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "date": pa.timestamp("us"),
    "boolean": pa.bool_(),
}


@dataclass(frozen=True, slots=True)
class Converted:
    """One column as values: ``distinct[codes[i]]`` is the value of row ``i``; missing where blank or refused.

    ``blank`` and ``bad`` are by distinct text: nothing stood there; something stood there and was refused.
    ``symbols`` are status symbols that stand in a number's place, by number of the text.
    """

    column: Column
    codes: Codes
    distinct: Any
    blank: Mask
    bad: Mask
    percent: Mask
    symbols: dict[int, str] = field(default_factory=dict)

    def is_blank(self) -> Mask:
        """Return per row whether nothing stood there."""
        if not self.blank.any():
            return np.zeros(len(self.codes), dtype=bool)
        return self.blank[self.codes]

    def is_missing(self) -> Mask:
        """Return per row whether there is no value, for whatever reason."""
        missing = np.asarray(pd.isna(self.distinct), dtype=bool)
        return missing[self.codes] if len(missing) else np.zeros(0, dtype=bool)

    def numbers(self) -> npt.NDArray[np.float64]:
        """Return the values of a column of numbers by row, with nan where missing."""
        by_text = pd.Series(self.distinct).astype("float64").to_numpy()
        return by_text[self.codes] if len(by_text) else np.zeros(0)

    def days(self) -> npt.NDArray[np.datetime64]:
        """Return the values of a column of dates by row."""
        by_text = pd.Series(self.distinct).to_numpy(dtype="datetime64[D]")
        return by_text[self.codes] if len(by_text) else np.zeros(0, dtype="datetime64[D]")

    def values(self) -> list[Any]:
        """Return the value of each distinct text; iterating over ``distinct`` itself is many times slower."""
        return pd.Series(self.distinct, dtype="object").tolist()

    def labels(self) -> tuple[Codes, list[Any]]:
        """Return (codes, distinct values): equal values have equal codes; -1 is missing."""
        by_text, distinct = self.labels_by_text()
        if len(by_text) == len(distinct) and bool((by_text == np.arange(len(by_text))).all()):
            return self.codes, distinct  # every text is a value of its own
        return (by_text[self.codes] if len(by_text) else np.zeros(0, dtype=np.int8)), distinct

    def labels_by_text(self) -> tuple[Codes, list[Any]]:
        """Return the same as :meth:`labels` with one code a distinct text."""
        codes, distinct = pd.factorize(pd.Series(self.distinct, dtype="object"), use_na_sentinel=True)
        return codes.astype(narrowest(len(distinct))), list(distinct)

    def series(self) -> pd.Series:
        """Return the typed column."""
        return pd.Series(self.distinct.take(self.codes), name=self.column.name)

    def arrow(self) -> pa.DictionaryArray:
        """Return the typed column as an Arrow dictionary: as small as the codes."""
        values = pa.Array.from_pandas(pd.Series(self.distinct))
        return pa.DictionaryArray.from_arrays(pa.array(self.codes), values.cast(ARROW_TYPES[self.column.type]))

    def keep(self, rows: Mask) -> Converted:
        return self if rows.all() else replace(self, codes=self.codes[rows])
