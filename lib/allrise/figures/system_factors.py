"""F1 to F8 across a system: where clusters' means lie, factor by factor, and in how many clusters each is the lowest."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.rows import Mark, Row, row_chart
from allrise.figures.scales import Scale
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject
from allrise.figures.survey_profile import code, label

#: With more clusters the single ones are not drawn: the box says it.
MOST_DOTS = 80
#: With fewer an interval over clusters says little, and a box nothing.
FEWEST = 8


def cluster_range(
    profile: pd.DataFrame, means: pd.DataFrame, subject: Subject, *, name: str = "cluster_range"
) -> Figure:
    """Show the spread of clusters' means on each factor; clusters have no names and no order.

    Parameters
    ----------
    profile
        ``framework_id``, ``clusters``, ``mean``, ``lower``, ``upper``, ``q25``, ``q50``, ``q75``, ``lowest_in``:
        :func:`allrise.evidence.cluster_factors.range_of_clusters`.
    means
        ``framework_id``, ``mean``: one row a cluster and factor.
    """
    w, shared, n = subject.words("system"), subject.words("shared"), subject.numbers
    rows = [r for r in c.records(profile) if c.number(r["mean"]) is not None]
    title = w("factors.title", cluster=subject.cluster)
    readings = _readings(subject, rows)
    alt = w("factors.alt", readings=" ".join(readings))
    every = max((c.whole(r["clusters"]) for r in rows), default=0)
    dots: dict[str, tuple[float, ...]] = {}
    if every <= MOST_DOTS:
        dots = {str(k): tuple(c.finite(part["mean"])) for k, part in means.groupby("framework_id")}
    drawn_rows = [
        Row(
            code(str(r["framework_id"])),
            label(subject, str(r["framework_id"])),
            (Mark(*c.spans_known(r, "mean")),),
            box=(float(r["q25"]), float(r["q50"]), float(r["q75"])) if every >= FEWEST else None,
            beside=dots.get(str(r["framework_id"]), ()),
            note=n.number(c.whole(r["lowest_in"])),
        )
        for r in rows
    ]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet,
            drawn_rows,
            tick=n.number,
            key=((w("factors.mark"), Mark(0.0)),),
            box_label=w("factors.box") if every >= FEWEST else "",
            beside_label=w("factors.dot") if dots else "",
            note_label=w("factors.lowest_short"),
            axis=Scale(1.0, 5.0, (1.0, 2.0, 3.0, 4.0, 5.0), 0),
        )

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("factors.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("factors.note")),
        table=c.table(
            name,
            title,
            profile.assign(factor=[label(subject, str(f)) for f in profile["framework_id"]]),
            (
                TableColumn("framework_id", shared("row")),
                TableColumn("factor", w("factors.factor")),
                TableColumn("clusters", w("factors.clusters"), "", 0),
                TableColumn("mean", w("factors.mean"), "", 1),
                TableColumn("lower", shared("lower"), "", 1, interval_of="mean"),
                TableColumn("upper", shared("upper"), "", 1, interval_of="mean"),
                *(TableColumn(q, w(f"factors.{q}"), "", 1) for q in ("q25", "q50", "q75")),
                TableColumn("lowest_in", w("factors.lowest_in"), "", 0),
            ),
        ),
        framework_ids=tuple(str(r["framework_id"]) for r in rows),
        predict=w("factors.predict"),
        look=w("factors.look"),
        discuss=w.several("factors.discuss"),
        explanations=c.explanations(chance=w("factors.chance"), data=w("factors.data")),
        headline=True,
    )


def _readings(subject: Subject, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    w, n = subject.words("system"), subject.numbers
    if not rows:
        return (w("factors.nothing"),)
    most = max(c.whole(r["lowest_in"]) for r in rows)
    often = tuple(label(subject, str(r["framework_id"])) for r in rows if c.whole(r["lowest_in"]) == most)
    clusters = n.count(max(c.whole(r["clusters"]) for r in rows), "cluster")
    lowest = (
        w("factors.lowest", number=n.number(most), clusters=clusters, factor=often[0])
        if len(often) == 1
        else w("factors.lowest_tie", number=n.number(most), clusters=clusters, factors=n.listed(often))
    )
    said = [
        w(
            "factors.row",
            factor=label(subject, str(r["framework_id"])),
            mean=n.interval(*c.spans_known(r, "mean"), "", 1),
            clusters=n.count(c.whole(r["clusters"]), "cluster"),
        )
        for r in rows
    ]
    few = [w("factors.few", clusters=clusters)] if max(c.whole(r["clusters"]) for r in rows) < FEWEST else []
    return (lowest, *few, *said)
