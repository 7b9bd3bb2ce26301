"""The demo data have known true effects: do the analyses find them, and find nothing where nothing is?"""

import numpy as np
import pandas as pd
import pytest

from allrise.data.demo import generate
from allrise.data.profiles import profile
from allrise.data.tables import TABLES
from allrise.evidence import adoption, survey
from allrise.evidence import outcomes as ev

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("demo") / "data", clusters=100, years=8, seed=3).folder


@pytest.fixture(scope="module")
def read(folder):
    def table(name):
        frame = pd.read_csv(folder / f"{name}.csv", dtype=str)
        if "reversed" in frame:
            frame["reversed"] = frame["reversed"] == "true"
        if "higher_is_better" in frame:
            frame["higher_is_better"] = frame["higher_is_better"] == "true"
        return TABLES[name].typed(frame)

    return table


@pytest.fixture(scope="module")
def outcomes(read):
    return read("outcomes")


@pytest.fixture(scope="module")
def joined(read, outcomes):
    schools, memberships = read("schools"), read("memberships")
    periods = sorted(int(p) for p in outcomes["time_period"].unique())
    return pd.concat(
        adoption.cohorts(memberships, part, periods, profile(country).membership_day)
        for country, part in schools.groupby("country")
    )


def joining(outcomes, joined, measure):
    rows = outcomes.loc[(outcomes["measure_id"] == measure) & (outcomes["pupil_group"] == "all")]
    return adoption.joining_effects(rows, joined)


def test_joining_raises_progress_by_what_is_planted_year_by_year(outcomes, joined):
    found = joining(outcomes, joined, "progress_reading")
    events = found.events.set_index("event_time")
    for year, planted in enumerate((0.0, 0.2, 0.4, 0.5)):
        assert events.loc[year, "band_lower"] <= planted <= events.loc[year, "band_upper"]
    before = events.loc[events["before"]]
    assert ((before["band_lower"] <= 0) & (before["band_upper"] >= 0)).all()
    assert found.lower > 0


def test_joining_raises_reading_and_does_nothing_to_attendance(outcomes, joined):
    assert joining(outcomes, joined, "reading_expected").lower > 0
    attendance = joining(outcomes, joined, "attendance")
    assert attendance.lower < 0 < attendance.upper
    assert attendance.before_p > 0.05


def test_attendance_is_not_taken_for_a_share_of_counted_pupils(read, outcomes):
    recent = outcomes.loc[outcomes["time_period"] >= 2017]
    table = ev.reference_outcomes(recent, read("schools"), read("measures"))
    counted = table.groupby("measure_id")["counted"].agg(["all", "any"])
    assert not counted.loc["attendance", "any"]
    assert counted.loc[["reading_expected", "mathematics_expected"], "all"].all()


def test_the_planted_spread_is_found_in_every_country(read, outcomes):
    recent = outcomes.loc[(outcomes["time_period"] == 2018) & (outcomes["measure_id"] == "reading_expected")]
    table = ev.reference_outcomes(recent, read("schools"), read("measures")).query("pupil_group == 'all'")
    assert len(table) == 5
    # Planted is a deviation on the logit scale (areas, schools, years); in points it is that times p (1 - p).
    planted = 100 * np.sqrt(0.2**2 + 0.35**2 + 0.15**2) * table["value"] / 100 * (1 - table["value"] / 100)
    assert ((table["sd_lower"] < planted) & (planted < table["sd_upper"])).sum() >= 4


def test_clusters_that_are_strong_in_a_factor_are_found_strong(read, folder):
    means = survey.cluster_means(read("survey"), read("items"))
    truth = pd.read_csv(folder / "truth" / "clusters.csv").set_index("cluster_id")
    for factor, rows in means.loc[means["framework_id"].str.startswith("F")].groupby("framework_id"):
        both = rows.set_index("cluster_id").join(truth[factor].rename("true"))
        assert both["mean"].corr(both["true"]) > 0.8


def test_the_closest_factors_are_found_to_move_together_most(read):
    table = survey.interdependence(survey.cluster_means(read("survey"), read("items")))
    rho = table.set_index(["a", "b"])["rho"]
    assert rho.loc[("F4", "F5")] == rho.max()
    assert rho.loc[[("F3", "F4"), ("F4", "F5"), ("F7", "F8")]].min() > rho.median()
    assert (table["lower"] > 0).mean() > 0.8


def test_leaders_are_found_to_rate_themselves_higher(read):
    from allrise.evidence.leadership import skills

    table = skills(read("survey"), read("items"))
    assert len(table) == 10
    # Planted: leaders answer 0.4 higher than teachers in general and 0.3 higher of themselves.
    assert table["difference"].mean() == pytest.approx(0.7, abs=0.35)
    assert (table["lower"] > 0).all()
