"""Chapter 07: the evidence tables of L1 to L10 and T1 to T9 for one cluster, and how they are shown."""

from __future__ import annotations

import pandas as pd

from allrise.chapters.chapter import Chapter
from allrise.chapters.telling import of_too_few
from allrise.content.numbers import Numbers
from allrise.evidence import leadership as evidence
from allrise.evidence.survey import factor_profile
from allrise.figures.leadership import leader_skills
from allrise.figures.subject import Subject
from allrise.figures.survey_differences import contrasts as draw_contrasts
from allrise.framework import CONTRAST_IDS, SKILL_IDS


def _answered(chapter: Chapter, ids: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    items = chapter.slice.table("items")
    items = items.loc[items["framework_id"].isin(ids)].reset_index(drop=True)
    return chapter.answers(items), items


def skills(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.leadership.skills`: leaders on themselves, and all others on them."""
    survey, items = _answered(chapter, SKILL_IDS)
    return survey if survey.empty else evidence.skills(survey, items)


def contrasts(chapter: Chapter) -> pd.DataFrame:
    """Return the profile of the nine contrasts, 1 transactional to 5 transformational."""
    survey, items = _answered(chapter, CONTRAST_IDS)
    return survey if survey.empty else factor_profile(survey, items)


def show_skills(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show both views of each skill."""
    chapter.figure("skills", leader_skills, table, _subject(chapter))


def show_contrasts(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show where people place the leadership of their system between the poles."""
    chapter.figure("contrasts", draw_contrasts, table, _subject(chapter))


def headline_readings(chapter: Chapter) -> dict[str, tuple[str, ...]]:
    """Return what the figures say of each skill and contrast, by framework id, with the figure's number."""
    said: dict[str, tuple[str, ...]] = {}
    numbers = Numbers(chapter.language)
    tables = (("skills", leader_skills, skills(chapter)), ("contrasts", draw_contrasts, contrasts(chapter)))
    for name, draw, table in tables:
        if table.empty or of_too_few(table):
            continue
        figure = draw(table, _subject(chapter))
        label = chapter.figure_label("07_leadership", name)
        for key in (str(i) for i in table["framework_id"]):
            said[key] = tuple(numbers.labelled(label, r) for r in figure.readings if f"({key})" in r)
    return said


def _subject(chapter: Chapter) -> Subject:
    waves = chapter.slice.table("survey")["wave"].dropna()
    period = int(str(waves.max())[:4]) if len(waves) else chapter.time_period
    return chapter.subject(period=period, source="survey")
