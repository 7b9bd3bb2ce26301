"""Who is where: how many schools each cluster has, in which country, and which numbers they bear.

Everything here is a few numbers a cluster, so that a system of any size fits in memory; the schools
themselves are made block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allrise.data.demo.words import Locale, locales
from allrise.data.tables import COUNTRIES
from allrise.errors import AllriseError

#: Schools that a cluster of the demo data may have.
FEWEST, MOST = 5, 20
#: Share of all schools that are in no cluster.
OUTSIDE = 0.1
#: Clusters that are made together; schools move, and ties reach, within a block.
BLOCK = 100
#: Last school year of the demo data (2018/19).
LAST_YEAR = 2018


class ImpossibleSize(AllriseError):
    """The numbers of clusters, schools and years asked for do not fit together."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A system of clusters before any school is made.

    ``inside`` and ``outside`` are the schools in each cluster and the schools near it that are in none,
    shape (clusters,). ``locale_of`` numbers the region of each cluster among ``locales``.
    """

    seed: int
    years: NDArray[np.int64]
    inside: NDArray[np.int64]
    outside: NDArray[np.int64]
    locales: tuple[Locale, ...]
    locale_of: NDArray[np.int64]

    @property
    def clusters(self) -> int:
        return len(self.inside)

    @property
    def schools(self) -> int:
        return int(self.inside.sum() + self.outside.sum())

    def numbers(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the number of each cluster and of its first school, both among those who share a pool of names,
        and the number of its first school overall.
        """
        everyone = self.inside + self.outside
        cluster_number = np.zeros(self.clusters, dtype=np.int64)
        school_number = np.zeros(self.clusters, dtype=np.int64)
        pools = [locale.pool for locale in self.locales]
        pool_of = np.array([pools.index(pool) for pool in pools])[self.locale_of]
        for pool in np.unique(pool_of):
            here = np.flatnonzero(pool_of == pool)
            cluster_number[here] = np.arange(len(here))
            school_number[here] = np.cumsum(everyone[here]) - everyone[here]
        return cluster_number, school_number, np.cumsum(everyone) - everyone

    def blocks(self) -> Iterator[slice]:
        """Yield the clusters of each block."""
        for start in range(0, self.clusters, BLOCK):
            yield slice(start, min(start + BLOCK, self.clusters))


def plan(clusters: int, schools: int | None, years: int, seed: int) -> Plan:
    """Return who is where.

    Raises
    ------
    ImpossibleSize
        When clusters cannot have 5-20 schools each, or there are too few or too many years.
    """
    if clusters < 1:
        raise ImpossibleSize(f"{clusters} clusters were asked for.", "Ask for 1 or more.")
    if not 2 <= years <= 20:
        raise ImpossibleSize(f"{years} years were asked for.", "Ask for 2 to 20 years.")
    if seed < 0:
        raise ImpossibleSize(f"The seed is {seed}.", "A seed is 0 or more.")
    total = clusters * 10 if schools is None else schools
    outside = round(total * OUTSIDE)
    inside = total - outside
    if not FEWEST * clusters <= inside <= MOST * clusters:
        least = next(
            n for n in range(FEWEST * clusters, 8 * FEWEST * clusters) if n - round(n * OUTSIDE) >= FEWEST * clusters
        )
        most = next(n for n in range(3 * MOST * clusters, 0, -1) if n - round(n * OUTSIDE) <= MOST * clusters)
        raise ImpossibleSize(
            f"{total} schools do not make {clusters} clusters of {FEWEST} to {MOST} schools, with 1 in 10 schools in none.",
            f"Ask for {least} to {most} schools, or for another number of clusters.",
        )
    rng = np.random.default_rng([seed, 0])
    by_country = [locales(country) for country in COUNTRIES]
    all_locales = tuple(locale for country in by_country for locale in country)
    country_of = np.arange(clusters) % len(COUNTRIES)
    turn = np.arange(clusters) // len(COUNTRIES)
    locale_of = np.array(
        [all_locales.index(by_country[c][t % len(by_country[c])]) for c, t in zip(country_of, turn, strict=True)]
    )
    return Plan(
        seed=seed,
        years=np.arange(LAST_YEAR - years + 1, LAST_YEAR + 1),
        inside=_shared_out(inside, clusters, FEWEST, MOST, rng),
        outside=_shared_out(outside, clusters, 0, outside, rng),
        locales=all_locales,
        locale_of=locale_of,
    )


def _shared_out(total: int, among: int, least: int, most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return whole numbers from ``least`` to ``most`` that add up to ``total``, unequal at random."""
    out = np.full(among, least, dtype=np.int64)
    weights = rng.gamma(5.0, size=among)
    while (left := total - int(out.sum())) > 0:
        room = out < most
        share = np.where(room, weights, 0.0)
        extra = rng.multinomial(left, share / share.sum())
        out = np.minimum(out + extra, most)
    return out
