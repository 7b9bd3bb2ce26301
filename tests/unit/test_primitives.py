import math
import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from allrise.errors import InvalidData
from allrise.evidence.funnel import TooFewSchools, overdispersion_of_means, overdispersion_of_shares, plain_limits
from allrise.evidence.gaps import decompose, pooled_gap
from allrise.evidence.intervals import mean_t, normal_quantile, wilson
from allrise.evidence.ranks import rank_sets, rank_sets_bootstrap
from allrise.evidence.shrinkage import from_aggregates, from_rows, shrink_towards, three_levels
from allrise.evidence.spread import known_noise_reml, q_profile, sd_within_of_shares, spread
from allrise.evidence.stability import stability
from allrise.evidence.trends import trend


@given(st.integers(0, 400), st.integers(1, 400), st.sampled_from([0.9, 0.95, 0.998]))
def test_wilson_holds_the_share_and_stays_within_0_and_1(positives, n, level):
    p = min(positives, n) / n
    lower, upper = wilson(p, n, level)
    assert 0 <= lower <= p + 1e-12
    assert p - 1e-12 <= upper <= 1


@given(st.integers(1, 300), st.floats(0.02, 0.98), st.integers(0, 300))
def test_a_school_is_outside_the_plain_limits_when_the_target_is_outside_its_own_wilson_interval(n, target, positives):
    p = min(positives, n) / n
    lower, upper = wilson(p, n)
    z = normal_quantile(0.95)
    half = z * math.sqrt(target * (1 - target) / n)  # limits before they are cut at 0 and 1
    if min(abs(p - target + half), abs(p - target - half)) < 1e-9:
        return
    assert (abs(p - target) > half) == (target < lower or target > upper)
    cut = plain_limits(target, n)
    assert 0 <= cut.lower <= target <= cut.upper <= 1


def test_no_denominator_gives_no_interval():
    assert np.isnan(wilson([0.5, 0.5], [0, None])).all()
    assert np.isnan(mean_t(3.0, 1.0, 1)).all()
    assert np.isnan(wilson(0.5, pd.array([pd.NA], dtype="Int64"))).all()


def test_a_level_of_one_or_more_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(95)


def test_few_schools_warn_that_tau_is_not_to_be_trusted():
    with pytest.warns(TooFewSchools, match="rests on 8 schools"):
        overdispersion_of_shares([0.5, 0.6, 0.7, 0.4, 0.55, 0.65, 0.3, 0.8], [40] * 8, period=2018, reference="cluster")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rng = np.random.default_rng(1)
        over = overdispersion_of_shares(rng.binomial(40, 0.6, 200) / 40, [40] * 200, period=2018, reference="system")
    assert over.phi < 1.1
    assert over.tau < 0.03


def test_overdispersion_of_means_finds_the_planted_variety():
    rng = np.random.default_rng(2)
    n = rng.integers(20, 90, 2000)
    means = rng.normal(100, 3, 2000) + rng.normal(0, 12 / np.sqrt(n))
    over = overdispersion_of_means(means, n, 12.0, period=2018, reference="system", winsorise=0.0)
    assert over.tau == pytest.approx(3, abs=0.15)
    assert overdispersion_of_means(means, n, 12.0, period=2018, reference="system").tau < over.tau


def test_one_school_alone_has_no_overdispersion():
    with pytest.raises(ValueError, match="two schools or more"):
        overdispersion_of_shares([0.5], [40], period=2018, reference="one")


def test_schools_that_differ_by_chance_alone_are_shrunk_to_the_mean():
    n = np.full(12, 30)
    fit = from_aggregates(list("abcdefghijkl"), n, np.full(12, 50.0), np.full(12, 100.0))
    assert fit.var_between == 0
    assert fit.effects["effect"].abs().max() == 0


def test_shrinkage_needs_more_than_one_school():
    with pytest.raises(InvalidData, match="two schools or more"):
        from_aggregates(["a"], [30], [50.0], [100.0])


def test_missing_pupils_rows_are_refused_not_dropped():
    with pytest.raises(InvalidData, match="Leave such rows out first"):
        from_rows([1.0, np.nan, 2.0, 3.0], ["a", "a", "b", "b"])


def test_a_school_in_two_groups_is_refused():
    with pytest.raises(InvalidData, match="two groups"):
        three_levels([1.0, 2.0, 3.0, 4.0], ["a", "a", "b", "b"], ["x", "y", "x", "x"])


def test_shrinking_keeps_more_of_a_large_school():
    small, large = shrink_towards([80, 80], [10, 200], mean=60, sd_between=8, sd_within=45).value
    assert 60 < small < large < 80


def test_reml_with_known_noise_agrees_with_a_published_meta_analysis():
    """BCG vaccine trials: log relative risks; metafor's documentation has REML tau^2 = 0.3132, Q-profile 0.1197..1.1115."""
    y = np.array(
        [
            -0.8893,
            -1.5854,
            -1.3481,
            -1.4416,
            -0.2175,
            -0.7861,
            -1.6209,
            0.0120,
            -0.4694,
            -1.3713,
            -0.3394,
            0.4459,
            -0.0173,
        ]
    )
    v = np.array(
        [0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714]
    )
    assert known_noise_reml(y, v) == pytest.approx(0.3132, abs=5e-4)
    assert q_profile(y, v) == pytest.approx((0.1197, 1.1115), abs=1e-3)


def test_without_the_spread_within_schools_only_the_raw_spread_is_said():
    found = spread([50, 60, 70], [30, 40, 50], float("nan"))
    assert found.sd_raw == 10
    assert math.isnan(found.sd_between)


def test_a_spread_that_chance_explains_is_said_to_be_chance():
    rng = np.random.default_rng(4)
    p = rng.binomial(25, 0.6, 400) / 25
    found = spread(100 * p, np.full(400, 25), 100 * sd_within_of_shares(p, np.full(400, 25)))
    assert found.noise_share > 0.85
    assert found.sd_lower == 0


def test_the_parts_of_a_gap_add_up_and_hidden_schools_are_left_out_of_both():
    columns = ([50, np.nan, 40], [20, 8, 30], [70, 75, 65], [60, 50, 20])
    split, gap = decompose(*columns), pooled_gap(*columns, percent=True)
    assert gap.schools == 2
    assert split.total == pytest.approx(gap.gap)


def test_the_gap_of_one_school_rests_on_its_pupils_alone():
    gap = pooled_gap([50], [20], [70], [60], percent=True)
    assert gap.upper - gap.gap == pytest.approx(1.959964 * math.sqrt(50 * 50 / 20 + 70 * 30 / 60), rel=1e-6)


def test_a_trend_without_errors_is_least_squares():
    years, values = [2015, 2016, 2017, 2018, 2019], [60.0, 61.5, 61.0, 64.0, 63.5]
    fit = sm.OLS(values, sm.add_constant(np.array(years, dtype=float) - 2017)).fit()
    found = trend(years, values)
    assert found.change == pytest.approx(fit.params[1])
    assert (found.lower, found.upper) == pytest.approx(tuple(fit.conf_int()[1]))


def test_a_trend_with_errors_is_weighted_least_squares_never_narrower_than_its_errors():
    years, values, errors = np.arange(5.0), np.array([1.0, 2.1, 2.9, 4.05, 5.0]), np.array([0.5, 0.4, 0.5, 0.9, 0.5])
    fit = sm.WLS(values, sm.add_constant(years), weights=errors**-2).fit()
    found = trend(years + 2014, values, errors)
    assert found.change == pytest.approx(fit.params[1])
    known = float(np.sqrt(fit.normalized_cov_params[1, 1]))
    assert found.upper - found.change == pytest.approx(1.959964 * known, rel=1e-6)
    wobbly = trend(years + 2014, values + np.array([0, 4, -4, 4, 0]), errors)
    assert wobbly.upper - wobbly.lower > 2 * (found.upper - found.lower)


def test_two_years_without_errors_give_a_change_and_no_interval():
    found = trend([2017, 2018], [60.0, 63.0])
    assert found.change == 3
    assert math.isnan(found.lower)


def test_stability_needs_four_schools_in_both_years():
    values = pd.DataFrame(
        {"school_id": ["a", "b", "c"] * 2, "time_period": [2017] * 3 + [2018] * 3, "value": [1.0, 2, 3, 1, 3, 2]}
    )
    assert math.isnan(stability(values, 2017, 2018).correlation)
    assert stability(values, 2017, 2019).schools == 0


def test_ranks_far_apart_are_certain_and_ranks_close_together_are_not():
    certain = rank_sets([10, 20, 30], [0.1, 0.1, 0.1])
    assert certain.to_numpy().tolist() == [[3, 3, 3], [2, 2, 2], [1, 1, 1]]
    assert rank_sets([20.1, 20, 20.2], [3, 3, 3])[["lower", "upper"]].to_numpy().tolist() == [[1, 3]] * 3


def test_rank_sets_hold_the_true_ranks_when_true_values_are_close_and_the_bootstrap_does_not():
    rng = np.random.default_rng(9)
    truth, errors = np.linspace(0, 1, 8), np.full(8, 1.0)
    rank = 8 - np.arange(8)
    held = {"exact": 0, "bootstrap": 0}
    for i in range(60):
        y = rng.normal(truth, errors)
        for name, sets in (
            ("exact", rank_sets(y, errors, draws=400, seed=i)),
            ("bootstrap", rank_sets_bootstrap(y, errors, draws=400, seed=i)),
        ):
            held[name] += int(((sets["lower"] <= rank) & (rank <= sets["upper"])).sum())
    assert held["exact"] / (60 * 8) >= 0.95
    assert held["bootstrap"] < held["exact"]


def test_rank_sets_refuse_values_without_error():
    with pytest.raises(ValueError, match="positive standard error"):
        rank_sets([1.0, 2.0], [0.5, 0.0])
