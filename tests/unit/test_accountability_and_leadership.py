import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from outcomes_samples import MEASURE, measures_table, outcomes_table

from allrise.data.tables import COMMITMENTS, ITEMS, STAGES_TABLE, SURVEY
from allrise.evidence import accountability as ac
from allrise.evidence import leadership as ld


def test_stages_go_forward_and_back():
    stages = STAGES_TABLE.typed(pd.DataFrame({
        "cluster_id": ["k", "k", "k", "z"], "time_period": [2021, 2020, 2022, 2020],
        "stage": ["co_responsibility", "collaboration", "collaboration", "shared_accountability"],
    }))  # fmt: skip
    table = ac.stages_over_time(stages, cluster_id="k")
    assert table["step"].tolist() == [1, 2, 1]
    assert table["moved"].tolist() == [pd.NA, 1, -1]
    system = ac.stages_of_system(stages)
    assert system.query("time_period == 2020")["clusters"].tolist() == [1, 0, 1]
    assert ac.stages_over_time(STAGES_TABLE.typed(STAGES_TABLE.empty())).empty


@pytest.fixture
def commitments():
    return COMMITMENTS.typed(pd.DataFrame({
        "commitment_id": ["m1", "m2"], "cluster_id": ["k", "k"], "what": ["Reading for all", "  "],
        "measure_id": [MEASURE, None], "pupil_group": [None, None], "baseline": [50.0, np.nan], "target": [70.0, np.nan],
        "due_on": ["2024-07-31", "2030-07-31"], "who": ["Headteachers", None], "where": [None, "Website"],
        "status": ["under_way", None],
    }))  # fmt: skip


def test_the_four_marks_of_a_commitment(commitments):
    table = ac.commitment_marks(commitments, today=dt.date(2025, 1, 1)).set_index("commitment_id")
    assert table[["has_what", "has_how", "has_who", "has_where"]].to_numpy().tolist() == [
        [True, True, True, False],
        [False, False, False, True],
    ]
    assert table["marks"].tolist() == [3, 1]
    assert table["overdue"].tolist() == [True, False]
    assert table["status"].tolist() == ["under_way", "planned"]


def test_progress_uses_the_measures_own_latest_value(commitments):
    rows = outcomes_table([
        ("s1", 2022, "all", 50, 50.0), ("s1", 2023, "all", 60, 55.0), ("s2", 2023, "all", 40, 70.0),
        ("s1", 2024, "all", 60, None),
    ])  # fmt: skip
    row = ac.progress(commitments, rows, measures_table()).iloc[0]
    assert row["time_period"] == 2023
    assert row["value"] == pytest.approx((55 * 60 + 70 * 40) / 100)
    assert row["moved"] == pytest.approx(11)
    assert row["way_share"] == pytest.approx(0.55)
    assert row["target_within"]
    assert row["lower"] < row["value"] < row["upper"]


def test_a_commitment_without_a_value_stays_blank(commitments):
    row = ac.progress(commitments, outcomes_table([]), measures_table()).iloc[0]
    assert math.isnan(row["value"])
    assert pd.isna(row["target_within"])
    assert row["target"] == 70


def survey_of(items, leaders, others, own, other):
    rows = []
    for role, n, level in (("leader", leaders, own), ("teacher", others, other)):
        for p in range(n):
            for i, item in enumerate(items["item_id"]):
                score = level + (1 if (p + i) % 4 == 0 else 0)
                rows.append((f"{role}{p}", "k", f"s{p % 4}", "2023", role, item, score))
    columns = ["response_id", "cluster_id", "school_id", "wave", "role", "item_id", "score"]
    return SURVEY.typed(pd.DataFrame(rows, columns=columns))


def items_of(*ids):
    rows = [(f"{f}_{i}", f, "Wording", False) for f in ids for i in range(2)]
    return ITEMS.typed(pd.DataFrame(rows, columns=["item_id", "framework_id", "wording", "reversed"]))


def test_leaders_and_others_are_compared_skill_by_skill():
    items = items_of("L10", "L2", "F3")
    table = ld.skills(survey_of(items, 8, 30, 4, 3), items)
    assert table["framework_id"].tolist() == ["L2", "L10"]
    assert (table["difference"] > 0.7).all()
    assert (table["lower"] < table["difference"]).all()
    assert table["respondents_self"].tolist() == [8, 8]
    assert set(ld.skills_by_role(survey_of(items, 8, 30, 4, 3), items)["framework_id"]) == {"L2", "L10"}


def test_four_leaders_hide_both_sides():
    items = items_of("L1")
    table = ld.skills(survey_of(items, 4, 30, 4, 3), items)
    assert table["hidden"].tolist() == [True]
    assert table[["self_mean", "others_mean", "respondents_others"]].isna().all(axis=None)


def test_contrasts_lie_between_two_poles():
    items = items_of("T1", "T2")
    table = ld.poles(survey_of(items, 6, 12, 4, 2), items)
    assert table["role"].tolist() == ["", "leader", "teacher"] * 2
    shares = table[["transformational_share", "between_share", "transactional_share"]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
    leaders = table.loc[table["role"] == "leader", "transformational_share"]
    assert leaders.eq(1).all()


def test_every_role_is_counted_also_those_who_did_not_answer():
    items = items_of("T1")
    table = ld.respondents_by_role(survey_of(items, 6, 12, 4, 2)).set_index("role")
    assert table["respondents"].sum() == 18
    assert table.loc["family", "respondents"] == 0
    assert table.loc["teacher", "share"] == pytest.approx(12 / 18)
