"""Funnel limits: how far schools of a given size would scatter by chance, and by chance and ordinary variety.

Plain limits (inverted Wilson) ask whether a school differs from the target by more than the chance of few pupils.
Raw attainment differs between schools for a hundred ordinary reasons, so plain limits flag a third of all schools.
The adjusted limits add the ordinary variety between schools, tau, estimated from a whole system.

Spiegelhalter, D. J. (2005). Handling over-dispersion of performance indicators. Quality and Safety in Health
Care 14; and Funnel plots for comparing institutional performance. Statistics in Medicine 24.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from allrise.evidence.intervals import Floats, Limits, floats, normal_quantile

#: Fewer schools than this cannot say how much schools ordinarily vary; take tau from a larger reference group.
SENSIBLE_SCHOOLS = 50


class TooFewSchools(UserWarning):
    """Over-dispersion was estimated from too few schools to be trusted."""


@dataclass(frozen=True, slots=True)
class Overdispersion:
    """The ordinary variety between schools of a reference group, as one measure, group and period has it.

    Attributes
    ----------
    k
        Schools of the reference group.
    phi
        Mean squared z-score after winsorising; 1 when chance alone explains the scatter.
    tau
        Between-school standard deviation: on the arcsine scale when ``scale`` is ``"arcsine"``, else in the unit.
    target
        The reference level, a share between 0 and 1 on the arcsine scale, else in the unit.
    sd_within
        Standard deviation of pupils within schools; NaN on the arcsine scale, which does not need it.
    period, reference
        School year (its start), and who the reference group is, for the note under a figure.
    """

    k: int
    phi: float
    tau: float
    target: float
    period: int
    reference: str
    scale: str = "arcsine"
    sd_within: float = float("nan")

    @property
    def enough(self) -> bool:
        """Whether the reference group has enough schools for ``tau`` to be trusted."""
        return self.k >= SENSIBLE_SCHOOLS


def _winsorised(z: Floats, share: float) -> Floats:
    """Pull the ``share`` lowest and highest z-scores in to the quantiles there."""
    low, high = np.quantile(z, [share, 1 - share])
    return np.clip(z, low, high)


def _phi_and_tau(z: Floats, s: Floats, winsorise: float) -> tuple[float, float]:
    k = len(z)
    phi = float(np.mean(_winsorised(z, winsorise) ** 2))
    w = s**-2.0
    spread = float(w.sum() - (w**2).sum() / w.sum())
    if spread <= 0:
        return phi, 0.0
    return phi, float(np.sqrt(max(0.0, (k * phi - (k - 1)) / spread)))


def _usable(value: ArrayLike, n: ArrayLike, reference: str) -> tuple[Floats, Floats]:
    """Return values and denominators of the schools that have both; refuse with one school, warn with few."""
    y, count = floats(value), floats(n)
    usable = np.isfinite(y) & (count > 0)
    k = int(usable.sum())
    if k < 2:
        msg = f"over-dispersion needs two schools or more with a value and a denominator, {reference} has {k}"
        raise ValueError(msg)
    if k < SENSIBLE_SCHOOLS:
        warnings.warn(
            f"over-dispersion of {reference} rests on {k} schools; below {SENSIBLE_SCHOOLS} it is not to be trusted: "
            "take a larger reference group",
            TooFewSchools,
            stacklevel=3,
        )
    return y[usable], count[usable]


def overdispersion_of_shares(
    share: ArrayLike, n: ArrayLike, *, period: int, reference: str, winsorise: float = 0.1
) -> Overdispersion:
    """Estimate over-dispersion from schools' shares on the arcsine scale.

    ``Y = asin sqrt(share)``, ``s = 1 / (2 sqrt n)``, ``z = (Y - Y0) / s`` with ``Y0`` from the pooled share,
    winsorised; ``phi = mean z^2``; ``tau^2 = max(0, (k phi - (k - 1)) / (sum s^-2 - sum s^-4 / sum s^-2))``.

    Parameters
    ----------
    share, n
        One share (0..1) and denominator a school; missing ones and ``n`` of 0 are left out.
    period, reference
        Kept for the figure's note.
    winsorise
        Share at each end that is pulled in, so that a few unusual schools do not widen the limits for all.

    Raises
    ------
    ValueError
        With fewer than two usable schools.

    Warns
    -----
    TooFewSchools
        With fewer than :data:`SENSIBLE_SCHOOLS`.
    """
    p, count = _usable(share, n, reference)
    target = float((p * count).sum() / count.sum())
    s = 1 / (2 * np.sqrt(count))
    z = (np.arcsin(np.sqrt(p)) - np.arcsin(np.sqrt(target))) / s
    phi, tau = _phi_and_tau(z, s, winsorise)
    return Overdispersion(len(p), phi, tau, target, period, reference)


def overdispersion_of_means(
    mean: ArrayLike, n: ArrayLike, sd_within: float, *, period: int, reference: str, winsorise: float = 0.1
) -> Overdispersion:
    """Estimate over-dispersion from schools' means, in their unit, when the spread within schools is known."""
    y, count = _usable(mean, n, reference)
    target = float((y * count).sum() / count.sum())
    s = sd_within / np.sqrt(count)
    phi, tau = _phi_and_tau((y - target) / s, s, winsorise)
    return Overdispersion(len(y), phi, tau, target, period, reference, "unit", sd_within)


def plain_limits(target: float, n: ArrayLike, level: float = 0.95) -> Limits:
    """Return where shares of schools with ``n`` pupils would lie by chance alone: the inverted Wilson limits.

    A school is outside exactly when ``target`` is outside the school's own Wilson interval.
    """
    z, count = normal_quantile(level), floats(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = z * np.sqrt(target * (1 - target) / np.where(count > 0, count, np.nan))
    return Limits(np.clip(target - half, 0, 1), np.clip(target + half, 0, 1))


def adjusted_limits(over: Overdispersion, n: ArrayLike, level: float = 0.95) -> Limits:
    """Return where schools with ``n`` pupils would lie by chance and ordinary variety between schools.

    Shares (arcsine scale) come back between 0 and 1: a limit never passes what the unit can hold.
    """
    z, count = normal_quantile(level), floats(n)
    count = np.where(count > 0, count, np.nan)
    if over.scale == "arcsine":
        centre = np.arcsin(np.sqrt(over.target))
        half = z * np.sqrt(1 / (4 * count) + over.tau**2)
        bounds = np.clip([centre - half, centre + half], 0, np.pi / 2)
        return Limits(np.sin(bounds[0]) ** 2, np.sin(bounds[1]) ** 2)
    half = z * np.sqrt(over.sd_within**2 / count + over.tau**2)
    return Limits(over.target - half, over.target + half)


def outside(value: ArrayLike, n: ArrayLike, over: Overdispersion) -> list[str]:
    """Say for each school whether it is outside the adjusted limits: ``"no"``, ``"95"``, ``"99.8"``, or ``""``.

    ``""`` means that it cannot be said: no value or no denominator.
    """
    y, count = floats(value), floats(n)
    low95, high95 = adjusted_limits(over, count, 0.95)
    low998, high998 = adjusted_limits(over, count, 0.998)
    known = np.isfinite(y) & np.isfinite(low95)
    beyond95, beyond998 = (y < low95) | (y > high95), (y < low998) | (y > high998)
    words = np.select([~known, beyond998, beyond95], ["", "99.8", "95"], "no")
    return [str(word) for word in words]
