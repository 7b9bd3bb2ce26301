"""Peer reviews of schools by schools, and of clusters by clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from allrise.data.demo.block import Block, start_of_year
from allrise.framework import FACTOR_IDS

REVIEW_COLUMNS = (
    "review_id", "reviewer_id", "reviewed_id", "level", "started_on", "ended_on", "cycle", "focus",
    "actions_agreed", "actions_done", "followed_up_on",
)  # fmt: skip


def _chance(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def reviews_table(block: Block, start: int) -> pd.DataFrame:
    """Return the table ``reviews`` of a block; review ids count on from ``start``."""
    rng = block.rng(3)
    f4, f5, f8 = (block.standing(factor) for factor in ("F4", "F5", "F8"))
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
