"""F1: raw values beside values drawn towards the level of all (shrunk), and why they differ."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.outcomes_levels import instead
from allrise.figures.rows import Mark, Row, row_chart
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def shrunk_levels(levels: pd.DataFrame, subject: Subject, *, name: str = "shrunk_levels") -> Figure:
    """Show raw and shrunk values together, with the movement between them.

    Parameters
    ----------
    levels
        ``school_id``, ``school``, ``letter``, ``pupils``, ``raw``, ``raw_lower``, ``raw_upper``, ``shrunk``, ``shrunk_lower``,
        ``shrunk_upper``, ``reliability``.
    """
    w, shared = subject.words("outcomes"), subject.words("shared")
    title = w("shrunk_levels.title", measure=subject.measure, cluster=subject.cluster)
    both = [r for r in c.records(levels) if c.number(r["raw"]) is not None and c.number(r["shrunk"]) is not None]
    readings = _readings(subject, both)
    alt = w("shrunk_levels.alt", readings=" ".join(readings))
    raw, drawn_in = Mark(0, 0, 0, "reference", hollow=True, size=6.0), Mark(0, 0, 0)
    rows = [_row(subject, r) for r in c.records(levels)]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet,
            rows,
            tick=subject.tick,
            key=((w("shrunk_levels.raw"), raw), (w("shrunk_levels.shrunk"), drawn_in)),
            note_label=shared("pupils"),
            bounds=subject.bounds,
            least=subject.least_span,
        )

    n = subject.numbers
    signal = [100 * float(r["reliability"]) for r in both if c.number(r["reliability"]) is not None]
    places, unit = subject.places, subject.unit
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("shrunk_levels.subtitle", unit=c.sentence(c.unit_words(subject)), period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("shrunk_levels.note"), **c.left_out(levels, "raw")),
        table=c.table(
            name,
            title,
            levels.assign(reliability=100 * levels["reliability"]),
            (
                TableColumn("letter", shared("row")),
                TableColumn("school", shared("school")),
                TableColumn("pupils", shared("pupils"), "pupils", 0),
                TableColumn("raw", w("shrunk_levels.raw_label"), unit, places),
                TableColumn("raw_lower", shared("lower"), unit, places, interval_of="raw"),
                TableColumn("raw_upper", shared("upper"), unit, places, interval_of="raw"),
                TableColumn("shrunk", w("shrunk_levels.shrunk_label"), unit, places),
                TableColumn("shrunk_lower", shared("lower"), unit, places, interval_of="shrunk"),
                TableColumn("shrunk_upper", shared("upper"), unit, places, interval_of="shrunk"),
                TableColumn("reliability", w("shrunk_levels.reliability"), "percent", 0),
            ),
        ),
        framework_ids=("F1",),
        predict=w("shrunk_levels.predict"),
        look=w("shrunk_levels.look"),
        discuss=w.several("shrunk_levels.discuss"),
        explanations=c.explanations(
            chance=w(
                "shrunk_levels.chance",
                low=n.value(min(signal), "percent", 0),
                high=n.value(max(signal), "percent", 0),
            )
            if signal
            else "",
            intake=w("shrunk_levels.intake"),
        ),
    )


def _row(subject: Subject, record: dict[str, Any]) -> Row:
    raw, shrunk = c.number(record["raw"]), c.number(record["shrunk"])
    marks: list[Mark] = []
    if raw is not None:
        marks.append(
            Mark(raw, c.number(record["raw_lower"]), c.number(record["raw_upper"]), "reference", hollow=True, size=6.0)
        )
    if shrunk is not None:
        marks.append(Mark(shrunk, c.number(record["shrunk_lower"]), c.number(record["shrunk_upper"])))
    pupils = c.number(record["pupils"])
    return Row(
        c.text(record["letter"]),
        c.text(record["school"]),
        tuple(marks),
        instead=instead(subject, "x"),
        note=subject.numbers.number(pupils) if pupils is not None and marks else "",
        arrow=len(marks) == 2,
    )


def _readings(subject: Subject, both: list[dict[str, Any]]) -> tuple[str, ...]:
    w, n = subject.words("outcomes"), subject.numbers
    if not both:
        return (w("shrunk_levels.nothing"),)
    said: list[str] = []
    if len(both) == 1:
        only = both[0]
        said.append(
            w(
                "shrunk_levels.single",
                school=c.text(only["school"]),
                raw=subject.interval(float(only["raw"]), c.number(only["raw_lower"]), c.number(only["raw_upper"])),
                shrunk=subject.interval(
                    float(only["shrunk"]), c.number(only["shrunk_lower"]), c.number(only["shrunk_upper"])
                ),
            )
        )
    else:
        raw, shrunk = [float(r["raw"]) for r in both], [float(r["shrunk"]) for r in both]
        said.append(
            w(
                "shrunk_levels.spread",
                shown=n.count(len(both), "school"),
                raw_low=subject.value(min(raw)),
                raw_high=subject.value(max(raw)),
                low=subject.value(min(shrunk)),
                high=subject.value(max(shrunk)),
            )
        )
    least = min(
        (r for r in both if c.number(r["reliability"]) is not None), key=lambda r: r["reliability"], default=None
    )
    if least is not None:
        said.append(
            w(
                "shrunk_levels.why",
                school=c.text(least["school"]),
                share=n.value(100 * float(least["reliability"]), "percent", 0),
            )
        )
    return tuple(said)
