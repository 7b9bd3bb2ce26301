"""Intervals and funnel limits against published and independently computed values."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from allrise.evidence.funnel import adjusted_limits, outside, overdispersion_of_shares, plain_limits
from allrise.evidence.intervals import difference_of_shares, mean_t, wilson

pytestmark = pytest.mark.reference


@pytest.mark.parametrize(
    ("positives", "n", "level", "lower", "upper"),
    [
        (65, 100, 0.95, 0.5525444329688797, 0.7363575175690247),
        (65, 100, 0.998, 0.4954946574070431, 0.7783540614089697),
        (1, 100, 0.95, 0.0017674320641406511, 0.054486196178705294),
        (1045, 5000, 0.95, 0.19795549880013297, 0.22049130373189027),
    ],
)
def test_wilson_gives_the_reference_limits(positives, n, level, lower, upper):
    found = wilson(positives / n, n, level)
    assert found == pytest.approx((lower, upper), abs=1e-12)
    assert found == pytest.approx(proportion_confint(positives, n, 1 - level, "wilson"), abs=1e-12)


def test_the_mean_of_eight_values_has_the_reference_t_interval():
    assert mean_t(53.704345, 20.97557525770931, 8) == pytest.approx((36.168325241336504, 71.24036475866352), abs=1e-9)


def test_the_t_interval_agrees_with_statsmodels():
    values = np.random.default_rng(3).normal(50, 9, 11)
    expected = DescrStatsW(values).tconfint_mean()
    assert mean_t(values.mean(), values.std(ddof=1), 11) == pytest.approx(expected, abs=1e-10)


def test_the_difference_of_two_shares_agrees_with_newcombe_in_statsmodels():
    expected = confint_proportions_2indep(56, 70, 48, 80, method="newcomb", compare="diff")
    assert difference_of_shares(56 / 70, 70, 48 / 80, 80) == pytest.approx(expected, abs=1e-10)
    # Newcombe (1998), table II, contrast (a), method 10: 56/70 - 48/80 is 0.0524 to 0.3339.
    assert difference_of_shares(56 / 70, 70, 48 / 80, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(
    ("year", "k", "phi", "tau"), [(2016, 515, 2.77, 0.0953), (2017, 518, 2.73, 0.0925), (2018, 522, 2.69, 0.0906)]
)
def test_overdispersion_of_the_english_panel(english_panel, year, k, phi, tau):
    schools = english_panel.loc[english_panel["year"] == year]
    over = overdispersion_of_shares(schools["share"], schools["pupils"], period=year, reference="panel")
    assert (over.k, round(over.phi, 2), round(over.tau, 4)) == (k, phi, tau)


def test_plain_limits_flag_a_third_of_real_schools_and_adjusted_ones_few(english_panel):
    schools = english_panel.loc[english_panel["year"] == 2018]
    p, n = schools["share"].to_numpy(), schools["pupils"].to_numpy()
    over = overdispersion_of_shares(p, n, period=2018, reference="panel")

    def flagged(limits):
        return round(100 * float(((p < limits.lower) | (p > limits.upper)).mean()), 1)

    assert [flagged(plain_limits(over.target, n, level)) for level in (0.95, 0.998)] == [31.0, 10.0]
    assert [flagged(adjusted_limits(over, n, level)) for level in (0.95, 0.998)] == [11.3, 2.5]
    words = pd.Series(outside(p, n, over))
    assert round(100 * (words != "no").mean(), 1) == 11.3
    assert round(100 * (words == "99.8").mean(), 1) == 2.5
