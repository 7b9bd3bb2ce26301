"""The network (F7, F8): who works with whom, what crosses the cluster's borders, and what hangs on a few.

A tie is what schools said. A school that named nobody and did not answer is not an isolated school; it is a gap in the
data, and is said to be one. No centrality league: schools are never ordered by their number of ties.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from allrise.data.tables import ROLES
from allrise.evidence.intervals import Floats
from allrise.evidence.selection import lettered
from allrise.evidence.survey_scores import panel_of
from allrise.evidence.survey_tables import FEWEST, cells_to_hide, clustered_mean
from allrise.evidence.tidy import among, count, tidy

PAIRS = {
    "a": "str", "b": "str", "letter_a": "str", "letter_b": "str", "inside": "bool", "said_by_a": "bool",
    "said_by_b": "bool", "confirmed": "bool", "kinds": "str", "strength": "float64",
}  # fmt: skip
NO_TIES = {"school_id": "str", "school": "str", "letter": "str", "ties": "Int64", "outward": "Int64", "status": "str"}
BY_ROLE = {"role": "str", "reports": "Int64", "share": "float64", "pairs": "Int64", "only_pairs": "Int64"}
LOSS = {
    "what": "str", "name": "str", "ties": "Int64", "ties_lost": "Int64", "share_lost": "float64", "cut_off": "Int64",
    "parts_before": "Int64", "parts_after": "Int64",
}  # fmt: skip
YEARS = {
    "time_period": "Int64", "schools": "Int64", "responded": "Int64", "ties": "Int64", "confirmed": "Int64",
    "density": "float64", "confirmed_share": "float64", "outward": "Int64", "cross_share": "float64",
    "ei_index": "float64", "no_ties": "Int64", "no_response": "Int64",
}  # fmt: skip
AUTONOMY = {
    "school_id": "str", "school": "str", "letter": "str", "respondents": "Int64",
    "autonomy": "float64", "autonomy_lower": "float64", "autonomy_upper": "float64", "connectedness": "float64",
    "connectedness_lower": "float64", "connectedness_upper": "float64", "hidden": "bool",
}  # fmt: skip

AXES = ("autonomy", "connectedness")


@dataclass(frozen=True, slots=True)
class Network:
    """A cluster's network in one year.

    Attributes
    ----------
    schools, responded
        Schools of the cluster; of those, that reported (or are known to have answered).
    ties, confirmed, could_be_confirmed
        Pairs of the cluster's schools with a tie; of those, said by both; pairs of which both schools responded.
    density
        Ties over pairs of which at least one school responded: a pair of silent schools could not show a tie.
    confirmed_share
        Confirmed ties over ties of which both schools responded (reciprocity of reports).
    outward
        Ties to schools outside the cluster.
    cross_share
        Outward ties over all ties.
    ei_index
        Krackhardt and Stern's E-I index: (outward - inside) / (outward + inside), -1 all inside, 1 all outside.
    no_ties, no_response
        Schools without any tie that responded; and that did not.
    """

    schools: int
    responded: int
    ties: int
    confirmed: int
    could_be_confirmed: int
    density: float
    confirmed_share: float
    outward: int
    cross_share: float
    ei_index: float
    no_ties: int
    no_response: int


def _reports(ties: pd.DataFrame, time_period: int | None) -> pd.DataFrame:
    """Return reports with their reporter; a blank one means the school whose tie it is. Ties of a school to itself go."""
    rows = ties if time_period is None else ties.loc[(ties["time_period"] == time_period).fillna(False)]
    rows = rows.loc[rows["from_id"] != rows["to_id"]]
    return rows.assign(reporter=rows["reported_by"].fillna(rows["from_id"]))


def _responded(reports: pd.DataFrame, own: set[str], responded: Collection[str] | None) -> set[str]:
    said = {str(s) for s in reports["reporter"]} & own
    return said | (set(responded) & own if responded is not None else set())


def pairs(ties: pd.DataFrame, schools: pd.DataFrame, *, time_period: int) -> pd.DataFrame:
    """Return every pair of schools with a tie in which a school of the cluster takes part, whoever said so.

    Parameters
    ----------
    ties
        ``data.tables.TIES``.
    schools
        The cluster's schools.

    Returns
    -------
    DataFrame
        ``a``, ``b`` (school ids; a school of the cluster first, then by name), ``letter_a``, ``letter_b`` (blank outside),
        ``inside`` (both in the cluster), ``said_by_a``, ``said_by_b``, ``confirmed`` (by both), ``kinds`` (comma-separated,
        in order), ``strength`` (the highest said).
    """
    reports = _reports(ties, time_period)
    named = lettered(schools)
    letter = dict(zip(named["school_id"], named["letter"], strict=True))
    place = {s: i for i, s in enumerate(named["school_id"])}
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in reports.to_dict("records"):
        a, b = sorted((str(row["from_id"]), str(row["to_id"])), key=lambda s: (place.get(s, len(place)), s))
        if a not in place:
            continue
        blank = {"said_by_a": False, "said_by_b": False, "kinds": set(), "strength": np.nan}
        pair = found.setdefault((a, b), {"a": a, "b": b, **blank})
        pair["said_by_a"] |= row["reporter"] == a
        pair["said_by_b"] |= row["reporter"] == b
        pair["kinds"] |= {str(row["kind"])}
        strength = float(row["strength"]) if pd.notna(row["strength"]) else np.nan
        pair["strength"] = np.fmax(pair["strength"], strength)
    rows = [
        pair
        | {
            "letter_a": letter[a], "letter_b": letter.get(b, ""), "inside": b in place,
            "confirmed": pair["said_by_a"] and pair["said_by_b"], "kinds": ", ".join(sorted(pair["kinds"])),
        }
        for (a, b), pair in sorted(found.items(), key=lambda i: (place[i[0][0]], place.get(i[0][1], len(place)), i[0][1]))
    ]  # fmt: skip
    return tidy(rows, PAIRS)


def network(
    ties: pd.DataFrame, schools: pd.DataFrame, *, time_period: int, responded: Collection[str] | None = None
) -> Network:
    """Return the cluster's network of one year in a few numbers.

    Parameters
    ----------
    responded
        Schools known to have answered, also with no tie to report. Without it only schools that reported a tie count as
        having answered, and a school without ties cannot be told from one that was silent.

    Notes
    -----
    Krackhardt, D. and Stern, R. N. (1988). Informal networks and organizational crises. Social Psychology Quarterly 51.
    """
    own = {str(s) for s in schools["school_id"]}
    said = _responded(_reports(ties, time_period), own, responded)
    table = pairs(ties, schools, time_period=time_period)
    inside, outward = table.loc[table["inside"]], count(~table["inside"])
    k, silent = len(own), len(own - said)
    seen = k * (k - 1) / 2 - silent * (silent - 1) / 2
    both = among(inside["a"], said) & among(inside["b"], said)
    confirmed, n = count(inside["confirmed"]), len(inside)
    tied = {str(s) for s in table["a"]} | {str(s) for s in table["b"]}
    return Network(
        schools=k,
        responded=len(said),
        ties=n,
        confirmed=confirmed,
        could_be_confirmed=count(both),
        density=n / seen if seen else float("nan"),
        confirmed_share=confirmed / count(both) if both.any() else float("nan"),
        outward=outward,
        cross_share=outward / (outward + n) if outward + n else float("nan"),
        ei_index=(outward - n) / (outward + n) if outward + n else float("nan"),
        no_ties=len((own - tied) & said),
        no_response=len((own - tied) - said),
    )


def network_years(ties: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Return the network of every year that has ties: ``time_period`` and the numbers of :class:`Network`."""
    years = sorted(int(y) for y in ties["time_period"].dropna().unique())
    rows: list[dict[str, Any]] = []
    for year in years:
        found = network(ties, schools, time_period=year)
        rows.append({c: getattr(found, c) for c in YEARS if c != "time_period"} | {"time_period": year})
    return tidy(rows, YEARS)


def school_ties(
    ties: pd.DataFrame, schools: pd.DataFrame, *, time_period: int, responded: Collection[str] | None = None
) -> pd.DataFrame:
    """Return each school's ties, by name, and what is known where it has none.

    Returns
    -------
    DataFrame
        ``school_id``, ``school``, ``letter``, ``ties`` (pairs inside the cluster), ``outward``, ``status``: ``tied``;
        ``no tie reported`` (it answered, and neither it nor another named a tie); ``no response`` (it is not known to
        have answered, and nobody named it); ``named by others only`` (it is not known to have answered).
    """
    own = {str(s) for s in schools["school_id"]}
    said = _responded(_reports(ties, time_period), own, responded)
    table = pairs(ties, schools, time_period=time_period)
    found: list[dict[str, Any]] = []
    for name in lettered(schools).to_dict("records"):
        school = name["school_id"]
        mine = table.loc[(table["a"] == school) | (table["b"] == school)]
        if len(mine):
            status = "tied" if school in said else "named by others only"
        else:
            status = "no tie reported" if school in said else "no response"
        inside = count(mine["inside"])
        row = {str(k): v for k, v in name.items()}
        found.append(row | {"ties": inside, "outward": len(mine) - inside, "status": status})
    return tidy(found, NO_TIES)


def ties_by_role(ties: pd.DataFrame, schools: pd.DataFrame, *, time_period: int) -> pd.DataFrame:
    """Return whose work the ties are (F7), in the order of ``data.tables.ROLES``.

    Returns
    -------
    DataFrame
        ``role``, ``reports`` (reported ties that are mainly this role's work), ``share`` (of reports that name a role),
        ``pairs`` (of schools it connects), ``only_pairs`` (of those, that no other role connects).
    """
    reports = _cluster_reports(ties, schools, time_period)
    reports = reports.loc[reports["role"].notna()]
    roles_of = reports.groupby("pair")["role"].agg(frozenset).to_dict()
    found: list[dict[str, Any]] = []
    for role in ROLES:
        mine = count(reports["role"] == role)
        with_it = [r for r in roles_of.values() if role in r]
        found.append({
            "role": role, "reports": mine, "share": mine / len(reports) if len(reports) else np.nan,
            "pairs": len(with_it), "only_pairs": sum(len(r) == 1 for r in with_it),
        })  # fmt: skip
    return tidy(found, BY_ROLE)


def _cluster_reports(ties: pd.DataFrame, schools: pd.DataFrame, time_period: int) -> pd.DataFrame:
    reports = _reports(ties, time_period)
    own = {str(s) for s in schools["school_id"]}
    reports = reports.loc[among(reports["from_id"], own) | among(reports["to_id"], own)]
    pair = ["|".join(sorted((str(a), str(b)))) for a, b in zip(reports["from_id"], reports["to_id"], strict=True)]
    return reports.assign(pair=pd.Series(pair, index=reports.index, dtype="str"))


def loss(ties: pd.DataFrame, schools: pd.DataFrame, *, time_period: int) -> pd.DataFrame:
    """Return what the network inside the cluster loses when its busiest school, or its busiest role, steps out.

    Parameters
    ----------
    ties, schools, time_period
        As in :func:`pairs`. Where several schools are as busy, the one whose leaving cuts off most is shown; the figure
        need not name it.

    Returns
    -------
    DataFrame
        Rows ``what`` = ``school`` and ``role`` (the latter only when reports name roles): ``name`` (school id or role),
        ``ties`` inside the cluster before, ``ties_lost``, ``share_lost``, ``cut_off`` (other schools left without any tie
        that had one), ``parts_before``, ``parts_after`` (connected parts among schools with a tie before).
    """
    table = pairs(ties, schools, time_period=time_period)
    inside = table.loc[table["inside"]]
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edges_from(zip(inside["a"], inside["b"], strict=True))
    rows: list[dict[str, Any]] = []
    if graph.number_of_edges():
        degree = {str(s): graph.degree[s] for s in graph}
        busiest = sorted(s for s, d in degree.items() if d == max(degree.values()))
        options = [
            _without(graph, [e for e in graph.edges if s in e], {s}) | {"what": "school", "name": s} for s in busiest
        ]
        rows.append(max(options, key=lambda r: (r["cut_off"], r["parts_after"])))
        reports = _cluster_reports(ties, schools, time_period)
        named = reports.loc[reports["role"].notna() & reports["from_id"].isin(degree) & reports["to_id"].isin(degree)]
        if len(named):
            roles_of = named.groupby("pair")["role"].agg(frozenset).to_dict()
            counts = named["role"].value_counts()
            role = next(r for r in ROLES if counts.get(r, 0) == counts.max())
            alone = [e for e in graph.edges if roles_of.get("|".join(sorted(e)), frozenset()) == frozenset({role})]
            rows.append(_without(graph, alone, set()) | {"what": "role", "name": role})
    return tidy(rows, LOSS)


def _without(graph: nx.Graph[str], edges: list[tuple[str, str]], leaving: set[str]) -> dict[str, Any]:
    """Return what is lost when ``edges`` go and the schools ``leaving`` with them."""
    left = graph.copy()
    left.remove_edges_from(edges)
    left.remove_nodes_from(leaving)
    before = graph.number_of_edges()
    return {
        "ties": before,
        "ties_lost": len(edges),
        "share_lost": len(edges) / before,
        "cut_off": sum(1 for s in left if left.degree[s] == 0),
        "parts_before": nx.number_connected_components(graph),
        "parts_after": nx.number_connected_components(left) if len(left) else 0,
    }


def connected_autonomy(
    survey: pd.DataFrame, items: pd.DataFrame, schools: pd.DataFrame, *, wave: str | None = None
) -> pd.DataFrame:
    """Return the two axes of connected autonomy for each school, by name, and for the cluster (first row).

    Never one number: neither axis alone will do.

    Returns
    -------
    DataFrame
        ``school_id`` (blank for the cluster), ``school``, ``letter``, ``respondents`` (with both scores), and for
        ``autonomy`` and ``connectedness`` the mean (1..5), ``_lower`` and ``_upper`` (95%); ``hidden`` with fewer than
        five. Where a single school would be hidden, the next smallest is hidden too.
    """
    panel = panel_of(survey, items, wave, AXES)
    if panel.ids != AXES:
        return tidy([], AUTONOMY)
    known = np.isfinite(panel.scores).all(axis=1)
    scores, school = panel.scores[known], panel.texts("school_id")[known]
    named = lettered(schools).to_dict("records")
    cells = [school == str(n["school_id"]) for n in named]
    counts = [int(c.sum()) for c in cells]
    some = iter(cells_to_hide([n for n in counts if n]))
    rows = [{"school_id": "", "school": "", "letter": "", **_axes(scores, school, hidden=len(scores) < FEWEST)}]
    for name, cell, n in zip(named, cells, counts, strict=True):
        hidden = next(some) if n else True
        rows.append({str(k): v for k, v in name.items()} | _axes(scores[cell], np.arange(n), hidden=hidden))
    return tidy(rows, AUTONOMY)


def _axes(scores: Floats, unit: ArrayLike, *, hidden: bool) -> dict[str, Any]:
    if hidden:
        return {"hidden": True, "respondents": None if len(scores) else 0}
    row: dict[str, Any] = {"hidden": False, "respondents": len(scores)}
    for axis, values in zip(AXES, scores.T, strict=True):
        row[axis], row[f"{axis}_lower"], row[f"{axis}_upper"] = clustered_mean(values, unit)
    return row
