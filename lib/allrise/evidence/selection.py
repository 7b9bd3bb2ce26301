"""Choosing rows: one measure, one group, one year; the names and letters by which a pack points at schools."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from string import ascii_uppercase
from typing import Any

import pandas as pd

from allrise.errors import InvalidData
from allrise.evidence.intervals import floats


def rows_of(
    outcomes: pd.DataFrame, measure_id: str, pupil_group: str = "all", time_period: int | None = None
) -> pd.DataFrame:
    """Return the rows of one measure and group, of one year or of all."""
    chosen = (outcomes["measure_id"] == measure_id) & (outcomes["pupil_group"] == pupil_group)
    if time_period is not None:
        chosen &= outcomes["time_period"] == time_period
    return outcomes.loc[chosen.fillna(False)]


def columns_of(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return the named columns, in that order."""
    return pd.DataFrame(table.loc[:, list(names)])


def groups_of(table: pd.DataFrame, by: list[str]) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Yield each group's key and its rows, keys in order."""
    for key, rows in table.groupby(by, sort=True, observed=True):
        yield (key if isinstance(key, tuple) else (key,)), rows


def alphabetical(name: object) -> str:
    """Return what a name is ordered by: without case and accents, so that É stands with E."""
    plain = unicodedata.normalize("NFKD", str(name))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def letter(position: int) -> str:
    """Return the letter of the row at ``position``, counted from 0: A to Z, then AA, AB."""
    text = ""
    position += 1
    while position > 0:
        position, rest = divmod(position - 1, 26)
        text = ascii_uppercase[rest] + text
    return text


def lettered(schools: pd.DataFrame) -> pd.DataFrame:
    """Return ``school_id``, ``school``, ``letter``: every school once, by name, never by score.

    The letters of a pack depend on ``schools`` alone, so that a school has one letter in all its figures.
    """
    named = pd.DataFrame({"school_id": schools["school_id"], "school": schools["name"]}).drop_duplicates("school_id")
    named = named.assign(_key=[alphabetical(n) for n in named["school"]]).sort_values(["_key", "school_id"])
    named = named.drop(columns="_key").reset_index(drop=True)
    named["letter"] = pd.Series([letter(i) for i in range(len(named))], index=named.index, dtype="str")
    return named


def joined(schools: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Put one year's outcome rows beside the lettered schools; a school without a row has status ``x``."""
    keep = ["school_id", "pupils", "value", "lower", "upper", "status"]
    beside = lettered(schools).merge(rows[keep], on="school_id", how="left", validate="one_to_one", indicator=True)
    absent = beside["_merge"] == "left_only"
    status = beside["status"].astype("str").where(beside["status"].notna(), "")
    return beside.drop(columns="_merge").assign(status=status.mask(absent, "x"))


def reference_row(
    system: pd.DataFrame | None, measure_id: str, pupil_group: str, time_period: int
) -> dict[str, Any] | None:
    """Return the reference table's row, or ``None`` when it has none.

    Raises
    ------
    InvalidData
        When there are several: the reference of one country has to be chosen before.
    """
    if system is None or system.empty:
        return None
    rows = rows_of(system, measure_id, pupil_group, time_period)
    if len(rows) > 1:
        raise InvalidData(
            f"reference outcomes have {len(rows)} rows for {measure_id}, {pupil_group}, {time_period}",
            "Keep the rows of the cluster's own country only.",
        )
    return None if rows.empty else {str(k): v for k, v in rows.iloc[0].items()}


def unit_of(system: pd.DataFrame | None, measure_id: str, unit: str | None) -> str:
    """Return the unit of a measure: as given, or as the reference table says.

    Raises
    ------
    InvalidData
        When neither says it.
    """
    if unit is not None:
        return unit
    if system is not None and not system.empty:
        known = system.loc[system["measure_id"] == measure_id, "unit"].dropna()
        if len(known):
            return str(known.iloc[0])
    raise InvalidData(
        f"the unit of measure {measure_id} is not known",
        "Give `unit` (from the table `measures`), or a reference table that has this measure.",
    )


def binomial(system: pd.DataFrame | None, rows: pd.DataFrame, unit: str, measure_id: str) -> bool:
    """Say whether values are shares of counted pupils, in percent, so that binomial intervals are right for them.

    Percentages are, unless the reference table found that they scatter less than counts can (``counted``).

    Raises
    ------
    InvalidData
        When a percentage is outside 0 to 100.
    """
    if unit != "percent":
        return False
    values = floats(rows["value"])
    if ((values < 0) | (values > 100)).any():
        raise InvalidData(
            f"measure {measure_id} is in percent, and a value is outside 0 to 100",
            "Mend the values, or the unit of the measure in `measures`.",
        )
    if system is None or "counted" not in system:
        return True
    known = system.loc[system["measure_id"] == measure_id, "counted"]
    return bool(known.all()) if len(known) else True
