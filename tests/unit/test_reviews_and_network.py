import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from allrise.data.tables import ITEMS, REVIEWS, SCHOOLS, SURVEY, TIES
from allrise.evidence import network as nw
from allrise.evidence import reviews as rv


def schools_table(*ids):
    table = pd.DataFrame([(i, f"School {i}", "NZ") for i in ids], columns=["school_id", "name", "country"])
    return SCHOOLS.typed(table)


def reviews_table(rows):
    columns = [
        "reviewer_id",
        "reviewed_id",
        "started_on",
        "ended_on",
        "cycle",
        "actions_agreed",
        "actions_done",
        "followed_up_on",
    ]
    table = pd.DataFrame(rows, columns=columns)
    table["review_id"] = [f"r{i}" for i in range(len(table))]
    table["level"] = ["cluster" if str(b) == "c9" else "school" for b in table["reviewed_id"]]
    table["focus"] = ["F3"] * len(table)
    for name in ("cycle", "actions_agreed", "actions_done"):
        table[name] = table[name].astype("Int64")
    return REVIEWS.typed(table)


@pytest.fixture
def schools():
    return schools_table("a", "b", "c", "d")


@pytest.fixture
def reviews():
    return reviews_table([
        ("a", "b", "2021-10-01", "2021-10-03", 1, 4, 3, "2022-01-11"),
        ("b", "a", "2022-02-01", "2022-02-02", 1, 2, 2, None),
        ("a", "b", "2022-10-01", "2022-10-05", 2, 5, None, None),
        ("x", "c", "2023-03-01", None, 1, None, None, None),
    ])  # fmt: skip


def test_coverage_counts_what_each_school_received_and_gave(reviews, schools):
    table = rv.coverage(reviews, schools, until=dt.date(2023, 10, 1)).set_index("school_id")
    assert table["letter"].tolist() == list("ABCD")
    assert table["received"].tolist() == [1, 2, 1, 0]
    assert table["given"].tolist() == [2, 1, 0, 0]
    assert table.loc["b", "median_days_between"] == 365
    assert table.loc["b", "cycles"] == 2
    assert table.loc["c", "cycles"] == 0  # its review has not ended
    assert table.loc["b", "years_since"] == pytest.approx(1, abs=0.01)
    assert math.isnan(table.loc["d", "years_since"])


def test_a_review_that_begins_after_the_day_does_not_count(reviews, schools):
    table = rv.coverage(reviews, schools, until=dt.date(2022, 1, 1))
    assert table["received"].tolist() == [0, 1, 0, 0]


def test_the_matrix_has_every_ordered_pair_once(reviews, schools):
    table = rv.coverage_matrix(reviews, schools)
    assert len(table) == 12
    assert table.set_index(["reviewer_letter", "reviewed_letter"]).loc[("A", "B"), "reviews"] == 2
    assert table["reviews"].sum() == 3  # the one from outside is not between two of them


def test_actions_are_counted_where_both_numbers_are_known(reviews, schools):
    table = rv.actions(reviews, schools).set_index("school_id")
    assert table.loc["b", ["reviews", "with_actions", "actions_agreed", "actions_done"]].tolist() == [2, 1, 4, 3]
    assert table.loc["b", "done_share"] == 0.75
    assert table.loc["b", "median_days_to_follow_up"] == 100
    assert math.isnan(table.loc["c", "done_share"])


def test_years_are_school_years(reviews, schools):
    table = rv.review_years(reviews, schools)
    assert table["time_period"].tolist() == [2021, 2022]
    assert table["reviews"].tolist() == [2, 2]
    assert table["with_outside"].tolist() == [0, 1]
    assert rv.review_years(reviews, schools, first_month=1)["time_period"].tolist() == [2021, 2022, 2023]


def test_the_summary_knows_reciprocity_and_outward_reviews(reviews, schools):
    cluster = reviews_table([("k", "c9", "2022-05-01", "2022-05-02", 1, 1, 1, None)]).assign(
        level="cluster", review_id="k1"
    )
    found = rv.review_summary(pd.concat([reviews, cluster]), schools, cluster_id="k")
    assert (found.pairs, found.mutual, found.inside, found.reviews) == (1, 1, 3, 5)
    assert (found.reviewed, found.reviewing, found.schools) == (3, 2, 4)
    assert (found.outward_given, found.outward_received) == (1, 1)
    assert (found.actions_agreed, found.actions_done) == (7, 6)
    assert found.done_lower < 6 / 7 < found.done_upper


def test_no_reviews_give_zeros_not_faults(schools):
    none = REVIEWS.typed(REVIEWS.empty())
    assert rv.coverage(none, schools)["received"].tolist() == [0, 0, 0, 0]
    assert rv.review_years(none, schools).empty
    found = rv.review_summary(none, schools)
    assert found.reviews == 0
    assert math.isnan(found.done_share)
    assert math.isnan(found.done_lower)
    assert rv.focuses(none).empty


def ties_table(rows):
    table = pd.DataFrame(rows, columns=["from_id", "to_id", "role", "reported_by"])
    return TIES.typed(
        table.assign(time_period=2023, kind="practice", strength=pd.array([3] * len(table), dtype="Int64"))
    )


@pytest.fixture
def ties():
    """A line a - b - c, b to the outside; a and b confirm each other, d is silent."""
    return ties_table([
        ("a", "b", "leader", None), ("b", "a", "leader", None), ("b", "c", "teacher", None), ("b", "x", "leader", None),
        ("b", "c", "leader", "c"),
    ])  # fmt: skip


def test_ties_are_pairs_whoever_reported_them(ties, schools):
    table = nw.pairs(ties, schools, time_period=2023)
    assert table[["a", "b"]].to_numpy().tolist() == [["a", "b"], ["b", "c"], ["b", "x"]]
    assert table["confirmed"].tolist() == [True, True, False]
    assert table["inside"].tolist() == [True, True, False]
    assert table["letter_b"].tolist() == ["B", "C", ""]


def test_the_network_counts_only_what_could_be_seen(ties, schools):
    found = nw.network(ties, schools, time_period=2023)
    assert (found.schools, found.responded, found.ties, found.confirmed) == (4, 3, 2, 2)
    assert found.density == pytest.approx(2 / 6)
    assert found.ei_index == pytest.approx((1 - 2) / 3)
    assert found.cross_share == pytest.approx(1 / 3)
    assert (found.no_ties, found.no_response) == (0, 1)
    two = schools_table("a", "b", "c", "d", "e")
    assert nw.network(ties, two, time_period=2023).density == pytest.approx(2 / 9)  # d and e are both silent


def test_a_silent_school_is_not_called_isolated(ties, schools):
    silent = nw.school_ties(ties, schools, time_period=2023).set_index("school_id")
    assert silent["status"].tolist() == ["tied", "tied", "tied", "no response"]
    assert silent["outward"].tolist() == [0, 1, 0, 0]
    answered = nw.school_ties(ties, schools, time_period=2023, responded={"d"}).set_index("school_id")
    assert answered.loc["d", "status"] == "no tie reported"
    named = nw.school_ties(ties_table([("a", "d", None, None)]), schools, time_period=2023).set_index("school_id")
    assert named.loc["d", "status"] == "named by others only"


def test_what_is_lost_when_the_busiest_school_steps_out(ties, schools):
    row = nw.loss(ties, schools, time_period=2023).set_index("what").loc["school"]
    assert row["name"] == "b"
    assert row["share_lost"] == 1
    assert row["cut_off"] == 2


def test_what_is_lost_when_the_busiest_role_steps_out(ties, schools):
    row = nw.loss(ties, schools, time_period=2023).set_index("what").loc["role"]
    assert row["name"] == "leader"
    assert row["ties_lost"] == 1  # b and c are also connected by teachers
    assert row["cut_off"] == 1


def test_roles_share_the_reports_that_name_one(ties, schools):
    table = nw.ties_by_role(ties, schools, time_period=2023).set_index("role")
    assert table.loc[["leader", "teacher", "family"], "reports"].tolist() == [4, 1, 0]
    assert table["share"].sum() == pytest.approx(1)
    assert table.loc["leader", ["pairs", "only_pairs"]].tolist() == [3, 2]


def test_a_year_without_ties_has_none(ties, schools):
    found = nw.network(ties, schools, time_period=2020)
    assert found.ties == 0
    assert math.isnan(found.density)
    assert math.isnan(found.ei_index)
    assert nw.loss(ties, schools, time_period=2020).empty
    assert nw.network_years(ties, schools)["time_period"].tolist() == [2023]


def test_connected_autonomy_has_two_axes_and_no_sum():
    items = ITEMS.typed(pd.DataFrame({
        "item_id": ["u", "v"], "framework_id": ["autonomy", "connectedness"], "wording": ["w", "w"], "reversed": [False, False]
    }))  # fmt: skip
    rng = np.random.default_rng(1)
    rows = [
        (f"r{s}{p}", "k", s, "2023", "teacher", item, int(rng.integers(low, low + 2)))
        for s in "abc" for p in range(6) for item, low in (("u", 4), ("v", 2))
    ]  # fmt: skip
    columns = ["response_id", "cluster_id", "school_id", "wave", "role", "item_id", "score"]
    survey = SURVEY.typed(pd.DataFrame(rows, columns=columns))
    table = nw.connected_autonomy(survey, items, schools_table("a", "b", "c", "d"))
    assert table["letter"].tolist() == ["", "A", "B", "C", "D"]
    assert table["hidden"].tolist() == [False, False, False, False, True]
    assert (table["autonomy"].iloc[:4] > table["connectedness"].iloc[:4]).all()
    assert table["respondents"].tolist() == [18, 6, 6, 6, 0]


def test_the_summary_tells_reviews_within_the_cluster_from_those_with_others(reviews, schools):
    found = rv.review_summary(reviews, schools)
    grid = rv.coverage_matrix(reviews, schools)
    grid = grid[grid["reviews"] > 0] if "reviews" in grid else grid
    assert found.inside_reviewed == grid["reviewed_id"].nunique()
    assert found.inside_reviewing == grid["reviewer_id"].nunique()
    assert found.reviewed > found.inside_reviewed
