"""What an importer is given and what it gives back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from allrise.data.package import Caveat, Licence, Source
from allrise.data.tables import MEMBERSHIPS


@dataclass(frozen=True, slots=True)
class Options:
    """Answers to what a file does not say itself; each importer names those it takes.

    Parameters
    ----------
    year
        Start year of the school year, for files whose name has none.
    dates
        Day of each file, in the order of the files.
    min_schools
        Fewest schools that make a group a cluster.
    clusters
        Which groups are clusters: ``trusts`` or ``authorities``.
    mapping
        TOML file that says what the columns mean.
    """

    year: int | None = None
    dates: tuple[dt.date, ...] = ()
    min_schools: int | None = None
    clusters: str | None = None
    mapping: Path | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of the source that are not in the data folder, and why."""

    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class Imported:
    """Tables for a data folder, with where they came from and what became of every row.

    Parameters
    ----------
    tables
        Typed frames by table name.
    name, title, description
        For ``datapackage.json``.
    rows_in
        Data rows in all files; ``rows_in`` less the rows of ``left_out`` were used.
    notes
        Sentences for the summary: counts worth checking, columns not used.
    synthetic
        The data are invented.
    """

    tables: Mapping[str, pd.DataFrame]
    name: str
    title: str
    description: str
    licences: tuple[Licence, ...]
    sources: tuple[Source, ...]
    caveats: tuple[Caveat, ...]
    rows_in: int
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    synthetic: bool = False

    @property
    def rows_kept(self) -> int:
        """Return how many rows of the source were used."""
        return self.rows_in - sum(x.rows for x in self.left_out)


def undated(school_ids: Iterable[str], cluster_ids: Iterable[str]) -> pd.DataFrame:
    """Return memberships whose first and last day is not known; pairs with a blank cluster are none."""
    pairs = [(s, c) for s, c in zip(school_ids, cluster_ids, strict=True) if c]
    return MEMBERSHIPS.typed(pd.DataFrame(pairs, columns=["school_id", "cluster_id"]))


def left_out(counts: Mapping[str, int]) -> tuple[LeftOut, ...]:
    """Return the reasons that took rows away, the most frequent first."""
    return tuple(LeftOut(reason, n) for reason, n in sorted(counts.items(), key=lambda x: (-x[1], x[0])) if n)
