"""Peer review (F4) and cycles of enquiry (F5): who reviewed whom, how often, and what followed.

Counts of what was done, not judgements of it: a review is not better for having agreed more actions.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from allrise.evidence.intervals import wilson
from allrise.evidence.selection import groups_of, lettered
from allrise.evidence.tidy import among, count, tidy

NAMED = {"school_id": "str", "school": "str", "letter": "str"}
COVERAGE = NAMED | {
    "received": "Int64", "given": "Int64", "reviewers": "Int64", "last_received_on": "datetime64[us]",
    "years_since": "float64", "cycles": "Int64", "median_days_between": "float64",
}  # fmt: skip
MATRIX = {
    "reviewer_id": "str", "reviewer": "str", "reviewer_letter": "str", "reviewed_id": "str", "reviewed": "str",
    "reviewed_letter": "str", "reviews": "Int64", "last_on": "datetime64[us]",
}  # fmt: skip
ACTIONS = NAMED | {
    "reviews": "Int64", "with_actions": "Int64", "actions_agreed": "Int64", "actions_done": "Int64",
    "done_share": "float64", "followed_up": "Int64", "median_days_to_follow_up": "float64",
}  # fmt: skip
YEARS = {
    "time_period": "Int64", "reviews": "Int64", "reviewers": "Int64", "reviewed": "Int64", "with_outside": "Int64",
    "actions_agreed": "Int64", "actions_done": "Int64", "followed_up": "Int64",
}  # fmt: skip
FOCUS = {"focus": "str", "reviews": "Int64"}


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """Peer review of a cluster's schools in a few numbers.

    Attributes
    ----------
    schools, reviewed, reviewing
        Schools of the cluster; of those, reviewed and reviewing at least once.
    reviews, inside
        Reviews with a school of the cluster on either side; of those, between two schools of it.
    pairs, mutual
        Pairs of the cluster's schools with a review; of those, with one each way.
    actions_agreed, actions_done
        Over reviews that say both. ``done_share`` with its Wilson interval ``done_lower``, ``done_upper``.
    finished, followed_up
        Finished reviews; of those, followed up.
    median_days_between
        Between reviews of one school; NaN when no school was reviewed twice.
    outward_given, outward_received
        Reviews of, and by, schools and clusters outside.
    """

    schools: int
    reviewed: int
    reviewing: int
    reviews: int
    inside: int
    inside_reviewed: int
    inside_reviewing: int
    pairs: int
    mutual: int
    actions_agreed: int
    actions_done: int
    done_share: float
    done_lower: float
    done_upper: float
    finished: int
    followed_up: int
    median_days_between: float
    outward_given: int
    outward_received: int


def _started(reviews: pd.DataFrame, until: dt.date | None) -> pd.DataFrame:
    """Return reviews that have started, in order of their start."""
    rows = reviews.loc[reviews["started_on"].notna()]
    if until is not None:
        rows = rows.loc[rows["started_on"] <= pd.Timestamp(until)]
    return rows.sort_values(["started_on", "review_id"])


def _of_schools(reviews: pd.DataFrame, until: dt.date | None) -> pd.DataFrame:
    rows = _started(reviews, until)
    return rows.loc[(rows["level"] == "school").fillna(False)]


def _days_between(rows: pd.DataFrame) -> list[float]:
    days: list[float] = []
    for _, own in rows.groupby("reviewed_id", sort=True):
        days.extend(pd.Series(own["started_on"]).sort_values().diff().dropna().dt.days.astype(float))
    return days


def _median(values: list[float]) -> float:
    return float(np.median(values)) if values else float("nan")


def _follow_up_days(rows: pd.DataFrame) -> list[float]:
    days = (rows["followed_up_on"] - rows["ended_on"]).dt.days.dropna()
    return [float(d) for d in days]


def coverage(reviews: pd.DataFrame, schools: pd.DataFrame, *, until: dt.date | None = None) -> pd.DataFrame:
    """Return for each school, by name, the reviews it received and gave.

    Parameters
    ----------
    reviews
        ``data.tables.REVIEWS``; only those between schools count.
    schools
        The cluster's schools.
    until
        Last day that counts, and the day from which ``years_since`` is counted; by default the last start of a review.

    Returns
    -------
    DataFrame
        ``school_id``, ``school``, ``letter``, ``received``, ``given``, ``reviewers`` (different ones), ``last_received_on``,
        ``years_since``, ``cycles`` (the highest number of a finished review's cycle, received), ``median_days_between``.
    """
    rows = _of_schools(reviews, until)
    last = pd.Timestamp(until) if until is not None else rows["started_on"].max()
    found: list[dict[str, Any]] = []
    for name in lettered(schools).to_dict("records"):
        received = rows.loc[(rows["reviewed_id"] == name["school_id"]).fillna(False)]
        given = rows.loc[(rows["reviewer_id"] == name["school_id"]).fillna(False)]
        latest = received["started_on"].max()
        finished = received.loc[received["ended_on"].notna(), "cycle"].dropna()
        found.append({
            **{str(k): v for k, v in name.items()}, "received": len(received), "given": len(given),
            "reviewers": received["reviewer_id"].nunique(), "last_received_on": latest,
            "years_since": (last - latest).days / 365.25 if pd.notna(latest) else np.nan,
            "cycles": int(finished.max()) if len(finished) else 0,
            "median_days_between": _median(_days_between(received)),
        })  # fmt: skip
    return tidy(found, COVERAGE)


def coverage_matrix(reviews: pd.DataFrame, schools: pd.DataFrame, *, until: dt.date | None = None) -> pd.DataFrame:
    """Return how often each school reviewed each other one: every ordered pair of two schools, by name.

    Returns
    -------
    DataFrame
        ``reviewer_id``, ``reviewer``, ``reviewer_letter``, ``reviewed_id``, ``reviewed``, ``reviewed_letter``,
        ``reviews``, ``last_on``.
    """
    rows = _of_schools(reviews, until)
    counted = {
        (str(a), str(b)): (len(part), part["started_on"].max())
        for (a, b), part in groups_of(rows, ["reviewer_id", "reviewed_id"])
    }
    names = lettered(schools).to_dict("records")
    found: list[dict[str, Any]] = []
    for a in names:
        for b in names:
            if a is not b:
                cell = counted.get((a["school_id"], b["school_id"]), (0, pd.NaT))
                values = (
                    a["school_id"], a["school"], a["letter"], b["school_id"], b["school"], b["letter"], cell[0],
                    cell[1],
                )  # fmt: skip
                found.append(dict(zip(MATRIX, values, strict=True)))
    return tidy(found, MATRIX)


def actions(reviews: pd.DataFrame, schools: pd.DataFrame, *, until: dt.date | None = None) -> pd.DataFrame:
    """Return for each reviewed school, by name, what was agreed, done and followed up.

    Returns
    -------
    DataFrame
        ``school_id``, ``school``, ``letter``, ``reviews`` (received and finished), ``with_actions`` (of those, with both
        numbers), ``actions_agreed``, ``actions_done``, ``done_share``, ``followed_up``, ``median_days_to_follow_up``.
    """
    rows = _of_schools(reviews, until)
    rows = rows.loc[rows["ended_on"].notna()]
    found: list[dict[str, Any]] = []
    for name in lettered(schools).to_dict("records"):
        own = rows.loc[(rows["reviewed_id"] == name["school_id"]).fillna(False)]
        agreed, done, n = _agreed_and_done(own)
        found.append({
            **{str(k): v for k, v in name.items()}, "reviews": len(own), "with_actions": n, "actions_agreed": agreed,
            "actions_done": done, "done_share": done / agreed if agreed else np.nan,
            "followed_up": count(own["followed_up_on"].notna()),
            "median_days_to_follow_up": _median(_follow_up_days(own)),
        })  # fmt: skip
    return tidy(found, ACTIONS)


def _agreed_and_done(rows: pd.DataFrame) -> tuple[int, int, int]:
    both = rows.loc[rows["actions_agreed"].notna() & rows["actions_done"].notna()]
    return int(both["actions_agreed"].sum()), int(both["actions_done"].sum()), len(both)


def review_years(
    reviews: pd.DataFrame, schools: pd.DataFrame, *, first_month: int = 9, until: dt.date | None = None
) -> pd.DataFrame:
    """Return reviews by school year of their start.

    Parameters
    ----------
    first_month
        Month in which a school year begins (9 in the north; 1 where it is the calendar year).

    Returns
    -------
    DataFrame
        ``time_period`` (start year), ``reviews``, ``reviewers`` and ``reviewed`` (schools of the cluster),
        ``with_outside`` (reviews with one side outside the cluster), ``actions_agreed``, ``actions_done``, ``followed_up``.
    """
    own = set(schools["school_id"])
    rows = _started(reviews, until)
    years = rows["started_on"].dt.year - (rows["started_on"].dt.month < first_month).astype(int)
    found: list[dict[str, Any]] = []
    for year, part in rows.groupby(years, sort=True):
        agreed, done, _ = _agreed_and_done(part)
        inside_from, inside_to = among(part["reviewer_id"], own), among(part["reviewed_id"], own)
        found.append({
            "time_period": year, "reviews": len(part), "reviewers": part.loc[inside_from, "reviewer_id"].nunique(),
            "reviewed": part.loc[inside_to, "reviewed_id"].nunique(), "with_outside": count(~(inside_from & inside_to)),
            "actions_agreed": agreed, "actions_done": done, "followed_up": count(part["followed_up_on"].notna()),
        })  # fmt: skip
    return tidy(found, YEARS)


def focuses(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return ``focus`` and ``reviews``: what reviews were about, framework ids and own words, most frequent first."""
    counts = reviews["focus"].dropna().value_counts()
    ordered = sorted(counts.items(), key=lambda pair: (-int(str(pair[1])), str(pair[0])))
    return tidy(({"focus": str(f), "reviews": n} for f, n in ordered), FOCUS)


def review_summary(
    reviews: pd.DataFrame, schools: pd.DataFrame, *, cluster_id: str | None = None, until: dt.date | None = None
) -> ReviewSummary:
    """Return peer review of the cluster's schools in a few numbers.

    Parameters
    ----------
    cluster_id
        The cluster itself, for reviews between clusters (F8); without it they are not counted as outward.
    """
    own = {str(s) for s in schools["school_id"]}
    us = own | ({cluster_id} if cluster_id is not None else set())
    rows = _started(reviews, until)
    rows = rows.loc[among(rows["reviewer_id"], us) | among(rows["reviewed_id"], us)]
    between = rows.loc[(rows["level"] == "school").fillna(False)]
    inside = between.loc[among(between["reviewer_id"], own) & among(between["reviewed_id"], own)]
    ordered = {(a, b) for a, b in zip(inside["reviewer_id"], inside["reviewed_id"], strict=True) if a != b}
    agreed, done, _ = _agreed_and_done(rows)
    limits = wilson(done / agreed if agreed else np.nan, agreed)
    finished = rows.loc[rows["ended_on"].notna()]
    received = between.loc[among(between["reviewed_id"], own)]
    return ReviewSummary(
        schools=len(own),
        reviewed=received["reviewed_id"].nunique(),
        reviewing=between.loc[among(between["reviewer_id"], own), "reviewer_id"].nunique(),
        reviews=len(rows),
        inside=len(inside),
        inside_reviewed=inside["reviewed_id"].nunique(),
        inside_reviewing=inside["reviewer_id"].nunique(),
        pairs=len({frozenset(p) for p in ordered}),
        mutual=sum((b, a) in ordered for a, b in ordered) // 2,
        actions_agreed=agreed,
        actions_done=done,
        done_share=done / agreed if agreed else float("nan"),
        done_lower=float(limits.lower),
        done_upper=float(limits.upper),
        finished=len(finished),
        followed_up=count(finished["followed_up_on"].notna()),
        median_days_between=_median(_days_between(received)),
        outward_given=count(~among(rows["reviewed_id"], us)),
        outward_received=count(~among(rows["reviewer_id"], us)),
    )
