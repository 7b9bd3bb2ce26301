"""A column as values, each distinct text of the file once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from allrise.data.columns import Column
from allrise.data.screening.coded import Codes, Mask


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
        return self.blank[self.codes] if len(self.blank) else np.zeros(0, dtype=bool)

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

    def labels(self) -> tuple[Codes, list[Any]]:
        """Return (codes, distinct values): equal values have equal codes; -1 is missing."""
        codes, distinct = pd.factorize(pd.Series(self.distinct, dtype="object"), use_na_sentinel=True)
        by_text = codes.astype(np.int32)
        return (by_text[self.codes] if len(by_text) else np.zeros(0, dtype=np.int32)), list(distinct)

    def series(self) -> pd.Series:
        """Return the typed column."""
        return pd.Series(self.distinct.take(self.codes), name=self.column.name)

    def keep(self, rows: Mask) -> Converted:
        return self if rows.all() else replace(self, codes=self.codes[rows])
