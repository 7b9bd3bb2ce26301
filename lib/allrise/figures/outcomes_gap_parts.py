"""F1: how much of a gap lies between schools, and how much within them."""

from __future__ import annotations

import math

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.outcomes_gaps import group_names
from allrise.figures.rows import Mark, Row, row_chart
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def gap_decomposition(parts: pd.DataFrame, subject: Subject, *, name: str = "gap_decomposition") -> Figure:
    """Show the parts of the gap within and between schools, side by side, for cluster and system.

    Parameters
    ----------
    parts
        ``series`` (``cluster``, ``system``; without the column, the cluster), ``part`` (``within schools``, ``between schools``),
        ``gap_share`` (0..1 of the whole gap, missing when the gap is 0), ``value`` (in the unit).
    """
    w, shared, n = subject.words("gaps"), subject.words("shared"), subject.numbers
    if "series" not in parts:
        parts = parts.assign(series="cluster")
    who = {"cluster": c.sentence(subject.cluster), "system": c.sentence(subject.system)}
    named = {"within schools": w("gap_decomposition.within"), "between schools": w("gap_decomposition.between")}
    parts = parts.assign(
        who=[who[str(k)] for k in parts["series"]],
        part=[named[str(k)] for k in parts["part"]],
        share=[100 * v for v in c.finite(parts["gap_share"])],
    )
    title = w("gap_decomposition.title", measure=subject.measure, cluster=subject.cluster, **group_names(subject))
    known = [r for r in c.records(parts) if c.number(r["value"]) is not None]
    readings = tuple(
        w(
            "gap_decomposition.reading" if c.number(r["share"]) is not None else "gap_decomposition.no_share",
            who=str(r["who"]),
            part=str(r["part"]).lower(),
            value=subject.difference(float(r["value"])),
            **({"share": n.value(float(r["share"]), "percent", 0)} if c.number(r["share"]) is not None else {}),
        )
        for r in known
    ) or (w("gap_decomposition.nothing"),)
    alt = w("gap_decomposition.alt", readings=" ".join(readings))
    rows = [
        Row(
            "",
            subject.numbers.labelled(str(r["who"]), str(r["part"]).lower()),
            (
                Mark(
                    float(r["value"]),
                    min(0.0, float(r["value"])),
                    max(0.0, float(r["value"])),
                    "accent" if r["series"] == "cluster" else "reference",
                    "o" if r["series"] == "cluster" else "s",
                ),
            ),
            note=n.value(float(r["share"]), "percent", 0) if math.isfinite(float(r["share"])) else "",
        )
        for r in known
    ]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet,
            rows,
            tick=n.number,
            zero=True,
            note_label=w("gap_decomposition.note_label"),
            least=subject.least_span / 4,
        )

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w(
            "gap_decomposition.subtitle",
            unit=c.sentence(c.unit_words(subject, difference=True)),
            period=subject.period,
        ),
        alt=alt,
        readings=readings,
        notes=c.notes(
            subject, w("gap_trend.note", **group_names(subject)), w("gap_decomposition.note"), interval=False
        ),
        table=c.table(
            name,
            title,
            parts,
            (
                TableColumn("who", shared("who")),
                TableColumn("part", w("gap_decomposition.part")),
                TableColumn("value", w("gap"), subject.difference_unit, subject.places),
                TableColumn("share", w("gap_decomposition.share"), "percent", 0),
            ),
        ),
        framework_ids=("F1",),
        predict=w("gap_decomposition.predict", **group_names(subject)),
        look=w("gap_decomposition.look"),
        discuss=w.several("gap_decomposition.discuss"),
        explanations=c.explanations(intake=w("gap_decomposition.intake", **group_names(subject))),
    )
