"""Figures about a whole system: what they say is in their tables, whatever the numbers."""

import itertools

import numpy as np
import pandas as pd
import pytest
from figure_claims import check
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from allrise.chapters.system_adoption import new_zealand
from allrise.data.tables import STAGES
from allrise.evidence.accountability import stages_of_system
from allrise.evidence.belonging import in_no_cluster
from allrise.evidence.cluster_factors import range_of_clusters
from allrise.evidence.movement import quarter_movement as movement
from allrise.figures.joining import joining_effects
from allrise.figures.subject import Subject
from allrise.figures.system_adoption import prediction
from allrise.figures.system_distribution import quantiles_over_time
from allrise.figures.system_factors import cluster_range
from allrise.figures.system_movement import quarter_movement
from allrise.figures.system_outside import outside_by_kind
from allrise.figures.system_stages import stages_across
from allrise.framework import FACTOR_IDS

SUBJECT = Subject(
    cluster="New Zealand",
    period="2014/15 to 2018/19",
    measure="Reading: meeting the standard",
    source="Made for a test",
)
NAMES = [SUBJECT.cluster, SUBJECT.period, SUBJECT.measure, SUBJECT.system]
few = settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
seeds = st.integers(0, 10_000)


@few
@given(seeds, st.sampled_from([1, 2, 5, 9]), st.sampled_from(["percent", "points"]))
def test_quantiles_say_what_their_table_holds(seed, years, unit):
    rng = np.random.default_rng(seed)
    rows = []
    for year in range(2014, 2014 + years):
        q = np.sort(rng.uniform(3, 98, 5))
        rows.append((year, int(rng.integers(1, 9000)), *q, q[-1] - q[0]))
    table = pd.DataFrame(rows, columns=["time_period", "schools", "q10", "q25", "q50", "q75", "q90", "width"])
    check(quantiles_over_time(table, Subject(**{**_fields(), "unit": unit})), names=NAMES)


def _fields():
    return {k: getattr(SUBJECT, k) for k in ("cluster", "period", "measure", "source")}


@few
@given(seeds, st.sampled_from([20, 60, 500]))
def test_a_grid_of_quarters_says_what_its_table_holds(seed, schools):
    rng = np.random.default_rng(seed)
    level = rng.normal(60, 10, schools)
    values = pd.DataFrame({
        "school_id": [f"s{i}" for i in range(schools)] * 2,
        "time_period": [2014] * schools + [2018] * schools,
        "value": [*(level + rng.normal(0, 5, schools)), *(level + rng.normal(0, 5, schools))],
    })  # fmt: skip
    table = movement(values, 2014, 2018).assign(first=2014, last=2018)
    assert len(table) == 16
    assert table["schools"].sum() == schools
    check(quarter_movement(table, SUBJECT), names=[*NAMES, "2014/15", "2018/19"])


@few
@given(seeds, st.sampled_from([1, 4, 8]), st.booleans(), st.sampled_from([None, 0.001, 0.03, 0.7]))
def test_effects_of_joining_say_what_their_table_holds(seed, rows, known, before_p):
    rng = np.random.default_rng(seed)
    effect = rng.normal(0, 6, rows)
    se = rng.uniform(0.2, 4, rows) if known else np.full(rows, np.nan)
    event = np.arange(rows) - rows // 2
    table = pd.DataFrame({
        "event_time": event, "before": event < 0, "effect": effect, "lower": effect - 2 * se, "upper": effect + 2 * se,
        "band_lower": effect - 3 * se, "band_upper": effect + 3 * se, "schools": rng.integers(1, 500, rows),
    })  # fmt: skip
    overall = (float(effect.mean()), float(effect.mean() - 2), float(effect.mean() + 2))
    allowed = {str(abs(e)) for e in event} | {f"{before_p:.2f}" if before_p else "", "0.005"}
    figure = joining_effects(table, SUBJECT, overall=overall, before_p=before_p, pooled=bool(seed % 2))
    check(figure, names=NAMES, allowed=allowed)
    assert ("already changing" in " ".join(figure.readings)) == (before_p is not None and before_p < 0.05)


@few
@given(seeds, st.sampled_from([1, 3, 40]), st.sampled_from([1, 6]))
def test_stages_across_clusters_say_what_their_table_holds(seed, clusters, years):
    rng = np.random.default_rng(seed)
    rows = [(f"c{i}", 2014 + y, STAGES[rng.integers(0, 3)]) for i in range(clusters) for y in range(years)]
    table = stages_of_system(pd.DataFrame(rows, columns=["cluster_id", "time_period", "stage"]))
    check(stages_across(table, SUBJECT), names=NAMES)


@few
@given(seeds, st.sampled_from([1, 2, 12, 100]))
def test_the_range_of_clusters_says_what_its_table_holds(seed, clusters):
    rng = np.random.default_rng(seed)
    rows = [(f"Klaster {i}", f, float(rng.uniform(1.5, 4.8))) for i in range(clusters) for f in FACTOR_IDS]
    means = pd.DataFrame(rows, columns=["cluster_id", "framework_id", "mean"])
    table = range_of_clusters(means)
    assert table["lowest_in"].sum() == clusters
    figure = cluster_range(table, means, SUBJECT)
    check(figure, names=NAMES)
    assert "Klaster" not in figure.svg  # clusters are never named, or ordered


@few
@given(seeds, st.sampled_from([1, 30, 900]))
def test_schools_in_no_cluster_are_told_by_kind_and_never_by_name(seed, count):
    rng = np.random.default_rng(seed)
    schools = pd.DataFrame({
        "school_id": [f"s{i}" for i in range(count)],
        "name": [f"Secret {i}" for i in range(count)],
        "phase": [["primary", "secondary", None][rng.integers(0, 3)] for _ in range(count)],
        "pupils": [None if rng.random() < 0.1 else int(rng.integers(5, 2000)) for _ in range(count)],
        "region": [["Otago", "Waikato", ""][rng.integers(0, 3)] for _ in range(count)],
    })  # fmt: skip
    members = schools.loc[rng.random(count) < 0.6, "school_id"]
    table = in_no_cluster(schools, members)
    assert (table["members"] + table["outside"] == table["schools"]).all()
    figure = outside_by_kind(table, SUBJECT, phases={"primary": "primary", "secondary": "secondary"})
    kinds = [f"{a} to {b} pupils" for a, b in itertools.pairwise((0, 100, 200, 400, 800))]
    sizes = ["0 to 99 pupils", "100 to 199 pupils", "200 to 399 pupils", "400 to 799 pupils", "800 pupils or more"]
    check(figure, names=[*NAMES, *kinds, *sizes])
    assert "Secret" not in str(figure.to_json())


def test_new_zealands_schools_in_a_network_stand_beside_the_paper_s_date():
    table = new_zealand()
    share = table.set_index("when")["share"].dropna()
    assert share.to_dict() == {"2017-07": 64.2, "2021-09": 73.7}
    assert table.loc[table["when"] == "2018-03", "share"].isna().all()  # never made from two sources
    figure = prediction(table, SUBJECT)
    months = ["July 2017", "March 2018", "January 2021", "September 2021", "February 2025"]
    check(figure, names=[*NAMES, *months], allowed={"2016"})
    assert "July 2017: 1,629 of 2,539 schools in a network, 64.2%." in figure.readings


def test_too_few_schools_make_no_grid_of_quarters():
    values = pd.DataFrame({"school_id": list("abab"), "time_period": [1, 1, 2, 2], "value": [1.0, 2.0, 3.0, 4.0]})
    assert movement(values, 1, 2).empty


@pytest.mark.parametrize(("pupils", "band"), [(0, "0-99"), (100, "100-199"), (799, "400-799"), (4000, "800-")])
def test_a_school_is_in_one_size_band(pupils, band):
    from allrise.evidence.belonging import size_band

    assert size_band(pupils) == band


def test_few_clusters_are_counted_and_many_are_shares():
    def reading(clusters):
        rows = [(f"C{i}", 2018, "collaboration") for i in range(clusters)]
        table = stages_of_system(pd.DataFrame(rows, columns=["cluster_id", "time_period", "stage"]))
        return stages_across(table, SUBJECT).readings[0]

    assert "collaboration 2," in reading(2)
    assert "%" not in reading(9)
    assert "collaboration 100%," in reading(10)
