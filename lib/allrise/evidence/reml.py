"""Restricted maximum likelihood for random intercepts, from sums: the engine under ``shrinkage``.

All that the model needs to know of pupils' rows are a few sums a school, so fitting costs the same for a thousand pupils
as for a million, and published aggregates (n, mean, variance) are as good as the rows themselves.

Bates, D. et al. (2015). Fitting linear mixed-effects models using lme4. Journal of Statistical Software 67: the same
profiled criterion is minimised here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from allrise.errors import InvalidData
from allrise.evidence.intervals import Floats, floats, lowest, root


@dataclass(frozen=True, slots=True)
class Sums:
    """Sufficient statistics: everything REML needs to know of the pupils' rows."""

    labels: pd.Index
    n: Floats  # (groups,)
    by_group: Floats  # (groups, p + 1): sums of each column of [X y]
    cross: Floats  # (p + 1, p + 1): [X y]'[X y]
    names: tuple[str, ...]
    upper: Floats  # (groups,) code of the group of groups, all 0 when there is none
    upper_labels: pd.Index | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """Generalised least squares at given variance ratios, and the REML criterion there."""

    beta: Floats
    covariance: Floats  # of beta, in units of var_within
    var_within: float
    criterion: float


def solve(sums: Sums, ratio: float, upper_ratio: float = 0.0) -> Solution:
    """Return generalised least squares and the REML criterion at given variance ratios (to ``var_within``)."""
    shrink = 1 + sums.n * ratio
    weighted = sums.by_group / shrink[:, None]  # 1'A^-1 [X y], a school
    inner = sums.cross - (sums.by_group * (ratio / shrink)[:, None]).T @ sums.by_group
    log_det = float(np.log(shrink).sum())
    if sums.upper_labels is not None:
        codes = sums.upper.astype(np.intp)
        size = len(sums.upper_labels)
        u = np.bincount(codes, sums.n / shrink, size)
        totals = np.stack([np.bincount(codes, column, size) for column in weighted.T], axis=1)
        inner = inner - (totals * (upper_ratio / (1 + upper_ratio * u))[:, None]).T @ totals
        log_det += float(np.log1p(upper_ratio * u).sum())
    xx, xy, yy = inner[:-1, :-1], inner[:-1, -1], inner[-1, -1]
    beta = np.linalg.solve(xx, xy)
    df = sums.n.sum() - len(beta)
    var = float(yy - beta @ xy) / df
    criterion = df * (1 + np.log(2 * np.pi * max(var, np.finfo(float).tiny)))
    criterion += log_det + float(np.linalg.slogdet(xx)[1])
    return Solution(floats(beta), floats(np.linalg.inv(xx)), var, float(criterion))


def best_ratio(sums: Sums) -> float:
    """Minimise the criterion over the ratio of variances; on the log scale it has one dip, or falls towards zero."""

    def at(log_ratio: float) -> float:
        return solve(sums, float(np.exp(log_ratio))).criterion

    grid = np.linspace(-16, 8, 49)
    values = [at(x) for x in grid]
    best = int(np.argmin(values))
    if best == 0:
        return 0.0
    low, high = float(grid[best - 1]), float(grid[min(best + 1, len(grid) - 1)])
    # The value is flat to rounding near its minimum; the slope is not, so the root of the slope is what is sought.
    found = lowest(at, low, high, 1e-9)
    step = 1e-4

    def slope(x: float) -> float:
        return at(x + step) - at(x - step)

    near = (found - 0.05, found + 0.05)
    if slope(near[0]) < 0 < slope(near[1]):
        found = root(slope, *near)
    ratio = float(np.exp(found))
    return ratio if solve(sums, ratio).criterion < solve(sums, 0.0).criterion else 0.0


def sums_of_rows(y: ArrayLike, group: ArrayLike, covariates: pd.DataFrame | None) -> Sums:
    """Sum pupils' rows up by school: outcome, intercept and covariates, and their cross products."""
    outcome = floats(y)
    columns = [np.ones(len(outcome))]
    names = ["intercept"]
    for name in covariates.columns if covariates is not None else []:
        assert covariates is not None
        columns.append(floats(covariates[name]))
        names.append(str(name))
    rows = np.column_stack([*columns, outcome])
    codes, labels = pd.factorize(pd.Series(group))
    if not np.isfinite(rows).all() or (codes < 0).any():
        raise InvalidData(
            "pupils' rows have missing outcomes, covariates or schools", "Leave such rows out first, and say how many."
        )
    size = len(labels)
    by_group = floats(np.stack([np.bincount(codes, column, size) for column in rows.T], axis=1))
    n = np.bincount(codes, minlength=size).astype(np.float64)
    return Sums(pd.Index(labels), n, by_group, rows.T @ rows, tuple(names), np.zeros(size))


def nested_sums(y: ArrayLike, group: ArrayLike, upper: ArrayLike, covariates: pd.DataFrame | None) -> Sums:
    """Return the sums of pupils in schools in groups of schools; a school is in one group."""
    base = sums_of_rows(y, group, covariates)
    pairs = pd.DataFrame({"group": np.asarray(pd.Series(group)), "upper": np.asarray(pd.Series(upper))})
    pairs = pairs.drop_duplicates()
    if pairs["group"].duplicated().any():
        raise InvalidData(
            "a school is in two groups of schools at once", "Split its pupils by year, or give the school two ids."
        )
    codes, labels = pd.factorize(pairs.set_index("group")["upper"].loc[base.labels])
    return replace(base, upper=codes.astype(np.float64), upper_labels=pd.Index(labels))


def best_ratios(sums: Sums) -> tuple[float, float]:
    """Minimise the criterion over both ratios of variances, of schools and of their groups."""
    from scipy import optimize  # slow to import, and few need it

    def at(log_ratios: Floats) -> float:
        first, second = np.exp(np.clip(log_ratios, -30, 10))
        return solve(sums, float(first), float(second)).criterion

    start = np.log([max(best_ratio(replace(sums, upper_labels=None)), 1e-4), 0.02])
    found = optimize.minimize(at, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000})
    best = newton(at, np.asarray(found.x))
    first, second = (float(v) if v > 1e-12 else 0.0 for v in np.exp(np.clip(best, -30, 10)))
    return first, second


def newton(f: Callable[[Floats], float], x: Floats) -> Floats:
    """Polish a minimum by Newton steps on finite differences: values are flat at the minimum, slopes are not."""
    step = 1e-3
    for _ in range(6):
        e = np.eye(len(x)) * step
        gradient = np.array([(f(x + d) - f(x - d)) / (2 * step) for d in e])
        hessian = np.array(
            [[(f(x + a + b) - f(x + a - b) - f(x - a + b) + f(x - a - b)) / (4 * step**2) for b in e] for a in e]
        )
        if np.linalg.eigvalsh(hessian).min() <= 0:
            return x  # a variance at zero: there is no inner minimum to polish
        move = np.linalg.solve(hessian, gradient)
        if np.abs(move).max() > 0.5:
            return x
        x = x - move
        if np.abs(move).max() < 1e-9:
            break
    return x


def nested_effects(sums: Sums, fit: Solution, ratio: float, upper_ratio: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the effects of schools within their group, and of the groups, with their conditional deviations."""
    assert sums.upper_labels is not None
    codes, size = sums.upper.astype(np.intp), len(sums.upper_labels)
    residual = sums.by_group[:, -1] - sums.by_group[:, :-1] @ fit.beta
    shrink = 1 + sums.n * ratio
    u = np.bincount(codes, sums.n / shrink, size)
    above = 1 + upper_ratio * u
    upper_effect = upper_ratio * np.bincount(codes, residual / shrink, size) / above
    information = sums.n / shrink
    lost = upper_ratio * information**2 / above[codes]
    effects = pd.DataFrame(
        {
            "group": sums.labels,
            "pupils": sums.n.astype("int64"),
            "effect": ratio * (residual - sums.n * upper_effect[codes]) / shrink,
            "conditional_sd": np.sqrt(np.maximum(fit.var_within * (ratio - ratio**2 * (information - lost)), 0)),
            "reliability": ratio * information,
        }
    )
    uppers = pd.DataFrame(
        {
            "group": sums.upper_labels,
            "pupils": np.bincount(codes, sums.n, size).astype("int64"),
            "effect": upper_effect,
            "conditional_sd": np.sqrt(fit.var_within * upper_ratio / above),
            "reliability": upper_ratio * u / above,
        }
    )
    return effects, uppers
