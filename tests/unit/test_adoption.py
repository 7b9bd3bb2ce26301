import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from allrise.data.tables import MEMBERSHIPS, SCHOOLS
from allrise.evidence import adoption as ad


def autumn(period):
    return dt.date(period, 10, 1)


def schools_table(n):
    return SCHOOLS.typed(pd.DataFrame({"school_id": [f"s{i}" for i in range(n)], "name": "N", "country": "NZ"}))


def memberships_table(rows):
    return MEMBERSHIPS.typed(pd.DataFrame(rows, columns=["school_id", "cluster_id", "joined_on", "left_on"]))


def test_membership_counts_who_joins_leaves_and_moves():
    memberships = memberships_table([
        ("s0", "a", None, None), ("s1", "a", "2019-01-01", "2021-01-01"), ("s1", "b", "2021-01-01", None),
        ("s2", "b", "2020-01-01", "2021-06-01"),
    ])  # fmt: skip
    table = ad.membership_over_time(memberships, schools_table(4), [2018, 2019, 2020, 2021], autumn)
    assert table["members"].tolist() == [1, 2, 3, 2]
    assert table["share"].tolist() == [0.25, 0.5, 0.75, 0.5]
    assert table["joined"].tolist() == [pd.NA, 1, 1, 0]
    assert table["left"].tolist() == [pd.NA, 0, 0, 1]
    assert table["moved"].tolist() == [pd.NA, 0, 0, 1]
    assert table["clusters"].tolist() == [1, 1, 2, 2]


def test_a_school_that_leaves_stays_with_those_it_joined_with():
    memberships = memberships_table([("s1", "a", "2019-01-01", "2020-01-01")])
    table = ad.cohorts(memberships, schools_table(2), [2018, 2019, 2020], autumn).set_index("school_id")
    assert table.loc["s1", "cohort"] == 2019
    assert pd.isna(table.loc["s0", "cohort"])


def panel(*, schools=240, effect=5.0, drift=0.0, seed=1, periods=(2015, 2016, 2017, 2018, 2019)):
    """Schools of clusters of eight join in 2017, in 2018, or not; joining adds ``effect``, ``drift`` parts them before."""
    rng = np.random.default_rng(seed)
    cohort = np.array([(2017.0, 2018.0, np.nan)[(i // 8) % 3] for i in range(schools)])
    level = rng.normal(60, 8, schools)
    rows = []
    for i, period in enumerate(periods):
        gain = np.where(period >= np.nan_to_num(cohort, nan=9999), effect, 0.0)
        value = level + 1.5 * i + gain + drift * i * np.isfinite(cohort) + rng.normal(0, 2, schools)
        rows.append(
            pd.DataFrame({"school_id": [f"s{j}" for j in range(schools)], "time_period": period, "value": value})
        )
    joined = pd.DataFrame({
        "school_id": [f"s{j}" for j in range(schools)], "cohort": pd.array(cohort, dtype="Float64").astype("Int64"),
        "cluster_id": [f"c{j // 8}" if np.isfinite(cohort[j]) else None for j in range(schools)],
    })  # fmt: skip
    return pd.concat(rows), joined


def test_a_planted_effect_is_found_and_nothing_before_it():
    values, joined = panel()
    found = ad.joining_effects(values, joined)
    assert found.lower < 5 < found.upper
    assert found.overall == pytest.approx(5, abs=0.5)
    before = found.events.loc[found.events["before"]]
    assert (before["band_lower"] < 0).all()
    assert (before["band_upper"] > 0).all()
    assert found.before_p > 0.05
    assert found.events["event_time"].tolist() == [-2, -1, 0, 1, 2]
    assert (found.never, found.always) == (80, 0)


def test_groups_that_part_before_joining_are_said_to():
    found = ad.joining_effects(*panel(drift=3.0))
    assert found.before_p < 0.01


def test_each_effect_is_the_two_by_two_comparison_of_statsmodels():
    values, joined = panel(schools=120, seed=3)
    row = ad.joining_effects(values, joined).effects.query("cohort == 2017 and time_period == 2019").iloc[0]
    both = values.loc[values["time_period"].isin([2016, 2019])].merge(joined, on="school_id")
    both = both.loc[both["cohort"].isna() | (both["cohort"] == 2017)]
    both = both.assign(inside=both["cohort"].notna().astype(float), after=(both["time_period"] == 2019).astype(float))
    fit = smf.ols("value ~ inside * after", both).fit()
    assert row["effect"] == pytest.approx(fit.params["inside:after"], abs=1e-9)
    assert (row["schools"], row["comparison"]) == (40, 40)


def crowd(seed):
    """Two groups of two and three clusters of very unequal size against four clusters never in; nothing happens to anyone."""
    rng = np.random.default_rng(seed)
    sizes = (14, 3, 11, 4, 2, 9, 5, 3, 2)
    unit = np.repeat(np.arange(9), sizes)
    cohort = np.array([2016.0, 2016, 2017, 2017, 2017] + [np.nan] * 4)[unit]
    ids = [f"s{i}" for i in range(len(unit))]
    values = rng.normal(60, 5, (len(unit), 5)) + rng.normal(0, 1, (9, 5))[unit]
    rows = pd.DataFrame(
        values, index=pd.Index(ids, name="school_id"), columns=pd.RangeIndex(2014, 2019, name="time_period")
    )
    joined = pd.DataFrame({
        "school_id": ids, "cohort": pd.array(cohort, dtype="Float64").astype("Int64"), "cluster_id": [f"c{u}" for u in unit],
    })  # fmt: skip
    return rows.reset_index().melt("school_id", value_name="value"), joined


def test_where_few_clusters_join_and_nothing_happens_a_twentieth_is_found_and_the_band_holds_all_years():
    found = [ad.joining_effects(*crowd(seed), draws=300) for seed in range(100)]
    outside = [not f.lower < 0 < f.upper for f in found]
    before = [f.before_p < 0.05 for f in found]
    beyond = [((f.events["band_lower"] > 0) | (f.events["band_upper"] < 0)).any() for f in found]
    assert np.mean(outside) <= 0.1
    assert np.mean(before) <= 0.1
    assert np.mean(beyond) <= 0.1


def test_later_joiners_are_compared_with_until_they_join():
    values, joined = panel()
    row = ad.joining_effects(values, joined).effects.set_index(["cohort", "time_period"])
    assert row.loc[(2017, 2017), "comparison"] == 160  # those of 2018 and those never in
    assert row.loc[(2017, 2018), "comparison"] == 80


def test_errors_are_clustered_by_the_cluster_joined():
    values, joined = panel()
    shock = values["school_id"].map(lambda s: int(s[1:]) // 8)
    rng = np.random.default_rng(2)
    shocks = rng.normal(0, 4, (30, 5))
    values = values.assign(value=values["value"] + shocks[shock, values["time_period"] - 2015])
    together = ad.joining_effects(values, joined).events["se"].to_numpy()
    alone = ad.joining_effects(values, joined.assign(cluster_id=joined["school_id"])).events["se"].to_numpy()
    assert (together > 1.3 * alone).all()


def test_without_a_comparison_nothing_is_said():
    values, joined = panel(schools=24)
    everyone = joined.assign(cohort=pd.array([2017] * 24, dtype="Int64"))
    found = ad.joining_effects(values, everyone)
    assert found.events.empty
    assert math.isnan(found.overall)
    always = ad.joining_effects(values, joined.assign(cohort=pd.array([2015] * 24, dtype="Int64")))
    assert always.always == 24
    assert always.effects.empty


def test_no_values_give_no_effects():
    empty = pd.DataFrame(
        {
            "school_id": pd.Series([], dtype="str"),
            "time_period": pd.Series([], dtype="int64"),
            "value": pd.Series([], dtype="float64"),
        }
    )
    assert math.isnan(ad.joining_effects(empty, panel(schools=24)[1]).overall)


def test_schools_of_one_cluster_give_no_error():
    values, joined = panel()
    one = joined.assign(
        cluster_id=joined["cluster_id"].where(joined["cohort"] != 2017, "c0").where(joined["cohort"].notna())
    )
    effects = ad.joining_effects(values, one).effects
    assert effects.loc[effects["cohort"] == 2017, ["se", "lower"]].isna().all(axis=None)
    assert effects.loc[effects["cohort"] == 2018, "se"].notna().all()
    assert effects.loc[effects["cohort"] == 2017, "clusters"].eq(1).all()
