"""Dates of a public release: coarse, and still in the same school year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from allrise.data.profiles import Profile


def first_year(day: dt.datetime, profile: Profile) -> int:
    """Return the first school year whose membership day is on or after ``day``."""
    date: dt.date = day.date()
    year = date.year - 2
    while profile.membership_day(year) < date:
        year += 1
    return year


def start_of(year: int, profile: Profile) -> dt.datetime:
    """Return a day near the start of a school year: 1 September, or 1 January where the year starts then.

    It lies after the membership day of the year before and not after that of the year itself.
    """
    middle = profile.membership_day(year)
    return dt.datetime(year, 9, 1) if middle.year > year else dt.datetime(year, 1, 1)  # noqa: DTZ001 - a day


def spells_by_year(memberships: pd.DataFrame, profiles: Sequence[Profile]) -> pd.DataFrame:
    """Return spells that start and end with a school year; ``profiles`` has each row's.

    A school is in a cluster on the same membership days as before, so each outcome stays with its cluster. Spells
    with no membership day in them are left out: no outcome belongs to them.
    """
    joined: list[Any] = []
    left: list[Any] = []
    kept: list[bool] = []
    for start, end, about in zip(memberships["joined_on"], memberships["left_on"], profiles, strict=True):
        first = None if pd.isna(start) else first_year(start, about)
        gone = None if pd.isna(end) else first_year(end, about)
        joined.append(pd.NaT if first is None else start_of(first, about))
        left.append(pd.NaT if gone is None else start_of(gone, about))
        kept.append(first is None or gone is None or first < gone)
    out = memberships.assign(
        joined_on=pd.Series(joined, index=memberships.index, dtype="datetime64[us]"),
        left_on=pd.Series(left, index=memberships.index, dtype="datetime64[us]"),
    )
    return out.loc[kept].drop_duplicates(["school_id", "cluster_id", "joined_on"]).reset_index(drop=True)


def month_of(days: pd.Series) -> pd.Series:
    """Return the first day of each day's month."""
    return days.dt.to_period("M").dt.to_timestamp().astype("datetime64[us]")
