"""Chapter 01: who the cluster is, what it promised, and the charts to look at together."""

from __future__ import annotations

from typing import Any

import pandas as pd
from babel.dates import format_date

from allrise.chapters import practice
from allrise.chapters.chapter import Chapter
from allrise.chapters.practice_shown import withheld_commitments
from allrise.chapters.texts import texts
from allrise.content.blocks import Block, Cell, Cover, Heading, Table, TableColumn, Text
from allrise.content.language import locale_of
from allrise.content.numbers import Numbers
from allrise.evidence.selection import lettered
from allrise.figures.composing import cell, number, records, text


def members(chapter: Chapter) -> pd.DataFrame:
    """Return the schools that are members in the pack's year, in the order of the alphabet.

    Returns
    -------
    DataFrame
        ``school_id, school, letter, phase, pupils, joined_on`` (blank when not known).
    """
    spells = chapter.slice.table("memberships").sort_values("joined_on", na_position="first")
    first = spells.loc[:, ["school_id", "joined_on"]].drop_duplicates("school_id")
    about = chapter.members.loc[:, ["school_id", "phase", "pupils"]]
    return lettered(chapter.members).merge(about, on="school_id").merge(first, on="school_id", how="left")


def cover(chapter: Chapter, schools: pd.DataFrame) -> Cover:
    """Return the pack's cover from the cluster's own words and its present members."""
    cluster, say = chapter.slice.cluster, texts(chapter.parameters.language)
    numbers = Numbers(chapter.parameters.language)
    facts: list[tuple[str, str]] = [(say["words"]["schools"], numbers.number(len(schools)))]
    pupils = schools["pupils"].dropna()
    if len(pupils):
        facts.append((say["words"]["pupils"], numbers.number(sum(int(n) for n in pupils))))
    if cluster.formed_on:
        facts.append((say["words"]["founded"], cluster.formed_on[:4]))
    return Cover(
        cluster_id=cluster.cluster_id,
        cluster=cluster.name,
        cluster_word=chapter.profile.cluster(cluster.kind or None, chapter.parameters.language).one,
        place=", ".join(p for p in (cluster.region, chapter.profile.name(chapter.parameters.language)) if p),
        question=cluster.enquiry_question,
        purpose=cluster.purpose,
        period=chapter.years,
        audience=say["audience"][chapter.parameters.audience],
        synthetic=chapter.store.synthetic,
        facts=tuple(facts),
        strength=chapter.texts["cover_strength"],
    )


def commitments(chapter: Chapter) -> tuple[Block, ...]:
    """Return what the cluster promised last time: what, how, who, where, and how it stands."""
    table = practice.commitments(chapter)
    say = chapter.texts
    heading = Heading(say["commitments_heading"], framework_id="F6")
    if table.empty:
        return heading, Text((say["commitments_none"],))
    labels = {m.measure_id: m for m in chapter.measures}
    numbers = Numbers(chapter.parameters.language)
    rows: list[tuple[Cell, ...]] = []
    for c in records(table.sort_values(["due_on", "commitment_id"])):
        measure = labels.get(text(c["measure_id"]))
        unit = "" if measure is None else measure.unit
        how = text(c["measure_id"]) if measure is None else measure.label
        baseline, target = number(c["baseline"]), number(c["target"])
        if baseline is not None and target is not None:
            how += f" ({say['from_to'].format(baseline=numbers.value(baseline, unit), target=numbers.value(target, unit))})"
        rows.append(
            (
                *(said or say["not_said"] for said in (text(c["what"]), how, text(c["who"]))),
                _month(c["due_on"], chapter.parameters.language) or say["not_said"],
                text(c["where"]) or say["not_said"],
                say["commitment_status"].get(text(c["status"]), text(c["status"])),
            )
        )
    columns = tuple(TableColumn(key, label) for key, label in say["commitment_columns"])
    return (
        heading,
        Text((say["commitments_intro"],)),
        Table("commitments", say["commitments_heading"], columns, tuple(rows)),
        *withheld_commitments(chapter),
    )


def members_table(chapter: Chapter, schools: pd.DataFrame) -> Table:
    """Return the table of schools with the letters that stand for them in every chart."""
    say = chapter.texts
    rows: list[tuple[Cell, ...]] = [
        (
            text(s["letter"]),
            text(s["school"]),
            say["phases"].get(text(s["phase"]), text(s["phase"])),
            cell(s["pupils"]),
            _month(s["joined_on"], chapter.parameters.language),
        )
        for s in records(schools)
    ]
    (letter, school, phase, pupils, joined) = say["members_columns"]
    columns = (
        TableColumn("letter", letter),
        TableColumn("school", school),
        TableColumn("phase", phase, in_page=any(r[2] for r in rows)),
        TableColumn("pupils", pupils, decimals=0, in_page=any(r[3] is not None for r in rows)),
        TableColumn("joined_on", joined, in_page=any(r[4] for r in rows)),
    )
    return Table("schools", say["members_heading"], columns, tuple(rows))


def sources(chapter: Chapter) -> Text:
    """Return where the data come from and under which licence, as the data folder says."""
    store, say = chapter.store, chapter.texts
    lines = [say["sources"].format(title=store.title or say["sources_untitled"])]
    named = list(dict.fromkeys(s.title for s in store.sources if s.title))
    if named:
        lines.append(say["sources_from"].format(sources="; ".join(named)))
    licences = [x.title or x.name for x in store.licences if x.title or x.name]
    if licences:
        lines.append(say["sources_licence"].format(licences="; ".join(licences)))
    return Text(tuple(lines), role="note")


def _month(day: Any, language: str) -> str:
    if day is None or pd.isna(day):
        return ""
    return format_date(pd.to_datetime(day), "MMM y", locale=locale_of(language))
