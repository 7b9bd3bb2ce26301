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
4. Last, every block is attacked as a reader would who knows every number of pupils and every shown number
   exactly (:mod:`~allrise.data.disclosure.bounds`). While a result hidden for its own sake is narrowed down there by
   anything at all, another shown one goes: of those whose hiding helps, the one about the fewest pupils.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from allrise.data.disclosure.bounds import counted, limits
from allrise.data.tables import COMPLEMENTS

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

#: The groups of a block, in the order of its columns: all pupils first, then the pairs.
GROUPS: tuple[str, ...] = ("all", *(g for pair in COMPLEMENTS for g in pair))
_PAIRS = tuple((GROUPS.index(low), GROUPS.index(high)) for low, high in COMPLEMENTS)
_EITHER = (*_PAIRS, *((b, a) for a, b in _PAIRS))
_PARTNER = dict(_EITHER)


@dataclass(frozen=True, slots=True)
class Blocks:
    """What is known of each block, in the columns of ``GROUPS``; shape (blocks, groups) unless said otherwise.

    Parameters
    ----------
    pupils, value
        NaN where not known or not in the data.
    primary
        Values hidden for their own sake, also those that the source hid.
    threshold
        Shape (blocks,): fewest pupils of a shown value.
    percent
        Shape (blocks,): values are percentages of the pupils, so that numbers of pupils follow from them.
    """

    pupils: Floats
    value: Floats
    primary: Truths
    threshold: Floats
    percent: Truths

    def of(self, chosen: Truths) -> Blocks:
        """Return the chosen blocks."""
        return Blocks(*(getattr(self, f.name)[chosen] for f in fields(self)))


def complementary(blocks: Blocks) -> tuple[Truths, Truths]:
    """Return what must be hidden in each block so that nothing of ``primary`` can be worked out.

    Returns
    -------
    hidden
        ``primary`` and what goes with it, shape (blocks, groups).
    told
        Groups of whom the source hides what it shows of all pupils, though they are all the pupils: no secret.
    """
    b = replace(blocks, pupils=counted(blocks.pupils, _PAIRS))
    given = np.isfinite(b.value)
    whole = (b.pupils > 0) & (b.pupils == b.pupils[:, [0]])
    whole[:, 0] = True
    # How many pupils each group has that is hidden for its own sake; 0 for the others. A large group that the source
    # hides is there to protect another: it must not be worked out, but it may be guessed at.
    few = np.where(np.isfinite(b.pupils), b.pupils, b.threshold[:, None] - 1)
    small = np.where(b.primary & (few < 2 * b.threshold[:, None]), few, 0.0)
    told = whole & b.primary & ~given & (small == 0) & np.any(whole & given & ~b.primary, axis=1, keepdims=True)
    told[:, 0] = False
    secret = b.primary & ~told & ~(few == 0)
    hidden = b.primary.copy()
    for x, y in _EITHER:
        alone = given[:, x] & ~given[:, y] & ~b.primary[:, y]
        left = alone & (b.pupils[:, y] > 0) & (b.pupils[:, y] < b.threshold)
        # Nobody counted the rest, so nobody knows that it is large.
        left |= alone & np.isfinite(blocks.pupils[:, x]) & np.isnan(b.pupils[:, 0])
        hidden[:, x] |= left
        small[:, y] = np.where(left, few[:, y], small[:, y])
        secret[:, y] |= left
    reached = b.pupils * b.value / 100
    # Without a number of pupils nobody can count: what is said of all but a few is then said of each.
    extreme = ~np.isfinite(b.pupils) & ((b.value < 1) | (b.value > 99))
    hidden |= extreme & given & (b.percent & (small.max(axis=1) > 0))[:, None]
    while True:
        before = int(hidden.sum())
        _no_sums(hidden, given, b.pupils, whole, secret)
        _no_bounds(hidden, given, b.pupils, reached, small, b.percent)
        if int(hidden.sum()) == before and not _no_way(hidden, b, secret, small):
            return hidden, told & ~_secret_whole(hidden, given, whole)


def _secret_whole(hidden: Truths, given: Truths, whole: Truths) -> Truths:
    """Say of which blocks nothing is shown that is about all pupils, as a column."""
    return ~np.any(whole & given & ~hidden, axis=1, keepdims=True)


def _no_sums(hidden: Truths, given: Truths, pupils: Floats, whole: Truths, secret: Truths) -> None:
    """Hide what is worked out by adding and subtracting."""
    hidden |= whole & np.any(whole & (given | secret) & hidden, axis=1, keepdims=True)
    shown = given & ~hidden
    known = (whole & shown).any(axis=1)
    for a, b in _PAIRS:
        known |= shown[:, a] & shown[:, b]
    for a, b in _PAIRS:
        back = hidden[:, 0] & shown[:, a] & shown[:, b]
        fewer = np.nan_to_num(pupils[:, a]) <= np.nan_to_num(pupils[:, b])
        some = (pupils[:, a] != 0) & (pupils[:, b] != 0)
        first = (known & hidden[:, b] & shown[:, a] & some) | (back & fewer)
        second = (known & hidden[:, a] & shown[:, b] & some) | (back & ~fewer)
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


def _no_way(hidden: Truths, blocks: Blocks, secret: Truths, small: Floats) -> bool:
    """Attack every block, hide one more value where the attack succeeds, and say whether it did anywhere."""
    given = np.isfinite(blocks.value)
    found = ~_safe(given & ~hidden, blocks, secret, small)
    found &= (given & ~hidden).any(axis=1)
    if not found.any():
        return False
    part, shown = blocks.of(found), (given & ~hidden)[found]
    pupils = np.where(shown, np.where(np.isfinite(part.pupils), part.pupils, 1e9), np.inf)
    helps = np.zeros_like(shown)
    for column in range(shown.shape[1]):
        less = shown.copy()
        less[:, column] = False
        helps[:, column] = shown[:, column] & _safe(less, part, secret[found], small[found])
    helps |= ~np.any(helps, axis=1, keepdims=True)  # one is not enough: begin with the smallest
    choice = np.where(helps, pupils, np.inf).argmin(axis=1)
    hidden[np.flatnonzero(found), choice] = True
    return True


def _safe(shown: Truths, blocks: Blocks, secret: Truths, small: Floats) -> Truths:
    """Say of each block whether no secret can be worked out, and every result of a small group stays possible."""
    nobody = blocks.pupils == 0
    known = shown | nobody
    least, most = limits(np.where(known, 0.0, -np.inf), np.where(known, 0.0, np.inf), _PAIRS)
    safe = ~(secret & np.isfinite(least) & np.isfinite(most)).any(axis=1)
    # Numbers as exact as can be: an attacker who sees rounded ones knows less.
    reached = np.rint(blocks.pupils * blocks.value / 100)
    size = np.where(np.isfinite(blocks.pupils), blocks.pupils, np.inf)
    exact = shown & np.isfinite(reached)
    least, most = limits(np.where(exact, reached, 0.0), np.where(exact, reached, size), _PAIRS)
    narrowed = ((small > 0) & ((least > 0) | (most < small))) | (secret & (most - least < 1))
    return safe & ~(blocks.percent & narrowed.any(axis=1))
