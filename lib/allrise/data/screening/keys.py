"""Rows told apart by several columns: which of them share a key, and which keys hold two values.

Numbers of millions of rows are made a span at a time and looked up in an array over all possible keys, which takes
neither sorting nor hashing and no memory a row. Keys too sparse for that are numbered by hashing first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np
import numpy.typing as npt
import pandas as pd

from allrise.data.screening.coded import Codes, Mask

#: Codes of a column, -1 where missing, and how many different codes there are.
Part = tuple[Codes, int]
Rows = npt.NDArray[np.intp]

_SPAN = 1 << 18
#: An array over all possible keys may have so many places a row, and always so many.
_SPARSE = 8
_ALWAYS = 1 << 22


class Keys:
    """One number a row for the codes of several columns: equal rows have equal numbers below ``size``."""

    def __init__(self, parts: Sequence[Part], rows: int) -> None:
        self.rows = rows
        self.size = prod(count + 1 for _, count in parts)
        self._parts = list(parts)
        if self.size > max(_SPARSE * rows, _ALWAYS):
            numbers, known = pd.factorize(combine(parts, rows))
            self.size = len(known)
            self._parts = [(numbers, len(known))]
            # From 0 and without a missing one, so that the number itself is the key.
            self._numbered = True
        else:
            self._numbered = False

    def at(self, rows: Rows | slice) -> npt.NDArray[np.int64]:
        """Return the numbers of some rows."""
        if self._numbered:
            return self._parts[0][0][rows].astype(np.int64)
        out: npt.NDArray[np.int64] | None = None
        for codes, count in self._parts:
            here = codes[rows].astype(np.int64)
            here += 1
            if out is None:
                out = here
            else:
                out *= count + 1
                out += here
        return np.zeros(self.rows, dtype=np.int64)[rows] if out is None else out

    def spans(self) -> Iterator[tuple[slice, npt.NDArray[np.int64]]]:
        """Yield every row's number, many rows at a time."""
        for start in range(0, self.rows, _SPAN):
            span = slice(start, min(start + _SPAN, self.rows))
            yield span, self.at(span)

    def repeated(self) -> Rows:
        """Return the rows whose key another row has too, in order."""
        seen = np.zeros(self.size, dtype=bool)
        for _, key in self.spans():
            seen[key] = True
        if int(np.count_nonzero(seen)) == self.rows:
            return np.zeros(0, dtype=np.intp)
        seen[:] = False
        again = np.zeros(self.size, dtype=bool)
        for _, key in self.spans():
            different, times = np.unique(key, return_counts=True)
            again[different[(times > 1) | seen[different]]] = True
            seen[different] = True
        return self._where(again)

    def further(self, value: Codes, sure: Mask) -> dict[int, int]:
        """Return where a key has a second value: the first row of each further value, with the key's first row.

        Parameters
        ----------
        value
            Codes of the values, by row.
        sure
            The rows that count.
        """
        held = np.full(self.size, -1, dtype=value.dtype)
        for span, key in self.spans():
            here = sure[span]
            held[key[here]] = value[span][here]
        several = np.zeros(self.size, dtype=bool)
        for span, key in self.spans():
            here = sure[span] & (held[key] != value[span])
            several[key[here]] = True
        at = self._where(several)
        at = at[sure[at]]
        return _further(at, self.at(at), value[at]) if len(at) else {}

    def largest(self, value: npt.NDArray[np.float64], rows: Mask) -> npt.NDArray[np.float64]:
        """Return by key the largest ``value`` of its ``rows``; nan where it has none."""
        out = np.full(self.size, np.nan)
        for span, key in self.spans():
            here = rows[span]
            np.fmax.at(out, key[here], value[span][here])
        return out

    def _where(self, chosen: Mask) -> Rows:
        if not chosen.any():
            return np.zeros(0, dtype=np.intp)
        return np.concatenate([np.flatnonzero(chosen[key]) + span.start for span, key in self.spans()])


def combine(parts: Sequence[Part], rows: int) -> npt.NDArray[np.int64]:
    """Return one number a row for several codes (codes from -1, how many codes): equal rows have equal numbers."""
    out, size = np.zeros(rows, dtype=np.int64), 1
    for codes, count in parts:
        if size * (count + 1) >= 2**62:
            out = pd.factorize(out)[0].astype(np.int64)
            size = int(out.max(initial=0)) + 1
        out = out * (count + 1) + (codes.astype(np.int64) + 1)
        size *= count + 1
    return out


def _further(at: Rows, key: npt.NDArray[np.int64], value: Codes) -> dict[int, int]:
    pair = combine([(pd.factorize(key)[0], len(at)), (value, int(value.max()) + 1)], len(at))
    chosen = np.sort(np.unique(pair, return_index=True)[1])
    groups, first = np.unique(key[chosen], return_index=True)
    firsts = chosen[first[np.searchsorted(groups, key[chosen])]]
    again = chosen != firsts
    return dict(zip(at[chosen[again]].tolist(), at[firsts[again]].tolist(), strict=True))
