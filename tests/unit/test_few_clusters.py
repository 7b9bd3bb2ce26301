"""Errors of comparisons between few clusters, against the same things done the long way with whole matrices."""

import numpy as np
import pytest
from scipy import linalg
from scipy import stats as st

from allrise.evidence.few_clusters import AllAtOnce, Error, Side, error_of, error_of_mean, together
from allrise.evidence.intervals import t_quantile

LEVELS = pytest.mark.parametrize("share", [0.0, 0.3, 1.0])


def compared(seed=1, sizes=(9, 3, 5, 1, 1, 4, 7, 2), joins=(1, 1, 1, 0, 0, 0, 2, 2)):
    """Clusters of unequal size: 1 joins in year 1, 2 joins in year 2 and is compared with until then, 0 never joins."""
    rng = np.random.default_rng(seed)
    units = np.repeat(np.arange(len(sizes)), sizes)
    when = np.array(joins)[units]
    values = rng.normal(50, 5, (len(units), 3)) + rng.normal(0, 3, (len(sizes), 3))[units]
    return values, units, when


def regressed(values, units, who, now, base, share):
    """Bell and McCaffrey's error and degrees of freedom (Imbens and Kolesar's for ``share`` > 0) of a difference in means."""
    inside, outside = who
    rows = np.flatnonzero(inside | outside)
    y, of = (values[:, now] - values[:, base])[rows], units[rows]
    x = np.column_stack([np.ones(len(rows)), inside[rows]]).astype(float)
    bread = np.linalg.inv(x.T @ x)
    hat = x @ bread @ x.T
    left = y - hat @ y
    columns, variance = [], 0.0
    for unit in np.unique(of):
        own = of == unit
        scale = np.linalg.inv(linalg.sqrtm(np.eye(own.sum()) - hat[np.ix_(own, own)]).real)
        a = scale @ x[own] @ bread @ np.array([0.0, 1.0])
        variance += (left[own] @ a) ** 2
        columns.append((np.eye(len(rows)) - hat)[:, own] @ a)
    g = np.column_stack(columns)
    model = (1 - share) * np.eye(len(rows)) + share * (of[:, None] == of)
    m = g.T @ model @ g
    return variance**0.5, np.trace(m) ** 2 / np.trace(m @ m)


@LEVELS
def test_one_comparison_has_the_error_and_freedom_of_bell_and_mccaffrey_and_of_imbens_and_kolesar(share):
    values, units, when = compared()
    inside, outside = when == 1, when != 1
    found = error_of(values, [Side(inside, 1, 0, 1.0), Side(outside, 1, 0, -1.0)], units, share)
    se, df = regressed(values, units, (inside, outside), 1, 0, share)
    assert found.se == pytest.approx(se, rel=1e-12)
    assert found.df == pytest.approx(df, rel=1e-10)


@LEVELS
def test_a_mean_over_groups_and_years_has_the_freedom_of_the_whole_matrix(share):
    values, units, when = compared()
    later = np.isin(when, (0, 2))
    sides = [Side(when == 1, 1, 0, 0.5), Side(later, 1, 0, -0.5), Side(when == 1, 2, 0, 0.3), Side(when == 0, 2, 0, -0.3),
             Side(when == 2, 2, 1, 0.2), Side(when == 0, 2, 1, -0.2)]  # fmt: skip
    found = error_of(values, sides, units, share)

    schools, years = values.shape
    clusters = units.max() + 1
    linear = np.array([  # the clusters' parts are linear in the values: one value after the other
        error_of(np.eye(1, schools * years, k).reshape(schools, years), sides, units, share).parts
        for k in range(schools * years)
    ]).T  # fmt: skip
    assert linear @ values.ravel() == pytest.approx(found.parts, abs=1e-9)
    unit, year = np.repeat(units, years), np.tile(np.arange(years), schools)
    same = (unit[:, None] == unit) & (year[:, None] == year)
    m = linear @ ((1 - share) * np.eye(schools * years) + share * same) @ linear.T
    assert m.shape == (clusters, clusters)
    assert found.df == pytest.approx(np.trace(m) ** 2 / np.trace(m @ m), rel=1e-9)


def test_three_schools_against_twenty_seven_have_two_and_a_half_degrees_of_freedom_as_the_closed_form_says():
    # the problem of Behrens and Fisher, every school by itself, as in Imbens and Kolesar 2016
    values = np.random.default_rng(2).normal(size=(30, 2))
    few = np.arange(30) < 3
    found = error_of(values, [Side(few, 1, 0, 1.0), Side(~few, 1, 0, -1.0)], np.arange(30), 0.0)
    assert round(found.df, 1) == 2.5
    assert found.df == pytest.approx(30**2 * 26 * 2 / (3**2 * 2 + 27**2 * 26))
    change = values[:, 1] - values[:, 0]
    welch = np.sqrt(change[few].var(ddof=1) / 3 + change[~few].var(ddof=1) / 27)
    assert found.se == pytest.approx(welch)


def test_equal_clusters_have_the_t_interval_of_their_means():
    values, units, when = compared(sizes=(4,) * 6, joins=(1, 1, 1, 0, 0, 0))
    sides = [Side(when == 1, 1, 0, 1.0), Side(when == 0, 1, 0, -1.0)]
    means = [(values[units == u, 1] - values[units == u, 0]).mean() for u in range(6)]
    found = error_of(values, sides, units, together(values, sides, units))
    t = st.ttest_ind(means[:3], means[3:])
    assert found.df == pytest.approx(4)
    assert found.half(0.95) == pytest.approx(
        t.confidence_interval(0.95).high - (np.mean(means[:3]) - np.mean(means[3:]))
    )


def test_a_mean_of_pupils_who_come_in_schools_has_the_error_of_the_same_mean_over_pupils():
    sizes = np.array([30, 5, 12, 8])
    units = np.repeat(np.arange(4), sizes)
    level = np.array([3.0, -1.0, 0.5, 2.0])
    values = np.column_stack([np.zeros(55), level[units]])
    one_by_one = error_of(values, [Side(np.ones(55, dtype=bool), 1, 0, 1.0)], units, 0.0)
    mean = (level * sizes).sum() / 55
    variance, df = error_of_mean(level - mean, sizes.astype(float))
    assert variance == pytest.approx(one_by_one.se**2)
    assert df == pytest.approx(one_by_one.df)
    equal, four = error_of_mean(level - level.mean(), np.full(4, 9.0))
    assert equal == pytest.approx(level.var(ddof=1) / 4)
    assert four == pytest.approx(3)


def test_a_side_that_is_one_cluster_has_no_error():
    values, units, when = compared(joins=(1, 0, 0, 0, 0, 0, 0, 0))
    found = error_of(values, [Side(when == 1, 1, 0, 1.0), Side(when == 0, 1, 0, -1.0)], units, 0.0)
    assert np.isnan(found.se)
    assert np.isnan(found.df)
    assert np.isnan(found.half(0.95))


def test_schools_of_a_cluster_are_seen_to_go_together_as_much_as_they_do():
    rng = np.random.default_rng(3)
    units = np.repeat(np.arange(400), 5)
    values = rng.normal(0, 1, (400, 2))[units] * 3**0.5 + rng.normal(0, 1, (2000, 2))
    side = [Side(np.ones(2000, dtype=bool), 1, 0, 1.0)]
    assert together(values, side, units) == pytest.approx(0.75, abs=0.05)
    assert together(values, side, np.arange(2000)) == 0  # a school alone goes with nobody


def estimates(rng, rows=4, units=3000):
    shared = rng.normal(size=units)
    return [Error((shared + rng.normal(size=units)) / units, df=6.0) for _ in range(rows)]


def test_all_at_once_needs_more_than_one_by_one_and_less_than_if_nothing_went_together():
    errors = estimates(np.random.default_rng(4))
    (reach, *rest) = AllAtOnce(errors, 20_000, 1).quantiles(0.95)
    assert rest == pytest.approx([reach] * 3)
    assert t_quantile(0.95, 6) < reach < t_quantile(0.95 ** (1 / 4), 6)
    (alone,) = AllAtOnce(errors[:1], 200_000, 1).quantiles(0.95)
    assert alone == pytest.approx(float(t_quantile(0.95, 6)), rel=0.02)


def test_the_chance_of_the_most_extreme_is_that_of_the_t_distribution_for_one_and_more_for_several():
    errors = estimates(np.random.default_rng(5))
    one = 2 * st.t.sf(2.5, 6)
    assert AllAtOnce(errors[:1], 200_000, 1).chance_of(np.array([-2.5])) == pytest.approx(one, rel=0.05)
    assert one < AllAtOnce(errors, 20_000, 1).chance_of(np.array([0.1, -2.5, 0.3, 1.0])) < 1 - (1 - one) ** 4
