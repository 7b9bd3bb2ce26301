"""School effects by restricted maximum likelihood (REML), from aggregates or from pupils' rows.

A raw mean of few pupils is mostly chance. The random-intercept model says how much schools really differ, and pulls
each school's raw value towards what is expected of it: a lot for small schools, hardly for large ones.

Laird, N. M. and Ware, J. H. (1982), Biometrics 38; Bates, D. et al. (2015), Fitting linear mixed-effects models using
lme4, Journal of Statistical Software 67 (the profiled criterion that is minimised here).

The method of moments is another estimator (0.1530 where REML gives 0.1716 on the Exam data); it is not used here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from allrise.errors import InvalidData
from allrise.evidence.intervals import Floats, floats, normal_quantile
from allrise.evidence.reml import (
    Solution,
    Sums,
    best_ratio,
    best_ratios,
    nested_effects,
    nested_sums,
    solve,
    sums_of_rows,
)


@dataclass(frozen=True, slots=True)
class RandomIntercepts:
    """A fitted random-intercept model.

    Attributes
    ----------
    effects
        One row a school: ``group`` (school), ``pupils``, ``effect`` (best linear unbiased predictor, distance from the
        fixed part), ``conditional_sd`` (given the parameters: it leaves out the uncertainty of the mean and of the
        variances), ``reliability`` (share of a school's raw distance that is kept: ``var_between / (var_between +
        var_within / pupils)``). Three levels add ``upper_effects`` of the same columns.
    fixed, fixed_se
        Coefficients and their standard errors, by name.
    var_between, var_within
        Between schools, and between pupils of one school. ``var_upper`` is the variance between the groups of schools.
    criterion
        REML criterion: minus twice the restricted log-likelihood.
    """

    effects: pd.DataFrame
    fixed: pd.Series
    fixed_se: pd.Series
    var_between: float
    var_within: float
    criterion: float
    var_upper: float = float("nan")
    upper_effects: pd.DataFrame | None = None

    @property
    def icc(self) -> float:
        """Share of all variance that lies between schools."""
        return self.var_between / (self.var_between + self.var_within)

    @property
    def mean_reliability(self) -> float:
        return float(floats(self.effects["reliability"]).mean())


def _two_levels(sums: Sums) -> RandomIntercepts:
    if len(sums.n) < 2 or (sums.n < 1).any() or sums.n.sum() <= len(sums.n):
        raise InvalidData(
            f"a random intercept needs two schools or more and several pupils in a school; there are {len(sums.n)} schools "
            f"with {int(sums.n.sum())} pupils",
            "Leave shrinkage out for this measure, or take the reference group's variances.",
        )
    ratio = best_ratio(sums)
    fit = solve(sums, ratio)
    residual = sums.by_group[:, -1] - sums.by_group[:, :-1] @ fit.beta
    shrink = 1 + sums.n * ratio
    effects = pd.DataFrame(
        {
            "group": sums.labels,
            "pupils": sums.n.astype("int64"),
            "effect": ratio * residual / shrink,
            "conditional_sd": np.sqrt(fit.var_within * ratio / shrink),
            "reliability": sums.n * ratio / shrink,
        }
    )
    return _fitted(sums, fit, ratio, effects)


def _fitted(
    sums: Sums,
    fit: Solution,
    ratio: float,
    effects: pd.DataFrame,
    var_upper: float = float("nan"),
    upper_effects: pd.DataFrame | None = None,
) -> RandomIntercepts:
    names = list(sums.names)
    return RandomIntercepts(
        effects,
        pd.Series(fit.beta, index=names),
        pd.Series(np.sqrt(np.diag(fit.covariance) * fit.var_within), index=names),
        ratio * fit.var_within,
        fit.var_within,
        fit.criterion,
        var_upper,
        upper_effects,
    )


def from_aggregates(group: ArrayLike, n: ArrayLike, mean: ArrayLike, variance: ArrayLike) -> RandomIntercepts:
    """Fit the null model from each school's number of pupils, mean, and variance between its pupils.

    Parameters
    ----------
    group, n, mean, variance
        One entry a school. ``variance`` has the denominator ``n - 1`` and may be missing where ``n`` is 1.
        Gives the same as pupils' rows would: these three numbers are all that REML needs.

    Raises
    ------
    InvalidData
        When schools or pupils are too few.
    """
    count, average, spread = floats(n), floats(mean), floats(variance)
    usable = (count >= 1) & np.isfinite(average) & (np.isfinite(spread) | (count == 1))
    count, average = count[usable], average[usable]
    spread = np.where(count > 1, spread[usable], 0.0)
    yy = float(((count - 1) * spread + count * average**2).sum())
    total = float((count * average).sum())
    labels = pd.Index(np.asarray(pd.Series(group))[usable])
    return _two_levels(
        Sums(
            labels,
            count,
            np.column_stack([count, count * average]),
            np.array([[count.sum(), total], [total, yy]]),
            ("intercept",),
            np.zeros(len(count)),
        )
    )


def from_shares(group: ArrayLike, n: ArrayLike, share: ArrayLike) -> RandomIntercepts:
    """Fit the null model to aggregated yes/no outcomes: each school's share (0..1) of ``n`` pupils.

    The pupils are zeros and ones, so their variance within a school is ``n share (1 - share) / (n - 1)`` and nothing
    more need be known. This is the linear probability model: effects are in shares, and additive. With shares
    between about 0.1 and 0.9 it is close to the logistic one; nearer the ends, intervals are too symmetric.
    """
    count, p = floats(n), floats(share)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(count > 1, count * p * (1 - p) / (count - 1), np.nan)
    return from_aggregates(group, count, p, variance)


def from_rows(y: ArrayLike, group: ArrayLike, covariates: pd.DataFrame | None = None) -> RandomIntercepts:
    """Fit a random intercept to pupils' rows, with an intercept and numeric ``covariates`` as the fixed part."""
    return _two_levels(sums_of_rows(y, group, covariates))


def three_levels(
    y: ArrayLike, group: ArrayLike, upper: ArrayLike, covariates: pd.DataFrame | None = None
) -> RandomIntercepts:
    """Fit pupils in schools in groups of schools (clusters, authorities).

    Parameters
    ----------
    y, group, upper
        One entry a pupil: outcome, school, and the group its school is in. A school is in one group.
    covariates
        Numeric columns of the fixed part, beside the intercept.

    Returns
    -------
    RandomIntercepts
        ``effects`` are schools' within their group; ``upper_effects`` the groups'.
    """
    sums = nested_sums(y, group, upper, covariates)
    ratio, upper_ratio = best_ratios(sums)
    fit = solve(sums, ratio, upper_ratio)
    effects, uppers = nested_effects(sums, fit, ratio, upper_ratio)
    return _fitted(sums, fit, ratio, effects, upper_ratio * fit.var_within, uppers)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Shrunk levels and their 95% intervals, arrays, one entry a school."""

    value: Floats
    lower: Floats
    upper: Floats
    reliability: Floats


def shrink_towards(
    value: ArrayLike, n: ArrayLike, *, mean: float, sd_between: float, sd_within: float, level: float = 0.95
) -> Shrunk:
    """Shrink schools' raw values towards a reference group's mean with its variances.

    Five to twenty schools cannot say how much schools differ; the system's can. The interval is the conditional one:
    it leaves out the uncertainty of ``mean`` and of the variances, small when the reference group is large.
    """
    y, count = floats(value), floats(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = sd_within**2 / np.where(count > 0, count, np.nan)
        kept = sd_between**2 / (sd_between**2 + noise)
    centre = mean + kept * (y - mean)
    half = normal_quantile(level) * sd_between * np.sqrt(1 - kept)
    return Shrunk(centre, centre - half, centre + half, np.where(np.isfinite(y), kept, np.nan))
