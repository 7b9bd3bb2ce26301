"""Whether a scale's items measure one thing: Cronbach's alpha and McDonald's omega, with a warning where they cannot.

Cronbach, L. J. (1951), Psychometrika 16. McDonald, R. P. (1999), Test Theory: a unified treatment.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.intervals import Floats, floats
from allrise.evidence.survey_scores import panel_of
from allrise.evidence.tidy import tidy

#: Below this a scale's mean should not be read as one thing.
LOW = 0.7
#: Fewer complete respondents than this cannot say.
FEW = 30
COLUMN_TYPES = {
    "framework_id": "str", "items": "Int64", "respondents": "Int64", "alpha": "float64", "omega": "float64",
    "warning": "str",
}  # fmt: skip
COLUMNS = tuple(COLUMN_TYPES)


def cronbach_alpha(scores: Floats) -> float:
    """Return alpha of complete answers, shape (people, items)."""
    k = scores.shape[1]
    total = scores.sum(axis=1).var(ddof=1)
    if k < 2 or total <= 0:
        return float("nan")
    return float(k / (k - 1) * (1 - scores.var(axis=0, ddof=1).sum() / total))


def mcdonald_omega(scores: Floats) -> float:
    """Return omega of one factor fitted by maximum likelihood, shape (people, items); three items or more.

    Notes
    -----
    Joereskog, K. G. (1967). Some contributions to maximum likelihood factor analysis. Psychometrika 32: the criterion
    is minimised over the items' own variances, the loadings follow. Held to statsmodels' ``Factor`` by a test.
    """
    deviation = scores.std(axis=0)
    if scores.shape[1] < 3 or (deviation <= 0).any():
        return float("nan")
    from scipy import optimize  # slow to import, and few need it

    correlation = np.corrcoef(scores, rowvar=False)

    def scaled(own: Floats) -> tuple[Floats, Floats]:
        values, vectors = np.linalg.eigh(correlation / np.sqrt(np.outer(own, own)))
        return floats(values), floats(vectors)

    def criterion(own: Floats) -> float:
        rest = np.maximum(scaled(own)[0][:-1], 1e-12)
        return float((rest - np.log(rest) - 1).sum())

    start = np.clip(1 / np.diag(np.linalg.pinv(correlation)), 0.05, 0.95)
    bounds = [(0.005, 1.0)] * len(start)
    own = floats(optimize.minimize(criterion, start, method="L-BFGS-B", bounds=bounds).x)
    values, vectors = scaled(own)
    loading = np.sqrt(own * max(values[-1] - 1, 0.0)) * vectors[:, -1] * deviation
    common = float(loading.sum()) ** 2
    return common / (common + float((own * deviation**2).sum()))


def reliability(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return the reliability of each framework id's items, among people who answered all of them.

    Returns
    -------
    DataFrame
        ``framework_id``, ``items``, ``respondents`` (complete), ``alpha``, ``omega`` (three items or more), ``warning``:
        blank, ``one item`` (nobody answered two), ``few respondents`` (below 30), or ``low`` (alpha, or omega where there is one, below 0.7).
    """
    panel = panel_of(survey, items, wave)
    found: list[dict[str, Any]] = []
    for name in panel.ids:
        block = panel.given(name)
        answered = np.isfinite(block)
        complete = block[answered.all(axis=1)]
        alpha = omega = float("nan")
        if block.shape[1] >= 2 and len(complete) >= 3:
            alpha, omega = cronbach_alpha(complete), mcdonald_omega(complete)
        best = omega if np.isfinite(omega) else alpha
        if answered.sum(axis=1).max(initial=0) < 2:  # one item, or one for each role
            warning = "one item"
        elif len(complete) < FEW:
            warning = "few respondents"
        else:
            warning = "" if np.isfinite(best) and min(alpha, best) >= LOW else "low"
        found.append(dict(zip(COLUMNS, (name, block.shape[1], len(complete), alpha, omega, warning), strict=True)))
    return tidy(found, COLUMN_TYPES)
