"""Chapters 04 to 06: evidence tables of practice, shown as figures, tables and sentences."""

from __future__ import annotations

import pandas as pd

from allrise.chapters import practice
from allrise.chapters.chapter import Chapter
from allrise.content.blocks import Block, Figure, Question, Table, TableColumn, Text
from allrise.content.numbers import Numbers
from allrise.data.disclosure import is_withheld
from allrise.figures.accountability import commitment_marks as draw_marks
from allrise.figures.accountability import progress_table, stages_over_time
from allrise.figures.autonomy import connected_autonomy as draw_autonomy
from allrise.figures.composing import table as table_of
from allrise.figures.network import school_network
from allrise.figures.peer_review import coverage_matrix as draw_coverage
from allrise.figures.peer_review import review_actions

#: How to show a column: heading's key, unit, decimals.
_Column = tuple[str, str, str, int | None]


# Peer review ---------------------------------------------------------------------------------------------------


def coverage(chapter: Chapter, matrix: pd.DataFrame) -> None:
    """Show who reviewed whom, after the summary in words."""
    chapter.figure("coverage", draw_coverage, matrix, chapter.subject(source="reviews"))


def review_sentences(chapter: Chapter) -> tuple[Block, ...]:
    """Return peer review in a few sentences."""
    found = practice.review_summary(chapter)
    if found is None:
        return ()
    say, n = chapter.texts, _numbers(chapter)
    said = [
        say["summary"].format(
            reviewed=n.number(found.inside_reviewed),
            reviewing=n.number(found.inside_reviewing),
            schools=n.count(found.schools, "school"),
        ),
        say["mutual"].format(mutual=n.number(found.mutual), pairs=n.number(found.pairs)),
    ]
    if pd.notna(found.median_days_between):
        said.append(say["between"].format(months=n.number(found.median_days_between / 30.44)))
    if (found.reviewed, found.reviewing) != (found.inside_reviewed, found.inside_reviewing):
        said.append(
            say["summary_outside"].format(reviewed=n.number(found.reviewed), reviewing=n.number(found.reviewing))
        )
    if found.outward_given or found.outward_received:
        said.append(
            say["outward"].format(given=n.number(found.outward_given), received=n.number(found.outward_received))
        )
    return (Text((" ".join(said),), role="reading"),)


def years(chapter: Chapter, table: pd.DataFrame) -> tuple[Block, ...]:
    """Return reviews by school year as a table."""
    if table.empty:
        return ()
    shown = table.assign(year=[chapter.profile.school_year(int(y)) for y in table["time_period"]])
    columns = ("year", "reviews", "reviewers", "reviewed", "with_outside", "actions_agreed", "actions_done")
    return (*chapter.heading("timeline"), _table(chapter, "years", shown, columns))


def actions(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show what was agreed and done."""
    chapter.figure("follow_up", review_actions, table, chapter.subject(source="reviews"))


# Network -------------------------------------------------------------------------------------------------------


def network(chapter: Chapter, pairs: pd.DataFrame) -> None:
    """Show who works with whom."""
    year = practice.tie_year(chapter)
    ties = practice.school_ties(chapter)
    chapter.figure("network", school_network, pairs, ties, chapter.subject(period=year, source="ties"))


def ties(chapter: Chapter, table: pd.DataFrame) -> tuple[Block, ...]:
    """Return the network's numbers by year: inside, confirmed, across the border."""
    if table.empty:
        return ()
    shown = table.assign(
        year=[chapter.profile.school_year(int(y)) for y in table["time_period"]],
        cross_percent=100 * table["cross_share"],
        confirmed_percent=100 * table["confirmed_share"],
    )
    columns = ("year", "schools", "responded", "ties", "confirmed_percent", "outward", "cross_percent")
    return (*chapter.heading("ties"), _table(chapter, "ties", shown, columns))


def stepping_out(chapter: Chapter, table: pd.DataFrame) -> tuple[Block, ...]:
    """Return what the network would lose, in sentences that name nobody."""
    if table.empty:
        return ()
    say, n = chapter.texts, _numbers(chapter)
    said: list[str] = []
    for row in table.to_dict("records"):
        if pd.isna(row["ties_lost"]) or not row["ties"]:
            continue
        role = chapter.words("roles").get(str(row["name"]), str(row["name"])) if row["what"] == "role" else ""
        said.append(
            say[f"lost_{row['what']}"].format(
                role=role,
                lost=n.number(float(row["ties_lost"])),
                ties=n.number(float(row["ties"])),
                share=n.value(100 * float(row["share_lost"]), "percent"),
                cut_off=n.count(int(row["cut_off"]), "school"),
            )
        )
    return (*chapter.heading("stepping"), Text(tuple(said), role="reading")) if said else ()


def participation(chapter: Chapter, table: pd.DataFrame) -> tuple[Block, ...]:
    """Return whose work the ties are, role by role."""
    if table.empty:
        return ()
    roles = chapter.words("roles")
    shown = table.assign(
        role=[roles.get(str(r), str(r)) for r in table["role"]], share_percent=100 * table["share"].astype("float64")
    )
    columns = ("role", "reports", "share_percent", "pairs", "only_pairs")
    return (*chapter.heading("participation"), _table(chapter, "participation", shown, columns))


def axes(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show schools by autonomy and connectedness."""
    shown = table if table.empty or not bool(table["hidden"].all()) else table.iloc[:0]
    chapter.figure("axes", draw_autonomy, shown, chapter.subject(source="survey"))


# Accountability ------------------------------------------------------------------------------------------------


def stages(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show the stage by year."""
    chapter.figure("stages", stages_over_time, table, chapter.subject(source="stages"))


def marks(chapter: Chapter, table: pd.DataFrame) -> None:
    """Show which commitments have the four marks of going public."""
    chapter.figure("commitments", draw_marks, table, chapter.subject(source="commitments"))
    chapter.show(*withheld_commitments(chapter))


def withheld_commitments(chapter: Chapter) -> tuple[Block, ...]:
    """Return one sentence on how many commitments have words that the public is not shown; nothing where none has."""
    table = chapter.slice.table("commitments")
    gone = int(sum(any(map(is_withheld, row)) for row in table[["what", "who", "where"]].itertuples(index=False)))
    if not gone:
        return ()
    n = _numbers(chapter)
    said = chapter.words("withheld")["one" if gone == 1 else "other"]
    return (Text((said.format(number=n.number(gone), all=n.count(len(table), "commitment")),), role="note"),)


def progress(chapter: Chapter, table: pd.DataFrame) -> tuple[Block, ...]:
    """Return how commitments with a measure stand."""
    if table.empty:
        return ()
    return (*chapter.heading("progress"), progress_table(table, chapter.subject()))


def mutual_accountability(chapter: Chapter) -> tuple[Block, ...]:
    """Return A1 to A4 with their prompts."""
    entries = chapter.framework.accountability
    return (*chapter.heading("mutual"), *(Question(a.id, a.statement, (), a.prompts) for a in entries))


def headline_readings(chapter: Chapter) -> dict[str, tuple[str, ...]]:
    """Return what the figures of practice say, by framework id, each sentence with its figure's number."""
    said: dict[str, tuple[str, ...]] = {}

    def add(figure: Figure, chapter_name: str, name: str, ids: tuple[str, ...]) -> None:
        line = _numbers(chapter).labelled(chapter.figure_label(chapter_name, name), figure.readings[0])
        said.update({key: (*said.get(key, ()), line) for key in ids})

    if len(matrix := practice.coverage_matrix(chapter)):
        add(draw_coverage(matrix, chapter.subject(source="reviews")), "04_peer_review", "coverage", ("F4", "F5"))
    if len(pairs := practice.pairs(chapter)):
        figure = school_network(pairs, practice.school_ties(chapter), chapter.subject(source="ties"))
        add(figure, "05_network", "network", ("F7", "F8"))
    if len(axes_table := practice.connected_autonomy(chapter)) and not bool(axes_table["hidden"].all()):
        figure = draw_autonomy(axes_table, chapter.subject(source="survey"))
        add(figure, "05_network", "axes", ("autonomy", "connectedness"))
    if len(table := practice.stages(chapter)):
        add(stages_over_time(table, chapter.subject(source="stages")), "06_accountability", "stages", ("F6",))
    return said


def _numbers(chapter: Chapter) -> Numbers:
    return Numbers(chapter.parameters.language)


def _table(chapter: Chapter, name: str, frame: pd.DataFrame, keys: tuple[str, ...]) -> Table:
    """Return a table whose headings, units and decimals stand in the chapter's words."""
    labels: dict[str, str] = chapter.texts[f"{name}_columns"]
    columns = tuple(
        TableColumn(k, labels[k], "%" if k.endswith("_percent") else "", None if k in ("year", "role") else 0)
        for k in keys
    )
    return table_of(name, chapter.texts[f"{name}_title"], frame, columns)
