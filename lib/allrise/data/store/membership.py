"""In which cluster a school was in a school year.

A year counts for the cluster the school was in on the *membership day* of that year: the middle of the school
year, so that a school which moved in the summer counts where it was taught.
"""

from __future__ import annotations

from datetime import date

#: Countries whose school year is the calendar year.
_SOUTHERN = frozenset({"AU", "NZ"})


def membership_day(country: str, time_period: int) -> date:
    """Return the membership day of the school year ``time_period`` in ``country``.

    1 January in the school year that starts in the summer of ``time_period``; 1 July where the school year is
    the calendar year.
    """
    return date(time_period, 7, 1) if country in _SOUTHERN else date(time_period + 1, 1, 1)
