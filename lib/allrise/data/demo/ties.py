"""Ties between schools: who works with whom, what on, whose work it is, and which end reports it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from allrise.data.demo.block import Block, Floats, Ints

TIE_ROLES = ("leader", "middle_leader", "teacher", "assistant", "governor", "student")
TIE_SHARES = (0.5, 0.22, 0.19, 0.04, 0.03, 0.02)
#: Ties are recorded in this many of the last years.
TIE_YEARS = 3
#: Mean number of ties that a school starts within its cluster and beyond it.
WITHIN, BEYOND = 1.9, 0.35
COLUMNS = ("from_id", "to_id", "time_period", "kind", "strength", "role", "reported_by")


def ties_table(block: Block) -> pd.DataFrame:
    """Return the table ``ties`` of a block: one row for each end that reported a tie."""
    rng = block.rng(4)
    one, other, cluster, year = _started(block, rng)
    kind = _kinds(block, rng, cluster)
    role = _roles(rng, block.standing("F7")[cluster])
    back = rng.random(len(one)) < block.effects.tie_reciprocity
    one, other = np.concatenate([one, other[back]]), np.concatenate([other, one[back]])
    kind, role, year = (np.concatenate([x, x[back]]) for x in (kind, role, year))

    strength = rng.binomial(4, 0.45, size=len(one)) + 1
    silent = rng.random((len(block.home), len(block.years))) < block.effects.silent_schools
    frames: list[pd.DataFrame] = []
    for end, chance in ((one, block.effects.reports_by_from), (other, block.effects.reports_by_to)):
        seen = np.clip(strength + rng.choice([-1, 0, 0, 0, 1], size=len(one)), 1, 5)
        told = (rng.random(len(one)) < chance) & ~silent[end, year]
        columns = (
            block.school_ids[one[told]],
            block.school_ids[other[told]],
            block.years[year[told]],
            kind[told],
            seen[told],
            role[told],
            block.school_ids[end[told]],
        )
        frames.append(pd.DataFrame(dict(zip(COLUMNS, columns, strict=True))))
    return (
        pd.concat(frames)
        .drop_duplicates(["from_id", "to_id", "time_period", "kind", "reported_by"])
        .sort_values(["time_period", "from_id", "to_id", "kind", "reported_by"], ignore_index=True)
    )


def _started(block: Block, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """Return ties as they were started: from, to, cluster of the former, and number of the year."""
    reach = BEYOND * np.exp(0.4 * block.standing("F8"))
    countries = np.array([locale.country for locale in block.locales])[block.home]
    # One school of each cluster is sought out more than the others.
    weight = rng.gamma(4.0, 0.25, size=len(block.home))
    weight[np.unique(block.home, return_index=True)[1]] *= block.effects.busiest_school
    found: list[tuple[int, int, int, int]] = []
    for year in range(max(0, len(block.years) - TIE_YEARS), len(block.years)):
        inside = np.flatnonzero(block.member[:, year] >= 0)
        for cluster in range(len(block.cluster_ids)):
            members = block.members(cluster, year)
            outside = inside[block.member[inside, year] != cluster]
            near = outside[countries[outside] == block.locales[cluster].country]
            near_too = rng.random(len(members)) < 0.85
            for school, at_home in zip(members, near_too, strict=True):
                partners = _partners(rng, members[members != school], weight, WITHIN)
                far = near if len(near) and at_home else outside
                partners += _partners(rng, far, weight, float(reach[cluster]))
                found += [(int(school), partner, cluster, year) for partner in partners]
    columns = np.array(found, dtype=np.int64).reshape(-1, 4).T
    return columns[0], columns[1], columns[2], columns[3]


def _partners(rng: np.random.Generator, among: Ints, weight: Floats, mean: float) -> list[int]:
    count = min(int(rng.poisson(mean)), len(among))
    if not count:
        return []
    share = weight[among]
    return rng.choice(among, size=count, replace=False, p=share / share.sum()).tolist()


def _kinds(block: Block, rng: np.random.Generator, cluster: Ints) -> np.ndarray:
    """Return what each tie is about, in the words of the region it starts in."""
    words = [np.array(locale.texts()["kinds"], dtype=object) for locale in block.locales]
    draw = rng.random(len(cluster))
    return np.array([words[c][int(d * len(words[c]))] for c, d in zip(cluster, draw, strict=True)], dtype=object)


def _roles(rng: np.random.Generator, f7: Floats) -> np.ndarray:
    """Return whose work each tie is: where F7 is strong, less of it is the leaders'."""
    shares = np.tile(np.array(TIE_SHARES), (len(f7), 1))
    shares[:, 0] *= np.exp(-0.25 * f7)
    upto = np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True)
    return np.array(TIE_ROLES, dtype=object)[(rng.random((len(f7), 1)) > upto).sum(axis=1)]
