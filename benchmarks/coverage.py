"""Do the kit's 95% intervals hold the truth in about 95 of 100 draws? A study by simulation.

Each method is given data drawn from a known truth, of the sizes that clusters really have, many times over, and is asked
whether its interval holds that truth. Run ``python benchmarks/coverage.py`` (``--quick`` for a fifth of the draws);
``--json FILE`` keeps the result. ``study`` is the same as a function.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # also for those who load it by its path

import numpy as np
import pandas as pd

import measure
from allrise.evidence.adoption import Joining, joining_effects
from allrise.evidence.adoption_pooled import pooled
from allrise.evidence.gaps import pooled_gap
from allrise.evidence.interdependence import spearman
from allrise.evidence.intervals import difference_of_shares, mean_t, wilson
from allrise.evidence.levels import pooled_level
from allrise.evidence.overlap import overlap_limits
from allrise.evidence.ranks import rank_sets
from allrise.evidence.shrinkage import shrink_towards
from allrise.evidence.spread import sd_within_of_shares, spread
from allrise.evidence.survey_tables import clustered_mean
from allrise.evidence.trends import trend
from benches import BENCHES
from measure import Options, Record

Held = tuple[int, int]  # how many intervals held the truth, of how many
NOMINAL = 0.95


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often a method's interval held the truth.

    Attributes
    ----------
    method, setting
        What was asked, and of what data.
    draws, held, share
        Intervals asked, and those that held the truth.
    lower, upper
        Wilson interval of ``share``: what the study itself can tell apart.
    at_least
        The method promises at least 95%, not about 95% (rank sets).
    """

    method: str
    setting: str
    draws: int
    held: int
    share: float
    lower: float
    upper: float
    at_least: bool

    @property
    def ok(self) -> bool:
        """Whether 93 to 97% (or at least 93%) is compatible with what was seen."""
        return self.upper >= 0.93 and (self.at_least or self.lower <= 0.97)


def wilson_of_one_school(rng: np.random.Generator, draws: int) -> Held:
    p, n = rng.uniform(0.1, 0.95, draws), rng.integers(10, 100, draws)
    lower, upper = wilson(rng.binomial(n, p) / n, n)
    return int(((lower <= p) & (p <= upper)).sum()), draws


def t_of_one_school(rng: np.random.Generator, draws: int) -> Held:
    n = rng.integers(5, 60, draws)
    rows = [rng.normal(100, 12, k) for k in n]
    lower, upper = mean_t([r.mean() for r in rows], [r.std(ddof=1) for r in rows], n)
    return int(((lower <= 100) & (upper >= 100)).sum()), draws


def gap_of_one_school(rng: np.random.Generator, draws: int) -> Held:
    p, q = rng.uniform(0.3, 0.7, draws), rng.uniform(0.5, 0.9, draws)
    n, m = rng.integers(8, 30, draws), rng.integers(20, 80, draws)
    lower, upper = difference_of_shares(rng.binomial(m, q) / m, m, rng.binomial(n, p) / n, n)
    return int(((lower <= q - p) & (q - p <= upper)).sum()), draws


def _schools(rng: np.random.Generator, *, mean: float = 0.65, sd: float = 0.09) -> tuple[np.ndarray, np.ndarray]:
    """Draw one cluster: true shares of 5 to 20 schools, and their pupils."""
    k = int(rng.integers(5, 21))
    return np.clip(rng.normal(mean, sd, k), 0.02, 0.98), rng.integers(15, 70, k)


def level_of_a_cluster(rng: np.random.Generator, draws: int) -> Held:
    held = 0
    for _ in range(draws):
        p, n = _schools(rng)
        found = pooled_level(100 * rng.binomial(n, p) / n, n, percent=True)
        held += found.lower <= 65 <= found.upper
    return held, draws


def level_of_a_cluster_in_points(rng: np.random.Generator, draws: int) -> Held:
    held = 0
    for _ in range(draws):
        k = int(rng.integers(5, 21))
        n = rng.integers(15, 70, k)
        found = pooled_level(rng.normal(rng.normal(0, 2.5, k), 6 / np.sqrt(n)), n, percent=False)
        held += found.lower <= 0 <= found.upper
    return held, draws


def level_of_unequal_schools(rng: np.random.Generator, draws: int) -> Held:
    """Village schools, town schools and, one in five, schools of three times their size."""
    held = 0
    for _ in range(draws):
        k = int(rng.integers(5, 21))
        middle = rng.choice([9, 39, 137], k, p=[0.15, 0.65, 0.2])
        n = np.maximum(np.round(middle * np.exp(rng.normal(0, 0.45, k))), 3)
        found = pooled_level(rng.normal(rng.normal(0, 2.5, k), 6 / np.sqrt(n)), n, percent=False)
        held += found.lower <= 0 <= found.upper
    return held, draws


def gap_of_a_cluster(rng: np.random.Generator, draws: int) -> Held:
    held = 0
    for _ in range(draws):
        p, n = _schools(rng)
        gap, m = rng.normal(0.15, 0.05, len(p)), rng.integers(6, 25, len(p))
        low = rng.binomial(m, np.clip(p - gap, 0.01, 0.99)) / m
        found = pooled_gap(100 * low, m, 100 * rng.binomial(n, p) / n, n, percent=True)
        held += found.lower <= 15 <= found.upper
    return held, draws


def spread_of_a_cluster(rng: np.random.Generator, draws: int) -> Held:
    held = 0
    for _ in range(draws):
        p, n = _schools(rng)
        share = rng.binomial(n, p) / n
        found = spread(100 * share, n, 100 * sd_within_of_shares(share, n))
        held += found.sd_lower <= 9 <= found.sd_upper
    return held, draws


def shrunk_level_of_a_school(rng: np.random.Generator, draws: int) -> Held:
    n = rng.integers(8, 80, draws)
    truth = rng.normal(65, 9, draws)
    found = shrink_towards(rng.normal(truth, 46 / np.sqrt(n)), n, mean=65, sd_between=9, sd_within=46)
    return int(((found.lower <= truth) & (truth <= found.upper)).sum()), draws


def trend_with_known_errors(rng: np.random.Generator, draws: int) -> Held:
    held = 0
    years = np.arange(2015, 2020)
    for _ in range(draws):
        errors = rng.uniform(1, 4, 5)
        found = trend(years, 1.2 * (years - 2015) + rng.normal(0, errors), errors)
        held += found.lower <= 1.2 <= found.upper
    return held, draws


def trend_without_errors(rng: np.random.Generator, draws: int) -> Held:
    held = 0
    years = np.arange(2015, 2020)
    for _ in range(draws):
        found = trend(years, 1.2 * (years - 2015) + rng.normal(0, 2, 5))
        held += found.lower <= 1.2 <= found.upper
    return held, draws


def survey_mean_of_a_cluster(rng: np.random.Generator, draws: int) -> Held:
    held = 0
    for _ in range(draws):
        people = rng.integers(4, 15, int(rng.integers(6, 15)))
        school = np.repeat(np.arange(len(people)), people)
        score = 3.2 + rng.normal(0, 0.25, len(people))[school] + rng.normal(0, 0.6, len(school))
        _, lower, upper = clustered_mean(score, school)
        held += lower <= 3.2 <= upper
    return held, draws


def correlation_of_factors(rng: np.random.Generator, draws: int) -> Held:
    held = 0
    truth = 6 / np.pi * np.arcsin(0.5 / 2)  # Spearman's rho of a normal pair that correlates 0.5
    for _ in range(draws):
        pair = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 25)
        _, lower, upper = spearman(pair[:, 0], pair[:, 1])
        held += lower <= truth <= upper
    return held, draws


def pairs_compared_by_eye(rng: np.random.Generator, draws: int) -> Held:
    held = asked = 0
    for _ in range(draws):
        errors = rng.uniform(1, 3, 6)
        lower, upper = overlap_limits(rng.normal(0, errors), errors)
        i, j = np.triu_indices(6, 1)
        held += int(((lower[i] <= upper[j]) & (lower[j] <= upper[i])).sum())
        asked += len(i)
    return held, asked


def ranks_of_a_cluster(rng: np.random.Generator, draws: int) -> Held:
    held = asked = 0
    for i in range(max(draws // 8, 1)):
        truth, errors = rng.normal(65, 9, 10), rng.uniform(4, 10, 10)
        sets = rank_sets(rng.normal(truth, errors), errors, draws=500, seed=i)
        rank = pd.Series(-truth).rank()
        held += int(((sets["lower"] <= rank) & (rank <= sets["upper"])).sum())
        asked += 10
    return held, asked


def joining_of_schools(rng: np.random.Generator, draws: int) -> Held:
    """Twelve clusters of eight schools, each with shocks of its own; four join in each of two years, four never."""
    asked = max(draws // 8, 1)
    found = [_joining(rng, effect=5.0) for _ in range(asked)]
    return sum(f.lower <= 5 <= f.upper for f in found), asked


def joining_in_five_countries(rng: np.random.Generator, draws: int) -> Held:
    """Five such countries, each compared with itself, in one mean."""
    asked = max(draws // 8, 1)
    found = [pooled([_joining(rng, effect=5.0) for _ in range(5)]) for _ in range(asked)]
    return sum(f.lower <= 5 <= f.upper for f in found), asked


_CLUSTER = np.repeat(np.arange(12), 8)
_COHORT = np.array([2017.0, 2018.0, np.nan])[_CLUSTER % 3]


def _joining(rng: np.random.Generator, *, effect: float) -> Joining:
    ids = [f"s{i}" for i in range(96)]
    joined = pd.DataFrame({
        "school_id": ids, "cohort": pd.array(_COHORT, dtype="Float64").astype("Int64"),
        "cluster_id": [f"c{c}" for c in _CLUSTER],
    })  # fmt: skip
    level = rng.normal(60, 8, 96)
    parts = [
        pd.DataFrame({
            "school_id": ids, "time_period": year,
            "value": level + effect * (year >= np.nan_to_num(_COHORT, nan=9999)) + rng.normal(0, 2, 12)[_CLUSTER]
            + rng.normal(0, 3, 96),
        })
        for year in range(2015, 2020)
    ]  # fmt: skip
    return joining_effects(pd.concat(parts), joined, draws=10)


METHODS: dict[str, tuple[Callable[[np.random.Generator, int], Held], str]] = {
    "Wilson interval": (wilson_of_one_school, "one school, 10 to 100 pupils, shares 10 to 95%"),
    "t interval of a mean": (t_of_one_school, "one school, 5 to 60 pupils"),
    "Newcombe interval": (gap_of_one_school, "gap in one school, 8 to 30 against 20 to 80 pupils"),
    "Level of a cluster, percent": (level_of_a_cluster, "5 to 20 schools, spread 9 points"),
    "Level of a cluster, points": (level_of_a_cluster_in_points, "5 to 20 schools"),
    "Level of unequal schools": (level_of_unequal_schools, "5 to 20 schools of 3 to 300 pupils, points"),
    "Gap of a cluster": (gap_of_a_cluster, "5 to 20 schools whose gaps differ"),
    "Spread between schools": (spread_of_a_cluster, "5 to 20 schools, from shares and denominators alone"),
    "Shrunk level": (shrunk_level_of_a_school, "8 to 80 pupils, the system's variances known"),
    "Trend, errors known": (trend_with_known_errors, "five years"),
    "Trend, errors not known": (trend_without_errors, "five years"),
    "Survey mean of a cluster": (survey_mean_of_a_cluster, "6 to 14 schools with 4 to 14 people"),
    "Rank correlation": (correlation_of_factors, "25 clusters"),
    "Comparing by eye": (pairs_compared_by_eye, "pairs of equal values, errors up to 3 times as large"),
    "Rank sets": (ranks_of_a_cluster, "ten schools; promises at least 95%"),
    "Joining": (joining_of_schools, "four clusters of eight join in each of two years, with shocks of their own"),
    "Joining, pooled": (joining_in_five_countries, "five such countries in one mean"),
}
AT_LEAST = {"Rank sets"}


def study(draws: int = 2000, *, seed: int = 20260101, only: str | None = None) -> list[Coverage]:
    """Run every method (or ``only`` one) and return its coverage.

    Parameters
    ----------
    draws
        Data sets a method; those that are slow take an eighth of them.
    """
    found: list[Coverage] = []
    for name, (method, setting) in METHODS.items():
        if only is not None and name != only:
            continue
        held, asked = method(np.random.default_rng(seed), draws)
        lower, upper = wilson(held / asked, asked)
        found.append(
            Coverage(name, setting, asked, int(held), held / asked, float(lower), float(upper), name in AT_LEAST)
        )
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print the study as a table; 1 when a method's coverage is not 93 to 97%."""
    return measure.main(BENCHES["coverage"], _work, arguments)


def _work(record: Record, given: Options) -> int:
    found = study(400 if given.quick else 2000)
    width = max(len(c.method) for c in found)
    for c in found:
        mark = "" if c.ok else "   outside 93 to 97%"
        print(f"{c.method:{width}}  {100 * c.share:5.1f}%  ({c.held} of {c.draws})  {c.setting}{mark}")
        record.reading(f"coverage {c.method}", f"{c.method}: {c.setting}", 100 * c.share, "%")
    record.details("methods", [asdict(c) | {"ok": c.ok} for c in found])
    outside = [c.method for c in found if not c.ok]
    record.reading("coverage_outside", f"of {len(found)} methods, outside 93 to 97%", len(outside), "methods")
    return int(bool(outside))


if __name__ == "__main__":
    sys.exit(main())
