"""Rank questions: one order from many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.intervals import mean_t

RANKING_COLUMNS = ("option", "n", "mean_position", "lower", "upper", "points", "first", "preferred_to")


def ranking(orders: pd.DataFrame, options: list[str], *, level: float = 0.95) -> pd.DataFrame:
    """Put options in the order of their Borda points.

    Parameters
    ----------
    orders
        Columns participant, option, position (1 is first). A participant who ranked only some options gives the
        others the mean of the positions left, so that stopping early is no vote against the rest.
    options
        Every option's id.
    level
        Level of the t interval of the mean position.

    Returns
    -------
    Columns option, n (people), mean_position, lower, upper, points (mean share of other options that it beats, 0 to 1),
    first (people who put it first), preferred_to (options that more people put below it than above it: as many as the
    others means a Condorcet winner); best first.
    """
    size = len(options)
    people = list(dict.fromkeys(orders["participant"]))
    placed = np.full((len(people), size), np.nan)
    row, column = {p: i for i, p in enumerate(people)}, {o: j for j, o in enumerate(options)}
    known = orders[orders["option"].isin(options)]
    for p, o, position in zip(known["participant"], known["option"], known["position"], strict=True):
        placed[row[p], column[o]] = float(position)
    for i in range(len(people)):
        ranked = ~np.isnan(placed[i])
        placed[i][ranked] = pd.Series(placed[i][ranked]).rank().to_numpy()
        placed[i][~ranked] = (ranked.sum() + 1 + size) / 2
    n = len(people)
    rows: list[dict[str, Any]] = []
    for j, option in enumerate(options):
        mine = placed[:, j]
        mean = float(mine.mean()) if n else float("nan")
        if n > 1:
            limits = mean_t(mean, float(mine.std(ddof=1)), n, level)
            low, high = float(limits.lower), float(limits.upper)
        else:
            low = high = float("nan")
        beats = sum(int((mine < placed[:, k]).sum() > (mine > placed[:, k]).sum()) for k in range(size) if k != j)
        rows.append(
            {"option": option, "n": n, "mean_position": mean, "lower": max(1.0, low),
             "upper": min(float(size), high), "points": (size - mean) / (size - 1) if size > 1 else 1.0,
             "first": int((mine == 1).sum()), "preferred_to": beats}
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(RANKING_COLUMNS))
    return table.sort_values("mean_position", kind="stable").reset_index(drop=True)
