"""What a room chose, and in which order it put things."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.dialogue_agreement import PERCENT, called, limits
from allrise.figures.drawing import draw_figure
from allrise.figures.rows import Mark, Row, row_chart
from allrise.figures.scales import Scale
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def chosen(options: pd.DataFrame, subject: Subject, kind: Literal["choice", "rank"], *, name: str) -> Figure:
    """Show options: the share that chose each, or the mean place that each was given.

    Parameters
    ----------
    options
        ``code``, ``label``, ``framework_id``, ``people``, ``count`` (who chose it, or put it first), ``value`` with ``lower`` and
        ``upper`` (percent, or mean place), ``status``, and the question's ``position`` and ``wording``.
    """
    w, shared, n = subject.words("dialogue"), subject.words("shared"), subject.numbers
    every = c.records(options)
    shown = [r for r in every if not c.text(r["status"])]
    position, wording = n.number(c.whole(every[0]["position"])), c.text(every[0]["wording"])
    title = w(f"order.{kind}_title", position=position)
    readings = tuple(_reading(subject, r, kind) for r in shown) or (c.sentence(w("hidden")) + ".",)
    alt = w(f"order.{kind}_alt", readings=" ".join(readings))
    rows = [
        Row(
            c.text(r["code"]),
            c.text(r["label"]),
            (Mark(*c.spans_known(r)),) if r in shown else (),
            instead=w("hidden"),
            note=n.number(c.whole(r["people"])) if r in shown else "",
        )
        for r in every
    ]
    last = float(max(len(every), 2))
    places = Scale(1.0, last, tuple(float(k) for k in range(1, int(last) + 1)), 0)

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet, rows, note_label=w("people"), axis=PERCENT if kind == "choice" else places,
            tick=subject.tick if kind == "choice" else n.number,
        )  # fmt: skip

    value = (
        limits("value", w("share"), shared)
        if kind == "choice"
        else (
            TableColumn("value", w("order.place"), "score", 1),
            TableColumn("lower", shared("lower"), "score", 1, interval_of="value"),
            TableColumn("upper", shared("upper"), "score", 1, interval_of="value"),
        )
    )
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w(
            "ratings.subtitle" if kind == "choice" else "order.rank_subtitle", wording=wording, period=subject.period
        ),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("order.rank_note"), interval=False, hidden=len(every) - len(shown)),
        table=c.table(
            name,
            title,
            options,
            (
                TableColumn("code", w("id")),
                TableColumn("label", w("item")),
                TableColumn("people", w("people"), "", 0),
                TableColumn("count", w("share") if kind == "choice" else w("order.first"), "", 0),
                *value,
            ),
            hiding=c.Hiding(("people", "count", "value", "lower", "upper")),
        ),
        framework_ids=tuple(c.text(r["framework_id"]) for r in every if c.text(r["framework_id"])),
        look=w("order.look"),
        discuss=w.several("order.discuss"),
        explanations=c.explanations(chance=w("order.chance") if kind == "rank" else "", practice=w("order.practice")),
    )


def _reading(subject: Subject, record: dict[str, Any], kind: str) -> str:
    w, n = subject.words("dialogue"), subject.numbers
    people = n.count(c.whole(record["people"]), "person")
    if kind == "choice":
        share = n.interval(*c.spans_known(record), "percent", 0)
        return w("order.choice_row", item=called(record, subject), share=share, people=people)
    mean = n.interval(*c.spans_known(record), "score", 1)
    first = n.number(c.whole(record["count"]))
    return w("order.rank_row", item=called(record, subject), mean=mean, first=first, people=people)
