"""Intervals for one level: the Wilson interval of a proportion and the t interval of a mean."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Limits(NamedTuple):
    """Lower and upper limits, arrays of the shape of what was asked."""

    lower: Floats
    upper: Floats


def floats(values: ArrayLike) -> Floats:
    """Return ``values`` as 64-bit floats; pandas' missing values become NaN."""
    if hasattr(values, "to_numpy"):
        return np.asarray(values.to_numpy(dtype="float64", na_value=np.nan), dtype=np.float64)  # type: ignore[union-attr]
    return np.asarray(values, dtype=np.float64)


def normal_quantile(level: float) -> float:
    """Return the two-sided standard normal quantile, 1.96 for ``level=0.95``."""
    if not 0 < level < 1:
        msg = f"a confidence level is between 0 and 1, not {level}"
        raise ValueError(msg)
    return NormalDist().inv_cdf(0.5 + level / 2)  # exact to rounding, and the room's process does without scipy


def chi2_quantile(share: float, df: float) -> float:
    """Return the value below which ``share`` of a chi-squared distribution with ``df`` degrees of freedom lies."""
    from scipy import special

    return float(2 * special.gammaincinv(df / 2, share))


def t_quantile(level: float, df: ArrayLike) -> Floats:
    """Return the two-sided t quantile for ``df`` degrees of freedom; NaN where ``df`` < 1."""
    from scipy import special

    degrees = floats(df)
    safe = np.where(degrees >= 1, degrees, np.nan)
    return floats(special.stdtrit(safe, 0.5 + level / 2))


def root(f: Callable[[float], float], low: float, high: float) -> float:
    """Return where ``f`` crosses zero between ``low`` and ``high`` (Brent), to rounding."""
    from scipy import optimize

    found: Any = optimize.brentq(f, low, high, xtol=1e-14)
    return float(found)


def lowest(f: Callable[[float], float], low: float, high: float, tolerance: float) -> float:
    """Return where ``f`` is lowest between ``low`` and ``high`` (bounded Brent)."""
    from scipy import optimize

    found: Any = optimize.minimize_scalar(f, bounds=(low, high), method="bounded", options={"xatol": tolerance})
    return float(found.x)


def wilson(share: ArrayLike, n: ArrayLike, level: float = 0.95, *, z: ArrayLike | None = None) -> Limits:
    """Return Wilson's score interval of a proportion.

    Parameters
    ----------
    share
        Proportions between 0 and 1.
    n
        Denominators; need not be whole (an effective number may be given). NaN where ``n`` is 0 or missing.
    level
        Confidence level.
    z
        Quantile to use instead of the normal one, for example a t quantile.

    Notes
    -----
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22.
    It stays inside 0..1 and covers well for few pupils and extreme shares, unlike the usual Wald interval.
    """
    p, count = floats(share), floats(n)
    quantile = normal_quantile(level) if z is None else floats(z)
    with np.errstate(divide="ignore", invalid="ignore"):
        count = np.where(count > 0, count, np.nan)
        square = quantile**2
        centre = p + square / (2 * count)
        half = quantile * np.sqrt(p * (1 - p) / count + square / (4 * count**2))
        scale = 1 + square / count
        return Limits(np.clip((centre - half) / scale, 0, 1), np.clip((centre + half) / scale, 0, 1))


def mean_t(mean: ArrayLike, sd: ArrayLike, n: ArrayLike, level: float = 0.95) -> Limits:
    """Return the t interval of a mean from its ``mean``, standard deviation ``sd`` and number ``n`` (2 or more)."""
    centre, count = floats(mean), floats(n)
    half = t_quantile(level, count - 1) * floats(sd) / np.sqrt(np.where(count > 0, count, np.nan))
    return Limits(centre - half, centre + half)


def difference_of_shares(
    share_a: ArrayLike, n_a: ArrayLike, share_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> Limits:
    """Return Newcombe's hybrid score interval of ``share_a - share_b`` for two independent groups.

    Notes
    -----
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions:
    comparison of eleven methods. Statistics in Medicine 17 (method 10).
    """
    a, b = floats(share_a), floats(share_b)
    low_a, high_a = wilson(a, n_a, level)
    low_b, high_b = wilson(b, n_b, level)
    gap = a - b
    return Limits(
        gap - np.sqrt((a - low_a) ** 2 + (high_b - b) ** 2),
        gap + np.sqrt((high_a - a) ** 2 + (b - low_b) ** 2),
    )
