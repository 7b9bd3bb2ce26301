"""Chapter 15: the wrong drivers beside what data can say to them, and the discussion of a system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from allrise.chapters import system_joining
from allrise.chapters.discussion import MOST, timed_protocol
from allrise.chapters.system_adoption import new_zealand
from allrise.chapters.system_chapter import System, SystemChapter
from allrise.chapters.system_factors import means
from allrise.chapters.system_outcomes import readings_of
from allrise.chapters.system_tables import TOGETHER
from allrise.content.blocks import Block, Cell, Heading, Protocol, Question, Table, TableColumn, Text
from allrise.content.numbers import Numbers
from allrise.data.facts import facts
from allrise.evidence.cluster_factors import range_of_clusters
from allrise.figures.composing import number
from allrise.figures.subject import Subject
from allrise.figures.survey_profile import label
from allrise.figures.system_adoption import prediction
from allrise.figures.system_stages import stages_across

#: More cited figures than this open on a click.
FEW_FACTS = 6


def drivers(chapter: SystemChapter) -> tuple[Block, ...]:
    """Return the four drivers: the paper's words, what data could speak to each, cited facts, and prompts."""
    blocks: list[Block] = list(chapter.heading("drivers"))
    for driver in chapter.framework.drivers:
        say = chapter.texts["driver"][driver.id]
        blocks += [
            Heading(f"{driver.id} {driver.label}", level=3, framework_id=driver.id),
            Text((driver.statement,)),
            _could_speak(chapter, driver.id, say["could"]),
            *_cited(chapter, driver.id, say.get("facts", ())),
            Question(driver.id, say["ask"], (), driver.prompts),
        ]
    return tuple(blocks)


def _could_speak(chapter: SystemChapter, driver: str, could: Sequence[Sequence[str]]) -> Table:
    labels = chapter.texts["could_columns"]
    rows: list[tuple[Cell, ...]] = []
    for what, table, against in could:
        there = chapter.texts["there"]["yes" if table and chapter.store.has(table) else "no"]
        rows.append((what, against, there))
    columns = tuple(TableColumn(k, labels[k]) for k in ("what", "against", "there"))
    return Table(f"could_{driver.lower()}", chapter.texts["could_title"].format(driver=driver), columns, tuple(rows))


def _cited(chapter: SystemChapter, driver: str, indicators: Sequence[str]) -> tuple[Block, ...]:
    table = facts()
    order = {name: i for i, name in enumerate(indicators)}
    mine = table.loc[table["indicator"].isin(list(indicators))]
    mine = mine.sort_values("indicator", key=lambda names: names.map(order), kind="stable")
    if mine.empty:
        return (Text((chapter.texts["no_fact"],), role="note"),)
    labels, told = chapter.texts["fact_columns"], chapter.texts["cited"]
    units = Numbers(chapter.language)
    names = {s.country: s.name for s in chapter.systems}
    rows: list[tuple[Cell, ...]] = []
    for r in mine.to_dict("records"):
        country = "" if pd.isna(r["country"]) else str(r["country"])
        place = names.get(country) or _place(country, r["region"], chapter.language)
        indicator, unit = str(r["indicator"]), str(r["unit"])
        value = number(r["value"])
        note = "" if pd.isna(r["note"]) else str(r["note"])
        shown = (told.get(indicator, indicator), told.get(place, place), str(r["time_period"]), value)
        rows.append((*shown, told.get(unit, units.unit(unit)), str(r["source"]), told.get(note, note)))
    columns = (
        *(TableColumn(k, labels[k]) for k in ("indicator", "place", "time_period")),
        TableColumn("value", labels["value"], decimals=0),
        *(TableColumn(k, labels[k]) for k in ("unit", "source", "note")),
    )
    title = chapter.texts["fact_title"].format(driver=driver)
    shown = Table(f"facts_{driver.lower()}", title, columns, tuple(rows), folded=len(rows) > FEW_FACTS)
    said = chapter.texts["driver"][driver].get("facts_say")
    return (*((Text((said,), role="note"),) if said else ()), shown)


def _place(country: str, region: object, language: str) -> str:
    from allrise.data.profiles import profile

    if country:
        return profile(country).name(language)
    return "" if pd.isna(region) else str(region)  # pyright: ignore[reportGeneralTypeIssues]


def evidence(chapter: SystemChapter) -> dict[str, tuple[str, ...]]:
    """Return what the figures of this pack say, by framework id; each sentence names its figure."""
    said: dict[str, list[str]] = {}
    numbers = Numbers(chapter.language)

    def add(sentence: str, chapter_name: str, name: str, part: int, ids: Sequence[str]) -> None:
        number_of = chapter.figure_label(chapter_name, name) + (chr(ord("a") + part - 1) if part else "")
        for key in ids:
            said.setdefault(key, []).append(numbers.labelled(number_of, sentence))

    def of(system: System, sentence: str) -> str:
        return numbers.labelled(system.name, sentence) if chapter.several else sentence

    for system in chapter.systems:
        for name, chapter_name, ids, sentence in readings_of(system):
            names_nobody = name == "distribution"  # the only one of these sentences
            add(of(system, sentence) if names_nobody else sentence, chapter_name, name, system.part, ids)
        stages = system.table("stages")
        if len(stages):
            figure = stages_across(stages, system.subject(table="stages"))
            add(of(system, figure.readings[0]), "13_factors_together", "stages", system.part, ("F6", "D1", "A4"))
    _about_factors(chapter, add)
    nz = prediction(new_zealand(), Subject(cluster="", period="", language=chapter.language))
    add(nz.readings[1], "12_adoption", "prediction", 0, ("C3", "D4"))
    for line in _about_joining(chapter):
        add(line, "14_joining", "joining", 0, ("C3", "connectedness"))
    return {key: tuple(lines) for key, lines in said.items()}


def _about_factors(chapter: SystemChapter, add: Callable[[str, str, str, int, Sequence[str]], None]) -> None:
    table = means(chapter)
    if table.empty:
        return
    numbers = Numbers(chapter.language)
    subject = Subject(cluster="", period="", language=chapter.language)
    for r in range_of_clusters(table).to_dict("records"):
        lower, upper = number(r["lower"]), number(r["upper"])
        sentence = chapter.texts["factor_reading"].format(
            factor=label(subject, str(r["framework_id"])),
            mean=numbers.interval(float(r["mean"]), lower, upper, "", 1),
            clusters=numbers.count(int(r["clusters"]), "cluster"),
        )
        add(sentence, "13_factors_together", "profile", 0, (str(r["framework_id"]),))


def _about_joining(chapter: SystemChapter) -> tuple[str, ...]:
    table = system_joining.found(chapter)
    who = TOGETHER if chapter.several else chapter.systems[0].country
    measures = system_joining.measures_of(chapter)
    if table.empty or not measures:
        return ()
    rows = table.loc[(table["country"] == who) & (table["part"] == "overall")]
    rows = rows.loc[rows["measure_id"] == measures[0].measure_id]
    if rows.empty or not system_joining.can_be_asked(rows.iloc[0]):
        return ()
    line, numbers = rows.iloc[0], Numbers(chapter.language)
    unit = "percentage points" if measures[0].unit == "percent" else measures[0].unit
    value = numbers.interval(float(line["effect"]), float(line["lower"]), float(line["upper"]), unit, 1)
    return (chapter.texts["joining_reading"].format(measure=measures[0].label, value=value),)


def questions(chapter: SystemChapter, said: Mapping[str, Sequence[str]]) -> tuple[Block, ...]:
    """Return the questions of part 1, each with this system's own figures that bear on it."""
    blocks: list[Block] = list(chapter.heading("questions"))
    for q in chapter.framework.questions:
        if q.part != 1:
            continue
        lines = dict.fromkeys(line for source in q.evidence_from for line in said.get(source, ())[:2])
        shown = tuple(lines)[:MOST] or (chapter.texts["no_evidence"],)
        blocks.append(Question(q.id, q.statement, shown, q.prompts))
    return tuple(blocks)


def protocol(chapter: SystemChapter) -> Protocol:
    """Return the protocol of a meeting about a system, fitted to its minutes."""
    return timed_protocol(chapter.texts, chapter.parameters.minutes)
