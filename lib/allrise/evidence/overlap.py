"""Intervals for comparing by eye: two that do not overlap differ at about the 5% level.

Two 95% intervals may overlap although their values differ; people read them so all the same. Intervals of
1.39 standard errors have the property that people expect.

Goldstein, H. and Healy, M. J. R. (1995). The graphical presentation of a collection of means. JRSS A 158.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from allrise.evidence.intervals import Limits, floats, normal_quantile, root

#: For equal standard errors and the 5% level: 1.96 / sqrt 2, printed as 1.39.
FACTOR = float(normal_quantile(0.95) / np.sqrt(2))


def overlap_factor(se: ArrayLike, level: float = 0.95) -> float:
    """Return the multiple of standard errors at which pairs overlap wrongly, on average, ``1 - level`` of the time.

    Parameters
    ----------
    se
        Standard errors of the values to be compared, two or more; missing ones are left out.
    """
    errors = floats(se)
    errors = errors[np.isfinite(errors) & (errors > 0)]
    if len(errors) < 2:
        return float(normal_quantile(level) / np.sqrt(2))
    i, j = np.triu_indices(len(errors), 1)
    stretch = (errors[i] + errors[j]) / np.hypot(errors[i], errors[j])

    def excess(z: float) -> float:
        return float(2 * special.ndtr(-z * stretch).mean() - (1 - level))

    return root(excess, 0.1, 6.0)


def overlap_limits(value: ArrayLike, se: ArrayLike, level: float = 0.95) -> Limits:
    """Return limits for comparing any two of the values by eye."""
    y, errors = floats(value), floats(se)
    half = overlap_factor(errors, level) * errors
    return Limits(y - half, y + half)
