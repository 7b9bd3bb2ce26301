"""How far people agree: van der Eijk's A of a distribution, and rWG of people who judged the same thing.

van der Eijk, C. (2001). Measuring agreement in ordered rating scales. Quality and Quantity 35.
James, L. R., Demaree, R. G. and Wolf, G. (1984). Estimating within-group interrater reliability with and without
response bias. Journal of Applied Psychology 69.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allrise.evidence.intervals import Floats, floats

#: Variance of a five-point answer when every point is as likely: (5^2 - 1) / 12.
UNIFORM_VARIANCE = 2.0


def eijk(counts: ArrayLike) -> float:
    """Return van der Eijk's A: 1 when all give one answer, 0 when all answers are as frequent, -1 when two camps
    stand at the ends.

    Parameters
    ----------
    counts
        How many gave each answer, in the order of the scale, zeros included; three answers or more.
    """
    left = floats(counts)
    k, total = len(left), float(left.sum())
    if k < 3 or total <= 0:
        return float("nan")
    found = 0.0
    while left.max() > 1e-12 * total:
        filled = left > 1e-12 * total
        layer = float(left[filled].min())
        found += layer * filled.sum() / total * _layer(filled)
        left = np.where(filled, left - layer, 0.0)
    return found


def _layer(filled: NDArray[np.bool_]) -> float:
    """Return the agreement of one layer, in which each answer is given as often as any other or not at all."""
    k, s = len(filled), int(filled.sum())
    together = apart = 0
    for i in range(k - 2):
        for j in range(i + 1, k - 1):
            for m in range(j + 1, k):
                pattern = (bool(filled[i]), bool(filled[j]), bool(filled[m]))
                together += pattern in {(True, True, False), (False, True, True)}
                apart += pattern == (True, False, True)
    counted = together + apart
    unimodality = 1.0 if counted == 0 else ((k - 2) * together - (k - 1) * apart) / ((k - 2) * counted)
    return unimodality * (1 - (s - 1) / (k - 1))


def rwg(scores: ArrayLike) -> float:
    """Return rWG(J): agreement of people on several items, 1 minus the share of the variance that guessing would give.

    Parameters
    ----------
    scores
        One row a person, one column an item (1..5), NaN where not answered. Items with fewer than two answers are
        left out. Values below 0 (more disagreement than guessing) are given as 0.
    """
    values = floats(scores)
    variances: Floats = np.array([v[np.isfinite(v)].var(ddof=1) for v in values.T if np.isfinite(v).sum() >= 2])
    j = len(variances)
    if j == 0:
        return float("nan")
    kept = 1 - float(variances.mean()) / UNIFORM_VARIANCE
    if kept <= 0:
        return 0.0
    return j * kept / (j * kept + 1 - kept)
