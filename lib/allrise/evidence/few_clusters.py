"""Errors of comparisons of changes between schools of few clusters, which are of unequal size and partly on both sides.

The usual errors clustered by cluster are too small when clusters are few, and smaller still when one of them has much of the
schools: its own schools pull the mean towards it, so that it seems to stray less than it does. Each cluster's part is
therefore scaled up by its share of the schools (CR2), and the t quantile has the degrees of freedom that this sum of squares
has if schools of a cluster go together as much as they are seen to. Both follow from which schools are compared: a mean over
several years and groups has its own.

Bell, R. M. and McCaffrey, D. F. (2002). Bias reduction in standard errors for linear regression with multi-stage samples.
Survey Methodology 28. Imbens, G. W. and Kolesar, M. (2016). Robust standard errors in small samples: some practical advice.
Review of Economics and Statistics 98. All at once: Montiel Olea, J. L. and Plagborg-Moller, M. (2019). Simultaneous
confidence bands. Journal of Applied Econometrics 34 (plug-in sup-t; here with t margins instead of normal ones).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from allrise.evidence.intervals import Floats, floats, t_quantile

#: Schools that are looked at together, so that a hundred thousand of them do not need gigabytes.
_TOGETHER = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side of a comparison: the mean change of some schools, and its weight in the whole.

    Attributes
    ----------
    who
        Which schools, shape (schools,). All have a value in both years.
    now, base
        Places of the two years among the columns of the values.
    weight
        What the mean change is multiplied by: 1 for those who joined and -1 for the others, times that of the comparison.
    """

    who: NDArray[np.bool_]
    now: int
    base: int
    weight: float

    def times(self, weight: float) -> Side:
        """Return the same side, counting ``weight`` times as much."""
        return Side(self.who, self.now, self.base, self.weight * weight)

    def strays(self, values: Floats) -> Floats:
        """Return how far each school's change is from the mean change; 0 for schools that are not on this side."""
        change = np.where(self.who, values[:, self.now] - values[:, self.base], 0.0)
        return np.where(self.who, change - change[self.who].mean(), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Error:
    """How uncertain a sum of mean changes is.

    Attributes
    ----------
    parts
        Each cluster's part, shape (clusters,): the variance is the sum of their squares.
    df
        Degrees of freedom of that variance, 1 at least. NaN, as all ``parts`` then are, when one side has a single cluster.
    """

    parts: Floats
    df: float

    @property
    def se(self) -> float:
        return float(np.sqrt((self.parts**2).sum()))

    def half(self, level: float) -> float:
        """Return half the width of the interval."""
        return float(t_quantile(level, self.df)) * self.se


def together(values: Floats, sides: Sequence[Side], units: NDArray[np.intp]) -> float:
    """Return how much schools of one cluster stray together, 0 to 1: the mean product of two of them over the mean square.

    Parameters
    ----------
    values
        Shape (schools, years).
    units
        The number of each school's cluster.
    """
    product = square = pairs = singles = 0.0
    for side in sides:
        strays = side.strays(values)
        schools = np.bincount(units[side.who])
        squares = float((strays**2).sum())
        product += float((np.bincount(units, strays) ** 2).sum()) - squares
        square += squares
        pairs += float((schools**2).sum() - schools.sum())
        singles += float(schools.sum())
    if not (square > 0 and pairs > 0):
        return 0.0
    return min(max(product / pairs / (square / singles), 0.0), 1.0)


def error_of(values: Floats, sides: Sequence[Side], units: NDArray[np.intp], share: float) -> Error:
    """Return the error of the sum of the sides' mean changes, each times its weight.

    Parameters
    ----------
    values
        Shape (schools, years).
    units
        The number of each school's cluster; schools of different clusters are independent.
    share
        Of the variance, how much the schools of a cluster have in common in a year (:func:`together`). It decides the
        degrees of freedom alone.
    """
    clusters = int(units.max()) + 1
    parts = np.zeros(clusters)
    pulls = np.zeros((len(units), values.shape[1]))  # of each value, on the part of its cluster, but through no mean
    schools = np.array([np.bincount(units[s.who], minlength=clusters) for s in sides], dtype=np.float64)
    sizes = schools.sum(axis=1)
    if (schools == sizes[:, None]).any():
        return Error(np.full(clusters, np.nan), float("nan"))
    scales = np.where(schools > 0, 1 / np.sqrt(1 - schools / sizes[:, None]), 0.0)
    for side, scale, size in zip(sides, scales, sizes, strict=True):
        parts += side.weight / size * scale * np.bincount(units, side.strays(values), minlength=clusters)
        pull = np.where(side.who, side.weight / size * scale[units], 0.0)
        pulls[:, side.now] += pull
        pulls[:, side.base] -= pull
    through = (schools * scales * (np.array([s.weight for s in sides]) / sizes)[:, None]).T
    return Error(parts, _freedom(sides, units, schools, pulls, through, share))


def _freedom(
    sides: Sequence[Side],
    units: NDArray[np.intp],
    schools: Floats,
    pulls: Floats,
    through: Floats,
    share: float,
) -> float:
    """Return the square of the expected variance over half of the variance's own variance, for values of a simple kind.

    The clusters' parts are linear in the values: parts = P values - Q means, with P ``pulls`` summed by cluster, Q
    ``through`` and means those of the sides. If every value has one variance, of which those of one cluster and year have
    ``share`` in common, the parts have the covariance M = D - X Q' - Q X' + Q C Q', where D is diagonal, X that of P values
    with the means and C that of the means. The degrees of freedom are (tr M)^2 / tr M^2; M itself, clusters by clusters, is
    never made.
    """
    clusters = schools.shape[1]
    now, base = np.array([s.now for s in sides]), np.array([s.base for s in sides])
    sizes = schools.sum(axis=1)
    summed = np.array([np.bincount(units, column, minlength=clusters) for column in pulls.T]).T
    own = np.bincount(units, (pulls**2).sum(axis=1), minlength=clusters)
    diagonal = (1 - share) * own + share * (summed**2).sum(axis=1)
    alone = np.array([
        np.bincount(units, np.where(s.who, pulls[:, s.now] - pulls[:, s.base], 0.0), minlength=clusters) for s in sides
    ])  # fmt: skip
    common = schools * (summed[:, now] - summed[:, base]).T
    crossed = (((1 - share) * alone + share * common) / sizes[:, None]).T
    years = np.equal.outer(now, now) * 1.0 - np.equal.outer(now, base) - np.equal.outer(base, now)
    years = (years + np.equal.outer(base, base)) / np.outer(sizes, sizes)
    means = years * ((1 - share) * _shared(sides, len(units)) + share * (schools @ schools.T))

    inner = through.T @ through
    first = float(diagonal.sum() - 2 * (crossed * through).sum() + (means * inner).sum())
    none = np.zeros_like(means)
    both = np.hstack([crossed, through])
    middle = np.block([[none, -np.eye(len(sides))], [-np.eye(len(sides)), means]])
    turned = middle @ (both.T @ both)
    second = float((diagonal**2).sum() + 2 * (middle * (both.T @ (diagonal[:, None] * both))).sum())
    second += float((turned * turned.T).sum())
    return max(first**2 / second, 1.0) if second > 0 else float("nan")


def _shared(sides: Sequence[Side], schools: int) -> Floats:
    """Return how many schools each two sides have in common."""
    found = np.zeros((len(sides), len(sides)))
    for start in range(0, schools, _TOGETHER):
        some = np.array([s.who[start : start + _TOGETHER] for s in sides], dtype=np.float64)
        found += some @ some.T
    return found


def error_of_mean(strays: Floats, pupils: Floats) -> tuple[float, float]:
    """Return the variance of a mean over pupils, who come in schools, and its degrees of freedom.

    :func:`error_of` where schools are the clusters, and for the degrees of freedom pupils of one school are no more alike
    than others; only what is known of each school is needed.

    Parameters
    ----------
    strays
        How far each school's mean is from that of all pupils.
    pupils
        Of each school; none has them all.
    """
    share = pupils / pupils.sum()
    pulls = share**2 / (1 - share)
    own = share / (1 - share)
    spread = float((own**2).sum() - 2 * (own * pulls).sum() + pulls.sum() ** 2)
    return float((pulls * strays**2).sum()), max(1 / spread, 1.0)


class AllAtOnce:
    """Several estimates from the same schools, judged together: how large is the largest of them by chance?

    Parameters
    ----------
    errors
        Their errors; all have an ``se`` above 0.
    draws, seed
        Of normal deviates that correlate as the estimates do.
    """

    def __init__(self, errors: Sequence[Error], draws: int, seed: int) -> None:
        self._df = np.array([e.df for e in errors])
        scaled = np.array([e.parts / e.se for e in errors])
        values, vectors = np.linalg.eigh(scaled @ scaled.T)
        spread = vectors * np.sqrt(np.clip(values, 0, None))
        deviates = np.random.default_rng(seed).standard_normal((draws, len(scaled)))
        self._largest = np.abs(deviates @ spread.T).max(axis=1)

    def quantiles(self, level: float) -> Floats:
        """Return by how many of its standard errors each estimate's band reaches, so that all hold at once."""
        single = float(2 * special.ndtr(np.quantile(self._largest, level)) - 1)
        return t_quantile(single, self._df)

    def chance_of(self, studentised: Floats) -> float:
        """Return how likely an estimate as extreme as the most extreme of these is, if there is nothing."""
        least = float((2 * special.stdtr(self._df, -np.abs(floats(studentised)))).min())
        return float((self._largest >= special.ndtri(1 - least / 2)).mean())
