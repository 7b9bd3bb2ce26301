"""Somebody who has every pack of a public release, knows the rules, and wants the results of a few pupils.

The attacker knows nothing of the code that protects. For each school, year and measure there are true numbers: of
pupils in each group, and of those who reach the standard. What is published bounds them; that two groups make up
all pupils ties them together. Linear programming then finds how low and how high a hidden result can be.

Who knows every number of pupils needs no solver: :func:`attack_all` does all blocks at once, in whole pupils.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from allrise.data.tables import COMPLEMENTS

BLOCK = ["school_id", "time_period", "measure_id"]
CELL = [*BLOCK, "pupil_group"]


@dataclass(frozen=True)
class Knowledge:
    """What the attacker knows beside the packs.

    Parameters
    ----------
    pupils
        How many pupils each group really has, by cell: from the school census, say; empty for who reads packs only.
    below
        That hidden cells of ``small`` are about 1 to ``below`` - 1 pupils.
    small
        The cells that are hidden for their own sake. No reader can be sure of that; this one has guessed right.
    """

    pupils: dict[tuple, float]
    below: int
    small: frozenset[tuple]
    pupils_to: float = 5
    value_to: float = 1


@dataclass(frozen=True)
class Found:
    """What can be known of one hidden cell: its result lies between ``low`` and ``high`` percent."""

    cell: tuple
    low: float
    high: float

    @property
    def width(self):
        return self.high - self.low


def attack(published, targets, knowledge):
    """Return what can be known of each of the hidden cells ``targets``.

    ``published`` has the columns of ``outcomes``, as read from the packs: percentages only.
    """
    blocks = dict(iter(published.groupby(BLOCK, sort=False)))
    return [_bounds(blocks[cell[:3]], cell, knowledge) for cell in targets]


def _bounds(rows, cell, knowledge):
    """Bound hits / pupils of one cell: a linear fraction, made linear by scaling all numbers (Charnes and Cooper)."""
    known = {
        str(g): (n, v, s) for g, n, v, s in rows[["pupil_group", "pupils", "value", "status"]].itertuples(index=False)
    }
    groups = ["all", *(g for pair in COMPLEMENTS if set(pair) & set(known) for g in pair)]
    n_at = {g: 2 * i for i, g in enumerate(groups)}
    h_at = {g: 2 * i + 1 for i, g in enumerate(groups)}
    scale = 2 * len(groups)
    upper, equal = [], []

    def at_most(coefficients, bound):
        row = np.zeros(scale + 1)
        for place, coefficient in coefficients.items():
            row[place] += coefficient
        row[scale] -= bound
        upper.append(row)

    def exactly(coefficients, value):
        row = np.zeros(scale + 1)
        for place, coefficient in coefficients.items():
            row[place] += coefficient
        row[scale] -= value
        equal.append(row)

    for g in groups:
        n, h = n_at[g], h_at[g]
        at_most({h: 1, n: -1}, 0)
        pupils, value, status = known.get(g, (None, None, "x"))
        key = (*cell[:3], g)
        if key in knowledge.pupils:
            exactly({n: 1}, knowledge.pupils[key])
        elif not pd.isna(pupils):
            at_most({n: 1}, float(pupils) + knowledge.pupils_to / 2)
            at_most({n: -1}, -(float(pupils) - knowledge.pupils_to / 2))
        elif status == "c":
            at_most({n: -1}, -1)
        if key in knowledge.small:
            at_most({n: 1}, knowledge.below - 1)
        if not pd.isna(value):
            half = knowledge.value_to / 2
            at_most({h: 1, n: -(float(value) + half) / 100}, 0)
            at_most({h: -1, n: (float(value) - half) / 100}, 0)
    for low, high in COMPLEMENTS:
        if low in n_at:
            exactly({n_at["all"]: 1, n_at[low]: -1, n_at[high]: -1}, 0)
            exactly({h_at["all"]: 1, h_at[low]: -1, h_at[high]: -1}, 0)
    exactly({n_at[cell[3]]: 1}, 0)
    equal[-1] = np.eye(scale + 1)[n_at[cell[3]]]
    right = np.zeros(len(equal))
    right[-1] = 1
    aim = np.eye(scale + 1)[h_at[cell[3]]]
    limits = []
    for sign in (1, -1):
        solved = linprog(
            sign * aim,
            A_ub=np.array(upper),
            b_ub=np.zeros(len(upper)),
            A_eq=np.array(equal),
            b_eq=right,
            method="highs",
        )
        # Where rounding and knowledge contradict each other nothing is learned.
        limits.append(sign * solved.fun * 100 if solved.status == 0 else 100.0 * (sign < 0))
    return Found(cell, *limits)


def hidden_cells(published):
    """Return the cells that are hidden, as keys."""
    rows = published.loc[published["status"] == "c", CELL]
    return [(s, int(y), m, g) for s, y, m, g in rows.itertuples(index=False)]


def percentages(table, measures):
    """Return the rows of measures in percent."""
    percent = measures.loc[measures["unit"] == "percent", "measure_id"]
    return pd.DataFrame(table.loc[table["measure_id"].isin(percent)])


GROUPS = ("all", *(g for pair in COMPLEMENTS for g in pair))


def attack_all(published, census, *, percent=True, rounding=0.5):
    """Return what somebody who has counted every group can know of every hidden cell.

    Parameters
    ----------
    published
        Public outcomes of measures in percent, or of others.
    census
        Numbers of pupils by cell.
    percent
        Results are of whole pupils who reached something or not; else they are sums without limits.
    rounding
        How far a shown value may be from the true one.

    Returns
    -------
    DataFrame
        A row a hidden cell of a group with pupils: its keys, ``pupils``, how many reached it at least and at most
        (``low``, ``high``), and ``everybody``: the group is all the pupils, whose result is shown.
    """
    rows = published.reset_index(drop=True)
    block = rows.groupby(BLOCK, sort=False).ngroup().to_numpy()
    place = np.array([GROUPS.index(g) for g in rows["pupil_group"]])
    shape = (block.max() + 1, len(GROUPS))
    n, value, hidden = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    n[block, place] = census.reindex(pd.MultiIndex.from_frame(rows[CELL])).to_numpy(dtype=float)
    value[block, place] = rows["value"].to_numpy(dtype=float)
    hidden[block, place] = (rows["status"] == "c").to_numpy(dtype=bool)
    pairs = [(GROUPS.index(a), GROUPS.index(b)) for a, b in COMPLEMENTS]
    for a, b in pairs:
        n[:, 0] = np.where(np.isnan(n[:, 0]), n[:, a] + n[:, b], n[:, 0])
    for a, b in (*pairs, *((b, a) for a, b in pairs)):
        n[:, a] = np.where(np.isnan(n[:, a]), n[:, 0] - n[:, b], n[:, a])
    if percent:
        low, high = np.zeros(shape), np.where(np.isnan(n), np.inf, n)
        seen = np.ceil((value - rounding) * n / 100 - 1e-6), np.floor((value + rounding) * n / 100 + 1e-6)
    else:
        low, high = np.where(n == 0, 0, -np.inf), np.where(n == 0, 0, np.inf)
        seen = value * n, value * n
    shown = np.isfinite(value) & np.isfinite(n)
    low, high = np.where(shown, np.maximum(low, seen[0]), low), np.where(shown, np.minimum(high, seen[1]), high)
    for a, b in pairs:
        low[:, 0] = np.maximum(low[:, 0], low[:, a] + low[:, b])
        high[:, 0] = np.minimum(high[:, 0], high[:, a] + high[:, b])
    least, most = low.copy(), high.copy()
    for a, b in (*pairs, *((b, a) for a, b in pairs)):
        least[:, a] = np.fmax(low[:, a], low[:, 0] - high[:, b])
        most[:, a] = np.fmin(high[:, a], high[:, 0] - low[:, b])
    at = np.nonzero(hidden & ~(n == 0))
    keys = rows.loc[np.unique(block, return_index=True)[1], BLOCK].iloc[at[0]].reset_index(drop=True)
    whole = (n == n[:, [0]]) & shown[:, [0]]
    return keys.assign(
        pupil_group=[GROUPS[i] for i in at[1]], pupils=n[at], low=least[at], high=most[at], everybody=whole[at]
    )
