import numpy as np
import pandas as pd
import pytest
from outcomes_samples import MEASURE, drawn, measures_table, outcomes_table, schools_table

from allrise.errors import InvalidData
from allrise.evidence import outcomes as ev
from allrise.evidence.levels import pooled_level


@pytest.fixture(scope="module")
def everyone():
    return schools_table(300)


@pytest.fixture(scope="module")
def rows(everyone):
    return drawn(everyone)


@pytest.fixture(scope="module")
def system(rows, everyone):
    return ev.reference_outcomes(rows, everyone, measures_table())


@pytest.fixture(scope="module")
def cluster(rows, everyone):
    schools = everyone.iloc[[5, 2, 9, 30, 77, 120]]
    return rows.loc[rows["school_id"].isin(schools["school_id"])], schools


def test_the_reference_finds_the_planted_level_and_spread(system):
    row = system.query("pupil_group == 'not_disadvantaged' and time_period == 2018").iloc[0]
    assert row["mean"] == pytest.approx(65, abs=2)
    planted = np.random.default_rng(1).normal(65, 9, 300).std(ddof=1)  # the levels that `drawn` drew
    assert row["sd_between"] == pytest.approx(planted, abs=0.9)
    assert row["sd_lower"] < planted < row["sd_upper"]
    assert 0 < row["noise_share"] < 1
    assert row["sd_raw"] > row["sd_between"]
    assert row["k"] == row["schools"] == 300
    assert row["tau"] > 0
    assert row["q10"] < row["q25"] < row["q50"] < row["q75"] < row["q90"]


def test_the_reference_leaves_special_schools_out(rows, everyone):
    phases = everyone.assign(phase=["special"] * 100 + ["primary"] * 200).astype({"phase": "str"})
    assert ev.reference_outcomes(rows, phases, measures_table())["schools"].tolist() == [200] * 6


def test_each_country_has_its_own_reference(rows, everyone):
    two = everyone.assign(country=["NZ"] * 120 + ["GB-ENG"] * 180).astype({"country": "str"})
    table = ev.reference_outcomes(rows, two, measures_table())
    assert table.groupby("country")["schools"].first().to_dict() == {"GB-ENG": 180, "NZ": 120}
    with pytest.raises(InvalidData, match="own country"):
        ev.overdispersion_for(table, measure_id=MEASURE, time_period=2018)


def test_the_cluster_trend_is_pupil_weighted_and_stands_beside_the_system(cluster, system):
    rows, _ = cluster
    table = ev.cluster_trend(rows, system, measure_id=MEASURE)
    assert table.columns.tolist() == [
        "series", "time_period", "schools", "pupils", "value", "lower", "upper", "weighted"
    ]  # fmt: skip
    assert table["series"].tolist() == ["cluster", "cluster", "system", "system"]
    year = rows.query("pupil_group == 'all' and time_period == 2018")
    expected = np.average(year["value"], weights=year["pupils"].astype(float))
    found = table.query("series == 'cluster' and time_period == 2018").iloc[0]
    assert found["value"] == pytest.approx(expected)
    assert found["lower"] < expected < found["upper"]
    narrow = table.query("series == 'system'").iloc[0]
    assert narrow["upper"] - narrow["lower"] < found["upper"] - found["lower"]


def test_a_value_without_denominator_gets_no_interval():
    rows = outcomes_table([("s00001", 2018, "all", None, 60.0), ("s00002", 2018, "all", 40, 80.0)])
    found = ev.cluster_trend(rows, measure_id=MEASURE, unit="percent").iloc[0]
    assert found["value"] == 70
    assert not found["weighted"]
    assert pd.isna(found["lower"])
    assert pd.isna(found["pupils"])


def test_schools_that_differ_widen_the_interval_beyond_the_pupils_chance():
    alike = pooled_level([60, 60, 60, 60], [50, 50, 50, 50], percent=True)
    apart = pooled_level([30, 90, 40, 80], [50, 50, 50, 50], percent=True)
    assert alike.value == apart.value == 60
    assert apart.upper - apart.lower > 2 * (alike.upper - alike.lower)


def test_the_level_of_one_school_has_wilsons_interval():
    one = pooled_level([65], [100], percent=True)
    assert (one.lower, one.upper) == pytest.approx((55.25444329688797, 73.63575175690247))


def test_the_unit_must_be_known(cluster):
    with pytest.raises(InvalidData, match="Give `unit`"):
        ev.cluster_trend(cluster[0], measure_id=MEASURE)


def test_percentages_outside_0_to_100_are_refused():
    rows = outcomes_table([("s00001", 2018, "all", 40, 104.0)])
    with pytest.raises(InvalidData, match="outside 0 to 100"):
        ev.cluster_trend(rows, measure_id=MEASURE, unit="percent")


def test_schools_are_lettered_by_name_without_case_and_accents():
    schools = schools_table(4).assign(name=["Zeta", "école Bleu", "Eton", "alpha"])
    table = ev.lettered(schools)
    assert table["school"].tolist() == ["alpha", "école Bleu", "Eton", "Zeta"]
    assert table["letter"].tolist() == ["A", "B", "C", "D"]
    assert [ev.letter(i) for i in (25, 26, 27, 701, 702)] == ["Z", "AA", "AB", "ZZ", "AAA"]


def test_a_schools_letter_does_not_depend_on_what_is_shown(cluster, system):
    rows, schools = cluster
    levels = ev.school_levels(rows, schools, measure_id=MEASURE, time_period=2018, system=system)
    points = ev.funnel_points(rows, schools, system, measure_id=MEASURE, time_period=2017)
    shrunk = ev.shrunk_levels(rows, schools, system, measure_id=MEASURE, time_period=2018)
    for table in (points, shrunk):
        assert table[["school_id", "letter"]].equals(levels[["school_id", "letter"]])


def test_a_hidden_value_keeps_its_status_and_a_missing_row_is_not_available(cluster, system):
    rows, schools = cluster
    first, second = sorted(schools["school_id"])[:2]
    rows = rows.loc[~((rows["school_id"] == second) & (rows["time_period"] == 2018))].copy()
    hide = (rows["school_id"] == first) & (rows["time_period"] == 2018)
    rows.loc[hide, "value"] = np.nan
    rows.loc[hide, "status"] = "c"
    table = ev.school_levels(rows, schools, measure_id=MEASURE, time_period=2018, system=system)
    by_id = table.set_index("school_id")
    assert by_id["status"].loc[[first, second]].tolist() == ["c", "x"]
    assert by_id["value"].loc[[first, second]].isna().all()
    assert (by_id["status"].drop([first, second]) == "").all()
    assert len(ev.funnel_points(rows, schools, system, measure_id=MEASURE, time_period=2018)) == len(schools) - 2


def test_published_limits_are_kept(cluster, system):
    rows, schools = cluster
    rows = rows.assign(lower=1.5, upper=99.5)
    table = ev.school_levels(rows, schools, measure_id=MEASURE, time_period=2018, system=system)
    assert table["lower"].eq(1.5).all()
    assert table["upper"].eq(99.5).all()


def test_the_funnel_takes_tau_from_the_system(cluster, system, rows):
    mine, schools = cluster
    points = ev.funnel_points(mine, schools, system, measure_id=MEASURE, time_period=2018, others=rows)
    assert points.columns.tolist() == [
        "school_id", "school", "letter", "in_cluster", "pupils", "value", "outside"
    ]  # fmt: skip
    assert points["in_cluster"].sum() == len(schools)
    assert len(points) == 300
    assert points.loc[~points["in_cluster"], "school"].eq("").all()
    # Winsorising keeps tau small on purpose: somewhat more than 5% of ordinary schools are outside.
    assert 0.02 < points["outside"].ne("no").mean() < 0.15
    over = ev.overdispersion_for(system, measure_id=MEASURE, time_period=2018)
    assert over is not None
    assert over.k == 300
    assert over.enough
    limits = ev.funnel_limits(over, most_pupils=120)
    assert limits.columns.tolist() == [
        "pupils", "lower_95", "upper_95", "lower_998", "upper_998", "plain_lower_95", "plain_upper_95"
    ]  # fmt: skip
    assert limits["upper_998"].max() <= 100
    assert limits["lower_998"].min() >= 0
    assert (limits["upper_95"] - limits["lower_95"] > limits["plain_upper_95"] - limits["plain_lower_95"]).iloc[-1]
    assert (limits["lower_95"].diff().dropna() >= 0).all()


def test_shrinking_pulls_small_schools_further(cluster, system):
    rows, schools = cluster
    table = ev.shrunk_levels(rows, schools, system, measure_id=MEASURE, time_period=2018)
    row = system.query("pupil_group == 'all' and time_period == 2018").iloc[0]
    pulled = (table["shrunk"] - table["raw"]).abs() / (table["raw"] - row["mean"]).abs()
    assert pulled.to_numpy() == pytest.approx(1 - table["reliability"].to_numpy())
    assert table["reliability"].corr(table["pupils"].astype(float), method="spearman") == pytest.approx(1)
    half = (table["shrunk_upper"] - table["shrunk_lower"]) / 2
    assert (half < 1.96 * row["sd_within"] / np.sqrt(table["pupils"].astype(float))).all()
    assert half.to_numpy() == pytest.approx(1.959964 * row["sd_between"] * np.sqrt(1 - table["reliability"].to_numpy()))


def test_the_gap_has_the_planted_size(rows, everyone):
    system = ev.reference_gaps(rows, everyone, measures_table())
    row = system.query("group_low == 'disadvantaged' and time_period == 2018").iloc[0]
    assert row["lower"] < 15 < row["upper"]
    assert row["within"] + row["between"] == pytest.approx(row["gap"])
    assert row["within"] == pytest.approx(15, abs=2.5)
    assert abs(row["between"]) < 1.5


def test_gaps_of_cluster_and_schools(cluster, rows, everyone):
    mine, schools = cluster
    system = ev.reference_gaps(rows, everyone, measures_table())
    trend = ev.gap_trend(mine, system, measure_id=MEASURE)
    assert trend["series"].tolist() == ["cluster", "cluster", "system", "system"]
    assert (trend["value_high"] - trend["value_low"]).to_numpy() == pytest.approx(trend["gap"].to_numpy())
    gaps = ev.school_gaps(mine, schools, measure_id=MEASURE, time_period=2018, system=system)
    assert gaps["letter"].tolist() == list("ABCDEF")
    assert ((gaps["lower"] < gaps["gap"]) & (gaps["gap"] < gaps["upper"])).all()
    parts = ev.gap_decomposition(mine, system, measure_id=MEASURE, time_period=2018)
    assert parts["part"].tolist() == ["within schools", "between schools"] * 2
    assert parts.groupby("series")["gap_share"].sum().tolist() == pytest.approx([1, 1])
    now = trend.query("series == 'cluster' and time_period == 2018")["gap"].iloc[0]
    assert parts.query("series == 'cluster'")["value"].sum() == pytest.approx(now)


def test_a_gap_with_a_hidden_group_says_why(cluster):
    mine, schools = cluster
    first = min(schools["school_id"])
    hide = (mine["school_id"] == first) & (mine["pupil_group"] == "disadvantaged")
    mine = mine.assign(value=mine["value"].mask(hide), status=mine["status"].astype("object").mask(hide, "c")).astype(
        {"status": "str"}
    )
    gaps = ev.school_gaps(mine, schools, measure_id=MEASURE, time_period=2018, unit="percent").set_index("school_id")
    assert gaps.loc[first, "status"] == "c"
    assert pd.isna(gaps.loc[first, "gap"])


def test_a_gap_between_groups_in_different_schools_is_between_schools():
    rows = outcomes_table([
        ("s00001", 2018, "disadvantaged", 90, 50.0), ("s00001", 2018, "not_disadvantaged", 10, 50.0),
        ("s00002", 2018, "disadvantaged", 10, 80.0), ("s00002", 2018, "not_disadvantaged", 90, 80.0),
    ])  # fmt: skip
    parts = ev.gap_decomposition(rows, measure_id=MEASURE, time_period=2018).set_index("part")
    assert parts["gap_share"].to_dict() == pytest.approx({"within schools": 0.0, "between schools": 1.0})
    assert parts["value"].sum() == pytest.approx(24.0)


def test_the_spread_of_a_cluster_is_less_certain_than_the_systems(cluster, system):
    table = ev.spread_trend(cluster[0], system, measure_id=MEASURE)
    assert table.columns.tolist() == [
        "series", "time_period", "schools", "sd_raw", "sd_between", "sd_lower", "sd_upper", "icc", "noise_share"
    ]  # fmt: skip
    width = (table["sd_upper"] - table["sd_lower"]).to_numpy()
    assert width[:2].min() > 3 * width[2:].max()


def test_a_trend_is_fitted_for_each_series(cluster, system):
    trends = ev.trend_of(ev.cluster_trend(cluster[0], system, measure_id=MEASURE), "value")
    assert set(trends) == {"cluster", "system"}
    assert trends["system"].weighted
    assert trends["system"].lower < 0 < trends["system"].upper


def test_similar_schools_are_like_in_intake_and_never_the_school_itself(rows, everyone):
    near = ev.neighbour_reference(rows, everyone, neighbours=10)
    assert len(near) == 300
    assert near["time_period"].eq(2018).all()
    assert near["features"].eq("size, disadvantage").all()
    assert near["neighbours"].eq(10).all()
    assert (near["neighbours_q1"] <= near["neighbours_median"]).all()
    # Put an outlier in: its own value never enters its own neighbours' quartiles.
    odd = rows.assign(value=rows["value"].mask(rows["school_id"] == "s00007", 0.0))
    changed = ev.neighbour_reference(odd, everyone, neighbours=10).set_index("school_id").loc["s00007"]
    assert changed["neighbours_q1"] == near.set_index("school_id").loc["s00007", "neighbours_q1"]


def test_schools_are_beside_their_neighbours_by_name(cluster, rows, everyone, system):
    mine, schools = cluster
    near = ev.neighbour_reference(rows, everyone)
    table = ev.similar_schools(mine, schools, near, measure_id=MEASURE, time_period=2018, system=system)
    assert table["letter"].tolist() == list("ABCDEF")
    assert table["neighbours"].eq(20).all()
    earlier = ev.similar_schools(mine, schools, near, measure_id=MEASURE, time_period=2017, system=system)
    assert earlier["neighbours_median"].isna().all()


def test_a_measure_in_points_uses_the_published_limits(everyone):
    rng = np.random.default_rng(8)
    level = rng.normal(0, 2.0, len(everyone))
    n = rng.integers(15, 90, len(everyone))
    value = rng.normal(level, 6 / np.sqrt(n))
    rows = outcomes_table(
        [(s, 2018, "all", int(c), v) for s, c, v in zip(everyone["school_id"], n, value, strict=True)]
    ).assign(lower=value - 1.959964 * 6 / np.sqrt(n), upper=value + 1.959964 * 6 / np.sqrt(n))
    system = ev.reference_outcomes(rows, everyone, measures_table("points"))
    row = system.iloc[0]
    assert row["sd_within"] == pytest.approx(6, abs=1e-4)
    assert row["sd_lower"] < 2 < row["sd_upper"]
    assert row["scale"] == "unit"
    schools = everyone.iloc[:8]
    mine = rows.loc[rows["school_id"].isin(schools["school_id"])]
    shrunk = ev.shrunk_levels(mine, schools, system, measure_id=MEASURE, time_period=2018)
    assert shrunk["shrunk"].notna().all()
    points = ev.funnel_points(mine, schools, system, measure_id=MEASURE, time_period=2018)
    assert points["outside"].isin(["no", "95", "99.8"]).all()


def test_points_without_limits_or_denominators_say_only_what_they_can(everyone):
    rng = np.random.default_rng(8)
    rows = outcomes_table(
        [(s, 2018, "all", None, v) for s, v in zip(everyone["school_id"], rng.normal(size=300), strict=True)]
    )
    system = ev.reference_outcomes(rows, everyone, measures_table("points"))
    row = system.iloc[0]
    assert np.isfinite(row["sd_raw"])
    assert row[["tau", "sd_between", "lower"]].isna().all()
    assert ev.overdispersion_for(system, measure_id=MEASURE, time_period=2018) is None
    schools = everyone.iloc[:8]
    mine = rows.loc[rows["school_id"].isin(schools["school_id"])]
    assert len(ev.funnel_points(mine, schools, system, measure_id=MEASURE, time_period=2018)) == 0
    assert ev.shrunk_levels(mine, schools, system, measure_id=MEASURE, time_period=2018)["shrunk"].isna().all()


@pytest.mark.parametrize("table", ["cluster_trend", "gap_trend", "spread_trend"])
def test_a_cluster_without_rows_gives_an_empty_typed_table(table):
    found = getattr(ev, table)(outcomes_table([]), measure_id=MEASURE, unit="percent")
    assert found.empty
    assert str(found["time_period"].dtype) == "Int64"


def test_two_rows_of_one_school_and_year_are_refused(cluster, system):
    rows, schools = cluster
    with pytest.raises(pd.errors.MergeError):
        ev.school_levels(pd.concat([rows, rows]), schools, measure_id=MEASURE, time_period=2018, system=system)


def test_a_percentage_that_is_not_a_share_of_counted_pupils_gets_no_binomial_interval(everyone):
    rng = np.random.default_rng(6)
    n = rng.integers(50, 400, 300)
    attendance = [
        (s, p, "all", int(c), 94 + rng.normal(0, 0.6))
        for p in (2017, 2018)
        for s, c in zip(everyone["school_id"], n, strict=True)
    ]
    rows = outcomes_table(attendance)
    system = ev.reference_outcomes(rows, everyone, measures_table())
    assert not system["counted"].any()
    assert system[["tau", "sd_between"]].isna().all(axis=None)
    schools = everyone.iloc[:8]
    mine = rows.loc[rows["school_id"].isin(schools["school_id"])]
    levels = ev.school_levels(mine, schools, measure_id=MEASURE, time_period=2018, system=system)
    assert levels["value"].notna().all()
    assert levels["lower"].isna().all()
    trend = ev.cluster_trend(mine, system, measure_id=MEASURE)
    assert (trend["upper"] - trend["lower"]).iloc[0] < 3  # from schools; binomial ones would be 4 or more
    assert (ev.funnel_points(mine, schools, system, measure_id=MEASURE, time_period=2018)["outside"] == "").all()


def test_the_reference_knows_real_shares(system):
    assert system["counted"].all()


def test_where_nothing_changed_one_school_in_twenty_is_beyond_chance(rows, everyone, system):
    table = ev.school_changes(rows, everyone, measure_id=MEASURE, first=2017, last=2018, system=system)
    found = ev.change_summary(table)
    assert found.schools == found.judged == 300 == found.rose + found.fell + found.same
    assert 0.02 < (found.rose_beyond_chance + found.fell_beyond_chance) / 300 < 0.09
    assert table["school"].is_monotonic_increasing


def test_where_all_rose_the_whole_distribution_moves(everyone):
    before, after = drawn(everyone, (2017,), mean=60), drawn(everyone, (2018,), mean=70)
    both = pd.concat([before, after])
    system = ev.reference_outcomes(both, everyone, measures_table())
    shift = ev.distribution_shift(system, measure_id=MEASURE)
    moved = shift[["q10", "q25", "q50", "q75", "q90"]].diff().iloc[1]
    assert moved.between(5, 15).all()
    found = ev.change_summary(
        ev.school_changes(both, everyone, measure_id=MEASURE, first=2017, last=2018, system=system)
    )
    assert found.rose > 0.8 * found.schools


def test_a_change_from_a_hidden_value_is_not_said(cluster):
    mine, schools = cluster
    first = min(schools["school_id"])
    hide = (mine["school_id"] == first) & (mine["time_period"] == 2017)
    mine = mine.assign(value=mine["value"].mask(hide), status=mine["status"].astype("object").mask(hide, "c"))
    table = ev.school_changes(mine, schools, measure_id=MEASURE, first=2017, last=2018, unit="percent")
    row = table.set_index("school_id").loc[first]
    assert (row["status"], row["beyond_chance"]) == ("c", "")
    assert pd.isna(row["change"])


def test_where_schools_cannot_be_told_apart_shrunk_values_have_no_interval(cluster, system):
    mine, schools = cluster
    alike = system.assign(sd_between=0.0)
    table = ev.shrunk_levels(mine, schools, alike, measure_id=MEASURE, time_period=2018)
    assert np.ptp(table["shrunk"]) == 0
    assert table["reliability"].eq(0).all()
    assert table[["shrunk_lower", "shrunk_upper"]].isna().all(axis=None)
