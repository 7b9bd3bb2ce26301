"""Rank sets and stability against published values and a real panel."""

import numpy as np
import pandas as pd
import pytest

from allrise.evidence.overlap import FACTOR, overlap_factor, overlap_limits
from allrise.evidence.ranks import rank_sets, rank_sets_bootstrap
from allrise.evidence.stability import stability

pytestmark = pytest.mark.reference

# PISA 2018 mathematics, OECD countries: mean (standard error) as published by the OECD in whole points, with a decimal
# where two countries would tie beside the United Kingdom.
PISA = {
    "Japan": (527, 2.5), "Korea": (526, 3.1), "Estonia": (523, 1.7), "Netherlands": (519, 2.6), "Poland": (516, 2.6),
    "Switzerland": (515, 2.9), "Canada": (512, 2.4), "Denmark": (509, 1.7), "Slovenia": (509, 1.4),
    "Belgium": (508, 2.3), "Finland": (507, 2.0), "Sweden": (502.4, 2.7), "United Kingdom": (501.8, 2.6),
    "Norway": (501, 2.2), "Germany": (500, 2.6), "Ireland": (500, 2.2), "Czech Republic": (499, 2.5),
    "Austria": (499, 3.0), "Latvia": (496, 2.0), "France": (495, 2.3), "Iceland": (495, 2.0), "New Zealand": (494, 1.7),
    "Portugal": (492, 2.7), "Australia": (491, 1.9), "Italy": (487, 2.8), "Slovak Republic": (486, 2.6),
    "Luxembourg": (483, 1.1), "Spain": (481, 1.5), "Lithuania": (481, 2.0), "Hungary": (481, 2.3),
    "United States": (478, 3.2), "Israel": (463, 3.5), "Turkey": (454, 2.3), "Greece": (451, 3.1), "Chile": (417, 2.4),
    "Mexico": (409, 2.5), "Colombia": (391, 3.0),
}  # fmt: skip


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
