"""How low and how high every number of a block can be, for who knows what is shown and how groups add up.

All pupils are the sum of each pair of groups, and pairs share nothing else: a star of sums with all pupils in its
middle. On such a star the limits of every number are exact after one step inwards and one step outwards, also for
whole numbers, so no solver is needed and a whole country is done at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pairs = Sequence[tuple[int, int]]


def counted(pupils: Floats, pairs: Pairs) -> Floats:
    """Return numbers of pupils with those filled in that follow from the others; column 0 is all pupils."""
    n = pupils.copy()
    for a, b in pairs:
        n[:, 0] = np.where(np.isnan(n[:, 0]), n[:, a] + n[:, b], n[:, 0])
    for a, b in pairs:
        for x, y in ((a, b), (b, a)):
            n[:, x] = np.where(np.isnan(n[:, x]), np.maximum(n[:, 0] - n[:, y], 0), n[:, x])
    return n


def limits(low: Floats, high: Floats, pairs: Pairs) -> tuple[Floats, Floats]:
    """Return the lowest and highest values that agree with all sums.

    Parameters
    ----------
    low, high
        Shape (blocks, groups): what is known of each number by itself; infinite where nothing is.
    pairs
        Columns that add up to column 0.

    Returns
    -------
    Two arrays of the same shape. Where a low limit is above its high one, what is known contradicts itself.
    """
    low, high = low.copy(), high.copy()
    for a, b in pairs:
        low[:, 0] = np.maximum(low[:, 0], low[:, a] + low[:, b])
        high[:, 0] = np.minimum(high[:, 0], high[:, a] + high[:, b])
    least, most = low.copy(), high.copy()
    for a, b in pairs:
        for x, y in ((a, b), (b, a)):
            least[:, x] = np.maximum(low[:, x], _difference(low[:, 0], high[:, y], -np.inf))
            most[:, x] = np.minimum(high[:, x], _difference(high[:, 0], low[:, y], np.inf))
    return least, most


def _difference(whole: Floats, part: Floats, unknown: float) -> Floats:
    """Return ``whole`` less ``part``; ``unknown`` where either is."""
    known = np.isfinite(whole) & np.isfinite(part)
    return np.where(known, np.where(known, whole, 0.0) - np.where(known, part, 0.0), unknown)
