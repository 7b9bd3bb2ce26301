"""Chapters 01 and 03: evidence tables of the survey, shown as figures with what each needs to know."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from allrise.chapters import factors
from allrise.chapters.chapter import Chapter
from allrise.chapters.telling import of_too_few
from allrise.content.blocks import Block, Heading, Text
from allrise.content.numbers import Numbers
from allrise.evidence.survey import weakest_factor
from allrise.figures.composing import number, records, whole
from allrise.figures.subject import Subject
from allrise.figures.survey_differences import role_gaps as draw_role_gaps
from allrise.figures.survey_differences import school_range
from allrise.figures.survey_measurement import agreement_table, interdependence, reliability_table
from allrise.figures.survey_profile import by_role as draw_by_role
from allrise.figures.survey_profile import factor_profile
from allrise.framework import FACTOR_IDS


def profile(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show the headline profile of the factors."""
    chapter.figure("profile", factor_profile, table, subject(chapter))


def by_role(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show the answers of each role, factor by factor: first that on which roles lie furthest apart, then the others folded."""
    if table.empty or of_too_few(table):
        chapter.show(*chapter.missing("by_role", "no_data" if table.empty else "too_few"))
        return
    means: dict[str, list[float]] = {}
    for row in records(table):
        mean = number(row["mean"])
        means.setdefault(str(row["framework_id"]), []).extend([] if mean is None else [mean])
    there = [f for f in FACTOR_IDS if f in means]
    first = max(there, key=lambda f: max(means[f]) - min(means[f]) if len(means[f]) > 1 else 0.0)
    if len(there) > 1:
        chapter.show(Text((chapter.texts["widest_first"],), role="note"))
    for i, factor in enumerate([first, *(f for f in there if f != first)]):
        figure = draw_by_role(table, subject(chapter), factor)
        if i:  # the first chart says how to look at them; each asks its own factor's question
            figure = replace(figure, discuss=chapter.framework[factor].prompts[:1])
        chapter.place(figure, "by_role", part=i + 1, name=f"by_role_{factor}", folded=i > 0)


def role_gaps(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show the differences between the two roles with most answers."""
    chapter.figure("role_gaps", draw_role_gaps, table, subject(chapter))


def by_school(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show the range of schools' averages."""
    chapter.figure("by_school", school_range, table, factors.profile(chapter), subject(chapter))


def together(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show how factors move together."""
    chapter.figure("together", interdependence, table, subject(chapter))


def weakest(chapter: Chapter, table: pd.DataFrame) -> tuple[Block, ...]:
    """Return which factor is lowest, and which cannot be told apart from it; nothing where too few answered to say."""
    ids = () if table.empty else weakest_factor(table)
    if not ids:
        return ()
    say, numbers = chapter.texts, Numbers(chapter.parameters.language)
    known = table.loc[table["framework_id"].isin(ids)]
    lowest = known.loc[known["mean"].idxmin()]
    name = chapter.framework[str(lowest["framework_id"])].label
    others = tuple(chapter.framework[i].label for i in ids if i != lowest["framework_id"])
    sentence = say["weakest_alone"] if not others else say["weakest_with"]
    return (
        Heading(say["weakest_heading"]),
        Text((say["weakest_intro"],)),
        Text(
            (
                sentence.format(
                    factor=name,
                    mean=numbers.interval(float(lowest["mean"]), float(lowest["lower"]), float(lowest["upper"]), "", 1),
                    people=numbers.count(int(lowest["respondents"]), "person"),
                    others=numbers.listed(others),
                ),
            ),
            role="reading",
        ),
    )


def firmness(chapter: Chapter, reliability: pd.DataFrame, agreement: pd.DataFrame) -> tuple[Block, ...]:
    """Return the tables of reliability and agreement under their heading."""
    if reliability.empty or of_too_few(factors.profile(chapter)):
        return ()
    about = subject(chapter)
    return (
        *chapter.heading("reliability"),
        replace(reliability_table(reliability, about), folded=True),
        replace(agreement_table(agreement, about), folded=True),
    )


def headline_readings(chapter: Chapter) -> dict[str, tuple[str, ...]]:
    """Return what the survey says of each factor, by framework id, each sentence with its figure's number."""
    table = factors.profile(chapter)
    if table.empty:
        return {}
    label = chapter.figure_label("01_overview", "profile")
    numbers = Numbers(chapter.parameters.language)
    said: dict[str, tuple[str, ...]] = {}
    for row in records(table):
        if (mean := number(row["mean"])) is None:
            continue
        key = str(row["framework_id"])
        said[key] = (
            chapter.texts["factor_reading"].format(
                figure=label,
                factor=chapter.framework[key].label,
                mean=numbers.interval(mean, number(row["lower"]), number(row["upper"]), "", 1),
                people=numbers.count(whole(row["respondents"]), "person"),
            ),
        )
    return said


def subject(chapter: Chapter) -> Subject:
    """Return what survey figures need to know: the wave in place of the outcomes' years."""
    wave = factors.wave(chapter)
    period = int(wave[:4]) if wave[:4].isdigit() else chapter.time_period
    return chapter.subject(period=period, source="survey")
