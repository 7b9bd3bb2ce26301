"""The table ``outcomes`` of a public release: small and revealing values hidden, the others rounded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allrise.data.disclosure.rules import WITHHELD, Rules
from allrise.data.disclosure.suppression import GROUPS, Blocks, Floats, Truths, complementary
from allrise.data.tables import OUTCOMES

_BLOCK = ["school_id", "time_period", "measure_id"]


def protect_outcomes(
    outcomes: pd.DataFrame, thresholds: Mapping[str, int], units: Mapping[str, str], rules: Rules
) -> pd.DataFrame:
    """Return the outcomes that may be published.

    Parameters
    ----------
    outcomes
        The whole table; ids are kept.
    thresholds
        Fewest pupils of a shown value, by ``school_id``.
    units
        Unit by ``measure_id``; a measure without one is no percentage.

    Returns
    -------
    DataFrame
        The columns of ``outcomes`` and no others. Groups that the kit does not know are left out, since it cannot
        know how they add up. A hidden value has status ``c`` whatever the reason, and no number of pupils; neither
        has one that is missing for another reason. Percentages are whole, other values have three digits, numbers
        of pupils are multiples of ``rules.pupils_to``.
    """
    rows = outcomes.loc[outcomes["pupil_group"].isin(GROUPS), list(OUTCOMES.column_names)].reset_index(drop=True)
    if rows.empty:
        return rows
    unit = rows["measure_id"].map(lambda m: units.get(str(m), ""))
    least = rows["school_id"].map(lambda s: thresholds[str(s)]).to_numpy(dtype=np.float64)
    hidden, told = _hidden(rows, least, (unit == "percent").to_numpy(dtype=bool), rules)
    gone = hidden | rows["value"].isna().to_numpy(dtype=bool)
    out = rows.assign(
        status=rows["status"].astype("object").mask(pd.Series(hidden), "c").mask(pd.Series(told), "x").astype("str")
    )
    decimals = _digits(rows, unit)
    digits = np.array([decimals[str(m)] for m in rows["measure_id"]])
    for name in ("value", "lower", "upper"):
        out[name] = np.where(gone, np.nan, _rounded(out[name].to_numpy(dtype=np.float64, na_value=np.nan), digits))
    out["pupils"] = banded(rows["pupils"], rules.pupils_to).mask(pd.Series(gone))
    return OUTCOMES.typed(out)


def banded(numbers: pd.Series, to: int) -> pd.Series:
    """Return whole numbers as multiples of ``to``, at least one of it; 0 and blanks stay."""
    n = numbers.astype("Float64")
    near = ((n / to + 0.5) // 1 * to).clip(lower=to)
    return near.mask((n == 0).fillna(False), 0).astype("Int64")


def _hidden(rows: pd.DataFrame, least: Floats, percent: Truths, rules: Rules) -> tuple[Truths, Truths]:
    """Say which values are hidden, and which of them tell no more than what is shown of all pupils."""
    pupils = rows["pupils"].to_numpy(dtype=np.float64, na_value=np.nan)
    value = rows["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    withheld = (rows["value"].isna() & rows["status"].isin(WITHHELD)).to_numpy(dtype=bool)
    few = (pupils > 0) & (pupils < least)
    # A group that is too small for one measure and just large enough for another is the same pupils but one or two.
    same = ["school_id", "time_period", "pupil_group"]
    secret = pd.Series(few | (rows["status"] == "c").fillna(False).to_numpy(dtype=bool))
    elsewhere = secret.groupby([rows[c] for c in same], dropna=False).transform("any").to_numpy(dtype=bool)
    primary = withheld | few | (elsewhere & (pupils > 0) & (pupils < 2 * least))
    if not rules.complementary:
        return primary, np.zeros_like(primary)
    block = rows.groupby(_BLOCK, sort=False).ngroup().to_numpy()
    place = np.array([GROUPS.index(g) for g in rows["pupil_group"]])
    shape = (int(block.max()) + 1, len(GROUPS))

    def spread(column: Floats) -> Floats:
        wide = np.full(shape, np.nan)
        wide[block, place] = column
        return wide

    first = np.unique(block, return_index=True)[1]
    hidden, told = complementary(
        Blocks(
            pupils=spread(pupils),
            value=spread(value),
            primary=spread(primary.astype(np.float64)) == 1,
            threshold=least[first],
            percent=percent[first],
        )
    )
    return hidden[block, place], told[block, place]


def _digits(rows: pd.DataFrame, unit: pd.Series) -> dict[str, int]:
    """Return the decimals of each measure: percentages none, others three digits of the largest value."""
    found: dict[str, int] = {}
    for measure, part in rows.groupby("measure_id"):
        if unit.loc[part.index[0]] == "percent":
            found[str(measure)] = 0
            continue
        largest = np.nanmax(np.abs(part["value"].to_numpy(dtype=np.float64, na_value=np.nan)), initial=0.0)
        found[str(measure)] = 2 - int(np.floor(np.log10(largest))) if largest > 0 else 2
    return found


def _rounded(values: Floats, digits: np.ndarray) -> Floats:
    scale = 10.0**digits
    return np.floor(values * scale + 0.5) / scale
