"""Schools in no cluster: which kinds of school they are, never which schools."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.rows import Mark, Reference, Row, row_chart
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject

#: Kinds with fewer schools are not compared in a sentence.
LEAST = 10


def outside_by_kind(
    outside: pd.DataFrame, subject: Subject, *, phases: dict[str, str], name: str = "outside_by_kind"
) -> Figure:
    """Show the share of schools in no cluster by phase, size and region.

    Parameters
    ----------
    outside
        ``about`` (``all``, ``phase``, ``size``, ``region``), ``group``, ``schools``, ``members``, ``outside``, ``outside_share``
        (0..1): :func:`allrise.evidence.belonging.in_no_cluster`. Groups that are not known are left out of the chart.
    phases
        Words for phases.
    """
    w, n = subject.words("system"), subject.numbers
    table = outside.assign(
        share=[100 * v for v in c.finite(outside["outside_share"])],
        kind=[_kind(subject, r, phases) for r in c.records(outside)],
    )
    rows = [r for r in c.records(table) if r["group"] != "" and c.number(r["share"]) is not None]
    total = next(r for r in rows if r["about"] == "all")
    kinds = [r for r in rows if r["about"] != "all"]
    title = w("outside.title", cluster=subject.cluster)
    readings = _readings(subject, total, kinds)
    alt = w("outside.alt", readings=" ".join(readings))
    drawn_rows = [
        Row(
            "",
            str(r["kind"]),
            (Mark(float(r["share"])),),
            note=f"{n.number(c.whole(r['outside']))} / {n.number(c.whole(r['schools']))}",
        )
        for r in kinds
    ]
    everywhere = Reference(float(total["share"]), w("outside.about_all"), dash="5 3")

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet,
            drawn_rows,
            tick=lambda v, places: n.value(v, "percent", places),
            references=(everywhere,),
            note_label=w("outside.note_label"),
            bounds=(0.0, 100.0),
            zero=True,
            least=100.0,
        )

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("outside.subtitle", period=subject.period) if subject.period else w("outside.subtitle_now"),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("outside.note"), interval=False),
        table=c.table(
            name,
            title,
            table,
            (
                TableColumn("kind", w("outside.group")),
                TableColumn("schools", w("outside.schools"), "", 0),
                TableColumn("members", w("outside.members"), "", 0),
                TableColumn("outside", w("outside.outside"), "", 0),
                TableColumn("share", w("outside.share"), "percent", 0),
            ),
        ),
        framework_ids=("C3", "B1", "B2", "B3", "B4", "B5"),
        look=w("outside.look"),
        discuss=w.several("outside.discuss"),
        explanations=c.explanations(practice=w("outside.practice"), data=w("outside.data")),
    )


def _kind(subject: Subject, record: dict[str, Any], phases: dict[str, str]) -> str:
    w, n = subject.words("system"), subject.numbers
    group = str(record["group"])
    if not group:
        return w(f"outside.not_known_{record['about']}")
    if record["about"] == "all":
        return c.sentence(w("outside.about_all"))
    if record["about"] == "phase":
        return c.sentence(phases.get(group, group))
    if record["about"] == "size":
        low, _, high = group.partition("-")
        if high:
            return w("outside.pupils_between", low=n.number(int(low)), high=n.number(int(high)))
        return w("outside.pupils_from", low=n.number(int(low)))
    return group


def _readings(subject: Subject, total: dict[str, Any], kinds: list[dict[str, Any]]) -> tuple[str, ...]:
    w, n = subject.words("system"), subject.numbers
    said = [
        w(
            "outside.all",
            n=c.whole(total["outside"]),
            outside=n.number(c.whole(total["outside"])),
            schools=n.count(c.whole(total["schools"]), "school"),
            share=n.value(float(total["share"]), "percent", 0),
        )
    ]
    for about in ("phase", "size"):
        large = [r for r in kinds if r["about"] == about and c.whole(r["schools"]) >= LEAST]
        parts = tuple(
            w("outside.part", kind=str(r["kind"]).lower(), share=n.value(float(r["share"]), "percent", 0))
            for r in large
        )
        if len(parts) > 1:
            said.append(w(f"outside.by_{about}", parts=n.listed(parts)))
    return tuple(said)
