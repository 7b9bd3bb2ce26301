"""Chapter 02: the evidence tables of F1, C1 and C2 for one cluster, from its slice and the system's tables.

Each function takes the chapter and returns the evidence table a figure is drawn from; empty when there are no data.
"""

from __future__ import annotations

import pandas as pd

from allrise.chapters.chapter import Chapter
from allrise.chapters.measures import Measure
from allrise.chapters.system import system_table
from allrise.data.tables import COMPLEMENTS
from allrise.evidence import outcomes as evidence
from allrise.evidence.funnel import Overdispersion

NOTHING = pd.DataFrame()


def level(chapter: Chapter, measure: Measure | None = None) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.levels.cluster_trend` of a measure, the pack's own by default."""
    measure = measure or chapter.measure
    if measure is None:
        return NOTHING
    return evidence.cluster_trend(
        chapter.outcomes, _reference(chapter, measure), measure_id=measure.measure_id, unit=measure.unit
    )


def schools(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.levels.school_levels` of the pack's measure and year."""
    if chapter.measure is None or chapter.outcome_period is None:
        return NOTHING
    return evidence.school_levels(
        chapter.outcomes,
        chapter.members,
        measure_id=chapter.measure.measure_id,
        time_period=chapter.outcome_period,
        system=_reference(chapter, chapter.measure),
        unit=chapter.measure.unit,
    )


def shrunk(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.levels.shrunk_levels`; empty without denominators or a reference."""
    if not _can_shrink(chapter):
        return NOTHING
    assert chapter.measure is not None
    assert chapter.outcome_period is not None
    table = evidence.shrunk_levels(
        chapter.outcomes,
        chapter.members,
        _reference(chapter, chapter.measure),
        measure_id=chapter.measure.measure_id,
        time_period=chapter.outcome_period,
    )
    return table if bool(table["shrunk"].notna().any()) else NOTHING


def overdispersion(chapter: Chapter) -> Overdispersion | None:
    """Return how much more than chance schools of the system vary, or ``None`` when it is not known."""
    if chapter.measure is None or chapter.outcome_period is None:
        return None
    return evidence.overdispersion_for(
        _reference(chapter, chapter.measure), measure_id=chapter.measure.measure_id, time_period=chapter.outcome_period
    )


def funnel(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.funnel_tables.funnel_points` with a sample of other schools behind."""
    if overdispersion(chapter) is None:
        return NOTHING
    assert chapter.measure is not None
    assert chapter.outcome_period is not None
    return evidence.funnel_points(
        chapter.outcomes,
        chapter.members,
        _reference(chapter, chapter.measure),
        measure_id=chapter.measure.measure_id,
        time_period=chapter.outcome_period,
        others=chapter.system("points", measure_id=chapter.measure.measure_id, time_period=chapter.outcome_period),
    )


def funnel_limits(chapter: Chapter, points: pd.DataFrame) -> pd.DataFrame:
    """Return the funnel's limits out to the largest school shown."""
    over = overdispersion(chapter)
    if over is None or points.empty:
        return NOTHING
    return evidence.funnel_limits(over, most_pupils=max(float(n) for n in points["pupils"]))


def groups(chapter: Chapter) -> tuple[str, str] | None:
    """Return the pair of pupil groups whose gap is shown: the first pair that the pack's measure has."""
    if chapter.measure is None:
        return None
    mine = chapter.outcomes["measure_id"] == chapter.measure.measure_id
    there = set(chapter.outcomes.loc[mine.fillna(False) & chapter.outcomes["value"].notna(), "pupil_group"])
    return next(((low, high) for low, high in COMPLEMENTS if {low, high} <= there), None)


def gap(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.gap_tables.gap_trend` of the pack's measure and first pair of groups."""
    pair = groups(chapter)
    if pair is None or chapter.measure is None:
        return NOTHING
    return evidence.gap_trend(
        chapter.outcomes,
        chapter.system("gaps", measure_id=chapter.measure.measure_id),
        measure_id=chapter.measure.measure_id,
        low=pair[0],
        high=pair[1],
        unit=chapter.measure.unit,
    )


def gap_by_school(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.gap_tables.school_gaps` of the pack's year."""
    pair = groups(chapter)
    if pair is None or chapter.measure is None or chapter.outcome_period is None:
        return NOTHING
    return evidence.school_gaps(
        chapter.outcomes,
        chapter.members,
        measure_id=chapter.measure.measure_id,
        time_period=chapter.outcome_period,
        low=pair[0],
        high=pair[1],
        system=_reference(chapter, chapter.measure),
        unit=chapter.measure.unit,
    )


def gap_parts(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.gap_tables.gap_decomposition`: within and between schools."""
    pair = groups(chapter)
    if pair is None or chapter.measure is None or chapter.outcome_period is None:
        return NOTHING
    return evidence.gap_decomposition(
        chapter.outcomes,
        chapter.system("gaps", measure_id=chapter.measure.measure_id),
        measure_id=chapter.measure.measure_id,
        time_period=chapter.outcome_period,
        low=pair[0],
        high=pair[1],
    )


def spread(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.spread_tables.spread_trend` of the pack's measure."""
    if chapter.measure is None:
        return NOTHING
    return evidence.spread_trend(
        chapter.outcomes,
        _reference(chapter, chapter.measure),
        measure_id=chapter.measure.measure_id,
        unit=chapter.measure.unit,
    )


def similar(chapter: Chapter) -> pd.DataFrame:
    """Return :func:`~allrise.evidence.similar.similar_schools`; empty when no school's intake is known."""
    if chapter.measure is None or chapter.outcome_period is None:
        return NOTHING
    cluster_id, measure_id = chapter.slice.cluster.cluster_id, chapter.measure.measure_id
    neighbours = system_table(chapter.store, "neighbours", cluster_id=cluster_id, measure_id=measure_id)
    if neighbours.empty:
        return NOTHING
    table = evidence.similar_schools(
        chapter.outcomes,
        chapter.members,
        neighbours.drop(columns="cluster_id"),
        measure_id=chapter.measure.measure_id,
        time_period=chapter.outcome_period,
        system=_reference(chapter, chapter.measure),
        unit=chapter.measure.unit,
    )
    return table if bool(table["neighbours_median"].notna().any()) else NOTHING


def _can_shrink(chapter: Chapter) -> bool:
    over = overdispersion(chapter)
    return over is not None and chapter.measure is not None and chapter.measure.denominators


def _reference(chapter: Chapter, measure: Measure) -> pd.DataFrame:
    return chapter.system("outcomes", measure_id=measure.measure_id)
