"""Chapter 03: the evidence tables of F2 to F8 for one cluster, from its survey.

Each function takes the chapter and returns the evidence table a figure is drawn from; empty when nobody answered.
"""

from __future__ import annotations

import pandas as pd

from allrise.chapters.chapter import Chapter
from allrise.evidence import survey as evidence
from allrise.framework import FACTOR_IDS


def answered(chapter: Chapter) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cluster's answers to the factors' items, up to the pack's year, and those items."""
    items = chapter.slice.table("items")
    items = items.loc[items["framework_id"].isin(FACTOR_IDS)].reset_index(drop=True)
    return chapter.answers(items), items


def wave(chapter: Chapter) -> str:
    """Return the latest wave, or a blank."""
    survey, _ = answered(chapter)
    return "" if survey.empty else str(evidence.latest_wave(survey))


def profile(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.survey_tables.factor_profile` of the latest wave."""
    survey, items = answered(chapter)
    return survey.iloc[:0] if survey.empty else evidence.factor_profile(survey, items)


def by_role(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.survey_tables.by_role`; groups of fewer than five people are hidden."""
    survey, items = answered(chapter)
    return survey.iloc[:0] if survey.empty else evidence.by_role(survey, items)


def role_gaps(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.survey_tables.role_gaps`."""
    survey, items = answered(chapter)
    return survey.iloc[:0] if survey.empty else evidence.role_gaps(survey, items)


def by_school(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.survey_tables.by_school` for present members."""
    survey, items = answered(chapter)
    survey = survey.loc[survey["school_id"].isin(list(chapter.members["school_id"]))]
    return survey.iloc[:0] if survey.empty else evidence.by_school(survey, items, chapter.members)


def agreement(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.survey_tables.agreement`."""
    survey, items = answered(chapter)
    return survey.iloc[:0] if survey.empty else evidence.agreement(survey, items)


def reliability(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.reliability.reliability`."""
    survey, items = answered(chapter)
    return survey.iloc[:0] if survey.empty else evidence.reliability(survey, items)


def together(chapter: Chapter) -> pd.DataFrame:
    """Return how factors move together: over all clusters of the data, or over people where clusters are too few.

    The first is computed once per store; the second is :func:`~allrise.evidence.interdependence.interdependence_of_people`
    of this cluster's latest wave.
    """
    survey, items = answered(chapter)
    if survey.empty:
        return survey
    system = chapter.system("together")
    if len(system) and bool(system["rho"].notna().any()):
        return system
    return evidence.interdependence_of_people(survey, items)
