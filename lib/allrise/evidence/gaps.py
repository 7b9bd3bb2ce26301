"""The gap between two groups of pupils: its interval, and how much of it lies within schools.

Kitagawa, E. M. (1955). Components of a difference between two rates. JASA 50.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from allrise.evidence.intervals import Floats, floats, normal_quantile, t_quantile


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap (high group less low group) with its interval; ``pupils`` are those of the schools that show both."""

    pupils_low: float
    pupils_high: float
    value_low: float
    value_high: float
    gap: float
    lower: float
    upper: float
    schools: int


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Parts of a gap; ``within + between`` is the whole gap.

    ``within``: what would remain if both groups were spread over the schools alike. ``between``: what comes from the
    groups going to different schools.
    """

    within: float
    between: float

    @property
    def total(self) -> float:
        return self.within + self.between


def _pairs(*columns: ArrayLike) -> tuple[Floats, ...]:
    arrays = [floats(c) for c in columns]
    usable = np.isfinite(arrays).all(axis=0) & (arrays[1] > 0) & (arrays[3] > 0)
    return tuple(a[usable] for a in arrays)


def pooled_gap(
    low: ArrayLike, n_low: ArrayLike, high: ArrayLike, n_high: ArrayLike, *, percent: bool, level: float = 0.95
) -> Gap:
    """Return the gap over several schools, pupil-weighted, with an interval that respects clustering.

    Both groups of one school share its teachers, so the interval is made from what each school contributes (a
    linearised ratio, t quantile with schools less 1). For percentages it is never narrower than pupils' chance alone.

    Parameters
    ----------
    low, n_low, high, n_high
        One entry a school; schools that do not show both groups with denominators are left out.
    percent
        The values are percentages.
    """
    y_low, c_low, y_high, c_high = _pairs(low, n_low, high, n_high)
    k = len(y_low)
    if k == 0:
        nan = float("nan")
        return Gap(0, 0, nan, nan, nan, nan, nan, 0)
    total_low, total_high = c_low.sum(), c_high.sum()
    mean_low, mean_high = (y_low * c_low).sum() / total_low, (y_high * c_high).sum() / total_high
    variance, quantile = float("nan"), normal_quantile(level)
    if k >= 2:
        parts = c_high * (y_high - mean_high) / total_high - c_low * (y_low - mean_low) / total_low
        variance = k / (k - 1) * float((parts**2).sum())
        quantile = float(t_quantile(level, k - 1))
    if percent:
        chance = mean_low * (100 - mean_low) / total_low + mean_high * (100 - mean_high) / total_high
        variance = float(np.fmax(variance, chance))
    gap, half = mean_high - mean_low, quantile * np.sqrt(variance)
    return Gap(
        float(total_low),
        float(total_high),
        float(mean_low),
        float(mean_high),
        float(gap),
        float(gap - half),
        float(gap + half),
        k,
    )


def decompose(low: ArrayLike, n_low: ArrayLike, high: ArrayLike, n_high: ArrayLike) -> Decomposition:
    """Split the pupil-weighted gap into its parts within and between schools; NaN when no school shows both."""
    y_low, c_low, y_high, c_high = _pairs(low, n_low, high, n_high)
    if len(y_low) == 0:
        return Decomposition(float("nan"), float("nan"))
    w_low, w_high = c_low / c_low.sum(), c_high / c_high.sum()
    within = float(((w_high + w_low) / 2 * (y_high - y_low)).sum())
    between = float(((w_high - w_low) * (y_high + y_low) / 2).sum())
    return Decomposition(within, between)
