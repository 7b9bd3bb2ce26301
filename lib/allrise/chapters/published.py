"""Tables about the whole system at the precision at which they are published.

Chapters get them so, and not as exact as a machine can be: the last digits of a national figure say nothing, and with
them every pack would have to be made again when one school anywhere sends a correction. Percentages have one decimal,
other values four significant digits, measures of spread three, shares and correlations two decimals (as has the factor
by which schools vary more than by chance); whole numbers stay exact. The methods of :mod:`allrise.evidence` themselves are not rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from allrise.evidence.intervals import Floats, floats

#: Columns in the unit of the measure.
VALUES = (
    "value", "lower", "upper", "mean", "q10", "q25", "q50", "q75", "q90", "value_low", "value_high", "gap", "within",
    "between", "neighbours_median", "neighbours_q1", "neighbours_q3",
)  # fmt: skip
SPREADS = ("tau", "sd_within", "sd_raw", "sd_between", "sd_lower", "sd_upper")
SHARES = ("icc", "noise_share", "phi")
#: Of the factors, whose answers go from 1 to 5.
SCORES = ("mean", "lower", "upper", "sd_between", "q25", "q50", "q75", "agree_share", "s1", "s2", "s3", "s4", "s5")
CORRELATIONS = ("rho", "lower", "upper")


def of_outcomes(table: pd.DataFrame) -> pd.DataFrame:
    """Round the table of :func:`~allrise.evidence.reference.reference_outcomes`."""
    units = [str(u) for u in table["unit"]]
    table = _in_unit(table, units)
    # where limits are drawn: a share (0..1) on the arcsine scale, else a value like the others
    arcsine = (table["scale"] == "arcsine").to_numpy()
    target = np.where(arcsine, _decimals(table["target"], 3), _values(table["target"], units))
    return _with(table.assign(target=target), dict.fromkeys(SHARES, 2), dict.fromkeys(SPREADS, 3))


def of_gaps(table: pd.DataFrame) -> pd.DataFrame:
    """Round the table of :func:`~allrise.evidence.reference.reference_gaps`; the two parts still make up the gap."""
    units = [str(u) for u in table["unit"]]
    rounded = _in_unit(table, units)
    rest = _values(floats(rounded["gap"]) - floats(rounded["within"]), units)
    return rounded.assign(between=np.where(rounded["between"].notna(), rest, np.nan))


def of_neighbours(table: pd.DataFrame, units: Mapping[str, str]) -> pd.DataFrame:
    """Round the table of :func:`~allrise.evidence.similar.neighbour_reference`; ``units`` are those of the measures."""
    return _in_unit(table, pd.Series([units.get(str(m), "") for m in table["measure_id"]], index=table.index))


def of_factors(table: pd.DataFrame) -> pd.DataFrame:
    """Round the table of :func:`~allrise.evidence.survey.system_profile`."""
    return _with(table, dict.fromkeys(SCORES, 2), {})


def of_together(table: pd.DataFrame) -> pd.DataFrame:
    """Round the table of :func:`~allrise.evidence.survey.interdependence`."""
    return _with(table, dict.fromkeys(CORRELATIONS, 2), {})


def _in_unit(table: pd.DataFrame, unit: Iterable[object]) -> pd.DataFrame:
    return table.assign(**{c: _values(table[c], unit) for c in VALUES if c in table})


def _values(numbers: ArrayLike, unit: Iterable[object]) -> Floats:
    percent = np.array([u == "percent" for u in unit], dtype=bool)
    return np.where(percent, _decimals(numbers, 1), _significant(numbers, 4))


def _with(table: pd.DataFrame, decimals: Mapping[str, int], digits: Mapping[str, int]) -> pd.DataFrame:
    fixed = {c: _decimals(table[c], n) for c, n in decimals.items() if c in table}
    return table.assign(**fixed, **{c: _significant(table[c], n) for c, n in digits.items() if c in table})


def _decimals(numbers: ArrayLike, places: int) -> Floats:
    return np.array([round(x, places) + 0.0 if math.isfinite(x) else x for x in floats(numbers).tolist()], dtype=float)


def _significant(numbers: ArrayLike, digits: int) -> Floats:
    return np.array([float(f"{x:.{digits}g}") + 0.0 for x in floats(numbers).tolist()], dtype=float)
