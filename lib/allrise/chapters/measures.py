"""Which measures a cluster has, which one its pack looks at first, and which year it is about."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from allrise.data.store import Slice


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure as a reader meets it."""

    measure_id: str
    label: str
    unit: str
    higher_is_better: bool | None
    source: str
    denominators: bool
    #: Schools with a value; how many, not what the measure is.
    schools: int = field(default=0, compare=False)


def measures_of(part: Slice, outcomes: pd.DataFrame) -> tuple[Measure, ...]:
    """Return the measures with at least one value shown for all pupils, in the order of the table ``measures``.

    A measure without a row in ``measures`` is called by its id and has no unit.
    """
    return measures_among(outcomes, part.table("measures"))


def measures_among(outcomes: pd.DataFrame, measures: pd.DataFrame) -> tuple[Measure, ...]:
    """Return the same for any rows with ``measure_id``, ``value`` and ``pupils``, and any table ``measures``."""
    shown = outcomes[outcomes["value"].notna()]
    if shown.empty:
        return ()
    denominators = shown.groupby("measure_id")["pupils"].apply(lambda s: bool(s.notna().any()))
    schools: dict[str, set[str]] = {}
    if "school_id" in shown:
        for measure_id, school_id in zip(shown["measure_id"], shown["school_id"], strict=True):
            schools.setdefault(str(measure_id), set()).add(str(school_id))
    described = measures.set_index("measure_id")
    order = [m for m in described.index if m in denominators.index]
    order += sorted(m for m in denominators.index if m not in described.index)
    found: list[Measure] = []
    for measure_id in order:
        if measure_id in described.index:
            row = described.loc[measure_id]
            better = row.get("higher_is_better")
            found.append(
                Measure(
                    measure_id,
                    str(row["label"]),
                    str(row["unit"]),
                    None if pd.isna(better) else bool(better),
                    "" if pd.isna(row.get("source")) else str(row.get("source")),
                    bool(denominators[measure_id]),
                    len(schools.get(str(measure_id), ())),
                )
            )
        else:
            found.append(
                Measure(measure_id, measure_id.replace("_", " "), "", None, "", bool(denominators[measure_id]))
            )
    return tuple(found)


def choose_measure(part: Slice, measures: tuple[Measure, ...]) -> Measure | None:
    """Return the measure to look at first.

    What the cluster promised comes first (the measure of its commitments); else the first percentage with
    denominators, since it carries an interval; else that of most schools.
    """
    if not measures:
        return None
    by_id = {m.measure_id: m for m in measures}
    commitments = part.table("commitments")
    for measure_id in commitments["measure_id"].dropna() if len(commitments) else ():
        if measure_id in by_id:
            return by_id[measure_id]
    return first_measure(measures)


def first_measure(measures: tuple[Measure, ...]) -> Measure | None:
    """Return the first percentage with denominators, since it carries an interval; else that of most schools; ``None`` of none."""
    counted = next((m for m in measures if m.unit == "percent" and m.denominators), None)
    return counted or max(measures, key=lambda m: m.schools, default=None)


def period_of(part: Slice) -> int | None:
    """Return the latest school year with a value shown, else of any table with years, else ``None``."""
    outcomes = part.table("outcomes")
    shown = outcomes.loc[outcomes["value"].notna(), "time_period"]
    if len(shown):
        return int(shown.max())
    for name in ("ties", "stages"):
        table = part.table(name)
        if len(table):
            return max(int(y) for y in table["time_period"].dropna())
    waves = part.table("survey")["wave"].dropna()
    if len(waves):
        return int(str(waves.max())[:4])
    return None
