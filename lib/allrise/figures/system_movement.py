"""C2: where the schools of each quarter were some years later, as a grid of four by four."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.measuring import wrapped
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def quarter_movement(quarters: pd.DataFrame, subject: Subject, *, name: str = "quarter_movement") -> Figure:
    """Show what share of each quarter's schools is in which quarter later; deeper colour, larger share.

    Parameters
    ----------
    quarters
        ``from_quarter``, ``to_quarter``, ``schools``, ``of``, ``share``, ``lower``, ``upper`` (0..1) of
        :func:`allrise.evidence.movement.quarter_movement`, and ``first``, ``last``: the two school years.
    """
    w, shared, n = subject.words("system"), subject.words("shared"), subject.numbers
    table = quarters.assign(**{k: [100 * v for v in c.finite(quarters[k])] for k in ("share", "lower", "upper")})
    years = {"first_year": n.year(int(quarters["first"].iloc[0])), "last_year": n.year(int(quarters["last"].iloc[0]))}
    rows = c.records(table)
    title = w("movement.title", measure=subject.measure, cluster=subject.cluster)
    readings = _readings(subject, rows, years)
    alt = w("movement.alt", readings=" ".join(readings), **years)

    def draw(sheet: Sheet) -> None:
        _draw(sheet, subject, rows, years)

    first, last = (TableColumn("from_name", w("movement.from", year=years["first_year"])),
                   TableColumn("to_name", w("movement.to", year=years["last_year"])))  # fmt: skip
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("movement.subtitle", **years),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("movement.note")),
        table=c.table(
            name,
            title,
            table.assign(
                from_name=[w(f"movement.q{q}") for q in table["from_quarter"]],
                to_name=[w(f"movement.q{q}") for q in table["to_quarter"]],
            ),
            (
                first,
                last,
                TableColumn("schools", w("movement.schools"), "schools", 0),
                TableColumn("of", shared("schools"), "schools", 0, in_page=False),
                TableColumn("share", w("movement.share"), "percent", 0),
                TableColumn("lower", shared("lower"), "percent", 0, interval_of="share"),
                TableColumn("upper", shared("upper"), "percent", 0, interval_of="share"),
            ),
        ),
        framework_ids=("C2",),
        look=w("movement.look", **years),
        discuss=w.several("movement.discuss"),
        explanations=c.explanations(chance=w("movement.chance"), intake=w("movement.intake")),
    )


def _cell(rows: list[dict[str, Any]], a: int, b: int) -> dict[str, Any]:
    return next(r for r in rows if r["from_quarter"] == a and r["to_quarter"] == b)


def _readings(subject: Subject, rows: list[dict[str, Any]], years: dict[str, str]) -> tuple[str, ...]:
    w, n = subject.words("system"), subject.numbers
    top = _cell(rows, 4, 4)
    said = w(
        "movement.stayed",
        of=n.count(c.whole(top["of"]), "school"),
        share=n.interval(*c.spans_known(top, "share"), "percent"),
        **years,
    )
    return (said,)


def _draw(sheet: Sheet, subject: Subject, rows: list[dict[str, Any]], years: dict[str, str]) -> None:
    w, n = subject.words("system"), subject.numbers
    small, size = sheet.small_size, sheet.text_size
    names = [w(f"movement.q{q}") for q in (4, 3, 2, 1)]
    room = 62.0 if sheet.compact else 100.0
    left = max(sheet.widest([line for t in names for line in wrapped(t, room, small)], small), room * 0.6) + 10
    wide = (min(sheet.width, 440.0) - left) / 4
    tall = 40.0
    heads = [wrapped(t, wide - 6, small, lines=2) for t in names[::-1]]
    top = 18.0 + 11.5 * max(len(t) for t in heads) + 6
    sheet.open(top + 4 * tall + 6)
    sheet.text(left, small, w("movement.columns", year=years["last_year"]), size=small, colour="muted")
    head_of_rows = wrapped(w("movement.rows", year=years["first_year"]), left - 8, small, lines=2)
    for k, line in enumerate(head_of_rows):
        sheet.text(0, top - 6 - 11.5 * (len(head_of_rows) - 1 - k), line, size=small, colour="muted")
    for j, text in enumerate(heads):
        for k, line in enumerate(text):
            sheet.text(left + wide * (j + 0.5), 18 + 11.5 * (k + 1), line, size=small, anchor="center")
    for i, quarter in enumerate((4, 3, 2, 1)):
        y = top + tall * i
        label = wrapped(names[i], room, small, lines=2)
        for k, line in enumerate(label):
            sheet.text(0, y + tall / 2 + 11.5 * (k - (len(label) - 1) / 2), line, size=small, middle=True)
        for j, to in enumerate((1, 2, 3, 4)):
            row = _cell(rows, quarter, to)
            x = left + wide * j
            share = c.number(row["share"]) or 0.0
            if share:
                sheet.rectangle(
                    x + 1, y + 1, x + wide - 1, y + tall - 1, fill="accent", opacity=0.04 + 0.46 * share / 100
                )
            sheet.text(
                x + wide / 2,
                y + tall / 2,
                n.value(share, "percent", 0),
                size=size,
                weight=700 if quarter == to else 400,
                anchor="center",
                middle=True,
            )
