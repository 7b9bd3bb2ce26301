"""One school, one id, through academisation: England's unique reference numbers change, the school does not.

A school that becomes an academy closes in law and opens again with a new URN, and often with a new
establishment number. Counted by URN its history would end there, so rows are held together by what the
publisher says: the successor (``URN2`` of a prepared panel, ``URN_AC`` of DfE's own tables), or the same
authority and establishment number. The id is the newest URN. Where two of the rows so held together have
results in one year, two schools were joined into one; a percentage of both cannot be made, and each keeps its
own URN.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """One row of a school table.

    Parameters
    ----------
    label
        File and line.
    urn, place
        Unique reference number; authority and establishment number.
    present_urn
        The school's URN of today, where the publisher says it.
    academy_urn
        The URN it took later, where the publisher says it.
    has_results
        It has pupils at the end of the key stage.
    """

    label: str
    urn: str
    place: str
    year: int
    has_results: bool
    name: str
    authority: str
    present_urn: str = ""
    academy_urn: str = ""
    pupils: int | None = None
    ages: str = ""
    trust: str = ""
    trust_name: str = ""


@dataclass(frozen=True, slots=True)
class Identified:
    """Which school each row is of.

    Parameters
    ----------
    schools
        Rows of each school by its id, in the order of the years.
    superseded
        Labels of rows without results whose school has another row of that year.
    joined
        How many groups of rows were left apart because two schools had become one.
    """

    schools: Mapping[str, tuple[SchoolYear, ...]]
    superseded: frozenset[str]
    joined: int


def identify(rows: Sequence[SchoolYear]) -> Identified:
    """Return the rows by school; see the top of this module for the rule."""
    schools: dict[str, list[SchoolYear]] = defaultdict(list)
    superseded: set[str] = set()
    joined = 0
    for group in _groups(rows):
        group.sort(key=lambda r: (r.year, r.has_results, r.urn))
        years = [r.year for r in group if r.has_results]
        if len(set(years)) < len(years):
            joined += 1
            for row in group:
                schools[row.urn].append(row)
            continue
        present = [r.present_urn for r in group if r.present_urn]
        school = present[-1] if present else max(group, key=lambda r: (r.year, r.urn)).urn
        last_of_year = {r.year: r.label for r in group}
        for row in group:
            if last_of_year[row.year] == row.label:
                schools[school].append(row)
            else:
                superseded.add(row.label)
    return Identified({s: tuple(schools[s]) for s in sorted(schools)}, frozenset(superseded), joined)


def _groups(rows: Sequence[SchoolYear]) -> list[list[SchoolYear]]:
    """Return the rows held together by any of their keys."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for row in rows:
        keys = [row.urn, row.present_urn, row.academy_urn, f"place {row.place}"]
        for key in keys[1:]:
            if key:
                parent[root(key)] = root(row.urn)
    groups: dict[str, list[SchoolYear]] = defaultdict(list)
    for row in rows:
        groups[root(row.urn)].append(row)
    return list(groups.values())
