"""Ranks only as sets: which ranks are compatible with the data.

Goldstein, H. and Spiegelhalter, D. J. (1996). League tables and their limitations. JRSS A 159 (bootstrap).
Mogstad, M., Romano, J., Shaikh, A. and Wilhelm, D. (2024). Inference for ranks with applications to mobility across
neighbourhoods and academic achievement across countries. Review of Economic Studies 91 (sets from differences).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from allrise.evidence.intervals import Floats, floats


def _checked(value: ArrayLike, se: ArrayLike) -> tuple[Floats, Floats]:
    y, errors = floats(value), floats(se)
    if y.shape != errors.shape or not np.isfinite(y).all() or not (np.isfinite(errors) & (errors > 0)).all():
        msg = "rank sets need a value and a positive standard error for each; leave out those without, and say how many"
        raise ValueError(msg)
    return y, errors


def _rank(y: Floats) -> Floats:
    return floats(pd.Series(-y).rank(method="min"))


def rank_sets_bootstrap(
    value: ArrayLike, se: ArrayLike, *, draws: int = 4000, level: float = 0.95, seed: int = 20260101
) -> pd.DataFrame:
    """Return percentile intervals of each rank over draws from normal errors; 1 is the largest value.

    Simple and familiar, and too narrow when many true values are close together: prefer :func:`rank_sets`.

    Returns
    -------
    DataFrame
        ``rank``, ``lower``, ``upper`` in the order given.
    """
    y, errors = _checked(value, se)
    rng = np.random.default_rng(seed)
    drawn = rng.normal(y, errors, size=(draws, len(y)))
    order = np.argsort(-drawn, axis=1)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(1, len(y) + 1), order.shape).copy(), axis=1)
    tail = (1 - level) / 2
    low, high = np.quantile(ranks, [tail, 1 - tail], axis=0, method="inverted_cdf")
    return pd.DataFrame({"rank": _rank(y).astype(int), "lower": low.astype(int), "upper": high.astype(int)})


def rank_sets(
    value: ArrayLike, se: ArrayLike, *, level: float = 0.95, draws: int = 4000, seed: int = 20260101
) -> pd.DataFrame:
    """Return for each unit the ranks that cannot be ruled out; the true rank is inside with at least ``level``.

    For each unit all differences to the others are given simultaneous limits (the largest studentised difference of
    normal draws, so that their dependence counts); it ranks below as many as are surely larger, above as many as are
    surely smaller.

    Returns
    -------
    DataFrame
        ``rank``, ``lower``, ``upper`` in the order given; 1 is the largest value.
    """
    y, errors = _checked(value, se)
    k = len(y)
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, errors, size=(draws, k))
    lower, upper = np.ones(k, dtype=int), np.full(k, k)
    for j in range(k):
        others = np.arange(k) != j
        scale = np.hypot(errors[others], errors[j])
        largest = np.abs((noise[:, others] - noise[:, [j]]) / scale).max(axis=1, initial=0.0)
        half = float(np.quantile(largest, level)) * scale
        difference = y[others] - y[j]
        lower[j] = 1 + int((difference - half > 0).sum())
        upper[j] = k - int((difference + half < 0).sum())
    return pd.DataFrame({"rank": _rank(y).astype(int), "lower": lower, "upper": upper})
