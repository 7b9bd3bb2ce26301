"""How far schools lie apart, and how much of that is only the chance of few pupils (C1).

The plain standard deviation of school means is always too large: it adds chance to the true spread. REML takes the
chance out. Its interval inverts the generalised Q statistic, which keeps its level for the 5 to 20 schools of a cluster.

Viechtbauer, W. (2007). Confidence intervals for the amount of heterogeneity in meta-analysis. Statistics in Medicine 26.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from allrise.evidence.intervals import Floats, chi2_quantile, floats, lowest, normal_quantile, root

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Spread:
    """Spread between schools, in the unit of the values.

    Attributes
    ----------
    schools
        Schools that it rests on.
    sd_raw
        Standard deviation of the schools' values.
    sd_between, sd_lower, sd_upper
        Standard deviation of the true levels (REML) and its interval.
    icc
        Share of all variance between pupils that lies between schools.
    noise_share
        Share of the variance of the schools' values that chance alone would give, 0..1.
    """

    schools: int
    sd_raw: float
    sd_between: float = _NAN
    sd_lower: float = _NAN
    sd_upper: float = _NAN
    icc: float = _NAN
    noise_share: float = _NAN


def spread(value: ArrayLike, n: ArrayLike, sd_within: float, level: float = 0.95) -> Spread:
    """Measure the spread between schools from their values.

    Parameters
    ----------
    value, n
        One entry a school; schools without a value are left out, and schools without a denominator count for
        ``sd_raw`` only.
    sd_within
        Standard deviation between pupils of one school, in the unit of ``value``; NaN when not known: then only
        ``sd_raw`` can be said.
    level
        Confidence level of the interval of ``sd_between``.
    """
    y, count = floats(value), floats(n)
    shown = np.isfinite(y)
    sd_raw = float(np.std(y[shown], ddof=1)) if shown.sum() >= 2 else _NAN
    usable = shown & (count > 0)
    if usable.sum() < 2 or not np.isfinite(sd_within) or sd_within <= 0:
        return Spread(int(shown.sum()), sd_raw)
    y, noise = y[usable], sd_within**2 / count[usable]
    tau2 = known_noise_reml(y, noise)
    low, high = q_profile(y, noise, level)
    variance = float(np.var(y, ddof=1))
    share = min(1.0, float(noise.mean()) / variance) if variance > 0 else 1.0
    return Spread(
        int(shown.sum()), sd_raw, np.sqrt(tau2), np.sqrt(low), np.sqrt(high), tau2 / (tau2 + sd_within**2), share
    )


def known_noise_reml(y: Floats, noise: Floats) -> float:
    """Return the REML variance between true levels when each value's sampling variance ``noise`` is known."""

    def criterion(tau2: float) -> float:
        w = 1 / (noise + tau2)
        centre = (w * y).sum() / w.sum()
        return float(-np.log(w).sum() + np.log(w.sum()) + (w * (y - centre) ** 2).sum())

    top = max(10 * float(np.var(y)), float(noise.max())) or 1.0
    grid = np.concatenate([[0.0], np.geomspace(top * 1e-8, top, 60)])
    values = [criterion(float(t)) for t in grid]
    best = int(np.argmin(values))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    found = lowest(criterion, low, high, top * 1e-12)
    return found if best > 0 or criterion(found) < values[0] else 0.0


def q_profile(y: Floats, noise: Floats, level: float = 0.95) -> tuple[float, float]:
    """Return the limits of the variance between true levels: where Q is an ordinary chi-squared value."""
    k = len(y)

    def q(tau2: float) -> float:
        w = 1 / (noise + tau2)
        centre = (w * y).sum() / w.sum()
        return float((w * (y - centre) ** 2).sum())

    def where(quantile: float) -> float:
        if q(0.0) <= quantile:
            return 0.0
        top = max(float(np.var(y)), float(noise.max()))
        while q(top) > quantile:
            top *= 4
        return root(lambda t: q(t) - quantile, 0.0, top)

    tail = (1 - level) / 2
    return where(chi2_quantile(1 - tail, k - 1)), where(chi2_quantile(tail, k - 1))


def sd_within_of_shares(share: ArrayLike, n: ArrayLike) -> float:
    """Return the pooled standard deviation of zeros and ones within schools, from shares (0..1) and denominators."""
    p, count = floats(share), floats(n)
    usable = np.isfinite(p) & (count >= 2)
    p, count = p[usable], count[usable]
    df = (count - 1).sum()
    return float(np.sqrt((count * p * (1 - p)).sum() / df)) if df > 0 else _NAN


def sd_within_of_limits(lower: ArrayLike, upper: ArrayLike, n: ArrayLike, level: float = 0.95) -> float:
    """Return the pooled standard deviation within schools that published limits of means imply.

    Publishers make limits as ``value +/- 1.96 sd / sqrt(n)``; the median over schools is robust to their rounding.
    """
    half = (floats(upper) - floats(lower)) / 2
    count = floats(n)
    usable = np.isfinite(half) & (half > 0) & (count > 0)
    if not usable.any():
        return _NAN
    return float(np.median(half[usable] * np.sqrt(count[usable]))) / normal_quantile(level)
