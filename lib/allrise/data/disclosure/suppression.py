"""Which values of a school's outcomes are hidden: the small ones, and as many again as would give them away.

A *block* is one school, year and measure: all pupils, and pairs of groups that together make up all pupils
(:data:`~allrise.data.tables.COMPLEMENTS`). Blocks share no pupils with one another, and every total of a public
release is made from protected rows, so a hidden value can be worked out from its own block or not at all. What
can be known within a block is small enough to be said in rules:

1. A group that is the only hidden part of a whole that is known follows by subtraction; its partner goes too.
   A whole is known when it is shown, or when both parts of any pair are.
2. A group whose partner is not in the data has one all the same: the rest. Where the rest is small, the group goes;
   where nobody is left, the group is the whole, and both are hidden or neither.
3. What nearly everybody, or nearly nobody, of the whole reached is told of each small group in it. Of a hidden group
   of *k* pupils, no more can have missed a standard than missed it in the two parts of any other pair (all pupils of
   a part count where it is hidden), or in the whole. Unless that is *k* or more, and the same holds of those who
   reached it, what is shown there goes, so that any result of the small group stays possible.
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
_EITHER = (*_PAIRS, *((b, a) for a, b in _PAIRS))
_PARTNER = dict(_EITHER)


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
    # How many pupils each group has that is hidden for its own sake; 0 for the others. A large group that the source
    # hides is there to protect another: it must not be worked out, but it may be guessed at.
    few = np.where(np.isfinite(pupils), pupils, threshold[:, None] - 1)
    small = np.where(primary & (few < 2 * threshold[:, None]), few, 0.0)
    rest = pupils[:, [0]] - pupils
    whole = np.zeros_like(primary)
    for a, b in _EITHER:
        alone = given[:, a] & ~given[:, b] & ~primary[:, b]
        left = alone & (rest[:, a] > 0) & (rest[:, a] < threshold)
        hidden[:, a] |= left
        small[:, b] = np.where(left, rest[:, a], small[:, b])
        whole[:, a] = alone & ~(rest[:, a] > 0)  # also where nobody counted
    reached = pupils * value / 100
    # Without a number of pupils nobody can count: what is said of all but a few is then said of each.
    extreme = ~np.isfinite(pupils) & ((value < 1) | (value > 99))
    hidden |= extreme & given & (percent & (small.max(axis=1) > 0))[:, None]
    while True:
        before = int(hidden.sum())
        _no_sums(hidden, given, pupils, whole)
        _no_bounds(hidden, given, pupils, reached, small, percent)
        if int(hidden.sum()) == before:
            return hidden


def _no_sums(hidden: Truths, given: Truths, pupils: Floats, whole: Truths) -> None:
    """Hide what is worked out by adding and subtracting."""
    hidden[:, 0] |= given[:, 0] & (whole & hidden).any(axis=1)
    hidden |= whole & hidden[:, [0]]
    shown = given & ~hidden
    known = shown[:, 0].copy()
    for a, b in _PAIRS:
        known |= shown[:, a] & shown[:, b]
    for a, b in _PAIRS:
        back = hidden[:, 0] & shown[:, a] & shown[:, b]
        fewer = np.nan_to_num(pupils[:, a]) <= np.nan_to_num(pupils[:, b])
        first = (known & hidden[:, b] & shown[:, a]) | (back & fewer)
        second = (known & hidden[:, a] & shown[:, b]) | (back & ~fewer)
        hidden[:, a] |= first
        hidden[:, b] |= second


def _no_bounds(hidden: Truths, given: Truths, pupils: Floats, reached: Floats, small: Floats, percent: Truths) -> None:
    """Hide what narrows down the results of a small group."""
    shown = given & ~hidden
    parts: tuple[tuple[int, ...], ...] = ((0,), *_PAIRS)
    for part in parts:
        others = [i for i in range(1, len(GROUPS)) if i not in part]
        need = small[:, others].max(axis=1, initial=0.0)
        yes, no = np.zeros(len(need)), np.zeros(len(need))
        for i in part:
            # Where the partner is not in the data it is the rest of all pupils; where nobody counted, anything.
            rest = pupils[:, 0] - pupils[:, _PARTNER[i]] if i else np.full(len(need), np.nan)
            size = np.where(np.isfinite(pupils[:, i]), pupils[:, i], rest)
            size = np.where(np.isfinite(size), size, np.inf)
            yes += np.where(shown[:, i] & np.isfinite(reached[:, i]), reached[:, i], size)
            no += np.where(shown[:, i] & np.isfinite(reached[:, i]), pupils[:, i] - reached[:, i], size)
        told = percent & (need > 0) & (np.fmin(yes, no) < need - 1e-9)
        for i in part:
            hidden[:, i] |= told & shown[:, i]
