"""F1: each school beside schools with a like intake; a neighbourhood, not a league."""

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


def similar_schools(similar: pd.DataFrame, subject: Subject, *, name: str = "similar_schools") -> Figure:
    """Show each school's value over the middle half of its similar schools.

    Parameters
    ----------
    similar
        ``school_id``, ``school``, ``letter``, ``value``, ``lower``, ``upper``, ``neighbours``, ``neighbours_median``,
        ``neighbours_q1``, ``neighbours_q3``, and, where known, ``features`` (what schools were matched on).
    """
    w, shared, n = subject.words("outcomes"), subject.words("shared"), subject.numbers
    title = w("similar_schools.title", measure=subject.measure, cluster=subject.cluster)
    shown = [r for r in c.records(similar) if c.number(r["value"]) is not None]
    beside = [r for r in shown if c.number(r["neighbours_q1"]) is not None]
    readings = _readings(subject, shown, beside)
    alt = w("similar_schools.alt", readings=" ".join(readings))
    rows = [_row(subject, r) for r in c.records(similar)]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet,
            rows,
            tick=subject.tick,
            key=((w("similar_schools.school"), Mark(0, 0, 0)),),
            box_label=w("similar_schools.box"),
            bounds=subject.bounds,
            least=subject.least_span,
        )

    counts = [c.whole(r["neighbours"]) for r in beside]
    features = sorted({c.text(r["features"]) for r in beside if c.text(r.get("features"))})
    places, unit = subject.places, subject.unit
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("similar_schools.subtitle", unit=c.sentence(c.unit_words(subject)), period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(
            subject,
            w("similar_schools.note", many=n.span(min(counts), max(counts))) if counts else "",
            w("similar_schools.note_features", features=_features(subject, features)) if features else "",
            **c.left_out(similar),
        ),
        table=c.table(
            name,
            title,
            similar,
            (
                TableColumn("letter", shared("row")),
                TableColumn("school", shared("school")),
                *c.value_columns(subject, "value", w("value")),
                TableColumn("neighbours", w("similar_schools.neighbours"), "schools", 0),
                TableColumn("neighbours_median", w("similar_schools.median"), unit, places),
                TableColumn("neighbours_q1", w("similar_schools.q1"), unit, places),
                TableColumn("neighbours_q3", w("similar_schools.q3"), unit, places),
            ),
        ),
        framework_ids=("F1",),
        predict=w("similar_schools.predict"),
        look=w("similar_schools.look"),
        discuss=w.several("similar_schools.discuss"),
        explanations=c.explanations(
            chance=_chance(subject, shown),
            intake=w("similar_schools.intake"),
            data=w("similar_schools.data"),
        ),
    )


def _features(subject: Subject, features: list[str]) -> str:
    w = subject.words("outcomes")
    names = dict.fromkeys(f.strip() for text in features for f in text.split(","))
    return subject.numbers.listed(
        tuple(w(key) if (key := f"similar_schools.feature.{f}") in w else f for f in names if f)
    )


def _row(subject: Subject, record: dict[str, Any]) -> Row:
    value = c.number(record["value"])
    low, middle, high = (c.number(record[f"neighbours_{k}"]) for k in ("q1", "median", "q3"))
    return Row(
        c.text(record["letter"]),
        c.text(record["school"]),
        (Mark(value, c.number(record["lower"]), c.number(record["upper"])),) if value is not None else (),
        box=(low, middle, high) if low is not None and middle is not None and high is not None else None,
        instead=instead(subject, c.text(record.get("status"))),
    )


def _with_intervals(rows: list[dict[str, Any]]) -> bool:
    return any(c.number(r["lower"]) is not None for r in rows)


def _chance(subject: Subject, shown: list[dict[str, Any]]) -> str:
    w, n = subject.words("outcomes"), subject.numbers
    if not shown:
        return ""
    if not _with_intervals(shown):
        return w("similar_schools.dots_chance")
    return w("similar_schools.chance", shown=n.count(len(shown), "school"))


def _readings(subject: Subject, shown: list[dict[str, Any]], beside: list[dict[str, Any]]) -> tuple[str, ...]:
    w, n = subject.words("outcomes"), subject.numbers
    if not beside:
        return (w("similar_schools.nothing"),)
    where = {"inside": 0, "above": 0, "below": 0}
    for r in beside:
        value, lower, upper = c.spans_known(r)
        low, high = (value if lower is None else lower), (value if upper is None else upper)
        key = "above" if low > float(r["neighbours_q3"]) else "below" if high < float(r["neighbours_q1"]) else "inside"
        where[key] += 1
    dots = "" if _with_intervals(beside) else "dots_"
    said = [w(f"similar_schools.{dots}{key}", n=count, number=n.number(count)) for key, count in where.items()]
    absent = len(shown) - len(beside)
    said.append(w("similar_schools.unknown", n=absent, number=n.number(absent)))
    if len(beside) == 1:
        only = beside[0]
        said.append(
            w("school_levels.single", school=c.text(only["school"]), value=subject.interval(*c.spans_known(only)))
        )
    return tuple(s for s in said if s)
