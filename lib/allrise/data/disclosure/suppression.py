"""Which values of a school's outcomes are hidden: the small ones, and as many again as would give them away.

A *block* is one school, year and measure: all pupils, and pairs of groups that together make up all pupils
(:data:`~allrise.data.tables.COMPLEMENTS`). Blocks share no pupils with one another, and every total of a public
release is made from protected rows, so a hidden value can be worked out from its own block or not at all. What
can be known within a block is small enough to be said in rules:

1. A group that is the only hidden part of a whole that is known follows by subtraction; its partner goes too.
   A whole is known when it is shown, or when both parts of any other pair are.
2. A group whose partner is not in the data has one all the same: the rest. Where the rest is small, the group goes.
3. A whole of which nearly everybody, or nearly nobody, reached a standard says so of each small group in it; it
   goes. Then no pair may be left whole, or it would be back by addition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allrise.data.tables import COMPLEMENTS

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

#: The groups of a block, in the order of its columns: all pupils first, then the pairs.
GROUPS: tuple[str, ...] = ("all", *(g for pair in COMPLEMENTS for g in pair))
_PAIRS = tuple((GROUPS.index(low), GROUPS.index(high)) for low, high in COMPLEMENTS)


def complementary(pupils: Floats, value: Floats, primary: Truths, threshold: Floats, percent: Truths) -> Truths:
    """Return what must be hidden in each block so that nothing of ``primary`` can be worked out.

    Parameters
    ----------
    pupils, value
        Shape (blocks, ``GROUPS``); NaN where not known or not in the data.
    primary
        Same shape: values hidden for their own sake, also those that the source hid.
    threshold
        Shape (blocks,): fewest pupils of a shown value.
    percent
        Shape (blocks,): values are percentages of the pupils, so that numbers of pupils follow from them.

    Returns
    -------
    Array of truths, same shape: ``primary`` and what goes with it.
    """
    given = np.isfinite(value)
    hidden = primary.copy()
    small = np.where(primary, np.where(np.isfinite(pupils), pupils, threshold[:, None] - 1), 0.0)
    for a, b in (*_PAIRS, *((b, a) for a, b in _PAIRS)):
        absent = ~given[:, b] & ~primary[:, b]
        rest = pupils[:, 0] - pupils[:, a]
        few = absent & given[:, a] & (rest > 0) & (rest < threshold)
        hidden[:, a] |= few
        small[:, b] = np.where(few, rest, small[:, b])
    need = small[:, 1:].max(axis=1, initial=0.0)
    reached = pupils[:, 0] * value[:, 0] / 100
    either = np.fmin(reached, pupils[:, 0] - reached)
    unanimous = np.where(np.isfinite(either), either < need, (value[:, 0] < 1) | (value[:, 0] > 99))
    hidden[:, 0] |= given[:, 0] & percent & (need > 0) & unanimous
    while True:
        before = int(hidden.sum())
        shown = given & ~hidden
        known = shown[:, 0].copy()
        for a, b in _PAIRS:
            known |= shown[:, a] & shown[:, b]
        for a, b in _PAIRS:
            hidden[:, b] |= known & hidden[:, a] & shown[:, b]
            hidden[:, a] |= known & hidden[:, b] & shown[:, a]
            back = hidden[:, 0] & shown[:, a] & shown[:, b]
            fewer = np.where(np.isfinite(pupils[:, a]), pupils[:, a], 0) <= np.where(
                np.isfinite(pupils[:, b]), pupils[:, b], 0
            )
            hidden[:, a] |= back & fewer
            hidden[:, b] |= back & ~fewer
        if int(hidden.sum()) == before:
            return hidden
