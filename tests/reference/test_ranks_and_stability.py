"""Rank sets and stability against published values and a real panel."""

import numpy as np
import pandas as pd
import pytest

from allrise.evidence.overlap import FACTOR, overlap_factor, overlap_limits
from allrise.evidence.ranks import rank_sets, rank_sets_bootstrap
from allrise.evidence.stability import stability

pytestmark = pytest.mark.reference

#: PISA 2018 mathematics, OECD countries: mean and standard error, rounded to two decimals from the OECD's PISA data as
#: they are distributed with the R package csranks (its table ``pisa``), whose documentation ranks countries by them.
PISA = {
    "Australia": (491.36, 1.94),
    "Austria": (498.94, 2.97),
    "Belgium": (508.07, 2.26),
    "Canada": (512.02, 2.36),
    "Chile": (417.41, 2.42),
    "Colombia": (390.93, 2.99),
    "Czech Republic": (499.47, 2.46),
    "Denmark": (509.40, 1.74),
    "Estonia": (523.41, 1.74),
    "Finland": (507.30, 1.97),
    "France": (495.41, 2.32),
    "Germany": (500.04, 2.65),
    "Greece": (451.37, 3.09),
    "Hungary": (481.08, 2.32),
    "Iceland": (495.19, 1.95),
    "Ireland": (499.63, 2.20),
    "Israel": (463.03, 3.50),
    "Italy": (486.59, 2.78),
    "Japan": (526.97, 2.47),
    "Korea": (525.93, 3.12),
    "Latvia": (496.13, 1.96),
    "Lithuania": (481.19, 1.95),
    "Luxembourg": (483.42, 1.10),
    "Mexico": (408.80, 2.49),
    "Netherlands": (519.23, 2.63),
    "New Zealand": (494.49, 1.71),
    "Norway": (500.96, 2.22),
    "Poland": (515.65, 2.60),
    "Portugal": (492.49, 2.68),
    "Slovak Republic": (486.16, 2.56),
    "Slovenia": (508.90, 1.36),
    "Spain": (481.39, 1.46),
    "Sweden": (502.39, 2.65),
    "Switzerland": (515.31, 2.91),
    "Turkey": (453.51, 2.26),
    "United Kingdom": (501.77, 2.56),
    "United States": (478.24, 3.24),
}


def test_the_united_kingdom_ranks_thirteenth_and_could_be_seventh_to_twenty_third():
    means, errors = zip(*PISA.values(), strict=True)
    row = rank_sets(means, errors).set_index(pd.Index(PISA)).loc["United Kingdom"]
    assert row.tolist() == [13, 7, 23]


def test_bootstrap_sets_lie_within_the_sets_from_differences_for_most_countries():
    means, errors = zip(*PISA.values(), strict=True)
    exact, draws = rank_sets(means, errors), rank_sets_bootstrap(means, errors)
    inside = (draws["lower"] >= exact["lower"]) & (draws["upper"] <= exact["upper"])
    assert inside.mean() > 0.9
    assert (draws["rank"] == exact["rank"]).all()


def test_two_years_apart_half_of_the_top_quarter_is_still_there(english_panel):
    values = english_panel.rename(columns={"year": "time_period", "share": "value"})
    found = stability(values, 2016, 2018)
    assert round(found.correlation, 2) == 0.56
    assert found.still_in_top_quarter == pytest.approx(0.50, abs=0.01)
    assert found.lower < 0.56 < found.upper


def test_equal_errors_give_the_factor_printed_by_goldstein_and_healy():
    assert round(FACTOR, 2) == 1.39
    assert overlap_factor([2.0, 2.0, 2.0]) == pytest.approx(FACTOR, abs=1e-9)


def test_intervals_for_comparing_by_eye_overlap_wrongly_one_time_in_twenty():
    rng = np.random.default_rng(11)
    errors = np.array([1.0, 1.4, 2.2, 0.8])
    apart = pairs = 0
    for _ in range(4000):
        lower, upper = overlap_limits(rng.normal(0, errors), errors)
        for i in range(4):
            for j in range(i):
                pairs += 1
                apart += int(lower[i] > upper[j] or lower[j] > upper[i])
    assert apart / pairs == pytest.approx(0.05, abs=0.006)
