"""F6 across a system: how many clusters say they are at each stage, year by year."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.measuring import text_width
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject
from allrise.figures.survey_profile import label

#: Fewer clusters than this are counted; a percentage of one or two says nothing more and sounds like much.
FEWEST_FOR_PERCENT = 10

#: Fill and opacity of the three stages, lightest first: told apart in black and white too.
_LOOK = ("agree_3", "agree_4", "agree_5")


def stages_across(stages: pd.DataFrame, subject: Subject, *, name: str = "stages_across") -> Figure:
    """Show the share of clusters at each stage, a bar a year.

    Parameters
    ----------
    stages
        ``time_period``, ``stage``, ``step`` (1..3), ``clusters``, ``share`` (0..1):
        :func:`allrise.evidence.accountability.stages_of_system`.
    """
    w, shared, n = subject.words("system"), subject.words("shared"), subject.numbers
    table = stages.sort_values(["time_period", "step"], ignore_index=True)
    table = table.assign(
        share=[100 * v for v in c.finite(table["share"])], said=[label(subject, str(s)) for s in table["stage"]]
    )
    table = table.assign(of=table.groupby("time_period")["clusters"].transform("sum"))
    rows = c.records(table)
    years = sorted({c.whole(r["time_period"]) for r in rows})
    title = w("stages.title", cluster=subject.cluster)
    readings = tuple(
        _reading(subject, [r for r in rows if r["time_period"] == y], few=_few(rows)) for y in _ends(years)
    ) or (w("stages.nothing"),)
    alt = w("stages.alt", readings=" ".join(readings))

    def draw(sheet: Sheet) -> None:
        _draw(sheet, subject, rows, years)

    of = {c.whole(r["time_period"]): n.count(c.whole(r["of"]), "cluster") for r in rows}
    note = (
        w(
            "stages.note",
            first=of[years[0]],
            first_year=n.year(years[0]),
            last=of[years[-1]],
            last_year=n.year(years[-1]),
        )
        if years
        else ""
    )
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("stages.subtitle_few" if _few(rows) else "stages.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, note, interval=False),
        table=c.table(
            name,
            title,
            table,
            (
                TableColumn("time_period", shared("year")),
                TableColumn("said", w("stages.stage")),
                TableColumn("clusters", w("stages.clusters"), "", 0),
                TableColumn("of", w("stages.of"), "", 0),
                TableColumn("share", w("stages.share"), "percent", 0),
            ),
        ),
        framework_ids=("F6",),
        look=w("stages.look"),
        discuss=w.several("stages.discuss"),
        explanations=c.explanations(practice=w("stages.practice"), data=w("stages.data")),
    )


def _few(rows: list[dict[str, Any]]) -> bool:
    return all((c.whole(r["of"]) or 0) < FEWEST_FOR_PERCENT for r in rows)


def _part(subject: Subject, row: dict[str, Any], *, few: bool) -> str:
    """Return how many clusters are at a stage: a count of few, a percentage of many."""
    n = subject.numbers
    return n.number(c.whole(row["clusters"])) if few else n.value(c.number(row["share"]) or 0.0, "percent", 0)


def _ends(years: list[int]) -> list[int]:
    return list(dict.fromkeys([*years[-1:], *years[:1]]))


def _reading(subject: Subject, rows: list[dict[str, Any]], *, few: bool) -> str:
    w, n = subject.words("system"), subject.numbers
    parts = tuple(w("stages.part", stage=str(r["said"]).lower(), share=_part(subject, r, few=few)) for r in rows)
    return w(
        "stages.row",
        year=n.year(c.whole(rows[0]["time_period"])),
        parts=n.listed(parts),
        clusters=n.count(c.whole(rows[0]["of"]), "cluster"),
    )


def _draw(sheet: Sheet, subject: Subject, rows: list[dict[str, Any]], years: list[int]) -> None:
    n, small, few = subject.numbers, sheet.small_size, _few(rows)
    names = list(dict.fromkeys(str(r["said"]) for r in rows))
    key_lines = _key_lines(sheet, names)
    top = 16.0 * len(key_lines) + 18
    tall = 22.0
    sheet.open(top + (tall + 6) * len(years) + 2)
    _key(sheet, key_lines, names)
    left = sheet.widest([n.year(y) for y in years], small) + 10
    counts = sheet.widest([n.number(c.whole(r["of"])) for r in rows], small) + 10
    heading = subject.words("system")("stages.clusters")
    counts = max(counts, text_width(heading, small))
    right = sheet.width - counts - 8
    sheet.text(sheet.width, top - 6, heading, size=small, colour="muted", anchor="right")
    for i, year in enumerate(years):
        y = top + i * (tall + 6)
        mine = [r for r in rows if c.whole(r["time_period"]) == year]
        sheet.text(0, y + tall / 2, n.year(year), size=small, colour="muted", middle=True)
        sheet.text(
            sheet.width,
            y + tall / 2,
            n.number(c.whole(mine[0]["of"])),
            size=small,
            colour="muted",
            anchor="right",
            middle=True,
        )
        x = left
        for row in mine:
            share = c.number(row["share"]) or 0.0
            wide = (right - left) * share / 100
            text = _part(subject, row, few=few)
            fill = _LOOK[(c.whole(row["step"]) or 1) - 1]
            if share:
                sheet.rectangle(x, y, x + max(wide - 1.2, 0.6), y + tall, fill=fill)
            if wide > text_width(text, small) + 8:
                sheet.text(
                    x + wide / 2, y + tall / 2, text, size=small, colour=f"on_{fill}", anchor="center", middle=True
                )
            x += wide


def _key_lines(sheet: Sheet, names: list[str]) -> list[list[int]]:
    """Return which names of the key stand on which line."""
    lines: list[list[int]] = [[]]
    used = 0.0
    for i, text in enumerate(names):
        wide = text_width(text, sheet.small_size) + 32
        if lines[-1] and used + wide > sheet.width:
            lines.append([])
            used = 0.0
        lines[-1].append(i)
        used += wide
    return lines


def _key(sheet: Sheet, lines: list[list[int]], names: list[str]) -> None:
    for k, line in enumerate(lines):
        x, y = 0.0, 10.0 + 16 * k
        for i in line:
            sheet.rectangle(x, y - 5, x + 10, y + 5, fill=_LOOK[i])
            sheet.text(x + 15, y, names[i], size=sheet.small_size, middle=True)
            x += text_width(names[i], sheet.small_size) + 32
