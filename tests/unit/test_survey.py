import math

import numpy as np
import pandas as pd
import pytest

from allrise.data.tables import ITEMS, SCHOOLS, SURVEY
from allrise.errors import InvalidData
from allrise.evidence import survey as ev
from allrise.evidence.agreement import eijk, rwg
from allrise.evidence.reliability import cronbach_alpha, mcdonald_omega


def items_table(ids=("F2", "F3", "F4"), each=3):
    rows = [(f"{f}_{i}", f, f"Wording {f} {i}", i == 1) for f in ids for i in range(each)]
    return ITEMS.typed(pd.DataFrame(rows, columns=["item_id", "framework_id", "wording", "reversed"]))


def schools_table(count=6):
    rows = [(f"s{i}", f"School {i}", "NZ") for i in range(count)]
    table = pd.DataFrame(rows, columns=["school_id", "name", "country"])
    return SCHOOLS.typed(table.assign(pupils=200, latitude=np.nan, longitude=np.nan))


def drawn(items, *, people=12, schools=6, clusters=1, level=None, seed=1, wave="2023"):
    """Draw answers: people of two roles in each school; a reversed item is answered the other way round."""
    rng = np.random.default_rng(seed)
    level = level or {"F2": 4.2, "F3": 3.0, "F4": 3.6}
    rows = []
    for c in range(clusters):
        lift = rng.normal(0, 0.4) if clusters > 1 else 0.0
        for s in range(schools):
            for p in range(people):
                person = rng.normal(0, 0.5)
                role = "leader" if p == 0 else "teacher" if p % 2 else "assistant"
                for item, framework, turned in zip(
                    items["item_id"], items["framework_id"], items["reversed"], strict=True
                ):
                    score = int(np.clip(round(level[framework] + lift + person + rng.normal(0, 0.6)), 1, 5))
                    rows.append((f"r{c}_{s}_{p}", f"c{c}", f"s{s}", wave, role, item, 6 - score if turned else score))
    columns = ["response_id", "cluster_id", "school_id", "wave", "role", "item_id", "score"]
    return SURVEY.typed(pd.DataFrame(rows, columns=columns))


@pytest.fixture(scope="module")
def items():
    return items_table()


@pytest.fixture(scope="module")
def survey(items):
    return drawn(items)


def test_reversed_items_are_turned_round(items):
    rows = [("r", "c", "s0", "2023", "teacher", "F2_0", 5), ("r", "c", "s0", "2023", "teacher", "F2_1", 1)]
    columns = ["response_id", "cluster_id", "school_id", "wave", "role", "item_id", "score"]
    given = ev.answers(SURVEY.typed(pd.DataFrame(rows, columns=columns)), items)
    assert given["score"].tolist() == [5.0, 5.0]


def test_an_item_that_is_not_in_items_is_named(items, survey):
    with pytest.raises(InvalidData, match="F4_0 is not in items"):
        ev.answers(survey, items.loc[items["framework_id"] != "F4"])


def test_the_latest_wave_is_shown(items, survey):
    later = drawn(items, people=6, seed=2, wave="2024")
    profile = ev.factor_profile(pd.concat([survey, later]), items)
    assert profile["respondents"].tolist() == [36, 36, 36]
    assert ev.factor_profile(pd.concat([survey, later]), items, wave="2023")["respondents"].tolist() == [72, 72, 72]


def test_the_profile_finds_the_planted_levels_and_is_not_averaged(items, survey):
    profile = ev.factor_profile(survey, items).set_index("framework_id")
    assert profile.index.tolist() == ["F2", "F3", "F4"]
    for name, level in (("F3", 3.0), ("F4", 3.6)):
        assert profile.loc[name, "lower"] < level < profile.loc[name, "upper"]
    assert profile[["s1", "s2", "s3", "s4", "s5"]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert (profile["s4"] + profile["s5"]).to_numpy() == pytest.approx(profile["agree_share"].to_numpy())
    assert profile["response_rate"].isna().all()


def test_the_response_rate_is_said_when_it_is_known(items, survey):
    assert ev.factor_profile(survey, items, invited=144)["response_rate"].tolist() == [0.5] * 3


def test_who_answered_fewer_than_half_of_the_items_has_no_score(items, survey):
    one = survey["response_id"].eq("r0_0_0") & survey["item_id"].isin(["F2_1", "F2_2"])
    profile = ev.factor_profile(survey.loc[~one], items).set_index("framework_id")
    assert profile["respondents"].to_dict() == {"F2": 71, "F3": 72, "F4": 72}


def test_schools_that_differ_widen_the_interval(items):
    alike = drawn(items, seed=5)
    apart = alike.copy()
    shift = apart["school_id"].map({f"s{i}": d for i, d in enumerate((-2, 2, -2, 2, -2, 2))}).to_numpy()
    shift = np.where(apart["item_id"].str.endswith("_1"), -shift, shift)
    apart["score"] = (apart["score"].astype(float) + shift).clip(1, 5).round().astype("Int64")
    width = [
        (p["upper"] - p["lower"]).iloc[1] for p in (ev.factor_profile(alike, items), ev.factor_profile(apart, items))
    ]
    assert width[1] > 3 * width[0]


def test_a_cluster_with_four_respondents_shows_nothing(items):
    profile = ev.factor_profile(drawn(items, people=4, schools=1), items)
    assert profile["respondents"].tolist() == [4, 4, 4]
    assert profile[["mean", "s1", "agree_share"]].isna().all(axis=None)
    assert ev.weakest_factor(profile) == ()


def test_small_roles_are_hidden_and_so_is_the_next_where_one_could_be_worked_out(items):
    rows = drawn(items, people=9, schools=3)  # three leaders, twelve teachers, twelve assistants
    table = ev.by_role(rows, items).loc[lambda t: t["framework_id"] == "F2"].set_index("role")
    assert table.index.tolist() == ["leader", "teacher", "assistant"]
    assert table["hidden"].tolist() == [True, True, False]
    assert table.loc[table["hidden"], ["respondents", "mean", "s1"]].isna().all(axis=None)
    assert table.loc["assistant", "respondents"] == 12


def test_six_leaders_are_shown(items, survey):
    table = ev.by_role(survey, items)
    assert not table["hidden"].any()
    assert table.groupby("role")["respondents"].first().to_dict() == {"assistant": 30, "leader": 6, "teacher": 36}


def test_schools_are_in_order_of_name_and_one_without_answers_is_said(items, survey):
    table = ev.by_school(survey.loc[survey["school_id"] != "s2"], items, schools_table())
    rows = table.loc[table["framework_id"] == "F3"]
    assert rows["letter"].tolist() == list("ABCDEF")
    assert rows["respondents"].tolist() == [12, 12, 0, 12, 12, 12]
    assert rows["hidden"].tolist() == [False, False, True, False, False, False]
    assert rows.loc[~rows["hidden"], ["mean", "a", "rwg"]].notna().all(axis=None)


def test_a_single_small_school_takes_another_with_it(items, survey):
    few = survey.loc[(survey["school_id"] != "s2") | survey["response_id"].isin(["r0_2_0", "r0_2_1"])]
    rows = ev.by_school(few, items, schools_table()).loc[lambda t: t["framework_id"] == "F3"]
    assert rows["hidden"].sum() == 2
    assert rows.loc[rows["hidden"], "respondents"].isna().all()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([0, 0, 9, 0, 0], 1), ([5, 5, 5, 5, 5], 0), ([6, 0, 0, 0, 6], -1), ([30, 40, 210, 130, 530, 50, 10], 0.6113333)],
)
def test_eijks_agreement_has_its_published_values(counts, expected):
    """1 for one answer, 0 for all alike, -1 for two camps; the last is the example of the R package agrmt."""
    assert eijk(counts) == pytest.approx(expected, abs=5e-8)


def test_rwg_of_people_who_agree_is_1_and_of_guessing_0():
    assert rwg(pd.DataFrame({"a": [4, 4, 4], "b": [5, 5, 5]})) == 1
    assert rwg(pd.DataFrame({"a": [1, 2, 3, 4, 5]})) == 0
    one = rwg(pd.DataFrame({"a": [3.0, 4.0, 4.0, 3.0]}))
    assert one == pytest.approx(1 - (1 / 3) / 2)
    two = rwg(pd.DataFrame({"a": [3.0, 4.0, 4.0, 3.0], "b": [4.0, 3.0, 3.0, 4.0]}))
    assert two == pytest.approx(2 * one / (2 * one + 1 - one))


def test_agreement_is_given_for_all_and_within_schools(items, survey):
    table = ev.agreement(survey, items)
    assert table["schools"].tolist() == [6, 6, 6]
    assert table["a"].between(-1, 1).all()
    assert table[["rwg", "rwg_within_schools"]].apply(lambda c: c.between(0, 1)).all(axis=None)


def test_gaps_between_roles_are_those_of_welch(items, survey):
    from scipy import stats

    row = (
        ev.role_gaps(survey, items).query("framework_id == 'F3' and role_a == 'leader' and role_b == 'teacher'").iloc[0]
    )
    people = ev.person_scores(survey, items).query("framework_id == 'F3'")
    x, y = (people.loc[people["role"] == r, "score"].to_numpy(dtype=float) for r in ("leader", "teacher"))
    expected = stats.ttest_ind(x, y, equal_var=False).confidence_interval()
    assert (row["lower"], row["upper"]) == pytest.approx((expected.low, expected.high))
    assert row["gap"] == pytest.approx(x.mean() - y.mean())


def test_the_weakest_factor_is_a_set_of_all_that_could_be_lowest():
    profile = pd.DataFrame({
        "framework_id": ["F2", "F3", "F4", "L1"], "mean": [3.9, 3.1, 3.3, 1.0], "lower": [3.7, 2.9, 3.15, 0.9],
        "upper": [4.1, 3.3, 3.45, 1.1],
    })  # fmt: skip
    assert ev.weakest_factor(profile) == ("F3", "F4")


def test_reliability_of_a_scale_and_its_warnings(items, survey):
    table = ev.reliability(survey, items).set_index("framework_id")
    assert table["respondents"].eq(72).all()
    assert table["items"].eq(3).all()
    assert ((table["warning"] == "low") == (table[["alpha", "omega"]].min(axis=1) < 0.7)).all()
    few = ev.reliability(drawn(items, people=4), items)
    assert few["warning"].eq("few respondents").all()
    single = ev.reliability(survey.loc[survey["item_id"] == "F2_0"], items)
    assert single["warning"].tolist() == ["one item"]
    assert math.isnan(single["alpha"].iloc[0])


def test_parallel_items_have_the_alpha_of_spearman_and_brown_and_omega_agrees():
    rng = np.random.default_rng(4)
    common = rng.normal(size=(20000, 1))
    scores = common + rng.normal(size=(20000, 4))  # items correlate 0.5
    assert cronbach_alpha(scores) == pytest.approx(4 * 0.5 / (1 + 3 * 0.5), abs=0.01)
    assert mcdonald_omega(scores) == pytest.approx(cronbach_alpha(scores), abs=0.002)
    loadings = np.array([0.9, 0.8, 0.5, 0.3])
    scores = common * loadings + rng.normal(size=(20000, 4)) * np.sqrt(1 - loadings**2)
    truth = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    assert mcdonald_omega(scores) == pytest.approx(truth, abs=0.01)
    assert cronbach_alpha(scores) < truth


def test_factors_that_rise_together_between_clusters_correlate(items):
    system = drawn(items, people=6, schools=3, clusters=40, seed=7)
    table = ev.interdependence(ev.cluster_means(system, items))
    assert table[["a", "b"]].to_numpy().tolist() == [["F2", "F3"], ["F2", "F4"], ["F3", "F4"]]
    assert table["clusters"].eq(40).all()
    assert (table["lower"] > 0.4).all()
    within = ev.interdependence_of_people(system, items)
    assert within["respondents"].eq(720).all()
    assert (within["rho"] < table["rho"]).all()


def test_few_clusters_give_no_correlation(items):
    table = ev.interdependence(ev.cluster_means(drawn(items, clusters=5), items))
    assert table["rho"].isna().all()


def test_the_system_profile_counts_each_cluster_once(items):
    small = drawn(items, people=5, schools=1, clusters=1, level={"F2": 2.0, "F3": 2.0, "F4": 2.0}).assign(
        cluster_id="cx"
    )
    small = small.assign(response_id=small["response_id"] + "x")
    both = pd.concat([drawn(items), small])
    row = ev.system_profile(both, items).set_index("framework_id").loc["F2"]
    assert row["clusters"] == 2
    means = ev.cluster_means(both, items).query("framework_id == 'F2'")["mean"]
    assert row["mean"] == pytest.approx(means.mean())


def test_no_answers_give_empty_tables(items):
    none = SURVEY.typed(SURVEY.empty())
    for table in (ev.factor_profile, ev.by_role, ev.agreement, ev.reliability, ev.role_gaps, ev.system_profile):
        assert table(none, items).empty
    assert ev.by_school(none, items, schools_table()).empty
    assert ev.interdependence(ev.cluster_means(none, items)).empty
