"""F1: the gap between two groups of pupils in each school."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.outcomes_gaps import gap_words, group_names
from allrise.figures.outcomes_levels import instead
from allrise.figures.rows import Mark, Reference, Row, row_chart
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def school_gaps(
    gaps: pd.DataFrame,
    subject: Subject,
    *,
    cluster_gap: float | None = None,
    system_gap: float | None = None,
    name: str = "school_gaps",
) -> Figure:
    """Show each school's gap with its interval, in alphabetical order, around the line of no gap.

    Parameters
    ----------
    gaps
        ``school_id``, ``school``, ``letter``, ``pupils_low``, ``pupils_high``, ``gap``, ``lower``, ``upper``, ``status``.
    cluster_gap, system_gap
        Reference lines, from ``gap_trend`` of that year.
    """
    w, shared, n = subject.words("gaps"), subject.words("shared"), subject.numbers
    title = w("school_gaps.title", measure=subject.measure, cluster=subject.cluster, **group_names(subject))
    shown = [r for r in c.records(gaps) if c.number(r["gap"]) is not None]
    beside = [(subject.cluster, cluster_gap, "accent"), (subject.system, system_gap, "reference")]
    references = [
        Reference(
            v, f"{c.sentence(who)} {n.number(v, subject.places)}", colour, "5 3" if colour == "reference" else "solid"
        )
        for who, v, colour in beside
        if v is not None
    ]
    readings = _school_readings(subject, len(gaps), shown, [(who, v) for who, v, _ in beside if v is not None])
    alt = w("school_gaps.alt", readings=" ".join(readings))
    rows = [_school_row(subject, r) for r in c.records(gaps)]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet,
            rows,
            tick=n.number,
            references=references,
            note_label=w("school_gaps.note_label"),
            zero=True,
            least=subject.least_span,
        )

    pupils = [c.whole(r["pupils_low"]) for r in shown]
    extra = pd.DataFrame(
        [{"letter": "", "school": c.sentence(who), "gap": v, "status": ""} for who, v, _ in beside if v is not None],
        columns=["letter", "school", "gap", "status"],
    )
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w(
            "school_gaps.subtitle", unit=c.sentence(c.unit_words(subject, difference=True)), period=subject.period
        ),
        alt=alt,
        readings=readings,
        notes=c.notes(
            subject,
            w("gap_trend.note", **group_names(subject)),
            w("school_gaps.note", **group_names(subject)),
            **c.left_out(gaps, "gap"),
        ),
        table=c.table(
            name,
            title,
            pd.concat([gaps.astype(object), extra.astype(object)], ignore_index=True),
            (
                TableColumn("letter", shared("row")),
                TableColumn("school", shared("school")),
                TableColumn("pupils_low", w("pupils_of", group=subject.low_group), "pupils", 0),
                TableColumn("pupils_high", w("pupils_of", group=subject.high_group), "pupils", 0),
                *c.value_columns(subject, "gap", w("gap"), difference=True),
            ),
            hiding=c.Hiding(("pupils_low", "pupils_high", "gap", "lower", "upper")),
        ),
        framework_ids=("F1",),
        predict=w("school_gaps.predict", **group_names(subject)),
        look=w("school_gaps.look"),
        discuss=w.several("school_gaps.discuss"),
        explanations=c.explanations(
            chance=w(
                "school_gaps.chance",
                low=subject.low_group.lower(),
                few=n.count(min(pupils), "pupil"),
                many=n.count(max(pupils), "pupil"),
            )
            if pupils
            else "",
            intake=w("school_gaps.intake", **group_names(subject)),
        ),
    )


def _school_row(subject: Subject, record: dict[str, Any]) -> Row:
    gap, lower, upper = c.spans(record, "gap")
    n = subject.numbers
    return Row(
        c.text(record["letter"]),
        c.text(record["school"]),
        (Mark(gap, lower, upper),) if gap is not None else (),
        instead=instead(subject, c.text(record.get("status"))),
        note=f"{n.number(c.whole(record['pupils_low']))} / {n.number(c.whole(record['pupils_high']))}"
        if gap is not None
        else "",
    )


def _school_readings(
    subject: Subject, schools: int, shown: list[dict[str, Any]], references: list[tuple[str, float]]
) -> tuple[str, ...]:
    w, n = subject.words("gaps"), subject.numbers
    if not shown:
        return (w("school_gaps.nothing"),)
    said: list[str] = []
    if len(shown) == 1:
        said.append(w("school_gaps.single", school=c.text(shown[0]["school"]), gap=gap_words(subject, shown[0])))
    else:
        values = [float(r["gap"]) for r in shown]
        said.append(
            w(
                "school_gaps.range",
                shown=n.count(len(shown), "school"),
                low=subject.difference(min(values)),
                high=subject.difference(max(values)),
            )
        )
    known = [(low, high) for r in shown for _, low, high in [c.spans(r, "gap")] if low is not None and high is not None]
    if known:
        none = sum(low <= 0 <= high for low, high in known)
        said.append(w("school_gaps.zero", n=none, number=n.number(none)))
        for who, value in references:
            inside = sum(low <= value <= high for low, high in known)
            said.append(
                w("school_gaps.includes", n=inside, number=n.number(inside), who=who, gap=subject.difference(value))
            )
    hidden = schools - len(shown)
    if hidden:
        said.append(w("school_gaps.hidden", n=hidden, number=n.number(hidden)))
    return tuple(said)
