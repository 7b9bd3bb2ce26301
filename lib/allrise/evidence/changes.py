"""Change from one year to another (C2): a few schools, or the whole distribution?

Exceptional schools do not add up to a better system. So two things stand side by side: how each school changed, with what
chance alone could do, and how the quantiles of all schools moved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allrise.evidence.intervals import difference_of_shares, floats
from allrise.evidence.reference import QUANTILES
from allrise.evidence.selection import binomial, columns_of, joined, rows_of, unit_of
from allrise.evidence.tidy import tidy

CHANGES = {
    "school_id": "str", "school": "str", "letter": "str", "pupils_first": "Int64", "pupils_last": "Int64",
    "first": "float64", "last": "float64", "change": "float64", "lower": "float64", "upper": "float64",
    "beyond_chance": "str", "status": "str",
}  # fmt: skip
SHIFT = {
    "time_period": "Int64", "schools": "Int64", **dict.fromkeys(QUANTILES, "float64"), "width": "float64",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangeSummary:
    """How many schools changed.

    Attributes
    ----------
    schools
        Schools with a value in both years; ``rose``, ``fell``, ``same`` of them by value alone.
    rose_beyond_chance, fell_beyond_chance
        Of those with an interval (``judged``), whose 95% interval leaves out no change. By chance alone about one in
        twenty would be outside, half of them on each side.
    """

    schools: int
    rose: int
    fell: int
    same: int
    judged: int
    rose_beyond_chance: int
    fell_beyond_chance: int


def school_changes(
    outcomes: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    measure_id: str,
    first: int,
    last: int,
    pupil_group: str = "all",
    unit: str | None = None,
    system: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return how each school's value changed between two years, ordered by name.

    The years are different pupils. Percentages with denominators get Newcombe's 95% interval; other units have one where
    both years have published limits (errors added in squares).

    Returns
    -------
    DataFrame
        ``school_id``, ``school``, ``letter``, ``pupils_first``, ``pupils_last``, ``first``, ``last``, ``change``, ``lower``,
        ``upper``, ``beyond_chance`` (``up``, ``down``, ``no``; blank without an interval; a matter of numbers, not of better
        or worse), ``status`` of the year that does not show a value, blank when both do.
    """
    one, two = (rows_of(outcomes, measure_id, pupil_group, p) for p in (first, last))
    percent = binomial(system, pd.concat([one, two]), unit_of(system, measure_id, unit), measure_id)
    table = joined(schools, one).merge(
        joined(schools, two).drop(columns=["school", "letter"]), on="school_id", suffixes=("_first", "_last")
    )
    a, b = floats(table["value_first"]), floats(table["value_last"])
    change = b - a
    if percent:
        limits = difference_of_shares(b / 100, table["pupils_last"], a / 100, table["pupils_first"])
        lower, upper = 100 * limits.lower, 100 * limits.upper
    else:
        halves = [(floats(table[f"upper_{y}"]) - floats(table[f"lower_{y}"])) / 2 for y in ("first", "last")]
        half = np.hypot(halves[0], halves[1])
        lower, upper = change - half, change + half
    known = np.isfinite(lower) & np.isfinite(upper)
    beyond = np.select([~known, lower > 0, upper < 0], ["", "up", "down"], "no")
    status = table["status_first"].mask(table["status_first"] == "", table["status_last"])
    table = table.assign(
        first=a, last=b, change=change, lower=lower, upper=upper, beyond_chance=beyond,
        status=status.mask(np.isfinite(change), ""),
    )  # fmt: skip
    return columns_of(table, CHANGES).astype(CHANGES)


def change_summary(changes: pd.DataFrame) -> ChangeSummary:
    """Return how many schools of :func:`school_changes` rose and fell, and how many by more than chance."""
    change = floats(changes["change"])
    words = changes["beyond_chance"].tolist()
    return ChangeSummary(
        schools=int(np.isfinite(change).sum()),
        rose=int((change > 0).sum()),
        fell=int((change < 0).sum()),
        same=int((change == 0).sum()),
        judged=sum(w != "" for w in words),
        rose_beyond_chance=words.count("up"),
        fell_beyond_chance=words.count("down"),
    )


def distribution_shift(system: pd.DataFrame, *, measure_id: str, pupil_group: str = "all") -> pd.DataFrame:
    """Return how the quantiles of all schools moved: the whole distribution, or its ends.

    Parameters
    ----------
    system
        Reference table (one country) of :func:`allrise.evidence.reference.reference_outcomes`.

    Returns
    -------
    DataFrame
        ``time_period``, ``schools``, ``q10``, ``q25``, ``q50``, ``q75``, ``q90`` of schools' values, ``width`` (q90 - q10, with
        the chance of few pupils in it: see the spread).
    """
    rows = rows_of(system, measure_id, pupil_group).sort_values("time_period")
    rows = rows.assign(width=rows["q90"] - rows["q10"])
    return tidy(({c: r[c] for c in SHIFT} for r in rows.to_dict("records")), SHIFT)
