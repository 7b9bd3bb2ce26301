"""How schools work together: peer reviews of schools and of clusters, and ties between schools."""

from __future__ import annotations

import numpy as np
import pandas as pd

from allrise.data.demo.block import Block, Floats, Ints, start_of_year
from allrise.framework import FACTOR_IDS

TIE_ROLES = ("leader", "middle_leader", "teacher", "assistant", "governor", "student")
TIE_SHARES = (0.5, 0.22, 0.19, 0.04, 0.03, 0.02)
#: Ties are recorded in this many of the last years.
TIE_YEARS = 3

REVIEW_COLUMNS = (
    "review_id", "reviewer_id", "reviewed_id", "level", "started_on", "ended_on", "cycle", "focus",
    "actions_agreed", "actions_done", "followed_up_on",
)  # fmt: skip
TIE_COLUMNS = ("from_id", "to_id", "time_period", "kind", "strength", "role", "reported_by")


def _standing(block: Block, factor: str) -> Floats:
    """Return how far each cluster is from the mean of a factor, in standard deviations."""
    column = FACTOR_IDS.index(factor)  # pyright: ignore[reportArgumentType]
    sd = block.effects.factor_sd or 1.0
    return (block.scales[:, column] - block.effects.factor_means[column]) / sd


def _chance(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def reviews_table(block: Block, start: int) -> pd.DataFrame:
    """Return the table ``reviews`` of a block; review ids count on from ``start``."""
    rng = block.rng(3)
    f4, f5, f8 = (_standing(block, factor) for factor in ("F4", "F5", "F8"))
    rows: list[tuple[object, ...]] = []
    cycles: dict[tuple[str, int], int] = {}
    owed: dict[int, list[tuple[int, int]]] = {}  # year -> (reviewer, reviewed) that reciprocity asks for

    def add(level: str, reviewer: int, reviewed: int, year: int, home: int) -> None:
        ids = block.school_ids if level == "school" else block.cluster_ids
        cycles[level, reviewed] = cycle = cycles.get((level, reviewed), 0) + 1
        rows.append(
            (
                f"V{start + len(rows) + 1:05d}",
                ids[reviewer],
                ids[reviewed],
                level,
                *_course(block, rng, year, home, cycle, float(f5[home])),
            )
        )

    for year in range(len(block.years)):
        for cluster in range(len(block.cluster_ids)):
            members = block.members(cluster, year)
            settled = members[block.since[members, year] >= 1]
            if len(members) < 3:
                continue
            back = {
                reviewed: reviewer for reviewer, reviewed in owed.get(year, []) if reviewed in set(settled.tolist())
            }
            for reviewed in settled:
                reviewer = back.get(int(reviewed))
                if reviewer is None or reviewer not in members:
                    if rng.random() >= _chance(-0.6 + 0.8 * float(f4[cluster])):
                        continue
                    reviewer = int(rng.choice(members[members != reviewed]))
                add("school", reviewer, int(reviewed), year, cluster)
                if rng.random() < block.effects.review_reciprocity:
                    owed.setdefault(year + 1, []).append((int(reviewed), reviewer))
        there = np.flatnonzero(block.formed < block.years[year])
        for cluster in there:
            others = there[there != cluster]
            if len(others) and rng.random() < _chance(-1.2 + 0.7 * float(f8[cluster])):
                add("cluster", int(rng.choice(others)), int(cluster), year, int(cluster))
    return pd.DataFrame(rows, columns=list(REVIEW_COLUMNS)).astype(
        {
            "started_on": "datetime64[us]",
            "ended_on": "datetime64[us]",
            "followed_up_on": "datetime64[us]",
            "cycle": "Int64",
            "actions_agreed": "Int64",
            "actions_done": "Int64",
        }
    )


def _course(block: Block, rng: np.random.Generator, year: int, home: int, cycle: int, f5: float) -> tuple[object, ...]:
    """Return dates, cycle, focus, actions and follow-up of one review."""
    country = block.locales[home].country
    first = start_of_year(country, int(block.years[year]))
    started = first + pd.Timedelta(days=int(rng.integers(21, 290)))
    if (started.month, started.day) >= (12, 15) or (started.month, started.day) <= (1, 7):
        started += pd.Timedelta(days=28)  # not in the holidays
    started = started - pd.Timedelta(days=max(0, started.weekday() - 2))  # it ends by Friday
    horizon = start_of_year(country, int(block.years[-1]) + 1) - pd.Timedelta(days=40)
    texts = block.locales[home].texts()
    focus = str(rng.choice(FACTOR_IDS)) if rng.random() < 0.7 else str(rng.choice(texts["focus"]))
    ended = started + pd.Timedelta(days=int(rng.integers(0, 3)))
    agreed = int(1 + rng.poisson(2.5))
    done = int(rng.binomial(agreed, _chance(0.3 + 0.7 * f5)))
    followed = started + pd.Timedelta(days=int(rng.integers(80, 320)))
    looked_at = rng.random() < _chance(0.4 + 0.7 * f5)
    if year == len(block.years) - 1:
        if rng.random() < 0.08:
            return started, None, cycle, focus, None, None, None
        done = int(rng.binomial(done, 0.5))
    return started, ended, cycle, focus, agreed, done, followed if looked_at and followed <= horizon else None


def ties_table(block: Block) -> pd.DataFrame:
    """Return the table ``ties`` of a block: one row for each end that reported a tie."""
    rng = block.rng(4)
    f7, f8 = _standing(block, "F7"), _standing(block, "F8")
    countries = np.array([locale.country for locale in block.locales])[block.home]
    # One school of each cluster is sought out more than the others.
    weight = rng.gamma(4.0, 0.25, size=len(block.home))
    busiest = np.unique(block.home, return_index=True)[1]
    weight[busiest] *= block.effects.busiest_school
    rows: list[tuple[object, ...]] = []
    for year in range(max(0, len(block.years) - TIE_YEARS), len(block.years)):
        silent = rng.random(len(block.home)) < block.effects.silent_schools
        inside_any = np.flatnonzero(block.member[:, year] >= 0)
        for cluster in range(len(block.cluster_ids)):
            members = block.members(cluster, year)
            outside = inside_any[block.member[inside_any, year] != cluster]
            near = outside[countries[outside] == block.locales[cluster].country]
            for school in members:
                partners = _partners(rng, members[members != school], weight, 1.9)
                far = near if len(near) and rng.random() < 0.85 else outside
                partners += _partners(rng, far, weight, 0.35 * float(np.exp(0.4 * f8[cluster])))
                for partner in dict.fromkeys(partners):
                    rows += _reports(block, rng, int(school), partner, year, cluster, silent, float(f7[cluster]))
    frame = pd.DataFrame(rows, columns=list(TIE_COLUMNS))
    frame = frame.drop_duplicates(["from_id", "to_id", "time_period", "kind", "reported_by"], ignore_index=True)
    return frame.astype({"time_period": "Int64", "strength": "Int64"})


def _partners(rng: np.random.Generator, among: Ints, weight: Floats, mean: float) -> list[int]:
    count = min(int(rng.poisson(mean)), len(among))
    if not count:
        return []
    share = weight[among] / weight[among].sum()
    return [int(x) for x in rng.choice(among, size=count, replace=False, p=share)]


def _reports(
    block: Block,
    rng: np.random.Generator,
    school: int,
    partner: int,
    year: int,
    cluster: int,
    silent: np.ndarray,
    f7: float,
) -> list[tuple[object, ...]]:
    """Return the reports of one tie and, where it is returned, of the tie back."""
    effects = block.effects
    kind = str(rng.choice(block.locales[cluster].texts()["kinds"]))
    # Where F7 is strong, less of the work hangs on leaders.
    shares = np.array(TIE_SHARES)
    shares[0] *= np.exp(-0.25 * f7)
    role = str(rng.choice(TIE_ROLES, p=shares / shares.sum()))
    directions = [(school, partner)]
    if rng.random() < effects.tie_reciprocity:
        directions.append((partner, school))
    out: list[tuple[object, ...]] = []
    for one, other in directions:
        strength = int(np.clip(rng.binomial(4, 0.45) + 1, 1, 5))
        for end, chance in ((one, effects.reports_by_from), (other, effects.reports_by_to)):
            if silent[end] or rng.random() >= chance:
                continue
            seen = int(np.clip(strength + rng.choice([-1, 0, 0, 0, 1]), 1, 5))
            ids = block.school_ids
            out.append((ids[one], ids[other], int(block.years[year]), kind, seen, role, ids[end]))
    return out
