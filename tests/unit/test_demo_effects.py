"""Planted effects are really in the demo data: plain estimates on a large draw come out near the truth.

Estimators here are deliberately simple and not those of the kit. Seeds are fixed; each tolerance is about
three standard errors of the estimate.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allrise.data.demo import PlantedEffects, generate, plan
from allrise.data.demo.block import make_block
from allrise.framework import load

pytestmark = pytest.mark.slow

TRUE = PlantedEffects()


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""])


@pytest.fixture(scope="module")
def draw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("planted") / "d", clusters=400, years=6, seed=77).folder


@pytest.fixture(scope="module")
def unjoined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without the effect of joining and without reciprocity."""
    effects = TRUE.without("joining", "joining_progress", "tie_reciprocity")
    return generate(tmp_path_factory.mktemp("off") / "d", clusters=400, years=6, seed=77, effects=effects).folder


def logits(folder: Path, group: str, measure: str = "reading_expected") -> pd.DataFrame:
    """Empirical logits of shown percentages, with their sampling variance and the school's country."""
    frame = read(folder, "outcomes")
    frame = frame[(frame["measure_id"] == measure) & (frame["pupil_group"] == group) & frame["value"].notna()].copy()
    met = frame["value"] * frame["pupils"] / 100
    failed = frame["pupils"] - met
    frame["logit"] = np.log((met + 0.5) / (failed + 0.5))
    frame["variance"] = 1 / (met + 0.5) + 1 / (failed + 0.5)
    return frame.merge(read(folder, "schools")[["school_id", "country"]], on="school_id")


def spread(frame: pd.DataFrame, value: str, variance: pd.Series) -> float:
    within = frame[value] - frame.groupby("country")[value].transform("mean")
    return float(np.sqrt(within.var() - variance.mean()))


def test_the_spread_between_schools_is_as_planted(unjoined: Path):
    frame = logits(unjoined, "not_disadvantaged").query("time_period == 2018 and pupils >= 30")
    planted = np.sqrt(TRUE.area_sd**2 + TRUE.school_sd**2 + TRUE.year_sd**2)
    assert spread(frame, "logit", frame["variance"]) == pytest.approx(planted, rel=0.1)


def test_over_dispersion_on_the_scale_of_a_funnel_is_as_stated(unjoined: Path):
    frame = logits(unjoined, "all").query("time_period == 2018 and pupils >= 20").copy()
    frame["arc"] = np.arcsin(np.sqrt(frame["value"] / 100))
    assert spread(frame, "arc", 1 / (4 * frame["pupils"])) == pytest.approx(TRUE.overdispersion_tau, rel=0.15)


def test_part_of_the_spread_belongs_to_areas(unjoined: Path):
    frame = logits(unjoined, "not_disadvantaged").query("time_period == 2018 and pupils >= 30")
    frame = frame.merge(pd.read_csv(unjoined / "truth" / "schools.csv"), on="school_id")
    frame["residual"] = frame["logit"] - frame.groupby("country")["logit"].transform("mean")
    # Products of pairs of schools in one area: their mean is the variance of areas.
    total = frame.groupby("near_cluster")["residual"].agg(["sum", "count", lambda x: (x**2).sum()])
    pairs = (total["sum"] ** 2 - total.iloc[:, 2]).sum() / (total["count"] * (total["count"] - 1)).sum()
    assert np.sqrt(pairs) == pytest.approx(TRUE.area_sd, abs=0.04)


def joining(folder: Path, value: pd.DataFrame, column: str, after: int) -> float:
    """Mean change of joiners from the year before joining to ``after`` years on, against schools not yet in."""
    first = pd.read_csv(folder / "truth" / "schools.csv").set_index("school_id")["first_year_in_cluster"]
    wide = value.pivot_table(index="school_id", columns="time_period", values=column)
    first = first.reindex(wide.index).fillna(9999)
    changes: list[tuple[float, int]] = []
    for year in range(2014, 2019 - after):
        change = wide[year + after] - wide[year - 1]
        joined = change[first == year].dropna()
        waiting = change[first > year + after].dropna()
        changes.append((joined.mean() - waiting.mean(), len(joined)))
    return float(np.average([c for c, _ in changes], weights=[n for _, n in changes]))


@pytest.mark.parametrize(
    ("after", "measure"), [(1, "reading_expected"), (2, "reading_expected"), (2, "mathematics_expected")]
)
def test_being_in_a_cluster_has_the_planted_effect(draw: Path, after: int, measure: str):
    estimate = joining(draw, logits(draw, "all", measure), "logit", after)
    assert estimate == pytest.approx(TRUE.joining[after], abs=0.05)


def test_without_the_effect_of_joining_there_is_none(unjoined: Path):
    assert joining(unjoined, logits(unjoined, "all"), "logit", 2) == pytest.approx(0, abs=0.05)


def test_progress_has_the_effect_and_attendance_has_none(draw: Path):
    frame = read(draw, "outcomes").query("pupil_group == 'all'")
    progress = frame[frame["measure_id"] == "progress_reading"]
    attendance = frame[frame["measure_id"] == "attendance"]
    assert joining(draw, progress, "value", 2) == pytest.approx(TRUE.joining_progress[2], abs=0.2)
    assert joining(draw, attendance, "value", 2) == pytest.approx(0, abs=0.12)


def test_the_gap_and_its_trends_are_as_planted(draw: Path):
    both = [
        logits(draw, group).set_index(["school_id", "time_period"]) for group in ("disadvantaged", "not_disadvantaged")
    ]
    gap = (both[1]["logit"] - both[0]["logit"]).dropna()
    weight = 1 / (both[1]["variance"] + both[0]["variance"]).reindex(gap.index)
    truth = pd.read_csv(draw / "truth" / "schools.csv").merge(
        pd.read_csv(draw / "truth" / "clusters.csv"), left_on="near_cluster", right_on="cluster_id"
    )
    frame = (
        pd.DataFrame({"gap": gap, "weight": weight})
        .reset_index()
        .merge(truth[["school_id", "gap_trend"]], on="school_id")
    )
    assert np.average(frame["gap"], weights=frame["weight"]) == pytest.approx(TRUE.gap, abs=0.05)
    for trend in (-TRUE.gap_narrowing, 0.0, TRUE.gap_widening):
        own = frame[np.isclose(frame["gap_trend"], trend)]
        slope = np.polyfit(own["time_period"] - 2015.5, own["gap"], 1, w=np.sqrt(own["weight"]))[0]
        assert slope == pytest.approx(trend, abs=0.03), trend


def test_girls_are_ahead_in_reading(draw: Path):
    girls, boys = (logits(draw, group).set_index(["school_id", "time_period"]) for group in ("girls", "boys"))
    difference = (girls["logit"] - boys["logit"]).dropna()
    assert difference.mean() == pytest.approx(TRUE.girls_ahead, abs=0.05)


@pytest.fixture(scope="module")
def scores(draw: Path) -> pd.DataFrame:
    """Answers with reversed items turned, of the last wave."""
    survey = read(draw, "survey").query("wave == 2018").dropna(subset="score")
    items = {item.id: item for item in load().items}
    turned = survey["item_id"].map(lambda i: items[i].reversed)
    return survey.assign(
        score=survey["score"].where(~turned, 6 - survey["score"]),
        scale=survey["item_id"].map(lambda i: items[i].framework_id),
    )


def test_factors_have_the_planted_means(scores: pd.DataFrame):
    teachers = scores[scores["role"] == "teacher"].groupby("scale")["score"].mean()
    for factor, mean in zip(load().factors, TRUE.factor_means, strict=True):
        expected = mean + TRUE.wave_growth
        assert teachers[factor.id] == pytest.approx(expected, abs=0.08), factor.id


def test_factors_move_together_as_planted(scores: pd.DataFrame):
    teachers = scores[scores["role"].isin(["teacher", "assistant", "middle_leader"])]
    means = teachers.pivot_table(index="cluster_id", columns="scale", values="score")
    correlation = means.corr()
    # Noise in the means of a few dozen people pulls correlations towards zero, and people's own leniency not up.
    assert 0.75 * 0.6 < correlation.loc["F4", "F5"] < 0.75 + 0.08
    assert 0.4 * 0.6 < correlation.loc["F1", "F2"] < 0.4 + 0.12
    assert correlation.loc["F4", "F5"] > correlation.loc["F4", "F8"] + 0.1


def test_roles_differ_as_planted_and_leaders_rate_themselves_higher(scores: pd.DataFrame):
    factors = scores[scores["scale"].str.startswith("F")].groupby("role")["score"].mean()
    assert factors["leader"] - factors["teacher"] == pytest.approx(0.4, abs=0.07)
    assert factors["middle_leader"] - factors["teacher"] == pytest.approx(0.2, abs=0.07)
    skills = scores[scores["scale"].str.startswith("L")].groupby("role")["score"].mean()
    assert skills["leader"] - skills["teacher"] == pytest.approx(0.4 + TRUE.self_rating, abs=0.08)


def test_reliability_is_as_planted(scores: pd.DataFrame):
    own = scores[(scores["scale"] == "F1") & (scores["role"] == "teacher")]
    wide = own.pivot_table(index="response_id", columns="item_id", values="score").dropna()
    alpha = 3 / 2 * (1 - wide.var().sum() / wide.sum(axis=1).var())
    assert alpha == pytest.approx(TRUE.reliability(3), abs=0.06)


def test_the_second_wave_is_higher_than_the_first(draw: Path, scores: pd.DataFrame):
    survey = read(draw, "survey").dropna(subset="score")
    item = survey[(survey["item_id"] == "F5_1") & (survey["role"] == "teacher")].groupby("wave")["score"].mean()
    assert item[2018] - item[2016] == pytest.approx(TRUE.wave_growth, abs=0.08)
    assert len(scores) > 0


def test_factors_have_nothing_to_do_with_outcomes():
    system = plan(2000, None, 5, 8)
    blocks = [make_block(system, number, span, TRUE) for number, span in enumerate(system.blocks())]
    area = np.concatenate([block.area for block in blocks])
    scales = np.concatenate([block.scales for block in blocks])
    for column in range(8):
        assert abs(np.corrcoef(area, scales[:, column])[0, 1]) < 3.3 / np.sqrt(len(area))


def dyads(folder: Path) -> pd.Series:
    """Share of related pairs (one kind, one year) that are related both ways."""
    ties = read(folder, "ties").drop_duplicates(["from_id", "to_id", "time_period", "kind"])
    low, high = np.minimum(ties["from_id"], ties["to_id"]), np.maximum(ties["from_id"], ties["to_id"])
    return ties.assign(low=low, high=high).groupby(["low", "high", "time_period", "kind"]).size()


def test_ties_are_returned_as_often_as_planted(draw: Path, unjoined: Path):
    seen = 1 - (1 - 0.92 * TRUE.reports_by_from) * (1 - 0.92 * TRUE.reports_by_to)
    both = TRUE.tie_reciprocity * seen**2
    either = both + TRUE.tie_reciprocity * 2 * seen * (1 - seen) + (1 - TRUE.tie_reciprocity) * seen
    assert (dyads(draw) == 2).mean() == pytest.approx(both / either, abs=0.03)
    assert (dyads(unjoined) == 2).mean() < 0.06


def test_ties_are_confirmed_as_often_as_planted(draw: Path):
    reports = read(draw, "ties").groupby(["from_id", "to_id", "time_period", "kind"]).size()
    awake = 1 - TRUE.silent_schools
    both = awake**2 * TRUE.reports_by_from * TRUE.reports_by_to
    either = 1 - (1 - awake * TRUE.reports_by_from) * (1 - awake * TRUE.reports_by_to)
    assert (reports == 2).mean() == pytest.approx(both / either, abs=0.03)


def concentration(folder: Path) -> float:
    """Largest share of a cluster's ties that one school has, mean over clusters."""
    ties = read(folder, "ties").query("time_period == 2018").drop_duplicates(["from_id", "to_id", "kind"])
    near = pd.read_csv(folder / "truth" / "schools.csv").set_index("school_id")["near_cluster"]
    got = ties.groupby("to_id").size().rename("ties").to_frame().join(near)
    share = got.groupby("near_cluster")["ties"].agg(lambda t: t.max() / t.sum())
    return float(share.mean())


def test_ties_hang_on_the_busiest_school_when_planted(draw: Path, tmp_path: Path):
    off = generate(tmp_path / "off", clusters=100, years=3, seed=77, effects=TRUE.without("busiest_school"))
    assert concentration(draw) > concentration(off.folder) + 0.04


def test_reviewers_are_reviewed_back_more_often_than_by_chance(draw: Path, tmp_path: Path):
    def returned(folder: Path) -> float:
        reviews = read(folder, "reviews").query("level == 'school'")
        pairs = set(zip(reviews["reviewer_id"], reviews["reviewed_id"], strict=True))
        return float(np.mean([(b, a) in pairs for a, b in pairs]))

    off = generate(tmp_path / "off", clusters=100, years=6, seed=77, effects=TRUE.without("review_reciprocity"))
    assert returned(draw) > returned(off.folder) + 0.15
