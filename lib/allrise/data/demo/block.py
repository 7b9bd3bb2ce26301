"""One block of the system: its clusters, their schools, and who is in which cluster when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allrise.data.demo.effects import PlantedEffects
from allrise.data.demo.plan import Plan
from allrise.data.demo.words import Locale, filled
from allrise.data.profiles import profile
from allrise.framework import FACTOR_IDS, SCALE_IDS, FactorId

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: A school that never was in a cluster joined in this "year".
NEVER = 9999
PHASES: tuple[str, ...] = ("primary", "middle", "secondary", "all-through")
#: Median pupils and spread (of the logarithm) by phase, and grades among which they are divided.
SIZES: dict[str, tuple[float, float, int]] = {
    "primary": (270.0, 0.45, 7),
    "middle": (480.0, 0.35, 4),
    "secondary": (820.0, 0.35, 6),
    "all-through": (700.0, 0.45, 13),
}
SMALL_RURAL, SMALL_MEDIAN = 0.15, 62.0


@dataclass(frozen=True, slots=True)
class Block:
    """Clusters and schools of one block; S schools, C clusters, T years.

    ``member`` (S, T) is the cluster (number in the block) of a school in a year, -1 for none; ``since``
    (S, T) counts the years since it joined, 0 in the first, -1 while in none. ``scales`` (C, scale) are the true
    cluster means of every surveyed scale. ``area`` and ``gap`` and ``gap_trend`` (C,), ``school`` (S,) are true
    effects on the logit scale.
    """

    number: int
    years: Ints
    effects: PlantedEffects
    seed: int
    locales: tuple[Locale, ...]
    cluster_ids: NDArray[np.object_]
    formed: Ints
    school_ids: NDArray[np.object_]
    home: Ints
    phase: Ints
    pupils: Ints
    joined: Ints
    member: Ints
    since: Ints
    area: Floats
    gap: Floats
    gap_trend: Floats
    school: Floats
    scales: Floats
    clusters_table: pd.DataFrame
    schools_table: pd.DataFrame
    memberships_table: pd.DataFrame

    def rng(self, stream: int) -> np.random.Generator:
        """Return the random numbers of one table, apart from those of the others."""
        return np.random.default_rng([self.seed, 1 + self.number, stream])

    @property
    def thresholds(self) -> Ints:
        """Small-number threshold of each school's region."""
        of_cluster = [profile(x.country).for_region(x.region).threshold for x in self.locales]
        return np.array(of_cluster, dtype=np.int64)[self.home]

    def standing(self, factor: FactorId) -> Floats:
        """Return how far each cluster is from the mean of a factor, in standard deviations, shape (C,)."""
        column = FACTOR_IDS.index(factor)
        return (self.scales[:, column] - self.effects.factor_means[column]) / (self.effects.factor_sd or 1.0)

    def members(self, cluster: int, year: int) -> Ints:
        """Return the schools (numbers in the block) of a cluster in the year with this number."""
        return np.flatnonzero(self.member[:, year] == cluster)


def start_of_year(country: str, year: int) -> pd.Timestamp:
    """Return the first day of a school year: 1 September in the north, 1 February in the south."""
    return cast("pd.Timestamp", pd.Timestamp(year, 2 if country in {"NZ", "AU"} else 9, 1))


def make_block(plan: Plan, number: int, span: slice, effects: PlantedEffects) -> Block:
    """Return one block of a plan."""
    rng = np.random.default_rng([plan.seed, 1 + number, 0])
    inside, outside = plan.inside[span], plan.outside[span]
    count = len(inside)
    locales = tuple(plan.locales[i] for i in plan.locale_of[span])
    cluster_number, school_number, first = (numbers[span] for numbers in plan.numbers())
    home = np.repeat(np.arange(count), inside + outside)
    place = np.arange(len(home)) - (first - first[0])[home]
    in_cluster = place < inside[home]

    # Spread evenly and not at random, so that a small system has young and old clusters; never the last year.
    formed = rng.permutation(np.resize(np.arange(plan.years[0] - 3, plan.years[-1]), count))
    phase = rng.choice(len(PHASES), size=len(home), p=[0.74, 0.05, 0.17, 0.04])
    pupils = _rolls(rng, phase)
    joined, left, moved_to = _spells(rng, plan, formed, home, place, in_cluster, locales)
    member = np.full((len(home), len(plan.years)), -1, dtype=np.int64)
    years = plan.years[None, :]
    member = np.where((years >= joined[:, None]) & (years < left[:, None]), home[:, None], member)
    member = np.where((moved_to >= 0)[:, None] & (years >= left[:, None]), moved_to[:, None], member)
    since = np.where(member >= 0, years - joined[:, None], -1)

    width = max(3, len(str(plan.clusters)))
    cluster_ids = np.array([f"C{span.start + i + 1:0{width}d}" for i in range(count)], dtype=object)
    width = max(4, len(str(plan.schools)))
    school_ids = np.array([f"S{first[0] + i + 1:0{width}d}" for i in range(len(home))], dtype=object)
    formed_on = [
        cast("pd.Timestamp", start_of_year(locale.country, int(year)) + pd.Timedelta(days=int(day)))
        for locale, year, day in zip(locales, formed, rng.integers(0, 100, size=count), strict=True)
    ]
    kind_of_gap = rng.choice(
        3,
        size=count,
        p=[
            effects.gap_narrowing_share,
            effects.gap_widening_share,
            1 - effects.gap_narrowing_share - effects.gap_widening_share,
        ],
    )
    return Block(
        number=number,
        years=plan.years,
        effects=effects,
        seed=plan.seed,
        locales=locales,
        cluster_ids=cluster_ids,
        formed=formed,
        school_ids=school_ids,
        home=home,
        phase=phase,
        pupils=pupils,
        joined=joined,
        member=member,
        since=since,
        area=rng.normal(0, 1, size=count) * effects.area_sd,
        gap=effects.gap + rng.normal(0, 1, size=count) * effects.gap_sd,
        gap_trend=np.array([-effects.gap_narrowing, effects.gap_widening, 0.0])[kind_of_gap],
        school=rng.normal(0, 1, size=len(home)) * effects.school_sd,
        scales=_scales(rng, effects, count),
        clusters_table=_clusters_table(rng, plan, locales, cluster_ids, cluster_number, formed_on),
        schools_table=_schools_table(rng, plan, locales, home, school_ids, school_number[home] + place, phase, pupils),
        memberships_table=_memberships_table(
            locales, home, school_ids, cluster_ids, formed, formed_on, joined, left, moved_to
        ),
    )


def _rolls(rng: np.random.Generator, phase: Ints) -> Ints:
    median = np.array([SIZES[name][0] for name in PHASES])[phase]
    spread = np.array([SIZES[name][1] for name in PHASES])[phase]
    rural = (phase == 0) & (rng.random(len(phase)) < SMALL_RURAL)
    median = np.where(rural, SMALL_MEDIAN, median)
    return np.maximum(np.round(median * np.exp(rng.normal(0, spread))), 18).astype(np.int64)


def _spells(
    rng: np.random.Generator,
    plan: Plan,
    formed: Ints,
    home: Ints,
    place: Ints,
    in_cluster: NDArray[np.bool_],
    locales: tuple[Locale, ...],
) -> tuple[Ints, Ints, Ints]:
    """Return for each school the year it joined, the year it left, and the cluster it moved to (-1: none)."""
    last = int(plan.years[-1])
    # Three founders at least; a third of the others join later, up to four years on.
    founder = (place < 3) | (rng.random(len(home)) < 0.65)
    later = np.where(founder, 0, rng.integers(1, 5, size=len(home)))
    joined = np.where(in_cluster, np.minimum(formed[home] + later, last), NEVER)
    leaves = in_cluster & (place >= 3) & (rng.random(len(home)) < 0.07)
    left = np.where(leaves, joined + rng.integers(1, 5, size=len(home)), NEVER)
    # A spell that would end after the last year has not ended yet; one that ended before the data began is kept.
    left = np.where(left > last, NEVER, left)
    moved_to = np.full(len(home), -1, dtype=np.int64)
    countries = np.array([locale.country for locale in locales])
    for school in np.flatnonzero((left < NEVER) & (rng.random(len(home)) < 0.5)):
        own = home[school]
        there = np.flatnonzero((countries == countries[own]) & (formed <= left[school]))
        there = there[there != own]
        if len(there):
            moved_to[school] = rng.choice(there)
    return joined, left, moved_to


def _scales(rng: np.random.Generator, effects: PlantedEffects, count: int) -> Floats:
    """Return true cluster means (count, scale) on the 1-5 scale: F1-F8 as planted, the others loosely together."""
    out = np.empty((count, len(SCALE_IDS)))
    root = np.linalg.cholesky(effects.factor_correlations())
    factors = rng.normal(size=(count, 8)) @ root.T
    out[:, :8] = np.array(effects.factor_means) + effects.factor_sd * factors
    common = rng.normal(size=(count, 1))
    rest = len(SCALE_IDS) - 8
    means = np.resize([3.6, 3.2, 3.4, 3.7, 3.1, 2.9, 3.3, 3.5], rest)
    out[:, 8:] = means + effects.factor_sd * (0.6 * common + 0.6 * rng.normal(size=(count, rest)))
    # Connectedness goes with F7 and F8; autonomy with neither.
    out[:, SCALE_IDS.index("autonomy")] = 3.7 + effects.factor_sd * rng.normal(size=count)
    shared = 0.6 * factors[:, 6] + 0.5 * factors[:, 7] + 0.4 * rng.normal(size=count)
    out[:, SCALE_IDS.index("connectedness")] = 3.1 + effects.factor_sd * shared
    return out


def _clusters_table(
    rng: np.random.Generator,
    plan: Plan,
    locales: tuple[Locale, ...],
    ids: NDArray[np.object_],
    numbers: Ints,
    formed_on: list[pd.Timestamp],
) -> pd.DataFrame:
    purposes, questions = [], []
    for locale, number in zip(locales, numbers, strict=True):
        texts = locale.texts()
        # In turn and not at random, so that a small system has no two clusters with one purpose.
        turn = int(number) * 7 + plan.locales.index(locale) * 5
        purposes.append(texts["purposes"][turn % len(texts["purposes"])])
        questions.append(filled(texts["questions"][turn % len(texts["questions"])], texts, rng))
    return pd.DataFrame(
        {
            "cluster_id": ids,
            "name": [x.cluster(int(n), plan.seed) for x, n in zip(locales, numbers, strict=True)],
            "country": [x.country for x in locales],
            "region": [x.region for x in locales],
            "kind": [profile(x.country).cluster(x.kind, x.language).one for x in locales],
            "formed_on": formed_on,
            "purpose": purposes,
            "enquiry_question": questions,
        }
    )


def _schools_table(
    rng: np.random.Generator,
    plan: Plan,
    locales: tuple[Locale, ...],
    home: Ints,
    ids: NDArray[np.object_],
    numbers: Ints,
    phase: Ints,
    pupils: Ints,
) -> pd.DataFrame:
    box = np.array([x.box for x in locales])
    centre = box[:, [0, 2]] + rng.random((len(locales), 2)) * (box[:, [1, 3]] - box[:, [0, 2]])
    spots = np.round(centre[home] + rng.normal(0, 0.06, size=(len(home), 2)), 4)
    return pd.DataFrame(
        {
            "school_id": ids,
            "name": [
                locales[h].school(int(n), PHASES[p], plan.seed) for h, n, p in zip(home, numbers, phase, strict=True)
            ],
            "country": [locales[h].country for h in home],
            "region": [locales[h].region for h in home],
            "phase": np.array(PHASES, dtype=object)[phase],
            "pupils": pupils,
            "latitude": spots[:, 0],
            "longitude": spots[:, 1],
        }
    )


def _memberships_table(
    locales: tuple[Locale, ...],
    home: Ints,
    school_ids: NDArray[np.object_],
    cluster_ids: NDArray[np.object_],
    formed: Ints,
    formed_on: list[pd.Timestamp],
    joined: Ints,
    left: Ints,
    moved_to: Ints,
) -> pd.DataFrame:
    rows: list[tuple[object, object, pd.Timestamp, pd.Timestamp | None]] = []
    for school in np.flatnonzero(joined < NEVER):
        own = int(home[school])
        country = locales[own].country
        began = formed_on[own] if joined[school] == formed[own] else start_of_year(country, int(joined[school]))
        ended = None if left[school] == NEVER else start_of_year(country, int(left[school]))
        rows.append((school_ids[school], cluster_ids[own], began, ended))
        if moved_to[school] >= 0 and ended is not None:
            # A cluster that was formed in the same year may have been formed later than the school left.
            arrived = max(ended, formed_on[int(moved_to[school])])
            rows.append((school_ids[school], cluster_ids[int(moved_to[school])], arrived, None))
    return pd.DataFrame(rows, columns=["school_id", "cluster_id", "joined_on", "left_on"]).astype(
        {"joined_on": "datetime64[us]", "left_on": "datetime64[us]"}
    )
