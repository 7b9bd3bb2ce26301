"""Chapters 04 to 06: evidence tables of peer review, the network and shared accountability, for one cluster.

Each function takes the chapter and returns the evidence table a figure is drawn from; empty when there are no data.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from allrise.chapters.chapter import Chapter
from allrise.data.disclosure import CLUSTER_UNNAMED, NAMES_A_SCHOOL
from allrise.evidence import accountability, network, reviews

NOTHING = pd.DataFrame()


def today(chapter: Chapter) -> dt.date | None:
    """Return the day up to which things count: the membership day of the year after the pack's, if one was asked for."""
    period = chapter.parameters.time_period
    return None if period is None else chapter.profile.membership_day(period + 1)


# Peer review ---------------------------------------------------------------------------------------------------


def coverage(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.reviews.coverage`: what each school received and gave."""
    table = chapter.slice.table("reviews")
    return reviews.coverage(table, chapter.members, until=today(chapter)) if len(table) else NOTHING


def coverage_matrix(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.reviews.coverage_matrix`: how often each school reviewed each other one."""
    table = chapter.slice.table("reviews")
    return reviews.coverage_matrix(table, chapter.members, until=today(chapter)) if len(table) else NOTHING


def review_years(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.reviews.review_years`: reviews by school year."""
    table = chapter.slice.table("reviews")
    first_month = 9 if len(chapter.profile.school_year(2018)) > len("2018") else 1
    return (
        reviews.review_years(table, chapter.members, first_month=first_month, until=today(chapter))
        if len(table)
        else NOTHING
    )


def actions(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.reviews.actions`: what was agreed, done and followed up."""
    table = chapter.slice.table("reviews")
    if table.empty:
        return NOTHING
    found = reviews.actions(table, chapter.members, until=today(chapter))
    return found if any(n > 0 for n in found["actions_agreed"].dropna()) else NOTHING


def review_summary(chapter: Chapter) -> reviews.ReviewSummary | None:
    """Return :func:`~allrise.evidence.reviews.review_summary`, or ``None`` without reviews."""
    table = chapter.slice.table("reviews")
    if table.empty:
        return None
    return reviews.review_summary(
        table, chapter.members, cluster_id=chapter.slice.cluster.cluster_id, until=today(chapter)
    )


# Network -------------------------------------------------------------------------------------------------------


def tie_year(chapter: Chapter) -> int | None:
    """Return the latest year with ties, up to the pack's."""
    asked = chapter.parameters.time_period
    years = [int(y) for y in chapter.slice.table("ties")["time_period"].dropna()]
    return max((y for y in years if asked is None or y <= asked), default=None)


def pairs(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.network.pairs` of the latest year."""
    year = tie_year(chapter)
    return NOTHING if year is None else network.pairs(chapter.slice.table("ties"), chapter.members, time_period=year)


def school_ties(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.network.school_ties` of the latest year."""
    year = tie_year(chapter)
    return (
        NOTHING if year is None else network.school_ties(chapter.slice.table("ties"), chapter.members, time_period=year)
    )


def network_years(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.network.network_years`, up to the latest year."""
    year = tie_year(chapter)
    if year is None:
        return NOTHING
    table = network.network_years(chapter.slice.table("ties"), chapter.members)
    return table.loc[table["time_period"] <= year].reset_index(drop=True)


def loss(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.network.loss`: what goes when the busiest school or role steps out."""
    year = tie_year(chapter)
    return NOTHING if year is None else network.loss(chapter.slice.table("ties"), chapter.members, time_period=year)


def ties_by_role(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.network.ties_by_role`: whose work the ties are."""
    year = tie_year(chapter)
    if year is None:
        return NOTHING
    return network.ties_by_role(chapter.slice.table("ties"), chapter.members, time_period=year)


def connected_autonomy(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.network.connected_autonomy` of the latest wave."""
    items = chapter.slice.table("items")
    items = items.loc[items["framework_id"].isin(["autonomy", "connectedness"])]
    survey = chapter.answers(items)
    return NOTHING if survey.empty else network.connected_autonomy(survey, items, chapter.members)


# Accountability ------------------------------------------------------------------------------------------------


def stages(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.accountability.stages_over_time`, up to the pack's year."""
    table = chapter.slice.table("stages")
    if chapter.parameters.time_period is not None:
        table = table.loc[table["time_period"] <= chapter.parameters.time_period]
    return accountability.stages_over_time(table) if len(table) else NOTHING


def commitments(chapter: Chapter) -> pd.DataFrame:
    """Return the table ``commitments``; where the public is not shown a text, the reason in the chapter's language."""
    say = chapter.words("withheld")
    reasons = {NAMES_A_SCHOOL: say["names_a_school"], CLUSTER_UNNAMED: say["cluster_unnamed"]}
    return chapter.slice.table("commitments").replace(dict.fromkeys(("what", "who", "where"), reasons))


def commitment_marks(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.accountability.commitment_marks`."""
    table = commitments(chapter)
    if table.empty or chapter.time_period is None:
        return NOTHING
    day = today(chapter) or chapter.profile.membership_day(chapter.time_period + 1)
    return accountability.commitment_marks(table, today=day)


def progress(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.accountability.progress` of the commitments that have a measure."""
    table = commitments(chapter)
    table = table.loc[table["measure_id"].notna()]
    if table.empty or chapter.outcomes.empty:
        return NOTHING
    return accountability.progress(table, chapter.outcomes, chapter.slice.table("measures"))
