"""Where a room agrees across countries and roles, and where it parts: shares with Wilson intervals by segment."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.rows import Mark, Reference, Row, row_chart
from allrise.figures.scales import Scale
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject

#: Sentences about single items; the others stand in the chart and its table.
MOST_READ = 4
PERCENT = Scale(0.0, 100.0, (0.0, 25.0, 50.0, 75.0, 100.0), 0)


def room_agreement(items: pd.DataFrame, subject: Subject, *, name: str = "agreement") -> Figure:
    """Show items on which all countries and roles agree: the whole room, and the segment that agrees least.

    Parameters
    ----------
    items
        ``code``, ``label``, ``question`` (its number), ``verdict``, ``people``, ``share``, ``lower``, ``upper``, ``least``,
        ``least_share``, ``least_lower``, ``least_upper``, ``most_share``, ``segments`` and ``shares`` (percent, one a segment).
    """
    w, shared, n = subject.words("dialogue"), subject.words("shared"), subject.numbers
    shown = c.records(items)
    title = w("agreement.title")
    readings = tuple(_agreement_reading(subject, r) for r in shown[:MOST_READ])
    if shown and all(r["verdict"] != "agreed" for r in shown):
        readings = (w("agreement.few"), *readings)
    readings = readings or (w("agreement.nothing"),)
    alt = w("agreement.alt", readings=" ".join(readings))
    rows = [
        Row(
            c.text(r["code"]),
            c.text(r["label"]),
            (Mark(*c.spans_known(r, "share")), Mark(*_least(r), colour="category_2", marker="s", hollow=True)),
            beside=tuple(float(v) for v in r["shares"]),
            note=str(c.whole(r["question"])),
        )
        for r in shown
    ]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet, rows, tick=subject.tick, axis=PERCENT, note_label=w("asked"), beside_label=w("agreement.beside"),
            references=(Reference(50.0, n.value(50.0, "percent", 0), dash="3 2"),),
            key=((w("agreement.key_whole"), Mark(0, 0, 0)),
                 (w("agreement.key_least"), Mark(0, 0, 0, "category_2", "s", hollow=True))),
        )  # fmt: skip

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("agreement.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("agreement.note"), w("source"), interval=False),
        table=c.table(
            name,
            title,
            items.assign(verdict=[w(f"short.{v}") for v in items["verdict"]]),
            (
                TableColumn("question", w("asked"), "", 0),
                TableColumn("code", w("id")),
                TableColumn("label", w("item")),
                TableColumn("verdict", w("agreement.verdict")),
                TableColumn("people", w("people"), "", 0),
                *limits("share", w("share"), shared),
                TableColumn("least", w("agreement.least")),
                *limits("least_share", w("agreement.least_share"), shared, "least_lower", "least_upper"),
                TableColumn("most_share", w("agreement.most_share"), "percent", 0),
                TableColumn("segments", w("agreement.segments"), "", 0),
            ),
        ),
        framework_ids=tuple(dict.fromkeys(c.text(r["framework_id"]) for r in shown if c.text(r["framework_id"]))),
        predict=w("agreement.predict"),
        look=w("agreement.look"),
        discuss=w.several("agreement.discuss"),
        explanations=c.explanations(chance=w("agreement.chance"), practice=w("agreement.practice")),
    )


def limits(key: str, label: str, shared: Any, lower: str = "lower", upper: str = "upper") -> tuple[TableColumn, ...]:
    """Return the columns of a share and its limits, in whole percent."""
    return (
        TableColumn(key, label, "percent", 0),
        TableColumn(lower, shared("lower"), "percent", 0, interval_of=key),
        TableColumn(upper, shared("upper"), "percent", 0, interval_of=key),
    )


def _least(record: dict[str, Any]) -> tuple[float, float | None, float | None]:
    return float(record["least_share"]), c.number(record["least_lower"]), c.number(record["least_upper"])


def _agreement_reading(subject: Subject, record: dict[str, Any]) -> str:
    w, n = subject.words("dialogue"), subject.numbers
    return w(
        "agreement.row",
        item=called(record, subject),
        share=n.interval(*c.spans_known(record, "share"), "percent", 0),
        people=n.count(c.whole(record["people"]), "person"),
        least=c.text(record["least"]),
        least_share=n.interval(*_least(record), "percent", 0),
    )


def called(record: dict[str, Any], subject: Subject) -> str:
    """Return how a sentence names an item: ``Trust (F3)``, ``“What a person wrote”``."""
    label, code = c.text(record["label"]), c.text(record["code"])
    if c.text(record.get("framework_id")):
        return f"{label} ({code})" if code else label
    return subject.words("dialogue")("quoted", text=label.rstrip("."))


def room_division(segments: pd.DataFrame, subject: Subject, *, name: str = "divided") -> Figure:
    """Show one item on which countries or roles lie apart, a row each.

    Parameters
    ----------
    segments
        ``item``, ``framework_id``, ``by`` (country, role), ``segment`` (its name), ``people``, ``share``, ``lower``, ``upper``,
        ``status``, and ``whole`` (share of the whole room).
    """
    w, shared, n = subject.words("dialogue"), subject.words("shared"), subject.numbers
    every = c.records(segments)
    shown = [r for r in every if not c.text(r["status"])]
    item = c.text(every[0]["item"])
    title = w("division.title", item=item)
    readings = _division_readings(subject, shown)
    alt = w("division.alt", readings=" ".join(readings))
    rows = [
        Row(
            "",
            c.text(r["segment"]),
            (Mark(*c.spans_known(r, "share")),) if r in shown else (),
            instead=w("hidden"),
            note=n.number(c.whole(r["people"])) if r in shown else "",
        )
        for r in every
    ]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet, rows, tick=subject.tick, axis=PERCENT, note_label=w("people"),
            references=(Reference(float(every[0]["whole"]), w("whole")),),
        )  # fmt: skip

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("division.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("division.note"), w("source"), interval=False, hidden=len(every) - len(shown)),
        table=c.table(
            name,
            title,
            segments.assign(by=[w(f"division.{b}") for b in segments["by"]]),
            (
                TableColumn("by", w("division.by")),
                TableColumn("segment", w("division.segment")),
                TableColumn("people", w("people"), "", 0),
                *limits("share", w("share"), shared),
            ),
            hiding=c.Hiding(("people", "share", "lower", "upper")),
        ),
        framework_ids=tuple(i for i in (c.text(every[0]["framework_id"]),) if i),
        look=w("division.look"),
        discuss=w.several("division.discuss"),
        explanations=c.explanations(chance=w("division.chance"), practice=w("division.practice")),
    )


def _division_readings(subject: Subject, shown: list[dict[str, Any]]) -> tuple[str, ...]:
    w, n = subject.words("dialogue"), subject.numbers
    if not shown:
        return (w("division.nothing"),)
    said: list[str] = []
    for by in ("country", "role"):
        mine = sorted((r for r in shown if r["by"] == by), key=lambda r: float(r["share"]))
        if len(mine) > 1:
            ends = {"low": mine[0], "high": mine[-1]}
            said.append(
                w(
                    f"division.range_{by}",
                    **{end: c.text(r["segment"]) for end, r in ends.items()},
                    **{f"{end}_share": n.interval(*c.spans_known(r, "share"), "percent", 0) for end, r in ends.items()},
                    **{f"{end}_people": n.count(c.whole(r["people"]), "person") for end, r in ends.items()},
                )
            )
    return tuple(said)
