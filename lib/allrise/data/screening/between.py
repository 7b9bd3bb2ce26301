"""Rules over several tables: references, units, the country's rule for small numbers, swapped columns."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from itertools import combinations

import numpy as np

from allrise.data.columns import Column
from allrise.data.profiles import profile
from allrise.data.screening.cells import read_text
from allrise.data.screening.checked import Checked
from allrise.data.screening.coded import Coded, Mask
from allrise.data.screening.findings import Ledger
from allrise.data.screening.keys import Keys
from allrise.data.tables import COUNTRIES

Folder = Mapping[str, Checked]
_HINTS = 20
_NEAR_FROM = 5_000
_SAMPLE = 2_000
_PERCENT = frozenset({"percent", "per cent", "%", "percentage"})


def check_between(tables: Folder, ledger: Ledger) -> None:
    """Run every rule of this module."""
    with np.errstate(invalid="ignore"):
        _references(tables, ledger)
        _survey_without_items(tables, ledger)
        _percentages(tables, ledger)
        _small_numbers(tables, ledger)
        _clusters_without_schools(tables, ledger)
        _swapped(tables, ledger)


def ids_of(tables: Folder, table: str, column: str) -> set[str] | None:
    """Return the ids that ``table`` lists, or ``None`` when it is not there."""
    if table not in tables or not tables[table].has(column):
        return None
    return {v for v in tables[table].columns[column].labels_by_text()[1] if isinstance(v, str)}


def _references(tables: Folder, ledger: Ledger) -> None:
    for t in tables.values():
        for column in t.raw.table.columns:
            if column.refers_to and t.has(column.name):
                _known(tables, t, column.name, *column.refers_to, ledger)
    ties = tables.get("ties")
    if ties:
        for name in ("from_id", "to_id", "reported_by"):
            if ties.has(name):
                _known(tables, ties, name, "schools", "school_id", ledger)
    reviews = tables.get("reviews")
    if reviews and reviews.has("level"):
        level, words = reviews.columns["level"].labels()
        for word, table in (("school", "schools"), ("cluster", "clusters")):
            rows = level == words.index(word) if word in words else np.zeros(len(reviews), dtype=bool)
            for name in ("reviewer_id", "reviewed_id"):
                if reviews.has(name):
                    _known(tables, reviews, name, table, f"{word}_id", ledger, rows)


def _known(
    tables: Folder, t: Checked, name: str, table: str, key: str, ledger: Ledger, rows: np.ndarray | None = None
) -> None:
    known = ids_of(tables, table, key)
    column = t.columns[name]
    if known is None:
        if table == "measures" and not column.is_missing().all():
            ledger.add(
                "unknown-id",
                t.raw.place,
                f"{t.name} names measures and there is no table of measures",
                column=name,
                mend="Add measures.csv: measure_id, label, unit, higher_is_better.",
            )
        return
    wrong = np.array([isinstance(v, str) and v not in known for v in column.values()], dtype=bool)
    if not wrong.any():
        return
    at = wrong[column.codes] if rows is None else wrong[column.codes] & rows
    loose = {_loose(k): k for k in sorted(known, reverse=True)}
    near_in = sorted(known) if len(known) <= _NEAR_FROM else []
    hints: dict[str, str] = {}

    def mend(i: int) -> str:
        value = str(column.values()[column.codes[i]])
        if value not in hints:
            near = loose.get(_loose(value))
            if near is None and near_in and len(hints) < _HINTS:
                near = next(iter(get_close_matches(value, near_in, n=1, cutoff=0.8)), None)
            hints[value] = f"Is it {near!r}? Correct the id, or add {value!r} to {table}." if near else ""
        return hints[value]

    t.report(ledger, "unknown-id", at, name, f"{table} has no such {key}", mend)


def _loose(value: str) -> str:
    return "".join(c for c in value.lower() if c.isalnum()).lstrip("0") or "0"


def _survey_without_items(tables: Folder, ledger: Ledger) -> None:
    survey = tables.get("survey")
    if survey and len(survey) and ("items" not in tables or not len(tables["items"])):
        ledger.add("survey-without-items", survey.raw.place, "There are answers and no table of items")


def _units(tables: Folder) -> dict[str, str]:
    measures = tables.get("measures")
    if measures is None or not measures.has("measure_id", "unit"):
        return {}
    ids = measures.columns["measure_id"].series()
    units = measures.columns["unit"].series().str.lower().str.strip()
    return {str(k): str(v) for k, v in zip(ids, units, strict=True) if isinstance(k, str) and isinstance(v, str)}


def _percentages(tables: Folder, ledger: Ledger) -> None:
    units = _units(tables)
    percents = {k for k, v in units.items() if v in _PERCENT}
    for name, numbers in (("outcomes", ("value", "lower", "upper")), ("commitments", ("baseline", "target"))):
        t = tables.get(name)
        if t is None or not t.has("measure_id"):
            continue
        measure, ids = t.columns["measure_id"].labels()
        of = np.array([i in percents for i in ids] + [False], dtype=bool)[measure]
        for column in numbers:
            if not t.has(column):
                continue
            value = t.columns[column].numbers()
            outside = of & ((value < 0) | (value > 100))
            t.report(ledger, "percent-out-of-range", outside, column, "The measure's unit is percent")
            _signs(t, column, of, ledger)
            if column == "value":
                _fractions(t, value, measure, ids, percents, ledger)
    contexts = tables.get("contexts")
    if contexts and contexts.has("value", "unit"):
        unit, words = contexts.columns["unit"].labels()
        _signs(contexts, "value", np.array([w.lower() in _PERCENT for w in words] + [False])[unit], ledger)


def _signs(t: Checked, column: str, percent: Mask, ledger: Ledger) -> None:
    if not t.columns[column].percent.any():
        return
    signed = t.columns[column].percent[t.columns[column].codes]
    t.report(ledger, "wrong-type", signed & ~percent, column, "There is a percent sign and the unit is not percent")


def _fractions(
    t: Checked, value: np.ndarray, measure: np.ndarray, ids: list[str], percents: set[str], ledger: Ledger
) -> None:
    shown = ~np.isnan(value)
    if not shown.any():
        return
    largest = Keys([(measure, len(ids))], len(t)).largest(value, shown)  # the key of a missing measure is 0
    for code in np.flatnonzero((largest[1:] > 0) & (largest[1:] <= 1)).tolist():
        if ids[code] not in percents:
            continue
        these = value[shown & (measure == code)]
        if 0 < these.max() <= 1 and len(np.unique(these)) >= 3:
            ledger.add(
                "percent-as-fraction",
                t.raw.place,
                f"Every value of {ids[code]!r} is between 0 and 1 and its unit is percent",
                column="value",
                value=str(ids[code]),
            )


def _small_numbers(tables: Folder, ledger: Ledger) -> None:
    t, schools = tables.get("outcomes"), tables.get("schools")
    if (
        t is None
        or schools is None
        or not t.has("school_id", "pupils", "value")
        or not schools.has("school_id", "country")
    ):
        return
    fewest = _fewest(schools)
    code, ids = t.columns["school_id"].labels()
    least = np.array([fewest.get(i, 0) for i in ids] + [0])[code]
    pupils = t.columns["pupils"].numbers()
    small = ~t.columns["value"].is_missing() & (pupils > 0) & (pupils < least)
    t.report(
        ledger, "small-number-shown", small, "pupils",
        lambda i: f"A value on {pupils[i]:g} pupils is shown; the rule there is {least[i]} or more",
    )  # fmt: skip


def _fewest(schools: Checked) -> dict[object, int]:
    """Return by school the least number of pupils on which its country or region shows a value."""
    regions = schools.columns["region"].series() if schools.has("region") else [None] * len(schools)
    fewest: dict[object, int] = {}
    rows = zip(schools.columns["school_id"].series(), schools.columns["country"].series(), regions, strict=True)
    rules: dict[tuple[object, object], int] = {}
    for school, country, region in rows:
        if country in COUNTRIES:
            where = (country, region if isinstance(region, str) else None)
            if where not in rules:
                rules[where] = profile(str(country)).for_region(where[1]).threshold
            fewest[school] = rules[where]
    return fewest


def _clusters_without_schools(tables: Folder, ledger: Ledger) -> None:
    clusters = tables.get("clusters")
    members = ids_of(tables, "memberships", "cluster_id")
    if clusters is None or members is None or not clusters.has("cluster_id"):
        return
    column = clusters.columns["cluster_id"]
    alone = np.array([isinstance(v, str) and v not in members for v in column.values()], dtype=bool)
    if len(clusters):
        clusters.report(
            ledger, "cluster-without-schools", alone[column.codes], "cluster_id", "No school is in the cluster"
        )


def _swapped(tables: Folder, ledger: Ledger) -> None:
    """Find two columns whose values each fit the other and not their own."""
    for t in tables.values():
        if len(t) < 2:
            continue
        known = {
            c.name: ids_of(tables, *c.refers_to) if c.refers_to else None for c in t.raw.table.columns if t.has(c.name)
        }
        columns = [c for c in (t.raw.table[n] for n in known) if c.enum or known[c.name] or c.type != "string"]
        own = {c.name: _fit(t.raw.columns[c.name], c, known[c.name]) for c in columns}
        for one, two in combinations(columns, 2):
            if not _both_misfit(one, two, own, known):
                continue
            there = _fit(t.raw.columns[one.name], two, known[two.name]) or 0
            back = _fit(t.raw.columns[two.name], one, known[one.name]) or 0
            if there >= 0.9 and back >= 0.9:
                ledger.add(
                    "swapped-columns",
                    t.raw.place,
                    f"The values under {one.name} fit {two.name}, and those under {two.name} fit {one.name}",
                    column=one.name,
                    mend=f"Exchange the headings {one.name} and {two.name}.",
                )


def _both_misfit(
    one: Column, two: Column, own: Mapping[str, float | None], known: Mapping[str, set[str] | None]
) -> bool:
    """Whether neither column holds what it should, or one is an id whose list does not have its values."""
    fits = [(c, own[c.name]) for c in (one, two)]
    misfits = [c for c, fit in fits if fit is not None and fit < 0.5]
    return len(misfits) == 2 or any(known[c.name] for c in misfits)


def _fit(coded: Coded, column: Column, known: set[str] | None) -> float | None:
    """Return the share of a sample of distinct texts that ``column`` can hold, or ``None`` when all are blank."""
    texts = [s for s in coded.texts[:_SAMPLE] if s.strip()]
    if not texts:
        return None
    good = 0
    for text in texts:
        reading = read_text(text, column)
        fine = reading.value is not None and not any(rule == "out-of-range" for rule, _ in reading.notes)
        good += fine and (known is None or reading.value in known)
    return good / len(texts)
