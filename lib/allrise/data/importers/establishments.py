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

import pandas as pd


def school_ids(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series, int]:
    """Return the id of each row's school and which rows are superseded.

    Parameters
    ----------
    rows
        ``urn``, ``successor`` (blank when there is none), ``known_successor`` (true when it is the id of the school as it
        is now, not only of a later one), ``place`` (authority and establishment number),
        ``year``, ``has_results``; unique index.

    Returns
    -------
    ids
        By row.
    superseded
        True for a row that is not needed: it has no results, and another row of the same school and year is kept.
    joined
        How many groups of rows were left apart because two schools had become one.
    """
    group = _groups(rows)
    joined = 0
    ids = pd.Series("", index=rows.index, dtype="str")
    superseded = pd.Series(data=False, index=rows.index)
    order = rows.sort_values(["year", "has_results", "urn"], kind="stable")
    members: dict[str, list[object]] = defaultdict(list)
    for label in order.index:
        members[group[label]].append(label)
    for labels in members.values():
        part = order.loc[labels]
        results = part[part["has_results"]]
        if results.duplicated("year").any():
            joined += 1
            ids.loc[labels] = part["urn"]
            continue
        newest = part.iloc[-1]
        successors = part["successor"][part["known_successor"]]
        ids.loc[labels] = successors.iloc[-1] if len(successors) else newest["urn"]
        superseded.loc[labels] = part.duplicated("year", keep="last")
    return ids, superseded, joined


def _groups(rows: pd.DataFrame) -> dict[object, str]:
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for urn, successor, place in zip(rows["urn"], rows["successor"], rows["place"], strict=True):
        for other in (f"urn {successor}" if successor else "", f"place {place}" if place else ""):
            if other:
                parent[root(other)] = root(f"urn {urn}")
    return {label: root(f"urn {urn}") for label, urn in rows["urn"].items()}
