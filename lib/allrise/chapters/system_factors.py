"""Chapter 13: the factors across clusters, how they move together, and stages across clusters."""

from __future__ import annotations

import pandas as pd

from allrise.chapters.system_chapter import System, SystemChapter
from allrise.content.blocks import Figure
from allrise.content.numbers import Numbers
from allrise.evidence.cluster_factors import range_of_clusters
from allrise.evidence.survey import interdependence as evidence_interdependence
from allrise.figures.subject import Subject
from allrise.figures.survey_measurement import interdependence as draw_interdependence
from allrise.figures.system_factors import cluster_range
from allrise.figures.system_stages import stages_across


def means(chapter: SystemChapter) -> pd.DataFrame:
    """Return the mean of each factor in each cluster with five respondents or more, latest wave."""
    return chapter.all_rows("cluster_factors")


def profile(chapter: SystemChapter, table: pd.DataFrame) -> pd.DataFrame:
    """Show where clusters lie on each factor, over all countries: the questions are the same everywhere; return it."""
    found = range_of_clusters(table) if len(table) else pd.DataFrame()
    chapter.figure("profile", cluster_range, found, table, _subject(chapter))
    return found


def together(chapter: SystemChapter, table: pd.DataFrame) -> pd.DataFrame:
    """Show how factors move together from cluster to cluster; return it. It takes eight clusters."""
    found = evidence_interdependence(table) if len(table) else pd.DataFrame({"rho": []})
    shown = found if len(found["rho"].dropna()) else found.iloc[:0]
    chapter.figure("together", draw_interdependence, shown, _subject(chapter))
    return shown


def stages(chapter: SystemChapter) -> pd.DataFrame:
    """Show how many clusters say they are at each stage, country by country."""
    return chapter.each("stages", lambda system: system.table("stages"), _draw_stages)


def _draw_stages(table: pd.DataFrame, system: System) -> Figure:
    years = sorted(int(p) for p in table["time_period"].unique())
    names = [system.profile.school_year(y) for y in (years[0], years[-1])]
    period = Numbers(system.parameters.language).between(*names)
    return stages_across(table, system.subject(table="stages", period=period))


def _subject(chapter: SystemChapter) -> Subject:
    return Subject(
        cluster=chapter.place_words,
        period=chapter.texts["wave"],
        language=chapter.language,
        source=chapter.store.title,
        audience=chapter.parameters.audience,
        synthetic=chapter.store.synthetic,
    )
